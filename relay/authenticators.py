"""A device's authenticator, renewed in a running shift: what `relay.rules.renewal` decides, carried out in order.

1. The session has proven the device; then the attempt is counted, then the code is looked at, then one transaction does
   all there is to do. What comes before that transaction changes nothing but the count.
2. Every await says what a crash there leaves. After none of them is the device without a secret that opens a shift: the
   old one counts until the transaction in which the next one does.
3. Nothing here ends in an answer that has to arrive. Lost after `begin`: the same renewal begun again gives the same
   secret and codes. Lost after `confirm`: the same confirmation is answered again, and log-in takes the new secret.
   Lost after `renew_codes`: the codes are lost, the old ones are void, and the next code makes others.
"""

import secrets
from collections.abc import Callable, Sequence

from relay.attempts import OVERTAKEN, account_of, charged
from relay.protocol.problems import Refusal
from relay.protocol.requests import (
    AuthenticatorCode,
    AuthenticatorConfirmation,
    AuthenticatorRenewal,
    AuthenticatorStanding,
    NewAuthenticator,
    RecoveryCodes,
)
from relay.rules import recovery, totp
from relay.rules.renewal import RANDOM_SIZE, Pending, check_pending, next_secret, still_pending
from relay.rules.sessions import StoredSession
from relay.rules.throttle import failures_left
from relay.store.contract import Account, AccountStore, Conflict, StoreFailed
from relay.views import Clock, Views

_REPLACED = "another renewal was begun meanwhile, or the device bound anew"


class Authenticators:
    """Renews secrets and recovery codes; `recovery_key` hashes the codes, `random` makes both."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        views: Views,
        recovery_key: bytes,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._accounts, self._views, self._recovery_key = accounts, views, recovery_key
        self._clock, self._random = clock, random

    async def begin(self, session: StoredSession, given: AuthenticatorRenewal) -> NewAuthenticator:
        """The next secret and its recovery codes, pending; refuses `malformed`, `throttled`, `code-wrong`, `code-used`,
        `unavailable`."""
        now, device = self._clock(), session.device
        try:
            pending = still_pending(await self._accounts.pending(device), given.renewal, now)
            if pending is None:
                if bool(given.code) == bool(given.recovery):
                    raise Refusal("malformed", "a renewal is begun with a code, or with a recovery code")
                pending = next_secret(device, given.renewal, self._random(RANDOM_SIZE), now)
                await self._begin(pending, given, now)
        except StoreFailed as error:
            # The code may be used up and the secret pending: the same renewal begun again finds out.
            raise Refusal("unavailable") from error
        return self._told(pending)

    async def confirm(self, session: StoredSession, given: AuthenticatorConfirmation) -> AuthenticatorStanding:
        """Put the pending secret into force with its first code; returns what stands then.

        Again, where that was done, and without a code it changes nothing and counts no attempt. Refuses `not-found`,
        `throttled`, `code-wrong`, `unavailable`.
        """
        now, device = self._clock(), session.device
        try:
            standing = await self._standing(device, given.renewal)
            if standing.confirmed:
                return standing
            pending = check_pending(await self._accounts.pending(device), given.renewal, now)
            if not given.code:
                return standing
            # A crash here leaves one attempt counted; the old secret counts, the next one is pending.
            await charged(self._accounts, device, now, confirming=True)
            step = totp.accepted_step(pending.secret, given.code, now, totp.NEVER_USED)
            hashes = self._hashed(device, recovery.recovery_codes(pending.codes))
            try:
                # A crash at this line leaves the old secret in force and the next one pending, or the next one in force
                # with its codes, and nothing pending; never both, never neither.
                await self._accounts.confirm_renewal(pending, step, hashes, session.token_hash)
            except Conflict as error:
                standing = await self._standing(device, given.renewal)
                if not standing.confirmed:
                    raise Refusal("not-found", _REPLACED) from error
                return standing
        except StoreFailed as error:
            # It may be in force: the same confirmation again finds out.
            raise Refusal("unavailable") from error
        return AuthenticatorStanding(confirmed=True, codes_count=True)

    async def renew_codes(self, session: StoredSession, given: AuthenticatorCode) -> RecoveryCodes:
        """Ten fresh recovery codes in the place of all that are left, for a current code; refuses `throttled`,
        `code-wrong`, `code-used`, `unavailable`."""
        now, device = self._clock(), session.device
        codes = recovery.recovery_codes(self._random(recovery.COUNT * recovery.CODE_BYTES))
        try:
            account = await self._confirmed(device, now)
            step = totp.accepted_step(account.secret, given.code, now, account.last_step, account.ahead)
            # A crash at this line leaves the old codes, or fresh ones that nobody was told; then the next code of the
            # authenticator makes others.
            if not await self._accounts.replace_recovery(account, step, self._hashed(device, codes)):
                raise Refusal("code-used", retry_after=totp.wait(now))
        except Conflict as error:
            raise Refusal("code-wrong", OVERTAKEN) from error
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        return RecoveryCodes(recovery_codes=codes)

    async def _begin(self, pending: Pending, given: AuthenticatorRenewal, now: int) -> None:
        """Keep the renewal, paid for with a code or a recovery code."""
        device = pending.device
        if given.recovery:
            hashed = recovery.recovery_hash(self._recovery_key, device, given.recovery)
            account = await charged(self._accounts, device, now, locked_too=True)
            # A crash at this line leaves the recovery code used up and the secret pending, or neither.
            if not await self._accounts.begin_renewal_by_recovery(hashed, pending, failures_left(account.failures)):
                raise Refusal("code-wrong", "no such recovery code is left")
            return
        account = await self._confirmed(device, now)
        step = totp.accepted_step(account.secret, given.code, now, account.last_step, account.ahead)
        try:
            # A crash at this line leaves the code used up and the secret pending, or neither.
            if not await self._accounts.begin_renewal(account, step, pending):
                raise Refusal("code-used", retry_after=totp.wait(now))
        except Conflict as error:
            raise Refusal("code-wrong", OVERTAKEN) from error

    async def _confirmed(self, device: str, now: int) -> Account:
        """The account, with this attempt counted; a secret that nobody has confirmed yet renews nothing."""
        account = await charged(self._accounts, device, now)
        if not account.confirmed:
            raise Refusal("not-allowed", "this device's secret waits for its first code: log in with it")
        return account

    async def _standing(self, device: str, renewal: str) -> AuthenticatorStanding:
        account = await account_of(self._accounts, device)
        confirmed = account.renewal == renewal
        return AuthenticatorStanding(confirmed=confirmed, codes_count=confirmed and not account.codes_replaced)

    def _hashed(self, device: str, codes: Sequence[str]) -> list[bytes]:
        return recovery.recovery_hashes(self._recovery_key, device, codes)

    def _told(self, pending: Pending) -> NewAuthenticator:
        return NewAuthenticator(
            secret=totp.secret_text(pending.secret),
            uri=totp.device_uri(pending.secret, pending.device, self._views.view.founded.name),
            expires=pending.expires,
            recovery_codes=recovery.recovery_codes(pending.codes),
        )
