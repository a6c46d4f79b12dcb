"""What the directory says of this desk's own device, held against what the desk was invited as and made itself.

1. The device belongs to the officer that the invitation names, and that officer to the member it names. Whoever enrols
   it for another officer would have this desk sign in that officer's name.
2. Its reception keys are those made here. With others in the directory, somebody else could take this desk's place on
   the stream and sign that messages were delivered. Its signing keys need no look: the device's id is their hash.
3. Neither can change later: a device is enrolled once, an officer's member never changes. So what is found is found at
   the first synchronisation after enrolment, and it is looked for at each one, for that one may have failed.

Nothing is deleted, and nothing goes on: every exchange with the relay ends here, until the desk is enrolled anew.
"""

from crypto.encoding import b64
from desk.errors import Distrust
from desk.keyring import reception_keys
from desk.profile import Profile
from desk.replica import ReplicaStore
from directory.canonical import encode
from directory.replay import Replica


class Misenrolled(Distrust):
    """The directory has this desk's device as another's, or with other keys."""


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
    reception = reception_keys(profile).public
    mine["reception.json"] = encode({"ed25519": b64(reception.ed25519), "mldsa44": b64(reception.mldsa44)})
    member, wrong = view.officers[record.officer].member, ""
    if record.officer != identity.officer:
        wrong = (
            f"this device was enrolled for officer {record.officer[:8]} of {member}, and this desk was invited as "
            f"officer {identity.officer[:8]} of {identity.member}"
        )
    elif member != identity.member:
        wrong = f"this desk was invited as one of {identity.member}, and its officer is enrolled as one of {member}"
    elif record.reception != reception:
        wrong = (
            "the reception keys in the directory are not the ones made here: somebody else could sign for this desk "
            "that messages were delivered"
        )
    if wrong:
        entry = {"enrolment.txt": store.entries(record.enrolled)[0]}
        raise Misenrolled(f"{wrong}. {_DO}", profile.evidence("own-device", mine | entry, now))
