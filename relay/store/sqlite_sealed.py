"""What the databases hold sealed: whether the key at hand opens it, and the key that outlives it.

1. A start looks at the first few values of each kind and refuses a key that opens none of a file's: with it every
   log-in and every body would fail, while the relay says that it is well.
2. Where it opens some, the others are damaged. That is no reason not to serve: a damaged account is `unavailable`, a
   damaged body is left out, and readiness says so. A check looks at all of them and names one.
3. Recovery codes are hashed under a key of their own, kept sealed among these values: so the key at rest can be renewed
   (`relay.rest_key`), and the codes on paper stay good. In a file from before that, codes were hashed under a key
   derived from the key at rest; the first start keeps that derived key, the same from then on. Damaged, it stops the
   start, until it was mended or the operator has a fresh one drawn, with which all the codes are erased as void.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType

from relay.at_rest import KEY_SIZE, AtRest, AtRestError

FIRST = 16
_DERIVED = b"enlace/recovery-codes/v1"
_RECOVERY = "recovery"
RECOVERY_ROW = "sealed_keys/recovery"
MEND = (
    "put it alone back from a backup with `enlace relay rest-key mend`; not all of the data folder, because every desk "
    "raises an alarm at an older log"
)
VOIDS = ", which voids every recovery code on paper"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed values: the table, as it stands in the associated data, its key, and the column."""

    table: str
    key: str
    column: str

    # Names cannot be parameters of a statement; all of them stand below, in SEALED.

    def row(self, key: str) -> str:
        """What a value of this row is sealed for."""
        return f"{self.table}/{key}"

    def values(self, db: sqlite3.Connection, after: str = "", most: int = -1) -> list[tuple[str, bytes]]:
        """Keys and sealed values, by key, those that come `after` one; at most `most`."""
        sql = f"SELECT {self.key}, {self.column} FROM {self.table} WHERE {self.key} > ? ORDER BY {self.key} LIMIT ?"  # noqa: S608  # names from SEALED
        with closing(db.execute(sql, (after, most))) as rows:
            return rows.fetchall()

    def value(self, db: sqlite3.Connection, key: str) -> bytes | None:
        """One sealed value; None if there is none, or the whole table is not there (an older database)."""
        if not has_table(db, self.table):
            return None
        sql = f"SELECT {self.column} FROM {self.table} WHERE {self.key} = ?"  # noqa: S608  # names from SEALED
        found = db.execute(sql, (key,)).fetchone()
        return bytes(found[0]) if found is not None else None

    def replace(self, db: sqlite3.Connection, key: str, old: bytes, new: bytes) -> None:
        """Put a value in the place of another."""
        sql = f"UPDATE {self.table} SET {self.column} = ? WHERE {self.key} = ? AND {self.column} = ?"  # noqa: S608  # names from SEALED
        db.execute(sql, (new, key, old))

    def count(self, db: sqlite3.Connection) -> int:
        """How many there are."""
        with closing(db.execute(f"SELECT count(*) FROM {self.table}")) as rows:  # noqa: S608  # a name from SEALED
            return int(rows.fetchone()[0])


SEALED: Mapping[str, tuple[Sealed, ...]] = MappingProxyType(
    {
        "directory.db": (Sealed("bodies", "commitment", "sealed"),),
        "accounts.db": (
            Sealed("accounts", "device", "secret"),
            Sealed("renewals", "device", "sealed"),
            Sealed("sealed_keys", "name", "sealed"),
            Sealed("portal_accounts", "officer", "sealed"),
            Sealed("portal_pending", "officer", "sealed"),
        ),
    }
)
"""By file: everything in it that is sealed with the key at rest. What is not listed here is not renewed with it."""


class WrongKey(Exception):
    """Sealed values that no start can do without do not open under the key at rest; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How many values opened, and the keys of the rows whose value did not."""

    opened: int
    damaged: tuple[str, ...]


def has_table(db: sqlite3.Connection, table: str) -> bool:
    """Whether a database, which may be an older one, has that table."""
    return db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone() is not None


def wrong_key(name: str) -> WrongKey:
    """What is said where no value of the file `name` opens."""
    return WrongKey(
        f"{name} was sealed under another key at rest: put the rest.key back that belongs to these databases "
        "(a backup has both, or neither)"
    )


def look_at_sealed(db: sqlite3.Connection, name: str, rest: AtRest, most: int = -1) -> Looked:
    """What opens in the file `name` (all of it, or `most` values of each kind); raises WrongKey if nothing does."""
    opened, damaged = 0, list[str]()
    for row, key, sealed in _all(db, name, most):
        try:
            rest.open(row, sealed)
            opened += 1
        except AtRestError:
            damaged.append(key)
    if damaged and not opened:
        raise wrong_key(name)
    return Looked(opened, tuple(damaged))


def settle_recovery_key(db: sqlite3.Connection, rest: AtRest, *, draw_anew: bool = False) -> bytes:
    """The key of the recovery codes (32 bytes), made and kept the first time (rule 3); within a transaction.

    Raises WrongKey if the one that is kept does not open; with `draw_anew`, another takes its place, and the codes go.
    """
    try:
        found = kept_recovery_key(db, rest)
    except WrongKey:
        if not draw_anew:
            raise
        db.execute("DELETE FROM recovery")
        db.execute("DELETE FROM sealed_keys WHERE name = ?", (_RECOVERY,))
        found = None
    if found is not None:
        return found
    with closing(db.execute("SELECT 1 FROM recovery LIMIT 1")) as rows:
        key = rest.derived(_DERIVED) if rows.fetchone() else os.urandom(KEY_SIZE)
    db.execute("INSERT INTO sealed_keys VALUES (?, ?)", (_RECOVERY, rest.seal(RECOVERY_ROW, key)))
    return key


def kept_recovery_key(db: sqlite3.Connection, rest: AtRest) -> bytes | None:
    """The key of the recovery codes that is kept, if there is one; raises WrongKey if it does not open."""
    with closing(db.execute("SELECT sealed FROM sealed_keys WHERE name = ?", (_RECOVERY,))) as rows:
        found = rows.fetchone()
    try:
        return rest.open(RECOVERY_ROW, found[0]) if found is not None else None
    except AtRestError as error:
        raise WrongKey(
            f"the key of the recovery codes does not open ({RECOVERY_ROW} in accounts.db). With the relay stopped, "
            f"{MEND}; or have a fresh one drawn{VOIDS}: enlace relay rest-key renew --leave-damaged"
        ) from error


def _all(db: sqlite3.Connection, name: str, most: int) -> Iterator[tuple[str, str, bytes]]:
    for each in SEALED[name]:
        for key, sealed in each.values(db, most=most):
            yield each.row(key), key, sealed
