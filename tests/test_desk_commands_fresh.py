"""Confirming and reporting as people type it: what was seen is confirmed, and a report says what it rests on."""

import csv
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cli_world import Office

from desk.commands.freshness import _cell
from desk.report_lines import hanging
from desk.terminal import Terminal

NUMBER = "+12025550170"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office with ar-fresh, which somebody without a device serves too, and whose alternate is ar-gone."""
    with Office.opened(tmp_path_factory.mktemp("fresh") / "office") as office:
        letters = str(office.folder / "letters")
        invited = office.ask("ar-admin", "invite", "--role", "coordinator", "--label", "Relief", "--out", letters)
        office.officers["ar-relief"] = invited["officer"]
        served = f"{office.officers['ar-desk']}; {invited['officer']}"
        publish(office, "ar-gone", "function=customs", "name_en=Gone")
        cells = ("function=customs", "name_en=Aduana de señales", f"officers={served}", "escalation=ar-gone")
        publish(office, "ar-fresh", *cells)
        yield office


def publish(office: Office, contact: str, *cells: str) -> None:
    office.ask("ar-admin", "contact", "publish", contact, *(f"--set={each}" for each in cells))


def row(office: Office, contact: str, who: str = "ar-admin") -> dict[str, Any]:
    """What the report says of a contact."""
    (found,) = [each for each in office.ask(who, "freshness", "ar")["contacts"] if each["contact"] == contact]
    return dict(found)


def test_what_is_shown_is_the_newest_there_is(office: Office) -> None:
    """That desk has not synchronised since the number changed, and would else confirm one that nobody there saw."""
    office.ask("ar-desk", "sync")
    publish(office, "ar-fresh", f"phone=always:{NUMBER}")
    ran = office.run("ar-desk", "contact", "attest", "ar-fresh", "--yes")
    assert ran.code == 0, ran
    assert f"always:{NUMBER}" in ran.err
    assert "you" in ran.err
    assert f"{office.officers['ar-relief'][:8]} (Relief)" in ran.err


def test_what_changes_while_somebody_looks_is_not_confirmed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def choose(terminal: Terminal, question: str, answers: str, *, beforehand: str) -> str:
        asked.append(beforehand)
        if len(asked) == 2:
            publish(office, "ar-fresh", "phone=always:+12025550171")
        return "y"

    monkeypatch.setattr(Terminal, "choose", choose)
    ran = office.run("ar-desk", "contact", "attest", "ar-desk", "ar-fresh")
    assert (ran.code, ran.out) == (0, "Confirmed: ar-desk.\nLeft as they are: ar-fresh.\n"), ran
    assert "ar-fresh was changed or retired while you looked at it, and is not confirmed: look again" in ran.err


def test_all_but_commands_fits_a_narrow_terminal(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands stay whole, and the root, to be copied."""
    monkeypatch.setattr(Terminal, "width", 40)
    monkeypatch.setattr(Terminal, "note_width", 40)
    told = office.run("ar-admin", "freshness").out.splitlines()
    assert any("señales" in each for each in told)
    told += office.run("ar-desk", "contact", "attest", "ar-fresh", "--yes").err.splitlines()
    assert [each for each in told if len(each) > 40 and not each.strip().startswith(("enlace ", "root "))] == []


def test_what_the_directory_would_refuse_is_refused_before_anybody_looks(office: Office) -> None:
    ran = office.run("ar-admin", "contact", "attest", "ar-fresh", "co-desk", "--yes")
    assert (ran.code, "rule R21" in ran.err, "phone" in ran.err) == (3, True, False), ran


def test_nobody_confirms_details_that_cannot_be_seen(office: Office) -> None:
    publish(office, "ar-bare", "function=customs", "name_en=Bare")
    office.ask("ar-admin", "erase", "contact", "ar-bare", "--reason", "court-order", "--yes")
    ran = office.run("ar-admin", "contact", "attest", "ar-bare", "--yes")
    assert (ran.code, ran.out) == (0, "Nothing was confirmed.\nLeft as they are: ar-bare.\n"), ran
    assert "its details are erased, and what nobody sees nobody confirms" in ran.err
    office.ask("ar-admin", "contact", "retire", "ar-bare", "--yes")


def test_a_second_officer_counts_with_a_device_and_nobody_who_left(office: Office) -> None:
    relief = office.officers["ar-relief"]
    told = row(office, "ar-fresh")
    (mend,) = [each for each in told["mend"] if each["lack"] == "one-officer"]
    assert mend["type"] == f"enlace invite --officer {relief} --out FOLDER"
    assert "no-alternate" not in told["lacks"]
    office.ask("ar-admin", "officer", "revoke", relief, "--yes")
    office.ask("ar-admin", "contact", "retire", "ar-gone", "--yes")
    told = row(office, "ar-fresh")
    assert {"one-officer", "no-alternate"} <= set(told["lacks"])
    assert relief not in json.dumps(told)
    publish(office, "ar-fresh", "respond=30")  # which names neither of them any more
    shown = office.ask("ar-admin", "show", "ar-fresh")
    assert (shown["officers"], shown["escalation"], shown["body"]["respond"]) == (1, [], 30)


@pytest.mark.parametrize("cell", ["name_es=…", "hours=…", "languages= … ", "respond=..."])
def test_a_command_run_as_the_report_has_it_publishes_nothing(office: Office, cell: str) -> None:
    ran = office.run("ar-admin", "contact", "publish", "ar-fresh", "--set", cell)
    assert (ran.code, "three dots stand for what you are to fill in" in ran.err) == (2, True), ran


def test_a_report_says_when_it_was_made_where_and_from_which_directory(office: Office) -> None:
    office.ask("ar-admin", "sync")
    asked = office.ask("ar-admin", "freshness")
    whole = office.ask("ar-admin", "find", "ar-fresh")["directory"]
    assert (asked["size"], asked["vouched"], asked["witnessed"]) == (whole["size"], whole["time"], whole["witnessed"])
    profile = json.loads((office.profile("ar-admin") / "profile.json").read_text())
    assert asked["by"] == profile["device"]
    assert len(asked["root"]) == 44
    text = office.run("ar-admin", "freshness").out
    assert f"from a directory of {asked['size']} statements, vouched for by its log, unwitnessed, at " in text
    assert text.endswith(f"\nroot {asked['root']}\n")
    table = list(csv.DictReader(office.run("ar-admin", "freshness", "--csv").out.splitlines()))
    # A root that begins with a plus has an apostrophe before it, as every cell that a spreadsheet would reckon.
    assert {(each["by"], each["size"], each["root"].removeprefix("'")) for each in table} == {
        (asked["by"], str(asked["size"]), asked["root"])
    }
    assert {each["made"][-1] for each in table} == {"Z"}


def test_members_are_named_or_all_are_meant(office: Office) -> None:
    both = office.run("ar-admin", "freshness", "ar", "--all")
    assert (both.code, "name the members, or say --all" in both.err) == (2, True)


def test_lines_hang_below_what_they_belong_to() -> None:
    assert hanging("  one two three", 0, 4) == hanging("  one two three", 15, 4) == "  one two three"
    assert hanging("  one two three", 10, 4) == "  one two\n    three"
    assert hanging("  one two three", 10, 9) == "  one two\n  three"


def test_a_name_that_another_authority_published_is_no_formula_in_the_table() -> None:
    assert [_cell(each) for each in ("A\r=1", "\u200b=1", "A;\ufeff=1", "A\r\n @x")] == [
        "A\n'=1", "'=1", "A;'=1", "A\n '@x",
    ]  # fmt: skip
