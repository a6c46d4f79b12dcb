"""What stays of a message that was erased: that there was one, between whom, when, and why it went. Nothing it said.

1. The stub is sealed to the vault like all facts. Beside it, in the clear, stand the number and the hash that makes
   duplicates recognisable: what was erased is not taken in again, whoever sends it once more.
2. The relay's receipt stays in it, and the signed lines about its envelope stay where they are: they prove that
   something was sent and delivered, and hold no content.
3. A stub that is not what was put there is refused where it alone is asked for (`DamagedRow`), and passed over and told
   where all are: it keeps nobody from the others, nor from what is not erased. Its number and hash still count.
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from desk.mail.damaged import DamagedRow
from desk.terminal import stamp
from directory.canonical import Malformed, decode, encode
from directory.fields import ContactId, Count, Hash, Time
from relay.protocol.envelope import EnvelopeId
from relay.protocol.receipts import Relayed

SCHEMA = """
CREATE TABLE IF NOT EXISTS erased (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, stub BLOB NOT NULL) STRICT;
"""


class Erased(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A message that was erased at `at`, because it was to be kept until `due`; or with message `along`, if not 0.

    Of a message of a case: the `case`, and the hash of what was `said` in it; of a package that handed some over, those
    of what the case had taken from it (`desk.cases.taken`).
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
    """The stubs in an open `messages.db`; `seal`, `unsealed` and `pass_over` are the store's own."""

    def __init__(
        self,
        db: sqlite3.Connection,
        seal: Callable[[str, bytes], bytes],
        unsealed: Callable[[str, str, bytes], bytes],
        pass_over: Callable[[DamagedRow], None],
    ) -> None:
        self._db, self._seal, self._unsealed, self._pass_over = db, seal, unsealed, pass_over

    def put(self, key: str, stub: Erased) -> None:
        """Keep a stub, in the caller's transaction."""
        row = (stub.number, key, self._seal(f"erased {key}", encode(stub)))
        self._db.execute("INSERT OR REPLACE INTO erased VALUES (?, ?, ?)", row)

    def has(self, key: str) -> bool:
        """Whether what had that key was erased."""
        return self._db.execute("SELECT 1 FROM erased WHERE key = ?", (key,)).fetchone() is not None

    def went(self, number: int) -> bool:
        """Whether message `number` was erased."""
        return self._row(number) is not None

    def one(self, number: int) -> Erased | None:
        """What stays of message `number`, if it was erased; raises DamagedRow."""
        row = self._row(number)
        return self._stub(row) if row else None

    def all(self) -> Iterator[Erased]:
        """What stays of every message that was erased, oldest first (rule 3)."""
        for row in self._db.execute("SELECT number, key, stub FROM erased ORDER BY number").fetchall():
            try:
                yield self._stub(row)
            except DamagedRow as error:
                self._pass_over(error)

    def _row(self, number: int) -> tuple[int, str, bytes] | None:
        if not 0 < number < 2**63:
            return None
        query = "SELECT number, key, stub FROM erased WHERE number = ?"
        found: tuple[int, str, bytes] | None = self._db.execute(query, (number,)).fetchone()
        return found

    def _stub(self, row: tuple[int, str, bytes]) -> Erased:
        what = f"what stays of message {row[0]}, which was erased,"
        raw = self._unsealed(what, f"erased {row[1]}", row[2])
        try:
            return decode(raw, Erased)
        except Malformed as error:
            raise DamagedRow(f"{what} is damaged on this disk: {error}") from error
