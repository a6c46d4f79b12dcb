"""Evidence files: an accusation of a log or its relay, with all that a stranger needs to look into it.

    enlace/evidence/v1
    {"kind":"fork"}
    checkpoint 3410
    log.enlace.example/1
    …

1. Type line, one line of canonical JSON that says of what is accused, then pieces: a name, a length in bytes, and so
   many bytes. Which pieces stand there in which order is the kind's (`_ORDER`); there is one spelling.
2. Nothing in it is anybody's word for the whole: `directory.evidence_verdict` says what follows from it.
3. It holds no names and no numbers: of a body only what it was committed to, and of a message its sealed envelope.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from crypto.checkpoint import MOST_CHECKPOINT_BYTES
from crypto.encoding import EncodingError, b64, decimal, unb64
from crypto.merkle import HASH_SIZE
from crypto.proof import MOST_PROOF_BYTES
from directory.canonical import Malformed, decode, write_body
from directory.fields import Count, Hash, Time
from directory.statement import MOST_STATEMENT_BYTES

EVIDENCE_TYPE = "enlace/evidence/v1"
MOST_EVIDENCE_BYTES = 288 << 20  # a whole log as large as a desk reads at once, and what is said about it
MOST_HEAD_BYTES = 1 << 10
MOST_HASHES = 64
MOST_RECEIPT_BYTES = 16 << 10
MOST_ENVELOPE_BYTES = 4 << 20
MOST_NOTICE_BYTES = 128 << 10
MOST_PIECES = 1 << 20  # more than there are statements in so many bytes: a file of tiny ones takes a reader's memory


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"):
    """Of what is accused."""


class Fork(Head, frozen=True, kw_only=True, tag="fork"):
    """Two checkpoints that no one history has."""


class Rollback(Head, frozen=True, kw_only=True, tag="rollback"):
    """A checkpoint, and a smaller or older one that was shown as the newest after it."""


class RefusedEntry(Head, frozen=True, kw_only=True, tag="refused"):
    """A checkpoint, and the log's first entries, of which the judge refuses the last."""


class Handed(Head, frozen=True, kw_only=True, tag="handed"):
    """A checkpoint, and the entries handed over for it, which do not lead to it."""


class Withheld(Head, frozen=True, kw_only=True, tag="withheld"):
    """A checkpoint, of whose entries not all were handed over."""


class Unsigned(Head, frozen=True, kw_only=True, tag="unsigned"):
    """What was shown for a checkpoint, and counts for none."""


class Freeze(Head, frozen=True, kw_only=True, tag="freeze"):
    """The newest checkpoint that was shown at `at`, by the accuser's clock."""

    at: Time


class Ahead(Head, frozen=True, kw_only=True, tag="ahead"):
    """A checkpoint whose time had not come yet at `at`, by the accuser's clock."""

    at: Time


class AlteredBody(Head, frozen=True, kw_only=True, tag="altered-body"):
    """An entry, and the commitment `opens` that the body given for it opens, which is another."""

    opens: Hash


class MissingBody(Head, frozen=True, kw_only=True, tag="missing-body"):
    """An entry whose body was not given."""


class LessThanReceipt(Head, frozen=True, kw_only=True, tag="receipt"):
    """The entry that names a relay, under a checkpoint; and a receipt of that relay at a larger size."""


class OtherNetwork(Head, frozen=True, kw_only=True, tag="other-network"):
    """The first entry of a log that was shown to somebody who asked for the network `asked`."""

    asked: Hash


class BrokenTurn(Head, frozen=True, kw_only=True, tag="turn"):
    """A later turn of an envelope (`relay.protocol.lines`) that the relay did not take when it was due. Where it gave
    no sign of it, `at` is until when, by the accuser's clock; else 0."""

    turn: Count
    at: Time = 0


AnyHead = (
    Fork | Rollback | RefusedEntry | Handed | Withheld | Unsigned | Freeze | Ahead | AlteredBody | MissingBody
    | LessThanReceipt | OtherNetwork | BrokenTurn
)  # fmt: skip
T = TypeVar("T", bound=Head)

_ORDER: dict[type[Head], str] = {
    Fork: r"(checkpoint ){2}(hashes )?",
    Rollback: r"(checkpoint ){2}",
    RefusedEntry: r"checkpoint (hashes )?(entry )+",
    Handed: r"checkpoint (checkpoint hashes )?(entry )+",
    Withheld: r"checkpoint ",
    Unsigned: r"shown ",
    Freeze: r"checkpoint ",
    Ahead: r"checkpoint ",
    AlteredBody: r"proof ",
    MissingBody: r"proof ",
    LessThanReceipt: r"proof receipt ",
    OtherNetwork: r"entry ",
    BrokenTurn: r"proof receipt (notice )*envelope ",
}
_MOST = {
    "checkpoint": MOST_CHECKPOINT_BYTES,
    "shown": MOST_CHECKPOINT_BYTES,
    "hashes": MOST_HASHES * 45,
    "entry": MOST_STATEMENT_BYTES,
    "proof": MOST_PROOF_BYTES,
    "receipt": MOST_RECEIPT_BYTES,
    "envelope": MOST_ENVELOPE_BYTES,
    "notice": MOST_NOTICE_BYTES,
}
_LONGEST_LINE = 80  # that names a piece


class MalformedEvidence(Malformed):
    """A file that is no evidence file."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An accusation and its pieces, name and bytes; refuses (MalformedEvidence) pieces that are none of its kind."""

    head: Head
    pieces: tuple[tuple[str, bytes], ...]

    def __post_init__(self) -> None:
        if len(self.pieces) > MOST_PIECES:
            raise MalformedEvidence(f"evidence of more than {MOST_PIECES} pieces")
        order = "".join(f"{name} " for name, _ in self.pieces)
        if not re.fullmatch(_ORDER[type(self.head)], order):
            raise MalformedEvidence("the pieces of this evidence are not those of its kind, in their order")
        for name, data in self.pieces:
            if not 0 < len(data) <= _MOST[name]:
                raise MalformedEvidence(f"a piece `{name}` has 1 to {_MOST[name]} bytes; this one has {len(data)}")

    def all(self, name: str) -> list[bytes]:
        """The pieces of a name, in their order."""
        return [data for each, data in self.pieces if each == name]

    def hashes(self) -> tuple[bytes, ...]:
        """The hashes in the piece `hashes`; none where it is left out. Raises MalformedEvidence."""
        return tuple(each for raw in self.all("hashes") for each in _read_hashes(raw))

    def write(self) -> bytes:
        """The evidence as a file."""
        parts = [write_body(EVIDENCE_TYPE, self.head).encode()]
        for name, data in self.pieces:
            parts += [f"{name} {len(data)}\n".encode(), data]
        return b"".join(parts)


def evidence(
    head: Head,
    checkpoints: Sequence[bytes] = (),
    *,
    hashes: Iterable[bytes] = (),
    entries: Sequence[bytes] = (),
    proof: bytes = b"",
    receipt: bytes = b"",
    shown: bytes = b"",
    envelope: bytes = b"",
    notices: Sequence[bytes] = (),
) -> Evidence:
    """The evidence with these pieces; refuses (MalformedEvidence) what its kind has none of, or lacks."""
    listed = "".join(f"{b64(each)}\n" for each in hashes).encode()
    pieces = [("checkpoint", each) for each in checkpoints]
    pieces += [("hashes", listed)] if listed else []
    pieces += [("entry", each) for each in entries]
    pieces += [("proof", proof)] if proof else []
    pieces += [("receipt", receipt)] if receipt else []
    pieces += [("notice", each) for each in notices]
    pieces += [("envelope", envelope)] if envelope else []
    return Evidence(head, tuple(pieces + ([("shown", shown)] if shown else [])))


def parse_evidence(raw: bytes) -> Evidence:
    """The evidence in a file; raises MalformedEvidence."""
    if len(raw) > MOST_EVIDENCE_BYTES:
        raise MalformedEvidence(f"an evidence file of {len(raw)} bytes; at most {MOST_EVIDENCE_BYTES} are read")
    first, line = EVIDENCE_TYPE.encode() + b"\n", raw.find(b"\n", len(EVIDENCE_TYPE) + 1, MOST_HEAD_BYTES)
    if not raw.startswith(first) or line < 0:
        raise MalformedEvidence(f"an evidence file begins with the line {EVIDENCE_TYPE} and a line of JSON")
    try:
        head: Head = decode(raw[len(first) : line], AnyHead)  # type: ignore[arg-type]  # a union is no `type`
    except Malformed as error:
        raise MalformedEvidence(f"evidence: {error}") from error
    pieces, at = list[tuple[str, bytes]](), line + 1
    while at < len(raw):
        if len(pieces) == MOST_PIECES:
            raise MalformedEvidence(f"evidence of more than {MOST_PIECES} pieces")
        end = raw.find(b"\n", at, at + _LONGEST_LINE)
        name, space, length = raw[at : max(end, at)].decode("latin-1").partition(" ")
        if end < 0 or not space or name not in _MOST:
            raise MalformedEvidence("a piece of evidence begins with its name and its length, on one line")
        try:
            size = decimal(length, _MOST[name])
        except EncodingError as error:
            raise MalformedEvidence(f"the length of a piece `{name}`: {error}") from error
        at = end + 1 + size
        if at > len(raw):
            raise MalformedEvidence("the evidence is cut off")
        pieces.append((name, raw[end + 1 : at]))
    found = Evidence(head, tuple(pieces))
    found.hashes()
    return found


def _read_hashes(raw: bytes) -> list[bytes]:
    try:
        lines = raw.decode("ascii").split("\n")
        if lines.pop() != "" or not 0 < len(lines) <= MOST_HASHES:
            raise MalformedEvidence(f"the piece `hashes` is 1 to {MOST_HASHES} hashes, a line each")
        return [unb64(each, HASH_SIZE) for each in lines]
    except (UnicodeDecodeError, EncodingError) as error:
        raise MalformedEvidence(f"the piece `hashes`: {error}") from error
