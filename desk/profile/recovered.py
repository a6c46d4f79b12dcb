"""What a desk takes from a recovery file, and what it does not.

R1, R2: whose file it is, and of which history: `desk.profile.recovery_head`.
R3  A message counts by the signatures of its sender, verified anew with keys from the directory; its sender served
    the contact it speaks for; and the lost device wrote it, or was of those it was for. What the file says of receipts
    is judged anew too. What does not hold is refused by itself, and told; the rest goes on.
    That a message came in a certain envelope nobody signed: `desk.profile.recovered_envelopes`. A stage is one that the
    message has; of warnings only those are taken over that a desk gives, each once, and others are told.
R4  What is here already stays as it is: the file only fills in what is missing (opened, accepted, sent; of what came to
    this desk itself only what a receipt or a step of its own shows). So twice is
    once, an interrupted run is gone on with by the same command, and an older file takes nothing back. What waits in
    this desk's outbox is its own matter: a file says nothing of that.
R5  Nothing is sent. No receipt goes out for what was opened before; what had waited to be sent is kept as not sent.
    This desk signs as itself only.
R6  A draft is nobody's signed word: it is taken in as a draft of this desk's own, under a new name, once, whatever
    became of it since. What cannot be a draft here is refused by itself, and told.
R7  Notes are sealed to this desk's own archive, facts to its own vault: the file is needed no more afterwards.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from crypto.errors import CryptoError
from desk import host
from desk.drafting.drafts import Drafts
from desk.errors import NotFound, Usage
from desk.mail.content import Drill, HandedNote
from desk.mail.damaged import DamagedRow
from desk.mail.delivered import UnknownSigner
from desk.mail.envelope_proof import MOST_PROOF, EnvelopeProof, header_of
from desk.mail.facts import Facts, SaidFacts, Stored, StoredLine
from desk.mail.handed import shown_envelope
from desk.mail.intake import check_line, two_texts
from desk.mail.message import Message, MessageError, SealedFile, open_message, stored_message
from desk.mail.message_warnings import WARNINGS
from desk.mail.opening import ever_served, names_officer_of
from desk.mail.reconsider import AHEAD
from desk.mail.store import MailStore, OtherText
from desk.mail.trail import acts_of
from desk.notices.looked_after import proven_now, ring_no_more
from desk.profile.recovered_envelopes import Envelopes, judged_anew, with_envelope, without_envelope
from desk.profile.recovery_file import (
    AttachmentRecord,
    DraftRecord,
    Head,
    LineRecord,
    MessageRecord,
    ProofRecord,
    Record,
    RecoveryError,
)
from desk.profile.unlocked import BEHIND, Unlocked
from directory.canonical import Malformed, decode
from directory.view import View
from relay.protocol.lines import LineError

Records = Iterator[tuple[Record, Iterable[bytes]]]
_AT_ONCE = 200  # records in one transaction
_LATER = "its sender is not in this desk's directory yet"


@dataclass
class Contents:
    """What stands in a file: how many messages, of which some are here already, lines, attachments and their bytes."""

    messages: int = 0
    held: int = 0
    lines: int = 0
    attachments: int = 0
    attachment_bytes: int = 0
    drafts: int = 0


@dataclass
class Brought:
    """What came of it: numbers of messages that are new here, how many gained facts, of how many the file only
    says in which envelope they came, and what else was stored."""

    messages: list[int] = field(default_factory=list)
    completed: int = 0
    by_word: int = 0
    lines: int = 0
    attachments: int = 0
    drafts: list[str] = field(default_factory=list)
    later: int = 0
    refused: list[str] = field(default_factory=list)


class _Refused(ValueError):
    """A record that does not count here, and why."""


class _Later(_Refused):
    """One that a newer directory may explain."""


def contents(records: Records, mail: MailStore | None = None) -> Contents:
    """What stands in a file, read to its end; raises RecoveryError if it is damaged. Nothing is changed.

    With `mail`, what of it is held there is counted.
    """
    found, files = Contents(), dict[str, SealedFile]()
    for record, payload in records:
        match record:
            case MessageRecord():
                message = _note(b"".join(payload))
                files = {each.cipher_hash: each for each in message.attachments}
                found.messages += 1
                found.held += mail is not None and mail.has(message)
            case AttachmentRecord():
                _check_named(record, files)
                found.attachments += 1
                found.attachment_bytes += record.size
            case LineRecord():
                found.lines += 1
            case DraftRecord():
                found.drafts += 1
    return found


def bring(desk: Unlocked, head: Head, records: Records) -> Brought:
    """Take in what stands in a file whose head was checked (R3 to R7); after a crash, the same again goes on."""
    taken = _Taking(desk, head)
    more = True
    while more:
        with desk.mail.together():
            more = _some(taken, records)
            if not more:
                taken.become()
        # Durable as far as this: after a crash the next run finds these here, and goes on.
    for each in taken.read:
        ring_no_more(desk.profile.path, each)  # after a crash before this, reading it ends the ring
    if taken.ahead:
        desk.store.put_fact(BEHIND, b"1")
    return taken.brought


@dataclass
class _Taking:
    """One run of taking in; `ahead`: some of it spoke of a larger directory than there is here."""

    desk: Unlocked
    head: Head
    brought: Brought = field(default_factory=Brought)
    ahead: bool = False
    read: list[str] = field(default_factory=list)  # the envelopes of what was opened, as it turned out
    _message: tuple[SaidFacts, bytes] | None = None  # the last, until it is known whether its proof follows
    _files: dict[str, SealedFile] = field(default_factory=dict)
    _drafts: Drafts | None = None
    _envelopes: Envelopes | None = None
    _said: dict[int, Facts] = field(default_factory=dict)  # what the file says became of what came here itself

    def record(self, record: Record, payload: Iterable[bytes]) -> None:
        """Take in a record; of a message once it is known what shows its envelope."""
        if isinstance(record, ProofRecord):
            self.settle(b"".join(payload))
            return
        self.settle()
        if isinstance(record, MessageRecord):
            self._files, self._message = {}, (record.facts, b"".join(payload))
            return
        with self._told():
            match record:
                case AttachmentRecord():
                    if record.hash in self._files:
                        self.brought.attachments += _store_file(self.desk.profile.path / "files", record, payload)
                case LineRecord():
                    self._line(record, b"".join(payload))
                case DraftRecord():
                    self._draft(b"".join(payload))

    def settle(self, proof: bytes = b"") -> None:
        """Take in the message that came last, if it waits for that, with what is to show its envelope."""
        last, self._message = self._message, None
        if last is not None:
            with self._told():
                self._take(*last, proof)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except _Later:
            self.brought.later += 1
        except _Refused as error:
            self.brought.refused.append(str(error))

    def _take(self, said: SaidFacts, note: bytes, raw: bytes) -> None:
        view, mail, identity = self.desk.replica().view, self.desk.mail, self.desk.profile.identity
        facts = Facts(**msgspec.structs.asdict(said))
        message = _verified(note, view, identity.network)
        holder = facts.origin or self.head.device
        _check_place(view, message, facts, holder, identity.member)
        facts = self._known_warnings(message, facts)
        held = self._held(message, note)
        self._files = {each.cipher_hash: each for each in message.attachments}
        if held is not None and mail.waits(held.number):
            return
        proof = self._proof(message, note, facts, raw)
        if proof is not None and facts.direction == "in":
            facts = msgspec.structs.replace(facts, stage=header_of(proof).stage_of(holder))
        facts = self._in_its_envelope(message, msgspec.structs.replace(facts, shown=proof is not None), held)
        warnings, now = judged_anew(view, message, facts), self.desk.clock()
        facts = msgspec.structs.replace(facts, origin=holder, recovered=now, warnings=warnings)
        self.ahead |= AHEAD in facts.warnings
        if held is None:
            number = mail.add(message, note, facts) or 0
            self.brought.messages.append(number)
        else:
            number = held.number
            if not held.facts.origin and holder == identity.device:
                self._said[number] = facts
            own = held.facts.origin and holder in (held.facts.origin, identity.device)
            fuller = completed(held.facts, facts) if own else with_envelope(held.facts, facts)
            if fuller != held.facts:
                if not held.facts.origin:
                    known = msgspec.structs.replace(fuller, warnings=held.facts.warnings)
                    proven_now(self.desk.profile, view, Stored(number, message, known, note), fuller.warnings)
                mail.note_facts(number, fuller)
                self.brought.completed += 1
        self.brought.by_word += held is None and facts.by_word and facts.relayed is not msgspec.UNSET
        own_envelope = mail.get(number).facts.envelope == facts.envelope
        if proof is not None and own_envelope and mail.proofs.proof(number) is None:
            mail.proofs.keep(number, message, proof)

    def become(self) -> None:
        """Note what became of messages that came here itself, where a receipt or a step of this device says so too: the
        word of a file alone would close what still rings."""
        mail, device = self.desk.mail, self.desk.profile.identity.device
        for number, said in self._said.items():
            try:
                held = mail.get(number)
            except (NotFound, DamagedRow):
                continue  # another process has erased it, or it was damaged
            acts = acts_of(mail, held.message, held.facts.own_envelope, device)
            if isinstance(held.message.content, Drill):
                acts |= {"opened"}  # which nothing is signed of, and which closes nothing
            shown = msgspec.structs.replace(
                said, opened=said.opened if acts else 0, decided=said.decided if said.decided in acts else ""
            )
            fuller = completed(held.facts, msgspec.structs.replace(shown, envelope=""))
            if fuller != held.facts:
                self.read.append(held.facts.own_envelope)
                mail.note_facts(number, fuller)
                self.brought.completed += 1

    def _held(self, message: Message, note: bytes) -> Stored | None:
        """The same message as it is held here; raises _Refused for another text, a damaged row and what was erased."""
        mail = self.desk.mail
        try:
            held = mail.find(message.sender.device, message.id)
            if held is not None:
                mail.check_same(message, note)
        except OtherText as error:
            raise _Refused(two_texts(note, error, self.desk.keyring, mail, self.desk.clock())) from error
        except DamagedRow as error:
            raise _Refused(str(error)) from error
        if held is None and mail.was_erased(message):
            raise _Refused(f"{_name(message)}: it was erased here")
        return held

    def _proof(self, message: Message, note: bytes, facts: Facts, raw: bytes) -> EnvelopeProof | None:
        """What shows that a message was in the envelope that the file names; None, and told, for what shows another."""
        if not raw or not facts.envelope:
            return None
        try:
            proof = decode(raw, EnvelopeProof, MOST_PROOF)
            return shown_envelope(HandedNote(note=note.decode(), envelope=facts.envelope, proof=proof), message)
        except (Malformed, MessageError) as error:
            self.brought.refused.append(f"what is to show the envelope of {_name(message)}: {error}")
            return None

    def _in_its_envelope(self, message: Message, facts: Facts, held: Stored | None) -> Facts:
        """What the file says, without an envelope that is another message's here, and what hangs on it (R3)."""
        if not facts.envelope or (held is not None and held.facts.envelope and not held.facts.by_word):
            return facts
        self._envelopes = self._envelopes or Envelopes(self.desk.mail, self.desk.replica().view)
        taken_from = self._envelopes.claim(message, facts)
        if not taken_from:
            return facts
        self.brought.refused.append(taken_from)
        return facts if facts.shown else without_envelope(facts)

    def _known_warnings(self, message: Message, facts: Facts) -> Facts:
        """What the file says, with such warnings alone as a desk gives (R3)."""
        known = tuple(dict.fromkeys(each for each in facts.warnings if each in WARNINGS))
        if not set(facts.warnings) <= WARNINGS.keys():
            self.brought.refused.append(f"a warning about {_name(message)} that this version does not know")
        return msgspec.structs.replace(facts, warnings=known)

    def _line(self, record: LineRecord, raw: bytes) -> None:
        try:
            signed = check_line(record.line, raw, self.desk.replica().view)
        except UnknownSigner as error:
            raise _Later(str(error)) from error
        except LineError as error:
            raise _Refused(f"a signed line that does not count: {error}") from error
        if signed.envelope != record.envelope:
            raise _Refused("a signed line about another envelope than the file says")
        self.brought.lines += self.desk.mail.add_line(
            StoredLine(kind=record.line, envelope=record.envelope, note=raw.decode())
        )

    def _draft(self, raw: bytes) -> None:
        self._drafts = self._drafts or Drafts(self.desk.keyring.vault)
        try:
            name = self._drafts.bring(raw)
        except (Malformed, Usage) as error:
            raise _Refused(f"a draft of a form: {error}") from error
        self.brought.drafts += [name] if name else []


def _some(taken: _Taking, records: Records) -> bool:
    """Take in as much as one transaction holds; returns whether there may be more."""
    for _ in range(_AT_ONCE):
        found = next(records, None)
        if found is None:
            taken.settle()
            return False
        taken.record(*found)
    return True


def completed(here: Facts, theirs: Facts) -> Facts:
    """What is known here, with what is missing filled in from elsewhere (R4)."""
    found = with_envelope(here, theirs)
    more: dict[str, object] = {}
    if not here.opened and theirs.opened:
        more["opened"] = theirs.opened
    if not here.decided and theirs.decided:
        more |= {"decided": theirs.decided, "decided_at": theirs.decided_at}
    return msgspec.structs.replace(found, **more)


def _note(raw: bytes) -> Message:
    try:
        return stored_message(raw)[0]
    except (CryptoError, Malformed) as error:
        raise RecoveryError(f"it has a message that is none: {error}") from error


def _verified(note: bytes, view: View, network: str) -> Message:
    """The message, if both signatures of the device it names hold (R3)."""
    device = _note(note).sender.device
    record = view.devices.get(device)
    if record is None:
        raise _Later(_LATER)
    try:
        return open_message(note, network, view.device_name(device), device, record.keys)
    except MessageError as error:
        raise _Refused(f"a message of device {device[:8]} that does not count: {error}") from error


def _check_place(view: View, message: Message, facts: Facts, holder: str, member: str) -> None:
    """Return if the message could have come to be in that device's archive, in that direction (R3)."""
    record, sender = view.devices.get(holder), message.sender
    what = _name(message)
    if facts.stage >= len(message.stages):
        raise _Refused(f"{what}: it is said to be of a stage that it does not have")
    if record is None or view.officers[record.officer].member != member:
        raise _Refused(f"{what}: it is said to come from the archive of a device that is not of this authority")
    if not ever_served(view, sender.device, sender.contact):
        raise _Refused(f"{what}: its device never served {sender.contact}, in whose name it speaks")
    if (facts.direction == "out") != (sender.device == holder):
        raise _Refused(f"{what}: the file says that it was sent by another device than signed it")
    served: Iterable[str] = (sender.contact,) if facts.direction == "colleague" else message.contacts
    named = facts.direction == "in" and names_officer_of(view, message, holder)
    if facts.direction != "out" and not named and not any(ever_served(view, holder, each) for each in served):
        raise _Refused(f"{what}: it was not for the device whose archive this is")


def _name(message: Message) -> str:
    return f"message {message.id[:8]} of device {message.sender.device[:8]}"


def _check_named(record: AttachmentRecord, files: dict[str, SealedFile]) -> None:
    if record.hash not in files or files[record.hash].cipher_size != record.size:
        raise RecoveryError("it has an attachment that no message before it names")


def _store_file(folder: Path, record: AttachmentRecord, payload: Iterable[bytes]) -> int:
    """Store a sealed attachment under its hash, which was compared when its last piece came; 0 if it was there."""
    target = folder / record.hash
    if target.is_file() and target.stat().st_size == record.size:
        return 0
    host.remove(target)
    host.write_new(target, payload)
    return 1
