"""What became of a sent message: all the desk holds proof of, in order of time, from lines and receipts it verified.

The words are those of ETSI EN 319 522 where it has one: submission, relay, consignment (delivered), hand-over (opened);
accepted and refused are ours.
"""

from dataclasses import dataclass

from crypto.note import parse_note
from desk.mail import MailStore, Stored, StoredLine
from desk.message import Message, Receipt
from desk.opening import ever_served
from directory.canonical import read_body
from directory.view import View
from relay.protocol.lines import MOST_LINE_BYTES, TYPES, Delivered, Notice, Step
from relay.protocol.receipts import Relayed

_ORDER = {"relayed": 0, "delivered": 1, "opened": 2}  # of what happened within one second
_NOT_FOR = "but the message was NOT for them"
_UNPROVEN = "UNPROVEN: nothing shows that the signing device counted then"
_KINDS: dict[str, type[Delivered] | type[Step] | type[Notice]] = {
    "delivered": Delivered,
    "step": Step,
    "notice": Notice,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: when, what, at which device or contact, who says so, and a reason if one was given."""

    at: int
    what: str
    where: str
    proof: str
    reason: str = ""


def trail(mail: MailStore, view: View, stored: Stored) -> list[Event]:
    """The events of one message, oldest first."""
    facts, envelope = stored.facts, stored.facts.envelope
    events: list[Event] = []
    if isinstance(facts.relayed, Relayed):
        doubt = f"; {_UNPROVEN}" if "unproven" in facts.warnings else ""
        events.append(Event(facts.relayed.leaf.time, "relayed", "relay", f"relay's receipt, both keys{doubt}"))
    lines = (line for line in mail.lines() if line.envelope == envelope and envelope)
    events.extend(_line_event(_opened(line), stored.message, view) for line in lines)
    for other in mail.all():
        content = other.message.content
        if isinstance(content, Receipt) and content.message == stored.message.id and other.facts.direction != "out":
            where = f"{other.message.sender.contact} (device {other.message.sender.device[:8]})"
            proof = _receipt_proof(other, content, stored)
            events.append(Event(other.message.at, content.act, where, proof, content.reason))
    return sorted(events, key=lambda event: (event.at, _ORDER.get(event.what, len(_ORDER))))


def _opened(line: StoredLine) -> Delivered | Step | Notice:
    """A line whose signatures were verified before it was stored."""
    kind = _KINDS[line.kind]
    return read_body(parse_note(line.note.encode(), MOST_LINE_BYTES).text, TYPES[kind], kind)


def _line_event(line: Delivered | Step | Notice, message: Message, view: View) -> Event:
    if isinstance(line, Notice):
        where = ", ".join(place(view, each) for each in line.devices)
        what = f"stage {line.stage} released" if line.event == "released" else line.event
        return Event(line.at, what, where, "relay's notice, both keys")
    contacts = [message.sender.contact, *_contacts(message)]
    # The relay chooses whose lines it passes on: one of a device that the message was not for proves nothing.
    doubt = "" if any(ever_served(view, line.device, each) for each in contacts) else f"; {_NOT_FOR}"
    if isinstance(line, Delivered):
        return Event(line.at, "delivered", place(view, line.device), f"its reception key, both algorithms{doubt}")
    proof = f"the officer's device, both keys{doubt}"
    return Event(line.at, f"clock stopped: {line.act}", place(view, line.device), proof)


def _receipt_proof(receipt: Stored, content: Receipt, stored: Stored) -> str:
    """Who signed a receipt, and what there is to doubt about it."""
    doubts = [
        *([_NOT_FOR] if receipt.message.sender.contact not in _contacts(stored.message) else []),
        *(["about another envelope"] if content.envelope != stored.facts.envelope else []),
        *([_UNPROVEN] if "unproven" in receipt.facts.warnings else []),
    ]
    return "; ".join(["the officer's device, both keys", *doubts])


def _contacts(message: Message) -> list[str]:
    return [contact for stage in message.stages for contact in stage.contacts]


def place(view: View, device: str) -> str:
    """A device as people know it: its member, and the beginning of its id."""
    record = view.devices.get(device)
    member = view.officers[record.officer].member if record else "?"
    return f"{member} (device {device[:8]})"
