"""In which order the entries that fit a question stand, and what sets one apart from the next.

Each step is a row of sets of places: those in the first come first, then those in the second, at last the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from directory.entry import Entry
from directory.finding.places import NOWHERE, in_order, is_one, parts
from directory.finding.search_terms import Match

Lead = Literal[
    "called-exactly-so", "not-doubtful", "of-country", "not-only-mentioned", "spelled-so", "answers-now",
    "works-in-language", "standing", "better-match", "day-and-night", "fresher", "attested-later", "by-id",
]  # fmt: skip
_STANDING = {"confirmed": 0, "provisional": 1, "suspended": 2}
_GRADE = {"fresh": 0, "due": 1, "stale": 2, "doubtful": 3}
_DAY_AND_NIGHT = "-24-7"


def apart(entry: Entry) -> tuple[bool, int, bool, int, int, str]:
    """How entries stand that nothing asked sets apart, lowest first."""
    late = not entry.contact.function.endswith(_DAY_AND_NIGHT)
    return entry.grade == "doubtful", _STANDING[entry.standing], late, _GRADE[entry.grade], -entry.since, entry.id


_APART: tuple[Lead, ...] = ("not-doubtful", "standing", "day-and-night", "fresher", "attested-later", "by-id")


@dataclass(frozen=True, slots=True)
class Order:
    """What sets entries apart, in order: sets of places, those that come first before those that do not."""

    matches: Sequence[Match]
    exact: int
    doubtful: int
    countries: Sequence[int]  # of those named, in the order in which they are
    answers: Mapping[bool | None, int]
    assumed: int
    standing: Sequence[int]

    def places(self, fitting: int) -> Iterator[int]:
        """The places in order; each is worked out when it is asked for."""
        if is_one(fitting):  # of whatever is asked for in full
            yield from in_order(fitting)
            return
        for alike in _by(fitting, [masks for _, masks in self._steps()]):
            for equal in self._by_score(alike):
                yield from in_order(equal)

    def lead(self, first: int, second: int, entries: Sequence[Entry]) -> Lead:
        """What sets the entry at one place apart from the one at the next."""
        for lead, masks in self._steps():
            if _rank(masks, first) != _rank(masks, second):
                return lead
        if self.score(first) != self.score(second):
            return "better-match"
        pairs = zip(apart(entries[first]), apart(entries[second]), _APART, strict=True)
        return next((lead for one, other, lead in pairs if one != other), "by-id")

    def score(self, place: int) -> int:
        """How well the words match at a place."""
        return sum(match.score(place) for match in self.matches)

    def _steps(self) -> Iterator[tuple[Lead, Sequence[int]]]:
        mentioned = nearly = NOWHERE
        for match in self.matches:
            mentioned |= match.only_mentioned
            nearly |= match.nearly
        yield "called-exactly-so", (self.exact,)
        yield "not-doubtful", (~self.doubtful,)
        yield "of-country", self.countries
        yield "not-only-mentioned", (~mentioned,)
        yield "spelled-so", (~nearly,)
        yield "answers-now", (self.answers[True], self.answers[None]) if self.answers else ()
        yield "works-in-language", (~self.assumed,)
        yield "standing", self.standing

    def _by_score(self, places: int) -> Iterator[int]:
        sums = {0: places}
        for match in self.matches:
            further = dict[int, int]()
            for total, those in sums.items():
                for weight, level in match.levels:
                    if both := those & level:
                        further[total + weight] = further.get(total + weight, NOWHERE) | both
                        those ^= both
                if those:  # a word that is missing here
                    further[total] = further.get(total, NOWHERE) | those
            sums = further
        for total in sorted(sums, reverse=True):
            yield sums[total]


def _by(places: int, steps: Sequence[Sequence[int]]) -> Iterator[int]:
    if not steps:
        yield places
        return
    for part in parts(places, *steps[0]):
        yield from _by(part, steps[1:])


def _rank(masks: Sequence[int], place: int) -> int:
    return next((rank for rank, mask in enumerate(masks) if mask >> place & 1), len(masks))
