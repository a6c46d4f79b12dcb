"""How each kind of cell is read, and the one way it is written: a pair of functions a kind.

1. A reader raises CellError for what it cannot keep exactly; nothing is guessed and nothing is cut.
2. What a reader gives, its writer writes, and reading that gives the same again.
3. Text is kept in Unicode's composed form (NFC), without white space around it. A character that nobody sees
   (`directory.invisible`) is refused, for a word that holds one looks like a word that does not, and is another.
4. A cell that a spreadsheet would run as a formula (`=`, `+`, `-`, `@` first) is refused; one that must begin so has an
   apostrophe before it, which `write_csv` puts there and reading takes away. Telephone numbers may begin with `+`.
   So has what follows a semicolon or a line end inside a cell: a spreadsheet that parts cells at semicolons takes one
   to begin there, for it sees quotation marks only at the beginning of one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import Any

import msgspec

from directory.bodies import MOST_COMMITMENT, EmailAddress, Phone, PhoneNumber, TimeZone
from directory.countries import country_code, country_nearest
from directory.exchange.csv_problem import CellError, quoted
from directory.fields import CircleId, ContactId, FunctionCode, Language, OfficerId
from directory.finding.numbering import in_full
from directory.finding.zones import zone_names
from directory.folding import fold
from directory.functions import BY_CODE as FUNCTIONS
from directory.functions import function_code, function_nearest
from directory.invisible import code_point, first_invisible, invisible
from directory.languages import language_code

_SIGNS = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"  # the last four: full-width forms, which some programs run too
_FORMULA = re.compile(_SIGNS)
# Where a cell may begin for a program that parts cells otherwise than the file does: there, and at its own beginning.
# Quotation marks may stand between, for `;""=1` is taken there for nothing in quotation marks, and a formula.
_BEGINS = r'(?:^[ \t]*|[;\n][ \t"]*)'
_MAY_BEGIN = re.compile(f"({_BEGINS})('*{_SIGNS})")
_MAY_BE_ESCAPED = re.compile(f"({_BEGINS})'('*{_SIGNS})")
_PARTS = re.compile(r"[;,|\s]+")
_LANGUAGES = re.compile(r"[;,|/\n]+")
_PHONES = re.compile(r"[;,|\n]+")
_SPACING = re.compile(r"[\s().\-\u2010-\u2015]")
_YES = frozenset({"yes", "y", "si", "sim", "s", "oui", "o", "true", "1", "x"})
_NO = frozenset({"", "no", "n", "nao", "non", "false", "0"})
_USES = {
    name: use
    for use, names in (
        ("day", ("day", "dia", "jour")),
        ("night", ("night", "noche", "noite", "nuit")),
        ("always", ("always", "siempre", "sempre", "toujours", "24 7", "24h")),
        ("fax", ("fax", "telefax")),
        ("switchboard", ("switchboard", "conmutador", "central", "standard")),
    )
    for name in names
}
USES = tuple(dict.fromkeys(_USES.values()))
_NUMBER_DO = "write + and the country code, as in +1 202 555 0134"


def tidy(text: str) -> str:
    """Text as it is kept (rule 3), whatever it was before."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    visible = "".join(each for each in lines if each == "\n" or not invisible(each))
    return unicodedata.normalize("NFC", visible).strip()


def unescaped(cell: str, column: str) -> str:
    """What a cell says (rules 3 and 4); raises CellError."""
    text = unicodedata.normalize("NFC", cell.replace("\t", " ")).strip()
    hidden = first_invisible(text.replace("\n", ""))
    if hidden:
        what = f"an invisible character ({code_point(hidden)}) in {quoted(text)}"
        raise CellError(what, "type the cell anew: copied from a PDF or a web page, text brings such along")
    if _FORMULA.match(text) and column != "phone":
        raise CellError(
            f"{quoted(text)} begins like a formula", "reword it, or put an apostrophe (') before it if it must begin so"
        )
    return _MAY_BE_ESCAPED.sub(r"\1\2", text)


def escaped(text: str) -> str:
    """The cell that says `text` and that no spreadsheet runs, wherever it takes cells to begin."""
    return _MAY_BEGIN.sub(r"\1'\2", text)


def short_text(most: int) -> Callable[[str], str]:
    """A reader of text of at most `most` characters."""

    def read(text: str) -> str:
        if len(text) > most:
            raise CellError(f"{len(text)} characters; at most {most} are kept", "shorten it")
        return text

    return read


def read_contact_id(text: str) -> str:
    """A contact's id."""
    return _checked(text, ContactId, "no contact id", "write the country and what it is, as in co-desk or pe-mla-lima")


def read_country(text: str) -> str:
    """A country's code, from code or name; any two capital letters are a code."""
    code = country_code(text) or text
    if re.fullmatch("[A-Z]{2}", code):
        return code
    near = country_nearest(text)
    raise CellError(
        f"no country is called {quoted(text)}",
        f"did you mean {near}?" if near else "write its two-letter code, as in CO",
    )


def read_function(text: str) -> str:
    """A function's code, from code, label or synonym; `code:` allows any other code."""
    if text.startswith("code:"):
        return _checked(text[5:].strip(), FunctionCode, "no function code", "use small letters, digits and hyphens")
    code = function_code(text)
    if code is None:
        near = function_nearest(text)
        do = f"did you mean {near}?" if near else "write one of the codes in docs/csv-import.md, such as consular"
        raise CellError(f"no function is called {quoted(text)}", do)
    return code


def show_function(code: str) -> str:
    """A function's code; one not known here, so that it is read back."""
    return code if code in FUNCTIONS else f"code:{code}"


def read_phones(text: str) -> tuple[Phone, ...]:
    """Telephone numbers, each once, with what they are for: `day` unless said."""
    phones = dict.fromkeys(_phone(part) for part in _split(_PHONES, text))
    return tuple(phones)


def show_phones(phones: Iterable[Phone]) -> str:
    """Numbers with their use before them; so no spreadsheet takes one for a sum."""
    return "; ".join(dict.fromkeys(f"{each.use}:{each.number}" for each in phones))


def _phone(text: str) -> Phone:
    use, colon, number = text.rpartition(":")
    if colon and fold(use) not in _USES:
        raise CellError(f"{quoted(use)} says nothing known about a number", f"use one of {', '.join(USES)}")
    if re.search(r"\(\s*0\s*\)", number):
        raise CellError(f"{quoted(number)} has a (0) that is not dialled from abroad", "leave the (0) out")
    if re.search(r"[0-9][Ee]\+?[0-9]", number):
        raise CellError(
            f"{quoted(number)} was turned into a sum by a spreadsheet", "make the column text and type the number anew"
        )
    digits = _SPACING.sub("", number)
    if digits.startswith("00"):
        raise CellError(f"{quoted(number)} begins with 00", "write + instead of 00")
    if "/" in number or number.count("+") > 1:
        raise CellError(f"{quoted(number)} looks like several numbers", "write each in full, and ; between two")
    if re.fullmatch("[*#]?[0-9]{2,5}#?", digits):
        raise CellError(
            f"{quoted(number)} is a short number, which nobody can dial from abroad",
            "write one that can be dialled from there, and the short one into the notes",
        )
    if re.search(r"[^\W\d_]", digits):
        raise CellError(
            f"{quoted(number)} has letters in it", "write the number alone, and an extension into the notes"
        )
    found = _checked(digits, PhoneNumber, "no full international number", _NUMBER_DO, number)
    return Phone(number=found, use=_USES[fold(use)] if colon else "day")  # type: ignore[arg-type]  # _USES has no other


def dialled_in(cell: str, country: str, use: str = "") -> str:
    """A cell of telephone numbers with those of the country's own plan in full, and `use` before those without one."""
    return "; ".join(_dialled(part, country, use) for part in _split(_PHONES, cell))


def _dialled(part: str, country: str, use: str) -> str:
    own, colon, number = part.rpartition(":")
    full = in_full(_SPACING.sub("", number), country)
    return f"{own if colon else use}{':' if colon or use else ''}{full or number}"


def read_emails(text: str) -> tuple[str, ...]:
    """E-mail addresses, each once."""
    for part in _split(_PARTS, text):
        local, at, domain = part.rpartition("@")
        if at and not domain.isascii():
            raise CellError(f"the domain of {quoted(part)} has letters beyond a to z", _plain_domain(local, domain))
    return _each(text, EmailAddress, "no e-mail address", "write it as in desk@ministry.example")


def _plain_domain(local: str, domain: str) -> str:
    """What to do about a domain of other letters: its form of plain ones, if it has one."""
    try:
        plain = domain.encode("idna").decode()
    except UnicodeError:
        return "write its form of plain letters, which begins with xn--"
    return f"write it as machines do: {quoted(f'{local}@{plain}')}"


def read_languages(text: str) -> tuple[str, ...]:
    """Language codes, each once."""
    return tuple(dict.fromkeys(code for part in _split(_LANGUAGES, text) for code in _languages(part)))


def _languages(part: str) -> list[str]:
    """The languages in what stands between two marks: a name of several words, one language, or several codes.

    Nothing else is parted at spaces, for there “et” is a word before it is Estonian.
    """
    several = part.split()
    if len(several) == 1 or language_code(part):
        return [read_language(part)]
    if not all(language_code(each.replace("_", "-")) for each in several):
        raise CellError(f"{quoted(part)} is no name of a language", "put ; between two languages, as in es; en")
    return [read_language(each) for each in several]


def read_language(text: str) -> str:
    """A language's code, with or without a region, in any case; or from its name."""
    base, hyphen, region = text.replace("_", "-").partition("-")
    if len(base) > 3 and not hyphen:
        base = language_code(base) or base
    return _checked(
        base.lower() + hyphen + region.upper(),
        Language,
        "no language code",
        "write es, en, pt, fr or another ISO 639 code",
        text,
    )


def read_zone(text: str) -> str:
    """The IANA time zone of a place; the abbreviations of old (`EST5EDT`) are none."""
    if not text or (text in zone_names() and _is(text, TimeZone)):
        return text
    do = f"write {_zones_by_city().get(fold(text.rpartition('/')[2]), 'one such as America/Bogota')}"
    raise CellError(f"{quoted(text)} is no IANA time zone", do)


@cache
def _zones_by_city() -> dict[str, str]:
    places = (zone for zone in sorted(zone_names(), reverse=True) if "/" in zone and not zone.startswith("Etc/"))
    return {fold(zone.rpartition("/")[2]): zone for zone in places}


def read_holidays(text: str) -> tuple[str, ...]:
    """Dates, sorted, each once."""
    return tuple(sorted({_date(part) for part in _split(_PARTS, text)}))


def _date(text: str) -> str:
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass  # such as 2026-02-31
    raise CellError(f"{quoted(text)} is no date", "write year-month-day, as in 2026-12-25")


def read_minutes(text: str) -> int:
    """A number of minutes; nothing is 0, no commitment."""
    if not re.fullmatch("[0-9]{0,15}", text):
        raise CellError(f"{quoted(text)} is no number of minutes", "write digits only, as in 30")
    if int(text or 0) > MOST_COMMITMENT:
        raise CellError(f"{quoted(text)} minutes are more than a year", "leave it empty where nothing is promised")
    return int(text or 0)


def show_minutes(minutes: int) -> str:
    """The number, or nothing where there is no commitment."""
    return str(minutes) if minutes else ""


def read_website(text: str) -> str:
    """The address of a page."""
    if text and not re.fullmatch(r"https?://[^\s<>\"]{1,390}", text):
        raise CellError(f"{quoted(text)} is no web address", "begin it with https://, at most 400 characters")
    return text


def read_yes(text: str) -> bool:
    """Yes or no, in any of the languages; nothing is no."""
    if fold(text) in _YES:
        return True
    if fold(text) in _NO:
        return False
    raise CellError(f"{quoted(text)} is neither yes nor no", "write yes or no")


def show_yes(value: bool) -> str:
    """`yes`, or nothing."""
    return "yes" if value else ""


def read_officers(text: str) -> tuple[str, ...]:
    """Officer ids, sorted, each once."""
    return tuple(
        sorted(set(_each(text, OfficerId, "no officer id", "write the 32 characters that `enlace officer` shows")))
    )


def read_contact_ids(text: str) -> tuple[str, ...]:
    """Contact ids in order, each once."""
    return tuple(dict.fromkeys(read_contact_id(part) for part in _split(_PARTS, text)))


def read_circles(text: str) -> tuple[str, ...]:
    """Circle ids, sorted, each once."""
    return tuple(sorted(set(_each(text, CircleId, "no circle id", "use small letters, digits and hyphens"))))


def read_names(text: str) -> tuple[str, ...]:
    """Names with `;` between them; raises CellError for one that is too long."""
    return tuple(dict.fromkeys(short_text(400)(each.strip()) for each in text.split(";") if each.strip()))


def show_names(names: Iterable[str]) -> str:
    """Names with `;` between them."""
    return "; ".join(dict.fromkeys(filter(None, (tidy(each.replace(";", ",")) for each in names))))


def show_list(items: Iterable[str]) -> str:
    """Items with a semicolon between them, each once."""
    return "; ".join(dict.fromkeys(items))


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    return [part.strip() for part in pattern.split(text) if part.strip()]


def _each(text: str, kind: Any, what: str, do: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_checked(part, kind, what, do) for part in _split(_PARTS, text)))


def _checked(text: str, kind: Any, what: str, do: str, shown: str = "") -> str:
    """The text, if it is of the kind that bodies and statements take."""
    if not _is(text, kind):
        raise CellError(f"{quoted(shown or text)} is {what}", do)
    return text


def _is(text: str, kind: Any) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True
