"""Which words lead to which entries, and how much each place where a word stands weighs.

Words that come from a code (what its function or country is called, in four languages) are kept once per code, not once
per entry: an index of ten thousand entries stays small and is quickly made.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from directory.countries import BY_CODE as COUNTRIES
from directory.entry import Entry
from directory.folding import telling_words, words
from directory.functions import BY_CODE as FUNCTIONS

# Where a word was found, as bits, and what that weighs; a word counts at its heaviest place.
NAME, FUNCTION, COUNTRY, CITY, ID, TELEPHONE, MENTION = (1 << bit for bit in range(7))
WEIGHT = {NAME: 80, FUNCTION: 60, COUNTRY: 60, CITY: 50, ID: 50, TELEPHONE: 50, MENTION: 10}

_NUMBER = re.compile(r"[+(]?[\d\s().-]{6,}")

Hits = dict[int, tuple[int, int]]  # an entry's place in the index, to score and bits


def asked_words(text: str) -> list[str]:
    """The words to look for; a telephone number is one word, and small words count only where there is no other."""
    if _NUMBER.fullmatch(text.strip()) and (digits := "".join(each for each in text if each.isdecimal())):
        return [digits]
    return list(dict.fromkeys(telling_words(text)))


class Terms:
    """Words and where they stand: sorted, so that all with one beginning lie side by side."""

    def __init__(self, found: Mapping[str, Mapping[int, int]]) -> None:
        self._words = sorted(found)
        self._places = [found[word] for word in self._words]

    def beginning(self, with_: str) -> Hits:
        """Everything that has a word with this beginning; a whole word weighs more."""
        hits: Hits = {}
        at = bisect_left(self._words, with_)
        while at < len(self._words) and self._words[at].startswith(with_):
            whole = self._words[at] == with_
            for place, bit in self._places[at].items():
                score = WEIGHT[bit] if whole else WEIGHT[bit] * 3 // 4
                if score > hits.get(place, (0, 0))[0]:
                    hits[place] = (score, bit)
            at += 1
        return hits


class EntryTerms:
    """The words of many entries."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.of_country = places(each.contact.country for each in entries)
        self.of_function = places(each.contact.function for each in entries)
        self._countries, self._functions = list(self.of_country), list(self.of_function)
        self._own = Terms(_own_words(entries))
        self._country_terms = Terms(_called(self._countries, _country_names, COUNTRY))
        self._function_terms = Terms(_called(self._functions, _function_names, FUNCTION))

    def matching(self, asked: list[str]) -> tuple[Hits, bool]:
        """The entries that have every word asked for, or else the most of them; and whether any word was missing."""
        scores: Hits = {}
        counts: dict[int, int] = defaultdict(int)
        for word in asked:
            for place, (score, bit) in self._word(word).items():
                so_far, bits = scores.get(place, (0, 0))
                scores[place] = (so_far + score, bits | bit)
                counts[place] += 1
        most = max(counts.values(), default=0)
        return {place: hit for place, hit in scores.items() if counts[place] == most}, most < len(asked)

    def _word(self, word: str) -> Hits:
        hits = self._own.beginning(word)
        for terms, codes, where in (
            (self._country_terms, self._countries, self.of_country),
            (self._function_terms, self._functions, self.of_function),
        ):
            for code, hit in terms.beginning(word).items():
                for place in where[codes[code]]:
                    if hit[0] > hits.get(place, (0, 0))[0]:
                        hits[place] = hit
        return hits


def places(keys: Iterable[str]) -> dict[str, list[int]]:
    """For each key, the places at which it stands, in order."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        found[key].append(place)
    return dict(found)


def _called(codes: list[str], names: Callable[[str], Iterable[str]], bit: int) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for place, code in enumerate(codes):
        for name in names(code):
            for word in words(name):
                found[word][place] = bit
    return found


def _country_names(code: str) -> tuple[str, ...]:
    country = COUNTRIES.get(code)
    return country.known_as if country else (code,)


def _function_names(code: str) -> tuple[str, ...]:
    function = FUNCTIONS.get(code)
    return function.known_as if function else (code,)


def _own_words(entries: tuple[Entry, ...]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = defaultdict(dict)

    def put(place: int, texts: Iterable[str], bit: int) -> None:
        for text in texts:
            for word in words(text):
                if WEIGHT[bit] > WEIGHT.get(found[word].get(place, 0), 0):
                    found[word][place] = bit

    for place, entry in enumerate(entries):
        put(place, (entry.id,), ID)
        body = entry.body
        if body is None:
            continue
        put(place, body.names.values(), NAME)
        put(place, (body.city,), CITY)
        put(place, (each.number[1:] for each in body.phones), TELEPHONE)
        put(place, (body.address, *body.emails, *body.notes.values()), MENTION)
    return found
