"""What may stand in a field, by its kind: the types that a filled form is checked against, every one bounded.

| kind | value |
|---|---|
| text | an object: language tag to text, such as `{"es":"…","en":"…"}` |
| reference | one line without a language: a number, a name, an address of the network |
| code, codes | a code of a list; several, in the order given |
| consent | `yes`, `no` or `withheld`; nothing where nobody asked |
| date | `YYYY-MM-DD` |
| moment | `{"at":unix seconds,"zone":"America/Bogota"}` |
| country, countries, languages, contact | `CO`; several; `["es","qu"]`; the id of a point of contact |
| person | `{"name":…}` or `{"pseudonym":…}` or both, and what else is known |
| victim | `{"pseudonym":…}`, age, sex, nationalities, languages: no name, no birth date, no document |
| place | any of country, name, detail, and latitude with longitude in millionths of a degree |
| telephone, email | E.164; an address |
| amount | `{"amount":"1234.50","currency":"USD"}` |
| number | an integer within the field's bounds |
| statement | `true`; what is not stated is left out |
| group | a list of objects with the group's fields, at least one filled in |

1. Nothing is empty: no text of white space alone or with it around, no list or object without anything in it.
2. No line has a control character in it; a text has line feeds, and no other. What else nobody sees is not refused, for
   some scripts need it, and is shown by its code point (`desk.safe_text`).
3. Nothing stands twice in a list.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal
from unicodedata import category

import msgspec

from desk.forms.definition import MOST_ITEMS, CodeName, Field
from directory.bodies import EmailAddress, PhoneNumber, TimeZone
from directory.canonical import Malformed
from directory.fields import ContactId, Country, Language, Time

MOST_LANGUAGES = 6  # of one text
DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
BORN = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
AMOUNT = r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?"
_ALL_DATE = re.compile(rf"\A{DATE}\Z")


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value of several parts."""


def _several(kind: Any, most: int) -> Any:
    return Annotated[tuple[kind, ...], msgspec.Meta(min_length=1, max_length=most)]


def _line(most: int) -> Any:
    return Annotated[str, msgspec.Meta(min_length=1, max_length=most)]


MOST_NAME, MOST_NUMBER, MOST_DETAIL = 200, 60, 400
_Unset = msgspec.UnsetType
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NAME)]
_Few = msgspec.Meta(min_length=1, max_length=10)
MOST_AGE = 130
_Age = Annotated[int, msgspec.Meta(ge=0, le=MOST_AGE)]


class Moment(Part, frozen=True, kw_only=True):
    """A point in time, and the zone that it is also shown in."""

    at: Time
    zone: TimeZone


class Document(Part, frozen=True, kw_only=True):
    """A person's document."""

    kind: CodeName
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_NUMBER)]
    country: Country | _Unset = msgspec.UNSET


class Victim(Part, frozen=True, kw_only=True):
    """A person who is called by a pseudonym."""

    pseudonym: _Name
    age: _Age | _Unset = msgspec.UNSET
    sex: CodeName | _Unset = msgspec.UNSET
    nationalities: Annotated[tuple[Country, ...], _Few] | _Unset = msgspec.UNSET
    languages: Annotated[tuple[Language, ...], _Few] | _Unset = msgspec.UNSET


class Person(Part, frozen=True, kw_only=True):
    """A person: a name or a pseudonym at least. A birth date may be no more than a year."""

    name: _Name | _Unset = msgspec.UNSET
    pseudonym: _Name | _Unset = msgspec.UNSET
    also: Annotated[tuple[_Name, ...], _Few] | _Unset = msgspec.UNSET
    born: Annotated[str, msgspec.Meta(pattern=rf"\A{BORN}\Z")] | _Unset = msgspec.UNSET
    age: _Age | _Unset = msgspec.UNSET
    sex: CodeName | _Unset = msgspec.UNSET
    nationalities: Annotated[tuple[Country, ...], _Few] | _Unset = msgspec.UNSET
    languages: Annotated[tuple[Language, ...], _Few] | _Unset = msgspec.UNSET
    documents: Annotated[tuple[Document, ...], _Few] | _Unset = msgspec.UNSET


class Place(Part, frozen=True, kw_only=True):
    """A place, as far as it is known; `name` is that of a town, `detail` an address or what tells where."""

    country: Country | _Unset = msgspec.UNSET
    name: _Name | _Unset = msgspec.UNSET
    detail: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_DETAIL)] | _Unset = msgspec.UNSET
    latitude: Annotated[int, msgspec.Meta(ge=-90_000_000, le=90_000_000)] | _Unset = msgspec.UNSET
    longitude: Annotated[int, msgspec.Meta(ge=-180_000_000, le=180_000_000)] | _Unset = msgspec.UNSET


class Amount(Part, frozen=True, kw_only=True):
    """A sum of money: a decimal number as text, and the ISO 4217 code of its currency."""

    amount: Annotated[str, msgspec.Meta(pattern=rf"\A{AMOUNT}\Z")]
    currency: Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{3}\Z")]


Consent = Literal["yes", "no", "withheld"]  # a list that does not grow: what else is said is no consent
PART_LISTS = {"sex": "sexes", "kind": "document-kinds"}  # of codes, in the parts of a person
_TYPES: Mapping[str, Any] = {
    "code": CodeName,
    "codes": _several(CodeName, MOST_ITEMS),
    "consent": Consent,
    "date": Annotated[str, msgspec.Meta(pattern=rf"\A{DATE}\Z")],
    "moment": Moment,
    "country": Country,
    "countries": _several(Country, 60),
    "languages": _several(Language, 10),
    "contact": ContactId,
    "person": Person,
    "victim": Victim,
    "place": Place,
    "telephone": PhoneNumber,
    "email": EmailAddress,
    "amount": Amount,
    "statement": bool,
}


def check_values(fields: Iterable[Field], values: Mapping[str, Any], where: str = "") -> None:
    """Return if every value stands in a field there is, and is of its kind; raise Malformed, saying which is not."""
    known = {each.field: each for each in fields}
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            raise Malformed(f"{where}{name}: the form has no such field")
        check_value(field, value, where + name)


def check_value(field: Field, value: Any, where: str) -> None:
    """Return if a value is of its field's kind; raise Malformed, saying what is wrong and where."""
    if field.kind == "group":
        _check_group(field, value, where)
        return
    try:
        msgspec.convert(value, _type(field.kind, field.least, field.most))
    except msgspec.ValidationError as error:
        raise Malformed(f"{where}: {_plainly(str(error))}") from error
    if field.kind == "statement" and value is not True:
        raise Malformed(f"{where}: what is not stated is left out")
    _check_parts(field.kind, value, where)


def codes_in(field: Field, value: Any) -> Iterable[tuple[str, str]]:
    """List and code, for every code that a value of this field holds: whoever knows the lists says which they lack."""
    match field.kind:
        case "code":
            yield field.list, value
        case "codes":
            yield from ((field.list, each) for each in value)
        case "person" | "victim":
            if "sex" in value:
                yield PART_LISTS["sex"], value["sex"]
            yield from ((PART_LISTS["kind"], each["kind"]) for each in value.get("documents", ()))
        case "group":
            for item in value:
                for inner in field.fields:
                    if inner.field in item:
                        yield from codes_in(inner, item[inner.field])


@cache
def _type(kind: str, least: int, most: int) -> Any:
    match kind:
        case "text":
            texts = GenericAlias(dict, (Language, _line(most)))
            return Annotated[texts, msgspec.Meta(min_length=1, max_length=MOST_LANGUAGES)]
        case "reference":
            return _line(most)
        case "number":
            return Annotated[int, msgspec.Meta(ge=least, le=most)]
    return _TYPES[kind]


def _check_group(field: Field, value: Any, where: str) -> None:
    if not isinstance(value, list | tuple):
        raise Malformed(f"{where}: expected a list")
    if not 1 <= len(value) <= field.most:
        raise Malformed(f"{where}: {len(value)} items; a list of 1 to {field.most} is taken")
    for at, item in enumerate(value):
        if not isinstance(item, Mapping):
            raise Malformed(f"{where}[{at}]: expected an object")
        if not item:
            raise Malformed(f"{where}[{at}]: an item that says nothing")
        check_values(field.fields, item, f"{where}[{at}].")
    _check_twice(value, where)


def _check_parts(kind: str, value: Any, where: str) -> None:
    match value:
        case str():
            _check_line(value, where, lines=False)
        case list() | tuple():
            _check_twice(value, where)
            for each in value:
                _check_parts("", each, where)
        case Mapping():
            for name, each in value.items():
                if kind == "text":
                    _check_line(each, f"{where}.{name}", lines=True)
                else:
                    _check_parts("", each, f"{where}.{name}")
    if kind == "date" or (kind == "person" and _ALL_DATE.match(value.get("born", ""))):
        _check_date(value if kind == "date" else value["born"], where)
    if kind == "person" and not ("name" in value or "pseudonym" in value):
        raise Malformed(f"{where}: a person has a name or a pseudonym")
    if kind == "place" and ("latitude" in value) != ("longitude" in value):
        raise Malformed(f"{where}: latitude and longitude stand together")
    if kind == "place" and not value:
        raise Malformed(f"{where}: a place that says nothing")


def _check_line(text: str, where: str, *, lines: bool) -> None:
    if not text.strip() or text != text.strip():
        raise Malformed(f"{where}: text is not empty, and begins and ends with no white space")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Malformed(f"{where}: half a character") from error
    for char in text:
        if category(char) in ("Cc", "Zl", "Zp") and not (lines and char == "\n"):
            raise Malformed(f"{where}: the control character U+{ord(char):04X}")


def _check_date(text: str, where: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{where}: there is no day {text}") from error


def _check_twice(values: Any, where: str) -> None:
    for at, each in enumerate(values):
        if each in values[:at]:
            raise Malformed(f"{where}: the same stands twice")


def _plainly(text: str) -> str:
    """A fault as msgspec tells it, without patterns, which tell nobody what to do."""
    return re.sub(r"Expected `str` matching regex '.*'", "Expected text of another form", text)
