"""What drills say of readiness: how many were reached, how many accepted, and how soon. Pure.

1. A *ping* is one drill to one contact. It is *sent* from when the relay took it in; *reached* when a device that
   serves the contact signed that it was delivered, *accepted* when an officer of the contact signed that. Whether a
   signature counts is decided before (`desk.drills.measured`): what does not count is not here.
2. Only what was signed within LASTS of the sending counts: an answer of the next week says nothing about a night.
   Who accepted was reached, whether or not the line that says so has come.
3. Times are whole seconds from the relay's receipt for the drill to the time that was signed. That is the answering
   device's clock: one that is behind may have signed before the relay did. Then the time is 0, never less.
4. A percentile is the *nearest rank*: of n times in order, the one at place ceil(p × n / 100), counted from 1. So it
   is always a time that was measured, and the median of 4 is the second. Of no times there is none.
5. Times are those of pings that were reached, or accepted: how many were not stands beside them, and makes no time.
6. *Waiting* are pings that may still be accepted within their time. They count as sent: read the rest when none waits.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

LASTS = 86_400  # seconds
UNKNOWN = ""  # a language that was not said


@dataclass(frozen=True, slots=True)
class Ping:
    """One drill to one contact; times are unix seconds, None for what did not happen.

    `hour` is that of the contact's own day when the relay took it in, -1 where its time zone is not known.
    """

    contact: str
    member: str
    sent: int
    reached: int | None = None
    accepted: int | None = None
    hour: int = -1
    language: str = UNKNOWN


@dataclass(frozen=True, slots=True)
class Figures:
    """What some pings come to; times in seconds, None where there are none."""

    name: str
    sent: int
    reached: int
    accepted: int
    waiting: int
    reached_median: int | None
    reached_p90: int | None
    accepted_median: int | None
    accepted_p90: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of all pings, and of those of each member, contact, hour and language, by name."""

    whole: Figures
    members: tuple[Figures, ...]
    contacts: tuple[Figures, ...]
    hours: tuple[Figures, ...]
    languages: tuple[Figures, ...]


def percentile(times: Iterable[int], percent: int) -> int | None:
    """The nearest-rank percentile of `times` (rule 4); None of none."""
    ordered = sorted(times)
    return ordered[-(-percent * len(ordered) // 100) - 1] if ordered else None


def figures(name: str, pings: Iterable[Ping], now: int) -> Figures:
    """What `pings` come to at `now`."""
    found = list(pings)
    reached = [taken for each in found if (taken := _reached(each)) is not None]
    accepted = [taken for each in found if (taken := _took(each, each.accepted)) is not None]
    return Figures(
        name=name,
        sent=len(found),
        reached=len(reached),
        accepted=len(accepted),
        waiting=sum(1 for each in found if _took(each, each.accepted) is None and now <= each.sent + LASTS),
        reached_median=percentile(reached, 50),
        reached_p90=percentile(reached, 90),
        accepted_median=percentile(accepted, 50),
        accepted_p90=percentile(accepted, 90),
    )


def report(pings: Iterable[Ping], now: int) -> Report:
    """The figures of `pings` as a whole and by member, contact, local hour and language; only those that occur."""
    found = list(pings)
    return Report(
        whole=figures("", found, now),
        members=_by(found, lambda each: each.member, now),
        contacts=_by(found, lambda each: each.contact, now),
        hours=_by(found, lambda each: f"{each.hour:02}" if each.hour >= 0 else UNKNOWN, now),
        languages=_by(found, lambda each: each.language, now),
    )


def _by(pings: list[Ping], key: Callable[[Ping], str], now: int) -> tuple[Figures, ...]:
    groups: dict[str, list[Ping]] = {}
    for each in pings:
        groups.setdefault(key(each), []).append(each)
    return tuple(figures(name, groups[name], now) for name in sorted(groups))


def _took(ping: Ping, at: int | None) -> int | None:
    """How long something took, if it happened in time (rules 2 and 3)."""
    return None if at is None or at > ping.sent + LASTS else max(0, at - ping.sent)


def _reached(ping: Ping) -> int | None:
    """How long it took to reach a contact: until the first of both signatures."""
    times = [each for each in (_took(ping, ping.reached), _took(ping, ping.accepted)) if each is not None]
    return min(times, default=None)
