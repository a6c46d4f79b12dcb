"""A duty roster: who of a contact's officers is on duty when, as canonical JSON. Pure.

    {"contact":"co-desk","exceptions":[…],"seq":3,"shifts":[…],"zone":"America/Bogota"}

1. A *shift* begins on weekdays, at a time of the local day, and lasts so many minutes of the wall clock; every week, or
   every so many weeks counted from the week of its first day. Its officers stand in order: the first is called first.
   It ends before it begins again.
2. `since` is the first day on which it begins, `until`, if there is one, the last: both are days on which it does. So
   there is one way to write a shift, and a calendar's first event is our first day.
3. An *exception* is about one day of one shift, by the date on which that begins, or about a *window* of the wall
   clock. Its officers are on duty instead; nobody, if there are none. In a window they are on duty whatever the shifts
   say, also where none runs; windows do not overlap, and an exception names a day on which its shift does begin. So no
   exception is ever without effect, or against another.
4. `seq` counts the rosters of the contact: a later one takes the place of the earlier ones, whole.
5. Officers are opaque ids. Who may serve is the directory's to say (`desk.rosters.seats`): a roster makes nobody an
   officer of the contact.
6. Read is only what would be written: sorted, once each, bounded.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from directory.bodies import Day, TimeZone
from directory.canonical import Malformed, decode, encode
from directory.fields import ContactId, Count, OfficerId
from directory.finding.zones import UnknownZone, time_zone
from directory.folding import fold

MOST_ROSTER_BYTES = 128 << 10
MOST_SHIFTS = 64
MOST_EXCEPTIONS = 400
MOST_OFFICERS = 8
MOST_WEEKS = 52
LONGEST_SHIFT = 10_080  # minutes: somebody is on call for a week
LONGEST_WINDOW = 366  # days
FIRST_YEAR, LAST_YEAR = 1970, 9800
DAY = 1440  # minutes

MOST_SHIFT_ID = 40  # characters
_SHIFT_ID = re.compile(r"\A[a-z0-9]+(-[a-z0-9]+){0,5}\Z")
_LOCAL_TIME = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\Z")
ShiftId = Annotated[str, msgspec.Meta(pattern=_SHIFT_ID.pattern, max_length=MOST_SHIFT_ID)]
Date = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
LocalTime = Annotated[str, msgspec.Meta(pattern=_LOCAL_TIME.pattern)]
Officers = Annotated[tuple[OfficerId, ...], msgspec.Meta(max_length=MOST_OFFICERS)]


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of a roster."""


class Shift(Piece, frozen=True, kw_only=True):
    """A recurring shift: `days` are ISO weekdays (1 is Monday), `start` and `minutes` are of the wall clock."""

    id: ShiftId
    days: Annotated[tuple[Day, ...], msgspec.Meta(min_length=1, max_length=7)]
    start: Annotated[int, msgspec.Meta(ge=0, lt=DAY)]
    minutes: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_SHIFT)]
    every: Annotated[int, msgspec.Meta(ge=1, le=MOST_WEEKS)] = 1
    officers: Annotated[Officers, msgspec.Meta(min_length=1)]
    since: Date
    until: Date | Literal[""] = ""

    def begins_on(self, day: int) -> bool:
        """Whether it begins on a day, counted as `date.toordinal` does."""
        first = _ordinal(self.since)
        if day < first or (self.until and day > _ordinal(self.until)) or (day - 1) % 7 + 1 not in self.days:
            return False
        return ((day - 1) // 7 - (first - 1) // 7) % self.every == 0


class DayException(Piece, frozen=True, kw_only=True, tag_field="kind", tag="day"):
    """What differs of the shift that begins on `date`: other officers, or, with none, it does not take place."""

    shift: ShiftId
    date: Date
    officers: Officers = ()


class WindowException(Piece, frozen=True, kw_only=True, tag_field="kind", tag="window"):
    """Who is on duty from `starts` to `ends` on the wall clock, whatever the shifts say; nobody, with none."""

    starts: LocalTime
    ends: LocalTime
    officers: Officers = ()


class Roster(Piece, frozen=True, kw_only=True):
    """The duty roster of a contact, in its time zone."""

    contact: ContactId
    zone: TimeZone
    seq: Count
    shifts: Annotated[tuple[Shift, ...], msgspec.Meta(max_length=MOST_SHIFTS)] = ()
    exceptions: Annotated[tuple[DayException | WindowException, ...], msgspec.Meta(max_length=MOST_EXCEPTIONS)] = ()

    @property
    def officers(self) -> tuple[str, ...]:
        """Everybody it names, once each, in the order in which it does."""
        named = (officer for each in (*self.shifts, *self.exceptions) for officer in each.officers)
        return tuple(dict.fromkeys(named))

    def shift(self, shift_id: str) -> Shift | None:
        """The shift of that id, if there is one."""
        return next((each for each in self.shifts if each.id == shift_id), None)


def write_roster(roster: Roster) -> bytes:
    """The roster as canonical JSON; raises Malformed, saying why, for one that no reader would take."""
    raw = encode(roster)
    read_roster(raw)
    return raw


def read_roster(raw: bytes) -> Roster:
    """The roster in canonical JSON; raises Malformed for everything else."""
    roster = decode(raw, Roster, MOST_ROSTER_BYTES)
    check_roster(roster)
    return roster


def in_order(roster: Roster) -> Roster:
    """The same roster with its lists as they are written: days and exceptions sorted."""
    shifts = tuple(msgspec.structs.replace(each, days=tuple(sorted(set(each.days)))) for each in roster.shifts)
    return msgspec.structs.replace(roster, shifts=shifts, exceptions=tuple(sorted(roster.exceptions, key=_place)))


def check_roster(roster: Roster) -> None:
    """Return if `roster` keeps the rules above; raise Malformed, saying what to change. Also for nested ones, and for
    what somebody wrote, of which nothing was read yet."""
    for what, given, most in (
        ("shifts", roster.shifts, MOST_SHIFTS),
        ("exceptions", roster.exceptions, MOST_EXCEPTIONS),
    ):
        if len(given) > most:
            raise Malformed(f"a roster has at most {most} {what}; these are {len(given)}")
    try:
        time_zone(roster.zone)
    except UnknownZone as error:
        raise Malformed(str(error)) from error
    for shift in roster.shifts:
        _check_shift(shift)
    if len({each.id for each in roster.shifts}) != len(roster.shifts):
        raise Malformed("two shifts have one id; give each its own")
    places = [_place(each) for each in roster.exceptions]
    if places != sorted(places):
        raise Malformed("exceptions are sorted: days by date and shift, then windows by their beginning")
    if len(set(places)) != len(places):
        raise Malformed("a day of a shift, or the beginning of a window, is named once among the exceptions")
    end = ""
    for each in roster.exceptions:
        _once(each.officers, "an exception")
        if isinstance(each, DayException):
            _check_day(roster, each)
        else:
            _check_window(each, end)
            end = each.ends


def _check_shift(shift: Shift) -> None:
    check_shift_id(shift.id)
    name = f"the shift {shift.id}"
    if not shift.officers:
        raise Malformed(f"{name} names nobody: name who is on duty, or take it out")
    if not (shift.days and 1 <= shift.every <= MOST_WEEKS and 0 <= shift.start < DAY):
        raise Malformed(f"{name} begins on a weekday, at a time of day, every 1 to {MOST_WEEKS} weeks")
    if not 1 <= shift.minutes <= LONGEST_SHIFT:
        raise Malformed(f"{name} lasts longer than {LONGEST_SHIFT // DAY} days: make shorter ones of it")
    if list(shift.days) != sorted(set(shift.days)):
        raise Malformed(f"{name}: weekdays are sorted and named once")
    _once(shift.officers, name)
    first = day_number(shift.since)
    if (first - 1) % 7 + 1 not in shift.days:
        raise Malformed(f"{name} does not begin on {shift.since}: its first day is one of its weekdays")
    if shift.minutes > _apart(shift) * DAY:
        raise Malformed(f"{name} begins again before it ends: make it shorter, or two shifts of it")
    if shift.until and not (day_number(shift.until) >= first and shift.begins_on(day_number(shift.until))):
        raise Malformed(f"{name} does not begin on {shift.until}: its last day is one on which it begins")


def check_shift_id(text: str) -> None:
    """Return if a shift can be called that; raise Malformed, with what it might be called."""
    if _SHIFT_ID.fullmatch(text) and len(text) <= MOST_SHIFT_ID:
        return
    near = "-".join(re.findall("[a-z0-9]+", fold(text))[:6])[:MOST_SHIFT_ID].strip("-") or "night"
    raise Malformed(
        f"{text[:MOST_SHIFT_ID]!r} is no id of a shift: up to {MOST_SHIFT_ID} of a-z and 0-9, in at most six words "
        f"with a hyphen between, such as {near}"
    )


def _apart(shift: Shift) -> int:
    """The fewest days between two of its beginnings."""
    cycle = 7 * shift.every
    after = [*shift.days[1:], shift.days[0] + cycle]
    return min(later - day for day, later in zip(shift.days, after, strict=True))


def _check_day(roster: Roster, exception: DayException) -> None:
    shift = roster.shift(exception.shift)
    if shift is None or not shift.begins_on(day_number(exception.date)):
        raise Malformed(f"no shift {exception.shift} begins on {exception.date}: take the exception out")
    if exception.officers == shift.officers:
        raise Malformed(f"the exception of {exception.date} names the officers of {shift.id} itself: take it out")


def _check_window(window: WindowException, end: str) -> None:
    starts, ends = wall_minutes(window.starts), wall_minutes(window.ends)
    if not starts < ends <= starts + LONGEST_WINDOW * DAY:
        raise Malformed(f"the window from {window.starts} ends later, by at most {LONGEST_WINDOW} days")
    if window.starts < end:
        raise Malformed(f"the window from {window.starts} begins within another; windows do not overlap")


def _once(officers: tuple[str, ...], what: str) -> None:
    if len(set(officers)) != len(officers):
        raise Malformed(f"{what} names an officer twice")
    if len(officers) > MOST_OFFICERS:
        raise Malformed(f"{what} names {len(officers)} officers; at most {MOST_OFFICERS} are possible")


def _place(exception: DayException | WindowException) -> tuple[int, str, str]:
    if isinstance(exception, DayException):
        return (0, exception.date, exception.shift)
    return (1, exception.starts, "")


def day_number(text: str) -> int:
    """A date as `date.toordinal` counts it; raises Malformed for one that no calendar has, or too far off."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{text[:40]} is no day of the calendar; write it like 2026-03-04") from error
    if found.isoformat() != text:
        raise Malformed(f"{text[:40]}: write the day like {found.isoformat()}")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Malformed(f"{text} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
    return found.toordinal()


def wall_minutes(text: str) -> int:
    """A local time in minutes since the calendar's day 0 (`directory.finding.answering`); raises Malformed."""
    if not _LOCAL_TIME.fullmatch(text):
        raise Malformed(f"{text[:40]} is no local time; write it like 2026-12-24T18:00")
    hour, minute = int(text[11:13]), int(text[14:16])
    if hour > 23 or minute > 59:
        raise Malformed(f"{text} is no time of day")
    return day_number(text[:10]) * DAY + hour * 60 + minute


@lru_cache(1 << 12)  # asked of one shift for each day that is laid out
def _ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()
