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
from relay.rules.mailbox import (
    CALLS_COUNT,
    Load,
    check_attachments,
    check_call_lines,
    check_calls,
    check_lines,
    check_member,
    check_own_queue,
    check_room,
    check_same,
    check_submission,
    member_of,
    queued_devices,
)
from relay.rules.release import plan, turns


@dataclass(frozen=True, slots=True)
class Submit:
    """An envelope and the lines of its calls, handed in by the session of `device`; `keys` as `check_submission` takes
    them."""

    device: str
    envelope: Envelope
    hash: str
    calls: tuple[bytes, ...]
    keys: Mapping[str, frozenset[str]]

    @property
    def name(self) -> tuple[str, str]:
        """What makes a submission the same as an earlier one: sender and envelope id."""
        return self.envelope.header.sender, self.envelope.header.id


@dataclass(slots=True)
class _Taken:
    """An envelope that the commit takes in: for its member, with the devices whose uploads it keeps."""

    job: Submit
    member: str
    uploaders: Mapping[str, frozenset[str]]


@dataclass(slots=True)
class _Commit:
    """What a commit takes in, as it gathers: the envelopes by name, and the room as it will be."""

    tx: Transaction
    taken: dict[tuple[str, str], _Taken] = field(default_factory=dict)
    _shares: dict[str, dict[str, Load]] = field(default_factory=dict)
    _kept: dict[str, int] = field(default_factory=dict)
    _calls: dict[tuple[str, str], int] = field(default_factory=dict)

    def shares(self, device: str) -> dict[str, Load]:
        """The envelopes for a device by sending member."""
        if device not in self._shares:
            self._shares[device] = dict(self.tx.shares(device))
        return self._shares[device]

    def kept(self, member: str) -> int:
        """Bytes kept for a member."""
        if member not in self._kept:
            self._kept[member] = self.tx.kept(member).size
        return self._kept[member]

    def calls(self, device: str, member: str, now: int) -> int:
        """The calls of a member to a device that count."""
        if (device, member) not in self._calls:
            self._calls[device, member] = self.tx.calls(device, member, now)
        return self._calls[device, member]

    def take(self, taken: _Taken, now: int) -> None:
        """Have an envelope taken in."""
        header, size = taken.job.envelope.header, len(taken.job.envelope.raw)
        self.taken[taken.job.name] = taken
        self._kept[taken.member] = self.kept(taken.member) + size
        for device in queued_devices(header):
            before = self.shares(device).get(taken.member, Load())
            self.shares(device)[taken.member] = Load(before.items + 1, before.size + size)
        for device in header.called:
            self._calls[device, taken.member] = self.calls(device, taken.member, now) + 1


@dataclass(frozen=True, eq=False)
class Submission:
    """The clerk's work of submission."""

    context: MailContext

    def run(self, tx: Transaction, jobs: Sequence[Submit]) -> list[Relayed | Refusal]:
        """The receipt of each envelope, or why it is refused."""
        # One view for all: it may be replaced by a newer one while this thread works. What changes in between is
        # caught by the sweep that follows every change of the directory.
        view, now, commit = self.context.views.view, self.context.clock(), _Commit(tx)
        low = self.context.disk.low
        answers = [self._judge(tx, job, commit, view, now, low) for job in jobs]
        receipts = self._take_in(tx, list(commit.taken.values()), view, now)
        return [receipts[job.name] if answer is None else answer for job, answer in zip(jobs, answers, strict=True)]

    def _judge(
        self, tx: Transaction, job: Submit, commit: _Commit, view: View, now: int, low: bool
    ) -> Relayed | Refusal | None:
        """An answer known already (the same again, or a refusal); None if the envelope is, or will be, taken in."""
        header = job.envelope.header
        if header.sender != job.device:
            return Refusal("not-allowed", "the envelope names another device as its sender", rule="M1")
        try:
            if job.name in commit.taken:
                check_same(commit.taken[job.name].job.hash, job.hash)
                return None
            known = tx.submitted(*job.name)
            if known is not None:
                check_same(known.hash, job.hash)
                return known.relayed
            if low:
                raise Refusal("storage-low")
            self.context.own.receipt_of(view)  # refuses, where there are no keys to sign for it
            check_submission(header, job.device, view, now, job.keys)
            uploaders = check_attachments(header, job.device, view, tx.uploaders)
            taken = _Taken(job, member_of(view, job.device), uploaders)
            self._check_room(tx, taken, commit, view, now)
            check_call_lines(header, job.hash, job.calls, view, now)
        except Refusal as refusal:
            return refusal
        commit.take(taken, now)
        return None

    def _check_room(self, tx: Transaction, taken: _Taken, commit: _Commit, view: View, now: int) -> None:
        header, size, room = taken.job.envelope.header, len(taken.job.envelope.raw), self.context.settings.room
        check_own_queue(header.sender, tx.load(header.sender), room.queue)
        check_member(size, commit.kept(taken.member), room)
        check_room(header, size, taken.member, commit.shares, room)
        check_lines(
            header,
            tx.load,
            lambda device: sum(
                count for sender, count in tx.lines(device).items() if member_of(view, sender) == taken.member
            ),
            room,
        )
        check_calls(header, lambda device: commit.calls(device, taken.member, now))

    def _take_in(self, tx: Transaction, taken: list[_Taken], view: View, now: int) -> dict[tuple[str, str], Relayed]:
        if not taken:
            return {}
        settings, network = self.context.settings, view.founded
        leaves = [Leaf(envelope=each.job.hash, tree_size=view.size, time=now) for each in taken]
        receipts = sign_receipts(leaves, network.id, network.name, self.context.own.receipt_of(view), now)
        for each, relayed in zip(taken, receipts, strict=True):
            job, header, size = each.job, each.job.envelope.header, len(each.job.envelope.raw)
            deliveries = [
                Delivery(job.hash, to.device, each.member, to.stage, to.own, size, to.due) for to in plan(header, now)
            ]
            forget = max(header.expires + settings.record_seconds, now + CALLS_COUNT if header.calls else 0)
            stored = Stored(job.hash, header, relayed, forget)
            tx.add(stored, job.envelope.raw, deliveries, turns(header, job.hash, now, job.calls))
            for delivery in deliveries:
                if delivery.due <= now:
                    tx.release(delivery, now)
            for attachment, devices in each.uploaders.items():
                tx.keep_uploads(attachment, devices, header.expires)
        return {each.job.name: relayed for each, relayed in zip(taken, receipts, strict=True)}
