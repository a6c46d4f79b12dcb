"""Which of several rosters of a contact holds: everybody who has the same ones says the same. Pure.

1. A roster counts as signed by a device that served its contact when the relay took it in. The caller has checked that
   (`Signed` holds only such); a roster that is not proven is none.
2. The highest `seq` holds. Two coordinators who changed the roster without knowing of each other have signed the same
   one twice: then the earlier holds, by the relay's time and then by the hash, *and that is told* (`rivals`). The other
   has to be looked at, and signed anew on top of the first.
3. Numbers may be left out: a roster is whole, and needs none of those before it.
4. But none is higher than the minutes from 1970 to when the relay took it in (`highest`); one that is does not count,
   and that is told (`beyond`). Else the thief of a laptop, or somebody's slip, could sign the last number there is, and
   nobody a later one. So whoever signs next comes through, within a minute of whatever was signed before.
5. Who signed may have been revoked since. The roster holds until another is signed, and who signed it is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.rosters.roster import Roster


@dataclass(frozen=True, slots=True)
class Signed:
    """A roster that counts: the hash of the note that holds it, by which device, and when the relay took it in."""

    roster: Roster
    note: str
    device: str
    taken_in: int  # unix seconds


@dataclass(frozen=True, slots=True)
class Holds:
    """The roster that holds, those with its number that do not, how many older ones there were, and those of rule 4."""

    signed: Signed
    rivals: tuple[Signed, ...]
    older: int
    beyond: tuple[Signed, ...] = ()


def highest(taken_in: int) -> int:
    """The highest number a roster may have that the relay takes in then (rule 4)."""
    return taken_in // 60


def holding(rosters: Iterable[Signed], contact: str) -> Holds | None:
    """The roster of a contact that holds, by rule 2; None if there is none."""
    named = {each.note: each for each in rosters if each.roster.contact == contact}
    own = {note: each for note, each in named.items() if each.roster.seq <= highest(each.taken_in)}
    beyond = tuple(each for note, each in sorted(named.items()) if note not in own)
    if not own:
        return None
    newest = max(each.roster.seq for each in own.values())
    first, *rivals = sorted(
        (each for each in own.values() if each.roster.seq == newest), key=lambda each: (each.taken_in, each.note)
    )
    different = tuple(each for each in rivals if each.roster != first.roster)
    return Holds(first, different, sum(each.roster.seq < newest for each in own.values()), beyond)
