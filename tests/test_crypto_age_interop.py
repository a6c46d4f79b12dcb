"""age files to and from other hands: npm `age-encryption` (all kinds), PyPI `pyrage` (X25519, passphrases)."""

from base64 import b64decode, b64encode
from typing import Any

import pytest
from other_hands import run_node

from crypto.age import Identity, NoMatch, Recipient, decrypt, decrypt_at, encrypt
from crypto.age_armor import armor, dearmor
from crypto.age_pq import PQIdentity, PQRecipient
from crypto.age_scrypt import ScryptIdentity, ScryptRecipient
from crypto.age_x25519 import X25519Identity, X25519Recipient

pytestmark = pytest.mark.full

SIZES = [0, 1, 16384, 65535, 65536, 65537, 131072, 200_000]
IDENTITIES = [PQIdentity(bytes([n]) * 32) for n in range(3)]
CLASSICAL = X25519Identity(b"x" * 32)
PASSPHRASE = "doce palabras y una más"


def plain(size: int) -> bytes:
    return bytes(range(256)) * (size // 256) + bytes(size % 256)


def text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def answers(jobs: list[dict[str, Any]]) -> list[dict[str, str]]:
    results: list[dict[str, str]] = run_node("age-jobs.mjs", jobs)
    assert len(results) == len(jobs)
    return results


KINDS: dict[str, tuple[list[Recipient], list[list[Identity]], dict[str, Any], list[dict[str, Any]]]] = {
    # For each kind: our recipients, our ways to open, and the same two as jobs for the other side.
    "post-quantum": (
        [identity.recipient() for identity in IDENTITIES],
        [[identity] for identity in IDENTITIES],
        {"recipients": [str(identity.recipient()) for identity in IDENTITIES]},
        [{"identities": [str(identity)]} for identity in IDENTITIES],
    ),
    "X25519": (
        [CLASSICAL.recipient()],
        [[CLASSICAL]],
        {"recipients": [str(CLASSICAL.recipient())]},
        [{"identities": [str(CLASSICAL)]}],
    ),
    "passphrase": (
        [ScryptRecipient(PASSPHRASE.encode(), 10)],
        [[ScryptIdentity(PASSPHRASE.encode())]],
        {"passphrase": PASSPHRASE},
        [{"passphrase": PASSPHRASE}],
    ),
}


@pytest.mark.parametrize("armored", [False, True], ids=["binary", "text"])
@pytest.mark.parametrize("kind", KINDS)
def test_node_opens_what_we_seal(kind: str, armored: bool) -> None:
    recipients, _, _, keys = KINDS[kind]
    files = [encrypt(plain(size), recipients) for size in SIZES]
    jobs = [
        {"open": text(armor(file) if armored else file), "armored": armored, **key} for file in files for key in keys
    ]
    expected = [{"data": text(plain(size))} for size in SIZES for _ in keys]
    assert answers(jobs) == expected


@pytest.mark.parametrize("armored", [False, True], ids=["binary", "text"])
@pytest.mark.parametrize("kind", KINDS)
def test_we_open_what_node_seals(kind: str, armored: bool) -> None:
    _, ways, sealing, _ = KINDS[kind]
    results = answers([{"seal": text(plain(size)), "armored": armored, **sealing} for size in SIZES])
    for size, result in zip(SIZES, results, strict=True):
        file = b64decode(result["data"])
        data = dearmor(file) if armored else file
        for index, identities in enumerate(ways):
            assert decrypt(data, identities) == plain(size)
            assert decrypt_at(data, identities[0], index) == plain(size)
        with pytest.raises(NoMatch):
            decrypt(data, [PQIdentity(b"s" * 32)])


def test_node_refuses_what_it_is_not_for() -> None:
    file = encrypt(b"plain", [IDENTITIES[0].recipient()])
    (result,) = answers([{"open": text(file), "identities": [str(IDENTITIES[1])]}])
    assert "no identity matched" in result["error"]


def test_keys_are_spelled_alike() -> None:
    ours = [str(PQIdentity.generate()) for _ in range(5)]
    results = answers([{"generate": True}] * 5 + [{"recipientOf": identity} for identity in ours])
    for result in results:
        identity = PQIdentity.parse(result["identity"])
        assert str(identity) == result["identity"]
        assert str(identity.recipient()) == result["recipient"]
        assert PQRecipient.parse(result["recipient"]) == identity.recipient()


@pytest.mark.parametrize("size", SIZES)
def test_pyrage_opens_what_we_seal_and_seals_what_we_open(size: int) -> None:
    pyrage = pytest.importorskip("pyrage", reason="needs pyrage: make setup-full")
    theirs = pyrage.x25519.Identity.generate()
    ours = X25519Identity.parse(str(theirs))
    assert str(ours.recipient()) == str(theirs.to_public())
    recipient = X25519Recipient.parse(str(theirs.to_public()))
    assert pyrage.decrypt(encrypt(plain(size), [CLASSICAL.recipient(), recipient]), [theirs]) == plain(size)
    assert pyrage.decrypt(armor(encrypt(plain(size), [recipient])), [theirs]) == plain(size)
    other = pyrage.x25519.Recipient.from_str(str(CLASSICAL.recipient()))
    for armored in (False, True):
        file = pyrage.encrypt(plain(size), [other, theirs.to_public()], armored=armored)
        data = dearmor(file) if armored else file
        assert decrypt_at(data, ours, 1) == decrypt(data, [CLASSICAL]) == plain(size)


def test_pyrage_and_we_share_a_passphrase() -> None:
    pyrage = pytest.importorskip("pyrage", reason="needs pyrage: make setup-full")
    ours = encrypt(b"plain", [ScryptRecipient(PASSPHRASE.encode(), 10)])
    assert pyrage.passphrase.decrypt(ours, PASSPHRASE) == b"plain"
    # Its work factor follows the speed of the machine.
    theirs = pyrage.passphrase.encrypt(b"plain", PASSPHRASE)
    assert decrypt(theirs, [ScryptIdentity(PASSPHRASE.encode(), max_work_factor=22)]) == b"plain"
