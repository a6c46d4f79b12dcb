"""A view as bytes, for whoever folded it to have it back without folding again. It is nobody's word but theirs.

1. Only for a place where nobody else can write, or under a seal: what is read is not checked against any statement.
2. It is read by the very version that wrote it, and by no other: the next one may know more, or judge otherwise
   (`shape` is part of what is written; whoever keeps it adds the version of the program).
"""

from dataclasses import dataclass, fields
from hashlib import sha256

import msgspec
from immutables import Map

from directory.canonical import Malformed
from directory.statement import Policy
from directory.view import (
    Body,
    Circle,
    Contact,
    Device,
    Member,
    Network,
    Officer,
    Reception,
    Relay,
    Subject,
    Suspension,
    View,
)

_RECORDS = (View, Network, Relay, Suspension, Member, Officer, Reception, Device, Contact, Circle, Body, Subject)
_MAPS = ("members", "officers", "devices", "contacts", "circles", "bodies", "subjects", "keys", "touched")


@dataclass(frozen=True, slots=True)
class _Network:
    name: str
    id: str
    roots: dict[str, bytes]
    threshold: int
    duty_id: str
    duty: bytes
    policy: Policy
    since: int


@dataclass(frozen=True, slots=True)
class _View:
    shape: bytes
    network: _Network
    relay: Relay | None
    former_relays: tuple[Relay, ...]
    size: int
    members: dict[str, Member]
    officers: dict[str, Officer]
    devices: dict[str, Device]
    contacts: dict[str, Contact]
    circles: dict[str, Circle]
    bodies: dict[str, Body]
    subjects: dict[str, Subject]
    keys: dict[bytes, str]
    touched: dict[str, int]


_DECODER = msgspec.msgpack.Decoder(_View)


def shape() -> bytes:
    """A hash over the names and types of everything in a view."""
    told = [f"{kind.__name__}.{each.name}: {each.type}" for kind in _RECORDS for each in fields(kind)]
    return sha256("\n".join(told).encode()).digest()


def write_view(view: View) -> bytes:
    """A view of a founded network; ValueError for another."""
    founded = view.founded
    network = {each.name: getattr(founded, each.name) for each in fields(Network)} | {"roots": dict(founded.roots)}
    maps = {name: dict(getattr(view, name)) for name in _MAPS}
    plain = _View(
        shape=shape(),
        network=_Network(**network),
        relay=view.relay,
        former_relays=view.former_relays,
        size=view.size,
        **maps,
    )
    return msgspec.msgpack.encode(plain)


def read_view(raw: bytes | memoryview) -> View:
    """The view in `raw`; raises Malformed for what this version did not write."""
    try:
        plain = _DECODER.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Malformed(f"no view of this version: {error}") from error
    if plain.shape != shape():
        raise Malformed("a view that another version wrote")
    network = {each.name: getattr(plain.network, each.name) for each in fields(Network)}
    return View(
        network=Network(**network | {"roots": Map(plain.network.roots)}),
        relay=plain.relay,
        former_relays=plain.former_relays,
        size=plain.size,
        **{name: Map(getattr(plain, name)) for name in _MAPS},
    )
