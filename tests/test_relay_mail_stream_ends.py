"""How a stream ends in the middle of an item: nothing ever comes between an item's frame and its payload."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer
from directory_world import key_pair, local_id
from mail_world import MailHouse, envelope

from relay.mail.stream import Reader, Stream
from relay.protocol.stream import Closing, ClosingReason, Frame, Hello, Item, read_from_relay

REASONS: tuple[ClosingReason, ...] = ("revoked", "suspended", "replaced", "slow", "stopping", "protocol")


class Halting(web.WebSocketResponse):
    """A WebSocket whose line stands still when the payload numbered `at` is to go out."""

    def __init__(self, at: int) -> None:
        super().__init__(compress=False)
        self.at, self.halted, self.freed = at, asyncio.Event(), asyncio.Event()

    async def send_bytes(self, data: Any, compress: int | None = None) -> None:
        self.at -= 1
        if not self.at:
            self.halted.set()
            await self.freed.wait()
        await super().send_bytes(data, compress)


@dataclass
class Line:
    """A stream that the relay serves over a halting line."""

    house: MailHouse
    at: int
    stream: asyncio.Future[tuple[Stream, Halting]] = field(default_factory=lambda: asyncio.Future())

    async def serve(self, request: web.Request) -> web.StreamResponse:
        house, device = self.house, local_id("co-night")
        socket, world = Halting(self.at), house.directory.world
        await socket.prepare(request)
        stream = Stream(
            socket=socket,
            cut=lambda: request.transport.abort() if request.transport is not None else None,
            reader=Reader(device, key_pair("co-night reception").public, world.name, world.network),
            drain=False,
            store=house.store,
            clerk=house.mail.clerk,
            acknowledgement=house.mail.acknowledgement,
            settings=house.settings,
            tree_size=lambda: house.directory.view.size,
            clock=house.time,
        )
        self.stream.set_result((stream, socket))
        await stream.run()
        return socket


async def came(house: MailHouse, at: int, reason: ClosingReason) -> tuple[list[Frame | bytes], str]:
    """What a desk gets, and the text of the close frame, if the stream is ended while payload `at` is to go out."""
    line = Line(house, at)
    app = web.Application()
    app.router.add_get("/", line.serve)
    got: list[Frame | bytes] = []
    async with TestClient(TestServer(app)) as client, client.ws_connect("/") as desk:
        stream, socket = await line.stream
        async with asyncio.timeout(10):
            await socket.halted.wait()
            stream.close(reason)
            while (message := await desk.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                text = message.type is WSMsgType.TEXT
                got.append(read_from_relay(message.data.encode()) if text else message.data)
            await stream.ended.wait()
    return got, str(message.extra or "") if message.type is WSMsgType.CLOSE else ""


@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("reason", REASONS)
async def test_no_closing_frame_comes_between_an_item_and_its_payload(
    tmp_path: Path, at: int, reason: ClosingReason
) -> None:
    async with MailHouse(tmp_path, "memory") as house:
        sent = [envelope(house.directory, name=str(number)) for number in range(4)]
        for each in sent:
            await house.submit(each)
        got, words = await came(house, at, reason)
        assert isinstance(got[0], Hello)
        assert [type(each) for each in got[1:]] == [Item, bytes] * (at - 1) + [Item]
        assert [each for each in got if isinstance(each, bytes)] == [each.raw for each in sent[: at - 1]]
        assert not any(isinstance(each, Closing) for each in got)
        assert words == reason  # the close frame says why
        assert len(await house.queue("co-night")) == 4
