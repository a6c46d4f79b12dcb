"""Cosignatures of both kinds: an outside one, their times, and everything that is none (c2sp.org/tlog-cosignature)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from witness_keys import LOG, ORIGIN, WITNESSES, key_name

from crypto.checkpoint import Checkpoint, CheckpointError
from crypto.cosignature import (
    ED25519_COSIGNATURE_TYPE,
    CheckpointKey,
    Ed25519CosignatureVerifier,
    cosign,
    cosigner_keys,
    log_keys,
    parse_lines,
    time_of,
    write_lines,
)
from crypto.note import Note, NoteError, Signature, SignatureError, key_id, parse_line, verified
from crypto.signing import SecretPair

POINT = Checkpoint(ORIGIN, 1042, bytes(range(32)))
TIME = 1_767_225_600
NAME, KEYS = key_name("co"), WITNESSES["co"]
LINES = cosign(POINT, KEYS, NAME, TIME)
RAW = write_lines(LINES)


def check(line: Signature, point: Checkpoint = POINT, name: str = NAME, keys: SecretPair = KEYS) -> None:
    for each in cosigner_keys(name, keys.public):
        if each.key_id == line.key_id:
            return each.on(point).check(point.text().encode(), line.blob)
    raise AssertionError("a line of none of the keys")


def test_the_message_of_an_ed25519_cosignature_is_the_specifications() -> None:
    public = KEYS.ed25519.public_key()
    blob = LINES[0].blob
    assert blob[:8] == TIME.to_bytes(8, "big")
    public.verify(blob[8:], f"cosignature/v1\ntime {TIME}\n{POINT.text()}".encode())
    assert LINES[0].key_id == key_id(NAME, b"\x04" + KEYS.public.ed25519)
    assert LINES[1].key_id == key_id(NAME, b"\x06" + KEYS.public.mldsa44)


def test_both_lines_verify() -> None:
    note = Note(POINT.text(), LINES)
    found = verified(note, [each.on(POINT) for each in cosigner_keys(NAME, KEYS.public)])
    assert len(found) == 2
    assert [time_of(each.blob) for each in note.signatures] == [TIME, TIME]


@pytest.mark.parametrize("line", LINES, ids=["0x04", "0x06"])
@pytest.mark.parametrize(
    "other", [Checkpoint(ORIGIN, 1043, POINT.root), Checkpoint("log.enlace.example/2027", 1042, POINT.root),
              Checkpoint(ORIGIN, 1042, bytes(32))],
    ids=["size", "origin", "root"],
)  # fmt: skip
def test_a_line_is_over_one_checkpoint(line: Signature, other: Checkpoint) -> None:
    check(line)
    with pytest.raises(SignatureError):
        check(line, other)


@pytest.mark.parametrize("line", LINES, ids=["0x04", "0x06"])
@pytest.mark.parametrize("at", [0, 7, 8, -1])
def test_a_changed_byte_is_seen(line: Signature, at: int) -> None:
    blob = bytearray(line.blob)
    blob[at] ^= 1
    with pytest.raises(SignatureError):
        check(Signature(line.name, line.key_id, bytes(blob)))


@pytest.mark.parametrize("line", LINES, ids=["0x04", "0x06"])
@pytest.mark.parametrize("length", [1, 8, 9, 72, 73])
def test_a_line_of_another_length_is_refused(line: Signature, length: int) -> None:
    if length < len(line.blob):
        with pytest.raises(SignatureError):
            check(Signature(line.name, line.key_id, line.blob[:length]))
    with pytest.raises(SignatureError):
        check(Signature(line.name, line.key_id, line.blob + b"\0"))


def test_a_key_of_small_order_cosigns_nothing() -> None:
    weak = bytes([1]) + bytes(31)
    with pytest.raises(SignatureError, match="none that a key generator makes"):
        Ed25519CosignatureVerifier(NAME, weak).check(POINT.text().encode(), bytes(72))
    with pytest.raises(NoteError, match="none that a key generator makes"):
        CheckpointKey(NAME, ED25519_COSIGNATURE_TYPE, weak)


@pytest.mark.parametrize("kind", [b"\x02", b"\x05", b"\xff", b"", b"\x04\x04"])
def test_other_types_of_keys_are_refused(kind: bytes) -> None:
    with pytest.raises(NoteError, match="signs no checkpoint"):
        CheckpointKey(NAME, kind, KEYS.public.ed25519)


@pytest.mark.parametrize(("kind", "size"), [(b"\x01", 33), (b"\x04", 31), (b"\x06", 32)])
def test_keys_of_another_length_are_refused(kind: bytes, size: int) -> None:
    with pytest.raises(NoteError, match="bytes, not"):
        CheckpointKey(NAME, kind, bytes(size))


@pytest.mark.parametrize("time", [-1, 2**63, 2**64])
def test_a_time_beyond_the_format_is_not_signed(time: int) -> None:
    with pytest.raises(CheckpointError):
        cosign(POINT, KEYS, NAME, time)


@pytest.mark.parametrize("blob", [b"", bytes(8), (2**63).to_bytes(8, "big") + b"x"])
def test_a_time_beyond_the_format_is_not_read(blob: bytes) -> None:
    with pytest.raises(CheckpointError):
        time_of(blob)


def test_a_log_signs_with_two_keys_of_other_types() -> None:
    assert [each.kind for each in log_keys(ORIGIN, LOG.public)] == [b"\x01", b"\x06"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", RAW[:-1], RAW + b"\n", b"\n" + RAW, RAW * 17, RAW.replace(b"\xe2\x80\x94", b"-"), RAW + b"\xff\n",
     RAW.replace(b"\n", b"\r\n"), "— a AAAA\n".encode(), "— a\n".encode(), "— a b c\n".encode(),
     "—  AAAAAAA=\n".encode(),     b"x" * 200_000],
)  # fmt: skip
def test_what_are_no_signature_lines(raw: bytes) -> None:
    with pytest.raises(NoteError):
        parse_lines(raw)


@pytest.mark.parametrize("line", ["", "—", "— a", "- a AAAAAAA=", "— a AAAA", "— a+b AAAAAAA=", "— a AAAAAAA= "])
def test_what_is_no_signature_line(line: str) -> None:
    with pytest.raises(NoteError):
        parse_line(line)


@given(
    st.lists(st.tuples(st.sampled_from(["a", NAME, "ñ"]), st.binary(min_size=5, max_size=99)), min_size=1, max_size=32)
)
def test_lines_are_read_as_they_were_written(found: list[tuple[str, bytes]]) -> None:
    lines = tuple(Signature(name, blob[:4], blob[4:]) for name, blob in found)
    assert parse_lines(write_lines(lines)) == lines
    assert parse_line(lines[0].line()[:-1]) == lines[0]


@given(st.text(alphabet="— aA=\n+é", max_size=40))
def test_whatever_is_read_is_written_the_same(text: str) -> None:
    try:
        lines = parse_lines(text.encode())
    except NoteError:
        return
    assert write_lines(lines) == text.encode()
