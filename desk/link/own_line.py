"""Handing in a line of this device about an envelope: it is dated when it is handed in.

Nothing of it waits on this desk: without the relay an officer neither accepts nor orders, is told so, and does it
again. What lies between is a relay that was busy (`desk.link.patience`), or a machine that slept: a relay takes no line
that is dated longer ago than clocks may differ, and this desk then signs it anew, once. Of two such lines the relay
stores one at most.
"""

from collections.abc import Callable
from typing import TypeVar

from desk.errors import Declined
from desk.link.client import RelayClient
from relay.protocol import routes

T = TypeVar("T")
_OLD = "line-old"


async def hand_in(client: RelayClient, path: str, sign: Callable[[], bytes], answer: type[T]) -> T:
    """The relay's answer to the line that `sign` makes, with the time of the call; raises as `RelayClient.call`."""
    try:
        return await client.call("POST", path, data=sign(), kind=routes.NOTE, answer=answer)
    except Declined as error:
        if error.problem != _OLD:
            raise
    return await client.call("POST", path, data=sign(), kind=routes.NOTE, answer=answer)
