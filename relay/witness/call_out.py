"""A witness behind a firewall: it calls the relay, and nobody calls it.

    GET  /v1/witness/request?old=N     what it would be asked with (`relay.rules.witnessing`)
    POST /v1/witness/cosignatures      its lines

1. What comes is judged as if it had come to `add-checkpoint`; the relay is trusted no more than anybody who asks.
2. It proves itself with its Ed25519 key, as a device does (RFC 9449), and follows no redirect. TLS 1.3.
3. It asks every so many seconds, and at once again where the log moved on meanwhile. A relay that is not reached, or
   refuses, is asked again later; that it shows a smaller or a split log is an error in the log, each time.
4. Answers are bounded in size and time. **Fails closed**: nothing is cosigned.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
import structlog

from relay.protocol import routes
from relay.protocol.proof import make_proof
from relay.rules.witnessing import MOST_ADD_BYTES, NotCosigned
from relay.witness.witness import Witness

TRIES = 3
TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
log = structlog.get_logger()


class CallFailed(Exception):
    """A call that brought no cosignature to the relay; the text says why."""


@dataclass
class CallOut:
    """Calls one relay about one log, for a witness."""

    witness: Witness
    relay: str
    origin: str
    tls: ssl.SSLContext
    clock: Callable[[], int]
    _nonce: str = ""

    async def keep_calling(self, seconds: float, stop: asyncio.Event) -> None:
        """Call every so many seconds until `stop` is set; failures are logged."""
        while not stop.is_set():
            try:
                await self.call()
            except CallFailed as error:
                log.warning("call-failed", reason=str(error))
            try:
                await asyncio.wait_for(stop.wait(), seconds)
            except TimeoutError:
                continue

    async def call(self) -> int:
        """Cosign what the relay has now, and hand it in; the size cosigned. Raises CallFailed."""
        connector = aiohttp.TCPConnector(ssl=self.tls)
        async with aiohttp.ClientSession(timeout=TIMEOUT, connector=connector, auto_decompress=False) as http:
            said = ""
            for _ in range(TRIES):
                old = self.witness.last(self.origin).size
                status, body = await self._send(http, "GET", routes.WITNESS_REQUEST, f"?old={old}", None)
                if status != 200:
                    raise CallFailed(f"the relay answered {status}: {body[:300].decode(errors='replace')}")
                try:
                    # A crash in there leaves a whole record, and a relay that gets the lines at the next call.
                    lines = await self.witness.add(body)
                except NotCosigned as error:
                    log.error("not-cosigned", status=error.status, reason=str(error))
                    raise CallFailed(f"not cosigned: {error}") from error
                except OSError as error:
                    raise CallFailed(f"the record cannot be kept: {error.strerror}") from error
                status, body = await self._send(http, "POST", routes.WITNESS_COSIGNATURES, "", lines)
                if status == 204:
                    size = self.witness.last(self.origin).size
                    log.info("cosigned", tree_size=size)
                    return size
                said = f"{status}: {body[:300].decode(errors='replace')}"
                if status != 422:
                    break
            raise CallFailed(f"the relay did not take the cosignatures, {said}")

    async def _send(
        self, http: aiohttp.ClientSession, method: str, path: str, query: str, body: bytes | None
    ) -> tuple[int, bytes]:
        """One request; once more if the relay wants its nonce."""
        headers = {"Content-Type": routes.NOTE} if body is not None else {}
        status, found = 0, b""
        for _ in range(2):
            proof = make_proof(self.witness.keys.ed25519, method, self.relay + path, self._nonce, self.clock())
            try:
                async with http.request(
                    method,
                    self.relay + path + query,
                    data=body,
                    headers=headers | {routes.PROOF_HEADER: proof},
                    allow_redirects=False,
                ) as answer:
                    self._nonce = answer.headers.get(routes.NONCE_HEADER, self._nonce)
                    status, found = answer.status, await _bounded(answer)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise CallFailed(f"the relay is not reached: {type(error).__name__}") from error
            if status != 401 or b'"nonce-needed"' not in found:
                break
        return status, found


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    found = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        found += piece
        if len(found) > MOST_ADD_BYTES:
            raise CallFailed("the relay's answer is too long")
    return bytes(found)
