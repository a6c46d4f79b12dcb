"""Large answers that nobody reads: few wait at the same time, and none for ever; what is read is read to its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import msgspec
import pytest
from aiohttp import web
from mail_world import until
from relay_world import client_tls, server_tls

from crypto.encoding import b64
from relay.answers import make_answers, note_start
from relay.authenticate import ADDRESS
from relay.door import DoorSite, Gate, open_doors
from relay.metrics import Metrics
from relay.read_request import Requests
from relay.rules.portions import EACH
from relay.settings import Limits
from relay.unreadable import Runner

SIZE = 24 << 20  # more than the system takes ahead for a connection
Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Long(msgspec.Struct, frozen=True):
    """An answer of any length."""

    text: str


@dataclass(frozen=True)
class Server:
    """Where a server is that answers with a `Long` whoever says who they are, or with a stream; its connections stand
    in `gate`."""

    port: int
    gate: Gate
    pipes: list[Pipe] = field(default_factory=list)

    async def ask(self, who: str, upgrade: str = "") -> Pipe:
        pipe = await asyncio.open_connection("127.0.0.1", self.port, ssl=client_tls(), server_hostname="localhost")
        pipe[1].write(f"GET /long HTTP/1.1\r\nHost: localhost\r\nX-Who: {who}\r\n{upgrade}\r\n".encode())
        self.pipes.append(pipe)
        return pipe

    async def hang_up(self) -> None:
        """Cut every connection, unless it was cut."""
        for _, writer in self.pipes:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        self.pipes.clear()


@asynccontextmanager
async def serving(room: int, unread: float = 60, idle: float = 30) -> AsyncIterator[Server]:
    """The relay's own classes around it."""
    requests, gate = Requests(Limits(writing_bytes=room), lambda _, who: (who, f"of {who}")), Gate(99, 99)

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        for _ in range(2):  # the second waits until the first was read
            await socket.send_bytes(bytes(SIZE))
        return socket

    async def answer(request: web.Request) -> web.StreamResponse:
        request[ADDRESS] = request.headers["X-Who"]
        if "Upgrade" in request.headers:
            return await stream(request)
        return await requests.answer(request, Long("x" * SIZE))

    app = web.Application(middlewares=[make_answers(Metrics(), addresses=False)])
    app.router.add_get("/long", answer)
    app.on_response_prepare.append(note_start)
    runner = Runner(app, Metrics(), shutdown_timeout=0.1, unread_seconds=unread, keepalive_timeout=idle)
    await runner.setup()
    (door,) = await open_doors("127.0.0.1", 0, gate)
    try:
        await DoorSite(runner, door, server_tls(), 10).start()
        server = Server(door.getsockname()[1], gate)
        yield server
        await server.hang_up()
    finally:
        await runner.cleanup()


async def status(pipe: Pipe) -> int:
    async with asyncio.timeout(10):
        return int((await pipe[0].readline()).split()[1])


async def whole(pipe: Pipe) -> int:
    """The bytes of the body."""
    async with asyncio.timeout(20):
        await pipe[0].readuntil(b"\r\n\r\n")
        return len(await pipe[0].readexactly(SIZE + len('{"text":""}')))


async def test_one_who_asks_for_many_and_reads_none_has_few_waiting() -> None:
    async with serving(room=2 * (SIZE + 99) * EACH) as server:
        first, second = await server.ask("a"), await server.ask("a")
        assert [await status(first), await status(second)] == [200, 200]  # and no more of them is read
        third, other = await server.ask("a"), await server.ask("b")
        assert [await status(third), await status(other)] == [503, 200]
        assert await whole(first) > SIZE
        again = await server.ask("a")
        assert await status(again) == 200


async def test_what_is_gone_gives_its_portion_back() -> None:
    async with serving(room=(SIZE + 99) * EACH) as server:
        first = await server.ask("a")
        assert await status(first) == 200
        await server.hang_up()
        await until(lambda: len(server.gate) == 0)
        second = await server.ask("a")
        assert await status(second) == 200


async def test_what_takes_longer_than_a_connection_may_be_idle_is_read_to_its_end() -> None:
    """It is being answered as long as it is read, on however slow a line."""
    async with serving(room=(SIZE + 99) * EACH, idle=0.01) as server:
        pipe = await server.ask("a")
        assert await status(pipe) == 200
        assert await whole(pipe) > SIZE


async def test_what_is_not_read_is_cut() -> None:
    async with serving(room=(SIZE + 99) * EACH, unread=0.2) as server:
        pipe = await server.ask("a")
        assert await status(pipe) == 200
        await until(lambda: len(server.gate) == 0)


UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n"


async def test_a_stream_has_its_own_time() -> None:
    async with serving(room=1, unread=0.1) as server:
        pipe = await server.ask("a", UPGRADE.format(b64(bytes(16))))
        assert await status(pipe) == 101
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await until(lambda: len(server.gate) == 0)
        async with asyncio.timeout(20):
            assert len(await pipe[0].readexactly(2 * SIZE)) == 2 * SIZE
