"""age's `scrypt` recipient: a file sealed under a passphrase, as key files and recovery files are.

1. Such a file has one stanza (`age_header`, rule 3), so only a holder of the passphrase can have made it.
2. The work factor is the base-2 logarithm of scrypt's N: each step doubles time and memory (128 · 8 · N bytes: 256
   MiB at 18, 1 GiB at 20). A file names its own, so reading refuses one above a cap before computing anything; it
   fails closed. Writing has no hidden minimum: tests need a low one, whoever seals for real takes the default or
   more.
3. A passphrase is bytes; whoever reads it from a keyboard decides on normalisation and encoding, always the same.

Source: c2sp.org/age, section "The scrypt recipient type"; RFC 7914.
"""

import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from crypto.age_errors import BadKey, HeaderFailure
from crypto.age_header import Stanza
from crypto.age_recipients import WRAPPED_SIZE, Company
from crypto.encoding import EncodingError, b64raw, unb64raw

KIND = "scrypt"
SALT_SIZE = 16
WORK_FACTOR = 18
MAX_WORK_FACTOR = 20

_BLOCK_SIZE = 8
_LARGEST_WORK_FACTOR = 24  # 16 GiB: beyond, the setting is a slip
_SALT_PREFIX = b"age-encryption.org/v1/scrypt"
_DECIMAL = re.compile(r"[1-9][0-9]?")
# The wrapping key is new for every salt and seals one file key, so it may use a constant nonce.
_ZERO_NONCE = bytes(12)


class ScryptRecipient:
    """A passphrase to seal under; refuses an empty one, and work factors outside 1 to 24, by `BadKey`."""

    def __init__(self, passphrase: bytes, work_factor: int = WORK_FACTOR) -> None:
        _check(passphrase, work_factor)
        self._passphrase = passphrase
        self.work_factor = work_factor

    @property
    def company(self) -> Company:
        """Always alone."""
        return Company.NOBODY

    def wrap(self, file_key: bytes) -> Stanza:
        """The file key under a fresh salt; takes the time and memory that the work factor asks for."""
        salt = os.urandom(SALT_SIZE)
        key = _wrapping_key(self._passphrase, salt, self.work_factor)
        body = ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None)
        return Stanza(KIND, (b64raw(salt), str(self.work_factor)), body)


class ScryptIdentity:
    """A passphrase to open with; refuses files that ask for more work than `max_work_factor`."""

    def __init__(self, passphrase: bytes, max_work_factor: int = MAX_WORK_FACTOR) -> None:
        _check(passphrase, max_work_factor)
        self._passphrase = passphrase
        self.max_work_factor = max_work_factor

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None; a stanza of this kind that no correct writer makes raises `HeaderFailure`."""
        if stanza.kind != KIND:
            return None
        try:
            salt_text, work_text = stanza.arguments
            salt = unb64raw(salt_text, SALT_SIZE)
        except (ValueError, EncodingError) as error:
            raise HeaderFailure(
                "a scrypt stanza has two arguments, 16 bytes in canonical base64 and a number"
            ) from error
        if not _DECIMAL.fullmatch(work_text):
            raise HeaderFailure("the work factor of a scrypt stanza is a decimal number from 1 to 99")
        work_factor = int(work_text)
        if work_factor > self.max_work_factor:
            raise HeaderFailure(
                f"the file asks for scrypt work factor {work_factor}, where {self.max_work_factor} is allowed: "
                "raise the limit only if you know who made the file"
            )
        # Before decrypting: a longer body could be made to open under many passphrases (a partitioning oracle).
        if len(stanza.body) != WRAPPED_SIZE:
            raise HeaderFailure(f"the body of a scrypt stanza has {WRAPPED_SIZE} bytes")
        key = _wrapping_key(self._passphrase, salt, work_factor)
        try:
            return ChaCha20Poly1305(key).decrypt(_ZERO_NONCE, stanza.body, None)
        except InvalidTag:
            return None


def _check(passphrase: bytes, work_factor: int) -> None:
    if not passphrase:
        raise BadKey("the passphrase is empty")
    if not 1 <= work_factor <= _LARGEST_WORK_FACTOR:
        raise BadKey(f"a scrypt work factor lies between 1 and {_LARGEST_WORK_FACTOR}, not at {work_factor}")


def _wrapping_key(passphrase: bytes, salt: bytes, work_factor: int) -> bytes:
    """Raises MemoryError on a machine that is too small. (`hashlib.scrypt` ends at 2 GiB, below work factor 21.)"""
    return Scrypt(_SALT_PREFIX + salt, 32, 1 << work_factor, _BLOCK_SIZE, 1).derive(passphrase)
