"""Files in other encodings than UTF-8: known by their mark or by what the user says, and never guessed."""

import pytest

from directory.exchange.csv_problem import ImportRefused
from directory.exchange.csv_text import read_table
from directory.exchange.file_encoding import in_utf8

TEXT = "nombre\tciudad\r\nPolicía – 日本\tBogotá\r\n"


@pytest.mark.parametrize(
    ("raw", "encoding", "text"),
    [
        (TEXT.encode(), "", TEXT),
        (TEXT.encode("utf-8-sig"), "utf-8", "\ufeff" + TEXT),
        (TEXT.encode("utf-16"), "", TEXT),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16", TEXT),
        (TEXT.encode("utf-16-le"), "utf-16", TEXT),
        ("Policía – €".encode("cp1252"), "windows-1252", "Policía – €"),
        (b"plain", "windows-1252", "plain"),
    ],
)
def test_what_is_known_or_said_is_read(raw: bytes, encoding: str, text: str) -> None:
    assert in_utf8(raw, encoding).decode() == text


def test_unicode_text_of_a_spreadsheet_is_a_table() -> None:
    table = read_table(in_utf8(TEXT.encode("utf-16")))
    assert (table.problems, table.header) == ([], ["nombre", "ciudad"])
    assert table.rows == [(2, ["Policía – 日本", "Bogotá"])]


@pytest.mark.parametrize(
    ("raw", "encoding", "told"),
    [
        ("x".encode("utf-32"), "", "line 1: the file is UTF-32; in the spreadsheet"),
        (b"a\0" * 90, "", "line 1: the file looks like UTF-16 without its mark; say --encoding utf-16"),
        ("José".encode(), "windows-1252", "line 1: the file is UTF-8, not windows-1252; leave --encoding out"),
        (TEXT.encode("utf-16"), "windows-1252", "line 1: the file is UTF-16, not windows-1252; leave"),
        (b"\xff\xfea\0\r\0\n\0\r\0\0\xd8b\0", "", "line 3: byte 0x00 is not UTF-16"),
        (b"a\r\nb\x81\r\n", "windows-1252", "line 2: byte 0x81 is not Windows-1252"),
        (b"abc", "utf-16", "line 1: byte 0x63 is not UTF-16"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(raw: bytes, encoding: str, told: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        in_utf8(raw, encoding)
    (problem,) = refused.value.problems
    assert str(problem).startswith(told)
