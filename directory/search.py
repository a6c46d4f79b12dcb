"""Finding the entry one needs: words, country, function, language, and who answers now.

The order of results, what weighs most first:

1. What is called exactly what was asked for (a name, an id, a number, an e-mail address, in full), whatever its age.
2. A *doubtful* entry (not attested for longer than policy allows) comes after every other: marked, never hidden.
3. What is called by the words asked for comes before what only mentions one in its address, e-mail or notes; what is
   spelled so before what is spelled nearly so.
4. Asked who answers *now*: who does, then who may (hours unknown), then who does not. Nobody is left out: the one who
   opens in ten minutes may be the best there is.
5. Asked for a language: who says that they work in it, then who is assumed to, saying nothing, from the country.
6. Confirmed, then provisional, then suspended.
7. The better match of words (`directory.search_terms`).
8. Fresh, then due, then stale; then the later attested; then by id.

Every word asked for must begin a word of the entry, or be its initials; *de*, *the* and their like are passed over.
Where no entry has them all, words spelled nearly so count too, then the entries that have the most of them are given,
and say so. Every result names the reasons for its place.

What fits and in which order is worked out with sets of places (`directory.places`), so a question costs about the same
whether ten entries fit or ten thousand; entries are only looked at once they are to be shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import islice
from operator import and_
from typing import Literal

from directory.answering import Answer
from directory.answers_now import AnswersNow
from directory.called import Called, in_full
from directory.countries import country_code, country_languages, country_nearest
from directory.entry import Entry
from directory.folding import words
from directory.functions import function_code, function_nearest
from directory.languages import KNOWN, base_code, language_code, language_nearest
from directory.places import NOWHERE, in_most, in_order, parts, set_of
from directory.search_terms import MOST_WORDS, EntryTerms, Match, Where, asked_words

# fmt: off
Reason = Literal[
    "called-exactly-so", "matches-name", "matches-acronym", "matches-function", "matches-country", "matches-city",
    "matches-time-zone", "matches-id", "matches-telephone", "only-mentioned", "spelled-nearly-so",
    "some-words-not-found",
    "answers-now", "hours-unknown", "closed-now",
    "works-in-language", "language-assumed",
    "confirmed", "provisional", "suspended",
    "fresh", "due", "stale", "doubtful",
    "cannot-receive", "telephone-and-e-mail-only", "no-details",
]
_MATCHES: tuple[tuple[Where, Reason], ...] = (
    ("name", "matches-name"), ("acronym", "matches-acronym"), ("function", "matches-function"),
    ("country", "matches-country"), ("city", "matches-city"), ("zone", "matches-time-zone"), ("id", "matches-id"),
    ("telephone", "matches-telephone"), ("mention", "only-mentioned"),
)
# fmt: on
_ANSWERS: dict[bool | None, Reason] = {True: "answers-now", None: "hours-unknown", False: "closed-now"}
_STANDING = {"confirmed": 0, "provisional": 1, "suspended": 2}
_GRADE = {"fresh": 0, "due": 1, "stale": 2, "doubtful": 3}


class QueryError(ValueError):
    """A question with a country, function or language that nothing here is called by."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; what is left empty is not asked. Country, function and language take codes and names."""

    text: str = ""
    country: str = ""
    function: str = ""
    language: str = ""
    now: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """An entry, whether somebody answers there, how well the words match, and why it stands where it does."""

    entry: Entry
    answer: Answer
    score: int
    why: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """How many entries fit, and the first of them."""

    total: int
    results: tuple[Result, ...]


class Index:
    """The entries of one moment, made ready for many questions; make another when the entries change."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        # In the order in which entries stand that nothing else sets apart: what is found first is shown first.
        self.entries = tuple(sorted(entries, key=_apart))
        self._place = {each.id: place for place, each in enumerate(self.entries)}
        self._terms = EntryTerms(self.entries)
        self._answers = AnswersNow(self.entries)
        size = len(self.entries)
        self._all = (1 << size) - 1
        self._doubtful = set_of((at for at, each in enumerate(self.entries) if each.grade == "doubtful"), size)
        self._standing = [
            set_of((at for at, each in enumerate(self.entries) if each.standing == standing), size)
            for standing in ("confirmed", "provisional")
        ]
        self._speaking = _speaking(self.entries)

    @cached_property
    def _called(self) -> Called:
        return Called((text, place) for place, each in enumerate(self.entries) for text in in_full(each))

    def prepare(self) -> None:
        """Make ready what only some questions need, so that none of them has to wait for it."""
        self._called  # noqa: B018 - it is made by being asked for
        self._terms.prepare()

    def show(self, contact: str) -> Entry | None:
        """The entry with that id, or nothing."""
        place = self._place.get(contact)
        return None if place is None else self.entries[place]

    def find(self, query: Query, now: int, most: int | None = None) -> Found:
        """The entries that fit, in the order above, the first `most` of them; raises QueryError.

        `now`: unix seconds; whether somebody answers is told for every result, asked or not.
        """
        asked = asked_words(query.text, lambda word: any(True for _ in self._called.places(word)))
        if len(asked) > MOST_WORDS:
            raise QueryError(f"{len(asked)} words are too many to look for; ask with {MOST_WORDS} at most")
        fitting, language = self._fitting(query), self._language(query.language)
        speaking, assumed = self._speakers(language) if language else (self._all, NOWHERE)
        fitting &= speaking | assumed
        matches, fitting, missing = self._matching(asked, fitting)
        exact = set_of(self._called.places(" ".join(words(query.text))), len(self.entries)) if asked else NOWHERE
        if len(asked) == 1 and asked[0].isdecimal():
            exact |= set_of(self._called.places(asked[0]), len(self.entries))
        order = _Order(
            matches,
            exact,
            self._doubtful,
            self._answers.sets(now) if query.now else {},
            assumed,
            self._standing,
        )
        results = []
        for place in islice(order.places(fitting), most):
            entry, reply = self.entries[place], self._answers.of(place, now)
            why = _match_reasons(matches, place, exact=bool(exact >> place & 1), missing=missing)
            if query.now:
                why.append(_ANSWERS[reply.open])
            if language:
                why.append("works-in-language" if speaking >> place & 1 else "language-assumed")
            score = sum(match.score(place) for match in matches)
            results.append(Result(entry, reply, score, (*why, *_own_reasons(entry))))
        return Found(fitting.bit_count(), tuple(results))

    def _fitting(self, query: Query) -> int:
        """The places of the entries of the country and with the function asked for."""
        fitting = self._all
        if query.country:
            fitting &= self._terms.country.places.get(self._country(query.country), NOWHERE)
        if query.function:
            fitting &= self._terms.function.places.get(self._function(query.function), NOWHERE)
        return fitting

    def _matching(self, asked: list[str], fitting: int) -> tuple[list[Match], int, bool]:
        """How each word is found, the places that have all of them, or else the most, and whether any was missing."""
        matches = [self._terms.match(word, nearly=False) for word in asked]
        every = reduce(and_, (match.anywhere for match in matches), fitting)
        if every or not asked:
            return matches, every, False
        matches = [self._terms.match(word, nearly=True) for word in asked]
        places, count = in_most(match.anywhere & fitting for match in matches)
        return matches, places, count < len(asked)

    def _speakers(self, language: str) -> tuple[int, int]:
        """The places of those who say that they work in a language, and of those of whom it is assumed."""
        assumed = NOWHERE
        for code, places in self._terms.country.places.items():
            if language in country_languages(code):
                assumed |= places
        return self._speaking.get(language, NOWHERE), assumed & self._speaking.get("", NOWHERE)

    def _country(self, text: str) -> str:
        code = country_code(text) or text.strip().upper()
        if country_code(code) or code in self._terms.country.places:
            return code
        near = country_nearest(text)
        raise QueryError(f"no country is called {text!r}" + (f"; did you mean {near}?" if near else "; try its code"))

    def _function(self, text: str) -> str:
        code = function_code(text) or text.strip().lower()
        if function_code(code) or code in self._terms.function.places:
            return code
        near = function_nearest(text)
        raise QueryError(f"no function is called {text!r}" + (f"; did you mean {near}?" if near else ""))

    def _language(self, text: str) -> str:
        """The code, without region, of a language that is known here or that an entry works in; raises QueryError."""
        if not text:
            return ""
        code = language_code(text) or base_code(text.strip())
        if language_code(code) or code in self._speaking:
            return code
        near = language_nearest(text)
        known = f"; did you mean {near}?" if near else f", and nobody listed works in it. Known by name are {KNOWN}"
        raise QueryError(f"no language is called {text!r}{known}")


@dataclass(frozen=True, slots=True)
class _Order:
    """What sets entries apart, in the order above: sets of places, those that come first before those that do not."""

    matches: Sequence[Match]
    exact: int
    doubtful: int
    answers: Mapping[bool | None, int]
    assumed: int
    standing: Sequence[int]

    def places(self, fitting: int) -> Iterator[int]:
        """The places in order; each is worked out when it is asked for."""
        mentioned = nearly = NOWHERE
        for match in self.matches:
            mentioned |= match.only_mentioned
            nearly |= match.nearly
        masks = (
            (self.exact,),
            (~self.doubtful,),
            (~mentioned,),
            (~nearly,),
            (self.answers[True], self.answers[None]) if self.answers else (),
            (~self.assumed,),
            self.standing,
        )
        for alike in _apart_by(fitting, masks):
            for equal in self._by_score(alike):
                yield from in_order(equal)

    def _by_score(self, places: int) -> Iterator[int]:
        sums = {0: places}
        for match in self.matches:
            further = dict[int, int]()
            for total, those in sums.items():
                for weight, level in match.levels:
                    if both := those & level:
                        further[total + weight] = further.get(total + weight, NOWHERE) | both
                        those ^= both
                if those:  # a word that is missing here
                    further[total] = further.get(total, NOWHERE) | those
            sums = further
        for total in sorted(sums, reverse=True):
            yield sums[total]


def _apart_by(places: int, masks: Sequence[Sequence[int]]) -> Iterator[int]:
    if not masks:
        yield places
        return
    for part in parts(places, *masks[0]):
        yield from _apart_by(part, masks[1:])


def _apart(entry: Entry) -> tuple[bool, int, int, int, str]:
    doubtful = entry.grade == "doubtful"
    return doubtful, _STANDING[entry.standing], _GRADE[entry.grade], -entry.since, entry.id


def _speaking(entries: Sequence[Entry]) -> dict[str, int]:
    """For each language, the places of those who say that they work in it; under no name, those who say nothing."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        for language in {base_code(each) for each in entry.languages} or {""}:
            found[language].append(place)
    return {language: set_of(places, len(entries)) for language, places in found.items()}


def _match_reasons(matches: Sequence[Match], place: int, *, exact: bool, missing: bool) -> list[Reason]:
    kinds = {match.kind(place) for match in matches}
    why: list[Reason] = ["called-exactly-so"] if exact else []
    why += [reason for kind, reason in _MATCHES if kind in kinds]
    if any(match.nearly >> place & 1 for match in matches):
        why.append("spelled-nearly-so")
    return [*why, "some-words-not-found"] if missing else why


def _own_reasons(entry: Entry) -> list[Reason]:
    why: list[Reason] = [entry.standing, entry.grade]
    if entry.reach != "enlace":
        why.append("cannot-receive" if entry.reach == "cannot receive" else "telephone-and-e-mail-only")
    return [*why, "no-details"] if entry.body is None else why
