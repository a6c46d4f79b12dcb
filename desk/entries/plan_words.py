"""What an import would do, for people and for programs. Pure.

    1 to add, 1 to change, 6 unchanged
    Taken for columns: “Teléfono” for phone
      + co-customs (line 2)
          name_es: – → Aduanas
      ~ co-desk (line 3)
          phone: always:+12025550120 → always:+12025550121
    ! co-desk: no longer shown to ar, ec: what they have seen or noted stays theirs
    ? co-customs and co-desk have one number, +12025550121

1. Each contact, then each column that changes: what stands there now, and what would. A dash is nothing. Then of whom
   other members will see the details, and of whom fewer.
2. Everything is shown unless `short`; whatever stands in a file or an entry is one line.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from desk.entries.circles import Audience
from desk.safe_text import line
from directory.exchange.csv_columns import in_order
from directory.exchange.csv_contact import cells_of
from directory.exchange.csv_plan import Difference, Item, Plan

_NOTHING = "–"
_SHOWN = 120


def counts(plan: Plan) -> str:
    """How much would change, in a line."""
    return f"{len(plan.added)} to add, {len(plan.changed)} to change, {len(plan.unchanged)} unchanged"


def plan_text(plan: Plan, unit: str = "line", audiences: Sequence[Audience] = (), *, short: bool = False) -> str:
    """The plan for people; `short` ends after some lines, and says how many more there are."""
    asked = [*(f"! {line(str(each))}" for each in audiences), *_asked(plan, unit)]
    lines = [*_told(plan, unit), *_items(plan, unit), *asked]
    more = len(lines) - _SHOWN if short else 0
    if more > 0:
        doubtful = asked
        lines = [*lines[:_SHOWN], f"  … and {more} more lines; --dry-run shows them all", *doubtful[:_SHOWN]]
    return "\n".join([counts(plan), *lines])


def plan_plain(plan: Plan, audiences: Sequence[Audience] = ()) -> dict[str, Any]:
    """The plan for programs."""
    return {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "unchanged": len(plan.unchanged),
        "changes": [_plain(item, "add") for item in plan.added] + [_plain(item, "change") for item in plan.changed],
        "guessed": dict(plan.guessed),
        "left_out": list(plan.left),
        "alike": [
            {"contact": each.contact, "other": each.other, "same": each.same, "common": each.common}
            for each in plan.alike
        ],
        "settled": [
            {"line": each.line, "contact": each.alike.contact, "other": each.alike.other, "changes": each.changes}
            for each in plan.settled
        ],
        "audiences": [
            {"contact": each.contact, "gained": each.gained, "lost": each.lost, "everyone": each.everyone}
            for each in audiences
        ],
        "doubts": [{"contact": contact, "column": column, "what": what} for contact, column, what in plan.doubts],
    }


def _told(plan: Plan, unit: str) -> Iterator[str]:
    if plan.guessed:
        yield "Taken for columns: " + ", ".join(f"“{line(header)}” for {column}" for header, column in plan.guessed)
    if plan.left:
        yield "Left out: " + ", ".join(f"“{line(each)}”" for each in plan.left)
    for each in plan.settled:
        done = "taken for it" if each.changes else "left out"
        yield f"  = {unit} {each.line} {done}: {line(str(each.alike))}"


def _items(plan: Plan, unit: str) -> Iterator[str]:
    for mark, items in (("+", plan.added), ("~", plan.changed)):
        for item in items:
            yield f"  {mark} {item.wanted.contact} ({unit} {item.line})"
            for each in _differences(item):
                yield f"      {each.column}: {line(each.before) or _NOTHING} → {line(each.after) or _NOTHING}"


def _asked(plan: Plan, unit: str) -> Iterator[str]:
    yield from (f"? {line(str(each))}" for each in plan.alike)
    if any(each.same for each in plan.alike):
        yield (
            f"  Where they are one, give the {unit} the id of what is listed (contact), or say "
            "--duplicates=change or --duplicates=skip"
        )
    yield from (f"? {contact}, {column}: {line(what)}" for contact, column, what in plan.doubts)


def _differences(item: Item) -> list[Difference]:
    """What changes; of a contact that is added, everything but its id."""
    if item.differences:
        return list(item.differences)
    cells = cells_of(item.wanted)
    return [Difference(name, "", cells[name]) for name in in_order(set(cells) - {"contact"})]


def _plain(item: Item, kind: str) -> dict[str, Any]:
    fields = [{"column": each.column, "old": each.before, "new": each.after} for each in _differences(item)]
    return {"contact": item.wanted.contact, "line": item.line, "kind": kind, "fields": fields}
