"""From an envelope to a message that can be believed, or the reason why not. The order of the checks is binding:

 O1  the envelope is well formed and names this device                                 else `Unbelievable`
 O2  the age stanza that is this device's opens with the key the header names          else `Unbelievable`
 O3  the text is padded to its class and is a note signed by *both* keys of the header's sender device,
     for this network                                                                   else `Unbelievable`
 O4  the header says what the signed note says (stages, release times, precedence, stop, expiry, attachments)
                                                                                        else `Unbelievable`
 O5  this device serves a contact the note names for its stage, or the sender's own    else `Unbelievable`
 O6  the relay's receipt verifies, and at its tree size the sender's device was live and served the sender contact
                                                                                        else warning `unproven`
 O7  the release time of this device's stage has come, by the receipt's time           else warning `released-early`
 O8  the sender's checkpoint and ours are of one history                               else warning `fork`, and an alarm
     (a larger one than ours: warning `directory-behind`)
 O9  the key was no fallback                                                            else warning `fallback-key`

Pure: the caller hands in bytes, keys, the replica and the time of arrival.
"""

from collections.abc import Callable
from dataclasses import dataclass

from crypto.age import decrypt_at
from crypto.age_pq import PQIdentity
from crypto.errors import CryptoError
from desk.message import Message, MessageError, open_message
from directory.canonical import Malformed
from directory.replay import Alarm, Replica, check_other
from directory.view import View
from relay.protocol.envelope import Envelope, parse_envelope
from relay.protocol.lines import LineError
from relay.protocol.padding import unpad
from relay.protocol.receipts import Relayed, check_relayed

EARLY_TOLERANCE = 300  # seconds by which the clocks of relay and desk may differ


class Unbelievable(ValueError):
    """An envelope whose content cannot be believed, or not be read, by this desk; the text says why."""


class NotYet(Unbelievable):
    """An envelope whose sender the directory on this desk does not know: perhaps after the next synchronisation."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A message, its signed note, what to warn of, and the alarm it gave rise to."""

    message: Message
    note: bytes
    envelope: Envelope
    stage: int
    own: bool
    warnings: tuple[str, ...]
    alarm: Alarm | None


@dataclass(frozen=True, slots=True)
class Reader:
    """This desk as a reader: its device id, how to find an identity by key id, which ids are fallbacks."""

    device: str
    identity: Callable[[str], PQIdentity | None]
    is_fallback: Callable[[str], bool]


def open_envelope(raw: bytes, relayed: Relayed | None, reader: Reader, replica: Replica, arrived: int) -> Opened:
    """The message in `raw`; raises Unbelievable by O1 to O5, warns by O6 to O9."""
    view = replica.view
    try:
        envelope = parse_envelope(raw)
        stanza = envelope.header.stanza_of(reader.device)
    except Malformed as error:
        raise Unbelievable(f"not an envelope for this desk: {error}") from error
    note, message = _read(envelope, stanza, reader, view)
    own = any(each.device == reader.device for each in envelope.header.own)
    stage = envelope.header.stage_of(reader.device)
    _check_header(envelope, message)
    _check_addressee(view, message, reader.device, stage, own, arrived)
    warnings = _warnings(envelope, relayed, message, stage, own, view, arrived)
    if reader.is_fallback(envelope.header.recipients()[stanza].key):
        warnings.append("fallback-key")
    alarm = None
    try:
        theirs = check_other(replica, message.checkpoint.encode())
        if theirs.checkpoint.size > replica.size:
            warnings.append("directory-behind")
    except Alarm as found:
        alarm = found
        warnings.append("fork" if found.kind == "fork" else "checkpoint")
    return Opened(message, note, envelope, stage, own, tuple(warnings), alarm)


def _read(envelope: Envelope, stanza: int, reader: Reader, view: View) -> tuple[bytes, Message]:
    recipient = envelope.header.recipients()[stanza]
    identity = reader.identity(recipient.key)
    if identity is None:
        raise Unbelievable("the key it was sealed to is not here: erased when its time ended, or never this desk's")
    sender = view.devices.get(envelope.header.sender)
    if sender is None:
        raise NotYet("the directory on this desk does not know the sending device; synchronise and try again")
    try:
        note = unpad(decrypt_at(envelope.sealed, identity, stanza))
        name = view.device_name(envelope.header.sender)
        message = open_message(note, view.founded.id, name, envelope.header.sender, sender.keys)
    except (CryptoError, Malformed, MessageError) as error:
        raise Unbelievable(str(error)) from error
    return note, message


def _check_header(envelope: Envelope, message: Message) -> None:
    header = envelope.header
    signed = (
        [each.after for each in message.stages],
        message.precedence,
        message.stop,
        message.expires,
        [each.cipher_hash for each in message.attachments],
    )
    shown = (
        [each.after for each in header.stages],
        header.precedence,
        header.stop,
        header.expires,
        [*header.attachments],
    )
    for mine, theirs, what in zip(
        signed, shown, ("stages", "precedence", "stop", "expiry", "attachments"), strict=True
    ):
        if mine != theirs:
            raise Unbelievable(
                f"the envelope's {what} are not what the sender signed: somebody changed them on the way"
            )


def _check_addressee(view: View, message: Message, device: str, stage: int, own: bool, now: int) -> None:
    contacts = (message.sender.contact,) if own else message.stages[stage].contacts
    if not any(_served(view, device, contact) for contact in contacts):
        raise Unbelievable("the signed recipients are not served by this desk: the message was meant for others")


def _served(view: View, device: str, contact: str) -> bool:
    """Whether a device's officer serves, or ever served, a contact: mail may arrive after a roster changed."""
    record, entry = view.devices.get(device), view.contacts.get(contact)
    return record is not None and entry is not None and any(record.officer in each for _, each in entry.service)


def _warnings(
    envelope: Envelope, relayed: Relayed | None, message: Message, stage: int, own: bool, view: View, arrived: int
) -> list[str]:
    warnings: list[str] = []
    relay = view.relay
    try:
        if relayed is None or relay is None:
            raise LineError("there is no receipt")
        check_relayed(relayed, envelope.hash, view.founded.id, view.founded.name, relay.receipt)
        leaf = relayed.leaf
        if not view.serves(message.sender.device, message.sender.contact, leaf.tree_size, leaf.time):
            raise LineError("the sending device did not serve the sender contact")
    except LineError:
        warnings.append("unproven")
    if relayed is not None and not own and stage > 0:
        due = relayed.leaf.time + message.stages[stage].after
        if arrived + EARLY_TOLERANCE < due:
            warnings.append("released-early")
    return warnings
