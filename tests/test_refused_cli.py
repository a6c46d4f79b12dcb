"""What `enlace` refuses: one line that says what was wrong and what to do, the right exit code, nothing changed.

Every row is typed twice: for people (one line on standard error, nothing on standard output) and, where the command
has it, with `--json` (one object on standard output).
"""

import re
from collections.abc import Iterator

import pytest
import refused_cli_files
from cli_world import Office, Ran
from refused_cli import FILES, TYPED
from refused_pages import PAGE, cli_page
from stored_state import stored

from desk.commands.officers import one_of
from desk.errors import NotFound, Usage

WITHOUT_JSON = ("age", "note", "snd")
# A command that opens a profile may renew a session, follow the log, and note what time it saw; a failed log-in counts.
MAY_CHANGE = re.compile(r"/vault/|/replica\.db|/heard\.json|accounts\.db: (sessions|accounts)")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Office.opened(tmp_path_factory.mktemp("refused") / "office") as office:
        yield office


@pytest.fixture(scope="module")
def places(office: Office) -> dict[str, str]:
    """What `{name}` stands for."""
    return refused_cli_files.places(office, FILES)


def kept(office: Office, who: str) -> dict[str, str]:
    """What the relay and somebody's desk have stored, but for what any command may change, and what lies around."""
    found = {f"relay/{name}": digest for name, digest in stored(office.relay.folder).items()}
    found |= {f"desk/{name}": digest for name, digest in stored(office.profile(who)).items()}
    around = sorted(str(each) for place in (office.folder, office.folder / "letters") for each in place.iterdir())
    return {name: each for name, each in found.items() if not MAY_CHANGE.search(name)} | dict.fromkeys(around, "")


def assert_plain_words(ran: Ran) -> None:
    assert "Traceback" not in ran.err + ran.out
    assert not re.search(
        r"Error:.*Error|Exception|object at 0x|<class|codec|regex|error of the program", ran.err + ran.out
    )


def said(ran: Ran) -> list[str]:
    """The lines of an error that are about what was typed."""
    usual = ("Usage: ", "Try '", "line ", "card ", "contact ", "  ")
    lines = [each for each in ran.err.splitlines() if each and not each.startswith(usual)]
    return [each for each in lines if not re.search(r", 1 of 1, last confirmed \d+ days ago$", each)]


def fault(ran: Ran, code: int, words: str) -> str:
    """What is wrong with how a command ended, empty if nothing is."""
    if ran.code != code or not re.search(words, ran.err):
        return f"{ran.code}: {ran.err}"
    if ran.out or len(said(ran)) != 1:
        return f"more than a line: {ran}"
    assert_plain_words(ran)
    return ""


def fault_in_object(ran: Ran, code: int, words: str) -> str:
    """The same for an answer in JSON."""
    if ran.code != code or len(ran.out.splitlines()) != 1:
        return f"with --json {ran}"
    known = {"error", "code", "kind", "evidence", "ok", "checks", "problems", "exercise"}
    if not {"error", "code"} <= set(ran.plain) <= known:
        return f"of another shape: {ran.plain}"
    assert_plain_words(ran)
    return "" if re.search(words, ran.plain["error"]) and ran.plain["code"] == code else f"{ran.plain}"


def test_every_bad_command_is_refused_and_changes_nothing(office: Office, places: dict[str, str]) -> None:
    faults, answers = dict[str, str](), dict[str, Ran]()
    found = dict[str, dict[str, str]]()  # what each had after the last row: nothing else happens between two rows
    for name, (_, who, typed, code, words) in TYPED.items():
        arguments = [each.format(**places) for each in typed]
        before = found[who] if who in found else kept(office, who)
        answers[name] = ran = office.run(who, *arguments)
        wrong = fault(ran, code, words)
        if typed[0] not in WITHOUT_JSON:
            wrong += fault_in_object(office.run(who, *arguments, "--json"), code, words)
        found[who] = after = kept(office, who)
        if after != before:
            wrong += f" CHANGED {[each for each in after if after[each] != before.get(each)]}"
        if wrong:
            faults[name] = wrong
    assert faults == {}
    assert not office.profile("fresh").exists()
    assert not office.profile("nobody").exists()
    written = PAGE.read_text(encoding="utf-8").splitlines()
    new = [each for each in cli_page(TYPED, answers).splitlines() if each not in written]
    assert new == [], "PYTHONPATH=. python tests/refusals.py > docs/refusals.md"


def test_the_table_is_one_of_many_kinds() -> None:
    kinds = {
        "malformed", "oversized", "truncated", "bad UTF-8", "deep JSON", "duplicate keys", "wrong signer", "expired",
        "wrong network", "wrong role", "wrong state", "not found", "missing", "unknown",
    }  # fmt: skip
    assert len(TYPED) >= 180
    assert {each[0] for each in TYPED.values()} == kinds


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("ab", Usage, "2 officers begin with ab; give more of the id"),
        ("ax", NotFound, "there is no officer ax"),
        ("", NotFound, "there is no officer"),
    ],
)
def test_a_beginning_that_fits_several_is_refused(text: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        one_of(text, ["abc1", "abd2", "c3"], "officer")


def test_a_beginning_that_fits_one_is_enough() -> None:
    assert one_of("ABC", ["abc1", "abd2", "c3"], "officer") == "abc1"
