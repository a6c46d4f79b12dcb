"""What became of a sent message: all the desk holds proof of, in order of time, from lines and receipts it verified.

The words are those of ETSI EN 319 522 where it has one: submission, relay, consignment (delivered), hand-over (opened);
accepted and refused are ours.

A good signature is not enough. What is shown does *not count* (`Event.counts`, and why stands in its proof)

1. if its device never served a contact that could have done this: one the message was for; for *delivered* the
   sender's own contact too, which gets a copy, and the officers whom the message names (guests of a case); for
   an order about its clock the sender's own contact alone;
2. if the device, its officer or its member was revoked, and it is dated after that. Dated before, it counts, and the
   revocation is told beside it: whoever has the keys of a stolen laptop dates as they like;
3. for *delivered*: if its device had changed the reception keys that signed it (`desk.mail.delivered`);
4. for a receipt: if it is about another envelope than was sent, or nothing proves that its device counted when the
   relay took it in; or if it is of an exercise and the message is real, or the other way round.

Whoever had left every contact that it was for, when it is dated, and was taken in by the relay all the same (which sees
devices, and no contacts), counts, for the clock did end; that is told beside it: telephone, somebody else has to act.

Of a message from a recovery file that does not show it, only the lost desk says in which envelope it came: its receipt
is shown as that, and no line about that envelope counts.

Who passes lines on is the relay, so rules 1 to 3 keep it, and whoever it is in league with, from making up a trail.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from crypto.note import parse_note
from desk.mail.content import Receipt
from desk.mail.delivered import worth
from desk.mail.facts import Facts, Stored, StoredLine
from desk.mail.message import Message
from desk.mail.opening import ever_served, names_officer_of
from desk.mail.store import MailStore
from desk.terminal import stamp
from directory.canonical import read_body
from directory.view import NEVER, View
from relay.protocol.lines import MOST_LINE_BYTES, TYPES, Call, Delivered, Notice, StageOrder, Step
from relay.protocol.receipts import Relayed

_ORDER = {"relayed": 0, "delivered": 1, "opened": 2}  # of what happened within one second
EARLY = {"released-early", "early-or-ahead"}  # of `desk.mail.opening`, O7
_OF_TURNS = ("released", "hastened", "stopped")
_NOT_FOR = "but the message was NOT for them"
_OTHER_ENVELOPE = "about another envelope"
_OTHER_SORT = "one of them is an exercise, the other is not"
_AFTER = "dated after the device was revoked, on"
_LEFT = "its officer had LEFT the contact before, on"
_CHANGED = "reception keys changed since, on"
_CHANGED_BEFORE = "by reception keys that its device had changed before, on"
BY_WORD = "only the lost desk's word ties the receipt to this message"
_TAKEN_IN_BY_WORD = "only the lost desk's word ties it to the relay's receipt for it"
_LINE_BY_WORD = "only the lost desk's word ties it to this message"
_UNPROVEN = "UNPROVEN: nothing shows that the signing device counted then"
AnyLine = Delivered | Step | Call | StageOrder | Notice
NO_ENVELOPE = "0" * 64  # in a receipt for what came in none that is known
_KINDS: dict[str, type[Delivered] | type[Step] | type[Call] | type[StageOrder] | type[Notice]] = {
    "delivered": Delivered,
    "step": Step,
    "call": Call,
    "stage": StageOrder,
    "notice": Notice,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: when, what, at which device or contact, who says so, and a reason if one was given.

    `device` is the id of the device that signed it; empty for what the relay says. `contact` is the one in whose name a
    receipt is; a line is in nobody's.
    """

    at: int
    what: str
    where: str
    proof: str
    reason: str = ""
    counts: bool = True
    device: str = ""
    contact: str = ""

    @property
    def words(self) -> str:
        """What happened, as people are shown it."""
        return self.what if self.counts else f"NOT COUNTED: {self.what}"


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether something counts, and what to say of it beside who signed it."""

    counts: bool
    doubts: tuple[str, ...]

    def proof(self, signer: str) -> str:
        return "; ".join((signer, *self.doubts))


def trail(mail: MailStore, view: View, stored: Stored) -> list[Event]:
    """The events of one message, oldest first."""
    facts, envelope = stored.facts, stored.facts.envelope
    events: list[Event] = []
    if isinstance(facts.relayed, Relayed):
        doubt = f"; {_UNPROVEN}" if "unproven" in facts.warnings else f"; {BY_WORD}" if facts.by_word else ""
        events.append(Event(facts.relayed.leaf.time, "relayed", "relay", f"relay's receipt, both keys{doubt}"))
    lines = (_line_event(line, stored, view) for line in (mail.lines_about(envelope) if envelope else ()))
    events.extend(map(_by_word, lines) if facts.by_word else lines)
    for other in mail.receipts_about(stored.message.id):
        content = other.message.content
        if isinstance(content, Receipt) and other.facts.direction != "out":
            events.append(_receipt_event(other, content, stored, view))
    return sorted(events, key=lambda event: (event.at, _ORDER.get(event.what, len(_ORDER))))


def _by_word(event: Event) -> Event:
    """What a line tells of a message that only a recovery file says to have come in the envelope it is about."""
    return replace(event, counts=False, proof=f"{event.proof}; {_LINE_BY_WORD}")


def clock_lines(mail: MailStore, view: View, stored: Stored) -> list[Notice | Step | StageOrder]:
    """What `desk.mail.schedule` goes by: the lines about a message's clock that are here, and whose signers count."""
    found: list[Notice | Step | StageOrder] = []
    message, envelope = stored.message, stored.facts.envelope
    for kept in mail.lines_about(envelope) if envelope and not stored.facts.by_word else ():
        line = opened_line(kept)
        match line:
            case Notice():
                found.append(line)
            case Step() if _judged(view, line.device, message.contacts, line.at).counts:
                found.append(line)
            case StageOrder() if _judged(view, line.device, (message.sender.contact,), line.at).counts:
                found.append(line)
            case _:
                pass
    return found


def acts_of(mail: MailStore, message: Message, envelope: str, device: str) -> frozenset[str]:
    """What a device has signed of a message that came to it in an envelope: its receipts for it, to its sender and in
    the name of a contact it was for, and its steps about the envelope. A receipt of what only a recovery file had
    brought names no envelope, and says that it was opened."""
    acts = set[str]()
    for each in (stored.message for stored in mail.receipts_about(message.id)):
        content, sender = each.content, each.sender
        fits = (
            sender.device == device and sender.contact in message.contacts and message.sender.contact in each.contacts
        )
        if isinstance(content, Receipt) and fits and content.envelope in (envelope, NO_ENVELOPE):
            acts.add(content.act if content.envelope == envelope else "opened")
    lines = map(opened_line, mail.lines_about(envelope) if envelope else ())
    return frozenset(acts | {each.act for each in lines if isinstance(each, Step) and each.device == device})


def as_ordered(
    mail: MailStore, view: View, message: Message, facts: Facts, warnings: tuple[str, ...]
) -> tuple[str, ...]:
    """The warnings of a message, without that its stage came early where the sender's side has hastened it: by an order
    that is here, and counts."""
    if not EARLY & {*warnings}:
        return warnings
    lines = (opened_line(each) for each in mail.lines_about(facts.envelope))
    orders = (each for each in lines if isinstance(each, StageOrder) and each.act == "hasten")
    ordered = any(
        each.stage >= facts.stage and _judged(view, each.device, (message.sender.contact,), each.at).counts
        for each in orders
    )
    return tuple(each for each in warnings if each not in EARLY) if ordered else warnings


def opened_line(line: StoredLine) -> AnyLine:
    """A line whose signatures were verified before it was stored."""
    kind = _KINDS[line.kind]
    return read_body(parse_note(line.note.encode(), MOST_LINE_BYTES).text, TYPES[kind], kind)


def _line_event(kept: StoredLine, stored: Stored, view: View) -> Event:
    line, message = opened_line(kept), stored.message
    if isinstance(line, Notice):
        where = ", ".join(place(view, each) for each in line.devices)
        what = f"{turn_name(message, line.stage)} {line.event}" if line.event in _OF_TURNS else line.event
        return Event(line.at, what, where, "relay's notice, both keys")
    where = place(view, line.device)
    if isinstance(line, Call):
        return Event(line.at, f"{turn_name(message, line.stage)} signed", where, "the sender's device, both keys")
    relayed = stored.facts.receipt
    size = relayed.leaf.tree_size if relayed is not None else 0
    judged = judged_line(view, kept.note.encode(), line, message, size)
    if isinstance(line, StageOrder):
        what = "clock stopped" if line.act == "stop" else f"hastened: {turn_name(message, line.stage)}"
        proof = judged.proof("the officer's device, both keys")
        return Event(line.at, what, where, proof, counts=judged.counts, device=line.device)
    if isinstance(line, Delivered):
        proof = judged.proof("its reception key, both algorithms")
        return Event(line.at, "delivered", where, proof, counts=judged.counts, device=line.device)
    proof = judged.proof("the officer's device, both keys")
    return Event(line.at, f"clock stopped: {line.act}", where, proof, counts=judged.counts, device=line.device)


def judged_line(view: View, raw: bytes, line: Delivered | Step | StageOrder, message: Message, size: int) -> Judged:
    """What rules 1 to 3 say of a verified line about a message; `size` is the directory's by the receipt for its
    envelope, 0 if there is none."""
    if isinstance(line, StageOrder):
        return _after_leaving(view, line, (message.sender.contact,))
    if isinstance(line, Step):
        return _after_leaving(view, line, message.contacts)
    judged = _judged(view, line.device, (message.sender.contact, *message.contacts), line.at, message)
    changed, good = worth(raw, line, view, size)
    if changed == NEVER:
        return judged
    words = f"{_CHANGED if good else _CHANGED_BEFORE} {stamp(changed)}"
    return Judged(judged.counts and good, (*judged.doubts, words))


def _after_leaving(view: View, line: Step | StageOrder, contacts: Iterable[str]) -> Judged:
    """What rules 1 and 2 say of a line; and what to say where its officer had left all of `contacts` by its time."""
    judged, record = _judged(view, line.device, contacts, line.at), view.devices.get(line.device)
    served = [view.contacts[each] for each in contacts if ever_served(view, line.device, each)]
    if record is None or not served:
        return judged
    left = max(dict(each.left).get(record.officer, NEVER) for each in served)
    if line.at <= left:
        return judged
    return Judged(judged.counts, (*judged.doubts, f"{_LEFT} {stamp(left)}"))


def turn_name(message: Message, number: int) -> str:
    """A turn as people know it: stages count from 0, calls from 1."""
    call = number - len(message.stages)
    return f"call {call + 1}" if 0 <= call < len(message.calls) else f"stage {number}"


def _receipt_event(receipt: Stored, content: Receipt, stored: Stored, view: View) -> Event:
    message, relayed = receipt.message, receipt.facts.relayed
    # Its own time is what its device claims; the relay signed when it came.
    at = max(message.at, relayed.leaf.time) if isinstance(relayed, Relayed) else message.at
    contacts = [each for each in stored.message.contacts if each == message.sender.contact]
    judged = _judged(view, message.sender.device, contacts, at)
    came = relayed.leaf.time if isinstance(relayed, Relayed) else 0
    apart = f"signed {stamp(message.at)}, taken in by the relay {stamp(came)}"
    against = (
        *((_OTHER_ENVELOPE,) if content.envelope != stored.facts.envelope else ()),
        *((_OTHER_SORT,) if message.exercise != stored.message.exercise else ()),
        *((_UNPROVEN,) if "unproven" in receipt.facts.warnings else ()),
        *((_TAKEN_IN_BY_WORD,) if receipt.facts.by_word and came else ()),
    )
    beside = (*((apart,) if "dated" in receipt.facts.warnings else ()),)
    whole = Judged(judged.counts and not against, judged.doubts + against + beside)
    where = f"{message.sender.contact} (device {message.sender.device[:8]})"
    proof = whole.proof("the officer's device, both keys")
    device, contact = message.sender.device, message.sender.contact
    return Event(message.at, content.act, where, proof, content.reason, whole.counts, device, contact)


def _judged(view: View, device: str, contacts: Iterable[str], at: int, message: Message | None = None) -> Judged:
    """What rules 1 and 2 say of something a device signed, dated `at`, for one of `contacts`, or for an officer whom
    `message` names."""
    revoked = revoked_at(view, device)
    named = message is not None and names_officer_of(view, message, device)
    doubts = [] if named or any(ever_served(view, device, each) for each in contacts) else [_NOT_FOR]
    counts = not doubts and (revoked is None or at <= revoked)
    if revoked is not None:
        doubts.append(f"device revoked since, on {stamp(revoked)}" if at <= revoked else f"{_AFTER} {stamp(revoked)}")
    return Judged(counts, tuple(doubts))


def revoked_at(view: View, device: str) -> int | None:
    """When a device, its officer or its member was revoked, by the statement that says so; None if none was."""
    record = view.devices.get(device)
    if record is None:
        return None
    officer = view.officers[record.officer]
    ends = {
        f"device/{device}": record.revoked,
        f"officer/{record.officer}": officer.revoked,
        f"member/{officer.member}": view.members[officer.member].revoked,
    }
    return min((view.subjects[subject].last_at for subject, end in ends.items() if end != NEVER), default=None)


def place(view: View, device: str) -> str:
    """A device as people know it: its member, and the beginning of its id."""
    record = view.devices.get(device)
    member = view.officers[record.officer].member if record else "?"
    return f"{member} (device {device[:8]})"
