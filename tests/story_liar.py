"""A relay whose operator lies: it stands at the relay's address and speaks for an honest one that works behind it.

    here = LyingRelay.at(tmp_path, built.now)
    async with play(tmp_path, built, here) as story:
        here.lies.append(answering("GET", routes.LOG, stripped_checkpoint))   # rewrites what the honest relay answers
        here.hand(co, here.taken[0].item(7))                                  # the next stream of co gets this, alone

1. What no lie is about passes both ways unchanged. `taken` has every envelope the honest relay took in, with its
   receipt; `acks` what a desk acknowledged of what was handed to it by `hand`.
2. The operator has the relay's own keys: `LOG` and `RECEIPT` sign whatever a lie needs.
3. It can go on for ever: `endless` streams say something and never that they are done; on a path in `silent` nothing
   is answered.
4. A lie sees who asks (`Asked.key`, that of the proof), so it can tell one desk this and another that.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
import msgspec
from aiohttp import web
from directory_world import key_pair
from relay_bodies import ORIGIN, BodiedWorld
from relay_world import Clock, RelayWorld, client_tls, server_tls
from story_desk import Desk
from story_world import door

from crypto.checkpoint import MOST_CHECKPOINT_LINES, Checkpoint, sign_checkpoint
from crypto.encoding import unb64raw
from crypto.merkle import Tree, leaf_hash
from crypto.note import Note, parse_note
from desk.keys.keyring import reception_keys
from directory.canonical import encode
from relay.protocol import routes
from relay.protocol.envelope import parse_envelope
from relay.protocol.receipts import Leaf, Relayed, sign_receipts
from relay.protocol.requests import LogState, Submitted
from relay.protocol.stream import Ack, Changed, Hello, Idle, Item, read_from_desk
from relay.protocol.submission import parse_submission

T = TypeVar("T")
LOG, RECEIPT = key_pair("relay log"), key_pair("relay receipt")
_KEPT = ("Content-Type", routes.NONCE_HEADER, "Upload-Offset", "Upload-Length", "Tus-Resumable", "Retry-After")
_NOT_ON = {"host", "connection", "content-length", "transfer-encoding", "upgrade"}


@dataclass(frozen=True)
class Asked:
    """A request: by whose key, for what, with which body."""

    key: bytes
    method: str
    path: str
    query: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Given:
    """An answer."""

    status: int
    body: bytes
    headers: dict[str, str]

    def read(self, kind: type[T]) -> T:
        return msgspec.json.decode(self.body, type=kind)

    def saying(self, value: object) -> "Given":
        return replace(self, body=encode(value))


Lie = Callable[[Asked, Given], Given]
Handed = tuple[Item, bytes]


@dataclass(frozen=True)
class Taken:
    """An envelope that was taken in, and its receipt."""

    raw: bytes
    relayed: Relayed

    def item(self, number: int, **changes: Any) -> Handed:
        """How it is handed over; `changes` overrules what the relay says beside it."""
        about: dict[str, Any] = {"kind": "envelope", "envelope": sha256(self.raw).hexdigest(), "relayed": self.relayed}
        return Item(**({"number": number, "size": len(self.raw)} | about | changes)), self.raw

    def altered(self, number: int, under: str, raw: bytes | None = None, **header: Any) -> Handed:
        """As it is handed over with another header (or as `raw`), under a fresh receipt of the relay's own keys."""
        envelope = parse_envelope(self.raw)
        changed = msgspec.structs.replace(envelope.header, **header)
        bytes_ = raw or self.raw.partition(b"\n")[0] + b"\n" + encode(changed) + b"\n" + envelope.sealed
        leaf = self.relayed.leaf
        relayed = vouched(sha256(bytes_).hexdigest(), under, leaf.tree_size, leaf.time)
        return Taken(bytes_, relayed).item(number)


@dataclass
class LyingRelay(RelayWorld):
    """The relay at the door, which lies, and the honest one behind it, which is a RelayWorld."""

    lies: list[Lie] = field(default_factory=list)
    changes: list[Callable[[Asked], bytes]] = field(default_factory=list)  # to the bodies of requests
    taken: list[Taken] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)
    endless: bool = False
    silent: set[str] = field(default_factory=set)
    down: bool = False  # what stands in front of it answers 503
    tries: int = 0  # how often a stream was asked for
    hours_off: int = 0  # what it says of the time when a stream begins
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    between: Callable[[web.WebSocketResponse], Awaitable[object]] | None = None  # an item's frame and its payload
    _handed: dict[bytes, list[Handed]] = field(default_factory=dict)
    _front: AsyncExitStack = field(default_factory=AsyncExitStack)
    _behind: aiohttp.ClientSession | None = None

    @classmethod
    def at(cls, folder: Path, now: int) -> Self:
        """One on `folder`, not started."""
        return cls(folder, BodiedWorld(), Clock(now), _socket=back_door())

    @property
    def url(self) -> str:
        return f"https://localhost:{door().getsockname()[1]}"

    async def start(self) -> None:
        await super().start()
        connector = aiohttp.TCPConnector(ssl=client_tls())
        session = aiohttp.ClientSession(f"https://localhost:{self.port}", connector=connector, auto_decompress=False)
        self._behind = await self._front.enter_async_context(session)
        app = web.Application(client_max_size=8 << 20)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1)
        await runner.setup()
        self._front.push_async_callback(runner.cleanup)
        await web.SockSite(runner, door().dup(), ssl_context=server_tls()).start()

    async def stop(self) -> None:
        self._over.set()
        await self._front.aclose()
        await super().stop()

    def hand(self, desk: Desk, *items: Handed) -> None:
        """Hand a desk these items, and nothing else, whenever it opens its stream."""
        self._handed[reception_keys(desk.profile).public.ed25519] = list(items)

    async def entries(self) -> list[bytes]:
        """The honest log's entries."""
        return [each.encode() for each in (await self.relay.directory.read(0, 16 << 20)).entries]

    def show(self, entries: list[bytes], to: Desk | None = None, checkpoint: bytes | None = None) -> None:
        """From now on show these entries (to one desk, or to all), under a checkpoint that the log signs afresh."""

        def lie(asked: Asked, given: Given) -> Given:
            start = int(asked.query["start"])
            texts = tuple(each.decode() for each in entries[start:])
            signed = checkpoint or vouched_log(entries, self.clock())
            return replace(given, status=200).saying(LogState(start=start, entries=texts, checkpoint=signed.decode()))

        self.lies.append(answering("GET", routes.LOG, lie, to))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        assert self._behind is not None
        asked = Asked(
            key=_key(request.headers.get(routes.PROOF_HEADER, "")),
            method=request.method,
            path=request.path,
            query=dict(request.query),
            body=await request.read(),
        )
        self.tries += request.path == routes.STREAM and "Upgrade" in request.headers
        if self.down:
            return web.Response(status=503)
        if request.path in self.silent:
            await self._over.wait()
        if request.path == routes.STREAM:
            if "Upgrade" in request.headers and asked.key in self._handed:
                return await self._hand_over(request, self._handed[asked.key])
            if "Upgrade" in request.headers:
                return await self._stream(request, self._behind)
        for change in self.changes:
            asked = replace(asked, body=change(asked))
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_ON}
        async with self._behind.request(
            request.method, request.path_qs, data=asked.body or None, headers=headers, allow_redirects=False
        ) as response:
            kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
            given = Given(response.status, await response.read(), kept)
        if (asked.method, asked.path, given.status) == ("POST", routes.ENVELOPES, 200):
            self.taken.append(Taken(parse_submission(asked.body).envelope.raw, given.read(Submitted).relayed))
        if given.status != 401:
            for lie in self.lies:
                given = lie(asked, given)
        return web.Response(status=given.status, body=given.body, headers=given.headers)

    async def _stream(self, request: web.Request, behind: aiohttp.ClientSession) -> web.StreamResponse:
        """The honest relay's stream, passed through."""
        headers = {routes.PROOF_HEADER: request.headers[routes.PROOF_HEADER]}
        try:
            theirs = await behind.ws_connect(request.path_qs, headers=headers, max_msg_size=8 << 20)
        except aiohttp.WSServerHandshakeError as error:
            nonce = error.headers.get(routes.NONCE_HEADER, "") if error.headers is not None else ""
            return web.Response(status=error.status, headers={routes.NONCE_HEADER: nonce})
        ours = web.WebSocketResponse(max_msg_size=8 << 20)
        await ours.prepare(request)
        async with theirs:
            async for message in theirs:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await ours.send_str(message.data)
                    continue
                await ours.send_bytes(message.data)
                await theirs.send_str((await ours.receive()).data)  # an item is whole, so it is acknowledged
        await ours.close()
        return ours

    async def _hand_over(self, request: web.Request, items: list[Handed]) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=8 << 20)
        await socket.prepare(request)
        size = self.relay.directory.view.size
        await socket.send_str(
            encode(Hello(time=self.clock() + 3600 * self.hours_off, tree_size=size, waiting=len(items))).decode()
        )
        for item, payload in items:
            await socket.send_str(encode(item).decode())
            if self.between is not None:
                await self.between(socket)
            if socket.closed:
                return socket
            await socket.send_bytes(payload)
            answer = await socket.receive()
            if answer.type is not aiohttp.WSMsgType.TEXT:  # the desk has hung up
                return socket
            self.acks.append(read_from_desk(answer.data.encode()))
        while self.endless and not socket.closed:
            await socket.send_str(encode(Changed(tree_size=size)).decode())
            await asyncio.sleep(0.01)
        if not socket.closed:
            await socket.send_str(encode(Idle()).decode())
            await socket.close()
        return socket


@cache
def back_door() -> socket.socket:
    """The socket of the honest relay behind, one a process."""
    return socket.create_server(("127.0.0.1", 0))


def answering(method: str, path: str, lie: Lie, to: Desk | None = None) -> Lie:
    """A lie about one resource, told to one desk, or to all."""
    key = to.keyring.device.public.ed25519 if to is not None else None

    def told(asked: Asked, given: Given) -> Given:
        mine = key is None or asked.key == key
        return lie(asked, given) if mine and (asked.method, asked.path) == (method, path) else given

    return told


def rewriting(method: str, path: str, kind: type[T], change: Callable[[T], object], to: Desk | None = None) -> Lie:
    """A lie that changes the value in an answer."""
    return answering(method, path, lambda _, given: given.saying(change(given.read(kind))), to)


def stripped(raw: bytes | str) -> bytes:
    """A signed note without its ML-DSA-44 line."""
    note = parse_note(raw.encode() if isinstance(raw, str) else raw, 1 << 22, MOST_CHECKPOINT_LINES)
    assert len(note.signatures) == 2
    return Note(note.text, note.signatures[:1]).write()


def vouched_log(entries: list[bytes], now: int, origin: str = ORIGIN) -> bytes:
    """A checkpoint over these entries, signed by the log's real keys."""
    tree = Tree(map(leaf_hash, entries))
    return sign_checkpoint(Checkpoint(origin, len(tree), tree.root()), LOG, now)


def vouched(envelope: str, network: str, tree_size: int, time: int) -> Relayed:
    """A receipt for an envelope hash, signed by the relay's real keys."""
    leaf = Leaf(envelope=envelope, tree_size=tree_size, time=time)
    return sign_receipts([leaf], network, "enlace.example", RECEIPT, time)[0]


def _key(proof: str) -> bytes:
    """The key of a DPoP proof, unchecked."""
    head = proof.partition(".")[0]
    if not head:
        return b""
    jwk = msgspec.json.decode(unb64raw(head.replace("-", "+").replace("_", "/")))["jwk"]
    return unb64raw(jwk["x"].replace("-", "+").replace("_", "/"), 32)
