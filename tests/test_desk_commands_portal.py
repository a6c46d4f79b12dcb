"""`enlace portal`: access made, shown, renewed and removed, as an officer types it."""

import json
import time

import pyotp
import pytest
from cli_world import PASSPHRASE, Office, Ran

pytest_plugins = ("shared_office",)
NAME = "portal-user"
WORDS = "four words by candlelight"


@pytest.fixture(scope="module")
def office(shared_office: Office) -> Office:
    shared_office.officers[NAME] = shared_office.invite("ar", "coordinator", NAME)
    return shared_office


def portal(office: Office, command: str, *options: str, feed: str = "") -> Ran:
    return office.run(NAME, "portal", command, *options, "--json", feed=feed.encode())


def next_code(phone: pyotp.TOTP) -> str:
    """Of the next half minute, which the relay takes already."""
    return phone.at(int(time.time()) + 30)


def begin(office: Office, command: str, passphrase: str = WORDS) -> Ran:
    secret = office.file("portal-passphrase", passphrase + "\n")
    code = office.file("portal-code", next_code(office.phones[NAME]) + "\n")
    return portal(office, command, "--code-file", code, "--new-passphrase-file", secret)


def test_access_is_made_shown_renewed_and_removed(office: Office) -> None:
    none = portal(office, "show")
    assert (none.code, "portal create" in none.out) == (7, True)
    assert portal(office, "renew").code == 2
    for weak, words in (("too short", "has 9 characters"), (PASSPHRASE, "that is the passphrase of this desk")):
        refused = begin(office, "create", weak)
        assert (refused.code, words in refused.out) == (2, True), refused

    begun = begin(office, "create")  # shows the secret, and then has nobody to ask for its first code
    assert begun.code == 2, begun
    assert "Your account name is" in begun.err
    phone = pyotp.parse_uri(json.loads(begun.out.splitlines()[0])["uri"])
    assert isinstance(phone, pyotp.TOTP)
    assert portal(office, "show").plain["waiting"] is True
    wrong = portal(office, "create", "--first-code-file", "-", feed="00000")
    assert (wrong.code, "6 digits" in wrong.out) == (6, True)
    made = portal(office, "create", "--first-code-file", "-", feed=phone.now())
    assert made.code == 0, made
    assert made.plain["address"] == f"https://localhost:{office.relay.port}/portal/"
    assert made.plain["ends"] > time.time() + 179 * 86_400
    assert portal(office, "create").code == 2
    shown = office.run(NAME, "portal", "show")
    assert f"Account name   {made.plain['name']}" in shown.out

    assert portal(office, "remove").code == 0
    assert portal(office, "remove").code == 7


def test_a_desk_without_a_shift_makes_no_access_and_the_secretariat_has_none(office: Office) -> None:
    office.ask(NAME, "logout")
    assert portal(office, "show").code == 6
    office.log_in(NAME)
    assert office.run("secretariat", "portal", "show").code == 2
