"""Contacts as JSContact (RFC 9553, version 2.0 of RFC 9982) and back. The table: docs/formats/contact-files.md.

    [{"@type": "Card", "version": "2.0", "kind": "org", "language": "es", "name": {"full": "Mesa de guardia"}, …}]

1. A file is an array of cards; a card alone is read too. Written is version 2.0, which differs from 1.0 in that `uid`
   may be missing (RFC 9982); both are read.
2. The card's language is the country's first that it has a name in; what it says in others stands in `localizations`.
3. What JSContact has no property for stands in extensions, `enlace.example:` and the name of a column.
4. *Whole*, and what is guessed and left: as `directory.exchange.card_contact` has it for vCard.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from directory.canonical import Malformed, decode_lenient
from directory.exchange.card_contact import uid
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
from directory.exchange.csv_problem import Problem, quoted
from directory.exchange.vcard_text import MOST_CARDS, MOST_FILE_BYTES
from directory.functions import function_label

VERSIONS = ("2.0", "1.0")
PREFIX = "enlace.example:"
_FEATURES = {"fax": {"fax": True}, "switchboard": {"voice": True, "main-number": True}}
_NAMES = (
    "@type version uid kind prodId language name nicknames titles phones emails preferredLanguages addresses links "
    "notes localizations created updated organizations"
)
_KNOWN = frozenset(_NAMES.split())
_OWN = frozenset(f"{PREFIX}{each}" for each in EXTENSIONS)
_DO = "write it as JSContact has it: RFC 9553"
_PATCH = re.compile(r"notes/[^/]+/note")


class _Fault(ValueError):
    """What is wrong with a card, where."""


def write_jscontacts(contacts: Iterable[Wanted]) -> bytes:
    """The file of contacts, in the order given."""
    return (json.dumps([_card(each) for each in contacts], ensure_ascii=False, indent=1) + "\n").encode()


def read_jscontacts(raw: bytes, country: str = "") -> tuple[list[tuple[int, Written]], list[Problem]]:
    """What the cards of a file say, numbered from 1, and all that is wrong with it; raises nothing.

    `country`: where it is told beside the cards.
    """
    try:
        whole = decode_lenient(raw.removeprefix(b"\xef\xbb\xbf"), object, MOST_FILE_BYTES)
    except Malformed as error:
        return [], [Problem(1, "", str(error), "mend it, or export it anew", "card")]
    every = [whole] if isinstance(whole, dict) else whole
    if not isinstance(every, list) or not every:
        return [], [Problem(1, "", "the file has no card in it", _DO, "card")]
    if len(every) > MOST_CARDS:
        what = f"{len(every)} cards; at most {MOST_CARDS} are read at once"
        return [], [Problem(MOST_CARDS + 1, "", what, "split the file", "card")]
    found: list[tuple[int, Written]] = []
    problems: list[Problem] = []
    for number, card in enumerate(every, 1):
        try:
            found.append((number, _written(_object(card, "the card"), country)))
        except _Fault as fault:
            problems.append(Problem(number, "", str(fault), _DO, "card"))
    return found, problems


def _card(wanted: Wanted) -> dict[str, Any]:
    cells, body = cells_of(wanted), wanted.body
    names = names_of(cells)
    main = next(iter(names))
    card: dict[str, Any] = {
        "@type": "Card",
        "version": VERSIONS[0],
        "uid": uid(wanted.contact),
        "kind": "org",
        "prodId": PRODUCT,
        "language": main,
        "name": {"full": names[main]},
        "titles": {"t1": {"kind": "role", "name": function_label(wanted.function, main)}},
    }
    if "also" in cells:
        card["nicknames"] = {f"k{at}": {"name": each.strip()} for at, each in numbered(cells["also"].split(";"))}
    if body.phones:
        card["phones"] = {
            f"p{at}": {
                "number": f"tel:{each.number}",
                "features": _FEATURES.get(each.use, {"voice": True}),
                "contexts": {"work": True},
                "pref": int(at),
                f"{PREFIX}use": each.use,
            }
            for at, each in numbered(dict.fromkeys(body.phones))
        }
    if body.emails:
        card["emails"] = {
            f"e{at}": {"address": each, "pref": int(at)} for at, each in numbered(dict.fromkeys(body.emails))
        }
    if body.languages:
        card["preferredLanguages"] = {
            f"l{at}": {"language": each, "pref": int(at)} for at, each in numbered(dict.fromkeys(body.languages))
        }
    parts = [
        {"kind": kind, "value": cells[of]} for kind, of in (("name", "address"), ("locality", "city")) if of in cells
    ]
    place: dict[str, Any] = {"components": parts} if parts else {}
    if "zone" in cells:
        place["timeZone"] = cells["zone"]
    if place:
        card["addresses"] = {"a1": place}
    if "website" in cells:
        card["links"] = {"w1": {"uri": cells["website"]}}
    return card | _in_words(cells, main) | {f"{PREFIX}{of}": cells[of] for of in EXTENSIONS if of in cells}


def _in_words(cells: dict[str, str], main: str) -> dict[str, Any]:
    """The notes in the card's language, and all that is said in others."""
    said: dict[str, Any] = {}
    if f"notes_{main}" in cells:
        said["notes"] = {"n1": {"note": cells[f"notes_{main}"]}}
    others: dict[str, dict[str, Any]] = {}
    for column, text in cells.items():
        kind, _, language = column.partition("_")
        if language == main or kind not in ("name", "notes"):
            continue
        patch = others.setdefault(language, {})
        if kind == "name":
            patch["name/full"] = text
        elif "notes" in said:
            patch["notes/n1/note"] = text
        else:
            patch["notes"] = {"n1": {"note": text}}
    return said | ({"localizations": dict(sorted(others.items()))} if others else {})


def _written(card: dict[str, Any], beside: str) -> Written:
    version = card.get("version")
    if card.get("@type") != "Card" or version not in VERSIONS:
        told = quoted(str(version)) if version is not None else "none"
        raise _Fault(f"no Card of version {' or '.join(VERSIONS)}, but {quoted(str(card.get('@type')))} of {told}")
    cells = {of: _text(card[f"{PREFIX}{of}"], of) for of in EXTENSIONS if f"{PREFIX}{of}" in card}
    places = _every(card, "addresses")
    country = cells.get("contact", "")[:2] or next(
        (_text(each["countryCode"], "countryCode") for each in places if "countryCode" in each), ""
    )
    if "contact" not in cells and country:
        cells["country"] = country
    if "function" not in cells:
        cells |= function_of(_text(each.get("name", ""), "titles") for each in _every(card, "titles"))
    main = language_tag([_text(card.get("language", ""), "language")])
    patches = _localizations(card)
    offices = [_text(each.get("name", ""), "organizations") for each in _every(card, "organizations")]
    names = [(main, each) for each in [_full(card) or next(filter(None, offices), "")] if each]
    names += [(language, name) for language, patch in patches if (name := _full(patch))]
    also = [_text(each.get("name", ""), "nicknames") for each in _every(card, "nicknames")]
    cells |= one_each("name", names, also=also)
    notes = [(main, _text(each.get("note", ""), "notes")) for each in _every(card, "notes")]
    cells |= one_each(
        "notes", notes + [note for language, patch in patches for note in _notes(language, patch)], country or beside
    )
    if "emails" in card:
        cells["email"] = joined(_text(each.get("address", ""), "emails") for each in _preferred(_every(card, "emails")))
    if "preferredLanguages" in card:
        tags = [_text(each.get("language", ""), "languages") for each in _preferred(_every(card, "preferredLanguages"))]
        cells["languages"] = joined(language_tag([each]) or each for each in tags)
    if "phones" in card:
        cells["phone"] = joined(filter(None, map(_phone, _preferred(_every(card, "phones")))))
    for link in _preferred(_every(card, "links"))[:1]:
        cells["website"] = _text(link.get("uri", ""), "links")
    for place in places[:1]:
        cells |= _place(place)
    found = written(cells, [_text(card.get("prodId", ""), "prodId")])
    return replace(found, left=tuple(_left(card, patches, whole=found.whole)))


def _left(card: dict[str, Any], patches: list[tuple[str, dict[str, Any]]], *, whole: bool) -> Iterator[str]:
    """What of a card has no place in a contact."""
    yield from (each for each in card if each not in _KNOWN and each not in _OWN)
    if _full(card) and any(each.get("name") for each in _every(card, "organizations")):
        yield "organizations"
    if "name" in card and not _full(card):
        yield "a name in parts"
    titles = [_text(each.get("name", ""), "titles") for each in _every(card, "titles")]
    if any(titles) and not whole and not function_of(titles):
        yield "titles"
    yield from (f"a second of {of}" for of in ("addresses", "links") if len(_every(card, of)) > 1)
    translated = {path.partition("/")[0] for _, patch in patches for path in patch}
    yield from (f"{of} in other languages" for of in sorted(translated - {"name", "notes"}))


def _full(of: dict[str, Any]) -> str:
    """The name that a card, or what it says in another language, gives in full."""
    named = _object(of.get("name", {}), "name")
    return _text(named["full"] if "full" in named else of.get("name/full", ""), "name")


def _localizations(card: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    every = _object(card.get("localizations", {}), "localizations")
    return [(language_tag([language]), _object(patch, "localizations")) for language, patch in every.items()]


def _notes(language: str, patch: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for path, value in patch.items():
        if path == "notes":
            yield from ((language, _text(each.get("note", ""), "notes")) for each in _every(patch, "notes"))
        elif _PATCH.fullmatch(path):
            yield language, _text(value, "notes")


def _place(place: dict[str, Any]) -> dict[str, str]:
    """An address as cells: its components, or else the whole of it in one."""
    cells: dict[str, str] = {}
    parts = [_object(each, "addresses") for each in _array(place.get("components", []), "addresses")]
    told = [(_text(each.get("kind", ""), "addresses"), _text(each.get("value", ""), "addresses")) for each in parts]
    city = [value for kind, value in told if kind == "locality"]
    others = [value for kind, value in told if kind not in ("locality", "country", "separator") and value]
    if parts or "full" in place:
        cells["address"] = ", ".join(others) if parts else _text(place["full"], "addresses").replace("\n", ", ")
        cells["city"] = ", ".join(city)
    if "timeZone" in place:
        cells["zone"] = _text(place["timeZone"], "addresses")
    return cells


def _phone(one: dict[str, Any]) -> str:
    number = _text(one.get("number", ""), "phones")
    if not number.strip():
        return ""
    features = _object(one.get("features", {}), "phones")
    use = _text(one.get(f"{PREFIX}use", ""), "phones")
    return f"{phone_use(use, features)}:{number.removeprefix('tel:')}"


def _preferred(of: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(of, key=lambda each: pref if isinstance(pref := each.get("pref"), int) else 101)


def _every(card: dict[str, Any], of: str) -> list[dict[str, Any]]:
    return [_object(each, of) for each in _object(card.get(of, {}), of).values()]


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Fault(f"{where} is no object")
    return value


def _array(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise _Fault(f"{where} has something that is no array")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _Fault(f"{where} has something that is no text")
    return value
