"""A report of drills as people and programs read it: lines, a table (CSV), a plain object. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from desk.drills.figures import LASTS, Figures, Report
from directory.exchange.csv_cells import escaped
from directory.exchange.csv_text import write_table

GROUPS = (
    ("member", "By authority", "unknown"),
    ("contact", "By contact", "unknown"),
    ("hour", "By hour of the contact's own day", "its time zone is not known"),
    ("language", "By language", "not said"),
)
COLUMNS = ("by", *(each.name for each in fields(Figures)))
MADE = ("made", "since")
DEFINED = (
    f"Counted: what was signed within {LASTS // 3600} hours of the relay's receipt. Times run from that receipt. "
    "Median and 90th percentile are nearest ranks, of those that were reached or accepted."
)


def grouped(report: Report) -> Iterable[tuple[str, tuple[Figures, ...]]]:
    """The groups of a report, by their names in GROUPS."""
    found = (report.members, report.contacts, report.hours, report.languages)
    return ((group[0], each) for group, each in zip(GROUPS, found, strict=True))


def plain(report: Report, made: int, since: int) -> dict[str, Any]:
    """The report for a program; times in seconds, null where there are none."""
    groups = {name: [asdict(each) for each in found] for name, found in grouped(report)}
    return {"made": made, "since": since, "window": LASTS, "all": asdict(report.whole), **groups}


def table(report: Report, made: int, since: int) -> bytes:
    """The report as CSV, one line for each figure; a time that there is none of is empty."""
    rows = [("all", report.whole), *((name, each) for name, found in grouped(report) for each in found)]
    return write_table((*COLUMNS, *MADE), ([_cell(cell) for cell in (by, *asdict(each).values(), made, since)]
                                           for by, each in rows))  # fmt: skip


def lines(report: Report) -> list[str]:
    """The report for people."""
    if not report.whole.sent:
        return ["No drill was sent."]
    found = dict(grouped(report))
    text = [_line("all", report.whole)]
    for name, title, unknown in GROUPS:
        text += ["", title]
        text += [f"  {_line(_named(name, each.name) or unknown, each)}" for each in found[name]]
    return [*text, "", DEFINED]


def lasted(seconds: int | None) -> str:
    """A time for people: 45 s, 4 min 10 s, 2 h 5 min."""
    if seconds is None:
        return "–"
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {left} s" if left else f"{minutes} min"
    return f"{left} s"


def _line(name: str, each: Figures) -> str:
    waiting = f" ({each.waiting} waiting)" if each.waiting else ""
    words = f"{name:<14} {each.sent:>4} sent  {each.reached:>4} reached  {each.accepted:>4} accepted{waiting}"
    if each.reached_median is not None:
        words += f"  reached: median {lasted(each.reached_median)}, 90 % {lasted(each.reached_p90)}"
    if each.accepted_median is not None:
        words += f"  accepted: median {lasted(each.accepted_median)}, 90 % {lasted(each.accepted_p90)}"
    return words


def _named(group: str, name: str) -> str:
    return f"{name}:00" if group == "hour" and name else name


def _cell(value: object) -> str:
    return "" if value is None else escaped(str(value))
