"""SQLite files: how one is opened, brought up to date, and changed.

1. One connection a file writes, through aiosqlite's one thread: WAL, `synchronous=FULL`, foreign keys on, autocommit.
2. A change is one function run in that thread between BEGIN IMMEDIATE and COMMIT (`transact`): one hop, no await.
   Whoever is cancelled while it runs leaves a whole transaction behind, or none; nobody reads half of one.
3. Migrations are numbered SQL files, applied once each and in order, all in one transaction. The database remembers
   the SHA-256 of each; an applied one that was edited since, or one that this version does not know, stops the start.
4. Where `erase_deleted` is asked for, nothing deleted stays readable in free pages, and `forget_deleted` empties the
   write-ahead log of it too.
5. The file is its owner's alone (mode 600 on POSIX, which SQLite gives the write-ahead log as well). One that was
   opened to others, or a write-ahead log of it, is refused (`config.private`).
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import aiosqlite

from config.private import laxness

T = TypeVar("T")
Migration = tuple[str, str]
"""Name (`0001_accounts.sql`) and SQL."""

BUSY_SECONDS = 10.0
_PAUSE = 0.005
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
)
_TABLE = "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT"


class DatabaseError(Exception):
    """A database file that this version cannot work with; the text says why and what to do."""


def packaged_migrations(package: str) -> tuple[Migration, ...]:
    """The numbered SQL files of a package, in order; refuses a package without any."""
    found = sorted(
        (each.name, each.read_text("utf-8")) for each in files(package).iterdir() if each.name.endswith(".sql")
    )
    if not found:
        raise DatabaseError(f"package {package} holds no migrations: the installation is incomplete")
    return tuple(found)


async def open_database(
    path: Path, migrations: Sequence[Migration] | str, *, erase_deleted: bool = False
) -> aiosqlite.Connection:
    """A connection to the file, made if need be and brought up to date; `migrations` may name a package of SQL files.

    Refuses (DatabaseError) a file that is no database, was made by a newer version, has another history than ours, or
    is open to others than its owner.
    """
    wanted = packaged_migrations(migrations) if isinstance(migrations, str) else tuple(migrations)
    erase = f"PRAGMA secure_delete={'ON' if erase_deleted else 'FAST'}"
    _make_file(path)
    _check_private(path)
    return await _open(path, "rw", (*_PRAGMAS, erase), lambda db: _migrate(db, path, wanted))


async def open_for_reading(path: Path, migrations: Sequence[Migration] | str) -> aiosqlite.Connection:
    """A connection that changes nothing; refuses (DatabaseError) a file that is missing, not up to date, or open to
    others than its owner."""
    wanted = packaged_migrations(migrations) if isinstance(migrations, str) else tuple(migrations)
    _check_file(path)
    _check_private(path)
    return await _open(path, "ro", _PRAGMAS[1:], lambda db: _refuse_outdated(db, path, wanted))


async def transact(db: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` returns, run as one transaction in the connection's thread; if it raises, nothing was changed.

    An error of the disk at COMMIT leaves the outcome unknown: the caller reads again before it says anything.
    """

    def run(connection: sqlite3.Connection) -> T:
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    return await in_thread(db, run)


async def in_thread(db: aiosqlite.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` returns, run in the connection's thread: no other work of it comes between the statements."""
    # The only use of aiosqlite's inner side: it has no public way to do several statements in one hop.
    found: T = await db._execute(work, db._conn)  # type: ignore[no-untyped-call]  # see above
    return found


async def forget_deleted(db: aiosqlite.Connection) -> bool:
    """Move the write-ahead log into the file and empty it, so that what was deleted is in neither.

    Returns whether it is: a program that reads the file (a backup) keeps what it reads there until it ends.
    """
    found = await in_thread(db, lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
    return not found[0]


async def check_writable(db: aiosqlite.Connection) -> None:
    """Return if the file can be written to now; raises sqlite3.Error if not. It writes what is there once more."""
    await transact(db, lambda connection: connection.execute("UPDATE migrations SET sha256 = sha256"))


async def _open(
    path: Path, mode: str, pragmas: Sequence[str], finish: Callable[[sqlite3.Connection], None]
) -> aiosqlite.Connection:
    def prepare(connection: sqlite3.Connection) -> None:
        for pragma in pragmas:
            _patiently(connection, pragma)
        finish(connection)

    db = await aiosqlite.connect(_uri(path, mode), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        await in_thread(db, prepare)
    except sqlite3.DatabaseError as error:
        await db.close()
        raise DatabaseError(f"{path} cannot be used as a database: {error}") from error
    except BaseException:
        await db.close()
        raise
    return db


def _patiently(connection: sqlite3.Connection, pragma: str) -> None:
    """Run a pragma; where another process has the file, wait: SQLite itself does not, for the one that sets WAL."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(pragma).close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def _make_file(path: Path) -> None:
    try:
        path.touch(0o600)
    except OSError as error:
        raise DatabaseError(f"{path} cannot be made: {error.strerror}") from error


def _check_private(path: Path) -> None:
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        why = laxness(each)
        if why:
            raise DatabaseError(why)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise DatabaseError(f"{path} does not exist")


def _migrate(db: sqlite3.Connection, path: Path, wanted: Sequence[Migration]) -> None:
    # IMMEDIATE: of several processes that start at once, one migrates and the others find it done.
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute(_TABLE)
        for name, sql in wanted[_applied(db, path, wanted) :]:
            for statement in _statements(name, sql):
                db.execute(statement)
            db.execute("INSERT INTO migrations VALUES (?, ?)", (name, _hash(sql)))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _refuse_outdated(db: sqlite3.Connection, path: Path, wanted: Sequence[Migration]) -> None:
    if _applied(db, path, wanted) != len(wanted):
        raise DatabaseError(f"{path} was made by an older version; starting the relay brings it up to date")


def _applied(db: sqlite3.Connection, path: Path, wanted: Sequence[Migration]) -> int:
    """How many of `wanted` the database has; refuses a history that is not their beginning."""
    with closing(db.execute("SELECT name, sha256 FROM migrations ORDER BY name")) as rows:
        done = rows.fetchall()
    ours = [(name, _hash(sql)) for name, sql in wanted]
    for theirs, mine in zip(done, ours, strict=False):
        if theirs != mine:
            raise DatabaseError(
                f"{path}: migration {theirs[0]} is not the one that this version would apply; "
                "use the version that made the file, or restore a backup"
            )
    if len(done) > len(ours):
        raise DatabaseError(f"{path} was made by a newer version (it has {done[-1][0]}); update this one")
    return len(done)


def _statements(name: str, sql: str) -> Iterator[str]:
    """The statements of a script, each ending its line; `executescript` would commit behind our back."""
    part = ""
    for line in sql.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in part.splitlines()):
        raise DatabaseError(f"migration {name} does not end in a semicolon")


def _hash(sql: str) -> str:
    return sha256(sql.encode()).hexdigest()
