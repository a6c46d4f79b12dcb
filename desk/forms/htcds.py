"""A victim referral's fields in the terms of HTCDS 2.0 (Human Trafficking Case Data Standard), by a committed table.

1. **Not independently validated**: no other hand has read what this writes. Names and values that were not read in the
   standard are marked `verify` in the table (`tables/htcds.json`), and listed in what is written.
2. Only what the table names goes out: how somebody was recruited, controlled and exploited, where and when, and the
   state of the case. No name, no pseudonym, no age, no nationality, no document, no free text.
3. A place goes out as country and town; an address or coordinates would tell who was held there. A town with a word in
   it of what the form calls the victim or anybody else (name, pseudonym, alias) stays out: it may be a house of theirs.
4. Nothing goes out under TLP:RED, nor of somebody who has not agreed to the referral.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from desk.forms.catalogue import form_of
from desk.forms.cover import Tlp
from desk.forms.definition import Field, FormId, Piece
from desk.forms.filled import Filled
from directory.canonical import decode_lenient
from directory.folding import telling_words, words

NOTICE = "Mapped by the field table of Enlace; not independently validated."


class NotExported(ValueError):
    """What a filled form may not be written as, and why."""


class HtcdsRow(Piece, frozen=True, kw_only=True):
    """A field of ours, what the standard calls it, and what it calls each code; `verify`: not read in the standard."""

    field: str
    name: str
    values: dict[str, str] = msgspec.field(default_factory=dict)
    verify: bool = False


class HtcdsTable(Piece, frozen=True, kw_only=True):
    """The fields of a form in a standard's terms."""

    standard: str
    form: FormId
    rows: tuple[HtcdsRow, ...]


@cache
def htcds_table() -> HtcdsTable:
    """The committed table."""
    return decode_lenient(files("desk.forms.tables").joinpath("htcds.json").read_bytes(), HtcdsTable)


def to_htcds(filled: Filled, tlp: Tlp) -> dict[str, Any]:
    """A victim referral in the standard's terms; raises NotExported for another form, for RED, or without consent."""
    table = htcds_table()
    if filled.form != table.form:
        raise NotExported(f"{table.standard} is written of {table.form}, not of {filled.form}")
    if tlp == "RED":
        raise NotExported("TLP:RED: nothing of it is exported")
    if filled.values.get("agrees") != "yes":
        raise NotExported("the victim has not agreed to the referral")
    found = dict[str, Any]()
    for row in table.rows:
        group, _, inner = row.field.partition(".")
        if inner:
            continue
        if group in filled.values and (told := _mapped(row, filled.values[group])):
            found[row.name] = told
    known = form_of(filled.form)
    called = _names(known.fields, filled.values) if known is not None else ()
    names = frozenset(each for name in called for each in telling_words(name))
    events = [told for each in filled.values.get("events", ()) if (told := _event(table, each, names))]
    if events:
        found["Events"] = events
    places = [
        each["EventLocation"] for each in events if each.get("EventType") == "Recruitment" and "EventLocation" in each
    ]
    if places:
        found["LocationOfRecruitment"] = places[0]
    return {
        "standard": table.standard,
        "notice": NOTICE,
        "verify": sorted(each.name for each in table.rows if each.verify),
        "fields": found,
    }


def _event(table: HtcdsTable, item: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    place = {name: each for name, each in item.get("where", {}).items() if name != "name" or not names & {*words(each)}}
    item = item | ({"where": place} if "where" in item else {})
    rows = {each.field.partition(".")[2]: each for each in table.rows if each.field.startswith("events.")}
    told = {rows[name].name: _mapped(rows[name], value) for name, value in item.items() if name in rows}
    return {name: value for name, value in told.items() if value}


def _names(fields: Iterable[Field], values: Mapping[str, Any]) -> Iterator[str]:
    """Whatever a form calls people by."""
    for field in fields:
        found = values.get(field.field)
        if found is None:
            continue
        if field.kind in ("person", "victim"):
            yield from (found[name] for name in ("name", "pseudonym") if name in found)
            yield from found.get("also", ())
        elif field.kind == "group":
            yield from (name for item in found for name in _names(field.fields, item))


def _mapped(row: HtcdsRow, value: Any) -> Any:
    """What the standard calls a value; nothing for a newer code where it has no other."""
    match value:
        case tuple() | list():
            return list(dict.fromkeys(filter(None, (_mapped(row, each) for each in value))))
        case dict():
            return {name: value[name] for name in ("country", "name") if name in value}
    return row.values.get(value, row.values.get("other")) if row.values else value
