"""Opening a relay on a folder of data: by one process at a time, and only where nobody else can read it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import structlog
from relay_world import RelayWorld

from config.database import DatabaseError
from relay.assembly import AlreadyRunning, Clocks, open_relay, run_beside
from relay.check import check_relay
from relay.store.contract import StoredBody

BODY = StoredBody("ab" * 32, bytes(32), b"{}")
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX has modes")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RelayWorld]:
    async with RelayWorld.running(tmp_path) as here:
        yield here


async def wrong(here: RelayWorld) -> dict[str, str]:
    found = await check_relay(here.settings, here.folder, here.clock())
    return {each.name: each.detail for each in found if not each.ok and each.name != "certificate"}


async def test_a_second_relay_touches_nothing(here: RelayWorld) -> None:
    bodies = here.relay.directory._bodies
    await bodies.put((BODY,))  # as between the two steps of an append
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} runs a relay on"):
        async with open_relay(here.settings, Clocks(here.clock, here.clock)):
            raise AssertionError("two relays are open")
    assert BODY.commitment in await bodies.commitments()
    await here.restart()
    assert BODY.commitment not in await here.relay.directory._bodies.commitments()


async def test_a_relay_that_could_not_be_opened_leaves_the_folder_free(here: RelayWorld) -> None:
    await here.stop()
    key = here.folder / "keys" / "log.key"
    key.rename(here.folder / "keys" / "away")
    with pytest.raises(Exception, match=r"log\.key"):
        await here.start()
    (here.folder / "keys" / "away").rename(key)
    await here.start()


def folder(here: RelayWorld) -> Path:
    return here.folder / "data"


def database(here: RelayWorld) -> Path:
    return here.folder / "data" / "accounts.db"


def log(here: RelayWorld) -> Path:
    (here.folder / "data" / "mail.db-wal").touch()
    return here.folder / "data" / "mail.db-wal"


@posix
@pytest.mark.parametrize(("where", "look"), [(folder, "process"), (database, "databases"), (log, "databases")])
async def test_what_was_opened_to_others_is_refused(
    here: RelayWorld, where: Callable[[RelayWorld], Path], look: str
) -> None:
    await here.stop()
    path = where(here)
    mode = path.stat().st_mode
    path.chmod(0o755 if path.is_dir() else 0o644)
    with pytest.raises(DatabaseError, match=f"run: chmod [67]00 {path}"):
        await here.start()
    found = await wrong(here)
    assert str(path) in found[look]
    path.chmod(mode & ~0o077)
    await here.start()
    assert await wrong(here) == {}


async def test_a_task_that_fails_is_told() -> None:
    failed, waits = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        failed.set()
        raise ValueError("something nobody thought of")

    async def lasting() -> None:
        await waits.wait()

    with structlog.testing.capture_logs() as logged:
        async with AsyncExitStack() as stack:
            run_beside(stack, work(), "certificate")
            run_beside(stack, lasting(), "renewal")
            await failed.wait()
    assert [(each["event"], each["reason"]) for each in logged] == [("task-ended", "certificate")]
