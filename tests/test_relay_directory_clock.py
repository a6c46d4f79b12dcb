"""The relay's directory log under clocks that were wrong and are set right: it starts, and tells desks the truth."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from directory_world import START, TWO_ROOTS
from relay_bodies import OWN, BodiedWorld
from relay_stores import KINDS, Kind, Stores, memory_stores, stores_of
from test_relay_directory_log import Clock, attest, filled, opened, settled

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from directory.judge import CLOCK_SKEW, Refused
from directory.replay import Alarm, Replica, extend
from directory.statement import AttestContact, SuspendMember
from directory.view import View
from relay.directory_log import DirectoryLog
from relay.rules.earliest import earliest

DAY = 86_400


@pytest.fixture(params=KINDS)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stores]:
    kind: Kind = request.param
    async with stores_of(kind, tmp_path) as stores:
        yield stores


async def seen(directory: DirectoryLog, network: str, now: int, before: Replica | None = None) -> str:
    """What a desk says of the log at a time: the alarm's kind, or "" if it follows."""
    before = Replica(network) if before is None else before
    state = await directory.read(before.size, 1 << 24)
    try:
        extend(before, [each.encode() for each in state.entries], state.checkpoint.encode(), now)
    except Alarm as alarm:
        return alarm.kind
    return ""


async def wrong_once(stores: Stores, world: BodiedWorld, ahead: int, desk_ahead: int) -> tuple[DirectoryLog, Clock]:
    """A relay that took a statement from the future while its own clock was ahead, and whose clock is right again."""
    clock = Clock()
    directory = await filled(stores, world, clock)
    clock.now, world.now = START + ahead, START + desk_ahead
    await directory.append(attest(world), ())
    clock.now = START + 60
    return directory, clock


@pytest.mark.parametrize(
    ("ahead", "desk_ahead", "at_once"),
    [(600, 610, ""), (600, 890, "clock"), (400, 400, ""), (DAY, DAY, "clock"), (500 * DAY, 500 * DAY, "clock")],
)
async def test_a_statement_from_the_future_neither_stops_the_relay_nor_accuses_it(
    stores: Stores, ahead: int, desk_ahead: int, at_once: str
) -> None:
    world = settled()
    directory, clock = await wrong_once(stores, world, ahead, desk_ahead)
    desk = extend(Replica(world.network), world.entries[:-1], signed(world, START, -1), START)  # before all this
    await directory.renew()
    for relay in (directory, await opened(stores, clock)):
        assert relay.view == world.view
        assert await seen(relay, world.network, clock.now) == at_once
        assert await seen(relay, world.network, clock.now, desk) == at_once
    clock.now = START + desk_ahead  # that time has come
    again = await opened(stores, clock)
    await again.renew()
    assert again.checkpoint is not None
    assert again.checkpoint.time == clock.now
    assert await seen(again, world.network, clock.now) == ""


async def test_the_relay_goes_on_while_it_waits_for_that_time(stores: Stores) -> None:
    world = settled()
    directory, clock = await wrong_once(stores, world, DAY, DAY)
    await directory.renew()
    world.now = clock.now
    world.add_officer("co-day", "co")
    await directory.append(*world.news())
    again = await opened(stores, clock)
    assert again.view == world.view
    assert again.checkpoint is not None
    assert again.checkpoint.time == START + DAY - CLOCK_SKEW


async def test_what_was_taken_after_a_suspension_seemed_over_counts_with_every_desk(stores: Stores) -> None:
    world, clock = settled(), Clock()
    world.admit(world.say(SuspendMember, member="co", until=START + 7200), *TWO_ROOTS)
    directory = await filled(stores, world, clock)
    clock.now = world.now = START + 8000
    world.admit(world.say(AttestContact, contact="co-desk", at=START + 60), "co-night")
    await directory.append(*world.news())
    clock.now = START + 60
    await directory.renew()
    again = await opened(stores, clock)
    for relay in (directory, again):
        assert await seen(relay, world.network, START + 60) == "clock"
        assert await seen(relay, world.network, START + 7200) == ""


async def test_of_two_processes_neither_takes_back_the_others_time(stores: Stores) -> None:
    """The clocks of two workers differ by less than what a desk forgives: what each signs is no older than the last."""
    world, clock, ahead = settled(), Clock(), Clock()
    slow = await filled(stores, world, clock)
    fast = await opened(stores, ahead)
    desk = extend(Replica(world.network), world.entries, signed(world, START), START)
    ahead.now, clock.now = START + 240, START + 60
    await fast.renew()
    assert fast.checkpoint is not None
    desk = extend(desk, (), fast.checkpoint.raw, START + 60)
    await slow.renew()  # at the same size: nothing but the time tells that somebody else has signed
    assert await seen(slow, world.network, clock.now, desk) == ""
    ahead.now += 10
    await fast.renew()
    desk = extend(desk, (), fast.checkpoint.raw, START + 60)
    await slow.append(attest(world), ())
    assert await seen(slow, world.network, clock.now, desk) == ""


async def test_a_log_that_was_bricked_before_is_healed() -> None:
    stores, world = memory_stores(), settled()
    directory, clock = await wrong_once(stores, world, 600, 610)
    assert directory.checkpoint is not None
    await stores.log.renew(directory.view.size, signed(world, clock.now), directory.checkpoint.raw)  # as of old
    assert await seen(directory, world.network, clock.now) == "refused"
    again = await opened(stores, clock)
    await again.renew()
    assert await seen(again, world.network, clock.now) == ""


def signed(world: BodiedWorld, time: int, end: int | None = None) -> bytes:
    entries = world.entries[:end]
    tree = Tree(leaf_hash(each) for each in entries)
    return sign_checkpoint(Checkpoint("log.enlace.example", len(entries), tree.root()), OWN.logs[0], time)


def test_the_earliest_time_is_one_at_which_all_counts_and_none_before_it_is() -> None:
    world = settled()
    world.admit(world.say(SuspendMember, member="co", until=START + 7200), *TWO_ROOTS)
    world.admit(world.say(SuspendMember, member="co", until=START + 9000), "duty")
    world.now = START + 9100
    world.admit(world.say(AttestContact, contact="co-desk", at=START + 100), "co-night")
    for count in range(1, len(world.entries) + 1):
        taken, time = world.entries[:count], earliest(View(), world.entries[:count], 0)
        assert earliest(View(), taken, time) == time
        assert earliest(View(), taken, time + 5) == time + 5
    assert earliest(View(), world.entries, 0) == START + 9000
    assert earliest(View(), world.entries[:-1], 0) == START - CLOCK_SKEW
    assert earliest(world.view, (), 7) == 7


def test_a_suspension_by_the_duty_key_counts_from_72_hours_before_its_end() -> None:
    world = settled()
    world.admit(world.say(SuspendMember, member="co", until=START + 72 * 3600), "duty")
    assert earliest(View(), world.entries, 0) == START


def test_what_counts_at_no_time_is_refused() -> None:
    world = settled()
    strange = world.sign(world.say(AttestContact, contact="co-desk"), "ec-chief")
    with pytest.raises(Refused) as refused:
        earliest(View(), [*world.entries, strange], 0)
    assert refused.value.rule == "R21"
