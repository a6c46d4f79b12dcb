"""A country's points of contact on paper: a tagged PDF (PDF/UA-1) in one of four languages, set by typst.

1. What stands in entries goes to the typesetter as JSON, an input beside the page's source (`contact_sheet.typ`), and
   never into the source: no name and no note can be a command there.
2. The same entries in the same state of the directory give the same bytes: no clock is read, no font of the machine
   used, and the file's id follows from its content.
3. What a number is for, how far to rely on an entry, which circles alone may see it, and of which day the sheet is,
   stands on it; paper knows no more.
4. A character that the typesetter's fonts lack is shown by its code point, as in [U+65E5]; one that nobody sees is
   left out.
5. A sheet has at most MOST_ENTRIES entries, a larger country several sheets, and what the typesetter keeps of one is
   let go before the next: so no directory takes more memory than a sheet of that many.
6. The package is an extra, because it is large: without it, the error says how to install it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from directory.contact_rows import contact_rows, named
from directory.countries import country_name
from directory.csv_cells import tidy
from directory.entry import Entry
from directory.functions import FUNCTIONS
from directory.invisible import code_point
from directory.numbering import spaced
from directory.sheet_words import WORDS

MOST_ENTRIES = 500
_SOURCE = "contact_sheet.typ"
_FORGETS_AFTER = 10  # documents that did not need it, as this typesetter keeps what it made
# What the fonts that come with the typesetter surely have; beyond it, only some.
_SET = re.compile(r"[^\n -~\u00a0-\u017f\u2010-\u2015\u2018-\u201e\u2022\u2026\u2039\u203a\u20ac]")
_RANK = {each.code: at for at, each in enumerate(FUNCTIONS)}


class NoTypesetting(Exception):
    """The typesetter is not installed; the text says how to install it."""


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
    try:
        import typst
    except ImportError as error:
        raise NoTypesetting(
            "PDF sheets need the package typst, which is not installed here; install it with: "
            "python -m pip install 'enlace[sheets]'"
        ) from error
    data = json.dumps(sheet_data(sheet, state))
    source = files("directory").joinpath(_SOURCE).read_bytes()
    try:
        return _compiled(typst, source, data)
    except typst.TypstError:  # a character that no font has (rule 4)
        return _compiled(typst, source, json.dumps(_plain(json.loads(data))))
    finally:
        for _ in range(_FORGETS_AFTER):
            typst.compile(b"", sys_inputs={}, format="pdf", ignore_system_fonts=True)


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


def _compiled(typst: Any, source: bytes, data: str) -> bytes:
    done: bytes = typst.compile(
        source, sys_inputs={"data": data}, format="pdf", pdf_standards="ua-1", ignore_system_fonts=True
    )
    return done


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


def _plain(value: Any) -> Any:
    """The data with every character that may lack in the fonts as its code point."""
    match value:
        case str():
            return _SET.sub(lambda match: f"[{code_point(match[0])}]", value)
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {name: each if name == "link" else _plain(each) for name, each in value.items()}
    return value
