"""What became of a sent message: all that the desk holds proof of, in order of time, from lines and receipts it verified.

The words are those of ETSI EN 319 522 where it has one: submission, relay, consignment (delivered), hand-over (opened);
accepted and refused are ours.
"""

from dataclasses import dataclass

from crypto.note import parse_note
from desk.mail import MailStore, Stored
from desk.message import Receipt
from directory.canonical import read_body
from directory.view import View
from relay.protocol.lines import TYPES, Delivered, Notice, Step
from relay.protocol.receipts import Relayed

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
    events: list[Event] = []
    facts, envelope = stored.facts, stored.facts.envelope
    if isinstance(facts.relayed, Relayed):
        events.append(Event(facts.relayed.leaf.time, "relayed", "relay", "relay's receipt, both keys"))
    for line in mail.lines():
        if line.envelope == envelope and envelope:
            kind = _KINDS[line.kind]
            events.append(_line_event(read_body(parse_note(line.note.encode()).text, TYPES[kind], kind), view))
    for other in mail.all():
        content = other.message.content
        if isinstance(content, Receipt) and content.message == stored.message.id and other.facts.direction != "out":
            where = f"{other.message.sender.contact} (device {other.message.sender.device[:8]})"
            events.append(
                Event(other.message.at, content.act, where, "the officer's device, both keys", content.reason)
            )
    return sorted(events, key=lambda event: event.at)


def _line_event(line: Delivered | Step | Notice, view: View) -> Event:
    if isinstance(line, Delivered):
        return Event(line.at, "delivered", place(view, line.device), "its reception key, both algorithms")
    if isinstance(line, Step):
        return Event(line.at, f"clock stopped: {line.act}", place(view, line.device), "the officer's device, both keys")
    where = ", ".join(place(view, each) for each in line.devices)
    what = f"stage {line.stage} released" if line.event == "released" else line.event
    return Event(line.at, what, where, "relay's notice, both keys")


def place(view: View, device: str) -> str:
    """A device as people know it: its member, and the beginning of its id."""
    record = view.devices.get(device)
    member = view.officers[record.officer].member if record else "?"
    return f"{member} (device {device[:8]})"
