"""What a halted desk says and does, command by command: every one says so, and none goes on as if nothing were."""

import json
import re
import time
from pathlib import Path

import pytest
from cli_world import PASSPHRASE, Office

from desk.profile.folder import Profile
from desk.profile.unlocked import unlocked
from desk.replica.standing import HALTED_FILE, STILL
from directory.replay import Alarm, Owed

pytest_plugins = ("shared_office",)
WHY = "the log has signed two directories of 14 statements: it shows two histories"
FORK = Alarm("fork", WHY, {"checkpoint-theirs.txt": b"theirs\n"}, final=1)


def doubt(office: Office, name: str, alarm: Alarm) -> None:
    """Have somebody's desk store what an alarm leaves behind."""
    profile = Profile.open(office.profile(name))
    with unlocked(profile, PASSPHRASE.encode(), lambda: 1_767_225_600) as desk:
        desk.store.doubt(profile.identity.network, alarm, desk.clock())


@pytest.fixture(scope="module")
def halted(shared_office: Office) -> str:
    """A copy of ar-desk's profile that is halted; its name."""
    shared_office.ask("ar-desk", "send", "co-desk", "-s", "Before")
    name = shared_office.copy("ar-desk", "ar-halted")
    doubt(shared_office, name, FORK)
    return name


@pytest.fixture(scope="module")
def administrator(shared_office: Office) -> str:
    name = shared_office.copy("ar-admin", "ar-admin-halted")
    doubt(shared_office, name, FORK)
    return name


@pytest.mark.parametrize(
    "typed",
    [("find", "co-desk"), ("show", "co-desk"), ("inbox",), ("read", "1"), ("receipts", "1"), ("network", "show")],
    ids=" ".join,
)
def test_what_it_still_does_it_does_and_says_that_it_is_halted(
    shared_office: Office, halted: str, typed: tuple[str, ...]
) -> None:
    ran = shared_office.run(halted, *typed)
    assert (ran.code, bool(ran.out)) == (5, True)
    assert f"! ALARM: this desk is halted since 2026-01-01 00:00 UTC: {WHY}. {STILL}" in ran.err
    as_json = shared_office.run(halted, *typed, "--json")
    assert (as_json.code, "error" in as_json.plain) == (5, False)


def test_its_status_says_since_when_and_why(shared_office: Office, halted: str) -> None:
    ran = shared_office.run(halted, "status")
    assert ran.code == 5
    assert re.search(r"^Standing   HALTED at \d+ statements, since 2026-01-01 00:00 UTC$", ran.out, re.MULTILINE)
    plain = shared_office.run(halted, "status", "--json").plain
    assert (plain["halted"]["words"], plain["halted"]["answer"], plain["halted"]["kind"]) == (WHY, 1, "fork")
    honest = shared_office.run("ar-desk", "status", "--json")
    assert (honest.code, honest.plain["halted"]) == (0, None)
    assert "Standing   follows its log\n" in shared_office.run("ar-desk", "status").out


@pytest.mark.parametrize(
    "typed",
    [
        ("contact", "attest", "ar-desk", "--yes"),
        ("contact", "retire", "ar-desk", "--yes"),
        ("invite", "--role", "coordinator", "--label", "Somebody", "--out", "{folder}/letter-of-nobody"),
    ],
    ids=lambda typed: " ".join(typed[:2]),
)
def test_it_publishes_nothing_and_invites_nobody(
    shared_office: Office, administrator: str, typed: tuple[str, ...]
) -> None:
    size = shared_office.ask("ar-admin", "sync")["size"]
    ran = shared_office.run(administrator, *(each.format(folder=shared_office.folder) for each in typed))
    assert ran.code == 5
    assert f"ALARM: this desk stays halted: {WHY}" in ran.err
    assert ran.err.count("this desk is halted since") == 0  # once is enough
    assert shared_office.ask("ar-admin", "sync")["size"] == size


def test_it_seals_nothing_by_its_directory_unless_its_officer_says_so(shared_office: Office, halted: str) -> None:
    queued = shared_office.run(halted, "status", "--json").plain["outbox"]
    ran = shared_office.run(halted, "send", "co-desk", "-s", "Tonight", "--no-text", "--json")
    assert (ran.code, ran.plain["kind"]) == (5, "distrust")
    assert "this desk is halted, so nothing is sealed by its directory" in ran.plain["error"]
    assert shared_office.run(halted, "status", "--json").plain["outbox"] == queued
    urgent = shared_office.run(halted, "send", "co-desk", "-s", "Tonight", "--no-text", "--old-directory", "--json")
    assert (urgent.code, urgent.plain["sent"] > 0) == (5, True)


def test_mail_comes_and_its_receipt_waits(shared_office: Office, halted: str) -> None:
    number = shared_office.ask("co-desk", "send", "ar-desk", "-s", "Are you there?")["number"]
    synchronised = shared_office.run(halted, "sync", "--json")
    assert (synchronised.code, synchronised.plain["kind"]) == (5, "distrust")
    rows = shared_office.run(halted, "inbox", "--json").plain["messages"]
    mine = next(each["number"] for each in rows if each["content"].get("subject") == "Are you there?")
    read = shared_office.run(halted, "read", str(mine))
    assert (read.code, "Are you there?" in read.out) == (5, True)
    assert "The receipt goes out when this desk is no longer halted." in read.err
    accepted = shared_office.run(halted, "accept", str(mine))
    assert accepted.code == 5
    assert f"Message {mine} accepted" in accepted.out
    assert number


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_watch_says_so_without_a_passphrase(shared_office: Office, halted: str, options: tuple[str, ...]) -> None:
    ran = shared_office.run(halted, "watch", "--once", *options)
    assert ran.code == 5
    if options:
        first = json.loads(ran.out.splitlines()[0])
        assert first == {"event": "halted", "detail": f"this desk is halted: {WHY}"}
    else:
        assert ran.out.startswith(f"ALARM: this desk is halted: {WHY}. {STILL}\n")


def test_a_mark_full_of_tricks_is_shown_harmlessly(shared_office: Office) -> None:
    name = shared_office.copy("ar-desk", "ar-marked")
    (shared_office.profile(name) / HALTED_FILE).write_text('{"halt":"\x1b[2J"}')
    ran = shared_office.run(name, "watch", "--once")
    assert (ran.code, "\x1b" in ran.out) == (5, False)
    assert "its mark of why was changed on this disk" in ran.out
    unlocked_again = shared_office.run(name, "status")
    assert (unlocked_again.code, "was no mark of this desk's, and was removed" in unlocked_again.err) == (0, True)


def test_what_the_log_owes_stops_sending_and_no_mail(shared_office: Office) -> None:
    name = shared_office.copy("ar-desk", "ar-owed")
    profile = Profile.open(shared_office.profile(name))
    with unlocked(profile, PASSPHRASE.encode(), lambda: 0) as desk:
        checkpoint = desk.replica().checkpoint
        assert checkpoint is not None
        size = desk.replica().size
        text = checkpoint.raw.decode().replace(f"\n{size}\n", f"\n{size + 1000}\n", 1)
        owed = Owed(text.encode(), 1)
        desk.store.doubt(profile.identity.network, Alarm("fork", "x", owed=owed), 0)
    ran = shared_office.run(name, "sync")
    assert ran.code == 5
    assert f"ALARM: the log has signed {size + 1000} statements, and shows this desk only" in ran.err
    sent = shared_office.run(name, "send", "co-desk", "-s", "Hello", "--no-text")
    assert (sent.code, "waits in the outbox" in sent.out) == (5, True)
    found = shared_office.run(name, "find", "co-desk")  # whoever looks up at night is not the one who saw it
    assert (found.code, bool(found.out)) == (5, True)
    assert "! ALARM, not over, since" in found.err
    assert "`enlace status` says what is safe, and what to do" in found.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "this is no relay file"),
        (b"\xff\xfe", "this is no relay file"),
        (b"enlace/relay-file/v1\n{}\n\n", "this is no relay file"),
        (b"x" * 400_000, "is larger than"),
    ],
    ids=["empty", "no text", "no signature", "too large"],
)
def test_what_is_no_relay_file(shared_office: Office, content: bytes, words: str) -> None:
    ran = shared_office.run("ar-desk", "resume", shared_office.file("no-relay-file", content))
    assert (ran.code, words in ran.err) == (2, True), ran


def test_a_relay_file_that_is_not_there(shared_office: Office) -> None:
    assert shared_office.run("ar-desk", "resume", "/nowhere").code == 7


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--relay-keys", "{folder}/passphrase", "--out", "{folder}/out"), "is not what `enlace relay init` writes"),
        (("--relay-keys", "{folder}/nowhere", "--out", "{folder}/out"), "there is no relay keys file"),
        (("--relay-keys", "{keys}", "--out", "{folder}/no-folder/out"), "there is no folder"),
        (("--relay-keys", "{keys}", "--out", "{folder}/passphrase"), "this is no relay file"),
        (("--relay-keys", "{next}", "--out", "{folder}/out"), "nobody signs this"),
        (("--relay-keys", "{next}", "--out", "{folder}/out", "--from-size", "1"), "can continue the log from 2 to"),
        (("--relay-keys", "{next}", "--out", "{folder}/out", "--signed", "{keys}"), "is no signed request"),
    ],
)
def test_what_cannot_be_named(shared_office: Office, given: tuple[str, ...], words: str) -> None:
    relay = shared_office.relay.folder
    shared_office.run("operator", "relay", "rekey", str(relay))
    places = {"folder": shared_office.folder, "keys": relay / "relay-keys.json", "next": relay / "relay-keys-next.json"}
    ran = shared_office.run("secretariat", "network", "name-relay", *(each.format(**places) for each in given))
    assert ran.code in (2, 7)
    assert words in ran.err
    assert not (shared_office.folder / "out").exists()


def test_an_officers_profile_names_no_relay(shared_office: Office) -> None:
    keys = str(shared_office.relay.folder / "relay-keys.json")
    ran = shared_office.run("ar-admin", "network", "name-relay", "--relay-keys", keys, "--out", "/nowhere/out")
    assert (ran.code, "secretariat" in ran.err) == (2, True)


def test_the_address_alone_needs_no_root_key(shared_office: Office) -> None:
    keys = str(shared_office.relay.folder / "relay-keys.json")
    out = str(shared_office.folder / "address")
    for _ in range(2):  # a second call goes on with the same file
        assert shared_office.ask("secretariat", "network", "name-relay", "--relay-keys", keys, "--out", out)["size"]
    before = Path(out).read_bytes()
    other_size = ("name-relay", "--relay-keys", keys, "--out", out, "--from-size", "7")
    ran = shared_office.run("secretariat", "network", *other_size)
    assert (ran.code, "exists already, and its statement continues no log" in ran.err) == (2, True)
    assert "is there already: the statement in it is handed over" in ran.err
    followed = shared_office.ask("co-desk", "resume", out)
    assert (followed["statements"], followed["given_up"]) == (0, [])
    assert Path(out).read_bytes() == before
    other = shared_office.folder / "other-keys.json"
    told = json.loads(Path(keys).read_text())
    other.write_text(json.dumps(told | {"relay": "https://elsewhere.example"}))
    ran = shared_office.run("secretariat", "network", "name-relay", "--relay-keys", str(other), "--out", out)
    assert (ran.code, "tells of another relay" in ran.err) == (2, True)


def test_a_desk_whose_shift_is_over_logs_in_there_first(shared_office: Office) -> None:
    keys, out = str(shared_office.relay.folder / "relay-keys.json"), str(shared_office.folder / "address-for-code")
    shared_office.ask("secretariat", "network", "name-relay", "--relay-keys", keys, "--out", out)
    shared_office.ask("co-admin", "logout")
    without = shared_office.run("co-admin", "resume", out)
    assert (without.code, "there is no session" in without.err) == (6, True)
    short = shared_office.run("co-admin", "resume", out, "--code-file", "-", feed=b"12\n")
    assert (short.code, "6 digits" in short.err) == (6, True)
    code = shared_office.phones["co-admin"].at(int(time.time()) + 30).encode()
    ran = shared_office.run("co-admin", "resume", out, "--code-file", "-", feed=code)
    assert (ran.code, "It follows the relay at" in ran.out) == (0, True), ran
    assert shared_office.run("co-admin", "sync").code == 0
