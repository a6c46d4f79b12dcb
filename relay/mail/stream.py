"""One device's stream, as `relay.protocol.stream` has it: what waits goes out, what was acknowledged is deleted.

 T1 Two tasks, one that sends and one that reads; the first to end, or a reason to close, ends both. Neither ever waits
    for another device's stream.
 T2 At most WINDOW items are out at a time, and few bytes are in memory: items are read as there is room for them.
 T3 An acknowledgement counts for an item handed over on this stream and not acknowledged on it before; for an envelope
    with a *delivered* line by this device's reception keys about that envelope. Anything else ends the stream.
 T4 Acknowledgements are committed by the clerk, many at once, while more is read and sent. If one cannot be committed,
    the stream ends, and the item is handed over again on the next.
 T5 `Idle` is sent when everything that waited is handed over and its acknowledgements are committed; so a drained desk
    knows that the relay has forgotten what it took.
 T6 A device that does not read, or does not acknowledge, in the time its line needs is `slow` and is let go.
 T7 Ending for a reason takes at most FAREWELL seconds; then the connection is cut. The reason is the close frame's
    text too, in case a `Closing` frame would come between an item and its payload.

A crash at any await here leaves the store as it was: items go when their acknowledgement is committed, never before.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from crypto.signing import PublicPair
from directory.canonical import Malformed, encode
from relay.mail.acknowledgement import Acknowledge, Acknowledgement
from relay.mail.clerk import Clerk
from relay.mail.settings import MailSettings
from relay.mail.store import Item, MailStore
from relay.protocol.lines import Delivered, LineError, open_line, reception_name
from relay.protocol.stream import (
    WINDOW,
    Ack,
    Changed,
    Closing,
    ClosingReason,
    Frame,
    Hello,
    Idle,
    ItemKind,
    read_from_desk,
)
from relay.protocol.stream import Item as ItemFrame

FAREWELL = 0.5
LONG_FAREWELL = 5.0  # for a desk that drained its queue over a slow line, or closed by itself
MOST_BYTES_AT_ONCE = 256 << 10
_CODES = {"stopping": WSCloseCode.GOING_AWAY, "slow": WSCloseCode.TRY_AGAIN_LATER}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose stream it is: device, reception keys, the network's name and id."""

    device: str
    reception: PublicPair
    name: str
    network: str


@dataclass(slots=True)
class _Sent:
    kind: ItemKind
    envelope: str
    size: int
    acknowledged: bool = False


@dataclass(eq=False)
class Stream:
    """A stream from the upgrade to its end; `tree_size` is asked when the directory's size is to be told."""

    socket: web.WebSocketResponse
    cut: Callable[[], None]
    reader: Reader
    drain: bool
    store: MailStore
    clerk: Clerk
    acknowledgement: Acknowledgement
    settings: MailSettings
    tree_size: Callable[[], int]
    clock: Callable[[], int]
    _out: dict[int, _Sent] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _acknowledging: set[asyncio.Task[None]] = field(default_factory=set)
    _told_size: int = 0
    _progress: float = 0.0  # loop time at which the device last acknowledged, or began to owe
    _between: bool = False  # an item's frame went out, its payload did not yet
    _closing: Closing | None = None
    _close: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look again: something was queued, or the directory has grown."""
        self._wake.set()

    def close(self, reason: ClosingReason, detail: str = "") -> None:
        """End the stream; the first reason counts."""
        if self._closing is None:
            self._closing = Closing(reason=reason, detail=detail)
            self._close.set()

    async def run(self) -> None:
        """Serve the device until the stream ends."""
        tasks = [
            asyncio.create_task(self._send_all(), name="mail stream out"),
            asyncio.create_task(self._read_all(), name="mail stream in"),
            asyncio.create_task(self._close.wait(), name="mail stream close"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await self._farewell()
            # Acknowledgements that were taken are the clerk's by now, and are committed whether we wait or not.
            await asyncio.gather(*self._acknowledging)
            self.ended.set()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, ConnectionError | TimeoutError):
                raise result

    async def _send_all(self) -> None:
        waiting = await self.store.read(lambda reading: reading.count_items(self.reader.device))
        self._told_size = self.tree_size()
        await self._send(Hello(time=self.clock(), tree_size=self._told_size, waiting=waiting))
        idle, last = False, 0
        while True:
            self._wake.clear()
            if self.tree_size() != self._told_size:  # however often it grew: one frame
                self._told_size = self.tree_size()
                await self._send(Changed(tree_size=self._told_size))
            items = await self._next(last)
            for item in items:
                await self._hand_over(item)
                idle, last = False, item.number
            if items:
                continue
            if not self._out and not idle:
                await self._send(Idle())
                idle = True
                if self.drain:
                    return
            await self._pause()

    async def _next(self, last: int) -> list[Item]:
        room = WINDOW - len(self._out)
        if not room:
            return []
        device = self.reader.device
        return await self.store.read(lambda reading: reading.items(device, last, room, MOST_BYTES_AT_ONCE))

    async def _hand_over(self, item: Item) -> None:
        frame = ItemFrame(
            number=item.number,
            kind=item.kind,
            envelope=item.envelope,
            size=len(item.payload),
            stage=item.stage,
            released=item.released,
            relayed=msgspec.UNSET if item.relayed is None else item.relayed,
        )
        if self._owed() is None:
            self._progress = asyncio.get_running_loop().time()
        # Before it is sent: the acknowledgement may come while the last bytes are still being written.
        self._out[item.number] = _Sent(item.kind, item.envelope, len(item.payload))
        self._between = True
        await self._send(frame)
        await self._in_time(self.socket.send_bytes(item.payload), len(item.payload))
        self._between = False

    async def _send(self, frame: Frame) -> None:
        await self._in_time(self.socket.send_str(encode(frame).decode()), 0)

    async def _in_time(self, sending: Awaitable[None], size: int) -> None:
        try:
            async with asyncio.timeout(self.settings.patience(size)):
                await sending
        except TimeoutError:
            self.close("slow", "nothing was read in time")
            raise

    async def _pause(self) -> None:
        """Until there is something to do; a device that owes an acknowledgement has only so long (T6)."""
        owed = self._owed()
        try:
            async with asyncio.timeout_at(None if owed is None else self._progress + self.settings.patience(owed)):
                await self._wake.wait()
        except TimeoutError:
            self.close("slow", "an item was not acknowledged in time")
            raise

    def _owed(self) -> int | None:
        """The bytes handed over and not acknowledged; None if there is nothing, which is less than empty items."""
        sizes = [each.size for each in self._out.values() if not each.acknowledged]
        return sum(sizes) if sizes else None

    async def _read_all(self) -> None:
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                self.close("protocol", "a desk sends text frames")
                return
            try:
                self._take(read_from_desk(message.data.encode()))
            except (Malformed, LineError, UnicodeEncodeError) as error:
                self.close("protocol", str(error)[:300])
                return

    def _take(self, ack: Ack) -> None:
        """Have the clerk delete what `ack` says is stored; raises Malformed or LineError for what T3 refuses."""
        sent = self._out.get(ack.number)
        if sent is None or sent.acknowledged:
            raise Malformed(f"item {ack.number} was not handed over, or was acknowledged before")
        line = ack.delivered.encode()
        if sent.kind == "envelope":
            reader = self.reader
            name = reception_name(reader.name, reader.device)
            delivered = open_line(line, Delivered, name, reader.reception, reader.network)
            if (delivered.device, delivered.envelope) != (reader.device, sent.envelope):
                raise LineError("the delivered line is about another envelope or device")
        elif line:
            raise Malformed("only an envelope is acknowledged with a delivered line")
        sent.acknowledged, self._progress = True, asyncio.get_running_loop().time()
        job = Acknowledge(self.reader.device, ack.number, sent.kind, sent.envelope, line)
        task = asyncio.create_task(self._acknowledge(job), name="mail acknowledgement")
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _acknowledge(self, job: Acknowledge) -> None:
        try:
            await self.clerk.do(self.acknowledgement, job, always=True)
        except Exception:
            # The clerk has logged it. What was not deleted is handed over again on the next stream (T4).
            self.close("stopping", "an acknowledgement could not be stored; connect again")
            return
        del self._out[job.number]
        self._wake.set()

    async def _farewell(self) -> None:
        """Say why and close; cut the connection if that takes too long (T7)."""
        closing = self._closing
        try:
            async with asyncio.timeout(FAREWELL if closing is not None else LONG_FAREWELL):
                if closing is not None and not self._between and not self.socket.closed:
                    await self.socket.send_str(encode(closing).decode())
                code = WSCloseCode.OK if closing is None else _CODES.get(closing.reason, WSCloseCode.POLICY_VIOLATION)
                await self.socket.close(code=code, message=(closing.reason if closing else "").encode())
        except (TimeoutError, ConnectionError):
            pass
        finally:
            self.cut()
