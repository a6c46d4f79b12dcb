"""Access to the portal, made and ended at the desk: look-ups in a browser, with an authenticator of its own.

1. The relay is told the portal's passphrase: so it is another one than the desk's, which the relay never learns. That
   is tried, not compared: the new one must not open this profile.
2. A passphrase that can be guessed is refused, as for files that leave the desk (`crypto.keyfile`).
3. Nothing of it is kept here: the secret is shown once. Whoever breaks off before the first code goes on with that code
   while it waits at the relay, or begins anew.
"""

from typing import Literal

from crypto.keyfile import KeyFileError, normal_passphrase, passphrase_advice
from desk.errors import Declined, Locked, Usage
from desk.keys.keyring import Keyring, open_keyring
from desk.link.client import Clock
from desk.link.session import connected
from relay.protocol import routes
from relay.protocol.requests import MOST_PASSPHRASE, NewPortalAccess, PortalAccess, PortalConfirmation, PortalStanding

Wish = Literal["create", "renew"]
PAGE = "/portal/"


async def standing(keyring: Keyring, clock: Clock) -> PortalStanding | None:
    """The officer's access, or nothing."""
    try:
        async with connected(keyring, clock) as client:
            return await client.call("GET", routes.PORTAL, answer=PortalStanding)
    except Declined as error:
        if error.problem == "not-found":
            return None
        raise


def check_wish(wish: Wish, found: PortalStanding | None) -> None:
    """Return if access can be made so; raises Usage where there is some already, or none to renew."""
    in_force = found is not None and found.ends > 0
    if wish == "create" and in_force:
        raise Usage("there is access to the portal already; `enlace portal renew` makes other access in its place")
    if wish == "renew" and not in_force:
        raise Usage("there is no access to the portal to renew; `enlace portal create` makes it")


def checked_passphrase(keyring: Keyring, passphrase: str) -> str:
    """A passphrase that the relay may know; raises Usage for a weak one and for the desk's own (rules 1 and 2)."""
    try:
        normal = normal_passphrase(passphrase.encode())
    except KeyFileError as error:
        raise Usage(str(error)) from error
    if advice := passphrase_advice(normal):
        raise Usage(f"anybody may try it at the portal, and {advice}")
    if len(passphrase) > MOST_PASSPHRASE:
        raise Usage(f"a passphrase for the portal has at most {MOST_PASSPHRASE} characters")
    try:
        open_keyring(keyring.profile, normal)
    except Locked:
        return passphrase
    raise Usage("that is the passphrase of this desk, which no relay may learn: take another one for the portal")


async def begin(keyring: Keyring, clock: Clock, code: str, passphrase: str) -> PortalAccess:
    """Access that waits for its first code, paid for with a code of the desk's authenticator."""
    async with connected(keyring, clock) as client:
        request = NewPortalAccess(code=code, passphrase=passphrase)
        return await client.call("POST", routes.PORTAL, request, answer=PortalAccess)


async def confirm(keyring: Keyring, clock: Clock, code: str) -> PortalStanding:
    """Put it into force with the first code of its own secret."""
    async with connected(keyring, clock) as client:
        return await client.call("POST", routes.PORTAL_CONFIRM, PortalConfirmation(code=code), answer=PortalStanding)


async def remove(keyring: Keyring, clock: Clock) -> None:
    """End the access and every session in a browser."""
    async with connected(keyring, clock) as client:
        await client.call("DELETE", routes.PORTAL)
