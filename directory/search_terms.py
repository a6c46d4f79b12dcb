"""Which words lead to which entries, and how much each place where a word stands weighs.

1. A word is found where it stands, and where another begins with it; only what is found nowhere else is looked for
   among the words that are spelled nearly so (`directory.spelling`), and the first letters of names.
2. Words that come from a code (what its function or country is called, in four languages) are kept once per code, not
   once per entry: an index of ten thousand entries stays small and is quickly made.
3. A word counts at its heaviest place, more if a name and the function or the country both have it.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from directory.called import Called, initials
from directory.countries import BY_CODE as COUNTRIES
from directory.entry import Entry
from directory.folding import SMALL_WORDS, words
from directory.functions import BY_CODE as FUNCTIONS
from directory.places import NOWHERE, set_of
from directory.spelling import NearWords
from directory.vocabulary import Kind, Sets, Vocabulary

MOST_WORDS = 16
_MOST_NEAR = 24
_NUMBER = re.compile(r"[+(]?[\d\s().-]{6,}")
_LAST = chr(0x10FFFF)

Where = Literal["name", "function", "country", "city", "id", "telephone", "zone", "mention", "acronym"]
_OWN: Mapping[Kind, Where] = {
    Kind.NAME: "name", Kind.CITY: "city", Kind.ID: "id", Kind.TELEPHONE: "telephone", Kind.ZONE: "zone",
    Kind.MENTION: "mention",
}  # fmt: skip
_WHOLE: Mapping[Where, int] = {
    "country": 18, "name": 16, "function": 16, "city": 14, "id": 14, "telephone": 14, "zone": 6, "mention": 2,
}  # fmt: skip
_ACRONYM, _BOTH = 12, 22


@dataclass(frozen=True, slots=True)
class Match:
    """Where one word was found: `levels` are sets that share no place, heaviest first, and what each weighs."""

    levels: tuple[tuple[int, int], ...]
    kinds: tuple[tuple[Where, int], ...]  # where in an entry: the heaviest kind first
    anywhere: int
    nearly: int  # the places that have it in another spelling only

    @property
    def only_mentioned(self) -> int:
        """The places that have it nowhere but in an address, an e-mail address or notes."""
        elsewhere, mentioned = NOWHERE, NOWHERE
        for kind, places in self.kinds:
            if kind == "mention":
                mentioned |= places
            else:
                elsewhere |= places
        return mentioned & ~elsewhere

    def score(self, place: int) -> int:
        """What the word weighs at a place."""
        return next((weight for weight, places in self.levels if places >> place & 1), 0)

    def kind(self, place: int) -> Where | None:
        """In what of the entry at a place the word stands."""
        return next((kind for kind, places in self.kinds if places >> place & 1), None)


def asked_words(text: str, called: Callable[[str], bool] = lambda _: False) -> list[str]:
    """The words to look for; a telephone number is one word.

    Small words count where there is no other, and where an entry is `called` so: DAS is an office, das is not.
    """
    if _NUMBER.fullmatch(text.strip()) and (digits := "".join(each for each in text if each.isdecimal())):
        return [digits]
    found = words(text)
    return list(dict.fromkeys(each for each in found if each not in SMALL_WORDS or called(each))) or found


class EntryTerms:
    """The words of many entries."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries, size = entries, len(entries)
        countries = _grouped((each.contact.country for each in entries), size)
        functions = _grouped((each.contact.function for each in entries), size)
        self.country, self.function = _Coded(countries, _country_names), _Coded(functions, _function_names)
        self._own = Vocabulary(_own_words(entries), size)

    @cached_property
    def _near(self) -> NearWords:
        return NearWords(self._own.words)

    @cached_property
    def _initials(self) -> Called:
        return Called((text, place) for place, each in enumerate(self._entries) for text in initials(each))

    def prepare(self) -> None:
        """Make ready what only some questions need."""
        self._near, self._initials  # noqa: B018 - they are made by being asked for

    def match(self, word: str, *, nearly: bool) -> Match:
        """Where a word is found, also spelled nearly so; that is looked for in any case if there is no other."""
        whole = self._own.sets(*self._own.whole(word))
        begun = self._own.sets(*self._own.beginning(word))
        found = [
            *_weighed(whole, 1),
            *_weighed(begun, 0.75),
            *self.country.found(word, "country"),
            *self.function.found(word, "function"),
            (_ACRONYM, "acronym", set_of(self._initials.places(word), len(self._entries))) if len(word) > 1 else _NOT,
        ]
        exact = NOWHERE
        for _, _, places in found:
            exact |= places
        if nearly or not exact:
            found += self._nearly(word)
        return _match(found, exact)

    def _nearly(self, word: str) -> Iterator[tuple[int, Where, int]]:
        for at, mistakes in self._near.near(word)[:_MOST_NEAR]:
            yield from _weighed(self._own.sets(at, at + 1), 0.6 if mistakes == 1 else 0.4)
        yield from self.country.nearly(word, "country")
        yield from self.function.nearly(word, "function")


_NOT: tuple[int, Where, int] = (0, "acronym", NOWHERE)


class _Coded:
    """The words of what a code is called, and the places of the entries with that code."""

    def __init__(self, places: Mapping[str, int], names: Callable[[str], Iterable[str]]) -> None:
        self.places = places
        called: dict[str, int] = defaultdict(int)
        for code, of_code in places.items():
            for name in names(code):
                for word in words(name):
                    called[word] |= of_code
        self._words, self._called = sorted(called), called

    @cached_property
    def _near(self) -> NearWords:
        return NearWords(self._words)

    def found(self, word: str, where: Where) -> Iterator[tuple[int, Where, int]]:
        """What a word weighs where it is one of these, or begins one."""
        weight = _WHOLE[where]
        if word in self._called:
            yield weight, where, self._called[word]
        begun = NOWHERE
        for each in self._words[bisect_left(self._words, word) : bisect_left(self._words, word + _LAST)]:
            begun |= self._called[each]
        yield weight * 3 // 4, where, begun

    def nearly(self, word: str, where: Where) -> Iterator[tuple[int, Where, int]]:
        """What a word weighs where it is spelled nearly like one of these."""
        for at, mistakes in self._near.near(word):
            yield _WHOLE[where] * (6 if mistakes == 1 else 4) // 10, where, self._called[self._words[at]]


def _weighed(sets: Sets, factor: float) -> Iterator[tuple[int, Where, int]]:
    for kind, where in _OWN.items():
        if sets[kind]:
            yield max(1, int(_WHOLE[where] * factor)), where, sets[kind]


def _match(found: Iterable[tuple[int, Where, int]], exact: int) -> Match:
    by_weight = sorted((each for each in found if each[2]), key=lambda each: -each[0])
    kinds = dict[Where, int]()
    for _, where, places in by_weight:
        kinds[where] = kinds.get(where, NOWHERE) | places
    named, coded = kinds.get("name", NOWHERE), kinds.get("country", NOWHERE) | kinds.get("function", NOWHERE)
    levels, seen = [], NOWHERE
    for weight, places in ((_BOTH, named & coded & exact), *((weight, places) for weight, _, places in by_weight)):
        if fresh := places & ~seen:
            levels.append((weight, fresh))
            seen |= fresh
    return Match(tuple(levels), tuple(kinds.items()), seen, seen & ~exact)


def _grouped(keys: Iterable[str], size: int) -> dict[str, int]:
    found: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        found[key].append(place)
    return {key: set_of(places, size) for key, places in found.items()}


def _country_names(code: str) -> tuple[str, ...]:
    country = COUNTRIES.get(code)
    return country.known_as if country else (code,)


def _function_names(code: str) -> tuple[str, ...]:
    function = FUNCTIONS.get(code)
    return function.known_as if function else (code,)


def _own_words(entries: Iterable[Entry]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = defaultdict(dict)

    def put(place: int, texts: Iterable[str], kind: Kind) -> None:
        for text in texts:
            for word in words(text):
                found[word].setdefault(place, kind)

    for place, entry in enumerate(entries):
        body = entry.body
        if body is not None:
            put(place, (*body.names.values(), *body.also), Kind.NAME)
            put(place, (body.city,), Kind.CITY)
        put(place, (entry.id,), Kind.ID)
        if body is not None:
            put(place, (each.number[1:] for each in body.phones), Kind.TELEPHONE)
            put(place, (str(body.zone).rpartition("/")[2],) if body.zone else (), Kind.ZONE)
            put(place, (body.address, body.website, *body.emails, *body.notes.values()), Kind.MENTION)
    return found
