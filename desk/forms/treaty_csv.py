"""An authority's table of parties as CSV, for whoever keeps it in a spreadsheet: in, with every fault told, and out.

    instrument,country,state,since,source,date,note
    untoc,CO,party,,Depositary's list of parties,2026-03-01,

1. `source` and `date` are mandatory: a row that nobody can check is no row. A source of a day to come is none either.
2. Nothing is imported while anything is wrong; every fault is told by its line and column, with what to do.
3. A country may be given by its code or by a name in the four languages, a state likewise; the rest is as it is stored.
   Cells are read and written as those of contact files are (`directory.exchange.csv_cells`): no formula, nothing
   invisible.
"""

from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from desk.forms.catalogue import code_lists
from desk.forms.definition import CodeName
from desk.forms.treaties import MOST_ROWS, PartyRow, PartyTable, row_faults
from directory.canonical import Malformed, decode, encode
from directory.country_codes import COUNTRY_CODES
from directory.exchange.csv_cells import escaped, read_country, unescaped
from directory.exchange.csv_problem import CellError, ImportRefused, Problem, quoted
from directory.exchange.csv_text import read_table, write_table
from directory.folding import fold

COLUMNS = ("instrument", "country", "state", "since", "source", "date", "note")
_MUST = ("instrument", "country", "state", "source", "date")


def read_party_csv(raw: bytes, today: str = "") -> PartyTable:
    """The table in a CSV file; raises ImportRefused with everything that is wrong with it.

    `today` (`YYYY-MM-DD`): a source of a later day is a fault.
    """
    table = read_table(raw, told_encoding=False)
    problems = list(table.problems)
    header = [each.strip().lower() for each in table.header]
    if header:
        problems += _wrong_columns(header)
    if problems:
        raise ImportRefused(problems)
    found = dict[tuple[str, str], PartyRow]()
    for number, cells in table.rows:
        row = _row(number, dict(zip(header, cells, strict=True)), today, problems)
        if row is not None and row.key in found:
            what = f"a second row about {row.instrument} and {row.country}"
            problems.append(Problem(number, "", what, "keep one of them"))
        elif row is not None:
            found[row.key] = row
    if len(found) > MOST_ROWS:
        problems.append(Problem(1, "", f"{len(found)} rows; a table has at most {MOST_ROWS}", "leave some out"))
    if problems:
        raise ImportRefused(problems)
    return PartyTable(rows=tuple(found[key] for key in sorted(found)))


def write_party_csv(table: PartyTable) -> bytes:
    """The table as a CSV file, which `read_party_csv` reads as the same table."""
    rows = ([escaped(getattr(each, name) or "") for name in COLUMNS] for each in table.rows)
    return write_table(COLUMNS, rows)


def _wrong_columns(header: list[str]) -> Iterable[Problem]:
    for name in _MUST:
        if name not in header:
            yield Problem(1, name, "this column is missing", f"the columns are {', '.join(COLUMNS)}")
    for at, name in enumerate(header):
        if name not in COLUMNS:
            yield Problem(1, name, f"no column is called {quoted(name)}", f"the columns are {', '.join(COLUMNS)}")
        elif name in header[:at]:
            yield Problem(1, name, "this column stands twice", "take one out")


def _row(number: int, cells: dict[str, str], today: str, problems: list[Problem]) -> PartyRow | None:
    """The row of a line; nothing, and its faults in `problems`, if it is none."""
    values = dict[str, str]()
    wrong = len(problems)
    for name, cell in cells.items():
        try:
            if text := unescaped(cell, name):
                values[name] = _READ[name](text)
            elif name in _MUST:
                raise CellError("this is empty", _WHAT_TO_DO[name])
        except CellError as error:
            problems.append(Problem(number, name, error.what, error.do))
    if len(problems) > wrong:
        return None
    try:
        row = decode(encode(values), PartyRow)
    except Malformed as error:
        problems.append(Problem(number, "", str(error), "mend or shorten it"))
        return None
    faults = [Problem(number, column, what, do) for column, what, do in row_faults(row, today)]
    problems += faults
    return None if faults else row


def _party(text: str) -> str:
    code = read_country(text)
    if code not in COUNTRY_CODES:
        raise CellError(f"{quoted(text)} is no country's code", "write its two-letter code, as in CO")
    return code


def _state(text: str) -> str:
    known = code_lists()["party-states"]
    for code, names in known.items():
        if fold(text) in {fold(each) for each in (code, names.es, names.en, names.pt, names.fr)}:
            return code
    raise CellError(f"{quoted(text)} is none of the states", f"write {', '.join(known)}")


def _day(text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError(text)
    except ValueError as error:
        raise CellError(f"{quoted(text)} is no day", "write year, month and day, as in 2026-03-01") from error
    return text


def _instrument(text: str) -> str:
    try:
        return msgspec.convert(text, CodeName)
    except msgspec.ValidationError as error:
        known = ", ".join(code_lists()["instruments"])
        raise CellError(f"{quoted(text)} is no code", f"write one of {known}, or one of your own, alike") from error


def _one_line(text: str) -> str:
    if "\n" in text:
        raise CellError("two lines", "write it on one")
    return text


_READ: dict[str, Callable[[str], str]] = {
    "instrument": _instrument,
    "country": _party,
    "state": _state,
    "since": _day,
    "source": _one_line,
    "date": _day,
    "note": _one_line,
}
_WHAT_TO_DO = {
    "instrument": "write the code of an instrument, such as untoc",
    "country": "write its two-letter code",
    "state": "write party, signatory, denounced or not-party",
    "source": "say where this was read",
    "date": "say of which day that source is, as in 2026-03-01",
}
