"""Contacts as a CSV file that reads back as the same contacts, and is written the same way every time."""

from collections.abc import Iterable

from directory.entry import Entry
from directory.exchange.csv_cells import escaped
from directory.exchange.csv_columns import COLUMNS, in_order
from directory.exchange.csv_contact import Wanted, cells_of, cells_of_entry
from directory.exchange.csv_text import write_table

_ALWAYS = frozenset(each.name for each in COLUMNS)


def write_csv(entries: Iterable[Entry]) -> bytes:
    """The file of the entries, in order of id; those whose body is not to be had are left out, for nothing is known.

    Every known column is there, to be filled in, and one for each further language in which something is written.
    """
    return _file([cells_of_entry(each) for each in entries if each.body is not None], _ALWAYS)


def write_every_column(contacts: Iterable[Wanted]) -> bytes:
    """The file of contacts as they are to be, in order of id, with every known column."""
    return _file(list(map(cells_of, contacts)), _ALWAYS)


def write_wanted(contacts: Iterable[Wanted]) -> bytes:
    """The file of contacts as they are to be, in order of id, with the columns in which any of them has something."""
    return _file(list(map(cells_of, contacts)), frozenset({"contact"}))


def _file(lines: list[dict[str, str]], columns: frozenset[str]) -> bytes:
    header = in_order({*columns, *(name for cells in lines for name in cells)})
    ordered = sorted(lines, key=lambda each: each["contact"])
    return write_table(header, ([escaped(cells.get(name, "")) for name in header] for cells in ordered))
