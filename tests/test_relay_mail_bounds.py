"""Turns of an envelope: calls, orders of the sender's side, what ends a clock, and how much one sender may call."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from directory_world import START, local_id
from mail_world import DAY, MailHouse, StoreKind, envelope, revoke

from directory.keyset import LONGEST_EXPIRY
from relay.mail.settings import MailSettings
from relay.protocol.envelope import Envelope
from relay.protocol.problems import Problem, Refusal
from relay.protocol.receipts import Relayed


@pytest.fixture(params=["memory", "sqlite"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailHouse]:
    kind: StoreKind = request.param
    async with MailHouse(tmp_path, kind) as opened:
        yield opened


async def move(house: MailHouse, seconds: int) -> None:
    """Let time pass, and the sweeps that it brings."""
    await house.settled()
    house.time.move(seconds)
    await house.settled()


async def refused(call: object) -> Problem:
    with pytest.raises(Refusal) as caught:
        await call  # type: ignore[misc]  # whatever the test awaits
    return caught.value.problem


def calling(house: MailHouse, name: str = "first", **fields: Any) -> Envelope:
    """To `co-night`; to `co-day` after ten minutes; `co-late` is called after twenty."""
    usual: dict[str, Any] = {"later": [(600, ["co-day"])], "calls": [(1200, ["co-late"])], "own": ["ar-aide"]}
    return envelope(house.directory, name=name, **(usual | fields))


async def test_who_is_called_gets_the_line_and_no_more_once_across_a_restart(house: MailHouse) -> None:
    sent = calling(house)
    await house.submit(sent)
    await move(house, 600)
    await house.restart()
    await move(house, 600)
    assert await house.kinds("co-late") == ["call"]
    assert await house.kinds("co-day") == ["envelope", "released 1", "released 2"]
    assert await house.kinds("ar-aide") == ["envelope", "released 1", "released 2"]
    await house.restart()
    await move(house, DAY // 2)
    assert await house.kinds("co-late") == ["call"]


async def test_an_order_brings_what_waits_before_its_turn_and_a_stop_ends_the_rest(house: MailHouse) -> None:
    sent = calling(house)
    await house.submit(sent)
    line = await house.order("ar-aide", sent.hash, "hasten", 1)
    assert await house.order("ar-aide", sent.hash, "hasten", 1) == line  # its answer was lost
    assert await house.kinds("co-day") == ["stage", "envelope", "hastened 1"]
    assert await house.kinds("co-night") == ["envelope", "stage", "hastened 1"]
    assert (await refused(house.order("ar-desk", sent.hash, "hasten", 1))).code == "turn-over"
    stop = await house.order("ar-desk", sent.hash)
    assert (await refused(house.order("ar-aide", sent.hash))).line == stop.decode()
    await move(house, DAY // 2)
    assert await house.kinds("co-late") == []


@pytest.mark.parametrize("handle", ["co-night", "co-day", "co-late", "ar-clerk"])
async def test_nobody_but_the_senders_side_orders(house: MailHouse, handle: str) -> None:
    sent = calling(house)
    await house.submit(sent)
    assert (await refused(house.order(handle, sent.hash))).code in ("not-allowed", "not-found")


async def test_orders_that_do_not_count(house: MailHouse) -> None:
    sent, other = calling(house), calling(house, "other")
    await house.submit(sent)
    await house.submit(other)
    assert (await refused(house.order("ar-desk", sent.hash, at=START + 301))).code == "malformed"
    assert (await refused(house.order("ar-desk", sent.hash, "stop", 1))).code == "malformed"  # a stop names no turn
    assert (await refused(house.order("ar-desk", sent.hash, "hasten", 0))).code == "turn-over"
    revoke(house.directory, "ar-aide")
    assert (await refused(house.order("ar-aide", sent.hash))).status in (401, 403)
    assert await house.kinds("co-night") == ["envelope", "envelope"]


async def test_a_step_after_the_expiry_stops_nothing(house: MailHouse) -> None:
    sent = calling(house, lasts=300)
    await house.submit(sent)
    await house.settled()
    house.time.now += 301  # before any sweep
    await house.step("co-night", sent.hash)
    await move(house, 60)
    assert "stopped 1" not in await house.kinds("ar-desk")
    assert (await house.states(sent.hash))["co-day"] == "expired"


async def test_a_call_rings_nobody_after_its_message_has_expired(house: MailHouse) -> None:
    sent = calling(house, lasts=2 * DAY)
    await house.submit(sent)
    await move(house, 1200)
    assert await house.kinds("co-late") == ["call"]
    await move(house, 2 * DAY)
    assert await house.kinds("co-late") == []


def ringing(house: MailHouse, count: int, **fields: Any) -> list[Envelope]:
    return [calling(house, f"{number}", later=[], calls=[(1, ["co-late"])], **fields) for number in range(count)]


async def test_a_member_calls_a_device_so_often_also_in_one_commit(
    house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.rules.mailbox.MEMBER_CALLS", 2)
    answers = await asyncio.gather(*map(house.submit, ringing(house, 4)), return_exceptions=True)
    assert [type(each) for each in answers] == [Relayed, Relayed, Refusal, Refusal]
    assert isinstance(answers[2], Refusal)
    assert (answers[2].problem.rule, answers[2].problem.devices) == ("M14", (local_id("co-late"),))


async def test_messages_that_expire_at_once_call_no_oftener(house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.rules.mailbox.MEMBER_CALLS", 2)
    for each in ringing(house, 2, lasts=2):
        await house.submit(each)
    await move(house, 600)
    await house.restart()
    assert (await refused(house.submit(calling(house, "third", now=house.time.now)))).rule == "M14"
    await move(house, LONGEST_EXPIRY)
    await house.submit(calling(house, "later", now=house.time.now))


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_turns_of_messages_that_expire_at_once_bury_nobody(tmp_path: Path, kind: StoreKind) -> None:
    async with MailHouse(tmp_path, kind, MailSettings(queue_items=8, share_percent=100)) as house:
        sent = 0

        async def flood() -> None:
            nonlocal sent
            for number in range(20):
                later = [(1, ["co-day"]), (2, ["co-late"])]
                made = envelope(house.directory, later=later, name=f"{number}", now=house.time.now, lasts=5)
                await house.submit(made)
                sent += 1
                await house.take("ar-desk")  # the sender fetches what it is told
                await move(house, 3)
                await move(house, 10)

        problem = await refused(flood())
        assert (problem.rule, problem.devices, sent) == ("M15", tuple(map(local_id, ("co-night", "co-day"))), 4)
        plain = envelope(house.directory, name="plain", now=house.time.now)
        await house.submit(plain)  # what makes no lines comes all the same
        others = envelope(
            house.directory, "co-late", ["co-night"], [(600, ["co-day"])], name="others", now=house.time.now
        )
        await house.submit(others, "co-late")  # and so does what another member sends
