"""Reading the log page by page, until its newest checkpoint is reached and everything under it is judged.

New statements are held in memory until then, because nothing less can be judged. So they are bounded: in number by what
the first page's checkpoint claims and in any case by `MOST_NEW`, in bytes by `MOST_NEW_BYTES`; and a relay whose claim
shrinks while it is read is not believed. What the checkpoints of earlier pages said, the log has signed as well: the
result has to explain each of them (`desk.standing`, H5), the first `MOST_OWED` in one reading. Nothing is stored here.
"""

from collections.abc import Mapping

from crypto.checkpoint import Checkpoint, read_checkpoint
from desk.client import RelayClient
from desk.standing import GOOD, MOST_OWED, owing, settled
from directory.replay import Alarm, Incomplete, Replica, extend, owed_by
from directory.view import View
from relay.protocol import routes
from relay.protocol.requests import MOST_ENTRIES, LogState

MOST_PAGES = 10_000
MOST_NEW = 1_000_000  # statements at a time: more than a hundred thousand contacts make in years
MOST_NEW_BYTES = 256 << 20


async def follow(client: RelayClient, replica: Replica, now: int) -> tuple[list[bytes], Replica]:
    """The statements that the relay has beyond `replica`, and the replica after them.

    Raises Alarm or UpdateNeeded as `extend` does, and Alarm for a relay that does not come to an end.
    """
    entries, weight, claimed = list[bytes](), 0, replica.size
    heads = dict[tuple[int, bytes], bytes]()  # what the checkpoints of incomplete pages say, and the first that did
    for _ in range(MOST_PAGES):
        page = await client.call("GET", f"{routes.LOG}?start={replica.size + len(entries)}", answer=LogState)
        seen = {"checkpoint-theirs.txt": page.checkpoint.encode()}
        if page.start != replica.size + len(entries) or len(page.entries) > MOST_ENTRIES:
            raise Alarm("checkpoint", "the relay answers with another part of the log than was asked for")
        entries += [each.encode() for each in page.entries]
        weight += sum(len(each) for each in page.entries)
        if weight > MOST_NEW_BYTES:
            words = f"the relay hands over more than {MOST_NEW_BYTES >> 20} MiB of statements at once"
            raise Alarm("checkpoint", words, seen)
        try:
            after = extend(replica, entries, page.checkpoint.encode(), now)
        except Incomplete:
            head = _claim(page, claimed, replica, heads)
            claimed = head.size
            if len(heads) < MOST_OWED:
                heads.setdefault((head.size, head.root), page.checkpoint.encode())
            continue
        if after.size < claimed:
            raise _shrunk(after.size, claimed, seen, after.view, heads)
        for each in heads.values():
            settled(owing(GOOD, owed_by(after.view, each)), after)
        return entries[: after.size - replica.size], after
    raise Alarm("checkpoint", "the relay's log does not come to an end")


def _claim(page: LogState, before: int, replica: Replica, heads: Mapping[tuple[int, bytes], bytes]) -> Checkpoint:
    """What a page's checkpoint says: more statements than came so far; raises Alarm for what cannot be.

    `before` is what the page before it said. The claim is not proven; it only bounds what is read.
    """
    seen = {"checkpoint-theirs.txt": page.checkpoint.encode()}
    if not page.entries:
        owed = owed_by(replica.view, page.checkpoint.encode())
        raise Alarm("checkpoint", "the relay holds back statements that its own checkpoint covers", seen, owed=owed)
    claimed = read_checkpoint(page.checkpoint.encode())
    if claimed.size < before:
        raise _shrunk(claimed.size, before, seen, replica.view, heads)
    new = claimed.size - replica.size
    if new > MOST_NEW:
        words = f"the relay says that there are {new} new statements; this desk takes {MOST_NEW} at a time"
        raise Alarm("checkpoint", words, seen)
    return claimed


def _shrunk(
    now: int, before: int, seen: dict[str, bytes], view: View, heads: Mapping[tuple[int, bytes], bytes]
) -> Alarm:
    """The alarm for a claim that shrinks; the larger one is owed, if the log that `view` names has signed it."""
    words = f"the relay's directory shrank while it was read: {now} statements, after {before}"
    larger = next((raw for (size, _), raw in heads.items() if size == before), None)
    owed = owed_by(view, larger) if larger is not None else None
    evidence = seen | ({"checkpoint-before.txt": larger} if larger is not None else {})
    return Alarm("rollback", words, evidence, owed=owed)
