"""Founding a network: its first two statements, kept until the relay has them, so that a call can be repeated."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import b64
from desk.client import Clock, RelayClient
from desk.errors import Declined, NotFound
from desk.keyring import Keyring
from desk.session import connected
from desk.statements import Batch, Voice, send_request
from desk.unlocked import Unlocked
from directory.statement import FoundNetwork, NameRelay, network_id
from directory.view import View
from relay.protocol import routes
from relay.protocol.relay_keys import RelayKeys
from relay.protocol.requests import NewStatements

FOUNDING = "founding"
ASKED = "founding-asked"  # what root keys elsewhere were asked to sign, until the founding is published
_KEYS = ("origin", "log_ed25519", "log_mldsa44", "receipt_ed25519", "receipt_mldsa44")


async def check_alive(relay: RelayKeys, clock: Clock) -> None:
    """Return if the relay answers; raises Unreachable, or Distrust for its certificate."""
    async with RelayClient(relay.relay, relay.authority, Ed25519PrivateKey.generate(), clock) as client:
        await client.send("GET", routes.HEALTH, None, {}, token=False)


def founding(
    relay: RelayKeys,
    name: str,
    roots: Sequence[bytes],
    threshold: int,
    keyring: Keyring,
    voices: Sequence[Voice],
    now: int,
) -> tuple[Batch, str]:
    """The statements that found a network and name its relay, and the network's id.

    Every root key's voice signs; without voices they are drafted, for root keys elsewhere.
    """
    statement = FoundNetwork(
        at=now,
        seq=0,
        name=name,
        roots=tuple(sorted(map(b64, roots))),
        threshold=threshold,
        duty=b64(keyring.duty.public_key().public_bytes_raw()),
    )
    batch = Batch(View(), voices, now, drafting=not voices)
    batch.found(statement)
    batch.issue(NameRelay, **{each: getattr(relay, each) for each in _KEYS})
    return batch, network_id(statement)


async def publish_founding(desk: Unlocked) -> View:
    """Hand over the founding kept in the profile's vault; returns the directory as the relay has it then.

    Handing it over once more after an unknown outcome changes nothing: the relay knows the same bytes again.
    """
    request = desk.keyring.vault.get_value(FOUNDING, NewStatements)
    if request is None:
        raise NotFound("this profile has no founding to go on with")
    async with connected(desk.keyring, desk.clock) as client:
        try:
            await send_request(client, request)
        except Declined as error:
            again = f"delete {desk.profile.path} and the root keys before another try"
            raise Declined(f"{error}. Nothing was founded; {again}", error.problem) from error
        await desk.exchange(client)
    # After a crash here the founding is handed over once more, which changes nothing.
    for each in (ASKED, FOUNDING):
        desk.keyring.vault.erase(each)
    return desk.replica().view
