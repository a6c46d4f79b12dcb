"""What senders are told: *delivered* lines and steps passed on, and notices that the relay signs.

A report is queued in the transaction that makes it true, so no crash comes between what happened and its telling.
Whether anybody is left to tell is for `relay.rules.release.told` to say; lines wait for `line_seconds`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from directory.view import View
from relay.mail.context import MailContext
from relay.mail.store import Stored, Transaction
from relay.protocol.lines import Event, Notice, receipt_name, write_line
from relay.protocol.stream import ItemKind
from relay.rules.release import reach, told


@dataclass(frozen=True, eq=False)
class Reports:
    """How pieces of the mail tell senders, within their transaction."""

    context: MailContext

    def pass_on(
        self,
        tx: Transaction,
        stored: Stored,
        kind: ItemKind,
        line: bytes,
        view: View,
        now: int,
        others: Iterable[str] = (),
    ) -> None:
        """Queue a signed line for whoever is told about an envelope, and for `others` who are not out for good."""
        reached = (each for each in others if reach(view, each, now) != "gone")
        for device in dict.fromkeys((*told(stored.header, view, now), *reached)):
            tx.queue(device, kind, stored.hash, line, now + self.context.settings.line_seconds)

    def notice(
        self,
        tx: Transaction,
        stored: Stored,
        event: Event,
        devices: Iterable[str],
        view: View,
        now: int,
        stage: int = 0,
    ) -> None:
        """Sign and queue what became of an envelope for `devices`, if anybody is left to tell (ML-DSA: half a ms)."""
        if not told(stored.header, view, now):
            return
        network = view.founded
        notice = Notice(
            network=network.id, envelope=stored.hash, at=now, event=event, devices=tuple(sorted(devices)), stage=stage
        )
        line = write_line(notice, receipt_name(network.name), self.context.own.notice_of(view))
        self.pass_on(tx, stored, "notice", line, view, now)
