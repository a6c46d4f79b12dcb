"""What rings at a locked desk beside the messages that wait: turns without a sign, time limits, and a deaf desk.

Each is shown once, with the bell; that it rings again is `desk.notices.night`'s, as for a message.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from desk.mail.schedule import GRACE
from desk.mail.spool import Spool
from desk.notices import clocks, limits, screen
from desk.notices.clocks import Clock, OpenTurn
from desk.notices.deaf import Deaf
from desk.notices.limits import Limit
from desk.notices.plan import Matter
from desk.terminal import Terminal


@dataclass
class Beside:
    """Of the desk whose profile is at `path`. `rings` rings for what is news; `trouble` tells what is wrong here."""

    terminal: Terminal
    path: Path
    rings: Callable[[list[Matter]], None]
    trouble: Callable[[str], None]
    deaf: Deaf = field(default_factory=Deaf)
    _late: set[str] = field(default_factory=set)  # turns that were told as overdue
    _limited: set[str] = field(default_factory=set)  # moments of time limits that were told

    def __post_init__(self) -> None:
        self.deaf.path = self.path

    def overdue(self) -> list[Matter]:
        """The turns of messages of this side that are overdue, and of which nothing was heard."""
        return [matter for _, _, matter in self._overdue()]

    def limits(self) -> list[Matter]:
        """The time limits of requests that somebody is to hear of now."""
        return [matter for _, matter in self._limits()]

    def tell_deaf(self) -> None:
        """Show, once, that nothing is heard, and ring."""
        since, now = self.deaf.since, self.terminal.clock()
        if since is None or not self.deaf.news(now):
            return
        with _ringing(self.rings, []):
            self.terminal.event({"event": "deaf", "since": since, "at": now}, screen.deaf(since, now))

    def tell_limits(self) -> None:
        """Show the time limits that have come, each once, and why none can ring here, if so."""
        found, now, wrong = self._limits(), self.terminal.clock(), limits.trouble(self.path)
        if wrong:
            self.trouble(wrong)
        self._limited &= {matter.key for _, matter in found}
        for limit, matter in found:
            if matter.key in self._limited:
                continue
            self._limited.add(matter.key)
            plain = {"event": "limit", "due": limit.due, "passed": limit.passed, "precedence": limit.precedence}
            with _ringing(self.rings, [matter]):
                self.terminal.event(plain | {"at": now}, screen.limit(limit, now))

    def tell_overdue(self, *, connected: bool) -> None:
        """Show what is overdue, each once; an alarm while the stream stands."""
        found, now = self._overdue(), self.terminal.clock()
        self._late &= {matter.key for _, _, matter in found}
        for clock, turn, matter in found:
            if matter.key in self._late:
                continue
            self._late.add(matter.key)
            plain: dict[str, object] = {"event": "overdue", "envelope": clock.envelope, "message": clock.number}
            plain |= {"turn": turn.number, "due": turn.due, "connected": connected, "at": now}
            plain |= {"precedence": clock.precedence}
            self.terminal.alarmed |= connected
            with _ringing(self.rings, [matter]):
                self.terminal.event(plain, screen.no_sign(clock, turn, now, connected=connected))

    def _limits(self) -> list[tuple[Limit, Matter]]:
        found = limits.come(self.path, self.terminal.clock())
        return [(x, Matter("limit", f"{x.key} {x.at}", x.precedence, x.at)) for x in found]

    def _overdue(self) -> list[tuple[Clock, OpenTurn, Matter]]:
        return [
            (clock, turn, Matter("no-sign", key, clock.precedence, turn.due + GRACE, (clock.contact,)))
            for clock, turn in overdue_turns(self.path, self.terminal.clock())
            if (key := f"{clock.envelope} {turn.number}")
        ]


def overdue_turns(path: Path, now: int, *, stopped: bool = False) -> list[tuple[Clock, OpenTurn]]:
    """The turns of this side's messages that are overdue, and of which nothing was heard; also those for which the
    ringing was stopped, if `stopped`."""
    ours = clocks.clocks(path, now, own=True)
    mine = [each for each in ours if any(x.due + GRACE < now for x in each.turns)]
    lines = list(Spool(path / "spool").lines()) if mine else []
    found = []
    for clock in mine:
        about = [(x.arrival.item.kind, x.payload) for x in lines if x.arrival.item.envelope == clock.envelope]
        looked = msgspec.structs.replace(clock, stopped=0) if stopped else clock
        found += [(clock, turn) for turn in clocks.overdue(looked, about, now)]
    return found


@contextmanager
def _ringing(rings: Callable[[list[Matter]], None], news: list[Matter]) -> Iterator[None]:
    """Ring after what is shown in here, also where it cannot be shown: who sleeps reads no screen."""
    try:
        yield
    finally:
        rings(news)
