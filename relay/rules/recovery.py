"""Recovery codes: ten, each good for one log-in, for the night on which the authenticator is lost.

1. A code is 16 letters and digits of base32 (80 bits), shown in groups of four, read whatever its case and spacing.
2. The relay holds HMAC-SHA-256 of a code under a key that is not in the database, over the device and the code: a
   stolen database gives no code away, and none can be moved to another device.
3. A code is deleted in the same transaction that opens the session, or begins the renewal, it pays for.
4. A device has one set: ten new ones take the place of all that are left.
"""

import hmac
from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256

from relay.protocol.problems import Refusal

COUNT = 10
CODE_BYTES = 10
_LENGTH = 16
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def recovery_codes(randomness: bytes) -> tuple[str, ...]:
    """Ten codes from 100 fresh random bytes; refuses (ValueError) any other amount."""
    if len(randomness) != COUNT * CODE_BYTES:
        raise ValueError(f"{COUNT} recovery codes take {COUNT * CODE_BYTES} random bytes")
    parts = (randomness[at : at + CODE_BYTES] for at in range(0, len(randomness), CODE_BYTES))
    return tuple(_grouped(b32encode(each).decode("ascii")) for each in parts)


def recovery_hash(key: bytes, device: str, code: str) -> bytes:
    """What is stored of a device's code; refuses `code-wrong` for a text that cannot be one."""
    plain = code.replace("-", "").replace(" ", "").upper()
    if len(plain) != _LENGTH or not _ALPHABET.issuperset(plain):
        raise Refusal("code-wrong", "a recovery code has 16 letters and digits (2 to 7)")
    return hmac.new(key, f"{device}\n{plain}".encode("ascii"), sha256).digest()


def recovery_hashes(key: bytes, device: str, codes: Sequence[str]) -> list[bytes]:
    """What is stored of a device's codes."""
    return [recovery_hash(key, device, each) for each in codes]


def _grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, _LENGTH, 4))
