"""Importing contacts: what is added, changed and left, that the second time changes nothing, and out and in again."""

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from directory_contacts import after, entry_of, ids, networks
from directory_entries import a_body, an_entry
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.bodies import ContactBody, Hours, Phone, read_body_bytes, write_body_bytes
from directory.contact_id import derived_id
from directory.countries import COUNTRIES
from directory.entry import Entry
from directory.exchange.csv_columns import COLUMNS
from directory.exchange.csv_contact import Wanted, cells_of, cells_of_entry, wanted_of
from directory.exchange.csv_export import write_csv, write_wanted
from directory.exchange.csv_import import plan_csv, read_contacts, rows_of
from directory.exchange.csv_plan import plan_rows, publishing_order
from directory.exchange.csv_problem import ImportRefused
from directory.exchange.csv_text import read_table
from directory.fields import ContactId
from directory.functions import FUNCTIONS

DOCS = (Path(__file__).parent.parent / "docs" / "csv-import.md").read_text("utf-8")


FILE = b"""contact,country,function,name_es,phone,hours,escalation
co-desk,Colombia,trata,Mesa,+1 202 555 0120,24/7,co-mla
co-mla,CO,autoridad central,Autoridad,,Mon-Fri 08:00-18:00,
"""


def test_a_file_adds_what_is_not_there_and_once_imported_changes_nothing() -> None:
    plan = plan_csv(FILE, ())
    assert ids(plan.added) == ["co-desk", "co-mla"]
    assert ids(plan.steps) == ["co-mla", "co-desk"]
    desk = plan.added[0].wanted
    assert (desk.country, desk.function, desk.escalation) == ("CO", "trafficking-24-7", ("co-mla",))
    assert desk.body == ContactBody(
        names={"es": "Mesa"}, phones=(Phone(number="+12025550120"),), hours=Hours(always=True)
    )
    assert plan.added[1].wanted.body.zone == "America/Bogota"
    again = plan_csv(FILE, after(plan, ()))
    assert again.empty
    assert ids(again.unchanged) == ["co-desk", "co-mla"]
    assert (again.added, again.changed, again.steps) == ((), (), ())


def test_a_change_is_told_column_by_column() -> None:
    entries = after(plan_csv(FILE, ()), ())
    file = b"contact,phone,name_en,hours\nco-desk,night:+1 202 555 0121,Desk,\nco-mla,,,Mon 08:00-09:00\n"
    plan = plan_csv(file, entries)
    assert [(item.wanted.contact, *((each.column, each.before, each.after) for each in item.differences))
            for item in plan.changed] == [
        ("co-desk", ("name_en", "", "Desk"), ("phone", "day:+12025550120", "night:+12025550121"),
         ("hours", "24/7", "")),
        ("co-mla", ("hours", "Mon-Fri 08:00-18:00", "Mon 08:00-09:00")),
    ]  # fmt: skip
    desk = plan.changed[0].wanted
    assert (desk.body.names, desk.escalation) == ({"es": "Mesa", "en": "Desk"}, ("co-mla",))
    assert plan_csv(file, after(plan, entries)).empty


def test_a_column_that_is_not_there_is_left_and_an_empty_cell_empties() -> None:
    full = entry_of(
        Wanted("co-desk", "CO", "customs",
               a_body("Mesa", emails=("a@x.example",), notes={"nl": "x"}, respond=30), ("0" * 32,), (), ("inner",))
    )  # fmt: skip
    kept = plan_csv(b"contact,name_es\nco-desk,Otra\n", [full]).changed[0].wanted
    body = msgspec.structs.replace(full.body or a_body(), names={"es": "Otra"})
    assert kept == Wanted("co-desk", "CO", "customs", body, ("0" * 32,), (), ("inner",))
    emptied = plan_csv(b"contact,email,notes_nl,respond,officers,circles\nco-desk,,,,,\n", [full]).changed[0].wanted
    assert emptied == Wanted("co-desk", "CO", "customs", a_body("Mesa"))


def test_a_contact_whose_body_is_gone_keeps_what_the_record_says() -> None:
    gone = replace(
        an_entry("co-desk", "customs", officers=("0" * 32,), circles=("inner",)), body=None, absence="erased"
    )
    (item,) = plan_csv(b"contact,name_es\nco-desk,Aduana\n", [gone]).changed
    assert item.wanted == Wanted("co-desk", "CO", "customs", a_body("Aduana"), ("0" * 32,), (), ("inner",))
    with pytest.raises(ImportRefused, match="no name in any language"):
        plan_csv(b"contact,phone\nco-desk,+12025550134\n", [gone])
    assert plan_csv(b"contact,function,name_es\nco-x,customs,X\n", [gone], whole=True).absent == ()


def test_claiming_a_provisional_contact_is_a_change_even_when_nothing_else_is() -> None:
    listed = entry_of(Wanted("co-desk", "CO", "customs", a_body("Mesa")), provisional=True)
    file = b"contact,name_es\nco-desk,Mesa\n"
    (item,) = plan_csv(file, [listed]).changed
    assert [(each.column, each.before, each.after) for each in item.differences] == [
        ("standing", "provisional", "confirmed")
    ]
    assert plan_csv(file, [listed], provisional=True).empty


def test_an_alternate_that_is_only_provisional_is_none() -> None:
    listed = entry_of(Wanted("co-mla", "CO", "extradition", a_body("M")), provisional=True)
    file = b"contact,function,name_es,escalation\nco-desk,trata,Mesa,co-mla\n"
    with pytest.raises(ImportRefused, match="no contact co-mla of CO is listed or in this file"):
        plan_csv(file, [listed])


def test_a_whole_file_tells_what_it_does_not_name() -> None:
    entries = [an_entry("co-old"), an_entry("pe-old"), an_entry("co-maybe", standing="provisional")]
    file = b"contact,function,name_es\nco-new,customs,Aduana\n"
    assert plan_csv(file, entries).absent == ()
    assert plan_csv(file, entries, whole=True).absent == ("co-old",)
    assert plan_csv(file, entries, whole=True, provisional=True).absent == ("co-maybe",)


@pytest.mark.parametrize(
    ("country", "function", "name", "expected"),
    [
        ("CO", "prosecution", "Fiscalía General de la Nación", "co-prosecution-fiscalia-general-nacion"),
        ("BR", "trafficking-24-7", "De la", "br-trafficking-de-la"),
        ("PE", "customs", "一", r"pe-customs-[0-9a-f]{6}"),
        ("PE", "customs", "one two three four five six", r"pe-customs-one-two-three-four-[0-9a-f]{6}"),
        ("PE", "customs", "x" * 31, r"pe-customs-[0-9a-f]{6}"),
        ("PE", "port-security", "Puerto", "pe-portsecurity-puerto"),
        ("PE", "customs", "", "pe-customs"),
    ],
)
def test_ids_are_made_of_country_function_and_name(country: str, function: str, name: str, expected: str) -> None:
    made = derived_id(country, function, name)
    assert re.fullmatch(expected, made)
    assert derived_id(country, function, name) == made
    assert msgspec.convert(made, ContactId)


@given(st.sampled_from(COUNTRIES), st.sampled_from(FUNCTIONS), st.text(max_size=60))
def test_made_ids_are_always_ids(country: object, function: object, name: str) -> None:
    made = derived_id(country.code, function.code, name)  # type: ignore[attr-defined]  # a Country and a Function
    assert msgspec.convert(made, ContactId) == made


def test_a_name_with_its_language_or_the_countrys() -> None:
    rows = read_contacts(
        b"country,function,name,name_language\nCO,customs,Aduana,\nCO,customs,Customs,en\nBR,customs,Alf,pt-br\n"
    )
    assert [(row.contact, {key: cell for key, cell in row.cells.items() if "name" in key}) for row in rows] == [
        ("co-customs-aduana", {"name_es": "Aduana"}),
        ("co-customs-customs", {"name_en": "Customs"}),
        ("br-customs-alf", {"name_pt-BR": "Alf"}),
    ]


def test_lines_from_elsewhere_are_read_like_those_of_a_file() -> None:
    (row,) = rows_of([(7, {"contact": "co-desk", "function": "trata", "name_es": "Mesa"})])
    assert (row.line, row.cells["country"], row.cells["function"]) == (7, "CO", "trafficking-24-7")
    with pytest.raises(ImportRefused, match="line 9, phone"):
        rows_of([(9, {"contact": "co-desk", "phone": "5"})])


def wants(contact: str, *escalation: str) -> Wanted:
    return Wanted(contact, "CO", "customs", a_body(), (), escalation)


def test_alternates_are_published_first_and_circles_broken() -> None:
    assert ids(publishing_order([wants("co-a", "co-b"), wants("co-b", "co-c"), wants("co-c")], ())) == [
        "co-c", "co-b", "co-a",
    ]  # fmt: skip
    assert ids(publishing_order([wants("co-a", "co-b"), wants("co-b")], ["co-b"])) == ["co-a", "co-b"]
    steps = publishing_order([wants("co-a", "co-b"), wants("co-b", "co-a")], ())
    assert [(each.contact, each.escalation) for each in steps] == [
        ("co-a", ()), ("co-b", ("co-a",)), ("co-a", ("co-b",)),
    ]  # fmt: skip


@given(st.lists(st.sets(st.integers(0, 7), max_size=4), max_size=8), st.sets(st.integers(0, 7)))
def test_every_step_finds_its_alternates_listed_and_in_the_end_all_is_as_wanted(
    alternates: list[set[int]], listed: set[int]
) -> None:
    there = {f"co-{at}" for at in range(len(alternates))}
    wanted = [
        wants(f"co-{at}", *sorted({f"co-{each}" for each in chosen} & there - {f"co-{at}"}))
        for at, chosen in enumerate(alternates)
    ]
    steps = publishing_order(wanted, (f"co-{each}" for each in listed))
    known = {f"co-{each}" for each in listed}
    last: dict[str, Wanted] = {}
    for step in steps:
        assert known.issuperset(step.escalation)
        known.add(step.contact)
        last[step.contact] = step
    assert last == {each.contact: each for each in wanted}
    assert len(steps) <= 2 * len(wanted)


@settings(max_examples=60)
@given(networks())
def test_out_and_in_again_plans_nothing_and_out_again_is_the_same_bytes(entries: list[Entry]) -> None:
    out = write_csv(entries)
    assert write_csv(reversed(entries)) == out
    if entries:
        assert plan_csv(out, entries).empty
    plan = plan_csv(out, ())
    imported = after(plan, ())
    assert write_csv(imported) == out
    assert plan_csv(out, imported).empty
    if entries:
        assert write_wanted([each.wanted for each in plan.added]).count(b"\n") == out.count(b"\n")
    for item in plan.added:
        assert wanted_of(cells_of(item.wanted)) == item.wanted
        assert read_body_bytes(write_body_bytes(item.wanted.body), ContactBody) == item.wanted.body


@settings(max_examples=40)
@given(networks(), networks())
def test_a_plan_carried_out_leaves_nothing_to_plan(old: list[Entry], new: list[Entry]) -> None:
    file = write_csv(new)
    known = {each.id for each in new}
    kept = [each for each in old if known.issuperset(each.contact.escalation)]
    plan = plan_csv(file, kept)
    now = after(plan, kept)
    assert plan_csv(file, now).empty
    told = {each.id: cells_of_entry(each) for each in now}
    for name in read_table(file).header:
        assert [told[each.id].get(name) for each in new] == [cells_of_entry(each).get(name) for each in new]
    assert len(plan.added) + len(plan.changed) + len(plan.unchanged) == len(new)


def test_an_exported_file_reads_in_another_spreadsheets_ways_too() -> None:
    entries = after(plan_csv(FILE, ()), ())
    out = write_csv(entries)
    assert plan_csv(b"\xef\xbb\xbf" + out.replace(b"\n", b"\r\n"), entries).empty
    semicolons = b"contact;name_es;phone\nco-desk;Mesa;+1 202 555 0120\nco-mla;Autoridad;\n"
    assert plan_csv(semicolons, entries).empty


def test_no_cell_of_an_exported_file_is_a_formula() -> None:
    body = a_body("=1+1", phones=(Phone(number="+12025550134"),), notes={"es": "-x\n=y"}, emails=("+a@x.example",))
    out = write_csv([an_entry("co-desk", "customs", body)]).decode()
    assert "'=1+1" in out
    assert "day:+12025550134" in out
    assert re.search(r"(^|,)\"?[=+@-]", out.splitlines()[1]) is None


def test_entries_without_a_body_are_left_out() -> None:
    gone = replace(an_entry("co-desk"), body=None, absence="withheld")
    assert write_csv([gone]) == write_csv([])
    assert plan_csv(write_csv([]), [gone]).empty


def test_five_thousand_lines_are_read_and_planned() -> None:
    head = b"contact,country,function,name_es,phone,hours,zone\n"
    file = head + b"".join(
        b"co-%d,CO,trata,Mesa %d,+1202555%04d,Mon-Fri 08:00-18:00,\n" % (at, at, at % 10_000) for at in range(5_000)
    )
    plan = plan_csv(file, ())
    assert len(plan.added) == 5_000


def test_the_document_names_every_column_and_function() -> None:
    for each in (*(column.name for column in COLUMNS), "name", "name_language"):
        assert f"`{each}`" in DOCS, each
    table = dict(re.findall(r"^\| `([a-z0-9-]+)` \| ([^|]+) \|$", DOCS, re.MULTILINE))
    assert table == {each.code: each.labels["en"] for each in FUNCTIONS}


def test_the_documents_example_is_imported() -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", DOCS, re.DOTALL)
    plan = plan_csv(example.encode(), (), country="CO")
    assert ids(plan.added) == ["co-desk", "co-mla"]
    assert plan_rows(read_contacts(example.encode()), after(plan, ())).empty
