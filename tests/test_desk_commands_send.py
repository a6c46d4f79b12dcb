"""What `send` makes of standard input, and of the passphrase of a file: nothing is lost, nothing is guessed."""

import os
import re
import subprocess
import sys
import unicodedata

import pytest
from cli_world import HOUSE, Office, Ran

from crypto.age import decrypt
from crypto.age_scrypt import ScryptIdentity
from desk.age import file_passphrase
from desk.errors import Usage

pytest_plugins = ("shared_office",)
SEND = ("send", "co-desk", "-s", "Urgente")
LOST = "and would not be sent: give the text with --text FILE or --text -, or say --no-text"


def outbox(office: Office) -> int:
    """How many messages this desk has queued or sent."""
    return len(office.ask("ar-desk", "inbox", "--all")["messages"])


def in_a_shell(office: Office, around: str, *options: str) -> Ran:
    """`send` as a process of its own; `around` is a shell's line in which {} is the command."""
    typed = " ".join([sys.executable, "-m", "desk.main", *SEND, *options])
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    environ = kept | office.environ("ar-desk") | {"ENLACE_WORK_FACTOR": "10"}
    done = subprocess.run(
        ["/bin/sh", "-c", around.format(typed)], cwd=HOUSE, env=environ, capture_output=True, timeout=60, check=False
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_what_is_piped_in_without_being_asked_for_is_not_dropped(shared_office: Office) -> None:
    before = outbox(shared_office)
    ran = shared_office.run("ar-desk", *SEND, feed=b"The text that matters\n")
    assert (ran.code, ran.out) == (2, "")
    assert f"standard input holds something, {LOST}" in ran.err
    after_secret = shared_office.run(
        "ar-desk", *SEND, "--passphrase-file", "-", feed=b"correct horse battery\nThe text that matters\n"
    )
    assert (after_secret.code, LOST in after_secret.err) == (2, True)
    assert outbox(shared_office) == before


@pytest.mark.parametrize("feed", [b"", b"correct horse battery\n"])
def test_an_empty_standard_input_holds_no_text(shared_office: Office, feed: bytes) -> None:
    options = ("--passphrase-file", "-") if feed else ()
    assert shared_office.run("ar-desk", *SEND, *options, feed=feed).code == 0


def test_no_text_is_said_so_and_then_standard_input_is_not_looked_at(shared_office: Office) -> None:
    assert shared_office.run("ar-desk", *SEND, "--no-text", feed=b"a list that a loop reads\n").code == 0
    both = shared_office.run("ar-desk", *SEND, "--no-text", "--text", "-", feed=b"x")
    assert (both.code, "give either --text or --no-text" in both.err) == (2, True)


@pytest.mark.parametrize("around", ["{} </dev/null", "{} <&-", "true | {}"])
def test_scripts_with_nothing_on_standard_input_send(shared_office: Office, around: str) -> None:
    ran = in_a_shell(shared_office, around)
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize(
    ("around", "words"),
    [
        ("echo text | {}", "holds something"),
        ("{{ sleep 0.05; echo text; }} | {}", "holds something"),
        # Nobody ever writes, and nobody closes: the reader must not wait until they do.
        ("mkfifo '{folder}/open' && exec 3<>'{folder}/open' && {} <&3", "is open"),
    ],
)
def test_scripts_that_may_have_a_text_there_are_told(shared_office: Office, around: str, words: str) -> None:
    line = around.replace("{folder}", str(shared_office.folder))
    ran = in_a_shell(shared_office, line)
    assert (ran.code, f"standard input {words}, {LOST}" in ran.err) == (2, True)
    if "mkfifo" in line:
        again = line.replace("mkfifo", "test -p")
        assert in_a_shell(shared_office, again, "--no-text").code == 0


def as_file(office: Office, name: str, *options: str, feed: bytes = b"") -> Ran:
    """`send --as-file` with a text."""
    text = office.file("letter.txt", "Por correo.\n")
    return office.run(
        "ar-desk", *SEND, "-t", text, "--as-file", str(office.folder / name), *options, "--json", feed=feed
    )


def test_a_file_is_sealed_under_a_passphrase_that_is_made_and_shown_once(shared_office: Office) -> None:
    office = shared_office
    made = [as_file(office, f"made-{number}.age").plain["passphrase"] for number in range(2)]
    assert made[0] != made[1]
    assert all(re.fullmatch(r"([0-9]{5}-){7}[0-9]{5}", each) for each in made)
    raw = (office.folder / "made-0.age").read_bytes()
    assert b"Por correo." in decrypt(raw, [ScryptIdentity(made[0].encode())])
    shown = office.run("ar-desk", *SEND, "--no-text", "--as-file", str(office.folder / "shown.age")).out
    assert re.search(r"shown only now; tell it by telephone, with its hyphens:\n\n  [0-9-]{47}\n", shown)


@pytest.mark.parametrize("secret", ["1", "once letras", "x" * 11])
def test_a_passphrase_that_can_be_guessed_seals_no_file(shared_office: Office, secret: str) -> None:
    ran = as_file(shared_office, "weak.age", "--file-passphrase-file", shared_office.file("weak", f"{secret}\n"))
    assert ran.code == 2
    assert f"has {len(secret)} characters: take 12 or more" in ran.plain["error"]
    assert "or let one be made" in ran.plain["error"]
    assert not (shared_office.folder / "weak.age").exists()


def test_an_agreed_passphrase_may_come_before_the_text_and_is_composed(shared_office: Office) -> None:
    office, secret = shared_office, "contraseña de mañana"
    feed = f"{unicodedata.normalize('NFD', secret)}\nPor correo, también.\n".encode()
    path = str(office.folder / "agreed.age")
    options = ("--text", "-", "--as-file", path, "--file-passphrase-file", "-", "--json")
    assert "passphrase" not in office.run("ar-desk", *SEND, *options, feed=feed).plain
    opened = decrypt((office.folder / "agreed.age").read_bytes(), [ScryptIdentity(secret.encode())])
    assert "Por correo, también.".encode() in opened


@pytest.mark.parametrize("secret", ["", "tab\tin the middle", "\ufeffmark at its start"])
def test_what_nobody_could_type_is_refused(secret: str) -> None:
    with pytest.raises(Usage):
        file_passphrase.sealing(secret)


def test_a_file_of_words_that_has_none_is_not_sent_as_if_it_had(shared_office: Office) -> None:
    before = outbox(shared_office)
    blank = shared_office.file("blank.txt", " \n")
    for options, feed in ((("--text", blank), b""), (("--text", "-"), b"\n")):
        ran = shared_office.run("ar-desk", *SEND, *options, feed=feed)
        assert (ran.code, "is blank; without a text say --no-text" in ran.err) == (2, True), ran
    assert outbox(shared_office) == before


def test_who_attaches_a_file_to_what_goes_into_no_file_is_told(shared_office: Office) -> None:
    file = shared_office.file("plan.txt", "A plan")
    ran = shared_office.run("ar-desk", *SEND, "--no-text", "--tlp", "RED", "-a", file)
    assert (ran.code, "! TLP:RED goes into no file: whoever gets this reads the names" in ran.err) == (0, True), ran
