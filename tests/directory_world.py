"""Small worlds for tests of the directory: a network that is founded, its people, and signing by name.

    world = World.founded()                                   # 2 of root-1, root-2, root-3; a duty key; a relay
    world.add_member("co")                                    # administrators co-chief and co-deputy, a device each
    world.add_officer("co-night", "co", "coordinator")        # an officer with a device
    world.add_contact("co-desk", "co", officers=["co-night"])
    world.admit(world.say(AttestContact, contact="co-desk"), "co-night")
    assert world.refusal(world.say(RetireContact, contact="co-desk"), "co-night") == "R21"

1. Everybody goes by a handle: `root-1`, `duty`, `co-night` (an officer, and that officer's first device) or
   `co-night/2` (another device of theirs). Keys come from the handle, so a world is the same in every run, and a pair
   of keys is made once a process.
2. `say` fills in network, time and sequence; `sign` makes the log entry; `admit` hands it to the judge with real
   signatures and keeps it in `entries`. `World.now` is the clock; it moves only when a test moves it.
3. A world is cheap to copy (`copy`): views are persistent.
"""

from collections.abc import Iterable
from copy import copy
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import b64
from crypto.signing import SecretPair, ed25519_line
from directory.judge import Refused, admit
from directory.judge_network import duty_id, root_id
from directory.statement import (
    AdmitMember,
    AnyStatement,
    ChangeReception,
    EnrolDevice,
    EnrolOfficer,
    FirstAdministrator,
    FoundNetwork,
    ListProvisional,
    NameRelay,
    Policy,
    PublishContact,
    Role,
    Statement,
    statement_note,
    statement_text,
)
from directory.view import Subject, View

NAME = "enlace.example"
START = 1_767_225_600
ROOTS = ("root-1", "root-2", "root-3")
TWO_ROOTS: tuple[str, ...] = ROOTS[:2]

S = TypeVar("S", bound=Statement)


@cache
def key_pair(handle: str) -> SecretPair:
    """The signing keys that belong to a handle, the same in every run."""
    return SecretPair(sha256(f"ed25519 {handle}".encode()).digest(), sha256(f"mldsa44 {handle}".encode()).digest())


def officer_id(handle: str) -> str:
    """The officer's opaque id; every device of theirs (`handle/2`) leads to the same."""
    return sha256(f"officer {handle.partition('/')[0]}".encode()).hexdigest()[:32]


def local_id(handle: str) -> str:
    """The local id under which a handle signs: of a root, of the duty key, or of a device."""
    public = key_pair(handle).public
    if handle.startswith("root-"):
        return root_id(public.ed25519)
    return duty_id(public.ed25519) if handle.startswith("duty") else public.id


def local_ids(*handles: str) -> frozenset[str]:
    """The signers that `judge.apply` is told of, without any signature."""
    return frozenset(map(local_id, handles))


def public_key(handle: str) -> str:
    """A handle's Ed25519 public key as statements write it."""
    return b64(key_pair(handle).public.ed25519)


def commitment(label: str) -> str:
    """A commitment to nothing in particular; another label, another commitment."""
    return sha256(f"body {label}".encode()).hexdigest()


def founding(
    roots: Iterable[str] = ROOTS, threshold: int = 2, duty: str = "duty", policy: Policy | None = None, **fields: Any
) -> FoundNetwork:
    """A founding statement; `fields` overrules anything."""
    everything: dict[str, Any] = {
        "at": START,
        "seq": 0,
        "name": NAME,
        "roots": tuple(sorted(map(public_key, roots))),
        "threshold": threshold,
        "duty": public_key(duty),
        "policy": policy or Policy(),
    }
    return FoundNetwork(**(everything | fields))


def device_keys(handle: str) -> dict[str, str]:
    """The four keys of an *enrol device* statement."""
    keys = key_pair(handle).public
    return {"ed25519": b64(keys.ed25519), "mldsa44": b64(keys.mldsa44), **reception_fields(handle)}


def reception_fields(handle: str, number: int = 0) -> dict[str, str]:
    """The reception keys of a device: those it was enrolled with, or the ones it changed to the `number`th time."""
    reception = key_pair(reception_handle(handle, number)).public
    return {"reception_ed25519": b64(reception.ed25519), "reception_mldsa44": b64(reception.mldsa44)}


def reception_handle(handle: str, number: int = 0) -> str:
    """The handle of a device's reception keys, for `key_pair`."""
    return f"{handle} reception" + (f" {number}" if number else "")


def relay_keys(handle: str = "relay") -> dict[str, str]:
    """The four keys of a *name relay* statement."""
    log, receipt = key_pair(f"{handle} log").public, key_pair(f"{handle} receipt").public
    return {
        "log_ed25519": b64(log.ed25519),
        "log_mldsa44": b64(log.mldsa44),
        "receipt_ed25519": b64(receipt.ed25519),
        "receipt_mldsa44": b64(receipt.mldsa44),
    }


class World:
    """A log and the view after it."""

    def __init__(self, name: str = NAME) -> None:
        self.name = name
        self.view = View()
        self.entries: list[bytes] = []
        self.now = START
        self.bodies = 0

    @classmethod
    def founded(cls, policy: Policy | None = None, relay: bool = True) -> "World":
        """A network with three roots, two of which decide, a duty key and (unless told otherwise) a relay."""
        world = cls()
        world.admit(founding(policy=policy), *TWO_ROOTS)
        if relay:
            world.admit(world.say(NameRelay, origin="log.enlace.example", **relay_keys()), *TWO_ROOTS)
        return world

    def copy(self) -> "World":
        """A world that goes its own way from here."""
        other = copy(self)
        other.entries = list(self.entries)
        return other

    @property
    def network(self) -> str:
        """The network's id."""
        return self.view.founded.id

    def fresh(self) -> str:
        """A commitment that was never used."""
        self.bodies += 1
        return commitment(f"fresh {self.bodies}")

    def say(self, kind: type[S], **fields: Any) -> S:
        """A statement, now, with the right sequence, about this network; `fields` overrules all three."""
        everything: dict[str, Any] = {"at": self.now, "seq": 0, "network": self.network}
        statement = kind(**(everything | fields))
        if "seq" in fields:
            return statement
        count = self.view.subjects.get(statement.subject, Subject(0, 0)).count
        return msgspec.structs.replace(statement, seq=count)

    def sign(self, statement: AnyStatement, *who: str) -> bytes:
        """The log entry, signed by handles."""
        text = statement_text(statement)
        return statement_note(statement, [ed25519_line(self.key(each), self.line(each), text) for each in who])

    def key(self, handle: str) -> Ed25519PrivateKey:
        """What a handle signs statements with."""
        return key_pair(handle).ed25519

    def line(self, handle: str) -> str:
        """The name on a handle's signature line."""
        return f"{self.name}/{local_id(handle)}"

    def admit(self, statement: AnyStatement, *who: str) -> None:
        """Have the judge take a statement, with real signatures; raises what the judge raises."""
        entry = self.sign(statement, *who)
        self.view = admit(self.view, entry, self.now)
        self.entries.append(entry)

    def refusal(self, statement: AnyStatement, *who: str) -> str:
        """The rule for which the judge refuses a statement with good signatures; "" if it takes it. Changes nothing."""
        try:
            admit(self.view, self.sign(statement, *who), self.now)
        except Refused as refused:
            return refused.rule
        return ""

    def add_member(self, member: str, *administrators: str) -> None:
        """Admit a member with administrators `<member>-chief` and `<member>-deputy`, or the handles given."""
        country = member[:2].upper()
        first, *others = administrators or (f"{member}-chief", f"{member}-deputy")
        self.admit(self.say(AdmitMember, member=member, country=country, body=self.fresh()), *TWO_ROOTS)
        appointing = self.say(FirstAdministrator, officer=officer_id(first), member=member, body=self.fresh())
        self.admit(appointing, *TWO_ROOTS)
        self.admit(self.enrolling(first), *TWO_ROOTS)
        # Until there are two administrators, the roots stand in for the second that policy asks for (R22).
        seconds = TWO_ROOTS if "make-administrator" in self.view.founded.policy.second else ()
        for each in others:
            self.add_officer(each, member, "administrator", by=(first, *seconds))
            seconds = (others[0],)

    def add_officer(self, handle: str, member: str, *roles: Role, by: Iterable[str] = ()) -> None:
        """Enrol an officer (a coordinator, unless told otherwise) with a device, signed by the chief, or by `by`."""
        who = tuple(by) or (f"{member}-chief",)
        held = tuple(sorted(roles)) or ("coordinator",)
        self.admit(
            self.say(EnrolOfficer, officer=officer_id(handle), member=member, roles=held, body=self.fresh()), *who
        )
        self.admit(self.enrolling(handle), *who)

    def enrolling(self, handle: str, officer: str = "") -> EnrolDevice:
        """The statement that enrols the device `handle` for its officer, or for the officer of another handle."""
        return self.say(EnrolDevice, officer=officer_id(officer or handle), **device_keys(handle))

    def changing_reception(self, handle: str, number: int = 1) -> ChangeReception:
        """The statement by which the device `handle` takes its `number`th other reception keys."""
        return self.say(ChangeReception, device=local_id(handle), **reception_fields(handle, number))

    def publishing(
        self, contact: str, member: str, officers: Iterable[str] = (), escalation: Iterable[str] = (), **fields: Any
    ) -> PublishContact:
        """The statement that publishes a contact served by officers under handles."""
        everything: dict[str, Any] = {
            "contact": contact,
            "member": member,
            "country": member[:2].upper(),
            "function": "trafficking-24-7",
            "officers": tuple(sorted(map(officer_id, officers))),
            "escalation": tuple(escalation),
            "body": fields.get("body") or self.fresh(),
        }
        return self.say(PublishContact, **(everything | fields))

    def add_contact(self, contact: str, member: str, officers: Iterable[str] = (), **fields: Any) -> None:
        """Publish a contact, signed by the member's chief."""
        self.admit(self.publishing(contact, member, officers, **fields), f"{member}-chief")

    def add_provisional(self, contact: str) -> None:
        """List a provisional contact of the state that the id begins with."""
        about = {"contact": contact, "country": contact[:2].upper(), "function": "trafficking-24-7"}
        self.admit(self.say(ListProvisional, body=self.fresh(), **about), *TWO_ROOTS)
