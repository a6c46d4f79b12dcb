"""Consents as a desk holds them: what was asked, what was said, and what counts now.

1. Everything that was said is listed, with why it counts for nothing where it does not; who decides is
   `desk.handling.rules.counting`.
2. A consent is given in the name of the contact that sent the message it is about, by a desk that holds that message.
3. What the rules refuse outright no consent lifts: it is neither asked for nor given.
4. The last word about one thing (message, act, receiver, purpose, who asked) is the one that counts: a consent that is
   taken back, refused or given for another time takes all earlier ones to the same back (`standing`). Which those are
   the signed consents say by themselves, whatever became of the message here; one that has ended by this desk's clock
   is among them, for it ends elsewhere by another clock. An empty purpose is the message's; where that is gone from
   here, it may be any.
5. An ask is answered by what was given to who asked, or refused to that ask, by whom it was for. As long as one such
   consent stands, *given* is what holds, whatever came after it.
6. What left the outbox without being sent has said nothing: it answers no ask, and takes nothing back.
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
    covers,
    decide,
    same_purpose,
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


@dataclass(frozen=True, slots=True)
class _Said:
    """What one message says of consent."""

    stored: Stored
    id: str
    event: ConsentEvent

    @property
    def who(self) -> str:
        """The contact in whose name."""
        return self.stored.message.sender.contact

    @property
    def to(self) -> tuple[str, ...]:
        """The contacts it was said to."""
        return self.stored.message.contacts


def rows(desk: "Unlocked") -> list[Row]:
    """Everything said about consent that this desk holds, oldest first (rule 1)."""
    now, found = time_of(desk), list[_Said]()
    for stored in desk.mail.about(CONSENT):
        message, note = stored_message(stored.note)
        if isinstance(message.content, Consent):
            found.append(_Said(stored, text_hash(note), message.content.event))
    by_id = {each.id: each.event for each in found}
    said = [each for each in found if _went(desk, each.stored)]
    told_of = {each.id for each in said}
    gone = {(each.who, each.event.consent) for each in said if isinstance(each.event, TakeBackConsent)}
    told = list[Row]()
    for each in found:
        target = _target(each.event, by_id)
        original = held_original(desk, target) if target else None
        about = original[1] if original is not None else None
        if isinstance(each.event, AskConsent):
            state = _answered(each, each.event, said, gone, about, now)
        elif isinstance(each.event, GiveConsent):
            state = _given(each, each.event, gone, about, now)
        elif each.id not in told_of:
            state = "unproven"
        else:
            state = "refused" if isinstance(each.event, RefuseConsent) else "taken-back"
        told.append(Row(each.stored, each.id, each.event, state, original[0].number if original is not None else 0))
    return told


def _went(desk: "Unlocked", stored: Stored) -> bool:
    """Whether something was said to anybody, or is about to be (rule 6)."""
    facts = stored.facts
    return facts.direction != "out" or bool(facts.sent) or desk.mail.waits(stored.number)


def _target(event: ConsentEvent, by_id: dict[str, ConsentEvent]) -> str:
    """The hash of the message that an event is about in the end; empty if what it answers is not here."""
    match event:
        case AskConsent() | GiveConsent():
            return event.message
        case RefuseConsent():
            earlier = by_id.get(event.asked)
        case _:
            earlier = by_id.get(event.consent)
    return earlier.message if isinstance(earlier, AskConsent | GiveConsent) else ""


def _answered(
    asked: _Said, event: AskConsent, said: list[_Said], gone: set[tuple[str, str]], about: Message | None, now: int
) -> State:
    """What became of an ask (rule 5)."""
    speakers = (about.sender.contact,) if about is not None else asked.stored.message.contacts
    purpose = about.handling.purpose if about is not None else ""
    last: State = "asked"
    for each in said:
        answer = each.event
        if each.who not in speakers:
            continue
        if isinstance(answer, RefuseConsent) and answer.asked == asked.id:
            last = "refused"
        elif isinstance(answer, GiveConsent) and asked.who in each.to and _same(answer, event, purpose):
            last = "taken-back" if (each.who, each.id) in gone else "given"
            if last == "given" and not _over(answer, now):
                return last
    return last


def _given(each: _Said, event: GiveConsent, gone: set[tuple[str, str]], about: Message | None, now: int) -> State:
    """What holds of a consent; `gone` are those that were taken back, with whose."""
    if (each.who, each.id) in gone:
        return "taken-back"
    if _over(event, now):
        return "ended"
    if about is None:
        return "unknown-message"
    if each.who != about.sender.contact:
        return "not-theirs"
    at = taken_in(each.stored.facts, now)
    return "counts" if at is not None and at <= now else "unproven"


def _over(event: GiveConsent, now: int) -> bool:
    return bool(event.until) and event.until <= now


def _same(one: AskConsent | GiveConsent, other: AskConsent | GiveConsent, purpose: str | None) -> bool:
    """Whether two are to the same, of a message for `purpose`; None if that is not known (rule 4)."""
    if (one.message, one.act, one.contact) != (other.message, other.act, other.contact):
        return False
    if purpose is None and "" in (one.purpose, other.purpose):
        return True
    return same_purpose(one.purpose or purpose or "", other.purpose or purpose or "")


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
        raise NotFound(
            "the message it is about is not on this desk (any more): whose desk has it can answer; what was given "
            "before, `enlace consent take-back` ends here too"
        )
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


def standing(desk: "Unlocked", about: AskConsent | GiveConsent, giver: str, askers: tuple[str, ...]) -> list[Row]:
    """The consents to the same that were given one of `askers` in the name of `giver`, and were not taken back: those
    that count, and those that this desk's clock, its relay or its own messages let count for nothing here (rule 4)."""
    original = held_original(desk, about.message)
    purpose = original[1].handling.purpose if original is not None else None
    return [
        each
        for each in rows(desk)
        if isinstance(each.event, GiveConsent)
        and _same(each.event, about, purpose)
        and each.stored.message.sender.contact == giver
        and each.state != "taken-back"
        and set(askers).intersection(each.stored.message.contacts)
    ]


def wider(desk: "Unlocked", asked: AskConsent | GiveConsent, giver: str, askers: tuple[str, ...]) -> list[Row]:
    """The consents, given likewise, which count, are to more than is asked, and so allow that too: refusing
    it, or taking back what was given for it alone, leaves them."""
    original = held_original(desk, asked.message)
    purpose = original[1].handling.purpose if original is not None else ""
    return [
        each
        for each in rows(desk)
        if isinstance(each.event, GiveConsent)
        and (each.event.message, each.event.act, each.event.contact) == (asked.message, asked.act, asked.contact)
        and not _same(each.event, asked, purpose)
        and covers(each.event.purpose or purpose, asked.purpose or purpose)
        and each.stored.message.sender.contact == giver
        and each.state in ("counts", "unproven", "unknown-message")
        and set(askers).intersection(each.stored.message.contacts)
    ]


def own_gift(desk: "Unlocked", number: int) -> list[Row]:
    """The consent in message `number`, which this side gave, and what else it takes to take that back (rule 4)."""
    stored = desk.mail.get(number)
    content = stored.message.content
    event = content.event if isinstance(content, Consent) else None
    if not isinstance(event, GiveConsent) or stored.facts.direction == "in":
        raise Usage(f"message {number} is no consent that this side gave; `enlace consent list` shows them")
    found = standing(desk, event, stored.message.sender.contact, stored.message.contacts)
    named = [each for each in found if each.stored.number == number]
    if not named:
        raise Usage(f"the consent in message {number} was taken back before; nothing was signed")
    return named + [each for each in found if each.stored.number != number]
