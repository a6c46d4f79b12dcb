"""JSON of our own: exactly what is published, contact by contact, and every fault told with its number."""

import json
from typing import Any

import pytest
from directory_contacts import FULL, networks, wanted_of_entry
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.entry import Entry
from directory.exchange.contacts_json import TYPE, read_json, write_json
from directory.exchange.csv_contact import cells_of

ONE: dict[str, Any] = {"contact": "co-x", "country": "CO", "function": "customs", "body": {"names": {"es": "Aduana"}}}


def file(*contacts: Any, **fields: Any) -> bytes:
    return json.dumps({"type": TYPE, "contacts": contacts} | fields).encode()


def test_it_is_the_contact_as_it_is_published() -> None:
    whole = json.loads(write_json([FULL]))
    assert whole["type"] == TYPE
    (one,) = whole["contacts"]
    assert (one["contact"], one["country"], one["function"]) == ("co-desk", "CO", "trafficking-24-7")
    assert one["body"]["phones"] == [
        {"number": "+12025550120", "use": "always"}, {"number": "+12025550121", "use": "fax"},
    ]  # fmt: skip
    assert (one["officers"], one["escalation"], one["circles"]) == (["0" * 32], ["co-mla"], ["inner"])


@settings(max_examples=30)
@given(networks())
def test_what_is_written_is_read(entries: list[Entry]) -> None:
    contacts = [wanted_of_entry(each) for each in entries]
    raw = write_json(contacts)
    assert read_json(raw) == ([(at, cells_of(each)) for at, each in enumerate(contacts, 1)], [])


def test_other_spellings_are_read_and_defaults_may_stand() -> None:
    spelled = (
        b'\xef\xbb\xbf{ "type" : "enlace/contacts/v1", "contacts": ['
        + json.dumps(ONE | {"officers": [], "body": {"names": {"es": "Aduana"}, "respond": 0}}).encode()
        + b"] }"
    )
    ((number, cells),), problems = read_json(spelled)
    assert (number, problems) == (1, [])
    assert cells == {"contact": "co-x", "country": "CO", "function": "customs", "name_es": "Aduana"}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "contact 1: JSON"),
        (b"\xff", "contact 1: JSON"),
        (b"[]", "contact 1: JSON"),
        (b"[" * 100_000, "contact 1: JSON"),
        (file(type="enlace/contacts/v2"), "contact 1: JSON: Invalid enum value 'enlace/contacts/v2'"),
        (file(more=1), "contact 1: JSON: Object contains unknown field `more`"),
        (b'{"type":"enlace/contacts/v1"}', "contact 1: JSON: Object missing required field `contacts`"),
        (b'{"contacts":[],"contacts":[],"type":"enlace/contacts/v1"}', "contact 1: JSON: the key 'contacts' stands"),
        (file(ONE, 3), "contact 2: Expected `object`, got `int`"),
        (file(ONE | {"colour": "red"}), "contact 1: Object contains unknown field `colour`"),
        (file(ONE | {"contact": "Mesa"}), "contact 1: Expected `str` matching"),
        (file(ONE | {"body": {}}), "contact 1: Object missing required field `names`"),
        (file(ONE | {"body": ONE["body"] | {"phones": [{"number": "5"}]}}), "contact 1: Expected `str` matching"),
    ],
    ids=lambda each: each[:60] if isinstance(each, str) else "",
)  # fmt: skip
def test_what_is_no_such_file_is_told(raw: bytes, told: str) -> None:
    _, problems = read_json(raw)
    assert [str(each)[: len(told)] for each in problems] == [told]
    assert problems[0].do


@given(st.binary(max_size=60))
def test_anything_is_read_or_refused(raw: bytes) -> None:
    assert read_json(raw)[1]
