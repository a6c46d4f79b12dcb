"""From what an officer wants to say to a signed message: sender, stages, clocks, expiry.

1. A message is sent in the name of one contact, which the sending officer serves.
2. Whom it reaches next, and who is called after that, follows by itself (`desk.mail.turns`). TLP:RED and data about a
   victim reach only the named: one stage, and then calls without content.
3. A stage that is added is a message of its own, which repeats the first (`again`) for further contacts, word for word,
   from the same device.
4. The expiry is at most 14 days, and 7 unless asked for; and never after the message is to be erased.
5. A receipt for an exercise is an exercise, as a stage is that is added to one. In a network for exercises everything
   is one; elsewhere one wakes nobody (`desk.exercise.network`).
"""

import secrets
from dataclasses import dataclass, field

import msgspec

from desk.errors import Declined, NotFound, Usage
from desk.exercise.network import check_urgency, plays
from desk.handling.marks import Handling
from desk.mail.content import MOST_REASON, MOST_SUBJECT, MOST_TEXT, Receipt, Text
from desk.mail.message import MOST_CASE, Message, MessageError, MessageStage, SealedFile, Sender, check_message
from desk.mail.turns import turns
from directory.invisible import blank
from directory.keyset import LONGEST_EXPIRY
from directory.replay import Replica, own_checkpoint
from directory.view import View
from relay.protocol.envelope import MOST_CALLS, Precedence

DAY = 86_400
USUAL_EXPIRY = 7 * DAY


@dataclass(frozen=True, slots=True)
class Draft:
    """What an officer wants to say."""

    to: tuple[str, ...]
    subject: str
    text: str
    sender: str = ""
    case: str = ""
    precedence: Precedence = "routine"
    handling: Handling = field(default_factory=Handling)
    language: str = ""
    reply_to: str = ""
    attachments: tuple[SealedFile, ...] = ()
    expires_in: int = USUAL_EXPIRY
    escalate: bool = True
    calls: tuple[str, ...] | None = None
    exercise: bool = False


def compose(replica: Replica, device: str, draft: Draft, now: int) -> Message:
    """The message for a draft; raises Usage, NotFound or Declined, saying what to change."""
    view = replica.view
    sender = sender_contact(view, device, draft.sender, now)
    exercise = draft.exercise or plays(view.founded.name)
    check_urgency(view.founded.name, exercise=exercise, precedence=draft.precedence, calls=bool(draft.calls))
    for contact in draft.to:
        _check_recipient(view, contact)
    _check_calls(view, draft.to, sender, draft.calls or (), now)
    if sender in draft.to:
        raise Usage(f"{sender} is whom this is sent for; its other officers get a copy without being named")
    if not draft.to:
        raise Usage("name at least one recipient contact; `enlace find` lists them")
    if not 60 <= draft.expires_in <= LONGEST_EXPIRY:
        raise Usage("a message expires after a minute at the earliest, and after 14 days at the latest")
    check_line("subject", draft.subject, MOST_SUBJECT)
    for what, text, most in (("text", draft.text, MOST_TEXT), ("case", draft.case, MOST_CASE)):
        if len(text) > most:
            raise Usage(f"the {what} has {len(text)} characters; at most {most} are possible")
    later, calls = turns(
        view,
        sender,
        draft.to,
        draft.precedence,
        draft.expires_in,
        now,
        named_only=names_only(draft.handling),
        escalate=draft.escalate,
        calls=draft.calls if exercise == plays(view.founded.name) else (),
    )
    if repeated := {*(draft.calls or ())} & {each for stage in later for each in stage.contacts}:
        raise Usage(f"{', '.join(sorted(repeated))} gets the message as an alternate, so it is not called too")
    message = Message(
        id=secrets.token_hex(16),
        network=view.founded.id,
        case=draft.case,
        sender=Sender(contact=sender, device=device),
        stages=(MessageStage(after=0, contacts=draft.to), *later),
        calls=calls,
        at=now,
        expires=min(now + draft.expires_in, draft.handling.erase_at or now + draft.expires_in),
        precedence=draft.precedence,
        stop="accepted",
        handling=draft.handling,
        content=Text(
            subject=draft.subject,
            text=draft.text,
            language=draft.language or msgspec.UNSET,
            reply_to=draft.reply_to or msgspec.UNSET,
        ),
        exercise=exercise,
        attachments=draft.attachments,
        checkpoint=_checkpoint(replica),
    )
    return _checked(message)


def check_line(what: str, text: str, most: int) -> None:
    """Return if `text` says something, in at most so many characters; raise Usage otherwise."""
    if blank(text):
        raise Usage(f"the {what} is blank: write in a line what it is about")
    if len(text) > most:
        raise Usage(f"the {what} has {len(text)} characters; at most {most} are possible")


def names_only(handling: Handling) -> bool:
    """Whether a message may reach only the contacts it names (rule 2)."""
    return handling.tlp == "RED" or handling.victim


def compose_again(replica: Replica, device: str, original: Message, contacts: tuple[str, ...], now: int) -> Message:
    """A stage that is added: the message that repeats `original` for further contacts (rule 3), now.

    Raises Usage, NotFound or Declined, saying what to change.
    """
    view = replica.view
    sender = sender_contact(view, device, original.sender.contact, now)
    if device != original.sender.device:
        raise Declined("only the desk that sent a message adds a stage to it; a colleague sends the text anew")
    if original.request is not msgspec.UNSET or original.case_event is not msgspec.UNSET:
        raise Declined("an act of a request or of a case is not repeated: it would count twice; send the text anew")
    for contact in contacts:
        _check_recipient(view, contact)
        if contact in original.contacts or contact == sender:
            raise Usage(f"{contact} gets this message already")
    message = msgspec.structs.replace(
        original,
        id=secrets.token_hex(16),
        stages=(MessageStage(after=0, contacts=contacts),),
        calls=(),
        at=now,
        again=original.id if original.again is msgspec.UNSET else original.again,
        checkpoint=_checkpoint(replica),
    )
    return _checked(message)


def receipt_for(replica: Replica, device: str, original: Message, receipt: Receipt, now: int) -> Message:
    """The message that tells the sender's contact what happened to `original`.

    Raises Declined if this desk may not say so any more, Usage for a reason that is too long.
    """
    view = replica.view
    if len(receipt.reason) > MOST_REASON:
        raise Usage(f"the reason has {len(receipt.reason)} characters; at most {MOST_REASON} are possible")
    contacts = [contact for stage in original.stages for contact in stage.contacts]
    mine = next((each for each in contacts if view.serves(device, each, view.size, now)), "")
    if not mine:
        raise Declined("this desk no longer serves a contact the message was sent to")
    message = Message(
        id=secrets.token_hex(16),
        network=original.network,
        sender=Sender(contact=mine, device=device),
        stages=(MessageStage(after=0, contacts=(original.sender.contact,)),),
        at=now,
        expires=now + LONGEST_EXPIRY,
        precedence="routine",
        stop="never",
        content=receipt,
        exercise=original.exercise,
        checkpoint=_checkpoint(replica),
    )
    return _checked(message)


def sender_contact(view: View, device: str, wanted: str, now: int) -> str:
    """The contact in whose name a device sends: the wanted one, or the only one it serves."""
    served = [each for each in sorted(view.contacts) if view.serves(device, each, view.size, now)]
    if wanted:
        if wanted not in served:
            raise Declined(
                f"this officer does not serve {wanted}; an administrator puts officers on a contact's roster"
            )
        return wanted
    if not served:
        raise Declined("this officer serves no contact, so there is no authority to send for")
    if len(served) > 1:
        raise Usage(f"this officer serves {', '.join(served)}; choose one with --from")
    return served[0]


def _check_calls(view: View, to: tuple[str, ...], sender: str, calls: tuple[str, ...], now: int) -> None:
    """Return if the contacts that are to be called can be; raise NotFound, Declined or Usage if not."""
    if len(calls) > MOST_CALLS:
        raise Usage(f"at most {MOST_CALLS} contacts are called, one after the other")
    for contact in calls:
        _check_recipient(view, contact)
        if contact in to or contact == sender:
            raise Usage(f"{contact} gets the message, so it is not called too")
        if not view.contact_devices(contact, now):
            raise Declined(
                f"{contact} has no live device, so nothing rings there: telephone and e-mail only", "no-device"
            )


def _checked(message: Message) -> Message:
    """A message that can be signed; raises Usage for one that no reader would take."""
    try:
        check_message(message)
    except MessageError as error:
        raise Usage(str(error)) from error
    return message


def _check_recipient(view: View, contact: str) -> None:
    record = view.contacts.get(contact)
    if record is None:
        raise NotFound(f"there is no contact {contact}; `enlace find` lists them")
    if not record.listed:
        raise Declined(f"contact {contact} is no longer listed")


def _checkpoint(replica: Replica) -> str:
    if replica.checkpoint is None:
        raise Declined("this desk has no directory yet; run `enlace sync`")
    return own_checkpoint(replica).decode()
