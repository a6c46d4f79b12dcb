"""When nobody is there: the holes of a roster, and which of them lie in hours at which others expect an answer. Pure.

1. A *hole* is a time at which nobody stands in the roster, or nobody of those who do is let serve by the directory: a
   name that cannot act covers nothing.
2. The directory tells others by the entry's own duty hours whether the contact answers; the roster stays inside. So a
   hole *counts* (`promised`) as far as it lies in those hours. An entry that says none, or none that is readable here,
   promises nothing that could be subtracted: then every hole counts.
3. Of the time looked at only what lies between two moments is told; a hole at its end may go on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from desk.rosters.coverage import lay_out
from desk.rosters.roster import Roster
from directory.bodies import ContactBody
from directory.finding.answering import answer

AHEAD = 14 * 86_400  # seconds that a coordinator is told of


@dataclass(frozen=True, slots=True)
class Hole:
    """From `start` to `end` (unix seconds) nobody is there; `officers` stand in the roster, and cannot serve."""

    start: int
    end: int
    officers: tuple[str, ...]
    promised: bool


def holes(
    roster: Roster, body: ContactBody | None, start: int, end: int, serves: Callable[[str], bool]
) -> tuple[Hole, ...]:
    """The holes between two moments, cut at the edges of the entry's duty hours (rules 1 and 2), in order."""
    promised = None if body is None else tuple(_promised(body, start, end))
    found: list[Hole] = []
    for each in lay_out(roster, start, end):
        if any(map(serves, each.officers)):
            continue
        for piece in _cut(Hole(each.start, each.end, each.officers, promised=True), promised):
            last = found[-1] if found else None
            if last and (last.end, last.officers, last.promised) == (piece.start, piece.officers, piece.promised):
                found[-1] = replace(last, end=piece.end)
            else:
                found.append(piece)
    return tuple(found)


def _promised(body: ContactBody, start: int, end: int) -> Iterator[tuple[int, int]]:
    """When the entry says, or leaves open, that somebody answers."""
    at = start
    while at < end:
        said = answer(body, at)
        until = end if said.changes_at is None else min(max(said.changes_at, at + 1), end)
        if said.open is not False:
            yield at, until
        at = until


def _cut(hole: Hole, promised: tuple[tuple[int, int], ...] | None) -> Iterator[Hole]:
    """A hole in pieces that lie in the promised times, or out of them."""
    if promised is None:
        yield hole
        return
    at = hole.start
    for begin, close in promised:
        inside = max(begin, at), min(close, hole.end)
        if inside[0] >= inside[1]:
            continue
        if at < inside[0]:
            yield replace(hole, start=at, end=inside[0], promised=False)
        yield replace(hole, start=inside[0], end=inside[1])
        at = inside[1]
    if at < hole.end:
        yield replace(hole, start=at, promised=False)
