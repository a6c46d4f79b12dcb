"""A founding whose answer was lost, or that the relay was too busy for; and one that is typed in differently again."""

from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Any

import pytest
from ceremony_machines import Ceremony, ceremony
from cli_world import PASSPHRASE

import desk.roots.founding
from desk.errors import Unreachable
from desk.keys.keyring import open_keyring
from desk.link.client import refusal
from desk.profile.folder import Profile
from desk.replica.statements import send_request
from desk.roots.ceremony import complete
from desk.roots.root_signed import read_signed
from directory.canonical import encode
from directory.view import View
from relay.protocol.problems import Problem, Refusal

NAMES = ("vault-1", "vault-2", "vault-3")


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Ceremony]:
    """A founding that three root keys were asked to sign."""
    with ceremony(tmp_path / "office") as held:
        held.ask("found", *command(held))
        yield held


def command(held: Ceremony, *names: str, **other: str) -> tuple[str, ...]:
    typed = {"name": "enlace.example", "relay_keys": str(held.office.relay.folder / "relay-keys.json"), **other}
    options = (f"--{name.replace('_', '-')}={value}" for name, value in typed.items())
    return ("network", "found", *options, *held.publics(*(names or NAMES)))


def problem(code: Any) -> Problem:
    return Refusal(code).problem


async def lost(client: Any, request: Any) -> Any:
    await send_request(client, request)
    raise Unreachable("the relay does not answer: it took too long")


async def busy(client: Any, request: Any) -> Any:
    raise refusal(problem("unavailable"))


def test_a_founding_that_the_relay_has_stays_the_one_that_is_handed_over(
    begun: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer was lost; then somebody publishes the same founding with a third signature."""
    two = begun.sign("found", "vault-1", "vault-2").rename(begun.stick / "two.signed")
    with monkeypatch.context() as patched:
        patched.setattr(desk.roots.founding, "send_request", lost)
        assert begun.publish(two).code == 4
    three = begun.sign("found", *NAMES)
    done = begun.publish(three)
    assert (done.code, "Founded enlace.example: 2 of 3" in done.out) == (0, True), done
    assert begun.publish(two).code == 0


def test_a_founding_that_was_replaced_by_the_same_with_other_signatures_is_seen_in_the_log(
    begun: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the relay refuses (a log holds one founding) is looked for in its log before anything is said of it."""
    two = begun.sign("found", "vault-1", "vault-2").rename(begun.stick / "two.signed")
    with monkeypatch.context() as patched:
        patched.setattr(desk.roots.founding, "send_request", lost)
        begun.publish(two)
    third = read_signed(begun.sign("found", *NAMES).read_bytes())
    keyring = open_keyring(Profile.open(begun.office.profile("secretariat")), PASSPHRASE.encode())
    keyring.vault.put(desk.roots.founding.FOUNDING, encode(complete(third, View(), int(time()))))
    done = begun.office.run("secretariat", *command(begun))
    assert (done.code, "Founded enlace.example: 2 of 3" in done.out) == (0, True), done


def test_a_busy_relay_says_nothing_of_the_founding(begun: Ceremony, monkeypatch: pytest.MonkeyPatch) -> None:
    two = begun.sign("found", "vault-1", "vault-2")
    with monkeypatch.context() as patched:
        patched.setattr(desk.roots.founding, "send_request", busy)
        ran = begun.publish(two)
    assert (ran.code, "not known" in ran.err, "`enlace network found` again" in ran.err) == (3, True, True)
    assert "delete" not in ran.err
    again = begun.office.run("secretariat", *command(begun))
    assert (again.code, "Founded enlace.example" in again.out) == (0, True), again


def test_what_is_typed_differently_the_second_time_is_said(begun: Ceremony) -> None:
    three = "root keys"
    table: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "--name (enlace.example)": (command(begun, name="two.example"), ()),
        f"set of {three}": (command(begun, "vault-3", "vault-4", "vault-5"), ()),
        f"number of {three} (3)": (command(begun, "vault-1", "vault-2"), ()),
        "--threshold (2)": (command(begun), ("--threshold", "3")),
    }
    for words, (typed, more) in table.items():
        file = begun.stick / "anew.request"
        ran = begun.office.run("secretariat", *typed, *more, "--request", str(file))
        assert (ran.code, f"begun with another {words}" in ran.err, file.exists()) == (2, True, False), ran
    both = begun.office.run("secretariat", *command(begun, name="two.example"), "--threshold", "3")
    assert "another --name (enlace.example), another --threshold (2)" in both.err
