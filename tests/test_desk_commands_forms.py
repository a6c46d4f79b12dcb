"""`enlace form` and `enlace treaty` as they are typed: all answers or none, what stops, what is written, and where."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli_world import Office
from forms_filled import ALERT, IN_TIME, MLA, VICTIM, filled

from desk.api.calling import call
from desk.api.files import Files
from desk.drafting.drafts import Drafts
from desk.errors import Usage
from desk.forms.catalogue import forms
from desk.forms.filled import parse_filled, write_filled
from desk.keys.keyring import open_keyring
from desk.main import enlace as program
from desk.profile.folder import Profile

pytest_plugins = ("shared_office",)


@pytest.fixture
def office(shared_office: Office) -> Office:
    return shared_office


def begun(office: Office, name: str, *options: str) -> str:
    return str(office.ask("ar-desk", "form", "new", name, *options)["draft"])


def written(office: Office, name: str, values: dict[str, Any]) -> str:
    return office.file(f"{name}.json", write_filled(filled(name, **values)))


def test_a_request_from_a_file_lacks_nothing_and_comes_out_as_it_went_in(office: Office, tmp_path: Path) -> None:
    file = written(office, "mutual-legal-assistance", MLA | IN_TIME)
    draft = begun(office, "mutual", "--from", file, "--to", "co-desk", "--case", "AR-1")
    assert office.ask("ar-desk", "form", "check", draft)["missing"] == []
    out = str(tmp_path / "out.json")
    office.ask("ar-desk", "form", "export", draft, "--as", "json", "-o", out)
    assert parse_filled(Path(out).read_bytes().rstrip(b"\n")) == filled("mutual-legal-assistance", **MLA | IN_TIME)
    again = office.run("ar-desk", "form", "export", draft, "--as", "json", "-o", out)
    assert again.code == 2
    assert "exists already" in again.err
    shown = office.ask("ar-desk", "form", "show", draft)
    assert (shown["to"], shown["case"], shown["language"]) == (["co-desk"], "AR-1", "es")


def test_all_answers_are_taken_or_none_and_what_is_missing_stops(office: Office) -> None:
    draft = begun(office, "general", "--in", "fr")
    ran = office.run("ar-desk", "form", "fill", draft, "subject=Une question", "deadline=tomorrow")
    assert (ran.code, ran.out) == (2, "")
    assert "« tomorrow » n’est pas une date avec une heure" in ran.err
    assert office.ask("ar-desk", "form", "show", draft)["filled"] == {"form": "general-message/1", "language": "fr"}
    office.ask("ar-desk", "form", "fill", draft, "subject=Une question")
    missing = office.run("ar-desk", "form", "check", draft, "--json")
    assert missing.code == 3
    assert [(each["id"], each["stops"], each["fields"]) for each in missing.plain["missing"]] == [
        ("text", True, ["text"])
    ]
    office.ask("ar-desk", "form", "fill", draft, "text=-", feed="Qui reçoit ?\n\nMerci.\n".encode())
    checked = office.run("ar-desk", "form", "check", draft)
    assert (checked.code, checked.out) == (0, "Rien ne manque qui empêche l’envoi.\n")
    values = office.ask("ar-desk", "form", "show", draft)["filled"]["values"]
    assert values["text"] == {"fr": "Qui reçoit ?\n\nMerci."}


ENGLISH = re.compile(r"\b(draft|written|fill it|stored|missing|begun|changed|nobody|case|sent)\b", re.IGNORECASE)


@pytest.mark.parametrize("language", ["es", "pt", "fr", "en"])
def test_what_is_told_of_a_draft_is_in_the_language_of_who_writes(
    office: Office, language: str, tmp_path: Path
) -> None:
    asked = ("--language", language)
    told = [office.run("co-desk", "form", "new", "general", "--in", "es", "--case", "AR-1", *asked)]
    draft = next(each for each in re.findall(r"\bd[0-9]+\b", told[0].out))
    typed = (
        ("fill", draft, "subject=Una consulta"),
        ("check", draft),
        ("fill", draft, "text=¿Quién recibe?"),
        ("check", draft),
        ("show", draft),
        ("pdf", draft, "-o", str(tmp_path / "x.pdf")),
    )
    told += [office.run("co-desk", "form", *words, *asked) for words in typed]
    office.ask("co-desk", "form", "discard", draft, "--yes")
    shown = "".join(each.out + each.err for each in told).replace(str(tmp_path), "").replace("[espa", "")
    found = ENGLISH.findall(re.sub(r"enlace form \w+|\bform check\b", "", shown))
    assert (len(found) > 10) if language == "en" else (found == []), shown
    assert told[0].out.count(draft) == 2


def test_whom_it_is_for_and_the_case_can_be_changed_and_nobody_unknown_gets_in(office: Office) -> None:
    draft = begun(office, "general")
    assert office.ask("ar-desk", "form", "fill", draft, "--to", "co-desk", "--case", "AR-9")["to"] == ["co-desk"]
    assert office.run("ar-desk", "form", "fill", draft, "--to", "co-dsk").code == 7
    shown = office.ask("ar-desk", "form", "show", draft)
    assert (shown["to"], shown["case"]) == (["co-desk"], "AR-9")


def test_an_alert_that_was_sent_and_one_that_came_go_out_as_stix_under_their_own_mark(office: Office) -> None:
    file = written(office, "operational-alert", ALERT)
    common = ("--form", file, "--yes", "--json")
    number = str(office.run("ar-desk", "alert", "co-desk", *common, "--tlp", "GREEN").plain["number"])
    red = str(office.run("ar-desk", "alert", "co-desk", *common, "--tlp", "RED").plain["number"])
    told = office.run("ar-desk", "form", "export", number, "--as", "stix")
    bundle = json.loads(told.out)
    assert {each["name"] for each in bundle["objects"] if each["type"] == "marking-definition"} == {"TLP:GREEN"}
    refused = office.run("ar-desk", "form", "export", number, "--as", "stix", "--tlp", "CLEAR")
    assert (refused.code, "a message keeps the marks" in refused.err) == (2, True)
    office.ask("co-desk", "sync")
    theirs = [each for each in office.ask("co-desk", "inbox", "--all")["messages"] if each["direction"] == "in"]
    here, there_red = (str(each["number"]) for each in theirs[-2:])
    assert json.loads(office.run("co-desk", "form", "export", here, "--as", "stix").out) == bundle
    for name, which in (("ar-desk", red), ("co-desk", there_red)):
        kept = office.run(name, "form", "export", which, "--as", "stix")
        assert (kept.code, kept.out) == (3, ""), kept
    assert office.run("co-desk", "form", "export", "999", "--as", "stix").code == 7


def test_an_alert_goes_out_as_stix_and_a_referral_as_htcds_but_not_under_red(office: Office, tmp_path: Path) -> None:
    alert = begun(office, "operational", "--from", written(office, "operational-alert", ALERT))
    ran = office.run("ar-desk", "form", "export", alert, "--as", "stix")
    bundle = json.loads(ran.out)
    assert bundle["type"] == "bundle"
    assert ran.out == office.run("ar-desk", "form", "export", alert, "--as", "stix").out
    referral = begun(office, "victim", "--from", written(office, "victim-referral", VICTIM))
    ran = office.run("ar-desk", "form", "export", referral, "--as", "htcds")
    assert json.loads(ran.out)["standard"] == "HTCDS 2.0"
    assert "not independently validated" in ran.err
    assert "Luna-7" not in ran.out
    for draft, kind in ((alert, "stix"), (referral, "htcds")):
        out = str(tmp_path / kind)
        refused = office.run("ar-desk", "form", "export", draft, "--as", kind, "--tlp", "RED", "-o", out)
        assert refused.code == 3
        assert "TLP:RED goes into no file" in refused.err
        assert not Path(out).exists()


def test_two_windows_do_not_write_over_each_other(office: Office) -> None:
    draft = begun(office, "general")
    drafts = Drafts(open_keyring(Profile.open(office.profile("ar-desk")), b"correct horse battery").vault)
    seen = drafts.get(draft)  # as a dialogue that stands open has it
    office.ask("ar-desk", "form", "fill", draft, "subject=Una consulta")
    with pytest.raises(Usage, match="changed in another window"):
        drafts.change(draft, seen, seen)
    assert drafts.get(draft).filled.values == {"subject": {"es": "Una consulta"}}


def test_lists_and_schemas_need_no_passphrase(office: Office) -> None:
    listed = office.run("nobody", "form", "list", "--json", ENLACE_PASSPHRASE_FILE="").plain["forms"]
    assert {each["form"] for each in listed} == set(forms())
    schema = office.run("nobody", "form", "schema", "victim", "--json", ENLACE_PASSPHRASE_FILE="").plain
    assert schema["$id"] == "urn:enlace:form:victim-referral:1"
    shown = office.run("nobody", "form", "show", "victim", "--language", "pt", ENLACE_PASSPHRASE_FILE="")
    assert "Encaminhamento de uma vítima para assistência (victim-referral/1)" in shown.out
    ambiguous = office.run("nobody", "form", "show", "")
    assert ambiguous.code == 7


def test_a_table_of_treaties_is_imported_whole_or_not_at_all_and_changes_are_shown(office: Office) -> None:
    head = "instrument,country,state,since,source,date,note\n"
    bad = office.file("bad.csv", f"{head}untoc,CO,party,,List,2026-03-01,\nuntoc,Macondo,party,,,2026-02-30,\n")
    ran = office.run("ar-desk", "treaty", "import", bad, "--json")
    assert ran.code == 3
    assert [(each["line"], each["column"]) for each in ran.plain["problems"]] == [
        (3, "country"), (3, "source"), (3, "date"),
    ]  # fmt: skip
    assert office.ask("ar-desk", "treaty", "list") == {"rows": []}
    good = office.file("good.csv", f"{head}untoc,Colombia,Parte,2004-08-04,=List,2026-03-01,\n")
    assert office.run("ar-desk", "treaty", "import", good).code == 3  # a spreadsheet would run it
    good = office.file("good.csv", f"{head}untoc,Colombia,Parte,2004-08-04,List,2026-03-01,\n")
    dry = office.ask("ar-desk", "treaty", "import", good, "--dry-run")
    assert [(each["what"], each["after"]["country"]) for each in dry["changes"]] == [("new", "CO")]
    assert office.ask("ar-desk", "treaty", "list") == {"rows": []}
    office.ask("ar-desk", "treaty", "import", good)
    answer = office.ask("ar-desk", "treaty", "for", "Argentina", "CO", "--on", "2026-09-21")
    first = next(each for each in answer["instruments"] if each["instrument"] == "untoc")
    assert first["answer"] == "unknown"
    assert [(each["country"], each["row"] and each["row"]["date"]) for each in first["states"]] == [
        ("AR", None), ("CO", "2026-03-01"),
    ]  # fmt: skip
    exported = office.run("ar-desk", "treaty", "export")
    assert exported.out.splitlines()[1].startswith("untoc,CO,party,2004-08-04,List,2026-03-01")
    empty = office.ask("ar-desk", "treaty", "import", office.file("none.csv", head), "--whole")
    assert [each["what"] for each in empty["changes"]] == ["removed"]


def test_a_program_that_calls_over_the_api_names_no_file_of_this_machine(office: Office, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("in the clear")
    profile = Profile.open(office.profile("ar-desk"))
    keyring = open_keyring(profile, b"correct horse battery")

    def answer(words: str, **given: Any) -> dict[str, Any]:
        return call(program, words, given, profile.path, keyring, Files(profile.path))

    draft = answer("form/new", form="general")["result"]["draft"]
    filled_in = [f"text=@{secret}", "subject=-"]
    assert answer("form/fill", draft=draft, answers=filled_in)["code"] == 0
    values = answer("form/show", name=draft)["result"]["filled"]["values"]
    assert values == {"subject": {"es": "-"}, "text": {"es": f"@{secret}"}}
    assert answer("form/fill", draft=draft, ask=True)["code"] == 2
