"""A roster and a duty note as messages to the sender's own contact, and to nobody else.

1. Only an officer who serves the contact signs for it; the roster's number is the next (`desk.rosters.changes`).
2. They expire as late as a message can: a colleague who comes back after two weeks still gets them. Who is away for
   longer, or was enrolled since, gets them when they are sent again.
3. Handling is AMBER+STRICT: they stay within the authority. Nobody signs a receipt for them.
"""

import secrets

from desk.errors import Declined, Usage
from desk.exercise.network import plays
from desk.handling.marks import Handling
from desk.mail.compose import sender_contact
from desk.mail.content import DutyNote, DutyRoster
from desk.mail.facts import Facts
from desk.mail.message import Message, MessageError, MessageStage, Sender, write_message
from desk.profile.unlocked import Unlocked
from directory.keyset import LONGEST_EXPIRY
from directory.replay import Replica, own_checkpoint
from relay.protocol.lines import device_name

INSIDE = Handling(tlp="AMBER+STRICT", onward="no")


def message_for(replica: Replica, device: str, contact: str, content: DutyRoster | DutyNote, now: int) -> Message:
    """The message; raises Declined for a contact this device does not serve, or without a directory."""
    sender_contact(replica.view, device, contact, now)
    if replica.checkpoint is None:
        raise Declined("this desk has no directory yet; run `enlace sync`")
    return Message(
        id=secrets.token_hex(16),
        network=replica.view.founded.id,
        sender=Sender(contact=contact, device=device),
        stages=(MessageStage(after=0, contacts=(contact,)),),
        at=now,
        expires=now + LONGEST_EXPIRY,
        precedence="routine",
        stop="never",
        handling=INSIDE,
        content=content,
        exercise=plays(replica.view.founded.name),
        checkpoint=own_checkpoint(replica).decode(),
    )


def queue(desk: Unlocked, contact: str, content: DutyRoster | DutyNote) -> int:
    """Sign a roster or a note, and put it into the outbox; returns its number. It goes with the next connection.

    Raises Halted on a halted desk, Declined as `message_for`, Usage for what no reader would take.
    """
    desk.check_following("nothing was signed")
    identity = desk.profile.identity
    message = message_for(desk.replica(), identity.device, contact, content, desk.clock())
    try:
        note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
    except MessageError as error:
        raise Usage(str(error)) from error
    number = desk.mail.add(message, note, Facts(direction="out"), queue=True)
    if number is None:
        raise Usage("this is in the outbox already")
    return number
