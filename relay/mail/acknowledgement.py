"""Acknowledgements: a device has stored an item, so the relay deletes it, and passes the *delivered* line on.

1. The stream checks the line's signatures and that the item was handed over there; here the item goes and the line is
   queued for the sender, in one transaction. A crash before it hands the item over again; one after it loses nothing.
2. An acknowledgement of what is gone changes nothing. One that crosses the envelope's expiry is passed on all the same:
   the sender was told that it expired, and now learns that it arrived.
3. The sender's own side acknowledges like everybody, but its lines go nowhere: there is no receipt from one's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.mail.context import MailContext
from relay.mail.reports import Reports
from relay.mail.store import Transaction
from relay.protocol.stream import ItemKind

_ACKNOWLEDGED_IN = ("queued", "expired")


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Item `number`, handed to `device` as `kind`, is stored there; `line` is its *delivered* line, for an envelope."""

    device: str
    number: int
    kind: ItemKind
    envelope: str
    line: bytes = b""


@dataclass(frozen=True, eq=False)
class Acknowledgement:
    """The clerk's work of acknowledgement."""

    context: MailContext
    reports: Reports

    def run(self, tx: Transaction, jobs: Sequence[Acknowledge]) -> list[None]:
        """Nothing, for each."""
        view, now = self.context.views.view, self.context.clock()
        for job in jobs:
            if job.kind != "envelope":
                tx.remove_line(job.device, job.number)
                continue
            delivery, stored = tx.delivery(job.envelope, job.device), tx.envelope(job.envelope)
            if delivery is None or stored is None or delivery.number != job.number:
                continue
            if delivery.state in _ACKNOWLEDGED_IN:
                tx.close(delivery, "delivered")
                if not delivery.own:
                    self.reports.pass_on(tx, stored, "delivered", job.line, view, now)
        return [None] * len(jobs)
