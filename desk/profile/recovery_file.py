"""The recovery file, byte by byte: what is in it, in which order, and nothing else. The format itself, with test
data: `docs/formats/recovery-file.md`.

It is one binary age file (c2sp.org/age), under a passphrase or to post-quantum recipients. `age -d` shows inside:

    enlace/recovery/v1
    {"archive":"AGE-SECRET-KEY-PQ-1…","authority":"…","checkpoint":"…","device":"…","member":"…",…,"written":1767225600}
    {"facts":{"direction":"in","envelope":"…",…},"kind":"message","size":7012}
    …7012 bytes: the signed note, as its sender signed it…
    {"kind":"proof","size":3811}
    …3811 bytes: what shows which envelope it was in…
    {"hash":"…","kind":"attachment","size":104857}
    …104857 bytes: that sealed file, which opens with the identity in the note before it…
    {"envelope":"…","kind":"line","line":"delivered","size":3711}
    …3711 bytes: the signed line…
    {"kind":"draft","size":212}
    …212 bytes: a form that somebody was writing, in canonical JSON…
    {"attachments":1,"drafts":1,"kind":"end","lines":1,"messages":1,"proofs":1}

1. A type line; one line of JSON, the head; then records; each line ends in one newline (0x0a). JSON is as in every body
   of ours (`directory.canonical`): UTF-8, keys sorted, no white space, integers only, defaults left out.
2. A record is a line of JSON, then exactly `size` bytes; the next record begins right after them. First messages in the
   order of the old desk, each followed by its `proof` (`desk.mail.envelope_proof`), if there is one, and those of its
   attachments that are in the file; then lines; then drafts; then `end`, whose counts are right, and after which there
   is nothing. A file without messages has the head and `end`.
3. `attachment`: `hash` is the SHA-256 of its bytes, which the note before it names, with their number, as the sealed
   form of one of its attachments.
4. `archive` is the identity of the old desk's archive: it opens what a copy of that desk's `messages.db` holds. It is
   the only secret of the desk in here. No signing key, no session, no epoch seed, no code secret, no reception key, no
   identity of the vault is ever in such a file: who has it reads what was said, and can say nothing. A proof has the
   file key of one envelope, whose text stands right before it.
5. A reader refuses, before it has handed on anything of that record, what a writer would not have written; and it knows
   that a file was whole only when it has come past `end`. Another type line that begins alike is a newer version's.
6. Neither side holds more than one record in memory, of an attachment one piece.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Literal, TypeVar

import msgspec

from desk.drafting.drafts import MOST_DRAFT_BYTES
from desk.errors import DeskError, Usage
from desk.mail.envelope_proof import MOST_PROOF
from desk.mail.facts import SaidFacts
from desk.mail.message import MOST_MESSAGE_BYTES
from directory.canonical import Malformed, decode, encode
from directory.fields import Count, Hash, MemberId, NetworkName, OfficerId, Time
from relay.protocol.lines import MOST_LINE_BYTES

T = TypeVar("T")
RECOVERY_TYPE = "enlace/recovery/v1"
_FAMILY = re.compile(rb"enlace/recovery/v[0-9]+(\.[0-9]+)*")
MOST_JSON_LINE = 256 << 10
PIECE = 64 << 10
_IDENTITY = r"\AAGE-SECRET-KEY-PQ-1[0-9A-Z]{10,100}\Z"


class RecoveryError(Usage):
    """A recovery file that is not what a writer would have written; the text says what is wrong."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this recovery file is damaged, or none: {why}")


class OtherVersion(Usage):
    """A recovery file of a version that this program does not know."""


class _Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of JSON."""


class Head(_Piece, frozen=True, kw_only=True):
    """Whose archive it is: network, member, officer, device; the archive's identity; the relay, and the authority that
    signed its certificate; the checkpoint the old desk had verified last (empty if none); when it was written."""

    archive: Annotated[str, msgspec.Meta(pattern=_IDENTITY)]
    authority: str
    checkpoint: str
    device: Hash
    member: MemberId
    name: NetworkName
    network: Hash
    officer: OfficerId
    relay: str
    written: Time

    def __repr__(self) -> str:
        return f"Head({self.name}, {self.member}, {self.officer[:8]}, {self.device[:8]})"


class MessageRecord(_Piece, frozen=True, kw_only=True, tag_field="kind", tag="message"):
    """A message: what the old desk knew of it, then its signed note."""

    facts: SaidFacts
    size: Count


class AttachmentRecord(_Piece, frozen=True, kw_only=True, tag_field="kind", tag="attachment"):
    """An attachment of the message before it, sealed."""

    hash: Hash
    size: Count


class ProofRecord(_Piece, frozen=True, kw_only=True, tag_field="kind", tag="proof"):
    """What shows the envelope of the message before it: an `EnvelopeProof`."""

    size: Count


class LineRecord(_Piece, frozen=True, kw_only=True, tag_field="kind", tag="line"):
    """A signed line: its kind, and the envelope it is about."""

    line: Literal["delivered", "step", "call", "stage", "notice"]
    envelope: Hash
    size: Count


class DraftRecord(_Piece, frozen=True, kw_only=True, tag_field="kind", tag="draft"):
    """A form that the officer was writing (`desk.drafting.drafts`): nobody signed it, and it was never sent."""

    size: Count


class End(_Piece, frozen=True, kw_only=True, tag_field="kind", tag="end", omit_defaults=True):
    """How many there were of each; the first files had no drafts and no proofs, and say nothing of them."""

    attachments: Count
    drafts: Count = 0
    lines: Count
    messages: Count
    proofs: Count = 0


Record = MessageRecord | ProofRecord | AttachmentRecord | LineRecord | DraftRecord
_ANY: type[Record | End] = Record | End  # type: ignore[assignment]  # a union, which mypy does not take for a type
_PLACE: dict[type[_Piece], int] = {
    MessageRecord: 0,
    ProofRecord: 0,
    AttachmentRecord: 0,
    LineRecord: 1,
    DraftRecord: 2,
    End: 3,
}  # of rule 2
_MOST = {
    MessageRecord: MOST_MESSAGE_BYTES,
    ProofRecord: MOST_PROOF,
    LineRecord: MOST_LINE_BYTES,
    DraftRecord: MOST_DRAFT_BYTES,
}


@dataclass
class Counts:
    """How many records of each kind have come by."""

    of: dict[type[_Piece], int] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count one."""
        self.of[type(record)] = self.of.get(type(record), 0) + 1

    def end(self) -> End:
        """What stands at the end."""
        kinds = (AttachmentRecord, DraftRecord, LineRecord, MessageRecord, ProofRecord)
        attachments, drafts, lines, messages, proofs = (self.of.get(each, 0) for each in kinds)
        return End(attachments=attachments, drafts=drafts, lines=lines, messages=messages, proofs=proofs)


def write_recovery(head: Head, records: Iterable[tuple[Record, Iterable[bytes]]]) -> Iterator[bytes]:
    """What is to be sealed, piece by piece; raises DeskError for a record whose bytes are not as it says."""
    counts = Counts()
    yield f"{RECOVERY_TYPE}\n".encode() + encode(head) + b"\n"
    for record, payload in records:
        yield encode(record) + b"\n"
        done, digest = 0, sha256()
        for piece in payload:
            done += len(piece)
            digest.update(piece)
            yield piece
        if done != record.size or (isinstance(record, AttachmentRecord) and digest.hexdigest() != record.hash):
            raise DeskError("what stands in this profile changed while it was written out; try again")
        counts.add(record)
    yield encode(counts.end()) + b"\n"


class Pulled:
    """A file to be read, of pieces that are made when they are asked for; each is shown to `watch` as it goes."""

    def __init__(self, pieces: Iterator[bytes], watch: Callable[[bytes], object]) -> None:
        self._pieces, self._watch = pieces, watch
        self._piece, self._at = b"", 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none only at the end."""
        while self._at == len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._watch(piece)
            self._piece, self._at = piece, 0
        taken = self._piece[self._at : self._at + size]
        self._at += len(taken)
        return taken


class RecoveryReader:
    """What was sealed, read record by record; raises RecoveryError by rules 1 to 3, and whatever `pieces` raises."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""
        first = self._line(MOST_JSON_LINE)
        if first != RECOVERY_TYPE.encode():
            if _FAMILY.fullmatch(first):
                raise OtherVersion("another version of Enlace wrote this recovery file: update this one")
            raise RecoveryError("it begins otherwise")
        self.head = _read(self._line(MOST_JSON_LINE), Head)
        self.end: End | None = None  # once it was reached

    def records(self) -> Iterator[tuple[Record, Iterator[bytes]]]:
        """Every record in order with its bytes, which are passed over where the caller does not take them all."""
        counts = Counts()
        before: type[_Piece] | None = None
        while True:
            record = _read(self._line(MOST_JSON_LINE), _ANY)
            if not _fits(record, before):
                raise RecoveryError("its records are out of order")
            before = type(record)
            if isinstance(record, End):
                if record != counts.end() or self._held or any(self._pieces):
                    raise RecoveryError("its end does not fit what stands before it")
                self.end = record
                return
            if record.size > _MOST.get(type(record), record.size):
                raise RecoveryError("it has a record that is larger than any can be")
            payload = self._payload(record)
            yield record, payload
            for _ in payload:
                pass
            counts.add(record)

    def _payload(self, record: Record) -> Iterator[bytes]:
        left, digest = record.size, sha256()
        while left:
            if not self._held:
                self._more()
            piece, self._held = self._held[:left], self._held[left:]
            left -= len(piece)
            digest.update(piece)
            if not left and isinstance(record, AttachmentRecord) and digest.hexdigest() != record.hash:
                raise RecoveryError("it has an attachment that is another than it says")
            yield piece

    def _line(self, most: int) -> bytes:
        while b"\n" not in self._held and len(self._held) <= most:
            self._more()
        line, _, rest = self._held.partition(b"\n")
        if len(line) > most:
            raise RecoveryError("it has a line that is longer than any can be")
        self._held = rest
        return line

    def _more(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            raise RecoveryError("it ends before its end")
        self._held += piece


def _fits(record: Record | End, before: type[_Piece] | None) -> bool:
    """Whether a record may stand behind one of that kind; None: it is the first (rule 2)."""
    if isinstance(record, ProofRecord):
        return before is MessageRecord
    if isinstance(record, AttachmentRecord):
        return before in (MessageRecord, ProofRecord, AttachmentRecord)
    return before is None or _PLACE[type(record)] >= _PLACE[before]


def _read(line: bytes, kind: type[T]) -> T:
    try:
        return decode(line, kind)
    except Malformed as error:
        raise RecoveryError(f"it is not written as such files are: {error}") from error
