"""The relay's directory: the log on the disk, and the view and the tree of it in memory.

 D1 replay      what the store holds is replayed by the judge at the start and must hash to its checkpoint, signed by
                both keys of the relay it names; else nothing is served (`LogBroken`). It is judged as of the end of
                time: what a wrong clock let in, the right one does not throw out
 D2 one writer  appends and renewals follow one another; each is a compare-and-swap on the size and the checkpoint, so
                another process is noticed, also one that has only signed anew: a time is never taken back (D5)
 D3 order       bodies are stored first, then entries with their checkpoint in one transaction, then the view in memory
                moves, then listeners are told, then erased bodies go. A crash after any step leaves a state that the
                next start finishes: bodies nobody commits to, or that were erased, are removed then; so are
                those that a backup brings back. Where the store cannot, every renewal tries again
 D4 unknown     after a failed append the store is read again: what is there counts, whatever the disk had said. Where
                it cannot be read, that comes first at the next append or renewal (`stale`); only a log that cannot be
                followed (`broken`) waits for the operator
 D5 renewal     every 10 minutes the checkpoint is signed anew, never with an earlier time than before (unless that
                one was more than 5 minutes in the future), nor one at which an entry would not count yet
                (`relay.rules.earliest`): desks then say that a clock is wrong, and not that the log is forged
 D6 repeat      a batch that is in the log already is answered as it was the first time

The checkpoint in memory is the newest that was stored. Reads of entries come from the store, so that several processes
could serve one log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from config.sharing import Sharing
from crypto.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from crypto.errors import CryptoError
from crypto.merkle import Tree, leaf_hash
from directory.canonical import Malformed
from directory.judge import CLOCK_SKEW
from directory.replay import Alarm, Incomplete, Replica, UpdateNeeded, extend
from directory.statement import FoundNetwork, network_id, parse_statement
from directory.view import NEVER, View
from relay.own_keys import OwnKeys
from relay.protocol.problems import Refusal
from relay.protocol.requests import MOST_ENTRIES, Appended, LogState
from relay.rules.earliest import claimed_earliest, earliest
from relay.rules.intake import Batch, Opening, judge_batch
from relay.rules.reading import may_read
from relay.rules.throttle import Buckets
from relay.store.contract import BodyStore, Conflict, LogStore, StoredBody, StoreFailed
from relay.views import Clock

_READ_BYTES = 16 << 20
_TRIES = 3
log = structlog.get_logger()
Changed = Callable[[View, View], None]


class LogBroken(Exception):
    """The stored log is not one that this relay can go on with; the text says at which entry, and why."""


class DirectoryLog:
    """The log, the newest view, and the bodies; `load` it before use. It is a `relay.views.Views`."""

    def __init__(self, store: LogStore, bodies: BodyStore, own: OwnKeys, clock: Clock, quota: Buckets) -> None:
        self._store, self._bodies, self._own = store, bodies, own
        self._clock, self._quota = clock, quota
        self._replica = Replica(pinned="")
        self._positions: dict[bytes, int] = {}
        self._listeners: list[Changed] = []
        self._signed_listeners: list[Callable[[], None]] = []
        self._lock = asyncio.Lock()
        self._to_erase: set[str] = set()
        self._unclean = False  # the store's files may hold what an earlier process erased
        self._earliest = 0  # no checkpoint is signed with an earlier time (D5)
        self.broken = ""
        self.stale = False

    @property
    def view(self) -> View:
        """The newest view; never changed in place."""
        return self._replica.view

    @property
    def checkpoint(self) -> SignedCheckpoint | None:
        """The newest checkpoint; None before the founding."""
        return self._replica.checkpoint

    @property
    def tree(self) -> Tree:
        """The tree under the newest checkpoint; never changed in place."""
        return self._replica.tree

    @property
    def named(self) -> bool:
        """Whether the directory names this relay, with these keys."""
        return self._own.named_in(self.view)

    @property
    def damaged(self) -> int:
        """How many bodies were asked for and could not be opened."""
        return len(self._bodies.damaged)

    def on_change(self, callback: Changed) -> None:
        """Have `callback(old, new)` called, on the event loop, after each append that was stored."""
        self._listeners.append(callback)

    def on_checkpoint(self, callback: Callable[[], None]) -> None:
        """Have `callback()` called, on the event loop, after each checkpoint that was stored, renewed ones too."""
        self._signed_listeners.append(callback)

    async def load(self) -> None:
        """Take over what the store holds (D1), and finish what a crash left (D3); raises LogBroken or StoreFailed."""
        await self._catch_up()
        kept = {commitment for commitment, body in self.view.bodies.items() if body.erased == NEVER}
        # Bodies of a backup that was put back are among these, too: the log knows that they were erased.
        self._to_erase.update(await self._bodies.commitments() - kept)
        self._unclean = True
        try:
            # Erasing nothing also clears what an interrupted erasure left in the store's files.
            await self._erase()
        except StoreFailed as error:  # a backup that is being made, or a full disk: `renew` tries again
            log.error("body not erased yet", exc_info=error)

    async def append(self, statements: Sequence[bytes], bodies: Sequence[Opening]) -> Appended:
        """Append a batch, all or none; refuses as `judge_batch` does, `throttled`, or `unavailable`."""
        # Shielded: whoever hung up leaves a batch that is wholly in the log and in the view, or not at all.
        work = asyncio.ensure_future(self._append(statements, bodies))
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(work)

    async def read(self, start: int, most_bytes: int) -> LogState:
        """Entries from `start` on and the newest checkpoint; refuses `unavailable`."""
        try:
            found = await self._store.read(start, MOST_ENTRIES, most_bytes)
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        entries = tuple(entry.decode() for entry in found.entries)
        return LogState(start=start, entries=entries, checkpoint=found.checkpoint.decode())

    async def read_bodies(self, commitments: Sequence[str], member: str) -> tuple[StoredBody, ...]:
        """Those of the bodies that are there and that a reader of `member` (empty: the duty key) may see.

        All of them but those that are damaged: to a desk, one that is missing is an alarm.
        """
        wanted = [each for each in dict.fromkeys(commitments) if may_read(self.view, each, member)]
        try:
            found = await self._bodies.get(wanted)
        except StoreFailed as error:
            raise Refusal("unavailable") from error
        # What was withdrawn from this reader while the store was read does not leave any more.
        return tuple(each for each in found if may_read(self.view, each.commitment, member))

    async def renew(self) -> None:
        """Sign the checkpoint anew (D5), and erase what could not be erased before; a failure is logged."""
        async with self._lock:
            if self.stale:
                await self._recover()
            try:
                if self.named and not self.broken and not self.stale:
                    renewed = self._signed(self._replica, self._earliest)
                    # A crash here leaves the old checkpoint or the new one; both are good.
                    await self._store.renew(renewed.size, _raw(renewed), _raw(self._replica))
                    self._replica = renewed
                    self._tell_signed()
                if self._to_erase or self._unclean:
                    await self._erase()
            except Conflict:
                await self._recover()
            except StoreFailed as error:
                self.stale = True  # whether it was renewed is not known
                log.error("checkpoint not renewed", exc_info=error)

    async def keep_renewing(self, seconds: int, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Renew every so many seconds, for ever."""
        while True:
            await sleep(seconds)
            await self.renew()

    async def _append(self, statements: Sequence[bytes], openings: Sequence[Opening]) -> Appended:
        async with self._lock:
            for _ in range(_TRIES):
                if self.stale:
                    await self._recover()
                if self.broken:
                    raise Refusal("unavailable", "the relay's log needs its operator")
                if self.stale:
                    raise Refusal("unavailable", "the relay cannot read its log right now; try again")
                repeated = self._position_of(statements)
                if repeated is not None:
                    return self._answer(repeated)
                try:
                    batch = await asyncio.to_thread(
                        judge_batch,
                        self.view,
                        self._replica.tree.root,
                        statements,
                        openings,
                        self._own,
                        self._clock(),
                    )
                except Refusal:
                    if await self._has_moved():
                        continue
                    raise
                self._check_quota(batch)
                if await self._stored(batch):
                    return self._answer(self._replica.size - len(batch.entries))
            raise Refusal("unavailable", "the log is busy; try again")

    async def _stored(self, batch: Batch) -> bool:
        """Whether the batch is in the log now; False if the log had moved on, and the view with it."""
        size = self._replica.size
        bodies = [StoredBody(commitment, each.salt, each.body) for commitment, each in batch.bodies.items()]
        try:
            # A crash after this line leaves bodies that nobody commits to; the next start removes them.
            await self._bodies.put(bodies)
            least = await asyncio.to_thread(earliest, self.view, batch.entries, self._earliest)
            grown = self._signed(self._grown(batch), least)
            # A crash at this line leaves the whole batch in the log, or nothing of it.
            await self._store.append(size, batch.entries, _raw(grown), _raw(self._replica))
        except (Conflict, StoreFailed) as error:
            await self._recover()
            if self._position_of(batch.entries) is not None:
                return True
            if isinstance(error, Conflict):
                return False
            raise Refusal("unavailable") from error
        self._adopt(grown, batch.entries, least)
        self._to_erase.update(batch.erased)
        if self._to_erase:
            try:
                await self._erase()
            except StoreFailed as error:
                log.error("body not erased yet", exc_info=error)
        return True

    async def _has_moved(self) -> bool:
        """Whether another process had appended, which this one then follows."""
        try:
            beyond = await self._store.read(self._replica.size, 1, 1)
        except StoreFailed:
            return False
        if beyond.entries:
            await self._recover()
        return bool(beyond.entries)

    async def _erase(self) -> None:
        standing = (each for each in self._to_erase if each in self.view.bodies)
        # One that nobody committed to when this relay started may have been published since.
        due = self._to_erase - {each for each in standing if self.view.bodies[each].erased == NEVER}
        # A crash here leaves them in the store, wholly or in part; the next start erases them (D3).
        await self._bodies.erase(due)
        self._to_erase.clear()
        self._unclean = False

    async def _recover(self) -> None:
        """Take over what the store holds beyond what is in memory; where that cannot be, stop appending (D4)."""
        try:
            await self._catch_up()
        except LogBroken as error:
            self.broken = str(error)
            log.error("the stored log cannot be followed", exc_info=error, tree_size=self._replica.size)
        except StoreFailed as error:
            self.stale = True
            log.error("the stored log cannot be read", exc_info=error, tree_size=self._replica.size)

    async def _catch_up(self) -> None:
        """Follow the store to its newest checkpoint; raises LogBroken or StoreFailed, nothing changed."""
        before = self.view
        followed, entries, least = await follow_store(self._store, self._replica, self._earliest)
        if followed is not self._replica:
            self._adopt(followed, entries, least)
        self.stale = False
        erased = (each for each, body in self.view.bodies.items() if body.erased != NEVER)
        self._to_erase.update(
            each for each in erased if each not in before.bodies or before.bodies[each].erased == NEVER
        )

    def _grown(self, batch: Batch) -> Replica:
        tree = self._replica.tree.copy()
        for entry in batch.entries:
            tree.append(leaf_hash(entry))
        return replace(self._replica, pinned=batch.view.founded.id, view=batch.view, tree=tree)

    def _signed(self, replica: Replica, least: int) -> Replica:
        """The replica under a checkpoint signed now, but never earlier than the last one, nor than `least` (D5).

        A last one from the future (this machine's clock was wrong once) is the exception: no desk with a right clock
        has taken it, and to go on from it would have every desk alarmed until that day comes.
        """
        last, now = self._replica.checkpoint, self._clock()
        before = last.time if last is not None and last.time <= now + CLOCK_SKEW else 0
        time = max(now, least, before)
        checkpoint = Checkpoint(self._own.origin, replica.size, replica.tree.root())
        raw = sign_checkpoint(checkpoint, self._own.log_of(replica.view), time)
        return replace(replica, checkpoint=SignedCheckpoint(checkpoint, time, raw))

    def _adopt(self, replica: Replica, entries: Sequence[bytes], least: int) -> None:
        """Move to what was stored, and tell the listeners."""
        old, self._replica, self._earliest = self._replica, replica, least
        for position, entry in enumerate(entries, old.size):
            self._positions[leaf_hash(entry)] = position
        for listener in self._listeners if entries else ():
            try:
                listener(old.view, replica.view)
            except Exception as error:  # one listener's fault is no reason to keep the news from the others
                log.error("a listener failed", exc_info=error)

        self._tell_signed()

    def _tell_signed(self) -> None:
        for listener in self._signed_listeners:
            listener()

    def _position_of(self, statements: Sequence[bytes]) -> int | None:
        """Where the batch stands in the log, whole and in one piece, if it does (D6)."""
        leaves = [leaf_hash(each) for each in statements]
        first = self._positions.get(leaves[0]) if leaves else None
        if first is None or first + len(leaves) > self._replica.size:
            return None
        same = (leaf == self._replica.tree.leaf(at) for at, leaf in enumerate(leaves, first))
        return first if all(same) else None

    def _answer(self, start: int) -> Appended:
        return Appended(start=start, checkpoint=_raw(self._replica).decode())

    def _check_quota(self, batch: Batch) -> None:
        now = self._clock()
        for member in batch.members:
            self._quota.check(member, now)
        for member, count in batch.members.items():
            self._quota.spend(member, now, count)


def _raw(replica: Replica) -> bytes:
    return replica.checkpoint.raw if replica.checkpoint else b""


async def follow_store(store: LogStore, replica: Replica, time: int = 0) -> tuple[Replica, list[bytes], int]:
    """The replica after all that a store holds beyond it, those entries, and the least time, none before `time`, at
    which they count (`relay.rules.earliest`); raises LogBroken or StoreFailed."""
    entries = list[bytes]()
    while True:
        found = await store.read(replica.size + len(entries), MOST_ENTRIES, _READ_BYTES)
        entries += found.entries
        if not found.entries:
            break
    if not found.checkpoint and not entries and not replica.size:
        return replica, entries, time
    followed, least = await asyncio.to_thread(_followed, replica, entries, found.checkpoint, time)
    return followed, entries, least


def _followed(replica: Replica, entries: Sequence[bytes], checkpoint: bytes, time: int) -> tuple[Replica, int]:
    """The replica after what the store holds beyond it, verified as any desk would, and the least time at which that
    counts; raises LogBroken."""
    try:
        first = parse_statement(entries[0]).statement if not replica.size and entries else None
        if isinstance(first, FoundNetwork):
            replica = replace(replica, pinned=network_id(first))
        # No clock decides: neither one that was set back nor one that was ahead is a reason to doubt the log (D1).
        followed, least = _judged(replica, entries, checkpoint, time)
    except (Alarm, Incomplete, UpdateNeeded, CryptoError, Malformed) as error:
        raise LogBroken(f"the stored log cannot be gone on with: {error}") from error
    if followed.size != replica.size + len(entries):
        raise LogBroken("the stored log cannot be gone on with: it holds entries that its checkpoint does not cover")
    return followed, least


def _judged(replica: Replica, entries: Sequence[bytes], checkpoint: bytes, time: int) -> tuple[Replica, int]:
    """As of the time that the entries claim themselves (E1) all of them count, nearly always: then that is the least
    time too, and they are judged once. Else as of the end of time."""
    claimed = max((claimed_earliest(each) for each in entries), default=0)
    least = max(time, claimed)
    with Sharing() as sharing:
        try:
            return extend(replica, entries, checkpoint, NEVER, judged_at=least, spread=sharing.begin), least
        except Alarm as alarm:
            if alarm.kind != "refused":
                raise
        followed = extend(replica, entries, checkpoint, NEVER, judged_at=NEVER, spread=sharing.begin)
    return followed, earliest(replica.view, entries, time)
