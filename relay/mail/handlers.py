"""The mail's resources over HTTP (`relay.protocol.routes`): who may ask, what is read, what is answered. No more.

Who asks is in `request[PRINCIPAL]`; refusals are raised, and become answers in one place (`relay.answers`).
"""

import msgspec
from aiohttp import web

from relay.authenticate import PRINCIPAL
from relay.mail.attachment_handlers import attachment_routes
from relay.mail.mail import Mail
from relay.mail.requests import announced_size, check_type, path_hash, read_body
from relay.protocol import routes
from relay.protocol.lines import MOST_LINE_BYTES
from relay.protocol.problems import Refusal
from relay.protocol.requests import StageOrdered, Stepped, Submitted
from relay.protocol.submission import MOST_SUBMISSION_BYTES


def mail_routes(mail: Mail) -> list[web.RouteDef]:
    """The routes, for the app to add."""
    handlers = _Handlers(mail)
    return [
        web.post(routes.ENVELOPES, handlers.submit),
        web.post(routes.STEPS, handlers.step),
        web.post(routes.STAGES, handlers.order),
        web.get(routes.STREAM, handlers.stream, allow_head=False),
        *attachment_routes(mail.attachments, mail.settings),
    ]


class _Handlers:
    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def submit(self, request: web.Request) -> web.Response:
        """POST /v1/envelopes."""
        device = request[PRINCIPAL].require("session").device
        check_type(request, routes.BYTES)
        size = announced_size(request, MOST_SUBMISSION_BYTES)
        self._mail.check_pace(device)
        with self._mail.room(device, size):
            raw = await read_body(request, size, self._mail.settings.body_seconds)
            relayed = await self._mail.submit(device, raw)
        return _json(Submitted(relayed=relayed))

    async def step(self, request: web.Request) -> web.Response:
        """POST /v1/envelopes/{hash}/steps."""
        device = request[PRINCIPAL].require("session").device
        check_type(request, routes.NOTE)
        size = announced_size(request, MOST_LINE_BYTES)
        with self._mail.room_for_line(device, size):
            raw = await read_body(request, size, self._mail.settings.body_seconds)
            line = await self._mail.step(device, path_hash(request), raw)
        return _json(Stepped(line=line.decode()))

    async def order(self, request: web.Request) -> web.Response:
        """POST /v1/envelopes/{hash}/stages."""
        device = request[PRINCIPAL].require("session").device
        check_type(request, routes.NOTE)
        size = announced_size(request, MOST_LINE_BYTES)
        with self._mail.room_for_line(device, size):
            raw = await read_body(request, size, self._mail.settings.body_seconds)
            line = await self._mail.order(device, path_hash(request), raw)
        return _json(StageOrdered(line=line.decode()))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """GET /v1/stream."""
        principal = request[PRINCIPAL].require("reception")
        if request.query_string not in ("", "drain=1"):
            raise Refusal("malformed", "the stream knows the query drain=1 and no other")
        return await self._mail.listen(
            request, principal.device, principal.key, drain=request.query_string == "drain=1"
        )


def _json(value: msgspec.Struct) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type=routes.JSON)
