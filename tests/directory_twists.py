"""Statements that nobody would think of, for the property test of two judges: any kind, any field, any signers.

Every value is one that stands somewhere in the network, or nearly; time and sequence are right, so that what is wrong
is for the rules of the kind to find. Some of what comes out counts.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from directory_ledger import HOURS_72, Signers
from directory_moves import (
    COUNTRIES,
    DEVICES,
    DUTIES,
    ROLES,
    ROOTS,
    Move,
    Player,
    keys_of,
    reception_of,
)
from directory_spoils import changed, everybody
from directory_world import public_key, relay_keys

from directory.statement import (
    AdmitMember,
    AnyStatement,
    AttestContact,
    ChangeReception,
    ChangeRoles,
    Clocks,
    Continues,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    Freshness,
    ListProvisional,
    NameRelay,
    Policy,
    PublishContact,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SuspendMember,
    WithdrawProvisional,
)

WEAK = "A" * 43 + "="
CIRCLES = ("andean", "south", "west")
REASONS = ("lost", "left")
POLICIES = (
    Policy(),
    Policy(second=()),
    Policy(second=("revoke-last-device",)),
    Policy(second=("revoke-last-device", "make-administrator")),
    Policy(clocks=Clocks(flash=59)),
    Policy(clocks=Clocks(flash=60, immediate=60)),
    Policy(clocks=Clocks(priority=21_601)),
    Policy(freshness=Freshness(due=0)),
    Policy(freshness=Freshness(due=150, stale=150)),
    Policy(freshness=Freshness(doubtful=3651)),
)
KINDS: tuple[type[Any], ...] = (
    AdmitMember, AttestContact, ChangeReception, ChangeRoles, EnrolDevice, EnrolOfficer, EraseBody, EraseBody,
    FirstAdministrator, ListProvisional, NameRelay, PublishContact, PublishContact, ReinstateMember, RekeyRoots,
    RetireContact, RetireContact, RevokeDevice, RevokeMember, RevokeOfficer, SetCircle, SuspendMember,
    WithdrawProvisional,
)  # fmt: skip


def anything(player: Player) -> Move:
    """A statement of any kind, about anything, by anybody who might have a say."""
    kind = player.rng.choice(KINDS)
    if kind is RevokeMember and player.rng.random() < 0.8:
        return anything(player)
    names = [each.name for each in msgspec.structs.fields(kind) if each.name not in ("at", "seq", "network")]
    fields = {name: VALUES[name](player) for name in names}
    if "country" in fields and player.rng.random() < 0.9:
        one = fields.get("member") or fields["contact"]
        fields["country"] = one[:2].upper()
    if kind is EnrolDevice and player.rng.random() < 0.8:
        free = [each for each in DEVICES if not player.ledger.keys.keys() & keys_of(each).values()]
        fields |= keys_of(player.rng.choice(free)) if free else {}
    statement = player.say(kind, **fields)
    return player.since_rekeyed(statement, signers_of(player, statement))


def twisted(player: Player, move: Move) -> Move:
    """A move with another value in one field, signed as before or by somebody else who might have a say."""
    statement, signers = move
    names = [each.name for each in msgspec.structs.fields(type(statement)) if each.name in VALUES]
    if not names:
        return move
    name = player.rng.choice(names)
    other = changed(statement, **{name: VALUES[name](player)})
    ledger = player.ledger
    other = changed(other, seq=ledger.counts[other.subject], at=max(ledger.last[other.subject], statement.at))
    return player.since_rekeyed(other, signers if player.rng.random() < 0.5 else signers_of(player, other))


def signers_of(player: Player, statement: AnyStatement) -> Signers:
    """Some who might have a say in a statement: rightly chosen, or too many, or too few."""
    ledger, rng = player.ledger, player.rng
    member = ledger.member_of(statement) or getattr(statement, "member", "")
    if member not in ledger.country:
        member = player.pick(each for each in ledger.country if each[:2] == getattr(statement, "contact", "")[:2]) or ""
    about = ledger.about(statement)
    people = [each for each, owner in ledger.owner.items() if ledger.home[owner] == member]
    own = [each for each, owner in ledger.owner.items() if owner == about]
    ways: tuple[Callable[[], Signers], ...] = (
        player.roots,
        player.roots,
        lambda: player.quorum(member, 1, about),
        lambda: player.quorum(member, 2, about),
        lambda: player.quorum(member, 1) | player.roots(),
        lambda: frozenset(player.some(people, 2, 1)),
        lambda: frozenset(player.some(own, 2, 1)),
        lambda: frozenset(player.some(people, 2, 1)) | player.roots(),
        lambda: frozenset({ledger.duty}),
        lambda: frozenset(player.some(everybody(player), 3, 1)),
    )
    return rng.choice(ways)() or frozenset({ledger.duty})


def _key(player: Player, size: int) -> str:
    """A key of a size: one that is or was in use, a weak one, or a fresh one."""
    used = [key for key in player.ledger.keys if len(key) == size]
    fresh = reception_of(player.rng.choice(DEVICES), 90 + player.rng.randint(0, 9))
    keys = [player.pick(used), next(key for key in fresh.values() if len(key) == size)]
    return str(player.rng.choice([*keys, WEAK] if size == len(WEAK) else keys))


def _short(player: Player) -> str:
    return _key(player, len(WEAK))


def _long(player: Player) -> str:
    return _key(player, len(keys_of(DEVICES[0])["mldsa44"]))


def _relay_key(name: str) -> Callable[[Player], str]:
    def value(player: Player) -> str:
        plain = _long(player) if name.endswith("mldsa44") else _short(player)
        return plain if player.rng.random() < 0.15 else relay_keys(f"relay-{player.rng.randint(0, 2)}")[name]

    return value


def _list(player: Player, items: Any, most: int) -> tuple[str, ...]:
    """Some items: mostly in order, each once."""
    chosen = player.some(items, most)
    odd = player.rng.random()
    return chosen[::-1] if odd < 0.05 else chosen * 2 if odd < 0.1 else chosen


def _roots(player: Player) -> tuple[str, ...]:
    some = player.rng.sample(ROOTS, player.rng.randint(0, 4))
    more = [*DUTIES, DEVICES[0]] if player.rng.random() < 0.2 else []
    return _list(player, {public_key(each) for each in (*some, *more)}, 6)


def _until(player: Player) -> int:
    base = player.now + player.rng.choice((0, -60, -9000, 300))
    return max(0, base + player.rng.choice((0, 1, 3600, HOURS_72, HOURS_72 + 1, 9 * HOURS_72)))


def _continues(player: Player) -> Continues:
    origin = player.rng.choice((player.ledger.origin, player.ledger.origin, "log9.enlace.example")) or "none"
    return Continues(origin=origin, size=max(0, player.size - player.rng.choice((-1, 0, 1))), root="0" * 64)


VALUES: dict[str, Callable[[Player], Any]] = {
    "member": lambda player: player.pick({*player.ledger.country, f"{player.rng.choice(COUNTRIES)}-9"}),
    "country": lambda player: player.rng.choice((*COUNTRIES, "zz")).upper(),
    "officer": lambda player: player.pick({*player.ledger.home, player.new_officer()}),
    "device": lambda player: player.pick({*player.ledger.owner, "0" * 64}),
    "contact": lambda player: player.pick(
        {*player.ledger.contacts, f"{player.rng.choice(COUNTRIES)}-desk-{player.rng.randint(1, 9)}"}
    ),
    "body": lambda player: player.rng.choice((player.fresh(), player.pick({*player.ledger.bodies, player.fresh()}))),
    "circle": lambda player: player.rng.choice(CIRCLES),
    "function": lambda player: "customs",
    "reason": lambda player: player.rng.choice(REASONS),
    "roles": lambda player: _list(player, ROLES, 3),
    "officers": lambda player: _list(player, player.ledger.home, 3),
    "members": lambda player: _list(player, {*player.ledger.country, "zz"}, 4),
    "circles": lambda player: _list(player, CIRCLES, 2),
    "escalation": lambda player: _list(player, player.ledger.contacts, 2),
    "roots": _roots,
    "threshold": lambda player: player.rng.choice((0, 1, 1, 2, 3)),
    "duty": lambda player: player.rng.choice((public_key(player.rng.choice(DUTIES)), _short(player))),
    "policy": lambda player: player.rng.choice(POLICIES),
    "until": _until,
    "origin": lambda player: f"log{player.ledger.counts['relay']}.enlace.example",
    "continues": _continues,
    "ed25519": _short,
    "mldsa44": _long,
    "reception_ed25519": _short,
    "reception_mldsa44": _long,
    **{name: _relay_key(name) for name in ("log_ed25519", "log_mldsa44", "receipt_ed25519", "receipt_mldsa44")},
}
