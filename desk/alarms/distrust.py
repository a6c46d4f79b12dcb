"""From an alarm to what an officer reads: what it leaves behind is stored, its evidence kept; then it is told."""

from pathlib import Path

from desk.alarms.accusation import accusation
from desk.alarms.evidence import ACCUSATION
from desk.alarms.open_alarms import begin
from desk.errors import Distrust, Told, Usage
from desk.profile.folder import Profile
from desk.replica.standing import STILL, Halted
from desk.replica.store import ReplicaStore
from directory.replay import Alarm, Replica, UpdateNeeded, relays_named

_GOES_ON = (
    "The last good directory stays in use; numbers in it are as safe as before. Do not rely on anything newer from "
    "this relay until the secretariat has answered."
)


def distrust(profile: Profile, store: ReplicaStore, alarm: Alarm, now: int) -> Distrust:
    """An alarm as an officer reads it, its evidence stored; Halted, if it is one that halts this desk."""
    if alarm.final is not None or alarm.owed is not None:
        # First of all: after a crash right behind this line the desk is halted, and the halt holds the log's own word.
        store.doubt(profile.identity.network, alarm, now)
    replica = _known(profile, store)
    folder, told = kept(profile, store, alarm, replica, now)
    if replica is not None:
        # A crash before this line loses a line of `enlace status`: the evidence is kept, and a halt stands already.
        begin(store, told, now, alarm.until, relays_named(replica.view))
    if alarm.final is not None:
        return Halted(f"{alarm}. {_GOES_ON} This desk is halted. {STILL}", folder, told)
    return Distrust(f"{alarm}. {_GOES_ON}", folder, told)


def kept(profile: Profile, store: ReplicaStore, alarm: Alarm, replica: Replica | None, now: int) -> tuple[str, Told]:
    """An alarm's evidence, stored: the folder (or why there is none), and what is told of it; no halt and no debt is.

    `replica` is the directory that what was shown was held against: this desk's, or the beginning of it.
    """
    file, proven = _accusation(store, alarm, replica, now)
    folder = profile.evidence(alarm.kind, alarm.evidence, now, file, proven=proven)
    there = Path(folder) / ACCUSATION
    last = _known(profile, store)
    told = Told(
        alarm.kind,
        str(alarm),
        last.size if last is not None else 0,
        last.checkpoint.time if last is not None and last.checkpoint is not None else 0,
        alarm.final is not None,
        str(there) if file and there.exists() else "",
        proven,
        alarm.until,
    )
    return folder, told


def _accusation(store: ReplicaStore, alarm: Alarm, replica: Replica | None, now: int) -> tuple[bytes, bool]:
    """As `accusation`; none where this disk has not what it takes. That is told too, and hides no alarm."""
    if replica is None:
        return b"", False
    try:
        return accusation(alarm, replica, lambda: store.entries(0), now)
    except Distrust as error:
        store.notices.append(str(error))
        return b"", False


def _known(profile: Profile, store: ReplicaStore) -> Replica | None:
    """The last good directory; None where this disk holds none that is."""
    try:
        return store.load(profile.identity.network)
    except (Alarm, UpdateNeeded):
        return None


def loaded(profile: Profile, store: ReplicaStore, now: int) -> Replica:
    """The directory as last verified; raises Distrust if this disk holds something else."""
    try:
        return store.load(profile.identity.network)
    except Alarm as alarm:
        raise distrust(profile, store, alarm, now) from alarm
    except UpdateNeeded as error:
        raise Usage(str(error)) from error
