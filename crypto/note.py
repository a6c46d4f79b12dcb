"""C2SP signed notes: a text with signature lines below it.

    enlace/step/v1
    {"act":"accepted"}

    — enlace.example/4f1c… Wm9v…

1. The text ends in a newline and holds no control character but newline; a blank line ends it; then one line a
   signature: em dash, space, key name, space, base64(4-byte key id ‖ signature).
2. A key id is SHA-256(name ‖ newline ‖ type ‖ public key), cut to 4 bytes. Name *and* id choose the key.
3. Unknown keys are ignored. A bad signature by a known key rejects the note, whatever else verifies. Two known keys
   under one name and id reject every note: nobody could say which of them a line means.
4. A known key signs once. (The specification lets a reader ignore repetition; we never write it.)
5. An Ed25519 key of small order signs nothing: under it one signature fits many texts, so it binds nobody.

Source: c2sp.org/signed-note. Types here: 0x01 Ed25519, and 0xff with the identifier `MLDSA44_IDENTIFIER` for
ML-DSA-44 over the note text (pure, empty context), which has no assigned type yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from crypto.encoding import EncodingError, b64, unb64, unhex
from crypto.errors import CryptoError

MOST_NOTE_BYTES = 1 << 20
MOST_SIGNATURES = 32
DASH = "\u2014"
ED25519_TYPE = b"\x01"
MLDSA44_IDENTIFIER = b"enlace signed note, ML-DSA-44 (FIPS 204, pure, empty context) over the note text, v1"
MLDSA44_TYPE = b"\xff" + MLDSA44_IDENTIFIER

_CONTROLS = bytes(byte for byte in range(0x20) if byte != 0x0A)
_P = 2**255 - 19
_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset({0, 1, _P - 1, _ORDER_8, _P - _ORDER_8})  # y of every point whose order divides 8


class NoteError(CryptoError):
    """A note that is malformed."""


class SignatureError(CryptoError):
    """A signature that is missing, repeated or wrong."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name, its 4-byte id, and the bytes that follow the id."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """The line as it stands in a note, newline included."""
        return f"{DASH} {self.name} {b64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text (its last newline included) and its signatures, in order."""

    text: str
    signatures: tuple[Signature, ...]

    def write(self) -> bytes:
        """The note's bytes."""
        return (self.text + "\n" + "".join(each.line() for each in self.signatures)).encode()

    def names(self) -> tuple[str, ...]:
        """The key names of the signature lines, in order."""
        return tuple(each.name for each in self.signatures)


class Verifier(Protocol):
    """A public key under a name."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def check(self, text: bytes, blob: bytes) -> None:
        """Return if `blob` signs `text`; raise SignatureError if not."""


def parse_note(raw: bytes, most_bytes: int = MOST_NOTE_BYTES, most_signatures: int = MOST_SIGNATURES) -> Note:
    """The note in `raw`; refuses what breaks rule 1 and whatever would not be written back the same."""
    if len(raw) > most_bytes:
        raise NoteError(f"note of {len(raw)} bytes; at most {most_bytes} are accepted")
    body, blank, tail = raw.rpartition(b"\n\n")
    try:
        # Apart, because the dashes of the signature lines would double the size of a text that is mostly ASCII.
        text, signed = (body + b"\n").decode(), tail.decode()
    except UnicodeDecodeError as error:
        raise NoteError("note is not UTF-8") from error
    if not blank:
        raise NoteError("note has no blank line before its signatures")
    _check_controls(body)
    lines = signed.split("\n")
    if lines.pop() != "" or not lines:
        raise NoteError("note does not end in a signature line and a newline")
    if len(lines) > most_signatures:
        raise NoteError(f"{len(lines)} signatures; at most {most_signatures} are accepted")
    return Note(text, tuple(map(parse_line, lines)))


def check_text(text: str) -> None:
    """Return if `text` can be signed: UTF-8, ends in a newline, no control character but newline."""
    if not text.endswith("\n"):
        raise NoteError("a note's text ends in a newline")
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise NoteError("a note's text holds half a surrogate pair, which is no UTF-8") from error
    _check_controls(content)


def _check_controls(content: bytes) -> None:
    # UTF-8 has these bytes for these characters only; on 16 KiB this is a hundred times faster than a loop.
    if len(content.translate(None, _CONTROLS)) != len(content):
        raise NoteError("control character in a note's text")


def check_name(name: str) -> None:
    """Return if `name` can name a key: not empty, no white space, no plus sign, no control character."""
    if not name or "+" in name or " " in name or not name.isprintable():  # of white space only the space is printable
        raise NoteError("a key name has no spaces, plus signs or control characters, and is not empty")


def key_id(name: str, typed_key: bytes) -> bytes:
    """The 4-byte id of a key: `typed_key` is its type followed by the public key."""
    return sha256(name.encode() + b"\n" + typed_key).digest()[:4]


def verified(note: Note, verifiers: Iterable[Verifier]) -> tuple[Verifier, ...]:
    """Those of `verifiers` that signed `note`, in line order; raises SignatureError by rules 3 and 4."""
    known = dict[tuple[str, bytes], Verifier]()
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise SignatureError(f"two keys named {verifier.name} share a key id: replace one")
    text, seen = note.text.encode(), dict[tuple[str, bytes], Verifier]()
    for signature in note.signatures:
        which = (signature.name, signature.key_id)
        signer = known.get(which)
        if signer is None:
            continue
        if which in seen:
            raise SignatureError(f"{signature.name} signed twice with one key")
        signer.check(text, signature.blob)
        seen[which] = signer
    return tuple(seen.values())


def is_weak_ed25519(public: bytes) -> bool:
    """Whether a key is none that a generator makes (rule 5): of small order, or not the one spelling of its point."""
    y = int.from_bytes(public, "little") % 2**255
    return y >= _P or y in _SMALL_ORDER


@dataclass(frozen=True, slots=True)
class Ed25519Verifier:
    """An Ed25519 public key (32 bytes) under a name; note signature type 0x01."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        return _id_of(self.name, ED25519_TYPE, self.public)

    def check(self, text: bytes, blob: bytes) -> None:
        if is_weak_ed25519(self.public):
            raise SignatureError(f"the Ed25519 key of {self.name} is none that a key generator makes")
        try:
            ed25519_key(self.public).verify(blob, text)
        except (InvalidSignature, ValueError) as error:
            raise SignatureError(f"the Ed25519 signature of {self.name} is wrong") from error


@dataclass(frozen=True, slots=True)
class MLDSA44Verifier:
    """An ML-DSA-44 public key (1,312 bytes) under a name; note signature type 0xff with our identifier."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        return _id_of(self.name, MLDSA44_TYPE, self.public)

    def check(self, text: bytes, blob: bytes) -> None:
        try:
            mldsa44_key(self.public).verify(blob, text)
        except (InvalidSignature, ValueError) as error:
            raise SignatureError(f"the ML-DSA-44 signature of {self.name} is wrong") from error


@lru_cache(maxsize=1024)
def _id_of(name: str, kind: bytes, public: bytes) -> bytes:
    return key_id(name, kind + public)


@lru_cache(maxsize=1024)
def ed25519_key(public: bytes) -> Ed25519PublicKey:
    """An Ed25519 public key, parsed and remembered, as `mldsa44_key`."""
    return Ed25519PublicKey.from_public_bytes(public)


@lru_cache(maxsize=1024)
def mldsa44_key(public: bytes) -> MLDSA44PublicKey:
    """An ML-DSA-44 public key, parsed and remembered: the same few sign most of what a reader sees."""
    return MLDSA44PublicKey.from_public_bytes(public)


def write_vkey(name: str, typed_key: bytes) -> str:
    """A verifier key as text: name, id and typed public key."""
    check_name(name)
    return f"{name}+{key_id(name, typed_key).hex()}+{b64(typed_key)}"


def parse_vkey(text: str) -> tuple[str, bytes]:
    """Name and typed public key of a verifier key; refuses an id that is not the key's."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise NoteError("a verifier key is name+id+key")
    name, identifier, key = parts
    check_name(name)
    try:
        typed, given = unb64(key), unhex(identifier, 4)
    except EncodingError as error:
        raise NoteError(f"verifier key: {error}") from error
    if not typed or given != key_id(name, typed):
        raise NoteError("the verifier key's id does not belong to its name and key")
    return name, typed


def parse_line(line: str) -> Signature:
    """The signature in a line; three parts, of which each has one spelling, so the line has one too."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != DASH:
        raise NoteError("a signature line is: em dash, space, key name, space, base64")
    check_name(parts[1])
    try:
        blob = unb64(parts[2])
    except EncodingError as error:
        raise NoteError(f"signature line of {parts[1]}: {error}") from error
    if len(blob) < 5:
        raise NoteError("a signature is longer than its key id")
    return Signature(parts[1], blob[:4], blob[4:])
