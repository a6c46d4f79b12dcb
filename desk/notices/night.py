"""The night of one desk, beside its stream: what waits, the bell, the notices, and what the officer sees of it all.

1. A message that comes is noted on the disk before anybody is told (`desk.notices.ringing`), and rings at once.
2. Everything after that goes by what stands on the disk, which is looked at before each ring: an officer who opens the
   message, or stops the ringing, in another window needs to tell nobody here. It is looked at every LONGEST_LOOK
   seconds at least.
3. Of a message that this side has sent and whose clock runs, it looks whether the relay gives a sign of each turn when
   it is due (`desk.notices.clocks`). If not, that rings too; it is an alarm while the stream stands.
   So does a time limit of a request that is near, or has passed, and of which nobody was told yet
   (`desk.notices.limits`). And so does that nothing is heard at all (`desk.notices.deaf`). All of it is in
   `desk.notices.beside`.
4. Nothing in here ends the stream: what goes wrong is told once, and the night goes on, with everything in it that is
   not what went wrong (`desk.notices.going_on`). What has come rings also where nobody reads the screen any more.
5. On a machine that several officers share the bell is for whoever is on duty: a message for which a desk here rings
   whose officer is, is shown at the others and does not ring there (`desk.commands.watch_all`), as long as it has come
   to that desk too when it would ring again. Notices go all the same, and after a restart it rings everywhere: in a
   doubt somebody is woken too often.
6. What a command has fetched and left in the spool, because it died, rings as soon as this watch has the stream. While
   a command works with the unlocked desk it may be taking that in just now: it rings when that has ended and something
   is left, or after `READING` seconds.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from desk.errors import DeskError
from desk.exercise.network import plays
from desk.notices import clocks, deaf, limits, ringing, screen
from desk.notices.bell import LEAST, Bell
from desk.notices.beside import Beside
from desk.notices.going_on import kept_going, tried
from desk.notices.plan import Matter
from desk.notices.record import Outcome
from desk.notices.ringing import Ringing
from desk.notices.settings import Notice, as_urgent
from desk.notices.teller import LONGEST_LOOK, Teller, Wait, wait_for
from desk.profile.folder import Profile
from desk.rosters.posted import duty_words
from desk.safe_text import line
from desk.terminal import Terminal, stamp
from relay.protocol.envelope import Envelope, Header
from relay.protocol.stream import Item

READING = 10  # seconds
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stopped:
    """What was stopped: messages; how many turns and time limits; whether it was also told that nothing is heard."""

    messages: list[Ringing]
    others: int
    deaf: bool


@dataclass
class Night:
    """What goes on beside a stream. `ring` rings the bell; `minutes` between two rings, 0 for never again."""

    terminal: Terminal
    profile: Profile
    ring: Callable[[], None]
    minutes: int
    wait: Wait = wait_for
    instead: Callable[[Header], str] = lambda _: ""  # the desk that rings instead of this one, if any
    heard: Callable[[str], bool] = lambda _: False  # whether an envelope has come to another desk here
    belated: Callable[[], None] = lambda: None  # called when something rings for the first time that came before
    label: Callable[[], str] = lambda: ""  # of this desk, where the machine's commands go to another
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    connected: bool = False
    _known: dict[str, Ringing] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _elsewhere: set[str] = field(default_factory=set)  # envelopes for which another desk rings (rule 5)
    _look_by: int | None = None  # until when the spool is to be looked over (rule 6); None: it was

    def __post_init__(self) -> None:
        self.bell = Bell(self.minutes)
        path = self.profile.path
        self.beside = Beside(self.terminal, path, self._beside, self.trouble)
        self.teller = Teller(
            path,
            self.terminal.clock,
            self.matters,
            lambda: ringing.serves(path),
            self._outcome,
            self.trouble,
            self.wait,
            plays(self.profile.identity.name),
        )

    def begin(self) -> None:
        """Take up what waited when the last watch ended; whoever calls this holds the watch lock."""
        self.teller.begin()
        self.beside.deaf.begins(self.terminal.clock())
        waiting = self.waiting()
        self._known = {each.envelope: each for each in waiting}
        if waiting:
            self._unopened(waiting)
        self.look_over()

    def hears(self) -> None:
        """The stream stands."""
        self.connected = True
        self.beside.deaf.hears()

    def lost(self) -> None:
        """The stream does not stand."""
        self.connected = False
        self.beside.deaf.begins(self.terminal.clock())

    def look_over(self, *, now_or_never: bool = False) -> None:
        """Ring for what waits in the spool and never rang (rule 6); a failure is told."""
        self._look_by = self.terminal.clock() + (0 if now_or_never else READING)
        self._overlooked()
        self.nudge()

    def _overlooked(self) -> int | None:
        """Do so if it is to be done, and nobody reads it just now; returns when to try again."""
        now = self.terminal.clock()
        if self._look_by is None or (now < self._look_by <= now + READING and self._read_now()):
            return None if self._look_by is None else now + 1
        self._look_by = None
        found, trouble = ringing.overlooked(self.profile, self._known)
        if trouble:
            self.trouble(trouble)
        found = [each for each in found if each.expires > now]
        if found:
            self._known |= {each.envelope: each for each in found}
            self._unopened(found)
            self.belated()
        return None

    def _read_now(self) -> bool:
        """Whether a command works with the unlocked desk; no, where that cannot be told: then it rings."""
        try:
            return self.profile.in_use()
        except DeskError as error:
            self.trouble(str(error))
            return False

    def _unopened(self, waiting: list[Ringing]) -> None:
        """Show what came before this watch did, and ring for it."""
        now = self.terminal.clock()
        plain = {"event": "waiting", "unopened": [_plain(each) for each in waiting]}
        self._tried(lambda: self.terminal.event(plain, screen.waited(waiting, now, self.label())), None)
        self.ring()
        self.bell.rang(self._matters(waiting), now)

    async def run(self) -> None:
        """Ring again, and tell, whenever it is time, until cancelled."""
        telling = asyncio.create_task(kept_going(self.teller.run, self.trouble, self.wait), name="notices")
        try:
            while True:
                self.wake.clear()
                again, now = self._look(), self.terminal.clock()
                seconds = LONGEST_LOOK if again is None else max(1, min(again - now, LONGEST_LOOK))
                await self.wait(seconds, self.wake)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def once(self) -> None:
        """Tell what is due now, and return."""
        self._look()
        await self.teller.once()

    def arrived(self, item: Item, envelope: Envelope) -> bool:
        """An envelope has come: note it, show it, ring; returns False where nobody is to be woken for it."""
        header, device, now = envelope.header, self.profile.identity.device, self.terminal.clock()
        if ringing.is_own(header, device):
            self.terminal.event(
                {"event": "copy", "envelope": item.envelope, "precedence": header.precedence, "at": now},
                f"{stamp(now)}  A copy of a message that this side has sent.",
            )
            return False
        if item.envelope in self._known:  # it rang, and comes once more
            return False
        return self._rings(
            ringing.of_item(item, header, device, now), now, self._tried(lambda: self.instead(header), "")
        )

    def called(self, item: Item, line: bytes) -> bool:
        """A call has come: note it, show it, ring; returns False for what is no call, or rang before."""
        now = self.terminal.clock()
        found = ringing.of_call(item, line, self.profile.identity.device, now)
        if found is None or item.envelope in self._known:
            return False
        return self._rings(found, now, "")

    def line(self, item: Item) -> None:
        """A signed line has come that is no call: show it, and look again what still rings."""
        now = self.terminal.clock()
        plain = {"event": item.kind, "envelope": item.envelope}
        self.terminal.event(plain, screen.signed_line(item.kind, self._known.get(item.envelope), now))
        self.nudge()

    def _rings(self, found: Ringing, now: int, desk: str) -> bool:
        """Note, show and ring for what has come; `desk` rings in place of this one, if any does (rule 5). It rings also
        where it can be neither noted nor shown."""
        self._tried(lambda: ringing.begin(self.profile, found), None)
        self._known[found.envelope] = found
        self._tried(lambda: self._shows(found, now, desk), None)
        if desk:
            self._elsewhere.add(found.envelope)
        else:
            self.ring()
        self.bell.rang(self._matters([found]), now)  # elsewhere: here it may ring when it is time for that again
        self.nudge()
        return not desk

    def _shows(self, found: Ringing, now: int, desk: str) -> None:
        again = bool(self.minutes) and as_urgent(found.precedence, LEAST)
        # `at` and `precedence` as they always were, for who reads them; the clock beside it.
        plain: dict[str, object] = (
            {"event": "call" if found.call else "message"} | _plain(found) | ({"rings_at": desk} if desk else {})
        )
        self.terminal.event(
            plain, screen.arrived(found, now, self.minutes, again=again and not desk, label=self.label())
        )
        on_duty = duty_words(self.profile.path, now)
        if on_duty:
            self.terminal.event({"event": "duty", "envelope": found.envelope}, f"  {line(on_duty)}")
        if desk:
            self.terminal.event(
                {"event": "rings-elsewhere", "envelope": found.envelope, "desk": desk},
                f"  The bell is at {line(desk)}, whose officer is on duty.",
            )

    def nudge(self) -> None:
        """Look again now."""
        self.wake.set()
        self.teller.wake.set()

    def stop(self) -> None:
        """Stop what rings, by whoever sits here."""
        self.beside.deaf.stop(self.terminal.clock())
        try:
            stop_all(self.profile.path, self.terminal.clock())
        except DeskError as error:
            self.trouble(str(error))
        self.nudge()

    def waiting(self) -> list[Ringing]:
        """What nobody has opened, and nobody has stopped."""
        found = ringing.ringing(self.profile.path, self.terminal.clock())
        return [each for each in found if not each.stopped]

    def matters(self) -> list[Matter]:
        """What there is to tell of now."""
        unheard = self._tried(lambda: self.beside.deaf.matter(self.terminal.clock()), None)
        waiting: list[Ringing] = self._tried(self.waiting, [])
        late: list[Matter] = self._tried(self.beside.overdue, [])
        ends: list[Matter] = self._tried(self.beside.limits, [])
        return [*([unheard] if unheard is not None else []), *self._matters(waiting), *late, *ends]

    def _matters(self, waiting: list[Ringing]) -> list[Matter]:
        return [Matter("waiting", each.envelope, each.precedence, each.arrived, each.contacts) for each in waiting]

    def _look(self) -> int | None:
        """Ring for what is due; returns when to look again. Nothing that goes wrong in it ends the night, or keeps
        anything else from ringing (rule 4)."""
        path, now = self.profile.path, self.terminal.clock()
        self._tried(self._ended, None)
        again = [self._tried(self._overlooked, None)]
        self._tried(lambda: self.beside.tell_overdue(connected=self.connected), None)
        self._tried(self.beside.tell_deaf, None)
        self._tried(self.beside.tell_limits, None)
        again += [
            self._tried(lambda: self._again(now), None),
            self._tried(lambda: clocks.next_look(clocks.clocks(path, now), now), None),
            self._tried(lambda: limits.next_moment(path, now), None),
            self.beside.deaf.next_look(now),
        ]
        return min((each for each in again if each is not None), default=None)

    def _again(self, now: int) -> int | None:
        """Ring again for what has waited long enough; returns when to do so next."""
        unopened: list[Ringing] = self._tried(self.waiting, [])
        waiting = [x for x in unopened if x.envelope not in self._elsewhere or not self.heard(x.envelope)]
        late: list[Matter] = self._tried(self.beside.overdue, [])
        ends: list[Matter] = self._tried(self.beside.limits, [])
        found = self.bell.due([*self._matters(waiting), *late, *ends], now)
        if found.ready:
            ready = {each.key for each in found.ready}
            times = max(self.bell.times(key) for key in ready) + 1
            urgent = [each for each in waiting if each.envelope in ready]
            plain = {"event": "ring", "times": times, "unopened": [_plain(each) for each in urgent], "at": now}
            counts = (len(ready & {each.key for each in late}), len(ready & {each.key for each in ends}))
            words = screen.rings_again(urgent, *counts, now, times, self.label())
            self._tried(lambda: self.terminal.event(plain, words), None)
            self.ring()
            self.bell.rang(found.ready, now)
        return found.again

    def _beside(self, news: list[Matter]) -> None:
        """Ring for what is no message."""
        self.ring()
        self.bell.rang(news, self.terminal.clock())
        self.teller.wake.set()

    def _tried(self, what: Callable[[], T], otherwise: T) -> T:
        return tried(what, otherwise, self.trouble)

    def _ended(self) -> None:
        """Show what was opened, and what was stopped, since the last look."""
        now = self.terminal.clock()
        there = {each.envelope: each for each in ringing.ringing(self.profile.path, now)}
        opened = [key for key, each in self._known.items() if key not in there and each.expires > now]
        stopped = [key for key in self._known if key in there and there[key].stopped]
        late = [key for key, each in self._known.items() if each.expires <= now]
        for keys, event, words in (
            (opened, "opened", "was opened or answered here; it rings no more"),
            (stopped, "stopped", "rings no more, as somebody here wanted. It is unopened, and its clock goes on"),
            (late, "expired", "has expired, and nobody has opened it"),
        ):
            for key in keys:
                each = self._known.pop(key)
                self.terminal.event(
                    {"event": event, "envelope": key, "at": now},
                    f"{stamp(now)}  The {each.precedence} message of {stamp(each.arrived)} {words}.",
                )

    def _outcome(self, outcome: Outcome, notice: Notice, failed_before: bool) -> None:
        plain = {"event": "notice", "notice": outcome.notice, "reached": outcome.reached, "about": outcome.about}
        plain |= {"waiting": outcome.waiting, "tries": outcome.tries, "why": outcome.why, "at": outcome.at}
        if outcome.reached:
            self.terminal.event(plain, f"{stamp(outcome.at)}  Told by {outcome.notice} ({line(notice.place)}).")
            return
        tries = f"{outcome.tries} tries" if outcome.tries > 1 else "one try"
        words = f"NOT REACHED by {outcome.notice}, after {tries}: {line(outcome.why)}"
        self.terminal.event(plain, f"{stamp(outcome.at)}  {words}. `enlace notices test {outcome.notice}` tries it")

    def trouble(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            self.terminal.event(
                {"event": "trouble", "detail": words}, f"{stamp(self.terminal.clock())}  {line(words)}."
            )


def stop_all(path: Path, now: int) -> Stopped:
    """Stop everything that rings now. Raises DeskError if the disk refuses."""
    others = clocks.stop(path, now) + limits.stop(path, now)
    unheard = deaf.stop(path, now)
    return Stopped(ringing.stop(path, now), others, unheard)


def _plain(each: Ringing) -> dict[str, object]:
    """A message that waits, for programs."""
    clock = {"stage": each.stage, "stages": each.stages, "next": each.next}
    return {"envelope": each.envelope, "precedence": each.precedence, "at": each.arrived, "clock": clock}
