"""Bech32 (BIP 173) without its limit of 90 characters, as age writes keys.

1. A text is a prefix, the character `1` (the last one counts), data in groups of 5 bits, and a checksum of six
   groups.
2. Prefix and data have exactly one spelling: mixed case, bits left over that are not zero, and more than 4 bits left
   over are refused. The case of the text is that of its prefix, so a caller who compares prefixes also fixes the
   case.
3. The checksum catches slips of the pen in texts up to 90 characters. In longer ones it catches fewer: a key that was
   spelled out by hand still needs its fingerprint compared.
"""

from base64 import b32decode, b32encode
from binascii import Error as BinasciiError

from crypto.errors import CryptoError

ALPHABET = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
CHECKSUM_LENGTH = 6

# RFC 4648 base32 makes the same groups of 5 bits under another alphabet, and Python's reader of it is fast.
_RFC4648 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_FROM_RFC4648 = bytes.maketrans(_RFC4648, ALPHABET)
_TO_RFC4648 = bytes.maketrans(ALPHABET, _RFC4648)
_TO_GROUPS = bytes.maketrans(ALPHABET, bytes(range(32)))
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _reductions() -> tuple[int, ...]:
    """What to add for each value of the five bits that leave the remainder (BIP 173, section "Checksum")."""
    table = []
    for top in range(32):
        value = 0
        for bit, constant in enumerate(_GENERATOR):
            if top >> bit & 1:
                value ^= constant
        table.append(value)
    return tuple(table)


_REDUCTIONS = _reductions()


class Bech32Error(CryptoError):
    """A text that is not Bech32, or not the only spelling of its value."""


def encode(prefix: str, data: bytes) -> str:
    """The Bech32 text of `data`, in the case of `prefix`; a prefix of mixed case is a `ValueError`."""
    lower = prefix.lower()
    if prefix not in (lower, prefix.upper()) or not _is_prefix(prefix):
        raise ValueError("a Bech32 prefix is printable ASCII, all in one case")
    body = b32encode(data).rstrip(b"=").translate(_FROM_RFC4648)
    text = f"{lower}1{(body + _checksum(lower, body)).decode('ascii')}"
    return text if prefix == lower else text.upper()


def decode(text: str) -> tuple[str, bytes]:
    """Prefix and data of a Bech32 text; refuses every text that `encode` would not write."""
    # First, because some characters outside ASCII have a small or capital letter inside it (the Kelvin sign: k).
    if not text.isascii():
        raise Bech32Error("a character outside ASCII: copy the text again")
    lower = text.lower()
    if text not in (lower, text.upper()):
        raise Bech32Error("mixed capitals and small letters: copy the text again")
    prefix, separator, tail = lower.rpartition("1")
    if not separator or not _is_prefix(prefix):
        raise Bech32Error("no prefix ending in 1 at the start: part of the text is missing")
    symbols = tail.encode("ascii")
    if symbols.translate(None, ALPHABET):
        raise Bech32Error("a character that Bech32 does not use: copy the text again")
    if len(symbols) < CHECKSUM_LENGTH:
        raise Bech32Error("too short to hold its checksum: part of the text is missing")
    body, checksum = symbols[:-CHECKSUM_LENGTH], symbols[-CHECKSUM_LENGTH:]
    if _checksum(prefix, body) != checksum:
        raise Bech32Error("wrong checksum: a character was changed or lost; copy the text again")
    written = text[: len(prefix)]
    if text != lower and written == prefix:
        raise Bech32Error("capitals after a prefix without letters: write the text in small letters")
    return written, _regroup(body)


def _regroup(body: bytes) -> bytes:
    """Bytes of 5-bit groups; refuses bits left over that are not zero or that make up a whole group."""
    padded = body.translate(_TO_RFC4648)
    try:
        data = b32decode(padded + b"=" * (-len(padded) % 8))
    except BinasciiError as error:
        raise Bech32Error("the data is not a whole number of bytes") from error
    if b32encode(data).rstrip(b"=") != padded:
        raise Bech32Error("the bits left over are not zero: not written by a correct encoder")
    return data


def _is_prefix(prefix: str) -> bool:
    return prefix != "" and all("!" <= character <= "~" for character in prefix)


def _checksum(prefix: str, body: bytes) -> bytes:
    """The six last characters, over a prefix in small letters and the characters between (BIP 173)."""
    name = prefix.encode("ascii")
    groups = bytes([c >> 5 for c in name]) + b"\0" + bytes([c & 31 for c in name])
    groups += body.translate(_TO_GROUPS) + bytes(CHECKSUM_LENGTH)
    remainder = 1
    for group in groups:
        remainder = ((remainder & 0x1FFFFFF) << 5) ^ group ^ _REDUCTIONS[remainder >> 25]
    remainder ^= 1
    return bytes([ALPHABET[remainder >> shift & 31] for shift in (25, 20, 15, 10, 5, 0)])
