"""What an officer reads where a file of the profile is damaged: also what to do next."""

import pytest
from cli_world import PASSPHRASE, Office

from desk.keys.keyring import open_keyring
from desk.profile.folder import Profile

pytest_plugins = ("shared_office",)
DAMAGED = b"something else, and more of it than a header is long" * 40


@pytest.mark.parametrize(
    ("file", "words", "next_step"),
    [
        (
            "keys.age",
            "is not this profile's key file: the key file cannot be opened: not an age",
            "enrol anew with another invitation",
        ),
        ("messages.db", "messages.db is damaged, or cannot be opened", "a new one is made, and what stood in this"),
        ("replica.db", "replica.db is damaged, or cannot be opened", "`enlace sync` fetches the directory anew"),
    ],
)
def test_a_damaged_file_says_what_to_do(shared_office: Office, file: str, words: str, next_step: str) -> None:
    name = shared_office.copy("co-desk", "co-damaged")
    folder = shared_office.profile(name)
    for beside in folder.glob(f"{file}-*"):  # what SQLite writes beside a database
        beside.unlink()
    (folder / file).write_bytes(DAMAGED)
    ran = shared_office.run(name, "inbox")
    assert (ran.code, words in ran.err, next_step in ran.err) == (2, True, True), ran.err
    assert "ut it back from a backup of this profile. Without one" in ran.err


def test_recovery_codes_that_are_damaged_keep_no_enrolment_from_its_end(shared_office: Office) -> None:
    name = shared_office.copy("co-desk", "co-damaged")
    vault = open_keyring(Profile.open(shared_office.profile(name)), PASSPHRASE.encode()).vault
    vault.put("own-invitation", b"not looked at any more")
    codes = shared_office.profile(name) / "vault" / "recovery-codes.age"
    codes.write_bytes(DAMAGED)
    ran = shared_office.run(name, "enrol")
    assert (ran.code, ran.out, codes.exists()) == (0, "Enrolled.\n", False)
    assert "recovery-codes.age is damaged" in ran.err
    assert "`enlace authenticator codes` makes others" in ran.err
