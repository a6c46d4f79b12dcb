"""Hours that a test lets pass: a clock, and a way to wait by it, for what rings and tells at night.

hours = Hours()                      # or Hours(story.clock)
teller = Teller(…, clock=hours, wait=hours.wait)
await hours.go(600)                  # ten minutes, and everything that waits for any of them goes on in its turn
await until(lambda: outcomes)        # what takes the machine's own time (a program, a server) is waited for
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from relay_world import Clock


@dataclass
class Hours:
    """A clock, and who waits by it."""

    clock: Clock = field(default_factory=Clock)
    _waiting: list[tuple[int, asyncio.Event]] = field(default_factory=list)

    def __call__(self) -> int:
        return self.clock.now

    async def wait(self, seconds: int, wake: asyncio.Event) -> None:
        """Return after so many of these seconds, or as soon as the event is set."""
        mine = asyncio.Event()
        entry = (self.clock.now + seconds, mine)
        self._waiting.append(entry)
        tasks = [asyncio.ensure_future(each.wait()) for each in (mine, wake)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._waiting.remove(entry)

    async def go(self, seconds: int) -> None:
        """Let so much time pass, one waiter after the other."""
        end = self.clock.now + seconds
        while True:
            await settled()
            due = min((at for at, event in self._waiting if not event.is_set()), default=end + 1)
            if due > end:
                break
            self.clock.now = max(self.clock.now, due)
            for at, event in self._waiting:
                if at <= self.clock.now:
                    event.set()
        self.clock.now = end
        await settled()


async def settled() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Return when a condition holds; other tasks, and programs, work meanwhile."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # of what other programs do
            await asyncio.sleep(0.002)
