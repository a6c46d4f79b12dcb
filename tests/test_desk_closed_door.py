"""What a desk says of a relay that closes its connection without an answer: plain words, and what to do."""

import socket
import ssl
from pathlib import Path

import aiohttp
import pytest
from relay_world import RelayWorld, authority

from desk.client import RelayClient, closed_door
from desk.errors import Unreachable
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
                    assert "None" not in words and "ssl:" not in words  # noqa: PT018
        assert here.relay.gate.refused >= 2


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
