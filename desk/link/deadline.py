"""How long a relay may take over everything that is read of its log at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from desk.errors import Unreachable
from desk.keys.seen_time import span

MOST_SECONDS = 1800.0


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Cut off what goes on in the block after `seconds`; raises Unreachable, in words an officer can act on.

    Whatever goes on in it is stored whole or not at all, step by step, so it may be cut off anywhere.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Unreachable(
            f"the relay has been answering for {span(int(seconds))} and does not come to an end; try again, and "
            "if that goes on, tell the secretariat"
        ) from error
