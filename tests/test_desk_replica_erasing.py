"""Erased details leave the desk's file: pages, write-ahead log, what a crash or a program held back, and strays."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from desk_world import network, replica
from directory_world import World
from killed import CAN_KILL, Moment, killed

from desk.database import forget_deleted
from desk.replica.store import BUSY, ReplicaStore
from directory.commitment import commit
from directory.statement import EraseBody

KEY, WORD = bytes(range(32)), b"Zwiebelfisch und Wolpertinger "
BIG = WORD * 1000  # longer than a page: it overflows into others
SALT = bytes(32)


def world_with_erased() -> tuple[World, str]:
    """A network whose contact co-desk has its body erased by the last statement."""
    world = network()
    body = world.view.contacts["co-desk"].body
    world.admit(world.say(EraseBody, body=body), "co-chief")
    return world, body


WORLD, ERASED = world_with_erased()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReplicaStore]:
    """A replica up to the erasure, which holds the body that the next statement erases."""
    found = opened(tmp_path)
    size = len(WORLD.entries) - 1
    found.advance(0, WORLD.entries[:size], replica(WORLD, size))
    found.put_bodies({ERASED: (SALT, BIG)})
    yield found
    found.close()


def opened(tmp_path: Path) -> ReplicaStore:
    return ReplicaStore(tmp_path / "replica.db", KEY)


def advanced(store: ReplicaStore) -> None:
    """The erasure's statement is taken in; a crash comes before anything is erased."""
    size = len(WORLD.entries)
    store.load(WORLD.network)
    store.advance(size - 1, WORLD.entries[size - 1 :], replica(WORLD))


def on_disk(folder: Path) -> bool:
    return any(WORD in each.read_bytes() for each in folder.iterdir())


def test_pages_and_log_are_overwritten(store: ReplicaStore, tmp_path: Path) -> None:
    advanced(store)
    assert on_disk(tmp_path)
    assert store.erase_due(replica(WORLD).view) == 1
    assert not on_disk(tmp_path)
    assert store.erase_due(replica(WORLD).view) == 0


def test_what_a_crash_left_is_erased_when_the_replica_is_read_next(store: ReplicaStore, tmp_path: Path) -> None:
    advanced(store)
    store.close()
    again = opened(tmp_path)
    assert on_disk(tmp_path)
    again.load(WORLD.network)
    assert not on_disk(tmp_path)
    again.close()


@pytest.mark.skipif(not CAN_KILL, reason="this system kills otherwise")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_between_the_deletion_and_the_end_of_the_log(
    store: ReplicaStore, tmp_path: Path, moment: Moment
) -> None:
    advanced(store)
    store.close()
    killed(lambda: opened(tmp_path).load(WORLD.network), "desk.replica.store.forget_deleted", moment)
    again = opened(tmp_path)
    again.load(WORLD.network)
    assert not on_disk(tmp_path)  # while it is open: nothing waits for an orderly end
    again.close()


def test_another_program_that_holds_the_file_is_told_of_and_the_next_run_finishes(
    store: ReplicaStore, tmp_path: Path
) -> None:
    advanced(store)
    store._db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(tmp_path / "replica.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM bodies").fetchall()
        store.erase_due(replica(WORLD).view)
        store.erase_due(replica(WORLD).view)
        assert store.notices == [BUSY]
        assert on_disk(tmp_path)
        assert not forget_deleted(store._db)
    store.erase_due(replica(WORLD).view)
    assert not on_disk(tmp_path)


def test_what_no_statement_commits_to_goes_with_a_synchronisation(store: ReplicaStore, tmp_path: Path) -> None:
    """As after another log was followed, in which nobody could ever have it erased."""
    stray = commit(SALT, BIG)
    store.erase_bodies([ERASED])
    store.put_bodies({stray: (SALT, BIG)})
    store.close()
    again = opened(tmp_path)
    view = again.load(WORLD.network).view
    assert on_disk(tmp_path)  # this disk's directory may be the older one
    assert again.erase_due(view) == 1
    assert not on_disk(tmp_path)
    again.close()


def test_a_disk_that_refuses_keeps_nobody_from_looking_up(
    store: ReplicaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advanced(store)
    store.close()

    def full(*_: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    again = opened(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(again, "erase_bodies", full)
        assert again.load(WORLD.network).size == len(WORLD.entries)
    (told,) = again.notices
    assert "may still stand in replica.db: database or disk is full; run `enlace sync`" in told
    again.close()
