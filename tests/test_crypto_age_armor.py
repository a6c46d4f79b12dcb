"""age files as text: what is written is strict PEM, and nothing else is read."""

from base64 import encodebytes
from io import BytesIO

import pytest
from age_files import Drip, Full
from hypothesis import given
from hypothesis import strategies as st

from crypto.age_armor import BEGIN, END, MAX_WHITESPACE, ArmorReader, ArmorWriter, armor, dearmor, either_form
from crypto.age_errors import ArmorFailure
from crypto.age_source import BLOCK_SIZE

DATA = bytes(range(100))
TEXT = armor(DATA)
LINES = TEXT.split(b"\n")[1:-2]
assert [len(line) for line in LINES] == [64, 64, 8]
B, E = BEGIN + b"\n", END + b"\n"
FULL = b"A" * 64 + b"\n"

ACCEPTED = {
    "no end of the last line": (TEXT[:-1], DATA),
    "CRLF": (TEXT.replace(b"\n", b"\r\n"), DATA),
    "CRLF, no end of the last line": (TEXT.replace(b"\n", b"\r\n")[:-2], DATA),
    "white space around": (b"\n\r\n \t" + TEXT + b"\n \t\r\n", DATA),
    "as much white space as allowed": (b" " * MAX_WHITESPACE + TEXT[:-1] + b" " * MAX_WHITESPACE, DATA),
    "no data": (B + E, b""),
    "one byte": (B + b"AA==\n" + E, b"\0"),
    "a full last line": (B + FULL + E, bytes(48)),
    "a last line with padding": (B + FULL + FULL[:-5] + b"AA==\n" + E, bytes(94)),
}

REFUSED = {
    "empty": b"",
    "white space": b" \n",
    "the file itself": b"age-encryption.org/v1\n",
    "BEGIN line alone": B,
    "BEGIN line without its end": BEGIN,
    "BEGIN line: another label": TEXT.replace(b"BEGIN AGE ENCRYPTED FILE", b"BEGIN AGE ENCRYPTED MESSAGE"),
    "BEGIN line: small letters": TEXT.replace(BEGIN, BEGIN.lower()),
    "BEGIN line: space behind": TEXT.replace(BEGIN, BEGIN + b" "),
    "BEGIN line: four dashes": TEXT[1:],
    "BEGIN line: six dashes": b"-" + TEXT,
    "BEGIN line: carriage return alone": TEXT.replace(B, BEGIN + b"\r"),
    "something in front": b"x\n" + TEXT,
    "too much white space in front": b" " * (MAX_WHITESPACE + 1) + TEXT,
    "PEM headers": B + b"Version: 1\n\n" + TEXT.removeprefix(B),
    "empty line in front": TEXT.replace(B, B + b"\n"),
    "empty line in between": TEXT.replace(LINES[0], LINES[0] + b"\n"),
    "empty line behind": TEXT.replace(E, b"\n" + E),
    "space at the end of a line": TEXT.replace(LINES[0], LINES[0] + b" "),
    "space at the start of a line": TEXT.replace(LINES[1], b" " + LINES[1]),
    "space at the end of the last line": TEXT.replace(LINES[2], LINES[2] + b" "),
    "76 columns": B + encodebytes(DATA) + E,
    "a short line before a full one": B + LINES[2] + b"\n" + FULL + E,
    "two short lines": B + b"AAAA\nAAAA\n" + E,
    "a line of 68": B + FULL[:-1] + b"AAAA\n" + E,
    "a line of 60 between": B + FULL + FULL[4:] + FULL + E,
    "padding missing": B + b"AA\n" + E,
    "padding not whole": B + b"AA=\n" + E,
    "padding over two lines": B + b"AA=\n=\n" + E,
    "padding in the middle": B + b"AA==AAAA\n" + E,
    "padding at the end of a full line": B + FULL[:-3] + b"==\n" + b"AAAA\n" + E,
    "too much padding": B + b"AAAA====\n" + E,
    "last bits not zero": B + b"AB==\n" + E,
    "character outside base64": B + b"AA!A\n" + E,
    "url alphabet": B + b"AA_A\n" + E,
    "dash in the data": B + b"AA-A\n" + E,
    "null": B + b"AAA\0\n" + E,
    "outside ASCII": B + "AAé=\n".encode() + E,
    "checksum as in PGP": B + b"AAAA\n=AAAA\n" + E,
    "END line missing": B + FULL + b"AAAA\n",
    "END line missing after an empty last line": B + FULL,
    "END line cut short": TEXT[:-3],
    "END line on the last line": TEXT.replace(b"\n" + END, END),
    "END line: another label": TEXT.replace(b"END AGE ENCRYPTED FILE", b"END AGE FILE"),
    "END line: space inside": TEXT.replace(b"-----END", b"----- END"),
    "END line twice": TEXT + E,
    "something behind": TEXT + b"x\n",
    "something right behind": TEXT[:-1] + b"x",
    "another text behind": TEXT + TEXT,
    "null behind": TEXT + b"\0",
    "too much white space behind": TEXT[:-1] + b" " * (MAX_WHITESPACE + 1),
    "LF after CRLF": TEXT.replace(b"\n", b"\r\n", 1),
    "CRLF after LF": TEXT.replace(LINES[0] + b"\n", LINES[0] + b"\r\n"),
    "carriage return alone": TEXT.replace(LINES[0] + b"\n", LINES[0] + b"\r"),
    "carriage returns doubled": TEXT.replace(b"\n", b"\r\r\n"),
}


def drained(text: bytes, most: int, size: int) -> bytes:
    reader = ArmorReader(Drip(text, most))
    return b"".join(iter(lambda: reader.read(size), b""))


@pytest.mark.parametrize(("text", "data"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_format_allows_is_read(text: bytes, data: bytes) -> None:
    assert dearmor(text) == data
    assert drained(text, 1, 7) == data


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_everything_else_is_refused(text: bytes) -> None:
    with pytest.raises(ArmorFailure):
        dearmor(text)
    with pytest.raises(ArmorFailure):
        drained(text, 1, 7)


@given(st.binary(max_size=400), st.integers(1, 200), st.integers(1, 200))
def test_what_is_written_is_read(data: bytes, most: int, size: int) -> None:
    text = armor(data)
    assert dearmor(text) == data
    assert drained(text, most, size) == data
    assert dearmor(text.replace(b"\n", b"\r\n")) == data


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_the_writer_writes_the_same_in_pieces(pieces: list[bytes]) -> None:
    out = BytesIO()
    with ArmorWriter(out) as writer:
        for piece in pieces:
            assert writer.write(piece) == len(piece)
    assert out.getvalue() == armor(b"".join(pieces))


@given(st.binary(max_size=150), st.data())
def test_one_changed_byte_is_refused_or_changes_the_data(data: bytes, draw: st.DataObject) -> None:
    text = bytearray(armor(data))
    at = draw.draw(st.integers(0, len(text) - 2))  # the last is white space behind the END line
    text[at] = draw.draw(st.integers(0, 255).filter(lambda byte: byte != text[at]))
    try:
        assert dearmor(bytes(text)) != data
    except ArmorFailure:
        pass


@pytest.mark.parametrize("size", [48 * 1000, 48 * 1400 - 1, 65536, 131072, 1_000_000])
def test_large_data_passes_through_in_blocks(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    text = armor(data)
    assert dearmor(text) == data
    reader = ArmorReader(BytesIO(text.replace(b"\n", b"\r\n")))
    assert b"".join(iter(lambda: reader.read(65552), b"")) == data


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_the_end_of_a_block_may_fall_anywhere(line_end: bytes) -> None:
    # A text just short of a block, pushed across its end byte by byte: last line, END line and what follows.
    data = bytes(48 * (BLOCK_SIZE // (64 + len(line_end)) - 4) + 20)
    text = armor(data).replace(b"\n", line_end)
    room = BLOCK_SIZE - len(text)
    assert 0 < room < MAX_WHITESPACE
    for pushed in range(room - 40, room + 200):
        assert dearmor(b" " * pushed + text) == data
        with pytest.raises(ArmorFailure, match="follows"):
            dearmor(b" " * pushed + text + b"x")


def test_a_reader_that_failed_stays_failed() -> None:
    reader = ArmorReader(BytesIO(B + b"!" * 64 + b"\n" + FULL * 2000 + E))
    for _ in range(3):
        with pytest.raises(ArmorFailure):
            reader.read(10)


def test_a_writer_that_failed_leaves_no_valid_text() -> None:
    out = BytesIO()
    writer = ArmorWriter(out)
    writer.write(DATA)
    writer.__exit__(OSError, OSError("the disk is full"), None)
    with pytest.raises(ArmorFailure):
        dearmor(out.getvalue())


def test_a_writer_closes_once_and_takes_nothing_more() -> None:
    out = BytesIO()
    writer = ArmorWriter(out)
    writer.close()
    writer.close()
    assert out.getvalue() == armor(b"")
    with pytest.raises(ValueError, match="END line"):
        writer.write(b"x")


def test_a_full_disk_is_not_overlooked() -> None:
    with pytest.raises(OSError, match="only 10 of"):
        ArmorWriter(Full(10)).write(b"x")


# Either form


@pytest.mark.parametrize("front", [b"", b"\n", b" \r\n\t" * 200, b" " * MAX_WHITESPACE])
@pytest.mark.parametrize("most", [1, 7, 100_000])
def test_bytes_and_text_are_told_apart_by_their_beginning(front: bytes, most: int) -> None:
    data = bytes(range(256)) * 300
    for raw, content in ((data, data), (front + armor(data), data), (front, front), (b"", b"")):
        src = either_form(Drip(raw, most))
        found = b""
        while block := src.read(50_000):
            found += block
        assert found == content


def test_any_other_pem_is_read_as_a_text_that_is_malformed() -> None:
    for raw in (b"-----BEGIN PGP MESSAGE-----\n", b" " * (MAX_WHITESPACE - 1) + b"-----BEGIN AGE ENCRYPTED FILE----\n"):
        with pytest.raises(ArmorFailure, match="does not begin with"):
            either_form(Drip(raw)).read(1)
