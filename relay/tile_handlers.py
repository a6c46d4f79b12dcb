"""The log's checkpoint and tiles over HTTP (`relay.protocol.routes`): for sessions, the duty key, registered witnesses;
or for everybody, where the settings open the log.

1. A tile never changes, so it may be kept for good: by everybody where the log is open, else by whoever asked for it.
   The checkpoint changes, and is not to be kept.
2. Whoever reads pays a token for each answer, by the key that proved the request or else by the network address.
   **Fails closed**: without a token it is `throttled`. Large bundles are portioned as other large answers are
   (`relay.read_request`).
"""

from collections.abc import Callable

from aiohttp import hdrs, web

from relay.authenticate import ADDRESS, PRINCIPAL
from relay.principal import Principal
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.read_request import Requests
from relay.rules.throttle import Buckets
from relay.settings import Log as LogSettings
from relay.tiled_log import TiledLog
from relay.views import Clock

READERS = 10_000  # whose reading is remembered
TEXT = "text/plain; charset=utf-8"
_FOR_GOOD = "max-age=31536000, immutable"
_PREFIX = routes.TILE.partition("tile/")[0]
Drawing = Callable[[Principal | None, str], tuple[str, str]]


def tile_routes(
    tiled: TiledLog, requests: Requests, settings: LogSettings, drawing: Drawing, clock: Clock
) -> list[web.RouteDef]:
    """The routes, for the app to add; `drawing` says who pays for a request (`Access.drawing`)."""
    handlers = _Handlers(tiled, requests, settings, drawing, clock)
    return [
        web.get(routes.CHECKPOINT, handlers.checkpoint, allow_head=False),
        web.get(routes.TILE.replace("}", ":.+}"), handlers.tile, allow_head=False),
    ]


class _Handlers:
    def __init__(
        self, tiled: TiledLog, requests: Requests, settings: LogSettings, drawing: Drawing, clock: Clock
    ) -> None:
        self._requests = requests
        self._tiled, self._open, self._drawing, self._clock = tiled, settings.open, drawing, clock
        self._reads = Buckets(settings.reads_burst, settings.reads_per_minute, READERS)

    async def checkpoint(self, request: web.Request) -> web.Response:
        """GET /v1/log/checkpoint."""
        self._check(request)
        return web.Response(body=self._tiled.checkpoint(), headers={hdrs.CONTENT_TYPE: TEXT})

    async def tile(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/log/tile/{tile}."""
        self._check(request)
        # As it was sent: a name that is spelt otherwise, with %30 for 0, would be a second one.
        body = await self._tiled.tile(request.rel_url.raw_path.removeprefix(_PREFIX))
        who = "public" if self._open else "private"
        headers: dict[str, str] = {hdrs.CONTENT_TYPE: routes.BYTES, hdrs.CACHE_CONTROL: f"{who}, {_FOR_GOOD}"}
        return await self._requests.send(request, body, headers)

    def _check(self, request: web.Request) -> None:
        """Return if whoever asks may read, and has a token; refuses `not-allowed`, `malformed`, `throttled`."""
        principal = request.get(PRINCIPAL)
        if not self._open:
            request[PRINCIPAL].require("session", "duty", "witness")
        if request.query_string:
            raise Refusal("malformed", "a checkpoint and a tile know no query")
        reader, now = self._drawing(principal, request[ADDRESS])[0], self._clock()
        self._reads.check(reader, now)
        self._reads.spend(reader, now)
