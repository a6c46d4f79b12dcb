"""The mail store in SQLite (`mail.db`): a connection that writes, one that reads, the contract of `store.py`.

A transaction is one function run in the writing connection's thread between BEGIN IMMEDIATE and COMMIT, so concurrent
work costs one thread hop and one fsync together. Readers have their own connection and see the last commit (WAL).
What is deleted is overwritten (`secure_delete`), and from time to time the write-ahead log is emptied (`tidy`):
ciphertext that was delivered is not to be read from a stolen disk.
"""

import sqlite3
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

import aiosqlite

from config.database import check_writable, forget_deleted, in_thread, open_database, open_for_reading, transact
from directory.canonical import encode
from relay.mail.sqlite_reading import SqliteReading, listed
from relay.mail.store import Delivery, Forgotten, Reading, Stored, Transaction, Upload
from relay.protocol.stream import ItemKind
from relay.rules.mailbox import CALLS_COUNT
from relay.rules.release import DeliveryState, Ordered, Stood, Turn, TurnState
from relay.store.contract import StoreFailed

MIGRATIONS = "relay.mail.migrations"
T = TypeVar("T")

_NEXT_NUMBER = """
INSERT INTO queues (device, number, items, bytes) VALUES (?, 1, 0, 0)
ON CONFLICT (device) DO UPDATE SET number = number + 1 RETURNING number
"""
_LOAD_MORE = """
INSERT INTO queues (device, number, items, bytes) VALUES (?1, 0, 1, ?2)
ON CONFLICT (device) DO UPDATE SET items = items + 1, bytes = bytes + ?2
"""
_SHARE_MORE = """
INSERT INTO shares (device, member, items, bytes) VALUES (?1, ?2, 1, ?3)
ON CONFLICT (device, member) DO UPDATE SET items = items + 1, bytes = bytes + ?3
"""
_SHARE_LESS = "UPDATE shares SET items = items - 1, bytes = bytes - ? WHERE device = ? AND member = ? RETURNING items"
_KEEP_MORE = """
INSERT INTO kept (member, items, bytes) VALUES (?1, 1, ?2)
ON CONFLICT (member) DO UPDATE SET items = items + 1, bytes = bytes + ?2
"""
_KEEP_LESS = "UPDATE kept SET items = items - 1, bytes = bytes - ? WHERE member = ?"
_ADD_DELIVERY = """
INSERT INTO deliveries (envelope, device, member, stage, own, size, due, expires, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting')
"""
_ADD_TURN = "INSERT INTO turns VALUES (?, ?, ?, ?, 'waiting', ?, ?)"
_DROP_CIPHERTEXT = """
DELETE FROM ciphertexts WHERE envelope = ?1 AND NOT EXISTS (
    SELECT 1 FROM deliveries WHERE envelope = ?1 AND state IN ('waiting', 'queued'))
RETURNING length(raw)
"""
_KEEP_UPLOADS = """
UPDATE uploads SET until = max(until, ?1)
WHERE hash = ?2 AND complete = 1 AND device IN (SELECT value FROM json_each(?3))
"""
_FORGET = """
DELETE FROM envelopes WHERE hash IN (
    SELECT hash FROM envelopes WHERE forget <= ?
    AND NOT EXISTS (SELECT 1 FROM ciphertexts WHERE ciphertexts.envelope = envelopes.hash) LIMIT ?)
"""
_PUT_UPLOAD = """
INSERT INTO uploads (hash, device, length, stored, complete, until) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (hash, device) DO UPDATE SET
    length = excluded.length, stored = excluded.stored, complete = excluded.complete, until = excluded.until
"""


class SqliteTransaction(SqliteReading):
    """`Transaction` over a connection inside BEGIN and COMMIT."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(db)
        self.woken: set[str] = set()

    def add(self, stored: Stored, raw: bytes, deliveries: list[Delivery], turns: list[Turn]) -> None:
        header = stored.header
        row = (
            stored.hash,
            header.sender,
            header.id,
            encode(header),
            encode(stored.relayed),
            header.expires,
            stored.forget,
        )
        self._db.execute("INSERT INTO envelopes VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self._db.execute("INSERT INTO ciphertexts VALUES (?, ?)", (stored.hash, raw))
        named = [(each, stored.hash) for each in header.attachments]
        self._db.executemany("INSERT INTO attachments (hash, envelope) VALUES (?, ?)", named)
        rows = [
            (each.envelope, each.device, each.member, each.stage, each.own, each.size, each.due, header.expires)
            for each in deliveries
        ]
        self._db.executemany(_ADD_DELIVERY, rows)
        self._db.executemany(_LOAD_MORE, [(each.device, each.size) for each in deliveries])
        self._db.executemany(_SHARE_MORE, [(each.device, each.member, each.size) for each in deliveries])
        member = deliveries[0].member
        self._db.execute(_KEEP_MORE, (member, len(raw)))
        ahead = [
            (each.envelope, each.number, each.due, each.expires, each.line, listed(each.devices)) for each in turns
        ]
        self._db.executemany(_ADD_TURN, ahead)
        until = stored.relayed.leaf.time + CALLS_COUNT
        called = [(to, member, each.envelope, each.number, until) for each in turns for to in each.devices]
        self._db.executemany("INSERT INTO calls VALUES (?, ?, ?, ?, ?)", called)

    def set_turn(self, turn: Turn, state: TurnState) -> None:
        query = "UPDATE turns SET state = ? WHERE envelope = ? AND number = ?"
        self._db.execute(query, (state, turn.envelope, turn.number))

    def expire_turns(self, now: int) -> None:
        self._db.execute("UPDATE turns SET state = 'expired' WHERE state = 'waiting' AND expires <= ?", (now,))

    def add_order(self, envelope: str, order: Ordered) -> None:
        row = (envelope, order.device, order.act, order.stage, order.line)
        self._db.execute("INSERT INTO orders (envelope, device, act, stage, line) VALUES (?, ?, ?, ?, ?)", row)

    def queue(self, device: str, kind: ItemKind, envelope: str, payload: bytes, until: int) -> None:
        row = (device, self._next_number(device), kind, envelope, payload, until)
        self._db.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", row)
        self._load_more(device, len(payload))

    def release(self, delivery: Delivery, now: int) -> None:
        number = self._next_number(delivery.device)
        item = (delivery.device, number, "envelope", delivery.envelope, None, None)
        self._db.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", item)
        self._db.execute(
            "UPDATE deliveries SET state = 'queued', released = ?, number = ? WHERE envelope = ? AND device = ?",
            (now, number, delivery.envelope, delivery.device),
        )

    def close(self, delivery: Delivery, state: DeliveryState) -> None:
        if delivery.state == "queued":
            key = (delivery.device, delivery.number)
            self._db.execute("DELETE FROM items WHERE device = ? AND number = ?", key)
        if delivery.open:
            self._load_less(delivery.device, delivery.size)
            self._share_less(delivery)
        self._db.execute(
            "UPDATE deliveries SET state = ?, held = 0 WHERE envelope = ? AND device = ?",
            (state, delivery.envelope, delivery.device),
        )
        for (size,) in self._db.execute(_DROP_CIPHERTEXT, (delivery.envelope,)).fetchall():
            self._db.execute(_KEEP_LESS, (size, delivery.member))

    def hold(self, delivery: Delivery, held: bool) -> None:
        self._db.execute(
            "UPDATE deliveries SET held = ? WHERE envelope = ? AND device = ?",
            (held, delivery.envelope, delivery.device),
        )

    def remove_line(self, device: str, number: int) -> None:
        self._remove_lines("device = ? AND number = ? AND until IS NOT NULL", device, number)

    def remove_lines(self, device: str) -> int:
        return self._remove_lines("device = ? AND until IS NOT NULL", device)

    def add_step(self, envelope: str, step: Stood) -> None:
        row = (envelope, step.device, step.act, step.line)
        self._db.execute("INSERT INTO steps (envelope, device, act, line) VALUES (?, ?, ?, ?)", row)

    def forget(self, now: int, most: int) -> Forgotten:
        old = self._db.execute(_FORGET, (now, most))
        which = "rowid IN (SELECT rowid FROM items WHERE until <= ? LIMIT ?)"
        return Forgotten(old.rowcount, self._remove_lines(which, now, most))

    def put_upload(self, upload: Upload) -> None:
        row = (upload.hash, upload.device, upload.length, upload.offset, upload.complete, upload.until)
        self._db.execute(_PUT_UPLOAD, row)

    def remove_upload(self, attachment: str, device: str) -> None:
        self._db.execute("DELETE FROM uploads WHERE hash = ? AND device = ?", (attachment, device))

    def keep_uploads(self, attachment: str, devices: Collection[str], until: int) -> None:
        self._db.execute(_KEEP_UPLOADS, (until, attachment, listed(devices)))

    def _next_number(self, device: str) -> int:
        self.woken.add(device)
        number: int = self._db.execute(_NEXT_NUMBER, (device,)).fetchone()[0]
        return number

    def _load_more(self, device: str, size: int) -> None:
        self._db.execute(_LOAD_MORE, (device, size))

    def _load_less(self, device: str, size: int) -> None:
        self._db.execute("UPDATE queues SET items = items - 1, bytes = bytes - ? WHERE device = ?", (size, device))

    def _share_less(self, delivery: Delivery) -> None:
        share = (delivery.device, delivery.member)
        (items,) = self._db.execute(_SHARE_LESS, (delivery.size, *share)).fetchone()
        if not items:
            self._db.execute("DELETE FROM shares WHERE device = ? AND member = ?", share)

    def _remove_lines(self, which: str, *values: object) -> int:
        removed = self._db.execute(
            f"DELETE FROM items WHERE {which} RETURNING device, length(payload)",  # noqa: S608  # conditions of ours
            values,
        ).fetchall()
        for device, size in removed:
            self._load_less(device, size)
        return len(removed)


class SqliteMailStore:
    """`MailStore` in a file; made by `open_mail_store`."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer, self._reader = writer, reader

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        return await transact(self._writer, lambda db: work(SqliteTransaction(db)))

    async def read(self, look: Callable[[Reading], T]) -> T:
        def run(db: sqlite3.Connection) -> T:
            db.execute("BEGIN")  # one snapshot for all that `look` asks
            try:
                return look(SqliteReading(db))
            finally:
                db.execute("ROLLBACK")

        return await in_thread(self._reader, run)

    async def tidy(self) -> None:
        await forget_deleted(self._writer)

    async def check_writable(self) -> None:
        try:
            await check_writable(self._writer)
        except sqlite3.Error as error:
            raise StoreFailed("mail.db cannot be written") from error

    async def close(self) -> None:
        """Close both connections; what was committed stays."""
        await self._reader.close()
        await self._writer.close()


async def open_mail_store(path: Path) -> SqliteMailStore:
    """The store in `path`, made or brought up to date if need be; refuses (DatabaseError) what it cannot work with."""
    writer = await open_database(path, MIGRATIONS, erase_deleted=True)
    try:
        reader = await open_for_reading(path, MIGRATIONS)
    except BaseException:
        await writer.close()
        raise
    return SqliteMailStore(writer, reader)
