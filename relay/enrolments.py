"""Invitations and enrolments, carried out as `relay.rules.enrolment` decides.

The relay can read all of it and change none of it unnoticed: what binds the keys to the invitation is an HMAC whose key
the relay never has.
"""

import secrets
from collections.abc import Awaitable, Callable

from crypto.encoding import b64
from directory.canonical import decode, encode
from relay.principal import Principal
from relay.protocol.invitation import OfferedKeys, proof_hash
from relay.protocol.problems import Refusal
from relay.protocol.requests import Enrolment, EnrolmentState, NewInvitation, TotpRequest, TotpSecret
from relay.rules import totp
from relay.rules.enrolment import (
    StoredInvitation,
    check_bearer,
    check_binding,
    check_expiry,
    check_invited,
    check_inviter,
    check_offer,
    is_open,
)
from relay.rules.standing import owner_of
from relay.store.contract import AccountStore, Conflict, StoreFailed
from relay.views import Clock, Views


class Enrolments:
    """Registers invitations, takes offered keys, hands out secrets."""

    def __init__(
        self,
        accounts: AccountStore,
        views: Views,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._accounts, self._views, self._clock, self._random = accounts, views, clock, random

    async def invite(self, by: Principal, officer: str, invitation: NewInvitation) -> None:
        """Register an invitation; refuses `not-found`, `not-allowed`, `expiry-invalid`, `malformed`."""
        view, now = self._views.view, self._clock()
        check_inviter(view, officer, by)
        check_invited(view, officer, now)
        check_expiry(invitation.expires, now)
        try:
            await self._accounts.invite(StoredInvitation(officer, invitation.proof_hash, invitation.expires))
        except Conflict as error:
            raise Refusal("malformed", "another officer was invited with this secret: draw a fresh one") from error
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def state(self, by: Principal, officer: str) -> EnrolmentState:
        """What was offered under an officer's invitation; refuses `not-found`, `not-allowed`."""
        check_inviter(self._views.view, officer, by)
        stored = await _read(self._accounts.invitation, officer)
        if stored is None or not is_open(stored, self._clock()):
            raise Refusal("not-found", "no invitation of this officer is open")
        if stored.offered is None:
            return EnrolmentState(expires=stored.expires)
        return EnrolmentState(expires=stored.expires, keys=decode(stored.offered, OfferedKeys))

    async def offer(self, by: Principal, enrolment: Enrolment) -> None:
        """Keep the keys that a new desk offers; refuses `invitation-invalid`, `proof-invalid`, `malformed`.

        The proof that comes with the request is made with the offered device key, so that nobody offers another's.
        """
        now, keys = self._clock(), enrolment.keys
        stored = await self._bearer(enrolment.proof, now)
        if keys.ed25519 == keys.reception_ed25519 or keys.mldsa44 == keys.reception_mldsa44:
            raise Refusal("malformed", "the reception keys are to differ from the device's own")
        if b64(by.require("key").key) != keys.ed25519:
            raise Refusal("proof-invalid", "the proof was made with another key than the one offered")
        offered = encode(keys)
        check_offer(stored, keys.officer, offered)
        check_invited(self._views.view, stored.officer, now)
        try:
            await self._accounts.offer(stored.proof_hash, offered)
        except Conflict as error:
            raise Refusal("invitation-invalid", "other keys were offered meanwhile; ask for a new one") from error
        except StoreFailed as error:
            raise Refusal("unavailable") from error

    async def secret(self, by: Principal, request: TotpRequest) -> TotpSecret:
        """The secret for one-time codes, for the enrolled device of the invited officer alone.

        Refuses `invitation-invalid`, `device-unknown`, `device-revoked`, `member-suspended`, `not-allowed`.
        """
        view, now = self._views.view, self._clock()
        stored = await self._bearer(request.proof, now)
        owner = owner_of(view, by.require("key").key)
        device = owner.device if owner.use == "device" else ""
        check_binding(view, stored, device, now)
        try:
            account = await self._accounts.bind(stored.proof_hash, device, self._random(totp.SECRET_SIZE))
        except Conflict as error:
            raise Refusal("invitation-invalid") from error
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        uri = totp.device_uri(account.secret, device, view.founded.name)
        return TotpSecret(secret=totp.secret_text(account.secret), uri=uri)

    async def _bearer(self, proof: str, now: int) -> StoredInvitation:
        return check_bearer(await _read(self._accounts.invitation_by_proof, proof_hash(proof)), proof, now)


async def _read(find: Callable[[str], Awaitable[StoredInvitation | None]], key: str) -> StoredInvitation | None:
    try:
        return await find(key)
    except StoreFailed as error:
        raise Refusal("unavailable") from error
