"""A small network for tests of the mail: two members, a clock that tests move, envelopes, a relay's mail, its server.

1. `co-night`, `co-day` and `co-late` are coordinators of `co`; `ar-desk` and `ar-aide` of `ar`; `ar-clerk` is an
   investigator. Devices go by their officers' handles (`directory_world`).
2. Time stands still until `Time.move`; the timekeeper sleeps by it, and `MailHouse.settled` returns when it sleeps.
3. `MailHouse.restart` is a new process: everything in memory is gone, the store's file is opened again.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import msgspec
from aiohttp import web
from directory_world import START, TWO_ROOTS, World, key_pair, local_id, reception_handle
from mail_lines import delivered_line as delivered_line
from mail_lines import name_of as name_of
from mail_lines import order_line, submission
from mail_lines import step_line as step_line
from relay_bodies import OWN

from directory.statement import AnyStatement, ReinstateMember, RevokeDevice, SuspendMember
from directory.view import View
from relay.authenticate import PRINCIPAL
from relay.disk import Disk
from relay.mail.acknowledgement import Acknowledge
from relay.mail.handlers import mail_routes
from relay.mail.mail import Mail
from relay.mail.memory_store import MemoryMailStore
from relay.mail.settings import MailSettings
from relay.mail.sqlite_store import SqliteMailStore, open_mail_store
from relay.mail.store import Item
from relay.principal import Principal
from relay.protocol.envelope import Called, Envelope, Header, Precedence, Recipient, Stage, write_envelope
from relay.protocol.lines import (
    Notice,
    open_line,
    receipt_name,
)
from relay.protocol.problems import Refusal
from relay.protocol.receipts import Relayed
from relay.rules.release import Act, OrderAct

StoreKind = Literal["memory", "sqlite"]
DAY = 86_400
KEEP_FREE = 1 << 20


@cache
def _network() -> World:
    world = World.founded()
    world.add_member("co")
    world.add_member("ar")
    for handle in ("co-night", "co-day", "co-late"):
        world.add_officer(handle, "co", "coordinator")
    for handle in ("ar-desk", "ar-aide"):
        world.add_officer(handle, "ar", "coordinator")
    world.add_officer("ar-clerk", "ar", "investigator")
    world.add_contact("ar-desk", "ar", ("ar-desk", "ar-aide"))
    return world


class Directory:
    """`Views` over a world."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or _network().copy()
        self._callbacks: list[Callable[[View, View], None]] = []

    @property
    def view(self) -> View:
        """The newest view."""
        return self.world.view

    def on_change(self, callback: Callable[[View, View], None]) -> None:
        """As `Views` says."""
        self._callbacks.append(callback)

    def admit(self, statement: AnyStatement, *who: str) -> None:
        """Append a statement, and tell whoever wants to know."""
        old = self.view
        self.world.admit(statement, *who)
        for callback in self._callbacks:
            callback(old, self.view)

    def forget_listeners(self) -> None:
        """What a restart does."""
        self._callbacks.clear()


def revoke(directory: Directory, handle: str) -> None:
    """A device is revoked by its member's administrators."""
    statement = directory.world.say(RevokeDevice, device=local_id(handle), reason="lost")
    directory.admit(statement, f"{handle[:2]}-chief", f"{handle[:2]}-deputy")


def suspend(directory: Directory, member: str, seconds: int = DAY) -> None:
    """A member is suspended by the duty key."""
    world = directory.world
    directory.admit(world.say(SuspendMember, member=member, until=world.now + seconds), "duty")


def reinstate(directory: Directory, member: str) -> None:
    """The roots end a suspension."""
    directory.admit(directory.world.say(ReinstateMember, member=member), *TWO_ROOTS)


@dataclass
class Time:
    """The clock, and the timekeeper's sleep."""

    now: int = START
    asleep: asyncio.Event = field(default_factory=asyncio.Event)
    _sleeper: tuple[int, asyncio.Event] | None = None

    def __call__(self) -> int:
        return self.now

    async def wait(self, seconds: int, wake: asyncio.Event) -> None:
        """What the timekeeper calls to sleep."""
        self._sleeper = (self.now + seconds, wake)
        self.asleep.set()
        try:
            await wake.wait()
        finally:
            self.asleep.clear()

    def move(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds
        if self._sleeper is not None and self._sleeper[0] <= self.now:
            self._sleeper[1].set()

    async def settled(self) -> None:
        """Return when the timekeeper sleeps and nothing has called it."""
        while True:
            await self.asleep.wait()
            if self.asleep.is_set() and self._sleeper is not None and not self._sleeper[1].is_set():
                return
            await asyncio.sleep(0)


@dataclass
class Keys:
    """`KeyIds` with what a test says."""

    known: dict[str, frozenset[str]] = field(default_factory=dict)

    async def key_ids(self, devices: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """As `KeyIds` says."""
        return {each: self.known[each] for each in devices if each in self.known}


KEY = "0123456789abcdef"


def recipient(handle: str) -> Recipient:
    """A device by its handle, with the key that all have."""
    return Recipient(device=local_id(handle), key=KEY)


def header(
    directory: Directory,
    sender: str = "ar-desk",
    to: Iterable[str] = ("co-night",),
    later: Iterable[tuple[int, Iterable[str]]] = (),
    own: Iterable[str] = (),
    calls: Iterable[tuple[int, Iterable[str]]] = (),
    *,
    name: str = "first",
    now: int = START,
    lasts: int = DAY,
    stop: Literal["accepted", "never"] = "accepted",
    precedence: Precedence = "flash",
    attachments: Iterable[str] = (),
    **fields: Any,
) -> Header:
    """A header that the relay takes; `fields` overrules anything."""
    stages = [Stage(after=0, devices=tuple(map(recipient, to)))]
    stages += [Stage(after=after, devices=tuple(map(recipient, handles))) for after, handles in later]
    good = Header(
        id=sha256(name.encode()).hexdigest()[:32],
        network=directory.world.network,
        sender=local_id(sender),
        stages=tuple(stages),
        own=tuple(map(recipient, own)),
        calls=tuple(Called(after=after, devices=tuple(map(local_id, handles))) for after, handles in calls),
        precedence=precedence,
        stop=stop,
        time=now,
        expires=now + lasts,
        attachments=tuple(attachments),
        tree_size=directory.view.size,
    )
    return msgspec.structs.replace(good, **fields)


def sealed(recipients: int, padded: int = 16 << 10, filling: bytes = b"\x07") -> bytes:
    """What looks like an age file to the relay."""
    stanza = b"-> mlkem768x25519 " + b"A" * 1494 + b"\n" + b"A" * 43 + b"\n"
    chunks = -(-padded // (64 << 10))
    size = 16 + padded + 16 * chunks
    payload = (filling * (size // len(filling) + 1))[:size]
    return b"age-encryption.org/v1\n" + stanza * recipients + b"--- " + b"A" * 43 + b"\n" + payload


def envelope(
    directory: Directory, *args: Any, padded: int = 16 << 10, filling: bytes = b"\x07", **fields: Any
) -> Envelope:
    """An envelope that the relay takes."""
    made = header(directory, *args, **fields)
    return write_envelope(made, sealed(len(made.recipients()), padded, filling))


class Told(NamedTuple):
    """A notice, with handles for devices."""

    envelope: str
    event: str
    devices: tuple[str, ...]
    stage: int
    at: int


@dataclass
class MailHouse:
    """A relay's mail with everything around it, while it is used as a context."""

    path: Path
    kind: StoreKind
    settings: MailSettings = field(default_factory=MailSettings)
    directory: Directory = field(default_factory=Directory)
    time: Time = field(default_factory=Time)
    keys: Keys = field(default_factory=Keys)
    free: int = 1 << 40  # bytes on the disk, of which KEEP_FREE are to stay free

    async def open(self) -> "MailHouse":
        """Start."""
        self.store: MemoryMailStore | SqliteMailStore
        if self.kind == "sqlite":
            self.store = await open_mail_store(self.path / "mail.db")
        elif not hasattr(self, "store"):
            self.store = MemoryMailStore()
        self.mail = Mail(
            store=self.store,
            folder=self.path / "attachments",
            views=self.directory,
            clock=self.time,
            keys=self.keys,
            own=OWN,
            settings=self.settings,
            disk=Disk(self.path, KEEP_FREE, lambda _: self.free),
            wait=self.time.wait,
        )
        await self.mail.start()
        return self

    async def close(self) -> None:
        """Stop."""
        await self.mail.stop()
        self.directory.forget_listeners()
        if isinstance(self.store, SqliteMailStore):
            await self.store.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def restart(self) -> None:
        """Stop, and start as a new process would."""
        await self.close()
        await self.open()

    async def settled(self) -> None:
        """Return when nothing is left to sweep."""
        await self.time.settled()

    async def submit(self, sealed_envelope: Envelope, sender: str = "ar-desk") -> Relayed:
        """Hand an envelope in."""
        return await self.mail.submit(local_id(sender), submission(self.directory, sealed_envelope))

    async def step(self, handle: str, envelope_hash: str, act: Act = "accepted", **fields: Any) -> bytes:
        """Hand a step in."""
        line = step_line(self.directory, handle, envelope_hash, act, **({"at": self.time.now} | fields))
        return await self.mail.step(local_id(handle), envelope_hash, line)

    async def order(
        self, handle: str, envelope_hash: str, act: OrderAct = "stop", stage: int = 0, at: int | None = None
    ) -> bytes:
        """Hand an order in."""
        at = self.time.now if at is None else at
        line = order_line(self.directory, handle, envelope_hash, act, stage=stage, at=at)
        return await self.mail.order(local_id(handle), envelope_hash, line)

    async def kinds(self, handle: str) -> list[str]:
        """What waits for a device, by kind; notices as event and turn."""
        found = []
        for item in await self.queue(handle):
            told = self.notice(item.payload) if item.kind == "notice" else None
            found.append(f"{told.event} {told.stage}" if told else str(item.kind))
        return found

    async def queue(self, handle: str) -> list[Item]:
        """What a device could be handed now."""
        return await self.store.read(lambda reading: reading.items(local_id(handle), 0, 1000, 1 << 30))

    async def take(self, handle: str) -> list[Item]:
        """Acknowledge all of it, as a stream would."""
        items = await self.queue(handle)
        for item in items:
            await self.acknowledge(handle, item)
        return items

    async def acknowledge(self, handle: str, item: Item) -> None:
        """Acknowledge one item, as a stream would."""
        line = delivered_line(self.directory, handle, item.envelope) if item.kind == "envelope" else b""
        job = Acknowledge(local_id(handle), item.number, item.kind, item.envelope, line)
        await self.mail.clerk.do(self.mail.acknowledgement, job)

    async def notices(self, handle: str) -> list[Told]:
        """The relay's notices that wait for a device, their signatures checked."""
        return [self.notice(each.payload) for each in await self.queue(handle) if each.kind == "notice"]

    def notice(self, raw: bytes) -> Told:
        """A notice by the relay, its signatures checked."""
        public, world = key_pair("relay receipt").public, self.directory.world
        opened = open_line(raw, Notice, receipt_name(world.name), public, world.network)
        return Told(opened.envelope, opened.event, tuple(map(name_of, opened.devices)), opened.stage, opened.at)

    async def states(self, envelope_hash: str) -> dict[str, str]:
        """How far an envelope is, by handle."""
        found = await self.store.read(lambda reading: reading.deliveries(envelope_hash))
        return {name_of(each.device): each.state for each in found}


async def until(condition: Callable[[], bool]) -> None:
    """Return when something holds that the relay's end of a connection brings about, and tells nobody."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


@web.middleware
async def _trusting(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """Believe a header about who asks, and turn refusals into answers, as the relay's own app does with proofs."""
    kind, _, handle = request.headers.get("X-Test-Principal", "").partition(" ")
    if kind:
        name, _, key = handle.partition(" with ")
        public = key_pair(key or reception_handle(name)).public.ed25519
        request[PRINCIPAL] = Principal(kind, public, local_id(name), name, name[:2])  # type: ignore[arg-type]  # a test's word
    try:
        answer: web.StreamResponse = await handler(request)
    except Refusal as refusal:
        problem = refusal.problem
        return web.Response(
            body=msgspec.json.encode(problem), status=problem.status, content_type="application/problem+json"
        )
    except ValueError as error:
        return web.json_response({"code": "malformed", "detail": str(error)}, status=400)
    return answer


def mail_app(mail: Mail) -> web.Application:
    """The mail's resources behind a middleware that believes whoever asks."""
    app = web.Application(middlewares=[_trusting])
    app.add_routes(mail_routes(mail))
    return app


def as_session(handle: str) -> dict[str, str]:
    """The header of a logged-in device."""
    return {"X-Test-Principal": f"session {handle}"}


def as_reception(handle: str, number: int = 0) -> dict[str, str]:
    """The header of a device's reception key: the first, or the one it changed to the `number`th time."""
    return {"X-Test-Principal": f"reception {handle} with {reception_handle(handle, number)}"}
