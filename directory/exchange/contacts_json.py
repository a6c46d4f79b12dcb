"""Contacts as JSON of our own: what is published, for programs. The fields: docs/formats/contact-files.md.

    {"contacts": [{"contact": "co-desk", "country": "CO", "function": "consular", "body": {"names": {…}}}],
     "type": "enlace/contacts/v1"}

1. Every contact is whole: what it does not say is emptied. Fields at their default are left out.
2. Any JSON spelling is read, each key once, no unknown field. What is written has one contact a line, keys sorted.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec

from directory.bodies import ContactBody, Piece
from directory.canonical import Malformed, decode_lenient, encode
from directory.exchange.csv_contact import LineError, Wanted, cells_of, wanted_of
from directory.exchange.csv_problem import Problem
from directory.exchange.vcard_text import MOST_CARDS, MOST_FILE_BYTES
from directory.fields import CircleId, ContactId, Country, FunctionCode, OfficerId

TYPE = "enlace/contacts/v1"


class _Contact(Piece, frozen=True, kw_only=True):
    """A contact as it is to be published or listed."""

    contact: ContactId
    country: Country
    function: FunctionCode
    body: ContactBody
    officers: tuple[OfficerId, ...] = ()
    escalation: tuple[ContactId, ...] = ()
    circles: tuple[CircleId, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; its contacts are read one by one, so that each has its own faults."""

    type: Literal["enlace/contacts/v1"]
    contacts: Annotated[list[Any], msgspec.Meta(max_length=MOST_CARDS)]


def write_json(contacts: Iterable[Wanted]) -> bytes:
    """The file of contacts, in the order given."""
    kept = map(_as_kept, contacts)
    lines = (encode(_Contact(**{name: getattr(each, name) for name in _FIELDS})) for each in kept)
    return b'{"contacts":[\n' + b",\n".join(lines) + b'\n],"type":"' + TYPE.encode() + b'"}\n'


def read_json(raw: bytes) -> tuple[list[tuple[int, dict[str, str]]], list[Problem]]:
    """The cells of a file's contacts, numbered from 1, and all that is wrong with it; raises nothing."""
    try:
        whole = decode_lenient(raw.removeprefix(b"\xef\xbb\xbf"), _File, MOST_FILE_BYTES)
    except Malformed as error:
        return [], [Problem(1, "", str(error), "mend it, or export it anew", "contact")]
    found: list[tuple[int, dict[str, str]]] = []
    problems: list[Problem] = []
    for number, each in enumerate(whole.contacts, 1):
        try:
            one = msgspec.convert(each, _Contact)
        except msgspec.ValidationError as error:
            do = "see docs/formats/contact-files.md for what a contact is made of"
            problems.append(Problem(number, "", str(error), do, "contact"))
        else:
            found.append((number, cells_of(Wanted(*(getattr(one, name) for name in _FIELDS)))))
    return found, problems


def _as_kept(wanted: Wanted) -> Wanted:
    """The contact as an import would keep it: texts tidied, and nothing twice; as it is, where none would take it."""
    try:
        return wanted_of(cells_of(wanted))
    except LineError:
        return wanted


_FIELDS = ("contact", "country", "function", "body", "officers", "escalation", "circles")
