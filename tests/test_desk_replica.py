"""The directory on disk: stored with what proves it, in one transaction; what changed since is noticed on reading."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import key_set_note, network, refused, replica
from directory_world import local_id

from desk.errors import Usage
from desk.replica import ReplicaStore
from directory.replay import Alarm, Replica

WORLD = network()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplicaStore]:
    found = ReplicaStore(tmp_path / "replica.db")
    yield found
    found.close()


def reopened(tmp_path: Path) -> ReplicaStore:
    return ReplicaStore(tmp_path / "replica.db")


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


def test_bodies_are_kept_until_they_are_erased_for_good(store: ReplicaStore, tmp_path: Path) -> None:
    """An erased body leaves neither the file nor its log: a page may hold it no longer."""
    canary = b"CANARY +593 2 555 0123 mesa de enlace"
    filler = {f"{n:064x}": (b"s" * 32, b"other body %d" % n * 50) for n in range(50)}
    store.put_bodies({"ab" * 32: (b"salt-canary-0123456789-abcdefghi", canary), **filler})
    assert store.bodies()["ab" * 32] == canary
    assert any(canary in path.read_bytes() for path in tmp_path.iterdir())
    assert store.erase_bodies(["ab" * 32, "cd" * 32]) == 1
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
    assert "cannot be opened" in refused(lambda: ReplicaStore(tmp_path / "missing" / "replica.db"), Usage)


def test_the_file_is_for_this_user_alone(store: ReplicaStore, tmp_path: Path) -> None:
    store.put_fact("x", b"y")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
