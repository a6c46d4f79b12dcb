"""The time limits of requests, as a locked desk may know them: when something is to be told, and of what nothing more.

1. `due.json`, readable without the passphrase, is written by whoever works with the unlocked desk
   (`desk.requests.locked_limits`). Each entry is a moment at which an officer is to hear of a time limit: its last
   reminder, or that it has passed. It says nothing of the request but how pressing the limit is; its key is a hash of
   what cannot be guessed. So whoever reads this disk learns how many limits run here, and until when.
2. A moment that has come rings until an officer was told of it at the unlocked desk, which then writes the file
   without it; or until somebody stops the ringing, which counts for the moments that have come by then.
3. There is room for MOST moments, the nearest. It fails open: what is beyond that is told at the unlocked desk. A file
   that is damaged counts for none.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec

from desk import host
from directory.canonical import Malformed, decode, encode
from directory.fields import Hash, Time
from relay.protocol.envelope import Precedence

FILE = "due.json"
MOST = 200
MOST_BYTES = 64 << 10


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A moment at which a time limit is to be told of, and when the limit ends; that has come if both are the same."""

    key: Hash
    at: Time
    due: Time
    precedence: Precedence

    @property
    def passed(self) -> bool:
        """Whether the moment is that of the end, and no reminder."""
        return self.at >= self.due


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The file. `stopped` is when somebody last stopped the ringing."""

    limits: Annotated[tuple[Limit, ...], msgspec.Meta(max_length=MOST)] = ()
    stopped: Time = 0


def load(path: Path) -> Limits:
    """What the profile at `path` knows of its limits."""
    try:
        with host.open_own(path / FILE) as file:
            return decode(file.read(MOST_BYTES), Limits, MOST_BYTES)
    except (OSError, Malformed):
        return Limits()


def keep(path: Path, limits: Iterable[Limit]) -> None:
    """Replace what is known of limits; raises DeskError if the disk refuses."""
    before = load(path)
    nearest = tuple(sorted(limits, key=lambda each: (each.at, each.key)))[:MOST]
    if nearest != before.limits:
        host.write_whole(path / FILE, encode(msgspec.structs.replace(before, limits=nearest)))


def come(path: Path, now: int) -> list[Limit]:
    """What rings now; of one limit the newest moment."""
    found = load(path)
    return [*{each.key: each for each in found.limits if found.stopped < each.at <= now}.values()]


def next_moment(path: Path, now: int) -> int | None:
    """When something will ring next."""
    return min((each.at for each in load(path).limits if each.at > now), default=None)


def stop(path: Path, now: int) -> int:
    """What has come by now rings no more (rule 2); returns how much that was. Raises DeskError."""
    stopped = come(path, now)
    if stopped:
        host.write_whole(path / FILE, encode(msgspec.structs.replace(load(path), stopped=now)))
    return len(stopped)
