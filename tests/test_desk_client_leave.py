"""A desk's client has let go of every connection when it is closed, also of those that an answer or a stream ended."""

import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.errors import DeskError
from desk.link.client import RelayClient
from relay.certificates import make_local_authority
from relay.protocol import routes

Ends = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def _answer_and_close(request: web.Request) -> web.StreamResponse:
    answer = web.json_response({})
    answer.force_close()
    return answer


async def _stream_and_close(request: web.Request) -> web.StreamResponse:
    stream = web.WebSocketResponse()
    await stream.prepare(request)
    await stream.close()
    return stream


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/other")


@pytest.mark.parametrize("ends", [_answer_and_close, _stream_and_close, _elsewhere])
async def test_no_connection_is_left_when_the_client_is_closed(ends: Ends, tmp_path: Path) -> None:
    local = make_local_authority("127.0.0.1", int(time.time()))
    (tmp_path / "key").write_bytes(local.key)
    (tmp_path / "certificate").write_bytes(local.certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    app = web.Application()
    app.router.add_get(routes.STREAM, ends)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        port = runner.addresses[0][1]
        client = RelayClient(
            f"https://127.0.0.1:{port}", local.authority.decode(), Ed25519PrivateKey.generate(), lambda: 1_800_000_000
        )
        async with client:
            with suppress(DeskError):
                stream = await client.stream(routes.STREAM)
                assert [each async for each in stream] == []
            assert len(client._transport._connections._made) == 1
        assert [
            each.closed for each in client._transport._connections._made if each.closed and not each.closed.done()
        ] == []
    finally:
        await runner.cleanup()
