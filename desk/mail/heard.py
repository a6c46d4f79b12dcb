"""Up to when a desk has heard everything that the relay has for it, by the relay's own word; kept in `heard.json`.

1. The relay says when nothing more waits (`Idle`). From then on, as long as the stream stands, it hands over at once
   what comes. So a moment counts as heard if the relay said so then, or the stream stood from then on.
2. Whether the stream still stands is looked at every LOOK_SECONDS; what a look would have to find out about the last
   MARGIN seconds counts for nothing, since a line that was cut shows only then. A look that comes late (the machine
   slept) ends it: after that only the relay's next word counts.
3. By the relay's clock, as it greets, where this machine's is ahead of that: a desk whose own clock is wrong accuses
   nobody.
4. What comes bears along up to when had been heard before it (`desk.mail.spool`): what was due long before that was
   handed over late (`desk.alarms.late`).
5. Whoever writes to this disk can change the file, as they can end the watch. Missing, damaged, or of a time to come it
   says nothing, and a disk that takes nothing keeps no mail back: then nobody is accused.
"""

from pathlib import Path

import msgspec

from desk import host
from desk.errors import DeskError
from desk.link.client import Clock
from directory.canonical import Malformed, decode, encode
from directory.fields import Time

FILE = "heard.json"
LOOK_SECONDS = 60
MARGIN = 60
SLEPT = 180
_MOST_BYTES = 256


class _Heard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at: Time


def heard_until(path: Path, now: int) -> int:
    """Up to when the profile at `path` has heard everything; 0 where it does not say."""
    try:
        with host.open_own(path / FILE) as file:
            at = decode(file.read(_MOST_BYTES), _Heard).at
    except (OSError, Malformed):
        return 0
    return at if at <= now else 0


class Hearing:
    """What one stream has let this desk hear; whoever makes one holds the stream lock."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._until = self._written = heard_until(path, clock())
        self._behind = 0  # seconds, by which the relay's clock is behind this one
        self._looked: int | None = None  # when the stream was last known to stand with nothing waiting

    def greeted(self, relay_time: int) -> None:
        """The relay has said what time it is there."""
        self._behind = max(0, self._clock() - relay_time)

    def idle(self) -> None:
        """The relay says that nothing more waits."""
        self._looked = self._clock()
        self._heard(self._looked)
        self._write()

    def coming(self) -> int:
        """Something comes: up to when everything had been heard before it."""
        now = self._clock()
        if self._looked is not None and 0 <= now - self._looked < SLEPT:
            self._heard(now)
        self._looked = None
        return self._until

    def look(self) -> None:
        """The stream stands now (rule 2)."""
        now = self._clock()
        if self._looked is None:
            return
        if not 0 <= now - self._looked < SLEPT:
            self._looked = None
            return
        self._looked = now
        self._heard(now - MARGIN)
        self._write()

    def ended(self) -> None:
        """The stream has ended."""
        self._looked = None
        self._write()

    def _heard(self, at: int) -> None:
        self._until = max(self._until, at - self._behind)

    def _write(self) -> None:
        if self._until <= self._written:
            return
        self._written = self._until
        try:
            host.write_whole(self._path / FILE, encode(_Heard(at=self._until)))
        except DeskError:
            return
