"""Checkpoints: both lines of the log or nothing, one origin, one time, and an outside implementation's."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.checkpoint import (
    MLDSA44_COSIGNATURE_TYPE,
    MOST_CHECKPOINT_LINES,
    Checkpoint,
    CheckpointError,
    CosignatureVerifier,
    SignedCheckpoint,
    cosigned_message,
    open_checkpoint,
    own_lines,
    parse_checkpoint,
    read_checkpoint,
    sign_checkpoint,
)
from crypto.encoding import b64
from crypto.errors import CryptoError
from crypto.note import (
    ED25519_TYPE,
    MLDSA44_TYPE,
    Note,
    NoteError,
    Signature,
    SignatureError,
    key_id,
    parse_note,
    parse_vkey,
    verified,
)
from crypto.signing import PublicPair, SecretPair, ed25519_line

LOG, OTHER_LOG, WITNESS = (SecretPair(bytes([i]) * 32, bytes([i + 8]) * 32) for i in (1, 2, 3))
ORIGIN, OTHER_ORIGIN = "log.enlace.example/2026", "log.enlace.example/2027"
ROOT = bytes(range(32))
POINT = Checkpoint(ORIGIN, 1042, ROOT)
TIME = 1_767_225_600
TEXT = POINT.text()
RAW = sign_checkpoint(POINT, LOG, TIME)
ED, ML = parse_note(RAW).signatures
ROOT64 = b64(ROOT)


def cosignature(keys: SecretPair, name: str, point: Checkpoint, time: int) -> Signature:
    """An ML-DSA-44 cosignature, put together here from c2sp.org/tlog-cosignature."""
    stamp = time.to_bytes(8, "big")
    message = b"subtree/v1\n\x00"
    message += bytes([len(name)]) + name.encode() + stamp
    message += bytes([len(point.origin)]) + point.origin.encode()
    message += bytes(8) + point.size.to_bytes(8, "big") + point.root
    identifier = key_id(name, MLDSA44_COSIGNATURE_TYPE + keys.public.mldsa44)
    return Signature(name, identifier, stamp + keys.sign_raw_mldsa44(message))


def witness_ed25519(keys: SecretPair, name: str, text: str, time: int) -> Signature:
    """A timestamped Ed25519 cosignature, type 0x04."""
    blob = keys.ed25519.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
    identifier = key_id(name, b"\x04" + keys.public.ed25519)
    return Signature(name, identifier, time.to_bytes(8, "big") + blob)


# What is written


def test_the_text_is_three_lines() -> None:
    assert f"log.enlace.example/2026\n1042\n{ROOT64}\n" == TEXT
    assert parse_checkpoint(TEXT) == POINT


def test_a_signed_checkpoint_is_opened() -> None:
    signed = open_checkpoint(RAW, ORIGIN, LOG.public)
    assert (signed.checkpoint, signed.time, signed.raw) == (POINT, TIME, RAW)


def test_the_lines_are_those_of_the_specification() -> None:
    """Checked with the bare primitives over bytes put together by hand."""
    assert parse_note(RAW).names() == (ORIGIN, ORIGIN)
    assert ED.key_id == key_id(ORIGIN, ED25519_TYPE + LOG.public.ed25519)
    assert ML.key_id == key_id(ORIGIN, b"\x06" + LOG.public.mldsa44)
    assert len(ML.blob) == 8 + 2420
    Ed25519PublicKey.from_public_bytes(LOG.public.ed25519).verify(ED.blob, TEXT.encode())
    message = (
        b"subtree/v1\n\x00"
        b"\x17log.enlace.example/2026"
        b"\x00\x00\x00\x00\x69\x55\xb9\x00"
        b"\x17log.enlace.example/2026"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x00\x00\x04\x12" + ROOT
    )
    assert ML.blob[:8] == message[36:44]
    MLDSA44PublicKey.from_public_bytes(LOG.public.mldsa44).verify(ML.blob[8:], message)


def test_a_checkpoint_of_another_implementation_verifies() -> None:
    """A log's checkpoint in the test data of torchwood's witness, signed with ML-DSA-44 at time 0 by Go code."""
    vkey, _, raw = (Path(__file__).parent / "data/tlog-mldsa44-checkpoint.txt").read_bytes().partition(b"\n")
    name, typed = parse_vkey(vkey.decode())
    assert typed[:1] == MLDSA44_COSIGNATURE_TYPE
    note = parse_note(raw)
    point = parse_checkpoint(note.text)
    assert (point.origin, point.size) == (name, 1)
    verifier = CosignatureVerifier(name, typed[1:], point)
    assert verified(note, [verifier]) == (verifier,)
    for wrong in (Checkpoint(name, 2, point.root), Checkpoint(name, 1, ROOT)):
        with pytest.raises(SignatureError, match="is wrong"):
            verified(Note(wrong.text(), note.signatures), [CosignatureVerifier(name, typed[1:], wrong)])


@given(st.from_regex(r"\A[a-z0-9./-]{1,255}\Z"), st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_writing_then_parsing_gives_the_checkpoint(origin: str, size: int, root: bytes) -> None:
    point = Checkpoint(origin, size, root)
    assert parse_checkpoint(point.text()) == point


@settings(max_examples=20)
@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_signing_then_opening_gives_the_checkpoint(size: int, time: int) -> None:
    signed = open_checkpoint(sign_checkpoint(Checkpoint(ORIGIN, size, ROOT), LOG, time), ORIGIN, LOG.public)
    assert (signed.checkpoint.size, signed.time) == (size, time)


@pytest.mark.parametrize(("size", "time"), [(0, 0), (2**63 - 1, 2**63 - 1)])
@pytest.mark.parametrize("origin", ["o", "o" * 255, "ñ" * 127])
def test_the_ends_of_every_range_are_inside(origin: str, size: int, time: int) -> None:
    point = Checkpoint(origin, size, ROOT)
    assert parse_checkpoint(point.text()) == point
    assert open_checkpoint(sign_checkpoint(point, LOG, time), origin, LOG.public).time == time


# What is refused

BAD_TEXTS: dict[str, tuple[str, type[CryptoError], str]] = {
    "empty": ("", CheckpointError, "one line each"),
    "origin only": (f"{ORIGIN}\n", CheckpointError, "one line each"),
    "two lines": (f"{ORIGIN}\n1042\n", CheckpointError, "one line each"),
    "last newline missing": (TEXT[:-1], CheckpointError, "one line each"),
    "an extension line": (TEXT + "more\n", CheckpointError, "one line each"),
    "a blank line behind": (TEXT + "\n", CheckpointError, "one line each"),
    "text behind": (TEXT + "more", CheckpointError, "one line each"),
    "a blank line in front": ("\n" + TEXT, CheckpointError, "one line each"),
    "origin missing": (f"\n1042\n{ROOT64}\n", NoteError, "key name"),
    "space in the origin": (f"log enlace\n1042\n{ROOT64}\n", NoteError, "key name"),
    "plus in the origin": (f"log+enlace\n1042\n{ROOT64}\n", NoteError, "key name"),
    "origin of 256 bytes": (f"{'o' * 256}\n1042\n{ROOT64}\n", CheckpointError, "255 bytes"),
    "origin of 128 characters, 256 bytes": (f"{'ñ' * 128}\n1042\n{ROOT64}\n", CheckpointError, "255 bytes"),
    "size missing": (f"{ORIGIN}\n\n{ROOT64}\n", CheckpointError, "decimal"),
    "size negative": (f"{ORIGIN}\n-1\n{ROOT64}\n", CheckpointError, "decimal"),
    "size with a leading zero": (f"{ORIGIN}\n01042\n{ROOT64}\n", CheckpointError, "decimal"),
    "size with a sign": (f"{ORIGIN}\n+1042\n{ROOT64}\n", CheckpointError, "decimal"),
    "size with a space": (f"{ORIGIN}\n1042 \n{ROOT64}\n", CheckpointError, "decimal"),
    "size in hexadecimal": (f"{ORIGIN}\n0x412\n{ROOT64}\n", CheckpointError, "decimal"),
    "size in other digits": (f"{ORIGIN}\n\u0661\n{ROOT64}\n", CheckpointError, "decimal"),
    "size of 2^63": (f"{ORIGIN}\n{2**63}\n{ROOT64}\n", CheckpointError, "largest"),
    "root missing": (f"{ORIGIN}\n1042\n\n", CheckpointError, "0 bytes"),
    "root of 31 bytes": (f"{ORIGIN}\n1042\n{b64(ROOT[:31])}\n", CheckpointError, "31 bytes"),
    "root of 33 bytes": (f"{ORIGIN}\n1042\n{b64(ROOT + b'!')}\n", CheckpointError, "33 bytes"),
    "root without padding": (f"{ORIGIN}\n1042\n{ROOT64.rstrip('=')}\n", CheckpointError, "base64"),
    "root not canonical": (f"{ORIGIN}\n1042\n{ROOT64[:-2]}9=\n", CheckpointError, "canonical"),
    "root in hexadecimal": (f"{ORIGIN}\n1042\n{ROOT.hex()}\n", CheckpointError, "48 bytes"),
    "carriage returns": (TEXT.replace("\n", "\r\n"), CheckpointError, "decimal"),
}


@pytest.mark.parametrize(("text", "error", "why"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_a_malformed_text_is_refused(text: str, error: type[CryptoError], why: str) -> None:
    with pytest.raises(error, match=why):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("point", "error"),
    [
        (Checkpoint("", 1, ROOT), NoteError),
        (Checkpoint("a b", 1, ROOT), NoteError),
        (Checkpoint("a\n2", 1, ROOT), NoteError),
        (Checkpoint("ñ" * 128, 1, ROOT), CheckpointError),
        (Checkpoint(ORIGIN, -1, ROOT), CheckpointError),
        (Checkpoint(ORIGIN, 2**63, ROOT), CheckpointError),
        (Checkpoint(ORIGIN, 1, ROOT[:-1]), CheckpointError),
        (Checkpoint(ORIGIN, 1, b""), CheckpointError),
    ],
)
def test_what_could_not_be_read_is_neither_written_nor_signed(point: Checkpoint, error: type[CryptoError]) -> None:
    with pytest.raises(error):
        point.text()
    with pytest.raises(error):
        sign_checkpoint(point, LOG, TIME)


@pytest.mark.parametrize("time", [-1, 2**63, 2**64])
def test_a_time_outside_the_format_is_not_signed(time: int) -> None:
    with pytest.raises(CheckpointError, match="time"):
        sign_checkpoint(POINT, LOG, time)


@pytest.mark.parametrize("name", ["", "n" * 256, "ñ" * 128])
def test_a_name_outside_the_format_cosigns_nothing(name: str) -> None:
    with pytest.raises(CheckpointError, match="255 bytes"):
        cosigned_message(name, POINT, TIME)
    with pytest.raises(CheckpointError, match="255 bytes"):
        cosigned_message(ORIGIN, Checkpoint(name, 1, ROOT), TIME)
    with pytest.raises(SignatureError):
        CosignatureVerifier(name, LOG.public.mldsa44, POINT).check(TEXT.encode(), ML.blob)


def stamped(time: int) -> Signature:
    """The log's cosignature with another time written over its own."""
    return Signature(ORIGIN, ML.key_id, time.to_bytes(8, "big") + ML.blob[8:])


def beyond() -> Signature:
    """A cosignature at a time of 2^63, good in every other way."""
    return cosignature(LOG, ORIGIN, POINT, 2**63)


def own(keys: SecretPair, point: Checkpoint) -> tuple[Signature, Signature]:
    ed25519, mldsa44 = parse_note(sign_checkpoint(point, keys, TIME)).signatures
    return ed25519, mldsa44


ED_ELSE, ML_ELSE = own(LOG, Checkpoint(ORIGIN, 1043, ROOT))
ED_THIEF, ML_THIEF = own(OTHER_LOG, POINT)
ML_NOTE = Signature(ORIGIN, key_id(ORIGIN, MLDSA44_TYPE + LOG.public.mldsa44), LOG.sign_raw_mldsa44(TEXT.encode()))
ED_MISSING = f"Ed25519 signature of the log {ORIGIN} is missing"
ML_MISSING = f"ML-DSA-44 signature of the log {ORIGIN} is missing"
ED_WRONG, ML_WRONG = f"Ed25519 signature of {ORIGIN} is wrong", f"ML-DSA-44 cosignature of {ORIGIN} is wrong"

BAD_LINES: dict[str, tuple[tuple[Signature, ...], str]] = {
    "Ed25519 line stripped": ((ML,), ED_MISSING),
    "0x06 line stripped": ((ED,), ML_MISSING),
    "only a witness": ((cosignature(WITNESS, "witness.example", POINT, TIME),), ED_MISSING),
    "Ed25519 line of another log": ((ED_THIEF, ML), ED_MISSING),
    "0x06 line of another log": ((ED, ML_THIEF), ML_MISSING),
    "both lines of another log": ((ED_THIEF, ML_THIEF), ED_MISSING),
    "Ed25519 line of another size": ((ED_ELSE, ML), ED_WRONG),
    "0x06 line of another size": ((ED, ML_ELSE), ML_WRONG),
    "0x06 line under another name": ((ED, Signature(OTHER_ORIGIN, ML.key_id, ML.blob)), ML_MISSING),
    "0x06 line by another cosigner with the log's key": ((ED, cosignature(LOG, OTHER_ORIGIN, POINT, TIME)), ML_MISSING),
    "that, under the log's name": (
        (ED, Signature(ORIGIN, ML.key_id, cosignature(LOG, OTHER_ORIGIN, POINT, TIME).blob)),
        ML_WRONG,
    ),
    "a note signature for the 0x06 line": ((ED, ML_NOTE), ML_MISSING),
    "a note signature posing as one": ((ED, Signature(ORIGIN, ML.key_id, bytes(8) + ML_NOTE.blob)), ML_WRONG),
    "an Ed25519 cosignature for the Ed25519 line": ((witness_ed25519(LOG, ORIGIN, TEXT, TIME), ML), ED_MISSING),
    "a second later": ((ED, stamped(TIME + 1)), ML_WRONG),
    "a second earlier": ((ED, stamped(TIME - 1)), ML_WRONG),
    "time 0": ((ED, stamped(0)), ML_WRONG),
    "time 2^64 - 1": ((ED, stamped(2**64 - 1)), ML_WRONG),
    "signed for 2^63": ((ED, beyond()), ML_WRONG),
    "time cut": ((ED, Signature(ORIGIN, ML.key_id, ML.blob[1:])), ML_WRONG),
    "no signature after the time": ((ED, Signature(ORIGIN, ML.key_id, ML.blob[:8])), ML_WRONG),
    "part of a time": ((ED, Signature(ORIGIN, ML.key_id, ML.blob[:3])), ML_WRONG),
    "0x06 signature longer": ((ED, Signature(ORIGIN, ML.key_id, ML.blob + b"\0")), ML_WRONG),
    "0x06 line twice": ((ED, ML, ML), "twice"),
    "0x06 lines at two times": ((ED, ML, cosignature(LOG, ORIGIN, POINT, TIME + 600)), "twice"),
    "Ed25519 line twice": ((ED, ED, ML), "twice"),
    "a wrong 0x06 line, then a good one": ((ED, stamped(0), ML), ML_WRONG),
}


@pytest.mark.parametrize(("lines", "why"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_checkpoint_without_both_lines_of_its_log_is_refused(lines: tuple[Signature, ...], why: str) -> None:
    with pytest.raises(SignatureError, match=re.escape(why)):
        open_checkpoint(Note(TEXT, lines).write(), ORIGIN, LOG.public)


def test_another_origin_is_refused() -> None:
    for origin in (OTHER_ORIGIN, ORIGIN + "/", ORIGIN.upper(), ""):
        with pytest.raises(CheckpointError, match=f"checkpoint of {ORIGIN}, expected"):
            open_checkpoint(RAW, origin, LOG.public)
    moved = Note(TEXT.replace(ORIGIN, OTHER_ORIGIN), (ED, ML)).write()
    with pytest.raises(SignatureError, match="missing"):
        open_checkpoint(moved, OTHER_ORIGIN, LOG.public)
    with pytest.raises(CheckpointError, match="expected"):
        open_checkpoint(moved, ORIGIN, LOG.public)


def test_neither_key_of_the_log_can_be_exchanged() -> None:
    with pytest.raises(SignatureError, match=ML_MISSING):
        open_checkpoint(RAW, ORIGIN, PublicPair(LOG.public.ed25519, OTHER_LOG.public.mldsa44))
    with pytest.raises(SignatureError, match=ED_MISSING):
        open_checkpoint(RAW, ORIGIN, PublicPair(OTHER_LOG.public.ed25519, LOG.public.mldsa44))


def test_a_log_whose_two_key_ids_are_one_fails_closed() -> None:
    """A pair made for it: under this origin, its Ed25519 and 0x06 lines have the same id."""
    origin = "enlace.example/a"
    pair = SecretPair((71_866).to_bytes(32, "big"), (16_528).to_bytes(32, "big"))
    raw = sign_checkpoint(Checkpoint(origin, 1, ROOT), pair, TIME)
    lines = parse_note(raw).signatures
    assert lines[0].key_id == lines[1].key_id
    with pytest.raises(SignatureError, match="share a key id"):
        open_checkpoint(raw, origin, pair.public)


def test_a_checkpoint_above_the_bounds_is_refused() -> None:
    filler = Signature("witness.example", b"wxyz", bytes(100_000))
    small = Signature("witness.example", b"wxyz", b"!")
    for most, lines in ((131_072, (ED, ML, filler)), (34, (ED, ML, *[small] * 33))):
        raw = Note(TEXT, lines).write()
        with pytest.raises(NoteError, match=f"at most {most} "):
            open_checkpoint(raw, ORIGIN, LOG.public)
        with pytest.raises(NoteError, match=f"at most {most} "):
            read_checkpoint(raw)
        with pytest.raises(NoteError, match=f"at most {most} "):
            own_lines(SignedCheckpoint(POINT, TIME, raw), LOG.public)


# Cosignatures of witnesses


def test_lines_of_witnesses_are_allowed_and_left_alone() -> None:
    names = [f"witness-{i:02}.member.example/{'w' * 40}" for i in range(16)]
    lines = [cosignature(WITNESS, name, POINT, TIME + 5) for name in names]
    lines += [witness_ed25519(WITNESS, name, TEXT, TIME + 5) for name in names]
    assert len(lines) + 2 == MOST_CHECKPOINT_LINES
    for order in ((ED, ML, *lines), (*lines, ML, ED), (*lines[:9], ED, *lines[9:], ML)):
        raw = Note(TEXT, order).write()
        signed = open_checkpoint(raw, ORIGIN, LOG.public)
        assert (signed.checkpoint, signed.time, signed.raw) == (POINT, TIME, raw)
        assert read_checkpoint(raw) == POINT
        own = [each for each in order if each in (ED, ML)]
        assert own_lines(signed, LOG.public) == Note(TEXT, tuple(own)).write()
    nonsense = Signature("witness.example", b"wxyz", b"nothing that verifies")
    assert open_checkpoint(Note(TEXT, (nonsense, ED, ML)).write(), ORIGIN, LOG.public).time == TIME


def test_a_witness_is_checked_by_whoever_knows_its_key() -> None:
    line = cosignature(WITNESS, "witness.example", POINT, TIME + 5)
    verifier = CosignatureVerifier("witness.example", WITNESS.public.mldsa44, POINT)
    note = Note(TEXT, (ED, ML, line))
    assert verified(note, [verifier]) == (verifier,)
    forged = Signature(line.name, line.key_id, (TIME + 6).to_bytes(8, "big") + line.blob[8:])
    with pytest.raises(SignatureError, match=r"cosignature of witness\.example is wrong"):
        verified(Note(TEXT, (ED, ML, forged)), [verifier])


def test_a_cosignature_is_bound_to_its_checkpoint_and_cosigner() -> None:
    line = cosignature(WITNESS, "witness.example", POINT, TIME)
    for point in (
        Checkpoint(ORIGIN, 1043, ROOT),
        Checkpoint(ORIGIN, 1042, ROOT[::-1]),
        Checkpoint(OTHER_ORIGIN, 1042, ROOT),
    ):
        verifier = CosignatureVerifier("witness.example", WITNESS.public.mldsa44, point)
        with pytest.raises(SignatureError, match="is wrong"):
            verifier.check(point.text().encode(), line.blob)
        with pytest.raises(SignatureError, match="another checkpoint"):
            verifier.check(TEXT.encode(), line.blob)
    for keys, name in ((WITNESS, "witness.exampl"), (LOG, "witness.example")):
        with pytest.raises(SignatureError, match="is wrong"):
            CosignatureVerifier(name, keys.public.mldsa44, POINT).check(TEXT.encode(), line.blob)
    with pytest.raises(SignatureError, match="is wrong"):
        CosignatureVerifier("witness.example", WITNESS.public.mldsa44[:-1], POINT).check(TEXT.encode(), line.blob)


# Changed checkpoints


def opened(content: bytes) -> bool:
    try:
        open_checkpoint(content, ORIGIN, LOG.public)
    except CryptoError:
        return False
    return True


@pytest.mark.parametrize("mask", [0x01, 0x04, 0x20, 0x80])
def test_no_flipped_bit_is_accepted(mask: int) -> None:
    assert opened(RAW)
    for position in range(len(RAW)):
        changed = RAW[:position] + bytes([RAW[position] ^ mask]) + RAW[position + 1 :]
        assert not opened(changed), position


@settings(max_examples=300)
@given(st.binary(max_size=40) | st.sampled_from([b"\n", b"0", TEXT.encode(), ED.line().encode()]), st.data())
def test_no_splice_changes_what_is_said(piece: bytes, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(RAW)))
    end = draw.draw(st.integers(start, min(len(RAW), start + 40)))
    try:
        signed = open_checkpoint(RAW[:start] + piece + RAW[end:], ORIGIN, LOG.public)
    except CryptoError:
        return
    assert (signed.checkpoint, signed.time) == (POINT, TIME)


def test_the_ed25519_line_is_an_ordinary_note_signature() -> None:
    assert ed25519_line(LOG.ed25519, ORIGIN, TEXT) == ED
