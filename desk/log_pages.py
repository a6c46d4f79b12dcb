"""Reading the log page by page, until its newest checkpoint is reached and everything under it is judged.

New statements are held in memory until then, because nothing less can be judged. So they are bounded: in number by what
the first page's checkpoint claims and in any case by `MOST_NEW`, in bytes by `MOST_NEW_BYTES`; and a relay whose claim
shrinks while it is read is not believed. Nothing is stored here.
"""

from crypto.checkpoint import MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES, parse_checkpoint
from crypto.note import parse_note
from desk.client import RelayClient
from directory.replay import Alarm, Incomplete, Replica, extend, owed_by
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
            claimed = _claim(page, claimed, replica)
            continue
        if after.size < claimed:
            raise _shrunk(after.size, claimed, seen)
        return entries[: after.size - replica.size], after
    raise Alarm("checkpoint", "the relay's log does not come to an end")


def _claim(page: LogState, before: int, replica: Replica) -> int:
    """How many statements a page's checkpoint says there are, more than came so far; raises Alarm for what cannot be.

    `before` is what the page before it said. The claim is not proven; it only bounds what is read.
    """
    seen = {"checkpoint-theirs.txt": page.checkpoint.encode()}
    if not page.entries:
        owed = owed_by(replica.view, page.checkpoint.encode())
        raise Alarm("checkpoint", "the relay holds back statements that its own checkpoint covers", seen, owed=owed)
    note = parse_note(page.checkpoint.encode(), MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES)
    claimed = parse_checkpoint(note.text).size
    if claimed < before:
        raise _shrunk(claimed, before, seen)
    new = claimed - replica.size
    if new > MOST_NEW:
        words = f"the relay says that there are {new} new statements; this desk takes {MOST_NEW} at a time"
        raise Alarm("checkpoint", words, seen)
    return claimed


def _shrunk(now: int, before: int, seen: dict[str, bytes]) -> Alarm:
    words = f"the relay's directory shrank while it was read: {now} statements, after {before}"
    return Alarm("rollback", words, seen)
