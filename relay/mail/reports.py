"""What the two sides are told: *delivered* lines, steps and orders passed on, and notices that the relay signs.

A report is queued in the transaction that makes it true, so no crash comes between what happened and its telling.
Whether anybody is left to tell is for `relay.rules.release` to say (`told`, `informed`); lines wait for `line_seconds`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from directory.view import View
from relay.mail.context import MailContext
from relay.mail.store import Stored, Transaction
from relay.protocol.lines import Event, Notice, receipt_name, write_line
from relay.protocol.stream import ItemKind
from relay.rules.release import informed, reach, told

TurnEvent = Literal["released", "hastened", "stopped"]


@dataclass(frozen=True, eq=False)
class Reports:
    """How pieces of the mail tell both sides, within their transaction."""

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
    ) -> None:
        """Sign and queue what became of an envelope for `devices`, if anybody is left to tell (ML-DSA: half a ms)."""
        if told(stored.header, view, now):
            self.pass_on(tx, stored, "notice", self._signed(stored, event, devices, view, now, 0), view, now)

    def turn(
        self,
        tx: Transaction,
        stored: Stored,
        event: TurnEvent,
        number: int,
        devices: Iterable[str],
        view: View,
        now: int,
    ) -> None:
        """Sign what became of a turn for `devices`, and queue it for everybody who has the envelope by now (L9)."""
        if self.everybody(tx, stored, view, now):
            self.tell_everybody(
                tx, stored, "notice", self._signed(stored, event, devices, view, now, number), view, now
            )

    def tell_everybody(
        self, tx: Transaction, stored: Stored, kind: ItemKind, line: bytes, view: View, now: int, but: str = ""
    ) -> None:
        """Queue a signed line about the clock for everybody who has the envelope (L9), `but` for whoever signed it."""
        for device in self.everybody(tx, stored, view, now):
            if device != but:
                tx.queue(device, kind, stored.hash, line, now + self.context.settings.line_seconds)

    def everybody(self, tx: Transaction, stored: Stored, view: View, now: int) -> tuple[str, ...]:
        """The devices that have an envelope, as L9 has it."""
        released = (each.device for each in tx.deliveries(stored.hash) if each.released and not each.own)
        return informed(stored.header, view, now, released)

    def _signed(self, stored: Stored, event: Event, devices: Iterable[str], view: View, now: int, stage: int) -> bytes:
        network = view.founded
        notice = Notice(
            network=network.id, envelope=stored.hash, at=now, event=event, devices=tuple(sorted(devices)), stage=stage
        )
        return write_line(notice, receipt_name(network.name), self.context.own.notice_of(view))
