"""What is random by nature is kept from the checked-in vectors as long as it is still right.

1. An ML-DSA-44 signature is made with fresh randomness. One over the same text by the same key that stands in any
   checked-in file, and verifies, is taken again.
2. An age file is random too. That of the case of the same name is taken again if it still opens to the same content.
So a second run writes the same bytes, and a changed content makes new ones.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from vectors_case import FOLDER, Vectors

from crypto.encoding import b64, unb64
from crypto.note import DASH, MLDSA44Verifier, Signature, SignatureError, mldsa44_key
from crypto.signing import SecretPair, ed25519_line

_LINE = re.compile(f"{DASH} ([^ \n]+) ([A-Za-z0-9+/]+=*)(?:\n|\\\\n|$)")
_MLDSA44_SIZE = 2420


class Pool:
    """Signatures of 2,420 bytes that stood in the checked-in files or were made in this run."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, bytes], dict[bytes, None]] = {}  # each once, in order: every one is tried
        for path in sorted(FOLDER.glob("*.json")):
            for text in _texts(json.loads(path.read_text("utf-8"))):
                for name, blob in _LINE.findall(text):
                    with suppress(Exception):
                        raw = unb64(blob)
                        self.add(name, raw[:4], raw[4:])

    def add(self, name: str, key_id: bytes, blob: bytes) -> None:
        """Remember a signature line."""
        if len(blob) in (_MLDSA44_SIZE, _MLDSA44_SIZE + 8):
            self.lines.setdefault((name, key_id), {})[blob] = None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if isinstance(binary := value.get("base64"), str):  # a part that is no text may hold signed text all the same
            yield b64decode(binary).decode("utf-8", "replace")
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


POOL = Pool()


class KeptPair(SecretPair):
    """A signing pair whose ML-DSA-44 signatures are those of the last run."""

    @cached_property
    def mldsa44(self) -> MLDSA44PrivateKey:
        """The ML-DSA-44 private key, for signatures that no writer of ours makes."""
        return MLDSA44PrivateKey.from_seed_bytes(self.mldsa44_seed)

    def sign_text(self, name: str, text: str) -> tuple[Signature, Signature]:
        """Both signature lines."""
        verifier = MLDSA44Verifier(name, self.public.mldsa44)
        for blob in POOL.lines.get((name, verifier.key_id), ()):
            with suppress(SignatureError):
                verifier.check(text.encode(), blob)
                return ed25519_line(self.ed25519, name, text), Signature(name, verifier.key_id, blob)
        lines = super().sign_text(name, text)
        POOL.add(name, lines[1].key_id, lines[1].blob)
        return lines

    def sign_raw_mldsa44(self, message: bytes) -> bytes:
        """A bare signature, as cosignatures have it."""
        for blobs in POOL.lines.values():
            for blob in blobs:
                with suppress(InvalidSignature):
                    mldsa44_key(self.public.mldsa44).verify(blob[-_MLDSA44_SIZE:], message)
                    return blob[-_MLDSA44_SIZE:]
        made = super().sign_raw_mldsa44(message)
        POOL.add("", b"", made)
        return made


def kept(file: str, case: str, key: str, is_right: Callable[[bytes], bool], make: Callable[[], bytes]) -> bytes:
    """The bytes of that name in the checked-in vectors if they are right, else new ones."""
    path = FOLDER / f"{file}.json"
    if path.exists():
        vectors = Vectors(path)
        if any(each["name"] == case and key in each["in"] for each in vectors.cases):
            old = vectors.inputs(case)[key]
            with suppress(Exception):
                if is_right(old):
                    return bytes(old)
    return make()


def b64_of(raw: bytes) -> str:
    """Base64, as vectors show keys and hashes that are not hexadecimal."""
    return b64(raw)
