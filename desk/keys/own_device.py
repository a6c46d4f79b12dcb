"""What the directory says of this desk's own device, held against what the desk was invited as and made itself.

1. The device belongs to the officer that the invitation names, and that officer to the member it names. Whoever enrols
   it for another officer would have this desk sign in that officer's name.
2. Its reception keys are those made here. With others in the directory, somebody else could take this desk's place on
   the stream and sign that messages were delivered. Its signing keys need no look: the device's id is their hash.
3. Officer and member never change: a device is enrolled once. The reception keys change by this device's own signature
   alone. Those that this desk made to take the place of its own are taken here, as soon as the directory names them.
   Any others were named by somebody who has this device's key: a copy of this profile, older or newer, or a thief.
4. So it is looked at each synchronisation, after the replica was stored.

Nothing is deleted, and nothing goes on: every exchange with the relay ends here, until the desk is enrolled anew, or
(rule 3) has named reception keys of its own again.
"""

from contextlib import suppress

from crypto.encoding import b64
from crypto.signing import SecretPair
from desk.errors import Distrust
from desk.keys.keyring import ReceptionLost, next_reception_keys, reception_keys, take_reception
from desk.profile.folder import Profile
from desk.replica.store import ReplicaStore
from desk.terminal import stamp
from directory.canonical import encode
from directory.replay import Replica
from directory.view import Device


class Misenrolled(Distrust):
    """The directory has this desk's device as another's, or with other keys."""


class OtherReception(Misenrolled):
    """The directory has other reception keys for this device since, named with the device's own signature."""


_RENEW = (
    "If you put this profile back from an older copy, or use a copy of it elsewhere, run `enlace device "
    "renew-reception`. If not, somebody else has this device's keys: have it revoked at once, by telephone"
)
_DO = (
    "Send nothing with this desk, keep it as it is, and tell the network's secretariat by telephone; the device has to "
    "be revoked, and you invited anew"
)


def check_own_device(
    profile: Profile, store: ReplicaStore, replica: Replica, now: int, *, enrolled: bool = False
) -> None:
    """Return if the directory has this desk's device as the desk knows itself; raise Misenrolled if not.

    A device that it does not name (yet) is refused only if it is said to be `enrolled`.
    """
    identity, view = profile.identity, replica.view
    record = view.devices.get(identity.device)
    if identity.kind != "officer" or (record is None and not enrolled):
        return
    mine = {"identity.json": encode(identity)}
    if replica.checkpoint is not None:
        mine["checkpoint-mine.txt"] = replica.checkpoint.raw
    if record is None:
        words = "the relay says that this device was enrolled, and the directory it shows does not have it"
        raise Misenrolled(f"{words}. {_DO}", profile.evidence("own-device", mine, now))
    member, wrong = view.officers[record.officer].member, ""
    if record.officer != identity.officer:
        wrong = (
            f"this device was enrolled for officer {record.officer[:8]} of {member}, and this desk was invited as "
            f"officer {identity.officer[:8]} of {identity.member}"
        )
    elif member != identity.member:
        wrong = f"this desk was invited as one of {identity.member}, and its officer is enrolled as one of {member}"
    if wrong:
        with suppress(ReceptionLost):
            mine["reception.json"] = _public(reception_keys(profile))
        entry = {"enrolment.txt": store.entries(record.enrolled)[0]}
        raise Misenrolled(f"{wrong}. {_DO}", profile.evidence("own-device", mine | entry, now))
    _check_reception(profile, store, record, mine, now)


def _check_reception(profile: Profile, store: ReplicaStore, record: Device, mine: dict[str, bytes], now: int) -> None:
    """Rules 2 and 3; raises ReceptionLost for reception keys that are damaged here."""
    following = next_reception_keys(profile)
    if following is not None and following.public == record.reception:
        take_reception(profile)
    own = reception_keys(profile).public
    if own == record.reception:
        return
    mine["reception.json"] = _public(reception_keys(profile))
    first, newest = record.receptions[0], record.receptions[-1]
    entries = {"enrolment.txt": store.entries(record.enrolled)[0]}
    if newest is first:
        wrong = "the reception keys in the directory are not the ones made here"
        could = "somebody else could sign for this desk that messages were delivered"
        raise Misenrolled(f"{wrong}: {could}. {_DO}", profile.evidence("own-device", mine | entries, now))
    entries["change.txt"] = store.entries(newest.since)[0]
    since = f"since {stamp(record.receptions[-2].replaced_at)}"
    wrong = f"the directory has other reception keys for this device {since}, and this desk did not make them"
    raise OtherReception(f"{wrong}. {_RENEW}", profile.evidence("own-device", mine | entries, now))


def _public(keys: SecretPair) -> bytes:
    public = keys.public
    return encode({"ed25519": b64(public.ed25519), "mldsa44": b64(public.mldsa44)})
