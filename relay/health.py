"""Whether the relay lives and can do its work, what it counts, what its resources are: asked without a proof."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable

from aiohttp import web

from directory.judge import CLOCK_SKEW
from relay.authenticate import ADDRESS
from relay.directory_log import DirectoryLog
from relay.disk import Disk
from relay.metrics import CONTENT_TYPE, Metrics
from relay.openapi import openapi_json
from relay.protocol import routes
from relay.protocol.problems import Refusal
from relay.served_certificate import ServedCertificate
from relay.store.contract import Store, StoreFailed
from relay.views import Clock

MOST_AGE = 3  # renewals of the checkpoint that may fail before the relay says so
REMEMBERED = 5  # seconds for which an answer stands, so that asking often writes seldom
Check = Callable[[], Awaitable[list[str]]]


class Readiness:
    """Looks whether the relay can do its work: every store can be written, the log goes on, its checkpoint is fresh.

    An empty log is ready (for its founding); one that names another relay, or keys that this one lost, is not. A
    certificate that ends soon is a warning, one that has ended a reason: desks refuse it.
    """

    def __init__(
        self,
        directory: DirectoryLog,
        stores: tuple[Store, ...],
        disk: Disk,
        renewal: int,
        clock: Clock,
        served: ServedCertificate | None = None,
    ) -> None:
        self._directory, self._stores, self._disk, self._served = directory, stores, disk, served
        self._renewal, self._clock = renewal, clock
        self._found: tuple[int, list[str]] | None = None
        self._lock = asyncio.Lock()

    async def reasons(self) -> list[str]:
        """Why not; nothing if it can."""
        async with self._lock:
            now = self._clock()
            if self._found is None or not 0 <= now - self._found[0] < REMEMBERED:
                self._found = (now, await self._look(now))
            return self._found[1]

    def warnings(self) -> list[str]:
        """What will be a reason, if nobody acts."""
        served, found = self._served, list[str]()
        if served is not None and served.ends_soon:
            found.append(f"the certificate ends in {max(served.left // 86_400, 0)} days: renew it now")
        if served is not None and served.refused:
            found.append("the certificate in the files cannot be taken: the log says why")
        return found

    async def _look(self, now: int) -> list[str]:
        found: list[str] = []
        for store in self._stores:
            try:
                await store.check_writable()
            except StoreFailed:
                found.append(f"{type(store).__name__} cannot be written")
        if self._disk.low:
            found.append("the disk is nearly full: new messages and attachments are refused")
        if self._served is not None and self._served.left <= 0:
            found.append("the certificate does not count now: desks refuse it")
        directory = self._directory
        if directory.broken:
            found.append("the stored log cannot be gone on with")
        if directory.damaged:
            words = "put them back from a backup with `enlace relay rest-key mend`"
            found.append(f"stored bodies are damaged ({directory.damaged}): {words}")
        if directory.stale:
            found.append("the stored log could not be read; it is read again before anything is added to it")
        if directory.checkpoint is not None:
            if not directory.named:
                found.append("the directory does not name this relay")
            if now - directory.checkpoint.time > MOST_AGE * self._renewal:
                found.append("the checkpoint is old")
            if directory.checkpoint.time > now + CLOCK_SKEW:
                found.append("the checkpoint is from the future: this machine's clock is or was wrong")
        return found


def health_routes(readiness: Readiness, metrics: Metrics, who_reads_metrics: str) -> list[web.RouteDef]:
    """The routes, for the app to add."""

    async def health(request: web.Request) -> web.Response:
        """GET /healthz."""
        return web.Response(text="alive\n")

    async def ready(request: web.Request) -> web.Response:
        """GET /readyz."""
        reasons = await readiness.reasons()
        if reasons:
            raise Refusal("unavailable", "; ".join(reasons))
        return web.Response(text="".join(["ready\n", *(f"warning: {each}\n" for each in readiness.warnings())]))

    async def numbers(request: web.Request) -> web.Response:
        """GET /metrics."""
        if who_reads_metrics == "nobody" or (who_reads_metrics == "loopback" and not _is_loopback(request[ADDRESS])):
            raise Refusal("not-found")
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def description(request: web.Request) -> web.Response:
        """GET /v1/openapi.json."""
        return web.Response(body=openapi_json(), content_type=routes.JSON)

    return [
        web.get(routes.HEALTH, health, allow_head=False),
        web.get(routes.READY, ready, allow_head=False),
        web.get(routes.METRICS, numbers, allow_head=False),
        web.get(routes.OPENAPI, description, allow_head=False),
    ]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
