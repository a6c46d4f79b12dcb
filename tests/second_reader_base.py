"""What every module of the second reader needs: the failure, base64, ids, fingerprints (README, *Values*, *Ids*)."""

import base64
import hashlib
import re
import unicodedata

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_UNPADDED = re.compile(r"[A-Za-z0-9+/]*")


class Refused(Exception):
    """A reader refuses its input by one of the words of README, *Words for failures*."""

    def __init__(self, word: str, why: str = "") -> None:
        super().__init__(f"{word}: {why}" if why else word)
        self.word = word


def utf8(raw: bytes) -> str:
    """Bytes as text (README, *Conventions*: text is UTF-8)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None


def base64_bytes(text: str, malformed: str = "malformed", loose: str = "not canonical") -> bytes:
    """Padded canonical base64 (README, *Values*)."""
    if not _BASE64.fullmatch(text):
        raise Refused(malformed, "base64")
    raw = base64.b64decode(text)
    if base64.b64encode(raw).decode() != text:
        raise Refused(loose, "base64 with bits that belong to no byte")
    return raw


def unpadded_bytes(text: str) -> bytes:
    """Unpadded canonical base64, as age has it; whatever else is `header failure`."""
    if not _UNPADDED.fullmatch(text) or len(text) % 4 == 1:
        raise Refused("header failure", "base64")
    raw = base64.b64decode(text + "=" * (-len(text) % 4))
    if base64.b64encode(raw).decode().rstrip("=") != text:
        raise Refused("header failure", "base64 not canonical")
    return raw


def base64_text(raw: bytes) -> str:
    """Bytes as padded base64."""
    return base64.b64encode(raw).decode()


def sha256(raw: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(raw).digest()


def sha256_hex(raw: bytes) -> str:
    """SHA-256 in small hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


def pair_id(ed25519: bytes, mldsa44: bytes) -> str:
    """Id of a pair of keys, also the device id (README, *Ids*)."""
    return sha256_hex(ed25519 + mldsa44)


def root_id(ed25519: bytes) -> str:
    """Root id (README, *Ids*)."""
    return "root-" + sha256_hex(ed25519)


def duty_id(ed25519: bytes) -> str:
    """Duty id (README, *Ids*)."""
    return "duty-" + sha256_hex(ed25519)


def recipient_id(recipient: bytes) -> str:
    """Recipient key id (README, *Ids*)."""
    return sha256_hex(recipient)[:16]


def fingerprint(ident: str) -> str:
    """A fingerprint for two people to compare by voice (README, *Ids*)."""
    digest = hashlib.sha512(b"enlace/fingerprint/v1\n" + ident.encode()).digest()
    groups = [int.from_bytes(digest[5 * i : 5 * i + 5], "big") % 100_000 for i in range(12)]
    return " ".join(f"{group:05d}" for group in groups)


def is_key_name(name: str) -> bool:
    """Whether a text is a key name (signed-note, rule 4)."""
    return bool(name) and "+" not in name and all(unicodedata.category(char)[0] not in "CZ" for char in name)


def split_type_line(raw: bytes, type_line: str) -> bytes:
    """What stands behind the type line and its newline (README, signed body, rule 1)."""
    first, newline, rest = raw.partition(b"\n")
    if first != type_line.encode() or not newline:
        raise Refused("wrong type line", repr(first[:60]))
    return rest
