"""A filled form as its reader sees it: titles, labels and codes in the reader's language, free text as it was written.

1. Free text is never changed and never left out: each version stands with its language, and whether it is the original.
   The reader's language comes first, then the original.
2. A form or code that this desk does not know is shown raw, and a line says so (`update`).
3. What is here may still hold characters that a terminal would act on; `reading` and `sheet` make it harmless.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from desk.forms.catalogue import code_label, form_of
from desk.forms.definition import CONSENT, Field
from desk.forms.filled import Filled, update_needed
from desk.forms.values import PART_LISTS
from desk.forms.words import joined, word
from directory.countries import country_name
from directory.exchange.sheet_words import language_in
from directory.finding.numbering import spaced
from directory.finding.zones import UnknownZone, time_zone
from directory.languages import base_code

LAST_MOMENT = 253_402_300_799  # the end of the year 9999
_MILLION = 1_000_000
_THEIRS = ("reference", "place", "email", "contact")


@dataclass(frozen=True, slots=True)
class Version:
    """A free text in one language: tag, what to call it, and the text."""

    language: str
    called: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A label with a line of text, or with versions of a free text, or with items that have rows of their own.

    `theirs`: the text is the sender's own, and no label or code of ours.
    """

    label: str
    text: str = ""
    versions: tuple[Version, ...] = ()
    items: tuple[tuple["Row", ...], ...] = ()
    numbered: bool = False
    theirs: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A section with what is filled in of it."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A filled form in a reader's language; `update` says what this desk does not know, if anything."""

    form: str
    title: str
    language: str
    update: tuple[str, ...]
    parts: tuple[Part, ...]


def shown(filled: Filled, language: str) -> Shown:
    """A filled form that `parse_filled` took, in one of the four languages."""
    update = tuple(_update(*each, language) for each in update_needed(filled))
    form = form_of(filled.form)
    if form is None:
        raw = tuple(_raw(name, value) for name, value in sorted(filled.values.items()))
        return Shown(filled.form, filled.form, language, update, (Part("", raw),) if raw else ())
    parts = []
    for section in form.sections:
        rows = tuple(
            field_row(each, filled.values[each.field], language, filled.language)
            for each in section.fields
            if each.field in filled.values
        )
        if rows:
            parts.append(Part(section.title.in_(language), rows))
    return Shown(form.form, form.title.in_(language), language, update, tuple(parts))


def moment(at: int, zone: str = "UTC") -> str:
    """A point in time in UTC and, if that is another, in its zone; a zone not known here is named alone."""
    if at > LAST_MOMENT:
        return f"{at} s UTC"
    utc = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC").replace(":00 UTC", " UTC")
    if zone == "UTC":
        return utc
    try:
        local = datetime.fromtimestamp(at, UTC).astimezone(time_zone(zone)).strftime("%Y-%m-%d %H:%M")
    except (UnknownZone, OverflowError):
        return f"{utc} ({zone})"
    return f"{utc} ({local} {zone})"


def _update(table: str, name: str, language: str) -> str:
    what = "the_form" if table == "form" else "the_code"
    return word("update", language).format(what=word(what, language).format(form=name, code=name, list=table))


def field_row(field: Field, value: Any, language: str, original: str) -> Row:
    """A field that is filled in, for a reader of `language`; `original` is the language it was written in."""
    label = field.label.in_(language)
    if field.victim_data:
        label = f"{label} [{word('victim_data', language)}]"
    match field.kind:
        case "text":
            return Row(label, versions=tuple(_versions(value, language, original)))
        case "group":
            items = tuple(
                tuple(
                    field_row(each, item[each.field], language, original) for each in field.fields if each.field in item
                )
                for item in value
            )
            return Row(label, items=items, numbered=True)
        case "person" | "victim":
            return Row(label, items=(tuple(_person(value, language)),))
    return Row(label, text=_line(field, value, language), theirs=field.kind in _THEIRS)


def _grouped(amount: str) -> str:
    """A number in groups of three, with a space that no line ends at: point and comma mean either in the Americas."""
    whole, point, rest = amount.partition(".")
    return f"{int(whole):,}".replace(",", "\u00a0") + point + rest


def _line(field: Field, value: Any, language: str) -> str:
    match field.kind:
        case "code":
            return _code(field.list, value, language)
        case "codes":
            return joined((_code(field.list, each, language) for each in value), language)
        case "consent":
            return _code(CONSENT, value, language)
        case "country":
            return country_name(value, language)
        case "countries":
            return ", ".join(country_name(each, language) for each in value)
        case "languages":
            return ", ".join(language_in(each, language) for each in value)
        case "moment":
            return moment(value["at"], value["zone"])
        case "place":
            return _place(value, language)
        case "telephone":
            return spaced(value)
        case "amount":
            return f"{_grouped(value['amount'])} {value['currency']}"
        case "statement":
            return word("stated", language)
    return str(value)


def _versions(value: Mapping[str, str], language: str, original: str) -> Iterator[Version]:
    """The reader's language first, then the original: what is in the form's language, or failing that in its like."""
    originals = {original} & set(value) or {tag for tag in value if base_code(tag) == base_code(original)}

    def rank(tag: str) -> tuple[bool, bool, str]:
        return (base_code(tag) != base_code(language), tag not in originals, tag)

    for tag in sorted(value, key=rank):
        known = word("original" if tag in originals else "translation", language) if originals else ""
        yield Version(tag, ", ".join(filter(None, (language_in(tag, language), known))), value[tag])


def _person(value: Mapping[str, Any], language: str) -> Iterator[Row]:
    for name in ("pseudonym", "name", "also", "born", "age", "sex", "nationalities", "languages", "documents"):
        if name not in value:
            continue
        each, label = value[name], word(name, language)
        match name:
            case "also":
                yield Row(label, joined(each, language), theirs=True)
            case "sex":
                yield Row(label, _code(PART_LISTS["sex"], each, language))
            case "nationalities":
                yield Row(label, ", ".join(country_name(one, language) for one in each))
            case "languages":
                yield Row(label, ", ".join(language_in(one, language) for one in each))
            case "documents":
                for one in each:
                    kind = _code(PART_LISTS["kind"], one["kind"], language)
                    issued = f" ({country_name(one['country'], language)})" if "country" in one else ""
                    yield Row(label, f"{kind} {one['number']}{issued}", theirs=True)
            case _:
                yield Row(label, str(each), theirs=True)


def _place(value: Mapping[str, Any], language: str) -> str:
    country = country_name(value["country"], language) if "country" in value else ""
    named = ", ".join(filter(None, (value.get("detail", ""), value.get("name", ""), country)))
    if "latitude" not in value:
        return named
    position = f"{_degrees(value['latitude'])}, {_degrees(value['longitude'])}"
    return joined(filter(None, (named, f"{word('position', language)} {position}")), language)


def _degrees(millionths: int) -> str:
    whole, rest = divmod(abs(millionths), _MILLION)
    return f"{'-' if millionths < 0 else ''}{whole}.{rest:06}"


def _code(table: str, code: str, language: str) -> str:
    """What a code is called; one that is not known, as it is written, in brackets (rule 2)."""
    return code_label(table, code, language) or f"[{code}]"


def _raw(name: str, value: Any) -> Row:
    match value:
        case str():
            return Row(name, versions=(Version("", "", value),))
        case Mapping():
            return Row(name, items=(tuple(_raw(key, each) for key, each in value.items()),))
        case tuple() | list():
            return Row(name, items=tuple((_raw("", each),) for each in value), numbered=True)
    return Row(name, text=str(value).lower())
