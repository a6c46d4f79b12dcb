"""A copy of a lost desk's profile folder, opened with the archive's identity from a recovery file without messages.

1. Only what is sealed to the archive opens: the notes. What the lost desk knew of them (receipts, when they came, what
   was decided) is sealed to its vault, whose identity is in no recovery file; so they come back as messages that
   nothing proves the time of, and signed lines do not come back at all.
2. The copy is read, not written, but for what SQLite keeps beside a database that was copied in use.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from crypto.age import decrypt
from crypto.age_pq import PQIdentity
from crypto.errors import CryptoError
from desk.errors import NotFound, Usage
from desk.files import held_copy, read_pieces
from desk.mail import Direction, Facts
from desk.message import Message, stored_message
from desk.opening import ever_served
from desk.recovery_file import AttachmentRecord, Head, MessageRecord, Record
from directory.canonical import Malformed
from directory.view import View


def copied(folder: Path, head: Head, view: View, damaged: list[str]) -> Iterator[tuple[Record, Iterable[bytes]]]:
    """The messages and attachments in a copied profile, as the records of a recovery file.

    What does not open is named in `damaged`. Raises NotFound or Usage where there is no such copy.
    """
    archive = PQIdentity.parse(head.archive)
    for number, sealed in _rows(folder / "messages.db"):
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
    return "in" if any(ever_served(view, device, each) for each in message.contacts) else "colleague"


def _rows(path: Path) -> Iterator[tuple[int, bytes]]:
    if not path.is_file():
        raise NotFound(f"{path.parent} is no copy of a profile: there is no {path.name} in it")
    beside = path.with_name(path.name + "-wal").exists()
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?{'mode=ro' if beside else 'immutable=1'}", uri=True)
        try:
            yield from db.execute("SELECT number, note FROM messages ORDER BY number")
        finally:
            db.close()
    except sqlite3.Error as error:
        raise Usage(f"{path} is damaged, or cannot be opened: {error}") from error
