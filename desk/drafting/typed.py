"""What somebody types for a field, read as the value of its kind: a label for a code, a name for a country. Pure.

| kind | as it is typed |
|---|---|
| code, codes, consent | the code, its label in any of the four languages, how its words begin in the own; with commas |
| date | `2026-09-21`; of birth also `1980`, `1980-02` |
| moment | `2026-09-21 14:30`, in the officer's zone, or with `UTC` or a zone behind it |
| country, countries, languages | a code or a name; several with commas |
| telephone | with `+` and the country's number; spaces, dots, dashes and brackets are dropped |
| amount | `184000.50 CAD` |
| statement | `yes`; anything that says no leaves it out |
| documents of a person | `passport AX000000 CO`; several with semicolons |
| position of a place | `-13.531950, -71.967463`, in degrees |

1. Nothing is guessed: what fits two codes is refused with both named, what fits none with what there is. Beginnings
   count in the typist's own language alone: *tráfico* is one crime in Portuguese and another in Spanish.
2. What is read is still held to the field by `desk.forms.values`; here only spelling is settled.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from desk.drafting.typed_words import said
from desk.forms.catalogue import code_lists
from desk.forms.definition import CONSENT, Code
from desk.forms.values import BORN, MOST_AGE, PART_LISTS
from directory.countries import country_code
from directory.country_codes import COUNTRY_CODES
from directory.finding.zones import UnknownZone, time_zone
from directory.folding import fold
from directory.four_languages import OFFICIAL
from directory.languages import language_code

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2})(?:\s+(\S+))?")
_POSITION = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d{1,6})?)\s*[,;]\s*([+-]?\d{1,3}(?:\.\d{1,6})?)\s*")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_MILLION = 1_000_000
_MOST_NAMED = 6  # codes that an error names
MOST_TYPED = 4_000  # characters of anything but a free text


class Mistyped(ValueError):
    """What was typed is no value of the field; the text says why, in the language of who typed it."""


@dataclass(frozen=True, slots=True)
class Typist:
    """Who types: the language they read, the one they write free text in, and their time zone."""

    language: str = "en"
    original: str = "es"
    zone: str = "UTC"


def typed(kind: str, table: str, text: str, typist: Typist) -> Any:
    """The value that a text stands for in a field of a kind, whose codes are of a list; raises Mistyped.

    Nothing for a statement that is not made. Groups, persons and places have parts, and are not typed as a whole.
    """
    if len(text) > MOST_TYPED:
        raise Mistyped(said("too_long", typist.language, most=MOST_TYPED))
    match kind:
        case "code":
            return chosen(table, text, typist.language)
        case "consent":
            return chosen(CONSENT, text, typist.language)
        case "codes":
            return tuple(chosen(table, each, typist.language) for each in _parted(table, text, typist.language))
        case "moment":
            return _moment(text, typist)
        case "country":
            return _country(text, typist.language)
        case "countries":
            return tuple(_country(each, typist.language) for each in _split(text))
        case "languages":
            return tuple(language_of(each, typist.language) for each in _split(text))
        case "date" | "born":
            return _day(kind, text, typist.language)
        case "telephone":
            return _telephone(text, typist.language)
        case "amount":
            return _amount(text, typist.language)
        case "number" | "age":
            return _number(text, typist.language, MOST_AGE if kind == "age" else None)
        case "statement":
            return True if chosen(CONSENT, text, typist.language) == "yes" else None
        case "lines":
            return tuple(filter(None, (each.strip() for each in text.split(";"))))
        case "documents":
            return tuple(_document(each, typist.language) for each in text.split(";") if each.strip())
        case "position":
            return _position(text, typist.language)
    return text.strip()


def chosen(table: str, text: str, language: str) -> str:
    """The code of a list that a text stands for (rule 1); raises Mistyped."""
    found = fitting(table, text, language)
    if len(found) == 1:
        return found[0].code
    if not found:
        known = list(code_lists()[table].values())
        raise Mistyped(said("no_such_code", language, text=text.strip(), known=_named(known, language)))
    raise Mistyped(said("several", language, text=text.strip(), known=_named(found, language)))


def fitting(table: str, text: str, language: str) -> list[Code]:
    """The codes that a text may stand for: the one it names, else those with words of a language that begin so."""
    known = list(code_lists()[table].values())
    wanted = fold(text)
    exact = [each for each in known if text.strip() == each.code]
    exact = exact or [each for each in known if wanted and wanted in {fold(name) for name in _names(each)}]
    if exact or not wanted:
        return exact
    parts = wanted.split()
    return [each for each in known if any(_begin(parts, fold(name).split()) for name in _names(each, (language,)))]


def language_of(text: str, language: str) -> str:
    """The tag of a language, from its tag or a name; raises Mistyped."""
    bare = text.strip()
    if _TAG.fullmatch(bare):
        return bare
    if (code := language_code(bare)) is None:
        raise Mistyped(said("no_language", language, text=bare))
    return code


def _names(code: Code, languages: Iterable[str] = OFFICIAL) -> Iterable[str]:
    yield code.code
    for each in languages:
        yield code.in_(each)
        if code.full:
            yield code.full.in_(each)


def _begin(parts: list[str], label: list[str]) -> bool:
    """Whether words of the label begin with the parts, in that order."""
    words = iter(label)
    return all(any(word.startswith(part) for word in words) for part in parts)


def _named(codes: list[Code], language: str) -> str:
    names = [each.in_(language) for each in codes[:_MOST_NAMED]]
    return "; ".join([*names, "…"] if len(codes) > _MOST_NAMED else names)


def _parted(table: str, text: str, language: str) -> list[str]:
    """The parts of a text that names several codes; a label may have a comma in it."""
    if len(fitting(table, text, language)) == 1:
        return [text]
    return _split(text)


def _split(text: str) -> list[str]:
    return [each.strip() for each in re.split("[;,]" if ";" not in text else ";", text) if each.strip()]


def _country(text: str, language: str) -> str:
    bare = text.strip()
    code = country_code(bare) or bare.upper()
    if code not in COUNTRY_CODES:
        raise Mistyped(said("no_country", language, text=bare))
    return code


def _moment(text: str, typist: Typist) -> dict[str, Any]:
    found = _MOMENT.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError(text)
        naive = datetime.strptime(f"{found[1]} {found[2]}", "%Y-%m-%d %H:%M")  # noqa: DTZ007  # its zone follows
        zone = found[3] or typist.zone
        local = naive.replace(tzinfo=time_zone(zone))
        at = int(local.timestamp())
        there = datetime.fromtimestamp(at, UTC).astimezone(time_zone(zone)).replace(tzinfo=None) == naive
    except UnknownZone as error:
        raise Mistyped(said("no_zone", typist.language, text=str(found[3] if found else text))) from error
    except (ValueError, OverflowError, OSError) as error:
        raise Mistyped(said("no_moment", typist.language, text=text.strip())) from error
    if not there or at < 0:  # an hour that clocks leap over, or a year before all clocks of ours
        raise Mistyped(said("no_such_hour", typist.language, text=text.strip(), zone=zone))
    return {"at": at, "zone": zone}


def _amount(text: str, language: str) -> dict[str, str]:
    number, _, currency = text.strip().rpartition(" ")
    if not re.fullmatch(r"[A-Za-z]{3}", currency) or not re.fullmatch(r"\d+(\.\d{1,4})?", number.strip()):
        raise Mistyped(said("no_amount", language, text=text.strip()))
    return {"amount": number.strip(), "currency": currency.upper()}


def _number(text: str, language: str, most: int | None = None) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()):
        raise Mistyped(said("no_number", language, text=text.strip()))
    if most is not None and int(text) > most:
        raise Mistyped(said("too_much", language, text=text.strip(), most=most))
    return int(text)


def _day(kind: str, text: str, language: str) -> str:
    """A day of the calendar, year first; of birth, a month or a year will do."""
    bare = text.strip()
    whole = bare + "-01-01"[len(bare) - 4 :] if kind == "born" and re.fullmatch(BORN, bare) else bare
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", whole):
            raise ValueError(bare)
        date.fromisoformat(whole)
    except ValueError as error:
        raise Mistyped(said("no_born" if kind == "born" else "no_day", language, text=bare)) from error
    return bare


def _telephone(text: str, language: str) -> str:
    bare = re.sub(r"[\s().\-]", "", text)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", bare):
        raise Mistyped(said("no_telephone", language, text=text.strip()))
    return bare


def _document(text: str, language: str) -> dict[str, str]:
    words = text.split()
    for cut in range(len(words) - 1, 0, -1):  # as many words as name a kind of document
        if len(found := fitting(PART_LISTS["kind"], " ".join(words[:cut]), language)) == 1:
            rest = words[cut:]
            country = {"country": rest.pop()} if len(rest) > 1 and re.fullmatch("[A-Z]{2}", rest[-1]) else {}
            return {"kind": found[0].code, "number": " ".join(rest), **country}
    raise Mistyped(said("no_document", language, text=text.strip()))


def _position(text: str, language: str) -> dict[str, int]:
    found = _POSITION.fullmatch(text)
    degrees = [_millionths(each) for each in found.groups()] if found else []
    if not degrees or abs(degrees[0]) > 90 * _MILLION or abs(degrees[1]) > 180 * _MILLION:
        raise Mistyped(said("no_position", language, text=text.strip()))
    return dict(zip(("latitude", "longitude"), degrees, strict=True))


def _millionths(text: str) -> int:
    whole, _, rest = text.lstrip("+-").partition(".")
    value = int(whole) * _MILLION + int((rest + "000000")[:6])
    return -value if text.startswith("-") else value


PARTS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    # of each kind that has parts: the part, its kind, its list
    "person": (
        ("pseudonym", "line", ""),
        ("name", "line", ""),
        ("also", "lines", ""),
        ("born", "born", ""),
        ("age", "age", ""),
        ("sex", "code", PART_LISTS["sex"]),
        ("nationalities", "countries", ""),
        ("languages", "languages", ""),
        ("documents", "documents", ""),
    ),
    "victim": (
        ("pseudonym", "line", ""),
        ("age", "age", ""),
        ("sex", "code", PART_LISTS["sex"]),
        ("nationalities", "countries", ""),
        ("languages", "languages", ""),
    ),
    "place": (("country", "country", ""), ("name", "line", ""), ("detail", "line", ""), ("position", "position", "")),
}
