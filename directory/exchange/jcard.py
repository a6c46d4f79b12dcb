"""jCard (RFC 7095): the same cards as `directory.exchange.vcard_text`, as JSON.

    [["vcard", [["version", {}, "text", "4.0"], ["fn", {"language": "es"}, "text", "Mesa de guardia"]]]]

1. RFC 7095 says how one card is written. A file is an array of them; a card alone is read too.
2. Any JSON spelling is read, each key once. What is written has one property a line, in the order of the properties.
3. Names are in small letters, components of a value are an array, items of a list follow one another; a parameter of
   one value is that value, of several an array.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from directory.canonical import Malformed, decode_lenient
from directory.exchange.csv_problem import Problem, quoted
from directory.exchange.vcard_text import MOST_CARDS, MOST_FILE_BYTES, Cards
from directory.exchange.vcard_values import COMPONENTS, KINDS, LISTS, Property

_CARD_DO = 'write it as ["vcard", [[name, {}, type, value], …]]'


class _Fault(ValueError):
    """What is wrong with a card: the property, and what about it."""


def read_jcards(raw: bytes) -> Cards:
    """The cards of a file, numbered from 1, and all that is wrong with it; raises nothing."""
    found = Cards()
    try:
        whole = decode_lenient(raw.removeprefix(b"\xef\xbb\xbf"), object, MOST_FILE_BYTES)
    except Malformed as error:
        found.problems.append(Problem(1, "", str(error), "mend it, or export it anew", "card"))
        return found
    every = [whole] if isinstance(whole, list) and whole[:1] == ["vcard"] else whole
    if not isinstance(every, list) or not every:
        found.problems.append(Problem(1, "", "the file has no card in it", _CARD_DO, "card"))
        return found
    if len(every) > MOST_CARDS:
        what = f"{len(every)} cards; at most {MOST_CARDS} are read at once"
        found.problems.append(Problem(MOST_CARDS + 1, "", what, "split the file", "card"))
        return found
    for number, card in enumerate(every, 1):
        try:
            found.cards.append((number, _card(card)))
        except _Fault as fault:
            found.problems.append(Problem(number, "", str(fault), _CARD_DO, "card"))
    return found


def write_jcards(cards: Iterable[Iterable[Property]]) -> bytes:
    """The file of cards, each of whose properties begin with VERSION."""
    written = ["[" + '"vcard",[\n' + ",\n".join(map(_written, card)) + "\n]]" for card in cards]
    return ("[" + ",\n".join(written) + "]\n").encode()


def _written(one: Property) -> str:
    params = {name.lower(): values[0] if len(values) == 1 else list(values) for name, values in one.params}
    value: list[object] = [list(one.values)] if one.name in COMPONENTS and len(one.values) > 1 else list(one.values)
    return msgspec.json.encode([one.name.lower(), params, one.kind, *value]).decode()


def _card(card: object) -> tuple[Property, ...]:
    if not isinstance(card, list) or len(card) < 2 or card[0] != "vcard" or not isinstance(card[1], list):
        raise _Fault("this is no card")
    found = tuple(_property(each) for each in card[1])
    version = next((each.value for each in found if each.name == "VERSION"), None)
    if version != "4.0":
        raise _Fault(f"a card of version {quoted(version)}" if version else "a card that does not tell its version")
    return found


def _property(one: object) -> Property:
    match one:
        case [str(name), dict(params), str(kind), _, *_] if name:
            values = one[3:] if isinstance(one, list) else []
        case _:
            raise _Fault(f"{quoted(str(one))} is no property")
    own = name.upper()
    if len(values) == 1 and isinstance(values[0], list):
        flat = tuple(_text(own, each) for each in values[0])
    else:
        flat = tuple(_text(own, each) for each in values)
    if own in KINDS and own not in LISTS and len(values) > 1:
        raise _Fault(f"{quoted(own.lower())} has several values, and can have one")
    told = tuple(
        (key.upper(), tuple(_text(own, value) for value in (values if isinstance(values, list) else [values])))
        for key, values in params.items()
    )
    return Property(own, flat, told, kind.lower())


def _text(name: str, value: Any) -> str:
    """One value as text; a component that is a list is one text with `, ` between its parts."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case list() if all(isinstance(each, str) for each in value):
            return ", ".join(filter(None, value))
    raise _Fault(f"{name.lower()} has a value that is none")
