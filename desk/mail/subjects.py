"""What a stored message is about: words under which it is found without opening the others. Pure.

1. A message is named among desks by the SHA-256 of its signed text (`text_hash`): events name each other by it, and so
   do consent and hand-over. A message is found under its own hash, and under everything that what it hands over is
   about: hash, request, case. One that passes something on is found under the hash of that, and belongs to no
   request or case by it.
2. A request is named by the hash of its `send`, a case by that of its `open`: the first event is found under it too.
3. Every subject begins with a word of its own, so that no id of one kind is taken for one of another.
"""

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from crypto.errors import CryptoError
from crypto.note import Note, parse_note
from desk.mail.content import (
    MOST_HANDED_NOTE,
    Consent,
    Drill,
    DutyNote,
    DutyRoster,
    Form,
    HandedOver,
    PassedOn,
    Receipt,
    Text,
)
from desk.mail.message import Message, stored_message
from directory.canonical import Malformed

CONSENT, DRILL, REQUESTS, CASES = "consent", "drill", "requests", "cases"


def text_hash(note: Note) -> str:
    """The hash by which a signed message is named (rule 1)."""
    return sha256(note.text.encode()).hexdigest()


def subjects(message: Message, note: Note) -> Iterator[str]:
    """Everything that a message is about."""
    own = text_hash(note)
    yield f"text {own}"
    content = message.content
    match content:
        case Receipt():
            yield f"receipt {content.message}"
        case DutyRoster():
            yield f"roster {message.sender.contact}"
        case DutyNote():
            yield f"duty-note {message.sender.contact}"
        case Consent():
            yield CONSENT
        case Drill():
            yield DRILL
        case Text(reply_to=answered) | Form(reply_to=answered) if answered is not msgspec.UNSET:
            yield f"reply {answered}"
        case HandedOver():
            yield CASES
            yield f"case {content.case}"
            for each in content.notes:
                yield from _handed(each.note.encode())
        case PassedOn():
            for each in content.notes:
                yield f"text {text_hash(parse_note(each.note.encode(), 4 * MOST_HANDED_NOTE))}"
        case _:
            pass
    yield from _events(message, own)
    if message.again is not msgspec.UNSET:
        yield f"again {message.again}"


def _handed(raw: bytes) -> Iterator[str]:
    """The same of a message that is handed over; nothing of what is none, for anybody can hand over anything."""
    try:
        own = text_hash(parse_note(raw, 4 * MOST_HANDED_NOTE))
        yield f"text {own}"
        yield from _events(stored_message(raw)[0], own)
    except (CryptoError, Malformed):
        return


def _events(message: Message, own: str) -> Iterator[str]:
    if message.request is not msgspec.UNSET:
        yield REQUESTS
        yield f"request {own if message.request.request is msgspec.UNSET else message.request.request}"
    if message.case_event is not msgspec.UNSET:
        yield CASES
        yield f"case {own if message.case_event.case is msgspec.UNSET else message.case_event.case}"
