"""What comes over a connection and cannot be read as a request: refused in the shape of every refusal, and counted.

The library answers such bytes before any middleware sees them, in its own words, with what was sent and its version in
them, and logs each as an error. Here instead:

1. The answer is problem details, `malformed` or `too-large`, with nothing of what was sent; then the connection ends.
2. It is one line of the log, at the level of every other refusal, without words of the sender's; and one count.
3. What goes wrong in the library after the middlewares, in writing an answer, is a fault of ours: `internal`.
4. An `Expect` other than 100-continue is refused by the library before the middlewares, and answered like that too.
5. Of an answer little is written ahead. Where nobody reads that in time, the connection is cut (fails closed): idle
   connections end by themselves (`relay.door`, rule 3), and this one is never idle. A stream has its own time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import hdrs, http_exceptions, web

from relay.answers import UNMATCHED, problem_response
from relay.hang_up import cut
from relay.protocol.problems import Refusal

if TYPE_CHECKING:
    from relay.metrics import Metrics

MOST_LINE = 8190
"""Bytes of a line of a request's head, address and header fields alike. Closed."""
MOST_FIELDS = 128
"""Header fields of a request. Closed."""
OTHER = "other"
WRITTEN_AHEAD = 64 << 10  # bytes of an answer; there may be thousands of connections
UNREAD = 512 << 10  # bytes, more than what lies in one place or another where an answer, written in pieces, is not read
EXPECTATION_FAILED = 417
Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
log = structlog.get_logger()


class Connection(web.RequestHandler):
    """Speaks HTTP on one connection; `unread_seconds` is how long it waits for somebody to read what it has written."""

    __slots__ = ("_is_stream", "_metrics", "_unread", "_unread_seconds")

    def __init__(self, server: web.Server, metrics: "Metrics", unread_seconds: float, **about: Any) -> None:
        super().__init__(server, **about)
        self._metrics, self._unread_seconds, self._is_stream = metrics, unread_seconds, False
        self._unread: asyncio.TimerHandle | None = None
        self._request_handler = self._answering(server.request_handler)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands: little is written ahead for it, whoever is at the other end (rule 5)."""
        if isinstance(transport, asyncio.Transport):
            transport.set_write_buffer_limits(high=WRITTEN_AHEAD)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        """There is more to be written than is taken: from here on somebody has to read it (rule 5)."""
        super().pause_writing()
        self._stop_waiting()
        if not self._is_stream:
            self._unread = self._loop.call_later(self._unread_seconds, self._hang_up)

    def resume_writing(self) -> None:
        """It was read."""
        self._stop_waiting()
        super().resume_writing()

    def set_parser(self, *parser: Any, **about: Any) -> None:
        """From here on it is a stream, with its own bounds of time (`relay.mail.stream`, T6)."""
        self._is_stream = True
        self._stop_waiting()
        super().set_parser(*parser, **about)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _hang_up(self) -> None:
        log.info("answer not read")
        cut(self.transport)

    def _answering(self, answer: Answer) -> Answer:
        """What answers a request, with the library's own refusals in the shape of ours (rule 4)."""

        async def answered(request: web.BaseRequest) -> web.StreamResponse:
            try:
                return await answer(request)
            except web.HTTPException as error:
                return self.handle_error(request, error.status)

        return answered

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

    __slots__ = ("_about", "_metrics", "_unread_seconds")

    def __init__(
        self,
        app: web.Application,
        metrics: "Metrics",
        *,
        shutdown_timeout: float,
        unread_seconds: float,
        **about: Any,
    ) -> None:
        limits = {"max_line_size": MOST_LINE, "max_field_size": MOST_LINE, "max_headers": MOST_FIELDS}
        self._about, self._metrics = {"access_log": None, **limits, **about}, metrics
        self._unread_seconds = unread_seconds
        super().__init__(app, shutdown_timeout=shutdown_timeout, **self._about)

    def connection(self) -> Connection:
        """What speaks on a connection that has just been made."""
        assert self.server is not None, "the runner was set up"  # noqa: S101  # the words say why it cannot be
        loop = asyncio.get_running_loop()
        return Connection(self.server, self._metrics, self._unread_seconds, loop=loop, **self._about)


def _refusal(status: int, error: BaseException | None) -> Refusal:
    if isinstance(error, http_exceptions.LineTooLong):
        return Refusal("too-large", f"a line of a request's head has at most {MOST_LINE} bytes")
    if status == EXPECTATION_FAILED:
        return Refusal("malformed", "no expectation is met here but 100-continue")
    if 400 <= status < 500:
        return Refusal(
            "malformed", f"this is no request of HTTP/1.1 with a Host and at most {MOST_FIELDS} header fields"
        )
    return Refusal("internal")
