"""Fetching what waits at the relay, and no longer than `DRAIN_SECONDS`: the end of it is the relay's to announce.

The deadline ends a relay that goes on for ever, by trickles or by a flood. It costs an honest one nothing: whatever
came before is stored and acknowledged, and the next time goes on from there.
"""

import asyncio

from crypto.signing import SecretPair
from desk.errors import Unreachable
from desk.keys.seen_time import span
from desk.link.client import Clock
from desk.mail.receive import Listener, receive
from desk.profile.folder import Profile
from relay.protocol.stream import Closing

DRAIN_SECONDS = 600.0


async def drain(profile: Profile, keys: SecretPair, clock: Clock, listener: Listener) -> Closing | None:
    """Fetch until nothing waits; raises as `receive` does, and Unreachable when it takes too long."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            # Cut off anywhere in it, an item is in the spool whole or not at all; one that is not acknowledged yet
            # comes again.
            return await receive(profile, keys, clock, listener, drain=True)
    except TimeoutError as error:
        raise endless() from error


def endless() -> Unreachable:
    """What is said of a relay that goes on for longer than that."""
    return Unreachable(
        f"the relay has been sending for {span(int(DRAIN_SECONDS))} and does not come to an end; what has come is "
        "kept. Synchronise again for the rest; if that goes on, tell the secretariat"
    )
