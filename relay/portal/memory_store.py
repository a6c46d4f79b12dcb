"""Portal access in memory; `relay.portal.store` says what it promises. It can be told to fail (`memory_faults`)."""

import hmac
from collections.abc import Collection
from dataclasses import replace

from relay.portal.store import PendingAccess, PortalAccount
from relay.rules.portal import LAPSE, PortalSession
from relay.rules.sessions import kept_until
from relay.store.contract import Conflict
from relay.store.memory_faults import Faults


class MemoryPortal(Faults):
    """PortalStore in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[str, PortalAccount] = {}
        self.waiting: dict[str, PendingAccess] = {}
        self.kept: dict[str, PortalSession] = {}  # the newest last

    async def account(self, officer: str) -> PortalAccount | None:
        self.look()
        return self.accounts.get(officer)

    async def account_named(self, name: str) -> PortalAccount | None:
        self.look()
        return next((each for each in self.accounts.values() if each.name == name), None)

    async def pending(self, officer: str) -> PendingAccess | None:
        self.look()
        return self.waiting.get(officer)

    async def begin(self, pending: PendingAccess) -> None:
        taken = {(each.officer, each.name) for each in self.accounts.values()}
        taken |= {(each.officer, each.name) for each in self.waiting.values()}
        if any(name == pending.name and officer != pending.officer for officer, name in taken):
            raise Conflict("the account name is another's")
        with self.change():
            self.waiting[pending.officer] = pending

    async def confirm(self, pending: PendingAccess, step: int, ends: int) -> None:
        if self.waiting.get(pending.officer) != pending:
            raise Conflict("that access is not pending any more")
        with self.change():
            del self.waiting[pending.officer]
            self.accounts[pending.officer] = PortalAccount(
                pending.officer, pending.name, pending.credential, ends, step
            )
            self._end((pending.officer,))

    async def charge(self, account: PortalAccount, now: int) -> None:
        if self.accounts.get(account.officer) != account:
            raise Conflict("the account changed meanwhile")
        with self.change():
            self.accounts[account.officer] = replace(account, failures=account.failures + 1, failed_at=now)

    async def accept(self, account: PortalAccount, step: int, session: PortalSession, most: int) -> bool:
        here = self.accounts.get(account.officer)
        if here is None or not hmac.compare_digest(here.credential.secret, account.credential.secret):
            raise Conflict("other access took its place")
        if here.last_step >= step:
            return False
        with self.change():
            self.accounts[here.officer] = replace(
                here,
                last_step=step,
                failures=0,
                failed_at=0,
                logged_in_at=session.opened_at,
                before_at=here.logged_in_at,
                failed=account.failures,
            )
            self.kept[session.id] = session
            own = [each.id for each in self.kept.values() if each.officer == session.officer]
            for each in own[:-most]:
                del self.kept[each]
        return True

    async def session(self, session_id: str) -> PortalSession | None:
        self.look()
        return self.kept.get(session_id)

    async def turn(self, before: PortalSession, after: PortalSession) -> None:
        if self.kept.get(before.id) != before:
            raise Conflict("the session changed meanwhile")
        with self.change():
            self.kept[before.id] = after

    async def end(self, session_id: str) -> None:
        with self.change():
            self.kept.pop(session_id, None)

    async def end_sessions(self, officers: Collection[str]) -> int:
        with self.change():
            return self._end(officers)

    async def sessions(self, officer: str) -> int:
        self.look()
        return sum(each.officer == officer and not each.ended for each in self.kept.values())

    async def remove(self, officers: Collection[str]) -> None:
        with self.change():
            for each in officers:
                self.accounts.pop(each, None)
                self.waiting.pop(each, None)
            self._end(officers)

    async def officers(self) -> frozenset[str]:
        self.look()
        return frozenset({*self.accounts, *self.waiting})

    async def purge(self, now: int, longest: int) -> None:
        first, last = kept_until(now, longest)
        with self.change():
            self.kept = {key: each for key, each in self.kept.items() if first <= each.opened_at + longest <= last}
            first, last = kept_until(now, LAPSE)
            self.waiting = {key: each for key, each in self.waiting.items() if first <= each.expires <= last}

    def _end(self, officers: Collection[str]) -> int:
        ending = [each.id for each in self.kept.values() if each.officer in officers]
        for each in ending:
            del self.kept[each]
        return len(ending)
