"""The authenticator made anew: by this desk in a shift, or with an invitation where phone and recovery codes are lost.

1. A renewal's id is kept sealed before the relay hears of it, the relay's answer before anybody sees it, the recovery
   codes before the renewal is forgotten. So after a crash at any point, and after any lost answer, the same command
   goes on where it was.
2. Until the relay has confirmed a renewal, the old authenticator and the old recovery codes are the ones that count;
   this desk never says otherwise. Whether it has confirmed one, and whether the recovery codes it brought are still the
   ones that count, only the relay says; it is asked without a code (`settle`), which counts as no attempt.
3. An invitation binds this device anew at once: from then on the old secret is void. The relay gives the new one again
   until the first log-in with it. What was pending here, and recovery codes not shown yet, are void with it. Where the
   relay knows the invitation no more after a first code was sent, that log-in used it up: what came of it is told.
4. A secret lies here no longer than it is needed: a log-in settles a renewal whose end was not heard of, and whatever
   opens this desk after a renewal's time forgets its secret (`forget_lapsed`).
"""

import secrets
from typing import Literal

import msgspec

from desk.errors import Declined, Usage
from desk.keys.keyring import Keyring
from desk.keys.vault import Damaged
from desk.link.client import Clock, RelayClient
from desk.link.session import (
    FIRST_LOST,
    codes_shown,
    connected,
    first_log_in,
    first_sent,
    keep_codes,
    unshown_codes,
)
from directory.canonical import encode
from relay.protocol import routes
from relay.protocol.invitation import InvitationError, read_invitation, relay_proof
from relay.protocol.requests import (
    AuthenticatorCode,
    AuthenticatorConfirmation,
    AuthenticatorRenewal,
    AuthenticatorStanding,
    NewAuthenticator,
    RecoveryCodes,
    TotpRequest,
    TotpSecret,
)

_RENEWAL = "authenticator-renewal"
_INVITATION = "authenticator-invitation"
_NO_INVITATION = "no invitation waits here; give it with --invitation FILE"
Settled = Literal["none", "pending", "lapsed", "confirmed"]


class Renewal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A renewal that this desk began; `made` once the relay has answered, `done` once it has confirmed."""

    renewal: str
    made: NewAuthenticator | None = None
    done: bool = False


def current_renewal(keyring: Keyring) -> Renewal | None:
    """The renewal that was begun and not confirmed; one that is damaged here is begun anew."""
    kept = _kept(keyring)
    return None if kept is None or kept.done else kept


def forget_done(keyring: Keyring) -> None:
    """Forget a confirmed renewal: its recovery codes were shown, or are not those that count."""
    kept = _kept(keyring)
    if kept is not None and kept.done:
        keyring.vault.erase(_RENEWAL)


def forget_lapsed(keyring: Keyring, now: int) -> None:
    """Forget the secret of a renewal whose time is over; where the relay goes on with it, it tells it again."""
    begun = current_renewal(keyring)
    if begun is not None and begun.made is not None and begun.made.secret and begun.made.expires <= now:
        made = msgspec.structs.replace(begun.made, secret="", uri="")
        keyring.vault.put(_RENEWAL, encode(Renewal(renewal=begun.renewal, made=made)))


def _kept(keyring: Keyring) -> Renewal | None:
    try:
        return keyring.vault.get_value(_RENEWAL, Renewal)
    except Damaged:
        return None


async def begin_renewal(keyring: Keyring, clock: Clock, *, code: str = "", recovery: str = "") -> NewAuthenticator:
    """The next secret, pending at the relay, for a current code or a recovery code."""
    begun = current_renewal(keyring) or Renewal(renewal=secrets.token_hex(16))
    # After a crash from here on the same id is asked with again, so that no code is used up for nothing.
    keyring.vault.put(_RENEWAL, encode(begun))
    request = AuthenticatorRenewal(renewal=begun.renewal, code=code, recovery=recovery)
    async with connected(keyring, clock) as client:
        made = await client.call("POST", routes.AUTHENTICATOR, request, answer=NewAuthenticator)
    keyring.vault.put(_RENEWAL, encode(Renewal(renewal=begun.renewal, made=made)))
    return made


async def confirm_renewal(keyring: Keyring, clock: Clock, code: str) -> None:
    """Put the next secret into force with its first code; its recovery codes are then the unshown ones.

    Raises Declined if the renewal has lapsed, or another took its place: then it is forgotten here too.
    """
    begun = current_renewal(keyring)
    if begun is None or begun.made is None:
        raise Usage("no renewal is pending here; `enlace authenticator renew` begins one")
    await _ask(keyring, clock, begun, code)


async def settle(keyring: Keyring, clock: Clock) -> Settled:
    """Learn what became of a renewal, if one was begun here; its recovery codes are kept if they count by now.

    One that the relay never took, or whose secret nobody was told, is forgotten without a word: there is `none`.
    """
    kept = _kept(keyring)
    if kept is None:
        return "none"
    if kept.done:
        return "confirmed"
    try:
        return "confirmed" if await _ask(keyring, clock, kept) else "pending"
    except Declined as error:
        if error.problem != "not-found":
            raise
        return "lapsed" if kept.made is not None else "none"


async def _ask(keyring: Keyring, clock: Clock, begun: Renewal, code: str = "") -> bool:
    """Confirm a renewal, or ask without a code whether it is confirmed; returns whether it is."""
    try:
        async with connected(keyring, clock) as client:
            request = AuthenticatorConfirmation(renewal=begun.renewal, code=code)
            told = await client.call("POST", routes.AUTHENTICATOR_CONFIRM, request, answer=AuthenticatorStanding)
    except Declined as error:
        if error.problem == "not-found":
            keyring.vault.erase(_RENEWAL)
        raise
    if told.confirmed:
        # After a crash at one of these lines the next call asks again, and is told once more that it is done.
        if told.codes_count and begun.made is not None:
            keep_codes(keyring, begun.made.recovery_codes)
        keyring.vault.put(_RENEWAL, encode(Renewal(renewal=begun.renewal, done=True)))
    return told.confirmed


async def renew_codes(keyring: Keyring, clock: Clock, code: str) -> None:
    """Ten fresh recovery codes, kept until they are shown; the old ones are void."""
    async with connected(keyring, clock) as client:
        answer = await client.call(
            "POST", routes.AUTHENTICATOR_CODES, AuthenticatorCode(code=code), answer=RecoveryCodes
        )
    # A crash before this line loses them; the next code of the authenticator makes others.
    keep_codes(keyring, answer.recovery_codes)


def take_invitation(keyring: Keyring, raw: bytes, now: int) -> None:
    """Keep an invitation of an administrator for this very device's officer; raises Usage for any other."""
    identity = keyring.profile.identity
    try:
        invitation = read_invitation(raw, now)
    except InvitationError as error:
        raise Usage(str(error)) from error
    if (invitation.network, invitation.officer) != (identity.network, identity.officer):
        raise Usage("this invitation is for another officer or network than this desk's")
    keyring.vault.put(_INVITATION, raw)


def is_invited(keyring: Keyring) -> bool:
    """Whether an invitation waits here to be used up by a first log-in; one that is damaged here is none."""
    try:
        return keyring.vault.get(_INVITATION) is not None
    except Damaged:
        return False


async def bind_anew(keyring: Keyring, clock: Clock) -> TotpSecret | None:
    """The new secret that the invitation brings; the old one is void from here on. Asked again it is the same.

    None where the first log-in has used the invitation up, and its recovery codes wait here. Raises Declined if the
    relay does not know the invitation (any more). In both cases it is forgotten here.
    """
    raw = keyring.vault.get(_INVITATION)
    if raw is None:
        raise Usage(_NO_INVITATION)
    identity = keyring.profile.identity
    proof = relay_proof(read_invitation(raw, 0).secret_bytes)
    try:
        async with RelayClient(identity.relay, identity.authority, keyring.session_key, clock) as client:
            request = TotpRequest(proof=proof)
            secret = await client.call("POST", routes.ENROLMENT_TOTP, request, answer=TotpSecret, token=False)
    except Declined as error:
        if error.problem != "invitation-invalid":
            raise
        keyring.vault.erase(_INVITATION)
        if not first_sent(keyring, raw):
            raise
        if _wait_here(keyring):
            return None
        raise Declined(f"{error}; {FIRST_LOST}", error.problem) from error
    # A crash before these lines: the next call binds it again, to the same secret, and comes here once more.
    codes_shown(keyring)
    keyring.vault.erase(_RENEWAL)
    return secret


async def confirm_invited(keyring: Keyring, clock: Clock, code: str) -> None:
    """Begin a shift with the first code of the new secret, which uses the invitation up."""
    raw = keyring.vault.get(_INVITATION)
    if raw is None:
        raise Usage(_NO_INVITATION)
    await first_log_in(keyring, clock, code, raw)
    # A crash before this line: the next call finds the invitation used up, and forgets it then.
    forget_invitation(keyring)


def forget_invitation(keyring: Keyring) -> None:
    """A first log-in has used the invitation up."""
    keyring.vault.erase(_INVITATION)


def _wait_here(keyring: Keyring) -> bool:
    """Whether recovery codes wait here to be shown, be it that they can only be told to be damaged."""
    try:
        return bool(unshown_codes(keyring))
    except Damaged:
        return True
