"""Acknowledgements and steps: what is passed on to whom, who is first, and what stops the clock."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from directory_world import START, key_pair, local_id
from mail_world import DAY, MailHouse, StoreKind, Told, delivered_line, envelope, revoke, step_line, suspend

from relay.mail.stepping import TakeStep
from relay.protocol.envelope import Envelope
from relay.protocol.lines import Delivered, Step, device_name, open_line, reception_name
from relay.protocol.problems import Problem, Refusal
from relay.rules.mailbox import CLOCK_SKEW
from relay.rules.release import Stood


@pytest.fixture(params=["memory", "sqlite"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailHouse]:
    kind: StoreKind = request.param
    async with MailHouse(tmp_path, kind) as opened:
        yield opened


async def sent_to_three(house: MailHouse, **fields: Any) -> Envelope:
    """To `co-night` and `co-day` at once, to `co-late` after ten minutes, and a copy for `ar-aide`."""
    sent = envelope(
        house.directory, to=["co-night", "co-day"], later=[(600, ["co-late"])], own=["ar-desk", "ar-aide"], **fields
    )
    await house.submit(sent)
    return sent


async def refused(call: object) -> Problem:
    with pytest.raises(Refusal) as caught:
        await call  # type: ignore[misc]  # whatever the test awaits
    return caught.value.problem


async def lines(house: MailHouse, handle: str, kind: str) -> list[bytes]:
    return [each.payload for each in await house.queue(handle) if each.kind == kind]


async def test_an_acknowledgement_deletes_the_item_and_tells_the_sender_alone(house: MailHouse) -> None:
    sent = await sent_to_three(house)
    await house.take("co-night")
    assert await house.queue("co-night") == []
    (line,) = await lines(house, "ar-desk", "delivered")
    world, device = house.directory.world, local_id("co-night")
    name, public = reception_name(world.name, device), key_pair("co-night reception").public
    assert open_line(line, Delivered, name, public, world.network).envelope == sent.hash
    assert await lines(house, "ar-aide", "delivered") == []
    assert len(await house.queue("co-day")) == 1


async def test_the_senders_own_side_is_not_reported_on(house: MailHouse) -> None:
    await sent_to_three(house)
    await house.take("ar-aide")
    assert await house.queue("ar-aide") == []
    assert await house.queue("ar-desk") == []


async def test_an_acknowledgement_twice_is_one(house: MailHouse) -> None:
    await sent_to_three(house)
    (item,) = await house.take("co-night")
    await house.acknowledge("co-night", item)
    assert len(await lines(house, "ar-desk", "delivered")) == 1
    (line,) = await house.take("ar-desk")
    await house.acknowledge("ar-desk", line)
    assert await house.queue("ar-desk") == []


async def test_accepting_stops_later_stages_and_everybody_sees_who_was_first(house: MailHouse) -> None:
    sent = await sent_to_three(house)
    line = await house.step("co-day", sent.hash)
    world, device = house.directory.world, local_id("co-day")
    step = open_line(line, Step, device_name(world.name, device), key_pair("co-day").public, world.network)
    assert (step.act, step.envelope, step.device) == ("accepted", sent.hash, device)
    for handle in ("ar-desk", "ar-aide", "co-night"):
        assert await lines(house, handle, "step") == [line]
    for handle in ("co-day", "co-late"):
        assert await lines(house, handle, "step") == []
    for handle in ("ar-desk", "ar-aide", "co-night", "co-day"):
        assert await house.notices(handle) == [Told(sent.hash, "stopped", ("co-late",), 1, START)]
    await house.settled()
    house.time.move(600)
    await house.settled()
    assert await house.queue("co-late") == []
    assert (await house.states(sent.hash))["co-late"] == "stopped"


async def test_of_two_that_accept_at_once_one_wins_and_the_other_sees_whose_it_is(house: MailHouse) -> None:
    sent = await sent_to_three(house)
    answers = await asyncio.gather(
        house.step("co-night", sent.hash), house.step("co-day", sent.hash), return_exceptions=True
    )
    (winner,) = [each for each in answers if isinstance(each, bytes)]
    (loser,) = [each for each in answers if isinstance(each, Refusal)]
    assert (loser.problem.code, loser.problem.line) == ("already-decided", winner.decode())
    assert await lines(house, "ar-desk", "step") == [winner]
    assert len(await house.store.read(lambda reading: reading.steps(sent.hash))) == 1


async def test_a_step_sent_again_gets_the_same_answer(house: MailHouse) -> None:
    sent = await sent_to_three(house)
    line = step_line(house.directory, "co-night", sent.hash)
    first = await house.mail.step(local_id("co-night"), sent.hash, line)
    again = await house.mail.step(local_id("co-night"), sent.hash, line)
    anew = await house.step("co-night", sent.hash)
    assert first == again == anew == line
    assert await lines(house, "ar-desk", "step") == [line]


async def test_refusing_does_not_stop_the_clock_and_anybody_may_still_accept(house: MailHouse) -> None:
    sent = await sent_to_three(house)
    refusal = await house.step("co-night", sent.hash, "refused")
    assert await lines(house, "co-day", "step") == [refusal]
    await house.settled()
    house.time.move(600)
    await house.settled()
    assert await house.kinds("co-late") == ["envelope", "released 1"]
    acceptance = await house.step("co-late", sent.hash)
    assert await lines(house, "co-night", "step") == [acceptance]
    assert (await refused(house.step("co-day", sent.hash, "refused"))).line == acceptance.decode()


async def test_with_stop_never_later_stages_come_and_see_who_accepted(house: MailHouse) -> None:
    sent = await sent_to_three(house, stop="never")
    line = await house.step("co-night", sent.hash)
    await house.settled()
    house.time.move(600)
    await house.settled()
    assert await house.kinds("co-late") == ["envelope", "step", "released 1"]
    assert await lines(house, "co-late", "step") == [line]
    assert [each.event for each in await house.notices("ar-desk")] == ["released"]


async def test_who_may_not_step(house: MailHouse) -> None:
    sent = await sent_to_three(house)
    assert (await refused(house.step("co-late", sent.hash))).rule == "L4"
    assert (await refused(house.step("ar-aide", sent.hash))).rule == "L4"
    assert (await refused(house.step("ar-desk", sent.hash))).code == "not-found"
    assert (await refused(house.step("co-night", "0" * 64))).code == "not-found"
    line = step_line(house.directory, "co-night", sent.hash)
    assert (await refused(house.mail.step(local_id("co-day"), sent.hash, line))).code == "not-allowed"
    assert (await refused(house.mail.step(local_id("co-night"), "0" * 64, line))).code == "not-allowed"
    revoke(house.directory, "co-night")
    assert (await refused(house.step("co-night", sent.hash))).code == "device-revoked"
    suspend(house.directory, "co")
    assert (await refused(house.step("co-day", sent.hash))).code == "member-suspended"
    assert await lines(house, "ar-desk", "step") == []


async def test_who_has_left_the_contact_neither_steps_nor_orders(house: MailHouse) -> None:
    world = house.directory.world
    house.directory.admit(world.publishing("co-desk", "co", ("co-night", "co-day", "co-late")), "co-chief")
    sent = await sent_to_three(house)
    before = await house.step("co-day", sent.hash, "refused")
    house.directory.admit(world.publishing("co-desk", "co", ("co-late",)), "co-chief")
    house.directory.admit(world.publishing("ar-desk", "ar", ("ar-aide",)), "ar-chief")
    assert (await refused(house.step("co-night", sent.hash))).rule == "L13"
    assert (await refused(house.order("ar-desk", sent.hash))).rule == "L13"
    assert await house.step("co-day", sent.hash, "refused") == before  # what was done before stands
    house.directory.admit(world.publishing("co-court", "co", ("co-night",)), "co-chief")
    assert (await refused(house.step("co-night", sent.hash))).rule == "L13"  # another contact is another matter
    house.directory.admit(world.publishing("co-desk", "co", ("co-night",)), "co-chief")
    await house.step("co-night", sent.hash)
    await refused(house.order("ar-aide", sent.hash))  # stopped by then


async def test_lines_that_do_not_count(house: MailHouse) -> None:
    sent = await sent_to_three(house)

    async def code(line: bytes) -> str:
        return (await refused(house.mail.step(local_id("co-night"), sent.hash, line))).code

    good = step_line(house.directory, "co-night", sent.hash)
    assert await code(b"no note") == "malformed"
    assert await code(good.replace(b"accepted", b"refused!")) == "malformed"
    assert await code(good.replace(b'"accepted"', b'"refused"')) == "signature-invalid"
    assert await code(b"\n".join(good.split(b"\n")[:-2]) + b"\n") == "signature-invalid"  # the ML-DSA line is stripped
    assert await code(step_line(house.directory, "co-night", sent.hash, at=START + 301)) == "malformed"
    assert await code(step_line(house.directory, "co-night", sent.hash, network="0" * 64)) == "signature-invalid"
    assert await code(delivered_line(house.directory, "co-night", sent.hash)) == "malformed"


async def test_a_step_counts_after_delivery_and_after_expiry(house: MailHouse) -> None:
    sent = await sent_to_three(house, lasts=300)
    await house.take("co-night")
    await house.settled()
    house.time.move(DAY)
    await house.settled()
    line = await house.step("co-night", sent.hash)
    assert line in await lines(house, "ar-desk", "step")
    assert (await refused(house.step("co-late", sent.hash))).rule == "L4"  # it was never released to that one


async def test_an_acknowledgement_of_another_number_is_none(house: MailHouse) -> None:
    await sent_to_three(house)
    (item,) = await house.queue("co-night")
    await house.acknowledge("co-night", replace(item, number=item.number + 1))
    assert await house.queue("co-night") == [item]
    assert await house.queue("ar-desk") == []


async def test_nobody_dates_back_and_what_the_relay_has_is_answered_however_old(house: MailHouse) -> None:
    """Else whoever accepts makes a relay that released in time look as if it ran on."""
    sent = await sent_to_three(house)
    late = step_line(house.directory, "co-day", sent.hash, at=START)
    first = await house.step("co-night", sent.hash, "refused")
    house.time.move(CLOCK_SKEW + 1)
    for old in (house.mail.step(local_id("co-day"), sent.hash, late), house.order("ar-desk", sent.hash, at=START)):
        problem = await refused(old)
        assert (problem.code, problem.rule) == ("line-old", "L14")
        assert "is dated more than 5 minutes back" in problem.detail
    assert await house.step("co-night", sent.hash, "refused", at=START) == first
    line = await house.step("co-day", sent.hash, at=house.time.now - CLOCK_SKEW)
    house.time.move(DAY)
    assert await house.step("co-day", sent.hash, at=START) == line


async def test_a_device_revoked_between_check_and_commit_does_not_step(house: MailHouse) -> None:
    sent = await sent_to_three(house)
    device = local_id("co-night")
    line = step_line(house.directory, "co-night", sent.hash)
    revoke(house.directory, "co-night")
    job = TakeStep(sent.hash, Stood(device, "accepted", line), START)
    assert (await refused(house.mail.clerk.do(house.mail.stepping, job))).code == "device-revoked"


async def test_steps_are_not_passed_on_to_devices_that_are_out(house: MailHouse) -> None:
    sent = await sent_to_three(house)
    await house.settled()
    revoke(house.directory, "co-night")
    await house.settled()
    await house.step("co-day", sent.hash)
    assert await house.queue("co-night") == []
