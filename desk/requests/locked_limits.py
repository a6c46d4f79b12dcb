"""What the locked desk is to know of time limits, written while it is unlocked (`desk.notices.limits`).

1. Of each timer that runs: its last reminder and its end, as far as its officer was not told of them yet. So what
   passes at night rings at night, and goes on until somebody has seen it. Of an exercise nothing: what rings could not
   say that it is one.
2. A limit within which somebody waits for an answer tonight, or after which data are gone or a person is free, is
   *immediate* when it has passed; every other, and every reminder, is *priority*.
3. None of it can fail what it stands beside, whatever goes wrong: a command that has sent something is not to say that
   it failed. What goes wrong with one request keeps nothing from the others. What cannot be written rings later, or is
   told at the unlocked desk alone; that is said.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from desk.errors import DeskError
from desk.notices.limits import Limit, keep
from desk.profile.unlocked import Unlocked
from desk.requests.at_hand import AtHand
from desk.requests.stored import Request, short
from desk.timers.due import Due, told_until
from desk.timers.terms import TimerKind
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
    found, failed = _found(at_hand, every)
    try:
        keep(desk.profile.path, limits(found, told_until(desk.keyring.vault, now)))
    except DeskError as error:
        return _unknown(str(error))
    except Exception as error:
        return _unknown(f"{type(error).__name__}: {error}")
    return _unknown(failed) if failed else ""


def _found(at_hand: AtHand, every: Iterable[Request]) -> tuple[list[Due], str]:
    """The timers of every request that has readable ones, and what was wrong with the last of the others."""
    found, failed = list[Due](), ""
    for each in every:
        try:
            found.append(at_hand.due(each))
        except Exception as error:
            failed = f"request {short(each.id)}: {type(error).__name__}: {error}"
    return found, failed


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
        key=sha256(f"enlace/limit/v1\n{due.request.id} {timer.kind}".encode()).hexdigest(),
        at=at,
        due=min(timer.due, FOREVER),  # later than any time that can be written, which nobody waits for
        precedence="immediate" if passed and timer.kind in PRESSING else "priority",
    )
