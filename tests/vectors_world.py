"""The network of the vectors: its keys, which come from their names, its bodies, and how its log grows.

1. Everybody goes by a handle: `root-1`, `duty`, `log`, `receipt`, or an office and its device (`co-night`). The seeds
   of a handle are SHA-256 of `enlace vector ed25519 ` or `enlace vector mldsa44 ` and the handle; that of an X-Wing
   identity of `enlace vector identity ` and its name; the salt of a body of `enlace vector salt ` and its label.
2. Time begins at START; each statement is a minute after the one before.
3. Nothing here is taken from the other worlds of the tests: those change with what they test.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from vectors_kept import KeptPair

from crypto.age_pq import PQIdentity
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64
from crypto.merkle import Tree, leaf_hash
from crypto.signing import ed25519_line
from directory.bodies import (
    AnyBody,
    CircleBody,
    ContactBody,
    Hours,
    MemberBody,
    OfficerBody,
    Phone,
    Requirements,
    Span,
    write_body_bytes,
)
from directory.commitment import commit
from directory.judge import admit
from directory.judge_network import duty_id, root_id
from directory.statement import AnyStatement, FoundNetwork, Policy, signed_entry, statement_text
from directory.view import Subject, View

NAME = "enlace.example"
ORIGIN = "log.enlace.example/1"
NEXT_ORIGIN = "log.enlace.example/2"
START = 1_767_225_600
DAY = 86_400
OLD_ROOTS = ("root-1", "root-2", "root-3")
NEW_ROOTS = ("root-2", "root-3", "root-4")
DESKS = ("co-chief", "co-deputy", "co-night", "co-late", "ec-chief", "ec-night")
PAIRS = (
    *OLD_ROOTS, "root-4", "duty", "duty-2", "log", "receipt", "log-2", "receipt-2",
    *DESKS, *(f"{each}/reception" for each in DESKS), "co-night/reception 2", "stranger",
    "witness-co", "witness-pe", "witness-cl",
)  # fmt: skip


def _seed(what: str, handle: str) -> bytes:
    return sha256(f"enlace vector {what} {handle}".encode()).digest()


@cache
def pair(handle: str) -> KeptPair:
    """The signing pair of a handle."""
    return KeptPair(_seed("ed25519", handle), _seed("mldsa44", handle))


@cache
def identity(name: str) -> PQIdentity:
    """An X-Wing identity by its name, such as `co-night epoch 1`."""
    return PQIdentity(_seed("identity", name))


def recipient(name: str) -> str:
    """Its public key in base64."""
    return b64(identity(name).recipient().raw)


def officer(handle: str) -> str:
    """The opaque id of the officer behind a device."""
    return _seed("officer", handle).hex()[:32]


def local(handle: str) -> str:
    """The local id under which a handle signs."""
    public = pair(handle).public
    if handle.startswith("root-"):
        return root_id(public.ed25519)
    return duty_id(public.ed25519) if handle.startswith("duty") else public.id


def public(handle: str) -> str:
    """A handle's Ed25519 public key in base64."""
    return b64(pair(handle).public.ed25519)


def both_public(handle: str) -> tuple[str, str]:
    """A handle's public keys in base64: Ed25519, ML-DSA-44."""
    return public(handle), b64(pair(handle).public.mldsa44)


def device_keys(handle: str) -> dict[str, str]:
    """The four keys of an *enrol device* statement."""
    keys, reception = both_public(handle), both_public(f"{handle}/reception")
    return {
        "ed25519": keys[0],
        "mldsa44": keys[1],
        "reception_ed25519": reception[0],
        "reception_mldsa44": reception[1],
    }


def reception_keys(handle: str) -> dict[str, str]:
    """The two keys of a *change reception* statement."""
    keys = both_public(handle)
    return {"reception_ed25519": keys[0], "reception_mldsa44": keys[1]}


def relay_keys(log: str = "log", receipt: str = "receipt") -> dict[str, str]:
    """The four keys of a *name relay* statement."""
    first, second = both_public(log), both_public(receipt)
    return {
        "log_ed25519": first[0],
        "log_mldsa44": first[1],
        "receipt_ed25519": second[0],
        "receipt_mldsa44": second[1],
    }


DESK = ContactBody(
    names={"en": "Trafficking desk", "es": "Mesa de trata de personas"},
    phones=(Phone(number="+12025550101", use="always"), Phone(number="+12025550102")),
    emails=("mesa@fiscalia.example",),
    city="Bogotá",
    languages=("es", "en"),
    zone="America/Bogota",
    hours=Hours(
        spans=(Span(day=1, opens=480, closes=1080), Span(day=5, opens=1320, closes=360)), holidays=("2026-07-20",)
    ),
    respond=60,
    requirements=Requirements(languages=("es",), dual_criminality=True),
    notes={"es": "Urgencias: primero el teléfono de guardia.\nDespués, este correo."},
)
BODIES: dict[str, AnyBody] = {
    "co": MemberBody(names={"en": "Office of the Prosecutor, Colombia", "es": "Fiscalía, Colombia"}),
    "ec": MemberBody(names={"es": "Fiscalía, Ecuador"}),
    "mx": MemberBody(names={"es": "Fiscalía, México"}),
    "co-chief": OfficerBody(label="Administrator, first office", languages=("es", "en")),
    "co-deputy": OfficerBody(label="Administrator, second office"),
    "co-night": OfficerBody(label="Duty officer, night", languages=("es",)),
    "co-late": OfficerBody(label="Duty officer, late"),
    "ec-chief": OfficerBody(label="Administrator"),
    "ec-night": OfficerBody(label="Duty officer"),
    "andean": CircleBody(names={"en": "Andean circle", "es": "Círculo andino"}),
    "co-desk": DESK,
    "co-desk 2": msgspec.structs.replace(DESK, phones=(Phone(number="+12025550103", use="night"),)),
    "co-court": ContactBody(names={"es": "Autoridad central"}, languages=("es",)),
    "ec-desk": ContactBody(
        names={"es": "Mesa de trata"}, phones=(Phone(number="+12025550111"),), hours=Hours(always=True)
    ),
    "pe-desk": ContactBody(names={"es": "Mesa de trata"}, source="compiled from a public list"),
}


def salt(label: str) -> bytes:
    """The salt of a body."""
    return _seed("salt", label)


def body(label: str) -> bytes:
    """A body's bytes."""
    return write_body_bytes(BODIES[label])


def committed(label: str) -> str:
    """The commitment to a body."""
    return commit(salt(label), body(label))


@dataclass
class Log:
    """A log as it grows, and the view after it."""

    view: View
    entries: list[bytes]
    now: int = START

    def copy(self) -> "Log":
        """One that goes its own way from here."""
        return Log(self.view, list(self.entries), self.now)

    def say(self, kind: type[Any], **fields: Any) -> Any:
        """A statement, now, with the right sequence, about this network; `fields` overrules all three."""
        everything = {"at": self.now, "seq": 0} | ({"network": self.view.founded.id} if self.view.network else {})
        statement = kind(**(everything | fields))
        if "seq" in fields:
            return statement
        return msgspec.structs.replace(statement, seq=self.view.subjects.get(statement.subject, Subject(0, 0)).count)

    def add(self, kind: type[Any], *who: str, **fields: Any) -> AnyStatement:
        """Say it, sign it, have the judge take it."""
        statement: AnyStatement = self.say(kind, **fields)
        entry = signed(statement, *who)
        self.view = admit(self.view, entry, self.now)
        self.entries.append(entry)
        self.now += 60
        return statement

    def checkpoint(self, time: int = 0, log: str = "log", origin: str = ORIGIN, size: int | None = None) -> bytes:
        """What the log signs over its first `size` entries."""
        return sign_checkpoint(self.state(origin, size), pair(log), time or self.now)

    def state(self, origin: str = ORIGIN, size: int | None = None) -> Checkpoint:
        """Origin, size and root."""
        entries = self.entries[:size]
        return Checkpoint(origin, len(entries), Tree(map(leaf_hash, entries)).root())


def signed(statement: AnyStatement, *who: str, name: str = NAME) -> bytes:
    """A statement's log entry, signed by handles."""
    return signed_text(statement_text(statement), who, name)


def signed_text(text: str, who: Iterable[str], name: str = NAME) -> bytes:
    """A text as a log entry, signed by handles."""
    return signed_entry(text, [ed25519_line(pair(each).ed25519, f"{name}/{local(each)}", text) for each in who])


def founding(**fields: Any) -> FoundNetwork:
    """The founding statement."""
    everything: dict[str, Any] = {
        "at": START,
        "seq": 0,
        "name": NAME,
        "roots": tuple(sorted(map(public, OLD_ROOTS))),
        "threshold": 2,
        "duty": public("duty"),
        "policy": Policy(),
    }
    return FoundNetwork(**(everything | fields))
