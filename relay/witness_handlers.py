"""What a witness behind a firewall asks the relay, and hands back (`enlace witness call-out`)."""

from aiohttp import hdrs, web

from crypto.checkpoint import MOST_SIZE
from crypto.cosignature import MOST_LINES_BYTES
from crypto.encoding import EncodingError, decimal
from relay.authenticate import PRINCIPAL
from relay.cosigning import Cosigning, WitnessFailed
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.read_request import Requests


def witness_routes(cosigning: Cosigning, requests: Requests) -> list[web.RouteDef]:
    """The routes, for the app to add."""
    handlers = _Handlers(cosigning, requests)
    return [
        web.get(routes.WITNESS_REQUEST, handlers.request, allow_head=False),
        web.post(routes.WITNESS_COSIGNATURES, handlers.take),
    ]


class _Handlers:
    def __init__(self, cosigning: Cosigning, requests: Requests) -> None:
        self._cosigning, self._requests = cosigning, requests

    async def request(self, request: web.Request) -> web.Response:
        """GET /v1/witness/request."""
        request[PRINCIPAL].require("witness")
        if set(request.query) != {"old"} or len(request.query) > 1:
            raise Refusal("malformed", "a witness says which size it cosigned last: old=N")
        try:
            old = decimal(request.query["old"], MOST_SIZE)
        except EncodingError as error:
            raise Refusal("malformed", f"old: {error}") from error
        asked = self._cosigning.request(old)
        return web.Response(body=asked, headers={hdrs.CONTENT_TYPE: "text/plain; charset=utf-8"})

    async def take(self, request: web.Request) -> web.Response:
        """POST /v1/witness/cosignatures."""
        key = request[PRINCIPAL].require("witness").key
        raw = await self._requests.body(request, routes.NOTE, MOST_LINES_BYTES)
        witness = self._cosigning.by_key(key)
        if witness is None:
            raise Refusal("not-allowed", "this witness is not registered, or its member does not count now")
        try:
            self._cosigning.take(witness, raw)
        except WitnessFailed as error:
            raise Refusal("signature-invalid", str(error)) from error
        return web.Response(status=204)
