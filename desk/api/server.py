"""The local API over HTTP, for programs and pages of the same user on this machine.

L1  It listens on the loopback address alone. Whoever asks shows the token, 256 bits, in every request but a challenge,
    by which this server shows that it has the token itself (`desk.api.challenge`). The token is compared in constant
    time, made anew at each start, and lies in a file for this user alone.
L2  A request names this address in `Host`, `127.0.0.1` and the port, so that no name of somebody else's leads here (DNS
    rebinding), nor one that may lead to somebody else (`localhost` is `::1` too); and, if it comes from a page, one of
    this server's own: `Origin` and `Sec-Fetch-Site` are looked at, and no other origin is ever allowed. Cookies are
    not looked at.
L3  The profile is unlocked with its passphrase, and locked again on demand, after `idle` seconds without a call, and
    when the server ends; and when another officer takes over the machine (`enlace switch`), whatever was handed in or
    written here going with that. What was asked before and ends after that is not answered, and leaves nothing. What
    is locked answers 423, and gives out no file.
L4  One call at a time, MOST_UPLOADS files at a time. What waits is bounded: **fails closed**, the next one is told to
    try again. Nothing of a request is read before its token was looked at.
L5  Bodies are bounded, in size and in the time they may take, and read strictly (`desk.api.bodies`).
L6  Where files of this machine are, is in no answer; an error of the program says which one it is and no more.
"""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click
import msgspec
from aiohttp import hdrs, web

from desk.api.bodies import body, json_body
from desk.api.calling import as_json, call, callable_commands, placeless
from desk.api.challenge import answer_to
from desk.api.describing import STATUSES, description
from desk.api.files import MOST_FILE_BYTES, Files
from desk.errors import DeskError, Locked, NotFound, Usage
from desk.exercise.network import plays
from desk.failure import plain
from desk.keys.keyring import Keyring, open_keyring
from desk.profile.folder import Profile
from desk.profile.shift_mark import left

HOST = "127.0.0.1"
MOST_WAITING = 16
MOST_UPLOADS = 2
PATIENCE = 60.0
_HEADERS = {
    hdrs.CACHE_CONTROL: "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Api:
    """The API of one profile; `idle` and `patience` in seconds."""

    profile: Profile
    commands: click.Group
    idle: float
    version: str
    keyring: Keyring | None = field(default=None, repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    port: int = 0
    patience: float = PATIENCE
    _waiting: int = 0
    _uploads: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _locking: asyncio.TimerHandle | None = None
    _left: bytes = b""

    def __post_init__(self) -> None:
        self._left = left(self.profile.path)
        self.files = Files(self.profile.path)
        self.known = callable_commands(self.commands)

    @property
    def address(self) -> str:
        """Where it listens, and the one name it answers to (L2)."""
        return f"{HOST}:{self.port}"

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/v1", self._about),
                web.get("/v1/openapi.json", self._description),
                web.get("/v1/challenge/{challenge}", self._challenge),
                web.post("/v1/unlock", self._unlock),
                web.post("/v1/lock", self._lock),
                web.post("/v1/files", self._hand_in),
                web.get("/v1/files/{id}", self._file),
                web.delete("/v1/files/{id}", self._delete),
                web.post("/v1/{words:[a-z/-]+}", self._call),
            ]
        )
        return app

    def begin(self) -> None:
        """It serves from now on."""
        self._used()

    def lock(self) -> None:
        """Forget the keys (L3). Python may keep copies of them until it uses their memory again (threat model)."""
        self.keyring = None
        self._pause()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._check(request)
            self.look_up()
            response = await handler(request)
        except web.HTTPException as error:
            response = _answer({"code": 2, "failure": _words(error.reason, "usage")}, error.status)
        except DeskError as error:
            failure = placeless(plain(error), self.profile.path)
            response = _answer({"code": error.code, "failure": failure}, STATUSES[error.code])
        except Exception as error:
            words = f"an error of the program: {type(error).__name__}"
            response = _answer({"code": 1, "failure": _words(words, "error") | {"code": 1}}, 500)
        response.headers.update(_HEADERS)
        return response

    def _check(self, request: web.Request) -> None:
        """Return if a request may be answered (L1, L2); raise what refuses it."""
        if any(len(request.headers.getall(each, ())) > 1 for each in _ONCE):
            raise web.HTTPBadRequest(reason="a header that says who asks stands there twice")
        if request.headers.get(hdrs.HOST) != self.address:
            raise web.HTTPForbidden(reason=f"this is answered under one name only: {self.address}")
        origin, site = request.headers.get(hdrs.ORIGIN), request.headers.get("Sec-Fetch-Site", "same-origin")
        if origin not in (None, f"http://{self.address}") or site not in _OWN_SITES:
            raise web.HTTPForbidden(reason="this is not answered to pages from elsewhere")
        if request.match_info.handler == self._challenge:
            return
        kind, _, shown = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(_raw(shown), _raw(self.token)):
            raise web.HTTPUnauthorized(reason="show the token of this API: Authorization: Bearer TOKEN")

    def look_up(self) -> None:
        """Forget everything if the officer whose passphrase this was has stood up since (L3)."""
        now = left(self.profile.path)
        if now != self._left:
            self._left = now
            self.lock()
            self.files.empty()

    async def _about(self, _: web.Request) -> web.Response:
        identity = self.profile.identity
        about = {
            "version": self.version,
            "network": identity.name,
            "member": identity.member,
            "officer": identity.officer,
            "locked": self.keyring is None,
            "exercise": plays(identity.name),
        }
        return _answer({"code": 0, "result": about}, 200)

    async def _description(self, _: web.Request) -> web.Response:
        return _answer(description(self.known, self.version), 200)

    async def _challenge(self, request: web.Request) -> web.Response:
        made = answer_to(request.match_info["challenge"], self.token, self.address)
        return _answer({"code": 0, "result": {"answer": made}}, 200)

    async def _unlock(self, request: web.Request) -> web.Response:
        given = await self._object(request)
        passphrase = given.get("passphrase")
        if set(given) != {"passphrase"} or not isinstance(passphrase, str):
            raise Usage('unlock with {"passphrase": …}')
        with self._one_officer():
            async with self._alone():
                # Nothing is kept before the key file has opened: a wrong passphrase leaves what was.
                self.keyring = await asyncio.to_thread(open_keyring, self.profile, passphrase.encode())
                self._used()
        return _answer({"code": 0, "result": {"locked": False}}, 200)

    async def _lock(self, request: web.Request) -> web.Response:
        if await self._object(request):
            raise Usage("locking takes no argument")
        self.lock()
        return _answer({"code": 0, "result": {"locked": True}}, 200)

    async def _hand_in(self, request: web.Request) -> web.Response:
        if self._uploads >= MOST_UPLOADS:
            raise web.HTTPServiceUnavailable(reason="too many files are handed in at once; try again")
        self._uploads += 1
        try:
            with self._one_officer():
                data = await body(request, MOST_FILE_BYTES, self.patience)
        finally:
            self._uploads -= 1
        return _answer({"code": 0, "result": {"file": self.files.put(data), "size": len(data)}}, 200)

    async def _file(self, request: web.Request) -> web.Response:
        data = self.files.read(request.match_info["id"])
        if self.keyring is None:  # what a command has saved here was sealed
            raise Locked(_LOCKED)
        return web.Response(body=data, content_type="application/octet-stream")

    async def _delete(self, request: web.Request) -> web.Response:
        self.files.delete(request.match_info["id"])
        return _answer({"code": 0, "result": {}}, 200)

    async def _call(self, request: web.Request) -> web.Response:
        words = request.match_info["words"]
        if words not in self.known:
            raise NotFound(f"there is no command {words!r}; GET /v1/openapi.json lists those there are")
        given = await self._object(request)
        # Whoever asks may be gone before it is done: the next call waits for it all the same.
        answer = await asyncio.shield(self._called(words, given))
        return _answer(answer, STATUSES.get(answer["code"], 500))

    async def _called(self, words: str, given: dict[str, Any]) -> dict[str, Any]:
        async with self._alone():
            self.look_up()  # it may have waited
            if self.keyring is None:
                raise Locked(_LOCKED)
            self._pause()
            try:
                with self._one_officer():
                    return await asyncio.to_thread(
                        call, self.commands, words, given, self.profile.path, self.keyring, self.files
                    )
            finally:
                self._used()

    async def _object(self, request: web.Request) -> dict[str, Any]:
        return await json_body(request, self.patience)

    @contextmanager
    def _one_officer(self) -> Iterator[None]:
        """What one officer asks for; raises Locked if they stood up before its end, with nothing left of it (L3)."""
        before = self._left
        try:
            yield
        finally:
            self.look_up()
            if self._left != before:
                self.lock()
                self.files.empty()
                raise Locked(
                    "the officer who asked stood up before it was done; it may be done all the same: unlock, and look"
                )

    def _alone(self) -> "_Turn":
        if self._waiting >= MOST_WAITING:
            raise web.HTTPServiceUnavailable(reason="too many calls wait; try again")
        return _Turn(self)

    def _pause(self) -> None:
        """No time runs out while a call goes on."""
        if self._locking is not None:
            self._locking.cancel()
            self._locking = None

    def _used(self) -> None:
        """From now on it is idle (L3)."""
        self._pause()
        if self.keyring is not None:
            self._locking = asyncio.get_running_loop().call_later(self.idle, self.lock)


_LOCKED = "the profile is locked: POST /v1/unlock with its passphrase"
_OWN_SITES = {"same-origin", "none"}
_ONCE = (hdrs.HOST, hdrs.ORIGIN, "Sec-Fetch-Site", hdrs.AUTHORIZATION)


def _raw(text: str) -> bytes:
    """The bytes of a header, also of one that is no UTF-8."""
    return text.encode("utf-8", "surrogateescape")


@dataclass
class _Turn:
    """A place in the row of calls (L4)."""

    api: Api

    async def __aenter__(self) -> None:
        self.api._waiting += 1
        try:
            await self.api._turn.acquire()
        except BaseException:
            self.api._waiting -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self.api._turn.release()
        self.api._waiting -= 1


def _words(words: str | None, kind: str) -> dict[str, Any]:
    return {"error": words or "", "code": Usage.code, "kind": kind, "evidence": ""}


def _answer(answer: dict[str, Any], status: int) -> web.Response:
    raw = as_json(answer, lambda value: msgspec.json.encode(value, order="sorted"))
    return web.Response(status=status, body=raw, content_type="application/json")
