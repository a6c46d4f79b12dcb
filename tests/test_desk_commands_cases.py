"""`enlace case` as it is typed, up to a bundle that a process without network, relay or profile checks."""

from pathlib import Path

import pytest
from cli_world import Office, enlace
from shut_in import shut_in

pytest_plugins = ("shared_office",)


@pytest.fixture(scope="module")
def case(shared_office: Office) -> str:
    """A case of ar-desk and co-desk, with something said in it; its id."""
    office = shared_office
    opened = office.ask("ar-desk", "case", "open", "co-desk", "--title", "Bus to the coast")
    case = str(opened["case"])[:8]
    assert opened["sent"][0]
    office.ask("co-desk", "sync")
    office.ask("co-desk", "case", "join", case)
    office.ask("ar-desk", "sync")
    text, photo = office.file("said.txt", "They crossed at noon.\n"), office.file("photo.jpg", b"\xff\xd8 a photograph")
    office.ask("ar-desk", "case", "say", case, "-s", "Three persons", "--text", text, "-a", photo)
    office.ask("ar-desk", "case", "say", case, "-s", "For those named", "--tlp", "RED")
    office.ask("co-desk", "sync")
    office.ask("co-desk", "case", "show", case, "4")
    office.ask("ar-desk", "sync")
    return case


def test_a_case_is_shown_in_four_languages(shared_office: Office, case: str) -> None:
    for language, words in {"en": "In it", "es": "Participan", "pt": "Participam", "fr": "Membres"}.items():
        shown = shared_office.run("co-desk", "case", "show", case, "--language", language)
        assert shown.code == 0
        assert f"\n{words}" in shown.out
        assert "Three persons  [TLP:AMBER" in shown.out
    plain = shared_office.ask("co-desk", "case", "show", case)
    assert [each["act"] for each in plain["events"]] == ["open", "invite", "join", "say", "say"]
    assert shared_office.ask("co-desk", "case", "list")["cases"][0]["members"] == ["ar-desk", "co-desk"]


REFUSED = {
    ("invite", "{case}", "co-desk"): (2, "in this case, or invited, already"),
    ("invite", "{case}", "xx-desk"): (7, "there is no contact"),
    ("exclude", "{case}", "xx-desk"): (7, "not in this case"),
    ("guest", "{case}", "0123", "--for", "2d"): (7, "there is no officer"),
    ("end-guest", "{case}", "0123"): (7, "no guest of this case"),
    ("join", "{case}"): (3, "nobody has invited"),
    ("show", "{case}", "1"): (7, "nothing was said at place 1"),
    ("show", "00000000"): (7, "there is no case"),
    ("hand-over", "{case}", "--to", "co-desk", "9"): (7, "nothing was said at place 9"),
    ("hand-over", "{case}", "--to", "nobody"): (7, "no contact, officer or device"),
    ("hand-over", "{case}", "--to", "ar-desk", "4"): (2, "an officer or a device of your own contact"),
    ("open", "ar-desk", "--title", "x"): (2, "opens the case"),
    ("open", "co-desk", "--title", ""): (2, "a title has 1 to 300 characters"),
    ("verify", "/nowhere"): (7, "there is no file"),
}


@pytest.mark.parametrize("typed", REFUSED)
def test_what_cannot_be_done_is_said(shared_office: Office, case: str, typed: tuple[str, ...]) -> None:
    code, words = REFUSED[typed]
    before = shared_office.ask("ar-desk", "case", "show", case)["events"]
    ran = shared_office.run("ar-desk", "case", *(each.format(case=case) for each in typed))
    assert (ran.code, words in ran.err) == (code, True), ran
    assert shared_office.ask("ar-desk", "case", "show", case)["events"] == before


def test_a_bundle_is_checked_by_a_process_without_network_relay_or_profile(
    shared_office: Office, case: str, tmp_path: Path
) -> None:
    office = shared_office
    secret = office.file("file-passphrase", "correct-horse-battery-staple\n")
    printed = enlace("relay", "policy", "--settings", office.relay.settings)
    policy, file = office.file("case.policy", printed.out), tmp_path / "case.age"
    made = office.ask("ar-desk", "case", "export", case, str(file), "--file-passphrase-file", secret)
    assert (made["message"], made["attachment"]) == (4, 1)
    assert list(made["left_out"].values()) == ["handling"]
    assert b"crossed" not in file.read_bytes()

    typed = ["case", "verify", str(file), "--file-passphrase-file", secret]
    ran, bare = shut_in(tmp_path, [[*typed, "--policy", policy, "--save", str(tmp_path)], [*typed, "--json"]])
    assert ran.code == 0, ran
    assert ran.out.startswith("WHOLE, and proven as far as is said here: case ")
    assert "Not proven: that what was said is true" in ran.out
    assert (tmp_path / "photo.jpg").read_bytes() == b"\xff\xd8 a photograph"
    assert "They crossed at noon." in (tmp_path / f"case-{case}.md").read_text("utf-8")
    assert bare.code == 9
    said = next(each for each in bare.plain["events"] if each["said"])
    assert all(each["proven"] for each in said["claims"]), said
    altered = tmp_path / "altered.age"
    altered.write_bytes(file.read_bytes()[:-1])
    again = enlace("case", "verify", str(altered), "--file-passphrase-file", secret)
    assert again.code == 6
    assert office.run("ar-desk", "case", "export", case, str(file)).code == 2


def test_what_is_handed_over_brings_its_files_or_says_which_did_not_come(shared_office: Office, case: str) -> None:
    """Of two files the sender's desk has lost both: one is fetched from the relay, which has lost the other."""
    office = shared_office
    papers = [office.file(name, name) for name in ("plan.txt", "list.txt")]
    files = office.profile("ar-desk") / "files"
    before = {each.name for each in files.iterdir()}
    office.ask("ar-desk", "case", "say", case, "-s", "Papers", "-a", papers[0], "-a", papers[1])
    sealed = sorted(each.name for each in files.iterdir() if each.name not in before)
    place = str(office.ask("ar-desk", "case", "show", case)["events"][-1]["place"])
    named = {each["name"]: each for each in office.ask("ar-desk", "case", "show", case, place)["files"]}
    assert {each["size"] for each in named.values()} == {8}
    for each in sealed:
        (files / each).unlink()
    next(office.relay.folder.rglob(sealed[0])).unlink()
    ran = office.run("ar-desk", "case", "hand-over", case, place, "--to", "co-desk")
    assert ran.code == 0, ran
    (told,) = [each for each in ran.err.splitlines() if "does not go along" in each]
    lost = next(each for each in named if each in told)
    (kept,) = named.keys() - {lost}
    office.ask("co-desk", "sync")
    shown = office.run("co-desk", "case", "show", case, place).out
    number = office.ask("co-desk", "case", "show", case, place)["number"]
    assert f"{kept} (8 B): saved by enlace read {number} --save" in shown
    package = office.ask("co-desk", "inbox")["messages"][-1]
    assert [each["name"] for each in package["attachments"]] == [kept]
    (saved,) = office.ask("co-desk", "read", str(package["number"]), "--save", str(office.folder / "letters"))["saved"]
    assert Path(saved).read_text("utf-8") == kept
    without = office.run("ar-desk", "case", "hand-over", case, place, "--to", "co-desk", "--no-files")
    assert (without.code, "go along" in without.err) == (0, False), without
    office.ask("co-desk", "sync")
    assert office.ask("co-desk", "inbox")["messages"][-1]["attachments"] == []
