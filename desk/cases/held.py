"""A case by the messages that a desk holds: from signed notes and receipts to facts, and to who is in it. Pure.

B1  An event is *proven* by the relay's receipt for the envelope its message came in, where the receipt holds and the
    sender's device counted then (`desk.mail.opening.unproven`). Looked at anew each time, by the directory at hand.
B2  What was handed over counts as what came itself, if both signatures of its device hold, B1 does, and it is shown
    that the note was in the envelope of the receipt (`desk.mail.envelope_proof`): else whoever has the keys of a device
    that was revoked could have a note of today look as old as any receipt. Without that it is *unproven*. Of what came
    both ways, the way it came itself stands, if that is proven.
B3  A package without an act brings acts alone. With one, it brings the messages that the act names, and acts; and
    counts only from the device that signed the act, once that act is here and proven.
B4  A case is an exercise or it is none, as its opening is: events of the other sort are no part of it.
B5  What cannot be believed is passed over, and named with the reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from crypto.note import parse_note
from desk.cases.acts import HandOver, Open, Say
from desk.cases.fold import Case, Signed, case_of
from desk.handling.stored import erased_at
from desk.mail.content import MOST_HANDED_NOTE, HandedNote, HandedOver
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.erased import Erased
from desk.mail.facts import Stored
from desk.mail.handed import shown_envelope
from desk.mail.message import Message, MessageError, open_message, stored_message
from desk.mail.opening import ever_served, unproven
from desk.mail.subjects import text_hash
from directory.view import View
from relay.protocol.receipts import Relayed


@dataclass(frozen=True, slots=True)
class Giver:
    """Who handed something over: contact, device, when they signed that, and the number of the message it came in."""

    contact: str
    device: str
    at: int
    number: int


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An event of a case as it is held: what it proves, its message, note and envelope, and how it came.

    `number` is that of the stored message it stands in; `by` who handed it over, None where it came itself; `proof`
    what shows its envelope, where it was handed over (of what came itself the store has it, unless it was recovered).
    """

    signed: Signed
    message: Message
    note: bytes
    envelope: str
    relayed: Relayed | None
    number: int
    by: Giver | None = None
    proof: EnvelopeProof | None = None


@dataclass(frozen=True, slots=True)
class HeldCase:
    """Everything a desk holds of a case: the case itself (None while its opening is not proven), its events by hash,
    why some of what came was passed over; and what was said and is erased here, by hash, as its marks said: when."""

    id: str
    case: Case | None
    events: Mapping[str, HeldEvent]
    passed_over: tuple[str, ...]
    erased: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the case is called; empty while its opening is not here."""
        opening = self.events.get(self.id)
        act = event_act(opening.message) if opening is not None else None
        return act.title if isinstance(act, Open) else ""


def event_act(message: Message) -> object:
    """The act of a case that stands beside a message's content; None if none does."""
    return None if message.case_event is msgspec.UNSET else message.case_event.act


def held_case(stored: Iterable[Stored], view: View, case: str) -> HeldCase:
    """What the messages about a case (`MailStore.about`) make of it."""
    own, packages, passed = dict[str, HeldEvent](), list[Stored](), list[str]()
    for each in stored:
        if isinstance(each.message.content, HandedOver):
            packages.append(each)
        elif (event := _own(each, view)) is not None:
            own.setdefault(event.signed.id, event)
    events, acts = dict(own), {each.signed.id: each for each in own.values()}
    # Acts first, and of all packages: a hand-over counts by its act, which may itself have come in another package.
    given = [(package, list(_handed(package, view, case, passed))) for package in packages]
    believes = _Envelopes(own, [event for _, brought in given for event in brought], passed)
    found = [(package, [event for event in brought if believes.its_own(event)]) for package, brought in given]
    for _, brought in found:
        for event in brought:
            if not isinstance(event.signed.event.act, Say):
                _keep_better(events, event)
                _keep_better(acts, event)
    for package, brought in found:
        named = _named(package, acts, passed) if any(_is_say(each) for each in brought) else frozenset()
        for event in brought:
            if _is_say(event) and event.signed.id in named:
                _keep_better(events, event)
    kept = _one_sort(events, case, passed)
    return HeldCase(case, case_of((each.signed for each in kept.values()), case), kept, tuple(dict.fromkeys(passed)))


def gathered(events: Iterable[HeldEvent], case: str) -> HeldCase:
    """What events make of a case that were believed one by one, wherever they came from."""
    passed = list[str]()
    kept = _one_sort({each.signed.id: each for each in events}, case, passed)
    return HeldCase(case, case_of((each.signed for each in kept.values()), case), kept, tuple(passed))


def with_erased(held: HeldCase, stubs: Iterable[Erased]) -> HeldCase:
    """A case with what was erased of it, by the stubs that stay (`MailStore.gone`), and is not held in another way."""
    gone = {name: each.at for each in stubs if each.case == held.id for name in each.said}
    return replace(held, erased={name: at for name, at in sorted(gone.items()) if name not in held.events})


def _keep_better(events: dict[str, HeldEvent], event: HeldEvent) -> None:
    """Keep an event beside others, unless it is there, and is proven or this one is not either. One that is there, and
    came itself, takes what shows its envelope from this one: a desk that was recovered has nothing that does."""
    there = events.get(event.signed.id)
    if there is None or (there.signed.taken_in is None and event.signed.taken_in is not None):
        events[event.signed.id] = event
    elif there.by is None and there.envelope == event.envelope and event.proof is not None:
        events[event.signed.id] = replace(there, proof=event.proof)


def _own(stored: Stored, view: View) -> HeldEvent | None:
    """The event of a message that came to this desk, or was sent by it; None if it has none."""
    facts = stored.facts
    relayed = facts.receipt
    text = text_hash(stored_message(stored.note)[1])
    signed = fact(view, stored.message, text, facts.envelope, relayed)
    if signed is None:
        return None
    return HeldEvent(signed, stored.message, stored.note, facts.envelope, relayed, stored.number)


def fact(view: View, message: Message, text: str, envelope: str, relayed: Relayed | None) -> Signed | None:
    """What a message's event proves (B1); None where it has none, or its device is not known here."""
    device = view.devices.get(message.sender.device)
    if message.case_event is msgspec.UNSET or device is None:
        return None
    proven = relayed is not None and unproven(view, message, envelope, relayed) is None
    leaf = relayed.leaf if relayed is not None and proven else None
    return Signed(
        id=text,
        contact=message.sender.contact,
        officer=device.officer,
        device=message.sender.device,
        taken_in=leaf.time if leaf is not None else None,
        size=leaf.tree_size if leaf is not None else None,
        event=message.case_event,
        to=message.contacts,
        named_only=message.handling.tlp == "RED",
        erase_at=erased_at(message),
    )


def _handed(package: Stored, view: View, case: str, passed: list[str]) -> Iterator[HeldEvent]:
    """What a package brings of a case, signatures checked (B2)."""
    message, content = package.message, package.message.content
    giver = Giver(message.sender.contact, message.sender.device, message.at, package.number)
    for each in content.notes if isinstance(content, HandedOver) and content.case == case else ():
        try:
            event = believed(each, view, package.number)
        except MessageError as error:
            passed.append(f"message {package.number} hands over what cannot be believed: {error}")
            continue
        if case not in (event.signed.id, event.signed.event.case):
            passed.append(f"message {package.number} hands over something of another case")
            continue
        yield replace(event, by=giver)


def believed(handed: HandedNote, view: View, number: int) -> HeldEvent:
    """A note that was handed over, both its signatures verified with keys from the directory.

    Raises MessageError for one whose device is not known or never served its contact, whose signatures do not hold,
    which is no event of a case, or was not in the envelope that is named. It is proven only where that is shown (B2).
    """
    raw = handed.note.encode()
    note = parse_note(raw, 4 * MOST_HANDED_NOTE)
    claimed = _claimed(raw)
    device = view.devices.get(claimed.sender.device)
    if device is None:
        raise MessageError("the directory on this desk does not know the device that signed it")
    name = view.device_name(claimed.sender.device)
    message = open_message(raw, view.founded.id, name, claimed.sender.device, device.keys)
    if not ever_served(view, message.sender.device, message.sender.contact):
        raise MessageError(f"its device never served {message.sender.contact}, in whose name it speaks")
    relayed = handed.relayed if isinstance(handed.relayed, Relayed) else None
    proof = shown_envelope(handed, message)
    signed = fact(view, message, text_hash(note), handed.envelope, relayed if proof is not None else None)
    if signed is None:
        raise MessageError("it is no event of a case")
    return HeldEvent(signed, message, raw, handed.envelope, relayed, number, proof=proof)


def _claimed(raw: bytes) -> Message:
    """A note's message before its signatures are checked, to learn whose they should be; raises MessageError."""
    try:
        return stored_message(raw)[0]
    except ValueError as error:
        raise MessageError(str(error)) from error


class _Envelopes:
    """Which event came in which envelope: no two came in one. What is shown counts before what is only said, and what
    is only said takes nothing away but itself: else whoever hands a note over beside the envelope of another message
    could have it passed over however often it comes with its own."""

    def __init__(self, own: Mapping[str, HeldEvent], handed: Iterable[HeldEvent], passed: list[str]) -> None:
        self._known = {each.envelope: each.signed.id for each in handed if each.proof is not None}
        self._passed = passed
        for each in own.values():  # of what a recovery file brought, its envelope is that file's word
            if each.envelope:
                self._known.setdefault(each.envelope, each.signed.id)

    def its_own(self, event: HeldEvent) -> bool:
        """Whether what was handed over stands beside an envelope that no other message came in."""
        if not event.envelope or self._known.setdefault(event.envelope, event.signed.id) == event.signed.id:
            return True
        self._passed.append(f"message {event.number} hands over a message beside the envelope of another")
        return False


def _is_say(event: HeldEvent) -> bool:
    return isinstance(event.signed.event.act, Say)


def _named(package: Stored, acts: Mapping[str, HeldEvent], passed: list[str]) -> frozenset[str]:
    """The messages that a package may bring: those that its act names (B3)."""
    content = package.message.content
    name = content.act if isinstance(content, HandedOver) else msgspec.UNSET
    found = acts.get(name) if name is not msgspec.UNSET else None
    act = found.signed.event.act if found is not None else None
    if found is None or not isinstance(act, HandOver) or found.signed.taken_in is None:
        passed.append(f"message {package.number} brings messages without an act that hands them over, or before it")
        return frozenset()
    if found.signed.device != package.message.sender.device:
        passed.append(f"message {package.number} brings messages that another device handed over")
        return frozenset()
    return frozenset(act.messages)


def _one_sort(events: Mapping[str, HeldEvent], case: str, passed: list[str]) -> dict[str, HeldEvent]:
    """The events of the sort that the opening is of (B4)."""
    opening = events.get(case)
    if opening is None:
        return dict(events)
    kept = {name: each for name, each in events.items() if each.message.exercise == opening.message.exercise}
    if len(kept) < len(events):
        words = "something that is no exercise stands in an exercise" if opening.message.exercise else ""
        passed.append(words or "something of an exercise stands in a real case, and is no part of it")
    return kept
