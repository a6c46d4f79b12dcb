"""A file that nobody reads holds its connection no longer than any other answer, and one that is read comes whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import web
from mail_world import until
from relay_world import client_tls, server_tls

from relay.answers import make_answers, note_start
from relay.authenticate import ADDRESS
from relay.door import DoorSite, Gate, open_doors
from relay.mail.attachment_handlers import ReadFile
from relay.metrics import Metrics
from relay.unreadable import Runner

SIZE = 32 << 20


@asynccontextmanager
async def serving(path: Path, gate: Gate) -> AsyncIterator[int]:
    """A server of one file; gives its port."""

    async def answer(request: web.Request) -> web.StreamResponse:
        request[ADDRESS] = "192.0.2.1"
        return ReadFile(path, chunk_size=256 << 10)

    app = web.Application(middlewares=[make_answers(Metrics(), addresses=False)])
    app.router.add_get("/file", answer)
    app.on_response_prepare.append(note_start)
    runner = Runner(app, Metrics(), shutdown_timeout=0.1, unread_seconds=0.2, keepalive_timeout=30)
    await runner.setup()
    try:
        (door,) = await open_doors("127.0.0.1", 0, gate)
        await DoorSite(runner, door, server_tls(), 10).start()
        yield int(door.getsockname()[1])
    finally:
        await runner.cleanup()


async def test_a_file_that_nobody_reads_is_cut_off_and_one_that_is_read_is_whole(tmp_path: Path) -> None:
    path, gate = tmp_path / "file", Gate(9, 9)
    path.write_bytes(bytes(SIZE))
    async with serving(path, gate) as port:
        for reading in (False, True):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_tls())
            writer.write(b"GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            if reading:
                assert len(await reader.readexactly(SIZE)) == SIZE
            else:
                await until(lambda: len(gate) == 0)
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
