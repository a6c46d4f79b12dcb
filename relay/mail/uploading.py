"""The records of attachments: how far each upload got, and until when it is kept (the clerk's works).

U1 A coordinator uploads, under the SHA-256 of the ciphertext; what another device uploads is another upload, also of
   the same bytes, so nobody can stand in the way of somebody else's.
U2 A device has so many uploads, of so many announced bytes, and the devices of one member have so many bytes together;
   more are refused, and all are while the disk is nearly full (fails closed).
U3 An upload that is unfinished, or that no envelope names, is kept for `upload_seconds` since it last grew. One that is
   named by an envelope of its own member is kept until the last such envelope expires, whether it was fetched or not.
   What other members name keeps nothing: nobody can use up somebody else's room.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from relay.mail.context import MailContext
from relay.mail.store import Transaction, Upload
from relay.protocol.problems import Refusal
from relay.rules.mailbox import check_coordinator, devices_of, member_of

REMOVE_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Begin:
    """`device` announces an attachment of `length` bytes."""

    device: str
    attachment: str
    length: int


@dataclass(frozen=True, eq=False)
class Beginning:
    """The clerk's work of announced uploads."""

    context: MailContext

    def run(self, tx: Transaction, jobs: Sequence[Begin]) -> list[Upload | Refusal]:
        """The upload as it stands: fresh, or from an earlier announcement."""
        answers: list[Upload | Refusal] = []
        for job in jobs:
            try:
                answers.append(self._begin(tx, job))
            except Refusal as refusal:
                answers.append(refusal)
        return answers

    def _begin(self, tx: Transaction, job: Begin) -> Upload:
        now, settings, view = self.context.clock(), self.context.settings, self.context.views.view
        check_coordinator(view, job.device, now)
        if not 1 <= job.length <= settings.attachment_bytes:
            raise Refusal("too-large", f"an attachment has between 1 and {settings.attachment_bytes} bytes")
        until = now + settings.upload_seconds
        old = tx.upload(job.attachment, job.device)
        if old is not None and old.length == job.length:
            upload = replace(old, until=max(old.until, until))
        else:
            if old is not None and old.complete:
                raise Refusal("malformed", f"this attachment has {old.length} bytes")
            self.context.disk.check()
            more, load = job.length - (old.length if old else 0), tx.upload_load([job.device])
            if load.size + more > settings.upload_bytes or (old is None and load.items >= settings.uploads):
                raise Refusal("quota-full", "your attachments take all the room you have; wait until some expire")
            colleagues = devices_of(view, member_of(view, job.device))
            if tx.upload_load(colleagues).size + more > settings.member_upload_bytes:
                raise Refusal("quota-full", "your member's attachments take all its room; wait until some expire")
            upload = Upload(job.attachment, job.device, job.length, 0, False, until)
        tx.put_upload(upload)
        return upload


@dataclass(frozen=True, slots=True)
class Grow:
    """So many bytes of an upload are safely on the disk; `complete` once the file is whole and checked."""

    device: str
    attachment: str
    offset: int
    complete: bool = False


@dataclass(frozen=True, eq=False)
class Growing:
    """The clerk's work of recording progress."""

    context: MailContext

    def run(self, tx: Transaction, jobs: Sequence[Grow]) -> list[Upload | Refusal]:
        """The upload as it stands now."""
        until = self.context.clock() + self.context.settings.upload_seconds
        answers: list[Upload | Refusal] = []
        for job in jobs:
            old = tx.upload(job.attachment, job.device)
            if old is None:
                answers.append(Refusal("not-found", "this upload was removed; announce it again"))
                continue
            upload = replace(old, offset=job.offset, complete=job.complete, until=max(old.until, until))
            tx.put_upload(upload)
            answers.append(upload)
        return answers


@dataclass(frozen=True, slots=True)
class Remove:
    """Uploads to remove: one that turned out wrong, or (None) all whose time is over."""

    upload: Upload | None


@dataclass(frozen=True, eq=False)
class Removing:
    """The clerk's work of removing uploads."""

    context: MailContext

    def run(self, tx: Transaction, jobs: Sequence[Remove]) -> list[list[Upload]]:
        """The records that were removed, for each job; their files are to follow."""
        now = self.context.clock()
        answers = []
        for job in jobs:
            gone = tx.stale_uploads(now, REMOVE_AT_ONCE) if job.upload is None else [job.upload]
            for each in gone:
                tx.remove_upload(each.hash, each.device)
            answers.append(gone)
        return answers
