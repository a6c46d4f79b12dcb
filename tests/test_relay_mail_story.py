"""Random stories of the mail, played on both stores: whatever happens in whatever order, nothing is lost silently.

The story submits, acknowledges, steps, lets time pass, suspends, reinstates, revokes, lets the disk fail in both ways,
and restarts. A plain model remembers what senders were promised. At the end, with all time over:

1. each envelope with a receipt was, for each device, either acknowledged or told of (expired, dropped, stopped);
   never both acknowledged and handed out again, and never neither;
2. a device was never handed an item again after its acknowledgement was stored;
3. numbers of a device only grew; loads are what the rows say; no ciphertext outlives its open deliveries;
4. at most one acceptance stands for an envelope.
"""

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from directory_world import local_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_world import DAY, MailHouse, StoreKind, Told, envelope, name_of, reinstate, revoke, suspend
from structlog.testing import capture_logs

from relay.mail.memory_store import DiskFailed, MemoryMailStore
from relay.mail.store import Item
from relay.protocol.envelope import Envelope
from relay.protocol.problems import Refusal
from relay.rules.mailbox import Load
from relay.rules.release import reach

OFFICERS = ("co-night", "co-day", "co-late")
EVERYBODY = (*OFFICERS, "ar-aide", "ar-desk")
_who = st.sampled_from(OFFICERS)
_acts = st.one_of(
    st.tuples(st.just("submit"), st.integers(0, 2), st.booleans(), st.sampled_from([200, 5_000, DAY])),
    st.tuples(st.just("submit"), st.integers(0, 2), st.booleans(), st.sampled_from([200, 5_000, DAY])),
    st.tuples(st.just("resubmit"), st.integers(0, 9)),
    st.tuples(st.just("acknowledge"), st.sampled_from(EVERYBODY), st.integers(1, 3)),
    st.tuples(st.just("acknowledge"), st.sampled_from(EVERYBODY), st.integers(1, 3)),
    st.tuples(st.just("step"), _who, st.integers(0, 9), st.sampled_from(["accepted", "refused"])),
    st.tuples(st.just("move"), st.sampled_from([1, 60, 600, 5_000])),
    st.tuples(st.just("suspend")),
    st.tuples(st.just("reinstate")),
    st.tuples(st.just("revoke"), _who),
    st.tuples(st.just("fail"), st.sampled_from(["lost", "unknown"])),
    st.tuples(st.just("restart")),
)


@dataclass
class Story:
    """A relay's mail, and what the model remembers."""

    house: MailHouse
    promised: dict[str, Envelope] = field(default_factory=dict)
    tried: list[Envelope] = field(default_factory=list)
    acknowledged: set[tuple[str, str]] = field(default_factory=set)  # envelope, handle
    told: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # events by envelope and handle
    numbers: dict[str, int] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    async def play(self, act: tuple[Any, ...]) -> None:
        """One thing happens; refusals and failures are part of it."""
        try:
            await getattr(self, act[0])(*act[1:])
        except (Refusal, DiskFailed):
            pass
        await self.house.settled()

    async def submit(self, first: int, staged: bool, lasts: int) -> None:
        later = [(600, [OFFICERS[(first + 1) % 3]]), (1200, [OFFICERS[(first + 2) % 3]])] if staged else []
        sent = envelope(
            self.house.directory,
            to=[OFFICERS[first]],
            later=later,
            own=["ar-desk", "ar-aide"],
            name=f"{len(self.tried)}",
            now=self.house.time(),
            lasts=lasts,
        )
        self.tried.append(sent)
        await self._hand_in(sent)

    async def resubmit(self, which: int) -> None:
        if self.tried:
            await self._hand_in(self.tried[which % len(self.tried)])

    async def _hand_in(self, sent: Envelope) -> None:
        relayed = await self.house.submit(sent)
        if sent.hash in self.promised:
            assert (await self.record(sent.hash)).relayed == relayed
        self.promised[sent.hash] = sent

    async def acknowledge(self, handle: str, count: int) -> None:
        for item in (await self.queue(handle))[:count]:
            self.look_at(handle, item)
            if item.kind == "notice":
                self.remember(self.house.notice(item.payload))
            await self.house.acknowledge(handle, item)
            if item.kind == "envelope":
                self.acknowledged.add((item.envelope, handle))

    def look_at(self, handle: str, item: Item) -> None:
        """What a desk would make of an item."""
        assert (item.envelope, handle) not in self.acknowledged or item.kind != "envelope", "handed out again"
        if item.kind == "envelope":
            assert item.payload == next(each.raw for each in self.tried if each.hash == item.envelope)

    def remember(self, notice: Told) -> None:
        """What the sender was told."""
        for handle in notice.devices:
            self.told.setdefault((notice.envelope, handle), set()).add(notice.event)

    async def step(self, handle: str, which: int, act: Any) -> None:
        if self.tried:
            await self.house.step(handle, self.tried[which % len(self.tried)].hash, act)

    async def move(self, seconds: int) -> None:
        self.house.time.move(seconds)

    async def suspend(self) -> None:
        self.house.directory.world.now = self.house.time()
        if reach(self.house.directory.view, local_id("co-chief"), self.house.time()) == "live":
            try:
                suspend(self.house.directory, "co", 3_000)
            except ValueError:  # the duty key had its turn, and the roots have not spoken since
                pass

    async def reinstate(self) -> None:
        self.house.directory.world.now = self.house.time()
        try:
            reinstate(self.house.directory, "co")
        except ValueError:  # it is not suspended
            pass

    async def revoke(self, handle: str) -> None:
        self.house.directory.world.now = self.house.time()
        try:
            revoke(self.house.directory, handle)
        except ValueError:  # its member is suspended, or it is revoked
            return
        self.revoked.add(handle)

    async def fail(self, how: Any) -> None:
        if isinstance(self.house.store, MemoryMailStore):
            self.house.store.fail_next = how

    async def restart(self) -> None:
        await self.house.restart()

    async def queue(self, handle: str) -> list[Item]:
        items = await self.house.queue(handle)
        numbers = [item.number for item in items]
        assert numbers == sorted(set(numbers))
        assert not numbers or numbers[0] >= 1
        self.numbers[handle] = max([self.numbers.get(handle, 0), *numbers])
        return items

    async def record(self, envelope_hash: str) -> Any:
        return await self.house.store.read(lambda reading: reading.envelope(envelope_hash))

    async def end(self) -> None:
        """All time is over: what is left expires, and the sender reads what it was told."""
        if isinstance(self.house.store, MemoryMailStore):
            self.house.store.fail_next = ""
        await self.check_rows()
        self.house.time.move(60)
        await self.house.settled()
        self.house.time.move(2 * DAY)
        await self.house.settled()
        await self.house.restart()
        await self.house.settled()
        for notice in await self.house.notices("ar-desk"):
            self.remember(notice)
        for envelope_hash in self.promised:
            await self.check_envelope(envelope_hash)
        for handle in EVERYBODY:
            assert [item.kind for item in await self.queue(handle) if item.kind == "envelope"] == []
        await self.check_rows()

    async def check_envelope(self, envelope_hash: str) -> None:
        sent = self.promised[envelope_hash].header
        named = {name_of(each.device) for each in sent.recipients()} - {"ar-desk"}
        states = await self.house.states(envelope_hash)
        assert set(states) == named
        for handle, state in states.items():
            events = self.told.get((envelope_hash, handle), set()) - {"released", "held"}
            if (envelope_hash, handle) in self.acknowledged:
                assert state == "delivered"
            elif state != "delivered":  # an acknowledgement whose answer was lost counts as well
                assert events == {state}, (handle, state, events)
            assert state in ("delivered", "expired", "dropped", "stopped")
            assert state != "dropped" or handle in self.revoked
        steps = await self.house.store.read(lambda reading: reading.steps(envelope_hash))
        assert sum(each.act == "accepted" for each in steps) <= 1

    async def check_rows(self) -> None:
        """Invariant 3."""
        for handle in EVERYBODY:
            device = local_id(handle)

            def count(reading: Any, device: str = device) -> tuple[Load, Load]:
                lines = [each for each in reading.items(device, 0, 10_000, 1 << 30) if each.kind != "envelope"]
                open_ones = reading.open_deliveries([device], 10_000)
                size = sum(len(each.payload) for each in lines) + sum(each.size for each in open_ones)
                shares = {
                    each.member: [other.size for other in open_ones if other.member == each.member]
                    for each in open_ones
                }
                assert reading.shares(device) == {name: Load(len(sizes), sum(sizes)) for name, sizes in shares.items()}
                return reading.load(device), Load(len(lines) + len(open_ones), size)

            kept, counted = await self.house.store.read(count)
            assert kept == counted
        for envelope_hash in self.promised:
            assert "queued" not in await self.unreleased(envelope_hash)

    async def unreleased(self, envelope_hash: str) -> list[str]:
        """The states of deliveries that were never released."""
        found = await self.house.store.read(lambda reading: reading.deliveries(envelope_hash))
        return [each.state for each in found if not each.released]


async def play(kind: StoreKind, acts: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, capture_logs():
        async with MailHouse(Path(folder), kind) as house:
            await house.settled()
            story = Story(house)
            for act in acts:
                await story.play(act)
            await story.end()


@pytest.mark.parametrize(("kind", "examples"), [("memory", 200), ("sqlite", 60)])
def test_nothing_is_lost_silently(kind: StoreKind, examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
    @given(st.lists(_acts, min_size=6, max_size=40))
    def stories(acts: list[tuple[Any, ...]]) -> None:
        asyncio.run(play(kind, acts))

    stories()
