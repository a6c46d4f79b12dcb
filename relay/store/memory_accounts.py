"""Accounts, sessions and invitations in memory, for tests and trials; `contract` says what they promise."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from hmac import compare_digest

from relay.protocol.invitation import LONGEST_INVITATION
from relay.rules.enrolment import StoredInvitation
from relay.rules.renewal import LAPSE, Pending
from relay.rules.sessions import StoredSession, kept_until
from relay.rules.totp import MOST_KEPT, NEVER_USED
from relay.store.contract import REBOUND, Accepted, Account, Conflict
from relay.store.memory_faults import Faults


class MemoryAccounts(Faults):
    """AccountStore in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[str, Account] = {}
        self.recovery: dict[str, set[bytes]] = {}
        self.used: dict[str, list[int]] = {}  # in order
        self.sessions: dict[str, StoredSession] = {}  # the newest last
        self.invitations: dict[str, StoredInvitation] = {}
        self.renewals: dict[str, Pending] = {}

    async def account(self, device: str) -> Account | None:
        self.look()
        account = self.accounts.get(device)
        if account is None:
            return None
        ahead = tuple(step for step in self.used.get(device, ()) if step > account.last_step)
        return replace(account, recovery_left=len(self.recovery.get(device, ())), ahead=ahead)

    async def charge(self, account: Account, now: int) -> None:
        if await self.account(account.device) != account:
            raise Conflict("the account changed meanwhile")
        with self.change():
            self.accounts[account.device] = replace(account, failures=account.failures + 1, failed_at=now)

    async def set_right(self, account: Account, last_step: int) -> bool:
        if await self.account(account.device) != account:
            raise Conflict("the account changed meanwhile")
        if sum(step > last_step for step in self.used[account.device]) >= MOST_KEPT:
            return False
        with self.change():
            self.accounts[account.device] = replace(account, last_step=last_step)
        return True

    async def accept_code(
        self, account: Account, step: int, session: StoredSession, recovery: Sequence[bytes]
    ) -> Accepted:
        device, here = account.device, self._same(account)
        if self._is_used(here, step):
            return "used"
        with self.change():
            if not here.confirmed:
                self.recovery[device] = set(recovery)
                self.invitations = {key: each for key, each in self.invitations.items() if each.device != device}
            self.accounts[device] = replace(here, confirmed=True)
            self._use_step(device, step)
            self.sessions[session.token_hash] = session
        return "accepted" if here.confirmed else "confirmed"

    async def accept_recovery(self, device: str, code: bytes, session: StoredSession, failures: int) -> bool:
        if not self._has_recovery(device, code):
            return False
        with self.change():
            self._use_recovery(device, code, failures)
            self.sessions[session.token_hash] = session
        return True

    async def pending(self, device: str) -> Pending | None:
        self.look()
        return self.renewals.get(device)

    async def begin_renewal(self, account: Account, step: int, pending: Pending) -> bool:
        here = self._same(account)
        if self._is_used(here, step):
            return False
        with self.change():
            self._use_step(account.device, step)
            self.renewals[account.device] = pending
        return True

    async def begin_renewal_by_recovery(self, code: bytes, pending: Pending, failures: int) -> bool:
        if not self._has_recovery(pending.device, code):
            return False
        with self.change():
            self._use_recovery(pending.device, code, failures)
            self.renewals[pending.device] = pending
        return True

    async def confirm_renewal(self, pending: Pending, step: int, recovery: Sequence[bytes], token_hash: str) -> None:
        device = pending.device
        if self.renewals.get(device) != pending:
            raise Conflict("the renewal is not pending any more")
        with self.change():
            del self.renewals[device]
            self.accounts[device] = Account(device, pending.secret, True, step, 0, 0, renewal=pending.renewal)
            self.used[device] = [step]
            self.recovery[device] = set(recovery)
            kept = {key: each for key, each in self.sessions.items() if each.device != device or key == token_hash}
            self.sessions = kept

    async def replace_recovery(self, account: Account, step: int, recovery: Sequence[bytes]) -> bool:
        here = self._same(account)
        if self._is_used(here, step):
            return False
        with self.change():
            self.accounts[account.device] = replace(here, codes_replaced=True)
            self._use_step(account.device, step)
            self.recovery[account.device] = set(recovery)
        return True

    async def use_code(self, account: Account, step: int) -> bool:
        if self._is_used(self._same(account), step):
            return False
        with self.change():
            self._use_step(account.device, step)
        return True

    async def session(self, token_hash: str) -> StoredSession | None:
        self.look()
        return self.sessions.get(token_hash)

    async def renew_session(self, old: str, session: StoredSession, most: int) -> None:
        if old not in self.sessions:
            raise Conflict("the session is gone")
        with self.change():
            self.sessions[session.token_hash] = session
            mine = [token for token, each in self.sessions.items() if each.device == session.device]
            for token in mine[:-most]:
                if token != old:
                    del self.sessions[token]

    async def end_sessions(self, devices: Collection[str]) -> int:
        with self.change():
            ended = [token for token, each in self.sessions.items() if each.device in devices]
            for token in ended:
                del self.sessions[token]
        return len(ended)

    async def session_devices(self) -> frozenset[str]:
        self.look()
        return frozenset(each.device for each in self.sessions.values())

    async def session_count(self, now: int) -> int:
        self.look()
        return len({each.device for each in self.sessions.values() if each.shift_ends > now})

    async def invite(self, invitation: StoredInvitation) -> None:
        known = await self.invitation_by_proof(invitation.proof_hash)
        if known is not None and known.officer != invitation.officer:
            raise Conflict("the proof opens another officer's invitation")
        fresh = StoredInvitation(invitation.officer, invitation.proof_hash, invitation.expires)
        with self.change():
            kept = fresh if known is None else replace(known, expires=invitation.expires)
            self.invitations[invitation.officer] = kept

    async def invitation(self, officer: str) -> StoredInvitation | None:
        self.look()
        return self.invitations.get(officer)

    async def invitation_by_proof(self, proof_hash: str) -> StoredInvitation | None:
        self.look()
        return next((each for each in self.invitations.values() if each.proof_hash == proof_hash), None)

    async def offer(self, proof_hash: str, offered: bytes) -> None:
        found = await self.invitation_by_proof(proof_hash)
        if found is None or found.offered not in (None, offered):
            raise Conflict("the invitation is gone, or other keys were offered under it")
        with self.change():
            self.invitations[found.officer] = replace(found, offered=offered)

    async def bind(self, proof_hash: str, device: str, secret: bytes) -> Account:
        found = await self.invitation_by_proof(proof_hash)
        if found is None or found.device not in ("", device):
            raise Conflict("the invitation is gone, or bound to another device")
        if not found.device:
            with self.change():
                self.invitations[found.officer] = replace(found, device=device)
                self.accounts[device] = Account(device, secret, False, NEVER_USED, 0, 0)
                self.used.pop(device, None)
                self.recovery.pop(device, None)
                self.renewals.pop(device, None)
                self._end((device,))
        return self.accounts[device]

    async def forget(self, devices: Collection[str]) -> None:
        with self.change():
            self._end(devices)
            for device in devices:
                self.accounts.pop(device, None)
                self.used.pop(device, None)
                self.recovery.pop(device, None)
                self.renewals.pop(device, None)

    async def account_devices(self) -> frozenset[str]:
        self.look()
        return frozenset(self.accounts)

    async def purge(self, now: int, shift_seconds: int) -> None:
        def stays(ends: int, longest: int) -> bool:
            first, last = kept_until(now, longest)
            return first <= ends <= last

        with self.change():
            self.sessions = {key: each for key, each in self.sessions.items() if stays(each.shift_ends, shift_seconds)}
            self.renewals = {key: each for key, each in self.renewals.items() if stays(each.expires, LAPSE)}
            invitations = self.invitations.items()
            self.invitations = {key: each for key, each in invitations if stays(each.expires, LONGEST_INVITATION)}

    def _same(self, account: Account) -> Account:
        """The account as it stands, if it still has the secret that was read."""
        here = self.accounts.get(account.device)
        if here is None or not compare_digest(here.secret, account.secret):
            raise Conflict(REBOUND)
        return here

    def _is_used(self, here: Account, step: int) -> bool:
        return step <= here.last_step or step in self.used.get(here.device, ())

    def _use_step(self, device: str, step: int) -> None:
        self.used[device] = sorted([*self.used.get(device, ()), step])[-MOST_KEPT:]
        self.accounts[device] = replace(self.accounts[device], last_step=step, failures=0, failed_at=0)

    def _has_recovery(self, device: str, code: bytes) -> bool:
        account = self.accounts.get(device)
        return account is not None and account.confirmed and code in self.recovery.get(device, ())

    def _use_recovery(self, device: str, code: bytes, failures: int) -> None:
        self.recovery[device].discard(code)
        self.accounts[device] = replace(self.accounts[device], failures=failures, failed_at=0)

    def _end(self, devices: Collection[str]) -> None:
        self.sessions = {key: each for key, each in self.sessions.items() if each.device not in devices}
