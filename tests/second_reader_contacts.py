"""Contact files, as docs/formats/contact-files.md has them: the cells of each contact."""

import re
from typing import Any

from second_reader_base import Refused, utf8
from second_reader_bodies import CONTACT as BODY
from second_reader_json import Check, Field, items, parse, read_loose, record, words
from second_reader_values import CIRCLE, CONTACT, COUNTRY, FUNCTION, OFFICER

Cells = dict[str, str]
_LIMIT = 16_777_216
_ENTRY: Check = record(
    {
        "contact": Field(CONTACT),
        "country": Field(COUNTRY),
        "function": Field(FUNCTION),
        "body": Field(BODY),
        "officers": Field(items(OFFICER), []),
        "escalation": Field(items(CONTACT), []),
        "circles": Field(items(CIRCLE), []),
    }
)
_FILE: Check = record({"type": Field(words("enlace/contacts/v1")), "contacts": Field(items(_ENTRY, 0, 20_000))})
_OURS = (
    "contact function hours holidays respond request_languages request_form request_channel dual_criminality source "
    "officers escalation circles"
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def read_contacts(kind: str, raw: bytes) -> list[Cells]:
    """The cells of every contact in a file."""
    if kind == "json":
        return [_of_entry(each) for each in read_loose(raw, _FILE, _LIMIT).get("contacts", [])]
    if kind == "jscontact":
        return [_of_jscontact(each) for each in parse(raw)]
    cards = _cards(utf8(raw)) if kind == "vcard" else [_of_json(each) for each in parse(raw)]
    return [_of_card(each) for each in cards]


def _filled(cells: Cells) -> Cells:
    found = {name: cell for name, cell in cells.items() if cell}
    return {**found, "country": found["contact"][:2].upper()}


def _of_entry(entry: Any) -> Cells:
    body = entry["body"]
    needs, hours = body.get("requirements", {}), body.get("hours", {})
    cells = {name: entry[name] for name in ("contact", "function")}
    cells |= {name: "; ".join(entry.get(name, ())) for name in ("officers", "escalation", "circles")}
    cells |= {name: body.get(name, "") for name in ("zone", "website", "address", "city", "source")}
    cells |= {f"name_{tag}": text for tag, text in body["names"].items()}
    cells |= {f"notes_{tag}": text for tag, text in body.get("notes", {}).items()}
    cells |= {
        "also": "; ".join(body.get("also", ())),
        "phone": "; ".join(f"{each.get('use', 'day')}:{each['number']}" for each in body.get("phones", ())),
        "email": "; ".join(body.get("emails", ())),
        "languages": "; ".join(body.get("languages", ())),
        "hours": "24/7" if hours.get("always") else "; ".join(map(_span, hours.get("spans", ()))),
        "holidays": "; ".join(hours.get("holidays", ())),
        "respond": str(body.get("respond") or ""),
        "request_languages": "; ".join(needs.get("languages", ())),
        "request_form": needs.get("form", ""),
        "request_channel": needs.get("channel", ""),
        "dual_criminality": "yes" if needs.get("dual_criminality") else "",
    }
    return _filled(cells)


def _span(span: Any) -> str:
    clock = [f"{span[at] // 60:02}:{span[at] % 60:02}" for at in ("opens", "closes")]
    return f"{_DAYS[span['day'] - 1]} {'-'.join(clock)}"


def _cards(text: str) -> list[list[tuple[str, dict[str, str], list[str]]]]:
    """Rule 5: properties as name, parameters, values."""
    cards: list[list[tuple[str, dict[str, str], list[str]]]] = []
    for line in re.sub("\r\n ", "", text).split("\r\n")[:-1]:
        head, _, value = line.partition(":")
        name, *params = head.split(";")
        if name == "BEGIN":
            cards.append([])
        elif name != "END":
            mark = ";" if name == "ADR" else ","
            parts = [value] if "VALUE=uri" in params or name == "URL" else re.split(rf"(?<!\\){mark}", value)
            told = dict(each.split("=", 1) for each in params)
            cards[-1].append((name, told, [_plain(each) for each in parts]))
    if any(("VERSION", {}, ["4.0"]) not in each for each in cards):
        raise Refused("malformed", "version")
    return cards


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _of_json(card: Any) -> list[tuple[str, dict[str, str], list[str]]]:
    """Rule 6."""
    return [
        (name.upper(), {key.upper(): value for key, value in told.items()}, values[0] if name == "adr" else values)
        for name, told, _, *values in card[1]
    ]


def _of_card(card: list[tuple[str, dict[str, str], list[str]]]) -> Cells:
    cells: Cells = {}
    columns = {f"X-ENLACE-{each.upper().replace('_', '-')}": each for each in _OURS.split()}
    columns |= {"TZ": "zone", "URL": "website", "EMAIL": "email", "LANG": "languages"}

    def more(column: str, text: str) -> None:
        cells[column] = f"{cells[column]}; {text}" if column in cells else text

    for name, told, values in card:
        if name in columns:
            more(columns[name], values[0])
        elif name in ("FN", "NOTE"):
            cells[f"{'name' if name == 'FN' else 'notes'}_{told['LANGUAGE']}"] = values[0]
        elif name == "NICKNAME":
            cells["also"] = "; ".join(values)
        elif name == "TEL":
            more("phone", f"{told['X-ENLACE-USE']}:{values[0].removeprefix('tel:')}")
        elif name == "ADR":
            cells["address"], cells["city"] = values[2], values[3]
    return _filled(cells)


def _of_jscontact(card: Any) -> Cells:
    """Rule 7."""
    main, own = card["language"], "enlace.example:"
    cells = {each: card.get(f"{own}{each}", "") for each in _OURS.split()}
    cells[f"name_{main}"] = card["name"]["full"]
    for note in card.get("notes", {}).values():
        cells[f"notes_{main}"] = note["note"]
    for tag, patch in card.get("localizations", {}).items():
        cells[f"name_{tag}"] = patch.get("name/full", "")
        cells[f"notes_{tag}"] = patch.get("notes/n1/note") or patch.get("notes", {}).get("n1", {}).get("note", "")
    cells["also"] = "; ".join(each["name"] for each in card.get("nicknames", {}).values())
    numbers = card.get("phones", {}).values()
    cells["phone"] = "; ".join(f"{each[f'{own}use']}:{each['number'].removeprefix('tel:')}" for each in numbers)
    cells["email"] = "; ".join(each["address"] for each in card.get("emails", {}).values())
    cells["languages"] = "; ".join(each["language"] for each in card.get("preferredLanguages", {}).values())
    for place in card.get("addresses", {}).values():
        parts = {each["kind"]: each["value"] for each in place.get("components", ())}
        cells |= {
            "address": parts.get("name", ""),
            "city": parts.get("locality", ""),
            "zone": place.get("timeZone", ""),
        }
    cells["website"] = "".join(each["uri"] for each in card.get("links", {}).values())
    return _filled(cells)
