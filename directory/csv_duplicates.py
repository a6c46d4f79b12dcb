"""Lines that would add what is probably listed already: told, left out, or taken for the contact that is listed.

1. Nothing of this is done unless the user says so, and what was done is told line by line.
2. `CHANGE` takes a line for the contact that it is like if the file gives no id for it, and it is like one alone; it is
   a fault if it is like several, for only people can say which, and told as ever where the file gives an id.
3. Saying it again with the same file does the same: what a line was taken for says by then what the line says.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from directory.csv_plan import Row, Settled
from directory.csv_problem import Problem
from directory.likeness import Alike

TELL, REFUSE, SKIP, CHANGE = "tell", "refuse", "skip", "change"
DUPLICATES = (TELL, REFUSE, SKIP, CHANGE)


def settle(
    rows: Iterable[Row], found: Iterable[Alike], listed: Collection[str], how: str, unit: str
) -> tuple[list[Row], tuple[Settled, ...], list[Problem]]:
    """The lines that remain, those that were settled and why, and what people have to say first (rule 2)."""
    same: dict[str, list[Alike]] = {}
    for each in found if how in (SKIP, CHANGE) else ():
        if each.same and (each.other in listed or how == SKIP):
            same.setdefault(each.contact, []).append(each)
    kept: list[Row] = []
    settled: list[Settled] = []
    problems: list[Problem] = []
    for row in rows:
        likes = same.get(row.contact, [])
        if likes and how == SKIP:
            settled.append(Settled(row.line, False, likes[0]))
        elif likes and row.made and len(likes) > 1:
            what = f"it is probably {' or '.join(each.other for each in likes)}"
            problems.append(Problem(row.line, "contact", what, "write the id of the one it is", unit))
        elif likes and row.made:
            settled.append(Settled(row.line, True, likes[0]))
            other = likes[0].other
            kept.append(replace(row, contact=other, cells={**row.cells, "contact": other}, made=False))
        else:
            kept.append(row)
    return kept, tuple(settled), problems
