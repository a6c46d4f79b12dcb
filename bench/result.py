"""What a measurement says: rows for people as a table, for programs as JSON.

A row compares the time of one thing with that of another from the same turns. Its ratio is time over time: below 1, the
first is the quicker. Where a goal is set, the ratio is to be no larger; `most` is a goal for the time itself, in
microseconds, where there is nothing to compare with.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from bench.measure import Timing

Group = Literal["mail", "directory", "search", "relay"]
GROUPS: tuple[Group, ...] = ("mail", "directory", "search", "relay")
SECOND, MILLISECOND = 1e6, 1e3  # microseconds


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table; times in microseconds. `count`: how many things one call does, for a rate."""

    group: Group
    what: str
    ours: Timing
    against: str | None = None
    other: Timing | None = None
    ratio: float | None = None
    goal: float | None = None
    most: float | None = None
    met: bool | None = None
    count: int = 1
    per_second: float


def row(
    group: Group,
    what: str,
    ours: Timing,
    against: tuple[str, Timing] | None = None,
    *,
    goal: float | None = None,
    most: float | None = None,
    count: int = 1,
) -> Row:
    """A row, its ratio and rate worked out."""
    name, other = against or (None, None)
    ratio = None if other is None else ours.median / other.median
    return Row(
        group=group,
        what=what,
        ours=ours,
        against=name,
        other=other,
        ratio=ratio,
        goal=goal,
        most=most,
        met=_met(ratio, goal) if most is None else ours.median <= most,
        count=count,
        per_second=count * SECOND / ours.median,
    )


def _met(ratio: float | None, goal: float | None) -> bool | None:
    return None if goal is None or ratio is None else ratio <= goal


def table(rows: Iterable[Row]) -> str:
    """The rows of each group under a heading, in columns."""
    head = ("", "median", "quartiles", "p99", "rounds", "against", "median", "ratio", "")
    by_group: dict[str, list[Sequence[str]]] = {}
    for each in rows:
        by_group.setdefault(each.group, []).append(_cells(each))
    lines = [cells for found in by_group.values() for cells in found]
    widths = [max(len(cells[column]) for cells in (head, *lines)) for column in range(len(head))]
    return "\n".join(
        "\n".join(_line(cells, widths) for cells in ((group, *head[1:]), *found)) + "\n"
        for group, found in by_group.items()
    )


def _cells(each: Row) -> Sequence[str]:
    rate = f"{each.per_second:,.0f}/s" if each.count > 1 else time_text(each.ours.median)
    wanted = "" if each.most is None else time_text(each.most)
    wanted = wanted if each.goal is None else f"{each.goal:g}"
    verdict = f"goal ≤ {wanted}: {'met' if each.met else 'not met'}" if wanted else ""
    return (
        f"  {each.what}",
        rate,
        f"{time_text(each.ours.low / each.count)} – {time_text(each.ours.high / each.count)}",
        time_text(each.ours.p99 / each.count),
        str(each.ours.rounds),
        each.against or "",
        "" if each.other is None else time_text(each.other.median / each.count),
        "" if each.ratio is None else f"{each.ratio:.2f}",
        verdict,
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    left = (0, 5, 8)  # what, against, verdict; the others are numbers
    return "  ".join(
        cell.ljust(width) if column in left else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()


def time_text(microseconds: float) -> str:
    """A time with three digits and its unit."""
    if microseconds >= SECOND:
        return f"{microseconds / SECOND:.2f} s"
    if microseconds >= MILLISECOND:
        return f"{microseconds / MILLISECOND:.3g} ms"
    return f"{microseconds:.3g} µs"
