"""The frames of the stream as a desk reads them: what keeps to the protocol, what broke off, why the relay ended it.

Nothing comes between an item's frame and its payload. A relay that has to end the stream there says why in its close
frame alone; whatever else comes is no relay that keeps to the protocol.
"""

import aiohttp
import msgspec

from desk.errors import Declined, Distrust, Unreachable
from directory.canonical import Malformed
from relay.protocol.envelope import MOST_ENVELOPE_BYTES
from relay.protocol.lines import MOST_LINE_BYTES
from relay.protocol.stream import Closing, FromRelay, Item, read_from_relay

FINAL = {"revoked"}  # reasons after which there is no use in coming back
_ENDS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)


class Frames:
    """An open stream."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def next(self) -> FromRelay | None:
        """The next frame; None where the stream ended without a word.

        Raises Unreachable if it broke off, Distrust for what is no frame, Declined for an end that is for good.
        """
        message = await self._message()
        if message.type in _ENDS:
            return _end(message)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Distrust("the relay does not keep to the protocol of the stream")
        try:
            frame = read_from_relay(message.data.encode())
            return _checked(frame) if isinstance(frame, Closing) else frame
        except Malformed as error:
            raise Distrust(f"the relay does not keep to the protocol of the stream: {error}") from error

    async def payload(self, item: Item) -> bytes:
        """What follows the frame of `item`, as many bytes as that says; raises as `next` does."""
        if item.size > (MOST_ENVELOPE_BYTES if item.kind == "envelope" else MOST_LINE_BYTES):
            raise Distrust("the relay announced more bytes than an item has")
        message = await self._message()
        if message.type in _ENDS:
            closing = _end(message)
            why = f": {closing.reason}" if closing is not None else ""
            raise Unreachable(f"the stream broke off{why}")
        if message.type is not aiohttp.WSMsgType.BINARY:
            raise Distrust("the relay does not keep to the protocol of the stream: an item's payload did not follow it")
        if len(message.data) != item.size:
            raise Distrust("the relay sent another number of bytes than it announced")
        return bytes(message.data)

    async def send(self, data: bytes) -> None:
        """Send a frame; raises Unreachable."""
        try:
            await self._socket.send_str(data.decode())
        except (aiohttp.ClientError, ConnectionError) as error:
            raise Unreachable("the stream broke off") from error

    async def close(self) -> None:
        """Close it."""
        await self._socket.close()

    async def _message(self) -> aiohttp.WSMessage:
        try:
            message = await self._socket.receive()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable("the stream broke off") from error
        if message.type is aiohttp.WSMsgType.ERROR:
            raise Unreachable("the stream broke off")
        return message


def _checked(frame: Closing) -> Closing:
    if frame.reason in FINAL:
        raise Declined(f"the relay ended the stream: {frame.reason}. {frame.detail}".strip(), "device-revoked")
    return frame


def _end(message: aiohttp.WSMessage) -> Closing | None:
    """Why the relay ended the stream, by its close frame; None if it does not say, or in words that are not its own."""
    try:
        return _checked(msgspec.convert({"frame": "closing", "reason": message.extra}, Closing))
    except msgspec.ValidationError:
        return None
