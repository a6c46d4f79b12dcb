"""Telling people, beside the stream: each notice by itself, tried again where it fails, and recorded.

T1 A telling that fails is tried TRIES times, after FIRST_PAUSE seconds, then twice as long each time. It fails open:
   after the last try it is recorded as *not reached*, told on the screen, and the next repetition begins anew. What
   reached some of its addresses is not tried again before that: the others would hear it five times over.
T2 What there is to tell is looked at again before every try: who opened the message meanwhile is not called.
T3 No notice waits for another, and nothing of the stream waits for any.
T4 The settings are read again for every look: a notice that is added counts at once. One that cannot be read is told
   once, and again when the reason is another.
T5 Stored, then announced: an outcome is in the record before it is told (a crash: `desk.notices.record`, rule 2).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from desk.errors import DeskError
from desk.notices.command_way import tell_by_command
from desk.notices.mail_way import Partly, tell_by_mail
from desk.notices.plan import Due, Matter, due
from desk.notices.record import MOST_WHY, Outcome, Record, load, store
from desk.notices.settings import Notice, load_notices
from desk.notices.web_way import tell_by_webhook
from desk.notices.words import About, Telling, telling
from directory.finding.zones import time_zone
from relay.protocol.envelope import Precedence

TRIES = 5
FIRST_PAUSE = 5
LONGEST_LOOK = 30  # seconds; then the clock is looked at again, which may have been set
ABOUTS: tuple[About, ...] = ("deaf", "no-sign", "waiting", "limit")

Wait = Callable[[int, asyncio.Event], Awaitable[None]]
"""Return after so many seconds, or as soon as the event is set."""


async def wait_for(seconds: int, wake: asyncio.Event) -> None:
    """The waiting of a real process."""
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        pass


async def tell_once(notice: Notice, said: Telling, now: int) -> str:
    """Tell by whichever way the notice goes; returns why that failed, empty if somebody was reached."""
    match notice.when.kind:
        case "command":
            return await tell_by_command(notice.file.command, said)
        case "mail":
            return await tell_by_mail(notice.file.mail, said, now)
        case "webhook":
            return await tell_by_webhook(notice.file.webhook, said, now)


async def _told(notice: Notice, said: Telling, now: int) -> str:
    """As `tell_once`; an error of the program is a failure like others, so that the night goes on. `Partly` if some
    were reached."""
    try:
        return await tell_once(notice, said, now)
    except Exception as error:
        return f"an error of the program: {type(error).__name__}: {error}"


def said_by(
    notice: Notice, about: About, found: Due, contacts: Sequence[str], now: int, *, exercise: bool = False
) -> Telling:
    """What a notice says of what is due; `contacts` are named where it is not known which of them it is for."""
    names = found.contacts or notice.when.contacts or tuple(contacts)
    when = notice.when
    return telling(about, found.precedence, names, len(found.all), now, when.zone, when.language, exercise=exercise)


@dataclass
class Teller:
    """The notices of one desk. `matters` gives what there is to tell, `contacts` whom this desk serves; `outcome` and
    `trouble` are told; `exercise` says whether the desk is of a network for exercises."""

    path: Path
    clock: Callable[[], int]
    matters: Callable[[], Sequence[Matter]]
    contacts: Callable[[], Sequence[str]]
    outcome: Callable[[Outcome, Notice, bool], None]
    trouble: Callable[[str], None]
    wait: Wait = wait_for
    exercise: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    record: Record = field(default_factory=Record)
    _running: dict[tuple[str, About], asyncio.Task[None]] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Read what was told before; whoever calls this holds the watch lock."""
        self.record, words = load(self.path)
        if words:
            self.trouble(words)

    async def run(self) -> None:
        """Tell whatever is due, whenever it is, until cancelled."""
        try:
            while True:
                self.wake.clear()
                again = self.look()
                now = self.clock()
                seconds = LONGEST_LOOK if again is None else max(1, min(again - now, LONGEST_LOOK))
                await self.wait(seconds, self.wake)
        finally:
            await self._stop()

    async def once(self) -> None:
        """Tell what is due now, and return when all of it was told or given up."""
        try:
            self.look()
            while self._running:
                await asyncio.wait(self._running.values())
        finally:
            await self._stop()

    def look(self) -> int | None:
        """Begin every telling that is due; returns when something is due next."""
        matters, now, again = self.matters(), self.clock(), list[int]()
        notices = self._notices()
        for about in ABOUTS:
            sort = [each for each in matters if each.about == about]
            for notice in notices if sort else ():
                if (notice.name, about) in self._running:
                    continue  # it looks itself, before each try
                found = self._due(notice, sort, now)
                if found.ready:
                    task = asyncio.create_task(self._tell(notice, about))
                    self._running[notice.name, about] = task
                    task.add_done_callback(lambda _, key=(notice.name, about): self._done(key))  # type: ignore[misc]  # mypy infers no lambda with a default
                if found.again is not None:
                    again.append(found.again)
        return min(again, default=None)

    def _done(self, key: tuple[str, About]) -> None:
        self._running.pop(key, None)
        self.wake.set()

    def _notices(self) -> list[Notice]:
        found, broken = list[Notice](), list[str]()
        for each in load_notices(self.path):
            if isinstance(each, DeskError):
                broken.append(str(each))
            else:
                found.append(each)
        for words in broken:
            if words not in self._told:
                self.trouble(f"a notice is left out: {words}")
        self._told = dict.fromkeys(broken, "")
        self.record = self.record.of_these(found)
        return found

    def _due(self, notice: Notice, sort: Sequence[Matter], now: int) -> Due:
        rounds = self.record.of(notice.name)
        return due(notice.when, sort, rounds, self.record.last(notice.name), now, minute_of(notice.when.zone))

    async def _tell(self, notice: Notice, about: About) -> None:
        """One telling with its tries (T1, T2)."""
        never, why, found, last = asyncio.Event(), "", None, None
        tries = 0
        while tries < TRIES:
            now = self.clock()
            here = self._due(notice, [each for each in self.matters() if each.about == about], now)
            if not here.ready:
                break  # opened meanwhile, or stopped
            found, tries = here, tries + 1
            last = said_by(notice, about, found, self.contacts(), now, exercise=self.exercise)
            # Told, and not recorded yet: after a crash in here somebody is told twice.
            why = await _told(notice, last, now)
            if not why or isinstance(why, Partly):
                break
            if tries < TRIES:
                await self.wait(FIRST_PAUSE << (tries - 1), never)
        if found is None or last is None:
            return
        self._ended(notice, about, found, last.precedence, why, tries)

    def _ended(self, notice: Notice, about: About, found: Due, precedence: Precedence, why: str, tries: int) -> None:
        outcome = Outcome(
            at=self.clock(),
            notice=notice.name,
            about=about,
            precedence=precedence,
            waiting=len(found.all),
            reached=not why,
            tries=tries,
            why=why[:MOST_WHY],
            added=notice.when.added,
        )
        still = {each.key for each in self.matters()} | {each.key for each in found.ready}
        before = self.record.failing(notice.name)
        self.record = self.record.ended(outcome, found.ready, still, somebody=not why or isinstance(why, Partly))
        trouble = store(self.path, self.record)
        if trouble and trouble not in self._told:
            self.trouble(trouble)
        self.outcome(outcome, notice, bool(before))

    async def _stop(self) -> None:
        tasks = [*self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def minute_of(zone: str) -> Callable[[int], int]:
    """Which minute of the local day a time is, in a zone; the machine's own where that is empty."""

    def minute(at: int) -> int:
        local = datetime.fromtimestamp(at, time_zone(zone) if zone else None)  # without a zone: the machine's own
        return local.hour * 60 + local.minute

    return minute
