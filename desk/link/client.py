"""The desk's side of the relay's API: proofs, nonces, sessions, and refusals turned into what a person can act on.

1. TLS 1.3 only, the relay's certificate checked against the authority named in the invitation (or the system's own).
2. Every request carries a fresh DPoP proof. When the relay asks for its nonce, the request is made once more with it.
3. Redirects are not followed: the relay is where the invitation says (`desk.link.transport`, as for what is on the
   wire).
4. Answers are bounded in size (`most`) and in time (`TIMEOUT` there, for each request). A stream's frames are bounded
   in size, the stream itself in nothing: whoever waits for its end sets a deadline (`desk.mail.draining`); so does
   whoever asks for one page after another (`desk.replica.synchronise`).
5. What is handed in as bytes is handed in again while the relay is busy (`desk.link.patience`): it knows what comes
   twice.
6. A clock that is more than 5 minutes from the relay's makes proofs that it refuses, in words that say so. What the
   relay says of the time is never taken over: it is compared, and told (`desk.keys.seen_time`).
"""

import ssl
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.errors import Declined, Distrust, Locked, Unreachable, Usage
from desk.link.patience import Patience
from directory.canonical import Malformed, decode_lenient, encode
from relay.protocol import routes
from relay.protocol.problems import CODES, Problem

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

T = TypeVar("T")
Clock = Callable[[], int]
MOST_ANSWER_BYTES = 64 << 20
_BARE = {401: "nonce-needed", 403: "not-allowed", 404: "not-found", 429: "throttled"}
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
        # Here, and not at the top: what asks no relay does not wait until aiohttp and jwt are loaded.
        from desk.link.transport import Transport
        from relay.protocol.proof import make_proof

        self._make_proof = make_proof
        self._transport = Transport(tls_context(authority))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

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
        try:
            headers = {routes.PROOF_HEADER: self._make_proof(self._key, method, url, self._nonce, self._clock(), bound)}
        except UnicodeError as error:
            raise Distrust(f"the relay {self.relay} handed out a token that is none: {error}") from error
        if bound is not None:
            headers["Authorization"] = f"DPoP {bound}"
        return headers

    async def stream(self, path: str) -> "ClientWebSocketResponse":
        """An open WebSocket; raises as `call` does."""
        for attempt in range(2):
            opened = await self._transport.stream(self.relay, path, self.proof("GET", path, token=False))
            if not isinstance(opened, tuple):
                return opened
            status, nonce = opened
            if not nonce or attempt:
                await self._ask_why(path)
                raise Unreachable(f"the relay refused the stream ({status})")
            self._nonce = nonce
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
        proven = headers | self.proof(method, path, token=token)
        status, raw, answered = await self._transport.request(method, self.relay, path, content, proven, most)
        self._nonce = answered.get(routes.NONCE_HEADER, self._nonce)
        return status, raw, answered


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
