"""The key at rest, renewed while the relay stands still: all that is sealed with it is sealed anew, then it is erased.

K1 the lock of the data folder is held from the first step to the last: no relay runs meanwhile, and none starts
K2 every sealed value is opened first, with the key in force, or with the next one of a renewal that broke off; one that
   opens with neither would be lost for good, so it stops the renewal before anything is changed, unless the operator
   says to leave such values behind. Where nothing of a file opens it is the wrong key, and the renewal stops anyway
K3 the next key is on the disk before the first value is sealed with it
K4 values are sealed anew in batches, each one transaction; a value that the next key opens already is left alone
K5 every value is then read from the database once more, and opened with the next key alone
K6 each database is rewritten (VACUUM) and its write-ahead log emptied: no page that the old key opens stays in them
K7 the next key takes the old one's place by one rename, and the old one's bytes are overwritten; after a renewal that
   broke off between the two, the same command does that and nothing else, and so does the next start of the relay

Stopped anywhere, also by a power cut, the same command goes on; until the rename no relay starts, and a check says why
(`relay.rest_key_files`). Before K3 and after K7 the one key there is opens everything; in between, one of the two does.
Recovery codes on paper stay good: the key they are hashed under is itself one of the sealed values. Where that one is
damaged and the operator leaves it behind, a fresh one is drawn, and all of them are void.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import aiosqlite

from config.database import DatabaseError, forget_deleted, in_thread, open_database, transact
from relay.assembly import hold_data
from relay.at_rest import AtRest, AtRestError
from relay.key_files import check_private, read_rest_key
from relay.rest_key_files import check_beside, erase_old, make_next, next_file, take_next
from relay.settings import RelaySettings
from relay.store import sqlite_accounts, sqlite_directory
from relay.store.sqlite_sealed import (
    MEND,
    RECOVERY_ROW,
    SEALED,
    VOIDS,
    Sealed,
    WrongKey,
    settle_recovery_key,
    wrong_key,
)

BATCH = 500
MIGRATIONS = {"directory.db": sqlite_directory.MIGRATIONS, "accounts.db": sqlite_accounts.MIGRATIONS}
Stage = Literal["look", "void", "seal", "verify", "rewrite", "done"]
Progress = Callable[[Stage, int, int], None]
"""Told after each step: the stage, how much of it is done, of how much."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """How many values are sealed with the key in force, those that opened with neither and were left behind, whether
    every recovery code on paper is void, and whether nothing was sealed anew: only an old key was erased."""

    values: int
    left: tuple[str, ...]
    papers_void: bool = False
    erased_only: bool = False


class EitherKey(AtRest):
    """Opens what either of two keys sealed; seals with the first."""

    def __init__(self, key: bytes, other: bytes) -> None:
        super().__init__(key)
        self._other = AtRest(other)

    def open(self, row: str, sealed: bytes) -> bytes:
        """The value sealed for `row` with either key; raises AtRestError."""
        try:
            return super().open(row, sealed)
        except AtRestError:
            return self._other.open(row, sealed)


async def renew_rest_key(settings: RelaySettings, progress: Progress, *, leave_damaged: bool = False) -> Renewed:
    """Carry out a renewal, or go on with one; returns when the old key is gone.

    Raises AlreadyRunning, KeyFileError, DatabaseError, or WrongKey for values that no key at hand opens. sqlite3.Error
    and OSError where the disk fails; the same call again goes on.
    """
    path = Path(settings.keys.rest)
    check_private(path)  # before the lock: another account's, root is told to be that account, and leaves no file
    async with AsyncExitStack() as stack:
        stack.enter_context(hold_data(Path(settings.data.folder)))  # K1
        current = read_rest_key(path)
        begun = next_file(path).exists()
        check_beside(path)
        known = EitherKey(current, read_rest_key(next_file(path))) if begun else AtRest(current)
        databases = dict[str, aiosqlite.Connection]()
        for name in SEALED:
            if settings.store(name).is_file():
                databases[name] = await open_database(settings.store(name), MIGRATIONS[name], erase_deleted=True)
                stack.push_async_callback(databases[name].close)
        found, left = await _look(databases, known, progress)  # K2
        if not begun and erase_old(path):  # K7 of a renewal that broke off there
            progress("done", 1, 1)
            return Renewed(found, tuple(left), erased_only=True)
        void = f"{RECOVERY_ROW} in accounts.db" in left
        if left and not leave_damaged:
            raise WrongKey(
                f"{left[0]}{f' and {len(left) - 1} more' if len(left) > 1 else ''} cannot be opened, and would be lost "
                f"for good: {MEND}; or leave them behind with --leave-damaged{VOIDS if void else ''}. Nothing was "
                "changed"
            )
        if void:
            progress("void", 1, 1)  # said before it is done: after a crash nothing tells it any more
        if "accounts.db" in databases:
            # A file from before recovery codes had a key of their own gets it now, while the old key is still known.
            # After a crash here the key that was drawn is kept, sealed with the old key at rest, and the paper is void.
            await transact(databases["accounts.db"], partial(settle_recovery_key, rest=known, draw_anew=leave_damaged))
            found, left = await _look(databases, known, lambda *_: None)
        fresh = make_next(path)  # K3
        # From here until K7 a crash leaves both keys, and each value sealed with one of them.
        progress("seal", 0, found)
        await _seal(databases, EitherKey(fresh, current), AtRest(fresh), found, progress)  # K4
        await _verify(databases, AtRest(fresh), found, progress)  # K5
        for number, db in enumerate(databases.values()):  # K6
            await in_thread(db, lambda connection: connection.execute("VACUUM").close())
            await forget_deleted(db)
            progress("rewrite", number + 1, len(databases))
        take_next(path)  # K7
        progress("done", 1, 1)
        return Renewed(found, tuple(left), void)


async def _look(
    databases: dict[str, aiosqlite.Connection], known: AtRest, progress: Progress
) -> tuple[int, Sequence[str]]:
    """How many values there are that `known` opens, and the names of those it does not; raises WrongKey for a file of
    which it opens none."""
    opened, left, whole = 0, list[str](), 0
    for name, db in databases.items():
        for sealed in SEALED[name]:
            whole += await in_thread(db, sealed.count)
    for name, db in databases.items():
        before = opened, len(left)
        for sealed in SEALED[name]:
            async for batch in _batches(db, sealed):
                for key, value in batch:
                    if _opens(known, sealed.row(key), value):
                        opened += 1
                    else:
                        left.append(f"{sealed.row(key)} in {name}")
                progress("look", opened + len(left), whole)
        if opened == before[0] and len(left) > before[1]:
            raise wrong_key(name)
    return opened, left


async def _seal(
    databases: dict[str, aiosqlite.Connection], known: AtRest, fresh: AtRest, whole: int, progress: Progress
) -> None:
    """Seal every value with the fresh key that is not yet."""
    done = 0
    for name, db in databases.items():
        for sealed in SEALED[name]:
            async for batch in _batches(db, sealed):
                # A crash here leaves the batches before sealed anew; the next run leaves them alone.
                done += await transact(db, partial(_seal_batch, sealed=sealed, batch=batch, known=known, fresh=fresh))
                progress("seal", done, whole)


def _seal_batch(
    db: sqlite3.Connection, sealed: Sealed, batch: list[tuple[str, bytes]], known: AtRest, fresh: AtRest
) -> int:
    done = 0
    for key, value in batch:
        row = sealed.row(key)
        if not _opens(known, row, value):
            continue  # left behind, as the operator said
        if not _opens(fresh, row, value):
            sealed.replace(db, key, value, fresh.seal(row, known.open(row, value)))
        done += 1
    return done


async def _verify(databases: dict[str, aiosqlite.Connection], fresh: AtRest, whole: int, progress: Progress) -> None:
    """Return if the fresh key opens as many values as opened before; raises DatabaseError, with both keys kept."""
    opened = 0
    for name, db in databases.items():
        for sealed in SEALED[name]:
            async for batch in _batches(db, sealed):
                opened += sum(_opens(fresh, sealed.row(key), value) for key, value in batch)
                progress("verify", opened, whole)
    if opened != whole:
        raise DatabaseError(
            f"only {opened} of {whole} values open with the new key: the disk loses what is written to it. Both keys "
            "are kept; restore a backup"
        )


async def _batches(db: aiosqlite.Connection, sealed: Sealed) -> AsyncIterator[list[tuple[str, bytes]]]:
    after = ""
    while True:
        batch = await in_thread(db, partial(sealed.values, after=after, most=BATCH))
        if not batch:
            return
        yield batch
        after = batch[-1][0]


def _opens(rest: AtRest, row: str, sealed: bytes) -> bool:
    try:
        rest.open(row, sealed)
    except AtRestError:
        return False
    return True
