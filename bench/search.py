"""Look-ups in the index that `enlace find` asks, by eight kinds of question, each with many different ones.

1. Entries are made without a log: what is measured begins where a desk has its directory in memory. Their names are put
   together as offices' names are, so words are shared by thousands and each name is of one office.
2. Every question of a kind is another one, by a fixed seed, so nothing can be kept from the one before. The first ten
   of what fits are asked for, as people do.
3. The goals are medians at 10,000 and 100,000 contacts (`GOALS`, milliseconds); the 99th percentile stands beside them.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import cycle

from bench.measure import Case, Scale, measure
from bench.offices import COUNTRIES, FUNCTIONS, office
from bench.result import MILLISECOND, Row, row
from directory.entry import Entry, Grade
from directory.finding.search import Index, Query
from directory.folding import SMALL_WORDS, words
from directory.view import Contact

NOW, DAY, RESULTS, QUESTIONS, SEED = 1_790_000_000, 86_400, 10, 200, 20_261_122
GOALS = {10_000: {"exact": 0.2, "ranked": 2.0}, 100_000: {"exact": 0.5, "ranked": 5.0}}
EXACT = ("id", "name in full", "beginning of a word")
Ask = Callable[[Entry, random.Random], Query]


def search(scale: Scale, say: Callable[[str], None]) -> Iterator[Row]:
    """The rows of this group; `say` is told what is measured now."""
    for contacts in scale.listed:
        say(f"search: making {contacts:,} contacts")
        entries = listed(contacts)
        index = Index(entries)
        index.prepare()
        say(f"search: looking up among {contacts:,} contacts")
        timings = measure({kind: _asking(index, kind) for kind in KINDS}, scale)
        goals = GOALS.get(contacts, {})
        for kind, timing in timings.items():
            goal = goals.get("exact" if kind in EXACT else "ranked")
            yield row("search", f"{kind}, {contacts:,} contacts", timing, most=goal and goal * MILLISECOND)
        for kind, timing in measure(_making(entries), Scale(seconds=0, rounds=3)).items():
            yield row("search", f"{kind}, {contacts:,} contacts", timing)


def listed(contacts: int) -> Sequence[Entry]:
    """So many entries, of every age and grade."""
    rng, found = random.Random(SEED), []
    for number in range(contacts):
        country, function = COUNTRIES[number % len(COUNTRIES)], FUNCTIONS[number // len(COUNTRIES) % len(FUNCTIONS)]
        days = rng.randrange(200)
        record = Contact(
            id=f"{country.lower()}-desk-{number}",
            member=country.lower(),
            country=country,
            function=function,
            body=sha256(str(number).encode()).hexdigest(),
            officers=(),
            escalation=(),
            circles=(),
            published=5,
            attested=5,
            attested_at=NOW - days * DAY,
            service=(),
        )
        grade: Grade = "fresh" if days < 120 else "due" if days < 150 else "stale" if days < 180 else "doubtful"
        body = office(number, country, function)
        found.append(Entry(record, body, None, "confirmed", grade, record.attested_at, "enlace"))
    return found


def _making(entries: Sequence[Entry]) -> dict[str, Case]:
    return {"index made": lambda: Index(entries), "all made ready": lambda: Index(entries).prepare()}


def _asking(index: Index, kind: str) -> Case:
    rng = random.Random(SEED)
    questions = cycle([KINDS[kind](rng.choice(index.entries), rng) for _ in range(QUESTIONS)])
    moments = cycle(range(NOW, NOW + 3600))

    def ask() -> object:
        return index.find(next(questions), next(moments), RESULTS)

    return ask


def _telling(entry: Entry) -> list[str]:
    return [each for each in words(entry.name("es")) if each not in SMALL_WORDS and len(each) > 3 and each.isalpha()]


def _misspelled(entry: Entry, rng: random.Random) -> Query:
    found = _telling(entry)
    at = rng.randrange(len(found))
    letter = rng.randrange(1, len(found[at]) - 1)
    found[at] = found[at][:letter] + found[at][letter + 1] + found[at][letter] + found[at][letter + 2 :]
    return Query(text=f"{' '.join(found)} {entry.contact.country}")


KINDS: dict[str, Ask] = {
    "id": lambda entry, _: Query(text=entry.id),
    "name in full": lambda entry, _: Query(text=entry.name("en")),
    "beginning of a word": lambda entry, rng: Query(text=rng.choice(_telling(entry))[: rng.randint(2, 6)]),
    "words": lambda entry, rng: Query(text=" ".join(rng.sample(words(entry.name("en")), 3))),
    "misspelled words": _misspelled,
    "first letters": lambda entry, _: Query(text="".join(each[0] for each in words(entry.name("es"))[:12])),
    "country, function, language": lambda entry, _: Query(
        country=entry.contact.country, function=entry.contact.function, language=entry.languages[0]
    ),
    "words, who answers now": lambda entry, rng: Query(text=rng.choice(_telling(entry)), now=True),
}
