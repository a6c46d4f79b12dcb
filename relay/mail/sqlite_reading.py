"""What can be asked of the mail store in SQLite (`Reading` of `store.py`); runs in a connection's thread."""

import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from relay.mail.store import Delivery, Item, Stored, Upload
from relay.protocol.envelope import Header
from relay.protocol.receipts import Relayed
from relay.rules.mailbox import Load
from relay.rules.release import Ordered, Stood, Turn

Row = tuple[Any, ...]
_RECORD = "SELECT hash, header, relayed, forget FROM envelopes WHERE "
_DELIVERY = (
    "SELECT envelope, device, member, stage, own, size, due, state, released, number, held FROM deliveries WHERE "
)
_OPEN = "state IN ('waiting', 'queued')"  # as in the partial indexes, or they would not be used
_OF_DEVICES = f"device IN (SELECT value FROM json_each(?1)) AND {_OPEN} AND (?2 IS NULL OR held = ?2)"  # noqa: S608  # our own constant
_OPEN_DELIVERIES = f"{_DELIVERY}{_OF_DEVICES} ORDER BY envelope, device LIMIT ?3"
_UPLOAD = "SELECT hash, device, length, stored, complete, until FROM uploads "
_UPLOAD_LOAD = """
SELECT count(*), coalesce(sum(length), 0) FROM uploads WHERE device IN (SELECT value FROM json_each(?))
"""
_NEXT_DUE = f"""
SELECT min(due) FROM (
    SELECT min(due) AS due FROM turns WHERE state = 'waiting'
    UNION ALL SELECT min(expires) FROM deliveries WHERE {_OPEN}
    UNION ALL SELECT min(forget) FROM envelopes
    UNION ALL SELECT min(until) FROM items WHERE until IS NOT NULL
    UNION ALL SELECT min(until) FROM uploads)
"""  # noqa: S608  # a constant of ours is put in, no input
_TURN = "SELECT envelope, number, due, expires, state, line, devices FROM turns WHERE "
_DUE = f"{_TURN} state = 'waiting' AND due <= ?1 AND expires > ?1 ORDER BY due, envelope, number LIMIT ?2"
_ITEMS = """
SELECT items.number, items.kind, items.envelope, coalesce(length(items.payload), length(ciphertexts.raw))
FROM items LEFT JOIN ciphertexts ON items.payload IS NULL AND ciphertexts.envelope = items.envelope
WHERE items.device = ? AND items.number > ? ORDER BY items.number LIMIT ?
"""
_LINES = """
SELECT envelopes.sender, count(*) FROM items JOIN envelopes ON envelopes.hash = items.envelope
WHERE items.device = ? AND items.until IS NOT NULL GROUP BY envelopes.sender
"""
_ENVELOPE_ITEM = """
SELECT ciphertexts.raw, deliveries.stage, deliveries.released, envelopes.relayed
FROM deliveries JOIN envelopes ON envelopes.hash = deliveries.envelope
JOIN ciphertexts ON ciphertexts.envelope = deliveries.envelope
WHERE deliveries.envelope = ? AND deliveries.device = ?
"""
_MAY_FETCH = """
SELECT 1 FROM attachments JOIN envelopes ON envelopes.hash = attachments.envelope
LEFT JOIN deliveries ON deliveries.envelope = attachments.envelope AND deliveries.device = ?2
WHERE attachments.hash = ?1 AND (envelopes.sender = ?2 OR deliveries.released > 0) LIMIT 1
"""


class SqliteReading:
    """`Reading` over a connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def envelope(self, envelope: str) -> Stored | None:
        return _stored(self._one(_RECORD + "hash = ?", envelope))

    def submitted(self, sender: str, identifier: str) -> Stored | None:
        return _stored(self._one(_RECORD + "sender = ? AND id = ?", sender, identifier))

    def deliveries(self, envelope: str) -> list[Delivery]:
        return [_delivery(row) for row in self._all(_DELIVERY + "envelope = ? ORDER BY stage, device", envelope)]

    def delivery(self, envelope: str, device: str) -> Delivery | None:
        row = self._one(_DELIVERY + "envelope = ? AND device = ?", envelope, device)
        return _delivery(row) if row else None

    def steps(self, envelope: str) -> list[Stood]:
        rows = self._all("SELECT device, act, line FROM steps WHERE envelope = ? ORDER BY number", envelope)
        return [Stood(*row) for row in rows]

    def turns(self, envelope: str) -> list[Turn]:
        return [_turn(row) for row in self._all(_TURN + "envelope = ? ORDER BY number", envelope)]

    def orders(self, envelope: str) -> list[Ordered]:
        rows = self._all("SELECT device, act, stage, line FROM orders WHERE envelope = ? ORDER BY number", envelope)
        return [Ordered(*row) for row in rows]

    def calls(self, device: str, member: str, now: int) -> int:
        count = "SELECT count(*) FROM calls WHERE device = ? AND member = ? AND until > ?"
        return self._number(count, device, member, now) or 0

    def load(self, device: str) -> Load:
        row = self._one("SELECT items, bytes FROM queues WHERE device = ?", device)
        return Load(*row) if row else Load()

    def shares(self, device: str) -> Mapping[str, Load]:
        rows = self._all("SELECT member, items, bytes FROM shares WHERE device = ?", device)
        return {member: Load(items, size) for member, items, size in rows}

    def lines(self, device: str) -> Mapping[str, int]:
        return dict(self._all(_LINES, device))

    def kept(self, member: str) -> Load:
        row = self._one("SELECT items, bytes FROM kept WHERE member = ?", member)
        return Load(*row) if row else Load()

    def count_items(self, device: str) -> int:
        return self._number("SELECT count(*) FROM items WHERE device = ?", device) or 0

    def items(self, device: str, after: int, most: int, most_bytes: int) -> list[Item]:
        found: list[Item] = []
        room = most_bytes
        for number, kind, envelope, size in self._all(_ITEMS, device, after, most):
            room -= size
            if found and room < 0:
                break
            found.append(self._item(device, number, kind, envelope))
        return found

    def due(self, now: int, most: int) -> list[Turn]:
        return [_turn(row) for row in self._all(_DUE, now, most)]

    def expired(self, now: int, most: int) -> list[str]:
        sql = f"""SELECT envelope FROM deliveries WHERE {_OPEN} AND expires <= ?
                  GROUP BY expires, envelope ORDER BY expires, envelope LIMIT ?"""  # noqa: S608  # our own constant
        return [envelope for (envelope,) in self._all(sql, now, most)]

    def waiting_devices(self) -> list[str]:
        return [device for (device,) in self._all("SELECT device FROM queues WHERE items > 0 ORDER BY device")]

    def open_deliveries(self, devices: Collection[str], most: int, *, held: bool | None = None) -> list[Delivery]:
        return [_delivery(row) for row in self._all(_OPEN_DELIVERIES, listed(devices), held, most)]

    def next_due(self) -> int | None:
        return self._number(_NEXT_DUE)

    def upload(self, attachment: str, device: str) -> Upload | None:
        row = self._one(_UPLOAD + "WHERE hash = ? AND device = ?", attachment, device)
        return _upload(row) if row else None

    def uploads(self) -> list[Upload]:
        return [_upload(row) for row in self._all(_UPLOAD)]

    def uploaders(self, attachment: str) -> frozenset[str]:
        rows = self._all("SELECT device FROM uploads WHERE hash = ? AND complete = 1", attachment)
        return frozenset(device for (device,) in rows)

    def upload_load(self, devices: Collection[str]) -> Load:
        row = self._one(_UPLOAD_LOAD, listed(devices))
        return Load(*row) if row else Load()

    def stale_uploads(self, now: int, most: int) -> list[Upload]:
        return [
            _upload(row)
            for row in self._all(_UPLOAD + "WHERE until <= ? ORDER BY until, hash, device LIMIT ?", now, most)
        ]

    def may_fetch(self, attachment: str, device: str) -> bool:
        return self._one(_MAY_FETCH, attachment, device) is not None

    def _item(self, device: str, number: int, kind: Any, envelope: str) -> Item:
        if kind != "envelope":
            row = self._one("SELECT payload FROM items WHERE device = ? AND number = ?", device, number)
            assert row is not None, "read in the snapshot that listed it"  # noqa: S101  # the words say why it cannot be
            return Item(number, kind, envelope, row[0])
        row = self._one(_ENVELOPE_ITEM, envelope, device)
        assert row is not None, "a queued delivery has its ciphertext (S3)"  # noqa: S101  # the words say why it cannot be
        raw, stage, released, relayed = row
        return Item(number, "envelope", envelope, raw, stage, released, msgspec.json.decode(relayed, type=Relayed))

    def _one(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self._db.execute(sql, values).fetchone()
        return row

    def _all(self, sql: str, *values: object) -> list[Row]:
        return self._db.execute(sql, values).fetchall()

    def _number(self, sql: str, *values: object) -> int | None:
        row = self._one(sql, *values)
        return row[0] if row else None


def listed(devices: Collection[str]) -> str:
    """Devices for `json_each`."""
    return msgspec.json.encode(list(devices)).decode()


def _stored(row: Row | None) -> Stored | None:
    if row is None:
        return None
    envelope, header, relayed, forget = row
    return Stored(
        envelope, msgspec.json.decode(header, type=Header), msgspec.json.decode(relayed, type=Relayed), forget
    )


def _delivery(row: Row) -> Delivery:
    envelope, device, member, stage, own, size, due, state, released, number, held = row
    return Delivery(envelope, device, member, stage, bool(own), size, due, state, released, number, bool(held))


def _turn(row: Row) -> Turn:
    envelope, number, due, expires, state, line, devices = row
    return Turn(envelope, number, due, expires, state, line, tuple(msgspec.json.decode(devices)))


def _upload(row: Row) -> Upload:
    attachment, device, length, stored, complete, until = row
    return Upload(attachment, device, length, stored, bool(complete), until)
