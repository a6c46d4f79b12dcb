"""`enlace passphrase`: the key file opens with the new one and no longer with the old; nothing else changes."""

from pathlib import Path

import pytest
from cli_world import PASSPHRASE, Office

pytest_plugins = ("shared_office",)
FRESH = "seven herons over the delta"


@pytest.fixture
def desk(shared_office: Office) -> str:
    """A copy of a profile, to be changed."""
    return shared_office.copy("ar-desk", "ar-desk-again")


def keys(office: Office, name: str) -> Path:
    return office.profile(name) / "keys.age"


def test_the_profile_opens_with_the_new_passphrase_alone(shared_office: Office, desk: str) -> None:
    fresh = shared_office.file("fresh", FRESH + "\n")
    changed = shared_office.ask(desk, "passphrase", "--new-passphrase-file", fresh)
    assert changed == {"changed": str(keys(shared_office, desk))}
    assert shared_office.run(desk, "status").code == 6
    assert shared_office.run(desk, "status", ENLACE_PASSPHRASE_FILE=fresh).code == 0
    old = shared_office.file("old", PASSPHRASE + "\n")
    back = shared_office.run(desk, "passphrase", "--new-passphrase-file", old, ENLACE_PASSPHRASE_FILE=fresh)
    assert back.code == 0
    assert back.out.endswith(
        "Copies of the old file still open with the old one: destroy them, those in backups too.\n"
    )
    assert shared_office.run(desk, "status").code == 0


def test_a_root_key_opens_with_the_new_passphrase_alone(shared_office: Office) -> None:
    root = Path(shared_office.file("root.age", (shared_office.folder / "roots" / "root-3.age").read_bytes()))
    before = root.read_bytes()
    fresh = shared_office.file("fresh", FRESH + "\n")
    ran = shared_office.run("secretariat", "passphrase", "--root-key", str(root), "--new-passphrase-file", fresh)
    assert ran.code == 0, ran
    assert root.read_bytes() != before
    again = shared_office.run("secretariat", "passphrase", "--root-key", str(root), "--new-passphrase-file", fresh)
    assert (again.code, root.read_bytes() != before) == (6, True)
    assert "the present passphrase of" in again.err


@pytest.mark.parametrize(
    ("fresh", "code", "words"),
    [
        (PASSPHRASE, 2, "the new passphrase is the present one; nothing was changed"),
        ("", 2, "holds nothing in its first line"),
        ("a\x07b", 2, "control"),
    ],
)
def test_what_cannot_be_a_new_passphrase(shared_office: Office, desk: str, fresh: str, code: int, words: str) -> None:
    before = keys(shared_office, desk).read_bytes()
    file = shared_office.file("fresh", fresh + "\n")
    ran = shared_office.run(desk, "passphrase", "--new-passphrase-file", file)
    assert (ran.code, keys(shared_office, desk).read_bytes()) == (code, before), ran
    assert words in ran.err


def test_without_a_terminal_it_says_how_to_give_the_new_one(shared_office: Office, desk: str) -> None:
    ran = shared_office.run(desk, "passphrase")
    assert ran.code == 2
    assert "--new-passphrase-file" in ran.err


def test_a_weak_one_is_taken_with_a_warning(shared_office: Office, desk: str) -> None:
    ran = shared_office.run(desk, "passphrase", "--new-passphrase-file", shared_office.file("fresh", "short\n"))
    assert ran.code == 0
    assert "the passphrase has 5 characters" in ran.err


@pytest.mark.parametrize(("root", "code"), [("nowhere.age", 7), ("passphrase", 2)])
def test_a_file_that_is_no_root_key(shared_office: Office, root: str, code: int) -> None:
    path = str(shared_office.folder / root)
    fresh = shared_office.file("fresh", FRESH + "\n")
    ran = shared_office.run("secretariat", "passphrase", "--root-key", path, "--new-passphrase-file", fresh)
    assert ran.code == code, ran
