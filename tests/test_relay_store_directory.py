"""The contract of the log, the bodies and the key sets, held by memory and SQLite alike."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from relay_stores import KINDS, Kind, Stores, memory_stores, sqlite_stores, stores_of

from relay.store.contract import Conflict, LogStore, StoredBody, StoredLog, StoreFailed
from relay.store.memory_directory import MemoryBodies, MemoryLog

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
KEYS = ("0" * 16, "1" * 16)


async def everything(log: LogStore) -> StoredLog:
    return await log.read(0, 1 << 30, 1 << 30)


@pytest.fixture(params=KINDS)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    kind: Kind = request.param
    async with stores_of(kind, tmp_path) as stores:
        yield stores


def body(commitment: str, text: bytes = b"body") -> StoredBody:
    return StoredBody(commitment, b"s" * 32, text)


async def test_an_empty_log_is_empty(stores: Stores) -> None:
    assert await everything(stores.log) == StoredLog((), b"")
    assert await stores.log.read(0, 10, 10) == StoredLog((), b"")


async def test_entries_stand_where_they_were_appended(stores: Stores) -> None:
    await stores.log.append(0, (b"zero", b"one"), b"checkpoint 2", b"")
    await stores.log.append(2, (b"two",), b"checkpoint 3", b"checkpoint 2")
    assert await everything(stores.log) == StoredLog((b"zero", b"one", b"two"), b"checkpoint 3")
    assert await stores.log.read(1, 10, 1000) == StoredLog((b"one", b"two"), b"checkpoint 3")
    assert (await stores.log.read(0, 2, 1000)).entries == (b"zero", b"one")
    assert (await stores.log.read(0, 10, 7)).entries == (b"zero", b"one")
    assert (await stores.log.read(0, 10, 1)).entries == (b"zero",)
    assert (await stores.log.read(3, 10, 1000)).entries == ()


@pytest.mark.parametrize("size", [0, 1, 3])
async def test_an_append_to_another_size_changes_nothing(stores: Stores, size: int) -> None:
    await stores.log.append(0, (b"zero", b"one"), b"checkpoint 2", b"")
    with pytest.raises(Conflict):
        await stores.log.append(size, (b"other",), b"checkpoint of another", b"checkpoint 2")
    with pytest.raises(Conflict):
        await stores.log.renew(size, b"checkpoint of another", b"checkpoint 2")
    assert await everything(stores.log) == StoredLog((b"zero", b"one"), b"checkpoint 2")


async def test_of_two_racing_appends_one_wins(stores: Stores) -> None:
    done = await asyncio.gather(
        *(stores.log.append(0, (name,), b"of " + name, b"") for name in (b"one", b"other")), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"]
    found = await everything(stores.log)
    assert found.checkpoint == b"of " + found.entries[0]


async def test_a_checkpoint_is_renewed_for_its_size_only(stores: Stores) -> None:
    await stores.log.append(0, (b"zero",), b"old", b"")
    await stores.log.renew(1, b"new", b"old")
    assert await everything(stores.log) == StoredLog((b"zero",), b"new")


async def test_a_checkpoint_takes_the_place_of_the_one_that_was_read_only(stores: Stores) -> None:
    await stores.log.append(0, (b"zero",), b"old", b"")
    await stores.log.renew(1, b"new", b"old")
    with pytest.raises(Conflict):
        await stores.log.renew(1, b"of another process", b"old")
    with pytest.raises(Conflict):
        await stores.log.append(1, (b"one",), b"of another process", b"old")
    assert await everything(stores.log) == StoredLog((b"zero",), b"new")


async def test_a_body_is_kept_once_and_read_back(stores: Stores) -> None:
    await stores.bodies.put((body(A), body(B, b"")))
    await stores.bodies.put((body(A, b"another opening"), body(C)))
    assert await stores.bodies.get((C, A, "f" * 64, A)) == (body(A), body(C))
    assert await stores.bodies.get(()) == ()
    assert await stores.bodies.commitments() == {A, B, C}


async def test_an_erased_body_is_gone(stores: Stores) -> None:
    await stores.bodies.put((body(A), body(B)))
    await stores.bodies.erase((A, C))
    await stores.bodies.erase(())
    assert await stores.bodies.commitments() == {B}


async def test_a_damaged_body_keeps_nobody_from_the_others(stores: Stores, tmp_path: Path) -> None:
    await stores.bodies.put((body(A), body(B), body(C)))
    if isinstance(stores.bodies, MemoryBodies):
        stores.bodies.damaged = {B}
    else:
        change(tmp_path / "directory.db", "UPDATE bodies SET sealed = zeroblob(40) WHERE commitment = ?", B)
    for _ in range(2):
        assert await stores.bodies.get((A, B, C)) == (body(A), body(C))
        assert stores.bodies.damaged == {B}
    await stores.bodies.erase((B,))
    assert stores.bodies.damaged == set()


def change(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(sql, values)
        db.commit()


async def test_a_damaged_body_that_was_restored_is_damaged_no_more(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        await stores.bodies.put((body(A),))
        whole = row(tmp_path / "directory.db", "SELECT sealed FROM bodies")
        for sealed, damaged in ((b"\x01" + bytes(40), {A}), (whole, set[str]())):
            change(tmp_path / "directory.db", "UPDATE bodies SET sealed = ?", sealed)
            await stores.bodies.get((A,))
            assert stores.bodies.damaged == damaged


async def test_many_bodies_at_once(stores: Stores) -> None:
    many = [f"{number:064x}" for number in range(1203)]
    await stores.bodies.put([body(each) for each in many])
    assert [each.commitment for each in await stores.bodies.get(many)] == many
    await stores.bodies.erase(many[1:])
    assert await stores.bodies.commitments() == {many[0]}


async def test_key_sets_only_move_forward(stores: Stores) -> None:
    await stores.keysets.put(A, 1, KEYS, b"one")
    await stores.keysets.put(A, 3, KEYS, b"three")
    await stores.keysets.put(A, 3, KEYS, b"three")
    for number, raw in ((2, b"two"), (3, b"another three"), (0, b"")):
        with pytest.raises(Conflict):
            await stores.keysets.put(A, number, KEYS, raw)
    await stores.keysets.put(B, 0, KEYS, b"zero")
    assert await stores.keysets.get((A, B, C)) == {A: b"three", B: b"zero"}
    assert await stores.keysets.keys((A, C)) == {A: frozenset(KEYS)}
    await stores.keysets.remove((A, C))
    assert await stores.keysets.devices() == {B}


async def test_of_two_racing_key_sets_of_one_number_one_wins(stores: Stores) -> None:
    done = await asyncio.gather(*(stores.keysets.put(A, 1, KEYS, raw) for raw in (b"x", b"y")), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"]


async def test_all_of_it_is_writable(stores: Stores) -> None:
    for store in (stores.log, stores.bodies, stores.keysets, stores.accounts):
        await store.check_writable()


async def test_a_memory_store_fails_in_both_ways() -> None:
    log = MemoryLog()
    log.fail_next("lost", "unknown")
    with pytest.raises(StoreFailed):
        await log.append(0, (b"zero",), b"c", b"")
    assert await everything(log) == StoredLog()
    with pytest.raises(StoreFailed):
        await log.append(0, (b"zero",), b"c", b"")
    assert await everything(log) == StoredLog((b"zero",), b"c")
    log.writable = False
    with pytest.raises(StoreFailed):
        await log.check_writable()
    with pytest.raises(StoreFailed):
        await log.renew(1, b"d", b"c")
    assert memory_stores().log is not log


async def test_files_keep_everything_over_a_restart(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        await stores.log.append(0, (b"zero",), b"checkpoint", b"")
        await stores.bodies.put((body(A),))
        await stores.keysets.put(A, 1, KEYS, b"one")
    async with sqlite_stores(tmp_path) as stores:
        assert await everything(stores.log) == StoredLog((b"zero",), b"checkpoint")
        assert await stores.bodies.get((A,)) == (body(A),)
        assert await stores.keysets.get((A,)) == {A: b"one"}


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


async def test_bodies_are_sealed_in_the_file_and_opened_by_the_right_key_only(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        await stores.bodies.put((body(A, b"canary-name"),))
        assert b"canary" not in contents(tmp_path)
    async with sqlite_stores(tmp_path, b"k" * 32) as stores:
        assert await stores.bodies.get((A,)) == ()
        assert stores.bodies.damaged == {A}


async def test_what_was_erased_is_in_no_file_even_sealed(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        await stores.bodies.put((body(A, b"x" * 2000),))
        sealed = row(tmp_path / "directory.db", "SELECT sealed FROM bodies")
        assert isinstance(sealed, bytes)
        assert sealed[40:400] in contents(tmp_path)
        await stores.bodies.erase((A,))
        assert sealed[40:400] not in contents(tmp_path)


def row(path: Path, sql: str) -> object:
    db = sqlite3.connect(path)
    try:
        return db.execute(sql).fetchone()[0]
    finally:
        db.close()


async def test_a_log_entry_is_not_changed_or_removed_by_accident(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        await stores.log.append(0, (b"zero",), b"c", b"")
    for sql in ("UPDATE entries SET entry = x'00'", "DELETE FROM entries"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            row(tmp_path / "log.db", sql)


async def test_a_closed_or_broken_file_is_a_failure_of_the_store(tmp_path: Path) -> None:
    async with sqlite_stores(tmp_path) as stores:
        db = sqlite3.connect(tmp_path / "log.db")
        db.execute("DROP TABLE head")
        db.close()
        for act in (everything(stores.log), stores.log.append(0, (b"zero",), b"c", b"")):
            with pytest.raises(StoreFailed):
                await act
    with pytest.raises(StoreFailed):
        await stores.log.check_writable()
