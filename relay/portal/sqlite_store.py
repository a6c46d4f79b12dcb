"""Portal access in `accounts.db`; `relay.portal.store` says what it promises."""

import hmac
import sqlite3
from collections.abc import Collection
from dataclasses import astuple
from typing import Any

import aiosqlite

from relay.at_rest import AtRest, AtRestError
from relay.portal.store import Credential, PendingAccess, PortalAccount
from relay.rules.portal import LAPSE, PortalSession
from relay.rules.sessions import kept_until
from relay.rules.totp import SECRET_SIZE
from relay.store.contract import Conflict, StoreFailed
from relay.store.sqlite_change import SqliteStore, listed

_ACCOUNT = (
    "SELECT officer, name, sealed, ends, last_step, failures, failed_at, logged_in_at, before_at, failed "
    "FROM portal_accounts WHERE "
)
_PENDING = "SELECT officer, name, sealed, expires FROM portal_pending WHERE officer = ?"
_SESSION = (
    "SELECT id, officer, newest, before, turned_at, opened_at, seen_at, bound, ended FROM portal_sessions WHERE id = ?"
)
_PUT = "INSERT OR REPLACE INTO portal_accounts VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0)"
_OPEN = "INSERT INTO portal_sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ACCEPT = (
    "UPDATE portal_accounts SET last_step = ?1, failures = 0, failed_at = 0, before_at = logged_in_at, "
    "logged_in_at = ?2, failed = ?3 "
    "WHERE officer = ?4 AND last_step < ?1"
)
_NEWEST = (
    "DELETE FROM portal_sessions WHERE officer = ?1 AND rowid NOT IN "
    "(SELECT rowid FROM portal_sessions WHERE officer = ?1 ORDER BY rowid DESC LIMIT ?2)"
)
_TURN = "UPDATE portal_sessions SET newest = ?, before = ?, turned_at = ?, seen_at = ?, ended = ? WHERE id = ?"
_END = "DELETE FROM portal_sessions WHERE officer IN (SELECT value FROM json_each(?))"
_REMOVE = (
    _END,
    "DELETE FROM portal_accounts WHERE officer IN (SELECT value FROM json_each(?))",
    "DELETE FROM portal_pending WHERE officer IN (SELECT value FROM json_each(?))",
)
_TAKEN = (
    "SELECT 1 FROM (SELECT officer, name FROM portal_accounts UNION ALL SELECT officer, name FROM portal_pending) "
    "WHERE name = ? AND officer != ?"
)


class SqlitePortal(SqliteStore):
    """PortalStore in SQLite."""

    def __init__(self, db: aiosqlite.Connection, rest: AtRest) -> None:
        super().__init__(db)
        self._rest = rest

    async def account(self, officer: str) -> PortalAccount | None:
        row = await self._read(lambda db: db.execute(_ACCOUNT + "officer = ?", (officer,)).fetchone())
        return self._account(row) if row else None

    async def account_named(self, name: str) -> PortalAccount | None:
        row = await self._read(lambda db: db.execute(_ACCOUNT + "name = ?", (name,)).fetchone())
        return self._account(row) if row else None

    async def pending(self, officer: str) -> PendingAccess | None:
        row = await self._read(lambda db: db.execute(_PENDING, (officer,)).fetchone())
        return self._pending(row) if row else None

    async def begin(self, pending: PendingAccess) -> None:
        sealed = self._sealed(f"portal_pending/{pending.officer}", pending.credential)
        row = (pending.officer, pending.name, sealed, pending.expires)

        def work(db: sqlite3.Connection) -> None:
            if db.execute(_TAKEN, (pending.name, pending.officer)).fetchone():
                raise Conflict("the account name is another's")
            db.execute("INSERT OR REPLACE INTO portal_pending VALUES (?, ?, ?, ?)", row)

        await self._change(work)

    async def confirm(self, pending: PendingAccess, step: int, ends: int) -> None:
        officer = pending.officer
        sealed = self._sealed(f"portal_accounts/{officer}", pending.credential)

        def work(db: sqlite3.Connection) -> None:
            row = db.execute(_PENDING, (officer,)).fetchone()
            if row is None or self._pending(row) != pending:
                raise Conflict("that access is not pending any more")
            db.execute("DELETE FROM portal_pending WHERE officer = ?", (officer,))
            db.execute(_END, (listed((officer,)),))
            db.execute(_PUT, (officer, pending.name, sealed, ends, step))

        await self._change(work)

    async def charge(self, account: PortalAccount, now: int) -> None:
        def work(db: sqlite3.Connection) -> None:
            row = db.execute(_ACCOUNT + "officer = ?", (account.officer,)).fetchone()
            if row is None or self._account(row) != account:
                raise Conflict("the account changed meanwhile")
            sql = "UPDATE portal_accounts SET failures = failures + 1, failed_at = ? WHERE officer = ?"
            db.execute(sql, (now, account.officer))

        await self._change(work)

    async def accept(self, account: PortalAccount, step: int, session: PortalSession, most: int) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            row = db.execute(_ACCOUNT + "officer = ?", (account.officer,)).fetchone()
            here = self._account(row) if row else None
            if here is None or not hmac.compare_digest(here.credential.secret, account.credential.secret):
                raise Conflict("other access took its place")
            about = (step, session.opened_at, account.failures, account.officer)
            if not db.execute(_ACCEPT, about).rowcount:
                return False
            db.execute(_OPEN, astuple(session))
            db.execute(_NEWEST, (account.officer, most))
            return True

        return await self._change(work)

    async def session(self, session_id: str) -> PortalSession | None:
        row = await self._read(lambda db: db.execute(_SESSION, (session_id,)).fetchone())
        return PortalSession(*row) if row else None

    async def turn(self, before: PortalSession, after: PortalSession) -> None:
        def work(db: sqlite3.Connection) -> None:
            row = db.execute(_SESSION, (before.id,)).fetchone()
            if row is None or PortalSession(*row) != before:
                raise Conflict("the session changed meanwhile")
            db.execute(_TURN, (after.newest, after.before, after.turned_at, after.seen_at, after.ended, after.id))

        await self._change(work)

    async def end(self, session_id: str) -> None:
        await self._change(lambda db: db.execute("DELETE FROM portal_sessions WHERE id = ?", (session_id,)))

    async def end_sessions(self, officers: Collection[str]) -> int:
        return await self._change(lambda db: db.execute(_END, (listed(officers),)).rowcount)

    async def sessions(self, officer: str) -> int:
        sql = "SELECT count(*) FROM portal_sessions WHERE officer = ? AND ended = ''"
        row = await self._read(lambda db: db.execute(sql, (officer,)).fetchone())
        return int(row[0])

    async def remove(self, officers: Collection[str]) -> None:
        def work(db: sqlite3.Connection) -> None:
            for sql in _REMOVE:
                db.execute(sql, (listed(officers),))

        await self._change(work)

    async def officers(self) -> frozenset[str]:
        sql = "SELECT officer FROM portal_accounts UNION SELECT officer FROM portal_pending"
        rows = await self._read(lambda db: db.execute(sql).fetchall())
        return frozenset(officer for (officer,) in rows)

    async def purge(self, now: int, longest: int) -> None:
        def work(db: sqlite3.Connection) -> None:
            sql = "DELETE FROM portal_sessions WHERE NOT opened_at + ?1 BETWEEN ?2 AND ?3"
            db.execute(sql, (longest, *kept_until(now, longest)))
            db.execute("DELETE FROM portal_pending WHERE NOT expires BETWEEN ? AND ?", kept_until(now, LAPSE))

        await self._change(work)

    def _account(self, row: Any) -> PortalAccount:
        officer, name, sealed, *rest = row
        return PortalAccount(officer, name, self._opened(f"portal_accounts/{officer}", sealed), *rest)

    def _pending(self, row: Any) -> PendingAccess:
        officer, name, sealed, expires = row
        return PendingAccess(officer, name, self._opened(f"portal_pending/{officer}", sealed), expires)

    def _sealed(self, row: str, credential: Credential) -> bytes:
        return self._rest.seal(row, credential.secret + credential.phc.encode())

    def _opened(self, row: str, sealed: bytes) -> Credential:
        try:
            plain = self._rest.open(row, sealed)
        except AtRestError as error:
            raise StoreFailed(f"{row}: {error}") from error
        return Credential(plain[SECRET_SIZE:].decode(), plain[:SECRET_SIZE])
