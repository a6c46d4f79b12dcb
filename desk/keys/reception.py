"""Other reception keys for this desk's device, named in the directory with the device's own signature.

1. The new keys are stored before anybody learns of them, beside the present ones; they are taken when the directory, as
   this desk verified it, names them (`desk.keys.own_device`, rule 3). Whatever is cut off, and wherever: the desk holds
   the keys that the directory names, and the next exchange takes them.
2. Keys that were made and not named yet are used, not made again; keys that were ever named are not.
3. It works where the present ones are damaged, or others were named from a copy of this profile.

`enlace watch` reads both files before each connection, and so goes over by itself.
"""

from crypto.encoding import b64
from crypto.signing import SecretPair
from desk.errors import Usage
from desk.keys.keyring import ReceptionLost, next_reception_keys, prepare_reception, reception_keys
from desk.keys.own_device import OtherReception
from desk.link.client import RelayClient
from desk.profile.unlocked import Unlocked
from desk.replica.publishing import publish
from desk.replica.statements import Batch, device_voice
from desk.replica.synchronise import synchronise
from directory.statement import ChangeReception
from directory.view import View


async def renew_reception(desk: Unlocked, client: RelayClient) -> None:
    """Name new reception keys for this desk's device, and take them; raises Declined if the relay refuses them.

    What an earlier run has named, and could not take, is taken instead.
    """
    profile, identity, store = desk.profile, desk.profile.identity, desk.store
    if identity.kind != "officer":
        raise Usage("the secretariat's desk has no reception keys")
    before, following = _present(desk), next_reception_keys(profile)
    try:
        await synchronise(profile, store, client, desk.clock())
    except (OtherReception, ReceptionLost):
        pass  # the replica was stored before that was looked at; the new keys mend it
    else:
        if following is not None and _present(desk) != before:
            return  # an earlier run was cut off behind the relay's answer
    view = desk.replica().view
    if following is None or not _unnamed(view, following):
        following = prepare_reception(profile)
    public = following.public
    batch = Batch(view, [device_voice(desk.keyring)], desk.clock())
    fields = {"reception_ed25519": b64(public.ed25519), "reception_mldsa44": b64(public.mldsa44)}
    batch.issue(ChangeReception, device=identity.device, **fields)
    # After a crash here the keys are stored, and published or not: the next exchange finds out.
    await publish(profile, store, client, batch.request(), desk.clock())


def _present(desk: Unlocked) -> bytes:
    try:
        return reception_keys(desk.profile).ed25519_seed
    except ReceptionLost:
        return b""


def _unnamed(view: View, keys: SecretPair) -> bool:
    return not {keys.public.ed25519, keys.public.mldsa44} & set(view.keys)
