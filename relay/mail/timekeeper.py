"""When the mail is swept: at the start, when something is due, and when the directory has changed.

What is due stands in the store; the timekeeper only sleeps until then. It is woken early by whoever adds something that
is due sooner, and it looks at the clock again every MOST_SLEEP seconds, so a clock that was set is noticed. A sweep
that fails (the disk) is tried again: nothing is lost by its coming late.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from relay.mail.clerk import Clerk
from relay.mail.store import MailStore
from relay.mail.sweep import Look, Sweep
from relay.rules.release import next_lapse
from relay.views import Clock, Views
from relay.waiting import Wait, wait_for

MOST_SLEEP = 60
RETRY_SECONDS = 5
TIDY_SECONDS = 600
log = structlog.get_logger()


@dataclass(eq=False)
class Timekeeper:
    """Sweeps the mail; `also` is swept with it (attachments)."""

    clerk: Clerk
    store: MailStore
    sweep: Sweep
    views: Views
    clock: Clock
    also: Callable[[int], Awaitable[bool]]
    wait: Wait = wait_for
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _until: int = 0
    _lapse: int | None = None
    _tidy_at: int = 0
    _tidied: int = -1  # how many commits there had been when the store was last tidied
    _devices: bool = True
    _stopping: bool = False
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Sweep once, whatever was left by the last process, and then whenever something is due."""
        self._task = asyncio.create_task(self._keep(), name="mail timekeeper")

    async def stop(self) -> None:
        """Finish the sweep at hand."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task

    def sooner(self, due: int) -> None:
        """Something is due at `due`, perhaps before what is waited for."""
        if due < self._until:
            self._wake.set()

    def directory_changed(self) -> None:
        """Look at every device that has mail."""
        self._devices = True
        self._wake.set()

    async def _keep(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                more = await self._once()
            except Exception as error:
                if not self._stopping:
                    log.error("mail-sweep-failed", exc_info=error)
                self._devices, more = True, False  # what was asked for may not have been done
                self._until = self.clock() + RETRY_SECONDS
            if not more and not self._stopping:
                # At least a second: whatever is due and yet was not done must not keep the processor busy.
                await self.wait(max(1, min(self._until - self.clock(), MOST_SLEEP)), self._wake)

    async def _once(self) -> bool:
        """One sweep; says whether there is more to do at once."""
        now = self.clock()
        if self._lapse is not None and self._lapse <= now:
            self._devices = True
        devices, self._devices = self._devices, False
        # A crash here leaves what the sweep committed; the next start begins with a sweep of everything.
        swept = await self.clerk.do(self.sweep, Look(devices), always=True)
        if swept.forgotten:
            log.info("mail-lines-forgotten", count=swept.forgotten)
        self._devices |= devices and swept.more
        more = await self.also(now) or swept.more
        self._lapse = next_lapse(self.views.view, now)
        # Until the store was asked, anything new counts as sooner.
        self._until = now + MOST_SLEEP
        next_due = await self.store.read(lambda reading: reading.next_due())
        self._until = min(each for each in (next_due, self._lapse, now + MOST_SLEEP) if each is not None)
        if self._tidy_at <= now and self._tidied != self.clerk.figures.commits:
            await self.store.tidy()
            self._tidy_at, self._tidied = now + TIDY_SECONDS, self.clerk.figures.commits
        return more
