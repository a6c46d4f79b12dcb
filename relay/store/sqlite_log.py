"""The log in `log.db`; `contract` says what it promises."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from relay.store.contract import Conflict, StoredLog
from relay.store.sqlite_change import SqliteStore

MIGRATIONS = "relay.store.log_migrations"


class SqliteLog(SqliteStore):
    """LogStore in SQLite."""

    async def read(self, start: int, most: int, most_bytes: int) -> StoredLog:
        return await self._read(lambda db: _read(db, start, most, most_bytes))

    async def append(self, size: int, entries: Sequence[bytes], checkpoint: bytes, before: bytes) -> None:
        def work(db: sqlite3.Connection) -> None:
            moved = db.execute(
                "UPDATE head SET size = ?, checkpoint = ? WHERE size = ? AND checkpoint = ?",
                (size + len(entries), checkpoint, size, before),
            ).rowcount
            if not moved:
                raise Conflict(f"the log does not have {size} entries under that checkpoint")
            db.executemany("INSERT INTO entries (position, entry) VALUES (?, ?)", enumerate(entries, size))

        await self._change(work)

    async def renew(self, size: int, checkpoint: bytes, before: bytes) -> None:
        await self.append(size, (), checkpoint, before)


def _read(db: sqlite3.Connection, start: int, most: int, most_bytes: int) -> StoredLog:
    db.execute("BEGIN")  # checkpoint and entries of one moment, whoever else writes to the file
    try:
        ((checkpoint,),) = db.execute("SELECT checkpoint FROM head").fetchall()
        taken: list[bytes] = []
        size = 0
        with closing(
            db.execute("SELECT entry FROM entries WHERE position >= ? ORDER BY position LIMIT ?", (start, most))
        ) as rows:
            for (entry,) in rows:
                size += len(entry)
                if taken and size > most_bytes:
                    break
                taken.append(entry)
        return StoredLog(tuple(taken), checkpoint)
    finally:
        db.execute("COMMIT")
