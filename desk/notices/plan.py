"""Who is to be told of what, and when: the rules of repeating, quiet hours and floods. Pure; times are unix seconds.

P1 A notice is for what is at least as urgent as it says, and for one of its contacts; what is not known to be for
   another counts as for them: a locked desk does not see for which of its contacts a message is.
P2 It begins `after` minutes from when the matter began, is repeated `every` minutes, and ends when it has reached
   somebody `most` times, or as soon as the matter is over (the message was opened, has expired, the ringing was
   stopped). A telling that reached nobody does not count: a mail server that is away for an hour silences no notice.
P3 In its quiet hours nothing is sent; what is due then is sent when they end, once.
P4 Whoever sends many messages wakes nobody more often than once in GAP seconds by one notice: what comes meanwhile is
   told together. What is more urgent than the last thing told does not wait. It fails open: it delays, and drops
   nothing.
P5 One telling speaks of all that waits, by the most urgent of it; each matter of it that was due counts as told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from desk.notices.settings import DAY_MINUTES, When, as_urgent
from desk.notices.words import About
from relay.protocol.envelope import PRECEDENCES, Precedence

GAP = 60


@dataclass(frozen=True, slots=True)
class Matter:
    """Something to tell of: what about, its key (an envelope's hash), how urgent, since when, for which contacts (none:
    not known)."""

    about: About
    key: str
    precedence: Precedence
    since: int
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often a notice told somebody of a matter, and when it last tried; 0 for never."""

    times: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Last:
    """When a notice told something last, and how urgent that was."""

    at: int
    precedence: Precedence


@dataclass(frozen=True, slots=True)
class Due:
    """What a notice has to tell now (none: nothing), of how much in all, and when it is to be asked again (None: when
    something comes)."""

    ready: tuple[Matter, ...]
    all: tuple[Matter, ...]
    again: int | None

    @property
    def precedence(self) -> Precedence:
        """Of the most urgent of all."""
        return min((each.precedence for each in self.all), key=PRECEDENCES.index)

    @property
    def contacts(self) -> tuple[str, ...]:
        """The contacts it is all for, as far as that is known."""
        return tuple(dict.fromkeys(name for each in self.all for name in each.contacts))


def concerned(when: When, matters: Iterable[Matter]) -> list[Matter]:
    """The matters that a notice is for (P1)."""
    return [
        each
        for each in matters
        if as_urgent(each.precedence, when.least)
        and (not when.contacts or not each.contacts or set(when.contacts) & set(each.contacts))
    ]


def due(
    when: When,
    matters: Sequence[Matter],
    rounds: Mapping[str, Rounds],
    last: Last | None,
    now: int,
    minute: Callable[[int], int],
) -> Due:
    """What a notice tells at `now`; `matters` are of one sort, `minute` is which minute of the local day a time is."""
    mine = concerned(when, matters)
    times = {each.key: _next(when, each, rounds.get(each.key, Rounds())) for each in mine}
    ready = [each for each in mine if (at := times[each.key]) is not None and at <= now]
    later = [at for at in times.values() if at is not None and at > now]
    begun = [each for each in mine if each.since + 60 * when.after <= now]
    if not ready:
        return Due((), tuple(begun), min(later, default=None))
    until = max(_quiet_until(when, now, minute), _gap_until(ready, last, now))
    if until > now:
        return Due((), tuple(begun), until)
    return Due(tuple(ready), tuple(begun), min([*later, now + 60 * when.every]))


def _next(when: When, matter: Matter, rounds: Rounds) -> int | None:
    """When a matter is to be told of next; None if not again (P2)."""
    if rounds.times >= when.most:
        return None
    return rounds.last + 60 * when.every if rounds.last else matter.since + 60 * when.after


def _quiet_until(when: When, now: int, minute: Callable[[int], int]) -> int:
    """When the quiet hours end that it is in; 0 outside of them (P3)."""
    here, until = minute(now), 0
    for begin, end in when.hours:
        inside = begin <= here < end if begin < end else here >= begin or here < end
        if inside:
            left = (end - here) % DAY_MINUTES or DAY_MINUTES
            until = max(until, now - now % 60 + 60 * left)
    return until


def _gap_until(ready: Iterable[Matter], last: Last | None, now: int) -> int:
    """When it may tell again; 0 at once (P4)."""
    if last is None or not 0 <= now - last.at < GAP:
        return 0
    more = any(PRECEDENCES.index(each.precedence) < PRECEDENCES.index(last.precedence) for each in ready)
    return 0 if more else last.at + GAP
