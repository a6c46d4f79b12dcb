"""CSV as RFC 4180 has it: bytes to rows of cells and back, strictly, with every fault found and its line told.

    contact,name_es
    co-desk,"La ""línea"", mesa de guardia"

1. UTF-8 only (of others: `directory.exchange.file_encoding`); a byte order mark at the start is passed over. Lines end
   in LF, CRLF or CR, also inside quotation marks (where they become LF).
2. Cells are parted by commas, or by semicolons or tabs where the header line has more of them; or as a first line
   `sep=;` says, which some spreadsheets write and want.
3. A cell with a delimiter, a quotation mark or a line end in it stands in quotation marks; inside, a mark is doubled.
   A mark anywhere else is a fault, for what follows it cannot be trusted to stand in the right column.
4. Every line has as many cells as the header: one with fewer may be cut off, and in one with more they stand in the
   wrong columns. Empty lines, and lines of nothing but empty cells, are passed over; so are columns at the end with
   neither a name nor anything in them.
5. Reading goes on after a fault where the next cell can still be told; a line with a fault is not used. It ends after
   MOST_ROWS lines or faults: so a file of something else takes no more memory than one of contacts.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from directory.exchange.csv_problem import Problem, quoted

MOST_FILE_BYTES = 16 << 20
MOST_ROWS = 20_000
MOST_CELL = 8_000

DELIMITERS = (",", ";", "\t")
_TO_QUOTE = re.compile(r'[,;"\n\r]')
_TOLD = re.compile('"?(?i:sep)=([,;\t|])"?(?=\n|$)')
_LOOKED_AT = 1 << 16  # characters that the header may have
_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_RESAVE = "in the spreadsheet, save it again as “CSV UTF-8”"
_SAY = f"{_RESAVE}, or say what it is with --encoding"
_AS_MANY = (
    "give it as many: put a cell with a comma, a semicolon or a tab in quotation marks, and where cells at the end "
    "are empty, take out their columns or write something into the last"
)


@dataclass(slots=True)
class Table:
    """The header and its line, the rows without fault, each with the line it begins on, and every fault."""

    header: list[str] = field(default_factory=list)
    header_line: int = 1
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_table(raw: bytes, *, told_encoding: bool = True) -> Table:
    """The cells of a CSV file and all that is wrong with it; raises nothing."""
    table = Table()
    text = _decoded(raw, table.problems, told_encoding=told_encoding)
    if text is None:
        return table
    bad = {problem.line for problem in table.problems}
    told, count = len(table.problems), 0
    delimiter, begin = _delimiter(text)
    for first, last, cells in _rows(text, delimiter, begin, table.problems):
        bad |= {problem.line for problem in table.problems[told:]}
        told = len(table.problems)
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS + 1:
            what = f"more than {MOST_ROWS} lines, which is as many as are read at once"
            table.problems.append(Problem(first, "", what, "split the file"))
            break
        sound = bad.isdisjoint(range(first, last + 1))
        if count == 1:
            if not sound:
                return table
            table.header, table.header_line = cells, first
        elif sound and len(cells) != len(table.header):
            what = f"{len(cells)} cells, where the header has {len(table.header)}"
            table.problems.append(Problem(first, "", what, _AS_MANY))
        elif sound:
            table.rows.append((first, cells))
    if not count and not table.problems:
        table.problems.append(Problem(1, "", "the file is empty", "begin it with a line of column names"))
    _without_empty_end(table)
    return table


def _without_empty_end(table: Table) -> None:
    """Take away the columns at the end that have neither a name nor anything in them."""
    most = max((_filled(cells) for cells in (table.header, *(cells for _, cells in table.rows))), default=0)
    if most < len(table.header):
        table.header = table.header[:most]
        table.rows = [(line, cells[:most]) for line, cells in table.rows]


def _filled(cells: list[str]) -> int:
    """How many cells there are up to the last that is not blank."""
    return next((place for place in range(len(cells), 0, -1) if cells[place - 1].strip()), 0)


def write_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """The CSV file of rows of cells: commas, LF, quotation marks only where they are needed."""
    lines = (",".join(map(_written, cells)) for cells in (header, *rows))
    return "".join(f"{line}\n" for line in lines).encode()


def _written(cell: str) -> str:
    if not _TO_QUOTE.search(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _decoded(raw: bytes, problems: list[Problem], *, told_encoding: bool) -> str | None:
    """The text, with a fault for every line that is not UTF-8 or holds a NUL; None if nothing can be made of it."""
    if len(raw) > MOST_FILE_BYTES:
        problems.append(Problem(1, "", f"{len(raw)} bytes; at most {MOST_FILE_BYTES} are read", "split the file"))
        return None
    if raw[:4] == b"PK\x03\x04":
        problems.append(Problem(1, "", "this is a spreadsheet, not a CSV file", _RESAVE))
        return None
    raw = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" not in raw:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass  # the lines at fault are looked for below
    decoded = []
    for number, line in enumerate(raw.split(b"\n"), 1):
        if len(problems) > MOST_ROWS:  # this is something else altogether
            return None
        try:
            decoded.append(line.decode())
        except UnicodeDecodeError as error:
            what = f"byte {line[error.start]:#04x} is not UTF-8{_in_old_page(line, error.start)}"
            problems.append(Problem(number, "", what, _SAY if told_encoding else _RESAVE))
            decoded.append(line.decode(errors="replace"))
        if b"\0" in line:
            problems.append(Problem(number, "", "a NUL byte", "remove it; the file may be damaged"))
    return "\n".join(decoded)


def _in_old_page(line: bytes, at: int) -> str:
    """What the bytes around that place would say in Windows-1252, for whoever knows what they should say."""
    around = line[max(at - 12, 0) : at + 12].decode("cp1252", "replace")
    return "" if "\ufffd" in around else f"; as windows-1252 it reads {quoted(around)}"


def _delimiter(text: str) -> tuple[str, int]:
    """What parts the cells (rule 2), and where the table begins."""
    if told := _TOLD.match(text):
        return told[1], min(told.end() + 1, len(text))
    header = _QUOTED.sub("", text[:_LOOKED_AT].lstrip(" \n")).partition("\n")[0]
    return max(DELIMITERS, key=header.count), 0


def _rows(text: str, delimiter: str, begin: int, problems: list[Problem]) -> Iterator[tuple[int, int, list[str]]]:
    """First line, last line and cells of each row that is not blank (rules 3 and 5)."""
    bare = re.compile(f"[^{re.escape(delimiter)}\n]*")
    at, line = begin, 1 + text.count("\n", 0, begin)
    first, cells = line, list[str]()
    while (at < len(text) or cells) and len(problems) <= MOST_ROWS:
        quoted_cell = _QUOTED.match(text, at)
        if text.startswith('"', at) and quoted_cell is None:
            what = "the quotation mark that opens this cell is never closed"
            problems.append(Problem(line, "", what, "close it, and double those inside"))
            return
        opened = line
        if quoted_cell is not None:
            cell = quoted_cell[1].replace('""', '"')
            line += cell.count("\n")
            at = quoted_cell.end()
        else:
            cell = ""
        match = bare.match(text, at)
        rest = match[0] if match else ""
        at += len(rest)
        if quoted_cell is not None and rest:
            what = f"{quoted(rest)} follows a closing quotation mark"
            problems.append(Problem(line, "", what, "end the cell there, and double quotation marks inside it"))
        elif '"' in rest:
            what = f"a quotation mark inside {quoted(rest)}"
            problems.append(Problem(line, "", what, "put the whole cell in quotation marks and double those inside"))
        if len(cell) + len(rest) > MOST_CELL:
            what = f"a cell of {len(cell) + len(rest)} characters; at most {MOST_CELL} are read"
            problems.append(Problem(opened, "", what, "shorten it, or close a quotation mark before it"))
        cells.append(cell or rest)
        if text.startswith(delimiter, at):
            at += 1
            continue
        if cells != [""]:
            yield first, line, cells
        at, line = at + 1, line + 1
        first, cells = line, []
