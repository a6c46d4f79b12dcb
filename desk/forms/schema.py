"""The JSON Schema (draft 2020-12) of a filled form, made from the form: for programs of others that read or write one.

1. What the schema takes, `parse_filled` takes, but for what no schema says: canonical spelling, real calendar days, and
   the size of the whole. What `write_filled` writes, the schema takes.
2. A code stands in the schema if it is in this version's list; a reader who wants to take codes of later lists reads
   `x-codes-grow`.
3. Names and help in the four languages stand beside each property, as `x-label` and `x-help`.
"""

from typing import Any

from desk.forms.catalogue import code_lists
from desk.forms.definition import CONSENT, MOST_ITEMS, Field, Form, Words
from desk.forms.values import (
    AMOUNT,
    BORN,
    DATE,
    MOST_DETAIL,
    MOST_LANGUAGES,
    MOST_NAME,
    MOST_NUMBER,
    PART_LISTS,
)
from directory.fields import FOREVER

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
# `$` may match before a last line feed in some readers of patterns: hence the look-ahead.
_END = r"$(?!\n)"
_LANGUAGE = rf"^[a-z]{{2,3}}(-[A-Z]{{2}})?{_END}"
_COUNTRY = {"type": "string", "pattern": rf"^[A-Z]{{2}}{_END}"}
_TONGUE = {"type": "string", "pattern": _LANGUAGE}
_NO_CONTROLS = r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029]"
_NO_CONTROLS_BUT_LINES = r"[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]"
_AGE = {"type": "integer", "minimum": 0, "maximum": 130}


def json_schema(form: Form) -> Schema:
    """The schema of a form filled in."""
    return {
        "$schema": DRAFT,
        "$id": f"urn:enlace:form:{form.form.replace('/', ':')}",
        "title": form.title.en,
        "description": form.about.en,
        "x-label": _words(form.title),
        "x-codes-grow": True,
        "type": "object",
        "properties": {
            "form": {"const": form.form},
            "language": _TONGUE,
            "values": _object({each.field: _field(each) for each in form.fields}, least=1),
        },
        "required": ["form", "language"],
        "additionalProperties": False,
    }


def _field(field: Field) -> Schema:
    found = _kind(field) | {"title": field.label.en, "x-label": _words(field.label)}
    if field.help:
        found |= {"description": field.help.en, "x-help": _words(field.help)}
    if field.victim_data:
        found["x-victim-data"] = True
    return found


def _kind(field: Field) -> Schema:
    match field.kind:
        case "text":
            return {
                "type": "object",
                "propertyNames": {"pattern": _LANGUAGE},
                "additionalProperties": _text(field.most, _NO_CONTROLS_BUT_LINES),
                "minProperties": 1,
                "maxProperties": MOST_LANGUAGES,
            }
        case "reference":
            return _text(field.most)
        case "code":
            return _code(field.list)
        case "codes":
            return _several(_code(field.list), MOST_ITEMS)
        case "consent":
            return _code(CONSENT)
        case "number":
            return {"type": "integer", "minimum": field.least, "maximum": field.most}
        case "group":
            return _several(_object({each.field: _field(each) for each in field.fields}, least=1), field.most)
    return _PLAIN[field.kind]


def _text(most: int, allowed: str = _NO_CONTROLS) -> Schema:
    """Text without white space around it."""
    return {
        "type": "string",
        "maxLength": most,
        "pattern": rf"^(?!\s){allowed}+{_END}",
        "not": {"pattern": rf"\s{_END}"},
    }


def _code(table: str) -> Schema:
    return {"enum": list(code_lists()[table])}


def _several(item: Schema, most: int) -> Schema:
    return {"type": "array", "items": item, "minItems": 1, "maxItems": most, "uniqueItems": True}


def _object(properties: Schema, least: int = 0, required: tuple[str, ...] = ()) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if least:
        found["minProperties"] = least
    if required:
        found["required"] = list(required)
    return found


def _matching(pattern: str, most: int = 0) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}{_END}"} | ({"maxLength": most} if most else {})


def _words(words: Words) -> dict[str, str]:
    return {name: getattr(words, name) for name in ("es", "en", "pt", "fr")}


_DOCUMENT = _object(
    {"kind": _code(PART_LISTS["kind"]), "number": _text(MOST_NUMBER), "country": _COUNTRY}, required=("kind", "number")
)
_VICTIM = {
    "pseudonym": _text(MOST_NAME),
    "age": _AGE,
    "sex": _code(PART_LISTS["sex"]),
    "nationalities": _several(_COUNTRY, 10),
    "languages": _several(_TONGUE, 10),
}
_PERSON = {
    **_VICTIM,
    "name": _text(MOST_NAME),
    "also": _several(_text(MOST_NAME), 10),
    "born": _matching(BORN),
    "documents": _several(_DOCUMENT, 10),
}
_PLAIN: dict[str, Schema] = {
    "date": _matching(DATE) | {"format": "date"},
    "moment": _object(
        {
            "at": {"type": "integer", "minimum": 0, "maximum": FOREVER},
            "zone": _matching(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}", 64),
        },
        required=("at", "zone"),
    ),
    "country": _COUNTRY,
    "countries": _several(_COUNTRY, 60),
    "languages": _several(_TONGUE, 10),
    "contact": _matching(r"[a-z]{2}(-[a-z0-9]{1,30}){1,6}"),
    "person": _object(_PERSON) | {"anyOf": [{"required": ["name"]}, {"required": ["pseudonym"]}]},
    "victim": _object(_VICTIM, required=("pseudonym",)),
    "place": _object(
        {
            "country": _COUNTRY,
            "name": _text(MOST_NAME),
            "detail": _text(MOST_DETAIL),
            "latitude": {"type": "integer", "minimum": -90_000_000, "maximum": 90_000_000},
            "longitude": {"type": "integer", "minimum": -180_000_000, "maximum": 180_000_000},
        },
        least=1,
    )
    | {"dependentRequired": {"latitude": ["longitude"], "longitude": ["latitude"]}},
    "telephone": _matching(r"\+[1-9][0-9]{6,14}"),
    "email": _matching(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", 254),
    "amount": _object(
        {"amount": _matching(AMOUNT), "currency": _matching("[A-Z]{3}")}, required=("amount", "currency")
    ),
    "statement": {"const": True},
}
