"""Finding the entry one needs: words, country, function, language, and who answers now.

The order of results, what weighs most first:

1. What is called exactly what was asked for (a name, an id, a number, an e-mail address, in full), whatever its age.
   Of a question that names only a country or a function (`directory.finding.named`), what is called so must be of them,
   or be named so, confirmed and not doubtful: nobody is first for *trata colombia* by saying that they are called that.
2. A *doubtful* entry (not attested for longer than policy allows) comes after every other: marked, never hidden.
3. What is of the country that is named, the one named first before others, comes before what only has it in its name.
4. What is called by the words asked for comes before what only mentions one in its address, e-mail or notes; what is
   spelled so before what is spelled nearly so.
5. Asked who answers *now*: who does, then who may (hours unknown), then who does not. Nobody is left out: the one who
   opens in ten minutes may be the best there is.
6. Asked for a language: who says that they work in it, then who is assumed to, saying nothing, from the country.
7. Confirmed, then provisional, then suspended.
8. The better match of words (`directory.finding.search_terms`).
9. Desks that answer day and night by their function, then fresh, then due, then stale; then the later attested; then
   by id.

Every word asked for must begin a word of the entry, or be its initials; *de*, *the* and their like are passed over, and
so are words that only ask (`directory.finding.asking`). Where no entry has them all, words spelled nearly so count too,
then the entries that have the most of them are given, a country that is named counting twice, and say so. Every result
names the reasons for its place, and `Found` what sets the first apart from the second.

What fits and in which order is worked out with sets of places (`directory.finding.places`), so a question costs about
the same whether ten entries fit or ten thousand; entries are only looked at once they are to be shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import and_, or_
from typing import Literal

from directory.countries import country_code, country_languages, country_nearest
from directory.entry import Entry
from directory.finding.answering import Answer
from directory.finding.answers_now import AnswersNow
from directory.finding.asking import Asked, asked, is_number
from directory.finding.called import CalledLater, in_full
from directory.finding.named import Named, named
from directory.finding.places import NOWHERE, in_most, in_order, set_of
from directory.finding.search_order import Lead, Order, apart
from directory.finding.search_terms import EntryTerms, Match, Where
from directory.folding import fold
from directory.functions import function_code, function_nearest
from directory.languages import KNOWN, base_code, language_code, language_nearest
from directory.quality import OFFICIAL

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
    ("telephone", "matches-telephone"), ("language", "works-in-language"), ("mention", "only-mentioned"),
)
# fmt: on
_ANSWERS: dict[bool | None, Reason] = {True: "answers-now", None: "hours-unknown", False: "closed-now"}


class QueryError(ValueError):
    """A question with a country, function or language that nothing here is called by, or with nothing to look for."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; what is left empty is not asked. Country, function and language take codes and names.

    `here` is the code of the country from which a telephone number may be dialled, `circle` the id of one that entries
    are published to.
    """

    text: str = ""
    country: str = ""
    function: str = ""
    language: str = ""
    now: bool = False
    here: str = ""
    circle: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An entry, whether somebody answers there, how well the words match, and why it stands where it does."""

    entry: Entry
    answer: Answer
    score: int
    why: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """How many entries fit, the first of them, and what was understood.

    `lead` is what sets the first apart from the second (nothing, if there is no second); `now` whether who answers now
    is asked; `nobody_in` the countries named in which nobody fits; `left_out` how many words were too many.
    """

    total: int
    results: tuple[Result, ...]
    lead: Lead | None = None
    now: bool = False
    nobody_in: tuple[str, ...] = ()
    left_out: int = 0


class Index:
    """The entries of one moment, made ready for many questions; make another when the entries change."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        # In the order in which entries stand that nothing else sets apart: what is found first is shown first.
        self.entries = tuple(sorted(entries, key=apart))
        self._place = {each.id: place for place, each in enumerate(self.entries)}
        self._terms = EntryTerms(self.entries)
        self._called = CalledLater(self.entries, in_full)
        self._answers = AnswersNow(self.entries)
        size = len(self.entries)
        self._all = (1 << size) - 1
        self._doubtful = set_of((at for at, each in enumerate(self.entries) if each.grade == "doubtful"), size)
        self._standing = [
            set_of((at for at, each in enumerate(self.entries) if each.standing == standing), size)
            for standing in ("confirmed", "provisional")
        ]
        self._published = _published(self.entries)

    def _called_so(self, folded: str) -> int:
        """The places of what is called so in full."""
        return self._called.places(folded, lambda: self._terms.having(folded.split()))

    def prepare(self) -> None:
        """Make ready what only some questions need, so that none of them has to wait for it."""
        self._called.made()
        self._terms.prepare()

    def show(self, contact: str) -> Entry | None:
        """The entry with that id, or nothing."""
        place = self._place.get(contact)
        return None if place is None else self.entries[place]

    def find(self, query: Query, now: int, most: int | None = None) -> Found:
        """The entries that fit, in the order above, the first `most` of them; raises QueryError.

        `now`: unix seconds; whether somebody answers is told for every result, asked or not.
        """
        wanted = asked(query.text, lambda word: bool(self._called_so(word)))
        if query.text.strip() and not wanted.words and not wanted.now:
            raise QueryError("there is no letter and no digit to look for in that; type words, or leave it empty")
        fitting, language, ask_now = self._fitting(query), self._language(query.language), query.now or wanted.now
        speaking, assumed = self._speakers(language) if language else (self._all, NOWHERE)
        fitting &= speaking | assumed
        meant = named(query.text, wanted.passable.__contains__)
        exact = fitting & self._exactly(query.text, wanted, meant, query.here)
        matches, fitting, missing = self._matching(wanted, fitting, exact, query.here)
        countries = [self._terms.country.places.get(code, NOWHERE) for code in meant.countries]
        answers = self._answers.sets(now) if ask_now else {}
        order = Order(matches, exact, self._doubtful, countries, answers, assumed, self._standing)
        results, first = [], list(islice(order.places(fitting), most))
        for place in first:
            entry, reply = self.entries[place], self._answers.of(place, now)
            why = _match_reasons(matches, place, exact=bool(exact >> place & 1), missing=missing)
            if ask_now:
                why.append(_ANSWERS[reply.open])
            if language and "works-in-language" not in why:
                why.append("works-in-language" if speaking >> place & 1 else "language-assumed")
            results.append(Result(entry, reply, order.score(place), (*why, *_own_reasons(entry))))
        two = first if len(first) > 1 or most != 1 else list(islice(order.places(fitting), 2))
        lead = order.lead(two[0], two[1], self.entries) if len(two) > 1 else None
        nobody_in = tuple(code for code, places in zip(meant.countries, countries, strict=True) if not places & fitting)
        return Found(fitting.bit_count(), tuple(results), lead, ask_now, nobody_in, wanted.left_out)

    def _exactly(self, text: str, wanted: Asked, meant: Named, here: str) -> int:
        """The places of what is called exactly so, as rule 1 has it."""
        if not wanted.words:
            return NOWHERE
        folded, size = fold(text), len(self.entries)
        found = self._called_so(folded)
        if len(wanted.words) == 1 and is_number(wanted.words[0]):
            return found | self._terms.match(wanted.words[0], nearly=False, here=here).whole_number
        if not meant.plain:
            return found
        fits = self._all
        for codes, terms in ((meant.countries, self._terms.country), (meant.functions, self._terms.function)):
            if codes:
                fits &= reduce(or_, (terms.places.get(code, NOWHERE) for code in codes))
        named_so = (place for place in in_order(found & ~fits) if self._named(place, folded, meant))
        return found & fits | set_of(named_so, size)

    def _named(self, place: int, folded: str, meant: Named) -> bool:
        """Whether an entry that can be relied on has that name in an official language, and is of the country meant."""
        entry = self.entries[place]
        if entry.body is None or entry.standing != "confirmed" or entry.grade == "doubtful":
            return False
        if meant.countries and entry.contact.country not in meant.countries:
            return False
        return any(fold(name) == folded for tag, name in entry.body.names.items() if base_code(tag) in OFFICIAL)

    def _fitting(self, query: Query) -> int:
        """The places of the entries of the country, with the function and in the circle asked for."""
        fitting = self._all
        if query.country:
            fitting &= self._terms.country.places.get(self._country(query.country), NOWHERE)
        if query.function:
            fitting &= self._terms.function.places.get(self._function(query.function), NOWHERE)
        if query.circle:
            fitting &= self._published.get(query.circle, NOWHERE)
        return fitting

    def _matching(self, wanted: Asked, fitting: int, exact: int, here: str) -> tuple[list[Match], int, bool]:
        """How each word is found, the places that have all of them, or else the most, and whether any was missing."""
        tried: list[Match] = []
        places: list[int] = []
        for nearly in (False, True):
            tried = [self._terms.match(word, nearly=nearly, here=here) for word in wanted.words]
            # A word that may be passed over counts where something is called so, and not where it begins another.
            places = [
                match.called if word in wanted.passable else match.anywhere
                for word, match in zip(wanted.words, tried, strict=True)
            ]
            if (every := reduce(and_, places, fitting) | exact) or not tried:
                return tried, every, False
            telling = [at for at, word in enumerate(wanted.words) if word not in wanted.passable]
            if every := reduce(and_, (places[at] for at in telling), fitting):
                return [tried[at] for at in telling], every, False
        # A word of a country counts twice: the offices of another are of less use than any of that one.
        most, _ = in_most(each & fitting for each in (*places, *(match.of_country for match in tried)))
        return tried, most, True

    def _speakers(self, language: str) -> tuple[int, int]:
        """The places of those who say that they work in a language, and of those of whom it is assumed."""
        assumed = NOWHERE
        for code, places in self._terms.country.places.items():
            if language in country_languages(code):
                assumed |= places
        return self._terms.speaking.get(language, NOWHERE), assumed & self._terms.speaking.get("", NOWHERE)

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
        if language_code(code) or code in self._terms.speaking:
            return code
        near = language_nearest(text)
        known = f"; did you mean {near}?" if near else f", and nobody listed works in it. Known by name are {KNOWN}"
        raise QueryError(f"no language is called {text!r}{known}")


def _published(entries: Sequence[Entry]) -> dict[str, int]:
    """For each circle, the places of what is published to it."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        for circle in entry.contact.circles:
            found[circle].append(place)
    return {circle: set_of(places, len(entries)) for circle, places in found.items()}


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
