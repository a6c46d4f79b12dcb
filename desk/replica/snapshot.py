"""The directory out of this desk into a snapshot, and out of a snapshot into this desk (`desk.replica.snapshot_file`).

1. What is taken in is verified as if the relay had shown it: the judge on every statement, the root, both signatures of
   the log, the commitments of the bodies. A desk that never synchronised may begin with one; the network is the one its
   invitation named, and what the inviting administrator saw must be in it.
2. A snapshot that is older than what the desk has brings bodies at most; one of the same statements, vouched for
   later, brings that later word too: so a stick keeps the directory of a desk young. One that shows another history is
   an alarm where the log itself has signed both; else the file was altered, and says nothing against anybody. But a
   checkpoint in it that the log has signed is the log's word: whatever it shows next has to explain it
   (`desk.replica.standing`, H5).
3. Nothing is stored before all of it is verified; then the entries in one transaction, then the bodies.
4. A halted desk takes nothing from a snapshot: only the roots' word ends a halt (`desk.replica.resume`).
5. What is published to circles stays out, unless whoever writes says for which circles the file is; and a desk takes in
   only what its own member may read, whatever a file brings (`directory.finding.readers`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from config.sharing import Sharing
from crypto.encoding import EncodingError, b64
from crypto.merkle import leaf_hash
from desk.alarms.distrust import distrust, loaded
from desk.entries.opened_body import with_commitment
from desk.errors import Declined
from desk.profile.folder import Profile
from desk.replica.snapshot_file import Head
from desk.replica.standing import settled
from desk.replica.store import ReplicaStore
from desk.replica.synchronise import check_invited, settle_invited, wanted_bodies
from directory.finding.readers import circle_may_read
from directory.replay import Alarm, Incomplete, Replica, UpdateNeeded, check_other, claimed_size, extend
from relay.protocol.requests import OpenedBody


@dataclass(frozen=True, slots=True)
class TakenSnapshot:
    """The replica now, and how many statements and bodies came from the snapshot."""

    replica: Replica
    statements: int
    bodies: int


def make_snapshot(
    replica: Replica, store: ReplicaStore, now: int, circles: Sequence[str] = ()
) -> tuple[Head, list[bytes], list[OpenedBody]]:
    """What this desk has verified and every member may read, or every member of one of `circles`.

    Raises Declined where nothing is yet.
    """
    if replica.checkpoint is None:
        raise Declined("this desk has no directory yet; run `enlace sync`")
    entries = store.entries(0)[: replica.size]
    view, wide = replica.view, ("", *circles)
    handed_on = (key for key, body in view.bodies.items() if any(circle_may_read(view, body, each) for each in wide))
    opened = store.opened(sorted(handed_on))
    bodies = [OpenedBody(salt=b64(salt), body=b64(body)) for salt, body in opened.values()]
    head = Head(made=now, checkpoint=replica.checkpoint.raw.decode(), entries=len(entries), bodies=len(bodies))
    return head, entries, bodies


def take_snapshot(
    profile: Profile, store: ReplicaStore, head: Head, entries: Sequence[bytes], bodies: Sequence[OpenedBody], now: int
) -> TakenSnapshot:
    """Take in a snapshot that was read; raises Declined for one that was altered, Distrust for a log that lies."""
    replica = loaded(profile, store, now)
    if store.standing(replica.pinned).halt is not None:
        raise Declined("this desk is halted: it takes nothing from a snapshot. `enlace resume` says what ends it")
    try:
        after = _extended(replica, entries, head.checkpoint.encode(), now)
        standing = settled(store.standing(replica.pinned), after)
        check_invited(store, after)
    except UpdateNeeded as error:
        raise Declined(str(error)) from error
    except Incomplete as error:
        raise Declined(f"this snapshot does not hold, and nothing was taken from it: {error}") from error
    except Alarm as alarm:
        if alarm.final is not None:
            raise distrust(profile, store, alarm, now) from alarm
        if alarm.owed is not None:
            store.doubt(replica.pinned, alarm, now)  # the log has signed it, whoever altered what is under it
        raise Declined(f"this snapshot does not hold, and nothing was taken from it: {alarm}") from alarm
    checked = _checked(after, bodies, wanted_bodies(after.view, profile.identity.member) - store.bodies().keys())
    if after is not replica:
        # One transaction: after a crash here the snapshot is read again, or the next synchronisation brings the rest.
        store.advance(replica.size, list(entries[replica.size : after.size]), after, standing)
        settle_invited(store)
    store.put_bodies(checked)
    store.erase_due(after.view, profile.identity.member)
    return TakenSnapshot(after, after.size - replica.size, len(checked))


def _extended(replica: Replica, entries: Sequence[bytes], checkpoint: bytes, now: int) -> Replica:
    """The replica after the entries it lacks, or under a later word for those it has; itself, if it has both.

    The checkpoint is of its own history in any case.
    """
    if claimed_size(checkpoint) != len(entries):
        raise Incomplete("it holds another number of statements than its checkpoint covers")
    known = min(replica.size, len(entries))
    after, renewed = replica, False
    if len(entries) > replica.size:
        with Sharing() as sharing:
            after = extend(replica, entries[known:], checkpoint, now, spread=sharing.begin)
    elif known:
        theirs = check_other(replica, checkpoint)
        renewed = known == replica.size and replica.checkpoint is not None and theirs.time > replica.checkpoint.time
    # The log's word was heard first: where it has signed two histories, that is what is told.
    if any(leaf_hash(entry) != replica.tree.leaf(at) for at, entry in enumerate(entries[:known])):
        raise Incomplete("its statements are others than those that this desk has verified")
    return extend(replica, (), checkpoint, now) if renewed else after


def _checked(after: Replica, bodies: Sequence[OpenedBody], wanted: set[str]) -> dict[str, tuple[bytes, bytes]]:
    """The bodies that are wanted, by what commits to them; raises Declined for one that nothing commits to."""
    found: dict[str, tuple[bytes, bytes]] = {}
    for each in bodies:
        try:
            commitment, salt, body = with_commitment(each)
        except (EncodingError, ValueError) as error:
            raise Declined(f"this snapshot does not hold, and nothing was taken from it: {error}") from error
        if commitment not in after.view.bodies:
            raise Declined("this snapshot does not hold, and nothing was taken from it: nobody published a body in it")
        if commitment in wanted:
            found[commitment] = salt, body
    return found
