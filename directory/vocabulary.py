"""All words of an index in order, with where each stands; asked for a beginning, every place that has one.

1. Words that begin alike lie side by side, so a beginning is a range of them.
2. Where a range is in many entries (more than `_MANY`), the set of its places is worked out beforehand, once for all
   ranges that hold the same: no question costs more than `_MANY` steps. Sets of the others would take more memory than
   everything else.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

_MANY = 300
_LAST = chr(0x10FFFF)


class Kind(IntEnum):
    """What of an entry a word stands in, the telling ones first."""

    NAME = 0
    CITY = 1
    ID = 2
    TELEPHONE = 3
    ZONE = 4
    MENTION = 5


Sets = tuple[int, ...]
"""For each kind, the set of places."""
_NONE: Sets = (0,) * len(Kind)


_KIND = 3  # bits


def placed(place: int, kind: Kind) -> int:
    """A place, and in what of the entry there a word stands, as one whole number."""
    return place << _KIND | kind


class Vocabulary:
    """The words of `size` entries: for each word, the places it stands at, each once, as `placed` has them."""

    def __init__(self, found: Mapping[str, Sequence[int]], size: int) -> None:
        self.words = sorted(found)
        self._size = size
        self._offsets = array("L", [0])
        self._places, self._kinds = array("L"), bytearray()
        for word in self.words:
            self._places.extend([each >> _KIND for each in found[word]])
            self._kinds.extend([each & (1 << _KIND) - 1 for each in found[word]])
            self._offsets.append(len(self._places))
        self._ready: dict[tuple[int, int], Sets] = {}
        self._prepare(0, len(self.words), 0)

    def beginning(self, with_: str) -> tuple[int, int]:
        """The range of words that begin with that."""
        return bisect_left(self.words, with_), bisect_left(self.words, with_ + _LAST)

    def whole(self, word: str) -> tuple[int, int]:
        """The range of that very word: it, or nothing."""
        at = bisect_left(self.words, word)
        return at, at + (at < len(self.words) and self.words[at] == word)

    def sets(self, first: int, end: int) -> Sets:
        """Where the words of a range stand."""
        if first == end:
            return _NONE
        return self._ready.get((first, end)) or self._gathered(((first, end),))

    def _gathered(self, ranges: Iterable[tuple[int, int]]) -> Sets:
        raw = [bytearray() for _ in Kind]
        for first, end in ranges:
            start, stop = self._offsets[first], self._offsets[end]
            for place, kind in zip(self._places[start:stop], self._kinds[start:stop], strict=True):
                mask = raw[kind]
                if not mask:
                    mask.extend(bytes((self._size + 7) // 8))
                mask[place >> 3] |= 1 << (place & 7)
        return tuple(int.from_bytes(mask, "little") for mask in raw)

    def _prepare(self, first: int, end: int, shared: int) -> Sets | None:
        """Make the range's sets ready, and those of every range in it that is in many entries; None if it is not.

        `shared`: how many letters at the beginning all its words share.
        """
        if self._offsets[end] - self._offsets[first] <= _MANY:
            return None
        # Letters that all of them share besides make no other range.
        least, most = self.words[first], self.words[end - 1]
        while shared < len(least) and shared < len(most) and least[shared] == most[shared]:
            shared += 1
        if end - first == 1:
            self._ready[first, end] = made = self._gathered(((first, end),))
            return made
        few, sets = [], []
        at = first
        if len(least) == shared:  # one of them is what the others begin with
            few.append((at, at + 1))
            whole = self._prepare_word(at)
            at += 1
            if whole is not None:
                few.pop()
                sets.append(whole)
        while at < end:
            after = bisect_left(self.words, self.words[at][: shared + 1] + _LAST, at, end)
            within = self._prepare(at, after, shared + 1)
            few.append((at, after)) if within is None else sets.append(within)
            at = after
        sets.append(self._gathered(few))
        self._ready[first, end] = joined = tuple(_joined(kind) for kind in zip(*sets, strict=True))
        return joined

    def _prepare_word(self, at: int) -> Sets | None:
        if self._offsets[at + 1] - self._offsets[at] <= _MANY:
            return None
        self._ready[at, at + 1] = made = self._gathered(((at, at + 1),))
        return made


def _joined(sets: Iterable[int]) -> int:
    joined = 0
    for each in sets:
        joined |= each
    return joined
