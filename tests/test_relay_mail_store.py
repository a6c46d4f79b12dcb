"""The contract of the mail store, on every implementation: S1 to S6, and what each question is answered."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from directory_world import START
from mail_rows import AIDE, FORGET, LATE, NIGHT, close, delivery, made, put, queue, relayed, take_in, upload
from mail_world import Directory, StoreKind, envelope

from config.database import DatabaseError
from relay.mail.memory_store import DiskFailed, MemoryMailStore
from relay.mail.sqlite_store import SqliteMailStore, open_mail_store
from relay.mail.store import Delivery, Forgotten, Item, MailStore, Stored, Transaction, Upload
from relay.rules.mailbox import Load
from relay.rules.release import Stood
from relay.store.contract import StoreFailed


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MailStore]:
    kind: StoreKind = request.param
    if kind == "memory":
        yield MemoryMailStore()
        return
    opened = await open_mail_store(tmp_path / "mail.db")
    yield opened
    await opened.close()


async def test_an_envelope_is_kept_with_its_record(store: MailStore) -> None:
    sent = made()
    await put(store, sent)
    stored = await store.read(lambda reading: reading.envelope(sent.hash))
    assert stored == Stored(sent.hash, sent.header, relayed(sent), FORGET)
    assert await store.read(lambda r: r.submitted(sent.header.sender, sent.header.id)) == stored
    assert await store.read(lambda r: r.submitted(NIGHT, sent.header.id)) is None
    assert await store.read(lambda r: r.envelope("0" * 64)) is None


async def test_deliveries_wait_or_are_queued(store: MailStore) -> None:
    sent = made()
    await put(store, sent)
    found = {each.device: each for each in await store.read(lambda r: r.deliveries(sent.hash))}
    size = len(sent.raw)
    assert found == {
        NIGHT: Delivery(sent.hash, NIGHT, "ar", 0, False, size, START, "queued", START, 1),
        AIDE: Delivery(sent.hash, AIDE, "ar", 0, True, size, START, "queued", START, 1),
        LATE: Delivery(sent.hash, LATE, "ar", 1, False, size, START + 600),
    }
    assert await store.read(lambda r: r.items(NIGHT, 0, 9, 1)) == [
        Item(1, "envelope", sent.hash, sent.raw, 0, START, relayed(sent))
    ]
    assert await store.read(lambda r: r.items(LATE, 0, 9, 1 << 20)) == []
    assert await store.read(lambda r: r.load(LATE)) == Load(1, size)
    assert await store.read(lambda r: (r.count_items(NIGHT), r.count_items(LATE))) == (1, 0)


async def test_items_come_in_order_within_count_and_bytes(store: MailStore) -> None:
    sent = [made(str(number)) for number in range(3)]
    await put(store, *sent)
    await queue(store, NIGHT, FORGET, payload=b"line")
    size = len(sent[0].raw)

    async def numbers(*asked: int) -> list[int]:
        return [each.number for each in await store.read(lambda r: r.items(NIGHT, *asked))]

    assert await numbers(0, 9, 1 << 20) == [1, 2, 3, 4]
    assert await numbers(2, 9, 1 << 20) == [3, 4]
    assert await numbers(0, 2, 1 << 20) == [1, 2]
    assert await numbers(0, 9, 2 * size) == [1, 2]
    assert await numbers(0, 9, 2 * size - 1) == [1]
    assert await numbers(0, 9, 1) == [1]
    assert await numbers(2, 9, size + 4) == [3, 4]
    assert await numbers(4, 9, 1) == []


async def test_numbers_grow_across_removals(store: MailStore) -> None:
    sent = [made(str(number)) for number in range(2)]
    await put(store, sent[0])
    await close(store, sent[0], "delivered", NIGHT)
    await put(store, sent[1])
    assert (await store.read(lambda r: r.items(NIGHT, 0, 9, 1)))[0].number == 2


async def test_the_ciphertext_goes_with_the_last_open_delivery(store: MailStore) -> None:
    sent = made()
    await put(store, sent)
    await close(store, sent, "dropped", AIDE)
    await close(store, sent, "stopped", LATE)
    assert (await store.read(lambda r: r.items(NIGHT, 0, 9, 1)))[0].payload == sent.raw
    await close(store, sent, "delivered", NIGHT)
    closed = await store.read(lambda r: r.deliveries(sent.hash))
    assert {each.device: each.state for each in closed} == {AIDE: "dropped", LATE: "stopped", NIGHT: "delivered"}
    assert not any(each.open for each in closed)
    assert await store.read(lambda r: [r.load(device) for device in (NIGHT, LATE, AIDE)]) == [Load()] * 3
    assert await store.read(lambda r: r.waiting_devices()) == []
    if isinstance(store, SqliteMailStore):
        count = await store.transact(lambda tx: tx._db.execute("SELECT count(*) FROM ciphertexts").fetchone())  # type: ignore[attr-defined]  # the table itself
        assert count == (0,)


async def test_a_closed_delivery_may_still_change_its_last_state(store: MailStore) -> None:
    sent = made()
    await put(store, sent)
    await close(store, sent, "expired", NIGHT)
    await close(store, sent, "delivered", NIGHT)
    assert (await store.read(lambda r: delivery(r, sent, NIGHT))).state == "delivered"
    assert await store.read(lambda r: r.load(NIGHT)) == Load()


async def test_release_queues_what_waited(store: MailStore) -> None:
    sent = made()
    await put(store, sent)
    before = await store.read(lambda r: r.load(LATE))
    await store.transact(lambda tx: tx.release(delivery(tx, sent, LATE), START + 601))
    assert await store.read(lambda r: r.items(LATE, 0, 9, 1)) == [
        Item(1, "envelope", sent.hash, sent.raw, 1, START + 601, relayed(sent))
    ]
    assert await store.read(lambda r: r.load(LATE)) == before


async def test_what_is_due_comes_by_stage_and_not_after_expiry(store: MailStore) -> None:
    sent = [made("b", later=[(60, ["co-late", "co-day"]), (120, ["ar-aide"])], own=[]), made("a", lasts=600)]
    await put(store, *sent)

    async def due(now: int, most: int = 9) -> list[tuple[str, int]]:
        return [(each.envelope, each.number) for each in await store.read(lambda r: r.due(now, most))]

    assert await due(START + 59) == []
    assert await due(START + 60) == [(sent[0].hash, 1)]
    assert await due(START + 120) == [(sent[0].hash, 1), (sent[0].hash, 2)]
    assert await due(START + 120, 1) == [(sent[0].hash, 1)]
    assert (sent[1].hash, 1) not in await due(START + 600)


async def test_what_has_expired_is_named_while_anything_is_open(store: MailStore) -> None:
    sent = [made("long", lasts=200), made("short", lasts=100)]
    await put(store, *sent)

    async def expired(now: int, most: int = 9) -> list[str]:
        return await store.read(lambda r: r.expired(now, most))

    assert await expired(START + 99) == []
    assert await expired(START + 100) == [sent[1].hash]
    assert await expired(START + 200) == [sent[1].hash, sent[0].hash]
    assert await expired(START + 200, 1) == [sent[1].hash]
    await close(store, sent[1], "expired")
    assert await expired(START + 200) == [sent[0].hash]


async def test_holding_marks_open_deliveries(store: MailStore) -> None:
    sent = [made(str(number)) for number in range(3)]
    await put(store, *sent)
    ordered = sorted(each.hash for each in sent)
    await store.transact(lambda tx: tx.hold(tx.open_deliveries([NIGHT], 9)[0], True))

    async def open_of(device: str, most: int = 9, **held: bool) -> list[str]:
        return [each.envelope for each in await store.read(lambda r: r.open_deliveries([device], most, **held))]

    assert await open_of(NIGHT) == ordered
    assert await open_of(NIGHT, 2) == ordered[:2]
    assert await open_of(NIGHT, held=True) == ordered[:1]
    assert await open_of(NIGHT, held=False) == ordered[1:]
    await store.transact(lambda tx: tx.close(tx.open_deliveries([NIGHT], 1)[0], "expired"))
    assert await open_of(NIGHT, held=True) == []
    assert not (await store.read(lambda r: r.delivery(ordered[0], NIGHT))).held  # type: ignore[union-attr]  # it is there
    assert await open_of(LATE) == ordered
    both = await store.read(lambda r: r.open_deliveries({NIGHT, LATE}, 3))
    assert [each.envelope for each in both] == [ordered[0], ordered[1], ordered[1]]
    assert await store.read(lambda r: r.open_deliveries([], 3)) == []


async def test_lines_are_queued_and_removed(store: MailStore) -> None:
    sent = made()
    await put(store, sent)
    assert await queue(store, NIGHT, FORGET, kind="step", payload=b"a line") == {NIGHT}
    assert (await store.read(lambda r: r.items(NIGHT, 1, 9, 1))) == [Item(2, "step", "e" * 64, b"a line")]
    assert await store.read(lambda r: r.load(NIGHT)) == Load(2, len(sent.raw) + 6)
    await store.transact(lambda tx: tx.remove_line(NIGHT, 1))  # an envelope: nothing happens
    await store.transact(lambda tx: tx.remove_line(NIGHT, 7))
    assert await store.read(lambda r: r.count_items(NIGHT)) == 2
    await store.transact(lambda tx: tx.remove_line(NIGHT, 2))
    assert await store.read(lambda r: r.load(NIGHT)) == Load(1, len(sent.raw))
    await queue(store, NIGHT, FORGET, FORGET, FORGET)
    assert await store.transact(lambda tx: tx.remove_lines(NIGHT)) == 3
    assert await store.read(lambda r: r.load(NIGHT)) == Load(1, len(sent.raw))


async def test_steps_are_kept_in_order(store: MailStore) -> None:
    sent = made()
    await put(store, sent)
    steps = [Stood(NIGHT, "refused", b"1"), Stood(LATE, "accepted", b"2")]
    await store.transact(lambda tx: tx.add_step(sent.hash, steps[0]))
    await store.transact(lambda tx: tx.add_step(sent.hash, steps[1]))
    assert await store.read(lambda r: r.steps(sent.hash)) == steps
    assert await store.read(lambda r: r.steps("0" * 64)) == []


async def test_records_and_lines_are_forgotten_when_their_time_is_over(store: MailStore) -> None:
    sent = made()
    await put(store, sent)
    await close(store, sent, "expired")
    await store.transact(lambda tx: tx.add_step(sent.hash, Stood(NIGHT, "refused", b"1")))
    await queue(store, AIDE, START + 10, START + 10, START + 20)
    assert await store.transact(lambda tx: tx.forget(START + 9, 9)) == Forgotten(0, 0)
    assert await store.transact(lambda tx: tx.forget(START + 10, 1)) == Forgotten(0, 1)
    assert await store.transact(lambda tx: tx.forget(START + 10, 9)) == Forgotten(0, 1)
    assert await store.read(lambda r: r.load(AIDE)) == Load(1, 1)
    assert await store.transact(lambda tx: tx.forget(FORGET, 9)) == Forgotten(1, 1)
    assert await store.read(lambda r: (r.envelope(sent.hash), r.deliveries(sent.hash), r.steps(sent.hash))) == (
        None,
        [],
        [],
    )
    assert await store.read(lambda r: r.next_due()) is None


async def test_a_record_is_not_forgotten_before_its_deliveries_are_closed(store: MailStore) -> None:
    """Whatever order a sweep after a long stop goes by."""
    sent = made()
    await put(store, sent)
    await close(store, sent, "expired", NIGHT, LATE)
    assert await store.transact(lambda tx: tx.forget(FORGET, 9)) == Forgotten(0, 0)
    await close(store, sent, "expired", AIDE)
    assert await store.transact(lambda tx: tx.forget(FORGET, 9)) == Forgotten(1, 0)
    assert await store.read(lambda r: (dict(r.shares(AIDE)), r.kept("ar"))) == ({}, Load())


async def test_the_next_due_time_is_the_earliest_of_all(store: MailStore) -> None:
    async def next_due() -> int | None:
        return await store.read(lambda r: r.next_due())

    sent = made(lasts=1000)
    assert await next_due() is None
    await put(store, sent)
    assert await next_due() == START + 600
    await store.transact(lambda tx: tx.set_turn(tx.turns(sent.hash)[0], "done"))
    assert await next_due() == START + 1000
    await queue(store, AIDE, START + 900)
    assert await next_due() == START + 900
    await upload(store, Upload("a" * 64, AIDE, 9, 0, False, START + 800))
    assert await next_due() == START + 800
    await store.transact(lambda tx: tx.remove_upload("a" * 64, AIDE))
    await store.transact(lambda tx: tx.remove_lines(AIDE))
    await close(store, sent, "expired")
    assert await next_due() == FORGET


async def test_a_transaction_that_raises_changes_nothing(store: MailStore) -> None:
    sent = made()

    def failing(tx: Transaction) -> None:
        take_in(tx, sent)
        tx.queue(NIGHT, "notice", sent.hash, b"x", FORGET)
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await store.transact(failing)
    assert await store.read(lambda r: (r.envelope(sent.hash), r.waiting_devices(), r.next_due())) == (None, [], None)
    await put(store, sent)
    assert (await store.read(lambda r: r.items(NIGHT, 0, 9, 1)))[0].number == 1


async def test_readers_see_only_what_was_committed(store: MailStore) -> None:
    sent, inside, go_on = made(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def take_and_linger(tx: Transaction) -> None:
        take_in(tx, sent)
        assert tx.envelope(sent.hash) is not None
        loop.call_soon_threadsafe(inside.set)
        if isinstance(store, SqliteMailStore):  # the memory store has nobody beside it
            assert go_on.wait(10)

    change = asyncio.create_task(store.transact(take_and_linger))
    if isinstance(store, SqliteMailStore):
        await inside.wait()
        assert await store.read(lambda r: (r.envelope(sent.hash), r.waiting_devices())) == (None, [])
        go_on.set()
    await change
    assert await store.read(lambda r: r.envelope(sent.hash)) is not None


async def test_the_memory_store_fails_both_ways() -> None:
    store, sent = MemoryMailStore(), made()
    store.fail_next = "lost"
    with pytest.raises(DiskFailed):
        await put(store, sent)
    assert await store.read(lambda r: r.envelope(sent.hash)) is None
    store.fail_next = "unknown"
    with pytest.raises(DiskFailed):
        await put(store, sent)
    assert await store.read(lambda r: r.envelope(sent.hash)) is not None
    await put(store, made("second"))


async def test_the_file_keeps_everything_and_has_room_for_nobody_elses(tmp_path: Path) -> None:
    path, sent = tmp_path / "mail.db", made()
    store = await open_mail_store(path)
    await put(store, sent)
    await store.close()
    store = await open_mail_store(path)
    assert (await store.read(lambda r: r.items(NIGHT, 0, 9, 1)))[0].payload == sent.raw
    await close(store, sent, "delivered", NIGHT)
    await put(store, made("second"))
    assert (await store.read(lambda r: r.items(NIGHT, 0, 9, 1)))[0].number == 2
    await store.close()
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "other.db").write_bytes(b"no database" * 100)
    with pytest.raises(DatabaseError):
        await open_mail_store(tmp_path / "other.db")


async def test_a_file_that_cannot_be_written_is_noticed(store: MailStore) -> None:
    await store.check_writable()
    if isinstance(store, SqliteMailStore):
        await store.transact(lambda tx: tx._db.execute("PRAGMA query_only=ON"))  # type: ignore[attr-defined]  # inside
        with pytest.raises(StoreFailed):
            await store.check_writable()


async def test_deleted_ciphertext_is_not_left_in_the_file(tmp_path: Path) -> None:
    path, sent = tmp_path / "mail.db", envelope(Directory(), filling=b"canary!!", padded=64 << 10)
    store = await open_mail_store(path)
    await put(store, sent)
    await close(store, sent, "delivered", NIGHT)
    await store.tidy()
    assert b"canary!!" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())  # noqa: ASYNC240 - a test
    await store.close()
