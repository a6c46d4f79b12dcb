"""Whether the key at hand opens what the databases hold sealed: asked at every start, and by `enlace relay check`.

1. A start looks at the first few values of each file and refuses a key that opens none of them: with it every log-in
   and every body would fail, while the relay says that it is well.
2. Where it opens some, the others are damaged. That is no reason not to serve: a damaged account is `unavailable`, a
   damaged body is left out, and readiness says so. A check looks at all of them and names one.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType

from relay.at_rest import AtRest, AtRestError

FIRST = 16
SEALED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "directory.db": ("bodies", "SELECT commitment, sealed FROM bodies"),
        "accounts.db": ("accounts", "SELECT device, secret FROM accounts"),
    }
)
"""By file: the table, as it stands in the associated data, and how its sealed values are read."""


class WrongKey(Exception):
    """No sealed value of a file opens under the key at rest; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How many values opened, and the keys of the rows whose value did not."""

    opened: int
    damaged: tuple[str, ...]


def look_at_sealed(db: sqlite3.Connection, name: str, rest: AtRest, most: int = -1) -> Looked:
    """What opens in the file `name` (all of it, or its first `most` values); raises WrongKey if nothing does."""
    table, sql = SEALED[name]
    opened, damaged = 0, list[str]()
    with closing(db.execute(f"{sql} LIMIT ?", (most,))) as rows:
        for row, sealed in rows:
            try:
                rest.open(f"{table}/{row}", sealed)
                opened += 1
            except AtRestError:
                damaged.append(row)
    if damaged and not opened:
        raise WrongKey(
            f"{name} was sealed under another key at rest: put the rest.key back that belongs to these databases "
            "(a backup has both, or neither)"
        )
    return Looked(opened, tuple(damaged))
