"""Sealed values that do not open, put back one by one from a backup while the relay stands still.

1. Only values that the key at rest does not open are touched; everything else stays as new as it is. (A whole data
   folder put back would show every desk an older log, at which each raises an alarm.)
2. A value is taken from the backup only if it opens there, for the same row: under the key at rest, or under the key of
   the backup, if that is another; then it is sealed anew. What is wrong in the backup too is left and named.
3. A secret for one-time codes comes back only if it is the one in force: the last code that the backup knows to be used
   was used up under the present secret too, and no renewal was confirmed since. Else the phone that was stolen, for
   whose sake the secret was renewed, would count again. So it is with a pending renewal. What is refused so is left.
4. The lock of the data folder is held throughout, and each database is mended in one transaction: a crash leaves it as
   it was or mended. The backup is only read.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from config.database import DatabaseError, open_database, transact
from relay.assembly import hold_data
from relay.at_rest import AtRest, AtRestError
from relay.key_files import check_private, read_rest_key
from relay.rest_key import MIGRATIONS, EitherKey
from relay.rest_key_files import settled_rest_key
from relay.settings import RelaySettings
from relay.store.sqlite_sealed import SEALED, has_table, wrong_key


@dataclass(frozen=True, slots=True)
class Mended:
    """The rows that were put back, and those that were not."""

    values: tuple[str, ...]
    left: tuple[str, ...]


async def mend_from_backup(settings: RelaySettings, backup: Path, key: Path | None) -> Mended:
    """Put back what does not open; `backup` is a copy of the data folder, `key` its key at rest if that is another.

    Raises AlreadyRunning, KeyFileError, DatabaseError, or WrongKey where nothing of a file opens; sqlite3.Error.
    """
    path, values, left = Path(settings.keys.rest), list[str](), list[str]()
    check_private(path)
    async with AsyncExitStack() as stack:
        stack.enter_context(hold_data(Path(settings.data.folder)))
        rest = AtRest(settled_rest_key(path))
        known = EitherKey(settled_rest_key(path), read_rest_key(key)) if key is not None else rest
        for name in SEALED:
            if settings.store(name).is_file():
                db = await open_database(settings.store(name), MIGRATIONS[name], erase_deleted=True)
                stack.push_async_callback(db.close)
                # After a crash here the databases before this one are mended; the same call again goes on.
                done = await transact(db, partial(_mend, name=name, backup=backup / name, rest=rest, known=known))
                values += done.values
                left += done.left
    return Mended(tuple(values), tuple(left))


def _mend(db: sqlite3.Connection, name: str, backup: Path, rest: AtRest, known: AtRest) -> Mended:
    opened, values, left = 0, list[str](), list[str]()
    with _read(backup) as old:
        for sealed in SEALED[name]:
            for key, value in sealed.values(db):
                row = sealed.row(key)
                if _opened(rest, row, value) is not None:
                    opened += 1
                    continue
                kept = sealed.value(old, key) if old is not None and _in_force(db, old, sealed.table, key) else None
                plain = _opened(known, row, kept) if kept is not None else None
                if plain is None:
                    left.append(f"{row} in {name}")
                else:
                    opened += _opened(rest, row, kept or b"") is not None  # so it is the right key at rest
                    sealed.replace(db, key, value, rest.seal(row, plain))
                    values.append(f"{row} in {name}")
    if values and not opened:
        raise wrong_key(name)
    return Mended(tuple(values), tuple(left))


def _in_force(db: sqlite3.Connection, old: sqlite3.Connection, table: str, key: str) -> bool:
    """Whether what the backup has of a row is still what counts (rule 3)."""
    here, there = _row(db, table, key), _row(old, table, key)
    if table not in ("accounts", "renewals"):
        return True
    if here.get("renewal", "") != there.get("renewal", ""):
        return False
    used = {step for (step,) in db.execute("SELECT step FROM used_steps WHERE device = ?", (key,))}
    return table == "renewals" or there.get("last_step") in used


def _row(db: sqlite3.Connection, table: str, key: str) -> dict[str, object]:
    """A row of `accounts` or `renewals` by its columns, of which an older database has fewer; empty without one."""
    if table not in ("accounts", "renewals") or not has_table(db, table):
        return {}
    with closing(db.execute(f"SELECT * FROM {table} WHERE device = ?", (key,))) as rows:  # noqa: S608  # one of the two above
        names, found = [each[0] for each in rows.description], rows.fetchone()
    return dict(zip(names, found, strict=True)) if found is not None else {}


@contextmanager
def _read(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The database of a backup; None if it has none. Raises DatabaseError for what is no database."""
    if not path.is_file():
        yield None
        return
    # Without its write-ahead log it is whole as it stands, and may be where nothing can be written.
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as db:
        try:
            db.execute("SELECT count(*) FROM sqlite_schema").close()
        except sqlite3.Error as error:
            raise DatabaseError(f"{path} cannot be read as a backup: {error}") from error
        yield db


def _opened(rest: AtRest, row: str, sealed: bytes) -> bytes | None:
    try:
        return rest.open(row, sealed)
    except AtRestError:
        return None
