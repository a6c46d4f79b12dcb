"""Words that are spelled nearly like another: a letter left out, put in, changed, or two beside one another swapped.

1. Words of four letters and more are compared, two mistakes are forgiven from eight letters on; digits are never
   forgiven: another number is another number.
2. Two words are compared if they, or what is left of them without one of their letters, are the same, double letters
   taken for single ones. So not every pair with two mistakes is found, but every one with one mistake.

Source: the distance is that of optimal string alignment (Damerau-Levenshtein with adjacent transpositions).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from directory.finding.called import hashes_of, in_one, numbers_of

LEAST_LETTERS = 4
_DOUBLE = re.compile(r"(.)\1")
_TWO_MISTAKES = 8


class NearWords:
    """The words of a vocabulary, by what is left of them without one letter."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        ordered = in_one((left, at) for at, word in enumerate(words) if _compared(word) for left in _shortened(word))
        # What hashes alike without being alike is sorted out when words are compared.
        self._hashes, self._at = hashes_of(ordered), numbers_of(ordered)

    def near(self, word: str) -> list[tuple[int, int]]:
        """Which words are spelled nearly like this one, and by how many mistakes; nearest first."""
        if not _compared(word):
            return []
        most = 2 if len(word) >= _TWO_MISTAKES else 1
        found = {}
        for at in {at for left in _shortened(word) for at in self._with(hash(left))}:
            mistakes = distance(word, self._words[at], most)
            if 0 < mistakes <= most:
                found[at] = mistakes
        return sorted(found.items(), key=lambda each: (each[1], each[0]))

    def _with(self, hashed: int) -> Iterator[int]:
        at = bisect_left(self._hashes, hashed)
        while at < len(self._hashes) and self._hashes[at] == hashed:
            yield self._at[at]
            at += 1


def distance(one: str, other: str, most: int) -> int:
    """How many letters were left out, put in, changed or swapped between two words; `most` + 1 for all that is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, beside in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != beside))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == beside:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before, last = last, line
    return min(last[-1], most + 1)


def _compared(word: str) -> bool:
    return len(word) >= LEAST_LETTERS and word.isalpha()


def _shortened(word: str) -> set[str]:
    """A word, also with every double letter single, and each of the two without one of its letters."""
    forms = {word, _DOUBLE.sub(r"\1", word)}
    return {*forms, *(each[:at] + each[at + 1 :] for each in forms for at in range(len(each)))}
