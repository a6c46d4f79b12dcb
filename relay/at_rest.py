"""Encryption at rest: what a copied database file alone must not give away.

1. The key stands in a file outside the databases (`rest.key`). Secrets for one-time codes, the key that recovery codes
   are hashed under, and directory bodies are sealed with it (`relay.store.sqlite_sealed` lists them all). It is renewed
   by `relay.rest_key`.
2. AES-256-GCM, a random 96-bit nonce, and the row's identity (table and key) as associated data, so no sealed value can
   be moved to another row. A relay seals far fewer than the 2^32 values for which random nonces are safe.
3. This protects backups and stolen disks, not against whoever runs the relay: that is what the desks' keys are for.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_SIZE: Final = 32
_NONCE = 12
_VERSION = b"\x01"


class AtRestError(Exception):
    """A stored value that this key does not open: another key file, another row, or a damaged database."""


class AtRest:
    """Seals and opens values under the key at rest; refuses (ValueError) a key of another size."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"the key at rest has {KEY_SIZE} bytes")
        self._key = key
        self._cipher = AESGCM(self.derived(b"enlace/at-rest/v1"))

    def derived(self, purpose: bytes) -> bytes:
        """A key of 32 bytes for another purpose (HKDF-SHA256)."""
        return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=purpose).derive(self._key)

    def seal(self, row: str, value: bytes) -> bytes:
        """`value` sealed for one row."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, value, row.encode())

    def open(self, row: str, sealed: bytes) -> bytes:
        """The value sealed for `row`; raises AtRestError."""
        if not sealed.startswith(_VERSION) or len(sealed) < 1 + _NONCE:
            raise AtRestError("a stored value is not one that this version sealed")
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], row.encode())
        except InvalidTag as error:
            raise AtRestError(
                "a stored value does not open: another key file sealed it, or the database is damaged"
            ) from error
