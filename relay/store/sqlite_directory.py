"""Bodies (sealed at rest) and key sets in `directory.db`; `contract` says what they promise."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

import aiosqlite
import structlog

from config.database import forget_deleted
from directory.commitment import SALT_SIZE
from relay.at_rest import AtRest, AtRestError
from relay.store.contract import Conflict, StoredBody, StoreFailed
from relay.store.sqlite_change import SqliteStore, listed

MIGRATIONS = "relay.store.directory_migrations"
_BODIES = (
    "SELECT commitment, sealed FROM bodies WHERE commitment IN (SELECT value FROM json_each(?)) ORDER BY commitment"
)
_ERASE = "DELETE FROM bodies WHERE commitment IN (SELECT value FROM json_each(?))"
_KEYSETS = "SELECT device, raw FROM keysets WHERE device IN (SELECT value FROM json_each(?))"
_KEYS = "SELECT device, keys FROM keysets WHERE device IN (SELECT value FROM json_each(?))"
log = structlog.get_logger()
_REMOVE = "DELETE FROM keysets WHERE device IN (SELECT value FROM json_each(?))"


class SqliteBodies(SqliteStore):
    """BodyStore in SQLite."""

    def __init__(self, db: aiosqlite.Connection, rest: AtRest) -> None:
        super().__init__(db)
        self._rest = rest
        self.damaged: set[str] = set()

    async def put(self, bodies: Sequence[StoredBody]) -> None:
        rows = [(each.commitment, self._rest.seal(_row(each.commitment), each.salt + each.body)) for each in bodies]
        await self._change(
            lambda db: db.executemany("INSERT INTO bodies VALUES (?, ?) ON CONFLICT (commitment) DO NOTHING", rows)
        )

    async def get(self, commitments: Collection[str]) -> tuple[StoredBody, ...]:
        rows = await self._read(lambda db: db.execute(_BODIES, (listed(commitments),)).fetchall())
        opened: list[StoredBody] = []
        for commitment, sealed in rows:
            try:
                plain = self._rest.open(_row(commitment), sealed)
            except AtRestError as error:
                # The others are good: one bad sector is not to keep every desk from all of them.
                if commitment not in self.damaged:
                    log.error("a stored body cannot be opened", exc_info=error)
                self.damaged.add(commitment)
                continue
            self.damaged.discard(commitment)
            opened.append(StoredBody(commitment, plain[:SALT_SIZE], plain[SALT_SIZE:]))
        return tuple(opened)

    async def commitments(self) -> frozenset[str]:
        rows = await self._read(lambda db: db.execute("SELECT commitment FROM bodies").fetchall())
        return frozenset(commitment for (commitment,) in rows)

    async def erase(self, commitments: Collection[str]) -> None:
        await self._change(lambda db: db.execute(_ERASE, (listed(commitments),)))
        self.damaged.difference_update(commitments)
        # A crash here leaves the erased rows, sealed, in the write-ahead log; every start erases again (DirectoryLog).
        try:
            emptied = await forget_deleted(self._db)
        except sqlite3.Error as error:
            raise StoreFailed(str(error)) from error
        if not emptied:
            raise StoreFailed("another program reads directory.db, which keeps what was erased in its write-ahead log")


class SqliteKeySets(SqliteStore):
    """KeySetStore in SQLite."""

    async def put(self, device: str, number: int, keys: Collection[str], raw: bytes) -> None:
        sql = (
            "INSERT INTO keysets (device, number, keys, raw) VALUES (?1, ?2, ?3, ?4) "
            "ON CONFLICT (device) DO UPDATE SET number = ?2, keys = ?3, raw = ?4 "
            "WHERE number < ?2 OR (number = ?2 AND raw = ?4)"
        )
        row = (device, number, " ".join(sorted(keys)), raw)
        if not await self._change(lambda db: db.execute(sql, row).rowcount):
            raise Conflict("a newer key set is there already")

    async def get(self, devices: Collection[str]) -> Mapping[str, bytes]:
        return dict(await self._read(lambda db: db.execute(_KEYSETS, (listed(devices),)).fetchall()))

    async def keys(self, devices: Collection[str]) -> Mapping[str, frozenset[str]]:
        rows = await self._read(lambda db: db.execute(_KEYS, (listed(devices),)).fetchall())
        return {device: frozenset(keys.split(" ")) for device, keys in rows}

    async def remove(self, devices: Collection[str]) -> None:
        await self._change(lambda db: db.execute(_REMOVE, (listed(devices),)))

    async def devices(self) -> frozenset[str]:
        rows = await self._read(lambda db: db.execute("SELECT device FROM keysets").fetchall())
        return frozenset(device for (device,) in rows)


def _row(commitment: str) -> str:
    return f"bodies/{commitment}"
