"""Words whose letters come from more than one alphabet: one imitates another so, and nobody sees it. Pure.

Only the alphabets that have letters which look like one another's are told apart: Latin, Greek, Cyrillic, Armenian and
Cherokee. A name of several words, each in an alphabet of its own, imitates nothing.
"""

import re
from unicodedata import name

_WORD = re.compile(r"[^\W\d_]+")
_ALPHABETS = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "FULLWIDTH", "MATHEMATICAL"})


def mixed_word(text: str) -> str | None:
    """The first word with letters of several alphabets, or nothing."""
    if text.isascii():
        return None
    return next((word for word in _WORD.findall(text) if len(_alphabets(word)) > 1), None)


def strange_letters(word: str) -> str:
    """The letters of a word that are of another alphabet than its first Latin one, each with its code point."""
    strange = [each for each in dict.fromkeys(word) if _alphabet(each) not in ("LATIN", "")]
    return ", ".join(f"{each} U+{ord(each):04X}" for each in strange)


def _alphabets(word: str) -> set[str]:
    return {_alphabet(each) for each in word} - {""}


def _alphabet(char: str) -> str:
    first = name(char, "").partition(" ")[0]
    return first if first in _ALPHABETS else ""
