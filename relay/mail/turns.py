"""A turn comes, or is ended: a stage's envelopes are queued or closed, a call's line is queued or not (L1, L2, L12).

Everything of a turn happens in the transaction of whoever asks: the sweep, a step, an order. So a crash leaves it
waiting, or done and told.
"""

from dataclasses import dataclass
from typing import Literal

from directory.view import View
from relay.mail.context import MailContext
from relay.mail.reports import Reports
from relay.mail.store import Delivery, Stored, Transaction
from relay.rules.release import Turn, reach


@dataclass(frozen=True, eq=False)
class Turns:
    """How turns are taken and ended, within a transaction."""

    context: MailContext
    reports: Reports

    def take(
        self,
        tx: Transaction,
        stored: Stored,
        turn: Turn,
        event: Literal["released", "hastened"],
        view: View,
        now: int,
    ) -> None:
        """Let a waiting turn come: whom it reaches gets the envelope or the call, both sides the notice."""
        until = now + self.context.settings.line_seconds
        deliveries = _waiting(tx, turn)
        devices = [each.device for each in deliveries]
        for each in deliveries:
            tx.release(each, now)
        accepted = [each for each in tx.steps(turn.envelope) if each.act == "accepted"]
        for step in accepted:  # `stop` is "never": whoever comes later sees who was first (L3)
            for device in devices:
                tx.queue(device, "step", turn.envelope, step.line, until)
        if turn.line:
            devices = [each for each in turn.devices if reach(view, each, now) != "gone"]
            for device in devices:  # after the expiry it would ring for nothing
                tx.queue(device, "call", turn.envelope, turn.line, min(until, turn.expires))
        tx.set_turn(turn, "done")
        self.reports.turn(tx, stored, event, turn.number, devices, view, now)

    def waiting(self, tx: Transaction, turn: Turn) -> list[str]:
        """The devices that get the envelope when a stage comes; none for a call."""
        return [each.device for each in _waiting(tx, turn)]

    def stop(self, tx: Transaction, stored: Stored, turn: Turn, view: View, now: int) -> None:
        """End a waiting turn."""
        deliveries = _waiting(tx, turn)
        for each in deliveries:
            tx.close(each, "stopped")
        tx.set_turn(turn, "stopped")
        devices = turn.devices or [each.device for each in deliveries]
        self.reports.turn(tx, stored, "stopped", turn.number, devices, view, now)


def _waiting(tx: Transaction, turn: Turn) -> list[Delivery]:
    found = tx.deliveries(turn.envelope)
    return [each for each in found if each.stage == turn.number and not each.own and each.state == "waiting"]
