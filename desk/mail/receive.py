"""Holding the stream: store what comes, acknowledge it, ring. All of it with the reception keys alone.

For every item, in this order: check its shape and hash, store it durably, sign *delivered*, acknowledge. A crash
before the acknowledgement makes the relay send the item again under the same number; a crash after it loses nothing,
because the item was durable before.

Whatever comes from what is no relay that keeps to the protocol (`desk.link.frames`) ends it: of that item nothing is
stored or acknowledged.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from crypto.signing import SecretPair
from desk import host
from desk.alarms.evidence import PAYLOAD, not_kept
from desk.errors import Distrust
from desk.link.client import Clock, RelayClient
from desk.mail.heard import LOOK_SECONDS, Hearing
from desk.mail.spool import Spool
from desk.profile.folder import Identity, Profile
from directory.canonical import Malformed, encode
from relay.protocol import routes
from relay.protocol.envelope import Envelope, parse_envelope
from relay.protocol.lines import Delivered, reception_name, write_line
from relay.protocol.stream import Ack, Changed, Closing, Hello, Idle, Item

if TYPE_CHECKING:
    from desk.link.frames import Frames


@dataclass(frozen=True, slots=True)
class Arrived:
    """Something new in the spool: the item, and the envelope if it is one, else the line's bytes."""

    item: Item
    envelope: Envelope | None
    line: bytes = b""


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
    host.sweep(profile.path / "spool")  # whoever calls this holds the stream lock
    spool = Spool(profile.path / "spool")
    async with RelayClient(identity.relay, identity.authority, keys.ed25519, clock) as client:
        # Here, and not at the top, as `desk.link.transport` is.
        from desk.link.frames import Frames

        frames = Frames(await client.stream(routes.STREAM + ("?drain=1" if drain else "")))
        hearing = Hearing(profile.path, clock)
        looking = asyncio.create_task(_look(hearing), name="stream stands")
        try:
            while (frame := await frames.next()) is not None:
                match frame:
                    case Closing():
                        return frame
                    case Hello():
                        hearing.greeted(frame.time)
                        await listener.connected(frame)
                    case Changed():
                        await listener.changed(frame.tree_size)
                    case Item():
                        await _item(profile, keys, spool, frames, frame, clock, listener, hearing.coming())
                    case Idle():
                        hearing.idle()
                        if drain:
                            return None
            return None
        finally:
            looking.cancel()
            hearing.ended()
            await frames.close()


async def _look(hearing: Hearing) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        hearing.look()


async def _item(
    profile: Profile,
    keys: SecretPair,
    spool: Spool,
    frames: "Frames",
    item: Item,
    clock: Clock,
    listener: Listener,
    heard: int,
) -> None:
    payload = await frames.payload(item)
    try:
        envelope = _checked(item, payload, profile.identity)
    except Distrust as error:
        files = {"item.json": encode(item), PAYLOAD: payload}
        words = "; ".join(filter(None, (str(error), not_kept(files))))
        raise Distrust(words, profile.evidence("stream", files, clock())) from error
    spool.put(item, payload, clock(), heard)
    delivered = ""
    if item.kind == "envelope":
        identity = profile.identity
        line = Delivered(network=identity.network, envelope=item.envelope, at=clock(), device=identity.device)
        delivered = write_line(line, reception_name(identity.name, identity.device), keys).decode()
    # The item is durable: if the acknowledgement is lost here, the relay sends it again and `spool` has it already.
    await frames.send(encode(Ack(number=item.number, delivered=delivered)))
    await listener.arrived(Arrived(item, envelope, payload if envelope is None else b""))


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
