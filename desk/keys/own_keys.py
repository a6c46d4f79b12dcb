"""This desk's own key sets, brought to the relay.

1. Keys are made for a time of their own (`making_time`). A clock that jumped is doubted for a day before it erases
   (`desk.keys.seen_time`); to make keys by it, it is enough that the log, just asked, shows the same time. Else a desk
   that comes back after months could receive nothing for a day. If both were wrong, forward secrecy is lost until they
   are right (`desk.keys.epochs`, rule 7), and nothing else.
2. A key set of this device under a number that this desk never published was made from a copy of this profile, older or
   newer, or by a thief. This desk goes on above it (`desk.keys.epochs`, rule 6), so that it receives again, and its
   officer is told, once. A relay that takes no set although nothing newer is there is told too: else nobody would know
   before the keys run out.
3. Which sets this desk never published it knows as long as it has kept its list of them. Where the list began anew
   (`desk.keys.epochs`, rule 9) the set is most likely its own: then it says that it cannot tell, and accuses nobody.
   What opens here is looked up, and told, in both cases.
4. What is published stands in the replica too, beside the sets of other devices: so a desk knows when its own keys run
   out by the same rules as those of others (`desk.keys.key_sets`).
"""

from collections.abc import Callable

from crypto.encoding import unb64
from desk.errors import Declined
from desk.keys.epochs import EpochKeys
from desk.keys.erasing import key_time
from desk.keys.keyring import Keyring
from desk.keys.seen_time import APART, RENEWED
from desk.keys.vault import Vault
from desk.link.client import RelayClient
from desk.replica.store import ReplicaStore
from desk.terminal import stamp
from directory.keyset import KeySet, open_keyset, write_keyset
from relay.protocol import routes
from relay.protocol.lines import device_name
from relay.protocol.requests import KeySets, KeySetsWanted

_ELSEWHERE = (
    "If you put this profile back from an older copy, nothing is to be done: this desk publishes others now. If not, "
    "somebody else has this device's keys: have it revoked at once, by telephone"
)
_ANEW = (
    "If nobody uses a copy of this profile, nothing is to be done: this desk publishes others now, and knows them again"
)


def making_time(vault: Vault, proven: Callable[[], int], clock: int) -> int:
    """For when keys are made (rule 1); `proven` gives the time of the newest verified checkpoint."""
    now, doubted = key_time(vault, proven, clock)
    return clock if doubted and abs(clock - proven()) <= RENEWED + APART else now


async def publish_keys(
    keyring: Keyring, store: ReplicaStore, client: RelayClient, now: int, tell: Callable[[str], None]
) -> bool:
    """Publish the next key set if the published one does not reach far enough ahead; returns whether one was.

    Raises Declined where the relay takes none. `tell` is told of sets that this desk does not know (rule 2).
    """
    identity, published, refusal = keyring.profile.identity, False, None
    for _ in range(3):  # one that an earlier run could not publish, one that was overtaken, the one for now
        keyset = keyring.epochs.renew(identity.network, identity.device, now)
        if keyset is None:
            return published
        note = write_keyset(keyset, device_name(identity.name, identity.device), keyring.device)
        try:
            # Seeds and number are stored: after a crash here the same set is published again, under its number.
            await client.call("PUT", routes.KEYSET, data=note, kind=routes.NOTE)
        except Declined as error:
            if error.problem != "keyset-old":
                raise
            newest, refusal = await _newest(keyring, client, error), error
            if newest.number < keyset.number or newest == keyset:
                raise  # nothing newer is there
            tell(_unknown(newest, keyring.epochs, now))
            # After a crash here the next exchange is refused the same, and tells it.
            keyring.epochs.overtake(newest.number)
            continue
        keyring.epochs.published(keyset.number)
        # After a crash here the relay has it, and the next exchange fetches it.
        store.put_keyset(identity.device, keyset.number, note)
        published = True
    if refusal is not None:
        raise refusal
    return published


def _unknown(newest: KeySet, epochs: EpochKeys, now: int) -> str:
    """What the officer is told of a key set that is not in this desk's list (rules 2 and 3)."""
    number, at = newest.number, stamp(newest.at)
    open_yet = [each.recipient for each in newest.epochs if each.erase > now]
    found = [epochs.opens(unb64(each)) for each in [*open_yet, newest.fallback]]
    opening = "what is sealed to its keys does not open here"
    if any(found):
        opening = f"{'what' if all(found) else 'not all that'} is sealed to its keys opens here"
    if epochs.anew():
        return (
            f"another key set of this device, number {number}, was published on {at}, and this desk's list of its own "
            f"keys began anew, so it cannot say whether it made that set: {opening}. {_ANEW}"
        )
    return (
        f"another key set of this device, number {number}, was published on {at}, and this desk did not make it: "
        f"{opening}. {_ELSEWHERE}"
    )


async def _newest(keyring: Keyring, client: RelayClient, refusal: Declined) -> KeySet:
    """The newest key set of this very device, as the relay has it (`desk.keys.epochs`, rule 6)."""
    identity = keyring.profile.identity
    answer = await client.call("POST", routes.KEYSETS, KeySetsWanted(devices=(identity.device,)), answer=KeySets)
    name = device_name(identity.name, identity.device)
    try:
        (note,) = answer.keysets
        return open_keyset(note.encode(), identity.network, identity.device, name, keyring.device.public)
    except ValueError:
        raise refusal from None
