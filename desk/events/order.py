"""The one order of events that several sides sign without waiting for each other. Pure.

Messages cross on the wire, and every desk gets them in an order of its own. Yet all who hold the same events have to
tell the same history. So it depends on nothing but the events:

1. Each event names, by hash, the newest ones its signer had seen (`after`). Whoever signs says by that what they knew;
   none can be put before one that it names.
2. An event that names one which is not here *waits*. So does whatever names it. What is in order is never without what
   it stands on.
3. Of those that may stand next the one with the lowest rank does, then that with the lowest hash. Ranks are the
   caller's: they say what comes first of what crossed. No clock has a say in it, a sender's or a relay's: a relay that
   dates receipts differently for two desks cannot make them disagree.
4. So an event that comes late never changes the order among those that are here: it is put between them.

Hashes are of the signed text: nobody can make two events stand on each other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Protocol, TypeVar


class Linked(Protocol):
    """An event: the hash of its signed text, and the events it names."""

    @property
    def id(self) -> str:
        """Its hash."""

    @property
    def after(self) -> tuple[str, ...]:
        """The hashes of the newest events its signer had seen."""


L = TypeVar("L", bound=Linked)


def put_in_order(events: Iterable[L], rank: Callable[[L], int]) -> tuple[list[L], list[L]]:
    """The events in their order, and, by hash, those that wait for others (rule 2)."""
    known = {each.id: each for each in events}
    lacking = {each.id: len(set(each.after)) for each in known.values()}
    followers: dict[str, list[str]] = defaultdict(list)
    for each in known.values():
        for before in set(each.after):
            followers[before].append(each.id)
    ready: list[tuple[int, str]] = []
    for found in known.values():
        if not lacking[found.id]:
            heappush(ready, (rank(found), found.id))
    ordered: list[L] = []
    while ready:
        _, at = heappop(ready)
        ordered.append(known.pop(at))
        for follower in followers[at]:
            lacking[follower] -= 1
            if not lacking[follower]:
                heappush(ready, (rank(known[follower]), follower))
    return ordered, [known[each] for each in sorted(known)]


def newest(events: Iterable[Linked]) -> tuple[str, ...]:
    """The events that no other of them names, by hash: what the next one has to name."""
    everything = list(events)
    named = {before for each in everything for before in each.after}
    return tuple(sorted({each.id for each in everything} - named))
