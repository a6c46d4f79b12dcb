"""Signed notes, verifier keys, both signatures of one signer (signed-note.md)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from second_reader_base import Refused, base64_bytes, base64_text, is_key_name, sha256, utf8

NOTE_LIMIT = 1_048_576
LINE_COUNT = 32
ED25519 = b"\x01"
MLDSA44 = b"\xffenlace signed note, ML-DSA-44 (FIPS 204, pure, empty context) over the note text, v1"
COSIGNATURE = b"\x06"
_P = 2**255 - 19
_E = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = {0, 1, _P - 1, _E, _P - _E}


@dataclass(frozen=True)
class Line:
    """A signature line."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A signed note: its text, as bytes, and its lines."""

    text: bytes
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Key:
    """A known key: the name it signs under, the bytes of its type, the public key."""

    name: str
    type: bytes
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Rule 7."""
        return sha256(self.name.encode() + b"\n" + self.type + self.public)[:4]

    @property
    def vkey(self) -> str:
        """Rule 15, the other way round."""
        return f"{self.name}+{self.key_id.hex()}+{base64_text(self.type + self.public)}"

    def owns(self, line: Line) -> bool:
        """Name and id together choose the key of a line (rule 7)."""
        return self.name == line.name and self.key_id == line.key_id

    def verify(self, signature: bytes, message: bytes) -> None:
        """Rules 8, 10, 11: `weak key` or `bad signature`."""
        try:
            if self.type == ED25519:
                check_strong(self.public)
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
            else:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise Refused("bad signature", self.name) from None


def check_strong(public: bytes) -> None:
    """Rule 10: an Ed25519 key that no generator makes is `weak key`."""
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER:
        raise Refused("weak key")


def read_line(line: str) -> Line:
    """Rules 3 and 4: one signature line, without its newline."""
    if not line.startswith("\u2014 "):
        raise Refused("malformed", "no em dash and space")
    name, space, blob = line[2:].partition(" ")
    if not space or not is_key_name(name):
        raise Refused("malformed", "key name")
    raw = base64_bytes(blob)
    if len(raw) < 5:
        raise Refused("malformed", "less than five bytes")
    return Line(name, raw[:4], raw[4:])


def read_note(raw: bytes, limit: int = NOTE_LIMIT, most_lines: int = LINE_COUNT) -> Note:
    """Rules 1 to 6, in the order that the page gives: size, UTF-8, blank line and characters, number, lines."""
    if len(raw) > limit:
        raise Refused("too large", "note")
    utf8(raw)
    cut = raw.rfind(b"\n\n")
    if cut < 0:
        raise Refused("malformed", "no blank line")
    text, block = raw[: cut + 1], raw[cut + 2 :]
    if any(byte < 0x20 and byte != 0x0A for byte in text):
        raise Refused("malformed", "control character")
    if not block.endswith(b"\n"):
        raise Refused("malformed", "last line without newline, or no line")
    lines = block[:-1].decode().split("\n")
    if len(lines) > most_lines:
        raise Refused("out of range", f"{len(lines)} lines")
    return Note(text, tuple(read_line(line) for line in lines))


def verify_known(note: Note, keys: Iterable[Key]) -> list[Key]:
    """Rules 7 to 9: lines by known keys verify and stand once; others are ignored. The signers, in order of lines."""
    known = list(dict.fromkeys(keys))
    if len({(key.name, key.key_id) for key in known}) != len(known):
        raise Refused("repeated", "two keys of one name and id")
    signers: list[Key] = []
    for line in note.lines:
        for key in known:
            if key.owns(line):
                if key in signers:
                    raise Refused("signature repeated", key.name)
                key.verify(line.signature, note.text)
                signers.append(key)
    return signers


def verify_both(note: Note, name: str, ed25519: bytes, mldsa44: bytes) -> None:
    """Rules 12 to 14: exactly two lines, of one signer, Ed25519 first."""
    pair = [Key(name, ED25519, ed25519), Key(name, MLDSA44, mldsa44)]
    signers = verify_known(note, pair)
    if len(signers) < 2:
        raise Refused("signature missing", name)
    if len(note.lines) > 2:
        raise Refused("extra signature")
    if signers != pair:
        raise Refused("wrong order", "ML-DSA-44 first")


def read_vkey(vkey: str) -> Key:
    """Rule 15: a key as text."""
    parts = vkey.split("+", 2)
    if len(parts) < 3 or not is_key_name(parts[0]):
        raise Refused("malformed", "vkey")
    name, digits, blob = parts
    raw = base64_bytes(blob)
    if not re.fullmatch("(?:[0-9a-fA-F]{2})*", digits):
        raise Refused("malformed", "key id")
    if digits != digits.lower():
        raise Refused("not canonical", "key id")
    if len(digits) != 8:
        raise Refused("out of range", "key id")
    width = len(MLDSA44) if raw.startswith(MLDSA44) else 1
    key = Key(name, raw[:width], raw[width:])
    if not key.public or key.key_id.hex() != digits:
        raise Refused("wrong key id")
    return key
