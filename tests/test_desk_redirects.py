"""A relay that sends a desk elsewhere is not followed, by no way of asking it."""

import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.errors import Distrust
from desk.link.client import RelayClient
from relay.protocol import routes


@pytest.fixture
async def strayed() -> AsyncIterator[tuple[RelayClient, list[str]]]:
    """A client of a relay that answers everything with a redirect to itself, and what was asked of it."""
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound("/somewhere-else")

    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "localhost", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    pem = authority.cert_pem.bytes().decode()
    async with RelayClient(
        f"https://localhost:{port}", pem, Ed25519PrivateKey.generate(), lambda: 1_767_225_600
    ) as client:
        yield client, asked
    await runner.cleanup()


async def test_a_stream_is_not_followed_elsewhere(strayed: tuple[RelayClient, list[str]]) -> None:
    client, asked = strayed
    with pytest.raises(Distrust, match="another address"):
        await client.stream(routes.STREAM)
    assert asked == [routes.STREAM]


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PATCH"])
async def test_a_request_is_not_followed_elsewhere(strayed: tuple[RelayClient, list[str]], method: str) -> None:
    client, asked = strayed
    with pytest.raises(Distrust, match="another address"):
        await client.send(method, routes.LOG, None, {})
    assert asked == [routes.LOG]
