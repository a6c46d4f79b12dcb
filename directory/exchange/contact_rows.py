"""An entry as rows of label and text in one of four languages: what a sheet of paper and a page in a browser share.

1. Everything that is known about an entry has a row; what is not known has none, and an entry without details says so.
2. How far to rely on it stands in words: what was confirmed, or only listed, when, and before it whether that is due,
   stale or doubtful.
3. Text that others wrote loses its invisible characters (`directory.exchange.csv_cells.tidy`); it is data, never
   markup.
4. A link is made for numbers, e-mail addresses, and websites that are one whole address. It leads where its text says:
   none is made of a text that holds what nobody sees, nor where a name before an `@` would pass for the website.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from directory.bodies import ContactBody, Phone
from directory.entry import Entry
from directory.exchange.csv_cells import tidy
from directory.exchange.sheet_words import WORDS, hours_in, language_in
from directory.functions import function_label

_PAGE = re.compile(r"https?://[^\s/?#@\\]+(?:[/?#]\S*)?")
_ORDER = ("always", "night", "day", "switchboard", "fax")
Row = dict[str, str]
"""`label`, `text`, `link` (or empty), `kind` (`number`, `fax`, `text`), `language` of a text that is in another."""


def contact_rows(entry: Entry, language: str, names: Mapping[str, str]) -> list[Row]:
    """The rows of an entry; `names` are those of the contacts that are next."""
    words, body = WORDS[language], entry.body
    rows = [
        _row(words["function"], function_label(entry.contact.function, language)),
        _row(words["standing"], reliance(entry, language)),
        _row(words["circles"], ", ".join(entry.contact.circles)),
    ]
    if body is None:
        rows.append(_row("", words["absent"]))
    else:
        rows += number_rows(body, language)
        rows += [_row(words["email"], each, link=_mail_link(each)) for each in body.emails]
        rows += _details(entry, body, language, names)
    return [each for each in rows if each["text"]]


def reliance(entry: Entry, language: str) -> str:
    """How far to rely on an entry, in words (rule 2)."""
    words = WORDS[language]
    day = datetime.fromtimestamp(entry.since, UTC).date().isoformat()
    return f"{words.get(entry.grade, '')}{words[entry.standing].format(date=day)}"


def in_order_of_use(body: ContactBody) -> list[Phone]:
    """The numbers, first those that answer whenever one calls."""
    return sorted(body.phones, key=lambda each: _ORDER.index(each.use))


def number_rows(body: ContactBody, language: str) -> list[Row]:
    """A row for each number."""
    words = WORDS[language]
    return [
        _row(
            words["fax"].capitalize() if each.use == "fax" else f"{words['telephone']}, {words[each.use]}",
            each.number,
            link=f"tel:{each.number}",
            kind="fax" if each.use == "fax" else "number",
        )
        for each in in_order_of_use(body)
    ]


def named(entry: Entry, language: str) -> tuple[str, str]:
    """The entry's name as in `Entry.name`, and the language it is in, for whoever reads it aloud."""
    name = entry.name(language)
    tags = [tag for tag, text in (entry.body.names if entry.body else {}).items() if text == name]
    return name, (tags[0] if tags and language not in tags else language).partition("-")[0]


def _details(entry: Entry, body: ContactBody, language: str, names: Mapping[str, str]) -> list[Row]:
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
        _row(words["commitment"], words["respond"].format(minutes=body.promised) if body.promised else ""),
        _row(words["next"], "; ".join(following)),
        _row(words["requests"], ", ".join(filter(None, asked))),
        _row(words["address"], ", ".join(filter(None, (body.address, body.city)))),
        _row(words["website"], body.website, link=_page_link(body.website)),
        _row(words["also"], "; ".join(body.also)),
        *(_row(words["notes"], text, language=tag) for tag, text in notes.items()),
        _row(words["source"], body.source),
    ]


def _mail_link(address: str) -> str:
    return f"mailto:{quote(address, safe='@')}" if tidy(address) == address else ""


def _page_link(website: str) -> str:
    return website if tidy(website) == website and _PAGE.fullmatch(website) else ""


def _row(label: str, text: str, *, link: str = "", kind: str = "text", language: str = "") -> Row:
    return {"label": label, "text": tidy(text), "link": link, "kind": kind, "language": language.partition("-")[0]}
