"""The recovery file's form: what is written is read back as it was, and nothing else is."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.age import decrypt
from crypto.age_scrypt import ScryptIdentity
from desk.errors import DeskError, Usage
from desk.mail.facts import SaidFacts
from desk.profile.recovery_file import (
    PIECE,
    AttachmentRecord,
    DraftRecord,
    Head,
    LineRecord,
    MessageRecord,
    OtherVersion,
    ProofRecord,
    Pulled,
    Record,
    RecoveryError,
    RecoveryReader,
    write_recovery,
)

HEAD = Head(
    archive="AGE-SECRET-KEY-PQ-1" + "Q" * 58,
    authority="",
    checkpoint="",
    device="d0" * 32,
    member="co",
    name="enlace.example",
    network="ab" * 32,
    officer="0f" * 16,
    relay="https://relay.example",
    written=1_800_000_000,
)
Whole = tuple[Record, bytes]
FILE = b"sealed \n bytes"
MESSAGE = (MessageRecord(facts=SaidFacts(direction="in", received=7), size=5), b"note\n")
ATTACHED = (AttachmentRecord(hash=sha256(FILE).hexdigest(), size=len(FILE)), FILE)
SHOWN = (ProofRecord(size=2), b"{}")
LINE = (LineRecord(line="step", envelope="ee" * 32, size=5), b"line\n")
DRAFT = (DraftRecord(size=7), b'{"x":1}')
ALL: list[Whole] = [MESSAGE, SHOWN, ATTACHED, MESSAGE, LINE, LINE, DRAFT]


def written(records: list[Whole], head: Head = HEAD) -> bytes:
    return b"".join(write_recovery(head, ((record, (data,)) for record, data in records)))


def read(raw: bytes, step: int = PIECE) -> tuple[Head, list[Whole]]:
    reader = RecoveryReader(raw[at : at + step] for at in range(0, len(raw), step))
    found = [(record, b"".join(payload)) for record, payload in reader.records()]
    assert reader.end is not None
    return reader.head, found


GOOD = written(ALL)
LAST = b'{"attachments":1,"drafts":1,"kind":"end","lines":2,"messages":2,"proofs":1}\n'


def test_an_example_stands_as_it_is_described() -> None:
    lines = written([MESSAGE, LINE]).split(b"\n")
    assert lines[0] == b"enlace/recovery/v1"
    assert lines[1].startswith(b'{"archive":"AGE-SECRET-KEY-PQ-1')
    assert lines[2:] == [
        b'{"facts":{"direction":"in","received":7},"kind":"message","size":5}',
        b"note",
        b'{"envelope":"' + b"ee" * 32 + b'","kind":"line","line":"step","size":5}',
        b"line",
        b'{"attachments":0,"kind":"end","lines":1,"messages":1}',
        b"",
    ]


@pytest.mark.parametrize("records", [[], [MESSAGE], [LINE], ALL])
@pytest.mark.parametrize("step", [1, 7, PIECE])
def test_what_was_written_is_read_in_pieces_of_any_size(records: list[Whole], step: int) -> None:
    assert read(written(records), step) == (HEAD, records)


@given(st.lists(st.tuples(st.integers(0, 2**40), st.binary(max_size=300)), max_size=6), st.integers(1, 400))
def test_parse_of_write_is_identity(given_messages: list[tuple[int, bytes]], step: int) -> None:
    records: list[Whole] = [
        (MessageRecord(facts=SaidFacts(direction="in", received=at), size=len(data)), data)
        for at, data in given_messages
    ]
    raw = written(records)
    assert read(raw, step) == (HEAD, records)
    assert written(read(raw, step)[1]) == raw


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_another_byte_anywhere_is_refused_or_written_alike(at: int, byte: int) -> None:
    """age authenticates every byte; this is about what a writer with the key could have made."""
    raw = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    try:
        head, records = read(raw)
    except Usage:
        return
    assert written(records, head) == raw


def test_what_is_not_taken_is_passed_over() -> None:
    reader = RecoveryReader(iter([GOOD]))
    assert [type(record) for record, _ in reader.records()] == [type(record) for record, _ in ALL]


def test_a_reader_holds_a_piece_and_no_more() -> None:
    size = 40 * PIECE
    record = AttachmentRecord(hash=sha256(bytes(size)).hexdigest(), size=size)

    def pieces() -> Iterator[bytes]:
        records = ((MESSAGE[0], (MESSAGE[1],)), (record, (bytes(PIECE) for _ in range(40))))
        pulled = Pulled(write_recovery(HEAD, records), lambda piece: None)
        while piece := pulled.read(PIECE):
            yield piece

    reader = RecoveryReader(pieces())
    longest = max(len(piece) for _, payload in reader.records() for piece in payload)
    assert longest <= 2 * PIECE


def changed(old: bytes, new: bytes) -> bytes:
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


BAD = {
    "empty": b"",
    "nothing but a type line": b"enlace/recovery/v1\n",
    "another kind of file": b"enlace/keyfile/v1\n" + GOOD,
    "carriage returns": GOOD.replace(b"\n", b"\r\n"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "a head that is cut off": GOOD[:60],
    "cut in a record": GOOD[:-90],
    "cut before the end": GOOD.removesuffix(LAST),
    "cut in the end": GOOD[:-1],
    "something after the end": GOOD + b"\n",
    "a second end": GOOD + LAST,
    "a wrong count of messages": changed(LAST, LAST.replace(b'"messages":2', b'"messages":3')),
    "a wrong count of drafts": changed(LAST, LAST.replace(b'"drafts":1', b'"drafts":2')),
    "no count of drafts": changed(LAST, LAST.replace(b'"drafts":1,', b"")),
    "a line after a draft": written([MESSAGE, DRAFT, LINE]),
    "a size no draft has": changed(b'"draft","size":7', b'"draft","size":600001'),
    "a wrong count of attachments": changed(LAST, LAST.replace(b'ts":1', b'ts":0')),
    "a line before a message": written([LINE, LINE]).removesuffix(
        b'{"attachments":0,"kind":"end","lines":2,"messages":0}\n'
    )
    + GOOD.split(b"\n", 2)[2],
    "an attachment of no message": written([ATTACHED]),
    "an attachment after a line": written([MESSAGE, LINE, ATTACHED]),
    "another attachment": changed(FILE, FILE[::-1]),
    "a size that is too small": changed(b'"message","size":5', b'"message","size":4'),
    "a size that is too large": changed(b'"message","size":5', b'"message","size":6'),
    "a size no message has": changed(b'"message","size":5', b'"message","size":99999999'),
    "a size no line has": changed(b'"step","size":5', b'"step","size":9999999'),
    "a negative size": changed(b'"size":5', b'"size":-5'),
    "a fraction": changed(b'"size":5', b'"size":5.0'),
    "white space": changed(b'"size":5', b'"size": 5'),
    "a default written out": changed(b'"received":7', b'"opened":0,"received":7'),
    "disorder": changed(b'"direction":"in","received":7', b'"received":7,"direction":"in"'),
    "a name twice": changed(b'"received":7', b'"received":7,"received":7'),
    "an unknown field": changed(b'"received":7', b'"received":7,"x":1'),
    "an unknown kind": changed(b'"kind":"line"', b'"kind":"seed"'),
    "an unknown line": changed(b'"step"', b'"stop"'),
    "an unknown direction": changed(b'"in"', b'"up"'),
    "no identity": changed(b"AGE-SECRET-KEY-PQ-1", b"AGE-SECRET-KEY-1"),
    "a null": changed(b'"relay":"https://relay.example"', b'"relay":null'),
    "bad UTF-8": changed(b"relay.example", b"relay.\xff\xfe"),
    "deep JSON": GOOD.replace(b'{"facts"', b"[" * 2000 + b'{"facts"', 1),
    "a line without an end": b"enlace/recovery/v1\n" + b"x" * (300 << 10),
    "a member that is none": changed(b'"member":"co"', b'"member":"CO"'),
}


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD)
def test_what_a_writer_would_not_have_written_is_refused(raw: bytes) -> None:
    with pytest.raises(RecoveryError, match="this recovery file is damaged, or none: "):
        read(raw)


@pytest.mark.parametrize("version", [b"v2", b"v10", b"v1.1"])
def test_a_newer_version_is_told_as_such(version: bytes) -> None:
    with pytest.raises(OtherVersion, match="another version of Enlace wrote this recovery file: update this one"):
        read(GOOD.replace(b"recovery/v1", b"recovery/" + version, 1))


@pytest.mark.parametrize(
    "spoilt",
    [(MESSAGE[0], b"shor"), (MESSAGE[0], b"longer"), (ATTACHED[0], FILE[::-1])],
    ids=["short", "long", "other"],
)
def test_a_writer_writes_nothing_that_no_reader_takes(spoilt: Any) -> None:
    with pytest.raises(DeskError, match="changed while it was written"):
        written([MESSAGE, spoilt])


def test_a_head_is_shown_without_its_secret() -> None:
    assert "AGE-SECRET" not in repr(HEAD)
    assert "AGE-SECRET" in msgspec.json.encode(HEAD).decode()


def test_a_file_of_the_first_version_is_read_for_good() -> None:
    """`tests/data/recovery-1.age` was written when the format was new; it is never made again."""
    sealed = (Path(__file__).parent / "data" / "recovery-1.age").read_bytes()
    raw = decrypt(sealed, [ScryptIdentity(b"a passphrase of its own")])
    head, records = read(raw)
    assert [type(record).__name__ for record, _ in records] == [
        "MessageRecord", "AttachmentRecord", "MessageRecord", "LineRecord",
    ]  # fmt: skip
    assert isinstance(records[0][0], MessageRecord)
    assert (head.name, records[0][0].facts.decided) == ("enlace.example", "accepted")
    assert written(records, head) == raw
