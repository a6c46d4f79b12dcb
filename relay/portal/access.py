"""Portal access as its desk makes it: begun with a code, confirmed by the first code of its own secret, removed.

    none ──begun: session, a code of the desk, a passphrase──▶ waiting ──its own first code──▶ in force ──▶ ended
      ▲                                                          │                               │  ▲
      ├───────────── 15 minutes have passed, removed ────────────┘          begun anew, confirmed┘  │
      └───────────── removed; officer, member or last device revoked ◀──────────────────────────────┘

1. A session alone makes no access: a current code of the desk's authenticator pays for it, so whoever sits down at an
   unlocked desk leaves with no way in that lasts.
2. What is in force stays so until the other's first code; then its sessions end. The account name stays the officer's.
3. The passphrase passes the rule for files that leave a desk (12 characters); it is told to the relay, which keeps it
   as Argon2id, sealed. The desk sees to it that it is not the desk's own (`desk.profile.portal`).
4. There is no recovery but this: renewed from the desk. Nothing in the browser changes a credential.
5. An officer whose device does not count makes none: the session would be refused before.
"""

import secrets
from collections.abc import Callable

from crypto.keyfile import KeyFileError, normal_passphrase, passphrase_advice
from relay.attempts import OVERTAKEN, charged
from relay.portal.derivation import Derivations
from relay.portal.store import Credential, PendingAccess, PortalAccount, PortalStore
from relay.protocol.problems import Refusal
from relay.protocol.requests import NewPortalAccess, PortalAccess, PortalConfirmation, PortalStanding
from relay.rules import totp
from relay.rules.portal import LAPSE, NAME_BYTES, made_name
from relay.rules.sessions import StoredSession
from relay.settings import Portal as PortalSettings
from relay.store.contract import AccountStore, Conflict, StoreFailed
from relay.views import Clock, Views

_TRIES = 5
_DAY = 86_400
_NONE = "there is no portal access of this officer; `enlace portal create` makes it"


class PortalAccesses:
    """Makes and ends access; `random` makes secrets and account names."""

    def __init__(
        self,
        *,
        store: PortalStore,
        accounts: AccountStore,
        views: Views,
        derivations: Derivations,
        settings: PortalSettings,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._store, self._accounts, self._views = store, accounts, views
        self._derivations, self._settings, self._clock, self._random = derivations, settings, clock, random

    async def standing(self, officer: str) -> PortalStanding:
        """What access an officer has; refuses `not-found` where there is none."""
        try:
            account, pending = await self._store.account(officer), await self._pending(officer)
            if account is None and pending is None:
                raise Refusal("not-found", _NONE)
            if account is None:
                return PortalStanding(name=pending.name if pending else "", waiting=True)
            return await self._told(account, waiting=pending is not None)
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def begin(self, session: StoredSession, given: NewPortalAccess) -> PortalAccess:
        """Access that waits for its first code; refuses `not-allowed` where there is no portal, `malformed` for a weak
        passphrase, `throttled`, `code-wrong`, `code-used`, `unavailable`."""
        if not self._settings.open:
            raise Refusal("not-allowed", "this relay has no portal: its settings close it")
        passphrase, now, officer = strong(given.passphrase), self._clock(), self._officer(session)
        try:
            account = await charged(self._accounts, session.device, now)
            step = totp.accepted_step(account.secret, given.code, now, account.last_step, account.ahead)
            # A crash at this line leaves the code used up, and nothing begun; the next code begins it.
            if not await self._accounts.use_code(account, step):
                raise Refusal("code-used", retry_after=totp.wait(now))
            phc = await self._derivations.derive(passphrase)
            pending = await self._begun(officer, Credential(phc, self._random(totp.SECRET_SIZE)), now)
        except Conflict as error:
            raise Refusal("code-wrong", OVERTAKEN) from error
        except StoreFailed as error:
            # It may be pending: what is begun next takes its place.
            raise Refusal("unavailable") from error
        secret = pending.credential.secret
        return PortalAccess(
            name=pending.name,
            secret=totp.secret_text(secret),
            uri=totp.secret_uri(secret, f"portal {pending.name}", self._views.view.founded.name),
            expires=pending.expires,
        )

    async def confirm(self, session: StoredSession, given: PortalConfirmation) -> PortalStanding:
        """Put the waiting access into force; refuses `not-found` where none waits, `code-wrong`, `unavailable`.

        No attempts are counted: whoever confirms has been told the secret, so there is nothing to guess.
        """
        now, officer = self._clock(), self._officer(session)
        try:
            pending = await self._pending(officer)
            if pending is None:
                raise Refusal("not-found", "no portal access waits for its first code: begin it anew")
            step = totp.accepted_step(pending.credential.secret, given.code, now, totp.NEVER_USED)
            # A crash at this line leaves what was in force, and this one waiting; or this one in force, its name known.
            await self._store.confirm(pending, step, now + self._settings.access_days * _DAY)
            return await self.standing(officer)
        except Conflict as error:
            raise Refusal("not-found", "other portal access was begun meanwhile, or this one removed") from error
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def remove(self, session: StoredSession) -> None:
        """End all of an officer's access and its sessions; where there is none nothing happens."""
        try:
            await self._store.remove((self._officer(session),))
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def _begun(self, officer: str, credential: Credential, now: int) -> PendingAccess:
        for _ in range(_TRIES):
            known = await self._store.account(officer) or await self._store.pending(officer)
            name = known.name if known is not None else made_name(self._random(NAME_BYTES))
            pending = PendingAccess(officer, name, credential, now + LAPSE)
            try:
                await self._store.begin(pending)
            except Conflict:
                continue  # the name is another's: one of 2^40 happened twice
            return pending
        raise Refusal("unavailable")

    async def _pending(self, officer: str) -> PendingAccess | None:
        """What waits; a clock set back keeps none longer than LAPSE."""
        pending, now = await self._store.pending(officer), self._clock()
        return pending if pending is not None and now < pending.expires <= now + LAPSE else None

    async def _told(self, account: PortalAccount, *, waiting: bool) -> PortalStanding:
        return PortalStanding(
            name=account.name,
            ends=account.ends,
            waiting=waiting,
            logged_in_at=account.logged_in_at,
            failed=account.failures,
            sessions=await self._store.sessions(account.officer),
        )

    def _officer(self, session: StoredSession) -> str:
        return self._views.view.devices[session.device].officer


def strong(passphrase: str) -> bytes:
    """The passphrase as it is derived from; refuses `malformed` for one that can be guessed, or that none can have."""
    try:
        normal = normal_passphrase(passphrase.encode("utf-8", "surrogatepass"))
    except KeyFileError as error:
        raise Refusal("malformed", str(error)) from error
    advice = passphrase_advice(normal)
    if advice:
        raise Refusal("malformed", advice)
    return normal
