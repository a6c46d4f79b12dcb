"""A real relay on loopback, with real TLS, and callers that are devices of a world: for tests over HTTP.

    async with RelayWorld.running(tmp_path) as here:          # founded, member co with co-chief, co-deputy, co-night
        night = await here.log_in("co-night")                 # invited, enrolled, TOTP, session: one call
        answer = await night.call("GET", routes.LOG)
        assert answer.status == 200
        here.clock.now += 600                                 # the relay's clock, and every caller's

1. Statements are made in `here.world` (see `directory_world`); `await here.publish()` hands over what is new.
2. `here.caller(handle)` proves itself with that handle's key and nothing else; `here.callers` are closed at the end.
3. `await here.restart()` stops the relay and starts it again on the same files and port.
"""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
import msgspec
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from directory_world import START, device_keys, key_pair, officer_id
from relay_bodies import ORIGIN, BodiedWorld, posted

from config.settings import parse_settings
from directory.canonical import encode
from relay.app import make_runner
from relay.assembly import Clocks, Relay, open_relay
from relay.door import Door, DoorSite
from relay.key_files import make_rest_key, write_pair
from relay.portal.derivation import Cost
from relay.protocol import routes
from relay.protocol.invitation import bind_keys, proof_hash, relay_proof
from relay.protocol.problems import Problem
from relay.protocol.proof import make_proof
from relay.protocol.requests import (
    Enrolment,
    LogIn,
    NewInvitation,
    Session,
    TotpRequest,
    TotpSecret,
)
from relay.rules.totp import code_at, secret_bytes, step_at
from relay.settings import RelaySettings

T = TypeVar("T")
CHEAP = Cost(8, 1, 1)  # what no settings allow: the portal's passphrases in no time


@dataclass
class Clock:
    """A clock that a test sets."""

    now: int = START

    def __call__(self) -> int:
        return self.now


@cache
def authority() -> tuple[trustme.CA, trustme.LeafCert]:
    """A certificate authority and a certificate for this machine, made once a process."""
    ca = trustme.CA()
    return ca, ca.issue_cert("localhost", "127.0.0.1")


@cache
def client_tls() -> ssl.SSLContext:
    """Who trusts that authority alone; made once a process, and not to be changed."""
    return fresh_client_tls()


def fresh_client_tls() -> ssl.SSLContext:
    """The same, to be changed. It reads none of the system's authorities: that takes longer than most tests."""
    return ssl.create_default_context(cadata=authority()[0].cert_pem.bytes().decode())


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    authority()[1].configure_cert(context)
    return context


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    raw: bytes
    headers: dict[str, str]

    def read(self, kind: type[T]) -> T:
        """The JSON body of a request that was carried out."""
        assert self.status < 300, self.raw
        return msgspec.json.decode(self.raw, type=kind, strict=True)

    @property
    def problem(self) -> Problem:
        """The refusal."""
        assert self.headers["Content-Type"] == routes.PROBLEM, self.raw
        found = msgspec.json.decode(self.raw, type=Problem)
        assert found.status == self.status
        return found

    @property
    def code(self) -> str:
        """The refusal's code, or "" for a request that was carried out."""
        return "" if self.status < 300 else self.problem.code


@dataclass
class Caller:
    """Somebody with a key, and perhaps a token, who knows the relay's address."""

    here: "RelayWorld"
    key: Ed25519PrivateKey
    http: aiohttp.ClientSession
    token: str | None = None
    nonce: str = ""

    def proof(self, method: str, path: str, **changes: Any) -> dict[str, str]:
        """Headers for one request; `changes` overrules what the proof says."""
        about: dict[str, Any] = {
            "key": self.key,
            "method": method,
            "url": self.here.url + path.partition("?")[0],
            "nonce": self.nonce,
            "now": self.here.clock(),
            "token": self.token,
        }
        headers = {routes.PROOF_HEADER: make_proof(**(about | changes))}
        if self.token is not None:
            headers["Authorization"] = f"DPoP {self.token}"
        return headers

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        data: bytes | None = None,
        kind: str = routes.JSON,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request with a fresh proof; once more if the relay wants its nonce."""
        content = encode(body) if body is not None else data
        about = ({"Content-Type": kind} if content is not None else {}) | (headers or {})
        answer = await self.send(method, path, content, self.proof(method, path) | about)
        if answer.status == 401 and answer.problem.code == "nonce-needed":
            answer = await self.send(method, path, content, self.proof(method, path) | about)
        return answer

    async def send(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> Answer:
        """One request with just these headers."""
        async with self.http.request(
            method, self.here.url + path, data=content, headers=headers, allow_redirects=False
        ) as response:
            self.nonce = response.headers.get(routes.NONCE_HEADER, self.nonce)
            return Answer(response.status, await response.read(), dict(response.headers))

    async def log_in(self, code: str) -> Answer:
        """Log in; keeps the token."""
        self.token = None
        answer = await self.call("POST", routes.LOGIN, LogIn(code=code))
        if answer.status == 200:
            self.token = answer.read(Session).token
        return answer


@dataclass
class RelayWorld:
    """A world, the relay that serves it, and who calls."""

    folder: Path
    world: BodiedWorld
    clock: Clock = field(default_factory=Clock)
    secrets: dict[str, bytes] = field(default_factory=dict)
    _socket: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0), reuse_port=False))
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)
    _relay: Relay | None = None
    _extra: str = ""
    _listen: str = ""

    @classmethod
    @asynccontextmanager
    async def running(
        cls, folder: Path, *, settled: bool = True, extra: str = "", listen: str = ""
    ) -> AsyncIterator[Self]:
        """A running relay; `settled`: with a founded network and member co. `extra` and `listen` are TOML settings."""
        world = BodiedWorld.founded() if settled else BodiedWorld()
        assert isinstance(world, BodiedWorld)
        here = cls(folder, world, _extra=extra, _listen=listen)
        write_pair(folder / "keys" / "log.key", "log", key_pair("relay log"))
        write_pair(folder / "keys" / "receipt.key", "receipt", key_pair("relay receipt"))
        make_rest_key(folder / "keys" / "rest.key")
        try:
            await here.start()
            if settled:
                world.add_member("co")
                world.add_officer("co-night", "co")
                await here.publish()
            yield here
        finally:
            await here.stop()
            await here._stack.aclose()
            here._socket.close()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def relay(self) -> Relay:
        assert self._relay is not None
        return self._relay

    @property
    def settings(self) -> RelaySettings:
        listen = f'[listen]\npublic_url = "{self.url}"\nstop_seconds = 2\n{self._listen}\n'
        text = f'{listen}[log]\norigin = "{ORIGIN}"\n{self._extra}'
        return parse_settings(RelaySettings, text, self.folder / "relay.toml", {})

    async def start(self) -> None:
        """Open the relay on its files and serve it."""
        self._running = AsyncExitStack()
        self._relay = await self._running.enter_async_context(
            open_relay(self.settings, Clocks(self.clock, self.clock), cost=CHEAP)
        )
        runner = make_runner(self._relay)
        await runner.setup()
        self._running.push_async_callback(runner.cleanup)
        door = Door.behind(self._socket.dup(), self._relay.gate)
        await DoorSite(runner, door, server_tls(), self.settings.listen.handshake_seconds).start()

    async def stop(self) -> None:
        """Stop it as a signal would."""
        await self._running.aclose()

    async def restart(self) -> None:
        """Stop it, and start it on the same files."""
        await self.stop()
        await self.start()

    async def publish(self) -> None:
        """Hand over the statements made in the world since the last time."""
        self.world.now = self.clock()
        batch, about = encode(posted(*self.world.news())), {"Content-Type": routes.JSON}
        answer = await (await self.caller("nobody")).send("POST", routes.STATEMENTS, batch, about)
        assert answer.status == 200, answer.raw

    async def caller(self, handle: str) -> Caller:
        """Somebody with a handle's key and no session."""
        connector = aiohttp.TCPConnector(ssl=client_tls())
        http = await self._stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=20), auto_decompress=False)
        )
        return Caller(self, key_pair(handle).ed25519, http)

    async def invite(self, handle: str, secret: bytes = bytes(16), by: str | Caller = "duty") -> str:
        """Invite a handle's officer; returns the bearer's proof."""
        inviter = await self.caller(by) if isinstance(by, str) else by
        proof = relay_proof(secret)
        body = NewInvitation(proof_hash=proof_hash(proof), expires=self.clock() + 86_400)
        answer = await inviter.call("PUT", routes.INVITATION.format(officer=officer_id(handle)), body)
        assert answer.status == 204, answer.raw
        return proof

    def offered(self, handle: str, proof: str, secret: bytes = bytes(16)) -> Enrolment:
        """What a new desk offers."""
        keys = device_keys(handle)
        four = (keys["ed25519"], keys["mldsa44"], keys["reception_ed25519"], keys["reception_mldsa44"])
        return Enrolment(proof=proof, keys=bind_keys(secret, self.world.network, officer_id(handle), four))

    async def bind(self, handle: str) -> Caller:
        """Invite and bind a device that the directory has enrolled; its secret is in `secrets`."""
        secret = key_pair(f"invitation {handle} {len(self.secrets)}").ed25519_seed[:16]
        proof = await self.invite(handle, secret)
        caller = await self.caller(handle)
        answer = await caller.call("POST", routes.ENROLMENT_TOTP, TotpRequest(proof=proof))
        self.secrets[handle] = secret_bytes(answer.read(TotpSecret).secret)
        return caller

    def code(self, handle: str, steps: int = 0) -> str:
        """A handle's code now, or so many steps away."""
        return code_at(self.secrets[handle], step_at(self.clock()) + steps)

    async def log_in(self, handle: str) -> Caller:
        """A caller with a session: invited, bound, logged in."""
        caller = await self.bind(handle)
        answer = await caller.log_in(self.code(handle))
        assert answer.status == 200, answer.raw
        return caller
