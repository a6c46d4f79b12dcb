"""A filled form on paper: a tagged PDF (PDF/UA-1) in the reader's language; one page source for all forms.

1. What `directory.exchange.typesetting` says holds here: text is data and never a command, and the same input gives the
   same bytes.
2. The handling mark stands on every page, with form, message and page number. An exercise, a draft and a message that
   is not proven say so at the top of every page, and in large letters behind the text, so that no page of it passes
   for another when it is copied or cut.
3. A character that nobody sees is shown by its code point (`desk.safe_text`), as on a terminal: paper is evidence too.
"""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from desk.forms.cover import Cover, cover_rows, gap_lists, warnings
from desk.forms.filled import Filled
from desk.forms.shown import Part, Row, shown
from desk.forms.words import paired, word
from desk.safe_text import line
from directory.exchange.typesetting import typeset

_SOURCE = "form.typ"


def form_sheet(filled: Filled, language: str, cover: Cover, behind: Iterable[Part] = ()) -> bytes:
    """The PDF of a filled form in one of the four languages, with what stands `behind` it; raises NoTypesetting."""
    source = files("desk.forms").joinpath(_SOURCE).read_bytes()
    return typeset(source, form_sheet_data(filled, language, cover, behind))


def form_sheet_data(filled: Filled, language: str, cover: Cover, behind: Iterable[Part] = ()) -> dict[str, Any]:
    """All that stands on the sheet, in order, made harmless (rule 3)."""
    language = language.partition("-")[0]
    seen = shown(filled, language)
    told = list(warnings(cover, language))
    return {
        "language": language,
        "region": "BR" if language == "pt" else "",
        "title": line(seen.title),
        "mark": cover.mark,
        "told": told,
        "update": [line(each) for each in seen.update],
        "cover": [_row(each) for each in cover_rows(cover, seen.form, language)],
        "lists": [
            {"title": title, "items": [line(each) for each in gaps]} for title, gaps in gap_lists(cover, language)
        ],
        "parts": [
            {"title": line(each.title), "rows": [_row(row) for row in each.rows]} for each in (*seen.parts, *behind)
        ],
        "colon": paired("", "", language).rstrip(),
        "empty": word("empty", language),
        "stamp": " · ".join(filter(None, (line(seen.form), line(cover.message)))),
        "page": word("page", language),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "label": line(row.label),
        "text": line(row.text),
        "versions": [
            {"language": each.language.partition("-")[0], "called": line(each.called), "text": _lines(each.text)}
            for each in row.versions
        ],
        "items": [[_row(each) for each in item] for item in row.items],
        "numbered": row.numbered,
    }


def _lines(text: str) -> str:
    return "\n".join(map(line, text.split("\n")))
