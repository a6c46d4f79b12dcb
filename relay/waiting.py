"""How long-running work waits: for a time, or until somebody wakes it. An argument, so that tests need no clock."""

import asyncio
from collections.abc import Awaitable, Callable

Wait = Callable[[int, asyncio.Event], Awaitable[None]]
"""Return after so many seconds, or as soon as the event is set."""


async def wait_for(seconds: int, wake: asyncio.Event) -> None:
    """The waiting of a real process."""
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass
