"""SQLite files: migrations once and in order, whole transactions or none, nothing deleted left behind."""

import asyncio
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from config.database import (
    DatabaseError,
    check_writable,
    forget_deleted,
    in_thread,
    open_database,
    open_for_reading,
    packaged_migrations,
    transact,
)

ONE = ("0001_one.sql", "-- what it is for\nCREATE TABLE one (\n  a INTEGER\n) STRICT;\nINSERT INTO one VALUES (1);\n")
TWO = ("0002_two.sql", "CREATE TABLE two (b TEXT) STRICT;\n")


def holds(folder: Path, text: bytes) -> bool:
    return any(text in each.read_bytes() for each in folder.iterdir())


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


async def test_a_fresh_file_and_an_upgraded_one_are_the_same(tmp_path: Path) -> None:
    for path, steps in ((tmp_path / "fresh", [(ONE, TWO)]), (tmp_path / "old", [(ONE,), (ONE, TWO)])):
        for migrations in steps:
            await (await open_database(path, migrations)).close()
    schema = "SELECT name, sql FROM sqlite_master ORDER BY name"
    assert rows(tmp_path / "fresh", schema) == rows(tmp_path / "old", schema)
    assert rows(tmp_path / "old", "SELECT a FROM one") == [(1,)]


async def test_of_four_concurrent_migrators_one_applies(tmp_path: Path) -> None:
    path = tmp_path / "db"
    found = await asyncio.gather(*(open_database(path, (ONE, TWO)) for _ in range(4)))
    for db in found:
        await db.close()
    assert rows(path, "SELECT a FROM one") == [(1,)]


@pytest.mark.parametrize(
    ("migrations", "why"),
    [
        ((("0001_one.sql", "CREATE TABLE other (a) STRICT;"),), "0001_one.sql is not the one"),
        ((ONE,), "newer version"),
        ((("0000_none.sql", "SELECT 1;"), ONE, TWO), "is not the one"),
    ],
)
async def test_another_history_is_refused(tmp_path: Path, migrations: tuple[tuple[str, str], ...], why: str) -> None:
    path = tmp_path / "db"
    await (await open_database(path, (ONE, TWO))).close()
    with pytest.raises(DatabaseError, match=why):
        await (await open_database(path, migrations)).close()


@pytest.mark.parametrize("sql", ["CREATE TABLE t (a);\nCREATE TABLE t (a);\n", "CREATE TABLE t (a)", "nonsense;"])
async def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "db"
    with pytest.raises(DatabaseError):
        await (await open_database(path, (ONE, ("0002_bad.sql", sql)))).close()
    assert rows(path, "SELECT name FROM sqlite_master") == []


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"not a database at all, but long enough to be taken for one " * 40)
    path.chmod(0o600)
    with pytest.raises(DatabaseError, match="cannot be used as a database"):
        await (await open_database(path, (ONE,))).close()


async def test_a_reader_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with pytest.raises(DatabaseError, match="does not exist"):
        await (await open_for_reading(path, (ONE,))).close()
    await (await open_database(path, (ONE,))).close()
    with pytest.raises(DatabaseError, match="older version"):
        await (await open_for_reading(path, (ONE, TWO))).close()
    db = await open_for_reading(path, (ONE,))
    try:
        with pytest.raises(sqlite3.OperationalError):
            await transact(db, lambda c: c.execute("DELETE FROM one"))
        with pytest.raises(sqlite3.OperationalError):
            await check_writable(db)
    finally:
        await db.close()
    assert rows(path, "SELECT a FROM one") == [(1,)]


async def test_a_transaction_is_whole_or_not_there(tmp_path: Path) -> None:
    db = await open_database(tmp_path / "db", (ONE,))

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM one")
        raise KeyError("half way")

    try:
        with pytest.raises(KeyError):
            await transact(db, half)
        assert await in_thread(db, lambda c: c.execute("SELECT a FROM one").fetchall()) == [(1,)]
        task = asyncio.ensure_future(transact(db, lambda c: c.execute("UPDATE one SET a = 2").rowcount))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await in_thread(db, lambda c: c.execute("SELECT a FROM one").fetchall()) == [(2,)]
        await check_writable(db)
    finally:
        await db.close()


async def test_what_was_deleted_is_gone_from_the_files(tmp_path: Path) -> None:
    canary = "canary-" * 400
    db = await open_database(tmp_path / "db", (TWO,), erase_deleted=True)
    try:
        await transact(db, lambda c: c.execute("INSERT INTO two VALUES (?)", (canary,)))
        assert holds(tmp_path, b"canary")
        await transact(db, lambda c: c.execute("DELETE FROM two"))
        await forget_deleted(db)
        assert not holds(tmp_path, b"canary")
    finally:
        await db.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows protects files by access lists")
async def test_the_files_are_their_owners_alone(tmp_path: Path) -> None:
    db = await open_database(tmp_path / "db", (ONE,))
    try:
        found = modes(tmp_path)
    finally:
        await db.close()
    assert found == {"db": 0o600, "db-wal": 0o600, "db-shm": 0o600}


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be made"):
        await (await open_database(tmp_path / "missing" / "db", (ONE,))).close()


def test_a_package_without_migrations_is_refused() -> None:
    with pytest.raises(DatabaseError, match="incomplete"):
        packaged_migrations("config")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows protects files by access lists")
@pytest.mark.parametrize("which", ["db", "db-wal"])
async def test_a_file_that_was_opened_to_others_is_refused(tmp_path: Path, which: str) -> None:
    path = tmp_path / "db"
    await (await open_database(path, (ONE,))).close()
    (tmp_path / which).touch()
    (tmp_path / which).chmod(0o644)
    for opening in (open_database, open_for_reading):
        with pytest.raises(DatabaseError, match=f"chmod 600 .*{which}"):
            await (await opening(path, (ONE,))).close()
    (tmp_path / which).chmod(0o600)
    await (await open_database(path, (ONE,))).close()
