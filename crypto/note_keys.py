"""Keys of signed notes as text: signer keys (secret) and verifier keys (public), of any signer, not only of a device.

    PRIVATE+KEY+press.example+1f2e3d4c+AYEK…      signer key: name, id, base64(type ‖ 32-byte Ed25519 seed)
    press.example+1f2e3d4c+ARpc…                  verifier key: name, id, base64(type ‖ public key)

1. Both have the id of the public key, so that a pair is seen to be one; a text whose id is not that of its name and key
   is refused, and so is every text that would not be written again the same.
2. A signer key makes Ed25519 signatures (type 0x01). A verifier key is of that type, or of ML-DSA-44 as Enlace signs
   with it (0xff and `crypto.note.MLDSA44_IDENTIFIER`). Other types sign other things than a note's text, and are named.
3. Each key counts by itself here. Where both signatures of a device are needed, `crypto.signing.check_both` says so.
4. No message repeats any of a signer key, nor of what was given in its place.

Source: c2sp.org/signed-note, section "Verifier keys"; the secret form is that of golang.org/x/mod/sumdb/note.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import EncodingError, b64, unb64
from crypto.note import (
    ED25519_TYPE,
    MLDSA44_TYPE,
    Ed25519Verifier,
    MLDSA44Verifier,
    NoteError,
    Signature,
    check_name,
    is_weak_ed25519,
    key_id,
    parse_vkey,
    write_vkey,
)
from crypto.signing import ED25519_PUBLIC_SIZE, MLDSA44_PUBLIC_SIZE, SEED_SIZE, ed25519_line

SIGNER_PREFIX = "PRIVATE+KEY+"
MOST_VERIFIERS = 64

_TYPES = {
    0x02: "ECDSA, which is not read here",
    0x04: "an Ed25519 cosignature, which stands on checkpoints",
    0x05: "an RFC 6962 tree head",
    0x06: "an ML-DSA-44 cosignature, which stands on checkpoints",
    0xFF: "one without a number, and not that of Enlace",
}

NoteVerifier = Ed25519Verifier | MLDSA44Verifier


@dataclass(frozen=True)
class SignerKey:
    """A name and an Ed25519 seed (32 bytes) to sign with; `str` spells it out, `repr` does not. Raises NoteError."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.seed) != SEED_SIZE:
            raise NoteError(f"a signer key has a seed of {SEED_SIZE} bytes")

    @classmethod
    def generate(cls, name: str) -> "SignerKey":
        """A fresh key; refuses (NoteError) a name that no note can hold."""
        return cls(name, os.urandom(SEED_SIZE))

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        """The key in `text`; refuses (NoteError) any that `str` would not write."""
        if not text.startswith(SIGNER_PREFIX):
            public = "that may be a verifier key, which is public; " if text.count("+") == 2 else ""
            raise NoteError(f"{public}a signer key begins with {SIGNER_PREFIX}")
        parts = text.removeprefix(SIGNER_PREFIX).split("+", 2)
        try:
            name, _, encoded = parts
            typed = unb64(encoded)
        except (ValueError, EncodingError):
            # Without its cause, which holds part of the key.
            raise NoteError("a signer key is PRIVATE+KEY+name+id+key: part of it is missing or was changed") from None
        if typed[:1] != ED25519_TYPE:
            raise NoteError("not an Ed25519 signer key: no other kind is read here")
        key = cls(name, typed[1:])
        if str(key) != text:
            raise NoteError("the signer key's id does not belong to its name and key: it was changed")
        return key

    @property
    def public(self) -> Ed25519Verifier:
        """The verifier of what this key signs."""
        return Ed25519Verifier(self.name, self._private().public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """A signature line over `text`; refuses (NoteError) a text that no note can hold."""
        return ed25519_line(self._private(), self.name, text)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def __str__(self) -> str:
        identifier = key_id(self.name, ED25519_TYPE + self.public.public).hex()
        return f"{SIGNER_PREFIX}{self.name}+{identifier}+{b64(ED25519_TYPE + self.seed)}"


def parse_verifier(text: str) -> NoteVerifier:
    """The verifier in a verifier key; refuses (NoteError) malformed keys, other types, and keys that bind nobody."""
    if text.startswith(SIGNER_PREFIX):
        raise NoteError("that is a signer key, which is secret: give the verifier key that was made with it")
    name, typed = parse_vkey(text)
    if typed.startswith(ED25519_TYPE):
        public = typed[len(ED25519_TYPE) :]
        if len(public) != ED25519_PUBLIC_SIZE or is_weak_ed25519(public):
            raise NoteError(f"the Ed25519 key of {name} is none that a key generator makes")
        return Ed25519Verifier(name, public)
    if typed.startswith(MLDSA44_TYPE):
        public = typed[len(MLDSA44_TYPE) :]
        if len(public) != MLDSA44_PUBLIC_SIZE:
            raise NoteError(f"the ML-DSA-44 key of {name} has {len(public)} bytes, not {MLDSA44_PUBLIC_SIZE}")
        return MLDSA44Verifier(name, public)
    kind = _TYPES.get(typed[0], "one that is not assigned")
    raise NoteError(f"the key of {name} has signature type 0x{typed[0]:02x}: {kind}")


def write_verifier(verifier: NoteVerifier) -> str:
    """The verifier key of `verifier`."""
    kind = ED25519_TYPE if isinstance(verifier, Ed25519Verifier) else MLDSA44_TYPE
    return write_vkey(verifier.name, kind + verifier.public)


def read_verifiers(raw: bytes) -> Sequence[NoteVerifier]:
    """The verifiers in a file, a key a line; empty lines and those that begin with # say nothing. Raises NoteError."""
    try:
        lines = raw.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise NoteError("not text in UTF-8, so not a file of verifier keys") from error
    found: list[NoteVerifier] = []
    for number, line in enumerate(lines, 1):
        text = line.removesuffix("\r")
        if text and not text.startswith("#"):
            try:
                found.append(parse_verifier(text))
            except NoteError as error:
                raise NoteError(f"line {number}: {error}") from None
    if not 1 <= len(found) <= MOST_VERIFIERS:
        raise NoteError(f"{len(found)} verifier keys in it, where 1 to {MOST_VERIFIERS} are read")
    return found
