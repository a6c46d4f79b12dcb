"""Where output goes as a whole: events as JSON lines, prompts at a real terminal, readers that go away."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import HOUSE, PASSPHRASE, Office, Ran
from typist import Typist

pytest_plugins = ("shared_office",)


def lines(ran: Ran) -> list[dict[str, Any]]:
    """Standard output as a program reads it: every line an object of its own."""
    return [json.loads(line) for line in ran.out.splitlines()]


def test_watch_tells_events_a_line_each(shared_office: Office) -> None:
    office = shared_office
    office.run("co-desk", "watch", "--once")
    for subject in ("Uno", "Dos\nlíneas"):
        assert office.ask("ar-desk", "send", "co-desk", "-s", subject)["sent"]
    ran = office.run("co-desk", "watch", "--once", "--json", "--on-message", "echo noise")
    assert ran.code == 0
    # What others of these tests have left unopened rings too.
    events = [each for each in lines(ran) if each["event"] != "waiting"]
    assert [each["event"] for each in events] == ["listening", "message", "message"]
    assert events[0]["waiting"] == 2
    assert {each["precedence"] for each in events[1:]} == {"routine"}
    assert all(len(each["envelope"]) == 64 for each in events[1:])
    assert ran.err == ""
    people = office.run("co-desk", "watch", "--once")
    assert "Listening at https://localhost:" in people.out
    assert "{" not in people.out


def test_sync_tells_one_object_and_warns_beside_it(shared_office: Office) -> None:
    office = shared_office
    assert office.ask("ar-desk", "send", "co-desk", "-s", "Tres")["sent"]
    ran = office.run("co-desk", "sync", "--json")
    (told,) = lines(ran)
    assert told["messages"]
    assert ran.err == ""


def test_enrolling_tells_every_step_a_line_each(shared_office: Office) -> None:
    office = shared_office
    letter = office.ask(
        "ar-admin", "invite", "--role", "coordinator", "--label", "x", "--out", str(office.folder / "letters-streams")
    )
    began = lines(office.run("streams", "enrol", letter["invitation"], "--no-wait", "--json"))
    assert [each["event"] for each in began] == ["offered"]
    office.ask("ar-admin", "officer", "confirm", letter["officer"], "--yes")
    asked = lines(office.run("streams", "enrol", "--json"))  # and then there is nobody to ask for the code
    assert [each.get("event", each.get("kind")) for each in asked] == ["totp", "usage"]
    assert asked[-1]["error"].startswith("First code: there is no terminal to ask at; give it with --code-file FILE")
    ended = office.run("streams", "enrol", "--json", "--code-file", office.file("bad-code", "12345"))
    assert [each.get("event", each.get("kind")) for each in lines(ended)] == ["totp", "locked"]


@pytest.mark.parametrize("command", [("find",), ("inbox",), ("status",), ("network", "show"), ("device", "list")])
def test_the_passphrase_comes_from_standard_input(shared_office: Office, command: tuple[str, ...]) -> None:
    feed = PASSPHRASE.encode() + b"\nand more that nobody asked for\n"
    ran = shared_office.run("co-desk", *command, "--json", "--passphrase-file", "-", feed=feed)
    assert (ran.code, len(lines(ran)), ran.err) == (0, 1, "")
    wrong = shared_office.run("co-desk", *command, "--json", "--passphrase-file", "-", feed=b"wrong\n")
    assert (wrong.code, wrong.plain["kind"]) == (6, "locked")


def process(office: Office, name: str, *typed: str, **streams: Any) -> "subprocess.Popen[bytes]":
    """`enlace` as somebody, in a process of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    environ = kept | office.environ(name) | {"ENLACE_WORK_FACTOR": "10"}
    return subprocess.Popen([sys.executable, "-m", "desk.main", *typed], cwd=HOUSE, env=environ, **streams)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nobody_reads_the_answer(shared_office: Office, options: tuple[str, ...]) -> None:
    """`enlace find | true`: the exit code says so, and nothing complains."""
    read, write = os.pipe()
    os.close(read)
    running = process(shared_office, "co-desk", "find", *options, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, complaint = running.communicate(timeout=60)
    assert (running.returncode, complaint) == (141, b"")


def test_standard_output_that_is_closed_is_no_reason_to_fail(shared_office: Office) -> None:
    """What is done is done: the command works on, and nothing it opens meanwhile gets the answer written into it."""
    office = shared_office
    running = process(office, "co-desk", "sync", preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE)
    _, complaint = running.communicate(timeout=60)
    assert (running.returncode, complaint) == (0, b"")
    assert not any(
        b"Directory: " in path.read_bytes() for path in office.profile("co-desk").rglob("*") if path.is_file()
    )


@pytest.fixture
def typist(shared_office: Office, tmp_path: Path) -> Iterator[Typist]:
    """Somebody at a terminal, as co-desk, with no file to read the passphrase from."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    profile = str(shared_office.profile("co-desk"))
    environ = kept | {"ENLACE_PROFILE": profile, "PYTHONPATH": str(HOUSE), "ENLACE_WORK_FACTOR": "10"}
    with Typist(environ, str(tmp_path), PASSPHRASE) as typist:
        yield typist


def test_a_prompt_at_a_terminal_shows_no_secret(typist: Typist) -> None:
    shown = typist.type(f"{sys.executable} -m desk.main status 2>/dev/null")
    assert "officer of co" in shown  # the answer alone is left of it
    asked = typist.type(f"{sys.executable} -m desk.main status")
    assert "Passphrase of co-desk (officer " in asked
    assert PASSPHRASE not in typist.screen
    typist.passphrase = "wrong"
    refused = typist.type(f"{sys.executable} -m desk.main status")
    assert "the passphrase is wrong; nothing was sent anywhere" in refused
    assert typist.status() == 6


def test_a_question_at_a_terminal_is_answered_there(typist: Typist, shared_office: Office) -> None:
    profile = shared_office.profile("ar-admin")
    typist.type(f"{sys.executable} -m desk.main contact attest ar-desk --profile {profile}")
    assert "Right as it stands? (y)es, (n)o: leave it, (q)uit: confirm those said yes to (y, n, q): y" in typist.screen
    assert "Confirmed: ar-desk." in typist.screen
    assert PASSPHRASE not in typist.screen


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full, which this system lacks")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_disk_behind_standard_output_is_told_beside_it(options: tuple[str, ...], unbuffered: str) -> None:
    typed = [sys.executable, "-m", "desk.main", "form", "schema", "general-message", *options]
    with Path("/dev/full").open("wb") as full:
        env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        done = subprocess.run(typed, cwd=HOUSE, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False, env=env)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1), done
    assert b"the system refuses: No space left on device" in done.stderr
