"""From what an officer wants to do in a case to the messages that do it. Pure but for fresh message ids.

W1  An act goes to everybody: members, invited contacts, guests, invited guests, and whom it puts out. It says nothing
    but itself, so nobody lacks what later acts stand on.
W2  A message of the case goes to its members and to the guests of that hour, each once. TLP:RED goes to no guest.
W3  Whoever is invited into a case that has begun gets its acts beside the invitation, as they were signed; of what was
    said nothing, unless it is handed over.
W4  A hand-over is two things: an act, which everybody in the case sees, and packages for the receiver alone. One
    package holds what has one mark and one time of erasing, and bears both.
W5  A message is no longer than it can be sent, and names no more files: packages are split.
W6  A package names the files of its messages that go along, as their senders signed them: the relay gives those too to
    who gets it. They are brought to it anew by who hands them over. Two messages may say two things of one ciphertext:
    they go in two packages, so neither keeps the other's file from going along. A package whose files the relay has no
    room for waits; so what has files goes apart, by who said it, and nobody's files hold up what others said.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec

from desk.cases.acts import Act, CaseEvent, HandOver, Invite, Open, Say, ToContact, ToDevice, ToOfficer
from desk.cases.audience import Audience, audience
from desk.cases.fold import NEVER, Case
from desk.cases.held import HeldCase, HeldEvent
from desk.errors import Declined, Usage
from desk.exercise.network import check_urgency, plays
from desk.handling.marks import Handling
from desk.handling.sending import marks_for
from desk.mail.compose import sender_contact
from desk.mail.content import MOST_HANDED, ActAlone, Content, HandedNote, HandedOver
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.message import (
    MOST_CASE,
    MOST_OFFICERS,
    Message,
    MessageError,
    MessageStage,
    SealedFile,
    Sender,
)
from desk.mail.message import check_message as check
from directory.canonical import encode
from directory.keyset import LONGEST_EXPIRY
from directory.replay import Replica, own_checkpoint
from directory.view import View
from relay.protocol.envelope import MOST_ATTACHMENTS, Precedence


class Proofs(Protocol):
    """Where what shows the envelopes of messages is found: a desk's store."""

    def proof(self, number: int) -> EnvelopeProof | None:
        """What shows which envelope a stored message was in; None if nothing does."""


MOST_PACKAGE = 900_000
"""Bytes of what one package brings, as they stand in it; a message has at most a MiB of JSON."""
_SURELY_FITS = 100_000  # bytes of a note and what shows its envelope: in JSON they become twice as many at most


@dataclass(frozen=True, slots=True)
class Whose:
    """Who writes: the directory, the device, in the name of which contact, as a guest or not, and when; `seen` is the
    latest time this profile has seen, which a clock that is behind does not undo."""

    replica: Replica
    device: str
    contact: str
    now: int
    guest: bool = False
    seen: int = 0

    def audience(self, case: Case) -> Audience:
        """Who may get something of a case now."""
        return audience(case, self.replica.view, max(self.now, self.seen))


@dataclass(frozen=True, slots=True)
class Said:
    """What an officer says in a case."""

    content: Content
    handling: Handling = field(default_factory=Handling)
    precedence: Precedence = "routine"
    attachments: tuple[SealedFile, ...] = ()


def writer(
    held: HeldCase, replica: Replica, device: str, wanted: str, now: int, *, joining: bool = False, seen: int = 0
) -> Whose:
    """As whom a device writes in a case: for the member it serves (with `joining`, who is invited), else as a guest.

    Raises Declined for a device that is neither, NotFound or Usage as `sender_contact`.
    """
    case, view = begun(held), replica.view
    inside = case.invited if joining else case.members
    served = [each for each in inside if view.serves(device, each, view.size, now) and wanted in ("", each)]
    if len(served) == 1:
        return Whose(replica, device, served[0], now, seen=seen)
    if served:
        raise Usage(f"this officer serves {', '.join(sorted(served))}; choose one with --from")
    officer = view.devices[device].officer if device in view.devices else ""
    found = audience(case, view, max(now, seen))
    if officer in (found.invited_guests if joining else found.guests):
        try:
            return Whose(replica, device, sender_contact(view, device, wanted, now), now, guest=True, seen=seen)
        except Declined as error:
            words = "a guest speaks in the name of a contact too, and this officer serves none"
            raise Declined(f"{words}: an administrator puts officers on a contact's roster") from error
    if joining:
        there = [each for each in case.members if view.serves(device, each, view.size, now) and wanted in ("", each)]
        if there or officer in found.guests:
            who = there[0] if there else "this officer"
            raise Declined(f"{who} is in this case already: nothing is left to join")
        raise Declined("nobody has invited this officer, or a contact that this officer serves, into this case")
    raise Declined("this officer serves no contact that is in this case, and is no guest of it now")


def begun(held: HeldCase) -> Case:
    """The case; raises Declined, saying what helps, where its opening is not proven here."""
    if held.case is not None:
        return held.case
    opening = held.events.get(held.id)
    if opening is not None and opening.by is not None and opening.proof is None:
        words = f"nothing shows in which envelope the opening of this case came, which {opening.by.contact} gave: "
        words += "so who is in it is not proven here; ask a member, to whose own desk it came, for"
        raise Declined(f"{words} `enlace case hand-over {held.id[:8]} --to CONTACT`, or --to DEVICE")
    if opening is None:
        words = "this desk was not given who is in this case: ask a colleague, or a member, for"
        raise Declined(f"{words} `enlace case hand-over {held.id[:8]} --to DEVICE`, or --to CONTACT")
    raise Declined("the opening of this case has not been taken in by the relay yet, as far as is proven here")


def opening(whose: Whose, title: str, contacts: tuple[str, ...], *, exercise: bool) -> Message:
    """The message that opens a case; the contacts that are to be invited get it too (W1)."""
    event = CaseEvent(act=Open(title=title))
    return _message(whose, contacts, (), event, Said(ActAlone()), title, exercise=exercise)


def inviting(whose: Whose, opened: Message, case: str, one: str, *, may_invite: bool) -> Message:
    """The invitation of one of the contacts that a case was just opened for; `case` is the hash of its opening."""
    event = CaseEvent(case=case, after=(case,), act=Invite(contact=one, may_invite=may_invite))
    said = Said(ActAlone())
    return _message(whose, opened.contacts, (), event, said, opened.case, exercise=opened.exercise)


def acting(
    whose: Whose, held: HeldCase, act: Act, *, contacts: Iterable[str] = (), officers: Iterable[str] = ()
) -> Message:
    """The message for an act alone; `contacts` and `officers` get it beside everybody in the case (W1)."""
    case = begun(held)
    found = whose.audience(case)
    to = {*found.members, *found.invited, *contacts} - ({whose.contact} if not whose.guest else set())
    named = {*_reached(whose, (*found.guests, *found.invited_guests)), *officers} - {_officer(whose)}
    return _message(
        whose,
        sorted(to),
        sorted(named),
        _event(held, case, act),
        Said(ActAlone()),
        held.title,
        exercise=_exercise(held),
    )


def saying(whose: Whose, held: HeldCase, said: Said) -> Message:
    """The message for something said in a case (W2); raises Declined where nobody else is in it."""
    case = begun(held)
    found = whose.audience(case)
    to = sorted({*found.members} - ({whose.contact} if not whose.guest else set()))
    officers = _reached(whose, found.guests) if said.handling.tlp != "RED" else []
    officers = [each for each in officers if each != _officer(whose)]
    if not to and not officers:
        raise Declined("nobody else is in this case: invite a contact first, and wait until it has joined")
    event = _event(held, case, Say(guest=whose.guest))
    return _message(whose, to, officers, event, said, held.title, exercise=_exercise(held))


def _reached(whose: Whose, officers: Iterable[str]) -> list[str]:
    """Those officers who have a live device: one whose laptop was lost keeps nothing from the others."""
    view = whose.replica.view
    return [each for each in officers if each in view.officers and view.live_devices(each, whose.now)]


def handing(
    whose: Whose, held: HeldCase, receiver: ToDevice | ToOfficer | ToContact, messages: Iterable[HeldEvent]
) -> Message:
    """The act by which messages are handed over (W4)."""
    act = HandOver(messages=tuple(sorted(each.signed.id for each in messages)), receiver=receiver)
    return acting(whose, held, act)


def packages(
    whose: Whose,
    held: HeldCase,
    receiver: ToDevice | ToOfficer | ToContact,
    events: Iterable[HeldEvent],
    proofs: Proofs,
    act: str = "",
    files: Collection[SealedFile] = (),
) -> Iterator[Message]:
    """The packages that bring events of a case to a receiver; `act` is the hash of the act by which messages go, and
    `proofs` has what shows their envelopes: without it they are not proven to the receiver. `files` are the sealed
    files that go along (W6)."""
    contacts, officers, device = _receiver(whose.replica.view, receiver)
    for handling, notes in _batches([shown(each, proofs) for each in events], files):
        content = HandedOver(
            case=held.id, act=act or msgspec.UNSET, device=device or msgspec.UNSET, notes=tuple(map(as_handed, notes))
        )
        said = Said(content, handling, attachments=tuple(_along(notes, files)))
        yield _message(whose, contacts, officers, None, said, held.title, exercise=_exercise(held))


def acts_of(held: HeldCase) -> list[HeldEvent]:
    """The acts of a case that are proven here, in their order: what whoever comes in is given (W3)."""
    case = begun(held)
    return [held.events[each.signed.id] for each in case.entries if not isinstance(each.signed.event.act, Say)]


def _receiver(view: View, receiver: ToDevice | ToOfficer | ToContact) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Contacts, officers and the one device that a package is for."""
    match receiver:
        case ToContact(contact=contact):
            return (contact,), (), ""
        case ToOfficer(officer=officer):
            return (), (officer,), ""
        case ToDevice(device=device):
            return (), (view.devices[device].officer,), device


def _batches(events: Iterable[HeldEvent], files: Collection[SealedFile]) -> Iterator[tuple[Handling, list[HeldEvent]]]:
    """The events in packages: each of one time of erasing, of one colour, not too long, and with not too many of
    `files` (W4, W5), of which no two say something else of one ciphertext: an envelope names each once (W6)."""
    groups: dict[tuple[int, bool, str], list[HeldEvent]] = {}
    for each in events:
        whose = each.signed.contact if _along([each], files) else ""
        groups.setdefault((each.signed.erase_at, each.message.handling.tlp == "RED", whose), []).append(each)
    for _, group in sorted(groups.items(), key=lambda item: item[0]):
        batch, length = list[HeldEvent](), 0
        for each in group:
            size = len(encode(as_handed(each)))
            along = _along([*batch, each], files)
            full = len(along) > MOST_ATTACHMENTS or len({file.cipher_hash for file in along}) < len(along)
            if batch and (full or length + size > MOST_PACKAGE or len(batch) == MOST_HANDED):
                yield _marks(batch), batch
                batch, length = [], 0
            batch.append(each)
            length += size
        yield _marks(batch), batch


def _marks(batch: list[HeldEvent]) -> Handling:
    """The marks of a package: of each kind the strictest of what is in it."""
    carried = [each.message for each in batch]
    return marks_for(Handling(tlp="CLEAR", onward="yes"), carried=carried)


def _along(batch: Iterable[HeldEvent], files: Collection[SealedFile]) -> list[SealedFile]:
    """Of `files` those that belong to events, each once."""
    return list(dict.fromkeys(file for each in batch for file in each.message.attachments if file in files))


def check_fits(
    whose: Whose,
    held: HeldCase,
    receiver: ToDevice | ToOfficer | ToContact,
    event: HeldEvent,
    proofs: Proofs,
    place: int,
) -> None:
    """Return if a message fits into a package by itself; raise Declined if not, before anything is signed: a long one
    becomes longer inside another message, and no package could bring it."""
    proof = shown(event, proofs).proof
    if len(event.note) + (len(proof.header) + len(proof.age) if proof is not None else 0) <= _SURELY_FITS:
        return
    try:
        list(packages(whose, held, receiver, [event], proofs, held.id, event.message.attachments))
    except Usage as error:
        words = f"what was said at place {place} is not handed over: it is too long to stand in another message"
        raise Declined(f"{words} ({error}). Its sender can send it anew, in parts") from error


def shown(event: HeldEvent, proofs: Proofs) -> HeldEvent:
    """An event with what shows its envelope: as it was handed over, or as this desk has it."""
    proof = proofs.proof(event.number) if event.by is None else None
    return event if proof is None else replace(event, proof=proof)


def as_handed(event: HeldEvent) -> HandedNote:
    """An event as it is handed on: its note, its envelope, the relay's receipt, what shows its envelope."""
    relayed = event.relayed if event.relayed is not None else msgspec.UNSET
    proof = event.proof if event.proof is not None else msgspec.UNSET
    return HandedNote(note=event.note.decode(), envelope=event.envelope, relayed=relayed, proof=proof)


def _event(held: HeldCase, case: Case, act: Act) -> CaseEvent:
    return CaseEvent(case=held.id, after=case.after, seen=case.seen, act=act)


def _officer(whose: Whose) -> str:
    return whose.replica.view.devices[whose.device].officer


def _exercise(held: HeldCase) -> bool:
    opening = held.events.get(held.id)
    return opening is not None and opening.message.exercise


def _message(
    whose: Whose,
    contacts: Iterable[str],
    officers: Iterable[str],
    event: CaseEvent | None,
    said: Said,
    title: str,
    *,
    exercise: bool,
) -> Message:
    to, named = tuple(contacts), tuple(officers)
    if len(named) > MOST_OFFICERS:
        raise Declined(f"{len(named)} guests would get this; one message takes at most {MOST_OFFICERS}")
    if whose.replica.checkpoint is None:
        raise Declined("this desk has no directory yet; run `enlace sync`")
    network = whose.replica.view.founded
    exercise = exercise or plays(network.name)
    check_urgency(network.name, exercise=exercise, precedence=said.precedence, calls=False)
    message = Message(
        id=secrets.token_hex(16),
        network=network.id,
        case=title[:MOST_CASE],
        sender=Sender(contact=whose.contact, device=whose.device),
        stages=(MessageStage(after=0, contacts=to or (() if named else (whose.contact,))),),
        officers=named,
        at=whose.now,
        expires=min(whose.now + LONGEST_EXPIRY, said.handling.erase_at or NEVER),
        precedence=said.precedence,
        stop="never",
        handling=said.handling,
        content=said.content,
        case_event=event if event is not None else msgspec.UNSET,
        exercise=exercise,
        attachments=said.attachments,
        checkpoint=own_checkpoint(whose.replica).decode(),
    )
    try:
        check(message)
    except MessageError as error:
        raise Usage(str(error)) from error
    return message
