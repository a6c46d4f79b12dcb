"""Holding the stream: store what comes, acknowledge it, ring. All of it with the reception keys alone.

For every item, in this order: check its shape and hash, store it durably, sign *delivered*, acknowledge. A crash
before the acknowledgement makes the relay send the item again under the same number; a crash after it loses nothing,
because the item was durable before.

Nothing comes between an item's frame and its payload. A relay that has to end the stream there says why in its close
frame alone; whatever else comes is no relay that keeps to the protocol, and of that item nothing is stored or
acknowledged.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

import aiohttp
import msgspec

from crypto.signing import SecretPair
from desk import host
from desk.client import Clock, RelayClient
from desk.errors import Declined, Distrust, Unreachable
from desk.profile import Identity, Profile
from desk.spool import Spool
from directory.canonical import Malformed, encode
from relay.protocol import routes
from relay.protocol.envelope import MOST_ENVELOPE_BYTES, Envelope, parse_envelope
from relay.protocol.lines import MOST_LINE_BYTES, Delivered, reception_name, write_line
from relay.protocol.stream import Ack, Changed, Closing, FromRelay, Hello, Idle, Item, read_from_relay

FINAL = {"revoked"}  # reasons after which there is no use in coming back
_ENDS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Something new in the spool: the item, and the envelope if it is one."""

    item: Item
    envelope: Envelope | None


@dataclass(frozen=True, slots=True)
class Listener:
    """What to do when things happen; each is awaited before the next item is read."""

    connected: Callable[[Hello], Awaitable[None]]
    arrived: Callable[[Arrived], Awaitable[None]]
    changed: Callable[[int], Awaitable[None]]


async def receive(
    profile: Profile, keys: SecretPair, clock: Clock, listener: Listener, *, drain: bool = False
) -> Closing | None:
    """Hold the stream until it ends; with `drain` until nothing waits. Returns why the relay ended it, if it said.

    Raises Declined (revoked, suspended), Unreachable, or Distrust for a relay that does not keep to the protocol.
    """
    identity = profile.identity
    host.sweep(profile.path / "spool")  # whoever calls this holds the watch lock
    spool = Spool(profile.path / "spool")
    async with RelayClient(identity.relay, identity.authority, keys.ed25519, clock) as client:
        socket = await client.stream(routes.STREAM + ("?drain=1" if drain else ""))
        try:
            while True:
                frame = await _frame(socket)
                match frame:
                    case None | Idle() if drain or frame is None:
                        return None
                    case Closing():
                        return _closed(frame)
                    case Hello():
                        await listener.connected(frame)
                    case Changed():
                        await listener.changed(frame.tree_size)
                    case Item():
                        await _item(profile, keys, spool, socket, frame, clock, listener)
        finally:
            await socket.close()


def _closed(frame: Closing) -> Closing:
    if frame.reason in FINAL:
        raise Declined(f"the relay ended the stream: {frame.reason}. {frame.detail}".strip(), "device-revoked")
    return frame


async def _item(
    profile: Profile,
    keys: SecretPair,
    spool: Spool,
    socket: aiohttp.ClientWebSocketResponse,
    item: Item,
    clock: Clock,
    listener: Listener,
) -> None:
    payload = await _payload(socket, item)
    try:
        envelope = _checked(item, payload, profile.identity)
    except Distrust as error:
        folder = profile.evidence("stream", {"item.json": encode(item), "payload.bin": payload}, clock())
        raise Distrust(str(error), str(folder)) from error
    spool.put(item, payload, clock())
    delivered = ""
    if item.kind == "envelope":
        identity = profile.identity
        line = Delivered(network=identity.network, envelope=item.envelope, at=clock(), device=identity.device)
        delivered = write_line(line, reception_name(identity.name, identity.device), keys).decode()
    # The item is durable: if the acknowledgement is lost here, the relay sends it again and `spool` has it already.
    await _send(socket, encode(Ack(number=item.number, delivered=delivered)))
    await listener.arrived(Arrived(item, envelope))


def _checked(item: Item, payload: bytes, identity: Identity) -> Envelope | None:
    """The envelope, if the item is one; raises Distrust if the relay sends something else than it says.

    Refuses an envelope that is not for this device: else the relay could have *delivered* signed for anything.
    """
    if item.kind != "envelope":
        return None
    if sha256(payload).hexdigest() != item.envelope:
        raise Distrust("the relay sent other bytes than it announced")
    try:
        envelope = parse_envelope(payload)
        envelope.header.stanza_of(identity.device)
    except Malformed as error:
        raise Distrust(f"the relay sent something that is no envelope for this desk: {error}") from error
    if envelope.header.network != identity.network:
        raise Distrust("the relay sent an envelope of another network")
    return envelope


async def _frame(socket: aiohttp.ClientWebSocketResponse) -> FromRelay | None:
    message = await _message(socket)
    if message.type in _ENDS:
        return _reason(message)
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise Distrust("the relay does not keep to the protocol of the stream")
    try:
        return read_from_relay(message.data.encode())
    except Malformed as error:
        raise Distrust(f"the relay does not keep to the protocol of the stream: {error}") from error


async def _payload(socket: aiohttp.ClientWebSocketResponse, item: Item) -> bytes:
    if item.size > (MOST_ENVELOPE_BYTES if item.kind == "envelope" else MOST_LINE_BYTES):
        raise Distrust("the relay announced more bytes than an item has")
    message = await _message(socket)
    if message.type in _ENDS:
        closing = _reason(message)
        why = f": {_closed(closing).reason}" if closing is not None else ""
        raise Unreachable(f"the stream broke off{why}")
    if message.type is not aiohttp.WSMsgType.BINARY:
        raise Distrust("the relay does not keep to the protocol of the stream: an item's payload did not follow it")
    if len(message.data) != item.size:
        raise Distrust("the relay sent another number of bytes than it announced")
    return bytes(message.data)


def _reason(message: aiohttp.WSMessage) -> Closing | None:
    """Why the relay ended the stream, by its close frame; None if it does not say, or in words that are not its own."""
    try:
        return msgspec.convert({"frame": "closing", "reason": message.extra}, Closing)
    except msgspec.ValidationError:
        return None


async def _message(socket: aiohttp.ClientWebSocketResponse) -> aiohttp.WSMessage:
    try:
        message = await socket.receive()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unreachable("the stream broke off") from error
    if message.type is aiohttp.WSMsgType.ERROR:
        raise Unreachable("the stream broke off")
    return message


async def _send(socket: aiohttp.ClientWebSocketResponse, data: bytes) -> None:
    try:
        await socket.send_str(data.decode())
    except (aiohttp.ClientError, ConnectionError) as error:
        raise Unreachable("the stream broke off") from error
