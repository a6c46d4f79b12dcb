"""age's `X25519` recipients, which are not post-quantum: to read and write files of other people's making.

Enlace seals with `age_pq`. Source: c2sp.org/age, section "The X25519 recipient type".
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto import bech32
from crypto.age_errors import BadKey, HeaderFailure
from crypto.age_header import Stanza
from crypto.age_recipients import WRAPPED_SIZE, Company, decode_key
from crypto.curve25519 import KEY_SIZE, is_low_order
from crypto.encoding import EncodingError, b64raw, unb64raw

KIND = "X25519"
RECIPIENT_PREFIX = "age"
IDENTITY_PREFIX = "AGE-SECRET-KEY-"
SHARE_SIZE = KEY_SIZE

_INFO = b"age-encryption.org/v1/X25519"
# The wrapping key is new for every stanza and seals one file key, so it may use a constant nonce.
_ZERO_NONCE = bytes(12)


class X25519Recipient:
    """A public key of 32 bytes; refuses other lengths and points of low order by `BadKey`."""

    __slots__ = ("_key", "raw")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_SIZE or is_low_order(raw):
            raise BadKey("not an X25519 recipient: 32 bytes, and not a point of low order")
        self.raw = raw
        self._key = X25519PublicKey.from_public_bytes(raw)

    @classmethod
    def parse(cls, text: str) -> "X25519Recipient":
        """The recipient spelled `age1…`, in small letters; refuses any other text by `BadKey`."""
        return cls(decode_key(text, RECIPIENT_PREFIX, "an X25519 recipient"))

    @property
    def company(self) -> Company:
        """Never beside a post-quantum recipient."""
        return Company.CLASSICAL

    def wrap(self, file_key: bytes) -> Stanza:
        """The file key under a secret shared with a fresh key pair."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        key = _wrapping_key(ephemeral.exchange(self._key), share, self.raw)
        return Stanza(KIND, (b64raw(share),), ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None))

    def __str__(self) -> str:
        return bech32.encode(RECIPIENT_PREFIX, self.raw)

    def __repr__(self) -> str:
        return f"X25519Recipient.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, X25519Recipient) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash((KIND, self.raw))


class X25519Identity:
    """A secret key of 32 bytes; `str` spells it out, `repr` does not."""

    __slots__ = ("_key", "_public", "secret")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_SIZE:
            raise BadKey("an X25519 identity has 32 bytes")
        self.secret = secret
        self._key = X25519PrivateKey.from_private_bytes(secret)
        self._public = self._key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> "X25519Identity":
        """A fresh identity."""
        return cls(os.urandom(KEY_SIZE))

    @classmethod
    def parse(cls, text: str) -> "X25519Identity":
        """The identity spelled `AGE-SECRET-KEY-1…`, in capitals; refuses any other text by `BadKey`."""
        return cls(decode_key(text, IDENTITY_PREFIX, "an X25519 identity"))

    def recipient(self) -> X25519Recipient:
        """The public half."""
        return X25519Recipient(self._public)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None; a stanza of this kind that no correct writer makes raises `HeaderFailure`."""
        if stanza.kind != KIND:
            return None
        try:
            (text,) = stanza.arguments
            share = unb64raw(text, SHARE_SIZE)
        except (ValueError, EncodingError) as error:
            raise HeaderFailure("an X25519 stanza has one argument, 32 bytes in canonical base64") from error
        # Before decrypting: a longer body could be made to open under many keys (a partitioning oracle).
        if len(stanza.body) != WRAPPED_SIZE:
            raise HeaderFailure(f"the body of an X25519 stanza has {WRAPPED_SIZE} bytes")
        if is_low_order(share):
            raise HeaderFailure("the share of an X25519 stanza is a point of low order")
        key = _wrapping_key(self._key.exchange(X25519PublicKey.from_public_bytes(share)), share, self._public)
        try:
            return ChaCha20Poly1305(key).decrypt(_ZERO_NONCE, stanza.body, None)
        except InvalidTag:
            return None

    def __str__(self) -> str:
        return bech32.encode(IDENTITY_PREFIX, self.secret)

    def __repr__(self) -> str:
        return f"<X25519Identity of {self.recipient()}>"


def _wrapping_key(shared: bytes, share: bytes, recipient: bytes) -> bytes:
    return HKDF(SHA256(), 32, share + recipient, _INFO).derive(shared)
