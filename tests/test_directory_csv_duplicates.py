"""What would be added and is probably listed already: told, left out or taken for what is listed, and twice is once."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from directory_contacts import after
from directory_entries import a_body, an_entry

from directory.bodies import Phone
from directory.entry import Entry
from directory.exchange.csv_duplicates import CHANGE, SKIP, TELL
from directory.exchange.csv_import import plan_reading, read_lines
from directory.exchange.csv_plan import Plan
from directory.exchange.csv_problem import ImportRefused

NUMBER = Phone(number="+12025550134")
ENTRIES = (
    an_entry("co-aduana", function="customs", body=a_body("Aduana Nacional", phones=(NUMBER,))),
    an_entry("co-puerto", function="customs", body=a_body("Puerto de Cartagena")),
)
FILE = "country,function,name_es,phone,city\nCO,customs,Aduana Nacionall,+1 202 555 0135,Bogotá\nCO,csirt,Mesa,,\n"


def plan(text: str, how: str = TELL, entries: Iterable[Entry] = ENTRIES) -> Plan:
    return plan_reading(read_lines(text.encode()), entries, duplicates=how)


def test_it_is_told_unless_the_user_says_more() -> None:
    found = plan(FILE)
    assert (len(found.added), found.settled) == (2, ())
    assert [(each.other, each.same) for each in found.alike] == [("co-aduana", True)]


def test_a_line_is_left_out_and_the_others_are_not() -> None:
    found = plan(FILE, SKIP)
    assert [item.wanted.contact for item in found.added] == ["co-csirt-mesa"]
    assert [(each.line, each.changes, each.alike.other) for each in found.settled] == [(2, False, "co-aduana")]
    again = plan(FILE, SKIP, after(found, ENTRIES))
    assert (again.empty, again.settled) == (True, found.settled)


def test_a_line_is_taken_for_what_is_listed_and_the_second_time_changes_nothing() -> None:
    found = plan(FILE, CHANGE)
    assert [item.wanted.contact for item in found.changed] == ["co-aduana"]
    assert [each.column for each in found.changed[0].differences] == ["name_es", "phone", "city"]
    assert ([each.changes for each in found.settled], found.alike) == ([True], ())
    again = plan(FILE, CHANGE, after(found, ENTRIES))
    assert (again.empty, len(again.unchanged)) == (True, 2)


def test_a_line_like_several_has_to_say_which() -> None:
    both = "country,function,name_es,also\nCO,customs,Aduana Nacional,Puerto de Cartagena\n"
    with pytest.raises(ImportRefused, match="line 2, contact: it is probably co-aduana or co-puerto; write the id"):
        plan(both, CHANGE)
    assert plan(both, SKIP).empty


def test_two_lines_for_one_contact_and_ids_of_the_file_s_own() -> None:
    with pytest.raises(ImportRefused, match="line 3, contact: co-aduana stands in line 2 already"):
        plan("country,function,name_es\nCO,customs,Aduana Nacionall\nCO,customs,Aduana Naciona\n", CHANGE)
    named = "contact,function,name_es\nco-otra,customs,Aduana Nacional\n"
    found = plan(named, CHANGE)
    assert ([item.wanted.contact for item in found.added], len(found.alike)) == (["co-otra"], 1)
    assert plan(named, SKIP).empty


def test_a_number_that_a_change_brings_and_another_has_is_told() -> None:
    found = plan("contact,phone\nco-puerto,+1 202 555 0134\n")
    assert [str(each) for each in found.alike] == ["co-puerto and co-aduana have one number, +12025550134"]
    assert plan("contact,city\nco-aduana,Cali\n").alike == ()
    moved = plan("contact,phone\nco-puerto,+1 202 555 0134\nco-aduana,+1 202 555 0139\n")
    assert moved.alike == ()


def test_what_a_line_leaves_empty_stays_as_it_is_listed() -> None:
    found = plan("country,function,name_es,phone,email\nCO,customs,Aduana Nacionall,,a@b.example\n", CHANGE)
    assert [each.column for each in found.changed[0].differences] == ["name_es", "email"]


def test_a_line_is_not_taken_for_what_another_line_of_the_file_added_a_piece_before() -> None:
    """Two new lines that are alike: the first is published when the file is planned again for the next piece."""
    file = "country,function,name_es\nCO,customs,Frontera Norte\nCO,customs,Frontera Nortee\n"
    found = plan(file, CHANGE)
    first = replace(found, added=found.added[:1], steps=found.steps[:1])
    again = plan(file, CHANGE, after(first, ENTRIES))
    assert ([item.wanted for item in again.added], len(again.unchanged)) == ([found.added[1].wanted], 1)
