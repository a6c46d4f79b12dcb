"""Taking envelopes in: the rules of `relay.rules.mailbox`, one Merkle root for a commit, and the first deliveries.

The receipts are signed inside the transaction and handed out after its COMMIT. So there is no envelope without its
receipt, and a receipt of a transaction that failed is known to nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from directory.view import View
from relay.mail.context import MailContext
from relay.mail.store import Delivery, Stored, Transaction
from relay.protocol.envelope import Envelope
from relay.protocol.problems import Refusal
from relay.protocol.receipts import Leaf, Relayed, sign_receipts
from relay.rules.mailbox import Load, check_attachments, check_room, check_same, check_submission, queued_devices
from relay.rules.release import plan


@dataclass(frozen=True, slots=True)
class Submit:
    """An envelope handed in by the session of `device`; `keys` as `check_submission` takes them."""

    device: str
    envelope: Envelope
    hash: str
    keys: Mapping[str, frozenset[str]]

    @property
    def name(self) -> tuple[str, str]:
        """What makes a submission the same as an earlier one: sender and envelope id."""
        return self.envelope.header.sender, self.envelope.header.id


@dataclass(slots=True)
class _Commit:
    """What a commit takes in, as it gathers: the envelopes by name, and the loads as they will be."""

    taken: dict[tuple[str, str], Submit] = field(default_factory=dict)
    loads: dict[str, Load] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Submission:
    """The clerk's work of submission."""

    context: MailContext

    def run(self, tx: Transaction, jobs: Sequence[Submit]) -> list[Relayed | Refusal]:
        """The receipt of each envelope, or why it is refused."""
        # One view for all: it may be replaced by a newer one while this thread works. What changes in between is
        # caught by the sweep that follows every change of the directory.
        view, now, commit = self.context.views.view, self.context.clock(), _Commit()
        answers = [self._judge(tx, job, commit, view, now) for job in jobs]
        receipts = self._take_in(tx, list(commit.taken.values()), view, now)
        return [receipts[job.name] if answer is None else answer for job, answer in zip(jobs, answers, strict=True)]

    def _judge(self, tx: Transaction, job: Submit, commit: _Commit, view: View, now: int) -> Relayed | Refusal | None:
        """An answer known already (the same again, or a refusal); None if the envelope is, or will be, taken in."""
        header = job.envelope.header
        if header.sender != job.device:
            return Refusal("not-allowed", "the envelope names another device as its sender", rule="M1")

        def load(device: str) -> Load:
            return commit.loads[device] if device in commit.loads else tx.load(device)

        try:
            if job.name in commit.taken:
                check_same(commit.taken[job.name].hash, job.hash)
                return None
            known = tx.submitted(*job.name)
            if known is not None:
                check_same(known.hash, job.hash)
                return known.relayed
            size = len(job.envelope.raw)
            check_submission(header, job.device, view, now, job.keys)
            check_attachments(header, job.device, view, tx.uploaders)
            check_room(header, size, load, self.context.settings.queue)
        except Refusal as refusal:
            return refusal
        commit.taken[job.name] = job
        for device in queued_devices(header):
            before = load(device)
            commit.loads[device] = Load(before.items + 1, before.size + size)
        return None

    def _take_in(self, tx: Transaction, jobs: list[Submit], view: View, now: int) -> dict[tuple[str, str], Relayed]:
        if not jobs:
            return {}
        settings, network = self.context.settings, view.founded
        leaves = [Leaf(envelope=job.hash, tree_size=view.size, time=now) for job in jobs]
        receipts = sign_receipts(leaves, network.id, network.name, self.context.receipts, now)
        for job, relayed in zip(jobs, receipts, strict=True):
            header, size = job.envelope.header, len(job.envelope.raw)
            deliveries = [
                Delivery(job.hash, each.device, each.stage, each.own, size, each.due) for each in plan(header, now)
            ]
            stored = Stored(job.hash, header, relayed, header.expires + settings.record_seconds)
            tx.add(stored, job.envelope.raw, deliveries)
            for delivery in deliveries:
                if delivery.due <= now:
                    tx.release(delivery, now)
            for attachment in header.attachments:
                tx.keep_uploads(attachment, header.expires)
        return {job.name: relayed for job, relayed in zip(jobs, receipts, strict=True)}
