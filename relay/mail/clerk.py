"""Group commit: whoever changes the mail store hands the clerk a job, and jobs that come together share one commit.

C1 While one commit runs, jobs gather; the next takes all of them, up to `batch_jobs`. No timer delays anybody.
C2 Nothing is answered before COMMIT returned. A crash before that leaves nothing of the batch, a crash after it leaves
   the whole batch, answered or not: every job can be handed in again (the same bytes get the same answer).
C3 A refusal is one job's answer and changes nothing for the others. A job that fails in a way nobody foresaw rolls the
   batch back; then each of its jobs gets a commit of its own, so that it harms only itself.
C4 When the disk fails, nobody is told that anything was stored. What may have been stored after all is announced to
   its readers all the same: they look, and find it or not.
C5 The queue is bounded and fails closed: when it is full, a job is refused with `unavailable`. Jobs of the relay itself
   and acknowledgements (bounded by the windows of the streams) are never refused: they make room.
C6 Stopping refuses new jobs, and finishes those that were taken.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog

from relay.mail.settings import MailSettings
from relay.mail.store import MailStore, Transaction
from relay.protocol.problems import Refusal

J = TypeVar("J", contravariant=True)
R = TypeVar("R", covariant=True)
RETRY_SECONDS = 1
log = structlog.get_logger()


class Work(Protocol[J, R]):
    """One kind of job: how several of them are done in one transaction, in the store's thread."""

    def run(self, tx: Transaction, jobs: Sequence[J]) -> Sequence[R | Refusal]:
        """An answer for each job, in order; raises for nothing but mistakes of ours and failures of the disk."""


@dataclass(slots=True, eq=False)
class _Slip:
    work: Work[Any, Any]
    job: object
    answer: asyncio.Future[Any]


@dataclass(slots=True)
class ClerkFigures:
    """What was done since the start, and what waits."""

    commits: int = 0
    jobs: int = 0
    failed: int = 0
    largest: int = 0
    waiting: int = 0


class _WorkFailed(Exception):
    """A job raised what it should not have; the cause says what."""


@dataclass(eq=False)
class Clerk:
    """The only one who changes the mail store; `announce` is told whose queues grew."""

    store: MailStore
    settings: MailSettings
    announce: Callable[[frozenset[str]], None]
    figures: ClerkFigures = field(default_factory=ClerkFigures)
    _slips: deque[_Slip] = field(default_factory=deque)
    _come: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = True
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take jobs from now on."""
        self._stopping = False
        self._task = asyncio.create_task(self._serve(), name="mail clerk")

    async def stop(self) -> None:
        """Refuse new jobs and finish the others (C6)."""
        self._stopping = True
        self._come.set()
        if self._task is not None:
            await self._task

    async def do(self, work: Work[J, R], job: J, *, always: bool = False) -> R:
        """The answer to `job` once it is stored; raises the Refusal it got, or `unavailable` (C5: not if `always`)."""
        if self._stopping or (not always and len(self._slips) >= self.settings.pending_jobs):
            raise _unavailable("the relay is stopping" if self._stopping else "too many requests wait for the disk")
        slip = _Slip(work, job, asyncio.get_running_loop().create_future())
        self._slips.append(slip)
        self.figures.waiting = len(self._slips)
        self._come.set()
        # Cancelled here, the job is done all the same: whoever comes back asks again and gets the same answer (C2).
        answer: R = await slip.answer
        return answer

    async def _serve(self) -> None:
        while self._slips or not self._stopping:
            self._come.clear()
            if not self._slips:
                await self._come.wait()
                continue
            batch = [self._slips.popleft() for _ in range(min(len(self._slips), self.settings.batch_jobs))]
            self.figures.waiting = len(self._slips)
            try:
                await self._commit(batch)
            except _WorkFailed as failure:
                await self._commit_singly(batch, failure)

    async def _commit_singly(self, batch: list[_Slip], failure: _WorkFailed) -> None:
        for slip in batch if len(batch) > 1 else []:
            try:
                await self._commit([slip])
            except _WorkFailed as own:
                self._fail([slip], own.__cause__)
        if len(batch) == 1:
            self._fail(batch, failure.__cause__)

    async def _commit(self, batch: list[_Slip]) -> None:
        """One transaction for `batch`; raises _WorkFailed, nothing changed, if a job raised."""
        kinds: dict[Work[Any, Any], list[_Slip]] = {}
        for slip in batch:
            kinds.setdefault(slip.work, []).append(slip)
        woken: set[str] = set()

        def run(tx: Transaction) -> list[tuple[_Slip, object]]:
            try:
                answers = [(slips, work.run(tx, [each.job for each in slips])) for work, slips in kinds.items()]
            except Exception as error:
                raise _WorkFailed from error
            woken.update(tx.woken)
            return [pair for slips, given in answers for pair in zip(slips, given, strict=True)]

        try:
            # A crash in here leaves the whole transaction or none of it; nobody was answered (C2).
            answers = await self.store.transact(run)
        except _WorkFailed:
            raise
        except Exception as error:  # BEGIN or COMMIT: the disk, or a lock
            self.announce(frozenset(woken))  # C4
            self._fail(batch, error)
            return
        self.figures.commits += 1
        self.figures.jobs += len(batch)
        self.figures.largest = max(self.figures.largest, len(batch))
        self.announce(frozenset(woken))
        for slip, answer in answers:
            _answer(slip, answer)

    def _fail(self, batch: list[_Slip], error: BaseException | None) -> None:
        self.figures.failed += len(batch)
        disk = isinstance(error, OSError | sqlite3.Error)
        log.error("mail-commit-failed", count=len(batch), exc_info=error)
        for slip in batch:
            _answer(slip, _unavailable("the relay could not store this") if disk else Refusal("internal"))


def _answer(slip: _Slip, answer: object) -> None:
    if slip.answer.done():
        return  # whoever asked has gone
    if isinstance(answer, Exception):
        slip.answer.set_exception(answer)
    else:
        slip.answer.set_result(answer)


def _unavailable(why: str) -> Refusal:
    return Refusal("unavailable", f"{why}; try again", retry_after=RETRY_SECONDS)
