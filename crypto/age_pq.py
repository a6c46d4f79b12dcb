"""age's post-quantum recipients, `mlkem768x25519`: what Enlace seals everything to.

1. A recipient is an ML-KEM-768 key (1184 bytes) and an X25519 key (32 bytes), joined as X-Wing: the file key stays
   secret unless both are broken. Both halves are checked when the recipient is made, not when a message must go out.
2. An identity is a seed of 32 bytes, and nothing else is ever stored: SHAKE-256 stretches it to both private keys.
3. Wrapping is one HPKE single-shot seal in base mode. It says nothing about who sealed: signatures do that.
4. Nothing decrypts a body that is not exactly a wrapped file key.

Source: c2sp.org/age, section "The MLKEM768-X25519 hybrid post-quantum recipient type"; RFC 9180 section 6.1.
"""

import os
from functools import cached_property
from hashlib import shake_256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from crypto import bech32
from crypto.age_errors import BadKey, HeaderFailure
from crypto.age_header import Stanza
from crypto.age_recipients import WRAPPED_SIZE, Company, decode_key
from crypto.curve25519 import is_low_order
from crypto.encoding import EncodingError, b64raw, unb64raw

KIND = "mlkem768x25519"
RECIPIENT_PREFIX = "age1pq"
IDENTITY_PREFIX = "AGE-SECRET-KEY-PQ-"
SEED_SIZE = 32
RECIPIENT_SIZE = 1184 + 32
ENCAPSULATED_SIZE = 1088 + 32

_MLKEM_PUBLIC_SIZE = 1184
_MLKEM_CIPHERTEXT_SIZE = 1088
_MLKEM_SEED_SIZE = 64
_INFO = b"age-encryption.org/mlkem768x25519"
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class PQRecipient:
    """A public key of 1216 bytes; refuses by `BadKey` what could not be sealed to."""

    __slots__ = ("_key", "raw")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != RECIPIENT_SIZE:
            raise BadKey(f"a post-quantum recipient has {RECIPIENT_SIZE} bytes, not {len(raw)}")
        mlkem, x25519 = raw[:_MLKEM_PUBLIC_SIZE], raw[_MLKEM_PUBLIC_SIZE:]
        if is_low_order(x25519):
            raise BadKey("not a post-quantum recipient: its X25519 half is a point of low order")
        try:
            mlkem_key = MLKEM768PublicKey.from_public_bytes(mlkem)
        except ValueError as error:
            raise BadKey("not a post-quantum recipient: its ML-KEM-768 half fails FIPS 203's check") from error
        self.raw = raw
        self._key = MLKEM768X25519PublicKey(mlkem_key, X25519PublicKey.from_public_bytes(x25519))

    @classmethod
    def parse(cls, text: str) -> "PQRecipient":
        """The recipient spelled `age1pq1…`, in small letters; refuses any other text by `BadKey`."""
        return cls(decode_key(text, RECIPIENT_PREFIX, "a post-quantum recipient"))

    @property
    def company(self) -> Company:
        """Only beside its like."""
        return Company.POST_QUANTUM

    def wrap(self, file_key: bytes) -> Stanza:
        """The file key sealed by HPKE; the encapsulated key is the argument, the ciphertext the body."""
        sealed = _SUITE.encrypt(file_key, self._key, _INFO)
        return Stanza(KIND, (b64raw(sealed[:ENCAPSULATED_SIZE]),), sealed[ENCAPSULATED_SIZE:])

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, self.raw)

    def __repr__(self) -> str:
        return f"<PQRecipient {str(self)[:24]}…>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PQRecipient) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash((KIND, self.raw))


class PQIdentity:
    """A secret seed of 32 bytes; `str` spells it out, `repr` does not."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_SIZE:
            raise BadKey(f"a post-quantum identity has {SEED_SIZE} bytes, not {len(seed)}")
        stretched = shake_256(seed).digest(_MLKEM_SEED_SIZE + 32)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(stretched[:_MLKEM_SEED_SIZE])
        x25519 = X25519PrivateKey.from_private_bytes(stretched[_MLKEM_SEED_SIZE:])
        self.seed = seed
        self._key = MLKEM768X25519PrivateKey(mlkem, x25519)
        self._halves = mlkem, x25519

    @classmethod
    def generate(cls) -> "PQIdentity":
        """A fresh identity."""
        return cls(os.urandom(SEED_SIZE))

    @classmethod
    def parse(cls, text: str) -> "PQIdentity":
        """The identity spelled `AGE-SECRET-KEY-PQ-1…`, in capitals; refuses any other text by `BadKey`."""
        return cls(decode_key(text, IDENTITY_PREFIX, "a post-quantum identity"))

    def recipient(self) -> PQRecipient:
        """The public half."""
        return self._recipient

    @cached_property
    def _recipient(self) -> PQRecipient:
        mlkem, x25519 = self._halves
        return PQRecipient(mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None; a stanza of this kind that no correct writer makes raises `HeaderFailure`."""
        if stanza.kind != KIND:
            return None
        try:
            (text,) = stanza.arguments
            encapsulated = unb64raw(text, ENCAPSULATED_SIZE)
        except (ValueError, EncodingError) as error:
            raise HeaderFailure(
                f"an {KIND} stanza has one argument, {ENCAPSULATED_SIZE} bytes in canonical base64"
            ) from error
        # Before decrypting: a longer body could be made to open under many keys (a partitioning oracle).
        if len(stanza.body) != WRAPPED_SIZE:
            raise HeaderFailure(f"the body of an {KIND} stanza has {WRAPPED_SIZE} bytes")
        # HPKE fails on these too, but as if the stanza were for somebody else.
        if is_low_order(encapsulated[_MLKEM_CIPHERTEXT_SIZE:]):
            raise HeaderFailure(f"the X25519 share of an {KIND} stanza is a point of low order")
        try:
            return _SUITE.decrypt(encapsulated + stanza.body, self._key, _INFO)
        except InvalidTag:
            return None

    def __str__(self) -> str:
        return bech32.encode(IDENTITY_PREFIX, self.seed)

    def __repr__(self) -> str:
        return f"<PQIdentity of {self._recipient!r}>"
