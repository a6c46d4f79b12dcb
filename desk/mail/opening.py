"""From an envelope to a message that can be believed, or the reason why not. The order of the checks is binding:

 O1  the envelope is well formed and names this device                                 else `Unbelievable`
 O2  the age stanza that is this device's opens with the key the header names          else `Unbelievable`
 O3  the text is padded to its class and is a note signed by *both* keys of the header's sender device,
     for this network                                                                   else `Unbelievable`
 O4  the header says what the signed note says (network, release times of stages and calls, precedence, stop, expiry,
     attachments)                                                                       else `Unbelievable`
 O5  this device serves, or served, a contact the note names for its stage, or the sender's own, or is of an officer
     that the note names, in the first stage; and the sender's device serves, or served, the contact in whose name it
     speaks                                                                             else `Unbelievable`
 O6  the receipt of the relay named at its tree size verifies, and at that size, which is none this desk has yet to
     see, the sender's device was live and served the sender contact                    else warning `unproven`
 O7  the release time of this device's stage has come, by the later of the receipt's time and the one the sender
     signed: a relay cannot date it back                                                 else warning `released-early`;
     an order of the sender's side to hasten it, which comes before it, takes that back (`desk.mail.trail.as_ordered`)
     A sender's clock that is ahead is no relay's doing, and nobody here can tell it from a receipt that was dated
     back. So where a proven receipt is more than 5 minutes older than the sender's word, and it came in time by the
     receipt                                                                             : warning `early-or-ahead`
 O8  the sender's checkpoint is one that the log signed                                  else warning `checkpoint`: the
     sender's doing, and no alarm. And it is of one history with ours                    else warning `fork`, an alarm;
     on a branch that gave way when the roots named another relay                       : warning `gave-way`, no alarm
     (the receipt or the checkpoint knows a larger directory than ours: warning `directory-behind`)
 O9  the key was no fallback                                                            else warning `fallback-key`
 O10 the time the sender signed is near the one at which the relay took it in            else warning `dated`: it was
     written without a network, or one of them has a wrong clock, or dates it back

A check that the next synchronisation may turn out otherwise (a sender, or a roster, not known here yet) is `NotYet`.
Pure: the caller hands in bytes, keys, the replica and the time of arrival.
"""

from collections.abc import Callable
from dataclasses import dataclass

from crypto.age import Known, decrypt_known
from crypto.age_pq import PQIdentity
from crypto.errors import CryptoError
from desk.mail.envelope_proof import EnvelopeProof, proof_of
from desk.mail.message import Message, MessageError, open_message
from directory.canonical import Malformed
from directory.replay import Alarm, Replica, check_other, claimed_size
from directory.view import NEVER, View
from relay.protocol.envelope import Envelope, parse_envelope
from relay.protocol.lines import LineError
from relay.protocol.padding import unpad
from relay.protocol.receipts import Relayed, check_relayed

EARLY_TOLERANCE = 300  # seconds by which the clocks of relay and desk may differ
APART = 900  # seconds between signing and taking in after which both times are shown (O10)


class Unbelievable(ValueError):
    """An envelope whose content cannot be believed, or not be read, by this desk; the text says why."""


class NotYet(Unbelievable):
    """An envelope that a newer directory than this desk's may explain: perhaps after the next synchronisation."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A message, its signed note, what to warn of, the alarm it gave rise to, and what shows its envelope."""

    message: Message
    note: bytes
    envelope: Envelope
    stage: int
    own: bool
    warnings: tuple[str, ...]
    alarm: Alarm | None
    proof: EnvelopeProof


@dataclass(frozen=True, slots=True)
class Reader:
    """This desk as a reader: its device id, how to find an identity by key id, which ids are fallbacks."""

    device: str
    identity: Callable[[str], PQIdentity | None]
    is_fallback: Callable[[str], bool]


def open_envelope(raw: bytes, relayed: Relayed | None, reader: Reader, replica: Replica, arrived: int) -> Opened:
    """The message in `raw`; raises Unbelievable by O1 to O5, warns by O6 to O10."""
    view = replica.view
    try:
        envelope = parse_envelope(raw)
        stanza = envelope.header.stanza_of(reader.device)
    except Malformed as error:
        raise Unbelievable(f"not an envelope for this desk: {error}") from error
    recipient = envelope.header.recipients()[stanza]
    note, message, known = _read(envelope, stanza, recipient.key, reader, view)
    own = message.own_side or any(each.device == reader.device for each in envelope.header.own)
    stage = envelope.header.stage_of(reader.device)
    check_header_of(envelope, message)
    newest = max(envelope.header.tree_size, relayed.leaf.tree_size if relayed is not None else 0)
    _check_addressee(view, newest, message, reader.device, stage, own)
    _check_sender(view, newest, message)
    warnings, alarm = _history(replica, message, relayed)
    found = doubts(view, message, envelope.hash, relayed)
    warnings[:0] = found
    if not own:
        warnings.extend(early(message, relayed, stage, arrived, proven="unproven" not in found))
    if reader.is_fallback(recipient.key):
        warnings.append("fallback-key")
    return Opened(message, note, envelope, stage, own, tuple(warnings), alarm, proof_of(envelope, known))


def doubts(view: View, message: Message, envelope: str, relayed: Relayed | None) -> tuple[str, ...]:
    """What the relay's receipt leaves to warn of: `unproven` (O6), or `dated` (O10), or nothing."""
    if relayed is None or unproven(view, message, envelope, relayed) is not None:
        return ("unproven",)
    return ("dated",) if abs(message.at - relayed.leaf.time) > APART else ()


def unproven(view: View, message: Message, envelope: str, relayed: Relayed | None) -> str | None:
    """Why it is not proven that the sending device counted when the relay took the envelope in (O6); None if it is."""
    if relayed is None:
        return "there is no receipt"
    leaf = relayed.leaf
    relay = view.relay_at(leaf.tree_size)
    if relay is None:
        return "the directory named no relay then"
    try:
        check_relayed(relayed, envelope, view.founded.id, view.founded.name, relay.receipt)
    except LineError as error:
        return str(error)
    if leaf.tree_size > view.size:
        return "the receipt is of a newer directory than this desk has"
    if not view.serves(message.sender.device, message.sender.contact, leaf.tree_size, leaf.time):
        return "the sending device did not serve the sender contact then"
    return None


def early(message: Message, relayed: Relayed | None, stage: int, arrived: int, *, proven: bool) -> tuple[str, ...]:
    """What to warn of in a later stage that came before its time (O7); `proven`: its receipt counts (O6)."""
    if stage == 0:
        return ()
    due = arrived + EARLY_TOLERANCE - message.stages[stage].after
    signed = relayed.leaf.time if relayed is not None else 0
    if due >= max(message.at, signed):
        return ()
    ahead = proven and due >= signed and message.at > signed + EARLY_TOLERANCE
    return ("early-or-ahead",) if ahead else ("released-early",)


def _history(replica: Replica, message: Message, relayed: Relayed | None) -> tuple[list[str], Alarm | None]:
    """What the sender's checkpoint and the receipt say of our replica (O8): warnings, and an alarm."""
    behind = relayed is not None and relayed.leaf.tree_size > replica.size
    try:
        theirs = check_other(replica, message.checkpoint.encode())
    except Alarm as alarm:
        if alarm.kind == "checkpoint" and claimed_size(message.checkpoint.encode()) > replica.size:
            return ["directory-behind"], None  # perhaps of a relay that was named since: the next directory tells
        return [doubted(alarm)] + ["directory-behind"] * behind, alarm
    return ["directory-behind"] * (behind or theirs.checkpoint.size > replica.size), None


def doubted(alarm: Alarm) -> str:
    """The warning that an alarm about a sender's checkpoint leaves on the message."""
    return alarm.kind if alarm.kind in ("fork", "gave-way") else "checkpoint"


def _read(envelope: Envelope, stanza: int, key: str, reader: Reader, view: View) -> tuple[bytes, Message, Known]:
    identity = reader.identity(key)
    if identity is None:
        raise Unbelievable("the key it was sealed to is not here: erased when its time ended, or never this desk's")
    sender = view.devices.get(envelope.header.sender)
    if sender is None:
        raise NotYet("the directory on this desk does not know the sending device; synchronise and try again")
    try:
        text, known = decrypt_known(envelope.sealed, identity, stanza)
    except CryptoError as error:
        raise Unbelievable(f"it does not open, so somebody changed it or sealed it wrongly: {error}") from error
    try:
        note = unpad(text)
        name = view.device_name(envelope.header.sender)
        message = open_message(note, view.founded.id, name, envelope.header.sender, sender.keys)
    except (Malformed, MessageError) as error:
        raise Unbelievable(str(error)) from error
    return note, message, known


def check_header_of(envelope: Envelope, message: Message) -> None:
    """Return if an envelope's header says what the signed note says (O4); raise Unbelievable if not."""
    header = envelope.header
    signed = (
        message.network,
        [each.after for each in message.stages],
        message.precedence,
        message.stop,
        message.expires,
        [each.cipher_hash for each in message.attachments],
        [each.after for each in message.calls],
    )
    shown = (
        header.network,
        [each.after for each in header.stages],
        header.precedence,
        header.stop,
        header.expires,
        [*header.attachments],
        [each.after for each in header.calls],
    )
    names = ("network", "set of stages", "precedence", "stop", "expiry", "list of attachments", "list of calls")
    for mine, theirs, what in zip(signed, shown, names, strict=True):
        if mine != theirs:
            raise Unbelievable(f"the envelope shows another {what} than the sender signed: somebody changed it")


def _check_addressee(view: View, newest: int, message: Message, device: str, stage: int, own: bool) -> None:
    contacts = (message.sender.contact,) if own else message.stages[stage].contacts
    if not own and stage == 0 and names_officer_of(view, message, device):
        return
    if not any(ever_served(view, device, contact) for contact in contacts):
        words = "the signed recipients are not served by this desk: the message was meant for others"
        raise NotYet(words) if newest > view.size else Unbelievable(words)


def _check_sender(view: View, newest: int, message: Message) -> None:
    """Refuse a device that speaks for a contact it never served: any member's device could else speak for any other."""
    if not ever_served(view, message.sender.device, message.sender.contact):
        words = f"the sending device never served {message.sender.contact}, in whose name it speaks"
        raise NotYet(words) if newest > view.size else Unbelievable(words)


def names_officer_of(view: View, message: Message, device: str) -> bool:
    """Whether a message is for a device because it names its officer, whatever contacts that one serves."""
    record = view.devices.get(device)
    return record is not None and record.officer in message.officers


def ever_served(view: View, device: str, contact: str) -> bool:
    """Whether a device's officer, a coordinator, serves or served a contact while the device was enrolled.

    At any tree size will do: mail may arrive after a roster changed, and what was said before a revocation was said.
    """
    record, entry = view.devices.get(device), view.contacts.get(contact)
    if record is None or entry is None:
        return False
    officer = view.officers[record.officer]
    end = min(record.revoked, officer.revoked, view.members[officer.member].revoked)
    if end == NEVER and entry.listed and record.officer in entry.officers and "coordinator" in officer.roles[-1][1]:
        return True  # what holds today, as it does for nearly everything that comes, needs no history
    changes = sorted(
        [(since, 0, record.officer in officers) for since, officers in entry.service]
        + [(since, 1, "coordinator" in roles) for since, roles in officer.roles]
    )
    holds = [False, False]  # on the roster, a coordinator
    for (since, which, now), until in zip(changes, [*(each[0] for each in changes[1:]), end], strict=True):
        holds[which] = now
        if all(holds) and max(since, record.enrolled) < min(until, end):
            return True
    return False
