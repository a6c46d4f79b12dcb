"""Filled forms (filled-form.md). The forms themselves are data, which it reads as they stand in the tree."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import category

from second_reader_base import Refused
from second_reader_bodies import _EMAIL
from second_reader_json import (
    LEFT_OUT,
    Check,
    Field,
    integer,
    items,
    mapping,
    pattern,
    read_canonical,
    record,
    text,
    words,
)
from second_reader_values import CONTACT, COUNTRY, LANGUAGE, TIME

_FORMS = Path(__file__).parent.parent / "desk" / "forms"
_LIMIT = 500_000
_DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_BORN = "[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
_CODE = pattern("[a-z0-9]+(-[a-z0-9]+){0,7}", 60)


def _shape(depth: int) -> Check:
    """Rule 3."""

    def check(value: Any) -> Any:
        if isinstance(value, str) or type(value) in (int, bool):
            return value
        if isinstance(value, list | dict) and depth:
            if len(value) > 300:
                raise Refused("out of range", f"{len(value)} items")
            inner = _shape(depth - 1)
            if isinstance(value, list):
                return [inner(each) for each in value]
            return {key: inner(each) for key, each in value.items()}
        raise Refused("wrong type")

    return check


_WHOLE = record(
    {
        "form": Field(pattern("[a-z]+(-[a-z]+){0,5}/[1-9][0-9]{0,3}", 80)),
        "language": Field(LANGUAGE),
        "values": Field(mapping(pattern("[a-z]+(_[a-z]+){0,4}", 40), _shape(5), 0, 200), {}),
    }
)


def _line(high: int, breaks: str = "") -> Check:
    """Rule 7."""
    bounded = text(1, high)

    def check(value: Any) -> Any:
        found: str = bounded(value)
        if found != found.strip() or any(category(each) in ("Cc", "Zl", "Zp") and each not in breaks for each in found):
            raise Refused("bad value")
        return found

    return check


def _list(check_item: Check, high: int) -> Check:
    """Rule 6."""
    bounded = items(check_item, 1, high)

    def check(value: Any) -> Any:
        found = bounded(value)
        if any(each in found[:at] for at, each in enumerate(found)):
            raise Refused("repeated")
        return found

    return check


def _day(expression: str) -> Check:
    bounded = pattern(expression)

    def check(value: Any) -> Any:
        found: str = bounded(value)
        try:
            if len(found) == 10:
                date(*map(int, found.split("-")))
        except ValueError:
            raise Refused("bad value") from None
        return found

    return check


def _also(check_first: Check, holds: Any, word: str) -> Check:
    """A check, and then a condition."""

    def check(value: Any) -> Any:
        found = check_first(value)
        if not holds(found):
            raise Refused(word)
        return found

    return check


def _optional(**parts: Check) -> dict[str, Field]:
    return {name: Field(check, LEFT_OUT) for name, check in parts.items()}


_NAME = _line(200)
_KNOWN = _optional(age=integer(0, 130), sex=_CODE, nationalities=_list(COUNTRY, 10), languages=_list(LANGUAGE, 10))
_DOCUMENT = record({"kind": Field(_CODE), "number": Field(_line(60))} | _optional(country=COUNTRY))
_PERSON = _also(
    record(
        _KNOWN
        | _optional(
            name=_NAME, pseudonym=_NAME, also=_list(_NAME, 10), born=_day(_BORN), documents=_list(_DOCUMENT, 10)
        )
    ),
    lambda found: "name" in found or "pseudonym" in found,
    "missing field",
)
_PLACE = _also(
    _also(
        record(
            _optional(
                country=COUNTRY, name=_NAME, detail=_line(400), latitude=integer(-90_000_000, 90_000_000),
                longitude=integer(-180_000_000, 180_000_000),
            )
        ),
        bool,
        "out of range",
    ),
    lambda found: ("latitude" in found) == ("longitude" in found),
    "missing field",
)  # fmt: skip


def _stated(value: Any) -> Any:
    if type(value) is not bool:
        raise Refused("wrong type")
    if not value:
        raise Refused("bad value")
    return value


_KINDS: dict[str, Check] = {
    "code": _CODE,
    "codes": _list(_CODE, 200),
    "consent": words("yes", "no", "withheld"),
    "date": _day(_DATE),
    "moment": record({"at": Field(TIME), "zone": Field(pattern("[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}", 64))}),
    "country": COUNTRY,
    "countries": _list(COUNTRY, 60),
    "languages": _list(LANGUAGE, 10),
    "contact": CONTACT,
    "person": _PERSON,
    "victim": record({"pseudonym": Field(_NAME)} | _KNOWN),
    "place": _PLACE,
    "telephone": pattern(r"\+[1-9][0-9]{6,14}"),
    "email": _EMAIL,
    "amount": record(
        {"amount": Field(pattern(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?")), "currency": Field(pattern("[A-Z]{3}"))}
    ),
    "statement": _stated,
}


def _check_of(field: Mapping[str, Any]) -> Check:
    """Rule 8."""
    match field["kind"]:
        case "text":
            return mapping(LANGUAGE, _line(field["most"], "\n"), 1, 6)
        case "reference":
            return _line(field["most"])
        case "number":
            return integer(field.get("least", 0), field["most"])
        case "group":
            return _list(_also(_fields(field["fields"]), bool, "out of range"), field["most"])
    return _KINDS[field["kind"]]


def _fields(fields: list[dict[str, Any]]) -> Check:
    return record({each["field"]: Field(_check_of(each), LEFT_OUT) for each in fields})


@cache
def _form(name: str) -> list[dict[str, Any]] | None:
    path = _FORMS / "data" / f"{name.replace('/', '-')}.json"
    if not path.exists():
        return None
    return [field for section in json.loads(path.read_bytes())["sections"] for field in section["fields"]]


@cache
def _codes(table: str) -> set[str]:
    whole = json.loads((_FORMS / "codes" / f"{table}.json").read_bytes())
    return {each["code"] for each in whole["codes"]}


def _given(field: Mapping[str, Any], value: Any) -> list[tuple[str, str]]:
    """Every code in a value, with its list (rule 10)."""
    match field["kind"]:
        case "code":
            return [(field["list"], value)]
        case "codes":
            return [(field["list"], each) for each in value]
        case "person" | "victim":
            found = [("sexes", value["sex"])] if "sex" in value else []
            return found + [("document-kinds", each["kind"]) for each in value.get("documents", [])]
        case "group":
            return [
                code for item in value for each in field["fields"] if each["field"] in item
                for code in _given(each, item[each["field"]])
            ]  # fmt: skip
    return []


def read_filled_form(raw: bytes) -> dict[str, Any]:
    """Rules 1 to 10: form, language, names of fields, and what is not known."""
    whole = read_canonical(raw, _WHOLE, _LIMIT)
    values = whole.get("values", {})
    form = _form(whole["form"])
    if form is None:
        update = [("form", whole["form"])]
    else:
        _fields(form)(values)
        given = [code for field in form if field["field"] in values for code in _given(field, values[field["field"]])]
        update = [pair for pair in dict.fromkeys(given) if pair[1] not in _codes(pair[0])]
    found = {"form": whole["form"], "language": whole["language"], "fields": sorted(values)}
    return found | {"update": [list(pair) for pair in update]}
