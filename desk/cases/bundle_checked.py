"""What follows from a bundle of a case, for somebody who has nothing else: no profile, no network, no clock. Pure.

V1  The bundle is whole: the manifest is well formed, and every part has the hash and size it names   else `Altered`
V2  The log in it is one that its checkpoint signs, with both keys that the log itself names, and the judge lets every
    statement of it count. With a trust policy the checkpoint counts by that, too                     else `Altered`
V3  The manifest is signed by both keys of a device that this directory knows, and that served the contact in whose
    name it exports at some time                                                                      else `Altered`
V4  Every message and receipt is signed by both keys of the device it names, which served the contact in whose name it
    speaks at some time, and is what its part is called. A message is an event of the case, or        else `Altered`
V5  Every receipt of the relay holds, by the receipt keys of the relay that the directory named at its size, and is for
    the envelope that is named beside it; what is to show that a message was in that envelope makes the same envelope
    again from the message (`desk.mail.envelope_proof`), whose header says what the message says; no two messages came
    in one envelope                                                                                   else `Altered`
    Whether the device counted then, served the contact, was not revoked: the directory at that size says; where it did
    not, or nothing shows the envelope, the event is *unproven*, and no part of the case
V6  Every line is signed by whom it names, and is about an envelope in here; that something was delivered, accepted or
    refused is said by a device to which that envelope was sealed. Every receipt is about a message in here in its
    envelope, and of a contact it was for. Every attachment is one that a message in here names, has the bytes whose
    hash was signed, and opens to what a message that names it signed                                 else `Altered`
    Another message that says something else of it has no attachment in here
V7  Every attachment of a message in here is in here, or said to be left out                          else `Altered`
V8  The index is, byte by byte, what this program writes from the rest                                else `Altered`

`Altered` names the part. It says that the file is not what an honest desk wrote; who altered it, nobody knows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from crypto.age import decrypt
from crypto.age_pq import PQIdentity
from crypto.errors import CryptoError
from crypto.note import parse_note
from crypto.policy import Policy, Unsatisfied, Witnessed, open_witnessed
from crypto.signing import check_both
from desk.cases.bundle_file import MANIFEST_TYPE, MOST_MANIFEST, Kind, Manifest, check_manifest, read_log
from desk.cases.held import HeldCase, HeldEvent, believed, gathered
from desk.mail.content import HandedNote, Receipt
from desk.mail.envelope_proof import header_of
from desk.mail.handed import shown_envelope
from desk.mail.intake import check_line
from desk.mail.message import MOST_MESSAGE_BYTES, Message, MessageError, SealedFile, open_message, stored_message
from desk.mail.opening import ever_served, unproven
from desk.mail.subjects import text_hash
from desk.mail.trail import Judged, judged_line
from directory.canonical import Malformed, decode, read_body
from directory.replay import Alarm, Incomplete, Replica, UpdateNeeded, claimed_time, extend
from directory.view import View
from relay.protocol.lines import TYPES, Call, Delivered, LineError, Notice, StageOrder, Step, peek_line
from relay.protocol.receipts import Relayed, check_relayed

AnyLine = Delivered | Step | Call | StageOrder | Notice
_LINES: dict[type[Delivered] | type[Step] | type[Call] | type[StageOrder] | type[Notice], str] = {
    Delivered: "delivered", Step: "step", Call: "call", StageOrder: "stage", Notice: "notice",
}  # fmt: skip


class Altered(Exception):
    """A bundle that is not as it was written: the part, and what is wrong with it."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"part {part}: {why}")
        self.part, self.why = part, why


@dataclass(frozen=True, slots=True)
class Answer:
    """A receipt about a message, as its device signed it: what it says, and whether it is proven that it counted, which
    takes what shows its own envelope."""

    message: Message
    content: Receipt
    envelope: str
    relayed: Relayed | None
    proven: bool


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line whose signatures hold: what it says, and whether its device counted when it is dated, as in the trail of a
    message (`desk.mail.trail`)."""

    line: AnyLine
    judged: Judged


@dataclass(frozen=True, slots=True)
class Contents:
    """A bundle whose parts have been checked, V1 to V7."""

    manifest: Manifest
    view: View
    replica: Replica
    held: HeldCase
    answers: Mapping[str, tuple[Answer, ...]]  # by the envelope of the message they are about
    lines: Mapping[str, tuple[CheckedLine, ...]]  # by the envelope they are about
    attachments: Mapping[str, tuple[int, bytes]]  # size, and what they open to, by the hash of the sealed file
    witnessed: Witnessed | None
    index: bytes

    @property
    def left_out(self) -> dict[str, str]:
        """What was left out, and why."""
        return {each.what: each.why for each in self.manifest.left_out}

    def opened(self, file: SealedFile) -> bytes | None:
        """What an attachment opens to; None if it is not in here, or not what this message says of it."""
        size, plain = self.attachments.get(file.cipher_hash, (0, None))
        return plain if plain is not None and _is(file, size, plain) else None


def checked_bundle(note: bytes, parts: Sequence[bytes], policy: Policy | None = None) -> Contents:
    """The contents of a bundle, V1 to V7; the index is compared by whoever writes one (V8).

    Raises Altered; Unsatisfied where `policy` does not let the checkpoint count; UpdateNeeded for a log of a later
    version.
    """
    manifest = _manifest(note)
    named = _parts(manifest, parts)
    replica, witnessed = _directory(manifest, named, policy)
    view = replica.view
    _open_manifest(note, manifest, view)
    events = tuple(_events(named["message"], manifest, view))
    held = gathered(events, manifest.case)
    if held.passed_over:
        raise Altered("manifest", held.passed_over[0])
    _check_envelopes(events)
    envelopes = {each.envelope for each in events if each.envelope}
    answers, more = _answers(named["receipt"], events, view)
    lines = _lines(named["line"], {each.envelope: each for each in events}, envelopes | more, view)
    attachments = _attachments(named["attachment"], events)
    _check_whole(manifest, events, attachments)
    index = named["index"]["index"]
    return Contents(manifest, view, replica, held, answers, lines, attachments, witnessed, index)


def _manifest(note: bytes) -> Manifest:
    try:
        manifest = read_body(parse_note(note, MOST_MANIFEST).text, MANIFEST_TYPE, Manifest)
        check_manifest(manifest)
    except (CryptoError, Malformed) as error:
        raise Altered("manifest", str(error)) from error
    return manifest


def _parts(manifest: Manifest, parts: Sequence[bytes]) -> dict[Kind, dict[str, bytes]]:
    """The parts by kind and name (V1)."""
    if len(parts) != len(manifest.parts):
        raise Altered("manifest", f"it names {len(manifest.parts)} parts, and there are {len(parts)}")
    found: dict[Kind, dict[str, bytes]] = {
        "index": {}, "policy": {}, "checkpoint": {}, "log": {}, "message": {}, "receipt": {}, "line": {},
        "attachment": {},
    }  # fmt: skip
    for each, data in zip(manifest.parts, parts, strict=True):
        if len(data) != each.size or sha256(data).hexdigest() != each.hash:
            raise Altered(each.name, "its bytes are not those that the manifest names")
        found[each.kind][each.name] = data
    return found


def _directory(
    manifest: Manifest, named: Mapping[Kind, Mapping[str, bytes]], policy: Policy | None
) -> tuple[Replica, Witnessed | None]:
    """The directory by the log in the bundle, and what the policy makes of its checkpoint (V2)."""
    raw = named["checkpoint"]["checkpoint"]
    witnessed = None
    if policy is not None:
        try:
            witnessed = open_witnessed(policy, raw)
        except Unsatisfied:
            raise
        except CryptoError as error:
            raise Altered("checkpoint", str(error)) from error
    try:
        entries = read_log(named["log"]["log"])
        replica = extend(Replica(manifest.network), entries, raw, claimed_time(raw, manifest.at))
    except UpdateNeeded:
        raise
    except Alarm as alarm:
        raise Altered("checkpoint" if alarm.kind in ("checkpoint", "clock") else "log", str(alarm)) from alarm
    except (Incomplete, Malformed, CryptoError) as error:
        raise Altered("log", str(error)) from error
    if replica.size != len(entries):
        raise Altered("log", "it has more statements than its checkpoint covers")
    return replica, witnessed


def _open_manifest(note: bytes, manifest: Manifest, view: View) -> None:
    """V3."""
    device = view.devices.get(manifest.device)
    if device is None:
        raise Altered("manifest", "the directory does not know the device that is said to have exported this")
    if not ever_served(view, manifest.device, manifest.contact):
        raise Altered("manifest", f"the device that exported this never served {manifest.contact}")
    try:
        check_both(parse_note(note, MOST_MANIFEST), view.device_name(manifest.device), device.keys)
    except CryptoError as error:
        raise Altered("manifest", str(error)) from error


def _events(parts: Mapping[str, bytes], manifest: Manifest, view: View) -> Iterator[HeldEvent]:
    """The messages (V4, V5)."""
    for name, data in parts.items():
        try:
            handed = decode(data, HandedNote, MOST_MESSAGE_BYTES * 2)
            event = believed(handed, view, 0)
        except (Malformed, MessageError, CryptoError, UnicodeError) as error:
            raise Altered(name, str(error)) from error
        if name != f"message-{event.signed.id}":
            raise Altered(name, "it is another message than its name says")
        if manifest.case not in (event.signed.id, event.signed.event.case):
            raise Altered(name, "it is of another case")
        _check_receipt(name, handed, view)
        yield event


def _check_receipt(name: str, handed: HandedNote, view: View) -> None:
    """V5."""
    relayed = handed.relayed
    if not isinstance(relayed, Relayed):
        return
    relay = view.relay_at(relayed.leaf.tree_size)
    if relay is None:
        raise Altered(name, "the relay's receipt is of a size at which the directory named no relay")
    try:
        check_relayed(relayed, handed.envelope, view.founded.id, view.founded.name, relay.receipt)
    except LineError as error:
        raise Altered(name, str(error)) from error


def _check_envelopes(events: Sequence[HeldEvent]) -> None:
    """An envelope holds one note: else one receipt would prove the time of two."""
    known: dict[str, str] = {}
    for each in events:
        if each.envelope and known.setdefault(each.envelope, each.signed.id) != each.signed.id:
            raise Altered(f"message-{each.signed.id}", "another message is said to have come in the same envelope")


def _answers(
    parts: Mapping[str, bytes], events: Sequence[HeldEvent], view: View
) -> tuple[dict[str, tuple[Answer, ...]], set[str]]:
    """The receipts by the message they are about, and the envelopes they came in (V4 to V6)."""
    about = {each.envelope: each.message for each in events if each.envelope}
    found, envelopes = dict[str, tuple[Answer, ...]](), set[str]()
    for name, data in parts.items():
        try:
            handed = decode(data, HandedNote, MOST_MESSAGE_BYTES * 2)
            raw = handed.note.encode()
            claimed, note = stored_message(raw)
            device = view.devices.get(claimed.sender.device)
            if device is None:
                raise MessageError("the directory does not know the device that signed it")
            signer = view.device_name(claimed.sender.device)
            message = open_message(raw, view.founded.id, signer, claimed.sender.device, device.keys)
        except (Malformed, MessageError, CryptoError, UnicodeError) as error:
            raise Altered(name, str(error)) from error
        content = message.content
        if name != f"receipt-{text_hash(note)}" or not isinstance(content, Receipt):
            raise Altered(name, "it is no receipt, or another one than its name says")
        of = about.get(content.envelope)
        if of is None or of.id != content.message or not answers(message, of):
            raise Altered(name, "it is about no message in here, or of a contact that the message was not for")
        if not ever_served(view, message.sender.device, message.sender.contact):
            raise Altered(name, "its device never served the contact in whose name it speaks")
        _check_receipt(name, handed, view)
        relayed = handed.relayed if isinstance(handed.relayed, Relayed) else None
        try:
            shown = shown_envelope(handed, message) is not None
        except MessageError as error:
            raise Altered(name, str(error)) from error
        proven = shown and relayed is not None and unproven(view, message, handed.envelope, relayed) is None
        answer = Answer(message, content, handed.envelope, relayed, proven)
        found[content.envelope] = (*found.get(content.envelope, ()), answer)
        if handed.envelope:
            if handed.envelope in (*about, *envelopes):
                raise Altered(name, "another message is said to have come in the same envelope")
            envelopes.add(handed.envelope)
    return found, envelopes


def answers(receipt: Message, about: Message) -> bool:
    """Whether a receipt is of a contact that a message was for, and not its sender's own."""
    contact = receipt.sender.contact
    return contact in about.contacts and contact != about.sender.contact


def sealed_to(event: HeldEvent) -> frozenset[str] | None:
    """The devices that an event's envelope names; None where nothing shows its envelope."""
    if event.proof is None:
        return None
    return frozenset(each.device for each in header_of(event.proof).recipients())


def said_by_reader(line: AnyLine, event: HeldEvent) -> bool:
    """Whether a line on what was done with a message is of a device to which it was sealed, as far as is shown."""
    devices = sealed_to(event)
    return devices is None or not isinstance(line, Delivered | Step) or line.device in devices


def _lines(
    parts: Mapping[str, bytes], events: Mapping[str, HeldEvent], envelopes: set[str], view: View
) -> dict[str, tuple[CheckedLine, ...]]:
    """The lines by the envelope they are about (V6)."""
    found: dict[str, tuple[CheckedLine, ...]] = {}
    for name, data in parts.items():
        if name != f"line-{sha256(data).hexdigest()}":
            raise Altered(name, "it is another line than its name says")
        try:
            line = check_line(_kind_of(data), data, view)
        except (LineError, CryptoError, UnicodeError) as error:
            raise Altered(name, str(error)) from error
        if line.envelope not in envelopes:
            raise Altered(name, "it is about an envelope that nothing in here came in")
        if line.envelope in events and not said_by_reader(line, events[line.envelope]):
            raise Altered(name, "a device speaks of an envelope that was not sealed to it")
        checked = CheckedLine(line, _judged(data, line, events.get(line.envelope), view))
        found[line.envelope] = (*found.get(line.envelope, ()), checked)
    return found


def _judged(raw: bytes, line: AnyLine, event: HeldEvent | None, view: View) -> Judged:
    """Whether a line about an event counts; one about a receipt is shown nowhere, and one of the relay's is its own."""
    if event is None or not isinstance(line, Delivered | Step | StageOrder):
        return Judged(counts=True, doubts=())
    size = event.relayed.leaf.tree_size if event.relayed is not None else 0
    return judged_line(view, raw, line, event.message, size)


def _kind_of(raw: bytes) -> str:
    for kind, name in _LINES.items():
        if raw.startswith(TYPES[kind].encode() + b"\n"):
            peek_line(raw, kind)
            return name
    raise LineError("it is no line of a kind that is known")


def _attachments(parts: Mapping[str, bytes], events: Sequence[HeldEvent]) -> dict[str, tuple[int, bytes]]:
    """The size of the attachments, and what they open to (V6)."""
    files = [file for each in events for file in each.message.attachments]
    found: dict[str, tuple[int, bytes]] = {}
    for name, data in parts.items():
        digest = name.removeprefix("attachment-")
        if not any(each.cipher_hash == digest for each in files):
            raise Altered(name, "no message in here names it")
        found[digest] = (len(data), opened_as_signed(name, data, files))
    return found


def opened_as_signed(name: str, data: bytes, files: Iterable[SealedFile]) -> bytes:
    """What the sealed bytes of a part open to, as one of the messages that name them signed; raises Altered.

    One, and not all: else whoever says something false of another's file, in the same case, would make every bundle of
    it count as altered. Of which message it is the file, `Contents.opened` says.
    """
    why, plains = "its bytes are not those that the sender signed for", dict[str, bytes | None]()
    if name != f"attachment-{sha256(data).hexdigest()}":
        raise Altered(name, why)
    for file in files:
        if name != f"attachment-{file.cipher_hash}":
            continue
        if file.identity not in plains:
            try:
                plains[file.identity] = decrypt(data, [PQIdentity.parse(file.identity)])
            except CryptoError as error:
                plains[file.identity], why = None, str(error)
        plain = plains[file.identity]
        if plain is not None and _is(file, len(data), plain):
            return plain
        why = why if plain is None else "it opens to something else than the sender signed for"
    raise Altered(name, why)


def _is(file: SealedFile, size: int, plain: bytes) -> bool:
    """Whether sealed bytes of that size that open to `plain` are what a message says of a file."""
    said = (file.cipher_size, file.plain_size, file.plain_hash)
    return said == (size, len(plain), sha256(plain).hexdigest())


def _check_whole(manifest: Manifest, events: Sequence[HeldEvent], attachments: Mapping[str, tuple[int, bytes]]) -> None:
    """V7."""
    left = {each.what for each in manifest.left_out}
    for event in events:
        if event.signed.id in left:
            raise Altered("manifest", "it says that a message was left out which is in here")
        for file in event.message.attachments:
            if (file.cipher_hash in attachments) == (file.cipher_hash in left):
                words = "an attachment of it is neither in here nor said to be left out, or both"
                raise Altered(f"message-{event.signed.id}", words)
