"""A country's points of contact on paper: a tagged PDF (PDF/UA-1) in one of four languages, set by typst.

1. What stands in entries goes to the typesetter as JSON, an input beside the page's source (`contact_sheet.typ`), and
   never into the source: no name and no note can be a command there.
2. The same entries in the same state of the directory give the same bytes: no clock is read, no font of the machine
   used, and the file's id follows from its content.
3. What a number is for, how far to rely on an entry, which circles alone may see it, and of which day the sheet is,
   stands on it; paper knows no more.
4. A character that nobody sees is left out; what else holds of every sheet: `directory.exchange.typesetting`.
5. A sheet has at most MOST_ENTRIES entries, a larger country several sheets: so no directory takes more memory than a
   sheet of that many.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from directory.countries import country_name
from directory.entry import Entry
from directory.exchange.contact_rows import contact_rows, named
from directory.exchange.csv_cells import tidy
from directory.exchange.sheet_words import WORDS
from directory.exchange.typesetting import NoTypesetting, typeset
from directory.finding.numbering import spaced
from directory.functions import FUNCTIONS

__all__ = ["NoTypesetting", "Sheet", "State", "set_sheet", "sheet_data", "sheets_of"]

MOST_ENTRIES = 500
_SOURCE = "contact_sheet.typ"
_RANK = {each.code: at for at, each in enumerate(FUNCTIONS)}


@dataclass(frozen=True, slots=True)
class State:
    """Of which network and state of its directory a sheet is: name, size of the log, and time of its checkpoint."""

    network: str
    size: int
    time: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: entries of a country in a language, which of how many, and the names of all of the country."""

    entries: tuple[Entry, ...]
    country: str
    language: str
    names: Mapping[str, str]
    part: int = 1
    parts: int = 1

    @property
    def name(self) -> str:
        """What its file is called, as in `co-es` and, where there are several, `co-es-2`."""
        more = f"-{self.part}" if self.parts > 1 else ""
        return f"{self.country.lower()}-{self.language}{more}"


def sheets_of(entries: Iterable[Entry], country: str, language: str) -> list[Sheet]:
    """The sheets of a country's entries, in order of function (the 24/7 desk first) and id."""
    found = sorted(entries, key=lambda each: (_RANK.get(each.contact.function, len(_RANK)), each.id))
    names = {each.id: each.name(language) for each in found}
    cut = [tuple(found[at : at + MOST_ENTRIES]) for at in range(0, len(found), MOST_ENTRIES)]
    return [Sheet(some, country, language, names, at, len(cut)) for at, some in enumerate(cut, 1)]


def set_sheet(sheet: Sheet, state: State) -> bytes:
    """The PDF of a sheet; raises NoTypesetting."""
    return typeset(files("directory.exchange").joinpath(_SOURCE).read_bytes(), sheet_data(sheet, state))


def sheet_data(sheet: Sheet, state: State) -> dict[str, Any]:
    """All that stands on a sheet, in order."""
    words, language = WORDS[sheet.language], sheet.language
    which = f" ({sheet.part}/{sheet.parts})" if sheet.parts > 1 else ""
    return {
        "language": language,
        "title": f"{words['title']} – {country_name(sheet.country, language)}{which}",
        "network": state.network,
        "state": words["state"].format(size=state.size, time=_moment(state.time)),
        "time": _moment(state.time),
        "paper": words["paper"],
        "page": words["page"],
        "entries": [_entry(each, language, sheet.names) for each in sheet.entries],
    }


def _entry(entry: Entry, language: str, names: Mapping[str, str]) -> dict[str, Any]:
    name, tag = named(entry, language)
    rows = contact_rows(entry, language, names)
    return {
        "name": tidy(name) or entry.id,
        "language": tag,
        "id": entry.id,
        "rows": [each | {"text": spaced(each["text"])} if each["kind"] != "text" else each for each in rows],
    }


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
