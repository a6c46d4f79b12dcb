"""Who answers now, through a whole year in three cities, against a calendar made without any time zone data.

When clocks change is written down here by the rule that each state gives, in UTC. The wall clock of a year is a strip
of minutes on which duty hours are marked; what somebody abroad sees of it is cut out by the offsets.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest

from directory.bodies import Hours, Span
from directory.finding.answering import LOOK_AHEAD, answer_in
from directory.finding.zones import time_zone

YEAR = 2026
EPOCH = date(1970, 1, 1)
FIRST = (date(YEAR, 1, 1) - EPOCH).days * 86_400  # unix seconds; the year in UTC
LAST = (date(YEAR + 1, 1, 1) - EPOCH).days * 86_400
MARGIN = 20  # days around it
SUNDAY = 7
NIGHTS = Hours(spans=tuple(Span(day=day, opens=1320, closes=360) for day in range(1, 8)), holidays=("2026-12-25",))
OFFICE = Hours(
    spans=(
        *(Span(day=day, opens=510, closes=765) for day in range(1, 6)),
        *(Span(day=day, opens=840, closes=1050) for day in range(1, 6)),
        Span(day=6, opens=540, closes=1440),
        Span(day=7, opens=0, closes=780),
    ),
    holidays=("2026-01-01", "2026-04-03", "2026-04-04", "2026-09-05", "2026-09-18", "2026-12-25"),
)
WEEK = Hours(spans=tuple(Span(day=day, opens=0, closes=1440) for day in range(1, 8)), holidays=("2026-07-04",))


def sunday(month: int, earliest: int) -> int:
    """Unix seconds of 00:00 UTC of the first Sunday of a month from a day on."""
    day = date(YEAR, month, earliest)
    return (day + timedelta(days=SUNDAY - day.isoweekday()) - EPOCH).days * 86_400


# When (unix seconds) what offset (hours) begins.
CITIES: dict[str, list[tuple[int, int]]] = {
    # The Sunday after the first Saturday of April and September: 24:00 there, 03:00 and 04:00 UTC.
    "America/Santiago": [(0, -3), (sunday(4, 2) + 3 * 3600, -4), (sunday(9, 2) + 4 * 3600, -3)],
    # The second Sunday of March and the first of November, 02:00 there.
    "America/New_York": [(0, -5), (sunday(3, 8) + 7 * 3600, -4), (sunday(11, 1) + 6 * 3600, -5)],
    "America/Asuncion": [(0, -3)],  # since October 2024
}


def strip(hours: Hours) -> tuple[int, bytearray]:
    """The wall clock's minutes from `MARGIN` days before the year, those marked in which somebody is on duty."""
    first = date(YEAR, 1, 1) - timedelta(days=MARGIN)
    days = (date(YEAR + 1, 1, 1) - first).days + MARGIN
    marked = bytearray((days + 2) * 1440)
    for number in range(days):
        day = first + timedelta(days=number)
        for span in hours.spans:
            if span.day == day.isoweekday() and day.isoformat() not in hours.holidays:
                until = span.closes + (1440 if span.closes <= span.opens else 0)
                marked[number * 1440 + span.opens : number * 1440 + until] = b"\1" * (until - span.opens)
    return (first - EPOCH).days * 1440, marked


def expected(hours: Hours, city: str) -> bytes:
    """For each minute of the year in UTC, and two weeks beyond, whether somebody there is on duty."""
    begin, marked = strip(hours)
    end = LAST + (LOOK_AHEAD + 1) * 86_400
    cut = b""
    for (since, offset), (until, _) in pairwise([*CITIES[city], (end, 0)]):
        cut += marked[max(since, FIRST) // 60 + offset * 60 - begin : until // 60 + offset * 60 - begin]
    return cut


def told(hours: Hours, city: str) -> Iterator[tuple[int, bool, int]]:
    """What is answered from the year's first minute on, each time what it changes to: when, whether, and until when."""
    now, zone = FIRST, time_zone(city)
    while now < LAST:
        found = answer_in(hours, zone, now)
        assert found.open is not None
        until = found.changes_at or now + LOOK_AHEAD * 86_400
        yield now, found.open, until
        now = until


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("hours", [NIGHTS, OFFICE, WEEK], ids=["nights", "office", "week"])
def test_every_minute_of_a_year_is_as_the_calendar_has_it(city: str, hours: Hours) -> None:
    minutes = expected(hours, city)
    for now, is_open, until in told(hours, city):
        assert until % 60 == 0
        piece = minutes[(now - FIRST) // 60 : (until - FIRST) // 60]
        assert piece == (b"\1" if is_open else b"\0") * len(piece), (now, is_open, until)
    # And from within: a change is foretold alike from every hour before it, also from the hour that comes twice.
    for since, _ in CITIES[city][1:]:
        for now in range(since - 30 * 3600, since + 30 * 3600, 1740):
            found = answer_in(hours, time_zone(city), now)
            assert found.open is bool(minutes[(now - FIRST) // 60])
            if found.changes_at is not None:
                piece = minutes[(now - FIRST) // 60 : (found.changes_at - FIRST) // 60 + 1]
                assert piece.count(piece[0]) == len(piece) - 1
                assert piece[-1] != piece[0]


@pytest.mark.parametrize(
    ("city", "holiday", "there", "answers"),
    [
        # The date line: the same moment, 2026-12-24 22:30 UTC, is Christmas Eve, Christmas Day, and Christmas Day noon.
        ("Pacific/Pago_Pago", "2026-12-25", "Thu 2026-12-24 11:30", True),
        ("Pacific/Auckland", "2026-12-25", "Fri 2026-12-25 11:30", False),
        ("Pacific/Kiritimati", "2026-12-25", "Fri 2026-12-25 12:30", False),
        ("Pacific/Kiritimati", "2026-12-24", "Fri 2026-12-25 12:30", True),
        ("America/Santiago", "2026-12-25", "Thu 2026-12-24 19:30", True),
        ("Asia/Kolkata", "2026-12-25", "Fri 2026-12-25 04:00", False),
        ("Asia/Kathmandu", "2026-12-24", "Fri 2026-12-25 04:15", True),
        ("America/St_Johns", "2026-12-24", "Thu 2026-12-24 19:00", False),
        ("America/Buenos_Aires", "2026-12-24", "Thu 2026-12-24 19:30", False),  # a name of old
        ("America/Argentina/Buenos_Aires", "2026-12-24", "Thu 2026-12-24 19:30", False),
    ],
)
def test_a_holiday_is_one_by_the_contact_s_own_calendar(city: str, holiday: str, there: str, answers: bool) -> None:
    christmas_eve = (date(2026, 12, 24) - EPOCH).days * 86_400 + 22 * 3600 + 1800
    always = Hours(spans=WEEK.spans, holidays=(holiday,))
    found = answer_in(always, time_zone(city), christmas_eve)
    assert found.local is not None
    assert (f"{found.local:%a %Y-%m-%d %H:%M}", found.open) == (there, answers)


def test_the_leap_day_is_a_day() -> None:
    hours, city = Hours(spans=WEEK.spans, holidays=("2028-02-29",)), time_zone("America/Asuncion")
    midnight = (date(2028, 2, 29) - EPOCH).days * 86_400 + 3 * 3600
    assert answer_in(hours, city, midnight - 1).changes_at == midnight
    assert answer_in(hours, city, midnight).opens_at == midnight + 86_400
