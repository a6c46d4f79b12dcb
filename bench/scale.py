"""`python -m bench scale [--full] [CONTACTS …]`: what a large directory costs, as a table for `bench/README.md`.

1. Every size is a network of its own: a real relay over loopback TLS, and commands typed at its desks, each a process
   of its own, by the clock on the wall. `bench.settled` says how a town comes into it, `bench.town` what is in it.
2. Each figure is measured once, but look-ups and changes, which are quick: the median of `ROUNDS`. So single times
   scatter by a tenth; what the sizes are to one another, within one run, is what to look at.
3. Beside the time by the clock stands that of processors, in brackets: what a busy machine changes least.
4. Bytes are those of the relay's answers, without the headers and TLS around them.
5. *Changed* are so many contacts since the last synchronisation: one in ten published anew with another body, the
   others attested.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from bench.machine import this_machine
from bench.settled import Cost, Settled, copied, settled
from bench.town import Bodies, changed, place
from config.sharing import Sharing
from directory.replay import Replica, extend, reload

DESK, FRESH, CUT = "ar-desk", "ar-admin-1", "ar-admin-2"
QUICK, FULL = (1_000, 10_000), (1_000, 10_000, 100_000)
ROUNDS = 3
OF_PROCESSORS = ", of processors"
CUT_AT = 10_000  # the size at which a first synchronisation is cut off as well
Figures = dict[str, float]


def scale(arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Measure and print; the exit code. `arguments` are sizes, or `--full`, or nothing."""
    sizes = FULL if "--full" in arguments else tuple(int(each) for each in arguments if each.isdecimal()) or QUICK
    if any(each != "--full" and not each.isdecimal() for each in arguments) or min(sizes) < 100:
        print("usage: python -m bench scale [--full] [CONTACTS …]; a size is 100 or more", file=sys.stderr)
        return 2
    begin = time.monotonic()
    found = asyncio.run(measured(sizes, say))
    say("")
    print(f"{this_machine().line()}; measured in {time.monotonic() - begin:.0f} s\n\n{table(found)}")
    return 0


async def measured(sizes: Sequence[int], say: Callable[[str], None]) -> dict[int, Figures]:
    """The figures, by size."""
    found: dict[int, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="enlace-scale-") as temporary:
        folder = Path(temporary)
        say("scale: founding a network")
        async with settled(folder / "base") as base:
            for size in sizes:
                async with _world(base, folder / str(size), size, say) as world:
                    found[size] = await _Measuring(world, size, say).all()
    return found


@asynccontextmanager
async def _world(base: Settled, folder: Path, size: int, say: Callable[[str], None]) -> AsyncIterator[Settled]:
    world, now = copied(base, folder), int(time.time())
    town = world.town(now)
    town.build(size, say)
    say(f"scale: storing {len(town.entries):,} statements")
    await world.put(town.entries, town.bodies, now)
    world.chiefs = town.chiefs
    try:
        yield world
    finally:
        await world.stop()
        world.remove()


class _Measuring:
    """One size."""

    def __init__(self, world: Settled, size: int, say: Callable[[str], None]) -> None:
        self._world, self._size, self._tell = world, size, say
        self._figures: Figures = {"contacts": size, "statements": len(world.entries)}
        self._rng = random.Random(size)
        self._seq = [3] * size

    async def all(self) -> Figures:
        """Everything, in an order in which each begins with what the one before left."""
        world, found = self._world, self._figures
        self._say("the relay starts")
        found["start"] = await world.start()
        self._say("first synchronisation")
        first = await world.typed(DESK, "sync")
        self._note("first", first)
        found["relay memory"] = world.memory()
        found["replica"] = world.size(DESK) / self._size
        found["kept"] = world.size(DESK, "view.kept") / self._size
        if self._size == CUT_AT:
            await self._cut(first)
        await self._looking_up()
        await self._changes()
        await self._proving()
        await self._carrying()
        await world.stop()
        self._say("replaying in process")
        self._replaying()
        return found

    def _say(self, what: str) -> None:
        self._tell(f"scale: {self._size:,} contacts: {what}")

    def _time(self, name: str, costs: Sequence[Cost]) -> None:
        self._figures[name] = median(each.wall for each in costs)
        self._figures[f"{name}{OF_PROCESSORS}"] = median(each.processor for each in costs)

    def _note(self, name: str, cost: Cost) -> None:
        self._time(name, [cost])
        for field in ("memory", "requests", "received"):
            self._figures[f"{name} {field}"] = getattr(cost, field)

    async def _cut(self, first: Cost) -> None:
        """A first synchronisation killed on its way, and what another one has still to ask for."""
        self._say("a first synchronisation that is cut off")
        await self._world.typed(CUT, "sync", cut_after=1 + first.wall * self._rng.uniform(0.2, 0.6))
        again = await self._world.typed(CUT, "sync")
        self._figures["cut"] = again.received / first.received

    async def _looking_up(self) -> None:
        self._say("look-ups, typed cold")
        member, contact = place(self._size // 2)
        for name, words in (("id", (contact,)), ("words", ("trafficking", "Villa", "Alta", "--country", member))):
            costs = [await self._world.typed(DESK, "find", *words) for _ in range(ROUNDS)]
            self._time(f"find {name}", costs)
            self._figures["find memory"] = max(each.memory for each in costs)

    async def _changes(self) -> None:
        nothing = [await self._world.typed(DESK, "sync") for _ in range(ROUNDS)]
        self._time("nothing", nothing)
        for name, share in (("0.1 %", 1000), ("1 %", 100)):
            self._say(f"{name} of contacts changed")
            costs = []
            for _ in range(ROUNDS):
                await self._change(max(1, self._size // share))
                costs.append(await self._world.typed(DESK, "sync"))
            self._time(name, costs)
            self._figures[f"{name} received"] = median(each.received for each in costs)
            self._figures[f"{name} requests"] = median(each.requests for each in costs)

    async def _change(self, count: int) -> None:
        """Hand in statements about so many contacts."""
        numbers = self._rng.sample(range(self._size), count)
        entries, bodies, town = list[bytes](), Bodies(), self._world.town(int(time.time()))
        town.chiefs = self._world.chiefs
        for at, number in enumerate(numbers):
            entry, body = changed(town, number, self._seq[number], anew=at % 10 == 0)
            self._seq[number] += 1
            entries.append(entry)
            bodies += body
        await self._world.hand_in(entries, bodies)

    async def _proving(self) -> None:
        self._say("proofs")
        file = self._world.stage.folder / "one.tlog-proof"
        _, contact = place(self._size // 3)
        self._time("proof", [await self._world.typed(DESK, "proof", "export", contact, "-o", str(file))])
        self._figures["proof bytes"] = file.stat().st_size

    async def _carrying(self) -> None:
        self._say("a snapshot")
        file = self._world.stage.folder / "directory.snapshot"
        written = await self._world.typed(DESK, "snapshot", "write", str(file))
        read = await self._world.typed(FRESH, "snapshot", "read", str(file))
        self._time("written", [written])
        self._time("read", [read])
        self._figures["snapshot"] = file.stat().st_size / self._size
        self._figures["read memory"] = read.memory

    def _replaying(self) -> None:
        """What the desk did in `first`, without a relay: by the processor's time, and by the wall with all cores."""
        entries, checkpoint, now = self._world.entries, self._world.checkpoint, int(time.time())
        pinned, count = self._world.view.founded.id, len(entries)
        begin, used = time.perf_counter(), time.process_time()
        extend(Replica(pinned), entries, checkpoint, now)
        self._figures["judged"] = (time.process_time() - used) / count * 1e6
        alone = time.perf_counter() - begin
        begin = time.perf_counter()
        with Sharing() as sharing:
            whole = extend(Replica(pinned), entries, checkpoint, now, spread=sharing.begin)
        shared = time.perf_counter() - begin
        self._figures["judged spread"] = shared / count * 1e6
        self._figures["gain"] = alone / shared
        used = time.process_time()
        reload(pinned, entries, checkpoint)
        self._figures["folded"] = (time.process_time() - used) / count * 1e6
        self._figures["path"] = len(whole.tree.inclusion(count // 3, count))
        begin = time.perf_counter()
        for index in range(0, count, max(1, count // 1000)):
            whole.tree.inclusion(index, count)
        self._figures["path time"] = (time.perf_counter() - begin) / len(range(0, count, max(1, count // 1000))) * 1e6


LINES: tuple[tuple[str, str, str], ...] = (
    ("statements", "statements", "{:,.0f}"),
    ("**replay**: judged on one core, a statement", "judged", "{:.0f} µs"),
    ("judged on all cores, a statement, by the wall", "judged spread", "{:.0f} µs"),
    ("all cores: so many times as fast", "gain", "{:.2f}"),
    ("folded without signatures, a statement", "folded", "{:.0f} µs"),
    ("**first synchronisation**, typed", "first", "{:.1f} s"),
    ("… requests", "first requests", "{:,.0f}"),
    ("… bytes of answers", "first received", "{:,.0f}"),
    ("… memory of the desk, at most", "first memory", "{:,.0f} MiB"),
    ("… cut off, and gone on with: asks for so much of it", "cut", "{:.0%}"),
    ("**relay**: ready after", "start", "{:.1f} s"),
    ("… memory, at most", "relay memory", "{:,.0f} MiB"),
    ("**replica on disk**, a contact", "replica", "{:,.0f} B"),
    ("… kept view, a contact", "kept", "{:,.0f} B"),
    ("**`enlace find`** by id, typed cold", "find id", "{:.2f} s"),
    ("… by words and country, typed cold", "find words", "{:.2f} s"),
    ("… memory, at most", "find memory", "{:,.0f} MiB"),
    ("**a day**: `enlace sync`, nothing new", "nothing", "{:.2f} s"),
    ("… 0.1 % changed", "0.1 %", "{:.2f} s"),
    ("… … bytes of answers", "0.1 % received", "{:,.0f}"),
    ("… 1 % changed", "1 %", "{:.2f} s"),
    ("… … bytes of answers", "1 % received", "{:,.0f}"),
    ("… … requests", "1 % requests", "{:,.0f}"),
    ("**proof**: hashes in the path", "path", "{:.0f}"),
    ("… made in the tree", "path time", "{:.1f} µs"),
    ("… file", "proof bytes", "{:,.0f} B"),
    ("… `enlace proof export`, typed cold", "proof", "{:.2f} s"),
    ("**snapshot**, a contact", "snapshot", "{:,.0f} B"),
    ("… written", "written", "{:.1f} s"),
    ("… read by a fresh desk, all judged", "read", "{:.1f} s"),
    ("… … memory, at most", "read memory", "{:,.0f} MiB"),
)


def table(found: dict[int, Figures]) -> str:
    """The figures as Markdown: a column a size, and beside each but the first, how many times the one before it is."""
    sizes = list(found)
    head = ["contacts"]
    for at, size in enumerate(sizes):
        head += [f"{size:,}", *([f"× {sizes[at - 1]:,}"] if at else [])]
    lines = [head, ["---"] * len(head)]
    for words, name, form in LINES:
        cells = [words]
        for at, size in enumerate(sizes):
            value = found[size].get(name, 0.0)
            before = found[sizes[at - 1]].get(name, 0.0) if at else 0.0
            used = found[size].get(f"{name}{OF_PROCESSORS}")
            said = form.format(value) + (f" ({form.format(used)})" if used is not None else "")
            cells += [said if name in found[size] else "", *([f"{value / before:.1f}" if before else ""] if at else [])]
        lines.append(cells)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
