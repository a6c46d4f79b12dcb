"""Messages on disk: every row an age file, nothing of it readable without the passphrase.

1. A message is kept as its signed note, sealed to the archive recipient: the stock `age` tool opens it in twenty years.
2. What the desk knows about it (`Facts`) is a second age file, sealed to the vault, replaced when it changes.
3. In the clear: a running number, and a hash of sender device and message id, which makes duplicates recognisable. An
   envelope that waits in the outbox is sealed to the vault too: its header says for whom it is.
4. Storing a message twice stores it once. Another text under the same device and id is another matter (`OtherText`):
   what came first stays, and the other is no duplicate of it.
5. An outgoing message and its place in the outbox are one transaction.
6. What is sealed to the vault says which message it belongs to, and a note is held against the hash beside it. Whoever
   writes this file can take a row away, or put back what was known earlier of the same message; they cannot hang one
   message's facts (what was warned of, who has accepted) on another.
7. A row that is not what was put there (`DamagedRow`) is refused where it alone is asked for. Where all are, it is
   passed over and stands in `damaged`: one bad row keeps nobody from the others.
8. What is erased leaves a stub, its number and its hash, and is not taken in again (`desk.mail.erased`).
9. However many rows there are, few are in memory at once; and whoever goes through them may change them meanwhile.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from crypto.age import decrypt, encrypt
from crypto.errors import CryptoError
from desk.database import connect, forget_deleted
from desk.errors import DeskError, NotFound
from desk.keys.keyring import Keyring
from desk.mail.damaged import DamagedRow
from desk.mail.erased import SCHEMA as ERASED
from desk.mail.erased import Erased, ErasedRows
from desk.mail.facts import Facts, Stored, StoredLine, Waiting
from desk.mail.kept_proofs import KeptProofs
from desk.mail.marks import SCHEMA as MARKS
from desk.mail.marks import Marks
from desk.mail.message import Message, stored_message
from desk.mail.row_tags import RowTags
from desk.mail.subjects import subjects
from directory.canonical import Malformed, decode, encode

# As SQLite keeps it, which leaves out that it may be there already: a copy of a profile is held against it.
MESSAGES_TABLE = (
    "CREATE TABLE messages (\n"
    "    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, note BLOB NOT NULL, "
    "facts BLOB NOT NULL) STRICT"
)
_SCHEMA = f"""
{MESSAGES_TABLE.replace("TABLE", "TABLE IF NOT EXISTS", 1)};
CREATE TABLE IF NOT EXISTS lines (
    number INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, sealed BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL UNIQUE REFERENCES messages (number),
    envelope BLOB) STRICT;
{MARKS}{ERASED}
"""

_NUMBERS = 2**63  # SQLite's integers end here
_NUMBERS_AT_ONCE = 1000  # of rows, which themselves are in memory one at a time (rule 9)


class OtherText(ValueError):
    """Message `number` has the same sender device and id, and says something else."""

    def __init__(self, number: int) -> None:
        super().__init__(f"it has the id of message {number}, from the same device, and says something else")
        self.number = number


class MailStore:
    """`messages.db`, unlocked; used by one thread of one process at a time."""

    def __init__(self, path: Path, keyring: Keyring) -> None:
        self._keyring = keyring
        self.damaged: list[str] = []  # what was passed over (rule 7), each once
        self._gathering = False
        self._db = connect(path, _SCHEMA, "a new one is made, and what stood in this one is lost")
        self._marks = Marks(self._db, keyring.mail_marks)
        self.tags = RowTags(self._db)
        self.gone = ErasedRows(self._db, self._seal, self._unsealed, self._pass_over)
        self.proofs = KeptProofs(self._db, self._seal, self._unsealed)
        self._changes = self._db.total_changes

    @property
    def changed(self) -> bool:
        """Whether anything was written since this was opened."""
        return self._db.total_changes > self._changes

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is added or noted in the block is one transaction: many small changes, one wait for the disk."""
        with self._db:
            self._gathering = True
            try:
                yield
            finally:
                self._gathering = False

    def add(
        self,
        message: Message,
        note: bytes,
        facts: Facts,
        *,
        queue: bool = False,
        update: tuple[int, Facts] | None = None,
    ) -> int | None:
        """Store a message, and with `queue` put it into the outbox; returns its number, None for one held already, or
        erased.

        Raises OtherText if what is held under its id says something else. `update` is what becomes known of another
        message by this one, in the same transaction.
        """
        key = message_key(message)
        if self.was_erased(message):
            return None
        row = (key, encrypt(note, [self._keyring.archive_recipient]), self._seal_facts(key, facts))
        with self._change():
            cursor = self._db.execute(
                "INSERT INTO messages (key, note, facts) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row
            )
            if cursor.rowcount == 0:
                self.check_same(message, note)
                return None
            number = int(cursor.lastrowid or 0)
            if queue:
                self._db.execute("INSERT INTO outbox (message) VALUES (?)", (number,))
            if update:
                self._replace_facts(*update)
        return number

    def get(self, number: int) -> Stored:
        """Message `number`; raises NotFound."""
        query = "SELECT number, key, note, facts FROM messages WHERE number = ?"
        row = self._db.execute(query, (number,)).fetchone() if 0 < number < _NUMBERS else None
        if row is None:
            gone = self.gone.one(number)
            raise NotFound(gone.words if gone else f"there is no message {number}; `enlace inbox` lists them")
        return self._open(row)

    def all(self, after: int = 0) -> Iterator[Stored]:
        """Every message that opens, of those with numbers above `after`, oldest first (rule 7)."""
        for row in self._each("messages", "number, key, note, facts", after):
            try:
                stored = self._open(row)
            except DamagedRow as error:
                self._pass_over(error)
                continue
            yield stored

    def some(self, numbers: Iterable[int]) -> Iterator[Stored]:
        """The messages of those numbers that are there and open (rule 7)."""
        for number in numbers:
            try:
                yield self.get(number)
            except (DamagedRow, NotFound) as error:
                self._pass_over(error)

    def receipts_about(self, message: str) -> list[Stored]:
        """A message's receipts by its id, oldest first, without opening the others."""
        return self.about(f"receipt {message}")

    def about(self, subject: str, most: int = 0) -> list[Stored]:
        """The messages about a subject (`desk.mail.subjects`), oldest first, without opening the others (rule 7); with
        `most`, only the last so many that were stored."""
        fresh = self._subjects(self._marks.upto("subject"))
        marked = self._marks.follow("subject", fresh, self.newest())
        every = (number for number, about in self._subjects() if about == subject)
        numbers = sorted({*(self._marks.rows("subject", subject) if marked else every)})[-most:]
        return [each for each in self.some(numbers) if subject in subjects(*stored_message(each.note))]

    def _subjects(self, after: int = 0) -> Iterator[tuple[int, str]]:
        """The messages with numbers above `after`, once for each subject."""
        for each in self.all(after):
            for subject in set(subjects(*stored_message(each.note))):
                yield each.number, subject

    def newest(self) -> int:
        """The number of the message stored last; 0 if none ever was."""
        numbers = "SELECT number FROM messages UNION ALL SELECT number FROM erased"
        return int(self._db.execute(f"SELECT coalesce(max(number), 0) FROM ({numbers})").fetchone()[0])  # noqa: S608  # ours

    def count(self, after: int = 0) -> int:
        """How many messages and receipts are stored under numbers above `after`."""
        return int(self._db.execute("SELECT count(*) FROM messages WHERE number > ?", (after,)).fetchone()[0])

    def has(self, message: Message) -> bool:
        """Whether a message of that sender device and id is held."""
        return self.number_of(message_key(message)) > 0

    def number_of(self, key: str) -> int:
        """The number of the message with that key; 0 if it is not held."""
        row = self._db.execute("SELECT number FROM messages WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def find(self, device: str, message: str) -> Stored | None:
        """The message of a sender device under an id, if it is held; raises DamagedRow."""
        row = self._db.execute(
            "SELECT number, key, note, facts FROM messages WHERE key = ?", (_key(device, message),)
        ).fetchone()
        return self._open(row) if row else None

    def note_facts(self, number: int, facts: Facts) -> None:
        """Replace what is known of message `number`."""
        with self._change():
            self._replace_facts(number, facts)

    def erase(self, number: int, stub: Erased) -> None:
        """Erase message `number` and its place in the outbox, in one transaction; `stub` is what stays (rule 8)."""
        key = self._key_of(number)
        with self._change():
            self._db.execute("DELETE FROM outbox WHERE message = ?", (number,))
            self.proofs.forget(number)
            self.gone.put(key, stub)
            self._db.execute("DELETE FROM messages WHERE number = ?", (number,))
            self._marks.forget("subject", number)
        if not self._gathering:
            forget_deleted(self._db)

    def was_erased(self, message: Message) -> bool:
        """Whether a message of that sender device and id was held, and erased."""
        return self.gone.has(message_key(message))

    def waiting(self) -> list[Waiting]:
        """What is in the outbox, oldest first. What does not open stays there, and is not sent (rule 7)."""
        found: list[Waiting] = []
        for number, sealed in self._db.execute("SELECT message, envelope FROM outbox ORDER BY number").fetchall():
            try:
                found.append(Waiting(self.get(number), self._envelope(number, sealed)))
            except (DamagedRow, NotFound) as error:
                self._pass_over(error, ". It was to be sent, and cannot be: send it anew")
        return found

    def waits(self, number: int) -> bool:
        """Whether message `number` is in the outbox."""
        return self._db.execute("SELECT 1 FROM outbox WHERE message = ?", (number,)).fetchone() is not None

    def sealed(self, number: int, envelope: bytes | None) -> None:
        """Keep the envelope that is about to be submitted: after an unknown outcome the same bytes go again."""
        row = (self._seal(f"envelope {self._key_of(number)}", envelope) if envelope is not None else None, number)
        with self._db:
            self._db.execute("UPDATE outbox SET envelope = ? WHERE message = ?", row)

    def sent(self, number: int, facts: Facts) -> None:
        """The relay has the message and its receipt was verified: out of the outbox, in one transaction."""
        with self._db:
            self._replace_facts(number, facts)
            self._db.execute("DELETE FROM outbox WHERE message = ?", (number,))

    def given_up(self, number: int) -> None:
        """The message expired before the relay took it in: out of the outbox, and kept as never sent."""
        with self._db:
            self._db.execute("DELETE FROM outbox WHERE message = ?", (number,))

    def add_line(self, line: StoredLine) -> bool:
        """Keep a verified line; returns False for one held already."""
        row = (sha256(line.note.encode()).hexdigest(), self._seal("line", encode(line)))
        with self._change():
            cursor = self._db.execute("INSERT INTO lines (hash, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING", row)
        return cursor.rowcount > 0

    def lines(self) -> list[StoredLine]:
        """Every line that opens, oldest first (rule 7)."""
        return list(self.each_line())

    def each_line(self) -> Iterator[StoredLine]:
        """The same, one at a time (rule 9)."""
        return (line for _, line in self._lines(self._each("lines", "number, sealed")))

    def lines_about(self, envelope: str) -> list[StoredLine]:
        """The lines about an envelope, oldest first, without opening the others (`desk.mail.marks`; rule 7)."""
        return [line for _, line in self._about_envelope(envelope)]

    def forget_lines(self, envelope: str) -> None:
        """Erase the lines about an envelope, but for the newest line of all: its number would be given again, to a line
        that nobody would look at."""
        numbers = [number for number, _ in self._about_envelope(envelope)]
        with self._change():
            for number in numbers:
                query = "DELETE FROM lines WHERE number = ? AND number < (SELECT max(number) FROM lines)"
                if self._db.execute(query, (number,)).rowcount:
                    self._marks.forget("line", number)
        if not self._gathering:
            forget_deleted(self._db)

    def _about_envelope(self, envelope: str) -> list[tuple[int, StoredLine]]:
        upto = self._marks.upto("line")
        newest = int(self._db.execute("SELECT coalesce(max(number), 0) FROM lines").fetchone()[0])
        fresh = self._lines(self._each("lines", "number, sealed", upto))
        if not self._marks.follow("line", ((number, line.envelope) for number, line in fresh), newest):
            every = self._lines(self._each("lines", "number, sealed"))
            return [each for each in every if each[1].envelope == envelope]
        query, numbers = "SELECT number, sealed FROM lines WHERE number = ?", self._marks.rows("line", envelope)
        rows = (self._db.execute(query, (each,)).fetchone() for each in sorted({*numbers}))
        return [each for each in self._lines(each for each in rows if each) if each[1].envelope == envelope]

    def _lines(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, StoredLine]]:
        for number, sealed in rows:
            try:
                line = decode(self._unsealed(f"line {number}", "line", sealed), StoredLine)
            except DamagedRow as error:
                self._pass_over(error)
            except Malformed as error:
                self._pass_over(DamagedRow(f"line {number} is damaged on this disk: {error}"))
            else:
                yield int(number), line

    def _each(self, table: str, columns: str, last: int = 0) -> Iterator[tuple[Any, ...]]:
        """The rows of a table with numbers above `last`, by number (rule 9)."""
        query = f"SELECT number FROM {table} WHERE number > ? ORDER BY number LIMIT {_NUMBERS_AT_ONCE}"  # noqa: S608  # ours
        while numbers := [each for (each,) in self._db.execute(query, (last,)).fetchall()]:
            for last in numbers:
                row = self._db.execute(f"SELECT {columns} FROM {table} WHERE number = ?", (last,)).fetchone()  # noqa: S608  # ours
                if row is not None:
                    yield row

    @contextmanager
    def _change(self) -> Iterator[None]:
        """A transaction of its own, or a part of the one that gathers changes."""
        if self._gathering:
            yield
            return
        with self._db:
            yield

    def _pass_over(self, error: DeskError, what: str = "") -> None:
        words = f"{error}{what}"
        if words not in self.damaged:
            self.damaged.append(words)

    def check_same(self, message: Message, note: bytes) -> None:
        """Return unless another text is held under the message's id; raise OtherText if so.

        The text counts, not its signatures: one of them is another every time it is made.
        """
        held = self.find(message.sender.device, message.id)
        if held is not None and stored_message(held.note)[1].text != stored_message(note)[1].text:
            raise OtherText(held.number)

    def _open(self, row: tuple[int, str, bytes, bytes]) -> Stored:
        number, key, sealed_note, sealed_facts = row
        what = f"message {number}"
        try:
            note = decrypt(sealed_note, [self._keyring.archive])
            message = stored_message(note)[0]
            if message_key(message) != key:
                raise Malformed("it is another message than was stored there")
            facts = decode(self._unsealed(what, f"facts {key}", sealed_facts), Facts)
        except (CryptoError, Malformed) as error:
            raise DamagedRow(f"{what} is damaged on this disk: {error}") from error
        return Stored(number, message, facts, note)

    def _envelope(self, number: int, sealed: bytes | None) -> bytes | None:
        if sealed is None:
            return None
        return self._unsealed(f"outbox {number}", f"envelope {self._key_of(number)}", sealed)

    def _key_of(self, number: int) -> str:
        row = self._db.execute("SELECT key FROM messages WHERE number = ?", (number,)).fetchone()
        return str(row[0]) if row else ""

    def _replace_facts(self, number: int, facts: Facts) -> None:
        row = (self._seal_facts(self._key_of(number), facts), number)
        self._db.execute("UPDATE messages SET facts = ? WHERE number = ?", row)

    def _seal_facts(self, key: str, facts: Facts) -> bytes:
        return self._seal(f"facts {key}", encode(facts))

    def _seal(self, about: str, data: bytes) -> bytes:
        return encrypt(_head(about) + data, [self._keyring.vault_identity.recipient()])

    def _unsealed(self, what: str, about: str, sealed: bytes) -> bytes:
        try:
            text = decrypt(sealed, [self._keyring.vault_identity])
        except CryptoError as error:
            raise DamagedRow(f"{what} is damaged on this disk: {error}") from error
        if not text.startswith(_head(about)):
            raise DamagedRow(f"{what} is damaged on this disk: what is kept there belongs elsewhere")
        return text[len(_head(about)) :]


def _head(about: str) -> bytes:
    """What sealed bytes begin with (rule 6); the vault's own files begin otherwise."""
    return f"enlace/mail/v1 {about}\n".encode()


def message_key(message: Message) -> str:
    """What makes a message the same message: its sender device and id, hashed."""
    return _key(message.sender.device, message.id)


def _key(device: str, message: str) -> str:
    return sha256(f"{device}\n{message}".encode()).hexdigest()
