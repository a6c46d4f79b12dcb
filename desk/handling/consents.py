"""Consents as a desk holds them: what was asked, what was said, and what counts now.

1. Everything that was said is listed, with why it counts for nothing where it does not; who decides is
   `desk.handling.rules.counting`.
2. A consent is given in the name of the contact that sent the message it is about, by a desk that holds that message.
3. What the rules refuse outright no consent lifts: it is neither asked for nor given.
4. The last word about one thing (message, act, receiver, purpose, who asked) is the one that counts: a consent that is
   taken back, refused or given for another time takes all earlier ones to the same back (`standing`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from crypto.note import Note
from desk.errors import Declined, NotFound, Usage
from desk.handling.inside import inside
from desk.handling.rules import (
    AskConsent,
    ConsentEvent,
    Decision,
    GiveConsent,
    Held,
    Intent,
    Party,
    RefuseConsent,
    TakeBackConsent,
    decide,
)
from desk.handling.stored import held_pieces, meant_purpose, party, pieces_of, reader_of, taken_in
from desk.handling.way_out import refusal, time_of
from desk.handling.words import REASONS
from desk.mail.content import Consent
from desk.mail.facts import Stored
from desk.mail.message import Message, stored_message
from desk.mail.subjects import CONSENT, text_hash
from directory.view import View

if TYPE_CHECKING:
    from desk.profile.unlocked import Unlocked

State = Literal[
    "asked", "given", "ended", "taken-back", "refused", "unproven", "not-theirs", "counts", "unknown-message"
]
Asked = Literal["forward", "export", "print"]


@dataclass(frozen=True, slots=True)
class Row:
    """Something said about consent: its number here, its hash, the event, who said it, and what holds of it now.

    `about` is the number here of the message it is about, 0 if that is not here (any more).
    """

    stored: Stored
    id: str
    event: ConsentEvent
    state: State
    about: int


def rows(desk: "Unlocked") -> list[Row]:
    """Everything said about consent that this desk holds, oldest first (rule 1)."""
    now, found = time_of(desk), list[tuple[Stored, str, ConsentEvent]]()
    for stored in desk.mail.about(CONSENT):
        message, note = stored_message(stored.note)
        if isinstance(message.content, Consent):
            found.append((stored, text_hash(note), message.content.event))
    by_id = {id_: (stored, event) for stored, id_, event in found}
    told = list[Row]()
    for stored, id_, event in found:
        target = _target(event, by_id)
        original = held_original(desk, target) if target else None
        number = original[0].number if original is not None else 0
        sender = original[1].sender.contact if original is not None else ""
        state = _state(stored, id_, event, found, sender, now)
        told.append(Row(stored, id_, event, state, number))
    return told


def _target(event: ConsentEvent, by_id: dict[str, tuple[Stored, ConsentEvent]]) -> str:
    """The hash of the message that an event is about in the end; empty if what it answers is not here."""
    match event:
        case AskConsent() | GiveConsent():
            return event.message
        case RefuseConsent():
            earlier = by_id.get(event.asked)
        case _:
            earlier = by_id.get(event.consent)
    return earlier[1].message if earlier and isinstance(earlier[1], AskConsent | GiveConsent) else ""


def _state(
    stored: Stored, id_: str, event: ConsentEvent, others: list[tuple[Stored, str, ConsentEvent]], sender: str, now: int
) -> State:
    who = stored.message.sender.contact
    match event:
        case AskConsent():
            answered = [
                (given, what)
                for one, given, what in others
                if one.message.sender.contact == sender
                and ((isinstance(what, RefuseConsent) and what.asked == id_) or _answers(what, event))
            ]
            if not answered:
                return "asked"
            last, answer = answered[-1]
            if not isinstance(answer, GiveConsent):
                return "refused"
            return "taken-back" if last in _taken_back(others, sender) else "given"
        case GiveConsent():
            if id_ in _taken_back(others, who):
                return "taken-back"
            if event.until and event.until <= now:
                return "ended"
            if not sender:
                return "unknown-message"
            if who != sender:
                return "not-theirs"
            at = taken_in(stored.facts, now)
            return "counts" if at is not None and at <= now else "unproven"
        case RefuseConsent():
            return "refused"
    return "taken-back"


def _taken_back(said: list[tuple[Stored, str, ConsentEvent]], who: str) -> set[str]:
    """The consents that a contact has taken back."""
    by = (what for one, _, what in said if one.message.sender.contact == who)
    return {what.consent for what in by if isinstance(what, TakeBackConsent)}


def _answers(given: ConsentEvent, asked: AskConsent) -> bool:
    return isinstance(given, GiveConsent) and (given.message, given.act, given.contact, given.purpose) == (
        asked.message, asked.act, asked.contact, asked.purpose,
    )  # fmt: skip


def held_original(desk: "Unlocked", target: str) -> tuple[Stored, Message, Note] | None:
    """The message of that hash, by itself or inside another, if this desk holds it; by itself if there is a choice."""
    within = None
    for stored in desk.mail.about(f"text {target}"):
        message, note = stored_message(stored.note)
        if text_hash(note) == target:
            return stored, message, note
        for each in inside(message):
            if within is None and text_hash(each.note) == target:
                within = stored, each.message, each.note
    return within


def asks(
    desk: "Unlocked", stored: Stored, act: Asked, to: str, purpose: str, text: str
) -> list[tuple[Held, AskConsent]]:
    """What has to be asked of whom before something may be done; raises Usage if nothing, Declined if in vain."""
    view, now, identity = desk.replica().view, time_of(desk), desk.profile.identity
    reader = reader_of(view, identity.device, identity.member, stored.message, now)
    if act == "forward" and not to:
        raise Usage("say whom it would go to: --for CONTACT")
    if act != "forward" and to not in ("", reader.contact):
        raise Usage(f"{act} is what {reader.contact or 'this desk'} would do itself: leave --for out")
    if not reader.contact:
        raise Declined("this officer serves no contact, in whose name it could be asked")
    meant = meant_purpose(stored.message, act, purpose)
    intent = Intent(act, reader, party(view, to) if act == "forward" else None, meant)
    decisions = [(held, decide(held, intent, (), now)) for held in pieces_of(stored, view)]
    refused = next((each for _, each in decisions if each.verdict == "refused"), None)
    if refused is not None:
        raise Declined(refusal(stored.number, act, (to,) if to else (), refused), "handling")
    contact = to if act == "forward" else reader.contact
    found = [
        (
            held,
            AskConsent(message=held.message, act=act, contact=contact, purpose=_asked(held, meant, purpose), text=text),
        )
        for held, each in decisions
        if each.verdict == "needs-consent"
    ]
    if not found:
        raise Usage("no consent is needed for that: it may be done")
    return found


def _asked(held: Held, meant: str, purpose: str) -> str:
    """The purpose that an ask names: the one that was said; else only one that is not the message's own."""
    return purpose or (meant if meant != held.handling.purpose else "")


def consent_to(desk: "Unlocked", number: int) -> tuple[Stored, Message, AskConsent]:
    """What message `number` asks, and the message it is about, which this desk may speak for (rule 2)."""
    stored = desk.mail.get(number)
    event = stored.message.content.event if isinstance(stored.message.content, Consent) else None
    if not isinstance(event, AskConsent) or stored.facts.direction == "out":
        raise Usage(f"message {number} asks this desk for no consent; `enlace consent list` shows what does")
    original = held_original(desk, event.message)
    if original is None:
        raise NotFound("the message it is about is not on this desk (any more): whose desk has it can answer")
    return stored, original[1], event


def give(desk: "Unlocked", number: int, until: int) -> tuple[Stored, Message, GiveConsent]:
    """The consent that message `number` asks for; raises Declined where none would be of use (rule 3)."""
    stored, original, event = consent_to(desk, number)
    view, now = desk.replica().view, time_of(desk)
    if until and until <= now:
        raise Usage("that time is over; choose a later --until")
    asker = party(view, stored.message.sender.contact)
    decision = _as_asked(view, original, event, asker, now, desk)
    if decision.verdict == "refused":
        reasons = "; ".join(REASONS[each][1] for each in decision.reasons)
        raise Declined(f"no consent lifts that: {reasons}. Send it to {event.contact} yourself instead", "handling")
    given = GiveConsent(message=event.message, act=event.act, contact=event.contact, purpose=event.purpose, until=until)
    return stored, original, given


def _as_asked(view: View, original: Message, event: AskConsent, asker: Party, now: int, desk: "Unlocked") -> Decision:
    kept = held_original(desk, event.message)
    if kept is None:
        return Decision("refused", ("erased",))
    held = held_pieces(original, kept[2], view)[0]
    to = party(view, event.contact) if event.act == "forward" else None
    return decide(held, Intent(event.act, asker, to, event.purpose), (), now)


def standing(desk: "Unlocked", about: AskConsent | GiveConsent, asker: str) -> list[Row]:
    """The consents that this side gave `asker` to the same, and that count, or will once the relay proves them."""
    thing = (about.message, about.act, about.contact, about.purpose)
    return [
        each
        for each in rows(desk)
        if isinstance(each.event, GiveConsent)
        and (each.event.message, each.event.act, each.event.contact, each.event.purpose) == thing
        and each.stored.facts.direction != "in"
        and each.state in ("counts", "unproven")
        and asker in each.stored.message.contacts
    ]


def own_gift(desk: "Unlocked", number: int) -> list[Row]:
    """The consent in message `number`, which this side gave, and what else it takes to take that back (rule 4)."""
    stored = desk.mail.get(number)
    content = stored.message.content
    event = content.event if isinstance(content, Consent) else None
    if not isinstance(event, GiveConsent) or stored.facts.direction == "in":
        raise Usage(f"message {number} is no consent that this side gave; `enlace consent list` shows them")
    named = next(each for each in rows(desk) if each.stored.number == number)
    if named.state in ("ended", "taken-back"):
        raise Usage(f"the consent in message {number} has ended, or was taken back, before; nothing was signed")
    others = standing(desk, event, stored.message.contacts[0])
    return [named, *(each for each in others if each.stored.number != number)]
