"""Serving the local API until it is cancelled: its port, its token, and nothing left behind.

1. One at a time of a profile: a second one would overwrite the token of the first, and delete its files.
2. Another user of the machine can connect: at most MOST_CONNECTIONS are held, the next is closed at once, and one that
   asks nothing within the API's patience is closed. **Fails closed**: who fills them all keeps others out, and calls
   that have begun go on.
3. Whatever is sent here is shown in no terminal and no log, the bytes that are no request included.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from desk import host
from desk.api.files import LOCK, TOKEN
from desk.api.server import HOST, Api
from desk.errors import DeskError, Usage

LOOK_SECONDS = 5
MOST_CONNECTIONS = 64
LINGER_SECONDS = 10.0


async def serve_api(api: Api, port: int, serving: Callable[[str, str], None]) -> None:
    """Serve on `port`, 0 for one that is free; `serving` is told the address and where the token is.

    Raises Usage if the port cannot be had, Locked if the API of this profile is served already, DeskError if what lies
    there in the clear cannot be deleted. After a crash the token
    lies there until the profile is unlocked again, and opens nothing: the next start makes another.
    """
    with api.profile.locked(LOCK):
        await _serve(api, port, serving)


async def _serve(api: Api, port: int, serving: Callable[[str, str], None]) -> None:
    api.files.empty()
    _check_empty(api)
    token = api.profile.path / TOKEN
    silent = logging.getLogger(__name__)
    silent.disabled = True
    runner = web.AppRunner(
        api.app(),
        access_log=None,
        logger=silent,
        keepalive_timeout=api.patience,
        lingering_time=min(LINGER_SECONDS, api.patience),
        auto_decompress=False,
    )
    await runner.setup()
    listening = None
    try:
        try:
            listening = await asyncio.get_running_loop().create_server(lambda: _connection(runner), HOST, port)
        except OSError as error:
            raise Usage(f"port {port} cannot be had: {host.reason(error)}; choose another with --port") from error
        api.port = int(listening.sockets[0].getsockname()[1])
        host.write_whole(token, api.token.encode() + b"\n")
        api.begin()
        serving(f"http://{api.address}/v1", str(token))
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            api.look_up()  # also where nobody calls: keys and files are not to lie there for the next officer
            _check_empty(api)
    finally:
        api.lock()
        if listening is not None:
            listening.close()
        with suppress(OSError):  # it opens nothing any more, and the next unlocking tells that it is there
            token.unlink(missing_ok=True)  # first: what goes on may take a while
        await runner.cleanup()
        api.files.empty()
        _check_empty(api)


def _check_empty(api: Api) -> None:
    """Return unless something lies there in the clear that was to be deleted; raise DeskError, which says so."""
    if api.files.stays:
        raise DeskError(api.files.stays)


def _connection(runner: web.AppRunner) -> asyncio.BaseProtocol:
    """Who speaks at a connection that comes: the API, or nobody (rule 2)."""
    server = runner.server
    return server() if server is not None and len(server.connections) < MOST_CONNECTIONS else _Closed()


class _Closed(asyncio.Protocol):
    """Nobody."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it at once."""
        transport.close()
