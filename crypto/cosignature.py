"""Cosignatures: a witness's word for the size and root of a log, and for when it saw that the log had only grown.

    — witness.enlace.example/co …        Ed25519 cosignature (type 0x04)
    — witness.enlace.example/co …        ML-DSA-44 cosignature (type 0x06)

1. Both are note signature lines on a checkpoint. What follows the key id is a u64 of unix seconds and the signature.
2. The Ed25519 one signs `cosignature/v1`, `time T` and the checkpoint's text, each with a newline; it does not name its
   cosigner, so a key is one cosigner's. The ML-DSA-44 one is in `crypto.checkpoint`, for logs sign with it too.
3. A witness of ours makes both. A policy says which of them it needs (`crypto.policy`).
4. A time above 2^63 - 1 is refused, as the specification says. Whether a time is too new is for whoever has a clock.

Source: c2sp.org/tlog-cosignature.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from crypto.checkpoint import (
    MLDSA44_COSIGNATURE_TYPE,
    MOST_TIME,
    Checkpoint,
    CheckpointError,
    CosignatureVerifier,
    cosigned_message,
)
from crypto.note import (
    ED25519_TYPE,
    Ed25519Verifier,
    NoteError,
    Signature,
    SignatureError,
    Verifier,
    check_name,
    ed25519_key,
    is_weak_ed25519,
    key_id,
    parse_line,
)
from crypto.signing import ED25519_PUBLIC_SIZE, MLDSA44_PUBLIC_SIZE, PublicPair, SecretPair

ED25519_COSIGNATURE_TYPE = b"\x04"
MOST_LINES = 32
MOST_LINES_BYTES = 128 << 10
_STAMP = 8
_SIZES = {
    ED25519_TYPE: ED25519_PUBLIC_SIZE,
    ED25519_COSIGNATURE_TYPE: ED25519_PUBLIC_SIZE,
    MLDSA44_COSIGNATURE_TYPE: MLDSA44_PUBLIC_SIZE,
}


@dataclass(frozen=True, slots=True)
class CheckpointKey:
    """A public key that signs checkpoints, under a name; `kind` is its type's byte: 0x01, 0x04 or 0x06.

    Refuses (NoteError) other types, keys of another length, and Ed25519 keys that no generator makes.
    """

    name: str
    kind: bytes
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in _SIZES:
            raise NoteError(f"a key of type 0x{self.kind.hex()} signs no checkpoint that is read here")
        if len(self.public) != _SIZES[self.kind]:
            raise NoteError(f"a key of type 0x{self.kind.hex()} has {_SIZES[self.kind]} bytes, not {len(self.public)}")
        if self.kind != MLDSA44_COSIGNATURE_TYPE and is_weak_ed25519(self.public):
            raise NoteError(f"the Ed25519 key of {self.name} is none that a key generator makes")

    @property
    def key_id(self) -> bytes:
        """The 4-byte id that its lines bear."""
        return key_id(self.name, self.kind + self.public)

    def on(self, checkpoint: Checkpoint) -> Verifier:
        """What verifies this key's line on a checkpoint."""
        if self.kind == ED25519_TYPE:
            return Ed25519Verifier(self.name, self.public)
        if self.kind == ED25519_COSIGNATURE_TYPE:
            return Ed25519CosignatureVerifier(self.name, self.public)
        return CosignatureVerifier(self.name, self.public, checkpoint)


@dataclass(frozen=True, slots=True)
class Ed25519CosignatureVerifier:
    """An Ed25519 public key (32 bytes) under a cosigner's name; signature type 0x04."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, ED25519_COSIGNATURE_TYPE + self.public)

    def check(self, text: bytes, blob: bytes) -> None:
        if is_weak_ed25519(self.public):
            raise SignatureError(f"the Ed25519 key of {self.name} is none that a key generator makes")
        try:
            message = _ed25519_message(text, time_of(blob))
            ed25519_key(self.public).verify(blob[_STAMP:], message)
        except (InvalidSignature, ValueError, CheckpointError) as error:
            raise SignatureError(f"the Ed25519 cosignature of {self.name} is wrong") from error


def cosigner_keys(name: str, public: PublicPair) -> tuple[CheckpointKey, CheckpointKey]:
    """The two keys of a witness that signs with a pair."""
    ed25519 = CheckpointKey(name, ED25519_COSIGNATURE_TYPE, public.ed25519)
    return ed25519, CheckpointKey(name, MLDSA44_COSIGNATURE_TYPE, public.mldsa44)


def log_keys(origin: str, public: PublicPair) -> tuple[CheckpointKey, CheckpointKey]:
    """The two keys of a log that signs with a pair (`crypto.checkpoint`)."""
    ed25519 = CheckpointKey(origin, ED25519_TYPE, public.ed25519)
    return ed25519, CheckpointKey(origin, MLDSA44_COSIGNATURE_TYPE, public.mldsa44)


def cosign(checkpoint: Checkpoint, keys: SecretPair, name: str, time: int) -> tuple[Signature, Signature]:
    """A witness's two lines on a checkpoint; refuses (CheckpointError, NoteError) what no such line can say."""
    check_name(name)
    stamp, text = time, checkpoint.text().encode()
    message = cosigned_message(name, checkpoint, stamp)  # refuses times that have no place
    ed25519, mldsa44 = cosigner_keys(name, keys.public)
    blob = stamp.to_bytes(_STAMP, "big")
    return (
        Signature(name, ed25519.key_id, blob + keys.ed25519.sign(_ed25519_message(text, stamp))),
        Signature(name, mldsa44.key_id, blob + keys.sign_raw_mldsa44(message)),
    )


def time_of(blob: bytes) -> int:
    """The unix seconds of a cosignature's blob; refuses (CheckpointError) one that has none, or one out of bounds."""
    if len(blob) <= _STAMP:
        raise CheckpointError("a cosignature begins with its time, 8 bytes")
    time = int.from_bytes(blob[:_STAMP], "big")
    if time > MOST_TIME:
        raise CheckpointError("a cosignature's time is at most 2^63 - 1")
    return time


def write_lines(lines: Sequence[Signature]) -> bytes:
    """Signature lines alone, as a witness answers with them."""
    return "".join(each.line() for each in lines).encode()


def parse_lines(raw: bytes) -> tuple[Signature, ...]:
    """The signature lines of a witness's answer: at least one, at most 32, and nothing else. Raises NoteError."""
    if len(raw) > MOST_LINES_BYTES:
        raise NoteError(f"{len(raw)} bytes of signature lines; at most {MOST_LINES_BYTES} are accepted")
    try:
        lines = raw.decode().split("\n")
    except UnicodeDecodeError as error:
        raise NoteError("signature lines are UTF-8") from error
    if lines.pop() != "" or not 0 < len(lines) <= MOST_LINES:
        raise NoteError(f"an answer with cosignatures has 1 to {MOST_LINES} lines, each with its newline")
    return tuple(map(parse_line, lines))


def _ed25519_message(text: bytes, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + text
