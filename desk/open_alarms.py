"""The alarms of the directory that are not over: what `enlace status` goes on saying, with exit code 5.

1. One of each kind is held, the newest; the evidence of all stays in `alarms/`.
2. It is over when the desk has synchronised without an alarm, with at least as many statements as the alarm spoke of
   (`until`). A freeze is over when the directory was vouched for within a day. A halt is over when the roots ended it
   (`desk.resume`), and is under a seal of its own; what stands here is for telling only, and who writes this disk can
   take it away.
"""

import msgspec

from desk.errors import Told
from desk.replica import ReplicaStore
from directory.canonical import Malformed, decode, encode

_FACT = "open-alarms"
_MOST_WORDS = 2000
FREEZE = "freeze"


class OpenAlarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An alarm, when it was raised, what was safe then, its evidence file, and how many statements would answer it."""

    kind: str
    what: str
    at: int
    size: int = 0
    time: int = 0
    file: str = ""
    proven: bool = False
    until: int = 0

    def told(self, *, halted: bool) -> Told:
        """As it is told."""
        return Told(self.kind, self.what, self.size, self.time, halted, self.file, self.proven)


def unresolved(store: ReplicaStore) -> tuple[OpenAlarm, ...]:
    """Those that are not over, the oldest first."""
    try:
        return decode(store.fact(_FACT) or b"[]", tuple[OpenAlarm, ...])
    except Malformed:  # somebody wrote this disk; the evidence is in `alarms/` all the same
        return ()


def begin(store: ReplicaStore, told: Told, now: int, until: int = 0) -> None:
    """Hold an alarm, in the place of another of its kind."""
    fresh = OpenAlarm(
        kind=told.kind,
        what=told.what[:_MOST_WORDS],
        at=now,
        size=told.size,
        time=told.time,
        file=told.file,
        proven=told.proven,
        until=until,
    )
    others = [each for each in unresolved(store) if each.kind != told.kind]
    store.put_fact(_FACT, encode((*others, fresh)))


def end(store: ReplicaStore, size: int) -> None:
    """The directory was synchronised without an alarm, and has `size` statements."""
    _keep(store, [each for each in unresolved(store) if each.until > size or each.kind == FREEZE])


def end_freeze(store: ReplicaStore) -> None:
    """The directory was vouched for a short while ago."""
    _keep(store, [each for each in unresolved(store) if each.kind != FREEZE])


def _keep(store: ReplicaStore, alarms: list[OpenAlarm]) -> None:
    if len(alarms) != len(unresolved(store)):
        store.put_fact(_FACT, encode(tuple(alarms)))
