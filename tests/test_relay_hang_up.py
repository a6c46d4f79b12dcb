"""Ending a connection at once, whatever state it is in."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from aiohttp.test_utils import make_mocked_request

from relay.hang_up import hang_up


class End(asyncio.Protocol):
    """One end of a connection: its transport once it is made, and whether it is lost."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.made: asyncio.Future[asyncio.BaseTransport] = loop.create_future()
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made.set_result(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()


@pytest.fixture
async def ends() -> AsyncIterator[tuple[End, End]]:
    """The two ends of a TLS connection on loopback: the server's, the client's."""
    authority, loop, server_end, client_end = trustme.CA(), asyncio.get_running_loop(), End(), End()
    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    authority.issue_cert("localhost").configure_cert(mine)
    async with await loop.create_server(lambda: server_end, "127.0.0.1", 0, ssl=mine) as server:
        port = server.sockets[0].getsockname()[1]
        await loop.create_connection(lambda: client_end, "127.0.0.1", port, ssl=theirs, server_hostname="localhost")
        await server_end.made
        yield server_end, client_end


@pytest.mark.parametrize("closed", [0, 1, 2, 3])
async def test_a_connection_is_cut_however_often_it_was_closed(ends: tuple[End, End], closed: int) -> None:
    transport = await ends[0].made
    request = make_mocked_request("GET", "/v1/stream", transport=transport)
    for _ in range(closed):
        transport.close()
    hang_up(request)
    hang_up(request)
    async with asyncio.timeout(10):
        await ends[1].lost.wait()
        await ends[0].lost.wait()
    assert transport.is_closing()


def test_a_connection_that_is_gone_is_left_alone() -> None:
    request = make_mocked_request("GET", "/v1/stream")
    request.protocol.transport = None
    hang_up(request)
    assert request.protocol.transport is None
