"""Who answers now: from a contact's duty hours, its time zone and a time.

1. `open` is True, False, or None where nobody wrote down when somebody answers. Unknown is never shown as closed.
2. A span belongs to the weekday on which it opens and may run past midnight. On a holiday no span opens; the one that
   opened the evening before still runs to its end.
3. Spans that touch or overlap are one: a desk of three shifts closes when the last shift does.
4. Hours are read off the wall clock there. Where the clock is put back over a span's edge, the span opens at the first
   and closes at the second reading of that time; where it is put forward over an edge, the edge is the moment of the
   change. So a doubt about an hour is always resolved to *open*.
5. `always` means always: neither zone nor holiday changes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

import msgspec

from directory.bodies import ContactBody, Hours
from directory.zones import UnknownZone, time_zone

LATEST = 250_000_000_000  # unix seconds, year 9892: later, the calendar ends within the look-ahead


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody answers, until when that holds (unix seconds; None: no change is known), local time there."""

    open: bool | None
    changes_at: int | None = None
    local: datetime | None = None

    @property
    def closes_at(self) -> int | None:
        """When an open contact closes; None if it never does or is not open."""
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


def answer_in(hours: Hours, zone: tzinfo | None, now: int) -> Answer:
    """Whether `hours` on a wall clock in `zone` are open at `now`; refuses (ValueError) one outside the calendar."""
    if not 0 <= now < LATEST:
        raise ValueError(f"{now} is no time between 1970 and 9892; set this computer's clock")
    local = datetime.fromtimestamp(now, zone) if zone else None
    if hours.always:
        return Answer(True, None, local)
    if not hours.spans or local is None or zone is None:
        return Answer(None, None, local)
    closes: int | None = None
    for start, end in _windows(hours, zone, local.date()):
        if closes is None:
            if end <= now:
                continue
            if start > now:
                return Answer(False, start, local)
            closes = end
        elif start > closes:
            return Answer(True, closes, local)
        else:
            closes = max(closes, end)
    # Either every span is empty, or the spans follow one another without a gap for as far as we look.
    return Answer(closes is not None, None, local)


def _windows(hours: Hours, zone: tzinfo, today: date) -> Iterator[tuple[int, int]]:
    """The stretches during which somebody answers, in order of opening: those that may still run, and later ones.

    A span ends at most two days after the day it belongs to began. Each holiday can put the next opening off by a week;
    where spans follow one another without a gap, a holiday within the year is the next closing.
    """
    holidays = frozenset(hours.holidays)
    for ahead in range(-2, 7 * (len(holidays) + 2) + (366 if holidays else 0)):
        day = today + timedelta(days=ahead)
        if day.isoformat() in holidays:
            continue
        for span in sorted((each for each in hours.spans if each.day == day.isoweekday()), key=lambda each: each.opens):
            past_midnight = 1440 if span.closes <= span.opens else 0
            start = _instant(day, span.opens, zone, closing=False)
            end = _instant(day, span.closes + past_midnight, zone, closing=True)
            if start < end:
                yield start, end


def _instant(day: date, minutes: int, zone: tzinfo, *, closing: bool) -> int:
    """When the wall clock in `zone` reads `minutes` after the midnight that begins `day` (rule 4; PEP 495)."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minutes)
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
