"""Changes of a roster, what of it is shown before it is signed, and when nobody is there."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from roster_world import BOGOTA, THREE, A, B, C, D, at, roster, rosters, shift

from desk.rosters import changes
from desk.rosters.difference import difference, lines
from desk.rosters.holes import Hole, holes
from desk.rosters.roster import DayException, Roster, WindowException, read_roster, write_roster
from desk.rosters.versions import Signed, highest, holding
from directory.bodies import ContactBody, Hours, Span
from directory.canonical import Malformed

BASE = roster(*THREE)
DAY = DayException(shift="night", date="2026-03-04", officers=(D,))
NOON = at(BOGOTA, "2026-03-04T12:00")


def shown(before: Roster | None, after: Roster) -> tuple[str, ...]:
    return difference(before, after, lambda officer: officer[:4])


def test_a_shift_is_added_changed_and_taken_out() -> None:
    added = changes.with_shift(BASE, shift("dawn", start=300, minutes=60))
    assert [each.id for each in added.shifts] == ["early", "late", "night", "dawn"]
    changed = changes.with_shift(added, shift("early", officers=(D,), start=360, minutes=480))
    assert [each.id for each in changed.shifts] == ["early", "late", "night", "dawn"]
    assert changes.without_shift(added, "dawn") == BASE


def test_exceptions_that_name_no_day_any_more_go_with_their_shift() -> None:
    held = changes.on_day(BASE, "night", "2026-03-04", (D,))
    assert held.exceptions == (DAY,)
    assert changes.without_shift(held, "night").exceptions == ()
    assert changes.ended(held, "night", "2026-03-03").exceptions == ()
    assert changes.ended(held, "night", "2026-03-04").exceptions == (DAY,)
    assert changes.with_shift(held, shift("night", officers=(D,))).exceptions == ()


def test_a_shift_ends_on_the_last_day_on_which_it_begins() -> None:
    mondays = roster(shift(days=(1,)))
    found = changes.ended(mondays, "night", "2026-03-04").shift("night")
    assert found is not None
    assert found.until == "2026-03-02"


def test_two_days_are_swapped_and_swapped_back() -> None:
    once = changes.swapped(BASE, ("night", "2026-03-04"), ("late", "2026-03-05"))
    assert changes.officers_of(once, "night", "2026-03-04") == (B,)
    assert changes.officers_of(once, "late", "2026-03-05") == (A, B)
    assert changes.swapped(once, ("night", "2026-03-04"), ("late", "2026-03-05")) == BASE


def test_exceptions_are_replaced_and_taken_out() -> None:
    over = changes.in_window(BASE, "2026-03-04T10:00", "2026-03-04T12:00", (D,))
    again = changes.in_window(over, "2026-03-04T10:00", "2026-03-04T13:00", ())
    assert again.exceptions == (WindowException(starts="2026-03-04T10:00", ends="2026-03-04T13:00"),)
    assert changes.without_exception(again, "2026-03-04T10:00") == BASE
    held = changes.on_day(BASE, "night", "2026-03-04", (D,))
    assert changes.without_exception(held, "night 2026-03-04") == BASE
    assert changes.on_day(held, "night", "2026-03-04", (A, B)) == BASE


REFUSED = {
    "a shift that is not there": lambda: changes.without_shift(BASE, "dusk"),
    "a day of a shift that is not there": lambda: changes.on_day(BASE, "dusk", "2026-03-04", ()),
    "a day on which it does not begin": lambda: changes.on_day(BASE, "night", "2026-01-01", ()),
    "a day of no calendar": lambda: changes.on_day(BASE, "night", "2026-02-30", ()),
    "an end before it begins": lambda: changes.ended(BASE, "night", "2026-01-01"),
    "a swap with itself": lambda: changes.swapped(BASE, ("night", "2026-03-04"), ("night", "2026-03-04")),
    "an exception that is not there": lambda: changes.without_exception(BASE, "night 2026-03-04"),
    "a window that ends before": lambda: changes.in_window(BASE, "2026-03-04T10:00", "2026-03-04T09:00", ()),
    "a number when none is left": lambda: changes.numbered(BASE, highest(NOON), NOON),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_gives_no_roster_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        REFUSED[name]()


def test_what_is_long_over_is_dropped_and_the_rest_stays() -> None:
    held = changes.on_day(changes.on_day(BASE, "night", "2026-01-31", ()), "night", "2026-02-01", ())
    assert [each.date for each in changes.tidied(held, NOON).exceptions if isinstance(each, DayException)] == [
        "2026-02-01"
    ]


def test_the_next_number_is_one_more() -> None:
    assert changes.numbered(BASE, 3, NOON).seq == 4
    assert changes.same(BASE, changes.numbered(BASE, 9, NOON))
    assert not changes.same(BASE, changes.on_day(BASE, "night", "2026-03-04", ()))


@given(rosters(), rosters())
@settings(max_examples=30)
def test_rosters_that_differ_show_it_and_equal_ones_show_nothing(one: Roster, other: Roster) -> None:
    assert shown(one, one) == ()
    assert bool(shown(one, other)) == (not changes.same(one, other))
    assert read_roster(write_roster(changes.tidied(one, NOON))) == changes.tidied(one, NOON)


def test_a_difference_in_words() -> None:
    after = changes.on_day(changes.with_shift(BASE, shift("early", start=360, minutes=480)), "late", "2026-03-04", ())
    assert shown(BASE, after) == (
        "- early      Mon–Sun 06:00–14:00  cccc  from 2026-01-05",
        "+ early      Mon–Sun 06:00–14:00  aaaa; bbbb  from 2026-01-05",
        "+ late       2026-03-04  nobody",
    )
    assert shown(None, roster(shift(days=(1, 2, 3, 5, 6), minutes=1440, every=2, until="2026-03-06")))[1] == (
        "+ night      Mon–Wed, Fri, Sat 22:00 for 1d every 2 weeks  aaaa; bbbb  from 2026-01-05 to 2026-03-06"
    )
    assert next(lines(BASE, str)) == "zone       America/Bogota"


OFFICE = ContactBody(
    names={"en": "Desk"},
    zone=BOGOTA,
    hours=Hours(spans=tuple(Span(day=day, opens=480, closes=1080) for day in (1, 2, 3, 4, 5))),
)
MIDNIGHTS = [at(BOGOTA, f"2026-03-{day:02}T00:00") for day in range(4, 8)]


def found(body: ContactBody | None, able: str = A + B + C, named: Roster = BASE) -> list[tuple[str, bool]]:
    wall = holes(named, body, MIDNIGHTS[0], MIDNIGHTS[3], lambda one: one in able)
    return [(span(each), each.promised) for each in wall]


def span(hole: Hole) -> str:
    start, end = (MIDNIGHTS[0] + round((each - MIDNIGHTS[0]) / 3600) * 3600 for each in (hole.start, hole.end))
    assert (start, end) == (hole.start, hole.end)
    return f"{(start - MIDNIGHTS[0]) // 3600}-{(end - MIDNIGHTS[0]) // 3600}"


def test_holes_are_cut_at_the_hours_that_the_directory_tells() -> None:
    assert found(OFFICE) == []
    without_late = changes.without_shift(BASE, "late")
    assert found(OFFICE, named=without_late) == [
        ("14-18", True), ("18-22", False), ("38-42", True), ("42-46", False), ("62-66", True), ("66-70", False),
    ]  # fmt: skip
    assert found(None, named=without_late) == [("14-22", True), ("38-46", True), ("62-70", True)]


def test_a_name_that_cannot_serve_covers_nothing() -> None:
    assert found(None, able=A + B) == [("6-14", True), ("30-38", True), ("54-62", True)]
    hole = holes(BASE, None, MIDNIGHTS[0], MIDNIGHTS[1], lambda one: one != C)[0]
    assert hole.officers == (C,)


def test_hours_that_nobody_knows_take_no_hole_away() -> None:
    unknown = msgspec.structs.replace(OFFICE, hours=Hours())
    assert found(unknown, able="") == found(None, able="")


def signed(seq: int, taken_in: int, note: str = "") -> Signed:
    return Signed(roster(seq=seq), note or f"{seq} {taken_in}", "f" * 64, taken_in)


@given(st.integers(0, 2**53 - 1))
def test_no_number_shuts_out_whoever_signs_after_it(number: int) -> None:
    thief = signed(number, NOON)
    held = holding([signed(5, NOON - 60), thief], "co-desk")
    assert held is not None
    assert held.beyond == ((thief,) if number > highest(NOON) else ())
    later = changes.numbered(BASE, held.signed.roster.seq, NOON + 60)
    after = holding([held.signed, thief, Signed(later, "later", "f" * 64, NOON + 60)], "co-desk")
    assert after is not None
    assert after.signed.note == "later"


def test_rosters_that_do_not_count_are_none() -> None:
    assert holding([signed(highest(NOON) + 1, NOON)], "co-desk") is None
