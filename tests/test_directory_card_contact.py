"""A contact as a card, and cards of other programs as contacts: what is said where, guessed, left and refused."""

import pytest
from directory_contacts import FULL, MLA, after, entry_of

from directory.exchange.card_contact import card_of, cells_of_card
from directory.exchange.contact_cells import PRODUCT, language_tag, one_each
from directory.exchange.contact_files import read_contact_file
from directory.exchange.csv_headers import ColumnMap
from directory.exchange.csv_import import plan_reading
from directory.exchange.csv_problem import ImportRefused
from directory.exchange.vcard_text import read_vcards, write_vcards
from directory.exchange.vcard_values import Property

CARD = r"""BEGIN:VCARD
VERSION:4.0
PRODID:-//Enlace//Contacts 1//EN
UID:urn:uuid:a21c7c1e-4d3c-5dd7-86d5-f2bba5e1d5e1
KIND:org
FN;LANGUAGE=es;ALTID=1:Mesa de guardia
FN;LANGUAGE=en;ALTID=1:Duty desk
NICKNAME:FGN,Mesa\, la
ROLE;LANGUAGE=es:Trata de personas\, guardia 24/7
TEL;VALUE=uri;TYPE=voice,work;PREF=1;X-ENLACE-USE=always:tel:+12025550120
TEL;VALUE=uri;TYPE=fax,work;PREF=2;X-ENLACE-USE=fax:tel:+12025550121
EMAIL;PREF=1:guardia@trata.co.example
LANG;PREF=1:es
LANG;PREF=2:en
ADR:;;Calle 1\; n.º 2;Bogotá;;;
TZ:America/Bogota
URL:https://trata.co.example
NOTE;LANGUAGE=es:Pregunte\npor la oficina.
X-ENLACE-CONTACT;VALUE=text:co-desk
X-ENLACE-FUNCTION;VALUE=text:trafficking-24-7
X-ENLACE-HOURS;VALUE=text:Mon 08:00-18:00
X-ENLACE-HOLIDAYS;VALUE=text:2026-12-25
X-ENLACE-RESPOND;VALUE=text:30
X-ENLACE-REQUEST-LANGUAGES;VALUE=text:es
X-ENLACE-REQUEST-FORM;VALUE=text:in writing
X-ENLACE-REQUEST-CHANNEL;VALUE=text:Enlace
X-ENLACE-DUAL-CRIMINALITY;VALUE=text:yes
X-ENLACE-SOURCE;VALUE=text:OAS document\, 2011
X-ENLACE-OFFICERS;VALUE=text:00000000000000000000000000000000
X-ENLACE-ESCALATION;VALUE=text:co-mla
X-ENLACE-CIRCLES;VALUE=text:inner
END:VCARD
"""


def test_every_detail_has_its_place_in_a_card() -> None:
    shown = write_vcards([card_of(FULL)]).decode().replace("\r\n ", "").replace("\r\n", "\n")
    uid = next(line for line in shown.splitlines() if line.startswith("UID"))
    assert shown == CARD.replace("UID:urn:uuid:a21c7c1e-4d3c-5dd7-86d5-f2bba5e1d5e1", uid)
    assert uid == f"UID:{card_of(FULL)[2].value}"
    said = cells_of_card(card_of(FULL))
    assert (said.whole, said.left) == (True, ())


def card(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in ("BEGIN:VCARD", "VERSION:4.0", *lines, "END:VCARD")).encode()


def cells(*lines: str, country: str = "") -> dict[str, str]:
    told = ColumnMap(values={"country": country} if country else {})
    reading = read_contact_file(card(*lines), "vcard", told)
    assert reading.problems == []
    return {name: cell for name, cell in reading.rows[0].cells.items() if cell}


def test_a_card_of_another_program_says_what_it_says() -> None:
    assert cells(
        "PRODID:-//Example//Address book//ES",
        "FN:Aduana Nacional",
        "ORG:Ministerio;Aduanas",
        "TITLE:Aduanas",
        "TEL;TYPE=work:601 555 0134",
        "TEL;TYPE=\"fax,work\";PREF=2:(601) 555-0135",
        "TEL;TYPE=main-number;PREF=1:+57 601 555 0136",
        "EMAIL:mailto:aduana@x.example",
        "LANG;PREF=2:en-US",
        "LANG;PREF=1:es-419",
        "ADR;CC=CO:;;Calle 1;Bogotá;Cundinamarca;110111;Colombia",
        "TZ:America/Bogota",
        "NOTE:Pregunte.",
        "NOTE;LANGUAGE=en-GB:Ask.",
        "NOTE:Otra vez.",
    ) == {
        "contact": "co-customs-aduana-nacional",
        "country": "CO",
        "function": "customs",
        "name_es": "Aduana Nacional",
        "phone": "switchboard:+576015550136; fax:+576015550135; day:+576015550134",
        "email": "aduana@x.example",
        "languages": "es; en-US",
        "address": "Calle 1, Cundinamarca, 110111",
        "city": "Bogotá",
        "zone": "America/Bogota",
        "notes_es": "Pregunte.\nOtra vez.",
        "notes_en-GB": "Ask.",
    }  # fmt: skip


def test_the_country_may_be_told_beside_the_card_and_a_second_name_is_another_name() -> None:
    found = cells("FN;LANGUAGE=pt-BR:Alfândega", "FN;LANGUAGE=pt-BR:Receita; aduana", "CATEGORIES:x,alfândega",
                  country="BR")  # fmt: skip
    assert found == {
        "contact": "br-customs-alfandega",
        "country": "BR",
        "function": "customs",
        "name_pt-BR": "Alfândega",
        "also": "Receita, aduana",
    }


def test_text_that_begins_like_a_formula_is_only_text_in_a_card() -> None:
    assert cells("FN;LANGUAGE=es:=Aduana", "ROLE:customs", "X-ENLACE-CONTACT;VALUE=text:co-x")["name_es"] == "=Aduana"


def test_a_card_of_another_program_is_imported_once() -> None:
    raw = card("FN;LANGUAGE=es:Aduana", "ROLE:aduanas", "TEL:601 555 0134", "ADR;CC=CO:;;;Bogotá;;;", "TZ:-0500")
    plan = plan_reading(read_contact_file(raw, "vcard"), ())
    assert [item.wanted.contact for item in plan.added] == ["co-customs-aduana"]
    again = plan_reading(read_contact_file(raw, "vcard"), after(plan, ()))
    assert (again.empty, again.left) == (True, ("TZ as an offset (line 1)",))


def test_what_is_left_is_told_and_where() -> None:
    lines = ("FN;LANGUAGE=es:A", "ROLE:customs", "PHOTO:data:image/png;base64,AAAA", "ADR:;;a;;;;", "ADR:;;b;;;;")
    reading = read_contact_file(card("X-ENLACE-CONTACT:co-a", *lines) + card("X-ENLACE-CONTACT:co-b", *lines), "vcard")
    assert reading.left == ["PHOTO (lines 1, 10)", "a second ADR (lines 1, 10)"]


def test_a_card_of_ours_empties_what_it_lacks_and_another_does_not() -> None:
    entry = entry_of(FULL)
    kept = [each for each in card_of(FULL) if each.name not in ("TEL", "X-ENLACE-HOURS")]
    whole = plan_reading(read_contact_file(write_vcards([kept]), "vcard"), [entry, entry_of(MLA)])
    assert [each.column for each in whole.changed[0].differences] == ["phone", "hours"]
    other = [Property("PRODID", ("-//Other//",)) if each.name == "PRODID" else each for each in kept]
    assert plan_reading(read_contact_file(write_vcards([other]), "vcard"), [entry, entry_of(MLA)]).empty
    assert PRODUCT in CARD


def test_a_program_that_kept_our_name_and_dropped_what_it_does_not_know_empties_nothing() -> None:
    """Officers, alternates and circles would be gone, and what was for a circle alone would be for everybody."""
    kept = [each for each in card_of(FULL) if not each.name.startswith("X-ENLACE-")]
    reading = read_contact_file(write_vcards([kept]), "vcard", ColumnMap(values={"contact": "co-desk"}))
    assert [row.whole for row in reading.rows] == [False]
    assert plan_reading(reading, [entry_of(FULL), entry_of(MLA)]).empty


def test_what_another_program_wrote_and_nobody_filled_in_says_nothing() -> None:
    empty = ("TEL;TYPE=work:", "EMAIL:", "URL:", "TZ:", "ADR:;;;;;;", "NOTE:", "NICKNAME:", "LANG:", "ORG:;", "N:;;;;")
    reading = read_contact_file(card("FN:Mesa de guardia", "X-ENLACE-CONTACT:co-desk", *empty), "vcard")
    assert (reading.problems, reading.left) == ([], [])
    assert plan_reading(reading, [entry_of(FULL), entry_of(MLA)]).empty


def test_a_note_is_in_the_language_of_the_country_that_is_told_beside_the_card() -> None:
    found = cells("FN:Aduana", "ROLE:aduanas", "NOTE:Pregunte.", country="CO")
    assert (found["name_es"], found["notes_es"]) == ("Aduana", "Pregunte.")


def test_a_name_an_office_or_a_title_that_goes_nowhere_is_told() -> None:
    person = ("N:Guardia;Mesa de;;;", "ORG:Ministerio", "TITLE:Jefatura", "CATEGORIES:aduanas,frontera", "ROLE:x")
    told = read_contact_file(card("FN:Mesa de guardia", "X-ENLACE-CONTACT:co-x", *person), "vcard").left
    assert told == ["ORG (line 1)", "ROLE (line 1)", "TITLE (line 1)"]
    told = read_contact_file(
        card("FN:Mesa", "N:Otra;;;;", "X-ENLACE-CONTACT:co-x", "X-ENLACE-CONTACT:co-y"), "vcard"
    ).left
    assert told == ["N (line 1)", "a second X-ENLACE-CONTACT (line 1)"]


def test_very_many_notes_take_no_quadratic_time() -> None:
    assert len(one_each("notes", [("es", "abcdefgh")] * 200_000)["notes_es"]) == 200_000 * 9 - 1


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("FN;LANGUAGE=es:M", "ROLE:customs"), "line 1, contact: no contact id, and no country to make one of"),
        (("FN:Mesa", "X-ENLACE-CONTACT:co-x"), "line 1, function: no function"),
        (("ROLE:customs", "X-ENLACE-CONTACT:co-x"), "line 1, name_es: no name in any language"),
        (("FN:M", "ROLE:customs", "X-ENLACE-CONTACT:co-x", "TEL:5"), "line 1, phone: '5' is no full international"),
        (("FN:M", "ROLE:customs", "X-ENLACE-CONTACT:co-x", "TEL;VALUE=uri:tel:+12025550134;ext=5"),
         "line 1, phone: '+12025550134 ext=5' has letters in it"),
        (("FN:M", "ROLE:customs", "X-ENLACE-CONTACT:co-x", "TEL;X-ENLACE-USE=noon:+12025550134"),
         "line 1, phone: 'noon' says nothing known about a number"),
        (("FN:M", "ROLE:customs", "X-ENLACE-CONTACT:co-x", "EMAIL:nobody"), "line 1, email: 'nobody' is no e-mail"),
        (("FN:M", "ROLE:customs", "X-ENLACE-CONTACT:co-x", "LANG:klingon"), "line 1, languages: 'klingon' is no"),
        (("FN:M", "ROLE:customs", "X-ENLACE-CONTACT:co-x", "TZ:Bogota"), "line 1, zone: 'Bogota' is no IANA time zone"),
        (("FN:M\u202e", "ROLE:customs", "X-ENLACE-CONTACT:co-x"), "line 1, name: an invisible character (U+202E)"),
        (("FN;LANGUAGE=es:M", "ROLE:customs", "X-ENLACE-CONTACT:Mesa"), "line 1, contact: 'Mesa' is no contact id"),
        (("FN:M", "X-ENLACE-FUNCTION:astrology", "X-ENLACE-CONTACT:co-x"), "line 1, function: no function is called"),
    ],
)  # fmt: skip
def test_what_a_card_lacks_or_has_wrong_is_told_with_the_line_it_begins_in(lines: tuple[str, ...], told: str) -> None:
    reading = read_contact_file(card(*lines), "vcard")
    problems = reading.problems
    if not problems:
        with pytest.raises(ImportRefused) as refused:
            plan_reading(reading, ())
        problems = list(refused.value.problems)
    assert [str(each)[: len(told)] for each in problems] == [told]


@pytest.mark.parametrize(
    ("tag", "column"),
    [("es", "es"), ("ES-co", "es-CO"), ("zh-Hans-CN", "zh-CN"), ("es-419", "es"), ("x-klingon", ""), ("", ""),
     ("español", "")],
)  # fmt: skip
def test_a_language_tag_as_a_column_has_it(tag: str, column: str) -> None:
    assert language_tag([tag] if tag else []) == column


def test_reading_keeps_the_line_of_each_card() -> None:
    found = read_vcards(card("FN:a") + card("FN:b"))
    assert [line for line, _ in found.cards] == [1, 5]
