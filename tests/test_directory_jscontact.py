"""JSContact: contacts as cards of RFC 9553 and back, cards of other programs, and what is none."""

import json
from typing import Any

import pytest
from directory_contacts import FULL, MLA, entry_of, networks, wanted_of_entry
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.entry import Entry
from directory.exchange.contact_files import read_contact_file
from directory.exchange.csv_contact import cells_of
from directory.exchange.csv_headers import ColumnMap
from directory.exchange.csv_import import plan_reading
from directory.exchange.jscontact import read_jscontacts, write_jscontacts
from directory.exchange.vcard_text import MOST_CARDS


def file(**fields: Any) -> bytes:
    return json.dumps([{"@type": "Card", "version": "2.0", **fields}]).encode()


def cells(country: str = "", **fields: Any) -> dict[str, str]:
    told = ColumnMap(values={"country": country} if country else {})
    reading = read_contact_file(file(**fields), "jscontact", told)
    assert reading.problems == []
    return {name: cell for name, cell in reading.rows[0].cells.items() if cell}


def test_every_detail_has_its_place_in_a_card() -> None:
    (card,) = json.loads(write_jscontacts([FULL]))
    assert card.pop("uid").startswith("urn:uuid:")
    assert card == {
        "@type": "Card",
        "version": "2.0",
        "kind": "org",
        "prodId": "-//Enlace//Contacts 1//EN",
        "language": "es",
        "name": {"full": "Mesa de guardia"},
        "titles": {"t1": {"kind": "role", "name": "Trata de personas, guardia 24/7"}},
        "nicknames": {"k1": {"name": "FGN"}, "k2": {"name": "Mesa, la"}},
        "phones": {
            "p1": {"number": "tel:+12025550120", "features": {"voice": True}, "contexts": {"work": True}, "pref": 1,
                   "enlace.example:use": "always"},
            "p2": {"number": "tel:+12025550121", "features": {"fax": True}, "contexts": {"work": True}, "pref": 2,
                   "enlace.example:use": "fax"},
        },
        "emails": {"e1": {"address": "guardia@trata.co.example", "pref": 1}},
        "preferredLanguages": {"l1": {"language": "es", "pref": 1}, "l2": {"language": "en", "pref": 2}},
        "addresses": {
            "a1": {
                "components": [{"kind": "name", "value": "Calle 1; n.º 2"}, {"kind": "locality", "value": "Bogotá"}],
                "timeZone": "America/Bogota",
            }
        },
        "links": {"w1": {"uri": "https://trata.co.example"}},
        "notes": {"n1": {"note": "Pregunte\npor la oficina."}},
        "localizations": {"en": {"name/full": "Duty desk"}},
        "enlace.example:contact": "co-desk",
        "enlace.example:function": "trafficking-24-7",
        "enlace.example:hours": "Mon 08:00-18:00",
        "enlace.example:holidays": "2026-12-25",
        "enlace.example:respond": "30",
        "enlace.example:request_languages": "es",
        "enlace.example:request_form": "in writing",
        "enlace.example:request_channel": "Enlace",
        "enlace.example:dual_criminality": "yes",
        "enlace.example:source": "OAS document, 2011",
        "enlace.example:officers": "0" * 32,
        "enlace.example:escalation": "co-mla",
        "enlace.example:circles": "inner",
    }  # fmt: skip


@settings(max_examples=40)
@given(networks())
def test_a_card_says_all_that_its_contact_does(entries: list[Entry]) -> None:
    contacts = [wanted_of_entry(each) for each in entries]
    found, problems = read_jscontacts(write_jscontacts(contacts)) if contacts else ([], [])
    assert problems == []
    for wanted, (_, said) in zip(contacts, found, strict=True):
        assert (said.whole, said.left) == (True, ())
        # The empty components of an address are said too.
        filled = {name: cell for name, cell in said.cells.items() if cell}
        assert {**filled, "country": wanted.country} == cells_of(wanted)


def test_a_card_of_another_program_says_what_it_says() -> None:
    assert cells(
        version="1.0",
        uid="urn:uuid:22b2c7df-9120-4969-8460-05956fe6b065",
        language="es-CO",
        organizations={"o": {"name": "Aduana Nacional"}},
        titles={"t": {"name": "jefatura"}, "u": {"kind": "role", "name": "Aduanas"}},
        phones={"b": {"number": "601 555 0134"},
                "a": {"number": "tel:+576015550135", "features": {"fax": True}, "pref": 1},
                "c": {"number": "+576015550136", "features": {"main-number": True}}},
        emails={"e": {"address": "aduana@x.example"}},
        preferredLanguages={"x": {"language": "en", "pref": 2}, "y": {"language": "es", "pref": 1}},
        addresses={"a": {"full": "Calle 1\nBogotá", "countryCode": "CO", "timeZone": "America/Bogota"}},
        links={"l": {"uri": "https://aduana.co.example"}},
        notes={"n": {"note": "Pregunte."}},
        localizations={"en": {"notes": {"n": {"note": "Ask."}}, "name/full": "Customs"},
                       "fr": {"notes/n/note": "Demandez."}},
    ) == {
        "contact": "co-customs-customs",
        "country": "CO",
        "function": "customs",
        "name_es-CO": "Aduana Nacional",
        "name_en": "Customs",
        "phone": "fax:+576015550135; day:+576015550134; switchboard:+576015550136",
        "email": "aduana@x.example",
        "languages": "es; en",
        "address": "Calle 1, Bogotá",
        "zone": "America/Bogota",
        "website": "https://aduana.co.example",
        "notes_es-CO": "Pregunte.",
        "notes_en": "Ask.",
        "notes_fr": "Demandez.",
    }  # fmt: skip


def test_the_country_may_be_told_beside_the_card() -> None:
    assert cells("CO", name={"full": "Aduana"}, titles={"t": {"name": "aduanas"}})["contact"] == "co-customs-aduana"


def test_what_is_left_is_told() -> None:
    raw = file(**{"enlace.example:contact": "co-x", "name": {"full": "A"}, "media": {}, "speakToAs": {},
                  "titles": {"t": {"name": "customs"}}, "links": {"a": {"uri": ""}, "b": {"uri": ""}}})  # fmt: skip
    assert read_contact_file(raw, "jscontact").left == [
        "media (card 1)",
        "speakToAs (card 1)",
        "a second of links (card 1)",
    ]


def test_what_goes_nowhere_is_told() -> None:
    raw = file(**{"enlace.example:contact": "co-x", "name": {"full": "A"}, "function": "x",
                  "organizations": {"o": {"name": "B"}}, "titles": {"t": {"name": "Jefatura"}},
                  "localizations": {"en": {"titles/t/name": "Head", "name": {"full": "C"}}}})  # fmt: skip
    reading = read_contact_file(raw, "jscontact")
    left = ["function", "organizations", "titles", "titles in other languages"]
    assert reading.left == [f"{each} (card 1)" for each in left]
    assert reading.rows[0].cells["name_en"] == "C"
    raw = file(**{"enlace.example:contact": "co-x", "name": {"components": [{"kind": "given", "value": "A"}]}})
    assert read_contact_file(raw, "jscontact").left == ["a name in parts (card 1)"]


def test_what_nobody_filled_in_says_nothing_and_a_card_of_ours_without_its_id_is_not_whole() -> None:
    empty = {"phones": {"p": {"number": ""}}, "emails": {"e": {"address": ""}}, "links": {"l": {"uri": ""}},
             "preferredLanguages": {}, "addresses": {"a": {"full": "", "timeZone": ""}}, "notes": {}}  # fmt: skip
    raw = file(**{"enlace.example:contact": "co-desk"}, **empty)
    assert plan_reading(read_contact_file(raw, "jscontact"), [entry_of(FULL), entry_of(MLA)]).empty
    raw = file(name={"full": "Mesa de guardia"}, language="es", prodId="-//Enlace//Contacts 1//EN")
    reading = read_contact_file(raw, "jscontact", ColumnMap(values={"contact": "co-desk"}))
    assert plan_reading(reading, [entry_of(FULL), entry_of(MLA)]).empty


def test_a_note_is_in_the_language_of_the_country_that_is_told_beside_the_card() -> None:
    found = cells("CO", name={"full": "Aduana"}, titles={"t": {"name": "aduanas"}}, notes={"n": {"note": "Pregunte."}})
    assert (found["name_es"], found["notes_es"]) == ("Aduana", "Pregunte.")


def test_a_card_of_another_program_leaves_what_it_does_not_name() -> None:
    raw = file(**{"enlace.example:contact": "co-desk", "phones": {"p": {"number": "+12025550199"}}})
    (item,) = plan_reading(read_contact_file(raw, "jscontact"), [entry_of(FULL), entry_of(MLA)]).changed
    assert [each.column for each in item.differences] == ["phone"]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "card 1: JSON"),
        (b"[]", "card 1: the file has no card in it"),
        (b"3", "card 1: the file has no card in it"),
        (b"\xff", "card 1: JSON"),
        (b"[" * 100_000, "card 1: JSON"),
        (b'{"@type": "Card", "@type": "Card"}', "card 1: JSON: the key '@type' stands twice"),
        (b"[[]]", "card 1: the card is no object"),
        (b"{}", "card 1: no Card of version 2.0 or 1.0, but 'None' of none"),
        (file(version="3.0"), "card 1: no Card of version 2.0 or 1.0, but 'Card' of '3.0'"),
        (file(**{"@type": "Group"}), "card 1: no Card of version 2.0 or 1.0, but 'Group' of '2.0'"),
        (file(name="Mesa"), "card 1: name is no object"),
        (file(name={"full": 3}), "card 1: name has something that is no text"),
        (file(phones=[]), "card 1: phones is no object"),
        (file(phones={"p": {"number": 5}}), "card 1: phones has something that is no text"),
        (file(addresses={"a": {"components": {}}}), "card 1: addresses has something that is no array"),
        (file(addresses={"a": {"components": ["x"]}}), "card 1: addresses is no object"),
        (file(localizations={"en": []}), "card 1: localizations is no object"),
        (file(**{"enlace.example:hours": 24}), "card 1: hours has something that is no text"),
        (json.dumps([{}] * (MOST_CARDS + 1)).encode(), f"card {MOST_CARDS + 1}: {MOST_CARDS + 1} cards"),
    ],
    ids=lambda each: each[:60] if isinstance(each, str) else "",
)
def test_what_is_no_card_is_told(raw: bytes, told: str) -> None:
    found, problems = read_jscontacts(raw)
    assert found == []
    assert str(problems[0]).startswith(told)
    assert len(problems) == 1
    assert problems[0].do
    assert str(problems[0]).isprintable()


KEYS = st.sampled_from(["name", "full", "phones", "number", "addresses", "components", "notes", "localizations", "en"])
VALUES = st.recursive(
    st.none() | st.text(max_size=4) | st.integers() | st.booleans(),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=3) | KEYS, each, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=40) | st.dictionaries(KEYS, VALUES).map(lambda fields: file(**fields)))
@settings(max_examples=150)
def test_anything_is_read_or_refused(raw: bytes) -> None:
    found, problems = read_jscontacts(raw)
    assert found or problems
    read_contact_file(raw, "jscontact")
