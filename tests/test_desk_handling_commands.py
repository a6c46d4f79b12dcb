"""Each handling rule by command, in real offices: an attempt to break it, refused, with the reason."""

import json
import re
import shlex
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cli_world import PASSPHRASE, Office
from forms_filled import ALERT, MLA, VICTIM, filled
from handling_table import ROWS, SENT, Row, table
from handling_world import arrived, into_file, numbers, refused, sent
from transcripts import STEP, Player, steps

from desk.errors import Declined
from desk.forms.filled import write_filled
from desk.handling.agreed import going_along
from desk.handling.composing import Passing, passed_on
from desk.handling.way_out import check_way_out
from desk.mail.envelope_proof import EnvelopeProof
from desk.mail.facts import Facts
from desk.mail.message import write_message
from desk.profile.folder import Profile
from desk.profile.unlocked import unlocked
from relay.protocol.lines import device_name

pytest_plugins = ("handling_office",)
DAY = 86_400
VICTIM_FORM = filled("victim-referral", **VICTIM)


@pytest.fixture(scope="module")
def office(handling_office: Office) -> Office:
    return handling_office


def to_pe(office: Office, number: str) -> tuple[str, ...]:
    return ("forward", number, "pe-desk", "--from", "ar-desk")


@pytest.fixture(scope="module")
def under_marks(office: Office) -> dict[str, str]:
    """The number at ar-desk of a message under each set of marks."""
    file = office.file("notice.txt", "A file")
    for name, marks in SENT.items():
        given = [file if each == "@" else each for each in marks]
        assert office.ask("co-desk", "send", "ar-desk", "-s", name, "--no-text", *given)["sent"]
    office.ask("ar-desk", "sync")
    listed = {each["content"].get("subject"): each["number"] for each in office.ask("ar-desk", "inbox")["messages"]}
    return {name: str(listed[name]) for name in SENT}


@pytest.fixture(scope="module")
def told(office: Office, under_marks: dict[str, str]) -> dict[str, str]:
    """Every word in braces of `handling_table`."""
    named = office.file("named.json", write_filled(VICTIM_FORM))
    alert = office.file("alert.json", write_filled(filled("operational-alert", **ALERT)))
    mla = office.file("mla.json", write_filled(filled("mutual-legal-assistance", **MLA)))
    asked = office.ask("co-desk", "request", "send", "ar-desk", "--form", mla, "--tlp", "RED", "--yes", "--anyway")
    office.ask("ar-desk", "sync")
    drafts = {
        name: office.ask("co-desk", "form", "new", form, "--from", path)["draft"]
        for name, form, path in (("referral", "victim", named), ("alert", "operational", alert))
    }
    new = str(office.folder / "new")
    return {**under_marks, **drafts, "named.json": named, "new": new, "folder": str(office.folder),
            "request": asked["request"]}  # fmt: skip


TYPED = [each for each in ROWS if not each.attempt.startswith("test:")]


@pytest.mark.parametrize("row", TYPED, ids=[f"{each.rule} {each.attempt}" for each in TYPED])
def test_an_attempt_to_break_a_rule(office: Office, told: dict[str, str], row: Row) -> None:
    who, _, command = row.attempt.partition(": ")
    before = sorted(office.folder.iterdir())
    words = [re.sub(r"{(.*?)}", lambda found: told[found[1]], each) for each in shlex.split(command)]
    assert row.said in refused(office.run(who, *words))
    assert sorted(office.folder.iterdir()) == before


def test_the_table_of_rules_stands_on_the_page_and_names_tests_that_are_there() -> None:
    tests = Path(__file__).parent
    assert table() in (tests.parent / "docs" / "handling.md").read_text("utf-8")
    every = "".join(each.read_text("utf-8") for each in sorted(tests.glob("test_desk_*.py")))
    for row in ROWS:
        if row.attempt.startswith("test:"):
            name = row.attempt.removeprefix("test:")
            (body,) = re.findall(
                rf"^(?:async )?def {name}\(.*?(?=^\S|\Z)(?:\) -> None:.*?(?=^\S|\Z))?", every, re.M | re.S
            )
            assert row.said in body, row
    rules = set(re.findall(r"^(H\d+|S\d+) ", (tests.parent / "desk/handling/rules.py").read_text("utf-8"), re.M))
    rules |= set(re.findall(r"^(S\d+) ", (tests.parent / "desk/handling/sending.py").read_text("utf-8"), re.M))
    assert rules - {each.rule for each in ROWS} == {"H9"}  # which allows


def test_nothing_of_all_that_was_sent(office: Office, under_marks: dict[str, str]) -> None:
    listed = office.ask("ar-desk", "inbox", "--all")["messages"]
    assert under_marks
    assert {each["content"]["kind"] for each in listed if each["direction"] == "out" and not each["case"]} <= {
        "receipt"
    }


def test_what_is_sent_keeps_the_rules_too(office: Office) -> None:
    """The sender's own hands are bound: by RED, by the victim, by what a recipient could not keep."""
    said = refused(office.run("co-desk", "send", "pe-consulate", "-s", "x", "--no-text", "--victim"))
    assert "only with the victim's consent" in said
    number = sent(office, "co-desk", "ar-desk", "--victim")
    stages = office.ask("ar-desk", "read", str(number))
    assert stages["handling"]["victim"]
    for wrong, why in (
        (["--keep-until", "2020-01-01"], "that day is over"),
        (["--keep-until", "2026-02-30"], "is no day"),
        (["--keep-until", "2099-01-01", "--keep-days", "3"], "either --keep-until or --keep-days"),
        (["--purpose", "x" * 401], "these marks cannot be signed"),
    ):
        ran = office.run("co-desk", "send", "ar-desk", "-s", "x", "--no-text", *wrong)
        assert (ran.code, why in ran.err) == (2, True), ran


def test_consent_is_asked_given_used_and_taken_back(office: Office) -> None:
    paper = office.file("paper.txt", "A paper")
    number = sent(office, "co-desk", "ar-desk", "--tlp", "AMBER", "--source", "B", "--keep-days", "30", "-a", paper)
    asked = ("consent", "ask", str(number), "--act", "forward", "--for", "pe-desk", "for the prosecutor")
    assert office.ask("ar-desk", *asked)["asked"][0]["to"] == "co-desk"
    ask = arrived(office, "co-desk")
    page = office.run("co-desk", "read", str(ask)).out
    assert "for the prosecutor" in page
    assert f"enlace consent give {ask}" in page
    assert office.run("co-desk", "consent", "give", str(ask)).code == 2  # nobody was asked whether they mean it
    refused(office.run("ar-desk", *to_pe(office, str(number))))
    given = office.ask("co-desk", "consent", "give", str(ask), "--until", "2099-12-31", "--yes")["number"]
    gift = arrived(office, "ar-desk")
    assert states(office, "ar-desk")[gift] == "counts"
    passed = office.ask("ar-desk", *to_pe(office, str(number)))
    assert (passed["sent"] > 0, len(passed["consent"])) == (True, 64)
    there = arrived(office, "pe-desk")
    read = office.ask("pe-desk", "read", str(there))
    assert (read["handling"]["source"], read["content"]["kind"]) == ("B", "passed-on")
    (saved,) = office.ask("pe-desk", "read", str(there), "--save", str(office.folder / "letters"))["saved"]
    assert Path(saved).read_text("utf-8") == "A paper"  # ar-desk had not fetched it, and another member had sent it
    page = " ".join(office.run("pe-desk", "read", str(there)).out.split())
    assert re.search(r"signed by who it says, and taken in by the relay at [^:]+:[^:]*: proven", page)
    (step,) = read["passed_on"]
    assert (step["by"], step["to"], step["verdict"]) == ("ar-desk", "pe-desk", "allowed")
    assert [(each["id"], each["from"]) for each in step["consents"]] == [(passed["consent"], "co-desk")]
    assert "by ar-desk to pe-desk: with the consent of co-desk, " in office.run("pe-desk", "read", str(there)).out
    for along in ("no proof", "another envelope"):
        changed_desk(office, number, along)
        said = " ".join(office.run("pe-desk", "read", str(arrived(office, "pe-desk"))).out.split())
        assert "File: paper.txt (7 B): did not come along" in said
        assert "WITHOUT THE CONSENT THAT IT TAKES" in said, along
        assert "NOT PROVEN: when it was sent is only claimed by whoever passes it on" in said, along
    # What pe-desk passes on takes the consent of both: ar-desk's word alone does not carry co-desk's message further.
    onward = office.ask("pe-desk", "consent", "ask", str(there), "--act", "forward", "--for", "ar-court")
    assert [each["to"] for each in onward["asked"]] == ["ar-desk", "co-desk"]
    office.ask("co-desk", "consent", "take-back", str(given))
    arrived(office, "ar-desk")
    assert states(office, "ar-desk")[gift] == "taken-back"
    refused(office.run("ar-desk", *to_pe(office, str(number))))
    assert "retirado" in office.run("ar-desk", "consent", "list", "--language", "es").out


def changed_desk(office: Office, number: int, along: str) -> None:
    """ar-desk, changed so that it asks no gate, passes a message on to pe-desk, and does not show that it, and the
    consent for it, were in the envelopes of the receipts beside them."""
    profile = Profile.open(office.profile("ar-desk"))
    with unlocked(profile, PASSPHRASE.encode(), lambda: int(time.time())) as desk:
        consents, proof = going_along(desk, desk.mail.get(number), ("pe-desk",), ""), desk.mail.proofs.proof(number)
        assert [isinstance(each.proof, EnvelopeProof) for each in consents] == [True]
        beside = {"envelope": desk.mail.get(number).facts.envelope, "relayed": desk.mail.get(number).facts.relayed}
        fields: dict[str, dict[str, Any]] = {
            "no proof": {"proof": msgspec.UNSET},
            "another envelope": beside | {"proof": proof},
        }
        consents = tuple(msgspec.structs.replace(each, **fields[along]) for each in consents)
        wish = Passing(to=("pe-desk",), sender="ar-desk", consents=consents)
        identity, now = profile.identity, int(time.time())
        message = passed_on(desk.replica(), identity.device, desk.mail.get(number), wish, now)
        note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
        assert desk.mail.add(message, note, Facts(direction="out"), queue=True)
    office.ask("ar-desk", "sync")


def states(office: Office, name: str) -> dict[int, str]:
    return {each["number"]: each["state"] for each in office.ask(name, "consent", "list")["consents"]}


def test_a_consent_of_somebody_else_counts_for_nothing(office: Office) -> None:
    """pe-desk was named too, and is not who sent it: what it allows lifts nothing. What is refused, nobody can lift."""
    told = office.ask("co-desk", "send", "ar-desk", "pe-desk", "-s", "Both", "--no-text")
    assert told["sent"]
    number, there = arrived(office, "ar-desk"), arrived(office, "pe-desk")
    ran = office.run("pe-desk", "consent", "take-back", str(there))
    assert (ran.code, "is no consent that this side gave" in ran.err) == (2, True)
    assert office.run("pe-desk", "consent", "give", str(there), "--yes").code == 2
    red = sent(office, "co-desk", "ar-desk", "--tlp", "RED")
    ask = ("consent", "ask", str(red), "--act", "forward", "--for", "pe-desk")
    assert "No consent lifts that" in refused(office.run("ar-desk", *ask))
    exported = refused(office.run("ar-desk", "consent", "ask", str(red), "--act", "export"))
    assert f"message {red} is not exported: TLP:RED" in exported
    free = ("consent", "ask", str(number), "--act", "forward", "--for", "pe-desk")
    assert "no consent is needed" in office.run("ar-desk", *free).err
    asked = office.ask("ar-desk", "consent", "ask", str(number), "--act", "forward", "--for", "pe-consulate")
    assert asked["asked"]
    question = arrived(office, "co-desk")
    assert office.ask("co-desk", "consent", "refuse", str(question), "--reason", "Not now")["sent"]
    arrived(office, "ar-desk")
    assert "refused" in states(office, "ar-desk").values()


def test_into_a_file_is_an_export(office: Office, under_marks: dict[str, str], tmp_path: Path) -> None:
    """On the screen RED is read; into a file neither it nor what a list says of it goes."""
    number = under_marks["red"]
    assert "Subject     red" in office.run("ar-desk", "read", number).out
    for arguments, code in ((["read", number], 3), (["read", number, "--json"], 3), (["inbox", "--json"], 0)):
        path = tmp_path / "out"
        assert into_file(office, "ar-desk", path, *arguments) == code
        if code:
            assert "Subject" not in path.read_text("utf-8")
        else:
            listed = {str(each["number"]): each for each in json.loads(path.read_bytes())["messages"]}
            assert (listed[number]["withheld"], listed[number]["content"]) == (["red"], {"kind": "text"})


def test_why_something_was_refused_goes_into_no_file_where_it_may_not(office: Office, tmp_path: Path) -> None:
    """The reason tells of what was refused: it is bound as that is, in whichever list it would stand."""
    why, path = "She is not at that house", tmp_path / "out"
    for marks, goes in ((("--tlp", "RED"), False), (("--tlp", "GREEN"), True)):
        number = str(office.ask("co-desk", "send", "ar-desk", "-s", "A house", "--no-text", *marks)["number"])
        there = arrived(office, "ar-desk")
        office.ask("ar-desk", "refuse", str(there), "--reason", why)
        receipt = str(arrived(office, "co-desk"))
        assert why in office.run("co-desk", "receipts", number).out
        assert why in office.run("co-desk", "receipts", number, "--json").out
        for command in (["receipts", number], ["receipts", number, "--json"], ["inbox", "--all", "--json"]):
            assert into_file(office, "co-desk", path, *command) == 0
            written = path.read_text("utf-8")
            assert (why in written) == goes, command
            assert goes or "inbox" in command or "goes into no file" in written
        assert into_file(office, "co-desk", path, "read", receipt) == (0 if goes else 3)
        assert (why in path.read_text("utf-8")) == goes


def test_a_stage_that_is_added_carries_nobody_s_message_past_the_gate(office: Office) -> None:
    """What was passed on to whom it might go is not then repeated for others: what is inside it is still another's."""
    assert office.ask("co-desk", "send", "ar-desk", "pe-desk", "-s", "Both", "--no-text")["sent"]
    number = str(arrived(office, "ar-desk"))
    passed = office.ask("ar-desk", *to_pe(office, number))["number"]
    told = refused(office.run("ar-desk", "stage", "add", str(passed), "pe-consulate"))
    assert "is not passed on to pe-consulate: TLP:AMBER" in told


def test_the_usual_marks_of_a_desk_and_those_of_an_answer(office: Office) -> None:
    """What is usual goes on all that is sent; what is said goes before it; an answer is no looser than its question."""
    unset = {"tlp": "", "onward": "", "purpose": "", "keep_days": 0}
    assert office.ask("co-desk", "marks", "show") == unset
    office.ask("co-desk", "marks", "set", "--tlp", "GREEN", "--purpose", "investigation")
    office.ask("co-desk", "marks", "set", "--keep-days", "30")
    usual = {"tlp": "GREEN", "onward": "", "purpose": "investigation", "keep_days": 30}
    assert office.ask("co-desk", "marks", "show") == usual
    handling = office.ask("ar-desk", "read", str(sent(office, "co-desk", "ar-desk")))["handling"]
    assert (handling["tlp"], handling["purpose"]) == ("GREEN", "investigation")
    assert handling["erase_at"] > time.time() + 29 * DAY
    said = office.ask("ar-desk", "read", str(sent(office, "co-desk", "ar-desk", "--tlp", "CLEAR", "--onward", "yes")))
    assert (said["handling"]["tlp"], said["handling"]["onward"]) == ("CLEAR", "yes")
    assert office.ask("co-desk", "marks", "clear") == unset
    red = str(sent(office, "co-desk", "ar-desk", "--tlp", "RED", "--onward", "no"))
    answer = ("send", "co-desk", "-s", "Re", "--no-text", "--reply-to", red, "--from", "ar-desk")
    assert office.ask("ar-desk", *answer)["sent"]
    handling = office.ask("co-desk", "read", str(arrived(office, "co-desk")))["handling"]
    assert (handling["tlp"], handling["onward"]) == ("RED", "no")
    assert "looser than message" in office.run("ar-desk", *answer, "--tlp", "GREEN").err


def test_the_usual_marks_hold_for_a_draft_that_is_written_into_a_file(office: Office, tmp_path: Path) -> None:
    """Usually TLP:RED: no file of any kind. A looser label has to be said, and that it is looser is told."""
    alert = office.file("alert.json", write_filled(filled("operational-alert", **ALERT)))
    draft, out = office.ask("co-desk", "form", "new", "operational", "--from", alert)["draft"], tmp_path / "draft"
    office.ask("co-desk", "marks", "set", "--tlp", "RED")
    ways = (("pdf", draft), *(("export", draft, "--as", kind) for kind in ("json", "stix", "htcds")))
    for way in ways:
        assert "TLP:RED goes into no file" in refused(office.run("co-desk", "form", *way, "-o", str(out)))
        assert not out.exists()
    ran = office.run("co-desk", "form", *ways[2], "-o", str(out), "--tlp", "GREEN")
    assert (ran.code, "TLP:GREEN is looser than what is usual on this desk (TLP:RED)" in ran.err) == (0, True)
    assert "TLP:GREEN" in out.read_text("utf-8")
    office.ask("co-desk", "marks", "set", "--tlp", "AMBER+STRICT")
    assert office.run("co-desk", "form", *ways[2], "-o", str(out), "--replace").err.count("looser") == 0
    assert "AMBER+STRICT" in out.read_text("utf-8")
    office.ask("co-desk", "marks", "clear")


def test_a_purpose_is_asked_about_at_every_step(office: Office) -> None:
    """Passed on for another purpose, with consent; passed on in turn that takes consent again, asked for by itself."""
    free = ("--tlp", "GREEN", "--onward", "yes", "--purpose", "investigation")
    number = str(sent(office, "co-desk", "ar-desk", *free))

    def agree(who: str, about: str, to: str, *purpose: str) -> None:
        office.ask(who, "consent", "ask", about, "--act", "forward", "--for", to, *purpose)
        office.ask("co-desk", "consent", "give", str(arrived(office, "co-desk")), "--yes")
        office.ask(who, "sync")

    agree("ar-desk", number, "pe-desk", "--purpose", "migration")
    office.ask("ar-desk", *to_pe(office, number), "--purpose", "migration")
    there = str(arrived(office, "pe-desk"))
    onward = ("forward", there, "ar-court", "--from", "pe-desk")
    assert "another purpose than the one it was sent for" in refused(office.run("pe-desk", *onward))
    agree("pe-desk", there, "ar-court")
    office.ask("pe-desk", *onward)
    steps = office.ask("ar-desk", "read", str(arrived(office, "ar-desk")))["passed_on"]
    assert [each["verdict"] for each in steps] == ["allowed", "allowed"]


def test_a_named_victim_goes_out_only_with_the_reason_said(office: Office, tmp_path: Path) -> None:
    """The sample referral names the victim: on no way out without why; with it the reader sees why."""
    form = office.file("named.json", write_filled(VICTIM_FORM))
    named = "a victim is named in identity"
    send = ("request", "send", "pe-desk", "--form", form, "--yes", "--anyway")
    assert named in refused(office.run("co-desk", *send))
    assert named in refused(office.run("co-desk", "alert", "pe-desk", "--form", form, "--yes"))
    draft = office.ask("co-desk", "form", "new", "victim", "--from", form)["draft"]
    for way in (("pdf",), ("export", "--as", "json")):
        out = str(tmp_path / way[-1])
        ran = office.run("co-desk", "form", way[0], draft, *way[1:], "-o", out)
        assert (named in refused(ran), Path(out).exists()) == (True, False)
    assert office.ask("co-desk", *send, "--victim-identified", "the court asks for the name")["sent"]
    page = office.run("pe-desk", "read", str(arrived(office, "pe-desk"))).out
    assert "named in it, and not by a pseudonym alone: the court asks for the name" in page


def test_a_list_that_goes_into_a_file_says_nothing_of_what_may_not(
    office: Office, under_marks: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "list"
    assert not into_file(office, "ar-desk", path, "duty", "hand-over", "--contact", "ar-desk", "--note", "All quiet")
    (row,) = (each for each in path.read_text("utf-8").splitlines() if each.split()[:1] == [under_marks["red"]])
    assert row.endswith("(what it says goes into no file)")
    assert not into_file(office, "ar-desk", path, "inbox")
    rows = {each.split()[0]: each for each in path.read_text("utf-8").splitlines()}
    assert "(TLP:RED: what it says goes into no file)" in rows[under_marks["red"]]
    assert "(about a victim: what it says goes into no file)" in rows[under_marks["victim"]]
    assert rows[under_marks["free"]].endswith("free")


def test_the_page_works_as_it_stands(office: Office) -> None:
    page = (Path(__file__).parent.parent / "docs" / "handling.md").read_text("utf-8")
    assert Player(office, office.enrolled // STEP).play(page) == len(list(steps(page))) > 10


def test_after_its_time_a_message_is_gone(office: Office) -> None:
    """H1: row, files, marks; a stub stays, and it is not taken in again. A clock that jumps erases nothing at once."""
    told = sent(office, "co-desk", "ar-desk", "--keep-days", "5", "--attach", office.file("notice.txt", "A file"))
    before = {each.name for each in (office.profile("ar-desk") / "files").iterdir()}  # of messages kept for longer
    office.ask("ar-desk", "read", str(told), "--save", str(office.folder / "letters"))
    name = office.copy("ar-desk", "ar-later")
    files = office.profile(name) / "files"
    assert len(list(files.iterdir())) == len(before) + 1
    now = int(time.time())
    assert told in numbers(office, name, now + 4 * DAY)[0]
    held, warned = numbers(office, name, now + 30 * DAY)  # nobody vouches for that clock
    assert told in held
    assert any("not erased yet" in each for each in warned)
    held, warned = numbers(office, name, now + 6 * DAY)
    assert told not in held
    assert any(f"message {told}, from co-desk to ar-desk, was erased" in each for each in warned)
    assert {each.name for each in files.iterdir()} == before
    assert told not in numbers(office, name, now)[0]  # a clock that is set back brings nothing back
    said = office.run(name, "read", str(told))
    assert (said.code, "it was to be kept until" in said.err) == (7, True)
    assert f"message {told}, from co-desk" in office.run(name, "inbox", "--all").out
    refused_again = office.run(name, "forward", str(told), "pe-desk")
    assert refused_again.code == 7


def test_an_expired_message_is_used_for_nothing_even_while_it_waits_to_be_erased(office: Office) -> None:
    number = sent(office, "co-desk", "ar-desk", "--tlp", "CLEAR", "--onward", "yes", "--keep-days", "5")
    name, later = office.copy("ar-desk", "ar-doubts"), int(time.time()) + 30 * DAY
    with unlocked(Profile.open(office.profile(name)), PASSPHRASE.encode(), lambda: later) as desk:
        stored: Any = desk.mail.get(number)
        with pytest.raises(Declined, match="its retention has ended"):
            check_way_out(desk, stored, "print")
