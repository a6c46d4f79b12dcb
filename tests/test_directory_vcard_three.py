"""vCard 3.0 as telephones and address books export it: read as what it says, and refused where that cannot be told."""

import pytest
from directory_contacts import FULL, MLA, after, entry_of

from directory.exchange.card_contact import card_of
from directory.exchange.contact_files import format_of, read_contact_file
from directory.exchange.csv_headers import ColumnMap
from directory.exchange.csv_import import Reading, plan_reading
from directory.exchange.vcard_text import read_vcards, write_vcards
from directory.exchange.vcard_values import Property

# As a telephone writes it: types one by one and in small letters, groups with labels, a colon escaped in an address.
PHONE = r"""BEGIN:VCARD
VERSION:3.0
PRODID:-//Telephone//OS 17//EN
N:;Mesa de guardia;;;
FN:Mesa de guardia
ORG:Fiscalía;
TITLE:trata de personas
item1.TEL;type=MAIN:+1 (202) 555-0125
TEL;type=WORK;type=VOICE;type=pref:+1 (202) 555-0120
TEL;type=WORK;type=FAX:601 555 0134
EMAIL;type=INTERNET;type=WORK:otra@trata.co.example
EMAIL;type=INTERNET;type=WORK;type=pref:guardia@trata.co.example
item2.ADR;type=WORK;type=pref:;;Calle 1\, piso 2\nn.º 3;Bogotá;;110111;Colombia
item2.X-ABADR:co
item3.URL;type=pref:https\://trata.co.example/a\,b
item3.X-ABLabel:_$!<HomePage>!$_
NOTE:Pregunte por\nla oficina\; siempre.
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoH
 BwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/
X-ABShowAs:COMPANY
END:VCARD
"""
# As an address book on the web writes it.
WEB = """BEGIN:VCARD\r
VERSION:3.0\r
FN:Aduana Nacional\r
N:Nacional;Aduana;;;\r
NICKNAME:DIAN,Aduana\r
TEL;TYPE=WORK,CELL:+12025550127\r
TEL;HOME;VOICE:+12025550128\r
X-PHONETIC-FIRST-NAME;CHARSET=utf-8:Aduana\r
CATEGORIES:myContacts,aduanas\r
END:VCARD\r
"""


def read(text: str, **values: str) -> Reading:
    return read_contact_file(text.encode(), "vcard", ColumnMap(values=values))


def card(*lines: str) -> str:
    return "".join(f"{line}\r\n" for line in ("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_telephone_s_card(end: str) -> None:
    reading = read(PHONE.replace("\n", end))
    assert reading.problems == []
    (row,) = reading.rows
    assert (row.whole, row.cells) == (False, {
        "contact": "co-trafficking-mesa-guardia",
        "country": "CO",
        "function": "trafficking-24-7",
        "name_es": "Mesa de guardia",
        "phone": "day:+12025550120; switchboard:+12025550125; fax:+576015550134",
        "email": "guardia@trata.co.example; otra@trata.co.example",
        "address": "Calle 1, piso 2\nn.º 3, 110111",
        "city": "Bogotá",
        "website": "https://trata.co.example/a,b",
        "notes_es": "Pregunte por\nla oficina; siempre.",
    })  # fmt: skip
    assert reading.left == [f"{each} (line 1)" for each in ("PHOTO", "X-ABADR", "X-ABLABEL", "X-ABSHOWAS", "ORG")]


def test_an_address_book_s_cards_and_what_is_left_of_which() -> None:
    raw = WEB + PHONE
    assert format_of(raw.encode()) == "vcard"
    reading = read(raw, country="CO")
    first = reading.rows[0].cells
    assert (first["name_es"], first["also"], first["function"]) == ("Aduana Nacional", "DIAN; Aduana", "customs")
    assert first["phone"] == "day:+12025550127; day:+12025550128"
    assert {"X-PHONETIC-FIRST-NAME (line 1)", "PHOTO (line 11)"} <= set(reading.left)
    plan = plan_reading(reading, ())
    assert plan_reading(read(raw, country="CO"), after(plan, ())).empty


def test_ours_that_went_through_another_program_is_not_whole() -> None:
    kept = [each for each in card_of(FULL) if each.name not in ("TEL", "LANG")]
    raw = write_vcards([kept]).replace(b"VERSION:4.0", b"VERSION:3.0")
    plan = plan_reading(read_contact_file(raw, "vcard"), [entry_of(FULL), entry_of(MLA)])
    assert (plan.empty, len(plan.unchanged)) == (True, 1)


def test_a_card_that_has_a_name_in_parts_alone() -> None:
    reading = read(card("FN:", "ORG:;", "N:Guardia;Mesa;de;;", "ROLE:aduanas"), country="CO")
    assert reading.rows[0].cells["name_es"] == "Mesa de Guardia"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("TEL;TYPE=\"WORK,PREF\":1", Property("TEL", ("1",), (("TYPE", ("work",)), ("PREF", ("1",))))),
        ("TEL;PREF;MSG:1", Property("TEL", ("1",), (("TYPE", ("text",)), ("PREF", ("1",))))),
        ("NOTE;X-A=^n:a\\:b", Property("NOTE", ("a:b",), (("X-A", ("^n",)),))),
        ("LOGO;VALUE=uri:https://x.example", Property("LOGO", ("",), (), "binary")),
        ("TZ;VALUE=text:America/Bogota", Property("TZ", ("America/Bogota",))),
        ("FN;ENCODING=8bit;CHARSET=UTF-8:Bogotá", Property("FN", ("Bogotá",))),
        ("FN;CHARSET=ISO-8859-1:plain", Property("FN", ("plain",))),
    ],
)  # fmt: skip
def test_a_line_in_the_ways_programs_write_it(line: str, expected: Property) -> None:
    found = read_vcards(card(line).encode())
    assert (found.problems, found.cards[0][1][1]) == ([], expected)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("NOTE;ENCODING=QUOTED-PRINTABLE:Bogot=C3=A1", "line 3, NOTE: NOTE is written in 'quoted-printable'; export"),
        ("NOTE;QUOTED-PRINTABLE:Bogot=C3=A1", "line 3, NOTE: NOTE is written in 'quoted-printable'"),
        ("FN;ENCODING=b:TWVzYQ==", "line 3, FN: FN is written in 'b'; export it as vCard 4.0, or as CSV"),
        ("FN;CHARSET=windows-1252:Bogotá", "line 3, FN: FN is written in 'windows-1252'; export the cards in UTF-8"),
        ("Mesa de guardia", "line 3: 'Mesa de guardia' is no content line; write NAME"),
        ('NOTE;X="a:b', "line 3: 'NOTE;X=\"a:b' is no content line"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_line(line: str, told: str) -> None:
    (problem,) = read_vcards(card(line).encode()).problems
    assert str(problem).startswith(told)


def test_a_card_of_very_many_things_is_refused_and_what_is_left_is_told_in_short() -> None:
    (problem,) = read_vcards(card(*["X-A:"] * 1000).encode()).problems
    assert str(problem).startswith("line 1: a card of 1001 properties; at most 1000 are read")
    for version in ("3.0", "4.0"):
        (problem,) = read_vcards(card("FN" + ";A=b" * 61 + ":x").replace("3.0", version).encode()).problems
        assert "is no content line" in problem.what
    left = read(card("FN:Mesa", "ROLE:aduanas", *(f"X-{at}:" for at in range(50))), country="CO").left
    assert (len(left), left[-1]) == (41, "10 more kinds")
