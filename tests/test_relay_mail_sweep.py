"""Time and the directory at work on mail: release, expiry, holding, dropping, forgetting; and what senders are told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from directory_world import START, TWO_ROOTS, local_id, officer_id
from mail_world import DAY, MailHouse, StoreKind, Told, envelope, reinstate, revoke, suspend

from directory.statement import RevokeMember, RevokeOfficer
from relay.mail.memory_store import MemoryMailStore
from relay.mail.settings import MailSettings
from relay.mail.sweep import BATCH


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


async def test_stages_are_released_when_due_and_the_sender_is_told(house: MailHouse) -> None:
    sent = envelope(house.directory, later=[(600, ["co-day"]), (1200, ["co-late"])])
    await house.submit(sent)
    await move(house, 599)
    assert await house.queue("co-day") == []
    await move(house, 1)
    item, _ = await house.queue("co-day")
    assert (item.stage, item.released) == (1, START + 600)
    assert await house.queue("co-late") == []
    await move(house, 600)
    assert await house.kinds("co-late") == ["envelope", "released 2"]
    told = [
        Told(sent.hash, "released", ("co-day",), 1, START + 600),
        Told(sent.hash, "released", ("co-late",), 2, START + 1200),
    ]
    for handle in ("ar-desk", "co-night", "co-day"):
        assert await house.notices(handle) == told


async def test_a_restart_catches_up_with_what_became_due(house: MailHouse) -> None:
    sent = envelope(house.directory, later=[(600, ["co-day"])])
    await house.submit(sent)
    await house.mail.stop()
    house.time.now += 3600
    await house.restart()
    await house.settled()
    assert (await house.queue("co-day"))[0].released == START + 3600
    assert [each.event for each in await house.notices("ar-desk")] == ["released"]


async def test_a_stage_that_became_due_after_expiry_is_not_released(house: MailHouse) -> None:
    sent = envelope(house.directory, later=[(600, ["co-day"])], lasts=900)
    await house.submit(sent)
    await house.mail.stop()
    house.time.now += 900
    await house.restart()
    await house.settled()
    assert await house.queue("co-day") == []
    assert await house.notices("ar-desk") == [Told(sent.hash, "expired", ("co-day", "co-night"), 0, START + 900)] or [
        set(each.devices) for each in await house.notices("ar-desk")
    ] == [{"co-day", "co-night"}]


async def test_what_expires_is_removed_and_told_once(house: MailHouse) -> None:
    sent = envelope(house.directory, to=["co-night", "co-day"], own=["ar-aide"])
    await house.submit(sent)
    await house.take("co-night")
    await house.take("ar-desk")
    await move(house, DAY)
    assert await house.states(sent.hash) == {"co-night": "delivered", "co-day": "expired", "ar-aide": "expired"}
    assert await house.queue("co-day") == []
    assert await house.queue("ar-aide") == []
    (told,) = await house.notices("ar-desk")
    assert (told.event, set(told.devices), told.at) == ("expired", {"co-day", "ar-aide"}, START + DAY)
    await house.restart()
    await move(house, DAY)
    assert len(await house.notices("ar-desk")) == 1


async def test_an_acknowledgement_that_crosses_the_expiry_is_passed_on(house: MailHouse) -> None:
    await house.submit(envelope(house.directory))
    (item,) = await house.queue("co-night")
    await move(house, DAY)
    await house.acknowledge("co-night", item)
    assert [each.kind for each in await house.queue("ar-desk")] == ["notice", "delivered"]
    await house.acknowledge("co-night", item)
    assert len(await house.queue("ar-desk")) == 2


async def test_a_revoked_device_gets_nothing_more_and_the_sender_is_told(house: MailHouse) -> None:
    sent = [envelope(house.directory, to=["co-night", "co-day"], name=name) for name in ("a", "b")]
    for each in sent:
        await house.submit(each)
    await house.submit(envelope(house.directory, "co-night", ["ar-desk"], name="c"), "co-night")
    await house.take("ar-desk")
    assert len(await house.queue("co-night")) == 3  # two envelopes, and the delivered line of its own
    revoke(house.directory, "co-night")
    await house.settled()
    assert await house.queue("co-night") == []
    assert await house.states(sent[0].hash) == {"co-night": "dropped", "co-day": "queued"}
    told = await house.notices("ar-desk")
    assert {each.envelope for each in told} == {each.hash for each in sent}
    assert {(each.event, each.devices) for each in told} == {("dropped", ("co-night",))}
    assert len(await house.queue("co-day")) == 2


async def test_a_revoked_officer_and_member_are_dropped_whole(house: MailHouse) -> None:
    sent = envelope(house.directory, to=["co-night"], later=[(600, ["co-day", "co-late"])])
    await house.submit(sent)
    world = house.directory.world
    house.directory.admit(
        world.say(RevokeOfficer, officer=officer_id("co-late"), reason="left"), "co-chief", "co-deputy"
    )
    await house.settled()
    house.directory.admit(world.say(RevokeMember, member="co"), *TWO_ROOTS)
    await house.settled()
    assert set((await house.states(sent.hash)).values()) == {"dropped"}
    assert [(each.event, set(each.devices)) for each in await house.notices("ar-desk")] == [
        ("dropped", {"co-late"}),
        ("dropped", {"co-night", "co-day"}),
    ]
    await move(house, 600)
    assert [each.event for each in await house.notices("ar-desk")] == ["dropped"] * 2 + ["released"]
    assert (await house.notices("ar-desk"))[-1].devices == ()  # its turn came, and nobody is left to be reached


async def test_mail_of_a_suspended_member_is_held_told_and_delivered_later(house: MailHouse) -> None:
    sent = envelope(house.directory, to=["co-night"], later=[(600, ["co-day"])], lasts=3 * DAY)
    await house.submit(sent)
    suspend(house.directory, "co")
    await house.settled()
    (held,) = await house.notices("ar-desk")
    assert (held.event, set(held.devices)) == ("held", {"co-night", "co-day"})
    house.directory.admit(house.directory.world.publishing("ar-contact", "ar", ["ar-aide"]), "ar-chief")
    await house.restart()
    await house.settled()
    assert len(await house.notices("ar-desk")) == 1  # not told again
    assert len(await house.queue("co-night")) == 1
    reinstate(house.directory, "co")
    await house.settled()
    assert (await house.queue("co-night"))[0].payload == sent.raw
    suspend(house.directory, "co")
    await house.settled()
    assert [each.event for each in await house.notices("ar-desk")] == ["held", "held"]


async def test_a_suspension_that_lapses_by_itself_is_noticed(house: MailHouse) -> None:
    await house.submit(envelope(house.directory, lasts=3 * DAY))
    suspend(house.directory, "co")
    await house.settled()
    device = local_id("co-night")
    assert len(await house.store.read(lambda reading: reading.open_deliveries([device], 9, held=True))) == 1
    await move(house, DAY)
    assert await house.store.read(lambda reading: reading.open_deliveries([device], 9, held=True)) == []


async def test_held_mail_expires_like_other_mail(house: MailHouse) -> None:
    sent = envelope(house.directory)
    await house.submit(sent)
    suspend(house.directory, "co", 2 * DAY)
    await move(house, DAY)
    assert await house.states(sent.hash) == {"co-night": "expired"}
    assert [each.event for each in await house.notices("ar-desk")] == ["held", "expired"]


async def test_when_the_sending_device_is_revoked_its_own_side_is_told(house: MailHouse) -> None:
    sent = envelope(house.directory, own=["ar-desk", "ar-aide"])
    await house.submit(sent)
    revoke(house.directory, "ar-desk")
    await house.settled()
    await house.take("ar-aide")
    await house.take("co-night")
    assert await house.queue("ar-desk") == []
    (item,) = await house.queue("ar-aide")
    assert item.kind == "delivered"


async def test_when_nobody_is_left_to_tell_nothing_is_queued(house: MailHouse) -> None:
    sent = envelope(house.directory)
    await house.submit(sent)
    revoke(house.directory, "ar-desk")
    await move(house, DAY)
    assert await house.states(sent.hash) == {"co-night": "expired"}
    assert await house.store.read(lambda reading: reading.waiting_devices()) == []


async def test_lines_and_records_are_forgotten_after_their_time(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "sqlite", MailSettings(line_seconds=5 * DAY, record_seconds=3 * DAY)) as house:
        sent = envelope(house.directory)
        await house.submit(sent)
        await house.take("co-night")
        await move(house, 4 * DAY - 1)
        assert await house.states(sent.hash) == {"co-night": "delivered"}
        await move(house, 1)
        assert await house.states(sent.hash) == {}
        assert len(await house.queue("ar-desk")) == 1
        await move(house, DAY)
        assert await house.queue("ar-desk") == []


async def test_more_than_a_batch_is_swept_to_the_end(house: MailHouse) -> None:
    sent = [envelope(house.directory, name=str(number), later=[(60, ["co-day"])]) for number in range(2 * BATCH + 1)]
    for each in sent:
        await house.submit(each)
    await move(house, 60)
    assert (await house.kinds("co-day")).count("envelope") == len(sent)
    suspend(house.directory, "co")
    await house.settled()
    held = [set(each.devices) for each in await house.notices("ar-desk") if each.event == "held"]
    assert sum(map(len, held)) == 2 * len(sent)
    assert len(held) <= len(sent) + 5  # one an envelope, but where a batch ends
    reinstate(house.directory, "co")
    await house.settled()
    assert await house.store.read(lambda r: r.open_deliveries([local_id("co-night")], 99, held=True)) == []
    revoke(house.directory, "co-night")
    await house.settled()
    assert await house.queue("co-night") == []
    await move(house, DAY)
    assert "envelope" not in await house.kinds("co-day")
    ended = [each for each in await house.notices("ar-desk") if each.event in ("dropped", "expired")]
    assert len(ended) == 2 * len(sent)


async def test_a_sweep_whose_commit_fails_is_done_again(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "memory") as house:
        sent = envelope(house.directory, later=[(600, ["co-day"])])
        await house.submit(sent)
        await house.settled()
        assert isinstance(house.store, MemoryMailStore)
        house.store.fail_next = "lost"
        revoke(house.directory, "co-night")
        await house.settled()
        assert await house.states(sent.hash) == {"co-night": "queued", "co-day": "waiting"}
        await move(house, 5)
        assert await house.states(sent.hash) == {"co-night": "dropped", "co-day": "waiting"}
        house.store.fail_next = "unknown"
        await move(house, 600)
        assert [each.event for each in await house.notices("ar-desk")] == ["dropped", "released"]
        await move(house, 60)
        assert [each.event for each in await house.notices("ar-desk")] == ["dropped", "released"]


async def test_what_is_due_before_the_timekeeper_would_look_wakes_it(house: MailHouse) -> None:
    await house.settled()
    await house.submit(envelope(house.directory, later=[(10, ["co-day"])]))
    await move(house, 10)
    assert await house.kinds("co-day") == ["envelope", "released 1"]
