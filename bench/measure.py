"""Timing in turns: everything that is to be compared is run once a round, in another order each round.

1. On a machine that others use too, speed changes from one second to the next. What runs in turns meets the same
   weather, so a ratio of medians holds where single times do not.
2. What only computes is timed by the processor time of its thread, so that being interrupted does not count; what waits
   for a disk, by the clock on the wall.
3. The median of the rounds counts, not the best of them: a desk does not choose its moment either.
4. The garbage collector is off while a round runs, and runs between rounds: its pauses belong to no case.
"""

import gc
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

import msgspec

Case = Callable[[], object]
Clock = Callable[[], float]
wall: Clock = time.perf_counter
# Where the system counts processor time by the tick (Windows: 64 a second), only the wall is fine enough.
processor: Clock = time.thread_time if time.get_clock_info("thread_time").resolution <= 1e-6 else wall
COLLECT_EVERY = 50


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: seconds and least rounds of a comparison, and how large what is measured is."""

    seconds: float
    rounds: int
    devices: tuple[int, ...] = (1, 10, 50)
    statements: int = 3_000
    contacts: tuple[int, ...] = (1_000, 10_000)
    listed: tuple[int, ...] = (10_000, 100_000)
    submissions: int = 200


FULL = Scale(seconds=4, rounds=15)
QUICK = Scale(seconds=0.6, rounds=5, statements=1_000, submissions=100, listed=(10_000,))


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Microseconds a call took: the median, the quartiles and the 99th percentile, over so many rounds."""

    median: float
    low: float
    high: float
    p99: float
    rounds: int


class Watch:
    """Whose turn it is, and how long each took by `clock`."""

    def __init__(self, names: Iterable[str], scale: Scale, clock: Clock) -> None:
        self.clock = clock
        self._taken: dict[str, list[float]] = {name: [] for name in names}
        self._scale = scale

    def turns(self) -> Iterator[str]:
        """The names, each once a round in an order of its own, until time and rounds are over."""
        order, rng, rounds = list(self._taken), random.Random(7), 0
        gc.collect()
        gc.disable()
        until = wall() + self._scale.seconds
        try:
            while rounds < self._scale.rounds or wall() < until:
                rng.shuffle(order)
                yield from order
                rounds += 1
                if rounds % COLLECT_EVERY == 0:
                    gc.collect()
        finally:
            gc.enable()

    def note(self, name: str, begin: float) -> None:
        """A turn that began at `begin` and ends now."""
        self._taken[name].append(self.clock() - begin)

    def timings(self) -> dict[str, Timing]:
        """What came out, by name."""
        return {name: _timing(times) for name, times in self._taken.items()}


def measure(cases: Mapping[str, Case], scale: Scale) -> dict[str, Timing]:
    """The processor time each case takes, run in turns for the seconds of `scale`, but at least its rounds."""
    for case in cases.values():
        case()  # what is loaded or remembered on first use is no part of the time
    watch = Watch(cases, scale, processor)
    for name in watch.turns():
        begin = watch.clock()
        cases[name]()
        watch.note(name, begin)
    return watch.timings()


def _timing(times: list[float]) -> Timing:
    marks = quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    low, high, p99 = (marks[at] * 1e6 for at in (24, 74, 98))
    return Timing(median=median(times) * 1e6, low=low, high=high, p99=p99, rounds=len(times))
