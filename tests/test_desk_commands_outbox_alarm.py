"""A message whose file the relay makes no sense of hides nothing of what else was done: that is told with the alarm."""

from collections.abc import Iterator

import pytest
from cli_world import Office

from desk.errors import Distrust, Unreachable

pytest_plugins = ("handling_office",)

ALARM = "stays in the outbox, for its files: the relay says that it got to byte 7 of 3"


@pytest.fixture(scope="module")
def stuck(handling_office: Office) -> Iterator[str]:
    """The number of a message of co-desk that stays, as long as the relay answers like that."""

    async def senseless(*_: object) -> None:
        raise Distrust("the relay says that it got to byte 7 of 3")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("desk.mail.outbox.upload", senseless)
        given = ("--subject", "x", "--no-text", "--attach", handling_office.file("f", "abc"))
        ran = handling_office.run("co-desk", "send", "pe-desk", *given, "--json")
        assert (ran.code, ran.plain["sent"], ALARM in ran.plain["kept"] + ran.err) == (5, 0, True), ran
        yield str(ran.plain["number"])
    assert handling_office.ask("co-desk", "sync")["sent"][0] == int(ran.plain["number"])


def test_a_case_that_was_opened_is_told_and_what_follows_in_it(handling_office: Office, stuck: str) -> None:
    def done(*arguments: str) -> dict[str, object]:
        ran = handling_office.run("co-desk", "case", *arguments, "--json")
        assert (ran.code, f"! ALARM: message {stuck} {ALARM}" in ran.err) == (5, True), ran
        sent = ran.plain.get("sent")
        assert isinstance(sent, list), ran
        assert all(sent), ran
        return ran.plain

    opened = done("open", "pe-desk", "--title", "Bus")
    case = str(opened["case"])
    assert done("invite", case, "ar-court")["case"] == case


@pytest.mark.usefixtures("stuck")
def test_an_alert_that_was_sent_is_told(handling_office: Office) -> None:
    ran = handling_office.run("co-desk", "alert", "pe-desk", "--subject", "y", "--no-text", "--yes")
    assert (ran.code, "taken in" in ran.out or "took it in" in ran.out, ALARM in ran.err) == (5, True, True), ran


def test_sync_tells_why_what_stays_stays(handling_office: Office, stuck: str) -> None:
    ran = handling_office.run("co-desk", "sync", "--json")
    assert (ran.code, ran.plain["sent"], ran.plain["kept"].keys()) == (5, [], {stuck})
    assert f"! ALARM: message {stuck} {ALARM}" in ran.err


def test_a_relay_that_hangs_up_after_it_hides_no_alarm(
    handling_office: Office, stuck: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last here: its own message waits behind the one that stays."""

    async def gone(*_: object) -> None:
        raise Unreachable("the relay hung up")

    monkeypatch.setattr("desk.mail.outbox.Sender._send", gone)
    sent = handling_office.run("co-desk", "send", "pe-desk", "--subject", "z", "--no-text", "--json")
    assert (sent.code, sent.plain["sent"], sent.plain["kept"]) == (5, 0, "the relay hung up"), sent
    synced = handling_office.run("co-desk", "sync", "--json")
    assert (synced.code, "! the relay hung up" in synced.err) == (5, True), synced
    stopped = handling_office.run("co-desk", "sync")
    for each in (sent, synced, stopped):
        assert f"message {stuck} {ALARM}" in " ".join((each.out + each.err).split()), each
