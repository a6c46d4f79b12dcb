"""What stays of a message that was erased: that there was one, between whom, when, and why it went. Nothing it said.

1. The stub is sealed to the vault like all facts. Beside it, in the clear, stand the number and the hash that makes
   duplicates recognisable: what was erased is not taken in again, whoever sends it once more.
2. The relay's receipt stays in it, and the signed lines about its envelope stay where they are: they prove that
   something was sent and delivered, and hold no content.
"""

import sqlite3
from collections.abc import Callable
from typing import Literal

import msgspec

from desk.terminal import stamp
from directory.canonical import decode, encode
from directory.fields import ContactId, Count, Hash, Time
from relay.protocol.envelope import EnvelopeId
from relay.protocol.receipts import Relayed

SCHEMA = """
CREATE TABLE IF NOT EXISTS erased (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, stub BLOB NOT NULL) STRICT;
"""


class Erased(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A message that was erased at `at`, because it was to be kept until `due`; or with message `along`, if not 0.

    Of a message of a case, or a package that handed some over: the `case`, and the hashes of what was `said` in it.
    """

    number: Count
    id: EnvelopeId
    text: Hash
    sender: ContactId
    contacts: tuple[ContactId, ...]
    direction: Literal["in", "out", "colleague"]
    signed: Time
    envelope: Hash | Literal[""] = ""
    relayed: Relayed | msgspec.UnsetType = msgspec.UNSET
    due: Time
    at: Time
    along: Count = 0
    case: Hash | Literal[""] = ""
    said: tuple[Hash, ...] = ()

    @property
    def words(self) -> str:
        """What to say of it."""
        why = f"with message {self.along}, which it was about"
        why = why if self.along else f"it was to be kept until {stamp(self.due)}"
        to = ", ".join(self.contacts)
        return f"message {self.number}, from {self.sender} to {to}, was erased at {stamp(self.at)}: {why}"


class ErasedRows:
    """The stubs in an open `messages.db`; `seal` and `unsealed` are the store's own."""

    def __init__(
        self, db: sqlite3.Connection, seal: Callable[[str, bytes], bytes], unsealed: Callable[[str, str, bytes], bytes]
    ) -> None:
        self._db, self._seal, self._unsealed = db, seal, unsealed

    def put(self, key: str, stub: Erased) -> None:
        """Keep a stub, in the caller's transaction."""
        row = (stub.number, key, self._seal(f"erased {key}", encode(stub)))
        self._db.execute("INSERT OR REPLACE INTO erased VALUES (?, ?, ?)", row)

    def has(self, key: str) -> bool:
        """Whether what had that key was erased."""
        return self._db.execute("SELECT 1 FROM erased WHERE key = ?", (key,)).fetchone() is not None

    def one(self, number: int) -> Erased | None:
        """What stays of message `number`, if it was erased; raises what `unsealed` and `decode` raise if damaged."""
        if not 0 < number < 2**63:
            return None
        row = self._db.execute("SELECT number, key, stub FROM erased WHERE number = ?", (number,)).fetchone()
        return self._stub(row) if row else None

    def all(self) -> list[Erased]:
        """What stays of every message that was erased, oldest first."""
        rows = self._db.execute("SELECT number, key, stub FROM erased ORDER BY number").fetchall()
        return [self._stub(each) for each in rows]

    def _stub(self, row: tuple[int, str, bytes]) -> Erased:
        return decode(self._unsealed(f"what stays of message {row[0]}", f"erased {row[1]}", row[2]), Erased)
