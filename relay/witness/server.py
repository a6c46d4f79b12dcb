"""A witness over HTTP: `POST /add-checkpoint`, and nothing else (c2sp.org/tlog-witness).

1. Every answer but 200 and 409 is a line of text. 409 says the size cosigned last, as `text/x.tlog.size`.
2. A body announces no more than it may have, and comes within BODY_SECONDS. **Fails closed**: 413, 408.
3. At most AT_ONCE requests are looked at; more are told to come again. **Fails closed**: 503.
4. Connections are bounded in number and time as a relay's are (`relay.door`, `relay.unreadable`). **Fails closed**.
5. Who asks is not known and does not matter: what is cosigned was signed by a log that is watched.
"""

import asyncio
import ssl

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from relay.door import DoorSite, Gate, open_doors
from relay.metrics import Metrics
from relay.rules.witnessing import MOST_ADD_BYTES, NotCosigned
from relay.unreadable import Runner
from relay.witness.witness import Witness

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
BODY_SECONDS = 20
AT_ONCE = 64
CONNECTIONS, CONNECTIONS_EACH = 256, 32
IDLE_SECONDS, HANDSHAKE_SECONDS = 30, 10
log = structlog.get_logger()


def make_witness_app(witness: Witness) -> web.Application:
    """The application of a witness."""
    app = web.Application(client_max_size=MOST_ADD_BYTES, middlewares=[_plainly])
    room = asyncio.Semaphore(AT_ONCE)

    async def add_checkpoint(request: web.Request) -> web.Response:
        """POST /add-checkpoint."""
        if room.locked():
            return web.Response(status=503, text="too many at once; try again\n")
        async with room:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await request.read()
                # A crash in there leaves a record that is whole, and no answer.
                lines = await witness.add(body)
            except NotCosigned as refused:
                log.warning("not-cosigned", status=refused.status, reason=str(refused))
                if refused.size is not None:
                    answer = web.Response(status=refused.status, body=f"{refused.size}\n".encode())
                    answer.headers["Content-Type"] = SIZE_TYPE
                    return answer
                return web.Response(status=refused.status, text=f"{refused}\n")
            except TimeoutError:
                return web.Response(status=408, text="the request came too slowly\n")
            except OSError as error:
                log.error("record-not-written", exc_info=error)
                return web.Response(status=500, text="the witness cannot keep its record; nothing was cosigned\n")
        log.info("cosigned")
        return web.Response(body=lines, headers={"Content-Type": "text/plain; charset=utf-8"})

    app.router.add_post(PATH, add_checkpoint)
    return app


@web.middleware
async def _plainly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The library's own refusals (no such path, no such method, too large) in a line of text."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status, text=f"{error.reason}\n")


async def serve_witness(
    witness: Witness, host: str, port: int, tls: ssl.SSLContext | None, stop: asyncio.Event
) -> None:
    """Serve until `stop` is set; raises OSError for the address."""
    runner = Runner(
        make_witness_app(witness),
        Metrics(),
        auto_decompress=False,
        keepalive_timeout=IDLE_SECONDS,
        shutdown_timeout=5,
        unread_seconds=IDLE_SECONDS,
    )
    await runner.setup()
    try:
        for door in await open_doors(host, port, Gate(CONNECTIONS, CONNECTIONS_EACH)):
            await DoorSite(runner, door, tls, HANDSHAKE_SECONDS).start()
        log.info("listening", port=runner.addresses[0][1])
        await stop.wait()
    finally:
        await runner.cleanup()
