"""Reading the log page by page, until its newest checkpoint is reached and everything under it is judged.

1. New statements are held in memory until then, because nothing less can be believed. So they are bounded: in number
   by what the first page's checkpoint claims and in any case by `MOST_NEW`, in bytes by `MOST_NEW_BYTES`; and a relay
   whose claim shrinks while it is read is not believed.
2. What the checkpoints of earlier pages said, the log has signed as well: the result has to explain each of them
   (`desk.replica.standing`, H5), the first `MOST_OWED` in one reading.
3. While a page is judged ahead (`directory.foreseeing`), in a thread, the next one is on its way. Of much, signatures
   are checked in further processes (`config.sharing`), which end with the reading.
4. What came is kept (`desk.replica.coming`) for a reading that is cut off. The next one begins with it, and judges it
   all the same. If that raises an alarm, or asks for an update, whoever writes this disk may have written it: it is
   thrown away, and the log is read from where the replica ends. Only what that raises is told; but what the log's
   signature proves, whoever wrote the disk, is told at once (`Alarm.final`), and what it signed it has to explain still
   (rule 2).
"""

import asyncio
from collections.abc import Mapping, Sequence

from config.sharing import Sharing
from crypto.checkpoint import Checkpoint, read_checkpoint
from crypto.many_signatures import Spread
from desk.link.client import RelayClient
from desk.progress import Progress, silent
from desk.replica.coming import Coming
from desk.replica.standing import GOOD, MOST_OWED, owing, settled
from directory.replay import Alarm, Incomplete, Replica, UpdateNeeded, claimed_time, extend, judging_ahead, owed_by
from directory.view import View
from relay.protocol import routes
from relay.protocol.requests import MOST_ENTRIES, LogState

MOST_PAGES = 10_000
MOST_NEW = 1_000_000  # statements at a time: more than a hundred thousand contacts make in years
MOST_NEW_BYTES = 256 << 20


async def follow(
    client: RelayClient, replica: Replica, now: int, coming: Coming | None = None, progress: Progress = silent
) -> tuple[list[bytes], Replica]:
    """The statements that the relay has beyond `replica`, and the replica after them.

    `coming` keeps what is on its way. Raises Alarm or UpdateNeeded as `extend` does, and Alarm for a relay that does
    not come to an end.
    """
    kept = coming.kept(MOST_NEW, MOST_NEW_BYTES) if coming is not None else []
    with Sharing() as sharing:
        return await _followed(_Reading(client, replica, now, coming, progress, sharing.begin), kept, coming)


async def _followed(reading: "_Reading", kept: Sequence[bytes], coming: Coming | None) -> tuple[list[bytes], Replica]:
    if coming is not None and kept:
        try:
            return await reading.follow(kept)
        except UpdateNeeded:
            pass  # the log may hold no such statement: the relay is asked for all of it, as after an alarm
        except Alarm as alarm:
            if alarm.final is not None:
                coming.forget()
                raise
            reading.owes(alarm)
    if coming is not None:
        coming.forget()
    try:
        return await reading.follow([])
    except Alarm:
        if coming is not None:
            coming.forget()
        raise


class _Reading:
    """One reading of the log. While a page is judged, the next one is on its way."""

    def __init__(
        self,
        client: RelayClient,
        replica: Replica,
        now: int,
        coming: Coming | None,
        progress: Progress,
        spread: Spread,
    ) -> None:
        self._client, self._replica, self._now = client, replica, now
        self._coming, self._progress, self._spread = coming, progress, spread
        self._heads = dict[tuple[int, bytes], bytes]()  # what incomplete pages' checkpoints say; the first that did

    def owes(self, alarm: Alarm) -> None:
        """Have the next reading explain, before all others, what an alarm says that the log signed."""
        if alarm.owed is not None:
            head = read_checkpoint(alarm.owed.checkpoint)
            self._heads = {(head.size, head.root): alarm.owed.checkpoint} | self._heads

    async def follow(self, kept: Sequence[bytes]) -> tuple[list[bytes], Replica]:
        replica, entries, weight, claimed = self._replica, list(kept), sum(map(len, kept)), self._replica.size
        ahead, waiting = judging_ahead(replica, self._spread), list(kept)
        following = self._ask(len(entries))
        try:
            for _ in range(MOST_PAGES):
                page = await following
                seen = {"checkpoint-theirs.txt": page.checkpoint.encode()}
                if page.start != replica.size + len(entries) or len(page.entries) > MOST_ENTRIES:
                    raise Alarm("checkpoint", "the relay answers with another part of the log than was asked for")
                fresh = [each.encode() for each in page.entries]
                entries += fresh
                weight += sum(map(len, fresh))
                if weight > MOST_NEW_BYTES:
                    words = f"the relay hands over more than {MOST_NEW_BYTES >> 20} MiB of statements at once"
                    raise Alarm("checkpoint", words, seen)
                checkpoint = page.checkpoint.encode()
                waiting += fresh
                try:
                    after = extend(replica, entries, checkpoint, self._now, ahead=ahead, spread=self._spread)
                except Incomplete:
                    head = _claim(page, claimed, replica, self._heads)
                    claimed = head.size
                    if len(self._heads) < MOST_OWED:
                        self._heads.setdefault((head.size, head.root), checkpoint)
                    following = self._ask(len(entries))
                    if self._coming is not None:
                        self._coming.add(fresh)
                    self._progress("statements", len(entries), claimed - replica.size)
                    # Judged in a thread, so that the next page comes in meanwhile.
                    await asyncio.to_thread(ahead.take, waiting, claimed_time(checkpoint, self._now))
                    waiting = []
                    continue
                if after.size < claimed:
                    raise _shrunk(after.size, claimed, seen, after.view, self._heads)
                for each in self._heads.values():
                    settled(owing(GOOD, owed_by(after.view, each)), after)
                return entries[: after.size - replica.size], after
            raise Alarm("checkpoint", "the relay's log does not come to an end")
        finally:
            following.cancel()

    def _ask(self, have: int) -> "asyncio.Task[LogState]":
        path = f"{routes.LOG}?start={self._replica.size + have}"
        return asyncio.create_task(self._client.call("GET", path, answer=LogState))


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
