"""Publishing statements: what was sent to the log has to be seen in it before anybody is told that it counts.

A relay that said it had published a revocation, and had not, would else leave a lost laptop live while its
administrator believes it dead.
"""

from dataclasses import dataclass

from crypto.merkle import leaf_hash
from desk.alarms.accusation import accusation
from desk.errors import Declined, Distrust
from desk.link.client import RelayClient
from desk.profile.folder import Profile
from desk.replica.statements import send_request
from desk.replica.store import ReplicaStore
from desk.replica.synchronise import synchronise
from directory.canonical import encode
from directory.replay import Alarm, Replica
from relay.protocol.requests import Appended, NewStatements


@dataclass(frozen=True, slots=True)
class Published:
    """Where the statements stand in the log, and the replica that holds them."""

    start: int
    replica: Replica


async def publish(
    profile: Profile, store: ReplicaStore, client: RelayClient, request: NewStatements, now: int
) -> Published:
    """Send statements, bring the replica up to date, and see them in it.

    Raises Declined if the relay refuses them whole, Distrust if it took them and does not show them.
    """
    appended = await send_request(client, request)
    # The log has them. After a crash here the next synchronisation fetches them; sending them again changes nothing.
    done = await synchronise(profile, store, client, now)
    if done.update_needed:
        raise Declined(f"it was sent, and cannot be seen from here: {done.update_needed}")
    if not _holds(done.replica, appended.start, request):
        seen = Alarm("rollback", "", {"checkpoint-theirs.txt": appended.checkpoint.encode()})
        file, proven = accusation(seen, done.replica, lambda: store.entries(0), now)
        pieces = _evidence(done.replica, appended, request)
        folder = profile.evidence("unpublished", pieces, now, file, proven=proven)
        raise Distrust(
            "the relay says that it published this, and does not show it: it counts nowhere. "
            "Do not rely on it, and tell the secretariat by telephone",
            str(folder),
        )
    return Published(appended.start, done.replica)


def _holds(replica: Replica, start: int, request: NewStatements) -> bool:
    """Whether the log, as verified, has the statements at the place the relay says."""
    wanted = [leaf_hash(each.encode()) for each in request.statements]
    if start + len(wanted) > replica.size:
        return False
    return wanted == [replica.tree.leaf(start + offset) for offset in range(len(wanted))]


def _evidence(replica: Replica, appended: Appended, request: NewStatements) -> dict[str, bytes]:
    """What was sent, the checkpoint the relay answered with, and the one it shows."""
    mine = {"checkpoint-mine.txt": replica.checkpoint.raw} if replica.checkpoint else {}
    sent = {"statements.json": encode(request.statements), "checkpoint-promised.txt": appended.checkpoint.encode()}
    return sent | mine
