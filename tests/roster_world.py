"""Rosters for tests, and who is on duty by a look at the clock, minute by minute, made another way."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st

from desk.rosters.roster import DayException, Roster, Shift, WindowException, in_order
from directory.finding.zones import time_zone

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
BOGOTA, NEW_YORK = "America/Bogota", "America/New_York"
CHANGES = {  # a day near which the clock changes there
    NEW_YORK: ("2026-03-08", "2026-11-01"), "America/Santiago": ("2026-04-05", "2026-09-06"),
    "America/Havana": ("2025-03-09", "2025-11-02"), "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "Africa/Cairo": ("2026-04-24", "2026-10-30"), "Pacific/Apia": ("2011-12-29", "2011-12-31"),
}  # fmt: skip
ZONES = list(CHANGES)
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


@st.composite
def rosters(draw: st.DrawFn, zone: str | None = None, around: str = "2026-03-04") -> Roster:
    """Rosters that are accepted, with their exceptions near a day."""
    zone = zone or draw(st.sampled_from(ZONES))
    middle = date.fromisoformat(around).toordinal()
    shifts = list[Shift]()
    for number in range(draw(st.integers(0, 3))):
        first = middle - draw(st.integers(0, 40))
        days = sorted(draw(st.sets(st.integers(1, 7), max_size=6)) | {(first - 1) % 7 + 1})
        every = draw(st.integers(1, 3))
        apart = min(b - a for a, b in zip(days, [*days[1:], days[0] + 7 * every], strict=True))
        one = shift(
            f"s{number}",
            days=tuple(days),
            start=draw(st.integers(0, 1439)),
            minutes=draw(st.integers(1, min(apart, 3) * 1440)),
            every=every,
            since=date.fromordinal(first).isoformat(),
            officers=tuple(draw(st.permutations((A, B, C)))[: draw(st.integers(1, 3))]),
        )
        last = [day for day in range(first, middle + 9) if one.begins_on(day)]
        if draw(st.booleans()):
            until = date.fromordinal(draw(st.sampled_from(last))).isoformat()
            one = msgspec.structs.replace(one, until=until)
        shifts.append(one)
    exceptions: list[DayException | WindowException] = [
        DayException(shift=each.id, date=date.fromordinal(day).isoformat(), officers=draw(st.sampled_from([(), (D,)])))
        for each in shifts
        for day in range(middle - 2, middle + 3)
        if each.begins_on(day) and draw(st.integers(0, 3)) == 0
    ]
    for day in range(middle - 1, middle + 2):
        if draw(st.integers(0, 4)) == 0:
            hours = sorted(draw(st.sets(st.integers(0, 23), min_size=2, max_size=2)))
            starts, ends = (f"{date.fromordinal(day).isoformat()}T{hour:02}:30" for hour in hours)
            exceptions.append(WindowException(starts=starts, ends=ends, officers=draw(st.sampled_from([(), (D, A)]))))
    return roster(*shifts, zone=zone, exceptions=tuple(exceptions))
