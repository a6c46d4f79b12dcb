"""What rings at a desk, and what will: all of it at once, for `enlace notices status`. Readable without the passphrase.

What is told here is what the watch goes by (`desk.notices.night`, rule 3), looked at anew.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from desk.errors import DeskError
from desk.keys.seen_time import span
from desk.mail.schedule import GRACE
from desk.notices import clocks, deaf, limits, ringing, screen
from desk.notices.beside import overdue_turns
from desk.notices.clocks import Clock, OpenTurn
from desk.notices.limits import Limit
from desk.notices.ringing import Ringing
from desk.profile.folder import Profile
from desk.terminal import stamp

_NO_WATCH = "No watch runs here: nothing rings at this desk until `enlace watch` does."


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands at a desk at a time: messages that nobody has opened; turns of this side's messages of which nothing
    was heard; clocks that run, with the turn that is due next; moments of time limits; since when nothing is heard (0:
    it is, or nobody was told yet), and when that was stopped."""

    now: int
    watched: bool
    unopened: tuple[Ringing, ...]
    overdue: tuple[tuple[Clock, OpenTurn], ...]
    running: tuple[tuple[Clock, OpenTurn], ...]
    limits: tuple[Limit, ...]
    limits_stopped: int
    deaf: int
    deaf_stopped: int
    trouble: tuple[str, ...]


def overview(profile: Profile, now: int) -> Overview:
    """What stands at a desk at `now`; `trouble` says what of it cannot be told."""
    path = profile.path
    watched, unknown = _watched(profile)
    since, stopped = deaf.told_of(path) if watched else (0, 0)
    known = limits.load(path)
    return Overview(
        now=now,
        watched=watched,
        unopened=tuple(ringing.ringing(path, now)),
        overdue=tuple(overdue_turns(path, now, stopped=True)),
        running=tuple((x, turn) for x in clocks.clocks(path, now) if (turn := _next(x, now)) is not None),
        limits=known.limits,
        limits_stopped=known.stopped,
        deaf=since,
        deaf_stopped=stopped,
        trouble=tuple(filter(None, (unknown, limits.trouble(path)))),
    )


def _watched(profile: Profile) -> tuple[bool, str]:
    """Whether a watch runs here; where that cannot be told, why, and as if one did: nobody is to begin another."""
    try:
        return profile.watched(), ""
    except DeskError as error:
        return True, str(error)


def plain(found: Overview) -> dict[str, Any]:
    """It for programs; `stopped` is when the ringing was, 0 if it was not."""
    return {
        "watched": found.watched,
        "unopened": msgspec.to_builtins(found.unopened),
        "overdue": [_turn(clock, turn) | {"stopped": _stopped(clock, turn)} for clock, turn in found.overdue],
        "clocks": [_turn(clock, turn) | {"own": clock.own} for clock, turn in found.running],
        "limits": [
            msgspec.to_builtins(each) | {"come": each.at <= found.now, "stopped": _limit_stopped(found, each)}
            for each in found.limits
        ],
        "deaf": {"since": found.deaf, "stopped": found.deaf_stopped},
    }


def lines(found: Overview) -> list[str]:
    """It for people, what is most pressing first."""
    told = [] if found.watched else [_NO_WATCH]
    if found.deaf:
        told.append(f"{'immediate':<10} NOTHING IS HEARD since {stamp(found.deaf)}; {_state(found.deaf_stopped)}")
    for each in found.unopened:
        told.append(f"{each.precedence:<10} unopened for {span(found.now - each.arrived)}; {_state(each.stopped)}")
        told += [f"{'':<10} Clock  {text}" for text in screen.clock(each, found.now)]
    for clock, turn in found.overdue:
        words = f"no sign of {_name(turn)} of message {clock.number} of {clock.contact}, due {stamp(turn.due)}"
        told.append(f"{clock.precedence:<10} {words}; {_state(_stopped(clock, turn))}")
    for moment in (each for each in found.limits if each.at <= found.now):
        words = f"a time limit of a request {'passed' if moment.passed else 'ends'} at {stamp(moment.due)}"
        told.append(f"{moment.precedence:<10} {words}; {_state(_limit_stopped(found, moment))}")
    none = "Nothing waits unopened." if len(told) == (not found.watched) else ""
    told += [none] if none else []
    for clock, turn in found.running:
        whose, when = "of this side" if clock.own else f"of {clock.contact}", "is" if turn.due > found.now else "was"
        told.append(f"{'':<10} Clock  {_name(turn)} of message {clock.number}, {whose}, {when} due {stamp(turn.due)}")
    told += [
        f"{'':<10} Limit  a time limit of a request rings at {stamp(each.at)}, {each.precedence}"
        for each in found.limits
        if each.at > found.now
    ]
    return told


def _state(stopped: int) -> str:
    return f"stopped at {stamp(stopped)}" if stopped else "rings"


def _name(turn: OpenTurn) -> str:
    return "a call" if turn.call else f"stage {turn.number}"


def _next(clock: Clock, now: int) -> OpenTurn | None:
    """The turn of a clock that is due next, or just was: so late is none that it would be overdue."""
    coming = (each for each in clock.turns if each.due + GRACE >= now)
    return min(coming, key=lambda each: each.due, default=None)


def _turn(clock: Clock, turn: OpenTurn) -> dict[str, Any]:
    about = {"envelope": clock.envelope, "message": clock.number, "precedence": clock.precedence}
    return about | {"turn": turn.number, "call": turn.call, "due": turn.due}


def _stopped(clock: Clock, turn: OpenTurn) -> int:
    """When the ringing for a turn was stopped; 0 if it was not."""
    return clock.stopped if turn.due + GRACE < clock.stopped else 0


def _limit_stopped(found: Overview, each: Limit) -> int:
    return found.limits_stopped if each.at <= found.limits_stopped else 0
