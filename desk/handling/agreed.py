"""Whether who sent a message agreed to its being passed on, as its third reader sees it; and what shows that.

G1  Who passes a message on sends the consents along by which it may, each as it was signed, with the relay's receipt
    and what shows its envelope (`going_along`). A consent says of whom, for which message, act, receiver and purpose,
    and nothing of what it is in.
G2  The reader judges by the same rules as the desk that passed it on (`desk.handling.rules`), by the time at which the
    relay took the message in: it was free by its marks, or a consent that is here lifts what stands against it, or one
    is lacking (`agreements`). A consent counts here if its signatures hold, its device served the contact in whose name
    it speaks, and the relay's receipt, for an envelope that is made again from it, proves when it was taken in. Where
    nothing proves when the step itself was made, that is said: it is judged by when it came here, for the time that its
    note bears is a claim of who made it.
G3  What was passed on in turn is judged at each step, with what went along in that one.
G4  Events of a request that are given again (`repeat`) to a party to it are not passed on. Whatever else stands beside
    that act, or goes to others, is. Where the request's `send` is not here, nobody here knows who has a part in it:
    then it is said that this cannot be told, and what would stand against it if the receiver had none.
G5  That it was taken back since is known only to whom that was said: what counts is what counted then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from desk.handling.consents import held_original
from desk.handling.inside import inside, unproven_note
from desk.handling.rules import Decision, Held, Intent, Party, SignedConsent, TakeBackConsent, decide, strictest
from desk.handling.stored import held_pieces, party, pieces_of, reader_of, signed_consents, taken_in
from desk.handling.way_out import time_of
from desk.handling.words import REASONS
from desk.mail.content import Consent, HandedNote, PassedOn
from desk.mail.facts import Stored
from desk.mail.handed import as_handed
from desk.mail.message import Message, stored_message
from desk.mail.opening import ever_served
from desk.mail.subjects import CONSENT, text_hash
from desk.requests.acts import RequestEvent, Send
from desk.terminal import stamp
from directory.view import View
from relay.protocol.receipts import Relayed

if TYPE_CHECKING:
    from desk.profile.unlocked import Unlocked

_ENGLISH = 1
_ABBREVIATED = 12  # characters of a request's id as people are shown it
MOST_ALONG = 512 << 10  # bytes of the consents that go along, with what shows their envelopes


@dataclass(frozen=True, slots=True)
class Agreed:
    """That `by` passed something on to `to`: the decision of the rules then, whose consents lifted what, and when;
    `proven`: when the step was made is. `unknown` is the request whose parties nobody here knows, where the decision is
    that of one without a part in it (G4); empty where all is known, or does not matter."""

    by: str
    to: str
    decision: Decision
    consents: tuple[SignedConsent, ...]
    proven: bool
    unknown: str = ""


def going_along(desk: "Unlocked", stored: Stored, to: tuple[str, ...], purpose: str) -> tuple[HandedNote, ...]:
    """The consents by which a message may be passed on to contacts, as they were signed, each once (G1)."""
    view, now, identity = desk.replica().view, time_of(desk), desk.profile.identity
    reader = reader_of(view, identity.device, identity.member, stored.message, now)
    given = desk.mail.about(CONSENT)
    signed = signed_consents(given, now)
    intents = [Intent("forward", reader, party(view, each), purpose) for each in to]
    wanted = {decide(held, each, signed, now).consent for each in intents for held in pieces_of(stored, view)}
    along = [each for each in given if text_hash(stored_message(each.note)[1]) in wanted]
    return tuple(as_handed(each, desk.mail.proofs.proof(each.number), MOST_ALONG // len(along)) for each in along)


def agreements(desk: "Unlocked", stored: Stored) -> list[Agreed]:
    """Of each step by which something in a message was passed on, whether who wrote it agreed; the outer step first."""
    view, now = desk.replica().view, time_of(desk)
    at = taken_in(stored.facts, now)
    came = stored.message.at if stored.facts.direction == "out" else stored.facts.received or now
    latest = came if at is None else at
    steps = [(stored.message, latest, at is not None)]
    for each in inside(stored.message):
        relayed = each.handed.relayed
        proven = isinstance(relayed, Relayed) and not unproven_note(each.message, each.handed, view)
        then = relayed.leaf.time if proven and isinstance(relayed, Relayed) else latest
        steps.append((each.message, then, proven))
    return [each for message, at, proven in steps for each in _step(desk, view, message, at, proven=proven)]


def _step(desk: "Unlocked", view: View, message: Message, at: int, *, proven: bool) -> Iterator[Agreed]:
    """The step of one message that passes others on (G4)."""
    content = message.content
    if not isinstance(content, PassedOn):
        return
    consents = tuple(_along(content, view))
    said = signed_consents(desk.mail.about(CONSENT), time_of(desk))
    backs = [each for each in said if isinstance(each.event, TakeBackConsent)]
    before = [each for each in backs if each.taken_in is not None and each.taken_in <= at]
    parties = _parties(desk, message)
    events, others = _sorted_out(content, message.request)
    for to in message.contacts:
        decisions, if_none = (
            [
                decide(held, _intent(view, message, held, to), (*consents, *before), at)
                for each in notes
                for held in _pieces(each, view)
            ]
            for notes in (others, events if parties is None or to not in parties else ())
        )
        known = parties is not None or not _all_allowed(decisions)
        judged = decisions if parties is None and known else [*decisions, *if_none]
        if not judged:
            continue
        unknown = "" if known or _all_allowed(if_none) else _request_of(message)
        used = {each.consent for each in judged}
        lifting = tuple(each for each in consents if each.id in used)
        yield Agreed(message.sender.contact, to, strictest(judged), lifting, proven, unknown)


def _all_allowed(decisions: list[Decision]) -> bool:
    return all(each.verdict == "allowed" for each in decisions)


def _sorted_out(
    content: PassedOn, outer: RequestEvent | msgspec.UnsetType
) -> tuple[list[HandedNote], list[HandedNote]]:
    """What is passed on: events of the request that the act beside it names, and the rest."""
    events = [each for each in content.notes if _event_of(each, outer)]
    return events, [each for each in content.notes if each not in events]


def _request_of(message: Message) -> str:
    named = message.request.request if message.request is not msgspec.UNSET else msgspec.UNSET
    return named if named is not msgspec.UNSET else ""


def _parties(desk: "Unlocked", message: Message) -> tuple[str, ...] | None:
    """Who has a part in the request whose events a message gives again; None if its `send` is not here."""
    named = _request_of(message)
    root = held_original(desk, named) if named else None
    return (root[1].sender.contact, *root[1].contacts) if root is not None else None


def _event_of(handed: HandedNote, outer: RequestEvent | msgspec.UnsetType) -> bool:
    """Whether what is handed on is an event of the request that the act beside it names."""
    message, note = stored_message(handed.note.encode())
    if outer is msgspec.UNSET or message.request is msgspec.UNSET:
        return False
    own = text_hash(note) if isinstance(message.request.act, Send) else message.request.request
    return own == outer.request


def _intent(view: View, message: Message, held: Held, to: str) -> Intent:
    """What was done: by the sender's own contact, if the device that signed it serves that, else by who it says."""
    own = ever_served(view, message.sender.device, held.sender.contact)
    reader: Party = held.sender if own else party(view, message.sender.contact)
    return Intent("forward", reader, party(view, to), message.handling.purpose)


def _pieces(handed: HandedNote, view: View) -> tuple[Held, ...]:
    message, note = stored_message(handed.note.encode())
    return held_pieces(message, note, view)


def _along(content: PassedOn, view: View) -> Iterator[SignedConsent]:
    """The consents that went along and count here (G2)."""
    for each in content.consents:
        message, note = stored_message(each.note.encode())
        said = message.content
        if isinstance(said, Consent) and isinstance(each.relayed, Relayed) and not unproven_note(message, each, view):
            yield SignedConsent(text_hash(note), message.sender.contact, each.relayed.leaf.time, said.event)


def agreed_text(agreed: Agreed) -> str:
    """One step in a line."""
    when = "" if agreed.proven else " (nothing proves when; judged by when it came here)"
    head = f"by {agreed.by} to {agreed.to}{when}: "
    reasons = "; ".join(REASONS[each][_ENGLISH] for each in agreed.decision.reasons)
    if agreed.unknown:
        what = f"events of request {agreed.unknown[:_ABBREVIATED]} are given again, which is not on this desk"
        means = "what no consent lifts" if agreed.decision.verdict == "refused" else "what takes consent"
        return (
            f"{head}NOT KNOWN whether it was free: {what}. To a party to it they may be given; if {agreed.to} is none, "
            f"there stands against it, {means}: {reasons}"
        )
    if agreed.decision.verdict == "refused":
        return f"{head}AGAINST ITS RULES, which no consent lifts: {reasons}"
    if agreed.decision.verdict == "needs-consent":
        return f"{head}WITHOUT THE CONSENT THAT IT TAKES, as far as is proven here: {reasons}"
    if not agreed.consents:
        return f"{head}free by its marks"
    by = ", ".join(f"{each.contact}, {stamp(each.taken_in or 0)}" for each in agreed.consents)
    return f"{head}with the consent of {by}, signed, and taken in by the relay"


def agreed_plain(agreed: Agreed) -> dict[str, Any]:
    """The same for programs."""
    return {
        "by": agreed.by,
        "to": agreed.to,
        "proven": agreed.proven,
        "verdict": "unknown" if agreed.unknown else agreed.decision.verdict,
        "reasons": list(agreed.decision.reasons),
        "consents": [{"id": each.id, "from": each.contact, "at": each.taken_in} for each in agreed.consents],
    }
