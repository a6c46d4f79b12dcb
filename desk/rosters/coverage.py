"""Who is on duty when: a roster laid out over time, and the questions it answers. Pure.

1. A shift runs from its start to start and length *on the wall clock* of the roster's zone: 22:00 to 06:00 is that on
   every night of the year, and lasts seven or nine hours on two of them.
2. One rule takes the wall clock to a moment: a time that is read twice is its first reading, one that is skipped is
   the moment of the change. So what touches on the wall touches in time: no hand-over makes a hole or an overlap, and a
   shift that lies in a skipped hour takes no time. (Duty *hours* stretch instead, `directory.finding.answering`: there
   a doubt is resolved to open. Here it would have two on duty, each sure that it is the other.)
3. Of several shifts that run at once everybody is on duty: first those who stand first, in the order of the roster's
   shifts, then those who stand second, and so on, each once.
4. In a window (an exception) its officers alone are on duty.
5. Nothing is looked for further than a bound: MOST_DAYS laid out at once, LOOK_AHEAD days for who comes next.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise, zip_longest
from operator import attrgetter
from zoneinfo import ZoneInfo

from desk.rosters.roster import DAY, LONGEST_SHIFT, DayException, Roster, WindowException, wall_minutes
from directory.finding.answering import LATEST, wall_instant
from directory.finding.zones import time_zone

MOST_DAYS = 400
LOOK_AHEAD = 62  # days
WINDOW = "*"  # stands for a shift's id where a window says who is on duty
_SECONDS = DAY * 60
_MARGIN = LONGEST_SHIFT // DAY + 2  # days before a moment on which what runs at it may have begun


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` (unix seconds) the same shifts run, under the same officers, in order; perhaps none."""

    start: int
    end: int
    officers: tuple[str, ...]
    shifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandOver:
    """At a moment those on duty change: `before` ends, `after` begins; either may be nobody."""

    at: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty at a moment, in order, since when and until when, and who comes next.

    `since` and `until` are None where no change is known within LOOK_AHEAD days; `next` is the next stretch of time in
    which somebody else is on duty, or None if nobody is found by then.
    """

    officers: tuple[str, ...]
    shifts: tuple[str, ...]
    since: int | None
    until: int | None
    next: Stretch | None


@dataclass(frozen=True, slots=True)
class _Run:
    """Something that runs on a wall clock from minute to minute, and its rank among what runs at once."""

    starts: int
    ends: int
    rank: int
    shift: str
    officers: tuple[str, ...]


def lay_out(roster: Roster, start: int, end: int) -> tuple[Stretch, ...]:
    """The time from `start` to `end` (unix seconds) in stretches without a hole: where nobody is on duty, of nobody.

    Raises ValueError for more than MOST_DAYS, none at all, or a time outside the calendar.
    """
    if not 0 <= start < end < LATEST or end - start > MOST_DAYS * _SECONDS:
        raise ValueError(f"ask for a time between 1970 and 9892, of at most {MOST_DAYS} days")
    zone = time_zone(roster.zone)
    shifts, windows = _runs(roster, zone, start, end)
    marks = sorted({start, end, *(edge for each in (*shifts, *windows) for edge in (each.starts, each.ends))})
    return tuple(_joined(_pieces(marks, shifts, windows)))


def _pieces(marks: Sequence[int], shifts: Iterable[_Run], windows: Iterable[_Run]) -> Iterator[Stretch]:
    """What runs between each mark and the next."""
    spans = list(pairwise(marks))
    running: list[list[_Run]] = [[] for _ in spans]
    over: list[_Run | None] = [None for _ in spans]
    starts = [mark for mark, _ in spans]
    for each in shifts:
        for at in _places(starts, each):
            running[at].append(each)
    for each in windows:
        for at in _places(starts, each):
            over[at] = each
    for (mark, after), found, window in zip(spans, running, over, strict=True):
        here = [window] if window else sorted(found, key=attrgetter("rank"))
        yield Stretch(mark, after, _ranked(here), tuple(dict.fromkeys(each.shift for each in here)))


def _places(starts: Sequence[int], run: _Run) -> range:
    """Which of the spans that begin at `starts` a run covers: one begins where it does, one where it ends, if any."""
    return range(bisect_left(starts, run.starts), bisect_left(starts, run.ends))


def _ranked(runs: Sequence[_Run]) -> tuple[str, ...]:
    rows = zip_longest(*(each.officers for each in runs))
    return tuple(dict.fromkeys(officer for row in rows for officer in row if officer is not None))


def _joined(pieces: Iterable[Stretch]) -> Iterator[Stretch]:
    for _, alike in groupby(pieces, key=attrgetter("officers", "shifts")):
        first, *more = alike
        yield Stretch(first.start, more[-1].end if more else first.end, first.officers, first.shifts)


def _runs(roster: Roster, zone: ZoneInfo, start: int, end: int) -> tuple[list[_Run], list[_Run]]:
    """The shifts and the windows that run between two moments, in unix seconds, by rules 1 and 2."""
    exceptions = {(each.shift, each.date): each for each in roster.exceptions if isinstance(each, DayException)}
    first, last = _local_day(zone, start) - _MARGIN, _local_day(zone, end) + 1
    shifts = [
        _Run(day * DAY + shift.start, day * DAY + shift.start + shift.minutes, rank, shift.id, officers)
        for rank, shift in enumerate(roster.shifts)
        for day in range(first, last + 1)
        if shift.begins_on(day) and (officers := _officers(shift.officers, exceptions.get((shift.id, _iso(day)))))
    ]
    windows = [
        _Run(wall_minutes(each.starts), wall_minutes(each.ends), 0, WINDOW, each.officers)
        for each in roster.exceptions
        if isinstance(each, WindowException)
    ]
    return list(_timed(shifts, zone, start, end)), list(_timed(windows, zone, start, end))


def _timed(runs: Iterable[_Run], zone: ZoneInfo, start: int, end: int) -> Iterator[_Run]:
    """What of the runs lies between two moments, in unix seconds; what takes no time (rule 2) left out."""
    for each in runs:
        begins, ends = max(wall_instant(each.starts, zone), start), min(wall_instant(each.ends, zone), end)
        if begins < ends:
            yield _Run(begins, ends, each.rank, each.shift, each.officers)


def _officers(usual: tuple[str, ...], exception: DayException | None) -> tuple[str, ...]:
    return usual if exception is None else exception.officers


def _local_day(zone: ZoneInfo, moment: int) -> int:
    return datetime.fromtimestamp(moment, zone).toordinal()


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def duty_at(roster: Roster, now: int) -> Duty:
    """Who is on duty at `now` (unix seconds), until when, and who comes next; refuses as `lay_out` does."""
    reach = LOOK_AHEAD * _SECONDS
    before = max(0, now - reach)
    laid_out = lay_out(roster, before, min(now + reach, LATEST - 1))
    stretches = _by_officers(laid_out)
    at = next(index for index, each in enumerate(stretches) if each.start <= now < each.end)
    here = stretches[at]
    following = next((each for each in stretches[at + 1 :] if each.officers), None)
    shifts = next(each.shifts for each in laid_out if each.start <= now < each.end)
    since = here.start if at else None
    until = here.end if at + 1 < len(stretches) else None
    return Duty(here.officers, shifts, since, until, following)


def gaps(roster: Roster, start: int, end: int) -> tuple[Stretch, ...]:
    """When nobody is on duty between two moments: the holes a coordinator has to fill."""
    return tuple(each for each in _by_officers(lay_out(roster, start, end)) if not each.officers)


def overlaps(roster: Roster, start: int, end: int) -> tuple[Stretch, ...]:
    """When two shifts or more run at once: meant so, or a slip."""
    return tuple(each for each in lay_out(roster, start, end) if len(each.shifts) > 1)


def hand_overs(roster: Roster, start: int, end: int) -> tuple[HandOver, ...]:
    """Each change of those on duty after `start` and before `end`, in order of time."""
    stretches = _by_officers(lay_out(roster, start, end))
    return tuple(HandOver(after.start, before.officers, after.officers) for before, after in pairwise(stretches))


def _by_officers(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches drawn together while the same officers are on duty in the same order, whatever the shifts."""
    found: list[Stretch] = []
    for _, alike in groupby(stretches, key=attrgetter("officers")):
        first, *more = alike
        shifts = tuple(dict.fromkeys(shift for each in (first, *more) for shift in each.shifts))
        found.append(Stretch(first.start, more[-1].end if more else first.end, first.officers, shifts))
    return found
