"""Files of contacts in every format: which one a file is in, what it says, and contacts as such a file.

1. One middle: whatever the format, a file becomes lines of cells (`directory.exchange.csv_import`), which are checked,
   planned and published in one way. A format adds and forgives nothing.
2. What is written here is read back as the same contacts, and written again as the same bytes.
3. The format is told by what the file begins with, and by its name where that leaves a choice.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from directory.exchange.card_contact import card_of, cells_of_card
from directory.exchange.contact_cells import Written
from directory.exchange.contacts_json import TYPE, read_json, write_json
from directory.exchange.csv_cells import escaped
from directory.exchange.csv_contact import Wanted
from directory.exchange.csv_export import write_every_column
from directory.exchange.csv_headers import ColumnMap
from directory.exchange.csv_import import Reading, add_line, read_lines
from directory.exchange.csv_plan import Row
from directory.exchange.csv_problem import ImportRefused, Problem
from directory.exchange.csv_sources import AUTHORITY_COLUMNS, MISSION_COLUMNS, read_authorities, read_missions
from directory.exchange.jcard import read_jcards, write_jcards
from directory.exchange.jscontact import read_jscontacts, write_jscontacts
from directory.exchange.vcard_text import Cards, read_vcards, write_vcards

SOURCES: Mapping[str, Callable[[bytes], tuple[Row, ...]]] = MappingProxyType(
    {"missions": read_missions, "authorities": read_authorities}
)
WRITERS: Mapping[str, Callable[[Iterable[Wanted]], bytes]] = MappingProxyType(
    {
        "csv": write_every_column,
        "vcard": lambda contacts: write_vcards(map(card_of, contacts)),
        "jcard": lambda contacts: write_jcards(map(card_of, contacts)),
        "jscontact": write_jscontacts,
        "json": write_json,
    }
)
FORMATS = (*WRITERS, *SOURCES)
_ENDINGS = {"csv": "csv", "tsv": "csv", "vcf": "vcard", "vcard": "vcard", "jcard": "jcard", "jscontact": "jscontact"}
_NOTHING = ColumnMap()
_LOOKED_AT = 4096
_NAMED = 5
_KINDS = 40  # of what was left out


def format_of(raw: bytes, name: str = "") -> str:
    """The format of a file, from what it begins with and its name."""
    ending = _ENDINGS.get(name.rpartition(".")[2].lower(), "")
    head = raw[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    bare = b"".join(head.split())
    if head[:11].upper() == b"BEGIN:VCARD":
        return "vcard"
    if bare.startswith((b'["vcard"', b'[["vcard"')):
        return "jcard"
    if head[:1] == b"{":
        ours = f'"{TYPE}"'.encode() in head + raw[-_LOOKED_AT:] or bare.startswith(b'{"contacts"')
        return "json" if ours else "jscontact"
    if head[:1] == b"[":
        return ending if ending == "jcard" else "jscontact"
    first = head.partition(b"\n")[0].strip()
    for kind, columns in (("missions", MISSION_COLUMNS), ("authorities", AUTHORITY_COLUMNS)):
        if first == ",".join(columns).encode():
            return kind
    return ending or "csv"


def read_contact_file(raw: bytes, kind: str, told: ColumnMap = _NOTHING) -> Reading:
    """What a file says; `told` says which of a CSV file's columns is which, and what lines say that say nothing."""
    match kind:
        case "csv":
            return read_lines(raw, told)
        case "vcard":
            return _of_cards(read_vcards(raw), "line", told)
        case "jcard":
            return _of_cards(read_jcards(raw), "card", told)
        case "jscontact":
            return _of_written(*read_jscontacts(raw, told.values.get("country", "")), "card", told)
        case "json":
            found, problems = read_json(raw)
            return _of_written([(at, Written(cells, True)) for at, cells in found], problems, "contact", told)
    try:
        return Reading([_filled(row, told.values) for row in SOURCES[kind](raw)])
    except ImportRefused as refused:
        return Reading(problems=list(refused.problems))


def write_contact_file(contacts: Iterable[Wanted], kind: str) -> bytes:
    """The file of contacts, in order of id."""
    return WRITERS[kind](sorted(contacts, key=lambda each: each.contact))


def _filled(row: Row, values: Mapping[str, str]) -> Row:
    """A line with what the user says for those that say nothing themselves."""
    said = {name: value for name, value in values.items() if not row.cells.get(name)}
    return replace(row, cells={**row.cells, **said})


def _of_cards(cards: Cards, unit: str, told: ColumnMap) -> Reading:
    country = told.values.get("country", "")
    found = ((at, cells_of_card(card, country)) for at, card in cards.cards)
    return _of_written(found, cards.problems, unit, told)


def _of_written(found: Iterable[tuple[int, Written]], problems: list[Problem], unit: str, told: ColumnMap) -> Reading:
    reading = Reading(problems=problems, unit=unit)
    left: dict[str, list[int]] = {}
    for at, card in found:
        # A card is no spreadsheet: text in it that begins like a formula is only text.
        cells = {name: escaped(cell) for name, cell in card.cells.items()}
        own = "contact" in cells
        said = {name: value for name, value in told.values.items() if not cells.get(name) and not (own and card.whole)}
        add_line(at, list((cells | said).items()), reading, whole=card.whole)
        for each in card.left:
            left.setdefault(each, []).append(at)
    reading.left = [f"{name} ({_places(where, unit)})" for name, where in list(left.items())[:_KINDS]]
    reading.left += [f"{len(left) - _KINDS} more kinds"] if len(left) > _KINDS else []
    return reading


def _places(where: list[int], unit: str) -> str:
    """Where something stands, as in “lines 1, 9, 17 and 40 more”."""
    more = f" and {len(where) - _NAMED} more" if len(where) > _NAMED else ""
    return f"{unit}{'s' if len(where) > 1 else ''} {', '.join(map(str, where[:_NAMED]))}{more}"
