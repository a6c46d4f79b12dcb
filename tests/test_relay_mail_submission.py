"""Taking envelopes in: receipts that verify, one commit for many, the same again, and disks that fail."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from directory_world import START, key_pair, local_id
from mail_world import DAY, MailHouse, StoreKind, envelope, revoke, suspend

from directory.canonical import Malformed
from relay.mail.memory_store import MemoryMailStore
from relay.mail.settings import MailSettings
from relay.mail.store import Upload
from relay.protocol.envelope import Envelope
from relay.protocol.problems import Refusal
from relay.protocol.receipts import Relayed, check_relayed


@pytest.fixture(params=["memory", "sqlite"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailHouse]:
    kind: StoreKind = request.param
    async with MailHouse(tmp_path, kind) as opened:
        yield opened


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[MailHouse]:
    async with MailHouse(tmp_path, "memory") as opened:
        yield opened


def check(house: MailHouse, relayed: Relayed, sent: Envelope) -> None:
    """The receipt proves that this relay took this envelope in."""
    world, receipt = house.directory.world, key_pair("relay receipt").public
    check_relayed(relayed, sent.hash, world.network, world.name, receipt)


async def refused(call: object) -> str:
    with pytest.raises(Refusal) as caught:
        await call  # type: ignore[misc]  # whatever the test awaits
    return caught.value.problem.code


async def test_a_receipt_verifies_and_travels_with_the_envelope(house: MailHouse) -> None:
    sent = envelope(house.directory, own=["ar-desk", "ar-aide"], later=[(60, ["co-late"])])
    relayed = await house.submit(sent)
    check(house, relayed, sent)
    assert (relayed.leaf.tree_size, relayed.leaf.time) == (house.directory.view.size, START)
    (item,) = await house.queue("co-night")
    assert (item.payload, item.relayed, item.kind) == (sent.raw, relayed, "envelope")
    assert len(await house.queue("ar-aide")) == 1
    assert await house.queue("ar-desk") == []
    assert await house.queue("co-late") == []


async def test_concurrent_submissions_share_a_commit_and_a_root(house: MailHouse) -> None:
    sent = [envelope(house.directory, name=str(number)) for number in range(20)]
    relayed = await asyncio.gather(*(house.submit(each) for each in sent))
    for receipt, each in zip(relayed, sent, strict=True):
        check(house, receipt, each)
    assert house.mail.figures.clerk.largest >= 10
    assert len({each.note for each in relayed}) <= 3
    assert [each.envelope for each in await house.queue("co-night")] == [each.hash for each in sent]


async def test_the_same_bytes_get_the_same_receipt(house: MailHouse) -> None:
    sent = envelope(house.directory)
    first, twin = await asyncio.gather(house.submit(sent), house.submit(sent))
    later = await house.submit(sent)
    await house.restart()
    assert first == twin == later == await house.submit(sent)
    assert len(await house.queue("co-night")) == 1


async def test_the_same_bytes_get_the_same_receipt_whatever_has_changed_since(house: MailHouse) -> None:
    sent = envelope(house.directory)
    relayed = await house.submit(sent)
    await house.take("co-night")
    revoke(house.directory, "co-night")
    house.time.move(2 * DAY)
    await house.settled()
    assert await house.submit(sent) == relayed


async def test_other_bytes_under_the_same_id_are_refused(house: MailHouse) -> None:
    sent = envelope(house.directory)
    other = envelope(house.directory, filling=b"\x08")
    relayed, refusal = await asyncio.gather(house.submit(sent), house.submit(other), return_exceptions=True)
    assert isinstance(relayed, Relayed)
    assert isinstance(refusal, Refusal)
    assert refusal.problem.code == "envelope-conflict"
    assert await refused(house.submit(other)) == "envelope-conflict"
    assert len(await house.queue("co-night")) == 1


async def test_one_refusal_in_a_commit_harms_nobody_else(house: MailHouse) -> None:
    good = [envelope(house.directory, name=str(number)) for number in range(3)]
    bad = envelope(house.directory, name="bad", tree_size=1)
    answers = await asyncio.gather(*(house.submit(each) for each in [good[0], bad, *good[1:]]), return_exceptions=True)
    assert [type(each) for each in answers] == [Relayed, Refusal, Relayed, Relayed]
    for each, sent in zip([answers[0], *answers[2:]], good, strict=True):
        assert isinstance(each, Relayed)
        check(house, each, sent)


async def test_what_the_rules_refuse_is_not_stored(house: MailHouse) -> None:
    sent = envelope(house.directory)
    house.keys.known[local_id("co-night")] = frozenset({"f" * 16})
    assert await refused(house.submit(sent)) == "recipients-changed"
    house.keys.known.clear()
    assert await refused(house.mail.submit(local_id("ar-aide"), sent.raw)) == "not-allowed"
    suspend(house.directory, "co")
    assert await refused(house.submit(sent)) == "recipients-changed"
    with pytest.raises(Malformed):
        await house.mail.submit(local_id("ar-desk"), sent.raw[:-1])
    assert await house.store.read(lambda reading: reading.waiting_devices()) == []


async def test_an_envelope_waits_for_its_attachments(house: MailHouse) -> None:
    attachment = "a" * 64
    sent = envelope(house.directory, attachments=[attachment])
    unfinished = Upload(attachment, local_id("ar-aide"), 10, 4, False, START + 5)
    await house.store.transact(lambda tx: tx.put_upload(unfinished))
    assert await refused(house.submit(sent)) == "attachment-missing"
    whole = Upload(attachment, local_id("ar-aide"), 10, 10, True, START + 5)
    await house.store.transact(lambda tx: tx.put_upload(whole))
    await house.submit(sent)
    kept = await house.store.read(lambda reading: reading.upload(attachment, local_id("ar-aide")))
    assert kept is not None
    assert kept.until == sent.header.expires


async def test_full_queues_refuse_and_drop_nothing(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "sqlite", MailSettings(queue_items=3, share_percent=100)) as house:
        sent = [envelope(house.directory, to=["co-night", "co-day"], name=str(number)) for number in range(5)]
        answers = await asyncio.gather(*(house.submit(each) for each in sent), return_exceptions=True)
        assert [isinstance(each, Relayed) for each in answers] == [True, True, True, False, False]
        assert isinstance(answers[3], Refusal)
        assert answers[3].problem.code == "quota-full"
        assert set(answers[3].problem.devices) == {local_id("co-night"), local_id("co-day")}
        await house.take("co-night")
        assert await refused(house.submit(sent[3])) == "quota-full"
        assert len(await house.queue("co-day")) == 3
        await house.take("co-day")
        assert await refused(house.submit(sent[3])) == "quota-full"  # six delivered lines wait for the sender
        await house.take("ar-desk")
        await house.submit(sent[3])


async def test_what_may_have_been_lost_is_not_acknowledged_and_can_be_sent_again(memory: MailHouse) -> None:
    sent = envelope(memory.directory)
    await memory.settled()
    assert isinstance(memory.store, MemoryMailStore)
    memory.store.fail_next = "lost"
    assert await refused(memory.submit(sent)) == "unavailable"
    assert await memory.queue("co-night") == []
    check(memory, await memory.submit(sent), sent)
    assert len(await memory.queue("co-night")) == 1


async def test_what_was_stored_but_not_acknowledged_is_found_again(memory: MailHouse) -> None:
    sent = envelope(memory.directory)
    await memory.settled()
    assert isinstance(memory.store, MemoryMailStore)
    memory.store.fail_next = "unknown"
    assert await refused(memory.submit(sent)) == "unavailable"
    (item,) = await memory.queue("co-night")
    assert await memory.submit(sent) == item.relayed
    assert len(await memory.queue("co-night")) == 1


async def test_the_pace_of_a_sender_is_limited_and_comes_back(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "memory", MailSettings(burst=2, a_minute=60)) as house:
        device = local_id("ar-desk")
        house.mail.check_pace(device)
        house.mail.check_pace(device)
        with pytest.raises(Refusal) as caught:
            house.mail.check_pace(device)
        assert (caught.value.problem.code, caught.value.problem.retry_after) == ("throttled", 1)
        house.mail.check_pace(local_id("ar-aide"))
        house.time.move(1)
        house.mail.check_pace(device)


async def test_memory_for_bodies_is_shared_out(tmp_path: Path) -> None:
    """By device and by member, as `relay.rules.portions` has it."""
    async with MailHouse(tmp_path, "memory", MailSettings(pending_bytes=1600)) as house:
        desk, aide, night = (local_id(each) for each in ("ar-desk", "ar-aide", "co-night"))
        room = house.mail.room
        with room(desk, 100), room(aide, 300), room(night, 90):
            for device in (desk, aide):  # the one has its share, the other's member has
                with pytest.raises(Refusal) as caught, room(device, 1):
                    pass
                assert caught.value.problem.code == "unavailable"
            with room(night, 10):
                assert house.mail.figures.pending_bytes == 500
        assert house.mail.figures.pending_bytes == 0
        with room(desk, 1500):  # alone, one may have more than a share
            pass


async def test_a_full_queue_of_jobs_says_try_again(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "memory", MailSettings(pending_jobs=3)) as house:
        await house.settled()
        sent = [envelope(house.directory, name=str(number)) for number in range(6)]
        answers = await asyncio.gather(*(house.submit(each) for each in sent), return_exceptions=True)
        codes = [each.problem.code for each in answers if isinstance(each, Refusal)]
        assert codes == ["unavailable"] * 3
        assert len(await house.queue("co-night")) == 3


async def test_stopping_finishes_what_was_taken_and_takes_no_more(house: MailHouse) -> None:
    sent = [envelope(house.directory, name=str(number)) for number in range(8)]
    tasks = [asyncio.create_task(house.submit(each)) for each in sent]
    await asyncio.sleep(0)  # each has handed its job in
    await house.mail.stop()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, Relayed) for each in answers)
    assert await refused(house.submit(envelope(house.directory, name="late"))) == "unavailable"


async def test_a_sender_that_goes_away_leaves_a_whole_envelope(house: MailHouse) -> None:
    sent = envelope(house.directory)
    task = asyncio.create_task(house.submit(sent))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    check(house, await house.submit(sent), sent)
    assert len(await house.queue("co-night")) == 1


async def test_a_job_that_fails_unforeseen_harms_only_itself(house: MailHouse) -> None:
    class Poisoned:
        def run(self, tx: object, jobs: object) -> list[None]:
            raise RuntimeError("a mistake of ours")

    sent = [envelope(house.directory, name=str(number)) for number in range(3)]
    poisoned = house.mail.clerk.do(Poisoned(), None)
    answers = await asyncio.gather(*(house.submit(each) for each in sent), poisoned, return_exceptions=True)
    assert [type(each) for each in answers] == [Relayed] * 3 + [Refusal]
    assert isinstance(answers[3], Refusal)
    assert answers[3].problem.code == "internal"
    assert len(await house.queue("co-night")) == 3
