"""Logging in, renewing, logging out: what `relay.rules.totp`, `throttle` and `sessions` decide, carried out in order.

L1 the device's own key proves itself first; nothing below happens without
L2 the attempt is counted, by compare-and-swap, before the code is looked at
L3 the code's step is used up, the failures are cleared and the session is opened in one transaction, which only happens
   once everything else was checked: a code that was right but came with a wrong proof is not used up
L4 a code counts for the secret it was judged by: where the device was bound anew meanwhile, it confirms nothing
L5 the first code confirms the account and brings the recovery codes, which are shown once
L6 an account that a hundred failures have locked takes recovery codes alone, and stays locked until it is bound to a
   new secret: by an administrator's invitation, or by a renewal (`relay.authenticators`) that a recovery code began
"""

import secrets
from collections.abc import Callable

from relay.attempts import OVERTAKEN, account_of, charged
from relay.principal import Principal
from relay.protocol.problems import Refusal
from relay.protocol.requests import LogIn, Session
from relay.rules import recovery, totp
from relay.rules.sessions import MOST_TOKENS, TOKEN_SIZE, StoredSession, opened, renewed
from relay.rules.standing import check_device, owner_of
from relay.rules.throttle import failures_left
from relay.settings import Access as AccessSettings
from relay.store.contract import Account, AccountStore, Conflict, StoreFailed
from relay.views import Clock, Views

Random = Callable[[int], bytes]


class LogIns:
    """Opens, renews and ends sessions; `recovery_key` hashes recovery codes, `random` makes tokens and codes."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        views: Views,
        settings: AccessSettings,
        recovery_key: bytes,
        clock: Clock,
        random: Random = secrets.token_bytes,
    ) -> None:
        self._accounts, self._views, self._settings = accounts, views, settings
        self._recovery_key, self._clock, self._random = recovery_key, clock, random

    async def log_in(self, by: Principal, given: LogIn) -> Session:
        """A session for the device whose own key proved itself.

        Refuses `device-unknown`, `device-revoked`, `member-suspended`, `malformed`, `throttled`, `code-wrong`,
        `code-used`, `unavailable`.
        """
        now = self._clock()
        owner = owner_of(self._views.view, by.require("key").key)
        if owner.use != "device":
            raise Refusal("device-unknown", "log in with the device's own key, once the directory has enrolled it")
        check_device(self._views.view, owner.device, now)
        if bool(given.code) == bool(given.recovery):
            raise Refusal("malformed", "log in with a code, or with a recovery code")
        try:
            account = await charged(self._accounts, owner.device, now, locked_too=bool(given.recovery))
            if given.code:
                return await self._by_code(account, given.code, now)
            return await self._by_recovery(account, given.recovery, now)
        except StoreFailed as error:
            # The code may be used up and the session open; neither was told to anybody.
            raise Refusal("unavailable") from error

    async def renew(self, session: StoredSession) -> Session:
        """The same shift under a new token; the old one lasts until its own expiry, in case this answer gets lost."""
        now, token = self._clock(), self._token()
        fresh = renewed(session, token, now, self._settings.token_seconds, self._settings.shift_seconds)
        try:
            account = await account_of(self._accounts, session.device)
            # A crash at this line leaves a token that nobody was told, or none; the old one lasts.
            await self._accounts.renew_session(session.token_hash, fresh, MOST_TOKENS)
        except Conflict as error:
            raise Refusal("token-invalid") from error
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        return _answer(token, fresh, left=account.recovery_left)

    async def log_out(self, device: str) -> None:
        """End every session of the device."""
        try:
            await self._accounts.end_sessions((device,))
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def _by_code(self, account: Account, code: str, now: int) -> Session:
        step = totp.accepted_step(account.secret, code, now, account.last_step, account.ahead)
        token, codes = self._token(), recovery.recovery_codes(self._random(recovery.COUNT * recovery.CODE_BYTES))
        session = opened(token, account.device, now, self._settings.token_seconds, self._settings.shift_seconds)
        hashes = recovery.recovery_hashes(self._recovery_key, account.device, codes)
        # A crash at this line leaves the code used up and the session open, or neither.
        try:
            done = await self._accounts.accept_code(account, step, session, hashes)
        except Conflict as error:
            raise Refusal("code-wrong", OVERTAKEN) from error
        if done == "used":
            raise Refusal("code-used", retry_after=totp.wait(now))
        if done == "confirmed":
            return _answer(token, session, codes, len(codes))
        return _answer(token, session, left=account.recovery_left)

    async def _by_recovery(self, account: Account, code: str, now: int) -> Session:
        hashed = recovery.recovery_hash(self._recovery_key, account.device, code)
        token = self._token()
        session = opened(token, account.device, now, self._settings.token_seconds, self._settings.shift_seconds)
        # A crash at this line leaves the recovery code used up and the session open, or neither.
        if not await self._accounts.accept_recovery(account.device, hashed, session, failures_left(account.failures)):
            raise Refusal("code-wrong", "no such recovery code is left")
        return _answer(token, session, left=account.recovery_left - 1)

    def _token(self) -> str:
        return self._random(TOKEN_SIZE).hex()


def _answer(token: str, session: StoredSession, codes: tuple[str, ...] = (), left: int = 0) -> Session:
    return Session(
        token=token, expires=session.expires, shift_ends=session.shift_ends, recovery_codes=codes, recovery_left=left
    )
