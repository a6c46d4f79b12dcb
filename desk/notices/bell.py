"""The bell at the desk itself: it rings when something comes, and again until somebody opens it or stops it.

1. What comes rings at once, upon the frame that brings it: nothing asks for it from time to time.
2. What is at least `LEAST` rings again every so many minutes, MOST_RINGS times at most, as long as its file is there
   and nobody has stopped it (`desk.notices.ringing`). It fails open: after that it stays on the screen and in `enlace
   notices status`, and the notices go by their own rules.
3. What waited already when the watch began rings once at the beginning.
4. How often it rang is in memory: after a restart it begins anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from desk.notices.plan import Due, Matter, Rounds, due
from desk.notices.settings import When
from relay.protocol.envelope import Precedence

LEAST: Precedence = "immediate"
MOST_RINGS = 30
USUAL_MINUTES = 2


@dataclass
class Bell:
    """When the bell rings; `minutes` between two rings, 0 for never again."""

    minutes: int = USUAL_MINUTES
    _rounds: dict[str, Rounds] = field(default_factory=dict)

    def rang(self, matters: Sequence[Matter], now: int) -> None:
        """It rang for these."""
        for each in matters:
            self._rounds[each.key] = Rounds(self._rounds.get(each.key, Rounds()).times + 1, now)

    def due(self, matters: Sequence[Matter], now: int) -> Due:
        """What it rings for now, and when it is to be asked again."""
        if not self.minutes:
            return Due((), (), None)
        when = When(kind="command", least=LEAST, every=self.minutes, most=MOST_RINGS)
        self._rounds = {key: each for key, each in self._rounds.items() if key in {each.key for each in matters}}
        return due(when, matters, self._rounds, None, now, lambda _: 0)

    def times(self, key: str) -> int:
        """How often it rang for something."""
        return self._rounds.get(key, Rounds()).times
