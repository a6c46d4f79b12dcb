"""Whose recovery file a desk takes in, and of which history: rules R1 and R2 of `desk.profile.recovered`.

R1  The file is of this network; and of this officer, or of a former officer of the *same* member, who was revoked,
    where that officer was named. The archive of another authority is refused: who moves leaves it behind.
R2  The device it was written by is the one that the directory has for that officer. And the checkpoint in it is one of
    the history this desk knows: nobody shows a new desk an older directory, or another, than the lost one had seen.
    A branch that gave way when the roots named another relay is no obstacle, and told. A checkpoint that the log never
    signed is the doing of whoever wrote the file: it is kept as a doubt, the file refused, and no relay blamed.
"""

from desk.alarms.distrust import distrust
from desk.errors import Declined
from desk.profile.recovery_file import Head
from desk.profile.unlocked import Unlocked
from directory.replay import Alarm, Replica, check_other, claimed_size
from directory.view import NEVER


def check_head(desk: Unlocked, head: Head, former: str = "") -> str:
    """Return if this desk may take in that archive (R1, R2): what is to be told beside it, mostly nothing.

    Raises Declined, or Distrust for another history.
    """
    mine, replica = desk.profile.identity, desk.replica()
    if head.network != mine.network:
        raise Declined(f"this recovery file is of another network, {head.name}; nothing was changed")
    if replica.checkpoint is None:
        raise Declined("this desk has no directory yet; run `enlace sync`, then this again")
    officer = replica.view.officers.get(head.officer)
    device = replica.view.devices.get(head.device)
    if officer is None or device is None:
        raise Declined("this desk's directory does not know whose archive that is; run `enlace sync`, then this again")
    if officer.member != mine.member or head.member != officer.member:
        raise Declined(
            f"this recovery file holds the archive of {officer.member}, and this desk is of {mine.member}: an archive "
            "stays with the authority it was made at. Give the file back there; nothing was changed"
        )
    if device.officer != head.officer:
        raise Declined("this recovery file names a device that is another officer's; nothing was changed")
    if head.officer != mine.officer and head.officer != former:
        raise Declined(
            f"this recovery file is of officer {head.officer[:8]}, and this desk is of {mine.officer[:8]}. If it falls "
            f"to you to take over that archive, say so: --of-officer {head.officer[:8]}; nothing was changed"
        )
    if head.officer != mine.officer and officer.revoked == NEVER:
        raise Declined(
            f"officer {head.officer[:8]} is in office: the archive is theirs. Once they left, an administrator says "
            "so with `enlace officer revoke`; then `enlace sync`, and this again. Nothing was changed"
        )
    return _check_history(desk, replica, head)


def _check_history(desk: Unlocked, replica: Replica, head: Head) -> str:
    raw = head.checkpoint.encode()
    if not raw:
        return ""
    size = claimed_size(raw)
    try:
        size = check_other(replica, raw).checkpoint.size
    except Alarm as alarm:
        if alarm.kind == "gave-way":
            return f"of the lost desk: {alarm}. What it had received is taken in all the same"
        if alarm.kind != "checkpoint":
            raise distrust(desk.profile, desk.store, alarm, desk.clock()) from alarm
        if size <= replica.size:
            kept = desk.profile.doubt(alarm.kind, alarm.evidence, desk.clock())
            words = "this recovery file names a directory that the log never signed: no desk of this network wrote it"
            raise Declined(f"{words}. Ask who handed it over; what it names is kept in {kept}") from alarm
        raise Declined(
            f"this recovery file names a directory of {size} statements, this desk knows {replica.size}, and no log "
            "known here has signed that; run `enlace sync`, then this again. If it stays so, ask who handed it over"
        ) from alarm
    if size > replica.size:
        raise Declined(
            f"the lost desk knew {size} statements, this one {replica.size}; run `enlace sync`, then "
            "this again. If it stays so, the relay hides something: tell the secretariat"
        )
    return ""
