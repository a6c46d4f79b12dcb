"""Whether a desk hears its relay at all: while it does not, nothing rings there, and somebody is to know.

1. It is deaf from when its watch began, or lost its stream, until the stream stands. A relay that is started anew, or a
   line that is gone for moments, wakes nobody: only DEAF_SECONDS of it are told.
2. Then the bell rings once, and the notices go out, which may have another way out than this desk has to its relay.
3. Stopped by whoever sits here it is told no more, until it is deaf anew. All of this is in memory: after a restart it
   begins anew.
"""

from dataclasses import dataclass

from desk.notices.plan import Matter

DEAF_SECONDS = 600


@dataclass
class Deaf:
    """Since when (unix seconds) nothing is heard; None while the stream stands."""

    since: int | None = None
    _told: bool = False
    _stopped: bool = False

    def begins(self, now: int) -> None:
        """Nothing is heard from now on, unless it is so already."""
        if self.since is None:
            self.since, self._told, self._stopped = now, False, False

    def hears(self) -> None:
        """The stream stands."""
        self.since = None

    def stop(self, now: int) -> None:
        """Nobody is to be told of it any more, if it is to be told of now."""
        self._stopped |= self.matter(now) is not None

    def matter(self, now: int) -> Matter | None:
        """What there is to tell of it at `now`."""
        if self.since is None or self._stopped or now < self.since + DEAF_SECONDS:
            return None
        return Matter("deaf", f"deaf {self.since}", "immediate", self.since + DEAF_SECONDS)

    def news(self, now: int) -> bool:
        """Whether it is to be shown, which it was not yet."""
        fresh = not self._told and self.matter(now) is not None
        self._told |= fresh
        return fresh

    def next_look(self, now: int) -> int | None:
        """When it will be told; None if it was, or need not."""
        at = None if self.since is None else self.since + DEAF_SECONDS
        return at if at is not None and at > now else None
