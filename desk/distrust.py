"""From an alarm to what an officer reads: what it leaves behind is stored, its evidence kept; then it is told."""

from desk.errors import Distrust, Usage
from desk.profile import Profile
from desk.replica import ReplicaStore
from desk.standing import STILL, Halted
from directory.replay import Alarm, Replica, UpdateNeeded

_GOES_ON = (
    "The last good directory stays in use; numbers in it are as safe as before. Do not rely on anything newer from "
    "this relay until the secretariat has answered."
)


def distrust(profile: Profile, store: ReplicaStore, alarm: Alarm, now: int) -> Distrust:
    """An alarm as an officer reads it, its evidence stored; Halted, if it is one that halts this desk."""
    if alarm.final is not None or alarm.owed is not None:
        # First of all: after a crash right behind this line the desk is halted, and the halt holds the log's own word.
        store.doubt(profile.identity.network, alarm, now)
    folder = profile.evidence(alarm.kind, alarm.evidence, now)
    if alarm.final is not None:
        return Halted(f"{alarm}. {_GOES_ON} This desk is halted. {STILL}", folder)
    return Distrust(f"{alarm}. {_GOES_ON}", folder)


def loaded(profile: Profile, store: ReplicaStore, now: int) -> Replica:
    """The directory as last verified; raises Distrust if this disk holds something else."""
    try:
        return store.load(profile.identity.network)
    except Alarm as alarm:
        raise distrust(profile, store, alarm, now) from alarm
    except UpdateNeeded as error:
        raise Usage(str(error)) from error
