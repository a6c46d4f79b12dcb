"""SQLite files of a profile: for this user alone, durable, and with nothing left in them of what was deleted."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desk.errors import Usage


def connect(path: Path, schema: str, otherwise: str) -> sqlite3.Connection:
    """A durable SQLite file for this user alone: WAL, every commit on the disk, deleted content overwritten.

    Raises Usage for a file that is damaged or cannot be opened; `otherwise` says what to do without a backup of it.
    """
    try:
        path.touch(mode=0o600, exist_ok=True)
        db = sqlite3.connect(path)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON"):
            db.execute(f"PRAGMA {pragma}")
        db.executescript(schema)
    except (OSError, sqlite3.Error) as error:
        words = f"{path} is damaged, or cannot be opened: {error}"
        if not isinstance(error, OSError | sqlite3.OperationalError):  # those are the disk's, or its rights
            words += f". Put it back from a backup of this profile. Without one, move the file away: {otherwise}"
        raise Usage(words) from error
    return db


@contextmanager
def at_one_moment(db: sqlite3.Connection) -> Iterator[None]:
    """What is read within is what stood there at one moment, whatever another process writes meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


def left_by_crash(path: Path) -> bool:
    """Whether the file at `path`, not opened yet, has a write-ahead log that whoever used it last did not end."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except OSError:
        return False


def forget_deleted(db: sqlite3.Connection) -> bool:
    """Move the write-ahead log into the file and empty it; returns whether it is: another program may hold it."""
    return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
