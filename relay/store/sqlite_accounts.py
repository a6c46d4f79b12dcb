"""Accounts, sessions and invitations in `accounts.db`; `contract` says what they promise."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from hmac import compare_digest
from typing import Any

import aiosqlite

from relay.at_rest import AtRest, AtRestError
from relay.rules.enrolment import StoredInvitation
from relay.rules.sessions import StoredSession
from relay.rules.totp import NEVER_USED
from relay.store.contract import REBOUND, Accepted, Account, Conflict, StoreFailed
from relay.store.sqlite_change import SqliteStore, listed

MIGRATIONS = "relay.store.accounts_migrations"
_ACCOUNT = (
    "SELECT device, secret, confirmed, last_step, failures, failed_at, "
    "(SELECT count(*) FROM recovery WHERE recovery.device = accounts.device) FROM accounts WHERE device = ?"
)
_INVITATION = "SELECT officer, proof_hash, expires, offered, device FROM invitations WHERE "
_END = "DELETE FROM sessions WHERE device IN (SELECT value FROM json_each(?))"
_FORGET = "DELETE FROM accounts WHERE device IN (SELECT value FROM json_each(?))"
_SESSION = "INSERT INTO sessions (token_hash, device, expires, shift_ends) VALUES (?, ?, ?, ?)"


class SqliteAccounts(SqliteStore):
    """AccountStore in SQLite."""

    def __init__(self, db: aiosqlite.Connection, rest: AtRest) -> None:
        super().__init__(db)
        self._rest = rest

    async def account(self, device: str) -> Account | None:
        row = await self._read(lambda db: db.execute(_ACCOUNT, (device,)).fetchone())
        return self._opened(row) if row else None

    async def charge(self, account: Account, now: int) -> None:
        sql = (
            "UPDATE accounts SET failures = failures + 1, failed_at = ? "
            "WHERE device = ? AND failures = ? AND failed_at = ? AND last_step = ? AND confirmed = ?"
        )
        seen = (now, account.device, account.failures, account.failed_at, account.last_step, account.confirmed)
        if not await self._change(lambda db: db.execute(sql, seen).rowcount):
            raise Conflict("the account changed meanwhile")

    async def accept_code(
        self, account: Account, step: int, session: StoredSession, recovery: Sequence[bytes]
    ) -> Accepted:
        device = account.device

        def work(db: sqlite3.Connection) -> Accepted:
            row = db.execute(_ACCOUNT, (device,)).fetchone()
            here = self._opened(row) if row else None
            if here is None or not compare_digest(here.secret, account.secret):
                raise Conflict(REBOUND)
            accepted = db.execute(
                "UPDATE accounts SET last_step = ?, confirmed = 1, failures = 0, failed_at = 0 "
                "WHERE device = ? AND last_step < ?",
                (step, device, step),
            ).rowcount
            if not accepted:
                return "used"
            if not here.confirmed:
                db.execute("DELETE FROM recovery WHERE device = ?", (device,))
                db.executemany("INSERT INTO recovery VALUES (?, ?)", [(device, each) for each in recovery])
                db.execute("DELETE FROM invitations WHERE device = ?", (device,))
            db.execute(_SESSION, _fields(session))
            return "accepted" if here.confirmed else "confirmed"

        return await self._change(work)

    async def accept_recovery(self, device: str, code: bytes, session: StoredSession) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            sql = (
                "DELETE FROM recovery WHERE device = ?1 AND code = ?2 "
                "AND (SELECT confirmed FROM accounts WHERE device = ?1) = 1"
            )
            if not db.execute(sql, (device, code)).rowcount:
                return False
            db.execute("UPDATE accounts SET failures = 0, failed_at = 0 WHERE device = ?", (device,))
            db.execute(_SESSION, _fields(session))
            return True

        return await self._change(work)

    async def session(self, token_hash: str) -> StoredSession | None:
        sql = "SELECT token_hash, device, expires, shift_ends FROM sessions WHERE token_hash = ?"
        row = await self._read(lambda db: db.execute(sql, (token_hash,)).fetchone())
        return StoredSession(*row) if row else None

    async def renew_session(self, old: str, session: StoredSession, most: int) -> None:
        def work(db: sqlite3.Connection) -> None:
            if not db.execute("SELECT 1 FROM sessions WHERE token_hash = ?", (old,)).fetchone():
                raise Conflict("the session is gone")
            db.execute(_SESSION, _fields(session))
            db.execute(
                "DELETE FROM sessions WHERE device = ?1 AND token_hash != ?3 AND rowid NOT IN "
                "(SELECT rowid FROM sessions WHERE device = ?1 ORDER BY rowid DESC LIMIT ?2)",
                (session.device, most, old),
            )

        await self._change(work)

    async def end_sessions(self, devices: Collection[str]) -> int:
        return await self._change(lambda db: db.execute(_END, (listed(devices),)).rowcount)

    async def session_devices(self) -> frozenset[str]:
        rows = await self._read(lambda db: db.execute("SELECT DISTINCT device FROM sessions").fetchall())
        return frozenset(device for (device,) in rows)

    async def session_count(self, now: int) -> int:
        sql = "SELECT count(DISTINCT device) FROM sessions WHERE shift_ends > ?"
        row = await self._read(lambda db: db.execute(sql, (now,)).fetchone())
        return int(row[0])

    async def invite(self, invitation: StoredInvitation) -> None:
        def work(db: sqlite3.Connection) -> None:
            sql = "SELECT officer FROM invitations WHERE proof_hash = ?"
            known = db.execute(sql, (invitation.proof_hash,)).fetchone()
            if known and known != (invitation.officer,):
                raise Conflict("the proof opens another officer's invitation")
            if known:
                sql = "UPDATE invitations SET expires = ? WHERE officer = ?"
                db.execute(sql, (invitation.expires, invitation.officer))
            else:
                db.execute("DELETE FROM invitations WHERE officer = ?", (invitation.officer,))
                row = (invitation.officer, invitation.proof_hash, invitation.expires)
                db.execute("INSERT INTO invitations (officer, proof_hash, expires) VALUES (?, ?, ?)", row)

        await self._change(work)

    async def invitation(self, officer: str) -> StoredInvitation | None:
        row = await self._read(lambda db: db.execute(_INVITATION + "officer = ?", (officer,)).fetchone())
        return StoredInvitation(*row) if row else None

    async def invitation_by_proof(self, proof_hash: str) -> StoredInvitation | None:
        row = await self._read(lambda db: db.execute(_INVITATION + "proof_hash = ?", (proof_hash,)).fetchone())
        return StoredInvitation(*row) if row else None

    async def offer(self, proof_hash: str, offered: bytes) -> None:
        sql = "UPDATE invitations SET offered = ?1 WHERE proof_hash = ?2 AND (offered IS NULL OR offered = ?1)"
        if not await self._change(lambda db: db.execute(sql, (offered, proof_hash)).rowcount):
            raise Conflict("the invitation is gone, or other keys were offered under it")

    async def bind(self, proof_hash: str, device: str, secret: bytes) -> Account:
        sealed = self._rest.seal(_row(device), secret)

        def work(db: sqlite3.Connection) -> Any:
            bound = db.execute(
                "UPDATE invitations SET device = ? WHERE proof_hash = ? AND device = ''", (device, proof_hash)
            ).rowcount
            if bound:
                db.execute("DELETE FROM accounts WHERE device = ?", (device,))  # its codes and sessions go with it
                db.execute("INSERT INTO accounts VALUES (?, ?, 0, ?, 0, 0)", (device, sealed, NEVER_USED))
            else:
                row = db.execute("SELECT device FROM invitations WHERE proof_hash = ?", (proof_hash,)).fetchone()
                if row != (device,):
                    raise Conflict("the invitation is gone, or bound to another device")
            return db.execute(_ACCOUNT, (device,)).fetchone()

        return self._opened(await self._change(work))

    async def forget(self, devices: Collection[str]) -> None:
        await self._change(lambda db: db.execute(_FORGET, (listed(devices),)))

    async def account_devices(self) -> frozenset[str]:
        rows = await self._read(lambda db: db.execute("SELECT device FROM accounts").fetchall())
        return frozenset(device for (device,) in rows)

    async def purge(self, now: int) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM sessions WHERE shift_ends <= ?", (now,))
            db.execute("DELETE FROM invitations WHERE expires <= ?", (now,))

        await self._change(work)

    def _opened(self, row: Any) -> Account:
        account = Account(*row)
        try:
            secret = self._rest.open(_row(account.device), account.secret)
        except AtRestError as error:
            raise StoreFailed(f"the account of {account.device}: {error}") from error
        return replace(account, secret=secret, confirmed=bool(account.confirmed))


def _row(device: str) -> str:
    return f"accounts/{device}"


def _fields(session: StoredSession) -> tuple[str, str, int, int]:
    return session.token_hash, session.device, session.expires, session.shift_ends
