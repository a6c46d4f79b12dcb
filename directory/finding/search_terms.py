"""Which words lead to which entries, and how much each place where a word stands weighs.

1. A word is found where it stands, and where another begins with it (one of two letters only if it stands nowhere);
   only what is found nowhere else is looked for among the words that are spelled nearly so
   (`directory.finding.spelling`). The first letters of names count too, unless it is a word of five letters or more
   that stands in a name, a function, a country or a city.
2. Words that come from a code (what its function or country is called, in four languages, and who comes from there) are
   kept once per code, not once per entry: an index of ten thousand entries stays small and is quickly made.
3. A word counts at its heaviest place, more if a name and the function both have it.
4. Nobody is found first by being called everything: names of more than MOST_NAME_WORDS different words, in all
   languages and with what else an entry goes by (offices have thirty), weigh no more than notes.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, or_
from typing import Literal

from directory.countries import BY_CODE as COUNTRIES
from directory.entry import Entry
from directory.finding.asking import is_number
from directory.finding.called import CalledLater, initials
from directory.finding.demonyms import COMMON_DEMONYMS, DEMONYMS
from directory.finding.places import NOWHERE, set_of
from directory.finding.spelling import LEAST_LETTERS, NearWords
from directory.folding import words
from directory.functions import BY_CODE as FUNCTIONS
from directory.languages import LANGUAGES, base_code
from directory.telephones import Telephones
from directory.vocabulary import Kind, Sets, Vocabulary, placed

MOST_NAME_WORDS = 120
_MOST_NEAR = 24
_LAST = chr(0x10FFFF)

Where = Literal["name", "function", "country", "city", "id", "telephone", "zone", "mention", "acronym", "language"]
_OF_KIND: Mapping[Kind, Where] = {
    Kind.NAME: "name", Kind.CITY: "city", Kind.ID: "id", Kind.TELEPHONE: "telephone", Kind.ZONE: "zone",
    Kind.MENTION: "mention",
}  # fmt: skip
_OWN = tuple(_OF_KIND[kind] for kind in Kind)
_WHOLE: Mapping[Where, int] = {
    "country": 18, "name": 16, "function": 16, "city": 14, "id": 14, "telephone": 14, "language": 10, "zone": 6,
    "mention": 2,
}  # fmt: skip
_ACRONYM, _BOTH, _SHORT, _NO_INITIALS = 12, 22, 2, 5
_TELLING = ("name", "function", "country", "city")
_Found = tuple[int, Where, int]


@dataclass(frozen=True, slots=True)
class Match:
    """Where one word was found: `levels` are sets that share no place, heaviest first, and what each weighs."""

    levels: tuple[tuple[int, int], ...]
    kinds: tuple[tuple[Where, int], ...]  # where in an entry: the heaviest kind first
    anywhere: int
    nearly: int  # the places that have it in another spelling only
    called: int = NOWHERE  # the places where it stands whole in a name, or in that of the function or the country
    of_country: int = NOWHERE  # the places of the country that it is a name of, also spelled nearly so
    whole_number: int = NOWHERE  # the places that have it as a telephone number in full

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


class EntryTerms:
    """The words of many entries."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries, size = entries, len(entries)
        countries = _grouped((each.contact.country for each in entries), size)
        functions = _grouped((each.contact.function for each in entries), size)
        self.country = _Coded(countries, _country_names, DEMONYMS, COMMON_DEMONYMS)
        self.function = _Coded(functions, _function_names)
        self.speaking = _speaking(entries)
        self._language = _Coded({code: at for code, at in self.speaking.items() if code}, _language_names)
        self._own = Vocabulary(_own_words(entries), size)
        self._initials = CalledLater(entries, initials)

    @cached_property
    def _near(self) -> NearWords:
        return NearWords(self._own.words)

    @cached_property
    def _telephones(self) -> Telephones:
        return Telephones(self._entries)

    def prepare(self) -> None:
        """Make ready what only some questions need."""
        self._near  # noqa: B018 - it is made by being asked for
        self._initials.made()
        self._telephones.prepare()
        self.country.prepare()
        self.function.prepare()

    def having(self, those: Iterable[str]) -> int:
        """The places of the entries that have each of these words, whole, in what they say of themselves."""
        size = len(self._entries)
        every = [reduce(or_, self._own.sets(*self._own.whole(word))) for word in those]
        return reduce(and_, every, (1 << size) - 1)

    def _with_each_letter(self, word: str) -> int:
        """The places of the entries that have, for each letter of a word, one that begins with it: no others have it as
        their initials."""
        begun = (reduce(or_, self._own.sets(*self._own.beginning(each))) for each in sorted(set(word)))
        return reduce(and_, begun, (1 << len(self._entries)) - 1)

    def match(self, word: str, *, nearly: bool, here: str = "") -> Match:
        """Where a word is found, also spelled nearly so; that is looked for in any case if there is no other."""
        whole = self._own.sets(*self._own.whole(word))
        coded: tuple[tuple[_Coded, Where], ...] = ((self.country, "country"), (self.function, "function"))
        found = [*_weighed(whole, 1), *self._language.whole(word, "language")]
        for codes, where in coded:
            found += codes.whole(word, where)
        known = len(word) >= _NO_INITIALS and any(where in _TELLING for _, where, _ in found)
        full, number = tuple(found), NOWHERE
        if is_number(word):
            number, ends, within = self._telephones.find(word, here, self.country.places)
            weight = _WHOLE["telephone"]
            found += [(weight, "telephone", number | ends), (weight * 3 // 4, "telephone", within)]
        if len(word) > _SHORT or not found:
            found += _weighed(self._own.sets(*self._own.beginning(word)), 0.75)
            for codes, where in coded:
                found += codes.begun(word, where)
        if len(word) > 1 and not known:
            found.append((_ACRONYM, "acronym", self._initials.places(word, lambda: self._with_each_letter(word))))
        exact = reduce(or_, (places for _, _, places in found), NOWHERE)
        of_country = list(self.country.whole(word, "country"))
        if nearly or not exact:
            of_country += self.country.nearly(word, "country")
            near = tuple(self._nearly(word))
            found += near
            found.append((_BOTH * 6 // 10, "name", _in(near, "name") & _in(near, "function")))
        country = reduce(or_, (places for _, _, places in of_country), NOWHERE)
        return _match(found, full, exact, country, number)

    def _nearly(self, word: str) -> Iterator[_Found]:
        for one in _singular(word):
            yield from _weighed(self._own.sets(*self._own.whole(one)), 0.6)
            for weight, where, places in (*self.country.whole(one, "country"), *self.function.whole(one, "function")):
                yield weight * 6 // 10, where, places
        for at, mistakes in self._near.near(word)[:_MOST_NEAR]:
            yield from _weighed(self._own.sets(at, at + 1), 0.6 if mistakes == 1 else 0.4)
        yield from self.country.nearly(word, "country")
        yield from self.function.nearly(word, "function")


_ByCode = Mapping[str, Sequence[str]]
_NO_WORDS: _ByCode = {}


class _Coded:
    """The words of what a code is called, and the places of the entries with that code."""

    def __init__(
        self,
        places: Mapping[str, int],
        names: Callable[[str], Iterable[str]],
        besides: _ByCode = _NO_WORDS,
        near: _ByCode = _NO_WORDS,
    ) -> None:
        self.places = places
        called: dict[str, int] = defaultdict(int)
        compared = set[str]()
        for code, of_code in places.items():
            of_names = {word for name in names(code) for word in words(name)}
            for word in (*of_names, *besides.get(code, ())):
                called[word] |= of_code
            compared.update(of_names, near.get(code, ()))
        self._words, self._called, self._compared = sorted(called), called, sorted(compared)

    @cached_property
    def _near(self) -> NearWords:
        return NearWords(self._compared)

    def whole(self, word: str, where: Where) -> Iterator[_Found]:
        """What a word weighs where it is one of these."""
        if word in self._called:
            yield _WHOLE[where], where, self._called[word]

    def begun(self, word: str, where: Where) -> Iterator[_Found]:
        """What a word weighs where it begins one of these."""
        begun = NOWHERE
        for each in self._words[bisect_left(self._words, word) : bisect_left(self._words, word + _LAST)]:
            begun |= self._called[each]
        yield _WHOLE[where] * 3 // 4, where, begun

    def nearly(self, word: str, where: Where) -> Iterator[_Found]:
        """What a word weighs where it is spelled nearly like one of these."""
        for at, mistakes in self._near.near(word):
            yield _WHOLE[where] * (6 if mistakes == 1 else 4) // 10, where, self._called[self._compared[at]]

    def prepare(self) -> None:
        """Make ready what only misspelled words need."""
        self._near  # noqa: B018 - it is made by being asked for


def _singular(word: str) -> tuple[str, ...]:
    """What a word in *s* or *es* may be the plural of: fiscales, consuls."""
    ends = [end for end in ("s", "es") if word.endswith(end) and len(word) - len(end) >= LEAST_LETTERS]
    return tuple(word.removesuffix(end) for end in ends)


def _weighed(sets: Sets, factor: float) -> Iterator[_Found]:
    for where, places in zip(_OWN, sets, strict=True):
        if places:
            yield max(1, int(_WHOLE[where] * factor)), where, places


def _in(found: Iterable[_Found], wanted: Where) -> int:
    """The places of what was found in one kind of text."""
    here = NOWHERE
    for _, where, places in found:
        if where == wanted:
            here |= places
    return here


def _match(found: Iterable[_Found], full: Sequence[_Found], exact: int, of_country: int, number: int) -> Match:
    by_weight = sorted((each for each in found if each[2]), key=lambda each: -each[0])
    kinds = dict[Where, int]()
    for _, where, places in by_weight:
        kinds[where] = kinds.get(where, NOWHERE) | places
    named, function = _in(full, "name"), _in(full, "function")
    levels, seen = [], NOWHERE
    for weight, places in ((_BOTH, named & function), *((weight, places) for weight, _, places in by_weight)):
        if fresh := places & ~seen:
            levels.append((weight, fresh))
            seen |= fresh
    called = named | function | _in(full, "country")
    return Match(tuple(levels), tuple(kinds.items()), seen, seen & ~exact, called, of_country, number)


def _grouped(keys: Iterable[str], size: int) -> dict[str, int]:
    found: dict[str, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        found[key].append(place)
    return {key: set_of(places, size) for key, places in found.items()}


def _speaking(entries: Sequence[Entry]) -> dict[str, int]:
    """For each language, the places of those who say that they work in it; under no name, those who say nothing."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        for language in {base_code(each) for each in entry.languages} or {""}:
            found[language].append(place)
    return {language: set_of(places, len(entries)) for language, places in found.items()}


def _language_names(code: str) -> tuple[str, ...]:
    """What people call a language: whole names of one word, for *creole* and *créole haïtien* are many."""
    return tuple(name for each in LANGUAGES if each.code == code for name in each.names if len(name.split()) == 1)


def _country_names(code: str) -> tuple[str, ...]:
    country = COUNTRIES.get(code)
    return country.known_as if country else (code,)


def _function_names(code: str) -> tuple[str, ...]:
    function = FUNCTIONS.get(code)
    return function.known_as if function else (code,)


def _own_words(entries: Iterable[Entry]) -> dict[str, list[int]]:
    """For each word the places where it stands, each with the most telling kind of text that has it there."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        for word, kind in _kinds(entry).items():
            found[word].append(placed(place, kind))
    return found


def _kinds(entry: Entry) -> dict[str, Kind]:
    """The words of an entry, and the most telling kind of text that each stands in."""
    body = entry.body
    if body is None:
        return dict.fromkeys(words(entry.id), Kind.ID)
    names = _words((*body.names.values(), *body.also))
    as_offices_are = len(names) <= MOST_NAME_WORDS  # rule 4
    # The least telling first: what comes later takes its place.
    found = {} if as_offices_are else dict.fromkeys(names, Kind.MENTION)
    found |= dict.fromkeys(_words((body.address, body.website, *body.emails, *body.notes.values())), Kind.MENTION)
    if body.zone:
        found |= dict.fromkeys(words(str(body.zone).rpartition("/")[2]), Kind.ZONE)
    found |= dict.fromkeys([each.number[1:] for each in body.phones], Kind.TELEPHONE)
    found |= dict.fromkeys(words(entry.id), Kind.ID)
    found |= dict.fromkeys(words(body.city), Kind.CITY)
    return found | dict.fromkeys(names if as_offices_are else (), Kind.NAME)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in words(text)}
