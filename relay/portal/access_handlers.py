"""Portal access over HTTP, for desks (`relay.protocol.routes`)."""

from aiohttp import web

from relay.authenticate import PRINCIPAL, SESSION
from relay.portal.access import PortalAccesses
from relay.protocol import routes
from relay.protocol.requests import NewPortalAccess, PortalConfirmation
from relay.read_request import MOST_SMALL, Requests, json_answer


def portal_access_routes(accesses: PortalAccesses, requests: Requests) -> list[web.RouteDef]:
    """The routes, for the app to add."""
    handlers = _Handlers(accesses, requests)
    return [
        web.get(routes.PORTAL, handlers.standing, allow_head=False),
        web.post(routes.PORTAL, handlers.begin),
        web.delete(routes.PORTAL, handlers.remove),
        web.post(routes.PORTAL_CONFIRM, handlers.confirm),
    ]


class _Handlers:
    def __init__(self, accesses: PortalAccesses, requests: Requests) -> None:
        self._accesses, self._requests = accesses, requests

    async def standing(self, request: web.Request) -> web.Response:
        """GET /v1/portal."""
        return json_answer(await self._accesses.standing(request[PRINCIPAL].require("session").officer))

    async def begin(self, request: web.Request) -> web.Response:
        """POST /v1/portal."""
        request[PRINCIPAL].require("session")
        given = await self._requests.json(request, NewPortalAccess, MOST_SMALL)
        return json_answer(await self._accesses.begin(request[SESSION], given))

    async def confirm(self, request: web.Request) -> web.Response:
        """POST /v1/portal/confirm."""
        request[PRINCIPAL].require("session")
        given = await self._requests.json(request, PortalConfirmation, MOST_SMALL)
        return json_answer(await self._accesses.confirm(request[SESSION], given))

    async def remove(self, request: web.Request) -> web.Response:
        """DELETE /v1/portal."""
        request[PRINCIPAL].require("session")
        await self._accesses.remove(request[SESSION])
        return web.Response(status=204)
