"""Replicas that lag behind a world, and a log under another name that goes on from it."""

from desk_world import ORIGIN, checkpoint, network, replica
from directory_world import TWO_ROOTS, World, relay_keys

from crypto.note import Note
from crypto.signing import ed25519_line
from directory.replay import Replica
from directory.statement import Continues, NameRelay


def grown() -> tuple[World, Replica, World]:
    """A world, a replica of it, and the same world three statements later."""
    world = network()
    before = replica(world)
    later = world.copy()
    for name in ("br-one", "br-two", "br-three"):
        later.now += 60
        later.add_provisional(name)
    return world, before, later


def fresh(later: World, before: Replica) -> list[bytes]:
    return later.entries[before.size :]


def unknown(world: World, who: str) -> bytes:
    """A statement of a kind that a later version may know."""
    text = f'enlace/statement/v1\n{{"at":{world.now},"kind":"declare-peace","network":"{world.network}","seq":0}}\n'
    return Note(text, (ed25519_line(world.key(who), world.line(who), text),)).write()


def continued(world: World) -> None:
    seen = replica(world)
    before = Continues(origin=ORIGIN, size=seen.size, root=seen.tree.root().hex())
    statement = world.say(NameRelay, origin="log2.enlace.example", continues=before, **relay_keys("second"))
    world.admit(statement, *TWO_ROOTS)


def second(world: World, size: int | None = None) -> bytes:
    return checkpoint(world, size, keys="second log", origin="log2.enlace.example")
