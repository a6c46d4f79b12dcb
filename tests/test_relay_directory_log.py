"""The relay's directory log: what it takes, what it keeps over crashes and failures of the disk, what it serves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from directory_world import START, TWO_ROOTS, key_pair, relay_keys
from relay_bodies import OWN, BodiedWorld
from relay_stores import KINDS, Kind, Stores, memory_stores, sqlite_stores, stores_of

from crypto.checkpoint import open_checkpoint
from crypto.merkle import Tree, leaf_hash
from directory.replay import Replica, extend
from directory.statement import AttestContact, Continues, EraseBody, NameRelay, RetireContact, RevokeDevice
from directory.view import View
from relay.directory_log import DirectoryLog, LogBroken
from relay.own_keys import OwnKeys
from relay.protocol.problems import Refusal
from relay.rules.intake import Opening
from relay.rules.throttle import Buckets
from relay.store.contract import StoredBody
from relay.store.memory_directory import MemoryBodies, MemoryLog


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


async def opened(stores: Stores, clock: Clock | None = None, quota: Buckets | None = None) -> DirectoryLog:
    quota = Buckets(1000, 60, 100) if quota is None else quota
    directory = DirectoryLog(stores.log, stores.bodies, OWN, clock or Clock(), quota)
    await directory.load()
    return directory


def settled() -> BodiedWorld:
    world = BodiedWorld.founded()
    assert isinstance(world, BodiedWorld)
    world.add_member("co")
    world.add_officer("co-night", "co")
    world.add_contact("co-desk", "co", ["co-night"])
    return world


async def filled(stores: Stores, world: BodiedWorld, clock: Clock | None = None) -> DirectoryLog:
    directory = await opened(stores, clock)
    await directory.append(*world.news())
    return directory


def attest(world: BodiedWorld) -> list[bytes]:
    world.admit(world.say(AttestContact, contact="co-desk"), "co-night")
    return world.news()[0]


@pytest.fixture(params=KINDS)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    kind: Kind = request.param
    async with stores_of(kind, tmp_path) as stores:
        yield stores


async def test_what_is_appended_is_served_and_convinces_a_desk(stores: Stores) -> None:
    world = settled()
    directory = await opened(stores)
    assert (directory.named, directory.checkpoint, directory.view.size) == (False, None, 0)
    first = await directory.append(*world.news())
    second = await directory.append(attest(world), ())
    assert (first.start, second.start) == (0, world.view.size - 1)
    state = await directory.read(0, 1 << 20)
    entries = [each.encode() for each in state.entries]
    replica = extend(Replica(world.network), entries, state.checkpoint.encode(), START)
    assert replica.view == world.view == directory.view
    assert (await directory.read(world.view.size - 1, 1 << 20)).entries == state.entries[-1:]
    assert (await directory.read(world.view.size + 9, 1 << 20)).entries == ()
    assert state.checkpoint == second.checkpoint
    assert directory.named


async def test_a_restart_finds_the_same_directory(tmp_path: Path) -> None:
    world = settled()
    async with sqlite_stores(tmp_path) as stores:
        before = await filled(stores, world)
    async with sqlite_stores(tmp_path) as stores:
        after = await opened(stores)
        assert after.view == before.view
        assert after.checkpoint == before.checkpoint
        await after.append(attest(world), ())
        assert after.view == world.view


def failing(old: View, new: View) -> None:
    raise KeyError("a listener with a fault")


async def test_listeners_hear_of_each_append_once_and_of_no_refusal(stores: Stores) -> None:
    world = settled()
    directory = await opened(stores)
    heard: list[tuple[int, int]] = []
    directory.on_change(failing)
    directory.on_change(lambda old, new: heard.append((old.size, new.size)))
    await directory.append(*world.news())
    size = world.view.size
    with pytest.raises(Refusal):
        await directory.append([world.entries[-1], world.entries[-1]], ())
    await directory.renew()
    await directory.append(attest(world), ())
    assert heard == [(0, size), (size, size + 1)]


async def test_a_refused_batch_leaves_nothing(stores: Stores) -> None:
    world = settled()
    directory = await filled(stores, world)
    before = directory.checkpoint
    bodies = await stores.bodies.commitments()
    good = world.sign(world.publishing("co-desk", "co", ["co-night"]), "co-chief")
    bad = world.sign(world.say(RetireContact, contact="co-desk", seq=9), "co-chief")
    with pytest.raises(Refusal) as caught:
        await directory.append([good, bad], world.news()[1])
    assert caught.value.problem.code == "statement-conflict"
    assert directory.checkpoint == before
    assert await stores.bodies.commitments() == bodies


async def test_a_batch_that_is_in_the_log_is_answered_again(stores: Stores) -> None:
    world = settled()
    directory = await opened(stores)
    entries, openings = world.news()
    first = await directory.append(entries, openings)
    again = await directory.append(entries, openings)
    part = await directory.append(entries[3:5], ())
    assert (again.start, part.start, again.checkpoint) == (0, 3, first.checkpoint)
    with pytest.raises(Refusal):
        await directory.append([entries[3], entries[5]], ())
    with pytest.raises(Refusal):
        await directory.append([entries[-1], entries[-1]], ())


async def test_of_racing_appends_about_one_subject_one_wins(stores: Stores) -> None:
    world = settled()
    directory = await filled(stores, world)
    racers = [world.sign(world.say(AttestContact, contact="co-desk", at=START + n), "co-night") for n in range(4)]
    done = await asyncio.gather(*(directory.append([each], ()) for each in racers), return_exceptions=True)
    refusals = [each for each in done if isinstance(each, Refusal)]
    assert [each.problem.code for each in refusals] == ["statement-conflict"] * 3
    assert directory.view.size == world.view.size + 1


async def test_another_process_on_the_same_log_is_noticed(tmp_path: Path) -> None:
    world = settled()
    async with sqlite_stores(tmp_path) as one, sqlite_stores(tmp_path) as other:
        first = await filled(one, world)
        second = await opened(other)
        await first.append(attest(world), ())
        entries = attest(world)
        answer = await second.append(entries, ())  # its view was one statement behind: read, judged anew, appended
        assert answer.start == world.view.size - 1
        await first.renew()  # loses, and follows
        assert first.view == second.view == world.view


async def test_a_caller_that_hangs_up_leaves_a_whole_append(stores: Stores) -> None:
    world = settled()
    directory = await filled(stores, world)
    task = asyncio.ensure_future(directory.append(attest(world), ()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await directory.renew()  # waits for the append, which holds the lock
    assert directory.view == world.view


async def test_a_lost_append_is_refused_and_can_be_tried_again() -> None:
    stores, world = memory_stores(), settled()
    directory = await filled(stores, world)
    before, entries = directory.view, attest(world)
    assert isinstance(stores.log, MemoryLog)
    stores.log.fail_next("lost")
    with pytest.raises(Refusal) as caught:
        await directory.append(entries, ())
    assert caught.value.problem.code == "unavailable"
    assert directory.view == before
    await directory.append(entries, ())
    assert directory.view == world.view


async def test_an_append_reported_as_failed_but_stored_counts() -> None:
    stores, world = memory_stores(), settled()
    directory = await filled(stores, world)
    heard: list[int] = []
    directory.on_change(lambda old, new: heard.append(new.size))
    body = world.view.contacts["co-desk"].body
    world.admit(world.say(EraseBody, body=body), "co-chief")
    assert isinstance(stores.log, MemoryLog)
    stores.log.fail_next("unknown")
    answer = await directory.append(*world.news())
    assert (answer.start, directory.view) == (world.view.size - 1, world.view)
    assert heard == [world.view.size]
    await directory.renew()
    assert body not in await stores.bodies.commitments()


async def test_bodies_that_cannot_be_stored_stop_the_append() -> None:
    stores, world = memory_stores(), settled()
    directory = await opened(stores)
    assert isinstance(stores.bodies, MemoryBodies)
    stores.bodies.fail_next("lost")
    entries, openings = world.news()
    with pytest.raises(Refusal):
        await directory.append(entries, openings)
    assert directory.view == View()
    await directory.append(entries, openings)
    assert directory.view == world.view


async def test_a_start_removes_bodies_that_nobody_commits_to_or_that_were_erased() -> None:
    stores, world = memory_stores(), settled()
    await filled(stores, world)
    body = world.view.contacts["co-desk"].body
    kept = await stores.bodies.get((body,))
    directory = await opened(stores)
    world.admit(world.say(EraseBody, body=body), "co-chief")
    await directory.append(*world.news())
    assert body not in await stores.bodies.commitments()
    await stores.bodies.put((*kept, StoredBody("0" * 64, bytes(32), b"{}")))
    await opened(stores)
    assert await stores.bodies.commitments() == set(world.openings) - {body}


async def test_an_erasure_that_fails_is_made_up_for_at_the_next_renewal() -> None:
    stores, world = memory_stores(), settled()
    directory = await filled(stores, world)
    body = world.view.contacts["co-desk"].body
    world.admit(world.say(EraseBody, body=body), "co-chief")
    assert isinstance(stores.bodies, MemoryBodies)
    entries, openings = world.news()
    stores.bodies.fail_next("unknown")
    with pytest.raises(Refusal):  # this one fails to store bodies
        await directory.append(entries, openings)
    stores.bodies.put = _nothing  # type: ignore[method-assign]  # so that the next fault hits the erasure
    stores.bodies.fail_next("lost")
    await directory.append(entries, openings)
    assert body in await stores.bodies.commitments()
    assert await directory.read_bodies((body,), "co") == ()
    await directory.renew()
    assert body not in await stores.bodies.commitments()


async def _nothing(bodies: object) -> None:
    assert not bodies


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda log: log.entries.pop(), "cannot be gone on with"),
        (lambda log: log.entries.__setitem__(3, log.entries[4]), "statement 3 of the log does not count"),
        (lambda log: log.entries.__setitem__(3, b"rubbish"), "statement 3"),
        (lambda log: setattr(log, "checkpoint", b"rubbish"), "cannot be gone on with"),
        (lambda log: setattr(log, "checkpoint", log.checkpoint[:-9] + b"AAAAAAAA\n"), "cannot be gone on with"),
        (lambda log: setattr(log, "checkpoint", b""), "cannot be gone on with"),
        (lambda log: log.entries.clear(), "cannot be gone on with"),
    ],
)
async def test_a_damaged_log_is_not_served(damage: Callable[[MemoryLog], object], words: str) -> None:
    stores, world = memory_stores(), settled()
    await filled(stores, world)
    assert isinstance(stores.log, MemoryLog)
    damage(stores.log)
    with pytest.raises(LogBroken, match=words):
        await opened(stores)


async def test_a_log_that_was_changed_behind_the_relays_back_takes_nothing_more() -> None:
    stores, world = memory_stores(), settled()
    directory = await filled(stores, world)
    assert isinstance(stores.log, MemoryLog)
    forged = world.sign(world.say(RetireContact, contact="co-desk"), "co-night")
    stores.log.entries.append(forged)
    with pytest.raises(Refusal) as caught:
        await directory.append(attest(world), ())
    assert caught.value.problem.code == "unavailable"
    assert directory.broken
    with pytest.raises(Refusal):
        await directory.append(attest(world), ())
    await directory.renew()


async def test_the_checkpoint_is_renewed_with_a_time_that_never_goes_back(stores: Stores) -> None:
    clock, world = Clock(), settled()
    directory = await filled(stores, world, clock)
    times = []
    for now in (START + 600, START + 1200, START + 950):
        clock.now = now
        await directory.renew()
        raw = (await directory.read(0, 1)).checkpoint.encode()
        times.append(open_checkpoint(raw, OWN.origin, OWN.logs[0].public).time)
        assert directory.checkpoint is not None
        assert directory.checkpoint.raw == raw
    assert times == [START + 600, START + 1200, START + 1200]
    after = await opened(stores, clock)
    await after.append(attest(world), ())
    assert after.checkpoint is not None
    assert after.checkpoint.time == START + 1200


async def test_renewing_goes_on_for_ever_and_over_a_failing_disk() -> None:
    stores, world, clock = memory_stores(), settled(), Clock()
    directory = await filled(stores, world, clock)
    assert isinstance(stores.log, MemoryLog)
    stores.log.fail_next("lost", "unknown")
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now += int(seconds)
        if len(slept) == 5:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await directory.keep_renewing(600, sleep)
    assert slept == [600.0] * 5
    assert directory.checkpoint is not None
    assert directory.checkpoint.time == START + 4 * 600


async def test_a_relay_with_new_keys_goes_on_once_the_roots_have_named_them(stores: Stores) -> None:
    world = settled()
    await filled(stores, world)
    own = OwnKeys("log.enlace.example/2", (key_pair("new log"),), (key_pair("new receipt"),))
    after = DirectoryLog(stores.log, stores.bodies, own, Clock(), Buckets(1000, 60, 100))
    await after.load()
    assert (after.view, after.named) == (world.view, False)
    await after.renew()  # signs nothing that nobody would believe
    early = world.sign(world.say(AttestContact, contact="co-desk"), "co-night")
    with pytest.raises(Refusal, match="does not name this relay"):
        await after.append([early], ())
    root = Tree(leaf_hash(each) for each in world.entries).root().hex()
    continues = Continues(origin=OWN.origin, size=world.view.size, root=root)
    world.admit(world.say(NameRelay, origin=own.origin, **relay_keys("new"), continues=continues), *TWO_ROOTS)
    await after.append(*world.news())
    await after.append(attest(world), ())
    state = await after.read(0, 1 << 20)
    entries = [each.encode() for each in state.entries]
    assert extend(Replica(world.network), entries, state.checkpoint.encode(), START).view == world.view
    assert (await opened(stores)).named is False  # the old keys are out


async def test_before_the_founding_there_is_nothing_to_renew(stores: Stores) -> None:
    directory = await opened(stores)
    await directory.renew()
    assert (await directory.read(0, 100)).checkpoint == ""


async def test_bodies_are_served_to_whom_they_are_for(stores: Stores) -> None:
    world = settled()
    directory = await filled(stores, world)
    contact, officer = world.view.contacts["co-desk"].body, world.view.officers[next(iter(world.view.officers))].body
    found = await directory.read_bodies((contact, officer, "0" * 64, contact), "co")
    assert {each.commitment for each in found} == {contact, officer}
    assert {Opening(each.salt, each.body) for each in found} <= set(world.openings.values())
    assert [each.commitment for each in await directory.read_bodies((contact, officer), "")] == [contact]


async def test_a_member_that_floods_the_log_waits_and_the_roots_do_not(stores: Stores) -> None:
    world = settled()
    clock = Clock()
    directory = await opened(stores, clock, Buckets(7, 60, 10))
    await directory.append(*world.news())
    for _ in range(2):
        await directory.append(attest(world), ())
    late = world.sign(world.say(AttestContact, contact="co-desk"), "co-night")
    with pytest.raises(Refusal) as caught:
        await directory.append([late], ())
    assert caught.value.problem.code == "throttled"
    world.add_member("ec")
    await directory.append(*world.news())
    clock.now += 60
    world.admit(world.say(RevokeDevice, device=key_pair("co-night").public.id, reason="lost"), "co-chief", "co-deputy")
    await directory.append(*world.news())
    assert directory.view == world.view
