"""A desk's own comparable indicators of its requests in one quarter: what it may publish, and nothing besides. Pure.

1. A request counts in the quarter in which the relay took it in. *Sent* are those of contacts of the desk's own member,
   *received* those that came to it; one is never both. Exercises count nowhere.
2. What is counted, of each direction: requests by kind of form, and each kind by the country of the counterpart; by
   outcome; by language; by whether the clock had to call somebody further. Each of these adds up to the same whole.
3. All of it goes through `desk.indicators.cells`: a kind that is not shown has neither countries nor times.
4. Times run from when the relay took the request in to the first *delivered*, acceptance and completion. They are whole
   minutes, rounded up, nearest ranks (`desk.drills.figures`), shown of K at least, and without of how many.
5. Only whole quarters: of periods that overlap one could be taken from the other. For the same reason a quarter is
   exported once it is over, and then always as it was the first time (`desk.indicators.export`).
"""

import re
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from desk.drills.figures import percentile
from desk.errors import Usage
from desk.indicators.cells import K, Shown, shown
from directory.fields import Count, MemberId

Direction = Literal["sent", "received"]
DIRECTIONS: tuple[Direction, ...] = ("sent", "received")
_QUARTER = re.compile(r"(20[0-9]{2})-Q([1-4])")


@dataclass(frozen=True, slots=True)
class Handled:
    """A request as it counts: `kind` is its form or `none`, `outcome` its state, a refusal with the reason; times in
    seconds after the relay took it in, None for what did not happen."""

    direction: Direction
    kind: str
    country: str
    at: int
    outcome: str
    language: str
    escalated: bool
    delivered: int | None = None
    accepted: int | None = None
    completed: int | None = None


Name = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9]+([ -][A-Za-z0-9]+)*\Z", max_length=80)]
Period = Annotated[str, msgspec.Meta(pattern=r"\A20[0-9]{2}-Q[1-4]\Z")]
AtLeastK = Annotated[int, msgspec.Meta(ge=11, le=2**40)]  # K: nothing below it is ever shown
Parts = dict[Name, AtLeastK]


class Times(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A median and a 90th percentile, in whole minutes."""

    median: Count
    p90: Count


class Counted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A whole and its parts by name; `count` is left out where it is below k, and then there are no parts."""

    count: AtLeastK | msgspec.UnsetType = msgspec.UNSET
    parts: Parts = {}  # msgspec copies an empty default for each instance


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One kind of request: how many, by country, and how soon."""

    count: AtLeastK
    countries: Parts = {}
    times: dict[Literal["delivered", "accepted", "completed"], Times] = {}


class OneWay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The indicators of one direction."""

    requests: Counted
    kinds: dict[Name, Kind] = {}
    outcomes: Parts = {}
    languages: Parts = {}
    escalated: Parts = {}
    times: dict[Literal["delivered", "accepted", "completed"], Times] = {}


class Indicators(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"format": "type"}):
    """What is exported: type, the quarter, k, the member whose desk it is, and both directions."""

    format: Literal["enlace-indicators-1"] = "enlace-indicators-1"
    member: MemberId
    period: Period
    k: Literal[11] = 11
    sent: OneWay
    received: OneWay


def quarter(period: str) -> tuple[int, int]:
    """The first second of a quarter and the first after it; raises Usage for what is none."""
    found = _QUARTER.fullmatch(period)
    if found is None:
        raise Usage(f"{period!r} is no quarter; write it like 2026-Q3")
    year, number = int(found[1]), int(found[2])
    after = (year + 1, 1) if number == 4 else (year, 3 * number + 1)
    return _begins(year, 3 * number - 2), _begins(*after)


def indicators(handled: Iterable[Handled], member: str, period: str) -> Indicators:
    """The indicators of a quarter."""
    start, end = quarter(period)
    found = [each for each in handled if start <= each.at < end]
    sent, received = (_one_way([each for each in found if each.direction == way]) for way in DIRECTIONS)
    return Indicators(member=member, period=period, sent=sent, received=received)


def _one_way(found: list[Handled]) -> OneWay:
    kinds = _counted(found, lambda each: each.kind)
    if kinds.count is None:
        return OneWay(requests=Counted())
    return OneWay(
        requests=Counted(count=kinds.count, parts=dict(kinds.parts)),
        kinds={name: _kind([each for each in found if each.kind == name]) for name in _named(kinds.parts)},
        outcomes=dict(_counted(found, lambda each: each.outcome).parts),
        languages=dict(_counted(found, lambda each: each.language or "unknown").parts),
        escalated=dict(_counted(found, lambda each: "yes" if each.escalated else "no").parts),
        times=_times(found),
    )


def _kind(found: list[Handled]) -> Kind:
    countries = _counted(found, lambda each: each.country or "unknown")
    return Kind(count=len(found), countries=dict(countries.parts), times=_times(found))


def _counted(found: Iterable[Handled], key: Callable[[Handled], str]) -> Shown:
    return shown(Counter(map(key, found)))


def _named(parts: Mapping[str, int]) -> list[str]:
    return [name for name in parts if name != "other"]


def _times(found: list[Handled]) -> dict[Literal["delivered", "accepted", "completed"], Times]:
    told: dict[Literal["delivered", "accepted", "completed"], Times] = {}
    for step in ("delivered", "accepted", "completed"):
        taken = [-(-max(0, seconds) // 60) for each in found if (seconds := getattr(each, step)) is not None]
        if len(taken) >= K:
            told[step] = Times(median=percentile(taken, 50) or 0, p90=percentile(taken, 90) or 0)
    return told


def _begins(year: int, month: int) -> int:
    return timegm((year, month, 1, 0, 0, 0, 0, 0, 0))
