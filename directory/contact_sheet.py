"""A country's points of contact on paper: a tagged PDF (PDF/UA-1) in one of four languages, set by typst.

1. What stands in entries goes to the typesetter as JSON, an input beside the page's source (`contact_sheet.typ`), and
   never into the source: no name and no note can be a command there.
2. The same entries in the same state of the directory give the same bytes: no clock is read, no font of the machine
   used, and the file's id follows from its content.
3. What a number is for, how far to rely on an entry, which circles alone may see it, and of which day the sheet is,
   stands on it; paper knows no more.
4. A character that the typesetter's fonts lack is shown by its code point, as in [U+65E5]; one that nobody sees is
   left out.
5. The package is an extra, because it is large: without it, the error says how to install it.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from directory.bodies import ContactBody
from directory.countries import country_name
from directory.csv_cells import tidy
from directory.entry import Entry
from directory.functions import FUNCTIONS, function_label
from directory.invisible import code_point
from directory.sheet_words import WORDS, hours_in, language_in

_SOURCE = "contact_sheet.typ"
# What the fonts that come with the typesetter surely have; beyond it, only some.
_SET = re.compile(r"[^\n -~\u00a0-\u017f\u2010-\u2015\u2018-\u201e\u2022\u2026\u2039\u203a\u20ac]")
_PAGE = re.compile("https?://")
_RANK = {each.code: at for at, each in enumerate(FUNCTIONS)}
_ORDER = ("always", "night", "day", "switchboard", "fax")


class NoTypesetting(Exception):
    """The typesetter is not installed; the text says how to install it."""


@dataclass(frozen=True, slots=True)
class State:
    """Of which network and state of its directory a sheet is: name, size of the log, and time of its checkpoint."""

    network: str
    size: int
    time: int


def sheet(entries: Iterable[Entry], country: str, language: str, state: State) -> bytes:
    """The PDF of a country's entries, in order of function (the 24/7 desk first) and id; raises NoTypesetting."""
    try:
        import typst
    except ImportError as error:
        raise NoTypesetting(
            "PDF sheets need the package typst, which is not installed here; install it with: "
            "python -m pip install 'enlace[sheets]'"
        ) from error
    data = json.dumps(sheet_data(entries, country, language, state))
    source = files("directory").joinpath(_SOURCE).read_bytes()
    try:
        return _compiled(typst, source, data)
    except typst.TypstError:  # a character that no font has (rule 4)
        return _compiled(typst, source, json.dumps(_plain(json.loads(data))))


def sheet_data(entries: Iterable[Entry], country: str, language: str, state: State) -> dict[str, Any]:
    """All that stands on a sheet, in order."""
    words = WORDS[language]
    found = sorted(entries, key=lambda each: (_RANK.get(each.contact.function, len(_RANK)), each.id))
    names = {each.id: each.name(language) for each in found}
    return {
        "language": language,
        "title": f"{words['title']} – {country_name(country, language)}",
        "network": state.network,
        "state": words["state"].format(size=state.size, time=_moment(state.time)),
        "paper": words["paper"],
        "page": words["page"],
        "entries": [_entry(each, language, names) for each in found],
    }


def _compiled(typst: Any, source: bytes, data: str) -> bytes:
    done: bytes = typst.compile(
        source, sys_inputs={"data": data}, format="pdf", pdf_standards="ua-1", ignore_system_fonts=True
    )
    return done


def _entry(entry: Entry, language: str, names: dict[str, str]) -> dict[str, Any]:
    words, body = WORDS[language], entry.body
    name, tag = _named(entry, language)
    day = datetime.fromtimestamp(entry.since, UTC).date().isoformat()
    reliance = f"{words.get(entry.grade, '')}{words[entry.standing].format(date=day)}"
    rows = [
        _row(words["function"], function_label(entry.contact.function, language)),
        _row(words["standing"], reliance),
        _row(words["circles"], ", ".join(entry.contact.circles)),
    ]
    if body is None:
        rows.append(_row("", words["absent"]))
    else:
        rows += _numbers(body, language)
        rows += [_row(words["email"], each, link=f"mailto:{each}") for each in body.emails]
        rows += _details(entry, body, language, names)
    return {
        "name": tidy(name) or entry.id,
        "language": tag,
        "id": entry.id,
        "rows": [each for each in rows if each["text"]],
    }


def _numbers(body: ContactBody, language: str) -> list[dict[str, str]]:
    words = WORDS[language]
    return [
        _row(f"{words['telephone']}, {words[each.use]}", each.number, link=f"tel:{each.number}", kind="number")
        for each in sorted(body.phones, key=lambda each: _ORDER.index(each.use))
    ]


def _details(entry: Entry, body: ContactBody, language: str, names: dict[str, str]) -> list[dict[str, str]]:
    words, needs = WORDS[language], body.requirements
    hours = hours_in(body.hours, language)
    asked = [*(language_in(each, language) for each in needs.languages), needs.form, needs.channel]
    asked += [words["dual"]] if needs.dual_criminality else []
    own = body.notes.get(language)
    notes = {language: own} if own else body.notes
    following = (f"{names[each]} [{each}]" if each in names else each for each in entry.contact.escalation)
    return [
        _row(words["languages"], ", ".join(language_in(each, language) for each in body.languages)),
        _row(words["hours"], f"{hours} ({body.zone})" if hours and isinstance(body.zone, str) else hours),
        _row(words["closed"], ", ".join(body.hours.holidays)),
        _row(words["commitment"], words["respond"].format(minutes=body.respond) if body.respond else ""),
        _row(words["next"], "; ".join(following)),
        _row(words["requests"], ", ".join(filter(None, asked))),
        _row(words["address"], ", ".join(filter(None, (body.address, body.city)))),
        _row(words["website"], body.website, link=body.website if _PAGE.match(body.website) else ""),
        _row(words["also"], "; ".join(body.also)),
        *(_row(words["notes"], text, language=tag) for tag, text in notes.items()),
        _row(words["source"], body.source),
    ]


def _row(label: str, text: str, *, link: str = "", kind: str = "text", language: str = "") -> dict[str, str]:
    return {"label": label, "text": tidy(text), "link": link, "kind": kind, "language": language.partition("-")[0]}


def _named(entry: Entry, language: str) -> tuple[str, str]:
    """The entry's name as in `Entry.name`, and the language it is in, for whoever reads it aloud."""
    name = entry.name(language)
    tags = [tag for tag, text in (entry.body.names if entry.body else {}).items() if text == name]
    return name, (tags[0] if tags and language not in tags else language).partition("-")[0]


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
