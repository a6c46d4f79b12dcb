"""The desk's end of a stream in tests: a real WebSocket on loopback that reads frames and acknowledges."""

from dataclasses import dataclass
from typing import Self, TypeVar

from aiohttp import ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestClient
from mail_world import Directory, as_reception, delivered_line

from directory.canonical import encode
from relay.protocol.stream import Ack, Changed, Closing, Frame, FromRelay, Hello, Idle, Item, read_from_relay

F = TypeVar("F", bound=Frame)
Client = TestClient[web.Request, web.Application]


@dataclass
class Listener:
    """A device that listens; made by `listen`."""

    socket: ClientWebSocketResponse
    directory: Directory
    handle: str
    hello: Hello

    async def frame(self) -> FromRelay | None:
        """The next frame; None when the relay closed the socket."""
        message = await self.socket.receive(timeout=10)
        if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
            return None
        assert message.type is WSMsgType.TEXT, message
        return read_from_relay(message.data.encode())

    async def expect(self, kind: type[F]) -> F:
        """The next frame, which is of that kind."""
        frame = await self.frame()
        assert isinstance(frame, kind), frame
        return frame

    async def item(self) -> tuple[Item, bytes]:
        """The next item and its payload, whatever else is told in between."""
        frame = await self.frame()
        while isinstance(frame, Idle | Changed):
            frame = await self.frame()
        assert isinstance(frame, Item), frame
        item = frame
        message = await self.socket.receive(timeout=10)
        assert message.type is WSMsgType.BINARY, message
        assert len(message.data) == item.size
        return item, message.data

    async def items(self, count: int) -> list[tuple[Item, bytes]]:
        """The next items."""
        return [await self.item() for _ in range(count)]

    async def acknowledge(self, item: Item) -> None:
        """Say that an item is stored."""
        line = delivered_line(self.directory, self.handle, item.envelope) if item.kind == "envelope" else b""
        await self.say(Ack(number=item.number, delivered=line.decode()))

    async def say(self, ack: Ack) -> None:
        """Send an acknowledgement as it is."""
        await self.socket.send_str(encode(ack).decode())

    async def take_all(self) -> list[tuple[Item, bytes]]:
        """Everything up to `Idle`, each acknowledged as it comes."""
        found: list[tuple[Item, bytes]] = []
        while True:
            frame = await self.frame()
            assert frame is not None
            if isinstance(frame, Idle):
                return found
            if isinstance(frame, Item):
                message = await self.socket.receive(timeout=10)
                found.append((frame, message.data))
                await self.acknowledge(frame)

    async def closed(self) -> tuple[str, str]:
        """The reason in the `Closing` frame (empty if none came), and the one in the close frame."""
        reason = ""
        while True:
            message = await self.socket.receive(timeout=10)
            if message.type is WSMsgType.CLOSE:
                return reason, str(message.extra)
            if message.type in (WSMsgType.CLOSED, WSMsgType.CLOSING):
                return reason, ""
            if message.type is WSMsgType.TEXT:
                frame = read_from_relay(message.data.encode())
                reason = frame.reason if isinstance(frame, Closing) else reason

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.socket.close()


async def listen(client: Client, directory: Directory, handle: str = "co-night", query: str = "") -> Listener:
    """Open a stream and read its greeting."""
    socket = await client.ws_connect(f"/v1/stream{query}", headers=as_reception(handle), max_msg_size=8 << 20)
    listener = Listener(socket, directory, handle, Hello(time=0, tree_size=0, waiting=0))
    listener.hello = await listener.expect(Hello)
    return listener
