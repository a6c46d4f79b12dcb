"""Who is listening: the open streams by device, and how they are woken and ended.

Nobody is awaited in here: waking sets a flag, ending gives a reason, and each stream's own tasks do the rest. So no
slow reader stands between a change of the directory and the device that it shuts out.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from directory.view import View
from relay.mail.stream import Stream
from relay.protocol.problems import Refusal
from relay.rules.release import reach


@dataclass(eq=False)
class Streams:
    """The open streams, `most` at a time; more are refused (fails closed: their mail waits)."""

    most: int
    _open: dict[str, Stream] = field(default_factory=dict)
    _ending: set[Stream] = field(default_factory=set)
    _stopping: bool = False

    def __len__(self) -> int:
        return len(self._open)

    def check_room(self, device: str) -> None:
        """Return if another device may listen; raise Refusal if not."""
        if self._stopping or (device not in self._open and len(self._open) >= self.most):
            raise Refusal("unavailable", "too many devices listen, or the relay is stopping", retry_after=5)

    def enter(self, stream: Stream, view: View, now: int) -> None:
        """Count `stream` in; it ends an earlier one of its device, and itself if device or key are out by now."""
        device = stream.reader.device
        if device in self._open:
            self._open[device].close("replaced", "this device opened another stream")
        self._open[device] = stream
        self._ending.add(stream)
        if self._stopping:
            stream.close("stopping")
        _close_if_out(stream, view, now)

    def leave(self, stream: Stream) -> None:
        """Forget a stream that has ended."""
        self._ending.discard(stream)
        if self._open.get(stream.reader.device) is stream:
            del self._open[stream.reader.device]

    def wake(self, devices: Iterable[str]) -> None:
        """Have the streams of `devices` look at their queues."""
        for device in devices:
            if device in self._open:
                self._open[device].wake()

    def directory_changed(self, view: View, now: int) -> None:
        """End the streams of devices that are out or have other reception keys; the rest tell of the change."""
        for stream in self._open.values():
            _close_if_out(stream, view, now)
            stream.wake()

    async def stop(self) -> None:
        """End all streams, and wait until they have said so."""
        self._stopping = True
        for stream in self._ending:
            stream.close("stopping", "the relay is stopping; connect again")
        await asyncio.gather(*(stream.ended.wait() for stream in self._ending))


def _close_if_out(stream: Stream, view: View, now: int) -> None:
    reader = stream.reader
    match reach(view, reader.device, now):
        case "gone":
            stream.close("revoked", "this device was revoked")
        case "held":
            stream.close("suspended", "the member is suspended; mail is held")
        case "live" if view.devices[reader.device].reception != reader.reception:
            stream.close("replaced", "this device changed its reception keys; connect with the new ones")
