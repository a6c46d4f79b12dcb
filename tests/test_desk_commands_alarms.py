"""An alarm that a command told is in its exit code, whatever else became of the command."""

import json

import pytest
from cli_world import Office

from desk.errors import Unreachable
from desk.mail.intake import TakenIn

pytest_plugins = ("shared_office",)
ALARM = "the sender saw another directory. What was seen is kept in alarms/1"


@pytest.fixture
def alarmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is taken in, it gives rise to an alarm."""
    monkeypatch.setattr("desk.profile.unlocked.take_in", lambda *_, **__: TakenIn(alarms=[ALARM]))


@pytest.fixture
def broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay ends every stream."""

    async def breaks(*_: object, **__: object) -> None:
        raise Unreachable("the relay broke off")

    monkeypatch.setattr("desk.profile.unlocked.drain", breaks)


@pytest.fixture
def number(shared_office: Office) -> str:
    """A message that ar-desk sent, and that waits for nobody any more: others count theirs in the same office."""
    number = str(shared_office.ask("ar-desk", "send", "co-desk", "-s", "Antes")["number"])
    shared_office.ask("co-desk", "sync")
    return number


@pytest.mark.parametrize("typed", [("inbox",), ("sync",), ("read",), ("receipts",)], ids=" ".join)
def test_a_command_that_did_what_it_was_asked_ends_with_5(
    shared_office: Office, number: str, alarmed: None, typed: tuple[str, ...]
) -> None:
    arguments = (number,) if typed[0] in ("read", "receipts") else ()
    ran = shared_office.run("ar-desk", *typed, *arguments, "--json")
    assert (ran.code, "error" in ran.plain) == (5, False)
    assert f"! ALARM: {ALARM}" in ran.err


def test_a_command_that_failed_after_an_alarm_ends_with_5(shared_office: Office, alarmed: None) -> None:
    ran = shared_office.run("ar-desk", "read", "999")
    assert (ran.code, f"! ALARM: {ALARM}" in ran.err) == (5, True)
    assert "enlace: there is no message 999" in ran.err  # which is no alarm itself


@pytest.mark.parametrize("as_json", [True, False])
def test_a_relay_that_breaks_off_hides_no_alarm(
    shared_office: Office, alarmed: None, broken_off: None, as_json: bool
) -> None:
    ran = shared_office.run("ar-desk", "sync", *(("--json",) if as_json else ()))
    assert (ran.code, f"! ALARM: {ALARM}" in ran.err) == (5, True)
    if as_json:
        told = json.loads(ran.out)
        assert (told["code"], told["kind"], told["error"]) == (5, "unreachable", "the relay broke off")
    else:
        assert "enlace: the relay broke off" in ran.err


def test_without_an_alarm_it_is_4(shared_office: Office, broken_off: None) -> None:
    assert shared_office.run("ar-desk", "sync").code == 4
