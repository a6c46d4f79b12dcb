"""Every format out and in again: the same contacts, the same bytes, nothing to do a second time; also ten thousand."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from counted_work import calls_of
from directory_contacts import after, ids, networks, wanted_of_entry
from directory_entries import a_body, an_entry
from hypothesis import given, settings

from directory.entry import Entry
from directory.exchange.contact_files import FORMATS, WRITERS, format_of, read_contact_file, write_contact_file
from directory.exchange.csv_contact import Wanted, cells_of, wanted_of
from directory.exchange.csv_headers import ColumnMap
from directory.exchange.csv_import import plan_reading
from directory.exchange.csv_plan import Plan
from directory.exchange.csv_problem import ImportRefused
from directory.sample import FILES, sample_bytes

SOURCES = Path(__file__).parent.parent.parent / "shared" / "data"


def plan(raw: bytes, kind: str, entries: Iterable[Entry] = ()) -> Plan:
    return plan_reading(read_contact_file(raw, kind), entries)


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=25)
@given(entries=networks())
def test_out_in_and_out_again_are_the_same_bytes(kind: str, entries: list[Entry]) -> None:
    contacts = [wanted_of_entry(each) for each in entries]
    out = write_contact_file(contacts, kind)
    assert write_contact_file(reversed(contacts), kind) == out
    if not contacts:
        return
    assert format_of(out) == kind
    assert plan(out, kind, entries).empty  # what is there already is not changed
    imported = after(plan(out, kind), ())
    assert write_contact_file([wanted_of_entry(each) for each in imported], kind) == out
    again = plan(out, kind, imported)
    assert again.empty
    assert ids(again.unchanged) == sorted(each.contact for each in contacts)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("sample", FILES)
def test_the_sample_goes_through_every_format(kind: str, sample: str) -> None:
    contacts = [item.wanted for item in plan(sample_bytes(sample), "csv").added]
    out = write_contact_file(contacts, kind)
    imported = plan(out, kind)
    assert sorted((item.wanted for item in imported.added), key=lambda each: each.contact) == sorted(
        contacts, key=lambda each: each.contact
    )
    assert write_contact_file([item.wanted for item in imported.added], kind) == out


@pytest.mark.skipif(not SOURCES.exists(), reason="the sources of the sample lie outside the repository")
@pytest.mark.parametrize("source", ["diplomatic-missions-americas.csv", "authorities-americas.csv"])
def test_the_public_lists_are_told_from_other_files_and_go_through_every_format(source: str) -> None:
    raw = (SOURCES / source).read_bytes()
    kind = format_of(raw, source)
    assert kind == ("missions" if source.startswith("diplomatic") else "authorities")
    listed = plan_reading(read_contact_file(raw, kind), (), provisional=True)
    contacts = [item.wanted for item in listed.added]
    assert len(contacts) >= 20
    for each in WRITERS:
        out = write_contact_file(contacts, each)
        assert write_contact_file([item.wanted for item in plan(out, each).added], each) == out


CARD = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        (b"contact,country\n", "a.csv", "csv"),
        (b"contact,country\n", "", "csv"),
        (b"", "a.vcf", "vcard"),
        (b"", "", "csv"),
        (CARD, "a.csv", "vcard"),
        (b"\xef\xbb\xbf\r\n" + CARD.lower(), "", "vcard"),
        (b'["vcard", []]', "a.json", "jcard"),
        (b'[ [ "vcard", []]]', "", "jcard"),
        (b"[]", "a.jcard", "jcard"),
        (b'[{"@type": "Card"}]', "a.json", "jscontact"),
        (b'{"@type": "Card"}', "", "jscontact"),
        (b'{"type": "enlace/contacts/v1", "contacts": []}', "", "json"),
        (b'{"contacts": []}', "", "json"),
        (b"country,authority,function,kind,source\r\nCO,x,y,z,w\r\n", "", "authorities"),
    ],
)
def test_the_format_of_a_file(raw: bytes, name: str, kind: str) -> None:
    assert format_of(raw, name) == kind
    assert kind in FORMATS


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"{}", b"[[[", b"BEGIN:VCARD", b"a,b\n1,2\n"])
def test_what_is_none_is_refused_in_every_format(kind: str, raw: bytes) -> None:
    with pytest.raises(ImportRefused, match="; nothing was imported") as refused:
        plan(raw, kind)
    assert all(each.do for each in refused.value.problems)


@pytest.mark.parametrize("kind", ["vcard", "jcard", "jscontact", "json"])
def test_a_contact_that_stands_twice_is_told_in_what_the_file_is_counted_in(kind: str) -> None:
    one = wanted_of_entry(an_entry("co-desk", "customs"))
    out = write_contact_file([one, one], kind)
    unit = {"vcard": "line", "json": "contact"}.get(kind, "card")
    with pytest.raises(ImportRefused, match=rf"{unit} \d+, contact: co-desk stands in {unit} 1 already; .* one {unit}"):
        plan(out, kind)


def test_what_is_said_for_all_fills_in_what_a_card_does_not_say() -> None:
    told = ColumnMap(values={"country": "CO", "function": "customs", "source": "list"})
    row = read_contact_file(CARD.replace(b"FN:x", b"FN:Aduana"), "vcard", told).rows[0]
    assert (row.contact, row.cells["source"], row.whole) == ("co-customs-aduana", "list", False)
    whole = read_contact_file(write_contact_file([wanted_of_entry(an_entry("pe-x"))], "json"), "json", told).rows[0]
    assert (whole.cells["country"], "source" in whole.cells, whole.whole) == ("PE", False, True)


HOSTILE: dict[str, dict[str, object]] = {
    "a line end in an address": {"website": "https://x.example/\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:4.0\r\nFN:Otro"},
    "a property in a note": {"notes": {"es": "a\r\nX-ENLACE-CONTACT:co-other\nEND:VCARD"}},
    "a name that nobody sees": {"names": {"es": "\u200b"}},
    "another name that nobody sees": {"also": ("\u200b", ";")},
    "a control in an e-mail address": {"emails": ("\x1b[31m\x00@x.example",)},
    "marks in an e-mail address": {"emails": ('";,|\\\\@x.example',)},
    "a quotation mark in a city": {"city": '"],["x-enlace-contact",{},"text","co-other"'},
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("what", HOSTILE)
def test_what_one_member_publishes_makes_no_other_contact_in_a_file(what: str, kind: str) -> None:
    body = a_body("Mesa", **HOSTILE[what])
    out = write_contact_file([wanted_of_entry(an_entry("co-desk", "customs", body))], kind)
    reading = read_contact_file(out, kind)
    assert {row.contact for row in reading.rows} <= {"co-desk"}
    assert len(reading.rows) == 1 or reading.problems


def many(count: int) -> list[Wanted]:
    return [
        wanted_of(
            {
                "contact": f"co-{at}",
                "country": "CO",
                "function": "customs",
                "name_es": f"Aduana {at}",
                "phone": f"+5760155{at:05}",
                "hours": "Mon-Fri 08:00-18:00",
                "zone": "America/Bogota",
            }
        )
        for at in range(count)
    ]


def go_through(kind: str, wanted: list[Wanted]) -> int:
    """Write, read and plan contacts, without a word of complaint; returns how many are to be added."""
    reading = read_contact_file(write_contact_file(wanted, kind), kind)
    assert (len(reading.rows), reading.problems) == (len(wanted), [])
    return len(plan_reading(reading, ()).added)


def work(kind: str, count: int) -> int:
    """What it is to go through so many contacts, in calls."""
    wanted = many(count)
    assert go_through(kind, wanted) == count
    return calls_of(lambda: go_through(kind, wanted))


@pytest.mark.parametrize("kind", ["csv", "vcard", "jscontact"])
def test_ten_times_as_many_contacts_take_ten_times_as_long(kind: str) -> None:
    """What is quadratic would take a hundred times as long."""
    assert work(kind, 160) < 12 * work(kind, 16)


@pytest.mark.full
@pytest.mark.parametrize("kind", WRITERS)
def test_ten_thousand_contacts_go_through_every_format(kind: str) -> None:
    assert go_through(kind, many(10_000)) == 10_000


def test_a_card_reads_like_the_line_of_a_table() -> None:
    (wanted,) = many(1)
    for kind in WRITERS:
        (row,) = read_contact_file(write_contact_file([wanted], kind), kind).rows
        assert {name: cell for name, cell in row.cells.items() if cell} == cells_of(wanted)
    assert json.loads(write_contact_file([wanted], "json"))["contacts"][0]["contact"] == "co-0"


def test_a_mission_is_dialled_where_it_stands() -> None:
    head = b"sending_country,host_country,type,city,address,latitude,longitude,phone,email,website,wikidata_id\n"
    reading = read_contact_file(head + b"CO,US,embassy,Washington,,,,(202) 555-0134,,,Q1\n", "missions")
    assert [row.cells["phone"] for row in reading.rows] == ["day:+12025550134"]
    told = ColumnMap(values={"source": "mine", "languages": "es"})
    (row,) = read_contact_file(head + b"CO,US,embassy,Washington,,,,,,,Q1\n", "missions", told).rows
    assert (row.cells["languages"], row.cells["source"][:8]) == ("es", "Wikidata")
    neither = read_contact_file(head + b"CO,US,embassy,Washington,,,,300 123 4567,,,Q1\n", "missions")
    assert [str(each)[:48] for each in neither.problems] == ["line 2, phone: '300 123 4567' is no full interna"]
