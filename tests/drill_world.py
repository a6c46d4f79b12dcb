"""Simulated drills, and what is to come out of them by the definitions alone: no code of ours reckons here.

1. `simulated` makes drills with a seeded generator: contacts of several members, at any hour, some never reached, some
   never accepted, some late, some answered by a clock that is behind.
2. `expected` reckons from the definitions in `docs/drills.md`, with sorting and `math.ceil` alone.
"""

import math
from collections import defaultdict
from random import Random
from typing import Any

from desk.drills.figures import Ping

START = 1_767_225_600
WINDOW = 24 * 60 * 60


def simulated(count: int, seed: int = 5) -> list[Ping]:
    """So many drills."""
    chance = Random(seed)
    return [_one(chance) for _ in range(count)]


def _one(chance: Random) -> Ping:
    member = chance.choice(["ar", "bo", "br", "co", "ht", "pe", "uy"])
    sent = START + chance.randrange(90 * 86_400)
    reached = sent + int(chance.expovariate(1 / 90)) - 5 if chance.random() < 0.93 else None
    accepted = sent + int(chance.lognormvariate(6, 2)) if chance.random() < 0.8 else None
    return Ping(
        contact=f"{member}-{chance.choice(['desk', 'court', 'consul'])}",
        member=member,
        sent=sent,
        reached=reached,
        accepted=accepted,
        hour=chance.randrange(-1, 24),
        language=chance.choice(["es", "pt", "fr", "en", ""]),
    )


def expected(pings: list[Ping], now: int) -> dict[str, Any]:
    """The figures of drills by group and name, from the definitions alone."""
    groups: dict[tuple[str, str], list[Ping]] = defaultdict(list)
    for ping in pings:
        for name in (
            ("all", ""),
            ("member", ping.member),
            ("contact", ping.contact),
            ("hour", f"{ping.hour:02d}" if ping.hour >= 0 else ""),
            ("language", ping.language),
        ):
            groups[name].append(ping)
    return {"/".join(name): _figures(found, now) for name, found in groups.items()}


def _figures(pings: list[Ping], now: int) -> list[Any]:
    reached, accepted, waiting = [], [], 0
    for ping in pings:
        signed = [at for at in (ping.reached, ping.accepted) if at is not None and at - ping.sent <= WINDOW]
        if signed:
            reached.append(max(min(signed) - ping.sent, 0))
        if ping.accepted is not None and ping.accepted - ping.sent <= WINDOW:
            accepted.append(max(ping.accepted - ping.sent, 0))
        elif now - ping.sent <= WINDOW:
            waiting += 1
    ranks = [_nearest_rank(times, part) for times in (reached, accepted) for part in (0.5, 0.9)]
    return [len(pings), len(reached), len(accepted), waiting, *ranks]


def _nearest_rank(times: list[int], part: float) -> int | None:
    if not times:
        return None
    place = math.ceil(round(part * len(times), 6))
    return sorted(times)[place - 1]
