"""Counts from which nobody is picked out: fewer than K are kept back, and cannot be reckoned from the rest. Pure.

1. A cell of 1 to K - 1 is never shown. A cell of 0 is not shown either: what is not named is none, or too few.
2. Cells stand in a tree: a whole, and its parts, which add up to it. Of a whole that is kept back no part is shown.
3. The parts that are kept back stand as one, `other`, without their names. `other` has K at least and is made of two
   parts at least: where what is too small does not come to that, the smallest of the others joins it, until it does
   (*complementary suppression*); and where its sum leaves one choice only, all parts of it 1 or all of it K - 1. Where
   all parts have joined, only the whole is left.
4. So of whatever stands under one whole a reader learns its sum, which is shown, and the sum of `other`, which is K or
   more. No two wholes share a part but by their own sum; nothing else can be reckoned.
"""

from collections.abc import Mapping
from dataclasses import dataclass

K = 11
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
    while kept and named and _tells([count for _, count in kept], k):
        kept.append(named.pop())
    other = {OTHER: sum(count for _, count in kept)} if kept else {}
    return Shown(whole, dict(sorted(named)) | other)


def _tells(kept: list[int], k: int) -> bool:
    """Whether the sum of the parts that are kept back would tell one of them (rule 3)."""
    return len(kept) < 2 or sum(kept) < k or (max(kept) < k and sum(kept) in (len(kept), len(kept) * (k - 1)))


def text(count: int | None, k: int = K) -> str:
    """A count for people."""
    return f"<{k}" if count is None else str(count)
