"""What a desk's client speaks through: HTTP and WebSocket to one relay, and what their failures mean to a person.

1. TLS is the caller's. No answer leads anywhere else: a redirect is told, and not followed, on a WebSocket neither.
2. Each request has `TIMEOUT`; of its answer no more than `most` bytes are read, and one.
3. All connections are gone when it is closed. aiohttp waits for idle ones only; one that was used up (by a stream, or
   by an answer that ended it) may still be taking leave then, and the end of the event loop would cut it.
4. Of the desk, this module and `desk.link.frames` alone import aiohttp, and are imported when a relay is first spoken
   to: to load it takes as long as all that looking something up in the directory takes.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from functools import cached_property
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from desk.errors import DeskError, Distrust, Unreachable, Usage
from relay.protocol import routes

MOST_LEAVE_SECONDS = 2
TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=15)


class Transport:
    """The way to a relay; to be made, used and closed in one event loop."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._connections = Connections(ssl=tls)
        self._http = aiohttp.ClientSession(
            connector=self._connections,
            timeout=TIMEOUT,
            auto_decompress=False,
            middlewares=(_stay_here,),
        )

    async def close(self) -> None:
        """Close it; returns when all connections are gone (rule 3)."""
        await self._http.close()
        await self._connections.gone()

    async def request(
        self, method: str, relay: str, path: str, content: bytes | None, headers: Mapping[str, str], most: int
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body (cut off one byte after `most`) and headers of the answer of the relay at an address.

        Raises Unreachable if none came, Distrust for a certificate or a redirect, Usage for what is no address.
        """
        try:
            async with self._http.request(
                method, relay + path, data=content, headers=headers, allow_redirects=False
            ) as response:
                raw = await response.content.read(most + 1)
                while not response.content.at_eof() and len(raw) <= most:
                    raw += await response.content.read(most + 1 - len(raw))
                return response.status, raw, response.headers
        except (UnicodeError, aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise _told(relay, error) from error

    async def stream(
        self, relay: str, path: str, headers: Mapping[str, str]
    ) -> aiohttp.ClientWebSocketResponse | tuple[int, str]:
        """An open WebSocket, or the status and the nonce (if any) of the answer that refused it; raises as `request`
        does."""
        try:
            return await self._http.ws_connect(relay + path, headers=headers, heartbeat=30, max_msg_size=8 << 20)
        except aiohttp.WSServerHandshakeError as error:
            return error.status, error.headers.get(routes.NONCE_HEADER, "") if error.headers is not None else ""
        except (UnicodeError, aiohttp.ClientError, OSError) as error:
            raise _told(relay, error) from error


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


class _Elsewhere(aiohttp.ClientError):
    """An answer that names another address (3xx)."""


async def _stay_here(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Let no answer lead anywhere else (rule 3): a WebSocket's handshake would follow, proof and all."""
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise _Elsewhere(str(response.status))
    return response


def _told(relay: str, error: Exception) -> DeskError:
    match error:
        case ssl.SSLCertVerificationError() | aiohttp.ClientConnectorCertificateError():
            return Distrust(f"the relay {relay} shows a certificate that is not to be trusted: {error}")
        case _Elsewhere():
            return Distrust(
                f"{relay} sends this desk to another address ({error}), which no Enlace relay does; it was not followed"
            )
        case UnicodeError() | aiohttp.InvalidURL():
            return Usage(f"{relay} is no address of a relay: {error}")
    return Unreachable(f"the relay {relay} does not answer: {_reason(error)}")


def closed_door(error: BaseException | None) -> bool:
    """Whether the relay closed a connection without an answer, as it does with one too many (`relay.door`)."""
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    return isinstance(
        error,
        ConnectionResetError
        | ConnectionAbortedError
        | BrokenPipeError
        | ssl.SSLEOFError
        | aiohttp.ServerDisconnectedError,
    )


def _reason(error: BaseException) -> str:
    """Why there was no answer, as people know it."""
    if closed_door(error):
        return (
            "it closed the connection. Perhaps it takes no more connections from this network just now, or is being "
            "started anew. Try again; if it goes on, tell whoever runs the relay how many work behind this network"
        )
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known here; perhaps there is no network"
        case aiohttp.ClientConnectorError(os_error=ssl.SSLError() as cause):
            return f"it does not agree on TLS with this desk: {cause.reason or cause}"
        case aiohttp.ClientConnectorError(os_error=OSError(errno=int(number))) if number > 0:
            return os.strerror(number)
        case aiohttp.ClientConnectorError(os_error=cause):
            return str(cause) or type(cause).__name__
        case TimeoutError():
            return "it took too long"
    return str(error) or type(error).__name__
