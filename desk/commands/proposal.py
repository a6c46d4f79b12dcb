"""A proposal as it is shown to whoever is asked to sign it too.

Nothing is cut. A value that a terminal would break is broken here, further in than anything of ours begins, so that no
text of others can pass for a row, an item or a mark.
"""

from collections.abc import Iterable, Iterator

from desk.proposals.proposal import Item, Row
from desk.safe_text import block, line

_NAME = 20  # columns of a row's name
_LEAST = 30  # columns that a value gets at least


def show(items: list[Item], width: int = 0) -> str:
    """A proposal in words, broken to `width` columns if that is given."""
    head = f"{len(items)} statement{'s' * (len(items) != 1)} to sign:"
    return "\n\n".join([head, *("\n".join(_lines(each, width)) for each in items)])


def _lines(item: Item, width: int) -> Iterator[str]:
    yield f"{item.number} of {item.of}: {item.kind}"
    for row in item.rows:
        yield from _row(row, width)
    yield from _values("signed by", (("", each) for each in item.signed_by), width)
    yield from _values("so far", [("", item.verdict)], width)


def _row(row: Row, width: int) -> Iterator[str]:
    today = row.today
    if isinstance(row.value, tuple) and isinstance(today, tuple):
        yield from _values(row.name, _compared(row.value, today), width)
        return
    values = [("", each) for each in ((row.value,) if isinstance(row.value, str) else row.value)]
    if today is not None:
        values += [("today: ", each) for each in ((today,) if isinstance(today, str) else today)]
    yield from _values(row.name, values, width)


def _compared(value: tuple[str, ...], today: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What is new, what stays, what goes; and, where only the order changes, the order of today."""
    for each in value:
        yield ("new:   " if each not in today else "stays: "), each
    for each in today:
        if each not in value:
            yield "GOES:  ", each
    if sorted(value) == sorted(today):
        yield "today: ", "the same in another order: " + ", ".join(today)


def _values(name: str, values: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    label = line(name)
    for mark, value in values:
        pieces = _pieces(value, max(_LEAST, width - _NAME - len(mark) - 4) if width else 0)
        yield f"  {label:<{_NAME}} {mark}{pieces[0]}".rstrip()
        yield from (f"  {'':<{_NAME}} {'':<{len(mark)}} {piece}" for piece in pieces[1:])
        label = ""


def _pieces(value: str, room: int) -> list[str]:
    return block(line(value), room, bar="").split("\n")
