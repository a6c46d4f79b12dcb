"""A contact as a vCard 4.0 (or jCard) and back: which property says what. The table: docs/formats/contact-files.md.

1. What vCard has a property for stands in it; what it has none for stands in extension properties, `X-ENLACE-` and the
   name of a column of a contact file, with what would stand in that column's cell.
2. A card whose PRODID is ours, and that tells a contact's id as ours do, is *whole*: what it does not say is emptied.
   Any other changes only what it says something about, for programs drop what they do not know.
3. Nothing is guessed of a card from elsewhere but: a function from its role, title or categories, if they are words for
   one; the language of a text that does not tell it, which is the country's first.
4. What a card has beside that is left, and told.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from directory.exchange.contact_cells import (
    EXTENSIONS,
    PRODUCT,
    Written,
    function_of,
    joined,
    language_tag,
    names_of,
    numbered,
    one_each,
    phone_use,
    written,
)
from directory.exchange.csv_contact import Wanted, cells_of
from directory.exchange.vcard_values import Property
from directory.folding import words
from directory.functions import function_label

PREFIX = "X-ENLACE-"
_NAMES = {f"{PREFIX}{name.upper().replace('_', '-')}": name for name in EXTENSIONS}
_TYPES = {
    "day": ("voice", "work"),
    "night": ("voice", "work"),
    "always": ("voice", "work"),
    "fax": ("fax", "work"),
    "switchboard": ("voice", "main-number"),
}
# Said elsewhere in the card, or about the card itself.
_SILENT = frozenset({"BEGIN", "VERSION", "PRODID", "UID", "KIND", "REV"})
_ROLES = ("ROLE", "TITLE", "CATEGORIES")
_READ = frozenset(
    {*_SILENT, *_NAMES, *_ROLES, "FN", "N", "ORG", "NICKNAME", "TEL", "EMAIL", "LANG", "ADR", "TZ", "URL", "NOTE"}
)
_OFFSET = re.compile(r"[+-]?[0-9]|Z$")
_MAILTO = re.compile("(?i)mailto:")
_TEL = re.compile(r"(?i)tel:([^;]*)((?:;.*)?)")


def card_of(wanted: Wanted) -> tuple[Property, ...]:
    """The card of a contact, its properties in one fixed order."""
    cells = cells_of(wanted)
    names = names_of(cells)
    main = next(iter(names))
    altid = (("ALTID", ("1",)),) if len(names) > 1 else ()
    card = [
        Property("VERSION", ("4.0",)),
        Property("PRODID", (PRODUCT,)),
        Property("UID", (uid(wanted.contact),), kind="uri"),
        Property("KIND", ("org",)),
        *(Property("FN", (text,), (("LANGUAGE", (each,)), *altid)) for each, text in names.items()),
    ]
    if "also" in cells:
        card.append(Property("NICKNAME", tuple(each.strip() for each in cells["also"].split(";"))))
    card.append(Property("ROLE", (function_label(wanted.function, main),), (("LANGUAGE", (main,)),)))
    for place, phone in numbered(dict.fromkeys(wanted.body.phones)):
        params = (("TYPE", _TYPES[phone.use]), ("PREF", (place,)), (f"{PREFIX}USE", (phone.use,)))
        card.append(Property("TEL", (f"tel:{phone.number}",), params, "uri"))
    card += [Property("EMAIL", (each,), (("PREF", (at,)),)) for at, each in numbered(dict.fromkeys(wanted.body.emails))]
    card += [
        Property("LANG", (each,), (("PREF", (at,)),), "language-tag")
        for at, each in numbered(dict.fromkeys(wanted.body.languages))
    ]
    if "address" in cells or "city" in cells:
        card.append(Property("ADR", ("", "", cells.get("address", ""), cells.get("city", ""), "", "", "")))
    card += [Property(name, (cells[of],), (), kind) for name, of, kind in _SINGLE if of in cells]
    card += [
        Property("NOTE", (cells[each],), (("LANGUAGE", (each.removeprefix("notes_"),)),))
        for each in cells
        if each.startswith("notes_")
    ]
    return (*card, *(Property(name, (cells[of],)) for name, of in _NAMES.items() if of in cells))


_SINGLE = (("TZ", "zone", "text"), ("URL", "website", "uri"))


def uid(contact: str) -> str:
    """What address books tell the cards of contacts apart by: the same for the same id, always."""
    return uuid5(NAMESPACE_URL, f"enlace:contact/{contact}").urn


def cells_of_card(card: Iterable[Property], country: str = "") -> Written:
    """What a card says, as cells of a contact file (rules 2 to 4); `country`: where it is told beside the card."""
    of: dict[str, list[Property]] = defaultdict(list)
    for each in card:
        of[each.name].append(each)
    cells = {column: of[name][0].value for name, column in _NAMES.items() if name in of}
    told = cells.get("contact", "")[:2] or _country(of["ADR"])
    if "contact" not in cells and told:
        cells["country"] = told
    if "function" not in cells:
        cells |= function_of(value for name in _ROLES for each in of[name] for value in each.values)
    cells |= one_each("name", map(_in_language, _names(of)), also=_every_value(of["NICKNAME"]))
    cells |= one_each("notes", map(_in_language, of["NOTE"]), told or country)
    if of["TEL"]:
        cells["phone"] = joined(_phone(each) for each in _preferred(of["TEL"]) if each.value.strip())
    if of["EMAIL"]:
        cells["email"] = joined(_MAILTO.sub("", each.value, count=1) for each in _preferred(of["EMAIL"]))
    if of["LANG"]:
        cells["languages"] = joined(language_tag([each.value]) or each.value for each in _preferred(of["LANG"]))
    for adr in of["ADR"][:1]:
        box, more, street, city, region, code, _ = (*adr.values, *[""] * 7)[:7]
        cells |= {"address": ", ".join(filter(None, (box, more, street, region, code))), "city": city}
    for name, column, _ in _SINGLE:
        for each in _preferred([each for each in of[name] if not _is_offset(each)])[:1]:
            cells[column] = each.value
    # One of version 3.0 was written anew by another program, which had no property for some of what ours said.
    found = written(cells, _every_value(of["PRODID"]) if "4.0" in _every_value(of["VERSION"]) else ())
    return replace(found, left=tuple(_left(of, whole=found.whole)))


def _names(of: Mapping[str, list[Property]]) -> list[Property]:
    """What a card is called by: its name, else that of the organization, else the parts of a name."""
    named = [each for kind in ("FN", "ORG") for each in of[kind] if each.value.strip()]
    if named:
        return [each for each in named if each.name == named[0].name]
    return [
        replace(each, values=(" ".join(filter(None, map(str.strip, (prefix, given, more, family, suffix)))),))
        for each in of["N"][:1]
        for family, given, more, prefix, suffix in [(*each.values, *[""] * 5)[:5]]
    ]


def _left(of: Mapping[str, list[Property]], *, whole: bool) -> Iterator[str]:
    """What of a card has no place in a contact (rule 4)."""
    yield from sorted(name for name in of if of[name] and name not in _READ)
    if of["FN"] and any(_every_value(of["ORG"])):
        yield "ORG"
    if of["FN"] and not set(words(" ".join(_every_value(of["N"])))) <= set(words(" ".join(_every_value(of["FN"])))):
        yield "N"  # a name that is not the one it goes by
    for name in _ROLES if not whole else ():
        if any(_every_value(of[name])) and not function_of(_every_value(of[name])):
            yield name
    zones = [each for each in of["TZ"] if not _is_offset(each)]
    for name, count in [("ADR", len(of["ADR"])), ("URL", len(of["URL"])), ("TZ", len(zones))]:
        if count > 1:
            yield f"a second {name}"
    yield from (f"a second {name}" for name in _NAMES if len(of[name]) > 1)
    if len(zones) < len(of["TZ"]):
        yield "TZ as an offset"


def _in_language(text: Property) -> tuple[str, str]:
    return language_tag(text.param("LANGUAGE")), text.value


def _every_value(of: Iterable[Property]) -> list[str]:
    return [value for each in of for value in each.values if value.strip()]


def _is_offset(zone: Property) -> bool:
    """Whether a TZ is an offset, which is no zone: it knows no summer."""
    return zone.name == "TZ" and _OFFSET.match(zone.value) is not None


def _preferred(of: list[Property]) -> list[Property]:
    return sorted(of, key=lambda each: int(pref[0]) if (pref := each.param("PREF")) and _is_number(pref[0]) else 101)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4


def _phone(one: Property) -> str:
    told = _TEL.fullmatch(one.value.strip())
    number = unquote(told[1]) + (f" {told[2]}" if told[2] else "") if told else one.value
    use = next(iter(one.param(f"{PREFIX}USE")), "")
    types = {value.lower() for each in one.param("TYPE") for value in each.split(",")}
    return f"{phone_use(use, types)}:{number}"


def _country(addresses: list[Property]) -> str:
    for each in addresses:
        code = next(iter(each.param("CC")), "") or (*each.values, *[""] * 7)[6]
        if code:
            return code
    return ""
