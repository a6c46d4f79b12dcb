"""What a filled form holds about a victim, and what that person has said of it. Pure.

V1  A form with a question about *the* victim is about one, whatever was filled in. Of another form, a field that is
    marked as a victim's, or a person in the role of a victim, makes it so.
V2  Of a newer version of a form known here, what is known of its fields counts, and any pseudonym. Of a form that
    nobody here knows nothing can be told: it is about a victim (fails closed).
V3  Only what the form itself records counts as the victim's word on consular contact.
V4  The consent record is the section `consent` of the form with the victim's pseudonym, as it was filled in. Its hash
    is SHA-256 over a type line and canonical JSON: two desks that show the same hash speak of the same consent.
V5  `keep_until` in it is the last day on which anything of the message is kept, by UTC.
V6  Whose name, birth date or document stands in a victim's place is named (`named_in`); a pseudonym, an age, a
    nationality name nobody. Of a form that is not known here whatever could be such names somebody (fails closed). What
    stands in free text nobody can tell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from desk.forms.catalogue import form_of, latest
from desk.forms.definition import Field
from desk.forms.filled import Filled
from desk.forms.missing import IDENTIFYING, named_victims
from desk.handling.rules import ConsularConsent
from directory.canonical import encode

RECORD_TYPE = b"enlace/victim-consent/v1\n"
_SECTION = "consent"
_VICTIM = "victim"
_ANSWERS: dict[str, ConsularConsent] = {"yes": "yes", "no": "no", "withheld": "withheld"}


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What a victim has consented to: the hash by which it is named, on which day, and what was recorded."""

    hash: str
    agreed_on: str
    values: Mapping[str, Any]


def victim_data(filled: Filled) -> bool:
    """Whether a filled form holds data about a victim (V1, V2)."""
    form = form_of(filled.form) or latest(filled.form.partition("/")[0])
    if form is None:
        return True
    if form.form != filled.form and _has_pseudonym(filled.values):
        return True
    return any(each.kind == _VICTIM for each in form.fields) or any(
        _about_victim(each, filled.values.get(each.field)) for each in form.fields
    )


def named_in(filled: Filled) -> tuple[str, ...]:
    """The fields in which a filled form names a victim (V6), such as `persons[0].person`; none where it does not."""
    form = form_of(filled.form)
    if form is None:
        return tuple(_identifying(filled.values, ""))
    return tuple(path for gap in named_victims(form, filled) for path in gap.where)


def consular_consent(filled: Filled) -> ConsularConsent:
    """What the victim has said of consular contact, by the form (V3); empty if it says nothing of it."""
    said = filled.values.get("consular_contact")
    return _ANSWERS.get(said, "") if isinstance(said, str) else ""


def consent_record(filled: Filled) -> ConsentRecord | None:
    """The consent that a form records (V4); nothing if it has no such section, or nothing stands in it."""
    form = form_of(filled.form)
    section = next((each for each in form.sections if each.section == _SECTION), None) if form else None
    if section is None:
        return None
    values = {each.field: filled.values[each.field] for each in section.fields if each.field in filled.values}
    if not values:
        return None
    told = {"form": filled.form, "victim": _pseudonym(filled), "values": values}
    return ConsentRecord(sha256(RECORD_TYPE + encode(told)).hexdigest(), str(values.get("agreed_on", "")), values)


def kept_until(filled: Filled) -> int:
    """When the day ends that the victim's data are kept until (V5), in unix seconds; 0 if no day is named."""
    said = filled.values.get("keep_until")
    try:
        day = date.fromisoformat(said) if isinstance(said, str) else None
        after = day + timedelta(days=1) if day else None
    except (ValueError, OverflowError):
        return 0  # a day of a form that is not known here
    return int(datetime(after.year, after.month, after.day, tzinfo=UTC).timestamp()) if after else 0


def _pseudonym(filled: Filled) -> str:
    found = filled.values.get(_VICTIM)
    return str(found.get("pseudonym", "")) if isinstance(found, Mapping) else ""


def _about_victim(field: Field, value: Any) -> bool:
    if value is None:
        return False
    if field.victim_data:
        return True
    items = value if field.kind == "group" and isinstance(value, list | tuple) else ()
    return any(
        isinstance(item, Mapping)
        and (item.get("role") == _VICTIM or any(_about_victim(inner, item.get(inner.field)) for inner in field.fields))
        for item in items
    )


def _has_pseudonym(value: Any) -> bool:
    match value:
        case Mapping():
            return "pseudonym" in value or any(map(_has_pseudonym, value.values()))
        case list() | tuple():
            return any(map(_has_pseudonym, value))
    return False


def _identifying(value: Any, path: str) -> Iterator[str]:
    """Where anything stands that could name somebody, in a form that is not known here."""
    match value:
        case Mapping():
            if path and any(each in value for each in IDENTIFYING):
                yield path
            for name, inner in value.items():
                yield from _identifying(inner, f"{path}.{name}" if path else str(name))
        case list() | tuple():
            for at, inner in enumerate(value):
                yield from _identifying(inner, f"{path}[{at}]")
