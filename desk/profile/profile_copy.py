"""A copy of a lost desk's profile folder, opened with the archive's identity from a recovery file without messages.

1. Only what is sealed to the archive opens: the notes. What the lost desk knew of them (receipts, when they came, what
   was decided) is sealed to its vault, whose identity is in no recovery file; so they come back as messages that
   nothing proves the time of, and signed lines do not come back at all.
2. The copy is read, not written, but for what SQLite keeps beside a database that was copied in use.
3. Who hands the copy over may have made it. Its `messages` is the table that a desk makes, word for word: no view, no
   computed column, nothing that SQLite would work out while it reads. Rows come by rising numbers, one at a time; a row
   that cannot be a note is named and passed over; all together are no more bytes than the file has; and no single
   question goes on for more than `MOST_STEPS` of SQLite's steps.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from crypto.age import decrypt
from crypto.age_pq import PQIdentity
from crypto.errors import CryptoError
from desk.errors import NotFound, Usage
from desk.mail.attachments import held_copy, read_pieces
from desk.mail.facts import Direction, Facts
from desk.mail.message import MOST_MESSAGE_BYTES, Message, stored_message
from desk.mail.opening import ever_served, names_officer_of
from desk.mail.store import MESSAGES_TABLE
from desk.profile.recovery_file import AttachmentRecord, Head, MessageRecord, Record
from directory.canonical import Malformed
from directory.view import View

MOST_SEALED = MOST_MESSAGE_BYTES + (64 << 10)  # a note as age seals it to one recipient
MOST_STEPS = 1_000_000  # a thousand numbers are some ten thousand
_AT_ONCE = 1000


def copied(folder: Path, head: Head, view: View, damaged: list[str]) -> Iterator[tuple[Record, Iterable[bytes]]]:
    """The messages and attachments in a copied profile, as the records of a recovery file.

    What does not open is named in `damaged`. Raises NotFound or Usage where there is no such copy.
    """
    archive = PQIdentity.parse(head.archive)
    for number, sealed in _rows(folder / "messages.db"):
        if sealed is None:
            damaged.append(f"message {number} of the copy is damaged: what stands there is no sealed message")
            continue
        try:
            note = decrypt(sealed, [archive])
            message = stored_message(note)[0]
        except (CryptoError, Malformed) as error:
            damaged.append(f"message {number} of the copy does not open: {error}")
            continue
        facts = Facts(direction=_direction(view, message, head.device))
        yield MessageRecord(facts=facts, size=len(note)), (note,)
        for file in message.attachments:
            path = held_copy(file, folder / "files")
            if path is not None:
                yield AttachmentRecord(hash=file.cipher_hash, size=file.cipher_size), read_pieces(path)


def _direction(view: View, message: Message, device: str) -> Direction:
    if message.sender.device == device:
        return "out"
    mine = not message.own_side and any(ever_served(view, device, each) for each in message.contacts)
    return "in" if mine or names_officer_of(view, message, device) else "colleague"


def _rows(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Every row by its number, with None for what cannot be a sealed note (rule 3)."""
    if not path.is_file():
        raise NotFound(f"{path.parent} is no copy of a profile: there is no {path.name} in it")
    beside = path.with_name(path.name + "-wal")
    in_use = beside.exists()
    try:
        left = path.stat().st_size + (beside.stat().st_size if in_use else 0)
        db = sqlite3.connect(f"{path.resolve().as_uri()}?{'mode=ro' if in_use else 'immutable=1'}", uri=True)
        try:
            _check_made_by_a_desk(db, path)
            for number in _numbers(db):
                sealed = _sealed(db, number)
                left -= len(sealed or b"0")
                if left < 0:
                    raise sqlite3.DatabaseError("more comes out of it than stands in it")
                yield number, sealed
        finally:
            db.close()
    except (OSError, sqlite3.Error) as error:
        raise Usage(f"{path} is damaged, or cannot be opened: {error}") from error


def _check_made_by_a_desk(db: sqlite3.Connection, path: Path) -> None:
    """Return if `messages` is the table that a desk makes, and nothing else; raises Usage."""
    db.execute("PRAGMA trusted_schema = OFF")
    _bounded(db)
    found = db.execute("SELECT type, tbl_name, sql FROM sqlite_schema WHERE lower(name) = 'messages'").fetchall()
    if found != [("table", "messages", MESSAGES_TABLE)]:
        raise Usage(f"{path} is no message store of Enlace's, or one of another version; nothing was read from it")


def _numbers(db: sqlite3.Connection) -> Iterator[int]:
    last = 0
    query = "SELECT number FROM messages WHERE number > ? ORDER BY number LIMIT ?"
    while found := _asked(db, query, last, _AT_ONCE):
        for (number,) in found:
            if number <= last:
                raise sqlite3.DatabaseError("its rows are out of order")
            last = number
            yield number


def _sealed(db: sqlite3.Connection, number: int) -> bytes | None:
    ((kind, size),) = _asked(db, "SELECT typeof(note), length(note) FROM messages WHERE number = ?", number) or [
        ("", 0)
    ]
    if kind != "blob" or not 0 < size <= MOST_SEALED:
        return None
    ((note,),) = _asked(db, "SELECT note FROM messages WHERE number = ?", number)
    return bytes(note)


def _asked(db: sqlite3.Connection, query: str, *values: int) -> list[tuple[Any, ...]]:
    """All of the answer to one question; raises sqlite3.OperationalError if it goes on for too long."""
    _bounded(db)
    return db.execute(query, values).fetchall()


def _bounded(db: sqlite3.Connection) -> None:
    """Let what is asked next take no more than `MOST_STEPS` steps."""
    db.set_progress_handler(lambda: 1, MOST_STEPS)
