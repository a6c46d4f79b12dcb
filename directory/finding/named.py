"""Which countries and functions a question names in full, so that what is meant comes before what is called alike.

1. A country is named by its names in any language, its code, or an adjective (`directory.finding.demonyms`); a function
   by its code, label or synonyms. The longest name that fits counts: *República Dominicana* is not *Dominica*.
2. A question is *plain* if it names countries and functions and says nothing else. An entry that goes by such words
   (*trata colombia*) is not what was meant by them for that alone: anybody may publish that they do.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from directory.countries import COUNTRIES
from directory.finding.demonyms import DEMONYMS
from directory.folding import SMALL_WORDS, words
from directory.functions import FUNCTIONS

_SAY_NOTHING = SMALL_WORDS - {"a"}  # A-TIP is an office, and not any TIP


@dataclass(frozen=True, slots=True)
class Named:
    """The codes of what is named, in the order in which it is; whether nothing else is said."""

    countries: tuple[str, ...]
    functions: tuple[str, ...]
    plain: bool


def named(text: str, passable: Callable[[str], bool] = lambda _: False) -> Named:
    """What a text names in full; words that are `passable` say nothing."""
    said, at, plain = words(text), 0, True
    found: dict[str, list[str]] = {"country": [], "function": []}
    while at < len(said):
        kind, code, length = _longest(said, at)
        if code:
            found[kind].append(code)
        elif said[at] not in _SAY_NOTHING and not passable(said[at]):
            plain = False
        at += length
    countries, functions = (tuple(dict.fromkeys(each)) for each in found.values())
    return Named(countries, functions, plain and bool(countries or functions))


def _longest(said: list[str], at: int) -> tuple[str, str, int]:
    """The longest name that begins at a word: its kind, its code and how many words it has."""
    first, known = said[at], _known()
    for phrase, kind, code in known.get(first, ()):
        if said[at : at + len(phrase)] == phrase and (len(phrase) > 1 or first not in SMALL_WORDS):
            return kind, code, len(phrase)
    return "", "", 1


@cache
def _known() -> Mapping[str, list[tuple[list[str], str, str]]]:
    """For each word that names begin with, those names, the longest first."""
    known: dict[tuple[str, ...], tuple[str, str]] = {}

    def put(kind: str, code: str, names: Iterable[str]) -> None:
        for name in names:
            known.setdefault(tuple(words(name)), (kind, code))

    for country in COUNTRIES:
        put("country", country.code, country.known_as)
        for word in DEMONYMS.get(country.code, ()):
            known.setdefault((word,), ("country", country.code))
    for function in FUNCTIONS:
        put("function", function.code, function.known_as)
    by_first = dict[str, list[tuple[list[str], str, str]]]()
    for phrase, (kind, code) in sorted(known.items(), key=lambda each: -len(each[0])):
        by_first.setdefault(phrase[0], []).append(([*phrase], kind, code))
    return by_first
