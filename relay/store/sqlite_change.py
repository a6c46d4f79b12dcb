"""How the SQLite stores reach their files: one hop a method, and one exception for everything a disk can do."""

import json
import sqlite3
from collections.abc import Callable, Collection
from typing import TypeVar

import aiosqlite

from config.database import check_writable, in_thread, transact
from relay.store.contract import StoreFailed

T = TypeVar("T")


class SqliteStore:
    """A store over one open database."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self._db = db

    async def check_writable(self) -> None:
        """As the contract says."""
        try:
            await check_writable(self._db)
        except (sqlite3.Error, ValueError) as error:
            raise StoreFailed(str(error)) from error

    async def _change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        # Cancelled here, the thread still finishes: the change is there whole, or not at all (S4).
        try:
            return await transact(self._db, work)
        except sqlite3.Error as error:
            raise StoreFailed(str(error)) from error

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await in_thread(self._db, work)
        except sqlite3.Error as error:
            raise StoreFailed(str(error)) from error


def listed(values: Collection[str]) -> str:
    """Values for `IN (SELECT value FROM json_each(?))`: any number of them in one parameter."""
    return json.dumps(sorted(set(values)))
