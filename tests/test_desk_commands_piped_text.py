"""What is read from standard input comes behind the passphrase, whatever command reads it: as docs/commands.md says."""

import pytest
from cli_world import PASSPHRASE, Office, Ran
from handling_world import sent

pytest_plugins = ("handling_office",)
WORDS = "Words that were piped in"


@pytest.fixture(scope="module")
def attempts(handling_office: Office) -> dict[str, tuple[str, ...]]:
    held = str(sent(handling_office, "pe-desk", "co-desk", "--tlp", "AMBER", "--from", "pe-desk"))
    return {
        "send": ("send", "pe-desk", "--subject", "x"),
        "alert": ("alert", "pe-desk", "ar-desk", "--subject", "x", "--yes"),
        "consent ask": ("consent", "ask", held, "--act", "forward", "--for", "ar-court"),
        "duty hand-over": ("duty", "hand-over"),
    }


COMMANDS = ["send", "alert", "consent ask", "duty hand-over"]


def piped(office: Office, given: tuple[str, ...], feed: str) -> Ran:
    return office.run("co-desk", *given, "--text", "-", "--passphrase-file", "-", "--json", feed=feed.encode())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_passphrase_and_then_the_text(
    handling_office: Office, attempts: dict[str, tuple[str, ...]], command: str
) -> None:
    def last() -> str:
        return str(max(handling_office.ask("co-desk", "inbox", "--all")["messages"], key=lambda each: each["number"]))

    ran = piped(handling_office, attempts[command], f"{PASSPHRASE}\n{WORDS}\n")
    assert ran.code == 0, ran
    said = ran.out + last()
    assert (WORDS in said, PASSPHRASE in said) == (True, False), said


@pytest.mark.parametrize("command", COMMANDS)
def test_no_text_behind_the_passphrase(
    handling_office: Office, attempts: dict[str, tuple[str, ...]], command: str
) -> None:
    ran = piped(handling_office, attempts[command], f"{PASSPHRASE}\n")
    assert (ran.code, "in standard input is blank" in ran.out) == (2, True), ran
