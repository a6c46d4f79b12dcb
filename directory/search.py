"""Finding the entry one needs: words, country, function, language, and who answers now.

The order of results, what weighs most first:

1. A *doubtful* entry (not attested for longer than policy allows) comes after every other: marked, never hidden.
2. What is called by the words asked for comes before what only mentions one in its address, e-mail or notes.
3. Asked who answers *now*: who does, then who may (hours unknown), then who does not. Nobody is left out: the one who
   opens in ten minutes may be the best there is.
4. Asked for a language: who says that they work in it, then who is assumed to, saying nothing, from the country.
5. Confirmed, then provisional, then suspended.
6. Fresh, then due, then stale.
7. The better match of words; then the later attested; then by id.

Every word asked for must begin a word of the entry; *de*, *the* and their like are passed over. Where no entry has them
all, those that have the most are given, and say so. Every result names the reasons for its place.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from directory.answering import Answer, answer, contact_zone, local_time
from directory.countries import country_code, country_languages, country_nearest
from directory.entry import Entry
from directory.functions import function_code, function_nearest
from directory.languages import KNOWN, base_code, language_code, language_nearest
from directory.search_terms import CITY, COUNTRY, FUNCTION, ID, MENTION, NAME, TELEPHONE, EntryTerms, Hits, asked_words

# fmt: off
Reason = Literal[
    "matches-name", "matches-function", "matches-country", "matches-city", "matches-id", "matches-telephone",
    "only-mentioned", "some-words-not-found",
    "answers-now", "hours-unknown", "closed-now",
    "works-in-language", "language-assumed",
    "confirmed", "provisional", "suspended",
    "fresh", "due", "stale", "doubtful",
    "cannot-receive", "telephone-and-e-mail-only", "no-details",
]
_MATCHES: tuple[tuple[int, Reason], ...] = (
    (NAME, "matches-name"), (FUNCTION, "matches-function"), (COUNTRY, "matches-country"), (CITY, "matches-city"),
    (ID, "matches-id"), (TELEPHONE, "matches-telephone"), (MENTION, "only-mentioned"),
)
# fmt: on
_ANSWERS: dict[bool | None, tuple[int, Reason]] = {
    True: (0, "answers-now"),
    None: (1, "hours-unknown"),
    False: (2, "closed-now"),
}
_STANDING = {"confirmed": 0, "provisional": 1, "suspended": 2}
_GRADE = {"fresh": 0, "due": 1, "stale": 2, "doubtful": 3}
_DAY = 86_400


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
        self.entries = tuple(sorted(entries, key=lambda each: each.id))
        self._ids = [each.id for each in self.entries]
        self._terms = EntryTerms(self.entries)
        # Many keep the same hours: an answer is worked out for the first of them, and kept while it holds.
        firsts: dict[object, int] = {}
        self._like = [firsts.setdefault(_hours(each), place) for place, each in enumerate(self.entries)]
        self._answers: dict[int, tuple[int, Answer]] = {}

    def show(self, contact: str) -> Entry | None:
        """The entry with that id, or nothing."""
        place = bisect_left(self._ids, contact)
        return self.entries[place] if place < len(self._ids) and self._ids[place] == contact else None

    def find(self, query: Query, now: int, most: int | None = None) -> Found:
        """The entries that fit, in the order above, the first `most` of them; raises QueryError.

        `now`: unix seconds; whether somebody answers is told for every result, asked or not.
        """
        asked = asked_words(query.text)
        hits, missing = self._terms.matching(asked)
        language = self._language(query.language)
        ranked = []
        for place in self._fitting(query, hits if asked else None):
            entry = self.entries[place]
            assumed = _assumed(entry, language)
            if assumed is None:
                continue
            score, bits = hits.get(place, (0, 0))
            key = (
                entry.grade == "doubtful",
                bits & MENTION,
                _ANSWERS[self._answer(place, now).open][0] if query.now else 0,
                assumed,
                _STANDING[entry.standing],
                _GRADE[entry.grade],
                -score,
                -entry.since,
                place,
            )
            ranked.append((key, score, bits, assumed))
        ranked.sort()
        results = []
        for key, score, bits, assumed in ranked[:most]:
            reply = _there(self.entries[key[-1]], self._answer(key[-1], now), now)
            why = _match_reasons(bits, missing=missing)
            if query.now:
                why.append(_ANSWERS[reply.open][1])
            if language:
                why.append("language-assumed" if assumed else "works-in-language")
            results.append(Result(self.entries[key[-1]], reply, score, (*why, *_own_reasons(self.entries[key[-1]]))))
        return Found(len(ranked), tuple(results))

    def _fitting(self, query: Query, hits: Hits | None) -> Iterable[int]:
        """The places of the entries with the words, country and function asked for."""
        fitting: set[int] | None = None if hits is None else set(hits)
        if query.country:
            wanted = set(self._terms.of_country.get(self._country(query.country), ()))
            fitting = wanted if fitting is None else fitting & wanted
        if query.function:
            wanted = set(self._terms.of_function.get(self._function(query.function), ()))
            fitting = wanted if fitting is None else fitting & wanted
        return range(len(self.entries)) if fitting is None else fitting

    def _country(self, text: str) -> str:
        code = country_code(text) or text.strip().upper()
        if country_code(code) or code in self._terms.of_country:
            return code
        near = country_nearest(text)
        raise QueryError(f"no country is called {text!r}" + (f"; did you mean {near}?" if near else "; try its code"))

    def _function(self, text: str) -> str:
        code = function_code(text) or text.strip().lower()
        if function_code(code) or code in self._terms.of_function:
            return code
        near = function_nearest(text)
        raise QueryError(f"no function is called {text!r}" + (f"; did you mean {near}?" if near else ""))

    def _language(self, text: str) -> str:
        """The code, without region, of a language that is known here or that an entry works in; raises QueryError."""
        if not text:
            return ""
        code = language_code(text) or base_code(text.strip())
        if language_code(code) or any(base_code(each) == code for entry in self.entries for each in entry.languages):
            return code
        near = language_nearest(text)
        known = f"; did you mean {near}?" if near else f", and nobody listed works in it. Known by name are {KNOWN}"
        raise QueryError(f"no language is called {text!r}{known}")

    def _answer(self, place: int, now: int) -> Answer:
        first = self._like[place]
        at, kept = self._answers.get(first, (now + 1, Answer(None)))
        if not at <= now < (at + _DAY if kept.changes_at is None else kept.changes_at):
            kept = _answer(self.entries[first], now)
            self._answers[first] = (now, kept)
        return kept


def _hours(entry: Entry) -> object:
    return (entry.body.hours, str(entry.body.zone)) if entry.body else None


def _answer(entry: Entry, now: int) -> Answer:
    return answer(entry.body, now) if entry.body else Answer(None)


def _there(entry: Entry, kept: Answer, now: int) -> Answer:
    """The kept answer with the local time of `now`."""
    zone = contact_zone(entry.body) if entry.body else None
    return replace(kept, local=local_time(zone, now))


def _assumed(entry: Entry, language: str) -> bool | None:
    """Whether a language is only assumed of an entry; None if the entry is not to be found by it."""
    if not language:
        return False
    if entry.languages:
        return False if any(base_code(each) == language for each in entry.languages) else None
    return True if language in country_languages(entry.contact.country) else None


def _match_reasons(bits: int, *, missing: bool) -> list[Reason]:
    why: list[Reason] = [reason for bit, reason in _MATCHES if bits & bit]
    return [*why, "some-words-not-found"] if missing else why


def _own_reasons(entry: Entry) -> list[Reason]:
    why: list[Reason] = [entry.standing, entry.grade]
    if entry.reach != "enlace":
        why.append("cannot-receive" if entry.reach == "cannot receive" else "telephone-and-e-mail-only")
    return [*why, "no-details"] if entry.body is None else why
