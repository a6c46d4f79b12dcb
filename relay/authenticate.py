"""From a request's proof to its principal: the middleware before every handler.

1. Every resource asks for a proof but those in OPEN (the portal's pages know cookies instead), and those in READABLE
   where the settings open the log. Of OPEN, POST /v1/statements looks at a proof if one comes:
   statements prove themselves, but a known key is not stopped by the throttle for strangers.
2. What no route matches goes on to be answered as such.
3. What was found is looked at again when the request's body has come (`asked_again`; whatever reads a body calls it).
4. What a stranger is refused costs their address a token (`relay.access`, A6); statements are paid for elsewhere.
5. Every answer of a resource that asks for a proof carries the next nonce, refusals and upgrades too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from relay.access import Access, Asking
from relay.portal.paths import SHOWN
from relay.principal import Principal
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.rules.addresses import Proxies, plain_address
from relay.rules.sessions import StoredSession

PRINCIPAL: web.RequestKey[Principal] = web.RequestKey("principal", Principal)
"""Who a request comes from. Present in every request to a resource that asks for a proof (`relay.protocol.routes`)."""
SESSION: web.RequestKey[StoredSession] = web.RequestKey("session", StoredSession)
"""The session, where the principal is one."""
ADDRESS: web.RequestKey[str] = web.RequestKey("address", str)
"""The network address of whoever asks: the connection's, or what a trusted proxy says."""


@dataclass(frozen=True, slots=True)
class _Again:
    """Whom to ask again about whom."""

    access: Access
    asking: Asking


AGAIN: web.RequestKey[_Again] = web.RequestKey("again", _Again)
Signal = Callable[[web.Request, web.StreamResponse], Awaitable[None]]
OPEN = frozenset({routes.STATEMENTS, routes.OPENAPI, routes.HEALTH, routes.READY, routes.METRICS}) | SHOWN
_FREE = frozenset({(routes.ENROLMENT_TOTP, "device-unknown")})  # an invited desk that waits for its administrator


READABLE = frozenset({routes.CHECKPOINT, routes.TILE})
"""What everybody may read where the log is open."""


def make_authenticate(access: Access, proxies: Proxies, *, readable: bool = False) -> Middleware:
    """The middleware; `readable`: the log is open to everybody."""
    free = OPEN | READABLE if readable else OPEN

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[ADDRESS] = address = client_address(request, proxies)
        resource = request.match_info.route.resource
        template = resource.canonical if resource is not None else ""
        wanted = template not in free or (template == routes.STATEMENTS and routes.PROOF_HEADER in request.headers)
        if resource is None or request.match_info.http_exception is not None or not wanted:
            return await handler(request)
        asking = await access.identify(
            request.headers, request.method, request.rel_url.raw_path, address, renewing=template == routes.RENEW
        )
        request[PRINCIPAL] = asking.principal
        request[AGAIN] = _Again(access, asking)
        if asking.session is not None:
            request[SESSION] = asking.session
        try:
            return await handler(request)
        except Refusal as refusal:
            unpaid = template == routes.STATEMENTS or (template, refusal.problem.code) in _FREE
            if not unpaid and not access.is_known(asking.principal):
                access.blame(address)
            raise

    return authenticate


async def asked_again(request: web.Request) -> None:
    """Return if whoever asks still counts now that the body has come (rule 3); raises Refusal if not."""
    again = request.get(AGAIN)
    if again is not None:
        await again.access.check_again(again.asking)


def make_nonce_signal(access: Access) -> Signal:
    """The signal that gives every answer to a proof the next nonce (rule 5)."""

    async def give_nonce(request: web.Request, response: web.StreamResponse) -> None:
        resource = request.match_info.route.resource
        if resource is None or resource.canonical not in OPEN or routes.PROOF_HEADER in request.headers:
            response.headers[routes.NONCE_HEADER] = access.nonce()

    return give_nonce


def client_address(request: web.Request, proxies: Proxies) -> str:
    """The connection's address; behind trusted proxies, the one that the first of them saw."""
    address = plain_address(request.remote or "")
    forwarded = [
        plain_address(each.strip())
        for line in request.headers.getall("X-Forwarded-For", [])
        for each in line.split(",")
    ]
    while address in proxies and forwarded:
        address = forwarded.pop()
    return address
