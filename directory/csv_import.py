"""Contacts from a CSV file: what the file says, then what importing it would do. The columns: docs/csv-import.md.

1. Nothing is half-imported: every fault of the file is found and told with its line, and a file with one gives no plan.
2. Nothing is written here: bytes and the present entries in, a plan out. A dry run is showing the plan.
3. A line without an id gets one from country, function and name; the same line gets the same one every time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from directory.contact_id import derived_id
from directory.countries import country_languages
from directory.csv_columns import OFFICIAL, column, column_name, nearest_column
from directory.csv_plan import Plan, Row, plan_rows
from directory.csv_problem import CellError, ImportRefused, Problem, quoted
from directory.csv_text import read_table
from directory.entry import Entry


@dataclass(slots=True)
class Reading:
    """The lines that could be read, everything that was wrong with the others, and the ids these named."""

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    named: set[str] = field(default_factory=set)


def plan_csv(
    raw: bytes, entries: Iterable[Entry], *, country: str = "", provisional: bool = False, whole: bool = False
) -> Plan:
    """What importing a file would change; raises ImportRefused with everything that is wrong. See `plan_rows`."""
    reading = _read(raw)
    return plan_rows(
        reading.rows,
        entries,
        country=country,
        provisional=provisional,
        whole=whole,
        found=reading.problems,
        named=reading.named,
    )


def read_contacts(raw: bytes) -> tuple[Row, ...]:
    """The lines of a file; raises ImportRefused with everything that is wrong with them."""
    reading = _read(raw)
    if reading.problems:
        raise ImportRefused(reading.problems)
    return tuple(reading.rows)


def rows_of(records: Iterable[tuple[int, Mapping[str, str]]]) -> tuple[Row, ...]:
    """Lines from cells by column name, for files of other makes; raises ImportRefused."""
    reading = Reading()
    for line, cells in records:
        _line(line, list(cells.items()), reading)
    if reading.problems:
        raise ImportRefused(reading.problems)
    return tuple(reading.rows)


def _read(raw: bytes) -> Reading:
    table = read_table(raw)
    reading = Reading(problems=table.problems)
    if table.header:
        faults: list[Problem] = []
        names = _columns(table.header, faults)
        reading.problems += faults
        for line, cells in table.rows:
            told = [(name, cell) for name, cell in zip(names, cells, strict=True) if name]
            if faults:  # what a line lacks may stand in a column that could not be told: look at its cells only
                _cells(line, told, reading.problems)
            else:
                _line(line, told, reading)
    return reading


def _columns(header: list[str], problems: list[Problem]) -> list[str | None]:
    """The column each header cell names; every one that names none, or one named before, is a problem."""
    names: list[str | None] = []
    for place, cell in enumerate(header, 1):
        name = column_name(cell)
        if len(header) == 1 and "\t" in cell.strip():
            what = "the cells are parted by tabs"
            problems.append(Problem(1, "", what, "save the file with commas or semicolons between them"))
        elif not cell.strip():
            problems.append(Problem(1, "", f"column {place} has no name", "name it, or take the column out"))
        elif name is None:
            near = nearest_column(cell)
            do = f"did you mean {near}?" if near else "take it out, or see docs/csv-import.md for the columns"
            problems.append(Problem(1, "", f"no column is called {quoted(cell)}", do))
        elif name in names:
            problems.append(Problem(1, name, "the column is there twice", "take one of them out"))
            name = None
        names.append(name)
    there = {name for name in names if name}
    named = any(name == "name" or name.startswith("name_") for name in there - {"name_language"})
    if "contact" not in there and not ({"country", "function"} <= there and named) and None not in names:
        do = "name the columns contact, or country, function and name_es (or another language), in the first line"
        problems.append(Problem(1, "", "nothing says which contact a line is about", do))
    return names


def _cells(line: int, cells: list[tuple[str, str]], problems: list[Problem]) -> dict[str, str]:
    """What each cell says, written the one way; those that say nothing readable are added to `problems` instead."""
    read: dict[str, str] = {}
    for name, cell in cells:
        try:
            read[name] = column(name).canonical(cell) if cell.strip() else ""
        except CellError as error:
            problems.append(Problem(line, name, error.what, error.do))
    return read


def _line(line: int, cells: list[tuple[str, str]], reading: Reading) -> None:
    """Add a line to the reading, as a row or as problems."""
    problems: list[Problem] = []
    read = _cells(line, cells, problems)
    failed = {problem.column for problem in problems}
    contact = read.get("contact", "")
    if contact and not read.get("country"):
        read["country"] = contact[:2].upper()
    if {"name", "name_language", "country"}.isdisjoint(failed):
        problems += _one_name(line, read)
    if not contact and failed.isdisjoint({"contact", "country", "function"}):
        contact = _derived(line, read, problems)
    read["contact"] = contact
    if contact:
        reading.named.add(contact)
    if problems:
        reading.problems += problems
    else:
        reading.rows.append(Row(line, contact, read))


def _one_name(line: int, read: dict[str, str]) -> list[Problem]:
    """Put what stands under `name` under the name of its language; problems where that cannot be told or is taken."""
    name, language = read.pop("name", ""), read.pop("name_language", "")
    if not name:
        return []
    language = language or next(iter(country_languages(read.get("country", ""))), "")
    if not language:
        return [
            Problem(line, "name_language", "the language of the name is not told", "write es, en, pt, fr or another")
        ]
    if read.get(f"name_{language}", name) not in ("", name):
        return [Problem(line, "name", f"the line has another name_{language}", "keep one of the two")]
    read[f"name_{language}"] = name
    return []


def _derived(line: int, read: dict[str, str], problems: list[Problem]) -> str:
    """An id for a line that gives none; adds to `problems` what is lacking for that."""
    languages = (*OFFICIAL, *sorted(name.removeprefix("name_") for name in read if name.startswith("name_")))
    name = next((read[f"name_{each}"] for each in languages if read.get(f"name_{each}")), "")
    lacking = [each for each in ("country", "function") if not read.get(each)] + ([] if name else ["name"])
    if lacking:
        what = f"no contact id, and no {' and no '.join(lacking)} to make one of"
        problems.append(Problem(line, "contact", what, "fill in the id, or country, function and a name"))
        return ""
    function = read["function"].removeprefix("code:")
    return derived_id(read["country"], function, name)
