"""The relay's mail, put together: what handlers call, what the app starts and stops.

Stopping: listening devices are let go, the sweep at hand and every job that was taken are finished, nothing new is
taken. A process that is killed instead loses nothing that was answered; the next start sweeps first, and goes on.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from directory.view import View
from relay.disk import Disk
from relay.hang_up import hang_up
from relay.mail.acknowledgement import Acknowledgement
from relay.mail.attachment_files import AttachmentFiles
from relay.mail.attachments import Attachments
from relay.mail.clerk import Clerk, ClerkFigures
from relay.mail.context import KeyIds, MailContext
from relay.mail.ordering import Ordering, read_order
from relay.mail.pace import Pace
from relay.mail.reports import Reports
from relay.mail.settings import MailSettings
from relay.mail.stepping import Stepping, read_step
from relay.mail.store import MailStore
from relay.mail.stream import Reader, Stream
from relay.mail.streams import Streams
from relay.mail.submission import Submission, Submit
from relay.mail.sweep import Sweep
from relay.mail.timekeeper import Timekeeper
from relay.mail.turns import Turns
from relay.own_keys import OwnKeys
from relay.protocol.problems import Refusal
from relay.protocol.receipts import Relayed
from relay.protocol.stream import MOST_FRAME_BYTES
from relay.protocol.submission import parse_submission
from relay.rules.mailbox import member_of
from relay.rules.portions import Portions
from relay.rules.standing import check_device
from relay.views import Clock, Views
from relay.waiting import Wait, wait_for


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Numbers for those who watch the relay."""

    clerk: ClerkFigures
    streams: int
    pending_bytes: int


class Mail:
    """Envelopes, steps, streams and attachments; use it as `async with`, or `start` and `stop` it."""

    def __init__(
        self,
        *,
        store: MailStore,
        folder: Path,
        views: Views,
        clock: Clock,
        keys: KeyIds,
        own: OwnKeys,
        settings: MailSettings,
        disk: Disk,
        wait: Wait = wait_for,
    ) -> None:
        """`folder` is for attachments; `own` has the receipt keys; `disk` is what envelopes and attachments fill."""
        self.settings = settings
        self._context = context = MailContext(views, clock, own, settings, disk)
        self._store, self._keys = store, keys
        self._streams = Streams(settings.streams)
        self.clerk = Clerk(store, settings, self._streams.wake)
        self._pace = Pace(settings)
        too_much = "too much mail comes in at once; try again"
        self._pending = Portions(settings.pending_bytes, too_much)
        self._lines = Portions(settings.pending_bytes, too_much)
        reports = Reports(context)
        self._submission = Submission(context)
        turns = Turns(context, reports)
        self.stepping = Stepping(context, reports, turns)
        self.ordering = Ordering(context, reports, turns)
        self.acknowledgement = Acknowledgement(context, reports)
        self.attachments = Attachments(context, store, self.clerk, AttachmentFiles(folder))
        sweep = Sweep(context, reports, turns)
        self._timekeeper = Timekeeper(self.clerk, store, sweep, views, clock, self.attachments.sweep, wait)
        views.on_change(self._directory_changed)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Take mail from now on; what became due while nobody was there is swept in the background."""
        self.clerk.start()
        await self.attachments.start()
        self._timekeeper.start()

    async def stop(self) -> None:
        """Let listening devices go, finish what was taken, take nothing more."""
        await self._streams.stop()
        await self._timekeeper.stop()
        await self.clerk.stop()

    @property
    def figures(self) -> MailFigures:
        """As of now."""
        return MailFigures(self.clerk.figures, len(self._streams), self._pending.lent + self._lines.lent)

    def room(self, device: str, size: int) -> AbstractContextManager[None]:
        """Memory for an envelope of `size` bytes while it is read and waits; raises Refusal `unavailable` if there
        is none (`relay.rules.portions`)."""
        return self._pending.take(size, device, member_of(self._context.views.view, device))

    def room_for_line(self, device: str, size: int) -> AbstractContextManager[None]:
        """As `room`, for a signed line: room of its own, so that no envelopes keep a step from being taken."""
        return self._lines.take(size, device, member_of(self._context.views.view, device))

    def check_pace(self, device: str) -> None:
        """Return if a sender may submit one more envelope now; raise Refusal `throttled` if not."""
        self._pace.take(device, self._context.clock())

    async def submit(self, device: str, raw: bytes) -> Relayed:
        """The receipt of the submission in `raw`, handed in by the session of `device`; raises Refusal or Malformed."""
        submission = parse_submission(raw)
        envelope = submission.envelope
        keys = await self._keys.key_ids([each.device for each in envelope.header.recipients()])
        job = Submit(device, envelope, envelope.hash, submission.calls, keys)
        # A crash up to here leaves nothing; inside, the envelope with its calls and its receipt, or nothing
        # (relay.mail.clerk, C2).
        relayed = await self.clerk.do(self._submission, job)
        received = relayed.leaf.time
        later = (received + after for after in envelope.header.turns[1:])
        self._timekeeper.sooner(min(later, default=envelope.header.expires))
        return relayed

    async def step(self, device: str, envelope: str, raw: bytes) -> bytes:
        """The step line that stands after the one in `raw`, by the session of `device`; raises Refusal."""
        view, now = self._context.views.view, self._context.clock()
        check_device(view, device, now)
        network = (view.founded.name, view.founded.id)
        job = read_step(raw, device, envelope, view.devices[device].keys, network, now)
        return await self.clerk.do(self.stepping, job)

    async def order(self, device: str, envelope: str, raw: bytes) -> bytes:
        """The order line that stands after the one in `raw`, by the session of `device`; raises Refusal."""
        view, now = self._context.views.view, self._context.clock()
        check_device(view, device, now)
        network = (view.founded.name, view.founded.id)
        job = read_order(raw, device, envelope, view.devices[device].keys, network, now)
        return await self.clerk.do(self.ordering, job)

    async def listen(self, request: web.Request, device: str, key: bytes, drain: bool) -> web.WebSocketResponse:
        """Serve a device's stream, asked for with reception key `key` (Ed25519), until it ends.

        Raises Refusal before the upgrade if there is none to be had, or the key was changed since its proof was read.
        """
        view, now = self._context.views.view, self._context.clock()
        check_device(view, device, now)
        reception = view.devices[device].reception
        if key != reception.ed25519:
            raise Refusal("proof-invalid", "this reception key was changed for another")
        self._streams.check_room(device)
        reader = Reader(device, reception, view.founded.name, view.founded.id)
        socket = web.WebSocketResponse(heartbeat=self.settings.heartbeat, compress=False, max_msg_size=MOST_FRAME_BYTES)
        if not socket.can_prepare(request).ok:
            raise Refusal("malformed", "the stream is a WebSocket")
        await socket.prepare(request)
        stream = Stream(
            socket=socket,
            cut=lambda: hang_up(request),
            reader=reader,
            drain=drain,
            store=self._store,
            clerk=self.clerk,
            acknowledgement=self.acknowledgement,
            settings=self.settings,
            tree_size=lambda: self._context.views.view.size,
            clock=self._context.clock,
        )
        # The directory may have changed during the upgrade: whoever enters is looked at once more.
        self._streams.enter(stream, self._context.views.view, self._context.clock())
        try:
            await stream.run()
        finally:
            self._streams.leave(stream)
        return socket

    def _directory_changed(self, old: View, new: View) -> None:
        """End streams at once; what waits for whoever is out is seen to by the next sweep."""
        self._streams.directory_changed(new, self._context.clock())
        if new.touched is not old.touched:
            self._timekeeper.directory_changed()
