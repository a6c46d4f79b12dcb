"""The relay's directory log over a disk that fails for a while: it goes on by itself once the disk does."""

from pathlib import Path

import pytest
from directory_world import START
from relay_bodies import BodiedWorld
from relay_stores import Stores, memory_stores
from test_relay_directory_log import Clock, attest, filled, settled

from directory.statement import EraseBody
from relay.directory_log import DirectoryLog
from relay.disk import Disk
from relay.health import REMEMBERED, Readiness
from relay.protocol.problems import Refusal
from relay.store.memory_directory import MemoryLog

BEHIND = "the stored log could not be read; it is read again before anything is added to it"


async def hiccup(fault: str) -> tuple[Stores, MemoryLog, BodiedWorld, DirectoryLog, Clock, list[bytes]]:
    """A log whose disk failed at an append, and then would not be read."""
    stores, world, clock = memory_stores(), settled(), Clock()
    directory = await filled(stores, world, clock)
    world.admit(world.say(EraseBody, body=world.view.contacts["co-desk"].body), "co-chief")
    entries, _ = world.news()
    assert isinstance(stores.log, MemoryLog)
    stores.log.fail_next("lost" if fault == "lost" else "unknown")
    stores.log.readable = False
    with pytest.raises(Refusal) as caught:
        await directory.append(entries, ())
    assert caught.value.problem.code == "unavailable"
    return stores, stores.log, world, directory, clock, entries


@pytest.mark.parametrize("fault", ["lost", "unknown"])
async def test_after_a_hiccup_of_the_disk_the_next_append_is_taken(fault: str) -> None:
    stores, log, world, directory, _, entries = await hiccup(fault)
    with pytest.raises(Refusal, match="cannot read its log right now"):
        await directory.append(entries, ())
    log.readable = True
    assert (await directory.append(entries, ())).start == world.view.size - 1
    assert (directory.view, directory.broken, directory.stale) == (world.view, "", False)
    await directory.append(attest(world), ())
    await directory.renew()
    erased = {each for each, body in world.view.bodies.items() if body.erased <= world.view.size}
    assert len(erased) == 1
    assert not erased & await stores.bodies.commitments()


@pytest.mark.parametrize("fault", ["lost", "unknown"])
async def test_after_a_hiccup_of_the_disk_the_next_renewal_catches_up(fault: str) -> None:
    _, log, world, directory, clock, _ = await hiccup(fault)
    clock.now += 600
    found = []
    for readable in (False, True):
        log.readable = readable
        await directory.renew()
        found.append(directory.stale)
    assert found == [True, False]
    assert directory.checkpoint is not None
    assert directory.checkpoint.time == START + 600
    assert directory.view.size == world.view.size - (fault == "lost")


async def test_a_renewal_of_unknown_outcome_is_found_out_at_the_next() -> None:
    stores, world, clock = memory_stores(), settled(), Clock()
    directory = await filled(stores, world, clock)
    assert isinstance(stores.log, MemoryLog)
    clock.now += 250
    stores.log.fail_next("unknown")
    await directory.renew()
    clock.now -= 200  # what was stored may have been shown to desks: no earlier time is signed after it
    await directory.renew()
    assert directory.checkpoint is not None
    assert (directory.stale, directory.checkpoint.time) == (False, START + 250)


async def test_readiness_says_that_the_log_could_not_be_read(tmp_path: Path) -> None:
    _, log, _, directory, clock, entries = await hiccup("lost")
    readiness = Readiness(directory, (log,), Disk(tmp_path, 0), 600, clock)
    assert await readiness.reasons() == [BEHIND]
    log.readable = True
    await directory.append(entries, ())
    clock.now += REMEMBERED
    assert await readiness.reasons() == []
