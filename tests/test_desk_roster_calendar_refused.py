"""What is refused of a calendar, event by event and whole, always in words; and bombs."""

import pytest
from calendar_world import BOGOTA, LENGTH, NIGHT, PEOPLE, START, taken
from counted_work import calls_of
from hypothesis import given, settings
from hypothesis import strategies as st
from roster_world import A

from desk.rosters.calendar_event import Unsupported, read_event
from desk.rosters.calendar_in import Imported, read_calendar
from desk.rosters.calendar_lines import MOST_CALENDAR_BYTES, MOST_EVENTS, event_lines
from desk.rosters.roster import write_roster
from directory.canonical import Malformed

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
    "two numbers": (["RRULE:FREQ=DAILY;COUNT=2,3"], "one thing twice"),
    "two rules": (["RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"], "RRULE stands in it twice"),
    "no rule": (["RRULE:FREQ"], "no FREQ"),
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
    "a thousand years": ([START, "DURATION:P365000D", NIGHT, "X-ENLACE-KIND:window"], "longer than 366 days"),
    "to the end of the calendar": (
        ["DTSTART:95000104T220000", LENGTH, NIGHT, "RRULE:FREQ=WEEKLY;INTERVAL=52;COUNT=5000"], "end of the calendar",
    ),
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
    read: list[Imported] = []
    work = calls_of(lambda: read.append(read_calendar(raw + b"\r\nEND:VCALENDAR\r\n", "co-desk", BOGOTA, PEOPLE)))
    assert work < 2_000_000
    [found] = read
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
