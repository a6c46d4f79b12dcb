"""How much mail the relay keeps, for how long, and how patient it is. Every bound here refuses; none drops mail.

**Closed** means that at the limit the request is refused; **open**, that the limit gives way.
"""

from typing import Annotated

import msgspec

from relay.protocol.stream import HEARTBEAT
from relay.rules.mailbox import Load, Room

Positive = Annotated[int, msgspec.Meta(ge=1)]
_MIB = 1 << 20
_DAY = 86_400


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sizes in bytes, times in seconds."""

    queue_items: Positive = 5_000
    """Items that may wait for one device. Closed."""
    queue_bytes: Positive = 512 * _MIB
    """Bytes that may wait for one device. Closed."""
    share_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25
    """The share of both, in percent, that the envelopes of one sending member may take of one device's queue.
    Closed."""
    member_bytes: Positive = 4_096 * _MIB
    """Bytes of envelopes that are kept for one sending member, each counted once. Closed."""
    burst: Positive = 600
    """Envelopes a sender may submit at once, after a rest. Closed."""
    a_minute: Positive = 120
    """Envelopes a minute that a sender may submit for long. Closed."""
    pending_jobs: Positive = 2_048
    """Submissions and steps that may wait for a commit; more are told to try again. Closed."""
    pending_bytes: Positive = 64 * _MIB
    """Bytes of envelopes that may be read or wait for a commit, a quarter of them one member's, a sixteenth one
    device's; more are told to try again. As many of signed lines, beside them. Closed."""
    batch_jobs: Positive = 256
    """Jobs that share one commit, at most; the others wait for the next. Open."""
    body_seconds: Positive = 60
    """How long a sender may take to send an envelope, or to send nothing in the middle of an upload.
    Closed."""
    streams: Positive = 5_000
    """Devices that may listen at once; the mail of others waits. Closed."""
    heartbeat: Positive = HEARTBEAT
    """Seconds between pings on a stream; an unanswered one ends it. Closed."""
    slow_seconds: Positive = 60
    """How long a listening device may take to read or acknowledge, and anybody to read an answer, beside what the line
    needs; then the stream ends, and what was not acknowledged waits for the next; the connection ends. Closed."""
    slow_rate: Positive = 4_096
    """Bytes a second below which a line counts as broken. Closed."""
    record_seconds: Positive = 30 * _DAY
    """How long the record of an envelope (header, receipt, steps; no ciphertext) outlives its expiry. Closed."""
    line_seconds: Positive = 60 * _DAY
    """How long signed lines and notices wait for a device. Closed."""
    attachment_bytes: Positive = 256 * _MIB
    """The largest attachment. Closed."""
    upload_bytes: Positive = 2_048 * _MIB
    """What one device's attachments may take. Closed."""
    member_upload_bytes: Positive = 8_192 * _MIB
    """What the attachments of one member's devices may take together. Closed."""
    uploads: Positive = 500
    """How many attachments of one device are kept. Closed."""
    uploads_at_once: Positive = 64
    """Uploads that may be written at the same time, a quarter of them one member's, a sixteenth one device's; more
    are told to try again. Closed."""
    upload_seconds: Positive = _DAY
    """How long an attachment that is unfinished, or that no envelope names, is kept. Closed: then it is to be sent
    anew."""

    def patience(self, size: int) -> float:
        """Seconds that somebody may take to read `size` bytes, or to acknowledge them."""
        return self.slow_seconds + size / self.slow_rate

    @property
    def room(self) -> Room:
        """The most that may wait, for one device and of one member."""
        share = Load(self.queue_items * self.share_percent // 100, self.queue_bytes * self.share_percent // 100)
        return Room(Load(self.queue_items, self.queue_bytes), share, self.member_bytes)
