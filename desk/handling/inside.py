"""The messages inside a message: those that are handed over in a case, and those that are passed on. Pure.

A message inside is a signed note of its own, with its own sender and marks. Whether its signatures hold, and whether
the relay took it in when it says, is judged against the directory (`doubt`): what somebody else signed is no word of
who passes it on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from crypto.errors import CryptoError
from crypto.note import Note
from desk.mail.content import HandedNote, HandedOver, PassedOn
from desk.mail.handed import unproven_handed
from desk.mail.message import Message, MessageError, open_message, stored_message
from desk.mail.opening import ever_served
from directory.canonical import Malformed
from directory.view import View

CLAIMED = (
    "when it was sent is only claimed by whoever passes it on, so that keys that were stolen and revoked since could"
    " have signed it too"
)


@dataclass(frozen=True, slots=True)
class Inside:
    """A message inside another: how deep it lies (1: directly inside), and as it was handed on."""

    message: Message
    note: Note
    handed: HandedNote
    depth: int


def inside(message: Message, depth: int = 1) -> Iterator[Inside]:
    """Every message inside one, the outer before the inner; raises what reading them raises, so read it as a message
    first (`desk.mail.message` refuses one whose insides are none)."""
    content = message.content
    for handed in content.notes if isinstance(content, HandedOver | PassedOn) else ():
        inner, note = stored_message(handed.note.encode())
        yield Inside(inner, note, handed, depth)
        yield from inside(inner, depth + 1)


def doubt(found: Inside, view: View) -> str:
    """Why it is not proven that the message inside was sent as it says; empty if it is."""
    return unproven_note(found.message, found.handed, view)


def unproven_note(message: Message, handed: HandedNote, view: View) -> str:
    """The same of a message as it was handed on, whatever it is: one inside, or a consent that goes along."""
    record = view.devices.get(message.sender.device)
    if record is None:
        return "the directory does not know the device that is said to have signed it"
    device = message.sender.device
    try:
        open_message(handed.note.encode(), view.founded.id, view.device_name(device), device, record.keys)
    except (CryptoError, Malformed, MessageError) as error:
        return f"its signatures do not hold: {error}"
    if not ever_served(view, device, message.sender.contact):
        return f"its device never served {message.sender.contact}, in whose name it speaks"
    why = unproven_handed(view, message, handed)
    return f"{CLAIMED}: {why}" if why is not None else ""
