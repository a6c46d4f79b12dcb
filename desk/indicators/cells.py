"""Counts from which nobody is picked out: fewer than K are kept back, and cannot be reckoned from the rest. Pure.

1. A cell of 1 to K - 1 is never shown. A cell of 0 is not shown either: what is not named is none, or too few.
2. Cells stand in a tree: a whole, and its parts, which add up to it. Of a whole that is kept back no part is shown.
3. The parts that are kept back stand as one, `other`, without their names. `other` has K at least, is made of two
   parts at least, and leaves *room*: whoever knows which parts are in it, and that each is less than the smallest that
   is shown, still has ROOM counts or more to choose from for each of those below K. Where it is not so, the smallest of
   the others joins it, until it is (*complementary suppression*), with all that are equal to it: of equal ones the
   order of names would say which joined. Where all parts have joined, only the whole is left.
4. So of whatever stands under one whole a reader learns its sum, which is shown, and the sum of `other`, which is K or
   more. No two wholes share a part but by their own sum; nothing else can be reckoned.
"""

from collections.abc import Mapping
from dataclasses import dataclass

K = 11
ROOM = 5
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Shown:
    """A whole as it is shown: its count, None for fewer than K, and its parts by name."""

    count: int | None
    parts: Mapping[str, int]


def shown(counts: Mapping[str, int], k: int = K) -> Shown:
    """What is shown of a whole with parts of these counts; raises ValueError for a count below 0."""
    if any(count < 0 for count in counts.values()):
        raise ValueError("nothing is counted below 0")
    whole = sum(counts.values())
    if whole < k:
        return Shown(None, {})
    there = sorted((each for each in counts.items() if each[1]), key=lambda each: (-each[1], each[0]))
    kept = [each for each in there if each[1] < k]
    named = [each for each in there if each[1] >= k]
    while kept and named and _tells([count for _, count in kept], named[-1][1], k):
        equal = named[-1][1]
        kept += [each for each in named if each[1] == equal]
        named = [each for each in named if each[1] != equal]
    other = {OTHER: sum(count for _, count in kept)} if kept else {}
    return Shown(whole, dict(sorted(named)) | other)


def _tells(kept: list[int], smallest: int, k: int) -> bool:
    """Whether the sum of the parts that are kept back would tell too much of one of them; `smallest`: that is shown."""
    parts, whole = len(kept), sum(kept)
    least, most = max(1, whole - (parts - 1) * (smallest - 1)), min(k - 1, whole - (parts - 1))
    return parts < 2 or whole < k or most - least + 1 < ROOM


def text(count: int | None, k: int = K) -> str:
    """A count for people."""
    return f"<{k}" if count is None else str(count)
