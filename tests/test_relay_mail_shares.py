"""Room shared out by sending member, in queues and on the disk: the store's counts, and what submission refuses."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from directory_world import START, local_id
from mail_rows import AIDE, LATE, NIGHT, close, delivery, made, put, queue
from mail_uploads import announce, append, code, content, offset_of, opened, uploaded
from mail_world import DAY, KEEP_FREE, MailHouse, StoreKind, envelope, mail_app, revoke

from config.database import open_database, packaged_migrations, transact
from relay.disk import Disk, free_bytes
from relay.mail.memory_store import MemoryMailStore
from relay.mail.settings import MailSettings
from relay.mail.sqlite_store import MIGRATIONS, open_mail_store
from relay.mail.store import MailStore
from relay.protocol.envelope import Envelope
from relay.protocol.problems import Problem, Refusal
from relay.protocol.receipts import Relayed
from relay.rules.mailbox import Load


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailStore]:
    kind: StoreKind = request.param
    if kind == "memory":
        yield MemoryMailStore()
        return
    opened = await open_mail_store(tmp_path / "mail.db")
    yield opened
    await opened.close()


async def test_shares_count_open_deliveries_by_sending_member_and_no_lines(store: MailStore) -> None:
    first, second, third = made("1"), made("2"), made("3")
    await put(store, first, second)
    await put(store, third, member="ec")
    await queue(store, NIGHT, START + 10)
    size = len(first.raw)

    async def shares(device: str) -> dict[str, Load]:
        return dict(await store.read(lambda r: r.shares(device)))

    assert await shares(NIGHT) == {"ar": Load(2, 2 * size), "ec": Load(1, size)}
    assert await shares(LATE) == await shares(NIGHT)  # waiting stages count
    await close(store, first, "delivered", NIGHT)
    await close(store, third, "expired", NIGHT)
    await close(store, third, "delivered", NIGHT)  # an acknowledgement that crossed the expiry frees nothing twice
    assert await shares(NIGHT) == {"ar": Load(1, size)}
    await close(store, second, "dropped", NIGHT)
    assert await shares(NIGHT) == {}
    assert await store.read(lambda r: r.load(NIGHT)) == Load(1, 1)


async def test_what_is_kept_for_a_member_counts_each_ciphertext_once(store: MailStore) -> None:
    first, second = made("1"), made("2")
    await put(store, first, second)
    size = len(first.raw)

    async def kept() -> Load:
        return await store.read(lambda r: r.kept("ar"))

    assert await kept() == Load(2, 2 * size)
    assert await store.read(lambda r: r.kept("ec")) == Load()
    await close(store, first, "delivered", NIGHT, LATE)
    assert await kept() == Load(2, 2 * size)
    await close(store, first, "expired", AIDE)
    assert await kept() == Load(1, size)
    await close(store, first, "delivered", AIDE)
    await close(store, second, "delivered")
    assert await kept() == Load()


async def test_mail_from_before_there_were_shares_is_nobodys_in_particular(tmp_path: Path) -> None:
    path, sent = tmp_path / "mail.db", made()
    old = await open_database(path, packaged_migrations(MIGRATIONS)[:1])
    rows = [
        ("INSERT INTO envelopes VALUES (?, 's', 'i', x'00', x'00', 1, 2)", (sent.hash,)),
        ("INSERT INTO ciphertexts VALUES (?, ?)", (sent.hash, sent.raw)),
        ("INSERT INTO queues VALUES (?, 1, 1, 7)", (NIGHT,)),
        ("INSERT INTO deliveries VALUES (?, ?, 0, 0, 7, 1, 1, 'waiting', 0, 0, 0)", (sent.hash, NIGHT)),
        ("INSERT INTO deliveries VALUES (?, ?, 0, 0, 7, 1, 1, 'delivered', 1, 1, 0)", (sent.hash, LATE)),
    ]
    await transact(old, lambda db: [db.execute(sql, values) for sql, values in rows])
    await old.close()
    store = await open_mail_store(path)
    assert await store.read(lambda r: (r.shares(NIGHT), r.shares(LATE))) == ({"": Load(1, 7)}, {})
    assert await store.read(lambda r: r.kept("")) == Load(1, len(sent.raw))
    await store.transact(lambda tx: tx.close(delivery(tx, sent, NIGHT), "delivered"))
    assert await store.read(lambda r: (r.shares(NIGHT), r.kept(""))) == ({}, Load())
    await store.close()


async def problem(call: object) -> Problem:
    with pytest.raises(Refusal) as caught:
        await call  # type: ignore[misc]  # whatever the test awaits
    return caught.value.problem


def several(house: MailHouse, count: int, sender: str = "ar-desk", to: tuple[str, ...] = ("co-day",)) -> list[Envelope]:
    return [envelope(house.directory, sender, to, name=f"{sender} {number}") for number in range(count)]


async def test_one_member_cannot_shut_a_door_on_the_others(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "sqlite", MailSettings(queue_items=8)) as house:  # a share of two
        await house.submit(several(house, 1, "ar-aide")[0], "ar-aide")
        answers = await asyncio.gather(*map(house.submit, several(house, 4)), return_exceptions=True)
        assert [type(each) for each in answers] == [Relayed, Refusal, Refusal, Refusal]  # colleagues share a share
        both = envelope(house.directory, to=["co-late", "co-day"], name="both")
        full = await problem(house.submit(both))
        assert (full.code, full.rule, full.devices) == ("quota-full", "M11", (local_id("co-day"),))
        assert await house.queue("co-late") == []  # nothing was taken in
        for each in several(house, 2, "co-night"):
            await house.submit(each, "co-night")
        await house.restart()
        assert (await problem(house.submit(both))).code == "quota-full"
        await house.take("co-day")
        await house.submit(both)


async def test_signed_lines_take_no_room_from_mail(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "sqlite", MailSettings(queue_items=8)) as house:
        for each in several(house, 2):
            await house.submit(each)
        await queue(house.store, local_id("co-late"), *[START + 10] * 20)
        last = await house.submit(envelope(house.directory, to=["co-late"], name="last"))
        assert isinstance(last, Relayed)


async def test_a_member_leaves_so_much_with_the_relay_and_no_more(tmp_path: Path) -> None:
    size = len(several(MailHouse(tmp_path, "memory"), 1)[0].raw)
    async with MailHouse(tmp_path, "sqlite", MailSettings(member_bytes=2 * size + 10)) as house:
        sent = several(house, 3)
        answers = await asyncio.gather(*map(house.submit, sent), return_exceptions=True)
        assert [type(each) for each in answers] == [Relayed, Relayed, Refusal]
        full = await problem(house.submit(sent[2]))
        assert (full.code, full.rule, full.devices) == ("quota-full", "M13", ())
        await house.submit(several(house, 1, "co-night")[0], "co-night")
        await house.take("co-day")
        await house.take("ar-desk")
        await house.submit(sent[2])


async def test_a_disk_that_is_nearly_full_takes_no_mail_and_everything_else(tmp_path: Path) -> None:
    async with MailHouse(tmp_path, "sqlite") as house, TestClient(TestServer(mail_app(house.mail))) as client:
        sent, later = several(house, 2)
        relayed = await house.submit(sent)
        (dropped,) = several(house, 1, "ar-aide", ("co-night",))
        await house.submit(dropped, "ar-aide")
        data, digest = content(100)
        await announce(client, digest, 100)
        house.free = KEEP_FREE - 1
        refused = await problem(house.submit(later))
        assert (refused.code, refused.status, refused.retry_after) == ("storage-low", 507, 60)
        assert await house.submit(sent) == relayed  # taken in before
        assert await code(await announce(client, "b" * 64, 100)) == "storage-low"
        assert await code(await append(client, digest, 0, data)) == "storage-low"
        assert await offset_of(client, digest) == 0
        await house.step("co-day", sent.hash)
        assert len(await house.take("co-day")) == 1
        revoke(house.directory, "co-night")
        await house.settled()
        assert await house.states(dropped.hash) == {"co-night": "dropped"}
        house.free = KEEP_FREE
        assert (await append(client, digest, 0, data)).status == 204


async def test_a_disk_that_fills_up_during_an_upload_ends_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as house, TestClient(TestServer(mail_app(house.mail))) as client:
        data, digest = content(20 << 20)
        await announce(client, digest, len(data))

        async def filling() -> AsyncIterator[bytes]:
            for start in range(0, len(data), 1 << 20):
                if start == 4 << 20:
                    house.free = 0  # noticed when these eight megabytes are made safe
                yield data[start : start + (1 << 20)]

        device = local_id("ar-desk")
        refused = await problem(house.mail.attachments.append(device, digest, 0, filling()))
        assert refused.code == "storage-low"
        house.free = 1 << 40
        assert await offset_of(client, digest) == 8 << 20  # what came is kept
        assert (await append(client, digest, 8 << 20, BytesIO(data[8 << 20 :]))).status == 204


async def test_where_nobody_can_say_what_is_free_nothing_is_taken(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
    assert not Disk(tmp_path, 0).low
    assert Disk(tmp_path / "nowhere", 1).low


async def test_members_have_so_much_room_for_attachments(tmp_path: Path) -> None:
    async with (
        opened(tmp_path, upload_bytes=100, member_upload_bytes=150) as house,
        TestClient(TestServer(mail_app(house.mail))) as client,
    ):
        assert (await announce(client, "a" * 64, 90)).status == 201
        assert await code(await announce(client, "b" * 64, 61, "ar-aide")) == "quota-full"
        assert (await announce(client, "b" * 64, 60, "ar-aide")).status == 201
        assert (await announce(client, "b" * 64, 60, "ar-aide")).status == 201
        assert (await announce(client, "b" * 64, 90, "co-night")).status == 201
        assert house.settings.member_upload_bytes == 150


async def test_what_another_member_names_prolongs_no_upload_of_ours(tmp_path: Path) -> None:
    async with opened(tmp_path) as house, TestClient(TestServer(mail_app(house.mail))) as client:
        data, digest = content(100)
        await uploaded(client, data)
        theirs = envelope(house.directory, "co-night", ["co-day"], attachments=[digest], lasts=3 * DAY)
        refused = await problem(house.submit(theirs, "co-night"))
        assert refused.code == "attachment-missing"  # to name a hash is not to have the bytes
        await announce(client, digest, 100, "co-night")
        await append(client, digest, 0, data, "co-night")
        await house.submit(theirs, "co-night")
        found = await house.store.read(lambda r: {each.device: each.until for each in r.uploads()})
        assert found == {local_id("ar-desk"): START + DAY, local_id("co-night"): START + 3 * DAY}
        await house.settled()
        house.time.move(DAY)
        await house.settled()
        assert await offset_of(client, digest, "co-night") == 100
        assert await offset_of(client, digest, "ar-desk") is None
