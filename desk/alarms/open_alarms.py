"""The alarms of the directory that are not over: what `enlace status` goes on saying, with exit code 5.

1. One of each kind is held, the newest; the evidence of all stays in `alarms/`.
2. It is over when the desk has synchronised without an alarm, with at least as many statements as the alarm spoke of
   (`until`; no later alarm of its kind makes that fewer), or with a further relay named by the roots: of that one
   nothing is asked that a former one signed (as in `desk.replica.standing`, H5), so no receipt cuts a desk off for
   good. A freeze is over when the directory was vouched for within a day. A halt is over when the roots ended it
   (`desk.replica.resume`), and is under a seal of its own, as is what the log owes. What stands here is under none: who
   writes this disk can take it away, and with it what is asked because of a receipt.
"""

import msgspec

from desk.errors import Told
from desk.replica.store import ReplicaStore
from directory.canonical import Malformed, decode, encode
from directory.view import NEVER

_FACT = "open-alarms"
_MOST_WORDS = 2000
FREEZE = "freeze"


class OpenAlarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An alarm, when it was raised, what was safe then, its evidence file, how many statements would answer it, and how
    many relays were named by then."""

    kind: str
    what: str
    at: int
    size: int = 0
    time: int = 0
    file: str = ""
    proven: bool = False
    until: int = 0
    relays: int = NEVER

    def told(self, *, halted: bool) -> Told:
        """As it is told."""
        return Told(self.kind, self.what, self.size, self.time, halted, self.file, self.proven, self.until)


def unresolved(store: ReplicaStore) -> tuple[OpenAlarm, ...]:
    """Those that are not over, the oldest first."""
    try:
        return decode(store.fact(_FACT) or b"[]", tuple[OpenAlarm, ...])
    except Malformed:  # somebody wrote this disk; the evidence is in `alarms/` all the same
        return ()


def begin(store: ReplicaStore, told: Told, now: int, until: int = 0, relays: int = NEVER) -> None:
    """Hold an alarm, in the place of another of its kind."""
    before = unresolved(store)
    fresh = OpenAlarm(
        kind=told.kind,
        what=told.what[:_MOST_WORDS],
        at=now,
        size=told.size,
        time=told.time,
        file=told.file,
        proven=told.proven,
        until=max([until, *(each.until for each in before if each.kind == told.kind and each.relays >= relays)]),
        relays=relays,
    )
    others = [each for each in before if each.kind != told.kind]
    store.put_fact(_FACT, encode((*others, fresh)))


def end(store: ReplicaStore, size: int, relays: int = 0) -> None:
    """The directory was synchronised without an alarm, and has `size` statements, in which `relays` were named."""
    still = [each for each in unresolved(store) if each.kind == FREEZE or (each.until > size and each.relays >= relays)]
    _keep(store, still)


def end_freeze(store: ReplicaStore) -> None:
    """The directory was vouched for a short while ago."""
    _keep(store, [each for each in unresolved(store) if each.kind != FREEZE])


def _keep(store: ReplicaStore, alarms: list[OpenAlarm]) -> None:
    if len(alarms) != len(unresolved(store)):
        store.put_fact(_FACT, encode(tuple(alarms)))
