"""Another authority for the relay's certificate: compared by voice, tried against the relay, then trusted.

1. A desk trusts nobody else for its relay than the authority in its profile. Only a person replaces it, with a file
   from the relay's operator whose fingerprint they compared: the relay cannot ask for it, and no statement can.
2. A file that does not vouch for the certificate the relay shows now is refused, so nobody locks their desk out by a
   wrong file. Where the relay does not answer that cannot be seen, and is said.
3. Empty text, for the system's own authorities, is never a file's content; it comes with an invitation only.
"""

import msgspec

from desk.errors import Declined, Distrust, Unreachable, Usage
from desk.keys.keyring import Keyring
from desk.link.client import Clock, RelayClient
from relay.protocol import routes
from relay.protocol.authority import Authority, AuthorityError, read_authorities


def read_file_of_authorities(raw: bytes, now: int) -> tuple[Authority, ...]:
    """The authorities in a file, the newest first as the operator writes them; raises Usage."""
    try:
        return read_authorities(raw, now)
    except AuthorityError as error:
        raise Usage(f"this is no file of a relay's authority: {error}") from error


async def check_vouches(keyring: Keyring, raw: bytes, clock: Clock) -> bool:
    """Whether the relay could be asked, and shows a certificate that these authorities vouch for.

    Raises Declined, nothing changed, if it shows another.
    """
    identity = keyring.profile.identity
    try:
        async with RelayClient(identity.relay, raw.decode("ascii"), keyring.session_key, clock) as client:
            await client.send("GET", routes.HEALTH, None, {}, token=False)
    except Distrust as error:
        raise Declined(f"{error}. With this file the desk would not reach its relay; nothing was changed") from error
    except (Unreachable, Declined):
        return False
    return True


def trust(keyring: Keyring, raw: bytes) -> None:
    """Trust these authorities, and no others, for this desk's relay from now on."""
    profile = keyring.profile
    # After a crash the old ones or the new ones stand in the profile.
    profile.save(msgspec.structs.replace(profile.identity, authority=raw.decode("ascii")))
