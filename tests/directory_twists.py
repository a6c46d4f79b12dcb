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


def near(player: Player) -> Move:
    """What `anything` hits too seldom: claims, alternates, bodies that were outgrown, one key of a relay twice."""
    ways = (_outgrown, _relay_of_three_keys, _compiled, _joined, _claimed, _claimed, _retired)
    move = player.rng.choice(ways)(player)
    return player.since_rekeyed(*move) if move else anything(player)


def _outgrown(player: Player) -> Move | None:
    """Erase a body of a provisional contact, by the roots or by whose contact it became."""
    ledger = player.ledger
    compiled = {each for each, (subject, member) in ledger.bodies.items() if subject[:8] == "contact/" and not member}
    body = player.pick(compiled - ledger.erased)
    if body is None:
        return None
    contact = ledger.bodies[body][0].partition("/")[2]
    people = player.quorum(ledger.contacts.get(contact, "")) or player.roots()
    return player.say(EraseBody, body=body), player.rng.choice((people, player.roots()))


def _relay_of_three_keys(player: Player) -> Move:
    keys = _relay(player)
    keys["receipt_ed25519"] = player.rng.choice((keys["receipt_ed25519"], keys["log_ed25519"]))
    origin = f"log{player.ledger.counts['relay']}.enlace.example"
    return player.say(NameRelay, origin=origin, continues=_continues(player), **keys), player.roots()


def _compiled(player: Player) -> Move | None:
    """A provisional contact of a country without a member."""
    ledger = player.ledger
    code = player.pick(set(COUNTRIES) - {each[:2] for each in ledger.country if each not in ledger.gone})
    if code is None:
        return None
    fields = {"contact": f"{code}-desk-{player.rng.randint(1, 3)}", "country": code.upper(), "function": "customs"}
    return player.say(ListProvisional, body=player.fresh(), **fields), player.roots()


def _joined(player: Player) -> Move | None:
    """A member of a country that has provisional contacts."""
    contact = player.pick(contact for contact, owner in player.ledger.contacts.items() if not owner)
    member = contact and f"{contact[:2]}-{player.rng.randint(4, 6)}"
    if member is None or member in player.ledger.country:
        return None
    return player.say(AdmitMember, member=member, country=member[:2].upper(), body=player.fresh()), player.roots()


def _claimed(player: Player) -> Move | None:
    """A member's contact, or a provisional one of its country, with alternates of its own: some of them retired."""
    ledger = player.ledger
    waiting = {contact[:2] for contact, owner in ledger.contacts.items() if not owner}
    members = player.members()
    member = player.pick([each for each in members if each[:2] in waiting] or members)
    if member is None:
        return None
    mine = {each for each, owner in ledger.contacts.items() if owner == member}
    compiled = {each for each, owner in ledger.contacts.items() if not owner and each[:2] == member[:2]}
    contact = player.pick(compiled or mine)
    if contact is None:
        return None
    fields = {"contact": contact, "member": member, "country": member[:2].upper(), "function": "customs"}
    alternates = player.some(mine - {contact} - (ledger.listed if player.rng.random() < 0.3 else set()), 2)
    statement = player.say(PublishContact, body=player.fresh(), escalation=alternates, **fields)
    return statement, player.quorum(member) or player.roots()


def _retired(player: Player) -> Move | None:
    """A listed contact retired, by its member's people or those of a member of its country."""
    ledger = player.ledger
    contact = player.pick(ledger.listed)
    if contact is None:
        return None
    member = ledger.contacts[contact] or player.pick(each for each in player.members() if each[:2] == contact[:2]) or ""
    return player.say(RetireContact, contact=contact), player.quorum(member) or player.roots()


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


def _relay(player: Player) -> dict[str, str]:
    """The keys of the next relay, now and then of one that there was."""
    following = player.ledger.counts["relay"]
    return relay_keys(f"relay-{player.rng.choice((following, following, following, player.rng.randint(0, following)))}")


def _relay_key(name: str) -> Callable[[Player], str]:
    def value(player: Player) -> str:
        plain = _long(player) if name.endswith("mldsa44") else _short(player)
        return plain if player.rng.random() < 0.15 else _relay(player)[name]

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
