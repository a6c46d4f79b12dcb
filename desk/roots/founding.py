"""Founding a network: its first two statements, kept until the relay has them, so that a call can be repeated.

1. What may have been sent is never replaced, and never given up: the relay may have it although no answer came.
2. Whether it was founded, the log says. What the relay refuses is looked for there first; a refusal that says nothing
   of the statements (busy, unavailable) leaves it open. Nobody is told to delete a key.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.encoding import b64
from desk.errors import Declined, NotFound
from desk.keys.keyring import Keyring
from desk.link.client import Clock, RelayClient
from desk.link.session import connected
from desk.profile.unlocked import Unlocked
from desk.replica.statements import Batch, Voice, send_request
from desk.replica.synchronise import synchronise
from desk.roots.drafts import Asked
from directory.statement import AnyStatement, FoundNetwork, NameRelay, network_id, parse_statement
from directory.view import View
from relay.protocol import routes
from relay.protocol.relay_keys import RelayKeys
from relay.protocol.requests import NewStatements

FOUNDING = "founding"
ASKED = "founding-asked"  # what root keys elsewhere were asked to sign, until the founding is published
_FINAL = {"malformed", "signature-invalid", "statement-conflict", "statement-refused", "body-mismatch"}
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


def kept_founding(desk: Unlocked) -> tuple[FoundNetwork, NameRelay] | None:
    """The statements of the founding that this profile keeps, signed already or not; None if it keeps none."""
    request, asked = desk.keyring.vault.get_value(FOUNDING, NewStatements), desk.keyring.vault.get_value(ASKED, Asked)
    found: list[AnyStatement] = []
    if request is not None:
        found = [parse_statement(each.encode()).statement for each in request.statements]
    elif asked is not None:
        found = [each.statement for each in asked.drafts()]
    match found:
        case [FoundNetwork() as first, NameRelay() as second]:
            return first, second
    return None


def other_relay(statement: NameRelay, relay: RelayKeys) -> bool:
    """Whether a statement names another relay than this one, or other keys of it."""
    return any(getattr(statement, each) != getattr(relay, each) for each in _KEYS)


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
            if error.problem not in _FINAL:
                unknown = f"{error}. Whether the relay has the founding is not known. The keys are made"
                raise Declined(f"{unknown}; call `enlace network found` again to go on", error.problem) from error
            if not await _stands(desk, client):
                kept = "The relay did not take this founding. Keep the root keys; to found a network at another relay"
                raise Declined(f"{error}. {kept}, choose another folder with --profile", error.problem) from error
        await desk.exchange(client)
    # After a crash here the founding is handed over once more, which changes nothing.
    for each in (ASKED, FOUNDING):
        desk.keyring.vault.erase(each)
    return desk.replica().view


async def _stands(desk: Unlocked, client: RelayClient) -> bool:
    """Whether the relay's log begins with this profile's founding, whoever of the root keys signed it there."""
    try:
        # The replica takes no log but the one whose first statement hashes to the network's id in the profile.
        done = await synchronise(desk.profile, desk.store, client, desk.clock())
    except Declined:  # a log that does not know this duty key
        return False
    return done.replica.view.network is not None
