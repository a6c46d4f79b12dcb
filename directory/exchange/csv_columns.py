"""The columns of a contact file, in the order in which they are written, each with how its cells are read and shown."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from directory.exchange import csv_cells as cells
from directory.exchange.csv_cells import short_text, tidy
from directory.exchange.hours_text import read_hours, show_hours
from directory.fields import Language
from directory.four_languages import OFFICIAL

MOST_TEXT = 400
MOST_NOTES = 4000

_PER_LANGUAGE = re.compile(r"(name|notes)_([a-z]{2,3})(?:[-_]([a-z]{2}))?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, what its (unescaped) cells mean, and the one way to write that."""

    name: str
    read: Callable[[str], Any]
    show: Callable[[Any], str]

    def canonical(self, cell: str) -> str:
        """What a cell of a file says, written the one way; raises CellError."""
        return self.show(self.read(cells.unescaped(cell, self.name)))


def _text(name: str, most: int = MOST_TEXT) -> Column:
    return Column(name, short_text(most), tidy)


_NAMES = tuple(_text(f"name_{language}") for language in OFFICIAL)
_NOTES = tuple(_text(f"notes_{language}", MOST_NOTES) for language in OFFICIAL)
_ONE_LANGUAGE = (_text("name"), Column("name_language", cells.read_language, str))

COLUMNS: tuple[Column, ...] = (
    Column("contact", cells.read_contact_id, str),
    Column("country", cells.read_country, str),
    Column("function", cells.read_function, cells.show_function),
    *_NAMES,
    Column("also", cells.read_names, cells.show_names),
    Column("phone", cells.read_phones, cells.show_phones),
    Column("email", cells.read_emails, cells.show_list),
    Column("languages", cells.read_languages, cells.show_list),
    Column("zone", cells.read_zone, str),
    Column("hours", read_hours, show_hours),
    Column("holidays", cells.read_holidays, cells.show_list),
    Column("respond", cells.read_minutes, cells.show_minutes),
    _text("address"),
    _text("city", 120),
    Column("website", cells.read_website, str),
    Column("request_languages", cells.read_languages, cells.show_list),
    _text("request_form"),
    _text("request_channel"),
    Column("dual_criminality", cells.read_yes, cells.show_yes),
    *_NOTES,
    _text("source"),
    Column("officers", cells.read_officers, cells.show_list),
    Column("escalation", cells.read_contact_ids, cells.show_list),
    Column("circles", cells.read_circles, cells.show_list),
)
FIXED: Mapping[str, Column] = MappingProxyType({each.name: each for each in (*COLUMNS, *_ONE_LANGUAGE)})
_ORDER = {each.name: place for place, each in enumerate(COLUMNS)}


def column(name: str) -> Column:
    """The column of that (canonical) name; `name_` and `notes_` exist for every language."""
    found = FIXED.get(name)
    if found is None:
        found = _text(name, MOST_NOTES if name.startswith("notes_") else MOST_TEXT)
    return found


def column_name(header: str) -> str | None:
    """The canonical name of the column a header cell names, in any case and with spaces for underscores; or nothing."""
    name = re.sub(r"\s+", "_", header.strip().lower())
    language = _PER_LANGUAGE.fullmatch(name)
    if language:
        region = f"-{language[3].upper()}" if language[3] else ""
        return f"{language[1]}_{language[2]}{region}"
    return name if name in FIXED else None


def nearest_column(header: str) -> str | None:
    """The known column that is spelled most like a header cell, or nothing."""
    name = re.sub(r"\s+", "_", header.strip().lower())
    return next(iter(get_close_matches(name, list(FIXED), n=1, cutoff=0.6)), None)


def in_order(names: set[str]) -> list[str]:
    """Columns as they are written: the known ones, each further language beside the four."""

    def place(name: str) -> tuple[int, str]:
        kind = name.partition("_")[0]
        return _ORDER.get(name, _ORDER.get(f"{kind}_fr", 0)), name if name not in _ORDER else ""

    return sorted(names, key=place)


def of_language(name: str, kind: str) -> Language | None:
    """The language of a `name_` or `notes_` column, or nothing for any other."""
    language = name.removeprefix(f"{kind}_")
    return language if language != name and name != "name_language" else None
