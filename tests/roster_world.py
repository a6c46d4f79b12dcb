"""Rosters for tests, and who is on duty by a look at the clock, minute by minute, made another way."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from desk.rosters.roster import DayException, Roster, Shift, WindowException, in_order
from directory.zones import time_zone

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def shift(name: str = "night", **fields: Any) -> Shift:
    """A shift of every day, 22:00 to 06:00, of A and then B, since Monday 5 January 2026."""
    usual: dict[str, Any] = {
        "days": EVERY_DAY,
        "start": 1320,
        "minutes": 480,
        "officers": (A, B),
        "since": "2026-01-05",
    }
    return Shift(id=name, **(usual | fields))


def roster(*shifts: Shift, zone: str = "America/Bogota", **fields: Any) -> Roster:
    """A roster of co-desk."""
    usual: dict[str, Any] = {"contact": "co-desk", "zone": zone, "seq": 3, "shifts": shifts}
    return in_order(Roster(**(usual | fields)))


THREE = (
    shift("early", start=360, minutes=480, officers=(C,)),
    shift("late", start=840, minutes=480, officers=(B,)),
    shift("night"),
)


def at(zone: str, text: str, fold: int = 0) -> int:
    """Unix seconds of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=time_zone(zone), fold=fold).timestamp())


def each_minute(roster: Roster, start: int, end: int) -> Iterator[tuple[int, frozenset[str]]]:
    """Each minute and who is on duty in it, without any thought of folds or gaps.

    What a shift asks is whether the wall clock has read its beginning yet, and not yet its end: so all that is kept is
    the latest reading so far. Put back, the clock reads nothing new for a while; put forward, it reads much at once.
    """
    zone = time_zone(roster.zone)
    latest = datetime(1970, 1, 1)  # noqa: DTZ001  # a reading of a wall clock has no zone
    for moment in range(start - 4 * 3600, end, 60):
        wall = datetime.fromtimestamp(moment, UTC).astimezone(zone).replace(tzinfo=None)
        latest = max(latest, wall)
        if moment >= start:
            yield moment, on_duty(roster, latest)


def on_duty(roster: Roster, wall: datetime) -> frozenset[str]:
    """Who is on duty when the wall clock reads that for the first time."""
    for over in roster.exceptions:
        if isinstance(over, WindowException) and over.starts <= wall.isoformat()[:16] < over.ends:
            return frozenset(over.officers)
    found = set[str]()
    for each in roster.shifts:
        for back in range(9):
            day = (wall - timedelta(days=back)).date()
            begins = datetime.combine(day, datetime.min.time()) + timedelta(minutes=each.start)
            if takes_place(each, day) and begins <= wall < begins + timedelta(minutes=each.minutes):
                found |= set(instead(roster, each, day))
    return frozenset(found)


def takes_place(shift: Shift, day: date) -> bool:
    """Whether a shift begins on a day, by counting weeks from its first."""
    first = date.fromisoformat(shift.since)
    if not first <= day or (shift.until and day > date.fromisoformat(shift.until)):
        return False
    monday = first - timedelta(days=first.weekday())
    return day.isoweekday() in shift.days and ((day - monday).days // 7) % shift.every == 0


def instead(roster: Roster, shift: Shift, day: date) -> tuple[str, ...]:
    """Whose duty a shift is on a day."""
    for each in roster.exceptions:
        if isinstance(each, DayException) and (each.shift, each.date) == (shift.id, day.isoformat()):
            return each.officers
    return shift.officers
