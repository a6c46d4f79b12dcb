"""Who answers now where clocks change: Santiago and Asunción by hand, and which time zone data says so.

Santiago 2026: back on Saturday 4 April at midnight, to 23:00; forward on Saturday 5 September at midnight, to 01:00.
Asunción has kept its summer time since October 2024; older data puts it back every March.
"""

import json
import os
import struct
import subprocess
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from directory_entries import a_body, an_entry

from directory.bodies import Hours, Span
from directory.finding.answering import answer_in
from directory.finding.answers_now import AnswersNow
from directory.finding.places import in_order
from directory.finding.zones import time_zone

SANTIAGO, ASUNCION = time_zone("America/Santiago"), time_zone("America/Asuncion")
SATURDAY, SUNDAY = 6, 7
HOUR = 3600


def at(text: str, zone: ZoneInfo = SANTIAGO, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp())


def hours(day: int, opens: int, closes: int, *holidays: str) -> Hours:
    """One span, in minutes."""
    return Hours(spans=(Span(day=day, opens=opens, closes=closes),), holidays=holidays)


@pytest.mark.parametrize(
    ("span", "opens", "closes"),
    [
        # Forward: there is no time from 00:00 to 01:00 on Sunday.
        (hours(SUNDAY, 30, 300), "2026-09-06T01:00", "2026-09-06T05:00"),  # begins inside the gap
        (hours(SATURDAY, 1320, 30), "2026-09-05T22:00", "2026-09-06T01:00"),  # ends inside it
        (hours(SATURDAY, 1320, 360), "2026-09-05T22:00", "2026-09-06T06:00"),  # runs across it, an hour shorter
        (hours(SUNDAY, 0, 1440), "2026-09-06T01:00", "2026-09-07T00:00"),
    ],
)
def test_santiago_puts_its_clocks_forward_at_midnight(span: Hours, opens: str, closes: str) -> None:
    before = at("2026-09-05T12:00")
    assert answer_in(span, SANTIAGO, before).opens_at == at(opens)
    assert answer_in(span, SANTIAGO, at(opens) - 1).open is False
    opened = answer_in(span, SANTIAGO, at(opens))
    assert (opened.open, opened.closes_at) == (True, at(closes))
    assert answer_in(span, SANTIAGO, at(closes)).open is False


def test_a_span_inside_the_gap_does_not_take_place() -> None:
    assert answer_in(hours(SUNDAY, 5, 55), SANTIAGO, at("2026-09-05T12:00")).opens_at == at("2026-09-13T00:05")


@pytest.mark.parametrize(
    ("span", "opens", "closes"),
    [
        # Back: 23:00 to 24:00 on Saturday comes twice; the hour that is repeated is open in doubt.
        (hours(SATURDAY, 1410, 120), ("2026-04-04T23:30", 0), ("2026-04-05T02:00", 0)),  # begins in it: at its first
        (hours(SATURDAY, 1200, 1410), ("2026-04-04T20:00", 0), ("2026-04-04T23:30", 1)),  # ends in it: at its second
        (hours(SATURDAY, 1320, 360), ("2026-04-04T22:00", 0), ("2026-04-05T06:00", 0)),  # an hour longer
        (hours(SUNDAY, 0, 60), ("2026-04-05T00:00", 0), ("2026-04-05T01:00", 0)),
    ],
)
def test_santiago_puts_its_clocks_back_at_midnight(
    span: Hours, opens: tuple[str, int], closes: tuple[str, int]
) -> None:
    start, end = at(opens[0], fold=opens[1]), at(closes[0], fold=closes[1])
    assert answer_in(span, SANTIAGO, at("2026-04-04T12:00")).opens_at == start
    assert answer_in(span, SANTIAGO, start - 1).open is False
    for moment in range(start, end, 600):
        assert answer_in(span, SANTIAGO, moment).closes_at == end
    assert answer_in(span, SANTIAGO, end).open is False


def test_a_night_across_the_change_is_an_hour_shorter_or_longer() -> None:
    for evening, long in (("2026-09-05T22:00", 7), ("2026-04-04T22:00", 9), ("2026-07-04T22:00", 8)):
        closes = answer_in(hours(SATURDAY, 1320, 360), SANTIAGO, at(evening)).closes_at
        assert closes == at(evening) + long * HOUR


def test_a_holiday_is_the_whole_day_there_and_keeps_the_shift_that_begins_on_it_away() -> None:
    """Also where that day has 23 or 25 hours, and whatever day it is in UTC."""
    for day in ("2026-09-05", "2026-04-04"):
        shift = hours(SATURDAY, 1320, 360, day)
        for clock in ("22:00", "23:59"):
            assert answer_in(shift, SANTIAGO, at(f"{day}T{clock}")).open is False
        assert answer_in(shift, SANTIAGO, at(f"{day}T22:00") + 5 * HOUR).open is False
        eve = hours(5, 1320, 360, day)
        assert answer_in(eve, SANTIAGO, at(f"{day}T05:59")).open is True


def test_all_at_once_agree_with_one_by_one_through_both_changes() -> None:
    kinds = (
        hours(SUNDAY, 30, 300),
        hours(SATURDAY, 1410, 120),
        hours(SATURDAY, 1320, 360),
        Hours(),
        Hours(always=True),
    )
    zones = ("America/Santiago", "America/New_York", "America/Asuncion")
    entries = [
        an_entry(f"cl-{at_}", "consular", a_body(zone=zones[at_ % 3], hours=kinds[at_ % 5])) for at_ in range(15)
    ]
    answers = AnswersNow(entries)
    for evening in ("2026-09-05T21:00", "2026-04-04T21:00"):
        for moment in range(at(evening), at(evening) + 12 * HOUR, 1800):
            sets = answers.sets(moment)
            for place, entry in enumerate(entries):
                assert entry.body
                told = answer_in(entry.body.hours, time_zone(str(entry.body.zone)), moment).open
                assert [is_open for is_open, places in sets.items() if place in in_order(places)] == [told]


OPEN = at("2026-07-01T07:30", ASUNCION)  # a winter's morning, half past six by data from before 2024
ASKING = f"""
import json
from zoneinfo import ZoneInfo, TZPATH
from datetime import datetime, UTC
from directory.finding.zones import time_zone
from directory.bodies import Hours, Span
from directory.finding.answering import answer_in
import directory.finding.zones, tzdata
zone = time_zone("America/Asuncion")
told = answer_in(Hours(spans=(Span(day=3, opens=420, closes=900),)), zone, {OPEN})
system = datetime.fromtimestamp({OPEN}, UTC).astimezone(ZoneInfo("America/Asuncion"))
print(json.dumps([told.open, f"{{told.local:%H:%M}}", f"{{system:%H:%M}}", list(TZPATH), tzdata.IANA_VERSION]))
"""


def old_zone() -> bytes:
    """A compiled zone file (RFC 8536) with Asunción's rules from before October 2024 for all time."""
    kinds = struct.pack(">lBB", -4 * HOUR, 0, 0) + b"-04\0"
    header = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    return header + kinds + header + kinds + b"\n<-04>4<-03>,M10.1.0/0,M3.4.0/0\n"


def asked_with(folder: Path) -> list[object]:
    """What a process says whose system has the zone files in `folder`."""
    environ = os.environ | {"PYTHONTZPATH": str(folder)}
    ran = subprocess.run([sys.executable, "-c", ASKING], env=environ, capture_output=True, check=True, timeout=60)
    found: list[object] = json.loads(ran.stdout)
    return found


def test_the_pinned_data_wins_over_older_files_of_the_system(tmp_path: Path) -> None:
    """By the system's files, which `zoneinfo` alone would take, that office is closed for another half an hour."""
    old = tmp_path / "America"
    old.mkdir()
    (old / "Asuncion").write_bytes(old_zone())
    is_open, here, by_system, searched, data = asked_with(tmp_path)
    assert searched == [str(tmp_path)]
    assert (is_open, here, by_system) == (True, "07:30", "06:30")
    assert str(data) >= "2024b"  # the first that knows
    assert version("tzdata").startswith(str(data)[:4])


def test_every_zone_is_read_from_the_package() -> None:
    """Not from `zoneinfo`'s own cache or search, so that no other part of a process decides."""
    assert time_zone("America/Asuncion") is not ZoneInfo("America/Asuncion")
    assert time_zone("America/Asuncion") is time_zone("America/Asuncion")
    assert {datetime(2026, month, 15, tzinfo=ASUNCION).utcoffset() for month in range(1, 13)} == {
        datetime(2026, 1, 15, tzinfo=ASUNCION).utcoffset()
    }
