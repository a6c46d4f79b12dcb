"""CSV as text: rows and back, and every fault of a file told with its line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.exchange.csv_text import MOST_CELL, MOST_FILE_BYTES, MOST_ROWS, read_table, write_table


def rows(raw: bytes) -> list[list[str]]:
    table = read_table(raw)
    assert table.problems == []
    return [table.header, *(cells for _, cells in table.rows)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\r1,2", [["a", "b"], ["1", "2"]]),
        (b"a;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]]),
        (b'"a;b",c\n1,2\n', [["a;b", "c"], ["1", "2"]]),
        (b'a,b\n"x, ""y""","line\r\nbreak"\n', [["a", "b"], ['x, "y"', "line\nbreak"]]),
        (b'a,b\n"","""x"\n', [["a", "b"], ["", '"x']]),
        (b"a,b\n1,\n", [["a", "b"], ["1", ""]]),
        (b"a,b\n1,", [["a", "b"], ["1", ""]]),
        (b"\n\na,b\n\n1,2\n,\n  , \n3,4\n\n", [["a", "b"], ["1", "2"], ["3", "4"]]),
        (b"a\n1\n", [["a"], ["1"]]),
        ("a,b\nBogotá,ñ\n".encode(), [["a", "b"], ["Bogotá", "ñ"]]),
        (b"a\tb;c\td\n1,5\t2\t3\n", [["a", "b;c", "d"], ["1,5", "2", "3"]]),
        (b"sep=;\r\na;b\r\n1,5;2\r\n", [["a", "b"], ["1,5", "2"]]),
        (b'\xef\xbb\xbf"SEP=|"\na|b,c;d\n1|2\n', [["a", "b,c;d"], ["1", "2"]]),
        (b"sep=\t\n\na\tb\n1\t2\n", [["a", "b"], ["1", "2"]]),
        (b'"a\nx";b\n1;2\n', [["a\nx", "b"], ["1", "2"]]),
        (b"a,b,, \n1,2,,\n,,,\n", [["a", "b"], ["1", "2"]]),
        (b"a,b,,\n1,2,,3\n", [["a", "b", "", ""], ["1", "2", "", "3"]]),
        (b"a,b,\n", [["a", "b"]]),
    ],
)
def test_files_that_are_read(raw: bytes, expected: list[list[str]]) -> None:
    assert rows(raw) == expected


def test_rows_know_the_line_they_begin_on() -> None:
    table = read_table(b'a,b\n1,"x\ny\nz"\n\n2,3\n')
    assert [line for line, _ in table.rows] == [2, 6]
    table = read_table(b"sep=;\n\na;b\n1;2\n1\n")
    assert (table.header_line, [line for line, _ in table.rows]) == (3, [4])
    assert [each.line for each in table.problems] == [5]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", ["line 1: the file is empty"]),
        (b"\n \n", ["line 1: the file is empty"]),
        (b"a,b\n1\n1,2,3\n", ["line 2: 1 cells, where the header has 2", "line 3: 3 cells, where the header has 2"]),
        (b"a,b\n\xe1,2\n3,\xff\n", ["line 2: byte 0xe1 is not UTF-8", "line 3: byte 0xff is not UTF-8"]),
        (b"a,b\n1,\x002\n", ["line 2: a NUL byte"]),
        (b"a,b\nPolic\xeda,2\n", ["line 2: byte 0xed is not UTF-8; as windows-1252 it reads 'Polic\u00eda,2'; in the"]),
        (b"sep=;\n", ["line 1: the file is empty"]),
        (b"PK\x03\x04...", ["line 1: this is a spreadsheet, not a CSV file"]),
        (b'a,b\nx"y",2\n', ["line 2: a quotation mark inside"]),
        (b'a,b\n"x"y,2\n', ["line 2: 'y' follows a closing quotation mark"]),
        (b'a,b\n"x" ,2\n', ["line 2: ' ' follows a closing quotation mark"]),
        (b'a,b\n1,"2\n3,4\n', ["line 2: the quotation mark that opens this cell is never closed"]),
        (b'a,"b\n1,2\n', ["line 1: the quotation mark that opens this cell is never closed"]),
        (b"a,b\n" + b"x" * (MOST_CELL + 1) + b",2\n", [f"line 2: a cell of {MOST_CELL + 1} characters"]),
        (b"a,b\n" + b"1,2\n" * (MOST_ROWS + 1), [f"line {MOST_ROWS + 2}: more than {MOST_ROWS} lines"]),
        (b"x" * (MOST_FILE_BYTES + 1), [f"line 1: {MOST_FILE_BYTES + 1} bytes"]),
        (b'a,b\n\xe1,2\nx"y",2\n1\n', ["line 2: byte 0xe1", "line 3: a quotation mark inside", "line 4: 1 cells"]),
    ],
)
def test_faults_are_told_with_their_lines(raw: bytes, told: list[str]) -> None:
    problems = sorted(read_table(raw).problems)
    assert len(problems) == len(told)
    for problem, start in zip(problems, told, strict=True):
        assert str(problem).startswith(start)
        assert problem.do


@pytest.mark.parametrize("line", [b"x\n", b"\xe1\n", b'x"\n', b"\0\n", b'"x"x,' * 9 + b"\n"])
def test_a_file_of_something_else_is_not_read_to_its_end(line: bytes) -> None:
    table = read_table(b"a,b\n" + line * 3 * MOST_ROWS)
    assert table.rows == []
    assert MOST_ROWS <= len(table.problems) <= MOST_ROWS + 9


def test_a_line_with_a_fault_is_not_used() -> None:
    table = read_table(b'a,b\nx"y",2\n"open\nfile",3\n\xff,4\n5,6\n')
    assert [cells for _, cells in table.rows] == [["open\nfile", "3"], ["5", "6"]]


text = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=20)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(text, min_size=width, max_size=width), min_size=1)))
def test_what_is_written_is_read_back_here_and_elsewhere(table: list[list[str]]) -> None:
    header = [f"column {place}" for place in range(len(table[0]))]
    raw = write_table(header, table)
    assert rows(raw) == [header, *([row for row in table if any(cell.strip() for cell in row)])]
    assert rows(raw.replace(b"\n", b"\r\n"))[1:] == rows(raw)[1:]
    elsewhere = list(csv.reader(io.StringIO(raw.decode(), newline=""), strict=True))
    blank = [[]] if len(header) == 1 else [[""] * len(header)]
    assert [row for row in elsewhere if row not in blank] == [
        header, *(row for row in table if row != [""] * len(header))
    ]  # fmt: skip


@given(st.binary(max_size=200) | st.text('",;\n\r ab', max_size=60).map(str.encode))
def test_anything_is_read_or_refused(raw: bytes) -> None:
    table = read_table(raw)
    assert table.header or table.problems
    assert all(len(cells) == len(table.header) for _, cells in table.rows)
    assert all(1 <= problem.line <= raw.count(b"\n") + raw.count(b"\r") + 1 for problem in table.problems)
