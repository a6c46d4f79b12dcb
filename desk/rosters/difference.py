"""What changes from one roster to the next, line by line, for people to look at before it is signed. Pure.

    + night      Mon–Sun 22:00–06:00  Night duty (0a1b2c3d); Deputy (4e5f6a7b)  from 2026-03-02
    - night      2026-03-04  nobody

1. Every line of either roster stands in it that is not in both; a shift that changes is two lines, before and after.
2. Nothing of a roster is left out of its lines but the number, and of officers what they are not `called` by.
"""

from collections.abc import Callable, Iterator

from desk.rosters.roster import DAY, DayException, Roster, Shift, WindowException, in_order

Called = Callable[[str], str]
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WIDE = 10


def difference(before: Roster | None, after: Roster, called: Called) -> tuple[str, ...]:
    """The lines that go (`- `) and come (`+ `)."""
    old = [] if before is None else list(lines(before, called))
    new = list(lines(after, called))
    gone = [f"- {each}" for each in old if each not in new]
    come = [f"+ {each}" for each in new if each not in old]
    return (*gone, *come)


def lines(roster: Roster, called: Called) -> Iterator[str]:
    """A roster in lines."""
    yield f"{'zone':<{_WIDE}} {roster.zone}"
    ordered = in_order(roster)
    for rank, shift in enumerate(ordered.shifts, start=1):
        yield f"{shift.id:<{_WIDE}} {shift_words(shift, called)}" + (f"  · order {rank}" if rank > 1 else "")
    for each in ordered.exceptions:
        if isinstance(each, DayException):
            yield f"{each.shift:<{_WIDE}} {each.date}  {_officers(each.officers, called)}"
        elif isinstance(each, WindowException):
            yield f"{'window':<{_WIDE}} {each.starts} – {each.ends}  {_officers(each.officers, called)}"


def shift_words(shift: Shift, called: Called) -> str:
    """A shift in words."""
    times = f"{days_text(shift.days)} {span_text(shift)}"
    every = f" every {shift.every} weeks" if shift.every > 1 else ""
    until = f" to {shift.until}" if shift.until else ""
    return f"{times}{every}  {_officers(shift.officers, called)}  from {shift.since}{until}"


def days_text(days: tuple[int, ...]) -> str:
    """Weekdays in short, those that follow one another drawn together: Mon–Fri, Sun."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    pieces: list[str] = []
    for run in runs:
        names = [NAMES[day - 1] for day in run]
        pieces += [f"{names[0]}–{names[-1]}"] if len(run) > 2 else names
    return ", ".join(pieces)


def span_text(shift: Shift) -> str:
    """From when to when a shift lasts, or how long, if that is a day or more."""
    start = clock_text(shift.start)
    if shift.minutes < DAY:
        return f"{start}–{clock_text((shift.start + shift.minutes) % DAY)}"
    return f"{start} for {length_text(shift.minutes)}"


def clock_text(minute: int) -> str:
    """A minute of the day as 22:05."""
    return f"{minute // 60:02}:{minute % 60:02}"


def length_text(minutes: int) -> str:
    """A length as 7d, 36h or 90m: the largest unit that fits."""
    for unit, size in (("d", DAY), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def _officers(officers: tuple[str, ...], called: Called) -> str:
    return "; ".join(map(called, officers)) or "nobody"
