"""Moves for the property test of the judge: a player who knows the network only through the ledger.

`Player.honest` makes a statement that everybody should take, with signers who suffice. Signers are local ids; `HANDLES`
leads from these to the keys of `directory_world`. How moves are spoiled stands in `directory_spoils`.
"""

import random
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec
from directory_ledger import HOURS_72, Ledger, Signers
from directory_world import (
    NAME,
    START,
    commitment,
    device_keys,
    local_id,
    officer_id,
    public_key,
    reception_fields,
    relay_keys,
)

from directory.statement import (
    AdmitMember,
    AnyStatement,
    AttestContact,
    ChangeReception,
    ChangeRoles,
    Continues,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    FoundNetwork,
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
    Role,
    SetCircle,
    Statement,
    SuspendMember,
    WithdrawProvisional,
)

S = TypeVar("S", bound=Statement)
Move = tuple[AnyStatement, Signers]
COUNTRIES = ("ar", "co", "ec", "pe")
ROLES: tuple[Role, ...] = ("administrator", "coordinator", "investigator")
ROOTS = tuple(f"root-{number}" for number in range(1, 9))
DUTIES = ("duty", "duty-2", "duty-3")
DEVICES = tuple(f"device-{number}" for number in range(1, 41))
HANDLES = {local_id(each): each for each in (*ROOTS, *DUTIES, *DEVICES, "stranger")}
STRANGER = local_id("stranger")
POLICIES = (Policy(), Policy(), Policy(second=()), Policy(second=("make-administrator",)))


@cache
def keys_of(handle: str) -> dict[str, str]:
    return device_keys(handle)


@cache
def reception_of(handle: str, number: int) -> dict[str, str]:
    return reception_fields(handle, number)


class Player:
    """Makes moves at a time (`now`) in the network that a ledger describes."""

    def __init__(self, rng: random.Random, ledger: Ledger) -> None:
        self.rng, self.ledger, self.now, self.made = rng, ledger, START, 0

    @property
    def size(self) -> int:
        """Statements taken."""
        return sum(self.ledger.counts.values())

    def say(self, kind: type[S], **fields: Any) -> S:
        everything: dict[str, Any] = {"at": 0, "seq": 0, "network": self.ledger.network}
        statement = kind(**(everything | fields))
        subject = statement.subject
        claimed = self.now + self.rng.choice((0, 0, -60, -9000, 300))
        at = max(self.ledger.last[subject], claimed)
        return msgspec.structs.replace(statement, at=at, seq=self.ledger.counts[subject])

    def fresh(self) -> str:
        self.made += 1
        return commitment(f"move {self.made}")

    def new_officer(self) -> str:
        self.made += 1
        return officer_id(f"officer-{self.made}")

    def pick(self, items: Any) -> Any:
        """One of some things, None of none; sorted first, so that a seed always plays the same game."""
        choice = sorted(items)
        return self.rng.choice(choice) if choice else None

    def some(self, items: Any, most: int, least: int = 0) -> tuple[Any, ...]:
        choice = sorted(items)
        number = self.rng.randint(min(least, len(choice)), min(most, len(choice)))
        return tuple(sorted(self.rng.sample(choice, number)))

    def roots(self) -> Signers:
        return frozenset(self.some(self.ledger.roots, 16, self.ledger.threshold))

    def members(self) -> list[str]:
        """Members that are neither revoked nor suspended."""
        ledger = self.ledger
        return [each for each in ledger.country if each not in ledger.gone and not ledger.barred(each, self.now)]

    def officers(self, member: str = "") -> list[str]:
        """Officers not revoked, of a member or of all that are in."""
        homes = {member} if member else set(self.members())
        return [each for each, home in self.ledger.home.items() if home in homes and each not in self.ledger.gone]

    def quorum(self, member: str, need: int = 1, about: str = "") -> Signers:
        """Administrators enough, each with some of their devices, and the roots for those who are missing."""
        chiefs = self.ledger.chiefs(member, self.now) - {about}
        chosen = self.some(chiefs, 3, need)
        lines = [each for chief in chosen for each in self.some(self.ledger.devices(chief, self.now), 2, 1)]
        return frozenset(lines) | (self.roots() if len(chosen) < need else frozenset())

    def for_member(self, statement: AnyStatement, member: str) -> Move:
        need = 2 if self.ledger.takes_two(statement, self.now) else 1
        return statement, self.quorum(member, need, self.ledger.about(statement))

    def found(self) -> Move:
        handles = self.rng.sample(ROOTS, self.rng.randint(1, 4))
        threshold = self.rng.randint(1, len(handles))
        statement = FoundNetwork(
            at=self.now, seq=0, name=NAME, roots=tuple(sorted(map(public_key, handles))), threshold=threshold,
            duty=public_key("duty"), policy=self.rng.choice(POLICIES),
        )  # fmt: skip
        return statement, frozenset(map(local_id, self.rng.sample(handles, threshold)))

    def rekey(self) -> Move:
        handles = self.rng.sample(ROOTS, self.rng.randint(1, 5))
        threshold = self.rng.randint(1, len(handles))
        statement = self.say(
            RekeyRoots, roots=tuple(sorted(map(public_key, handles))), threshold=threshold,
            duty=public_key(self.rng.choice(DUTIES)), policy=self.rng.choice(POLICIES),
        )  # fmt: skip
        return statement, self.roots() | frozenset(map(local_id, self.rng.sample(handles, threshold)))

    def name_relay(self) -> Move:
        number = self.ledger.counts["relay"]
        receipts = relay_keys(f"relay-{self.rng.randint(0, 2)}")
        fields = receipts | {name: key for name, key in relay_keys(f"relay-{number}").items() if name.startswith("log")}
        origin = f"log{number}.enlace.example"
        if not number:
            return self.say(NameRelay, origin=origin, **fields), self.roots()
        old = Continues(origin=f"log{number - 1}.enlace.example", size=self.rng.randint(0, self.size), root="0" * 64)
        return self.say(NameRelay, origin=origin, continues=old, **fields), self.roots()

    def admit(self) -> Move | None:
        ids = [f"{code}{suffix}" for code in COUNTRIES for suffix in ("", "-2", "-3")]
        member = self.pick(set(ids) - set(self.ledger.country))
        if member is None:
            return None
        return self.say(AdmitMember, member=member, country=member[:2].upper(), body=self.fresh()), self.roots()

    def suspend(self) -> Move | None:
        ledger = self.ledger
        member = self.pick(set(ledger.country) - ledger.gone)
        if member is None:
            return None
        statement = self.say(SuspendMember, member=member, until=self.now + 9)
        if self.rng.random() < 0.5 and not any(by_duty for _, by_duty in ledger.bars[member]):
            until = min(statement.at, self.now) + self.rng.choice((HOURS_72, 3600))
            if until > statement.at:
                return msgspec.structs.replace(statement, until=until), frozenset({ledger.duty})
        until = statement.at + self.rng.choice((1, 3600, 9 * HOURS_72))
        return msgspec.structs.replace(statement, until=until), self.roots()

    def reinstate(self) -> Move | None:
        member = self.pick(each for each, bars in self.ledger.bars.items() if bars and each not in self.ledger.gone)
        return (self.say(ReinstateMember, member=member), self.roots()) if member else None

    def revoke_member(self) -> Move | None:
        member = self.pick(set(self.ledger.country) - self.ledger.gone)
        rarely = member is not None and self.rng.random() < 0.2
        return (self.say(RevokeMember, member=member), self.roots()) if rarely else None

    def set_circle(self) -> Move:
        members = self.some(self.ledger.country, 3)
        circle = self.rng.choice(("andean", "south"))
        return self.say(SetCircle, circle=circle, members=members, body=self.fresh()), self.roots()

    def first_administrator(self) -> Move | None:
        member = self.pick(each for each in self.members() if not self.ledger.chiefs(each, self.now))
        if member is None:
            return None
        fields = {"officer": self.new_officer(), "member": member, "body": self.fresh()}
        return self.say(FirstAdministrator, **fields), self.roots()

    def enrol_officer(self) -> Move | None:
        member = self.pick(self.members())
        if member is None:
            return None
        fields = {"officer": self.new_officer(), "roles": self.some(ROLES, 3, 1), "body": self.fresh()}
        return self.for_member(self.say(EnrolOfficer, member=member, **fields), member)

    def change_roles(self) -> Move | None:
        officer = self.pick(self.officers())
        if officer is None:
            return None
        statement = self.say(ChangeRoles, officer=officer, roles=self.some(ROLES, 3, 1))
        return self.for_member(statement, self.ledger.home[officer])

    def revoke_officer(self) -> Move | None:
        officer = self.pick(self.officers())
        if officer is None or self.rng.random() < 0.5:
            return None
        return self.for_member(self.say(RevokeOfficer, officer=officer, reason="left"), self.ledger.home[officer])

    def enrol_device(self) -> Move | None:
        bare = [each for each in self.officers() if not self.ledger.devices(each, self.now)]
        officer = self.pick(bare if self.rng.random() < 0.7 else self.officers())
        handle = next((each for each in DEVICES if not self.ledger.keys.keys() & keys_of(each).values()), None)
        if officer is None or handle is None or len(self.ledger.devices(officer, self.now)) == 8:
            return None
        return self.for_member(self.say(EnrolDevice, officer=officer, **keys_of(handle)), self.ledger.home[officer])

    def revoke_device(self) -> Move | None:
        officers = set(self.officers())
        known = {each for each, officer in self.ledger.owner.items() if officer in officers}
        device = self.pick(known - self.ledger.gone)
        if device is None or self.rng.random() < 0.4:
            return None
        statement, officer = self.say(RevokeDevice, device=device, reason="lost"), self.ledger.owner[device]
        if self.rng.random() < 0.5:
            return statement, frozenset(self.some(self.ledger.devices(officer, self.now), 2, 1))
        return self.for_member(statement, self.ledger.home[officer])

    def change_reception(self) -> Move | None:
        device = self.pick(each for each in self.ledger.owner if self.ledger.alive(each, self.now))
        if device is None:
            return None
        fresh = reception_of(HANDLES[device], self.ledger.counts[f"reception/{device}"] + 1)
        return self.say(ChangeReception, device=device, **fresh), frozenset({device})

    def publish(self) -> Move | None:
        member = self.pick(self.members())
        if member is None:
            return None
        ledger, code = self.ledger, member[:2]
        mine = {each for each, owner in ledger.contacts.items() if owner == member}
        free = {f"{code}-desk-{number}" for number in range(1, 9)} - set(ledger.contacts)
        unclaimed = {each for each, owner in ledger.contacts.items() if not owner and each.startswith(f"{code}-")}
        contact = self.pick(mine | unclaimed | set(self.some(free, 1)))
        if contact is None:
            return None
        fields = {
            "contact": contact,
            "member": member,
            "body": self.fresh(),
            "country": code.upper(),
            "function": "customs",
            "officers": self.some(self.officers(member), 3),
            "escalation": self.some((mine & ledger.listed) - {contact}, 2),
            "circles": self.some([each for each in ("andean", "south") if ledger.counts[f"circle/{each}"]], 2),
        }
        return self.for_member(self.say(PublishContact, **fields), member)

    def attest(self) -> Move | None:
        mine = {each for each, owner in self.ledger.contacts.items() if owner in self.members()}
        contact = self.pick(mine & self.ledger.listed)
        if contact is None:
            return None
        statement, servants = self.say(AttestContact, contact=contact), self.ledger.servants(contact, self.now)
        if servants and self.rng.random() < 0.7:
            return statement, frozenset({self.pick(servants)})
        member = self.ledger.contacts[contact]
        return self.for_member(statement, member) if self.ledger.chiefs(member, self.now) else None

    def retire(self) -> Move | None:
        contact = self.pick(self.ledger.listed)
        if contact is None or self.rng.random() < 0.5:
            return None
        theirs = {each for each in self.members() if each[:2] == contact[:2] and self.ledger.chiefs(each, self.now)}
        member = self.ledger.contacts[contact] or self.pick(theirs)
        if member not in self.members():
            return None
        return self.for_member(self.say(RetireContact, contact=contact), member)

    def list_provisional(self) -> Move | None:
        inside = {each[:2] for each in self.ledger.country if each not in self.ledger.gone}
        contact = f"{self.rng.choice(COUNTRIES)}-desk-{self.rng.randint(1, 3)}"
        if contact[:2] in inside or self.ledger.contacts.get(contact):
            return None
        fields = {"contact": contact, "country": contact[:2].upper(), "function": "customs", "body": self.fresh()}
        return self.say(ListProvisional, **fields), self.roots()

    def withdraw(self) -> Move | None:
        contact = self.pick(each for each in self.ledger.listed if not self.ledger.contacts[each])
        return (self.say(WithdrawProvisional, contact=contact), self.roots()) if contact else None

    def erase(self) -> Move | None:
        body = self.pick(set(self.ledger.bodies) - self.ledger.erased)
        if body is None:
            return None
        statement = self.say(EraseBody, body=body)
        member = self.ledger.member_of(statement)
        if not member:
            return statement, self.roots()
        return self.for_member(statement, member) if member in self.members() else None

    def honest(self) -> Move:
        """A move that everybody should take."""
        while True:
            make: Callable[[Player], Move | None] = self.rng.choices(MAKERS, WEIGHTS)[0]
            move = make(self)
            if move is not None:
                return self.since_rekeyed(*move)

    def since_rekeyed(self, statement: AnyStatement, signers: Signers) -> Move:
        """The move, no older than the present roots if any of them signs it."""
        if not signers & self.ledger.roots or statement.at >= self.ledger.since:
            return statement, signers
        later = msgspec.structs.replace(statement, at=self.ledger.since)
        if isinstance(later, SuspendMember):
            later = msgspec.structs.replace(later, until=max(later.until, later.at + 1))
        return later, signers


@cache
def local_id_of(handle: str) -> str:
    return local_id(handle)


MAKERS: tuple[Callable[[Player], Move | None], ...] = (
    Player.admit, Player.suspend, Player.reinstate, Player.revoke_member, Player.set_circle, Player.rekey,
    Player.name_relay, Player.first_administrator, Player.enrol_officer, Player.change_roles, Player.revoke_officer,
    Player.enrol_device, Player.revoke_device, Player.change_reception, Player.publish, Player.attest, Player.retire,
    Player.list_provisional, Player.withdraw, Player.erase,
)  # fmt: skip
WEIGHTS = (2, 3, 2, 1, 1, 2, 1, 3, 6, 4, 2, 9, 3, 4, 6, 4, 2, 2, 1, 2)
