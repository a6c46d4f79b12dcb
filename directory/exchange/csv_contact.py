"""A contact as it is to be, and the cells of its line in a contact file: the two say the same.

1. `cells_of` gives every column that has something in it, each written the one way; `wanted_of` reads them back.
2. Cells here are what a cell *says*: the apostrophe before a formula is put there and taken away at the file's edge.
3. What only shows when the whole line is seen is checked here: a name there must be, the id begins with the country,
   hours need a zone (a country's only one is taken), a body has a largest size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from directory.bodies import ContactBody, Hours, Requirements, write_body_bytes
from directory.canonical import Malformed
from directory.countries import country_name, only_zone
from directory.entry import Entry
from directory.exchange.csv_columns import column, of_language
from directory.exchange.csv_problem import CellError, Problem
from directory.four_languages import OFFICIAL
from directory.judge_contacts import MOST_CIRCLES, MOST_ESCALATION, MOST_OFFICERS

MOST_OF = {"also": 24, "phone": 12, "email": 8, "languages": 24, "holidays": 60, "officers": MOST_OFFICERS,
           "escalation": MOST_ESCALATION, "circles": MOST_CIRCLES}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A contact as it is to be published or listed."""

    contact: str
    country: str
    function: str
    body: ContactBody
    officers: tuple[str, ...] = ()
    escalation: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()


Fault = tuple[str, str, str]
"""A column (or none), what is wrong with it, and what to do."""


class LineError(ValueError):
    """All that is wrong with a line as a whole."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{what}; {do}" for _, what, do in faults))
        self.faults = faults

    def problems(self, line: int, unit: str = "line") -> list[Problem]:
        """The faults as problems of a line, or of what else the file is counted in."""
        return [Problem(line, name, what, do, unit) for name, what, do in self.faults]


def cells_of_entry(entry: Entry) -> dict[str, str]:
    """The cells of what is published now; without its body, what the record alone tells."""
    record = entry.contact
    body = entry.body or ContactBody(names={})
    return cells_of(
        Wanted(record.id, record.country, record.function, body, record.officers, record.escalation, record.circles)
    )


def cells_of(wanted: Wanted) -> dict[str, str]:
    """The cells of a contact's line; columns with nothing in them are left out."""
    body = wanted.body
    values: dict[str, object] = {
        "contact": wanted.contact,
        "country": wanted.country,
        "function": wanted.function,
        **{f"name_{language}": name for language, name in body.names.items()},
        "also": body.also,
        "phone": body.phones,
        "email": body.emails,
        "languages": body.languages,
        "zone": "" if isinstance(body.zone, msgspec.UnsetType) else body.zone,
        "hours": body.hours,
        "holidays": tuple(sorted(set(body.hours.holidays))),
        "respond": body.promised,
        "address": body.address,
        "city": body.city,
        "website": body.website,
        "request_languages": body.requirements.languages,
        "request_form": body.requirements.form,
        "request_channel": body.requirements.channel,
        "dual_criminality": body.requirements.dual_criminality,
        **{f"notes_{language}": note for language, note in body.notes.items()},
        "source": body.source,
        "officers": wanted.officers,
        "escalation": wanted.escalation,
        "circles": wanted.circles,
    }
    shown = {name: column(name).show(value) for name, value in values.items()}
    return {name: cell for name, cell in shown.items() if cell}


def wanted_of(cells: Mapping[str, str]) -> Wanted:
    """The contact that a line's cells describe, empty ones aside; raises LineError with all that is wrong with them."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, cell in cells.items():
        try:
            if cell:
                values[name] = column(name).read(cell)
        except CellError as error:
            faults.append((name, error.what, error.do))
    for name, most in MOST_OF.items():
        if len(values.get(name, ())) > most:
            faults.append((name, f"{len(values[name])} of them; at most {most} are kept", "leave some out"))
    contact, country, function = (values.get(each, "") for each in ("contact", "country", "function"))
    if not function and "function" not in (name for name, _, _ in faults):
        faults.append(("function", "no function", "write one, such as consular or extradition"))
    if not any(of_language(name, "name") for name in values):
        faults.append((f"name_{OFFICIAL[0]}", "no name in any language", "write one, in the column of its language"))
    if not country or not contact.startswith(f"{country.lower()}-"):
        do = f"begin it with {country.lower() or 'the code of its country'}-, or mend the country"
        faults.append(("contact", f"{contact or 'the id'} is no id of a contact of {country or 'any country'}", do))
    if contact in values.get("escalation", ()):
        faults.append(("escalation", f"{contact} is its own alternate", "take it out of its own line"))
    hours = values.get("hours", Hours())
    zone = values.get("zone") or (only_zone(country) if hours.spans else None)
    if hours.spans and not zone:
        what = f"hours without a time zone, and {country_name(country, 'en')} has several or they are not known here"
        faults.append(("zone", what, "write one, such as America/Sao_Paulo"))
    if faults:
        raise LineError(faults)
    body = _body(values, msgspec.structs.replace(hours, holidays=values.get("holidays", ())), zone)
    return Wanted(
        contact, country, function, body, *(values.get(each, ()) for each in ("officers", "escalation", "circles"))
    )


def _body(values: Mapping[str, Any], hours: Hours, zone: str | None) -> ContactBody:
    """The body in a line's values; raises LineError if no reader would take it."""
    body = ContactBody(
        names={language: text for name, text in values.items() if (language := of_language(name, "name"))},
        also=values.get("also", ()),
        phones=values.get("phone", ()),
        emails=values.get("email", ()),
        website=values.get("website", ""),
        address=values.get("address", ""),
        city=values.get("city", ""),
        languages=values.get("languages", ()),
        zone=zone or msgspec.UNSET,
        hours=hours,
        respond=values.get("respond", 0),
        requirements=Requirements(
            languages=values.get("request_languages", ()),
            form=values.get("request_form", ""),
            dual_criminality=values.get("dual_criminality", False),
            channel=values.get("request_channel", ""),
        ),
        notes={language: text for name, text in values.items() if (language := of_language(name, "notes"))},
        source=values.get("source", ""),
    )
    try:
        write_body_bytes(body)
    except Malformed as error:
        raise LineError([("", f"the entry cannot be published: {error}", "shorten or mend it")]) from error
    return body
