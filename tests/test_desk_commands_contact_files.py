"""`enlace contact import` and `export` as people and programs use them, with a real relay."""

import asyncio
import json
import sys
import time
from pathlib import Path
from threading import Thread

import pytest
from cli_world import Office, enlace
from killed import CAN_KILL, Moment, killed
from story_world import built_once, front, play

from directory.exchange.contact_files import WRITERS

pytest_plugins = ("shared_office",)
FILE = (
    "contact,function,name_es,also,phone,hours,escalation\n"
    "ar-files-a,customs,Aduana del Este,ADE,+1 202 555 0151,Mon-Fri 08:00-18:00,ar-files-b\n"
    "ar-files-b,customs,Aduana del Oeste,,+1 202 555 0152,,ar-files-a\n"
)


@pytest.fixture
def office(shared_office: Office) -> Office:
    """An office in which ar's administrator imported two contacts."""
    done = shared_office.ask("ar-admin", "contact", "import", shared_office.file("two.csv", FILE), "--yes")
    assert done["unchanged"] + done["added"] == 2
    return shared_office


def test_every_format_goes_out_and_in_and_out_again(office: Office) -> None:
    for kind in WRITERS:
        out = office.folder / f"out.{kind}"
        wrote = office.ask("ar-admin", "contact", "export", "--own", "--format", kind, "--out", str(out), "--replace")
        assert wrote["files"] == [str(out)]
        again = office.ask("ar-admin", "contact", "import", str(out), "--yes")
        assert (again["format"], again["added"], again["changed"], again["statements"]) == (kind, 0, 0, 0)
        assert again["unchanged"] == wrote["contacts"]
        shown = office.run("ar-admin", "contact", "export", "--own", "--format", kind)
        assert shown.out.replace("\r\n", "\n") == out.read_text("utf-8")


def test_an_exported_file_is_for_its_owner_alone_and_named_by_its_ending(office: Office) -> None:
    out = office.folder / "named.vcf"
    assert office.run("ar-admin", "contact", "export", "-c", "argentina", "-f", "aduanas", "--out", str(out)).code == 0
    assert out.read_bytes().startswith(b"BEGIN:VCARD\r\n")
    assert b"X-ENLACE-CONTACT;VALUE=text:ar-files-a\r\n" in out.read_bytes()
    assert b"ar-desk" not in out.read_bytes()
    if sys.platform != "win32":
        assert out.stat().st_mode & 0o077 == 0


def test_the_other_name_finds_the_contact_and_stands_on_its_page(office: Office) -> None:
    assert office.ask("ar-admin", "find", "ADE")["results"][0]["contact"] == "ar-files-a"
    assert "known as    ADE" in office.run("ar-admin", "show", "ar-files-a").out


def test_a_change_is_told_field_by_field_and_a_dry_run_changes_nothing(office: Office) -> None:
    path = office.file("change.csv", "contact,phone\nar-files-b,night:+1 202 555 0153\n")
    for _ in range(2):
        told = office.ask("ar-admin", "contact", "import", path, "--dry-run")
        assert told["dry_run"] is True
        assert told["changes"] == [
            {"contact": "ar-files-b", "line": 2, "kind": "change",
             "fields": [{"column": "phone", "old": "day:+12025550152", "new": "night:+12025550153"}]}
        ]  # fmt: skip


def test_one_error_imports_nothing(office: Office) -> None:
    bad = FILE.replace("ar-files-", "ar-other-").replace("+1 202 555 0152", "+1 202 555")
    ran = office.run("ar-admin", "contact", "import", office.file("bad.csv", bad), "--yes")
    assert (ran.code, ran.out) == (3, "")
    assert "line 3, phone: no telephone can have the number +1202555; look for a digit too few or too many" in ran.err
    assert office.run("ar-admin", "show", "ar-other-a").code == 7
    told = office.run("ar-admin", "contact", "import", office.file("bad.csv", bad), "--yes", "--json").plain
    assert (told["kind"], told["problems"]) == (
        "declined",
        [{"line": 3, "column": "phone", "what": "no telephone can have the number +1202555",
          "do": "look for a digit too few or too many"}],
    )  # fmt: skip


def test_what_is_probably_listed_already_is_asked_about_or_refused(office: Office) -> None:
    path = office.file("same.csv", "función,nombre,teléfono\naduanas,Aduana del Estee,+1 202 555 0159\n")
    ran = office.run("ar-admin", "contact", "import", path, "--dry-run")
    assert "? ar-customs-aduana-estee is probably ar-files-a: the same country and function, and nearly" in ran.out
    refused = office.run("ar-admin", "contact", "import", path, "--yes", "--duplicates=refuse")
    assert (refused.code, "nothing was imported" in refused.err) == (3, True)


def test_the_secretariat_lists_provisional_contacts_from_cards(office: Office) -> None:
    card = ("BEGIN:VCARD\nVERSION:4.0\nFN;LANGUAGE=es:Fiscalía\nROLE:fiscalía\nTEL:+1 202 555 0158\n"
            "ADR;CC=PE:;;Calle 1;Lima;;;\nEND:VCARD\n")  # fmt: skip
    path = office.file("pe.vcf", card)
    done = office.ask("secretariat", "contact", "import", path, "--yes", *office.roots)
    assert done["added"] + done["unchanged"] == 1
    again = office.ask("secretariat", "contact", "import", path, "--yes", *office.roots)
    assert (again["unchanged"], again["statements"]) == (1, 0)


def test_what_a_member_publishes_itself_is_told_line_by_line_or_left_out(office: Office) -> None:
    table = "country,function,name_en\nPE,customs,Customs\nAR,customs,Customs\nCO,csirt,Response team\n"
    typed = ("contact", "import", office.file("list.csv", table), "--yes", *office.roots)
    for _ in range(2):
        ran = office.run("secretariat", *typed)
        assert (ran.code, ran.out, ran.err.count("has a member, which publishes its own contacts")) == (3, "", 2)
        assert "line 3, country: AR has a member" in ran.err
        done = office.ask("secretariat", *typed, "--without-members")
        assert done["added"] + done["unchanged"] == 1
        assert done["left_out"] == ["2 of AR, CO, which have members"]


def test_sheets_go_into_a_folder_one_for_each_country_and_language(office: Office) -> None:
    folder = office.folder / "paper"
    typed = ("contact", "export", "--format", "pdf", "--own", "--labels", "fr", "--labels", "es", "--out", str(folder))
    first = office.ask("ar-admin", *typed, "--replace")
    made = [Path(each) for each in first["files"]]
    assert [each.name for each in made] == ["ar-fr.pdf", "ar-es.pdf"]
    before = [each.read_bytes() for each in made]
    assert office.run("ar-admin", *typed).code == 2
    office.ask("ar-admin", *typed, "--replace")
    assert [each.read_bytes() for each in made] == before


def test_without_the_typesetter_nothing_is_written_and_the_error_helps(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    folder = office.folder / "none"
    ran = office.run("ar-admin", "contact", "export", "--format", "pdf", "--out", str(folder))
    assert (ran.code, "pip install 'enlace[sheets]'" in ran.err, folder.exists()) == (2, True, False)


def test_a_number_of_the_own_country_is_completed_when_one_is_published_by_hand(office: Office) -> None:
    typed = ("contact", "publish", "ar-files-b", "--set")
    done = office.ask("ar-admin", *typed, "phone=night:011 5555-0134")
    assert done["cells"]["phone"] == "night:+541155550134"
    assert office.ask("ar-admin", *typed, "phone=+1 202 555 0152")["cells"]["phone"] == "day:+12025550152"
    assert "look for a digit" in office.run("ar-admin", *typed, "phone=+1 202 555 01").err


def test_a_mapping_file_and_options_over_it(office: Office) -> None:
    mapping = office.file("map.toml", '[columns]\n"A" = "contact"\n"B" = "notes_es"\n"*" = ""\n')
    path = office.file("own.csv", "A,B,C\nar-files-a,x,y\n")
    told = office.ask("ar-admin", "contact", "import", path, "--map-file", mapping, "--map", "b=city", "--dry-run")
    assert [each["column"] for each in told["changes"][0]["fields"]] == ["city"]
    assert told["left_out"] == ["C"]
    assert json.dumps(told)


def test_what_was_planned_on_an_older_directory_is_not_published(office: Office) -> None:
    old = office.copy("ar-admin", "ar-admin-before")
    office.ask("ar-admin", "contact", "publish", "ar-files-b", "--set", "phone=+1 202 555 0154")
    path = office.file("city.csv", "contact,city\nar-files-b,Mendoza\n")
    refused = office.run(old, "contact", "import", path, "--yes")
    assert (refused.code, refused.out) == (3, "")
    assert "the directory changed since this desk last synchronised; nothing was imported" in refused.err
    done = office.ask(old, "contact", "import", path, "--yes")  # it is synchronised now
    assert [each["column"] for each in done["changes"][0]["fields"]] == ["city"]
    office.ask("ar-admin", "sync")
    shown = office.ask("ar-admin", "show", "ar-files-b")["body"]
    assert (shown["phones"], shown["city"]) == ([{"number": "+12025550154"}], "Mendoza")
    office.ask("ar-admin", "contact", "publish", "ar-files-b", "--set", "phone=+1 202 555 0152", "--set", "city=")


def test_another_s_change_of_what_a_file_changes_is_shown_before_it_is_undone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one piece, and between two: of what this run has published already, too."""
    old = office.copy("ar-admin", "ar-admin-over")

    def change(city: str) -> None:
        office.ask("ar-admin", "contact", "publish", "ar-files-a", f"--set=city={city}")

    path = office.file("over.csv", "contact,city\nar-files-a,Salta\nar-files-b,Salta\n")
    change("Jujuy")
    for more in ((), ("--pieces",)):
        refused = office.run(old, "contact", "import", path, "--yes", *more)
        assert (refused.code, "nothing was imported" in refused.err) == (3, True), refused
        change("La Rioja")
    office.ask(old, "sync")

    def between(*_: object) -> None:
        other = Thread(target=change, args=("Tucumán",))  # this one runs the import
        other.start()
        other.join()

    monkeypatch.setattr("desk.terminal.Terminal.counted", between)
    monkeypatch.setattr("desk.commands.import_publish.MOST_IN_BATCH", 1)
    refused = office.run(old, "contact", "import", path, "--yes", "--pieces")
    assert (refused.code, "nothing more was imported" in refused.err) == (3, True), refused
    office.ask("ar-admin", "sync")
    assert office.ask("ar-admin", "show", "ar-files-a")["body"]["city"] == "Tucumán"
    change("")


def test_a_contact_that_was_listed_meanwhile_and_may_be_the_same_is_looked_at_first(office: Office) -> None:
    old = office.copy("ar-admin", "ar-admin-duplicates")
    about = ("--set=function=customs", "--set=name_es=Puesto de frontera", "--set=phone=+1 202 555 0157")
    office.ask("ar-admin", "contact", "publish", "ar-border", *about, "--yes")
    path = office.file("border.csv", "function,name_es,phone\ncustoms,Frontera norte,+1 202 555 0157\n")
    refused = office.run(old, "contact", "import", path, "--yes", "--duplicates=refuse")
    assert (refused.code, "look at what it would do now" in refused.err) == (3, True)
    refused = office.run(old, "contact", "import", path, "--yes", "--duplicates=refuse")
    assert (refused.code, "ar-customs-frontera-norte is probably ar-border" in refused.err) == (3, True)
    assert office.run("ar-admin", "contact", "retire", "ar-border", "--yes").code == 0


def test_a_desk_that_may_not_look_up_is_shown_no_plan(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    path = office.file("look.csv", "contact,city\nar-files-a,Salta\n")
    now = int(time.time()) + 8 * 86_400
    monkeypatch.setattr("desk.terminal.Terminal.clock", lambda terminal: now)
    ran = office.run("ar-admin", "contact", "import", path, "--dry-run")
    assert (ran.code, ran.out, "last log-in is more than 7 days ago" in ran.err) == (6, "", True)


@pytest.mark.skipif(not CAN_KILL, reason="this system cannot copy a process")
@pytest.mark.parametrize(
    ("moment", "which", "there"), [("before", 1, 0), ("after", 1, 3), ("before", 2, 2), ("after", 2, 3)]
)
def test_an_import_that_is_killed_leaves_whole_contacts_and_is_completed_by_the_same_command(
    office: Office, monkeypatch: pytest.MonkeyPatch, moment: Moment, which: int, there: int
) -> None:
    pieces = ("--pieces",) if which > 1 else ()
    if pieces:
        monkeypatch.setattr("desk.commands.import_publish.MOST_IN_BATCH", 2)
    ids = [f"ar-killed-{moment}-{which}-{at}" for at in "abc"]
    lines = [f"{id_},customs,Aduana {id_},night:+1 202 555 0161,{id_[:-1]}a" for id_ in ids]
    lines[0] = lines[0][: -len(ids[0])] + ids[2]  # a circle of alternates
    path = office.file("killed.csv", "\n".join(["contact,function,name_es,phone,escalation", *lines]) + "\n")
    typed = ("contact", "import", path, "--yes", *pieces)
    killed(lambda: office.run("ar-admin", *typed), "desk.replica.publishing.send_request", moment, which)
    office.ask("ar-admin", "sync")
    found = [office.run("ar-admin", "show", each, "--json") for each in ids]
    assert [each.code for each in found].count(0) == there
    for each in found:
        assert each.code or each.plain["body"]["phones"] == [{"number": "+12025550161", "use": "night"}]
    again = office.ask("ar-admin", *typed)
    assert again["added"] == 3 - there
    assert office.ask("ar-admin", "contact", "import", path, "--yes")["unchanged"] == 3


@pytest.mark.parametrize("more", [("--format", "pdf"), ("--json",)])
def test_what_cannot_go_to_the_screen_needs_a_name(office: Office, more: tuple[str, ...]) -> None:
    ran = office.run("ar-admin", "contact", "export", "--out", "-", *more)
    assert (ran.code, "say with --out where" in ran.err + ran.out) == (2, True)


async def test_a_batch_that_is_too_large_for_the_relay_is_refused_whole_and_says_what_to_do(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = await built_once(tmp_path_factory.getbasetemp())
    narrow = front(tmp_path, built.now, "[limits]\njson_bytes = 65536\n")
    async with play(tmp_path, built, narrow) as story:
        monkeypatch.setattr("desk.terminal.Terminal.clock", lambda terminal: story.clock())
        chief = story.desk("co-chief")
        before = await chief.synchronise()
        (tmp_path / "passphrase").write_bytes(chief.passphrase + b"\n")
        lines = "".join(f"co-large-{at},customs,Aduana {at},{'x' * 3900}\n" for at in range(20))
        (tmp_path / "large.csv").write_text(f"contact,function,name_es,notes_es\n{lines}", encoding="utf-8")
        environ = {"ENLACE_PROFILE": str(chief.path), "ENLACE_PASSPHRASE_FILE": str(tmp_path / "passphrase")}
        typed = ("contact", "import", str(tmp_path / "large.csv"), "--yes")
        ran = await asyncio.to_thread(enlace, *typed, environ=environ)
        assert ran.code == 2, ran
        assert "at most 65536 bytes are taken here; nothing was imported: split the file" in ran.err
        assert await chief.synchronise() == before
        ran = await asyncio.to_thread(enlace, *typed, "--pieces", "--json", environ=environ)
        assert (ran.code, ran.plain["statements"]) == (0, 20)
