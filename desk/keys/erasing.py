"""Erasing epoch seeds whose time is over: whenever a profile is unlocked, and at the end of every exchange.

1. It needs no relay. The time is that of `desk.keys.seen_time`.
2. What waits in the spool is taken in first, so that a message is read before its key goes. Whatever needs a key whose
   time is over has itself expired: an expiry never passes the erase time of a key it is sealed to. So what cannot be
   taken in even now (its sender is not in the directory here yet) is lost by rule; it is put aside, and told.
3. Where taking in broke off (a disk that is full), or the disk did not hand out what waits, nothing is erased, and that
   is told: those messages have not had their turn. A directory on this disk that is no good is no such case, since
   nothing is taken in until there is another.
4. Nothing here keeps a desk from being used: what goes wrong is told, and tried again at the next unlocking.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from desk.errors import DeskError
from desk.keys.epochs import EpochKeys
from desk.keys.seen_time import APART, AT_ONCE, CONFIRM_WITHIN, judged, recall, remember, span
from desk.keys.vault import Vault
from desk.mail.intake import TakenIn


@dataclass
class Settled:
    """How many seeds were erased; what was taken in before; what the officer is to hear."""

    erased: int = 0
    taken: TakenIn = field(default_factory=TakenIn)
    warnings: list[str] = field(default_factory=list)


def key_time(vault: Vault, proven: Callable[[], int], clock: int) -> tuple[int, bool]:
    """The time by which keys are erased, and whether `clock` was doubted; it is remembered.

    `proven` gives the time of the newest verified checkpoint; it is asked only where that matters.
    """
    seen = recall(vault)
    found = judged(seen, 0, clock)
    if seen.latest == 0 or found.seen.doubted:
        found = judged(seen, proven(), clock)
    remember(vault, seen, found.seen)
    return found.time, found.doubted


def settle(
    vault: Vault, epochs: EpochKeys, proven: Callable[[], int], take_in: Callable[[], TakenIn], clock: int
) -> Settled:
    """Erase what is due, after taking in what waits; after a crash anywhere the next unlocking does the rest."""
    settled = Settled()
    try:
        _settle(settled, vault, epochs, proven, take_in, clock)
    except (DeskError, sqlite3.Error, OSError) as error:
        settled.warnings.append(f"keys whose time is over could not be erased: {error}")
    return settled


def _settle(
    settled: Settled,
    vault: Vault,
    epochs: EpochKeys,
    proven: Callable[[], int],
    take_in: Callable[[], TakenIn],
    clock: int,
) -> None:
    now, doubted = key_time(vault, proven, clock)
    if doubted and epochs.due(clock):
        settled.warnings.append(_doubt(clock - now))
    elif now - clock > APART:
        settled.warnings.append(
            f"this machine's clock is {span(now - clock)} behind the latest time this desk has seen: it was set back, "
            "or was ahead before; set it right. Keys are erased by the later time"
        )
    if not epochs.due(now):
        return
    settled.taken.add(take_in())
    if settled.taken.unread:
        settled.warnings.append(
            f"keys whose time is over are not erased yet: {settled.taken.unread} file(s) in spool/ cannot be read. "
            "Look at this machine's disk; what is lost for good has to be deleted there"
        )
        return
    erased = epochs.erase(now)
    settled.erased = erased.on_time
    if erased.damaged:
        settled.warnings.append(
            f"{erased.damaged} key file(s) of this desk were damaged, or exchanged, and are removed: messages sealed "
            "to these keys do not open here. The next synchronisation publishes others in their place"
        )
    if settled.taken.later:
        settled.taken.add(take_in())  # those whose key has gone are put aside, and told


def _doubt(ahead: int) -> str:
    once = "at the next synchronisation, or " if ahead <= AT_ONCE else ""
    return (
        f"you were away for {span(ahead)}, or this machine's clock is wrong. If it is wrong, set it right now: else "
        "keys are erased that messages are still on their way to. If it is right, nothing is to be done: keys whose "
        f"time is over are erased {once}when this desk is unlocked tomorrow, or within {span(CONFIRM_WITHIN)}"
    )
