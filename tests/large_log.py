"""A log of some size from the bench's town, a relay of pages to read it from, and a desk that reads.

`PagedRelay` stands in for `RelayClient` and the relay behind it: it answers the two requests that a synchronisation
makes, in pages of `page` statements, counts them, and breaks off when told to.
"""

import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from bench.network import ORIGIN, Network
from bench.town import Bodies, Town, attested, changed, place, voice_of
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.encoding import b64, unb64
from crypto.merkle import Tree, leaf_hash
from desk.errors import Unreachable
from desk.profile.folder import Identity, Profile
from desk.replica.store import ReplicaStore
from directory.commitment import commit
from relay.protocol import routes
from relay.protocol.requests import Bodies as Answered
from relay.protocol.requests import BodiesWanted, FoundBody, LogState

KEY = bytes(range(32))
NOW = int(time.time())


@dataclass
class Log:
    """A signed log of so many contacts, three statements each, and what it takes to go on with it."""

    network: Network
    town: Town
    entries: list[bytes]
    bodies: dict[str, tuple[bytes, bytes]]
    now: int = NOW

    @property
    def pinned(self) -> str:
        """The network's id."""
        return self.network.view.founded.id

    def checkpoint(self, entries: list[bytes] | None = None) -> bytes:
        """What the log signs over its entries, or over others."""
        shown = self.entries if entries is None else entries
        root = Tree(map(leaf_hash, shown)).root()
        return sign_checkpoint(Checkpoint(ORIGIN, len(shown), root), self.network.log, self.now)

    def grown(self, numbers: range) -> "Log":
        """The log after these contacts were attested once more, and one in ten published anew."""
        entries, bodies = list(self.entries), dict(self.bodies)
        for number in numbers:
            entry, more = changed(self.town, number, 3, anew=number % 10 == 0)
            entries.append(entry)
            bodies |= opened(more)
        return Log(self.network, self.town, entries, bodies, self.now + 600)

    def spoiled(self, at: int) -> "Log":
        """The log with a statement at a position whose signature is another's."""
        member, contact = place(at)
        stranger = voice_of((bytes(32), self.town.chiefs[member][1]))
        founded = self.network.view.founded
        forged = attested(founded.id, founded.name, contact, self.town.now, 3, [stranger])
        return Log(self.network, self.town, [*self.entries[:at], forged, *self.entries[at:]], self.bodies, self.now)


@cache
def log_of(contacts: int) -> Log:
    """A log, made once."""
    network = Network(now=NOW)
    network.admit("ar")
    town = Town(network.view, [network._root], NOW)
    town.chiefs["ar"] = network.chiefs["ar"].ed25519_seed, network.chiefs["ar"].public.id
    town.build(contacts, lambda _: None)
    first = ((unb64(each.salt), unb64(each.body)) for each in network._batch.bodies)
    bodies = {commit(salt, raw): (salt, raw) for salt, raw in first} | opened(town.bodies)
    return Log(network, town, network.entries + town.entries, bodies)


def opened(bodies: Bodies) -> dict[str, tuple[bytes, bytes]]:
    """Salt and body by commitment."""
    return {commitment: (salt, raw) for commitment, salt, raw in bodies}


@dataclass
class PagedRelay:
    """What a desk reads a log from."""

    log: Log
    page: int = 100
    cut_after: int = 1 << 30
    asked: list[str] = field(default_factory=list)
    sent: int = 0
    signed: dict[int, str] = field(default_factory=dict)  # by which log it is over

    async def call(self, method: str, path: str, body: Any = None, *, answer: Any) -> Any:
        """As `RelayClient.call`."""
        if len(self.asked) >= self.cut_after:
            raise Unreachable("cut off")
        self.asked.append(f"{method} {path}")
        reply: LogState | Answered
        if path.startswith(routes.LOG):
            start = int(path.partition("=")[2])
            entries = self.log.entries[start : start + self.page]
            if id(self.log) not in self.signed:
                self.signed[id(self.log)] = self.log.checkpoint().decode()
            checkpoint = self.signed[id(self.log)]
            reply = LogState(start=start, entries=tuple(each.decode() for each in entries), checkpoint=checkpoint)
        else:
            assert isinstance(body, BodiesWanted)
            assert path == routes.BODIES
            held = [each for each in body.commitments if each in self.log.bodies]
            pieces = [(each, *self.log.bodies[each]) for each in held]
            reply = Answered(
                bodies=tuple(FoundBody(commitment=each, salt=b64(salt), body=b64(raw)) for each, salt, raw in pieces)
            )
        assert isinstance(reply, answer)
        self.sent += len(msgspec.json.encode(reply))
        return reply


def reader(folder: Path, log: Log) -> tuple[Profile, ReplicaStore]:
    """A desk of a stranger's, of member `ar`, in a folder; close the store."""
    if not folder.exists():
        Profile.create(folder, _identity(log)).save(_identity(log))
    return Profile.open(folder), ReplicaStore(folder / "replica.db", KEY)


def _identity(log: Log) -> Identity:
    name = log.network.view.founded.name
    return Identity(kind="officer", name=name, network=log.pinned, member="ar", officer="0" * 32, device="0" * 64)
