"""Checkpoints: a log's signed word for how many entries it has and what they hash to.

    log.enlace.example/2026
    1042
    q3…=

    — log.enlace.example/2026 …        Ed25519 note signature (type 0x01)
    — log.enlace.example/2026 …        ML-DSA-44 timestamped cosignature (type 0x06)

1. The text is origin, decimal size and base64 root, three lines; extension lines are refused.
2. A checkpoint of ours counts only with both lines, of the log's two keys. Further lines are cosignatures of
   witnesses and are left to whoever knows their keys.
3. The 0x06 blob is a u64 of unix seconds and the signature, so a checkpoint says when the log last vouched
   for it. Times and sizes end at 2^63 - 1 (the format's bound for times; databases hold no more either).

Source: c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature (subtree form, start 0, end = size).
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from crypto.encoding import EncodingError, b64, decimal, unb64
from crypto.errors import CryptoError
from crypto.merkle import HASH_SIZE
from crypto.note import (
    Ed25519Verifier,
    Note,
    Signature,
    SignatureError,
    check_name,
    key_id,
    mldsa44_key,
    parse_note,
)
from crypto.signing import PublicPair, SecretPair, ed25519_line, require_both

MLDSA44_COSIGNATURE_TYPE = b"\x06"
MOST_CHECKPOINT_BYTES = 128 << 10
MOST_CHECKPOINT_LINES = 2 + 2 * 16  # the log's two, and two kinds of cosignature of 16 witnesses
MOST_SIZE = MOST_TIME = 2**63 - 1
MOST_NAME_BYTES = 255


class CheckpointError(CryptoError):
    """A checkpoint that is malformed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, size in entries, and root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text; refuses (CheckpointError, NoteError) what `parse_checkpoint` would refuse."""
        _check_origin(self.origin)
        if not 0 <= self.size <= MOST_SIZE or len(self.root) != HASH_SIZE:
            raise CheckpointError("a checkpoint has a size from 0 to 2^63 - 1 and a root of 32 bytes")
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose log signatures were verified, the unix time the log signed, and its bytes."""

    checkpoint: Checkpoint
    time: int
    raw: bytes


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text; refuses extension lines and non-canonical numbers or base64."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] != "":
        raise CheckpointError("a checkpoint is origin, size and root hash, one line each")
    try:
        checkpoint = Checkpoint(lines[0], decimal(lines[1], MOST_SIZE), unb64(lines[2], HASH_SIZE))
    except EncodingError as error:
        raise CheckpointError(f"checkpoint: {error}") from error
    _check_origin(checkpoint.origin)
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, keys: SecretPair, time: int) -> bytes:
    """The checkpoint as a note with the log's two lines, vouched for at `time`."""
    text = checkpoint.text()
    message = cosigned_message(checkpoint.origin, checkpoint, time)
    identifier = key_id(checkpoint.origin, MLDSA44_COSIGNATURE_TYPE + keys.public.mldsa44)
    blob = time.to_bytes(8, "big") + keys.sign_raw_mldsa44(message)
    ed25519 = ed25519_line(keys.ed25519, checkpoint.origin, text)
    return Note(text, (ed25519, Signature(checkpoint.origin, identifier, blob))).write()


def checkpoint_note(raw: bytes) -> Note:
    """The note in a checkpoint's bytes, with as many lines as sixteen witnesses make of it; raises NoteError."""
    return parse_note(raw, MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES)


def read_checkpoint(raw: bytes) -> Checkpoint:
    """What the checkpoint in `raw` says, whoever signed it. Raises CheckpointError or NoteError."""
    return parse_checkpoint(checkpoint_note(raw).text)


def open_checkpoint(raw: bytes, origin: str, public: PublicPair) -> SignedCheckpoint:
    """The checkpoint in `raw`, signed by both keys of the log named `origin`.

    Refuses another origin, and a missing or wrong line of either key. Raises CheckpointError, NoteError or
    SignatureError.
    """
    note = checkpoint_note(raw)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise CheckpointError(f"checkpoint of {checkpoint.origin}, expected {origin}")
    ed25519 = Ed25519Verifier(origin, public.ed25519)
    cosigner = CosignatureVerifier(origin, public.mldsa44, checkpoint)
    require_both(note, ed25519, cosigner, f"the log {origin}")
    which = (cosigner.name, cosigner.key_id)
    blob = next(each.blob for each in note.signatures if (each.name, each.key_id) == which)
    return SignedCheckpoint(checkpoint, int.from_bytes(blob[:8], "big"), raw)


def own_lines(signed: SignedCheckpoint, public: PublicPair) -> bytes:
    """An opened checkpoint with its log's two lines alone: what others added to it is of any size they like."""
    note, origin = checkpoint_note(signed.raw), signed.checkpoint.origin
    verifiers = Ed25519Verifier(origin, public.ed25519), CosignatureVerifier(origin, public.mldsa44, signed.checkpoint)
    own = {(each.name, each.key_id) for each in verifiers}
    return Note(note.text, tuple(each for each in note.signatures if (each.name, each.key_id) in own)).write()


def cosigned_message(cosigner: str, checkpoint: Checkpoint, time: int) -> bytes:
    """What an ML-DSA-44 cosignature signs for the whole tree of `checkpoint`.

    Refuses (CheckpointError) names and times that the format has no room for.
    """
    name, origin = cosigner.encode(), checkpoint.origin.encode()
    if not 1 <= len(name) <= MOST_NAME_BYTES or not 1 <= len(origin) <= MOST_NAME_BYTES:
        raise CheckpointError("a cosigner's name and an origin have 1 to 255 bytes")
    if not 0 <= time <= MOST_TIME:
        raise CheckpointError("a cosignature's time is in unix seconds, from 0 to 2^63 - 1")
    return b"".join(
        (
            b"subtree/v1\n\0",
            len(name).to_bytes(1, "big") + name,
            time.to_bytes(8, "big"),
            len(origin).to_bytes(1, "big") + origin,
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """An ML-DSA-44 public key under a cosigner's name, bound to one checkpoint; signature type 0x06."""

    name: str
    public: bytes
    checkpoint: Checkpoint

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, MLDSA44_COSIGNATURE_TYPE + self.public)

    def check(self, text: bytes, blob: bytes) -> None:
        if text != self.checkpoint.text().encode():
            raise SignatureError("cosignature over another checkpoint")
        try:
            message = cosigned_message(self.name, self.checkpoint, int.from_bytes(blob[:8], "big"))
            mldsa44_key(self.public).verify(blob[8:], message)
        except (InvalidSignature, ValueError, CheckpointError) as error:
            raise SignatureError(f"the ML-DSA-44 cosignature of {self.name} is wrong") from error


def _check_origin(origin: str) -> None:
    check_name(origin)
    if len(origin.encode()) > MOST_NAME_BYTES:
        raise CheckpointError("an origin has at most 255 bytes")
