"""What comes over a connection and cannot be read as a request: refused in the shape of every refusal, and counted.

The library answers such bytes before any middleware sees them, in its own words, with what was sent and its version in
them, and logs each as an error. Here instead:

1. The answer is problem details, `malformed` or `too-large`, with nothing of what was sent; then the connection ends.
2. It is one line of the log, at the level of every other refusal, without words of the sender's; and one count.
3. What goes wrong in the library after the middlewares, in writing an answer, is a fault of ours: `internal`.
"""

import asyncio
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import hdrs, http_exceptions, web

from relay.answers import UNMATCHED, problem_response
from relay.protocol.problems import Refusal

if TYPE_CHECKING:
    from relay.metrics import Metrics

MOST_LINE = 8190
"""Bytes of a line of a request's head, address and header fields alike. Closed."""
MOST_FIELDS = 128
"""Header fields of a request. Closed."""
OTHER = "other"
log = structlog.get_logger()


class Connection(web.RequestHandler):
    """Speaks HTTP on one connection."""

    __slots__ = ("_metrics",)

    def __init__(self, server: web.Server, metrics: "Metrics", **about: Any) -> None:
        super().__init__(server, **about)
        self._metrics = metrics

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no request (rule 1), or to a fault (rule 3)."""
        refusal = _refusal(status, exc)
        problem = refusal.problem
        if problem.code == "internal":
            log.error("fault", route=UNMATCHED, method=OTHER, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer had begun, and cannot be another")
        self._metrics.answered(OTHER, UNMATCHED, problem.status, problem.code, 0)
        log.info("request", method=OTHER, route=UNMATCHED, status=problem.status, problem=problem.code)
        response = problem_response(problem)
        response.headers[hdrs.SERVER] = "enlace"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        response.force_close()
        return response


class Runner(web.AppRunner):
    """Runs an application on connections of this kind; `about` is how they are to be."""

    __slots__ = ("_about", "_metrics")

    def __init__(self, app: web.Application, metrics: "Metrics", *, shutdown_timeout: float, **about: Any) -> None:
        limits = {"max_line_size": MOST_LINE, "max_field_size": MOST_LINE, "max_headers": MOST_FIELDS}
        self._about, self._metrics = {"access_log": None, **limits, **about}, metrics
        super().__init__(app, shutdown_timeout=shutdown_timeout, **self._about)

    def connection(self) -> Connection:
        """What speaks on a connection that has just been made."""
        assert self.server is not None, "the runner was set up"  # noqa: S101
        return Connection(self.server, self._metrics, loop=asyncio.get_running_loop(), **self._about)


def _refusal(status: int, error: BaseException | None) -> Refusal:
    if isinstance(error, http_exceptions.LineTooLong):
        return Refusal("too-large", f"a line of a request's head has at most {MOST_LINE} bytes")
    if 400 <= status < 500:
        return Refusal(
            "malformed", f"this is no request of HTTP/1.1 with a Host and at most {MOST_FIELDS} header fields"
        )
    return Refusal("internal")
