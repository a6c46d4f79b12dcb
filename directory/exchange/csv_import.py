"""Contacts from a CSV file: what the file says, then what importing it would do. The columns: docs/csv-import.md.

1. Nothing is half-imported: every fault of the file is found and told with its line, and a file with one gives no plan.
2. Nothing is written here: bytes and the present entries in, a plan out. A dry run is showing the plan.
3. A line without an id gets one from country, function and name; the same line gets the same one every time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from directory.contact_id import derived_id
from directory.countries import country_code, country_languages
from directory.entry import Entry
from directory.exchange.csv_cells import dialled_in
from directory.exchange.csv_columns import column
from directory.exchange.csv_duplicates import TELL, settle
from directory.exchange.csv_headers import ColumnMap, Headers, meant_by
from directory.exchange.csv_plan import Plan, Row, plan_rows
from directory.exchange.csv_problem import CellError, ImportRefused, Problem
from directory.exchange.csv_text import read_table
from directory.exchange.file_encoding import in_utf8
from directory.four_languages import OFFICIAL

_NOTHING = ColumnMap()


@dataclass(slots=True)
class Reading:
    """The lines that could be read, everything that was wrong with the others, and the ids these named.

    `guessed`: header cells that were taken for a column by a word. `left`: what of the file was left out. `dialled`:
    whether numbers are as they are dialled within the contact's country.
    """

    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    guessed: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unit: str = "line"
    dialled: bool = True


def plan_csv(
    raw: bytes, entries: Iterable[Entry], *, country: str = "", provisional: bool = False, whole: bool = False
) -> Plan:
    """What importing a file would change; raises ImportRefused with everything that is wrong. See `plan_rows`."""
    return plan_reading(read_lines(in_utf8(raw)), entries, country=country, provisional=provisional, whole=whole)


def plan_reading(
    reading: Reading,
    entries: Iterable[Entry],
    *,
    country: str = "",
    provisional: bool = False,
    whole: bool = False,
    circles: Collection[str] | None = None,
    duplicates: str = TELL,
    taken: Collection[str] = (),
) -> Plan:
    """What importing what was read would change; raises ImportRefused with everything that is wrong.

    `duplicates`: what becomes of lines that would add what is probably listed already
    (`directory.exchange.csv_duplicates`).
    """
    entries = tuple(entries)

    def planned(rows: Iterable[Row]) -> Plan:
        return plan_rows(
            rows,
            entries,
            country=country,
            provisional=provisional,
            whole=whole,
            found=reading.problems,
            named=reading.named,
            unit=reading.unit,
            circles=circles,
            taken=taken,
        )

    plan = planned(reading.rows)
    rows, settled, problems = settle(reading.rows, plan.alike, {each.id for each in entries}, duplicates, reading.unit)
    if problems:
        raise ImportRefused(problems)
    if settled:
        plan = replace(planned(rows), settled=settled)
    return replace(plan, guessed=tuple(reading.guessed), left=tuple(reading.left))


def read_contacts(raw: bytes) -> tuple[Row, ...]:
    """The lines of a file; raises ImportRefused with everything that is wrong with them."""
    reading = read_lines(raw)
    if reading.problems:
        raise ImportRefused(reading.problems)
    return tuple(reading.rows)


def rows_of(records: Iterable[tuple[int, Mapping[str, str]]]) -> tuple[Row, ...]:
    """Lines from cells by column name, for files of other makes, with numbers in full; raises ImportRefused."""
    reading = Reading(dialled=False)
    for line, cells in records:
        add_line(line, list(cells.items()), reading)
    if reading.problems:
        raise ImportRefused(reading.problems)
    return tuple(reading.rows)


def read_lines(raw: bytes, told: ColumnMap = _NOTHING) -> Reading:
    """What a CSV file says, its columns being what `told` and their names say; every fault is in the reading."""
    table = read_table(raw)
    reading = Reading(problems=table.problems)
    if not table.header:
        return reading
    headers = meant_by(table.header, told, reading.problems, table.header_line)
    there = {each[0] for each in headers.targets if each} | set(told.values)
    named = any(name == "name" or name.startswith("name_") for name in there - {"name_language"})
    if "contact" not in there and not ({"country", "function"} <= there and named) and not headers.faulty:
        do = "name the columns contact, or country, function and name_es (or another language), in the first line"
        reading.problems.append(Problem(table.header_line, "", "nothing says which contact a line is about", do))
        headers.faulty = True
    reading.guessed, reading.left = headers.guessed, headers.left
    for line, texts in table.rows:
        cells = _gathered(headers, texts, told)
        if headers.faulty:  # what a line lacks may stand in a column that could not be told: look at its cells only
            _cells(line, cells, reading)
        else:
            add_line(line, cells, reading)
    return reading


def _gathered(headers: Headers, texts: list[str], told: ColumnMap) -> list[tuple[str, str]]:
    """The cells of a line by column; those that mean one column put together, and what the user says where none does.

    Numbers get what their column says that they are for here, and their country's code in `_cells`.
    """
    cells: dict[str, str] = {}
    for target, text in zip(headers.targets, texts, strict=True):
        if target is None:
            continue
        name, use = target
        text = dialled_in(text, "", use) if use else text
        cells[name] = "; ".join(filter(None, (cells[name], text.strip()))) if cells.get(name, "").strip() else text
    return list(
        (cells | {name: value for name, value in told.values.items() if not cells.get(name, "").strip()}).items()
    )


def _cells(line: int, cells: list[tuple[str, str]], reading: Reading) -> dict[str, str]:
    """What each cell says, written the one way; those that say nothing readable become problems instead."""
    read: dict[str, str] = {}
    country = _country(dict(cells)) if reading.dialled else ""
    for name, cell in cells:
        try:
            text = dialled_in(cell, country) if name == "phone" and country else cell
            read[name] = column(name).canonical(text) if cell.strip() else ""
        except CellError as error:
            reading.problems.append(Problem(line, name, error.what, error.do, reading.unit))
    return read


def _country(cells: Mapping[str, str]) -> str:
    """The country whose numbering plan a line's numbers belong to, as far as the line tells it."""
    said = cells.get("country", "").strip()
    return country_code(said) or said or cells.get("contact", "").strip()[:2].upper()


def add_line(line: int, cells: list[tuple[str, str]], reading: Reading, *, whole: bool = False) -> None:
    """Add a line to the reading, as a row or as problems; `whole`: what it does not say is to be emptied."""
    before = len(reading.problems)
    read = _cells(line, cells, reading)
    failed = {problem.column for problem in reading.problems[before:]}
    problems: list[Problem] = []
    contact = read.get("contact", "")
    made = not contact
    if contact and not read.get("country"):
        read["country"] = contact[:2].upper()
    if {"name", "name_language", "country"}.isdisjoint(failed):
        problems += _one_name(line, read)
    if not contact and failed.isdisjoint({"contact", "country", "function"}):
        contact = _derived(line, read, problems)
    read["contact"] = contact
    if contact:
        reading.named.add(contact)
    reading.problems += (replace(each, unit=reading.unit) for each in problems)
    if len(reading.problems) == before:
        reading.rows.append(Row(line, contact, read, whole, made))


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
        problems.append(
            Problem(line, "contact", what, "fill in the id, or country, function and a name; --set says one for all")
        )
        return ""
    function = read["function"].removeprefix("code:")
    return derived_id(read["country"], function, name)
