"""What a message may hold: each kind of content, and which signed acts may stand beside it. Pure.

    {"kind":"text","language":"es","subject":"…","text":"…"}

C1  `text` and `form` are words from one authority to another; `receipt` says what became of a message, and there is no
    receipt for a receipt.
C2  `act` is an act alone: everything it says stands in the event of a request or of a case beside it.
C3  `roster` and `duty-note` go among the officers of one contact: who is on duty, and what the next one has to know. A
    note leaves open messages to the next, or takes over (`takes`) what an earlier note left. It names messages by the
    hash of their signed text, each once.
C4  `consent` asks for, gives, refuses or takes back what the handling of a message does not allow by itself.
C5  `drill` is a readiness drill: to be received and answered, and nothing else. It is nobody's correspondence.
C6  `handed-over` carries earlier messages of a case, each as its sender signed it, to who was not given them. It names
    the act by which they are handed over; without one it carries acts alone, so that somebody knows who is in the case.
C7  Beside an act alone stands an event; beside words or a form one may stand; beside anything else none. A request that
    is sent with a form names that form.
C8  `passed-on` carries messages outside a case to who was not named, each as its sender signed it, with a few words of
    whoever passes it on: nobody takes it for theirs, and its marks stay with it. The consents that it takes go along as
    they were signed, so that who gets it sees that each sender agreed. Beside a request's `repeat`, and there
    alone, it gives earlier events of that request again to who may lack them.
"""

from typing import Annotated, Literal

import msgspec

from crypto.errors import CryptoError
from crypto.note import parse_note
from desk.cases.acts import CaseEvent
from desk.cases.acts import check_event as check_case_event
from desk.forms.filled import Filled, check_filled
from desk.handling.rules import ConsentEvent
from desk.mail.envelope_proof import EnvelopeProof
from desk.requests.acts import Repeat, RequestEvent, Send
from desk.requests.acts import check_event as check_request_event
from desk.rosters.roster import Roster, check_roster
from directory.canonical import Malformed
from directory.fields import ContactId, Hash, Language
from relay.protocol.envelope import EnvelopeId
from relay.protocol.receipts import Relayed

MOST_TEXT = 500_000
MOST_SUBJECT = 300
MOST_REASON = 4000
MOST_NOTE = 20_000
MOST_OPEN = 500
MOST_HANDED = 500
MOST_PASSED = 20
MOST_CONSENTS = 40
MOST_HANDED_NOTE = 1 << 20  # characters of one signed note

Act = Literal["opened", "accepted", "refused"]


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of a message's content."""


class Text(Piece, frozen=True, kw_only=True, tag_field="kind", tag="text"):
    """Words from one authority to another."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_SUBJECT)]
    text: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)]
    language: Language | msgspec.UnsetType = msgspec.UNSET
    reply_to: EnvelopeId | msgspec.UnsetType = msgspec.UNSET


class Form(Piece, frozen=True, kw_only=True, tag_field="kind", tag="form"):
    """A filled form from one authority to another."""

    filled: Filled
    reply_to: EnvelopeId | msgspec.UnsetType = msgspec.UNSET


class Receipt(Piece, frozen=True, kw_only=True, tag_field="kind", tag="receipt"):
    """What an officer did with a message: its id, its envelope's hash, and the reason of a refusal."""

    act: Act
    message: EnvelopeId
    envelope: Hash
    reason: Annotated[str, msgspec.Meta(max_length=MOST_REASON)] = ""


class ActAlone(Piece, frozen=True, kw_only=True, tag_field="kind", tag="act"):
    """Nothing but the event beside it."""


class DutyRoster(Piece, frozen=True, kw_only=True, tag_field="kind", tag="roster"):
    """The duty roster of the contact in whose name it is sent."""

    roster: Roster


class DutyNote(Piece, frozen=True, kw_only=True, tag_field="kind", tag="duty-note"):
    """What an officer leaves to the next: words, and the messages that are still open; or that the next has them now.

    `takes` is the note that is taken over, by the hash of its signed text.
    """

    text: Annotated[str, msgspec.Meta(max_length=MOST_NOTE)]
    language: Language | msgspec.UnsetType = msgspec.UNSET
    open: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MOST_OPEN)] = ()
    takes: Hash | msgspec.UnsetType = msgspec.UNSET


class Consent(Piece, frozen=True, kw_only=True, tag_field="kind", tag="consent"):
    """Something said about consent, for one message and one contact."""

    event: ConsentEvent


class Drill(Piece, frozen=True, kw_only=True, tag_field="kind", tag="drill"):
    """A readiness drill; `language` is that in which whoever answers is asked to."""

    language: Language | msgspec.UnsetType = msgspec.UNSET


class HandedNote(Piece, frozen=True, kw_only=True):
    """A message as it was signed, the hash of the envelope it came in, the relay's receipt, and what shows that it was
    in that envelope, where there is any."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_HANDED_NOTE)]
    envelope: Hash | Literal[""] = ""
    relayed: Relayed | msgspec.UnsetType = msgspec.UNSET
    proof: EnvelopeProof | msgspec.UnsetType = msgspec.UNSET


class HandedOver(Piece, frozen=True, kw_only=True, tag_field="kind", tag="handed-over"):
    """Earlier messages of a case, to who was not given them: by which act, and to one device alone, if to one."""

    case: Hash
    act: Hash | msgspec.UnsetType = msgspec.UNSET
    device: Hash | msgspec.UnsetType = msgspec.UNSET
    notes: Annotated[tuple[HandedNote, ...], msgspec.Meta(min_length=1, max_length=MOST_HANDED)]


class PassedOn(Piece, frozen=True, kw_only=True, tag_field="kind", tag="passed-on"):
    """Messages to who was not named in them, words of whoever passes them on, and the consents that this takes."""

    notes: Annotated[tuple[HandedNote, ...], msgspec.Meta(min_length=1, max_length=MOST_PASSED)]
    consents: Annotated[tuple[HandedNote, ...], msgspec.Meta(max_length=MOST_CONSENTS)] = ()
    text: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)] = ""
    language: Language | msgspec.UnsetType = msgspec.UNSET


Content = Text | Form | Receipt | ActAlone | DutyRoster | DutyNote | Consent | Drill | HandedOver | PassedOn
Correspondence = Text | Form | ActAlone | HandedOver | PassedOn  # what an officer reads, answers, accepts and refuses
OWN_SIDE = (DutyRoster, DutyNote)


def check_content(
    content: Content,
    sender: ContactId,
    request: RequestEvent | msgspec.UnsetType,
    case_event: CaseEvent | msgspec.UnsetType,
) -> None:
    """Return if content and events keep the rules above; raise Malformed, saying what is wrong."""
    if request is not msgspec.UNSET:
        check_request_event(request)
    if case_event is not msgspec.UNSET:
        check_case_event(case_event)
    events = [each for each in (request, case_event) if each is not msgspec.UNSET]
    match content:
        case Text():
            pass
        case Form(filled=filled):
            check_filled(filled)
        case ActAlone() if events:
            pass
        case HandedOver() if not events:
            _check_handed(content)
        case PassedOn() if case_event is msgspec.UNSET and request is not msgspec.UNSET:
            if not isinstance(request.act, Repeat):
                raise Malformed(
                    "what is passed on stands beside the event of a request that repeats, and beside nothing else"
                )
        case DutyRoster(roster=roster) if not events:
            check_roster(roster)
            if roster.contact != sender:
                raise Malformed("a roster is sent in the name of the contact it is of")
        case DutyNote(open=left, takes=takes) if not events:
            if len(set(left)) != len(left):
                raise Malformed("a duty note names a message once")
            if left and takes is not msgspec.UNSET:
                raise Malformed("a duty note leaves messages to the next officer, or takes over a note: not both")
        case _ if events or isinstance(content, ActAlone):
            raise Malformed("an act stands beside words, a form or an event of its own, and beside nothing else")
    if request is not msgspec.UNSET and isinstance(request.act, Repeat) and not isinstance(content, PassedOn):
        raise Malformed("events that are repeated are passed on beside the act that says so")
    if request is not msgspec.UNSET and isinstance(request.act, Send):
        named = content.filled.form if isinstance(content, Form) else ""
        if request.act.form != named:
            raise Malformed("a request that is sent names the form it is made with")


def _check_handed(content: HandedOver) -> None:
    """Return if every note that is handed over is a note, each of another text; raise Malformed if not.

    What stands in it, and who signed it, is for the desk to check that has the directory (`desk.cases.handed`).
    """
    try:
        texts = [parse_note(each.note.encode(), 4 * MOST_HANDED_NOTE).text for each in content.notes]
    except (CryptoError, UnicodeEncodeError) as error:
        raise Malformed(f"what is handed over is no signed note: {error}") from error
    if len(set(texts)) != len(texts):
        raise Malformed("what is handed over is handed over once")
