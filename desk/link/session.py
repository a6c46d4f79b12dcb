"""Log-in and the shift: a token bound to the device key, kept sealed, renewed without a code until the shift ends."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

from desk.errors import Locked
from desk.keys.keyring import Keyring
from desk.keys.vault import Damaged
from desk.link.client import Clock, RelayClient
from desk.profile.shift_mark import SESSION, remove_mark, set_mark
from desk.roots.duty_key import duty_client
from directory.canonical import encode
from relay.protocol import routes
from relay.protocol.requests import LogIn, Session

_LAST = "last-login"
_CODES = "recovery-codes"
_FIRST = "first-login"  # there while the recovery codes of a first log-in may be on their way, or wait here
FIRST_LOST = (
    "if the first code was typed already, its answer was lost, and the authenticator counts: run `enlace login` with "
    "the next code"
)
LOOK_UP = 7 * 86_400
RENEW_BEFORE = 60  # seconds before a token runs out


@asynccontextmanager
async def connected(keyring: Keyring, clock: Clock) -> AsyncIterator[RelayClient]:
    """A client with the current session's token, renewed if it is about to run out.

    The secretariat has no session: its duty key proves itself. Raises Locked without a session, or after its shift.
    """
    identity = keyring.profile.identity
    if identity.kind == "secretariat":
        async with duty_client(keyring, clock) as client:
            yield client
        return
    async with RelayClient(identity.relay, identity.authority, keyring.session_key, clock) as client:
        renewed = await _resume(client, keyring, clock())
        if renewed is not None:
            _keep(keyring, renewed)
        yield client


@asynccontextmanager
async def unproven(
    keyring: Keyring, clock: Clock, request: LogIn | None = None
) -> AsyncIterator[tuple[RelayClient, Callable[[], None]]]:
    """As `connected`, or as `log_in` where there is a request, to a relay whose log was not read yet.

    Nothing it answers is kept before the function handed over beside the client is called.
    """
    identity = keyring.profile.identity
    if identity.kind == "secretariat":
        async with duty_client(keyring, clock) as client:
            yield client, lambda: None
        return
    async with RelayClient(identity.relay, identity.authority, keyring.session_key, clock) as client:
        if request is None:
            renewed = await _resume(client, keyring, clock())
            yield client, lambda: _keep(keyring, renewed) if renewed is not None else None
            return
        session = await client.call("POST", routes.LOGIN, request, answer=Session, token=False)
        client.token = session.token
        yield client, lambda: _keep_log_in(keyring, session, clock())


async def log_in(keyring: Keyring, clock: Clock, request: LogIn) -> Session:
    """Open a session with a TOTP or recovery code, and keep it for the shift."""
    identity = keyring.profile.identity
    async with RelayClient(identity.relay, identity.authority, keyring.session_key, clock) as client:
        session = await client.call("POST", routes.LOGIN, request, answer=Session, token=False)
    _keep_log_in(keyring, session, clock())
    return session


async def first_log_in(keyring: Keyring, clock: Clock, code: str, invitation: bytes) -> Session:
    """Log in with the first code of the secret that an invitation brought: the relay's answer to that one alone brings
    the recovery codes."""
    keyring.vault.put(_FIRST, _digest(invitation))
    # After a crash from here on, or where the answer is lost, `first_sent` says so.
    return await log_in(keyring, clock, LogIn(code=code))


def first_sent(keyring: Keyring, invitation: bytes | None = None) -> bool:
    """Whether a first code was sent, that of this invitation's secret if there is one, and what came of it is not
    settled: no recovery codes of it were shown yet."""
    try:
        sent = keyring.vault.get(_FIRST)
    except Damaged:
        return False
    return sent is not None and (invitation is None or sent == _digest(invitation))


def _keep_log_in(keyring: Keyring, session: Session, now: int) -> None:
    if session.recovery_codes:
        # The relay says them once. After a crash from here on they are shown by the next `enlace enrol`.
        keep_codes(keyring, session.recovery_codes)
    _keep(keyring, session)
    keyring.vault.put(_LAST, str(now).encode())


def check_look_up(keyring: Keyring, now: int) -> None:
    """Return if the directory may be looked up without the network: the last log-in is at most 7 days old.

    So a desk that was taken together with its passphrase, but without the authenticator, goes blind (DESIGN section 7).
    """
    if keyring.profile.identity.kind != "officer":
        return
    try:
        raw = keyring.vault.get(_LAST)
    except Damaged as error:
        raise Locked(f"{error}; run `enlace login` once, then look-ups work again") from error
    if raw is None or now - int(raw) > LOOK_UP:
        raise Locked("the last log-in is more than 7 days ago; run `enlace login` once, then look-ups work again")


async def log_out(keyring: Keyring, clock: Clock) -> None:
    """End the session at the relay, then forget it; forgotten even if the relay cannot be told."""
    try:
        async with connected(keyring, clock) as client:
            await client.call("POST", routes.LOGOUT)
    finally:
        keyring.vault.erase(SESSION)
        remove_mark(keyring.profile)


def keep_codes(keyring: Keyring, codes: tuple[str, ...]) -> None:
    """Keep recovery codes that count from now on, sealed, until they stood before the officer's eyes."""
    keyring.vault.put(_CODES, "\n".join(codes).encode())


def unshown_codes(keyring: Keyring) -> tuple[str, ...]:
    """The recovery codes kept last, until `codes_shown`; none after."""
    raw = keyring.vault.get(_CODES)
    return tuple(raw.decode().split("\n")) if raw is not None else ()


def codes_shown(keyring: Keyring) -> None:
    """The recovery codes stood before the officer's eyes, or it was said that they are lost: none wait here."""
    keyring.vault.erase(_FIRST)
    keyring.vault.erase(_CODES)


def current_session(keyring: Keyring) -> Session | None:
    """The session kept, whether it still holds or not; none, if it is damaged: the next log-in replaces it."""
    try:
        return keyring.vault.get_value(SESSION, Session)
    except Damaged:
        return None


def _digest(invitation: bytes) -> bytes:
    return sha256(invitation).hexdigest().encode()


async def _resume(client: RelayClient, keyring: Keyring, now: int) -> Session | None:
    """Give the client the session kept; returns what the relay gave in its place, which nobody has kept yet."""
    try:
        session = keyring.vault.get_value(SESSION, Session)
    except Damaged as error:
        raise Locked(f"{error}; run `enlace login`") from error
    if session is None:
        raise Locked("there is no session; run `enlace login`")
    if session.shift_ends <= now:
        raise Locked("the shift is over; run `enlace login` with a new code")
    client.token = session.token
    if session.expires - RENEW_BEFORE > now:
        return None
    session = await client.call("POST", routes.RENEW, answer=Session)
    client.token = session.token
    return session


def _keep(keyring: Keyring, session: Session) -> None:
    kept = Session(token=session.token, expires=session.expires, shift_ends=session.shift_ends)
    keyring.vault.put(SESSION, encode(kept))
    set_mark(keyring.profile, session.shift_ends)
