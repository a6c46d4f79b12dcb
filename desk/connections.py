"""The client's connections, all of which are gone when it is closed.

aiohttp waits for idle connections only. One that was used up (by a stream, or by an answer that ended it) may still be
taking leave then, and the end of the event loop would cut it.
"""

import asyncio
from functools import cached_property
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

MOST_LEAVE_SECONDS = 2


class Connections(aiohttp.TCPConnector):
    """A connector that remembers what it made for as long as that lives."""

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """As a session asks for it."""
        connection = await super().connect(req, traces, timeout)
        if connection.protocol is not None:
            self._made[connection.protocol] = connection.transport
        return connection

    async def gone(self) -> None:
        """Wait until the other side has let go of all connections too, for MOST_LEAVE_SECONDS at most; then cut it."""
        made = list(self._made.items())
        if leaving := {closed: transport for each, transport in made if (closed := each.closed)}:
            left, staying = await asyncio.wait(leaving, timeout=MOST_LEAVE_SECONDS)
            for each in left:
                each.exception()  # how it went is of no interest any more; unasked, it would be logged
            for each in staying:
                each.cancel()
                if (transport := leaving[each]) is not None:
                    transport.abort()
            if staying:
                await asyncio.sleep(0)  # after which what was cut is gone

    @cached_property
    def _made(self) -> WeakKeyDictionary[ResponseHandler, asyncio.Transport | None]:
        return WeakKeyDictionary()
