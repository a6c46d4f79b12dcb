"""Rows of messages that were opened a moment ago: one command asks for the same few again and again.

A row is known by the hash of all its bytes: one that was changed since, by whomever, is opened anew, and one that was
erased is not there to be asked for. Only a few are in memory, and none that is long. They go with the store.
"""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from desk.mail.facts import Stored

Row = tuple[int, str, bytes, bytes]  # number, key, sealed note, sealed facts
MOST = 64  # rows
LONGEST = 1 << 13  # bytes of a sealed note


class OpenedRows:
    """The rows opened last; `open_row` opens one, or raises."""

    def __init__(self, open_row: Callable[[Row], Stored]) -> None:
        self._open_row = open_row
        self._known: OrderedDict[bytes, Stored] = OrderedDict()

    def get(self, row: Row) -> Stored:
        """A row, opened; raises what opening it raises."""
        if len(row[2]) > LONGEST:
            return self._open_row(row)
        name = _hash(row)
        stored = self._known.pop(name, None) or self._open_row(row)
        self._known[name] = stored
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return stored

    def clear(self) -> None:
        """Know none."""
        self._known.clear()


def _hash(row: Row) -> bytes:
    number, key, note, facts = row
    return sha256(f"{number} {key} {len(note)}\n".encode() + note + facts).digest()
