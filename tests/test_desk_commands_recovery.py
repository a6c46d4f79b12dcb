"""`enlace recovery` as it is typed: a laptop is lost and its archive found again, and everything that is refused."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli_world import HOUSE, Office, Ran, enlace

from crypto.age import decrypt
from crypto.age_scrypt import ScryptIdentity
from desk.mail.attachments import PIECE

pytest_plugins = ("shared_office",)

SECRET = "seven herons over the delta"
CONTACT = "co-coast"


@dataclass(frozen=True)
class Lost:
    """An office in which the desk `co-lost` was written into a file, revoked, and replaced by the desk `co-found`."""

    office: Office
    file: Path
    written: dict[str, Any]
    used: dict[str, Any]

    @property
    def key(self) -> str:
        return f"--file-passphrase-file={self.office.folder / 'fresh'}"

    def messages(self, name: str = "co-found") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.office.ask(name, "inbox", "--all")["messages"]
        return found


def _serve(office: Office, officer: str) -> None:
    details = {
        "function": "trafficking-24-7", "name_en": "Desk on the coast", "phone": "always:+12025550111",
        "languages": "es", "zone": "America/Bogota", "hours": "24/7", "officers": officer,
    }  # fmt: skip
    office.ask("co-admin", "contact", "publish", CONTACT, *(f"--set={name}={value}" for name, value in details.items()))


@pytest.fixture(scope="module")
def lost(shared_office: Office) -> Lost:
    office = shared_office
    office.file("fresh", SECRET + "\n")
    officer = office.invite("co", "coordinator", "co-lost")
    _serve(office, officer)
    for each in ("ar-desk", "co-lost"):
        office.ask(each, "sync")
    big = office.file("plan.bin", os.urandom(2 * PIECE))
    office.ask("ar-desk", "send", CONTACT, "-s", "First", "-t", office.file("t.txt", "Primera línea.\n"), "-a", big)
    office.ask("ar-desk", "send", CONTACT, "-s", "Second", "--no-text")
    office.ask("co-lost", "sync")
    (office.folder / "fetched").mkdir()
    office.ask("co-lost", "read", "1", "--save", str(office.folder / "fetched"))
    office.ask("co-lost", "accept", "1")
    office.ask("co-lost", "send", "ar-desk", "-s", "Answer", "--no-text", "--reply-to", "1")
    office.ask("ar-desk", "sync")
    office.ask("co-lost", "sync")
    file = office.folder / "archive.age"
    key = f"--file-passphrase-file={office.folder / 'fresh'}"
    written = office.ask("co-lost", "recovery", "write", str(file), "--attachments", key)
    office.ask("ar-desk", "send", CONTACT, "-s", "Never opened there", "--no-text")
    device = office.ask("co-lost", "status")["device"]
    office.ask("co-admin", "device", "revoke", device, "--reason", "stolen", "--yes")
    out = str(office.folder / "letters" / "found")
    letter = office.ask("co-admin", "invite", "--officer", officer, "--out", out)["invitation"]
    office.enrol("co-found", letter, "co-admin")
    for each in ("ar-desk", "co-desk"):
        office.ask(each, "sync")
    used = office.ask("co-found", "recovery", "use", str(file), key, "--yes")
    return Lost(office, file, written, used)


def test_everything_is_readable_again(lost: Lost) -> None:
    assert (lost.written["messages"], lost.written["attachments"], lost.written["opened_again"]) == (5, 1, True)
    assert (len(lost.used["messages"]), lost.used["attachments"], lost.used["refused"]) == (5, 1, [])
    old, new = lost.messages("co-lost")[:5], lost.messages()[:5]
    same = ("id", "direction", "from", "case", "at", "content", "attachments", "opened", "decided", "sent")
    assert [[each[name] for name in same] for each in old] == [[each[name] for name in same] for each in new]
    assert all(each["recovered"] and each["origin"] == lost.used["device"] for each in new)
    said = [(each["relayed"], each["relayed_by_word"]) for each in new]
    assert said == [(each["relayed"], each["relayed_by_word"]) for each in old]
    assert all(proven > 0 == word for proven, word in said)  # the file has what shows their envelopes
    folder = lost.office.folder / "again"
    folder.mkdir()
    saved = lost.office.ask("co-found", "read", "1", "--save", str(folder))["saved"]
    assert Path(saved[0]).read_bytes() == (lost.office.folder / "plan.bin").read_bytes()
    page = lost.office.run("co-found", "read", "1").out
    assert "from the archive of device" in page
    assert page.endswith("\n| Primera línea.\n")


def test_the_trail_is_what_it_was(lost: Lost) -> None:
    answer = next(each["number"] for each in lost.messages() if each["content"].get("subject") == "Answer")
    trails = [lost.office.ask(name, "receipts", str(answer))["events"] for name in ("co-lost", "co-found")]
    assert [each["what"] for each in trails[0]] == ["relayed", "delivered"]
    assert trails[0][0]["proof"] == "relay's receipt, both keys"
    assert trails[0] == trails[1]


def test_nothing_was_sent_by_taking_it_in(lost: Lost) -> None:
    assert lost.office.ask("co-found", "status")["outbox"] == 0
    lost.office.ask("co-found", "read", "1")  # which the lost desk opened: its sender knows
    assert lost.office.ask("co-found", "sync")["sent"] == []


def test_a_reply_goes_out_and_a_clock_that_is_not_this_desks_stays(lost: Lost) -> None:
    assert lost.office.ask("co-found", "send", "ar-desk", "-s", "Re: Second", "--no-text", "--reply-to", "2")["sent"]
    number = next(each["number"] for each in lost.messages() if each["content"].get("subject") == "Second")
    refused = lost.office.run("co-found", "accept", str(number))
    assert refused.code == 3
    assert "--reply-to" in refused.err


def test_what_the_lost_device_never_opened_is_told_to_its_sender(lost: Lost) -> None:
    sent = [each for each in lost.messages("ar-desk") if each["content"].get("subject") == "Never opened there"]
    events = lost.office.ask("ar-desk", "receipts", str(sent[0]["number"]))["events"]
    assert "opened" not in [each["what"] for each in events]
    assert "Never opened there" not in [each["content"].get("subject") for each in lost.messages()]
    shown = lost.office.run("co-found", "recovery", "use", str(lost.file), lost.key, "--yes")
    assert "Lost to this desk" in shown.out
    assert "Destroy" in shown.out


def test_twice_is_once(lost: Lost) -> None:
    before = lost.messages()
    again = lost.office.ask("co-found", "recovery", "use", str(lost.file), lost.key, "--yes")
    assert (again["messages"], again["completed"], again["lines"], again["attachments"]) == ([], 0, 0, 0)
    assert again["held"] == 5
    assert lost.messages() == before


def test_it_is_shown_without_a_profile(lost: Lost) -> None:
    shown = enlace("recovery", "show", str(lost.file), lost.key, "--json", environ={"ENLACE_PROFILE": "nowhere"})
    assert shown.code == 0, shown
    assert (shown.plain["messages"], shown.plain["member"], shown.plain["attachments"]) == (5, "co", 1)
    assert "AGE-SECRET" not in shown.out


def test_the_status_reminds_of_what_is_in_no_file(lost: Lost) -> None:
    office = lost.office
    assert office.ask("co-lost", "status")["recovery"]["written"] > 0
    assert "no file written" in office.run("co-admin", "status").out
    office.ask("co-found", "recovery", "write", str(office.folder / "second.age"), lost.key, "--replace")
    assert office.ask("co-found", "status")["recovery"]["since"] == 0
    assert "has every message" in office.run("co-found", "status").out


def test_a_file_without_messages_reminds_of_none_that_has_them(lost: Lost) -> None:
    """Whoever threw the older file away, because the newer one "has every message", would have none."""
    office = lost.office
    before = office.ask("co-lost", "status")["recovery"]
    bare = str(office.folder / "bare-reminder.age")
    office.ask("co-lost", "recovery", "write", bare, "--without-messages", lost.key)
    assert office.ask("co-lost", "status")["recovery"] == before
    office.ask("ar-admin", "recovery", "write", f"{bare}-2", lost.key)
    assert office.ask("ar-admin", "status")["recovery"]["written"] > 0
    office.ask("ar-admin", "recovery", "write", f"{bare}-2", "--without-messages", "--replace", lost.key)
    assert office.ask("ar-admin", "status")["recovery"]["written"] == 0  # that one is gone


def test_no_secret_of_the_profile_stands_in_it(lost: Lost) -> None:
    """What the unit tests search for by value is searched for here by kind, in a file of a desk that was in use."""
    opened = decrypt(lost.file.read_bytes(), [ScryptIdentity(SECRET.encode())])
    head, _, rest = opened.partition(b"\n{")[2].partition(b"\n")
    assert head.count(b"AGE-SECRET-KEY") == 1
    notes = rest.count(b'"identity":"AGE-SECRET-KEY-PQ-1')  # those of attachments, as their senders wrote them
    assert opened.count(b"AGE-SECRET-KEY") == 1 + notes
    profile = lost.office.profile("co-lost")
    reception = (profile / "reception.json").read_bytes()
    for word in (b"totp", b"token", b"seed", b"passphrase", *reception.split(b'"')[3::4]):
        assert word not in opened
    for code in lost.office.papers["co-lost"]:
        assert code.encode() not in opened


def test_other_hands_open_it(lost: Lost) -> None:
    pyrage = pytest.importorskip("pyrage", reason="needs pyrage: make setup-full")
    opened = pyrage.passphrase.decrypt(lost.file.read_bytes(), SECRET)
    assert opened.startswith(b"enlace/recovery/v1\n")
    assert "Primera línea.".encode() in opened


def test_to_a_recipient_on_paper(lost: Lost) -> None:
    office = lost.office
    paper = str(office.folder / "paper.txt")
    made = enlace("age", "keygen", "-pq", "-o", paper)
    assert made.code == 0, made
    recipient = next(each for each in (made.out + made.err).split() if each.startswith("age1pq1"))
    file = str(office.folder / "to-paper.age")
    assert office.ask("co-found", "recovery", "write", file, "-r", recipient)["opened_again"] is False
    assert office.ask("co-found", "recovery", "show", file, "-i", paper)["messages"] >= 5
    assert office.run("co-found", "recovery", "show", file, lost.key).code == 6


def test_without_messages_and_with_a_copy_of_the_folder(lost: Lost) -> None:
    office, file = lost.office, str(lost.office.folder / "bare.age")
    assert office.ask("co-lost", "recovery", "write", file, "--without-messages", lost.key)["messages"] == 0
    bare = office.run("co-found", "recovery", "use", file, lost.key, "--yes")
    assert bare.code == 2
    assert "--copy" in bare.err
    copied = office.ask(
        "co-found", "recovery", "use", file, lost.key, "--yes", "--copy", str(office.profile("co-lost"))
    )
    assert (copied["messages"], copied["held"], copied["refused"]) == ([], 5, [])


def in_a_process(lost: Lost, *arguments: str, most: int = 0) -> "subprocess.Popen[bytes]":
    """A command of `co-lost` as a process of its own, whose files cannot get larger than `most` bytes."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    command = [sys.executable, "-m", "desk.main", *arguments]
    if most:
        limit = f"import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); "
        command[1:] = ["-c", f"{limit}runpy.run_module('desk.main', run_name='__main__', alter_sys=True)", *arguments]
    environ = kept | lost.office.environ("co-lost") | {"ENLACE_WORK_FACTOR": "10"}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=HOUSE, env=environ, stdin=quiet, stdout=quiet, stderr=subprocess.PIPE)


def largest(folder: Path) -> int:
    """The size of the largest file in a folder in which another process writes; -1 if there is none."""
    sizes = [-1]
    for each in folder.iterdir():
        with suppress(FileNotFoundError):  # it has another name by now
            sizes.append(each.stat().st_size)
    return max(sizes)


@pytest.mark.parametrize("size", [0, PIECE, 2 * PIECE])
def test_a_file_whose_writing_was_interrupted_is_not_there_or_whole(lost: Lost, size: int) -> None:
    """Killed when so much is written: what is left beside it is in a folder of its own, for others count theirs."""
    folder = lost.office.folder / f"killed-{size}"
    folder.mkdir()
    file = folder / "archive.age"
    with in_a_process(lost, "recovery", "write", str(file), "--attachments", lost.key) as process:
        while process.poll() is None and largest(folder) < size:
            time.sleep(0.001)
        process.kill()
    assert largest(folder) >= size
    if file.exists():
        assert lost.office.ask("co-lost", "recovery", "show", str(file), lost.key)["messages"] == 5
    again = lost.office.ask("co-lost", "recovery", "write", str(file), lost.key, "--replace")
    assert again["messages"] == 5


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_disk_that_is_full_leaves_nothing_behind(lost: Lost) -> None:
    before = sorted(lost.office.folder.iterdir())
    file = str(lost.office.folder / "full.age")
    with in_a_process(lost, "recovery", "write", file, "--attachments", lost.key, most=100_000) as process:
        assert process.stderr is not None
        told = process.stderr.read().decode()
    assert (process.returncode, "cannot be written" in told) == (1, True), told
    assert sorted(lost.office.folder.iterdir()) == before


WRITES = {
    "a file that is there": (["archive.age"], 2, "exists already"),
    "a folder": (["."], 2, "is a folder"),
    "no such folder": (["nowhere/archive.age"], 7, "there is no folder"),
    "attachments of no messages": (["x.age", "--attachments", "--without-messages"], 2, "leave one of the two"),
    "two ways to seal": (["x.age", "-r", "age1pq1x"], 2, "not both"),
    "no name": ([], 2, "Missing argument"),
}


@pytest.mark.parametrize(("arguments", "code", "words"), WRITES.values(), ids=WRITES)
def test_what_is_not_written(lost: Lost, arguments: list[str], code: int, words: str) -> None:
    before = sorted(lost.office.folder.iterdir())
    typed = [str(lost.office.folder / arguments[0]), *arguments[1:]] if arguments else []
    assert_refused(lost.office.run("co-lost", "recovery", "write", *typed, lost.key), code, words)
    assert sorted(lost.office.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("passphrase", "words"),
    [
        ("too short\n", "take 12 or more"),
        ("correct horse battery\n", "that is the passphrase of this profile"),
        ("\n", "holds nothing in its first line"),
        ("a bell in \x07 a passphrase\n", "control characters"),
    ],
)
def test_under_which_passphrase_it_is_not_written(lost: Lost, passphrase: str, words: str) -> None:
    file = lost.office.folder / "weak.age"
    source = f"--file-passphrase-file={lost.office.file('weak', passphrase)}"
    assert_refused(lost.office.run("co-lost", "recovery", "write", str(file), source), 2, words)
    assert not file.exists()


@pytest.mark.parametrize("recipient", ["age1pq1x", "age1" + "q" * 58, "nobody"])
def test_to_whom_it_is_not_written(lost: Lost, recipient: str) -> None:
    file = str(lost.office.folder / "x.age")
    assert_refused(
        lost.office.run("co-lost", "recovery", "write", file, "-r", recipient), 2, "no post-quantum recipient"
    )


def test_the_secretariat_has_no_archive(lost: Lost) -> None:
    for typed in (("write", str(lost.office.folder / "x.age")), ("use", str(lost.file))):
        assert_refused(lost.office.run("secretariat", "recovery", *typed, lost.key), 2, "archive")


def assert_refused(ran: Ran, code: int, words: str) -> None:
    assert (ran.code, words in ran.err) == (code, True), ran
    assert "Traceback" not in ran.err


def spoilt(lost: Lost, how: str) -> Path:
    """The recovery file, spoilt in a way; returns where."""
    raw = lost.file.read_bytes()
    made = {
        "cut": raw[: len(raw) // 2],
        "cut at its end": raw[:-1],
        "empty": b"",
        "altered": raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:],
        "altered in its header": raw.replace(b"-> scrypt", b"-> scripl", 1),
        "something behind": raw + b"x",
        "no age file": b"enlace/recovery/v1\n{}\n",
        "work without end": raw.replace(b" 10\n", b" 30\n", 1),
    }
    path = lost.office.folder / "spoilt.age"
    path.write_bytes(made[how])
    return path


@pytest.mark.parametrize(
    "how",
    [
        "cut", "cut at its end", "empty", "altered", "altered in its header", "something behind", "no age file",
        "work without end",
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["use", "show"])
def test_a_spoilt_file_is_refused_and_nothing_changes(lost: Lost, how: str, command: str) -> None:
    before, path = lost.messages(), str(spoilt(lost, how))
    yes = ["--yes"] if command == "use" else []
    ran = lost.office.run("co-found", "recovery", command, path, lost.key, *yes)
    assert ran.code in (2, 6), ran
    assert "enlace: " in ran.err
    assert "an error of the program" not in ran.err
    assert lost.messages() == before


USES = {
    "a file that is not there": ("co-found", ["nowhere.age"], 7, "there is no recovery file"),
    "a folder": ("co-found", ["."], 2, "is a folder"),
    "another authority's": ("ar-desk", ["archive.age", "--yes"], 3, "this desk is of ar"),
    "another officer's": ("co-desk", ["archive.age", "--yes"], 3, "--of-officer"),
    "an officer who is nobody": ("co-desk", ["archive.age", "--of-officer", "ffff"], 7, "there is no officer"),
    "a copy that is none": ("co-found", ["archive.age", "--yes", "--copy", "letters"], 7, "is no copy of a profile"),
    "nobody to ask": ("co-found", ["archive.age"], 2, "--yes"),
}


@pytest.mark.parametrize(("who", "arguments", "code", "words"), USES.values(), ids=USES)
def test_what_is_not_taken_in(lost: Lost, who: str, arguments: list[str], code: int, words: str) -> None:
    folder = lost.office.folder
    typed = [
        str(folder / each) if each in ("nowhere.age", ".", "archive.age", "letters") else each for each in arguments
    ]
    before = lost.messages(who)
    assert_refused(lost.office.run(who, "recovery", "use", *typed, lost.key), code, words)
    assert lost.messages(who) == before


def test_a_wrong_passphrase_is_told_as_such(lost: Lost) -> None:
    wrong = f"--file-passphrase-file={lost.office.folder / 'passphrase'}"
    assert_refused(lost.office.run("co-found", "recovery", "show", str(lost.file), wrong), 6, "does not open it")
    nobody = lost.office.run("co-found", "recovery", "show", str(lost.file))
    assert_refused(nobody, 2, "--file-passphrase-file")


def test_a_colleague_takes_no_archive_over_while_its_officer_is_in_office(lost: Lost) -> None:
    """How it is taken over afterwards is played on the page `docs/keys/moving-officer.md`."""
    officer, before = lost.office.ask("co-found", "status")["officer"], lost.messages("co-desk")
    ran = lost.office.run("co-desk", "recovery", "use", str(lost.file), lost.key, "--yes", "--of-officer", officer[:8])
    assert_refused(ran, 3, "is in office")
    assert lost.messages("co-desk") == before
