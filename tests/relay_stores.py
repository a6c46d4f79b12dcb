"""The relay's stores in pairs: in memory and in SQLite files, for tests that hold both to one contract."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.database import open_database
from relay.at_rest import AtRest
from relay.store import sqlite_accounts, sqlite_directory, sqlite_log
from relay.store.contract import AccountStore, BodyStore, KeySetStore, LogStore
from relay.store.memory_accounts import MemoryAccounts
from relay.store.memory_directory import MemoryBodies, MemoryKeySets, MemoryLog

Kind = Literal["memory", "sqlite"]
KINDS: tuple[Kind, ...] = ("memory", "sqlite")
REST_KEY = b"rest" * 8


@dataclass(frozen=True)
class Stores:
    """All four stores of the access and directory side."""

    log: LogStore
    bodies: BodyStore
    keysets: KeySetStore
    accounts: AccountStore


def memory_stores() -> Stores:
    return Stores(MemoryLog(), MemoryBodies(), MemoryKeySets(), MemoryAccounts())


@asynccontextmanager
async def sqlite_stores(folder: Path, rest_key: bytes = REST_KEY) -> AsyncIterator[Stores]:
    """The stores in files of `folder`, closed afterwards; opening them again finds what was stored."""
    rest = AtRest(rest_key)
    log = await open_database(folder / "log.db", sqlite_log.MIGRATIONS)
    directory = await open_database(folder / "directory.db", sqlite_directory.MIGRATIONS, erase_deleted=True)
    accounts = await open_database(folder / "accounts.db", sqlite_accounts.MIGRATIONS, erase_deleted=True)
    try:
        yield Stores(
            sqlite_log.SqliteLog(log),
            sqlite_directory.SqliteBodies(directory, rest),
            sqlite_directory.SqliteKeySets(directory),
            sqlite_accounts.SqliteAccounts(accounts, rest),
        )
    finally:
        for db in (log, directory, accounts):
            await db.close()


@asynccontextmanager
async def stores_of(kind: Kind, folder: Path) -> AsyncIterator[Stores]:
    """The stores of a kind."""
    if kind == "memory":
        yield memory_stores()
    else:
        async with sqlite_stores(folder) as stores:
            yield stores


Act = Callable[[], Awaitable[object]]
