"""What a checked bundle proves, message by message: who, to whom, when, by what; and what rests on a word. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from desk.cases.acts import Say
from desk.cases.bundle_checked import Contents, sealed_to
from desk.cases.held import HeldEvent
from desk.cases.thread_shown import SHORT
from desk.mail.shown import headline
from desk.safe_text import line
from desk.terminal import stamp
from directory.replay import Alarm, check_other
from relay.protocol.lines import Delivered, Step


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that is said of a message: whether it is proven, and by what, or why not."""

    what: str
    proven: bool
    by: str

    @property
    def words(self) -> str:
        """As people read it."""
        return f"{'proven ' if self.proven else 'CLAIMED'}  {self.what}: {self.by}"

    @property
    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {"what": self.what, "proven": self.proven, "by": self.by}


def claims(contents: Contents, event: HeldEvent) -> Iterator[Claim]:
    """Everything that is said of one event of the case."""
    message, signed, view = event.message, event.signed, contents.view
    member = view.officers[signed.officer].member
    device = f"device {signed.device[:SHORT]} of officer {signed.officer[:SHORT]}, {member}"
    yield Claim(f"signed by {device}", True, "both signatures, with the keys that the directory gives to this device")
    to = ", ".join((*message.contacts, *(f"officer {each[:SHORT]}" for each in message.officers)))
    yield Claim(f"for {to}", True, "the recipients stand inside the signature")
    yield from _earliest(contents, event)
    yield _in_the_name(event)
    devices = sealed_to(event)
    if devices is not None:
        named = ", ".join(sorted(each[:SHORT] for each in devices))
        by = f"the header of envelope {event.envelope[:SHORT]} names them, which is made again from this message"
        yield Claim(f"sealed for devices {named}", True, by)
    yield from _seen(contents, event)
    yield from _fate(contents, event)
    for file in message.attachments:
        there = contents.opened(file) is not None
        why = contents.left_out.get(file.cipher_hash, "what has its hash is something else than was signed here")
        opened = "its bytes, opened, have the hash that was signed"
        by = opened if there else f"not in here ({why.replace('-', ' ')}); its hash was signed"
        yield Claim(f"attachment {line(file.name)}", there, by)


def _earliest(contents: Contents, event: HeldEvent) -> Iterator[Claim]:
    """A message carries a checkpoint, so it was written after that."""
    try:
        theirs = check_other(contents.replica, event.message.checkpoint.encode())
    except Alarm:
        return
    by = "it carries a checkpoint that the log signed then, by the log's clock"
    yield Claim(f"not written before {stamp(theirs.time)}", True, by)


def _in_the_name(event: HeldEvent) -> Claim:
    """In whose name, and when the relay took it in; proven only where all of that is in here."""
    signed, message, relayed = event.signed, event.message, event.relayed
    if signed.taken_in is not None:
        what = f"in the name of {signed.contact}, taken in by the relay at {stamp(signed.taken_in)}"
        by = f"the device served it at {signed.size} statements, by the log; the relay's receipt, both keys, is for "
        by += f"envelope {event.envelope[:SHORT]}, which is made again, byte by byte, from this message"
        return Claim(what, True, by)
    what = f"in the name of {signed.contact}, at {stamp(message.at)}"
    if relayed is None:
        return Claim(what, False, "no receipt of the relay proves it")
    if event.proof is not None:
        return Claim(what, False, "the device did not count, or did not serve it, when the relay took the envelope in")
    by = f"there is a receipt of the relay for envelope {event.envelope[:SHORT]}, of {stamp(relayed.leaf.time)}; that "
    return Claim(what, False, f"{by}this message was in it, is the word of whoever exported this")


def _seen(contents: Contents, event: HeldEvent) -> Iterator[Claim]:
    """Who has signed, in a later act, that they had this very text."""
    found: dict[str, int] = {}
    for each in contents.held.events.values():
        other = each.signed
        names_it = event.signed.id in (*other.after, *other.seen) and other.contact != event.signed.contact
        if names_it and other.taken_in is not None:
            found[other.contact] = min(found.get(other.contact, other.taken_in), other.taken_in)
    for contact, at in sorted(found.items()):
        by = "they named this very text in an act of theirs, which the relay took in then"
        yield Claim(f"known to {contact} by {stamp(at)}", True, by)


def _fate(contents: Contents, event: HeldEvent) -> Iterator[Claim]:
    """Delivered, opened, accepted, refused: of this message only where its envelope is shown, and by devices that
    counted when it is dated (`desk.mail.trail`)."""
    view, shown = contents.view, event.proof is not None
    unshown = "" if shown else "; that this message was in it, is the word of whoever exported this"
    for checked in contents.lines.get(event.envelope, ()) if event.envelope else ():
        each, judged = checked.line, checked.judged
        if isinstance(each, Delivered | Step):
            member = view.officers[view.devices[each.device].officer].member
            what = "delivered to" if isinstance(each, Delivered) else f"{each.act} by"
            keys = "its reception keys" if isinstance(each, Delivered) else "its keys"
            by = judged.proof(f"{keys} signed that, about the envelope; the time is its own clock's{unshown}")
            proven = shown and judged.counts
            yield Claim(f"{what} device {each.device[:SHORT]}, {member}, at {stamp(each.at)}", proven, by)
    for answer in contents.answers.get(event.envelope, ()) if event.envelope else ():
        sender = answer.message.sender
        when = answer.relayed.leaf.time if answer.relayed is not None and answer.proven else answer.message.at
        counted = "a device of that contact signed so, and counted then"
        by = (counted if answer.proven else "nothing proves that its device counted") + unshown
        who = f"{answer.content.act} by {sender.contact}, device {sender.device[:SHORT]}"
        yield Claim(f"{who}, at {stamp(when)}", answer.proven and shown, by)


def all_proven(contents: Contents) -> bool:
    """Whether of every message it is proven who sent it, and when the relay took it in."""
    return all(each.signed.taken_in is not None for each in contents.held.events.values())


def _aside(contents: Contents) -> list[HeldEvent]:
    """What is no part of the case: not proven, or standing on an act that is lacking; all, where the opening is so."""
    case = contents.held.case
    inside = {each.signed.id for each in case.entries} if case is not None else set[str]()
    return [each for name, each in sorted(contents.held.events.items()) if name not in inside]


def account_lines(contents: Contents) -> Iterator[str]:
    """The account for people."""
    case = contents.held.case
    for at, entry in enumerate(case.entries if case is not None else (), 1):
        event = contents.held.events[entry.signed.id]
        refused = " (NO EFFECT in the case)" if entry.why is not None else ""
        yield f"{at:>4}  {line(headline(event.message), 80)}{refused}"
        yield from (f"      {line(each.words)}" for each in claims(contents, event))
    for event in _aside(contents):
        yield f"   -  {line(headline(event.message), 80)} (no part of the case: not proven, or an act is lacking)"
        yield from (f"      {line(each.words)}" for each in claims(contents, event))


def account_plain(contents: Contents) -> list[dict[str, Any]]:
    """The account for programs."""
    case = contents.held.case
    rows = list[dict[str, Any]]()
    for at, entry in enumerate(case.entries if case is not None else (), 1):
        event = contents.held.events[entry.signed.id]
        said = isinstance(entry.signed.event.act, Say)
        row: dict[str, Any] = {"place": at, "id": entry.signed.id, "act": entry.signed.kind, "said": said}
        row |= {"from": entry.signed.contact, "to": list(event.message.contacts), "why": entry.why or ""}
        rows.append(row | {"at": entry.at, "claims": [each.plain for each in claims(contents, event)]})
    for event in _aside(contents):
        signed = event.signed
        row = {"place": 0, "id": signed.id, "act": signed.kind, "said": signed.kind == "say", "from": signed.contact}
        row |= {"to": list(event.message.contacts), "why": "unproven", "at": 0}
        rows.append(row | {"claims": [each.plain for each in claims(contents, event)]})
    return rows
