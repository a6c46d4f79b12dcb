"""What entries are called as a whole: names, ids, numbers and addresses in full, and what the first letters make.

Kept as hashes in order, sixteen bytes for each; two texts with one hash would be taken for the same, which of 2^64
happens to nobody, and then an entry stands too far up.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from directory.entry import Entry
from directory.finding.places import NOWHERE, in_order, set_of
from directory.folding import SMALL_WORDS, fold, words

_NUMBER = 32  # bits; whole numbers are put in order in half the time that pairs take
_SEGMENT = re.compile(r"[^,;:/()\[\]–—]+")
_LEAST_INITIALS, _MOST_INITIALS = 2, 12


def in_one(pairs: Iterable[tuple[str, int]]) -> list[int]:
    """The hash of each text and the number beside it as one whole number; in order, each once."""
    return sorted({hash(text) << _NUMBER | number for text, number in pairs})


def hashes_of(ordered: Sequence[int]) -> "array[int]":
    """The hashes of what `in_one` made."""
    return array("q", [each >> _NUMBER for each in ordered])


def numbers_of(ordered: Sequence[int]) -> "array[int]":
    """The numbers of what `in_one` made."""
    return array("L", [each & (1 << _NUMBER) - 1 for each in ordered])


class Called:
    """Folded texts, and the places of the entries called so."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        ordered = in_one(pairs)
        self._hashes, self._places = hashes_of(ordered), numbers_of(ordered)

    def places(self, text: str) -> Iterator[int]:
        """The places of what is called so."""
        wanted = hash(text)
        at = bisect_left(self._hashes, wanted)
        while at < len(self._hashes) and self._hashes[at] == wanted:
            yield self._places[at]
            at += 1


class CalledLater:
    """What the entries at many places are called, for whoever may ask once: nothing is put in order before it pays.

    Until then texts are looked for in those entries that may have them; in all, no more than there are.
    """

    def __init__(self, entries: Sequence[Entry], texts: Callable[[Entry], Iterator[str]]) -> None:
        self._entries, self._texts = entries, texts
        self._made: Called | None = None
        self._looked = 0

    def made(self) -> Called:
        """All of it in order, from now on."""
        if self._made is None:
            pairs = ((text, place) for place, each in enumerate(self._entries) for text in self._texts(each))
            self._made = Called(pairs)
        return self._made

    def places(self, text: str, may: Callable[[], int]) -> int:
        """The places of what is called so; `may` gives those where it may be, of all."""
        size = len(self._entries)
        if self._made is None:
            among = may()
            self._looked += among.bit_count()
            if self._looked <= size:
                return set_of((at for at in in_order(among) if text in self._texts(self._entries[at])), size)
        found = tuple(self.made().places(text))
        return set_of(found, size) if found else NOWHERE


def in_full(entry: Entry) -> Iterator[str]:
    """Everything that names this entry and hardly another, folded."""
    yield fold(entry.id)
    if entry.body is None:
        return
    for text in (*entry.body.names.values(), *entry.body.also, *entry.body.emails):
        yield fold(text)
    for phone in entry.body.phones:
        yield phone.number[1:]


def initials(entry: Entry) -> Iterator[str]:
    """What the first letters of its names make, of a whole name and of its parts, with small words and without."""
    if entry.body is None:
        return
    for name in entry.body.names.values():
        for part in {name, *_SEGMENT.findall(name)}:
            found = words(part)
            if _LEAST_INITIALS <= len(found) <= _MOST_INITIALS:
                yield "".join([word[0] for word in found])
            telling = [word for word in found if word not in SMALL_WORDS]
            if len(telling) < len(found) and _LEAST_INITIALS <= len(telling) <= _MOST_INITIALS:
                yield "".join([word[0] for word in telling])
