"""What the locked desk is to know of time limits, written while it is unlocked (`desk.notices.limits`).

1. Of each timer that runs: its last reminder and its end, as far as its officer was not told of them yet. So what
   passes at night rings at night, and goes on until somebody has seen it. Of an exercise nothing: what rings could not
   say that it is one.
2. A limit within which somebody waits for an answer tonight, or after which data are gone or a person is free, is
   *immediate* when it has passed; every other, and every reminder, is *priority*.
3. None of it can fail what it stands beside, whatever goes wrong: a command that has sent something is not to say that
   it failed. What goes wrong with one request keeps nothing from the others, and of that one what was noted before
   still rings. What cannot be written rings later, or is told at the unlocked desk alone; that is said. Where nobody
   can tell what its officer was told of, it rings once more.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from desk.errors import DeskError
from desk.notices.limits import Limit, keep, load
from desk.profile.unlocked import Unlocked
from desk.requests.at_hand import AtHand
from desk.requests.stored import Request, short
from desk.timers.due import Due, told_until
from desk.timers.terms import KINDS, TimerKind
from desk.timers.timers import Timer, last_reminder
from directory.fields import FOREVER

PRESSING: frozenset[TimerKind] = frozenset({"first-answer", "urgent-direct", "preservation", "provisional-arrest"})


def note_limits(desk: Unlocked, at_hand: AtHand | None = None) -> str:
    """Write what the locked desk is to know of the limits of this desk's requests; returns what went wrong, empty if
    nothing did. Raises nothing (rule 3)."""
    if desk.profile.identity.kind != "officer":
        return ""
    try:
        at_hand = at_hand or AtHand(desk)
        every, now = at_hand.every, at_hand.now
    except DeskError:  # whatever command needs the directory, or the mail, tells that it is damaged
        return ""
    except Exception as error:
        return _unknown(f"{type(error).__name__}: {error}")
    told, failed = _told(desk, now)
    try:
        path = desk.profile.path
        noted, wrong = note_each(every, at_hand.due, told, load(path).limits)
        keep(path, noted)
    except DeskError as error:
        return _unknown(str(error))
    except Exception as error:
        return _unknown(f"{type(error).__name__}: {error}")
    failed = "; ".join(filter(None, (failed, wrong)))
    return _unknown(failed) if failed else ""


def _told(desk: Unlocked, now: int) -> tuple[Callable[[Due, Timer], int], str]:
    """Up to when the officer was told of a timer, and why nobody can tell; then of none of them (rule 3)."""
    try:
        return told_until(desk.keyring.vault, now), ""
    except Exception as error:
        return (lambda due, timer: 0), str(error)


def note_each(
    every: Iterable[Request],
    due: Callable[[Request], Due],
    told: Callable[[Due, Timer], int],
    before: Iterable[Limit],
) -> tuple[list[Limit], str]:
    """What is to be known of every request, and what went wrong with the last of those of which something did.

    `before` is what was known until now, of which that stays (rule 3).
    """
    noted, failed, before = list[Limit](), list[str](), tuple(before)
    for each in every:
        try:
            noted += [*limits([due(each)], told)]
        except Exception as error:
            keys = {_key(each.id, kind) for kind in KINDS}
            noted += [limit for limit in before if limit.key in keys]
            failed.append(f"request {short(each.id)}: {type(error).__name__}: {error}")
    more = f" (and {len(failed) - 1} more)" if failed[1:] else ""
    return noted, failed[-1] + more if failed else ""


def _unknown(why: str) -> str:
    return f"not every time limit of a request may ring while this desk is locked: {why}"


def limits(found: Iterable[Due], told: Callable[[Due, Timer], int]) -> Iterator[Limit]:
    """The moments to know of (rule 1); `told` says up to when the officer was told of a timer."""
    for due in (each for each in found if not each.request.found.request.exercise):
        for timer in due.timers:
            moments = () if timer.state == "met" else (last_reminder(timer), timer.due)
            after = max(told(due, timer), min(timer.began, timer.due - 1))  # a date told late may lie before
            yield from (_limit(due, timer, at) for at in moments if at is not None and after < at <= FOREVER)


def _limit(due: Due, timer: Timer, at: int) -> Limit:
    passed = at >= timer.due
    return Limit(
        key=_key(due.request.id, timer.kind),
        at=at,
        due=min(timer.due, FOREVER),  # later than any time that can be written, which nobody waits for
        precedence="immediate" if passed and timer.kind in PRESSING else "priority",
    )


def _key(request: str, kind: TimerKind) -> str:
    return sha256(f"enlace/limit/v1\n{request} {kind}".encode()).hexdigest()
