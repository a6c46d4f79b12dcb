"""Duty rosters: what is accepted, who is on duty, and the same by a minute-by-minute look at the clock."""

from datetime import date
from typing import Any

import pytest
from directory_world import World, officer_id
from hypothesis import given, settings
from hypothesis import strategies as st
from roster_world import BOGOTA, CHANGES, NEW_YORK, THREE, A, B, C, D, at, each_minute, roster, rosters, shift

from desk.rosters.coverage import MOST_DAYS, Duty, Stretch, duty_at, gaps, hand_overs, lay_out, overlaps
from desk.rosters.roster import (
    DayException,
    Roster,
    WindowException,
    check_roster,
    read_roster,
    wall_minutes,
    write_roster,
)
from desk.rosters.roster_words import WORDS
from desk.rosters.seats import STANDINGS, faults, first_able, seats
from desk.rosters.versions import Signed, holding
from desk.rosters.week_text import week_text
from directory.canonical import Malformed, encode
from directory.finding.answering import LATEST


def test_who_is_on_duty_until_when_and_who_comes_next() -> None:
    duty = duty_at(roster(*THREE), at(BOGOTA, "2026-03-04T23:30"))
    assert (duty.officers, duty.shifts) == ((A, B), ("night",))
    assert (duty.since, duty.until) == (at(BOGOTA, "2026-03-04T22:00"), at(BOGOTA, "2026-03-05T06:00"))
    assert duty.next is not None
    assert (duty.next.officers, duty.next.start) == ((C,), at(BOGOTA, "2026-03-05T06:00"))


def test_nobody_is_on_duty_before_the_first_day_and_in_a_cancelled_shift() -> None:
    found = roster(shift(), exceptions=(DayException(shift="night", date="2026-03-04"),))
    before = duty_at(found, at(BOGOTA, "2025-12-31T23:30"))
    assert (before.officers, before.until) == ((), at(BOGOTA, "2026-01-05T22:00"))
    cancelled = duty_at(found, at(BOGOTA, "2026-03-04T23:30"))
    assert cancelled.officers == ()
    assert cancelled.next is not None
    assert cancelled.next.start == at(BOGOTA, "2026-03-05T22:00")


def test_nothing_more_is_found_after_the_last_day() -> None:
    ended = roster(shift(until="2026-01-06"))
    duty = duty_at(ended, at(BOGOTA, "2026-01-20T12:00"))
    assert (duty.officers, duty.until, duty.next) == ((), None, None)


def test_those_who_are_first_come_first_of_shifts_that_overlap() -> None:
    both = roster(shift(), shift("second", officers=(C, A, D), start=1380, minutes=60))
    assert duty_at(both, at(BOGOTA, "2026-03-04T23:30")).officers == (A, C, B, D)
    [first, *_] = overlaps(both, at(BOGOTA, "2026-03-04T12:00"), at(BOGOTA, "2026-03-05T12:00"))
    assert (first.start, first.end) == (at(BOGOTA, "2026-03-04T23:00"), at(BOGOTA, "2026-03-05T00:00"))
    assert first.shifts == ("night", "second")


def test_every_second_week_is_counted_from_the_week_of_the_first_day() -> None:
    found = shift(days=(1, 3), since="2026-01-07", every=2)
    days = [day for day in range(1, 32) if found.begins_on(date(2026, 1, day).toordinal())]
    assert days == [7, 19, 21]


def test_every_third_week() -> None:
    found = shift(days=(1, 7), since="2026-01-11", every=3)
    days = [day for day in range(1, 60) if found.begins_on(date(2026, 1, 1).toordinal() + day - 1)]
    assert days == [11, 26, 32, 47, 53]


def test_to_the_second() -> None:
    six = at(BOGOTA, "2026-03-05T06:00")
    assert [duty_at(roster(*THREE), six + after).officers for after in (-1, 0)] == [(A, B), (C,)]
    assert duty_at(roster(*THREE), six).shifts == ("early",)
    last = duty_at(roster(shift(until="2026-01-06")), at(BOGOTA, "2026-01-06T23:00"))
    assert (last.until, last.next) == (at(BOGOTA, "2026-01-07T06:00"), None)
    alike = roster(*(shift(f"s{n}", start=n * 360, minutes=360, officers=(A,)) for n in range(3)))
    duty = duty_at(alike, at(BOGOTA, "2026-03-05T01:00"))
    assert (duty.until, duty.shifts) == (at(BOGOTA, "2026-03-05T18:00"), ("s0",))


def test_a_window_counts_alone() -> None:
    window = WindowException(starts="2026-03-04T23:00", ends="2026-03-05T07:00", officers=(D,))
    found = roster(*THREE, exceptions=(window,))
    start, end = at(BOGOTA, "2026-03-04T22:00"), at(BOGOTA, "2026-03-05T09:00")
    assert [(each.start - start, each.officers) for each in lay_out(found, start, end)] == [
        (0, (A, B)), (3600, (D,)), (9 * 3600, (C,)),
    ]  # fmt: skip
    assert [each.after for each in hand_overs(found, start, end)] == [(D,), (C,)]


def test_holes_are_seen() -> None:
    holed = roster(*THREE, exceptions=(DayException(shift="late", date="2026-03-04"),))
    week = at(BOGOTA, "2026-03-02T00:00"), at(BOGOTA, "2026-03-09T00:00")
    assert [(each.start, each.end) for each in gaps(holed, *week)] == [
        (at(BOGOTA, "2026-03-04T14:00"), at(BOGOTA, "2026-03-04T22:00"))
    ]
    assert gaps(roster(*THREE), *week) == ()


@pytest.mark.parametrize(("night", "hours"), [("2026-03-07", 7), ("2026-10-31", 9), ("2026-06-01", 8)])
def test_a_night_is_as_long_as_the_clock_makes_it(night: str, hours: int) -> None:
    duty = duty_at(roster(*THREE, zone=NEW_YORK), at(NEW_YORK, f"{night}T23:00"))
    assert duty.since is not None
    assert duty.until is not None
    assert duty.until - duty.since == hours * 3600


def test_hand_overs_in_hours_that_are_skipped_or_read_twice_make_no_hole() -> None:
    two = roster(
        shift("first", start=1320, minutes=270), shift("second", start=150, minutes=210, officers=(C,)), zone=NEW_YORK
    )
    for night, hours in (("2026-03-07", 6), ("2026-10-31", 8)):
        start = at(NEW_YORK, f"{night}T22:00")
        found = lay_out(two, start, start + hours * 3600)
        assert [each.officers for each in found] == [(A, B), (C,)]
    skipped = lay_out(two, at(NEW_YORK, "2026-03-07T22:00"), at(NEW_YORK, "2026-03-08T06:00"))
    assert skipped[1].start == at(NEW_YORK, "2026-03-08T03:00")
    twice = roster(shift("only", start=1320, minutes=210), zone=NEW_YORK)
    assert duty_at(twice, at(NEW_YORK, "2026-11-01T01:15")).until == at(NEW_YORK, "2026-11-01T01:30")
    assert duty_at(twice, at(NEW_YORK, "2026-11-01T01:15", fold=1)).officers == ()


def test_a_shift_in_a_skipped_hour_takes_no_time() -> None:
    short = roster(shift(start=150, minutes=15), zone=NEW_YORK)
    assert lay_out(short, at(NEW_YORK, "2026-03-08T00:00"), at(NEW_YORK, "2026-03-08T12:00"))[0].officers == ()


@settings(max_examples=12)
@given(st.data(), st.sampled_from([(zone, day) for zone, days in CHANGES.items() for day in days]))
def test_it_is_what_a_look_at_the_clock_each_minute_says(data: st.DataObject, where: tuple[str, str]) -> None:
    zone, day = where
    found = data.draw(rosters(zone, day))
    check_roster(found)
    start = at(zone, f"{day}T00:00") - 6 * 3600
    end = start + 36 * 3600
    laid_out = lay_out(found, start, end)
    assert (laid_out[0].start, laid_out[-1].end) == (start, end)
    told = {
        minute: frozenset(each.officers)
        for each in laid_out
        for minute in range(-(-each.start // 60) * 60, each.end, 60)
    }
    assert told == dict(each_minute(found, start, end))


@settings(max_examples=25)
@given(rosters())
def test_what_is_written_is_read_again(found: Roster) -> None:
    assert read_roster(write_roster(found)) == found


WINDOW = WindowException(starts="2026-03-04T23:00", ends="2026-03-05T07:00")
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no such zone": ({"zone": "America/Atlantis"}, "no IANA time zone"),
    "days out of order": ({"shifts": (shift(days=(3, 1)),)}, "weekdays are sorted"),
    "a day twice": ({"shifts": (shift(days=(1, 1)),)}, "weekdays are sorted"),
    "no day": ({"shifts": (shift(days=()),)}, "length >= 1"),
    "day 8": ({"shifts": (shift(days=(8,)),)}, "<= 7"),
    "24:00": ({"shifts": (shift(start=1440),)}, "< 1440|<= 1439"),
    "no length": ({"shifts": (shift(minutes=0),)}, ">= 1"),
    "two weeks": ({"shifts": (shift(minutes=20_160),)}, "<= 10080"),
    "it meets itself": ({"shifts": (shift(minutes=1441),)}, "before it ends"),
    "it meets itself soon": ({"shifts": (shift(days=(1, 7), minutes=1500, since="2026-01-11"),)}, "before it ends"),
    "no officer": ({"shifts": (shift(officers=()),)}, "length >= 1"),
    "nine officers": ({"shifts": (shift(officers=tuple(f"{n:032x}" for n in range(9))),)}, "length <= 8"),
    "an officer twice": ({"shifts": (shift(officers=(A, A)),)}, "twice"),
    "a name for an officer": ({"shifts": (shift(officers=("the night officer",)),)}, "another form"),
    "two of one id": ({"shifts": (shift(), shift())}, "one id"),
    "no such day": ({"shifts": (shift(since="2026-02-30"),)}, "no day"),
    "long ago": ({"shifts": (shift(since="1969-12-29"),)}, "years"),
    "a first day that is none": ({"shifts": (shift(days=(2,)),)}, "first day"),
    "a last day that is none": ({"shifts": (shift(days=(1,), until="2026-01-06"),)}, "last day"),
    "a last day before the first": ({"shifts": (shift(until="2026-01-04"),)}, "last day"),
    "every 0 weeks": ({"shifts": (shift(every=0),)}, ">= 1"),
    "a day without its shift": ({"exceptions": (DayException(shift="noon", date="2026-03-04"),)}, "no shift noon"),
    "a day before the shift": ({"exceptions": (DayException(shift="night", date="2026-01-04"),)}, "no shift night"),
    "a day with the same officers": (
        {"exceptions": (DayException(shift="night", date="2026-03-04", officers=(A, B)),)}, "itself",
    ),
    "a day twice among them": ({"exceptions": (DayException(shift="night", date="2026-03-04"),) * 2}, "named once"),
    "out of order": ({"exceptions": (WINDOW, DayException(shift="night", date="2026-03-04"))}, "sorted"),
    "a window that ends before": (
        {"exceptions": (WindowException(starts="2026-03-04T23:00", ends="2026-03-04T23:00"),)}, "ends later",
    ),
    "a window of two years": (
        {"exceptions": (WindowException(starts="2026-03-04T23:00", ends="2028-03-04T23:00"),)}, "ends later",
    ),
    "windows that overlap": (
        {"exceptions": (WINDOW, WindowException(starts="2026-03-05T06:00", ends="2026-03-05T08:00"))}, "overlap",
    ),
    "a window of a minute more": (
        {"exceptions": (WindowException(starts="2026-03-04T23:00", ends="2027-03-05T23:01"),)}, "ends later",
    ),
    "24 o'clock": ({"exceptions": (WindowException(starts="2026-03-04T24:00", ends="2026-03-05T08:00"),)}, "no time"),
    "60 past": ({"exceptions": (WindowException(starts="2026-03-04T12:60", ends="2026-03-05T08:00"),)}, "no time"),
    "25 o'clock": ({"exceptions": (WindowException(starts="2026-03-04T25:00", ends="2026-03-05T08:00"),)}, "no time"),
    "an officer twice in one": (
        {"exceptions": (DayException(shift="night", date="2026-03-04", officers=(A, A)),)}, "twice",
    ),
    "no contact": ({"contact": "the desk"}, "another form"),
    "below zero": ({"seq": -1}, ">= 0"),
    "too many shifts": ({"shifts": tuple(shift(f"s{n}") for n in range(65))}, "length <= 64"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_rosters_that_are_refused(what: str) -> None:
    fields, words = REFUSED[what]
    usual: dict[str, Any] = {"contact": "co-desk", "zone": BOGOTA, "seq": 3, "shifts": (shift(),)}
    with pytest.raises(Malformed, match=words):
        read_roster(encode(Roster(**(usual | fields))))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b"\xff", b"{" * 9000, b" " * (1 << 18),
     b'{"contact":"co-desk","seq":3,"zone":"America/Bogota"} ',
     b'{"contact":"co-desk","note":"","seq":3,"zone":"America/Bogota"}',
     b'{"contact":"co-desk","seq":3,"shifts":[],"zone":"America/Bogota"}'],
)  # fmt: skip
def test_bytes_that_are_no_roster(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_roster(raw)


def test_a_roster_that_nobody_would_read_is_not_written() -> None:
    with pytest.raises(Malformed, match="named once"):
        write_roster(Roster(contact="co-desk", zone=BOGOTA, seq=0, shifts=(shift(days=(2, 1)),)))


@pytest.mark.parametrize(("start", "end"), [(5, 5), (0, (MOST_DAYS + 1) * 86_400), (-1, 5), (0, 2**60)])
def test_only_so_much_is_laid_out(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="1970"):
        lay_out(roster(), start, end)


def test_as_much_as_is_laid_out() -> None:
    assert lay_out(roster(), 0, MOST_DAYS * 86_400) == (Stretch(0, MOST_DAYS * 86_400, (), ()),)
    assert lay_out(roster(), LATEST - 2, LATEST - 1)[0].end == LATEST - 1
    assert duty_at(roster(), 0) == duty_at(roster(), LATEST - 2) == Duty((), (), None, None, None)


def test_rosters_at_the_edge_are_taken() -> None:
    """What the table of those refused has one more of."""
    window = WindowException(starts="2026-03-04T23:59", ends="2027-03-05T23:59")
    after = WindowException(starts="2027-03-05T23:59", ends="2027-03-06T00:00")
    found = roster(
        shift(minutes=1440), shift("old", since="1970-01-01"), shift("late", since="9800-12-31"),
        shift("weekend", days=(1, 7), minutes=1440, since="2026-01-11"), exceptions=(window, after),
    )  # fmt: skip
    assert read_roster(write_roster(found)) == found
    assert wall_minutes("1970-01-01T23:59") == 719_163 * 1440 + 1439


def world() -> World:
    found = World.founded()
    found.add_member("co")
    found.add_member("ec")
    for handle in ("co-night", "co-day", "co-gone", "co-other", "ec-night"):
        found.add_officer(handle, handle[:2])
    found.add_officer("co-looks", "co", "investigator")
    found.add_contact("co-desk", "co", officers=["co-night", "co-day", "co-gone", "co-looks"])
    return found


def test_nobody_whom_the_directory_objects_to_is_passed_over_in_silence() -> None:
    here = world()
    view = here.view
    named = ("co-night", "co-looks", "co-other", "ec-night")
    found = seats(view, "co-desk", [*map(officer_id, named), "f" * 32], here.now)
    assert [each.standing for each in found] == ["serves", "no-coordinator", "not-serving", "elsewhere", "unknown"]
    able = first_able(reversed(found))
    assert able is not None
    assert able.officer == officer_id("co-night")
    bad = faults(view, roster(shift(officers=(officer_id("co-night"), officer_id("ec-night")))), here.now)
    assert bad
    assert [each.officer for each in bad.seats] == [officer_id("ec-night")]
    assert not faults(view, roster(shift(officers=(officer_id("co-night"),))), here.now)
    assert faults(view, roster(contact="co-nothing"), here.now).contact == "unknown"


def test_of_two_rosters_with_one_number_the_earlier_holds_and_the_other_is_told() -> None:
    first, second = (Signed(roster(shift(name)), name, "f" * 64, 600 + n) for n, name in enumerate(("b", "a")))
    old = Signed(roster(seq=2), "c", "f" * 64, 500)
    for order in ((first, second, old), (old, second, first, first)):
        found = holding(order, "co-desk")
        assert found is not None
        assert (found.signed, found.rivals, found.older) == (first, (second,), 1)
    assert holding([old], "ec-desk") is None


def test_a_week_in_words() -> None:
    window = WindowException(starts="2026-03-08T09:00", ends="2026-03-08T12:00", officers=(D,))
    found = roster(*THREE, zone=NEW_YORK, exceptions=(DayException(shift="late", date="2026-03-04"), window))
    names = {A: "Night officer", B: "Deputy\x1b[2J", C: "Day officer"}
    text = week_text(found, date(2026, 3, 4), "en", 80, names, {B: "revoked"})
    assert text.splitlines()[:5] == [
        "Duty roster co-desk · no. 3 · week of 2 Mar 2026 · America/New_York",
        "Mon 2 Mar    00:00–06:00  Night officer; Deputy[U+001B][2J [revoked]",
        "             06:00–14:00  Day officer",
        "             14:00–22:00  Deputy[U+001B][2J [revoked]",
        "             22:00–24:00  Night officer; Deputy[U+001B][2J [revoked]",
    ]
    assert "             14:00–22:00  NOBODY ON DUTY" in text
    assert "             09:00–12:00  dddddddd (instead)" in text
    assert text.splitlines()[-1] == "             The clock changes that day: from UTC−05:00 to UTC−04:00"


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [80, 40])
def test_no_line_of_a_week_is_too_wide(language: str, width: int) -> None:
    names = {A: "A" * 90, B: "Officer of the night desk, second floor, with a long name", C: "Day"}
    found = roster(*THREE, shift("extra", start=0, minutes=1440, officers=(D,)), zone=NEW_YORK)
    text = week_text(found, date(2026, 3, 4), language, width, names, {A: "no-coordinator"})
    assert max(map(len, text.splitlines())) <= width
    assert WORDS[language]["both"] in text


def test_every_word_is_there_in_every_language() -> None:
    for words in WORDS.values():
        assert words.keys() >= set(STANDINGS) - {"serves"}
        assert all(words.values())
