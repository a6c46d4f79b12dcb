"""Rosters as iCalendar files: written and read again, others' calendars, what is refused of them, and bombs."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from calendar_world import BOGOTA, LENGTH, NIGHT, PEOPLE, START, taken
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it comes without types
from hypothesis import given, settings
from icalendar import Calendar
from roster_world import THREE, A, B, C, D, at, roster, rosters, shift, takes_place

from desk.rosters.calendar_in import Imported, read_calendar
from desk.rosters.calendar_out import write_calendar
from desk.rosters.coverage import lay_out
from desk.rosters.roster import DayException, Roster, Shift, WindowException, write_roster
from directory.finding.zones import time_zone

NEW_YORK = "America/New_York"
AT = 1_772_409_600  # 2 March 2026


def read(raw: bytes, found: Roster) -> Imported:
    return read_calendar(raw, found.contact, found.zone, {}, found.seq)


@settings(max_examples=30)
@given(rosters())
def test_what_is_written_is_read_again(found: Roster) -> None:
    raw = write_calendar(found, "enlace.example", AT)
    again = read(raw, found)
    assert (again.roster, again.refused, again.notes) == (found, (), ())
    assert write_calendar(found, "enlace.example", AT) == raw


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
def test_any_zone_is_read_again(zone: str) -> None:
    window = WindowException(starts="2026-03-04T23:00", ends="2026-03-05T07:00")
    days = (
        DayException(shift="late", date="2026-03-04"),
        DayException(shift="night", date="2026-03-05", officers=(D,)),
    )
    found = roster(*THREE, shift("ended", until="2026-02-02"), zone=zone, exceptions=(*days, window))
    assert read(write_calendar(found, "enlace.example", AT), found).roster == found


def test_officers_are_opaque_unless_asked() -> None:
    found = roster(*THREE)
    assert b"CN=" not in write_calendar(found, "enlace.example", AT)
    named = write_calendar(
        found, "enlace.example", AT, "es", {A: 'Turno "uno"; sala, 2\r\nATTENDEE:mailto:x@y.example'}
    )
    assert read(named, found).roster == found
    parsed: Any = Calendar.from_ical(named)
    [night] = [each for each in parsed.events if each["UID"] == "night.co-desk@enlace.example"]
    assert [str(each) for each in night["ATTENDEE"]] == [
        f"urn:uuid:{x * 8}-{x * 4}-{x * 4}-{x * 4}-{x * 12}" for x in "ab"
    ]
    assert all(len(line) <= 75 for line in named.split(b"\r\n"))


def test_the_changes_of_the_zone_go_along() -> None:
    parsed: Any = Calendar.from_ical(write_calendar(roster(*THREE, zone=NEW_YORK), "enlace.example", AT))
    theirs = parsed.timezones[0].to_tz(lookup_tzid=False)
    ours = time_zone(NEW_YORK)
    for day in range(300):
        moment = datetime(2026, 1, 2, 12) + timedelta(days=day * 7)  # noqa: DTZ001  # a wall clock's
        assert moment.replace(tzinfo=theirs).utcoffset() == moment.replace(tzinfo=ours).utcoffset(), moment


def test_another_hand_unrolls_the_same() -> None:
    """By dateutil, where no clock changes."""
    found = roster(
        shift("weekly", days=(1, 4), officers=(A,)),
        shift("odd", days=(3, 7), since="2026-01-07", every=3, until="2026-02-22", officers=(B,)),
        exceptions=(DayException(shift="weekly", date="2026-02-05"),),
    )
    start, end = at(BOGOTA, "2026-01-01T00:00"), at(BOGOTA, "2026-04-01T00:00")
    ours = {(each.start, each.officers[0]) for each in lay_out(found, start, end) if each.officers}
    parsed: Any = Calendar.from_ical(write_calendar(found, "enlace.example", AT))
    theirs = set()
    for event in parsed.events:
        left_out = {each.dt for each in event["EXDATE"].dts} if "EXDATE" in event else set()
        begins = rrulestr(event["RRULE"].to_ical().decode(), dtstart=event["DTSTART"].dt)
        officer = str(event["ATTENDEE"])[9] * 32
        theirs |= {
            (int(each.timestamp()), officer)
            for each in begins.between(event["DTSTART"].dt, datetime.fromtimestamp(end, time_zone(BOGOTA)), inc=True)
            if each not in left_out
        }
    assert ours == theirs


NAME = "turno-de-noche-bb82030d"
USUAL: dict[str, Any] = {"id": "", "officers": (A,), "start": 1320, "minutes": 480}
READ: dict[str, tuple[list[str], list[dict[str, Any]]]] = {
    "a single event": ([START, LENGTH], [{"days": (1,), "since": "2026-01-05", "until": "2026-01-05"}]),
    "by its end": (
        [START, "DTEND;TZID=America/Bogota:20260106T060000"],
        [{"days": (1,), "since": "2026-01-05", "until": "2026-01-05"}],
    ),
    "every week": ([START, LENGTH, "RRULE:FREQ=WEEKLY"], [{"days": (1,), "since": "2026-01-05"}]),
    "every day": ([START, LENGTH, "RRULE:FREQ=DAILY"], [{"days": (1, 2, 3, 4, 5, 6, 7), "since": "2026-01-05"}]),
    "working days": (
        [START, LENGTH, "RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR"], [{"days": (1, 2, 3, 4, 5), "since": "2026-01-05"}]
    ),
    "every second week": (
        [START, LENGTH, "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,MO"],
        [{"days": (1, 6), "every": 2, "since": "2026-01-05"}],
    ),
    "weeks from Sunday, where it says nothing": (
        [START, LENGTH, "RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU"], [{"days": (1,), "every": 2, "since": "2026-01-05"}]
    ),
    "five times": (
        [START, LENGTH, "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5"],
        [{"days": (1, 3), "since": "2026-01-05", "until": "2026-01-19"}],
    ),
    "until a time in UTC": (
        [START, LENGTH, "RRULE:FREQ=WEEKLY;UNTIL=20260120T030000Z"],
        [{"days": (1,), "since": "2026-01-05", "until": "2026-01-19"}],
    ),
    "until a second before it": (
        [START, LENGTH, "RRULE:FREQ=WEEKLY;UNTIL=20260120T025900Z"],
        [{"days": (1,), "since": "2026-01-05", "until": "2026-01-12"}],
    ),
    "until a day": (
        [START, LENGTH, "RRULE:FREQ=WEEKLY;UNTIL=20260119"],
        [{"days": (1,), "since": "2026-01-05", "until": "2026-01-19"}],
    ),
    "for ever, as some write it": (
        [START, LENGTH, "RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z"], [{"days": (1,), "since": "2026-01-05"}]
    ),
    "every fortnight by days": (
        [START, LENGTH, "RRULE:FREQ=DAILY;INTERVAL=14"], [{"days": (1,), "every": 2, "since": "2026-01-05"}]
    ),
    "every third day, four times": (
        [START, LENGTH, "RRULE:FREQ=DAILY;INTERVAL=3;COUNT=4"],
        [
            {"id": f"{NAME}-{n}", "days": (day,), "every": 3, "since": since, "until": since}
            for n, day, since in (
                (1, 1, "2026-01-05"), (2, 4, "2026-01-08"), (3, 7, "2026-01-11"), (4, 3, "2026-01-14"),
            )
        ],
    ),
    "no zone": (["DTSTART:20260105T220000", LENGTH, "RRULE:FREQ=WEEKLY"], [{"days": (1,), "since": "2026-01-05"}]),
    "in UTC, where no clock changes": (
        ["DTSTART:20260106T030000Z", LENGTH, "RRULE:FREQ=WEEKLY;BYDAY=TU,TH"], [{"days": (1, 3), "since": "2026-01-05"}]
    ),
    "in a zone that keeps its distance": (
        ["DTSTART;TZID=America/Lima:20260105T220000", LENGTH, "RRULE:FREQ=WEEKLY"],
        [{"days": (1,), "since": "2026-01-05"}],
    ),
    "in another zone, once": (
        ["DTSTART;TZID=America/New_York:20260705T230000", LENGTH],
        [{"days": (7,), "since": "2026-07-05", "until": "2026-07-05"}],
    ),
    "a zone as Windows calls it": (
        ["DTSTART;TZID=SA Pacific Standard Time:20260105T220000", LENGTH, "RRULE:FREQ=WEEKLY"],
        [{"days": (1,), "since": "2026-01-05"}],
    ),
    "a zone at the end of a path": (
        ["DTSTART;TZID=/calendar.example/20240101/America/Bogota:20260105T220000", LENGTH, "RRULE:FREQ=WEEKLY"],
        [{"days": (1,), "since": "2026-01-05"}],
    ),
    "whole days": (
        ["DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260112", "RRULE:FREQ=WEEKLY;INTERVAL=4"],
        [{"days": (1,), "every": 4, "since": "2026-01-05", "start": 0, "minutes": 10_080}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_what_is_read_of_a_calendar(what: str) -> None:
    lines, expected = READ[what]
    found = taken(NIGHT, *lines)
    assert found.refused == ()
    assert list(found.roster.shifts) == [Shift(**(USUAL | {"id": NAME} | each)) for each in expected]
    write_roster(found.roster)


def test_a_name_says_who_it_is_whatever_its_case_and_accents() -> None:
    both = ['ATTENDEE;CN="OFICIAL DE DIA":mailto:somebody@desk.co.example', NIGHT]
    assert taken(START, LENGTH, *both).roster.shifts[0].officers == (B, A)


def test_single_occurrences_that_differ() -> None:
    deputy = "ATTENDEE:mailto:deputy@desk.co.example"

    def event(day: int, *lines: str, start: str = "220000", length: str = LENGTH) -> list[str]:
        """An event that stands for the occurrence of a day in January; of none for day 0."""
        zone = "TZID=America/Bogota:202601"
        begin = f"DTSTART;{zone}{day or 5:02}T{start}"
        stands = [f"RECURRENCE-ID;{zone}{day:02}T220000"] if day else []
        return ["BEGIN:VEVENT", "UID:u1", "SUMMARY:Turno de noche", begin, length, *stands, *lines, "END:VEVENT"]

    lines = [
        "BEGIN:VCALENDAR",
        *event(6, deputy),
        *event(0, NIGHT, "RRULE:FREQ=DAILY", "EXDATE;TZID=America/Bogota:20260108T220000,20260109T210000"),
        *event(7, NIGHT, start="230000", length="DURATION:PT7H"),
        *event(10, NIGHT, "STATUS:CANCELLED"),
        *event(11, NIGHT, "X-NOTE:only another title"),
        *("BEGIN:VTODO", "UID:t", "END:VTODO", "END:VCALENDAR", ""),
    ]
    raw = "\r\n".join(lines).encode()
    found = read_calendar(raw, "co-desk", BOGOTA, PEOPLE)
    assert found.refused == ()
    assert found.roster.exceptions == tuple(
        DayException(shift=NAME, date=f"2026-01-{day:02}", officers=officers)
        for day, officers in ((6, (C,)), (7, ()), (8, ()), (10, ()))
    )
    moved = found.roster.shifts[1]
    assert (moved.id, moved.start, moved.minutes, moved.since) == (f"{NAME}-moved-1", 1380, 420, "2026-01-07")
    assert len(found.notes) == 2


def test_a_calendar_that_was_cancelled_is_told() -> None:
    found = taken(START, LENGTH, NIGHT, "STATUS:CANCELLED")
    assert (found.roster.shifts, found.notes) == ((), ("Turno de noche: cancelled, and left out",))


def test_the_days_are_those_of_the_look_at_the_clock() -> None:
    """COUNT and UNTIL by arithmetic, against counting."""
    for rule, days in (
        ("WEEKLY;BYDAY=MO,WE,SU;INTERVAL=2", (1, 3, 7)),
        ("WEEKLY;BYDAY=MO", (1,)),
        ("DAILY", tuple(range(1, 8))),
    ):
        for count in (1, 2, 3, 7, 50, 501):
            [one] = taken(START, LENGTH, NIGHT, f"RRULE:FREQ={rule};COUNT={count}").roster.shifts
            every = 2 if "INTERVAL" in rule else 1
            endless = shift(days=days, every=every)
            begins = [day for n in range(8000) if takes_place(endless, day := date(2026, 1, 5) + timedelta(days=n))]
            assert one.until == begins[count - 1].isoformat()
            assert (one.days, one.every) == (days, every)


def test_windows_are_kept_apart() -> None:
    window = WindowException(starts="2026-03-04T23:00", ends="2026-03-05T07:00", officers=(D,))
    raw = write_calendar(roster(exceptions=(window,)), "enlace.example", AT)
    twice = raw.replace(
        b"END:VEVENT", b"END:VEVENT\r\n" + raw[raw.index(b"BEGIN:VEVENT") : raw.index(b"END:VCALENDAR")].strip()
    )
    found = read_calendar(twice, "co-desk", BOGOTA, {})
    assert (found.roster.exceptions, len(found.refused)) == ((window,), 1)
