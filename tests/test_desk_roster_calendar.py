"""Rosters as iCalendar files: written and read again, others' calendars, what is refused of them, and bombs."""

import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it comes without types
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from roster_world import THREE, A, B, C, D, at, roster, shift, takes_place
from test_desk_rosters import rosters

from desk.rosters.calendar_event import Unsupported, read_event
from desk.rosters.calendar_in import Imported, read_calendar
from desk.rosters.calendar_lines import MOST_CALENDAR_BYTES, MOST_EVENTS, event_lines
from desk.rosters.calendar_out import write_calendar
from desk.rosters.coverage import lay_out
from desk.rosters.roster import DayException, Roster, Shift, WindowException, write_roster
from directory.canonical import Malformed
from directory.zones import time_zone

BOGOTA, NEW_YORK = "America/Bogota", "America/New_York"
AT = 1_772_409_600  # 2 March 2026
PEOPLE = {"mailto:Night@desk.co.example": A, "Oficial de día": B, "deputy@desk.co.example": C}
NIGHT = "ATTENDEE;CN=Whoever:MAILTO:night@desk.co.example"


def read(raw: bytes, found: Roster) -> Imported:
    return read_calendar(raw, found.contact, found.zone, {}, found.seq)


@settings(max_examples=30)
@given(rosters())
def test_what_is_written_is_read_again(found: Roster) -> None:
    raw = write_calendar(found, "enlace.example", AT)
    again = read(raw, found)
    assert (again.roster, again.refused, again.notes) == (found, (), ())
    assert write_calendar(found, "enlace.example", AT) == raw


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


def calendar(*lines: str, head: str = "", uid: str = "u1") -> bytes:
    """A calendar with one event."""
    event = ["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Turno de noche", *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", *filter(None, [head]), *event, "END:VCALENDAR", ""]).encode()


def taken(*lines: str, zone: str = BOGOTA) -> Imported:
    return read_calendar(calendar(*lines), "co-desk", zone, PEOPLE)


NAME = "turno-de-noche-bb82030d"
USUAL: dict[str, Any] = {"id": "", "officers": (A,), "start": 1320, "minutes": 480}
START = "DTSTART;TZID=America/Bogota:20260105T220000"
LENGTH = "DURATION:PT8H"
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


DO: dict[str, tuple[list[str], str]] = {
    "monthly": (["RRULE:FREQ=MONTHLY"], "MONTHLY"),
    "each second": (["RRULE:FREQ=SECONDLY;COUNT=2000000000"], "SECONDLY"),
    "by position": (["RRULE:FREQ=WEEKLY;BYSETPOS=1"], "BYSETPOS"),
    "some months": (["RRULE:FREQ=WEEKLY;BYMONTH=1"], "BYMONTH"),
    "the second Monday": (["RRULE:FREQ=WEEKLY;BYDAY=2MO"], "weekdays of a month"),
    "another weekday": (["RRULE:FREQ=WEEKLY;BYDAY=TU"], "its first day"),
    "weeks from Sunday": (["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU"], "do not begin on Monday"),
    "every 53 weeks": (["RRULE:FREQ=WEEKLY;INTERVAL=53"], "every 53"),
    "every 60 days": (["RRULE:FREQ=DAILY;INTERVAL=60"], "every 60"),
    "a million times": (["RRULE:FREQ=DAILY;COUNT=1000000"], "1000000 times"),
    "no times": (["RRULE:FREQ=DAILY;COUNT=0"], "0 times"),
    "ends twice": (["RRULE:FREQ=DAILY;COUNT=5;UNTIL=20260119"], "ends twice"),
    "ends before": (["RRULE:FREQ=DAILY;UNTIL=20260101"], "before it begins"),
    "two rules": (["RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"], "RRULE stands in it twice"),
    "no rule": (["RRULE:FREQ"], "is not read"),
    "more days": (["RDATE:20260105T220000Z"], "RDATE"),
    "fewer by a rule": (["EXRULE:FREQ=DAILY"], "EXRULE"),
    "two starts": (["DTSTART:20260105T220000"], "DTSTART stands in it twice"),
    "all that follow": (["RECURRENCE-ID;RANGE=THISANDFUTURE:20260105T220000"], "RANGE"),
    "a change of nothing": (["RECURRENCE-ID:20260105T220000"], "not in the roster"),
    "a window that repeats": (["X-ENLACE-KIND:window", "RRULE:FREQ=DAILY"], "a window that repeats"),
    "somebody unknown": (["ATTENDEE;CN=Nobody:mailto:n@desk.example"], "Nobody is no officer here"),
    "somebody who declined": (["ATTENDEE;PARTSTAT=DECLINED:mailto:deputy@desk.co.example"], "declined"),
    "somebody twice": ([NIGHT], "twice"),
    "no id of ours": (["ATTENDEE:urn:uuid:zz"], "cannot be read"),
    "a lot of days left out": (["EXDATE:" + ",".join(["20260105T220000"] * 401)], "401 days"),
}
WHOLE: dict[str, tuple[list[str], str]] = {
    "no start": ([LENGTH, NIGHT], "no DTSTART"),
    "no length": ([START, NIGHT], "whole number of minutes"),
    "seconds of length": ([START, NIGHT, "DURATION:PT30S"], "whole number of minutes"),
    "ends before": ([START, NIGHT, "DTEND;TZID=America/Bogota:20260105T210000"], "whole number of minutes"),
    "two zones": ([START, NIGHT, "DTEND;TZID=America/Lima:20260106T060000"], "different zones"),
    "seconds": (["DTSTART:20260105T220030", LENGTH, NIGHT], "has seconds"),
    "long ago": (["DTSTART:19000105T220000", LENGTH, NIGHT], "year 1900"),
    "no such zone": (["DTSTART;TZID=Atlantis:20260105T220000", LENGTH, NIGHT], "Atlantis is not known"),
    "a path": (["DTSTART;TZID=../../etc/passwd:20260105T220000", LENGTH, NIGHT], "is not known"),
    "no date": (["DTSTART:tomorrow", LENGTH, NIGHT], "cannot be read"),
    "a time alone": (["DTSTART;VALUE=TIME:220000", LENGTH, NIGHT], "no time"),
    "nobody": ([START, LENGTH], "nobody is invited"),
    "ten officers": ([START, LENGTH, *(f"ATTENDEE:urn:uuid:{n:032x}" for n in range(10))], "10 officers"),
    "a month": ([START, "DURATION:P31D", NIGHT], "10080"),
    "it meets itself": ([START, "DURATION:PT25H", NIGHT, "RRULE:FREQ=DAILY"], "before it ends"),
    "a clock that changes": (
        ["DTSTART;TZID=America/New_York:20260105T220000", LENGTH, NIGHT, "RRULE:FREQ=WEEKLY"], "changes against it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", [*DO, *WHOLE])
def test_events_that_are_refused(what: str) -> None:
    lines, words = WHOLE[what] if what in WHOLE else ([START, LENGTH, NIGHT, *DO[what][0]], DO[what][1])
    found = taken(*lines)
    assert found.roster.shifts == ()
    [refusal] = found.refused
    assert refusal.event == "Turno de noche"
    assert words in refusal.what
    assert refusal.do


@pytest.mark.parametrize("what", ["no start", "no such zone", "no date", "nobody"])
def test_an_event_alone_is_refused(what: str) -> None:
    with pytest.raises(Unsupported, match=WHOLE[what][1]):
        read_event(["UID:u1", *WHOLE[what][0]], BOGOTA, {"night@desk.co.example": A})


def test_an_event_without_a_uid_or_with_anothers() -> None:
    one = b"BEGIN:VEVENT\r\n%b" + f"{START}\r\n{LENGTH}\r\n{NIGHT}\r\nEND:VEVENT\r\n".encode()
    raw = b"BEGIN:VCALENDAR\r\n" + one % b"" + one % b"UID:x\r\n" + one % b"UID:x\r\n" + b"END:VCALENDAR\r\n"
    found = read_calendar(raw, "co-desk", BOGOTA, PEOPLE)
    assert [each.what for each in found.refused] == ["it has no UID", "another event has its UID"]
    assert len(found.roster.shifts) == 1


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


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "ends in the middle"),
        (b"no calendar", "begins with no BEGIN"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "not one calendar"),
        (b"BEGIN:VCALENDAR\r\n", "ends in the middle"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "has no BEGIN"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "not one calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 9, "nested too deeply"),
        (b"BEGIN:VCALENDAR\r\nX:\xff\r\nEND:VCALENDAR\r\n", "UTF-8"),
        (b"BEGIN:VCALENDAR\r\nX:\0\r\nEND:VCALENDAR\r\n", "zero byte"),
        (b"\n" * 50_000, "lines"),
        (b" " * (MOST_CALENDAR_BYTES + 1), "bytes"),
        (
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * (MOST_EVENTS + 1) + b"END:VCALENDAR\n",
            "more than 500",
        ),
    ],
)
def test_files_that_are_refused(raw: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_calendar(raw, "co-desk", BOGOTA, {})


def test_bombs_cost_little() -> None:
    """Zones with rules for each second, rules of millions, long folded lines, many events."""
    zone = "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
    zone += "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    many = "\r\n".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\n{START}\r\n{LENGTH}\r\n{NIGHT}\r\nRRULE:FREQ=DAILY;INTERVAL=51;COUNT=5000\r\nEND:VEVENT"
        for n in range(100)
    )
    raw = f"BEGIN:VCALENDAR\r\n{zone}\r\n{many}\r\nX-A:{chr(13) + chr(10) + ' a'}".encode() + b"\r\n a" * 30_000
    began = time.process_time()
    found = read_calendar(raw + b"\r\nEND:VCALENDAR\r\n", "co-desk", BOGOTA, PEOPLE)
    assert time.process_time() - began < 5
    assert (len(found.roster.shifts), len(found.refused)) == (63, 91)


PIECES = st.sampled_from(
    ["BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "UID:a", START, LENGTH, NIGHT,
     "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3", "EXDATE:20260106T030000Z", "EXDATE;VALUE=DATE:20260105",
     "DTSTART;VALUE=DATE:20260105",
     "RECURRENCE-ID;VALUE=DATE:20260105", "DTEND:20260105T230000", "ATTENDEE:", "ATTENDEE;CN=:x", "RRULE:", "EXDATE:",
     ":", ";", "STATUS:CANCELLED", "X-ENLACE-KIND:window", "DURATION:-PT1H", "DURATION:P1W",
     "RRULE:FREQ=DAILY;UNTIL=20260105T2200"]
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=12), st.text(max_size=8), st.booleans())
def test_whatever_a_calendar_holds_it_is_read_or_refused_in_words(lines: list[str], text: str, framed: bool) -> None:
    if framed:
        lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:a", *(each for each in lines if "V" not in each[4:9]),
                 f"SUMMARY:{text}", "END:VEVENT", "END:VCALENDAR"]  # fmt: skip
    raw = "\r\n".join([*lines, ""]).encode("utf-8", "replace")
    try:
        found = read_calendar(raw, "co-desk", BOGOTA, PEOPLE)
    except Malformed:
        return
    write_roster(found.roster)
    assert len(event_lines(raw).events) <= MOST_EVENTS
    assert all(each.what and each.do for each in found.refused)


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
