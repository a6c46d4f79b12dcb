"""Whether a desk hears its relay at all: while it does not, nothing rings there, and somebody is to know.

1. It is deaf from when its watch began, or lost its stream, until the stream stands. A relay that is started anew, or a
   line that is gone for moments, wakes nobody: only DEAF_SECONDS of it are told.
2. Then the bell rings once, and the notices go out, which may have another way out than this desk has to its relay.
3. Stopped by whoever sits here it is told no more, until it is deaf anew. After a restart it begins anew.
4. While it is told it stands in `deaf.json`, since when, so that `enlace notices` sees it and stops it from another
   process, in `deaf-stopped.json`: each file has one writer. A disk that refuses the first keeps nothing from ringing;
   then only the watch itself stops it. Damaged they count for none. The first goes with the watch's next beginning, so
   what a watch that died has left says nothing, and is asked for only while one runs.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from desk import host
from desk.errors import DeskError
from desk.notices.plan import Matter
from directory.canonical import Malformed, decode, encode
from directory.fields import Time

DEAF_SECONDS = 600
FILE = "deaf.json"
STOPPED = "deaf-stopped.json"
_MOST_BYTES = 256


class _At(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either file: since when nothing is heard, or when somebody last stopped the ringing for that."""

    at: Time


@dataclass
class Deaf:
    """Since when (unix seconds) nothing is heard; None while the stream stands. `path` is the profile's, if others are
    to see it."""

    since: int | None = None
    path: Path | None = None
    _told: bool = False
    _stopped: bool = False

    def begins(self, now: int) -> None:
        """Nothing is heard from now on, unless it is so already."""
        if self.since is None:
            self.since, self._told, self._stopped = now, False, False
            self._forget()

    def hears(self) -> None:
        """The stream stands."""
        self.since = None
        self._forget()

    def stop(self, now: int) -> None:
        """Nobody is to be told of it any more, if it is to be told of now."""
        self._stopped |= self.matter(now) is not None

    def matter(self, now: int) -> Matter | None:
        """What there is to tell of it at `now`."""
        if self.since is None or self._stopped or now < self.since + DEAF_SECONDS:
            return None
        if self.path is not None and _stands_for(_read(self.path / STOPPED), self.since):
            return None
        return Matter("deaf", f"deaf {self.since}", "immediate", self.since + DEAF_SECONDS)

    def news(self, now: int) -> bool:
        """Whether it is to be shown, which it was not yet."""
        fresh = not self._told and self.matter(now) is not None
        self._told |= fresh
        if fresh and self.path is not None and self.since is not None:
            try:
                host.write_whole(self.path / FILE, encode(_At(at=self.since)))
            except DeskError:
                return True
        return fresh

    def next_look(self, now: int) -> int | None:
        """When it will be told; None if it was, or need not."""
        at = None if self.since is None else self.since + DEAF_SECONDS
        return at if at is not None and at > now else None

    def _forget(self) -> None:
        try:
            if self.path is not None:
                (self.path / FILE).unlink(missing_ok=True)
        except OSError:
            return


def told_of(path: Path) -> tuple[int, int]:
    """Since when the watch of the profile at `path` hears nothing, as it told, and when that was stopped; 0 for not."""
    since, stopped = _read(path / FILE), _read(path / STOPPED)
    return since, stopped if since and _stands_for(stopped, since) else 0


def stop(path: Path, now: int) -> bool:
    """Have nobody told any more that nothing is heard; returns whether somebody was. Raises DeskError if the disk
    refuses."""
    since, stopped = told_of(path)
    if not since or stopped:
        return False
    host.write_whole(path / STOPPED, encode(_At(at=max(now, since + DEAF_SECONDS))))
    return True


def _stands_for(stopped: int, since: int) -> bool:
    """Whether what was stopped then is what has begun at `since`: before it was told, nobody stopped it."""
    return stopped >= since + DEAF_SECONDS


def _read(file: Path) -> int:
    try:
        with host.open_own(file) as opened:
            return decode(opened.read(_MOST_BYTES), _At).at
    except (OSError, Malformed):
        return 0
