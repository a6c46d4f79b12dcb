"""The time limits of requests, as a locked desk may know them: when something is to be told, and of what nothing more.

1. `due.json`, readable without the passphrase, is written by whoever works with the unlocked desk
   (`desk.requests.locked_limits`). Each entry is a moment at which an officer is to hear of a time limit: its last
   reminder, or that it has passed. It says nothing of the request but how pressing the limit is; its key is a hash of
   what cannot be guessed. So whoever reads this disk learns how many limits run here, and until when.
2. A moment that has come rings until an officer was told of it at the unlocked desk, which then writes the file
   without it; or until somebody stops the ringing, which counts for the moments that have come by then.
3. There is room for MOST moments, the nearest. It fails open: what is beyond that is told at the unlocked desk. One
   that no reader would take is left out, and keeps no other out: some of its numbers were chosen by others.
4. A file that is damaged counts for none, and that is said (`trouble`): nobody is to count on a bell that cannot ring.
   The next command that unlocks this desk and finds anything new writes it anew.
5. Each file has one writer at a time: `due.json` whoever has the desk unlocked, `due-stopped.json` whoever stops the
   ringing. So neither undoes what the other has just written.
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
STOPPED = "due-stopped.json"
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
    """Either file (rule 5). `stopped` is when somebody last stopped the ringing; it stood in `due.json` before."""

    limits: Annotated[tuple[Limit, ...], msgspec.Meta(max_length=MOST)] = ()
    stopped: Time = 0


def load(path: Path) -> Limits:
    """What the profile at `path` knows of its limits, and when their ringing was last stopped."""
    (found, _), (other, _) = _read(path / FILE), _read(path / STOPPED)
    return Limits(limits=found.limits, stopped=max(found.stopped, other.stopped))


def trouble(path: Path) -> str:
    """Why the limits there are ring nowhere here, or what was stopped rings again; empty if nothing is wrong."""
    for name, then in (
        (FILE, "time limits of requests ring nowhere here until a command that unlocks this desk writes it anew"),
        (STOPPED, "time limits of requests whose ringing was stopped ring again"),
    ):
        why = _read(path / name)[1]
        if why:
            return f"{path / name} cannot be read ({why}): {then}"
    return ""


def _read(file: Path) -> tuple[Limits, str]:
    """One of the files, and what is wrong with it."""
    try:
        with host.open_own(file) as opened:
            return decode(opened.read(MOST_BYTES + 1), Limits, MOST_BYTES), ""
    except FileNotFoundError:
        return Limits(), ""
    except OSError as error:
        return Limits(), host.reason(error)
    except Malformed as error:
        return Limits(), str(error)


def keep(path: Path, limits: Iterable[Limit]) -> None:
    """Replace what is known of limits, as far as a reader would take it (rule 3); whoever calls this has the desk
    unlocked. Raises DeskError if the disk refuses."""
    before, why = _read(path / FILE)
    nearest = tuple(sorted(filter(_readable, limits), key=lambda each: (each.at, each.key)))[:MOST]
    if nearest != before.limits or why:
        host.write_whole(path / FILE, encode(msgspec.structs.replace(before, limits=nearest)))


def _readable(limit: Limit) -> bool:
    try:
        return decode(encode(limit), Limit, MOST_BYTES) == limit
    except Malformed:
        return False


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
        host.write_whole(path / STOPPED, encode(Limits(stopped=now)))
    return len(stopped)
