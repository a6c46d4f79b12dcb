"""Waiting for a relay that is busy, as long as it says, and asking it again.

1. Waited for is the refusal `unavailable` alone: the relay took nothing, and knows what comes twice. For longer than
   it says, the more often it refused; and somewhat longer still, by chance, so that desks refused together do not come
   back together.
2. **Fails closed**: its refusal stands after MOST_TRIES in a row, after MOST_SECONDS of waiting over one connection,
   and at once where it says more than LONGEST. So a relay that is never free does not keep a desk, and what is queued
   behind is asked once each.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

from desk.errors import Declined
from desk.link.deadline import MOST_SECONDS

T = TypeVar("T")
Wait = Callable[[float], Awaitable[None]]
BUSY = "unavailable"
MOST_TRIES = 16
LONGEST = 60  # seconds
_SLOWEST = 10  # seconds to which waiting grows by itself
_PARTS = 256


class Patience:
    """What is left of a desk's patience with one relay; `wait` sleeps for so many seconds."""

    def __init__(self, wait: Wait = asyncio.sleep) -> None:
        self._wait = wait
        self._refused, self._waited = 0, 0.0

    async def through(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` comes to, made again while the relay is busy; raises as `ask` does, Declined by rule 2."""
        while True:
            try:
                done = await ask()
            except Declined as error:
                # Whatever else it says, it is not busy.
                self._refused = min(self._refused + 1, MOST_TRIES) if error.problem == BUSY else 0
                seconds = self._seconds(error)
                if seconds is None:
                    raise
            else:
                self._refused = 0
                return done
            self._waited += seconds
            await self._wait(seconds)  # a crash here leaves what was there before: the relay took nothing

    def _seconds(self, error: Declined) -> float | None:
        if error.problem != BUSY or self._refused >= MOST_TRIES or error.retry_after > LONGEST:
            return None
        least = max(error.retry_after, min(self._refused, _SLOWEST))
        seconds = least * (1 + secrets.randbelow(_PARTS) / (2 * _PARTS))
        return seconds if self._waited + seconds <= MOST_SECONDS else None
