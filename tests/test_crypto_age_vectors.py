"""The public age test vectors (C2SP CCTV): all 143, each with exactly the outcome that it names.

Beyond the outcome: what was released before a failure has the stated hash; a header or a text that was read is written
again byte by byte; bytes, files and files that drip are treated alike.
"""

import zlib
from base64 import b64decode
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

import pytest
from age_files import Drip
from other_hands import run_node

from crypto.age import (
    AgeError,
    ArmorFailure,
    HeaderFailure,
    HMACFailure,
    Identity,
    NoMatch,
    PayloadFailure,
    Readable,
    decrypt,
    decrypt_stream,
)
from crypto.age_armor import ArmorReader, armor, dearmor
from crypto.age_header import read_header, write_header
from crypto.age_pq import PQIdentity
from crypto.age_scrypt import ScryptIdentity
from crypto.age_source import Source
from crypto.age_x25519 import X25519Identity

pytestmark = pytest.mark.full

OUTCOMES: dict[str, tuple[type[AgeError] | None, int]] = {
    "success": (None, 26),
    "no match": (NoMatch, 13),
    "HMAC failure": (HMACFailure, 1),
    "header failure": (HeaderFailure, 62),
    "armor failure": (ArmorFailure, 22),
    "payload failure": (PayloadFailure, 19),
}
# Of each kind, how many end in which way.
KINDS: dict[tuple[str, str], int] = {
    ("text", "success"): 7,
    ("text", "no match"): 1,
    ("text", "header failure"): 2,
    ("text", "armor failure"): 22,
    ("text", "payload failure"): 1,
    ("post-quantum", "success"): 4,
    ("post-quantum", "no match"): 5,
    ("post-quantum", "header failure"): 9,
    ("X25519", "success"): 14,
    ("X25519", "no match"): 3,
    ("X25519", "HMAC failure"): 1,
    ("X25519", "header failure"): 30,
    ("X25519", "payload failure"): 18,
    ("passphrase", "success"): 1,
    ("passphrase", "no match"): 4,
    ("passphrase", "header failure"): 20,
    ("no key", "header failure"): 1,
}
KNOWN_KEYS = {"expect", "payload", "identity", "passphrase", "armored", "file key", "compressed", "comment"}


@dataclass(frozen=True)
class Vector:
    """One vector: what it says about itself, and the file."""

    name: str
    says: dict[str, list[str]]
    file: bytes

    @property
    def expect(self) -> str:
        return self.says["expect"][0]

    @property
    def armored(self) -> bool:
        return "armored" in self.says

    @property
    def kind(self) -> str:
        if self.armored:
            return "text"
        if "passphrase" in self.says:
            return "passphrase"
        keys = self.says.get("identity", [])
        post_quantum = any(text.startswith("AGE-SECRET-KEY-PQ-1") for text in keys)
        return "post-quantum" if post_quantum else "X25519" if keys else "no key"

    def identities(self) -> list[Identity]:
        keys: list[Identity] = [
            PQIdentity.parse(text) if text.startswith("AGE-SECRET-KEY-PQ-1") else X25519Identity.parse(text)
            for text in self.says.get("identity", [])
        ]
        return keys + [ScryptIdentity(text.encode()) for text in self.says.get("passphrase", [])]


def parsed(name: str, data: bytes) -> Vector:
    head, _, file = data.partition(b"\n\n")
    says: dict[str, list[str]] = {}
    for line in head.decode("utf-8").split("\n"):
        key, _, value = line.partition(": ")
        says.setdefault(key, []).append(value)
    assert says.keys() <= KNOWN_KEYS, name
    return Vector(name, says, zlib.decompress(file) if says.get("compressed") == ["zlib"] else file)


@pytest.fixture(scope="module")
def vectors() -> list[Vector]:
    return [parsed(name, b64decode(text)) for name, text in sorted(run_node("age-vectors.mjs").items())]


def opened(vector: Vector, src: Readable) -> tuple[type[AgeError] | None, bytes]:
    """How reading ends, and what was released by then."""
    out = BytesIO()
    try:
        decrypt_stream(ArmorReader(src) if vector.armored else src, out, vector.identities())
    except AgeError as failure:
        return type(failure), out.getvalue()
    return None, out.getvalue()


def test_there_are_as_many_as_expected(vectors: list[Vector]) -> None:
    assert Counter(vector.expect for vector in vectors) == {name: count for name, (_, count) in OUTCOMES.items()}
    assert Counter((vector.kind, vector.expect) for vector in vectors) == KINDS
    assert len(vectors) == sum(KINDS.values()) == 143


@pytest.mark.parametrize("expect", OUTCOMES)
def test_every_vector_ends_as_it_says(vectors: list[Vector], expect: str) -> None:
    wrong = []
    for vector in (vector for vector in vectors if vector.expect == expect):
        for src in (BytesIO(vector.file), Drip(vector.file, 40_000)):
            outcome, released = opened(vector, src)
            if outcome is not OUTCOMES[expect][0]:
                wrong.append(f"{vector.name}: {outcome}")
            if sha256(released).hexdigest() != vector.says.get("payload", [sha256(b"").hexdigest()])[0]:
                wrong.append(f"{vector.name}: other bytes were released")
    assert wrong == []


@pytest.mark.parametrize("expect", OUTCOMES)
def test_bytes_are_treated_as_files_are(vectors: list[Vector], expect: str) -> None:
    for vector in (vector for vector in vectors if vector.expect == expect):
        failure = OUTCOMES[expect][0]
        if failure is None:
            data = dearmor(vector.file) if vector.armored else vector.file
            assert sha256(decrypt(data, vector.identities())).hexdigest() == vector.says["payload"][0], vector.name
        else:
            with pytest.raises(failure):
                decrypt(dearmor(vector.file) if vector.armored else vector.file, vector.identities())


def test_headers_that_are_read_are_written_alike(vectors: list[Vector]) -> None:
    count = 0
    for vector in vectors:
        if vector.expect not in ("success", "no match", "payload failure"):
            continue
        data = dearmor(vector.file) if vector.armored else vector.file
        written = write_header(bytes.fromhex(vector.says["file key"][0]), list(read_header(Source(None, data))))
        assert data.startswith(written), vector.name
        count += 1
    assert count == 26 + 13 + 19


def test_texts_that_are_read_are_written_alike(vectors: list[Vector]) -> None:
    texts = [vector.file for vector in vectors if vector.armored and vector.expect != "armor failure"]
    for text in texts:
        assert armor(dearmor(text)) == text.replace(b"\r\n", b"\n").strip() + b"\n"
    assert len(texts) == 11
