"""Connections that end badly: what a desk says of a relay that closes one without an answer; one that never ends."""

import asyncio
import gc
import socket
import ssl
import threading
import warnings
from hashlib import sha1
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from relay_world import RelayWorld, authority, server_tls

from crypto.encoding import b64
from desk.errors import Unreachable
from desk.link.client import RelayClient
from desk.link.transport import closed_door
from relay.protocol import routes


async def test_a_relay_that_takes_no_more_from_this_address_is_told_as_that(tmp_path: Path) -> None:
    pem = authority()[0].cert_pem.bytes().decode()
    async with RelayWorld.running(tmp_path, settled=False, listen="connections_each = 1\n") as here:
        with socket.create_connection(("127.0.0.1", here.port)):
            async with RelayClient(here.url, pem, (await here.caller("x")).key, here.clock) as client:
                for asking in (client.send("GET", routes.LOG, None, {}), client.stream(routes.STREAM)):
                    with pytest.raises(Unreachable) as caught:
                        await asking
                    words = str(caught.value)
                    assert words.startswith(f"the relay {here.url} does not answer: it closed the connection")
                    assert "takes no more connections from this network" in words
                    assert "None" not in words
                    assert "ssl:" not in words
        assert here.relay.gate.refused >= 2


def stream_that_never_ends(listening: socket.socket, ended: threading.Event) -> None:
    """Take one stream and its closing frame, answer both, and say nothing more: not that TLS ends, either."""
    taken, _ = listening.accept()
    with server_tls().wrap_socket(taken, server_side=True) as connection:
        asked = connection.recv(1 << 16).decode()
        key = next(each for each in asked.split("\r\n") if each.lower().startswith("sec-websocket-key:"))
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
        accept = b64(sha1(f"{key.partition(':')[2].strip()}{guid}".encode(), usedforsecurity=False).digest())
        head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        connection.sendall(f"{head}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        connection.recv(100)
        connection.sendall(b"\x88\x02\x03\xe8")  # a closing frame, 1000
        ended.wait(20)


def test_a_relay_that_does_not_end_tls_leaves_no_connection_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a relay that has too much to do does; a command waits a moment, and leaves nothing open."""
    monkeypatch.setattr("desk.link.transport.MOST_LEAVE_SECONDS", 0.05)
    ended, pem = threading.Event(), authority()[0].cert_pem.bytes().decode()

    async def stream(port: int) -> None:
        key = Ed25519PrivateKey.generate()
        async with RelayClient(f"https://localhost:{port}", pem, key, lambda: 0) as client:
            await (await client.stream(routes.STREAM)).close()

    with socket.create_server(("127.0.0.1", 0)) as listening, warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        relay = threading.Thread(target=stream_that_never_ends, args=(listening, ended))
        relay.start()
        try:
            asyncio.run(stream(listening.getsockname()[1]))
            gc.collect()
        finally:
            ended.set()
            relay.join()
    assert [str(each.message) for each in seen if each.category is ResourceWarning] == []


@pytest.mark.parametrize(
    ("error", "closed"),
    [
        (ConnectionResetError(), True),
        (ConnectionResetError(104, "reset"), True),
        (ConnectionAbortedError("SSL handshake is taking too long"), True),
        (BrokenPipeError(32, "broken"), True),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), True),
        (aiohttp.ServerDisconnectedError(), True),
        (ConnectionRefusedError(111, "refused"), False),
        (ssl.SSLError(1, "wrong version"), False),
        (TimeoutError(), False),
        (aiohttp.ClientPayloadError("short"), False),
    ],
)
def test_which_failures_are_a_closed_connection(error: BaseException, closed: bool) -> None:
    assert closed_door(error) is closed
