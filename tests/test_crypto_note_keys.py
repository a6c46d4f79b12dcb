"""Keys of signed notes as text: what is written is read, and nothing else is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import b64
from crypto.note import ED25519_TYPE, MLDSA44_TYPE, Note, NoteError, key_id, parse_note, verified, write_vkey
from crypto.note_keys import (
    MOST_VERIFIERS,
    SIGNER_PREFIX,
    SignerKey,
    parse_verifier,
    read_verifiers,
    write_verifier,
)
from crypto.signing import SecretPair

NAME = "press.example/desk"
KEY = SignerKey(NAME, b"s" * 32)
SECRET, PUBLIC = str(KEY), write_verifier(KEY.public)
PAIR = SecretPair(b"a" * 32, b"b" * 32)
TEXT = "Aviso a la prensa.\n"


def test_a_key_signs_what_its_verifier_verifies() -> None:
    assert parse_verifier(PUBLIC) == KEY.public
    note = Note(TEXT, (KEY.sign(TEXT),))
    assert verified(parse_note(note.write()), [parse_verifier(PUBLIC)]) == (KEY.public,)


def test_both_forms_have_one_name_and_id() -> None:
    assert SECRET.startswith(SIGNER_PREFIX)
    assert SECRET.split("+")[2:4] == PUBLIC.split("+")[:2]


def test_a_fresh_key_is_another_each_time() -> None:
    assert len({SignerKey.generate(NAME).seed for _ in range(3)}) == 3


def test_a_key_is_not_shown() -> None:
    assert "seed" not in repr(KEY)
    assert SECRET[-44:] not in repr(KEY)


def test_a_verifier_of_either_kind_of_enlace_s_signatures_is_read() -> None:
    for typed, line in zip(
        (ED25519_TYPE + PAIR.public.ed25519, MLDSA44_TYPE + PAIR.public.mldsa44),
        PAIR.sign_text(NAME, TEXT),
        strict=True,
    ):
        verifier = parse_verifier(write_vkey(NAME, typed))
        assert write_verifier(verifier) == write_vkey(NAME, typed)
        verifier.check(TEXT.encode(), line.blob)


def secret(name: str, typed: bytes, identifier: str = "") -> str:
    return f"{SIGNER_PREFIX}{name}+{identifier or SECRET.split('+')[3]}+{b64(typed)}"


BAD_SIGNERS: dict[str, tuple[str, str]] = {
    "nothing": ("", "a signer key begins with PRIVATE+KEY+"),
    "a verifier key": (PUBLIC, "that may be a verifier key, which is public"),
    "small letters": (SECRET.lower(), "begins with PRIVATE+KEY+"),
    "a space before": (" " + SECRET, "begins with PRIVATE+KEY+"),
    "the beginning alone": (SIGNER_PREFIX, "part of it is missing"),
    "no key": (SECRET.rpartition("+")[0], "part of it is missing"),
    "no name": (secret("", b"\x01" + bytes(32)), "a key name"),
    "a space in the name": (secret("a b", b"\x01" + bytes(32)), "a key name"),
    "another name": (SECRET.replace("press", "prest"), "id does not belong"),
    "another id": (SECRET.replace(SECRET.split("+")[3], "00000000"), "id does not belong"),
    "id in capitals": (SECRET.replace(SECRET.split("+")[3], SECRET.split("+")[3].upper()), "id does not belong"),
    "another seed": (secret(NAME, b"\x01" + bytes(32)), "id does not belong"),
    "another type": (secret(NAME, b"\x04" + b"s" * 32), "not an Ed25519 signer key"),
    "no type": (secret(NAME, b""), "not an Ed25519 signer key"),
    "seed too short": (secret(NAME, b"\x01" + b"s" * 31), "a seed of 32 bytes"),
    "seed too long": (secret(NAME, b"\x01" + b"s" * 33), "a seed of 32 bytes"),
    "seed and public key, as another tool writes": (secret(NAME, b"\x01" + b"s" * 64), "a seed of 32 bytes"),
    "base64 without padding": (secret(NAME, b"\x01" + b"s" * 33).rstrip("="), "part of it is missing"),
    "not base64": (SECRET[:-1] + "!", "part of it is missing"),
    "a newline behind": (SECRET + "\n", "part of it is missing"),
}


@pytest.mark.parametrize(("text", "why"), BAD_SIGNERS.values(), ids=BAD_SIGNERS)
def test_a_text_that_is_no_signer_key_is_refused(text: str, why: str) -> None:
    with pytest.raises(NoteError, match=re.escape(why)) as refused:
        SignerKey.parse(text)
    assert SECRET[-44:] not in str(refused.value)
    assert refused.value.__cause__ is None


WEAK = bytes([1]) + bytes(31)  # the neutral element
BAD_VERIFIERS: dict[str, tuple[str, str]] = {
    "a signer key": (SECRET, "that is a signer key, which is secret"),
    "nothing": ("", "name+id+key"),
    "another id": (PUBLIC.replace(PUBLIC.split("+")[1], "00000000"), "id does not belong"),
    "Ed25519, too short": (write_vkey(NAME, ED25519_TYPE + bytes(31)), "none that a key generator makes"),
    "Ed25519, of small order": (write_vkey(NAME, ED25519_TYPE + WEAK), "none that a key generator makes"),
    "ML-DSA-44, too short": (write_vkey(NAME, MLDSA44_TYPE + bytes(1311)), "1311 bytes, not 1312"),
    "ECDSA": (write_vkey(NAME, b"\x02" + bytes(33)), "signature type 0x02: ECDSA"),
    "a witness's Ed25519": (write_vkey(NAME, b"\x04" + KEY.public.public), "0x04: an Ed25519 cosignature"),
    "a tree head": (write_vkey(NAME, b"\x05" + bytes(32)), "0x05: an RFC 6962"),
    "a witness's ML-DSA-44": (write_vkey(NAME, b"\x06" + PAIR.public.mldsa44), "0x06: an ML-DSA-44 cosignature"),
    "of nobody's type": (write_vkey(NAME, b"\xff" + PAIR.public.mldsa44), "0xff: one without a number"),
    "of no type": (write_vkey(NAME, b"\x77" + bytes(32)), "0x77: one that is not assigned"),
}


@pytest.mark.parametrize(("text", "why"), BAD_VERIFIERS.values(), ids=BAD_VERIFIERS)
def test_a_text_that_is_no_verifier_key_is_refused(text: str, why: str) -> None:
    with pytest.raises(NoteError, match=re.escape(why)):
        parse_verifier(text)


def test_a_file_of_verifier_keys() -> None:
    other = write_vkey("other.example", ED25519_TYPE + PAIR.public.ed25519)
    raw = f"\ufeff# press\r\n{PUBLIC}\r\n\n{other}".encode()
    assert [write_verifier(each) for each in read_verifiers(raw)] == [PUBLIC, other]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "0 verifier keys in it"),
        (b"# none\n\n", "0 verifier keys in it"),
        (b"\xff", "not text in UTF-8"),
        (f"{PUBLIC}\n\n {PUBLIC}\n".encode(), "line 3: a key name"),
        (f"#\n{SECRET}\n".encode(), "line 2: that is a signer key"),
        (f"{PUBLIC}\n".encode() * (MOST_VERIFIERS + 1), "65 verifier keys in it"),
    ],
)
def test_a_file_that_is_none_of_verifier_keys_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(NoteError, match=f"^{why}") as refused:
        read_verifiers(raw)
    assert SECRET[-44:] not in str(refused.value)


names = st.from_regex(r"\A[a-z0-9./é-]{1,30}\Z")


@given(names, st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read(name: str, seed: bytes) -> None:
    key = SignerKey(name, seed)
    assert SignerKey.parse(str(key)) == key
    assert parse_verifier(write_verifier(key.public)) == key.public
    assert key_id(name, ED25519_TYPE + key.public.public) == key.public.key_id


@given(st.lists(st.sampled_from([*re.split(r"(\+)", SECRET), "", "+", "=", "a", "\n"]), max_size=9))
def test_what_is_read_is_written_the_same(parts: list[str]) -> None:
    text = "".join(parts)
    try:
        key = SignerKey.parse(text)
    except NoteError:
        return
    assert str(key) == text
