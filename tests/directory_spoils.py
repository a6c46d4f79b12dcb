"""How a move is spoiled for the property test of the judge: each function damages a move in one of the stated ways.

Most of what comes out must not count; some of it may (a signer too many can be one who has a say). The ledger knows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from directory_ledger import HOURS_72, Signers
from directory_moves import COUNTRIES, DEVICES, ROOTS, STRANGER, Move, Player, keys_of, local_id_of
from directory_world import public_key

from directory.statement import (
    AnyStatement,
    ChangeReception,
    Continues,
    EnrolDevice,
    EnrolOfficer,
    FirstAdministrator,
    FoundNetwork,
    NameRelay,
    ReinstateMember,
    RekeyRoots,
    SuspendMember,
)

LISTS = ("roots", "roles", "officers", "escalation", "circles", "members")


@dataclass
class History:
    """What was taken before, and honest moves that nobody has handed in yet."""

    taken: list[Move] = field(default_factory=list)
    held: list[Move] = field(default_factory=list)


def changed(statement: AnyStatement, **fields: Any) -> AnyStatement:
    known = {each.name for each in msgspec.structs.fields(statement)}
    return msgspec.structs.replace(statement, **{name: value for name, value in fields.items() if name in known})


def replayed(player: Player, history: History, move: Move) -> Move:
    return player.rng.choice(history.taken) if history.taken else move


def replayed_in_sequence(player: Player, history: History, move: Move) -> Move:
    """What was once said, by the same people, said again now."""
    statement, signers = replayed(player, history, move)
    ledger = player.ledger
    again = changed(statement, seq=ledger.counts[statement.subject], at=max(ledger.last[statement.subject], player.now))
    return again, signers


def reordered(player: Player, history: History, move: Move) -> Move:
    """Hand in what was held back; hold this one back instead."""
    history.held.append(move)
    return history.held.pop(0) if len(history.held) > 3 else replayed(player, history, move)


def out_of_sequence(player: Player, history: History, move: Move) -> Move:
    statement, signers = move
    other = player.pick({each for each in range(statement.seq - 2, statement.seq + 3) if each >= 0} - {statement.seq})
    return changed(statement, seq=other), signers


def backdated(player: Player, history: History, move: Move) -> Move:
    statement, signers = move
    return changed(statement, at=max(0, player.ledger.last[statement.subject] - player.rng.choice((1, 10**6)))), signers


def before_the_re_keying(player: Player, history: History, move: Move) -> Move:
    """Signed by the roots just before they were last named, or at that very time, and kept back since."""
    statement, signers = move
    at = max(player.ledger.since - player.rng.choice((0, 1, 60)), player.ledger.last[statement.subject], 0)
    return changed(statement, at=at), signers


def ahead(player: Player, history: History, move: Move) -> Move:
    statement, signers = move
    return changed(statement, at=player.now + player.rng.choice((301, 10**6))), signers


def elsewhere(player: Player, history: History, move: Move) -> Move:
    statement, signers = move
    return changed(statement, network="0" * 64), signers


def unsigned_by_one(player: Player, history: History, move: Move) -> Move:
    statement, signers = move
    return statement, signers - {player.pick(signers)}


def signed_by_one_more(player: Player, history: History, move: Move) -> Move:
    statement, signers = move
    return statement, signers | {player.rng.choice(everybody(player))}


def signed_by_others(player: Player, history: History, move: Move) -> Move:
    statement, _ = move
    return statement, frozenset(player.rng.choices(everybody(player), k=player.rng.randint(1, 3)))


def signed_by_the_dead(player: Player, history: History, move: Move) -> Move:
    """A revoked or suspended signer instead of one, or beside all."""
    statement, signers = move
    dead = player.pick(each for each in player.ledger.owner if not player.ledger.alive(each, player.now))
    if dead is None:
        return signed_by_others(player, history, move)
    kept = signers - {player.pick(signers)} if signers and player.rng.random() < 0.5 else signers
    return statement, kept | {dead}


def about_the_suspended(player: Player, history: History, move: Move) -> Move:
    """A new administrator for a member that is suspended, signed by its people or by the roots."""
    ledger = player.ledger
    member = player.pick(each for each in set(ledger.country) - ledger.gone if ledger.barred(each, player.now))
    if member is None:
        return signed_by_the_dead(player, history, move)
    fields = {"officer": player.new_officer(), "member": member, "body": player.fresh()}
    people = frozenset(each for each, officer in ledger.owner.items() if ledger.home[officer] == member)
    first = player.say(FirstAdministrator, **fields)
    another = player.say(EnrolOfficer, roles=("administrator",), **fields)
    return player.rng.choice((first, another)), player.rng.choice((player.roots(), people))


def signed_by_the_duty_key(player: Player, history: History, move: Move) -> Move:
    statement, _ = move
    return statement, frozenset({player.ledger.duty})


def signed_by_its_subject(player: Player, history: History, move: Move) -> Move:
    """The officer a statement is about votes too, or alone: own heir, own promotion."""
    statement, signers = move
    own = frozenset(player.ledger.devices(player.ledger.about(statement), player.now))
    return statement, own if player.rng.random() < 0.5 else signers | own


def signed_by_one_person(player: Player, history: History, move: Move) -> Move:
    """Several devices of one administrator, where two persons may be needed."""
    statement, signers = move
    ledger = player.ledger
    someone = player.pick(ledger.owner[each] for each in signers if each in ledger.owner)
    return statement, frozenset(ledger.devices(someone, player.now)) if someone else signers


def signed_by_neighbours(player: Player, history: History, move: Move) -> Move:
    """Another member's administrators."""
    statement, _ = move
    member = player.pick(player.members())
    return statement, player.quorum(member, 2) if member else frozenset()


def about_something_else(player: Player, history: History, move: Move) -> Move:
    """The same people, about another member, officer, device, contact or body."""
    statement, signers = move
    ledger = player.ledger
    others = {
        "member": player.pick(ledger.country) or "co",
        "officer": player.pick(ledger.home) or "0" * 32,
        "device": player.pick(ledger.owner) or "0" * 64,
        "contact": player.pick(ledger.contacts) or "co-desk",
        "country": player.rng.choice(COUNTRIES).upper(),
        "body": player.pick(ledger.bodies) or "0" * 64,
    }
    mine = [each.name for each in msgspec.structs.fields(statement) if each.name in others]
    one = player.pick(mine)
    chosen = changed(statement, **{one: others[one]}) if one else statement
    return changed(chosen, seq=ledger.counts[chosen.subject], at=max(chosen.at, ledger.last[chosen.subject])), signers


def served_by_anybody(player: Player, history: History, move: Move) -> Move:
    statement, signers = move
    return changed(statement, officers=player.some(player.ledger.home, 4, 1)), signers


def with_odd_lists(player: Player, history: History, move: Move) -> Move:
    """Lists in disorder, with repetition, too long, or naming what there is not."""
    statement, signers = move
    lists = [each for each in LISTS if getattr(statement, each, ())]
    name = player.pick(lists or [each for each in LISTS if hasattr(statement, each)])
    if name is None:
        return about_something_else(player, history, move)
    items: tuple[str, ...] = getattr(statement, name)
    itself = getattr(statement, "contact", "")
    others = {
        "roots": public_key("root-8"),  # one more may well count
        "roles": "coordinator",
        "officers": "f" * 32,
        "escalation": player.rng.choice((itself, "zz-desk", player.pick(player.ledger.contacts) or itself)),
        "circles": "west",
        "members": "zz",
    }
    odd = (items[::-1], items * 2, items * 70, (*items, others[name]))
    return changed(statement, **{name: player.rng.choice(odd)}, threshold=player.rng.choice((0, 1, 2, 17))), signers


def in_another_country(player: Player, history: History, move: Move) -> Move:
    """A neighbour's contact, or a neighbour's country; also one that has a member of its own."""
    statement, signers = move
    country = player.rng.choice(COUNTRIES)
    fields = {"contact": f"{country}-desk-{player.rng.randint(1, 9)}", "country": country.upper()}
    kept = player.some(fields, 2, 1)
    bad = changed(statement, **{name: fields[name] for name in kept})
    return changed(bad, seq=player.ledger.counts[bad.subject]), signers


def beyond_bounds(player: Player, history: History, move: Move) -> Move:
    """A suspension too long or over already, a threshold nobody reaches, a log that continues more than there is."""
    statement, signers = move
    ledger, rng = player.ledger, player.rng
    if isinstance(statement, NameRelay) and ledger.origin:
        origin, size = rng.choice(((ledger.origin, player.size + 1), ("log9.enlace.example", 1), (ledger.origin, 2)))
        return changed(statement, continues=Continues(origin=origin, size=size, root="0" * 64)), signers
    if isinstance(statement, FoundNetwork | RekeyRoots):
        return changed(statement, threshold=rng.choice((0, len(statement.roots) + 1))), signers
    member = player.pick(set(ledger.country) - ledger.gone)
    if member is None:
        return move
    until = player.now + rng.choice((-1, 0, HOURS_72 + 1, HOURS_72, 9 * HOURS_72))
    suspension = player.say(SuspendMember, member=member, until=max(0, until))
    back = player.say(ReinstateMember, member=member)
    return rng.choice((back, suspension)), rng.choice((player.roots(), frozenset({ledger.duty})))


def with_used_keys(player: Player, history: History, move: Move) -> Move:
    """Keys of a root, of the duty key, of another device, or its own of before."""
    statement, signers = move
    if isinstance(statement, ChangeReception):
        rng, taken = player.rng, player.ledger.keys
        root = player.pick(key for key, use in taken.items() if use in {"root", "duty"})
        former = [(key, use) for key, use in sorted(taken.items()) if use == f"{statement.device} reception"]
        key = rng.choice([key for key, _ in former])
        name = "reception_ed25519" if len(key) == len(root) else "reception_mldsa44"
        return changed(statement, **rng.choice(({name: key}, {"reception_ed25519": root}))), signers
    if isinstance(statement, EnrolDevice):
        used = player.ledger.keys
        taken = keys_of(player.rng.choice([each for each in DEVICES if keys_of(each)["ed25519"] in used] or DEVICES))
        one = player.rng.choice(sorted(taken))
        root = player.pick(key for key, use in used.items() if use in {"root", "duty"})
        bad = changed(statement, **player.rng.choice((taken, {one: taken[one]}, {"ed25519": root})))
        return changed(bad, seq=player.ledger.counts[bad.subject]), signers
    if isinstance(statement, FoundNetwork | RekeyRoots):
        return changed(statement, duty=player.rng.choice((statement.roots[0], public_key(DEVICES[0])))), signers
    return about_something_else(player, history, move)


def everybody(player: Player) -> list[str]:
    """Every key there is, and one that nobody knows."""
    roots = [local_id_of(each) for each in ROOTS]
    return [*sorted(player.ledger.owner), *roots, player.ledger.duty, STRANGER]


SPOILS: tuple[Callable[[Player, History, Move], Move], ...] = (
    replayed, replayed_in_sequence, reordered, out_of_sequence, backdated, before_the_re_keying, ahead, elsewhere,
    unsigned_by_one, signed_by_one_more, signed_by_others, signed_by_the_dead, signed_by_the_duty_key,
    signed_by_its_subject, signed_by_one_person, signed_by_neighbours, about_something_else, served_by_anybody,
    with_used_keys, with_odd_lists, in_another_country, beyond_bounds, about_the_suspended,
)  # fmt: skip


def spoiled(player: Player, history: History, move: Move) -> tuple[str, Move]:
    """The move, spoiled in one of these ways, and the way's name: "honest" if that changed nothing."""
    way = player.rng.choice(SPOILS)
    statement, signers = way(player, history, move)
    spoilt = (statement, signers or Signers({STRANGER}))
    return ("honest" if spoilt == move else way.__name__), spoilt
