"""The relay erases bodies: at once; after a kill, or from a backup put back, at the start; later if it must."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from killed import CAN_KILL, Moment, killed
from relay_bodies import BodiedWorld
from relay_stores import memory_stores, sqlite_stores
from test_relay_directory_log import filled, opened, settled

from directory.statement import EraseBody
from relay.protocol.problems import Refusal
from relay.store.memory_directory import MemoryBodies, MemoryLog


def erasing(world: BodiedWorld) -> tuple[str, list[bytes]]:
    """The commitment of co-desk's body, and the statement that erases it."""
    body = world.view.contacts["co-desk"].body
    world.admit(world.say(EraseBody, body=body), "co-chief")
    return body, world.news()[0]


def sealed(folder: Path, commitment: str) -> list[bytes]:
    """A stored body as it stands in the file, in pieces."""
    with closing(sqlite3.connect(folder / "directory.db")) as db:
        (row,) = db.execute("SELECT sealed FROM bodies WHERE commitment = ?", (commitment,)).fetchone()
    return [row[at : at + 16] for at in range(0, len(row) - 16, 16)]


def on_disk(folder: Path, pieces: list[bytes]) -> bool:
    data = b"".join(each.read_bytes() for each in folder.iterdir())
    return any(piece in data for piece in pieces)


@pytest.mark.skipif(not CAN_KILL, reason="this system kills otherwise")
@pytest.mark.parametrize(
    ("called", "moment"),
    [
        ("relay.store.sqlite_directory.SqliteBodies.erase", "before"),
        ("relay.store.sqlite_directory.forget_deleted", "before"),
    ],
)
async def test_a_relay_killed_while_it_erases_has_erased_when_it_is_up_again(
    tmp_path: Path, called: str, moment: Moment
) -> None:
    world = settled()
    async with sqlite_stores(tmp_path) as stores:
        await filled(stores, world)
    body, entries = erasing(world)
    pieces = sealed(tmp_path, body)

    async def append() -> None:
        async with sqlite_stores(tmp_path) as stores:
            directory = await opened(stores)
            await directory.append(entries, ())

    # The start clears the store's files too: so the second call is the one after the statement.
    await asyncio.to_thread(killed, lambda: asyncio.run(append()), called, moment, 2)
    async with sqlite_stores(tmp_path) as stores:
        directory = await opened(stores)
        assert directory.view.size == world.view.size
        assert body not in await stores.bodies.commitments()
        assert not on_disk(tmp_path, pieces)


async def test_a_backup_that_is_put_back_is_erased_at_the_start(tmp_path: Path) -> None:
    world = settled()
    async with sqlite_stores(tmp_path) as stores:
        await filled(stores, world)
    shutil.copy(tmp_path / "directory.db", tmp_path.parent / f"{tmp_path.name}.backup")
    body, entries = erasing(world)
    pieces = sealed(tmp_path, body)
    async with sqlite_stores(tmp_path) as stores:
        await (await opened(stores)).append(entries, ())
        assert not on_disk(tmp_path, pieces)
    shutil.copy(tmp_path.parent / f"{tmp_path.name}.backup", tmp_path / "directory.db")
    assert on_disk(tmp_path, pieces)
    async with sqlite_stores(tmp_path) as stores:
        await opened(stores)
        assert not on_disk(tmp_path, pieces)
        assert len(await stores.bodies.commitments()) == len(world.view.bodies) - 1


async def test_what_a_backup_program_holds_is_erased_when_it_lets_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.database.BUSY_SECONDS", 0.01)
    world = settled()
    async with sqlite_stores(tmp_path) as stores:
        directory = await filled(stores, world)
        body, entries = erasing(world)
        pieces = sealed(tmp_path, body)
        with closing(sqlite3.connect(tmp_path / "directory.db")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM bodies").fetchall()
            await directory.append(entries, ())
            assert on_disk(tmp_path, pieces)
            after = await opened(stores)  # a start is no reason to fail, or to wait
        assert body not in await stores.bodies.commitments()
        await after.renew()
        assert not on_disk(tmp_path, pieces)


async def test_a_start_goes_on_while_the_disk_erases_nothing_and_a_renewal_does() -> None:
    stores, world = memory_stores(), settled()
    directory = await filled(stores, world)
    body, entries = erasing(world)
    assert isinstance(stores.bodies, MemoryBodies)
    backup = dict(stores.bodies.bodies)
    await directory.append(entries, ())
    stores.bodies.bodies.update(backup)
    stores.bodies.writable = False
    after = await opened(stores)
    assert body in await stores.bodies.commitments()
    await after.renew()
    assert body in await stores.bodies.commitments()
    stores.bodies.writable = True
    await after.renew()
    assert body not in await stores.bodies.commitments()


async def test_what_is_published_before_a_late_erasing_stays() -> None:
    """A batch whose append failed leaves a body behind; the same batch, taken later, needs it."""
    stores, world = memory_stores(), settled()
    await filled(stores, world)
    world.add_contact("co-court", "co", ["co-night"])
    entries, openings = world.news()
    assert isinstance(stores.log, MemoryLog)
    assert isinstance(stores.bodies, MemoryBodies)
    stores.log.fail_next("lost")
    with pytest.raises(Refusal):
        await (await opened(stores)).append(entries, openings)
    body = world.view.contacts["co-court"].body
    assert body in await stores.bodies.commitments()
    stores.bodies.fail_next("lost")
    directory = await opened(stores)  # wants to erase it, and cannot yet
    await directory.append(entries, openings)
    await directory.renew()
    assert body in await stores.bodies.commitments()
