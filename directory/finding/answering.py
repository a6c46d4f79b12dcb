"""Who answers now: from a contact's duty hours, its time zone and a time.

1. `open` is True, False, or None where nobody wrote down when somebody answers. Unknown is never shown as closed.
2. A span belongs to the weekday on which it opens and may run past midnight. On a holiday no span opens; the one that
   opened the evening before still runs to its end.
3. Spans that touch or overlap are one: a desk of three shifts closes when the last shift does.
4. Hours are read off the wall clock there. Where the clock is put back over a span's edge, the span opens at the first
   and closes at the second reading of that time; where it is put forward over an edge, the edge is the moment of the
   change. So a doubt about an hour is always resolved to *open*.
5. `always` means always: neither zone nor holiday changes it.
6. Whatever hours somebody publishes, to answer takes well under a millisecond: every reader works it out for everybody.
   So the end of a stretch is looked for LOOK_AHEAD days ahead and no further; the next opening, which little but
   holidays can put off, as far as there are holidays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

import msgspec

from directory.bodies import ContactBody, Hours
from directory.finding.zones import UnknownZone, time_zone

LATEST = 250_000_000_000  # unix seconds, year 9892: later, the calendar ends within the look-ahead
LOOK_AHEAD = 14  # days
_DAY = 1440  # minutes


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody answers, until when that holds (unix seconds), and local time there.

    `changes_at` is None where no change is known: of one who is open, none within LOOK_AHEAD days.
    """

    open: bool | None
    changes_at: int | None = None
    local: datetime | None = None

    @property
    def closes_at(self) -> int | None:
        """When an open contact closes; None if not within LOOK_AHEAD days, or it is not open."""
        return self.changes_at if self.open else None

    @property
    def opens_at(self) -> int | None:
        """When a closed contact opens; None if it never does or is not closed."""
        return self.changes_at if self.open is False else None


def answer(body: ContactBody, now: int) -> Answer:
    """Whether the contact answers at `now` (unix seconds); hours in a zone not known here leave it unknown."""
    return answer_in(body.hours, contact_zone(body), now)


def contact_zone(body: ContactBody) -> tzinfo | None:
    """The contact's time zone, if it names one that is known."""
    if isinstance(body.zone, msgspec.UnsetType):
        return None
    try:
        return time_zone(body.zone)
    except UnknownZone:
        return None


def local_time(zone: tzinfo | None, moment: int) -> datetime | None:
    """What the clock there reads at a moment (unix seconds), if the zone is known."""
    return datetime.fromtimestamp(moment, zone) if zone else None


def answer_in(hours: Hours, zone: tzinfo | None, now: int) -> Answer:
    """Whether `hours` on a wall clock in `zone` are open at `now`; refuses (ValueError) one outside the calendar."""
    if not 0 <= now < LATEST:
        raise ValueError(f"{now} is no time between 1970 and 9892; set this computer's clock")
    local = local_time(zone, now)
    if hours.always:
        return Answer(True, None, local)
    if not hours.spans or local is None or zone is None:
        return Answer(None, None, local)
    closes: int | None = None
    for opening, closing in _stretches(hours, local.toordinal()):
        start = wall_instant(opening, zone)
        if closes is not None and start > closes:
            break
        end = wall_instant(closing, zone, closing=True)
        if end <= max(now, start):
            continue
        if closes is None and start > now:
            return Answer(False, start, local)
        closes = end if closes is None else max(closes, end)
    soon = closes is not None and closes - now <= LOOK_AHEAD * _DAY * 60
    return Answer(closes is not None, closes if soon else None, local)


def _stretches(hours: Hours, today: int) -> Iterator[tuple[int, int]]:
    """When spans run by the wall clock, in order of opening, those that touch drawn together (rule 3).

    In minutes since the midnight that began day 0 of the calendar, as `today` counts in days. Spans that touch on the
    wall touch in time; the reverse is not so where clocks change. The first are those that may still run: a span ends
    at most two days after the day it belongs to began. A stretch is cut off where that is past the look-ahead. Each
    holiday can put the next opening off by a week, and so can a change of the clock that leaves the span out.
    """
    weekdays: dict[int, list[tuple[int, int]]] = {}
    for span in hours.spans:
        closes = span.closes + (_DAY if span.closes <= span.opens else 0)
        weekdays.setdefault(span.day, []).append((span.opens, closes))
    first = today - 2
    earliest = date.fromordinal(first).isoformat()
    holidays = frozenset(each for each in hours.holidays if each >= earliest)
    opens = closes = 0
    for day in range(first, first + max(LOOK_AHEAD + 5, 7 * (len(holidays) + 3))):
        spans = weekdays.get((day - 1) % 7 + 1)  # day 1 of the calendar is a Monday
        if not spans or (holidays and date.fromordinal(day).isoformat() in holidays):
            continue
        for begin, end in sorted(spans):
            if begin + day * _DAY <= closes:
                closes = max(closes, end + day * _DAY)
                continue
            if opens < closes:
                yield opens, closes
            opens, closes = begin + day * _DAY, end + day * _DAY
        if closes > max(opens, today * _DAY) + (LOOK_AHEAD + 2) * _DAY:
            break
    if opens < closes:
        yield opens, closes


def wall_instant(minutes: int, zone: tzinfo, *, closing: bool = False) -> int:
    """When the wall clock in `zone` reads that many minutes since day 0 began (rule 4; PEP 495)."""
    day, minute = divmod(minutes, _DAY)
    midnight = date.fromordinal(day)
    wall = datetime(midnight.year, midnight.month, midnight.day, minute // 60, minute % 60, tzinfo=zone)
    first, second = int(wall.timestamp()), int(wall.replace(fold=1).timestamp())
    if first <= second:  # the clock reads this once, or (put back) twice
        return second if closing else first
    before, after = second, first  # put forward: it never reads this; find the change between the two guesses
    offset = datetime.fromtimestamp(before, UTC).astimezone(zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
