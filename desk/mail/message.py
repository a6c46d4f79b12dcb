"""The signed note inside an envelope: who says what to whom, in which case, under which handling.

    enlace/message/v1
    {"case":"…","checkpoint":"…","content":{"kind":"text","subject":"…","text":"…"},"from":…,"id":"…","stages":[…],…}

    — enlace.example/9c… …        Ed25519
    — enlace.example/9c… …        ML-DSA-44

1. It counts only with both signatures of the sending device (`crypto.signing.check_both`).
2. The recipients, in stages with their release times, are inside the signature: a message cannot be passed on as if it
   had been meant for somebody else.
   So are the calls that come after the stages: whom a line without content tells that nobody has accepted.
3. It carries the checkpoint its sender last verified, so that two desks notice when a relay shows them two directories.
4. What it may hold, and which acts may stand beside it: `desk.mail.content`. Receipts are messages too.
5. `id` is the sender's; together with the device it makes duplicates recognisable. `again` names an earlier message of
   the same device that this one repeats, for contacts it was not for: a stage that was added.
6. What goes among the officers of one contact (`OWN_SIDE`) names that contact as its recipient, and no other.
7. `exercise` says that nothing of it is real. It stands outside the content, so that no kind of content is without it.
   In a network whose name begins with `exercise.` every message says so: one that does not is not signed there, and
   does not count.
8. What is handed over or passed on inside a message is a message too, by all these rules but the first: whose
   signatures it has is judged by who opens it (`desk.handling.inside`). Messages lie in one another at most MOST_DEPTH
   deep. So are the consents that go along, each of which gives consent to passing something on. The attachments beside
   them are attachments of theirs, word for word: whoever hands a file on says nothing of their own about it.
9. `officers` are those it is for besides the contacts: guests of its case, or to whom something of a case is handed
   over. Nothing but a case knows such; with them a message may be for no contact at all.
"""

from typing import Annotated, Literal

import msgspec

from crypto.errors import CryptoError
from crypto.note import Note, parse_note
from crypto.signing import PublicPair, SecretPair, check_both, sign_both
from desk.cases.acts import CaseEvent
from desk.exercise.network import plays
from desk.handling.marks import Handling
from desk.handling.rules import GiveConsent
from desk.mail.content import MOST_HANDED_NOTE, OWN_SIDE, Consent, Content, HandedOver, PassedOn, Receipt, check_content
from desk.requests.acts import RequestEvent
from directory.canonical import Malformed, read_body, write_body
from directory.fields import ContactId, Count, Hash, MemberId, OfficerId, Time
from relay.protocol.envelope import LATEST_STAGE, MOST_ATTACHMENTS, MOST_CALLS, MOST_STAGES, EnvelopeId, Precedence

MESSAGE_TYPE = "enlace/message/v1"
MOST_MESSAGE_BYTES = 2 << 20
MOST_CASE = 200
MOST_DEPTH = 4
MOST_OFFICERS = 64


class MessageError(ValueError):
    """A message that is malformed, or whose signatures do not hold."""


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of a message."""


class SealedFile(Piece, frozen=True, kw_only=True):
    """An attachment: its name for people, the identity that opens its age file, and hashes of both forms."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    identity: Annotated[str, msgspec.Meta(pattern=r"\AAGE-SECRET-KEY-PQ-1[0-9A-Z]{10,100}\Z")]
    cipher_hash: Hash
    cipher_size: Count
    plain_hash: Hash
    plain_size: Count


class MessageStage(Piece, frozen=True, kw_only=True):
    """The contacts to reach `after` seconds if nobody has accepted by then."""

    after: Count
    contacts: tuple[ContactId, ...]


class MessageCall(Piece, frozen=True, kw_only=True):
    """Whom to call `after` seconds if nobody has accepted by then: contacts, and the administrators of members."""

    after: Count
    contacts: tuple[ContactId, ...] = ()
    administrators: tuple[MemberId, ...] = ()


class Sender(Piece, frozen=True, kw_only=True):
    """The contact in whose name the message is sent, and the device that signs."""

    contact: ContactId
    device: Hash


class Message(Piece, frozen=True, kw_only=True, rename={"sender": "from"}):
    """A message as it is signed; `request` and `case_event` are the acts that stand beside its content."""

    id: EnvelopeId
    network: Hash
    case: Annotated[str, msgspec.Meta(max_length=MOST_CASE)] = ""
    sender: Sender
    stages: tuple[MessageStage, ...]
    officers: Annotated[tuple[OfficerId, ...], msgspec.Meta(max_length=MOST_OFFICERS)] = ()
    calls: tuple[MessageCall, ...] = ()
    at: Time
    expires: Time
    precedence: Precedence
    stop: Literal["accepted", "never"]
    handling: Handling = Handling()
    content: Content
    request: RequestEvent | msgspec.UnsetType = msgspec.UNSET
    case_event: CaseEvent | msgspec.UnsetType = msgspec.UNSET
    again: EnvelopeId | msgspec.UnsetType = msgspec.UNSET
    exercise: bool = False
    attachments: Annotated[tuple[SealedFile, ...], msgspec.Meta(max_length=MOST_ATTACHMENTS)] = ()
    checkpoint: str

    @property
    def contacts(self) -> tuple[str, ...]:
        """Every contact it is for, in the order of the stages."""
        return tuple(contact for stage in self.stages for contact in stage.contacts)

    @property
    def own_side(self) -> bool:
        """Whether it is for nobody but the sender's own contact: such a one gets no receipts."""
        return self.contacts == (self.sender.contact,) and not self.officers

    @property
    def turns(self) -> tuple[MessageStage | MessageCall, ...]:
        """The stages, then the calls: what lines name by its place."""
        return (*self.stages, *self.calls)

    @property
    def to_many(self) -> bool:
        """Whether it is an alert: for several contacts at once, and stopped by none who accepts."""
        return self.stop == "never" and len(self.stages) == 1 and len(self.contacts) > 1


def shows_envelope(message: Message) -> bool:
    """Whether a desk keeps what shows the envelope of a message, however long that is: of an event of a case or of a
    request, of a receipt, and of what is said about consent."""
    events = (message.case_event, message.request)
    return any(each is not msgspec.UNSET for each in events) or isinstance(message.content, Receipt | Consent)


def write_message(message: Message, name: str, keys: SecretPair) -> bytes:
    """The message as a note signed by both keys of its device; raises MessageError for one no reader would take."""
    text = _write(message)
    _check_sort(message, name)
    try:
        return sign_both(keys, name, text)
    except CryptoError as error:
        raise MessageError(f"this message cannot be sent: {error}") from error


def check_message(message: Message) -> None:
    """Return if `message` can be sent; raise MessageError, saying why not."""
    _write(message)


def open_message(raw: bytes, network: str, name: str, device: str, keys: PublicPair) -> Message:
    """The message in `raw`, signed by both keys of `device`; raises MessageError, saying why it does not count."""
    try:
        note = parse_note(raw, MOST_MESSAGE_BYTES)
        check_both(note, name, keys)
        message = _read(note.text)
    except (CryptoError, Malformed) as error:
        raise MessageError(str(error)) from error
    if message.network != network:
        raise MessageError("the message was signed for another network")
    if message.sender.device != device:
        raise MessageError("the message names another device than the one that signed it")
    _check_sort(message, name)
    return message


def _check_sort(message: Message, name: str) -> None:
    """Return if a message may stand under this signer's name (rule 7); raise MessageError if not."""
    if plays(name) and not message.exercise:
        raise MessageError("the network is for exercises, and the message does not say that it is one")


def stored_message(raw: bytes) -> tuple[Message, Note]:
    """A message this desk has checked and stored before."""
    note = parse_note(raw, MOST_MESSAGE_BYTES)
    return _read(note.text), note


def _write(message: Message) -> str:
    try:
        text = write_body(MESSAGE_TYPE, message)
        _read(text)
    except UnicodeEncodeError as error:
        raise MessageError("this message cannot be sent: some of its text is no UTF-8") from error
    except Malformed as error:
        raise MessageError(f"this message cannot be sent: {error}") from error
    return text


def _read(text: str, depth: int = 0) -> Message:
    message = read_body(text, MESSAGE_TYPE, Message)
    afters = [each.after for each in message.stages]
    contacts = message.contacts
    if not afters or afters[0] != 0 or afters != sorted(set(afters)):
        raise Malformed("a message has stages; the first is released at once, each later one after the one before")
    if not all(each.contacts for each in message.stages[1 if message.officers else 0 :]):
        raise Malformed("every stage of a message names a contact, the first unless the message is for officers")
    if list(message.officers) != sorted(set(message.officers)):
        raise Malformed("the officers that a message is for are sorted, and named once")
    if message.officers and message.case_event is msgspec.UNSET and not isinstance(message.content, HandedOver):
        raise Malformed("a message is for officers, and not for the contacts they serve, in a case alone")
    if len(set(contacts)) != len(contacts):
        raise Malformed("a message names each recipient contact once")
    if len(afters) > MOST_STAGES or afters[-1] > LATEST_STAGE:
        raise Malformed(f"a message has at most {MOST_STAGES} stages, the last within {LATEST_STAGE // 86_400} days")
    _check_calls(message)
    if not message.at < message.expires:
        raise Malformed("a message expires after it was signed")
    if message.handling.identified and not message.handling.victim:
        raise Malformed("a message says why it names a victim, and is marked as about one")
    if message.again == message.id:
        raise Malformed("a message repeats an earlier one, not itself")
    if isinstance(message.content, OWN_SIDE) and contacts != (message.sender.contact,):
        raise Malformed("a duty roster and a duty note are for the officers of the sender's own contact alone")
    check_content(message.content, message.sender.contact, message.request, message.case_event)
    _check_inside(message, depth + 1)
    return message


def _check_inside(message: Message, depth: int) -> None:
    """Return if what is handed over or passed on is messages and files of theirs (rule 8); raise Malformed if not."""
    content, theirs = message.content, set[SealedFile]()
    for each in content.notes if isinstance(content, HandedOver | PassedOn) else ():
        if depth > MOST_DEPTH:
            raise Malformed(f"messages lie in one another at most {MOST_DEPTH} deep")
        try:
            note = parse_note(each.note.encode(), 4 * MOST_HANDED_NOTE)
            theirs.update(_read(note.text, depth).attachments)
        except (CryptoError, Malformed, UnicodeEncodeError) as error:
            raise Malformed(f"what is handed on is no message: {error}") from error
    for each in content.consents if isinstance(content, PassedOn) else ():
        try:
            said = _read(parse_note(each.note.encode(), 4 * MOST_HANDED_NOTE).text, depth).content
        except (CryptoError, Malformed, UnicodeEncodeError) as error:
            raise Malformed(f"what is handed on is no message: {error}") from error
        if not isinstance(said, Consent) or not isinstance(said.event, GiveConsent) or said.event.act != "forward":
            raise Malformed("what goes along with a message that is passed on gives consent to that, no more")
    if isinstance(content, HandedOver | PassedOn) and not theirs.issuperset(message.attachments):
        raise Malformed("a file beside messages that are handed on is one of theirs, as its sender signed it")


def _check_calls(message: Message) -> None:
    """Return if the calls can be made; raise Malformed if not."""
    turns = [each.after for each in message.turns]
    if turns != sorted(set(turns)) or turns[-1] > LATEST_STAGE or len(message.calls) > MOST_CALLS:
        raise Malformed(
            f"the calls of a message, at most {MOST_CALLS}, come after its stages, each after the one before"
        )
    if message.calls and not message.contacts:
        raise Malformed("a message calls nobody unless a stage of it names a contact")
    if not all(each.contacts or each.administrators for each in message.calls):
        raise Malformed("every call of a message, like every stage, names somebody")
    called = [("contact", each) for call in message.calls for each in call.contacts]
    called += [("administrators", each) for call in message.calls for each in call.administrators]
    named = {*called, *(("contact", each) for each in message.contacts)}
    if len(named) != len(called) + len(message.contacts):
        raise Malformed("a message calls each contact once, and none that it is for")
