"""Steps: a recipient accepts or refuses; the first acceptance wins, stops the clock, and everybody sees whose it is.

Everything of a step happens in one transaction: it is stored, later stages end, the sender and the other recipients are
told. So there is never an accepted envelope whose next stage is released all the same.
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
from relay.protocol.lines import Step
from relay.protocol.problems import Refusal
from relay.rules.release import Stood, check_remains, check_stepping, earlier_step
from relay.rules.standing import check_device


@dataclass(frozen=True, slots=True)
class TakeStep:
    """A step whose signatures were checked, and the time it bears."""

    envelope: str
    step: Stood
    at: int


def read_step(raw: bytes, device: str, envelope: str, keys: PublicPair, network: tuple[str, str], now: int) -> TakeStep:
    """The step in `raw`, by `device` on `envelope`; `network` is name and id. Raises Refusal, saying what is wrong."""
    claimed_line(raw, Step, "step", device, envelope, now)
    step = signed_line(raw, Step, "step", device, keys, network)
    return TakeStep(envelope, Stood(device, step.act, raw), step.at)


@dataclass(frozen=True, eq=False)
class Stepping:
    """The clerk's work of steps."""

    context: MailContext
    reports: Reports
    turns: Turns

    def run(self, tx: Transaction, jobs: Sequence[TakeStep]) -> list[bytes | Refusal]:
        """The line that stands after each step: its own, or the earlier one that it repeats."""
        view, now = self.context.views.view, self.context.clock()
        return answered(jobs, lambda job: self._take(tx, job, view, now))

    def _take(self, tx: Transaction, job: TakeStep, view: View, now: int) -> bytes:
        """Refuses before anything was changed."""
        step = job.step
        check_device(view, step.device, now)
        stored, delivery = tx.envelope(job.envelope), tx.delivery(job.envelope, step.device)
        if stored is None or delivery is None:
            raise Refusal("not-found", "no such envelope is known for this device")
        check_stepping(delivery.own, delivery.released > 0)
        earlier = earlier_step(tx.steps(job.envelope), step)
        if earlier is not None:
            return earlier.line
        check_age(job.at, "step", now)
        check_remains(view, step.device, stored.relayed.leaf.tree_size)
        tx.add_step(job.envelope, step)
        tx.expire_turns(now)  # L7: an acceptance after the expiry ends no turn
        self.reports.tell_everybody(tx, stored, "step", step.line, view, now, but=step.device)
        if step.act == "accepted" and stored.header.stop == "accepted":
            for turn in tx.turns(stored.hash):
                if turn.state == "waiting":
                    self.turns.stop(tx, stored, turn, view, now)
        return step.line
