"""Indicators as files: JSON with its schema, a table, lines for people; and the first export of a quarter, kept.

1. A quarter is exported once it is over. What is known of it changes afterwards (a request is completed, a message
   comes late), and from two exports a reader could take what changed: one request. So the first is kept in the vault
   and handed out again byte for byte, whatever is known since; on the screen and for programs too, since who shows
   those publishes them just as well. That something else is known since is said, and not what (`held`).
2. Desks of one member hold the same requests, and reckon the same within what they have: publish one desk's.
3. The relay never computes any of it: it has no forms, no countries of requests and no outcomes.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from desk.errors import Declined
from desk.indicators.cells import OTHER, text
from desk.indicators.figures import DIRECTIONS, Counted, Indicators, OneWay, quarter
from desk.keys.vault import Vault
from directory.canonical import Malformed, decode, encode
from directory.exchange.csv_text import write_table

MOST_BYTES = 1 << 18
COLUMNS = ("member", "period", "direction", "table", "name", "country", "value")


def read_indicators(raw: bytes) -> Indicators:
    """Exported indicators, canonical JSON with one newline at its end (`docs/formats/indicators.md`).

    Raises Malformed for everything else, also for figures that no desk reckons.
    """
    if not raw.endswith(b"\n"):
        raise Malformed("exported indicators end in one newline")
    found = decode(raw[:-1], Indicators, MOST_BYTES)
    for way in DIRECTIONS:
        _check(way, getattr(found, way))
    return found


def _check(way: str, one: OneWay) -> None:
    """Return if the figures of a direction hold together; raise Malformed, saying which do not."""
    count = one.requests.count
    if count is msgspec.UNSET:
        if one != OneWay(requests=Counted()):
            raise Malformed(f"{way}: of fewer than 11 requests something is told")
        return
    wholes = {"requests": (one.requests.parts, count), "outcomes": (one.outcomes, count)}
    wholes |= {"languages": (one.languages, count), "escalated": (one.escalated, count)}
    wholes |= {f"kinds {name}": (kind.countries, kind.count) for name, kind in one.kinds.items()}
    for name, (parts, whole) in wholes.items():
        if sum(parts.values()) != whole:
            raise Malformed(f"{way}, {name}: the parts do not add up to {whole}")
    if {name: kind.count for name, kind in one.kinds.items()} | {OTHER: 0} != dict(one.requests.parts) | {OTHER: 0}:
        raise Malformed(f"{way}, kinds: they do not add up as the requests do")
    for times in (one.times, *(kind.times for kind in one.kinds.values())):
        if any(each.median > each.p90 for each in times.values()):
            raise Malformed(f"{way}: a median is above the 90th percentile, and times do not add up")


def exported(vault: Vault, found: Indicators, now: int) -> Indicators:
    """What is exported of a quarter: the first export, or `found`, which is kept from now on (rule 1).

    Raises Declined for a quarter that is not over. A crash before it is kept leaves nothing exported.
    """
    if now < quarter(found.period)[1]:
        raise Declined(f"{found.period} is not over: what would be exported now could be compared with what is then")
    kept = held(vault, found.period)
    if kept is None:
        vault.put(_name(found.period), encode(found))
    return kept or found


def held(vault: Vault, period: str) -> Indicators | None:
    """What was exported of a quarter first; None if nothing was yet. Raises Damaged."""
    return vault.get_value(_name(period), Indicators)


def _name(period: str) -> str:
    return f"indicators-{period.lower()}"


def standing(found: Indicators, kept: Indicators | None, now: int) -> tuple[str, str]:
    """Whether the figures of a quarter may still change: `running`, `open`, `exported`, or `changed` (exported, and
    something else is known since); and the same for people."""
    if kept is not None and kept != found:
        return "changed", "As it was exported first. What is known since would give other figures: they are not shown."
    if kept is not None:
        return "exported", "As it was exported first, and as it is told from then on."
    if now < quarter(found.period)[1]:
        return "running", "The quarter is running: these figures change until it is over, and after."
    return "open", "Not exported yet: these figures may change. The first --export keeps them as they are then."


def as_json(found: Indicators) -> bytes:
    """The JSON file."""
    return encode(found) + b"\n"


def schema() -> dict[str, Any]:
    """The JSON schema of that file (draft 2020-12)."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | msgspec.json.schema(Indicators)


def as_csv(found: Indicators) -> bytes:
    """The same as a table, one line for each figure; times in minutes."""
    rows = ((found.member, found.period, *row) for way in DIRECTIONS for row in _rows(way, getattr(found, way)))
    return write_table(COLUMNS, rows)


def _rows(way: str, one: OneWay) -> Iterator[tuple[str, str, str, str, str]]:
    count = None if one.requests.count is msgspec.UNSET else one.requests.count
    yield way, "requests", "all", "", text(count)
    for name, number in one.requests.parts.items():
        yield way, "kind", name, "", str(number)
    for name, kind in one.kinds.items():
        yield from ((way, "country", name, country, str(number)) for country, number in kind.countries.items())
        for step, times in kind.times.items():
            yield way, f"{step} median", name, "", str(times.median)
            yield way, f"{step} p90", name, "", str(times.p90)
    for table in ("outcomes", "languages", "escalated"):
        yield from ((way, table, name, "", str(number)) for name, number in getattr(one, table).items())
    for step, times in one.times.items():
        yield way, f"{step} median", "all", "", str(times.median)
        yield way, f"{step} p90", "all", "", str(times.p90)


def lines(found: Indicators) -> list[str]:
    """The same for people."""
    told = [f"{found.member}, {found.period}"]
    for way in DIRECTIONS:
        told.append("")
        told += [
            f"{way:<9} {table:<17} {' '.join(filter(None, (name, country))):<32} {value:>6}"
            for _, table, name, country, value in _rows(way, getattr(found, way))
        ]
    told += [
        "",
        "Fewer than 11 are kept back; `other` holds several kinds, and 11 or more. Times in minutes.",
    ]
    return told
