"""Lines that would add what is probably listed already: told, left out, or taken for the contact that is listed.

1. Nothing of this is done unless the user says so, and what was done is told line by line.
2. `CHANGE` takes a line for the contact that it is like if the file gives no id for it, and it is like one alone; it is
   a fault if it is like several, for only people can say which, and told as ever where the file gives an id.
   What the line leaves empty stays as it is listed: it was written by somebody who did not know of that contact.
3. Saying it again with the same file does the same: what a line was taken for says by then what the line says, and what
   a line added is that line's, and no other is taken for it.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

from directory.exchange.csv_plan import Row, Settled
from directory.exchange.csv_problem import Problem
from directory.finding.likeness import Alike

TELL, REFUSE, SKIP, CHANGE = "tell", "refuse", "skip", "change"
DUPLICATES = (TELL, REFUSE, SKIP, CHANGE)


def settle(
    rows: Iterable[Row], found: Iterable[Alike], listed: Collection[str], how: str, unit: str
) -> tuple[list[Row], tuple[Settled, ...], list[Problem]]:
    """The lines that remain, those that were settled and why, and what people have to say first (rule 2)."""
    rows = tuple(rows)
    own = {row.contact for row in rows if row.made}
    same: dict[str, list[Alike]] = {}
    for each in found if how in (SKIP, CHANGE) else ():
        if each.same and (how == SKIP or (each.other in listed and each.other not in own)):
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
            other, said = likes[0].other, {name: cell for name, cell in row.cells.items() if cell}
            kept.append(replace(row, contact=other, cells={**said, "contact": other}, made=False))
        else:
            kept.append(row)
    return kept, tuple(settled), problems
