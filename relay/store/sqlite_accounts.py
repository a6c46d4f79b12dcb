"""Accounts, sessions, renewals and invitations in `accounts.db`; `contract` says what they promise."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from hmac import compare_digest
from typing import Any

import aiosqlite

from relay.at_rest import AtRest, AtRestError
from relay.protocol.invitation import LONGEST_INVITATION
from relay.rules.enrolment import StoredInvitation
from relay.rules.renewal import LAPSE, Pending
from relay.rules.sessions import StoredSession, kept_until
from relay.rules.totp import MOST_KEPT, NEVER_USED, SECRET_SIZE
from relay.store.contract import REBOUND, Accepted, Account, Conflict, StoreFailed
from relay.store.sqlite_change import SqliteStore, listed

MIGRATIONS = "relay.store.accounts_migrations"
_ACCOUNT = (
    "SELECT device, secret, confirmed, last_step, failures, failed_at, "
    "(SELECT count(*) FROM recovery WHERE recovery.device = accounts.device), renewal, codes_replaced, "
    "(SELECT group_concat(step) FROM used_steps WHERE used_steps.device = accounts.device AND step > last_step) "
    "FROM accounts WHERE device = ?"
)
_PENDING = "SELECT device, renewal, sealed, expires FROM renewals WHERE device = ?"
_USE_STEP = (
    "UPDATE accounts SET last_step = ?1, failures = 0, failed_at = 0 WHERE device = ?2 AND last_step < ?1 "
    "AND NOT EXISTS (SELECT 1 FROM used_steps WHERE device = ?2 AND step = ?1)"
)
_KEEP_GREATEST = (
    "DELETE FROM used_steps WHERE device = ?1 AND step <= "
    "(SELECT step FROM used_steps WHERE device = ?1 ORDER BY step DESC LIMIT 1 OFFSET ?2)"
)
_USE_RECOVERY = (
    "DELETE FROM recovery WHERE device = ?1 AND code = ?2 AND (SELECT confirmed FROM accounts WHERE device = ?1) = 1"
)
_RENEWED = (
    "UPDATE accounts SET secret = ?, confirmed = 1, last_step = ?, failures = 0, failed_at = 0, renewal = ?, "
    "codes_replaced = 0 WHERE device = ?"
)
_BOUND = "INSERT INTO accounts (device, secret, confirmed, last_step, failures, failed_at) VALUES (?, ?, 0, ?, 0, 0)"
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
        def work(db: sqlite3.Connection) -> None:
            self._unchanged(db, account)
            sql = "UPDATE accounts SET failures = failures + 1, failed_at = ? WHERE device = ?"
            db.execute(sql, (now, account.device))

        await self._change(work)

    async def set_right(self, account: Account, last_step: int) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            self._unchanged(db, account)
            sql = "SELECT count(*) FROM used_steps WHERE device = ? AND step > ?"
            (ahead,) = db.execute(sql, (account.device, last_step)).fetchone()
            if ahead >= MOST_KEPT:
                return False
            db.execute("UPDATE accounts SET last_step = ? WHERE device = ?", (last_step, account.device))
            return True

        return await self._change(work)

    async def accept_code(
        self, account: Account, step: int, session: StoredSession, recovery: Sequence[bytes]
    ) -> Accepted:
        device = account.device

        def work(db: sqlite3.Connection) -> Accepted:
            here = self._same(db, account)
            if not _use_step(db, device, step):
                return "used"
            if not here.confirmed:
                db.execute("UPDATE accounts SET confirmed = 1 WHERE device = ?", (device,))
                _put_recovery(db, device, recovery)
                db.execute("DELETE FROM invitations WHERE device = ?", (device,))
            db.execute(_SESSION, _fields(session))
            return "accepted" if here.confirmed else "confirmed"

        return await self._change(work)

    async def accept_recovery(self, device: str, code: bytes, session: StoredSession, failures: int) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            if not _use_recovery(db, device, code, failures):
                return False
            db.execute(_SESSION, _fields(session))
            return True

        return await self._change(work)

    async def pending(self, device: str) -> Pending | None:
        row = await self._read(lambda db: db.execute(_PENDING, (device,)).fetchone())
        return self._opened_pending(row) if row else None

    async def begin_renewal(self, account: Account, step: int, pending: Pending) -> bool:
        row = self._sealed_pending(pending)

        def work(db: sqlite3.Connection) -> bool:
            self._same(db, account)
            if not _use_step(db, account.device, step):
                return False
            db.execute("INSERT OR REPLACE INTO renewals VALUES (?, ?, ?, ?)", row)
            return True

        return await self._change(work)

    async def begin_renewal_by_recovery(self, code: bytes, pending: Pending, failures: int) -> bool:
        row = self._sealed_pending(pending)

        def work(db: sqlite3.Connection) -> bool:
            if not _use_recovery(db, pending.device, code, failures):
                return False
            db.execute("INSERT OR REPLACE INTO renewals VALUES (?, ?, ?, ?)", row)
            return True

        return await self._change(work)

    async def confirm_renewal(self, pending: Pending, step: int, recovery: Sequence[bytes], token_hash: str) -> None:
        device, renewal = pending.device, pending.renewal
        sealed = self._rest.seal(_row(device), pending.secret)

        def work(db: sqlite3.Connection) -> None:
            row = db.execute(_PENDING, (device,)).fetchone()
            if row is None or self._opened_pending(row) != pending:
                raise Conflict("the renewal is not pending any more")
            db.execute("DELETE FROM renewals WHERE device = ?", (device,))
            db.execute(_RENEWED, (sealed, step, renewal, device))
            db.execute("DELETE FROM used_steps WHERE device = ?", (device,))
            _keep_step(db, device, step)
            _put_recovery(db, device, recovery)
            db.execute("DELETE FROM sessions WHERE device = ? AND token_hash != ?", (device, token_hash))

        await self._change(work)

    async def replace_recovery(self, account: Account, step: int, recovery: Sequence[bytes]) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            self._same(db, account)
            if not _use_step(db, account.device, step):
                return False
            _put_recovery(db, account.device, recovery)
            db.execute("UPDATE accounts SET codes_replaced = 1 WHERE device = ?", (account.device,))
            return True

        return await self._change(work)

    async def use_code(self, account: Account, step: int) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            self._same(db, account)
            return _use_step(db, account.device, step)

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
                # Its used steps, its recovery codes, its sessions and a pending renewal go with it.
                db.execute("DELETE FROM accounts WHERE device = ?", (device,))
                db.execute(_BOUND, (device, sealed, NEVER_USED))
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

    async def purge(self, now: int, shift_seconds: int) -> None:
        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM sessions WHERE NOT shift_ends BETWEEN ? AND ?", kept_until(now, shift_seconds))
            db.execute("DELETE FROM renewals WHERE NOT expires BETWEEN ? AND ?", kept_until(now, LAPSE))
            db.execute("DELETE FROM invitations WHERE NOT expires BETWEEN ? AND ?", kept_until(now, LONGEST_INVITATION))

        await self._change(work)

    def _unchanged(self, db: sqlite3.Connection, account: Account) -> None:
        """Return if the account is as it was read; raises Conflict."""
        row = db.execute(_ACCOUNT, (account.device,)).fetchone()
        if row is None or self._opened(row) != account:
            raise Conflict("the account changed meanwhile")

    def _same(self, db: sqlite3.Connection, account: Account) -> Account:
        """The account as it stands, if it still has the secret that was read."""
        row = db.execute(_ACCOUNT, (account.device,)).fetchone()
        here = self._opened(row) if row else None
        if here is None or not compare_digest(here.secret, account.secret):
            raise Conflict(REBOUND)
        return here

    def _opened(self, row: Any) -> Account:
        *fields, replaced, steps = row
        ahead = tuple(sorted(int(step) for step in steps.split(","))) if steps else ()
        account = replace(Account(*fields), codes_replaced=bool(replaced), ahead=ahead)
        try:
            secret = self._rest.open(_row(account.device), account.secret)
        except AtRestError as error:
            raise StoreFailed(f"the account of {account.device}: {error}") from error
        return replace(account, secret=secret, confirmed=bool(account.confirmed))

    def _sealed_pending(self, pending: Pending) -> tuple[str, str, bytes, int]:
        sealed = self._rest.seal(_pending_row(pending.device), pending.secret + pending.codes)
        return pending.device, pending.renewal, sealed, pending.expires

    def _opened_pending(self, row: Any) -> Pending:
        device, renewal, sealed, expires = row
        try:
            both = self._rest.open(_pending_row(device), sealed)
        except AtRestError as error:
            raise StoreFailed(f"the renewal of {device}: {error}") from error
        return Pending(device, renewal, both[:SECRET_SIZE], both[SECRET_SIZE:], expires)


def _row(device: str) -> str:
    return f"accounts/{device}"


def _pending_row(device: str) -> str:
    return f"renewals/{device}"


def _put_recovery(db: sqlite3.Connection, device: str, recovery: Sequence[bytes]) -> None:
    db.execute("DELETE FROM recovery WHERE device = ?", (device,))
    db.executemany("INSERT INTO recovery VALUES (?, ?)", [(device, each) for each in recovery])


def _use_step(db: sqlite3.Connection, device: str, step: int) -> bool:
    if not db.execute(_USE_STEP, (step, device)).rowcount:
        return False
    _keep_step(db, device, step)
    return True


def _keep_step(db: sqlite3.Connection, device: str, step: int) -> None:
    db.execute("INSERT INTO used_steps VALUES (?, ?)", (device, step))
    db.execute(_KEEP_GREATEST, (device, MOST_KEPT))


def _use_recovery(db: sqlite3.Connection, device: str, code: bytes, failures: int) -> bool:
    if not db.execute(_USE_RECOVERY, (device, code)).rowcount:
        return False
    db.execute("UPDATE accounts SET failures = ?, failed_at = 0 WHERE device = ?", (failures, device))
    return True


def _fields(session: StoredSession) -> tuple[str, str, int, int]:
    return session.token_hash, session.device, session.expires, session.shift_ends
