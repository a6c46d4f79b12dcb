"""Taking in what the stream brought, once the profile is unlocked: open, check, store, and only then clear the spool.

1. An item leaves the spool only after what it held was stored (or put aside as not believable): a crash in between
   takes it in again, and the message store drops the duplicate.
2. Lines are kept only if their signatures verify for a signer the directory names, and only for the envelope they were
   signed for: which one the relay says they are about does not count.
3. What a newer directory may explain stays in the spool until there is one. What is damaged holds up nothing else: not
   an item, nor a stored message that an item is held against, nor a file that this machine does not hand out now. Such
   an item is left where it is, and told.
4. An alarm raised by a message (its sender saw another directory) is written to `alarms/` and told; the message itself
   is kept, and so is everything else that came: nobody is cut off from their mail by one alarm, nor by a halt
   (`desk.replica.standing`). A checkpoint that the log never signed is no alarm, since any sender can write one: the
   message is marked, the checkpoint kept (`doubts/`).
5. A device that signs two texts under one message id shows two people two messages. The first stays, and is marked; the
   second is refused, and sealed to this desk's archive in `doubts/`, both signatures in it.
6. A receipt counts only from a contact that the message was for. Where the message is here, any other is refused; where
   it comes later, or never, or is damaged, the trail shows that it does not count.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from crypto.age import encrypt
from desk import host
from desk.alarms.distrust import distrust
from desk.alarms.evidence import MOST_EVIDENCE_BYTES, hashed, not_kept
from desk.alarms.late import HANDED_LATE, handed_late, late_words
from desk.alarms.words import check_of
from desk.errors import Distrust, Usage
from desk.keys.keyring import Keyring
from desk.mail.content import Drill, Receipt
from desk.mail.damaged import DamagedRow
from desk.mail.delivered import UnknownSigner, delivered_line
from desk.mail.facts import Facts, Stored, StoredLine
from desk.mail.opening import NotYet, Opened, Reader, Unbelievable, doubts, ever_served, open_envelope
from desk.mail.reconsider import own_marks
from desk.mail.spool import Damaged, Spool, Spooled, Unread
from desk.mail.store import MailStore, OtherText
from desk.mail.trail import acts_of, as_ordered, revoked_at
from desk.notices.clocks import begin as begin_clock
from desk.notices.clocks import clock_of
from desk.notices.ringing import end as ring_no_more
from desk.notices.taken_in import taken_in
from desk.profile.folder import Profile
from desk.replica.store import ReplicaStore
from directory.canonical import Malformed
from directory.replay import Alarm, Replica
from directory.view import Device, View
from relay.protocol.envelope import parse_envelope
from relay.protocol.lines import (
    Call,
    Delivered,
    LineError,
    Notice,
    StageOrder,
    Step,
    device_name,
    open_line,
    peek_line,
    receipt_name,
)
from relay.protocol.receipts import Relayed

SIGNED_AT_A_DESK: dict[str, type[Step] | type[Call] | type[StageOrder]] = {
    "step": Step,
    "call": Call,
    "stage": StageOrder,
}
_OF_A_RECEIPT = ("unproven", "dated")
TWO_TEXTS = "two-texts"  # the warning on a message whose id came again with something else


@dataclass
class TakenIn:
    """What an intake brought: numbers of new messages, receipts, lines; what was refused, what stays for a fault of
    this machine (`stuck`; `unread`: how many of these its disk did not hand out), and alarms. `later` counts the rest
    of what stays."""

    messages: list[int] = field(default_factory=list)
    receipts: list[int] = field(default_factory=list)
    lines: list[StoredLine] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    duplicates: int = 0
    later: int = 0
    behind: bool = False
    stuck: list[str] = field(default_factory=list)
    unread: int = 0
    looked: bool = False  # whether the spool was gone through: only then is it known what stays

    def add(self, other: "TakenIn") -> None:
        """Count in what a second intake brought."""
        for name in ("messages", "receipts", "lines", "refused", "alarms"):
            getattr(self, name).extend(getattr(other, name))
        self.duplicates += other.duplicates
        if other.looked:
            self.looked, self.later, self.stuck, self.unread = True, other.later, other.stuck, other.unread
        self.behind |= other.behind


def take_in(
    keyring: Keyring, mail: MailStore, store: ReplicaStore, replica: Replica, *, fresh: Container[Path] = frozenset()
) -> TakenIn:
    """Empty the spool into the message store; a history that proves two of them is noted in `store` (rule 4).

    What a newer directory may explain stays in the spool, unless it is one of the files `fresh`, which were there
    before this replica was fetched.
    """
    profile, taken = keyring.profile, TakenIn(looked=True)
    spool = Spool(profile.path / "spool")
    if replica.checkpoint is None:
        taken.later = spool.count()
        return taken
    reader = Reader(profile.identity.device, keyring.epochs.identity, keyring.epochs.is_fallback)
    for spooled in spool.waiting():
        if isinstance(spooled, Unread):
            taken.stuck.append(spooled.why)
            taken.unread += 1
            continue
        try:
            _take(spooled, spool, reader, keyring, mail, store, replica, taken, spooled.path in fresh)
        except Usage as error:  # a stored message is damaged, or a key file cannot be read now (and so does not go)
            taken.stuck.append(f"spool/{spooled.path.name}: {error}")
        except OSError as error:  # from `spool` alone: what writes elsewhere raises DeskError
            taken.stuck.append(f"{spooled.path} cannot be put away: {host.reason(error)}")
    return taken


def _take(
    spooled: Spooled | Damaged,
    spool: Spool,
    reader: Reader,
    keyring: Keyring,
    mail: MailStore,
    store: ReplicaStore,
    replica: Replica,
    taken: TakenIn,
    known: bool,
) -> None:
    """Take one item in, and clear it away; `known`: a newer directory will not explain it."""
    try:
        if isinstance(spooled, Damaged):
            raise Unbelievable(spooled.why)
        if spooled.arrival.item.kind == "envelope":
            _take_envelope(spooled, reader, keyring, mail, store, replica, taken)
        else:
            _take_line(spooled, keyring.profile, mail, replica.view, taken)
    except (Unbelievable, LineError) as error:
        if isinstance(error, NotYet | UnknownSigner) and not known:
            taken.later += 1
            return
        claimed = _claimed(spooled, replica.view)
        if isinstance(spooled, Spooled):
            ring_no_more(keyring.profile.path, spooled.arrival.item.envelope)
        taken.refused.append(f"{error}{claimed} ({spool.refused(spooled)})")
        return
    # What it held is stored: a crash before this line takes it in once more, and finds it there.
    spool.done(spooled)


def _claimed(spooled: Spooled | Damaged, view: View) -> str:
    """Whose envelope it says it is; nothing proves that."""
    if isinstance(spooled, Damaged) or spooled.arrival.item.kind != "envelope":
        return ""
    try:
        sender = parse_envelope(spooled.payload).header.sender
    except Malformed:
        return ""
    record = view.devices.get(sender)
    member = f"{view.officers[record.officer].member}, " if record else ""
    return f"; it says that it comes from {member}device {sender[:8]}"


def told(profile: Profile, store: ReplicaStore, alarm: Alarm, now: int) -> list[str]:
    """What an officer is to be told at once of what a message gave rise to; its evidence is kept (rule 4).

    Two histories halt this desk before anything is told; a crash behind that takes the message in once more.
    """
    if alarm.kind != "fork":
        profile.doubt(alarm.kind, alarm.evidence, now)
        return []
    return [in_a_line(distrust(profile, store, alarm, now))]


def in_a_line(error: Distrust) -> str:
    """An alarm that is told beside a command's result, with where its evidence is and how it is checked."""
    check = check_of(error.alarm) if error.alarm is not None else ""
    kept = f" What was seen is kept in {error.evidence}" if error.evidence else ""
    return f"{error}{kept}" + (f". Anybody checks it: {check}" if check else "")


def _take_envelope(
    spooled: Spooled,
    reader: Reader,
    keyring: Keyring,
    mail: MailStore,
    store: ReplicaStore,
    replica: Replica,
    taken: TakenIn,
) -> None:
    item, arrived = spooled.arrival.item, spooled.arrival.arrived
    relayed = item.relayed if isinstance(item.relayed, Relayed) else None
    opened = open_envelope(spooled.payload, relayed, reader, replica, arrived)
    if isinstance(opened.message.content, Receipt):
        _check_receipt(opened, opened.message.content, mail, replica.view)
    if opened.alarm is not None:
        taken.alarms.extend(told(keyring.profile, store, opened.alarm, arrived))
    taken.behind |= "directory-behind" in opened.warnings
    facts = Facts(
        direction="colleague" if opened.own else "in",
        received=arrived,
        envelope=item.envelope,
        relayed=item.relayed,
        stage=opened.stage,
        warnings=opened.warnings,
    )
    ordered = as_ordered(mail, replica.view, opened.message, facts, facts.warnings)
    late = handed_late(replica.view, reader.device, opened.message, facts, spooled.arrival.heard)
    facts = msgspec.structs.replace(facts, warnings=(*ordered, *((HANDED_LATE,) if late is not None else ())))
    came = None
    try:
        with mail.together():
            number = mail.add(opened.message, opened.note, facts)
            if number is None:
                came = _came_after(mail, replica.view, opened, facts, reader.device)
            else:
                mail.proofs.keep(number, opened.message, opened.proof)
    except OtherText as error:
        raise Unbelievable(two_texts(opened.note, error, keyring, mail, arrived)) from error
    if came is not None and not came.facts.opened:
        number = came.number
    taken_in(keyring.profile.path, item.envelope, opened.message, opened.stage, new=number is not None)
    undecided = came.number if came is not None and not came.facts.decided else number
    _begin_clock(keyring.profile, replica.view, opened, came.facts if came is not None else facts, undecided)
    if number is None:
        taken.duplicates += 1
    elif isinstance(opened.message.content, Receipt):
        taken.receipts.append(number)
    else:
        taken.messages.append(number)
        if late is not None and (words := late_words(keyring.profile, opened.message, number, facts, late)):
            taken.alarms.append(words)


def _came_after(mail: MailStore, view: View, opened: Opened, facts: Facts, device: str) -> Stored | None:
    """A message that a recovery file had brought, and that came itself now, as it stands; None for any other.

    What came itself stands in place of what the file said of it; what became of it by this device's own signature
    stays. So does the receipt of the same envelope that the file showed, if it proves: no other takes its place. In
    another envelope it is a duplicate where that would take something away: what proves, or what this device has signed
    of the first.
    """
    try:
        held = mail.find(opened.message.sender.device, opened.message.id)
    except DamagedRow:
        return None
    if held is None or not held.facts.origin or held.facts.direction == "out":
        return None
    before, message, found = held.facts, held.message, facts
    judged = doubts(view, message, before.envelope, before.receipt)
    if before.receipt is not None and "unproven" not in judged:
        if before.envelope == facts.envelope:
            others = (each for each in facts.warnings if each not in _OF_A_RECEIPT)
            found = msgspec.structs.replace(facts, relayed=before.receipt, warnings=(*judged, *others))
        elif "unproven" in facts.warnings or acts_of(mail, message, before.envelope, device):
            return None
    acts = acts_of(mail, message, found.envelope, device)
    if isinstance(message.content, Drill) and before.origin == device:
        acts |= {"opened"}  # which nothing is signed of
    found = msgspec.structs.replace(
        found,
        opened=before.opened if acts else 0,
        decided=before.decided if before.decided in acts else "",
        decided_at=before.decided_at if before.decided in acts else 0,
        warnings=(*found.warnings, *own_marks(before, found)),
    )
    mail.note_facts(held.number, found)
    mail.proofs.keep(held.number, opened.message, opened.proof)
    return Stored(held.number, message, found, held.note)


def _begin_clock(profile: Profile, view: View, opened: Opened, facts: Facts, number: int | None) -> None:
    """Have the clock of a new message looked at (`desk.alarms.turns`), if the relay's receipt for it is proven."""
    if number is not None and facts.receipt is not None and "unproven" not in facts.warnings:
        envelope = opened.envelope
        clock = clock_of(view, opened.message, envelope.header, envelope.hash, facts.receipt, number, own=opened.own)
        begin_clock(profile.path, clock, envelope.raw)


def _check_receipt(opened: Opened, content: Receipt, mail: MailStore, view: View) -> None:
    """Return if a receipt is of a contact that the message was for, or the message is not here; refuse it if not."""
    devices = {device for contact in opened.message.stages[opened.stage].contacts for device in _devices(view, contact)}
    for device in sorted(devices):
        try:
            about = mail.find(device, content.message)
        except DamagedRow:
            continue
        if about is not None and opened.message.sender.contact not in about.message.contacts:
            words = f"a receipt for message {about.number} from {opened.message.sender.contact}, which it was not for"
            raise Unbelievable(words)


def _devices(view: View, contact: str) -> list[str]:
    """The devices of everybody who serves a contact or served it."""
    entry = view.contacts.get(contact)
    officers = {officer for _, each in entry.service for officer in each} if entry is not None else set[str]()
    return [device for officer in officers for device in view.officers[officer].devices]


def two_texts(note: bytes, error: OtherText, keyring: Keyring, mail: MailStore, now: int) -> str:
    """Keep the second of two texts as evidence, mark the first; returns what to tell (rule 5).

    After a crash in here the item is taken in again: the evidence is there once, and so is the mark.
    """
    second = encrypt(note, [keyring.archive_recipient])
    fits = len(second) < MOST_EVIDENCE_BYTES
    # What is sealed afresh has another hash each time: of one too long to be kept, that of the note says something.
    # The note itself is handed to nothing that writes: it may be shorter than what it is sealed into.
    files = {"second.age": second} if fits else dict([hashed("second", note)])
    kept = keyring.profile.doubt("two-texts", files, now, about=note)
    facts = mail.get(error.number).facts
    if TWO_TEXTS not in facts.warnings:
        mail.note_facts(error.number, msgspec.structs.replace(facts, warnings=(*facts.warnings, TWO_TEXTS)))
    long = "" if fits else not_kept({"second": note}, most=0)
    words = f"{error}: its sender shows different people different things. What came first stands; this is in {kept}"
    return f"{words} ({long})" if long else words


def _take_line(spooled: Spooled, profile: Profile, mail: MailStore, view: View, taken: TakenIn) -> None:
    kind = spooled.arrival.item.kind
    if kind == "envelope":
        raise ValueError("an envelope is no line")
    signed = check_line(kind, spooled.payload, view)
    if isinstance(signed, Call):
        _check_call(signed, profile.identity.device, view)
    if signed.envelope != spooled.arrival.item.envelope:
        raise LineError("the relay shows a line as if it were about another envelope than was signed")
    line = StoredLine(kind=kind, envelope=signed.envelope, note=spooled.payload.decode())
    if mail.add_line(line):
        taken.lines.append(line)
    if isinstance(signed, Call) or (isinstance(signed, Step) and signed.act == "accepted"):
        ring_no_more(profile.path, signed.envelope)


def _check_call(call: Call, device: str, view: View) -> None:
    """Return if a call is for this `device`, and by one that may call in its contact's name; raise LineError if not.

    The relay hands calls over: without the devices inside it could wake anybody with a call meant for others.
    """
    if device not in call.devices:
        raise LineError("a call that whoever signed it did not make to this desk")
    revoked = revoked_at(view, call.device)
    if revoked is not None and call.at > revoked:
        raise LineError("a call signed after its device was revoked")
    if not ever_served(view, call.device, call.sender):
        raise UnknownSigner("a call in the name of a contact that whoever signed it does not serve")


def check_line(kind: str, raw: bytes, view: View) -> Delivered | Step | Call | StageOrder | Notice:
    """The line in `raw`, its signatures verified with keys from the directory; raises LineError."""
    network = view.founded
    if kind == "notice":
        return _notice(raw, view)
    if kind == "delivered":
        return delivered_line(raw, peek_line(raw, Delivered).device, view)
    wanted: type[Step] | type[Call] | type[StageOrder] = SIGNED_AT_A_DESK[kind]
    device = peek_line(raw, wanted).device
    return open_line(raw, wanted, device_name(network.name, device), _signer(view, device).keys, network.id)


def _signer(view: View, device: str) -> Device:
    record = view.devices.get(device)
    if record is None:
        raise UnknownSigner("a signed line of a device the directory on this desk does not know")
    return record


def _notice(raw: bytes, view: View) -> Notice:
    """A relay's notice; one of a former relay counts too, which may have waited here since its time."""
    network, problem = view.founded, LineError("the directory names no relay")
    for relay in (*([view.relay] if view.relay else []), *reversed(view.former_relays)):
        try:
            return open_line(raw, Notice, receipt_name(network.name), relay.receipt, network.id)
        except LineError as error:
            problem = error
    raise problem
