"""How good an entry is for somebody who needs it at night, and what its authority can do to better it.

1. A score from 100 down: what an entry lacks takes points off (`LACKS`), each lack once, and no score is below 0. It
   measures what is published and how lately it was confirmed, not the people who answer. A member's score is the mean
   of its entries', rounded down; of a member that lists none it is 0: nobody can be reached.
2. Whatever lowers a score can be put right by the authority itself, and says how.
3. Provisional entries are nobody's to mend yet: they have no score. That the devices of a suspended member receive
   nothing costs no points: only the roots can mend that.
4. Details that the reader does not have cost no points: those shared within circles that the reader is not in, and
   those that are missing here although nobody erased them, which is an alarm about whoever keeps them back. Such an
   entry is judged by what else there is. Details that were erased, or that nobody can read, are as good as none.
5. An officer counts as a second one only with a device that serves the contact.

Pure. The points are ours: what stops a call at three in the morning weighs most.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from directory.bodies import ContactBody, Span
from directory.entry import Entry, Grade

LackCode = Literal[
    "no-details", "doubtful", "stale", "due", "no-telephone", "no-night-number", "unreachable", "cannot-receive",
    "no-officer", "one-officer", "hours-unknown", "no-languages", "no-alternate", "names-missing", "no-e-mail",
    "no-commitment", "no-requirements",
]  # fmt: skip
OFFICIAL = ("es", "en", "pt", "fr")
ANSWERS_REQUESTS = frozenset({"central-authority-mla", "extradition"})


@dataclass(frozen=True, slots=True)
class Lack:
    """What an entry lacks, how many points that costs, and how it is mended (`directory.mending` has the command)."""

    code: LackCode
    points: int
    words: str
    mend: str


_LACKS = (
    Lack("no-details", 100, "no details are published", "publish them"),
    Lack("doubtful", 40, "not confirmed for so long that it is shown last", "look at it and confirm it"),
    Lack("stale", 25, "confirmed too long ago", "look at it and confirm it"),
    Lack("due", 10, "due to be confirmed", "look at it and confirm it"),
    Lack("no-telephone", 25, "no telephone number", "add one"),
    Lack("no-night-number", 10, "no number that answers at night", "add one"),
    Lack("unreachable", 20, "not reached by the reporting desk's last message or drill", "keep a desk on watch there"),
    Lack("cannot-receive", 20, "messages cannot reach it", "bring a desk of an officer who serves it up to date"),
    Lack("no-officer", 20, "nobody serves it", "name two officers; `enlace officer list` has their ids"),
    Lack("one-officer", 10, "one officer only", "add a second one with a device; `enlace officer list` has the ids"),
    Lack("hours-unknown", 10, "duty hours are not told", "add them, as in Mon-Fri 08:00-18:00, or 24/7"),
    Lack("no-languages", 8, "working languages are not told", "add them, as in es; en"),
    Lack("no-alternate", 8, "nobody is next if it does not answer", "name another contact of yours"),
    Lack("names-missing", 6, "no name in every official language", "add the names"),
    Lack("no-e-mail", 5, "no e-mail address", "add one"),
    Lack("no-commitment", 5, "no time within which it answers", "add one, in minutes"),
    Lack("no-requirements", 5, "what a request must bring is not told", "say at least in which languages"),
)
LACKS: MappingProxyType[LackCode, Lack] = MappingProxyType({each.code: each for each in _LACKS})


@dataclass(frozen=True, slots=True)
class Quality:
    """An entry, its score from 0 to 100, and what it lacks, what costs most first."""

    entry: Entry
    score: int
    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class MemberQuality:
    """A member's entries, worst first; how many have each grade; its score (rule 1)."""

    member: str
    entries: tuple[Quality, ...]
    grades: Mapping[Grade, int]
    score: int


def quality(entry: Entry, unreachable: Collection[str] = ()) -> Quality:
    """The score of an entry; `unreachable` are contacts that the last attempt did not reach."""
    lacking = _lacking(entry, unreachable)
    lacks = tuple(LACKS[code] for code in LACKS if code in lacking)
    return Quality(entry, max(0, 100 - sum(each.points for each in lacks)), lacks)


def of_member(member: str, entries: Iterable[Entry], unreachable: Collection[str] = ()) -> MemberQuality:
    """The quality of a member's entries."""
    found = [quality(each, unreachable) for each in entries if each.contact.member == member]
    found.sort(key=lambda each: (each.score, each.entry.since, each.entry.id))
    grades: dict[Grade, int] = {"fresh": 0, "due": 0, "stale": 0, "doubtful": 0}
    for each in found:
        grades[each.entry.grade] += 1
    mean = sum(each.score for each in found) // len(found) if found else 0
    return MemberQuality(member, tuple(found), grades, mean)


def _lacking(entry: Entry, unreachable: Collection[str]) -> set[LackCode]:
    body = entry.body
    if body is None and entry.absence not in ("withheld", "missing"):
        return {"no-details"}
    officers = entry.contact.officers
    has: dict[LackCode, bool] = {
        "doubtful": entry.grade != "doubtful",
        "stale": entry.grade != "stale",
        "due": entry.grade != "due",
        "unreachable": entry.id not in unreachable,
        "cannot-receive": entry.reach == "enlace" or not officers or entry.standing == "suspended",
        "no-officer": bool(officers),
        "one-officer": len(officers) != 1 and not _one_able(entry),
        "no-alternate": bool(entry.contact.escalation),
    }
    if body is not None:
        has |= _details(body, entry.contact.function)
    return {code for code, is_there in has.items() if not is_there}


def _one_able(entry: Entry) -> bool:
    """Whether of several officers one alone can receive (rule 5); where none can, that is another lack."""
    return entry.able is not None and len(entry.able) == 1


def _lasts(span: Span) -> bool:
    """Whether a span takes any time; one from 24:00 to 00:00 ends as it begins."""
    return (span.opens, span.closes) != (1440, 0)


def _details(body: ContactBody, function: str) -> dict[LackCode, bool]:
    """What is there of the details."""
    uses = {each.use for each in body.phones} - {"fax"}
    return {
        "no-telephone": bool(uses),
        "no-night-number": not uses or bool(uses & {"night", "always"}),  # without any number that one is told
        "hours-unknown": body.hours.always or any(_lasts(each) for each in body.hours.spans),
        "no-languages": bool(body.languages),
        "names-missing": {each.partition("-")[0] for each in body.names} >= set(OFFICIAL),
        "no-e-mail": bool(body.emails),
        "no-commitment": bool(body.promised),
        "no-requirements": function not in ANSWERS_REQUESTS
        or bool(body.requirements.languages or body.requirements.form or body.requirements.channel),
    }
