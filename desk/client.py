"""The desk's side of the relay's API: proofs, nonces, sessions, and refusals turned into what a person can act on.

1. TLS 1.3 only, the relay's certificate checked against the authority named in the invitation (or the system's own).
2. Every request carries a fresh DPoP proof. When the relay asks for its nonce, the request is made once more with it.
3. Redirects are not followed: the relay is where the invitation says.
4. Answers are bounded in size (`most`) and in time (`TIMEOUT`, for each request). A stream's frames are bounded in
   size, the stream itself in nothing: whoever waits for its end sets a deadline (`desk.draining`); so does whoever
   asks for one page after another (`desk.synchronise`).
5. What is handed in as bytes is handed in again while the relay is busy (`desk.patience`): it knows what comes twice.
6. A clock that is more than 5 minutes from the relay's makes proofs that it refuses, in words that say so. What the
   relay says of the time is never taken over: it is compared, and told (`desk.seen_time`).
"""

import asyncio
import os
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.connections import Connections
from desk.errors import Declined, Distrust, Locked, Unreachable, Usage
from desk.patience import Patience
from directory.canonical import Malformed, decode_lenient, encode
from relay.protocol import routes
from relay.protocol.problems import CODES, Problem
from relay.protocol.proof import make_proof

T = TypeVar("T")
Clock = Callable[[], int]
MOST_ANSWER_BYTES = 64 << 20
TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=15)
_BARE = {401: "nonce-needed", 403: "not-allowed", 404: "not-found", 429: "throttled"}
_UNTRUSTED = (ssl.SSLCertVerificationError, aiohttp.ClientConnectorCertificateError)
_LOCKED = {"token-invalid", "token-expired", "shift-over", "code-wrong", "code-used", "throttled"}


def tls_context(authority: str) -> ssl.SSLContext:
    """TLS 1.3, with the relay's authority (PEM) or, if empty, the system's; raises Usage for one that is none."""
    try:
        context = ssl.create_default_context(cadata=authority or None)
    except (ssl.SSLError, TypeError, ValueError) as error:
        raise Usage(f"the relay's authority, as the invitation gave it, is no certificate: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class RelayClient:
    """One relay, seen with one key. `token` is set after log-in; without it proofs stand alone."""

    def __init__(self, relay: str, authority: str, key: Ed25519PrivateKey, clock: Clock) -> None:
        self.relay = relay
        self.token: str | None = None
        self.patience = Patience()
        self._key = key
        self._clock = clock
        self._nonce = ""
        self._connections = Connections(ssl=tls_context(authority))
        self._http = aiohttp.ClientSession(
            connector=self._connections,
            timeout=TIMEOUT,
            auto_decompress=False,
            middlewares=(_stay_here,),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()
        await self._connections.gone()

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        answer: type[T] | None = None,
        data: bytes | None = None,
        kind: str = routes.JSON,
        token: bool = True,
        most: int = MOST_ANSWER_BYTES,
    ) -> T:
        """Send `body` as JSON, or `data` as `kind` (again while the relay is busy: rule 5); returns the JSON
        answer as `answer`.

        Raises Declined or Locked for the relay's refusals (by their `code`), Unreachable if no answer came: then it is
        not known whether the relay acted. Distrust if what came is no answer of a relay.
        """
        content = encode(body) if body is not None else data
        headers = {"Content-Type": kind} if content is not None else {}
        ask = partial(self.send, method, path, content, headers, token=token, most=most)
        status, raw, _ = await (ask() if data is None else self.patience.through(ask))
        if answer is None:
            return None  # type: ignore[return-value]  # callers without `answer` take no value
        try:
            return decode_lenient(raw, answer, most)
        except Malformed as error:
            raise Distrust(f"the relay's answer to {method} {path} ({status}) makes no sense: {error}") from error

    async def send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        headers: dict[str, str],
        *,
        token: bool = True,
        most: int = MOST_ANSWER_BYTES,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers of a request that the relay carried out; raises as `call` does."""
        status, raw, answered = await self._once(method, path, content, headers, token, most)
        if status == 401 and _problem(method, status, raw).code == "nonce-needed":
            status, raw, answered = await self._once(method, path, content, headers, token, most)
        if status >= 400:
            problem = _problem(method, status, raw)
            if method == "HEAD" and status == 401:  # the proof had its nonce, so it is the session that is over
                problem = _bare_problem("token-expired")
            raise refusal(problem)
        return status, raw, answered

    def proof(self, method: str, path: str, *, token: bool = True) -> dict[str, str]:
        """The headers that prove possession for one request; `path` may carry a query, which a proof leaves out."""
        bound = self.token if token else None
        url = self.relay + path.partition("?")[0]
        headers = {routes.PROOF_HEADER: make_proof(self._key, method, url, self._nonce, self._clock(), bound)}
        if bound is not None:
            headers["Authorization"] = f"DPoP {bound}"
        return headers

    async def stream(self, path: str) -> aiohttp.ClientWebSocketResponse:
        """An open WebSocket; raises as `call` does."""
        for attempt in range(2):
            try:
                return await self._http.ws_connect(
                    self.relay + path, headers=self.proof("GET", path, token=False), heartbeat=30, max_msg_size=8 << 20
                )
            except aiohttp.WSServerHandshakeError as error:
                nonce = error.headers.get(routes.NONCE_HEADER, "") if error.headers is not None else ""
                if not nonce or attempt:
                    await self._ask_why(path)
                    raise Unreachable(f"the relay refused the stream ({error.status})") from error
                self._nonce = nonce
            except _UNTRUSTED as error:
                raise _untrusted(self.relay, error) from error
            except _Elsewhere as error:
                raise _elsewhere(self.relay, error) from error
            except (UnicodeError, aiohttp.InvalidURL) as error:
                raise Usage(f"{self.relay} is no address of a relay: {error}") from error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise Unreachable(f"the relay {self.relay} does not answer: {_reason(error)}") from error
        raise Unreachable("the relay refused the stream")

    async def _ask_why(self, path: str) -> None:
        """Raise what the stream at `path` was refused for: a refused upgrade hands over no body, so it is asked
        plainly. Returns where there is no reason any more but that this is no upgrade."""
        try:
            await self.send("GET", path, None, {}, token=False)
        except Declined as error:
            if error.problem != "malformed":
                raise

    async def _once(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], token: bool, most: int
    ) -> tuple[int, bytes, Mapping[str, str]]:
        try:
            async with self._http.request(
                method,
                self.relay + path,
                data=content,
                headers=headers | self.proof(method, path, token=token),
                allow_redirects=False,
            ) as response:
                raw = await response.content.read(most + 1)
                while not response.content.at_eof() and len(raw) <= most:
                    raw += await response.content.read(most + 1 - len(raw))
                self._nonce = response.headers.get(routes.NONCE_HEADER, self._nonce)
                return response.status, raw, response.headers
        except _UNTRUSTED as error:
            raise _untrusted(self.relay, error) from error
        except _Elsewhere as error:
            raise _elsewhere(self.relay, error) from error
        except (UnicodeError, aiohttp.InvalidURL) as error:
            raise Usage(f"{self.relay} is no address of a relay: {error}") from error
        except (aiohttp.ClientError, TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            raise Unreachable(f"the relay {self.relay} does not answer: {_reason(error)}") from error


class _Elsewhere(aiohttp.ClientError):
    """An answer that names another address (3xx)."""


async def _stay_here(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Let no answer lead anywhere else (rule 3): a WebSocket's handshake would follow, proof and all."""
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise _Elsewhere(str(response.status))
    return response


def _untrusted(relay: str, error: Exception) -> Distrust:
    return Distrust(f"the relay {relay} shows a certificate that is not to be trusted: {error}")


def _elsewhere(relay: str, error: _Elsewhere) -> Distrust:
    return Distrust(
        f"{relay} sends this desk to another address ({error}), which no Enlace relay does; it was not followed"
    )


_REVOKED = (
    ". Nothing reaches this desk or leaves it any more; what is on it stays readable (`enlace inbox`). To go on, have "
    "an administrator invite you, into another profile"
)


def refusal(problem: Problem) -> Declined | Locked:
    """What a problem means to a person; Locked where logging in again is the way out."""
    words = f"{problem.title}: {problem.detail}" if problem.detail != problem.title else problem.title
    if problem.code == "device-revoked":
        words += _REVOKED
    if problem.retry_after:
        words += f" (try again in {problem.retry_after} s)"
    if problem.code in _LOCKED:
        return Locked(words)
    return Declined(words, problem.code, problem.devices, problem.line, problem.retry_after)


def _problem(method: str, status: int, raw: bytes) -> Problem:
    if method == "HEAD":  # an answer to HEAD has no body, so the status has to do
        return _bare_problem(_BARE.get(status, "unavailable"))
    try:
        return msgspec.json.decode(raw, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if status >= 500:
            raise Unreachable(f"the relay, or something in front of it, answered {status}") from error
        raise Distrust(f"something that is no Enlace relay answered {status}") from error


def _bare_problem(code: str) -> Problem:
    status, title = CODES[code]
    return Problem(code=code, title=title, status=status, detail=title)


def closed_door(error: BaseException | None) -> bool:
    """Whether the relay closed a connection without an answer, as it does with one too many (`relay.door`)."""
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    return isinstance(
        error,
        ConnectionResetError
        | ConnectionAbortedError
        | BrokenPipeError
        | ssl.SSLEOFError
        | aiohttp.ServerDisconnectedError,
    )


def _reason(error: BaseException) -> str:
    """Why there was no answer, as people know it."""
    if closed_door(error):
        return (
            "it closed the connection. Perhaps it takes no more connections from this network just now, or is being "
            "started anew. Try again; if it goes on, tell whoever runs the relay how many work behind this network"
        )
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known here; perhaps there is no network"
        case aiohttp.ClientConnectorError(os_error=ssl.SSLError() as cause):
            return f"it does not agree on TLS with this desk: {cause.reason or cause}"
        case aiohttp.ClientConnectorError(os_error=OSError(errno=int(number))) if number > 0:
            return os.strerror(number)
        case aiohttp.ClientConnectorError(os_error=cause):
            return str(cause) or type(cause).__name__
        case TimeoutError():
            return "it took too long"
    return str(error) or type(error).__name__
