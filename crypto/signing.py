"""Signing keys: an Ed25519 and an ML-DSA-44 key that belong together, and the one check that both signed.

1. What must still convince a court in twenty years counts only if **both** signatures, of the same pair and under
   the same name, verify. `require_both` is the only place that says so: `check_both` asks it for notes, and
   `crypto.checkpoint` for checkpoints, whose second line signs a message of its own.
2. A pair's id is the SHA-256 of both public keys, so neither half can be exchanged.
3. Statements carry the Ed25519 line alone; inclusion under a checkpoint signed by both keys is their lasting proof.

Sizes in bytes: Ed25519 seed 32, public 32, signature 64 (RFC 8032); ML-DSA-44 seed 32, public 1312, signature
2420 (FIPS 204).
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from crypto.note import (
    ED25519_TYPE,
    MLDSA44_TYPE,
    Ed25519Verifier,
    MLDSA44Verifier,
    Note,
    Signature,
    SignatureError,
    Verifier,
    check_name,
    check_text,
    key_id,
    verified,
)

SEED_SIZE = 32
ED25519_PUBLIC_SIZE = 32
MLDSA44_PUBLIC_SIZE = 1312


@dataclass(frozen=True, slots=True)
class PublicPair:
    """The public halves of a pair; refuses keys of the wrong length by ValueError."""

    ed25519: bytes
    mldsa44: bytes

    def __post_init__(self) -> None:
        if len(self.ed25519) != ED25519_PUBLIC_SIZE or len(self.mldsa44) != MLDSA44_PUBLIC_SIZE:
            raise ValueError("an Ed25519 public key has 32 bytes, an ML-DSA-44 one 1312")

    @property
    def id(self) -> str:
        """SHA-256 of both public keys, in hexadecimal."""
        return sha256(self.ed25519 + self.mldsa44).hexdigest()


@dataclass(frozen=True)
class SecretPair:
    """The secret halves of a pair, as seeds; never shown by repr."""

    ed25519_seed: bytes = field(repr=False)
    mldsa44_seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.ed25519_seed) != SEED_SIZE or len(self.mldsa44_seed) != SEED_SIZE:
            raise ValueError("a signing seed has 32 bytes")

    @classmethod
    def generate(cls) -> "SecretPair":
        """A fresh pair from the operating system's randomness."""
        return cls(os.urandom(SEED_SIZE), os.urandom(SEED_SIZE))

    @cached_property
    def ed25519(self) -> Ed25519PrivateKey:
        """The Ed25519 private key (also the key that proves a session, RFC 9449)."""
        return Ed25519PrivateKey.from_private_bytes(self.ed25519_seed)

    @cached_property
    def _mldsa44(self) -> MLDSA44PrivateKey:
        return MLDSA44PrivateKey.from_seed_bytes(self.mldsa44_seed)

    @cached_property
    def public(self) -> PublicPair:
        """The public halves."""
        return PublicPair(self.ed25519.public_key().public_bytes_raw(), self._mldsa44.public_key().public_bytes_raw())

    def sign_text(self, name: str, text: str) -> tuple[Signature, Signature]:
        """Both signature lines over `text` under `name`; refuses a text or name that no note can hold."""
        ed25519 = ed25519_line(self.ed25519, name, text)
        identifier = key_id(name, MLDSA44_TYPE + self.public.mldsa44)
        return ed25519, Signature(name, identifier, self._mldsa44.sign(text.encode()))

    def sign_raw_mldsa44(self, message: bytes) -> bytes:
        """A bare ML-DSA-44 signature (empty context), for formats that frame their own message."""
        return self._mldsa44.sign(message)


def ed25519_line(key: Ed25519PrivateKey, name: str, text: str) -> Signature:
    """One Ed25519 signature line over `text` under `name`."""
    check_text(text)
    check_name(name)
    identifier = key_id(name, ED25519_TYPE + key.public_key().public_bytes_raw())
    return Signature(name, identifier, key.sign(text.encode()))


def sign_both(pair: SecretPair, name: str, text: str) -> bytes:
    """A note over `text` with both lines of `pair`, ready to send."""
    return Note(text, pair.sign_text(name, text)).write()


def require_both(note: Note, ed25519: Verifier, mldsa44: Verifier, whose: str) -> tuple[Verifier, ...]:
    """Those two, in line order, if both signed `note`; refuses (SignatureError) a missing, repeated or wrong line."""
    found = verified(note, (ed25519, mldsa44))
    for verifier, kind in ((ed25519, "Ed25519"), (mldsa44, "ML-DSA-44")):
        if verifier not in found:
            raise SignatureError(f"the {kind} signature of {whose} is missing")
    return found


def check_both(note: Note, name: str, public: PublicPair) -> None:
    """Return if both keys of `public` signed `note` under `name` and nobody else did.

    Refuses (SignatureError) a missing, repeated or wrong line of either key, any further line (what carries both
    signatures has one signer, and a line that nobody checks has no place in it), and the ML-DSA-44 line first: a
    bystander who swaps the lines would else make a second spelling of what was signed.
    """
    verifiers = (Ed25519Verifier(name, public.ed25519), MLDSA44Verifier(name, public.mldsa44))
    found = require_both(note, *verifiers, name)
    if len(note.signatures) != len(verifiers):
        raise SignatureError(f"signature lines beside the two of {name}")
    if found != verifiers:
        raise SignatureError(f"the signature lines of {name} stand in another order than Ed25519, ML-DSA-44")


def signers_ed25519(note: Note, verifiers: Iterable[Ed25519Verifier]) -> tuple[Ed25519Verifier, ...]:
    """Who signed a statement: every line must be a good one of `verifiers`; refuses lines nobody can check."""
    found = verified(note, verifiers)
    if len(found) != len(note.signatures):
        known = {each.name for each in found}
        strange = next((name for name in note.names() if name not in known), "a known signer's other key")
        raise SignatureError(f"signature line that cannot be checked: {strange}")
    return tuple(each for each in found if isinstance(each, Ed25519Verifier))
