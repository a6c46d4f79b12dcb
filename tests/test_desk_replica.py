"""The directory on disk: stored with what proves it, in one transaction; what changed since is noticed on reading."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from desk_world import ORIGIN, checkpoint, key_set_note, network, refused, replica
from directory_world import TWO_ROOTS, World, founding, key_pair, local_id, relay_keys

from crypto.checkpoint import SignedCheckpoint, open_checkpoint
from crypto.merkle import Tree
from desk.errors import Usage
from desk.replica.store import ReplicaStore
from directory.commitment import commit
from directory.judge import apply
from directory.replay import Alarm, Replica, reload
from directory.statement import AnyStatement, NameRelay, parse_statement

WORLD = network()
KEY = bytes(range(32))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplicaStore]:
    found = ReplicaStore(tmp_path / "replica.db", KEY)
    yield found
    found.close()


def reopened(tmp_path: Path) -> ReplicaStore:
    return ReplicaStore(tmp_path / "replica.db", KEY)


def test_nothing_is_an_empty_replica(store: ReplicaStore) -> None:
    assert (store.load(WORLD.network).size, store.load(WORLD.network).checkpoint) == (0, None)


def test_what_was_stored_is_read_again(store: ReplicaStore, tmp_path: Path) -> None:
    first, whole = replica(WORLD, 20), replica(WORLD)
    store.advance(0, WORLD.entries[:20], first)
    assert store.load(WORLD.network) is first
    store.advance(20, WORLD.entries[20:], whole)
    again = reopened(tmp_path)
    found = again.load(WORLD.network)
    assert (found.view, found.checkpoint, found.size) == (whole.view, whole.checkpoint, whole.size)
    assert again.load(WORLD.network) is found
    again.close()


def test_a_checkpoint_renewed_without_statements_is_stored(store: ReplicaStore, tmp_path: Path) -> None:
    store.advance(0, WORLD.entries, replica(WORLD))
    newer = replica(WORLD, time=WORLD.now + 600)
    store.advance(newer.size, [], newer)
    again = reopened(tmp_path)
    assert again.load(WORLD.network).checkpoint == newer.checkpoint
    again.close()


def test_the_time_that_first_covered_a_statement_is_kept(store: ReplicaStore) -> None:
    first, whole = replica(WORLD, 20, WORLD.now - 50), replica(WORLD, time=WORLD.now)
    store.advance(0, WORLD.entries[:20], first)
    store.advance(20, WORLD.entries[20:], whole)
    store.advance(whole.size, [], replica(WORLD, time=WORLD.now + 600))
    found = [store.covered(position) for position in (0, 19, 20, whole.size - 1)]
    assert found == [WORLD.now - 50, WORLD.now - 50, WORLD.now, WORLD.now]
    assert store.covered(whole.size) is None


def test_entries_and_checkpoint_are_one(store: ReplicaStore, tmp_path: Path) -> None:
    """A statement that cannot be stored takes the checkpoint with it: the replica is the one before."""
    first, whole = replica(WORLD, 20), replica(WORLD)
    store.advance(0, WORLD.entries[:20], first)
    with pytest.raises(sqlite3.IntegrityError):
        store.advance(19, WORLD.entries[20:], whole)
    again = reopened(tmp_path)
    assert again.load(WORLD.network).checkpoint == first.checkpoint
    again.close()


def test_a_replica_without_a_checkpoint_is_not_stored(store: ReplicaStore) -> None:
    with pytest.raises(ValueError, match="nothing to store"):
        store.advance(0, [], Replica(WORLD.network))


CHANGES = (
    "UPDATE entries SET entry = cast(replace(cast(entry AS text), 'ec-desk', 'ec-disk') AS blob)",
    "DELETE FROM entries WHERE position = 5",
    "DELETE FROM entries",
    "UPDATE entries SET entry = x'00' WHERE position = 0",
    "INSERT INTO entries VALUES (1000, x'00')",
    "DELETE FROM facts",
    "DELETE FROM facts WHERE name = 'seal'",
    "DELETE FROM facts WHERE name = 'checkpoint'",
    "UPDATE facts SET value = x'' WHERE name = 'seal'",
    "UPDATE facts SET value = zeroblob(32) WHERE name = 'seal'",
    "UPDATE facts SET value = (SELECT value FROM facts WHERE name = 'checkpoint') WHERE name = 'seal'",
    "UPDATE facts SET value = x'00' WHERE name = 'checkpoint'",
    "UPDATE facts SET value = cast(replace(cast(value AS text), '29', '28') AS blob) WHERE name = 'checkpoint'",
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_on_disk_since_is_noticed(store: ReplicaStore, tmp_path: Path, change: str) -> None:
    store.advance(0, WORLD.entries, replica(WORLD))
    with sqlite3.connect(tmp_path / "replica.db") as other:
        other.execute(change)
    other.close()
    again = reopened(tmp_path)
    with pytest.raises(Alarm, match="the replica on this disk is not what the log signed"):
        again.load(WORLD.network)
    again.close()


def test_another_network_s_replica_is_noticed(store: ReplicaStore, tmp_path: Path) -> None:
    store.advance(0, WORLD.entries, replica(WORLD))
    again = reopened(tmp_path)
    with pytest.raises(Alarm):
        again.load("7" * 64)
    again.close()


def altered(tmp_path: Path, *changes: tuple[str, tuple[object, ...]]) -> ReplicaStore:
    """The store after somebody who can write the file has written it."""
    other = sqlite3.connect(tmp_path / "replica.db")
    with other:
        for sql, values in changes:
            other.execute(sql, values)
    other.close()
    return reopened(tmp_path)


def usurped() -> World:
    """The same network as far as its founding statement, then a log of somebody's own, whose keys they hold.

    `World.sign` puts genuine names over signatures of other keys: only whoever checks signatures sees it.
    """

    class Usurper(World):
        def key(self, handle: str) -> Ed25519PrivateKey:
            return key_pair(f"usurper {handle}").ed25519

        def admit(self, statement: AnyStatement, *who: str) -> None:
            entry = self.sign(statement, *who)
            names = frozenset(each.rpartition("/")[2] for each in parse_statement(entry).note.names())
            self.view = apply(self.view, statement, names, self.now)
            self.entries.append(entry)

    own = Usurper()
    own.admit(founding(), *TWO_ROOTS)
    own.admit(own.say(NameRelay, origin=ORIGIN, **relay_keys("usurper")), *TWO_ROOTS)
    own.add_member("co")
    own.add_contact("co-desk", "co")
    return own


@pytest.mark.parametrize("seal", ["as it was", "none", "their own"])
def test_a_whole_directory_of_somebody_s_own_is_not_taken_for_what_was_stored(
    store: ReplicaStore, tmp_path: Path, seal: str
) -> None:
    """Founding is pinned by its text, which names the root keys; that nobody checks their signatures again is made good
    by the seal."""
    store.advance(0, WORLD.entries, replica(WORLD))
    forged = usurped()
    assert forged.network == WORLD.network
    signed = checkpoint(forged, keys="usurper log")
    reload(WORLD.network, forged.entries, signed)  # on its own it believes all of it
    other = ReplicaStore(tmp_path / "other.db", b"their own key".ljust(32))
    other.advance(0, forged.entries, Replica(forged.network, forged.view, Tree(), open_under(forged, signed)))
    theirs = other.fact("seal")
    other.close()
    rewritten: list[tuple[str, tuple[object, ...]]] = [
        ("DELETE FROM entries", ()),
        *(("INSERT INTO entries VALUES (?, ?)", (at, entry)) for at, entry in enumerate(forged.entries)),
        ("UPDATE facts SET value = ? WHERE name = 'checkpoint'", (signed,)),
    ]
    if seal != "as it was":
        rewritten.append(("DELETE FROM facts WHERE name = 'seal'", ()))
    if seal == "their own":
        rewritten.append(("INSERT INTO facts VALUES ('seal', ?)", (theirs,)))
    again = altered(tmp_path, *rewritten)
    with pytest.raises(Alarm, match="the replica on this disk is not what the log signed") as raised:
        again.load(WORLD.network)
    assert (raised.value.kind, raised.value.evidence) == ("fork", {"checkpoint-mine.txt": signed})
    again.close()


def open_under(world: World, signed: bytes) -> SignedCheckpoint:
    assert world.view.relay is not None
    return open_checkpoint(signed, ORIGIN, world.view.relay.log)


def test_a_seal_is_of_one_network_and_one_key(store: ReplicaStore, tmp_path: Path) -> None:
    store.advance(0, WORLD.entries, replica(WORLD))
    other = ReplicaStore(tmp_path / "replica.db", bytes(32))
    with pytest.raises(Alarm):
        other.load(WORLD.network)
    other.close()


def test_an_older_copy_of_the_whole_file_is_an_older_directory_and_nothing_worse(
    store: ReplicaStore, tmp_path: Path
) -> None:
    """What is left to whoever writes this disk: the desk follows the log anew from there."""
    store.advance(0, WORLD.entries[:20], replica(WORLD, 20))
    older = {name: store.fact(name) for name in ("checkpoint", "seal")}
    store.advance(20, WORLD.entries[20:], replica(WORLD))
    put_back = [("UPDATE facts SET value = ? WHERE name = ?", (value, name)) for name, value in older.items()]
    again = altered(tmp_path, ("DELETE FROM entries WHERE position >= 20", ()), *put_back)
    assert again.load(WORLD.network).size == 20
    again.close()


def test_a_body_changed_on_this_disk_is_left_out_and_named(store: ReplicaStore, tmp_path: Path) -> None:
    salt, good, bad = b"s" * 32, b"call +593 2 555 0123", b"call +1 202 555 0199"
    kept, changed = commit(salt, good), commit(salt, b"call +593 2 555 0145")
    store.put_bodies({kept: (salt, good), changed: (salt, b"call +593 2 555 0145")})
    assert (len(store.bodies()), store.altered) == (2, frozenset())
    for sql, values in (
        ("UPDATE bodies SET body = ? WHERE commitment = ?", (bad, changed)),
        ("UPDATE bodies SET salt = x'00' WHERE commitment = ?", (changed,)),
        ("UPDATE bodies SET body = zeroblob(40000) WHERE commitment = ?", (changed,)),
    ):
        again = altered(tmp_path, (sql, values))
        assert (again.bodies(), set(again.altered)) == ({kept: good}, {changed})
        again.close()


def test_bodies_are_kept_until_they_are_erased_for_good(store: ReplicaStore, tmp_path: Path) -> None:
    """An erased body leaves neither the file nor its log: a page may hold it no longer."""
    canary = b"CANARY +593 2 555 0123 mesa de enlace"
    filler = {commit(b"s" * 32, body): (b"s" * 32, body) for body in (b"other body %d" % n * 50 for n in range(50))}
    salt = b"salt-canary-0123456789-abcdefghi"
    kept = commit(salt, canary)
    store.put_bodies({kept: (salt, canary), **filler})
    assert store.bodies()[kept] == canary
    assert any(canary in path.read_bytes() for path in tmp_path.iterdir())
    assert store.erase_bodies([kept, "cd" * 32]) == 1
    assert store.erase_bodies([]) == 0
    for path in tmp_path.iterdir():
        assert canary not in path.read_bytes(), path
        assert b"salt-canary" not in path.read_bytes(), path
    assert set(store.bodies()) == set(filler)


def test_the_newest_key_set_of_each_device_is_kept(store: ReplicaStore, tmp_path: Path) -> None:
    device = local_id("ec-night")
    for number in (1, 2):
        store.put_keyset(device, number, key_set_note(WORLD, "ec-night", number))
    again = reopened(tmp_path)
    (note,) = again.keysets([device, local_id("ec-day")]).values()
    assert b'"number":2' in note
    again.close()


def test_facts_are_kept_and_replaced(store: ReplicaStore) -> None:
    assert store.fact("x") is None
    for value in (b"one", b"two", b""):
        store.put_fact("x", value)
        assert store.fact("x") == value


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "replica.db").write_bytes(b"this is no database, it is a text of some length")
    assert "replica.db is damaged, or cannot be opened" in refused(lambda: reopened(tmp_path), Usage)
    assert "cannot be opened" in refused(lambda: ReplicaStore(tmp_path / "missing" / "replica.db", KEY), Usage)


def test_the_file_is_for_this_user_alone(store: ReplicaStore, tmp_path: Path) -> None:
    store.put_fact("x", b"y")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
