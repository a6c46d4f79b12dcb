"""`enlace circle`, and contacts for circles alone, as people type it: who sees what, and what is said beforehand."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Office

pytest_plugins = ("shared_office",)
NUMBER, SPACED = "+12025550181", "+1 202-555-0181"
NAMES = [f"--name={tag}=Zona {tag}" for tag in ("es", "en", "pt", "fr")]


@pytest.fixture(scope="module")
def office(shared_office: Office) -> Iterator[Office]:
    """The office, with circle zone, of which ar is a member, and ar-inner, which is published to it alone."""
    office = shared_office
    made = office.ask("secretariat", "circle", "set", "zone", *NAMES, "--add", "ar", *office.roots)
    assert (made["members"], made["joining"], made["changed"]) == (["ar"], ["ar"], True)
    about = [f"--set={each}" for each in ("function=customs", "name_en=Inner customs", f"phone=always:{NUMBER}")]
    office.ask("ar-admin", "contact", "publish", "ar-inner", *about, "--circle", "zone")
    for each in ("ar-desk", "co-desk"):
        office.ask(each, "sync")
    yield office
    office.ask("ar-admin", "contact", "retire", "ar-inner", "--yes")  # others export what the office has


def shown(office: Office, who: str) -> str:
    """What somebody reads of ar-inner."""
    ran = office.run(who, "show", "ar-inner")
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def test_the_circle_is_shown_to_everybody(office: Office) -> None:
    (row,) = [each for each in office.ask("co-desk", "circle", "list")["circles"] if each["circle"] == "zone"]
    assert (row["members"], row["contacts"], row["inside"]) == (["ar"], ["ar-inner"], False)
    assert office.ask("ar-desk", "circle", "show", "zone")["inside"] is True
    text = office.run("co-desk", "circle", "show", "zone").out
    names = "  en  Zona en\n  es  Zona es\n  fr  Zona fr\n  pt  Zona pt\n"
    assert text == f"zone\n{names}Members   ar\nContacts  ar-inner\n"
    assert "yours is not" in office.run("co-desk", "circle", "list").out


def test_inside_everything_is_shown_and_outside_that_it_is_there(office: Office) -> None:
    inside, outside = shown(office, "ar-desk"), shown(office, "co-desk")
    assert SPACED in inside
    assert "shown to    circle “Zona en” (zone) alone: ar" in inside
    assert SPACED not in outside
    words = "no details: shared within circle “Zona en” (zone) alone, which your authority is not in"
    assert f"{words}; ask ar, whose they are" in outside
    assert "ALARM" not in outside
    plain = office.ask("co-desk", "show", "ar-inner", "--labels", "es")
    assert (plain["absence"], plain["circles"], plain["shown_to"]) == ("withheld", ["zone"], ["ar"])
    found = office.run("ar-desk", "find", "--circle", "zone", "--labels", "pt")
    assert "only for    “Zona pt” (zone)" in found.out
    assert [each["contact"] for each in office.ask("co-desk", "find", "--circle", "zone")["results"]] == ["ar-inner"]


def test_a_circle_there_is_not_is_answered_with_those_there_are(office: Office) -> None:
    told = re.compile(r"there is no circle zona; there are: .*\bzone\b")
    for who, *command in (
        ("co-desk", "find", "--circle", "zona"),
        ("co-desk", "circle", "show", "zona"),
        ("ar-admin", "contact", "publish", "ar-inner", "--circle", "zona"),
        ("ar-admin", "contact", "publish", "ar-inner", "--set", "circles=zona"),
        ("ar-desk", "snapshot", "write", str(office.folder / "none.snapshot"), "--circle", "zona"),
        ("secretariat", "circle", "set", "zona", "--add", "co", *office.roots),
    ):
        ran = office.run(who, *command)
        assert ran.code == 7, (command, ran)
        assert told.search(ran.err), (command, ran)
    table = office.file("circle.csv", "contact,circles\nar-inner,zona\n")
    ran = office.run("ar-admin", "contact", "import", table, "--dry-run")
    assert ran.code == 3
    assert re.search(f"line 2, circles: {told.pattern}", ran.err), ran


REFUSED = {
    "nothing": ((), "is so already; nothing was published", 0),
    "a stranger": (("--add", "xx"), "there is no member xx; `enlace network show` lists them", 7),
    "not in it": (("--remove", "co"), "co is not in circle zone; in it: ar", 7),
    "both": (("--add", "co", "--remove", "co"), "co cannot be added and removed at once", 2),
    "no name": (("--name", "es="), "write a name as es=Fiscalía General", 2),
    "unasked": (("--add", "co"), "say yes beforehand with --yes", 2),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_go_with_a_circle_is_said(office: Office, what: str) -> None:
    given, words, code = REFUSED[what]
    ran = office.run("secretariat", "circle", "set", "zone", *given, *office.roots)
    assert (ran.code, words in ran.out + ran.err) == (code, True), ran


def test_without_root_keys_nobody_sets_one(office: Office) -> None:
    ran = office.run("secretariat", "circle", "set", "other", "--name", "en=Other")
    assert (ran.code, "nobody signs this: name the root keys" in ran.err) == (2, True)
    ran = office.run("secretariat", "circle", "set", "Zone!", "--name", "en=Other")
    assert (ran.code, "'Zone!' is no id of a circle; write it like southern-border" in ran.err) == (2, True)
    request = office.folder / "circle.request"
    ran = office.run("secretariat", "circle", "set", "zone", "--add", "co", "--yes", "--request", str(request))
    assert (ran.code, request.exists()) == (8, True), ran
    assert "co will see the details of 1 contact (ar-inner), for good" in ran.err


def test_a_contact_never_becomes_open_by_leaving_its_last_circle(office: Office) -> None:
    ran = office.run("ar-admin", "contact", "publish", "ar-inner", "--not-circle", "zone", "--yes")
    assert ran.code == 2
    assert "ar-inner would be in no circle, and so open to every member" in ran.err
    ran = office.run("ar-admin", "contact", "publish", "ar-inner", "--for-all")
    assert (ran.code, "its details go to co too, for good: every member may see them" in ran.err) == (2, True)
    ran = office.run("ar-admin", "contact", "publish", "ar-inner", "--circle", "zone", "--for-all")
    assert (ran.code, "say either --for-all or which circles" in ran.err) == (2, True)
    ran = office.run("ar-admin", "contact", "publish", "ar-inner", "--circle", "zone", "--set", "circles=zone")
    assert (ran.code, "not with both" in ran.err) == (2, True)
    ran = office.run("ar-admin", "contact", "publish", "ar-desk", "--not-circle", "zone")
    assert (ran.code, "ar-desk is not published to circle zone; it is for every member" in ran.err) == (2, True)
    ran = office.run("co-admin", "contact", "publish", "co-inner", "--set=name_en=X", "--set=function=customs",
                     "--circle", "zone")  # fmt: skip
    assert (ran.code, "co is not in circle zone: it sees nothing of others published there" in ran.err) == (0, True)
    office.ask("co-admin", "contact", "retire", "co-inner", "--yes")


def test_nothing_provisional_is_said_to_be_for_a_circle(office: Office) -> None:
    """It is every member's: the roots' statement has no circles."""
    about = ("--set=name_en=Aduana", "--set=function=customs")
    for more in (("--circle", "zone"), ("--set", "circles=zone")):
        ran = office.run("secretariat", "contact", "publish", "uy-inner", *about, *more, *office.roots)
        assert (ran.code, "a provisional contact has no circles, and every member sees it" in ran.err) == (2, True), ran
    table = office.file("uy.csv", "contact,country,function,name_en,circles\nuy-inner,UY,customs,Aduana,zone\n")
    ran = office.run("secretariat", "contact", "import", table, "--yes", *office.roots)
    assert (ran.code, "line 2, circles: " in ran.err) == (3, True), ran


def test_what_was_retired_from_a_circle_does_not_come_back_open_unasked(office: Office) -> None:
    about = ("contact", "publish", "ar-left", "--set=name_en=Left", "--set=function=customs")
    office.ask("ar-admin", *about, "--circle", "zone")
    office.ask("ar-admin", "contact", "retire", "ar-left", "--yes")
    ran = office.run("ar-admin", *about)
    assert (ran.code, "ar-left: its details go to co too, for good: every member may see them" in ran.err) == (2, True)
    table = office.file("left.csv", "contact,function,name_en\nar-left,customs,Left\n")
    ran = office.run("ar-admin", "contact", "import", table, "--yes")
    assert (ran.code, "more members would see these than now" in ran.err) == (3, True)


def test_an_import_says_who_will_see_what(office: Office) -> None:
    table = office.file("open.csv", "contact,circles\nar-inner,\n")
    ran = office.run("ar-admin", "contact", "import", table, "--dry-run")
    assert (
        "      circles: zone → –\n! ar-inner: its details go to co too, for good: every member may see them" in ran.out
    )
    ran = office.run("ar-admin", "contact", "import", table, "--yes")
    assert (ran.code, "more members would see these than now; nothing was imported" in ran.err) == (3, True)
    assert "! ar-inner: its details go to co too, for good" in ran.err
    table = office.file("in.csv", "contact,circles\nar-desk,zone\n")
    plan = office.ask("ar-admin", "contact", "import", table, "--dry-run")
    assert plan["audiences"] == [{"contact": "ar-desk", "gained": [], "lost": ["co"], "everyone": False}]


def test_what_leaves_the_desk_says_whom_it_is_for(office: Office) -> None:
    ran = office.run("ar-desk", "contact", "export", "--own")
    assert re.search(r"! \d+ of them (is|are) for circles alone \(.*zone\); see that the file stays within", ran.err)
    assert NUMBER in ran.out
    ran = office.run("ar-desk", "contact", "export", "--own", "--for-all")
    assert (NUMBER in ran.out, "circles alone" in ran.err) == (False, False)
    proof = str(office.folder / "inner.tlog-proof")
    ran = office.run("ar-desk", "proof", "export", "ar-inner", "--body", "--output", proof)
    assert "! these names and numbers are not for every member: whoever has the file reads them" in ran.err
    assert (ran.code, Path(proof).exists()) == (2, False)
    assert office.run("ar-desk", "proof", "export", "ar-inner", "--body", "--output", proof, "--yes").code == 0


def test_a_snapshot_carries_a_circle_only_if_told_and_outsiders_take_nothing_of_it(office: Office) -> None:
    plain, inner = (office.folder / f"{each}.snapshot" for each in ("plain", "inner"))
    without = office.ask("ar-desk", "snapshot", "write", str(plain))
    ran = office.run("ar-desk", "snapshot", "write", str(inner), "--circle", "zone")
    assert ran.code == 0
    assert "shows whoever has it what is for circle zone alone: it is not sealed" in ran.err
    assert f"{without['bodies'] + 1} details" in ran.out
    ran = office.run("co-desk", "snapshot", "write", str(office.folder / "no.snapshot"), "--circle", "zone")
    assert (ran.code, "this desk's authority is not in circle zone" in ran.err) == (3, True)
    assert office.ask("co-desk", "snapshot", "read", str(inner))["bodies"] == 0
    assert SPACED not in shown(office, "co-desk")
    held = holds(office, "co-desk")
    assert not held


def holds(office: Office, who: str) -> bool:
    """Whether a desk's replica has the number in it, in any of its files."""
    return any(NUMBER.encode() in each.read_bytes() for each in Path(office.profile(who)).glob("replica.db*"))


def test_quality_is_judged_by_what_one_sees(office: Office) -> None:
    (row,) = [each for each in office.ask("co-desk", "freshness", "ar")["contacts"] if each["contact"] == "ar-inner"]
    assert (row["absence"], row["score"] > 0, "no-details" in row["lacks"]) == ("withheld", True, False)
    text = office.run("co-desk", "freshness", "ar").out
    assert "its details are shared within circles alone: judged by what every member sees" in text


def test_who_joins_gets_the_details_and_who_leaves_has_them_no_more(office: Office) -> None:
    joined = office.run("secretariat", "circle", "set", "zone", "--add", "co", "--yes", *office.roots)
    assert (joined.code, joined.out) == (0, "Circle zone is set. In it: ar, co.\n")
    told = office.ask("co-desk", "sync")
    assert any("the root keys let co into circle zone" in each for each in told["announcements"])
    assert SPACED in shown(office, "co-desk")
    assert holds(office, "co-desk")
    left = office.run("secretariat", "circle", "set", "zone", "--remove", "co", "--yes", *office.roots)
    assert "co will not be shown those of 1 contact (ar-inner); what was noted stays theirs" in left.err
    told = office.ask("co-desk", "sync")
    assert (told["erased"], told["alarms"]) == (1, [])
    assert any("took co out of circle zone: its desks have erased" in each for each in told["announcements"])
    assert SPACED not in shown(office, "co-desk")
    assert not holds(office, "co-desk")


def test_a_contact_that_is_narrowed_is_erased_outside_and_one_that_is_opened_comes_back(office: Office) -> None:
    behind = office.copy("ar-admin", "ar-admin-behind")
    opened = office.ask("ar-admin", "contact", "publish", "ar-inner", "--for-all", "--yes")
    assert (opened["gained"], opened["lost"]) == (["co"], [])
    # A number meant for the circle, by a colleague who does not know yet.
    ran = office.run(behind, "contact", "publish", "ar-inner", "--set=phone=always:+12025550189")
    assert (ran.code, "who sees ar-inner changed meanwhile; nothing was published" in ran.err) == (3, True)
    office.ask("co-desk", "sync")
    assert SPACED in shown(office, "co-desk")
    ran = office.run("ar-admin", "contact", "publish", "ar-inner", "--circle", "zone")
    assert (ran.code, ran.out) == (0, "Published ar-inner, for zone alone.\n")
    assert "ar-inner: no longer shown to co: what they have seen or noted stays theirs" in ran.err
    assert office.ask("co-desk", "sync")["erased"] == 1
    assert not holds(office, "co-desk")
