"""Handling in cases: what is said has the marks and the refusals of what is sent; what is erased is named."""

import sqlite3
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import msgspec
import pytest
from cli_world import PASSPHRASE, Office, enlace
from forms_filled import MLA, VICTIM, filled
from handling_world import arrived, into_file, numbers, refused, sent

from desk.api.calling import call
from desk.api.files import Files
from desk.forms.filled import write_filled
from desk.handling.composing import Passing, passed_on
from desk.handling.way_out import shown_into_file
from desk.mail.facts import Facts
from desk.mail.message import write_message
from desk.profile.folder import Profile
from desk.profile.unlocked import unlocked
from desk.requests.acts import Repeat, RequestEvent
from relay.protocol.lines import device_name

pytest_plugins = ("handling_office",)
DAY = 86_400
VICTIM_FORM = filled("victim-referral", **VICTIM)


@pytest.fixture(scope="module")
def office(handling_office: Office) -> Office:
    return handling_office


@pytest.fixture(scope="module")
def case(office: Office) -> str:
    """A case of co-desk and ar-desk; its id."""
    case = str(office.ask("co-desk", "case", "open", "ar-desk", "--title", "Bus")["case"])[:8]
    office.ask("ar-desk", "sync")
    office.ask("ar-desk", "case", "join", case)
    office.ask("co-desk", "sync")
    return case


def said_by(office: Office, name: str) -> list[int]:
    """The messages that somebody signed, other than acts of a case and receipts."""
    listed = office.ask(name, "inbox", "--all")["messages"]
    mine = [each for each in listed if each["direction"] == "out"]
    return [each["number"] for each in mine if each["content"]["kind"] not in ("act", "receipt")]


def test_what_is_said_in_a_case_has_the_marks_and_the_refusals_of_what_is_sent(
    office: Office, case: str, tmp_path: Path
) -> None:
    """The same options, usual marks and rules as `enlace send`; refused before anything is signed."""
    say = ("case", "say", case, "-s", "Three persons")
    office.ask("co-desk", "marks", "set", "--tlp", "GREEN", "--purpose", "investigation", "--keep-days", "30")
    office.ask("co-desk", *say)
    handling = office.ask("ar-desk", "read", str(arrived(office, "ar-desk")))["handling"]
    assert (handling["tlp"], handling["purpose"]) == ("GREEN", "investigation")
    assert 29 * DAY < handling["erase_at"] - time.time() < 31 * DAY
    given = ("--tlp", "RED", "--source", "B", "--information", "2", "--keep-days", "5", "--onward", "no")
    office.ask("co-desk", *say, *given, "--victim-identified", "the court asks for the name")
    number = arrived(office, "ar-desk")
    handling = office.ask("ar-desk", "read", str(number))["handling"]
    assert (handling["source"], handling["information"], handling["onward"]) == ("B", "2", "no")
    assert (handling["victim"], handling["identified"]) == (True, "the court asks for the name")
    assert handling["erase_at"] < time.time() + 6 * DAY
    assert office.ask("co-desk", "marks", "clear")["tlp"] == ""
    path = tmp_path / "case"
    assert into_file(office, "ar-desk", path, "case", "show", case) == 0
    assert "not into a file, by its handling" in path.read_text("utf-8")
    # A guest who serves a consular contact, whatever else: nothing about a victim goes there.
    guest = ("case", "guest", case, office.officers["pe-desk"], "--for")
    longer = office.run("co-desk", *guest, "93d")
    assert (longer.code, "for 92 days at most" in longer.err) == (2, True)
    office.ask("co-desk", *guest, "92d")
    office.ask("pe-desk", "sync")
    office.ask("pe-desk", "case", "join", case, "--from", "pe-desk")
    before = said_by(office, "co-desk")
    said = refused(office.run("co-desk", *say, "--victim"))
    assert "a guest serves pe-consulate, a consular contact" in said
    assert "only with the victim's consent" in said
    office.ask("co-desk", "case", "end-guest", case, office.officers["pe-desk"])
    form = ("case", "say", case, "--form", office.file("named.json", write_filled(VICTIM_FORM)))
    assert "a victim is named in identity" in refused(office.run("co-desk", *form))
    ran = office.run("co-desk", *say, "--form", form[-1])
    assert (ran.code, "or give --form" in ran.err) == (2, True)
    assert said_by(office, "co-desk") == before
    office.ask("co-desk", *form, "--victim-identified", "the court asks for the name")
    page = office.run("ar-desk", "read", str(arrived(office, "ar-desk"))).out
    assert "named in it, and not by a pseudonym alone: the court asks for the name" in page


def test_lists_of_requests_consents_and_of_a_person_keep_back_in_a_file_what_may_not(
    office: Office, tmp_path: Path
) -> None:
    """RED, and a consent about AMBER+STRICT: on the screen the list has it, into a file the row stands bare."""
    path, words = tmp_path / "list", ("RED-CASE", "RED-QUESTION", "WORDS-OF-ASK", "STRICT-CASE", "Mutual legal")
    strict = sent(office, "co-desk", "pe-desk", "--tlp", "AMBER+STRICT", "--case", "STRICT-CASE")
    office.ask("pe-desk", "consent", "ask", str(strict), "--act", "export", "WORDS-OF-ASK")
    mla = office.file("mla.json", write_filled(filled("mutual-legal-assistance", **MLA)))
    send = ("request", "send", "ar-desk", "--form", mla, "--tlp", "RED", "--yes", "--anyway", "--case", "RED-CASE")
    request = office.ask("co-desk", *send)["request"]
    office.ask("ar-desk", "sync")
    office.ask("ar-desk", "request", "accept", request[:8], "--expected", "2999-12-24")
    office.ask("ar-desk", "request", "ask", request[:8], "RED-QUESTION", "--in", "es")
    office.ask("co-desk", "sync")
    for (who, *list_), shown in {
        ("ar-desk", "request", "list", "--all"): "RED-CASE", ("ar-desk", "request", "due", "--all"): "RED-CASE",
        ("ar-desk", "subject", "report", "RED-QUESTION"): "RED-CASE", ("pe-desk", "consent", "list"): "asked",
    }.items():  # fmt: skip
        assert shown in office.run(who, *list_).out
        for json in ((), ("--json",)):
            assert into_file(office, who, path, *list_, *json) == 0
            told = path.read_text("utf-8").replace('"asked":"RED-QUESTION"', "").replace("stand: RED-QUESTION", "")
            assert [each for each in words if each in told] == [], (list_, told)
    assert into_file(office, "co-desk", path, "consent", "list", "--json") == 0
    assert [each for each in words if each in path.read_text("utf-8")] == []
    assert into_file(office, "ar-desk", path, "request", "list", "--all") == 0
    assert f"{request[:8]}" in path.read_text("utf-8")
    assert "(what it says goes into no file)" in path.read_text("utf-8")


def test_what_is_asked_about_a_victims_message_is_marked_so_too(office: Office) -> None:
    """And of a consular contact nothing is asked about it, unless that sent it."""
    number = sent(office, "co-desk", "pe-desk", "--victim", "--onward", "yes", "--tlp", "GREEN")
    office.ask("pe-desk", "consent", "ask", str(number), "--act", "forward", "--for", "ar-desk", "Is she 14?")
    asked = arrived(office, "co-desk")
    assert office.ask("co-desk", "read", str(asked))["handling"]["victim"]
    office.ask("co-desk", "consent", "refuse", str(asked), "--reason", "She is not")
    assert office.ask("pe-desk", "read", str(arrived(office, "pe-desk")))["handling"]["victim"]
    theirs = sent(office, "pe-desk", "co-desk", "--from", "pe-consulate", "--victim", "--tlp", "GREEN")
    office.ask("co-desk", "consent", "ask", str(theirs), "--act", "forward", "--for", "ar-desk")
    assert office.ask("pe-desk", "read", str(arrived(office, "pe-desk")))["handling"]["victim"]


def passed_as_repeat(office: Office, number: int, request: str) -> str:
    """What pe-desk reads of a message that ar-desk, changed so that it asks no gate, gives it as if again."""
    profile, now = Profile.open(office.profile("ar-desk")), int(time.time())
    with unlocked(profile, PASSPHRASE.encode(), lambda: now) as desk:
        wish, identity = Passing(to=("pe-desk",), sender="ar-desk"), profile.identity
        message = passed_on(desk.replica(), identity.device, desk.mail.get(number), wish, now)
        event = RequestEvent(request=request, after=("cd" * 32,), act=Repeat())
        message = msgspec.structs.replace(message, request=event)
        note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
        assert desk.mail.add(message, note, Facts(direction="out"), queue=True)
    office.ask("ar-desk", "sync")
    return " ".join(office.run("pe-desk", "read", str(arrived(office, "pe-desk"))).out.split())


def test_what_is_passed_on_as_if_it_were_an_event_given_again_is_judged_all_the_same(office: Office) -> None:
    """A message of no request; and an event of one, given to somebody who has no part in it."""
    red = sent(office, "co-desk", "ar-desk", "--tlp", "RED", "--case", "S-1")
    assert "by ar-desk to pe-desk: AGAINST ITS RULES" in passed_as_repeat(office, red, "ab" * 32)
    mla = office.file("mla.json", write_filled(filled("mutual-legal-assistance", **MLA)))
    send = ("request", "send", "ar-desk", "--form", mla, "--tlp", "RED", "--yes", "--anyway", "--case", "S-2")
    request, number = office.ask("co-desk", *send)["request"], arrived(office, "ar-desk")
    assert "by ar-desk to pe-desk: AGAINST ITS RULES" in passed_as_repeat(office, number, request)


def admitted(office: Office, case: str, name: str) -> None:
    """Somebody is invited by co-desk, and joins."""
    office.ask("co-desk", "case", "invite", case, name)
    office.ask(name, "sync")
    office.ask(name, "case", "join", case)
    office.ask("co-desk", "sync")


def test_one_message_that_is_for_few_keeps_no_other_from_who_is_handed_all(office: Office) -> None:
    """Named, it is refused, and nothing goes; of all it is left out, and told. If nothing is left, it is refused."""
    case = str(office.ask("co-desk", "case", "open", "ar-desk", "--title", "Hotel")["case"])[:8]
    office.ask("ar-desk", "sync")
    office.ask("ar-desk", "case", "join", case)
    office.ask("ar-desk", "case", "say", case, "-s", "For the two of us", "--tlp", "RED")
    office.ask("co-desk", "sync")
    admitted(office, case, "pe-desk")
    red = next(each for each in office.ask("co-desk", "case", "show", case)["events"] if each["act"] == "say")
    words = f"what was said at place {red['place']} is not handed over"
    for typed in (red["id"][:8], "--all"):
        assert words in refused(office.run("co-desk", "case", "hand-over", case, typed, "--to", "pe-desk"))
    other = office.ask("co-desk", "case", "say", case, "-s", "For all", "--tlp", "GREEN", "--onward", "yes")["events"]
    assert words in refused(office.run("co-desk", "case", "hand-over", case, *other, red["id"], "--to", "pe-desk"))
    ran = office.run("co-desk", "case", "hand-over", case, "--all", "--to", "pe-desk", "--json")
    assert (ran.code, words in ran.err, ran.plain["left_out"]) == (0, True, [red["place"]]), ran
    assert [each["id"] for each in ran.plain["handed"]] == other


def was_handed_it(office: Office, case: str, gone: str, now: int) -> dict[str, Any]:
    """The case at pe-desk, to which that message was handed over, after it was erased there with the package."""
    office.ask("pe-desk", "sync")
    name = office.unreachable("pe-desk")
    before = office.ask(name, "case", "show", case)
    given = [each["id"] for each in before["events"] if each["handed_by"] == "co-desk" and each["act"] == "say"]
    assert given == [gone]
    for days in (2, 4):
        numbers(office, name, now + days * DAY)
    shown = office.ask(name, "case", "show", case)
    assert gone in shown["erased"]
    return shown


def test_what_is_erased_while_a_case_is_open_is_named_and_nothing_waits_for_it(
    office: Office, case: str, tmp_path: Path
) -> None:
    """A message goes when its time is over: acts and messages whose signers had seen it stand where they stood; the
    thread, a bundle and whoever hands over say that it is gone. It is not taken for one that was withheld."""
    office.ask("co-desk", "case", "say", case, "-s", "For three days", "--keep-days", "3")
    office.ask("ar-desk", "sync")
    office.ask("ar-desk", "case", "say", case, "-s", "Seen after it")
    office.ask("co-desk", "sync")
    admitted(office, case, "pe-desk")
    said = [each for each in office.ask("co-desk", "case", "show", case)["events"] if each["act"] == "say"]
    office.ask("co-desk", "case", "hand-over", case, str(said[-2]["place"]), "--to", "pe-desk")
    office.ask("co-desk", "case", "say", case, "-s", "For three days, and nobody has seen it", "--keep-days", "3")
    office.ask("ar-desk", "sync")
    name, now = office.unreachable("ar-desk"), int(time.time())
    before = office.ask(name, "case", "show", case)
    for days in (2, 4):
        numbers(office, name, now + days * DAY)
    shown = office.ask(name, "case", "show", case)
    gone, unseen = (each["id"] for each in before["events"] if each["id"] in shown["erased"])
    assert set(shown["erased"]) == {gone, unseen}
    assert {each["id"] for each in before["events"]} - {each["id"] for each in shown["events"]} == {gone, unseen}
    given_to = was_handed_it(office, case, gone, now)
    assert (gone in given_to["missing"], unseen in given_to["erased"]) == (False, True)
    assert (shown["missing"], shown["waiting"], shown["unproven"]) == ([], [], [])
    stayed = [each for each in before["events"] if each["id"] not in shown["erased"]]
    assert {each["id"] for each in shown["events"]} == {each["id"] for each in stayed}
    acts = [[each["id"] for each in rows if each["act"] != "say"] for rows in (shown["events"], stayed)]
    assert acts[0] == acts[1]
    assert "borrado aquí al terminar" in office.run(name, "case", "show", case, "--language", "es").out
    secret, file = office.file("file-passphrase", "correct-horse-battery-staple\n"), str(tmp_path / "case.age")
    made = office.ask(name, "case", "export", case, file, "--file-passphrase-file", secret)
    assert (made["left_out"][gone], unseen in made["left_out"]) == ("erased", False)
    ran = enlace("case", "verify", file, "--file-passphrase-file", secret)
    assert (ran.code, f"Left out   {gone[:16]}: erased" in ran.out, "Missing" in ran.out) == (9, True, False), ran
    ran = office.run(name, "case", "hand-over", case, "--all", "--to", "co-desk")
    assert "2 message(s) of this case are erased here" in ran.err
    ran = office.run(name, "case", "say", case, "-s", "It goes on")
    assert ran.out.startswith("Said in case"), ran
    assert office.ask(name, "case", "show", case)["erased"] == shown["erased"]
    with sqlite3.connect(office.profile(name) / "messages.db") as db:  # one bad stub keeps nobody from any case
        assert db.execute("UPDATE erased SET stub = x'00'").rowcount == 2
    for typed in (("case", "show", case), ("case", "list"), ("case", "say", case, "-s", "On"), ("inbox", "--all")):
        ran = office.run(name, *typed)
        assert ran.code in (0, 4), ran
        assert ran.err.count("what stays of message") == 2, ran


def test_what_is_answered_goes_to_who_asked_wherever_the_log_of_the_server_goes(tmp_path: Path) -> None:
    """A log that is a file makes no export of what is answered; beside an answer showing into it is one."""
    seen = list[bool]()
    root = click.Group(
        "enlace", commands={"shown": click.Command("shown", callback=lambda: seen.append(shown_into_file()))}
    )
    anything: Any = None
    with (tmp_path / "log").open("w", encoding="utf-8") as log, patch.object(sys, "stdout", log):
        call(root, "shown", {}, tmp_path, anything, Files(tmp_path))
        assert (seen, shown_into_file()) == ([False], True)
