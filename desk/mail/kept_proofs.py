"""What shows the envelopes of messages, in `messages.db`: one sealed row a message, beside it and erased with it.

Of events, receipts and consents it is always kept (`shows_envelope`). Of other correspondence, which may be passed on,
up to `MOST_PASSED_PROOF`: a message to some forty devices. Of an alert to more it would be larger than the alert, on
every desk; whoever gets that passed on is told that its time is claimed.

A row that is damaged counts as none: without it something is not proven, and that is all.
"""

from collections.abc import Callable
from sqlite3 import Connection

from desk.errors import Usage
from desk.mail.content import Correspondence
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.message import Message, shows_envelope
from directory.canonical import Malformed, decode, encode

MOST_PASSED_PROOF = 64 << 10  # bytes of both headers, about 1.7 KB for each device
_SCHEMA = """
CREATE TABLE IF NOT EXISTS proofs (
    message INTEGER PRIMARY KEY REFERENCES messages (number), sealed BLOB NOT NULL) STRICT
"""


class KeptProofs:
    """The rows in an open `messages.db`; `seal` and `unsealed` are the store's own."""

    def __init__(
        self, db: Connection, seal: Callable[[str, bytes], bytes], unsealed: Callable[[str, str, bytes], bytes]
    ) -> None:
        self._db, self._seal, self._unsealed = db, seal, unsealed
        db.execute(_SCHEMA)

    def keep(self, number: int, message: Message, proof: EnvelopeProof) -> None:
        """Keep what shows the envelope of a message, if it is to be kept, in the caller's transaction."""
        short = len(proof.header) + len(proof.age) <= MOST_PASSED_PROOF
        if shows_envelope(message) or (isinstance(message.content, Correspondence) and short):
            self.put(number, proof)
        else:
            self.forget(number)

    def put(self, number: int, proof: EnvelopeProof) -> None:
        """Keep what shows the envelope of a message, in the caller's transaction; what was there is replaced."""
        row = (number, self._seal(f"proof {self._key(number)}", encode(proof)))
        self._db.execute("INSERT OR REPLACE INTO proofs (message, sealed) VALUES (?, ?)", row)

    def proof(self, number: int) -> EnvelopeProof | None:
        """What shows which envelope a message was in; None if nothing does, or what did is damaged."""
        row = self._db.execute("SELECT sealed FROM proofs WHERE message = ?", (number,)).fetchone()
        try:
            raw = self._unsealed(f"message {number}", f"proof {self._key(number)}", row[0]) if row else None
            return decode(raw, EnvelopeProof) if raw is not None else None
        except (Malformed, Usage):
            return None

    def forget(self, number: int) -> None:
        """Erase it, in the caller's transaction."""
        self._db.execute("DELETE FROM proofs WHERE message = ?", (number,))

    def _key(self, number: int) -> str:
        row = self._db.execute("SELECT key FROM messages WHERE number = ?", (number,)).fetchone()
        return str(row[0]) if row else ""
