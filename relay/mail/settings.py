"""How much mail the relay keeps, for how long, and how patient it is. Every bound here refuses; none drops mail."""

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
    """Items that may wait for one device."""
    queue_bytes: Positive = 512 * _MIB
    """Bytes that may wait for one device."""
    share_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25
    """The share of both, in percent, that the envelopes of one sending member may take of one device's queue."""
    member_bytes: Positive = 4_096 * _MIB
    """Bytes of envelopes that are kept for one sending member, each counted once."""
    burst: Positive = 600
    """Envelopes a sender may submit at once, after a rest."""
    a_minute: Positive = 120
    """Envelopes a minute that a sender may submit for long."""
    pending_jobs: Positive = 2_048
    """Submissions and steps that may wait for a commit; more are told to try again."""
    pending_bytes: Positive = 64 * _MIB
    """Bytes of envelopes that may be read or wait for a commit; more are told to try again."""
    batch_jobs: Positive = 256
    """Jobs that share one commit, at most."""
    body_seconds: Positive = 60
    """How long a sender may take to send an envelope, or to send nothing in the middle of an upload."""
    streams: Positive = 5_000
    """Devices that may listen at once."""
    heartbeat: Positive = HEARTBEAT
    """Seconds between pings on a stream; an unanswered one ends it."""
    slow_seconds: Positive = 60
    """How long a listening device may take to read or acknowledge, beside what its line needs."""
    slow_rate: Positive = 4_096
    """Bytes a second below which a line counts as broken."""
    record_seconds: Positive = 30 * _DAY
    """How long the record of an envelope (header, receipt, steps; no ciphertext) outlives its expiry."""
    line_seconds: Positive = 60 * _DAY
    """How long signed lines and notices wait for a device."""
    attachment_bytes: Positive = 256 * _MIB
    """The largest attachment."""
    upload_bytes: Positive = 2_048 * _MIB
    """What one device's attachments may take."""
    member_upload_bytes: Positive = 8_192 * _MIB
    """What the attachments of one member's devices may take together."""
    uploads: Positive = 500
    """How many attachments of one device are kept."""
    uploads_at_once: Positive = 64
    """Uploads that may be written at the same time; more are told to try again."""
    upload_seconds: Positive = _DAY
    """How long an attachment that is unfinished, or that no envelope names, is kept."""

    @property
    def room(self) -> Room:
        """The most that may wait, for one device and of one member."""
        share = Load(self.queue_items * self.share_percent // 100, self.queue_bytes * self.share_percent // 100)
        return Room(Load(self.queue_items, self.queue_bytes), share, self.member_bytes)
