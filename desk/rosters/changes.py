"""What can be changed in a roster, one thing at a time, and what that means for the days named in it. Pure.

1. Every change starts from a whole roster and gives a whole one, which is checked as any other; its number is set when
   it is signed (`numbered`).
2. An exception names a day on which its shift begins. Where a shift is changed, ended or taken out, exceptions that
   would name no such day any more go with it; the difference says so (`desk.rosters.difference`).
3. Exceptions that lie TIDIED days back are dropped when a roster is changed: a roster grows for ever otherwise. Who was
   on duty then stands in the rosters of that time.
"""

from datetime import UTC, datetime

import msgspec

from desk.rosters.roster import (
    DAY,
    DayException,
    Officers,
    Roster,
    Shift,
    WindowException,
    check_roster,
    day_number,
    in_order,
    wall_minutes,
)
from desk.rosters.versions import highest
from directory.canonical import Malformed

TIDIED = 31  # days


def with_shift(roster: Roster, shift: Shift) -> Roster:
    """With a shift added, or in the place of the one of its id."""
    known = roster.shift(shift.id) is not None
    shifts = tuple(shift if each.id == shift.id else each for each in roster.shifts)
    return _fitted(msgspec.structs.replace(roster, shifts=shifts if known else (*roster.shifts, shift)))


def without_shift(roster: Roster, shift_id: str) -> Roster:
    """Without a shift; raises Malformed where there is none of that id."""
    _shift(roster, shift_id)
    shifts = tuple(each for each in roster.shifts if each.id != shift_id)
    return _fitted(msgspec.structs.replace(roster, shifts=shifts))


def ended(roster: Roster, shift_id: str, last: str) -> Roster:
    """With a shift whose last day is `last`, or the last day before it on which it begins."""
    shift = _shift(roster, shift_id)
    first = day_number(shift.since)
    day = next((each for each in range(day_number(last), first - 1, -1) if shift.begins_on(each)), None)
    if day is None:
        raise Malformed(f"the shift {shift_id} does not begin before {last}: take it out instead")
    return with_shift(roster, msgspec.structs.replace(shift, until=_iso(day)))


def on_day(roster: Roster, shift_id: str, day: str, officers: Officers) -> Roster:
    """With other officers for one day of a shift, or its own again; with none it does not take place."""
    shift = _shift(roster, shift_id)
    others = tuple(
        each
        for each in roster.exceptions
        if not (isinstance(each, DayException) and (each.shift, each.date) == (shift_id, day))
    )
    own = officers == shift.officers
    added = () if own else (DayException(shift=shift_id, date=day, officers=officers),)
    return _checked(msgspec.structs.replace(roster, exceptions=(*others, *added)))


def in_window(roster: Roster, starts: str, ends: str, officers: Officers) -> Roster:
    """With a window, in the place of one that begins at the same time."""
    others = tuple(
        each for each in roster.exceptions if not (isinstance(each, WindowException) and each.starts == starts)
    )
    added = WindowException(starts=starts, ends=ends, officers=officers)
    return _checked(msgspec.structs.replace(roster, exceptions=(*others, added)))


def without_exception(roster: Roster, place: str) -> Roster:
    """Without an exception: `night 2026-03-04`, or the beginning of a window; raises Malformed where there is none."""
    others = tuple(each for each in roster.exceptions if place_of(each) != place)
    if len(others) == len(roster.exceptions):
        raise Malformed(f"there is no exception {place}")
    return _checked(msgspec.structs.replace(roster, exceptions=others))


def swapped(roster: Roster, one: tuple[str, str], other: tuple[str, str]) -> Roster:
    """With the officers of two days of shifts, each given by shift and date, exchanged."""
    if one == other:
        raise Malformed("a swap is of two different days or shifts")
    officers = {each: officers_of(roster, *each) for each in (one, other)}
    return on_day(on_day(roster, *one, officers[other]), *other, officers[one])


def officers_of(roster: Roster, shift_id: str, day: str) -> Officers:
    """Who stands in a shift on a day; raises Malformed where it does not begin then."""
    shift = _shift(roster, shift_id)
    if not shift.begins_on(day_number(day)):
        raise Malformed(f"no shift {shift_id} begins on {day}")
    for each in roster.exceptions:
        if isinstance(each, DayException) and (each.shift, each.date) == (shift_id, day):
            return each.officers
    return shift.officers


def place_of(exception: DayException | WindowException) -> str:
    """What an exception is called: its shift and day, or the beginning of its window."""
    return f"{exception.shift} {exception.date}" if isinstance(exception, DayException) else exception.starts


def tidied(roster: Roster, now: int) -> Roster:
    """Without exceptions that are long over (rule 3)."""
    today = datetime.fromtimestamp(now, UTC).toordinal()
    kept = tuple(each for each in roster.exceptions if _last_day(each) >= today - TIDIED)
    return msgspec.structs.replace(roster, exceptions=kept)


def numbered(roster: Roster, before: int, now: int) -> Roster:
    """The roster as it is signed after number `before`; raises Malformed within the minute in which none is left."""
    if before >= highest(now):
        raise Malformed("the last roster has the highest number that counts now; wait a minute, and call it again")
    found = msgspec.structs.replace(in_order(roster), seq=before + 1)
    check_roster(found)
    return found


def same(one: Roster, other: Roster) -> bool:
    """Whether two rosters differ in nothing but their numbers."""
    return msgspec.structs.replace(in_order(one), seq=0) == msgspec.structs.replace(in_order(other), seq=0)


def _fitted(roster: Roster) -> Roster:
    """Without exceptions that name no day of a shift any more, or its own officers (rule 2)."""

    def fits(each: DayException) -> bool:
        shift = roster.shift(each.shift)
        return shift is not None and shift.begins_on(day_number(each.date)) and shift.officers != each.officers

    kept = tuple(each for each in roster.exceptions if isinstance(each, WindowException) or fits(each))
    return _checked(msgspec.structs.replace(roster, exceptions=kept))


def _checked(roster: Roster) -> Roster:
    found = in_order(roster)
    check_roster(found)
    return found


def _shift(roster: Roster, shift_id: str) -> Shift:
    found = roster.shift(shift_id)
    if found is None:
        listed = ", ".join(each.id for each in roster.shifts) or "none"
        raise Malformed(f"there is no shift {shift_id}; there are: {listed}")
    return found


def _last_day(exception: DayException | WindowException) -> int:
    return day_number(exception.date) if isinstance(exception, DayException) else wall_minutes(exception.ends) // DAY


def _iso(day: int) -> str:
    return datetime.fromordinal(day).date().isoformat()
