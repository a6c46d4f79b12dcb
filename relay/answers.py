"""How every request is answered, in one place: refusals and faults as problem details, one log line, one count.

P1 a Refusal is answered as its table says (`relay.protocol.problems`); Malformed input is `malformed`
P2 aiohttp's own refusals (no such resource, no such method, too large …) get the same shape
P3 anything else is a fault of ours: `internal`, with a log line that says which class where, and none of its words
P4 every answer to a resource that asks for a proof carries the next nonce; none is stored by caches
P5 what went wrong after an answer had begun cannot be told any more: the connection is cut
"""

from time import perf_counter
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from directory.canonical import Malformed
from relay.authenticate import ADDRESS, PRINCIPAL
from relay.hang_up import hang_up
from relay.protocol import routes
from relay.protocol.problems import Problem, Refusal

if TYPE_CHECKING:
    from relay.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
UNMATCHED = "unmatched"
SHORT = 8
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "media-type"}
PROBLEM: web.RequestKey[str] = web.RequestKey("problem", str)
"""The code of a refusal that was answered with a page."""
_STARTED: web.RequestKey[web.StreamResponse] = web.RequestKey("started", web.StreamResponse)
log = structlog.get_logger()


def make_answers(metrics: "Metrics", *, addresses: bool) -> Middleware:
    """The outermost middleware; `addresses` puts the network address into the log line."""

    @web.middleware
    async def answers(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, problem = perf_counter(), ""
        try:
            response = await handler(request)
            problem = request.get(PROBLEM, "")
        except Exception as error:  # every fault becomes an answer here, and nowhere else
            found = problem_of(error)
            problem = found.code
            started = request.get(_STARTED)
            if problem == "internal" and not isinstance(error, ConnectionError):
                log.error("fault", route=template(request), method=method(request), exc_info=error)
            if started is not None:
                hang_up(request)
                response = started
            else:
                response = problem_response(found, error)
        seconds = perf_counter() - began
        metrics.answered(method(request), template(request), response.status, problem, seconds)
        about: dict[str, Any] = {"address": address_of(request)} if addresses else {}
        principal = request.get(PRINCIPAL)
        if principal is not None and principal.device:
            about["device"] = principal.device[:SHORT]
        if problem:
            about["problem"] = problem
        log.info(
            "request",
            method=method(request),
            route=template(request),
            status=response.status,
            milliseconds=round(seconds * 1000, 1),
            **about,
        )
        return response

    return answers


async def note_start(request: web.Request, response: web.StreamResponse) -> None:
    """Remember that an answer has begun (P5), and give it the headers of every answer; a signal of the app."""
    request[_STARTED] = response
    response.headers[hdrs.SERVER] = "enlace"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def problem_of(error: Exception) -> Problem:
    """The problem details that an exception is answered with (P1 to P3)."""
    if isinstance(error, Refusal):
        return error.problem
    if isinstance(error, Malformed):
        return Refusal("malformed", str(error)).problem
    if isinstance(error, web.HTTPException):
        code = _BY_STATUS.get(error.status, "malformed" if 400 <= error.status < 500 else "internal")
        return Refusal(code).problem
    return Refusal("internal").problem


def problem_response(problem: Problem, error: Exception | None = None) -> web.Response:
    """Problem details as an answer (RFC 9457)."""
    response = web.Response(status=problem.status, body=msgspec.json.encode(problem), content_type=routes.PROBLEM)
    if problem.retry_after:
        response.headers[hdrs.RETRY_AFTER] = str(problem.retry_after)
    if problem.status == 401:
        wrong = "use_dpop_nonce" if problem.code == "nonce-needed" else "invalid_token"
        response.headers[hdrs.WWW_AUTHENTICATE] = f'DPoP error="{wrong}", algs="EdDSA"'
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers[hdrs.ALLOW] = error.headers.get(hdrs.ALLOW, "")
    return response


def template(request: web.Request) -> str:
    """The route's template, which says nothing of who or what; `unmatched` where there is none."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else UNMATCHED


def method(request: web.Request) -> str:
    """The method, if it is one of ours: others are anybody's words."""
    return request.method if request.method in METHODS else "other"


def address_of(request: web.Request) -> str:
    """The network address of whoever asks, as `authenticate` found it."""
    address: str = request.get(ADDRESS, "")
    return address
