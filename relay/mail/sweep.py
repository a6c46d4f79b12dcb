"""What time and the directory do to mail: expiry, release, forgetting, and what becomes of devices that changed.

Each piece of a sweep finds its work in the store and leaves it done, so it may run at any time, again, and after a
crash in the middle (a transaction applies whole): starting after a stop is the normal path. It does at most `BATCH`
envelopes of a kind and says whether there is more, so that no submission waits long behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from directory.view import View
from relay.mail.context import MailContext
from relay.mail.reports import Reports
from relay.mail.store import Delivery, Transaction
from relay.mail.turns import Turns
from relay.protocol.lines import Event
from relay.rules.release import Reach, reach

BATCH = 32


@dataclass(frozen=True, slots=True)
class Look:
    """A request to sweep; `devices` says that the directory may have changed, or a suspension lapsed."""

    devices: bool


@dataclass(frozen=True, slots=True)
class Swept:
    """Whether there is more to do at once, and how many unread lines had outlived their time."""

    more: bool
    forgotten: int


@dataclass(frozen=True, eq=False)
class Sweep:
    """The clerk's work of sweeping."""

    context: MailContext
    reports: Reports
    turns: Turns

    def run(self, tx: Transaction, jobs: Sequence[Look]) -> list[Swept]:
        """What was done, for each."""
        view, now = self.context.views.view, self.context.clock()
        # Expiry comes before release (L7), and what was revoked is dropped before anything is released to it (L5).
        more = self._devices(tx, view, now) if any(job.devices for job in jobs) else False
        more |= self._expire(tx, view, now)
        more |= self._release(tx, view, now)
        forgotten = tx.forget(now, BATCH)
        more |= BATCH in (forgotten.envelopes, forgotten.lines)
        return [Swept(more, forgotten.lines)] * len(jobs)

    def _expire(self, tx: Transaction, view: View, now: int) -> bool:
        expired = tx.expired(now, BATCH)
        for envelope in expired:
            self._close(tx, [each for each in tx.deliveries(envelope) if each.open], "expired", view, now)
        return len(expired) == BATCH

    def _release(self, tx: Transaction, view: View, now: int) -> bool:
        tx.expire_turns(now)
        due = tx.due(now, BATCH)
        for turn in due:
            stored = tx.envelope(turn.envelope)
            if stored is not None:
                self.turns.take(tx, stored, turn, "released", view, now)
        return len(due) == BATCH

    def _devices(self, tx: Transaction, view: View, now: int) -> bool:
        """Drop what waits for devices that are out (L5), hold and free what waits for the others (L6)."""
        devices: dict[Reach, list[str]] = {"gone": [], "held": [], "live": []}
        for device in tx.waiting_devices():
            devices[reach(view, device, now)].append(device)
        gone = tx.open_deliveries(devices["gone"], BATCH)
        held = tx.open_deliveries(devices["held"], BATCH, held=False)
        back = tx.open_deliveries(devices["live"], BATCH, held=True)
        self._close(tx, gone, "dropped", view, now)
        for each in (*held, *back):
            tx.hold(each, not each.held)
        self._tell(tx, held, "held", view, now)
        for device in devices["gone"]:
            tx.remove_lines(device)
        return BATCH in (len(gone), len(held), len(back))

    def _close(
        self, tx: Transaction, deliveries: list[Delivery], event: Literal["expired", "dropped"], view: View, now: int
    ) -> None:
        for each in deliveries:
            tx.close(each, event)
        self._tell(tx, deliveries, event, view, now)

    def _tell(self, tx: Transaction, deliveries: list[Delivery], event: Event, view: View, now: int) -> None:
        """One notice an envelope."""
        devices: dict[str, list[str]] = {}
        for each in deliveries:
            devices.setdefault(each.envelope, []).append(each.device)
        for envelope, named in devices.items():
            stored = tx.envelope(envelope)
            if stored is not None:
                self.reports.notice(tx, stored, event, named, view, now)
