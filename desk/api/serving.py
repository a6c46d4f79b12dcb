"""Serving the local API until it is cancelled: its port, its token, and nothing left behind."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from desk import host
from desk.api.server import HOST, Api
from desk.errors import Usage

LOOK_SECONDS = 5
TOKEN = "api-token"  # noqa: S105  # the name of a file


async def serve_api(api: Api, port: int, serving: Callable[[str, str], None]) -> None:
    """Serve on `port`, 0 for one that is free; `serving` is told the address and where the token is.

    Raises Usage if the port cannot be had. After a crash the token lies there still, and opens nothing: the next start
    makes another.
    """
    api.files.empty()
    token = api.profile.path / TOKEN
    runner = web.AppRunner(api.app(), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise Usage(f"port {port} cannot be had: {host.reason(error)}; choose another with --port") from error
        api.port = int(runner.addresses[0][1])
        host.write_whole(token, api.token.encode() + b"\n")
        api.begin()
        serving(f"http://{api.address}/v1", str(token))
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            api.look_up()  # also where nobody calls: keys and files are not to lie there for the next officer
    finally:
        api.lock()
        await runner.cleanup()
        token.unlink(missing_ok=True)
        api.files.empty()
