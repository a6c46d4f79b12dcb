"""Orders: an officer of the sender's side stops the clock of an envelope, or hastens a turn of it (L10, L11).

Everything of an order happens in one transaction: it is stored, its turns come or end, both sides are told. So there is
never a stopped clock that runs on, and no turn that came early without the order for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crypto.signing import PublicPair
from directory.view import View
from relay.mail.context import MailContext
from relay.mail.own_line import answered, check_age, claimed_line, signed_line
from relay.mail.reports import Reports
from relay.mail.store import Transaction
from relay.mail.turns import Turns
from relay.protocol.lines import StageOrder
from relay.protocol.problems import Refusal
from relay.rules.release import Ordered, check_ordering, check_remains, earlier_order, turns_to_take
from relay.rules.standing import check_device


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """An order whose signatures were checked, and the time it bears."""

    envelope: str
    order: Ordered
    at: int


def read_order(
    raw: bytes, device: str, envelope: str, keys: PublicPair, network: tuple[str, str], now: int
) -> TakeOrder:
    """The order in `raw`, by `device` on `envelope`; `network` is name and id. Raises Refusal, saying what is wrong."""
    claimed = claimed_line(raw, StageOrder, "order", device, envelope, now)
    if claimed.act == "stop" and claimed.stage:
        raise Refusal("malformed", "an order to stop ends every turn that waits, and names none")
    order = signed_line(raw, StageOrder, "order", device, keys, network)
    return TakeOrder(envelope, Ordered(device, order.act, order.stage, raw), order.at)


@dataclass(frozen=True, eq=False)
class Ordering:
    """The clerk's work of orders."""

    context: MailContext
    reports: Reports
    turns: Turns

    def run(self, tx: Transaction, jobs: Sequence[TakeOrder]) -> list[bytes | Refusal]:
        """The line that stands after each order: its own, or the earlier one that it repeats."""
        view, now = self.context.views.view, self.context.clock()
        return answered(jobs, lambda job: self._take(tx, job, view, now))

    def _take(self, tx: Transaction, job: TakeOrder, view: View, now: int) -> bytes:
        """Refuses before anything was changed."""
        order = job.order
        check_device(view, order.device, now)
        stored = tx.envelope(job.envelope)
        if stored is None or (order.device != stored.header.sender and tx.delivery(job.envelope, order.device) is None):
            raise Refusal("not-found", "no such envelope is known for this device")
        check_ordering(stored.header, order.device)
        orders = tx.orders(job.envelope)
        earlier = earlier_order(orders, order)
        if earlier is not None:
            return earlier.line
        check_age(job.at, "order", now)
        check_remains(view, order.device, stored.relayed.leaf.tree_size)
        tx.expire_turns(now)
        turns = turns_to_take(stored.header, tx.turns(job.envelope), orders, tx.steps(job.envelope), order)
        tx.add_order(job.envelope, order)
        self.reports.tell_everybody(tx, stored, "stage", order.line, view, now, but=order.device)
        for turn in turns:
            if order.act == "stop":
                self.turns.stop(tx, stored, turn, view, now)
                continue
            for device in self.turns.waiting(tx, turn):  # first, or it would come to it early by nobody's word
                tx.queue(device, "stage", job.envelope, order.line, now + self.context.settings.line_seconds)
            self.turns.take(tx, stored, turn, "hastened", view, now)
        return order.line
