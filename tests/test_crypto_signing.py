"""Both signatures or none: pairs, the check that both signed, and who signed a statement."""

import re
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import CryptoError
from crypto.note import (
    ED25519_TYPE,
    Ed25519Verifier,
    MLDSA44Verifier,
    Note,
    NoteError,
    Signature,
    SignatureError,
    key_id,
    parse_note,
)
from crypto.signing import PublicPair, SecretPair, check_both, ed25519_line, sign_both, signers_ed25519

ONE, TWO = (SecretPair(bytes([i]) * 32, bytes([i + 8]) * 32) for i in (1, 2))
NAME, OTHER = "enlace.example/a", "enlace.example/b"
TEXT = 'enlace/step/v1\n{"act":"accepted"}\n'
ED, ML = ONE.sign_text(NAME, TEXT)
ED_TWO, ML_TWO = TWO.sign_text(OTHER, TEXT)
ED_TWO_AS_ONE, ML_TWO_AS_ONE = TWO.sign_text(NAME, TEXT)
ED_ELSE, ML_ELSE = ONE.sign_text(NAME, "another text\n")


def test_sizes_are_those_of_the_standards() -> None:
    """RFC 8032 section 5.1, FIPS 204 table 2; each line has a key id of 4 bytes before."""
    public = ONE.public
    assert (len(public.ed25519), len(public.mldsa44)) == (32, 1312)
    assert (len(ED.blob), len(ML.blob)) == (64, 2420)
    assert (len(ED.key_id), len(ML.key_id)) == (4, 4)


def test_the_ed25519_half_is_that_of_rfc_8032() -> None:
    """Section 7.1, test 1: the secret key, its public key, and the signature of the empty message."""
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    pair = SecretPair(secret, bytes(32))
    assert pair.public.ed25519.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert pair.ed25519.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )


def test_a_seed_gives_one_pair() -> None:
    """The id is frozen: a device must find itself again after every update."""
    assert SecretPair(ONE.ed25519_seed, ONE.mldsa44_seed).public == ONE.public
    assert ONE.public.id == "1383edd3bfe8037e5c36c34c20caf63652cd2ad99e0f484ceeac6d4eafba5ae7"


def test_a_pair_s_id_binds_both_halves() -> None:
    ids = {PublicPair(left.public.ed25519, right.public.mldsa44).id for left in (ONE, TWO) for right in (ONE, TWO)}
    assert len(ids) == 4
    assert all(re.fullmatch(r"[0-9a-f]{64}", each) for each in ids)


def test_fresh_pairs_differ() -> None:
    fresh = [SecretPair.generate() for _ in range(3)]
    assert len({seed for each in fresh for seed in (each.ed25519_seed, each.mldsa44_seed)}) == 6


@pytest.mark.parametrize(("left", "right"), [(31, 32), (33, 32), (32, 31), (32, 33), (0, 0), (64, 32)])
def test_a_seed_of_another_length_is_refused(left: int, right: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretPair(bytes(left), bytes(right))


@pytest.mark.parametrize(("left", "right"), [(31, 1312), (33, 1312), (32, 1311), (32, 1313), (1312, 32), (0, 0)])
def test_a_public_key_of_another_length_is_refused(left: int, right: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PublicPair(bytes(left), bytes(right))


def test_secrets_are_not_shown() -> None:
    pair = SecretPair(b"\x01" * 32, b"\x02" * 32)
    assert pair.public.id
    for shown in (repr(pair), str(pair), f"{pair}", repr([pair])):
        assert shown.strip("[]") == "SecretPair()"


def test_what_both_signed_is_accepted() -> None:
    raw = sign_both(ONE, NAME, TEXT)
    note = parse_note(raw)
    assert note.text == TEXT
    assert note.names() == (NAME, NAME)
    check_both(note, NAME, ONE.public)


def test_each_line_verifies_by_the_bare_primitive() -> None:
    """The lines are what the documentation says, to a reader who never saw this code."""
    classic = Ed25519PublicKey.from_public_bytes(ONE.public.ed25519)
    lasting = MLDSA44PublicKey.from_public_bytes(ONE.public.mldsa44)
    message = b"framed elsewhere"
    signed = [
        (classic.verify, ED.blob, TEXT.encode()),
        (lasting.verify, ML.blob, TEXT.encode()),
        (lasting.verify, ONE.sign_raw_mldsa44(message), message),
    ]
    for verify, blob, text in signed:
        verify(blob, text)
        with pytest.raises(InvalidSignature):
            verify(blob, text + b"!")


@pytest.mark.parametrize("text", ["", "a", "a\0\n", "a\r\n", "\ud800\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError, match="text"):
        sign_both(ONE, NAME, text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "\ud800"])
def test_a_name_that_no_note_can_hold_signs_nothing(name: str) -> None:
    with pytest.raises(NoteError, match="key name"):
        sign_both(ONE, name, TEXT)


def renamed(signature: Signature, name: str) -> Signature:
    return Signature(name, signature.key_id, signature.blob)


def with_blob(signature: Signature, blob: bytes) -> Signature:
    return Signature(signature.name, signature.key_id, blob)


ED_MISSING, ML_MISSING = f"Ed25519 signature of {NAME} is missing", f"ML-DSA-44 signature of {NAME} is missing"
ED_WRONG, ML_WRONG = f"Ed25519 signature of {NAME} is wrong", f"ML-DSA-44 signature of {NAME} is wrong"
BESIDE, TWICE = f"signature lines beside the two of {NAME}", "twice with one key"

NOT_BOTH: dict[str, tuple[tuple[Signature, ...], str]] = {
    "no Ed25519 line": ((ML,), ED_MISSING),
    "no ML-DSA-44 line": ((ED,), ML_MISSING),
    "no line of the signer": ((ED_TWO, ML_TWO), ED_MISSING),
    "no line at all": ((), ED_MISSING),
    "Ed25519 line of another device": ((ED_TWO, ML), ED_MISSING),
    "ML-DSA-44 line of another device": ((ED, ML_TWO), ML_MISSING),
    "Ed25519 line of another pair under the name": ((ED_TWO_AS_ONE, ML), ED_MISSING),
    "ML-DSA-44 line of another pair under the name": ((ED, ML_TWO_AS_ONE), ML_MISSING),
    "both lines of another pair under the name": ((ED_TWO_AS_ONE, ML_TWO_AS_ONE), ED_MISSING),
    "Ed25519 line under another name": ((renamed(ED, OTHER), ML), ED_MISSING),
    "ML-DSA-44 line under another name": ((ED, renamed(ML, OTHER)), ML_MISSING),
    "names swapped between two signers": ((renamed(ED, OTHER), renamed(ML, OTHER)), ED_MISSING),
    "names of the lines differ only in case": ((renamed(ED, NAME.upper()), ML), ED_MISSING),
    "Ed25519 line twice": ((ED, ED, ML), TWICE),
    "ML-DSA-44 line twice": ((ED, ML, ML), TWICE),
    "Ed25519 line twice, no ML-DSA-44 line": ((ED, ED), TWICE),
    "both lines twice": ((ED, ML, ED, ML), TWICE),
    "an extra line of another device": ((ED, ML, ED_TWO), BESIDE),
    "an extra line in front": ((ED_TWO, ED, ML), BESIDE),
    "an extra line between": ((ED, ML_TWO, ML), BESIDE),
    "both lines of two devices": ((ED, ML, ED_TWO, ML_TWO), BESIDE),
    "an extra line of another pair under the name": ((ED, ML, ED_TWO_AS_ONE), BESIDE),
    "an extra line nobody can check": ((ED, ML, Signature(NAME, b"\0\0\0\0", b"\0")), BESIDE),
    "lines in the other order": ((ML, ED), "another order"),
    "Ed25519 line over another text": ((ED_ELSE, ML), ED_WRONG),
    "ML-DSA-44 line over another text": ((ED, ML_ELSE), ML_WRONG),
    "both lines over another text": ((ED_ELSE, ML_ELSE), ED_WRONG),
    "ids of the lines swapped": (
        (Signature(NAME, ML.key_id, ED.blob), Signature(NAME, ED.key_id, ML.blob)),
        ML_WRONG,
    ),
    "Ed25519 signature cut": ((with_blob(ED, ED.blob[:-1]), ML), ED_WRONG),
    "Ed25519 signature longer": ((with_blob(ED, ED.blob + b"\0"), ML), ED_WRONG),
    "Ed25519 signature of zeros": ((with_blob(ED, bytes(64)), ML), ED_WRONG),
    "ML-DSA-44 signature cut": ((ED, with_blob(ML, ML.blob[:-1])), ML_WRONG),
    "ML-DSA-44 signature longer": ((ED, with_blob(ML, ML.blob + b"\0")), ML_WRONG),
    "ML-DSA-44 signature of zeros": ((ED, with_blob(ML, bytes(2420))), ML_WRONG),
    "a wrong line after two good ones": ((ED, ML, with_blob(ED, bytes(64))), TWICE),
}


@pytest.mark.parametrize(("lines", "why"), NOT_BOTH.values(), ids=NOT_BOTH.keys())
def test_anything_but_both_lines_of_the_pair_is_refused(lines: tuple[Signature, ...], why: str) -> None:
    with pytest.raises(SignatureError, match=re.escape(why)):
        check_both(Note(TEXT, lines), NAME, ONE.public)


def test_neither_half_of_a_pair_can_be_exchanged() -> None:
    note = parse_note(sign_both(ONE, NAME, TEXT))
    with pytest.raises(SignatureError, match=ML_MISSING):
        check_both(note, NAME, PublicPair(ONE.public.ed25519, TWO.public.mldsa44))
    with pytest.raises(SignatureError, match=ED_MISSING):
        check_both(note, NAME, PublicPair(TWO.public.ed25519, ONE.public.mldsa44))
    with pytest.raises(SignatureError, match=f"Ed25519 signature of {OTHER} is missing"):
        check_both(note, OTHER, ONE.public)


def test_the_context_of_the_ml_dsa_signature_is_empty() -> None:
    """FIPS 204 section 5.2: a signature made under another context string is another signature."""
    blob = ONE._mldsa44.sign(TEXT.encode(), b"enlace")
    with pytest.raises(SignatureError, match=ML_WRONG):
        check_both(Note(TEXT, (ED, with_blob(ML, blob))), NAME, ONE.public)


def test_a_pair_whose_two_key_ids_are_one_signs_nothing() -> None:
    """Whoever makes keys can make such a pair (this one was found in seconds); it fails closed."""
    pair = SecretPair((14_545).to_bytes(32, "big"), (20_796).to_bytes(32, "big"))
    lines = pair.sign_text(NAME, TEXT)
    assert lines[0].key_id == lines[1].key_id
    for order in (lines, lines[::-1], lines[:1], lines[1:]):
        with pytest.raises(SignatureError, match="share a key id"):
            check_both(Note(TEXT, order), NAME, pair.public)


SIGNED = sign_both(ONE, NAME, TEXT)


def is_accepted(content: bytes) -> bool:
    try:
        check_both(parse_note(content), NAME, ONE.public)
    except CryptoError:
        return False
    return True


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_no_flipped_bit_is_accepted(mask: int) -> None:
    """Unlike a note with lines of unknown keys, one signed by both has no byte that may change."""
    assert is_accepted(SIGNED)
    step = 1 if mask == 0x01 else 7
    for position in range(0, len(SIGNED), step):
        changed = SIGNED[:position] + bytes([SIGNED[position] ^ mask]) + SIGNED[position + 1 :]
        assert not is_accepted(changed), position


@settings(max_examples=300)
@given(st.binary(max_size=40), st.data())
def test_no_splice_is_accepted(piece: bytes, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(SIGNED)))
    end = draw.draw(st.integers(start, min(len(SIGNED), start + 40)))
    changed = SIGNED[:start] + piece + SIGNED[end:]
    assert changed == SIGNED or not is_accepted(changed)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.just("\n"), max_size=40))
def test_what_is_signed_is_read_and_accepted(text: str) -> None:
    note = parse_note(sign_both(ONE, NAME, text + "\n"))
    check_both(note, NAME, ONE.public)
    assert note.text == text + "\n"


# Statements: Ed25519 lines only, by several signers

KEY_ONE, KEY_TWO = Ed25519Verifier(NAME, ONE.public.ed25519), Ed25519Verifier(OTHER, TWO.public.ed25519)


def test_signers_of_a_statement_come_in_line_order() -> None:
    assert signers_ed25519(Note(TEXT, (ED, ED_TWO)), [KEY_ONE, KEY_TWO]) == (KEY_ONE, KEY_TWO)
    assert signers_ed25519(Note(TEXT, (ED_TWO, ED)), [KEY_ONE, KEY_TWO]) == (KEY_TWO, KEY_ONE)
    assert signers_ed25519(Note(TEXT, (ED,)), iter([KEY_ONE, KEY_TWO])) == (KEY_ONE,)


STRANGE: dict[str, tuple[tuple[Signature, ...], str]] = {
    "a signer nobody knows": ((ED, ED_TWO), f"cannot be checked: {OTHER}"),
    "only signers nobody knows": ((ED_TWO,), f"cannot be checked: {OTHER}"),
    "the signer's ML-DSA-44 line too": ((ED, ML), "a known signer's other key"),
    "only the signer's ML-DSA-44 line": ((ML,), f"cannot be checked: {NAME}"),
    "another key under the signer's name": ((ED_TWO_AS_ONE,), f"cannot be checked: {NAME}"),
    "the signer twice": ((ED, ED), "twice"),
    "over another text": ((ED_ELSE,), ED_WRONG),
    "the signer's id under another name": ((ED, renamed(ED, OTHER)), f"cannot be checked: {OTHER}"),
}


@pytest.mark.parametrize(("lines", "why"), STRANGE.values(), ids=STRANGE.keys())
def test_a_line_of_a_statement_that_cannot_be_checked_is_refused(lines: tuple[Signature, ...], why: str) -> None:
    with pytest.raises(SignatureError, match=re.escape(why)):
        signers_ed25519(Note(TEXT, lines), [KEY_ONE])


def test_a_line_of_one_kind_of_key_does_not_count_for_the_other() -> None:
    """The key id covers the type, so equal bytes under two types are two keys."""
    public = ONE.public.ed25519
    assert key_id(NAME, ED25519_TYPE + public) != key_id(NAME, b"\x04" + public)
    for verifier, line in ((KEY_ONE, ML), (MLDSA44Verifier(NAME, ONE.public.mldsa44), ED)):
        with pytest.raises(SignatureError):
            verifier.check(TEXT.encode(), line.blob)


@pytest.mark.parametrize("make", [lambda: ed25519_line(ONE.ed25519, NAME, TEXT), lambda: ONE.sign_text(NAME, TEXT)[0]])
def test_the_ed25519_line_is_the_same_however_it_is_made(make: Callable[[], Signature]) -> None:
    assert make() == ED
