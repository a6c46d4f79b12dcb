"""Messages of the handling rules: one that passes another on, and what is said about consent. Pure but for ids.

Each goes in one stage to those it names: nobody is reached who was not meant.
"""

import secrets
from dataclasses import dataclass

import msgspec

from desk.errors import Declined, Usage
from desk.exercise.network import check_urgency, plays
from desk.handling.marks import Handling
from desk.handling.rules import NEVER, ConsentEvent, TakeBackConsent, loosened
from desk.handling.sending import check_consular_reply, marks_for
from desk.handling.stored import about_victim, erased_at, form_in, pieces_of
from desk.mail.compose import sender_contact
from desk.mail.content import Consent, Content, Correspondence, HandedNote, PassedOn
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.facts import Stored
from desk.mail.handed import as_handed
from desk.mail.message import Message, MessageError, MessageStage, SealedFile, Sender, check_message
from directory.canonical import encode
from directory.keyset import LONGEST_EXPIRY
from directory.replay import Replica, own_checkpoint
from relay.protocol.envelope import Precedence

MOST_BESIDE = 960 << 10  # bytes of what is passed on, words and consents: the line of a message has at most 1 MiB
_LEAST = 60  # seconds that a message waits at least


@dataclass(frozen=True, slots=True)
class Passing:
    """What somebody wants to pass on: to whom, in whose name, with which words, for which purpose if another;
    `proof` shows the envelope it came in."""

    to: tuple[str, ...]
    sender: str = ""
    text: str = ""
    language: str = ""
    purpose: str = ""
    precedence: Precedence = "routine"
    expires_in: int = 7 * 86_400
    tighter: Handling | None = None
    attachments: tuple[SealedFile, ...] = ()
    consents: tuple[HandedNote, ...] = ()
    proof: EnvelopeProof | None = None


def passed_on(replica: Replica, device: str, stored: Stored, wish: Passing, now: int) -> Message:
    """The message that carries a stored one, with its marks (H11), with what shows its envelope if there is room
    for that; raises Usage or Declined.

    Whether it may be passed on at all is the gate's question, not asked here.
    """
    original = stored.message
    if not isinstance(original.content, Correspondence):
        raise Usage(f"message {stored.number} is nobody's correspondence: there is nothing in it to pass on")
    if not stored.facts.envelope:
        raise Usage(f"message {stored.number} was not sent yet: send it to them instead")
    marks = passed_marks(stored, wish, replica)
    handed = as_handed(stored, wish.proof, MOST_BESIDE - len(wish.text.encode()) - len(encode(wish.consents)))
    content = PassedOn(notes=(handed,), consents=wish.consents, text=wish.text, language=wish.language or msgspec.UNSET)
    exercise = original.exercise
    check_urgency(replica.view.founded.name, exercise=exercise, precedence=wish.precedence, calls=False)
    message = addressed(replica, device, wish.sender, wish.to, content, marks, wish.expires_in, now)
    message = msgspec.structs.replace(
        message,
        case=original.case,
        precedence=wish.precedence,
        stop="accepted",
        attachments=wish.attachments,
        exercise=message.exercise or exercise,
    )
    return _checked(message)


def passed_marks(stored: Stored, wish: Passing, replica: Replica) -> Handling:
    """The marks under which a message is passed on; raises Declined for looser ones than it has."""
    outer = pieces_of(stored, replica.view)[0]
    original = stored.message
    kept = marks_for(original.handling, form_in(original), (original,))
    if wish.purpose:
        kept = msgspec.structs.replace(kept, purpose=wish.purpose)
    wanted = wish.tighter
    if wanted is None:
        return kept
    found = msgspec.structs.replace(
        kept, tlp=wanted.tlp, onward=wanted.onward, erase_at=wanted.erase_at or kept.erase_at
    )
    compared = msgspec.structs.replace(found, purpose=outer.handling.purpose)
    if loose := loosened(outer, compared, found.erase_at or NEVER):
        names = {"tlp": "TLP", "onward": "third-party rule", "retention": "time it is kept"}
        told = ", ".join(names.get(each, each) for each in loose)
        raise Declined(f"whoever passes something on keeps its marks; looser would be: {told}", "handling")
    return found


def about_consent(
    replica: Replica, device: str, sender: str, to: str, event: ConsentEvent, about: Message | None, now: int
) -> Message:
    """A message that asks for, gives, refuses or takes back consent; under its marks, kept no
    longer than that, and to a consular contact only where that may have what it is about (S3). What takes a consent
    back names a consent that is there already, and nothing else: it goes to whoever was given that."""
    old = about.handling if about is not None else Handling()
    ends = erased_at(about) if about is not None else NEVER
    victim = about is not None and about_victim(about)
    marks = Handling(tlp=old.tlp, onward=old.onward, erase_at=ends if ends < NEVER else 0, victim=victim)
    if about is not None and not isinstance(event, TakeBackConsent):
        check_consular_reply(replica.view, about, to)
    wait = min(LONGEST_EXPIRY, ends - now)
    if wait < _LEAST:
        raise Declined("the message it is about is to be erased: nothing can be done with it any more", "handling")
    message = addressed(replica, device, sender, (to,), Consent(event=event), marks, wait, now)
    exercise = message.exercise or (about is not None and about.exercise)
    return _checked(msgspec.structs.replace(message, exercise=exercise))


def addressed(
    replica: Replica,
    device: str,
    sender: str,
    to: tuple[str, ...],
    content: Content,
    marks: Handling,
    expires_in: int,
    now: int,
) -> Message:
    """A message to contacts, in one stage, in the name of a contact that this desk serves."""
    view = replica.view
    own = sender_contact(view, device, sender, now)
    if own in to:
        raise Usage(f"{own} is whom this is sent for; its other officers get a copy without being named")
    if replica.checkpoint is None:
        raise Declined("this desk has no directory yet; run `enlace sync`")
    if not _LEAST <= expires_in <= LONGEST_EXPIRY:
        raise Usage("a message expires after a minute at the earliest, and after 14 days at the latest")
    return Message(
        id=secrets.token_hex(16),
        network=view.founded.id,
        sender=Sender(contact=own, device=device),
        stages=(MessageStage(after=0, contacts=tuple(dict.fromkeys(to))),),
        at=now,
        expires=min(now + expires_in, marks.erase_at or now + expires_in),
        precedence="routine",
        stop="never",
        handling=marks,
        content=content,
        exercise=plays(view.founded.name),
        checkpoint=own_checkpoint(replica).decode(),
    )


def _checked(message: Message) -> Message:
    try:
        check_message(message)
    except MessageError as error:
        raise Usage(str(error)) from error
    return message
