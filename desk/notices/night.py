"""The night of one desk, beside its stream: what waits, the bell, the notices, and what the officer sees of it all.

1. A message that comes is noted on the disk before anybody is told (`desk.notices.ringing`), and rings at once.
2. Everything after that goes by what stands on the disk, which is looked at before each ring: an officer who opens the
   message, or stops the ringing, in another window needs to tell nobody here. It is looked at every LONGEST_LOOK
   seconds at least.
3. Of a message that this side has sent and whose clock runs, it looks whether the relay gives a sign of each turn when
   it is due (`desk.notices.clocks`). If not, that rings too; it is an alarm while the stream stands.
   So does a time limit of a request that is near, or has passed, and of which nobody was told yet
   (`desk.notices.limits`).
   And so does that nothing is heard at all (`desk.notices.deaf`).
4. Nothing in here ends the stream: what goes wrong is told once, and the night goes on.
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

from desk.errors import DeskError
from desk.exercise.network import plays
from desk.mail.schedule import GRACE
from desk.mail.spool import Spool
from desk.notices import clocks, limits, ringing, screen
from desk.notices.bell import LEAST, Bell
from desk.notices.clocks import Clock, OpenTurn
from desk.notices.deaf import Deaf
from desk.notices.limits import Limit
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
    deaf: Deaf = field(default_factory=Deaf)
    _late: set[str] = field(default_factory=set)  # turns that were told as overdue
    _limited: set[str] = field(default_factory=set)  # moments of time limits that were told
    _known: dict[str, Ringing] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _elsewhere: set[str] = field(default_factory=set)  # envelopes for which another desk rings (rule 5)
    _look_by: int | None = None  # until when the spool is to be looked over (rule 6); None: it was

    def __post_init__(self) -> None:
        self.bell = Bell(self.minutes)
        path = self.profile.path
        self.teller = Teller(
            path,
            self.terminal.clock,
            self.matters,
            lambda: ringing.serves(path),
            self._outcome,
            self._trouble,
            self.wait,
            plays(self.profile.identity.name),
        )

    def begin(self) -> None:
        """Take up what waited when the last watch ended; whoever calls this holds the watch lock."""
        self.teller.begin()
        self.deaf.begins(self.terminal.clock())
        waiting = self.waiting()
        self._known = {each.envelope: each for each in waiting}
        if waiting:
            self._unopened(waiting)
        self.look_over()

    def hears(self) -> None:
        """The stream stands."""
        self.connected = True
        self.deaf.hears()

    def lost(self) -> None:
        """The stream does not stand."""
        self.connected = False
        self.deaf.begins(self.terminal.clock())

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
            self._trouble(trouble)
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
            self._trouble(str(error))
            return False

    def _unopened(self, waiting: list[Ringing]) -> None:
        """Show what came before this watch did, and ring for it."""
        now = self.terminal.clock()
        plain = {"event": "waiting", "unopened": [_plain(each) for each in waiting]}
        self.terminal.event(plain, screen.waited(waiting, now, self.label()))
        self.ring()
        self.bell.rang(self._matters(waiting), now)

    async def run(self) -> None:
        """Ring again, and tell, whenever it is time, until cancelled."""
        telling = asyncio.create_task(self.teller.run(), name="notices")
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
        return self._rings(ringing.of_item(item, header, device, now), now, self.instead(header))

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
        """Note, show and ring for what has come; `desk` rings in place of this one, if any does (rule 5)."""
        try:
            ringing.begin(self.profile, found)
        except DeskError as error:  # then it rings this once
            self._trouble(str(error))
        self._known[found.envelope] = found
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
            self._elsewhere.add(found.envelope)
            self.terminal.event(
                {"event": "rings-elsewhere", "envelope": found.envelope, "desk": desk},
                f"  The bell is at {line(desk)}, whose officer is on duty.",
            )
            self.bell.rang(self._matters([found]), now)  # here it may ring when it is time for that again
            self.nudge()
            return False
        self.ring()
        self.bell.rang(self._matters([found]), now)
        self.nudge()
        return True

    def nudge(self) -> None:
        """Look again now."""
        self.wake.set()
        self.teller.wake.set()

    def stop(self) -> None:
        """Stop what rings, by whoever sits here."""
        self.deaf.stop(self.terminal.clock())
        try:
            stop_all(self.profile.path, self.terminal.clock())
        except DeskError as error:
            self._trouble(str(error))
        self.nudge()

    def waiting(self) -> list[Ringing]:
        """What nobody has opened, and nobody has stopped."""
        found = ringing.ringing(self.profile.path, self.terminal.clock())
        return [each for each in found if not each.stopped]

    def matters(self) -> list[Matter]:
        """What there is to tell of now."""
        overdue, ends, deaf = self._overdue(), self._limits(), self.deaf.matter(self.terminal.clock())
        return [
            *([deaf] if deaf is not None else []),
            *self._matters(self.waiting()),
            *(matter for _, _, matter in overdue),
            *(matter for _, matter in ends),
        ]

    def _matters(self, waiting: list[Ringing]) -> list[Matter]:
        return [Matter("waiting", each.envelope, each.precedence, each.arrived, each.contacts) for each in waiting]

    def _tell_deaf(self, now: int) -> None:
        """Show, once, that nothing is heard, and ring."""
        since = self.deaf.since
        if since is None or not self.deaf.news(now):
            return
        self.terminal.event({"event": "deaf", "since": since, "at": now}, screen.deaf(since, now))
        self.ring()
        self.teller.wake.set()

    def _limits(self) -> list[tuple[Limit, Matter]]:
        """The time limits of requests that somebody is to hear of now."""
        found = limits.come(self.profile.path, self.terminal.clock())
        return [(x, Matter("limit", f"{x.key} {x.at}", x.precedence, x.at)) for x in found]

    def _tell_limits(self, now: int) -> list[Matter]:
        """Show the time limits that have come, each once; returns all of them."""
        found = self._limits()
        self._limited &= {matter.key for _, matter in found}
        for limit, matter in found:
            if matter.key in self._limited:
                continue
            self._limited.add(matter.key)
            plain = {"event": "limit", "due": limit.due, "passed": limit.passed, "precedence": limit.precedence}
            self.terminal.event(plain | {"at": now}, screen.limit(limit, now))
            self.ring()
            self.bell.rang([matter], now)
            self.teller.wake.set()
        return [matter for _, matter in found]

    def _overdue(self) -> list[tuple[Clock, OpenTurn, Matter]]:
        """The turns of messages of this side that are overdue, and of which nothing was heard (rule 3)."""
        path, now = self.profile.path, self.terminal.clock()
        ours = clocks.clocks(path, now, own=True)
        mine = [each for each in ours if any(x.due + GRACE < now for x in each.turns)]
        lines = list(Spool(path / "spool").lines()) if mine else []
        found = []
        for clock in mine:
            about = [(x.arrival.item.kind, x.payload) for x in lines if x.arrival.item.envelope == clock.envelope]
            for turn in clocks.overdue(clock, about, now):
                key = f"{clock.envelope} {turn.number}"
                contacts = (clock.contact,)
                found.append((clock, turn, Matter("no-sign", key, clock.precedence, turn.due + GRACE, contacts)))
        return found

    def _tell_overdue(self, now: int) -> list[Matter]:
        """Show what is overdue, each once; returns all of it."""
        found = self._overdue()
        self._late &= {matter.key for _, _, matter in found}
        for clock, turn, matter in found:
            if matter.key in self._late:
                continue
            self._late.add(matter.key)
            plain: dict[str, object] = {"event": "overdue", "envelope": clock.envelope, "message": clock.number}
            plain |= {"turn": turn.number, "due": turn.due, "connected": self.connected, "at": now}
            plain |= {"precedence": clock.precedence}
            self.terminal.alarmed |= self.connected
            self.terminal.event(plain, screen.no_sign(clock, turn, now, connected=self.connected))
            self.ring()
            self.bell.rang([matter], now)
            self.teller.wake.set()
        return [matter for _, _, matter in found]

    def _look(self) -> int | None:
        """Ring for what is due; returns when to look again. Nothing that goes wrong in it ends the night (rule 4)."""
        try:
            self._ended()
            look_over = self._overlooked()
            now, late = self.terminal.clock(), self._tell_overdue(self.terminal.clock())
            waiting = [
                each for each in self.waiting() if each.envelope not in self._elsewhere or not self.heard(each.envelope)
            ]
            self._tell_deaf(now)
            ends = self._tell_limits(now)
            found = self.bell.due([*self._matters(waiting), *late, *ends], now)
            if found.ready:
                ready = {each.key for each in found.ready}
                times = max(self.bell.times(key) for key in ready) + 1
                urgent = [each for each in waiting if each.envelope in ready]
                plain = {"event": "ring", "times": times, "unopened": [_plain(each) for each in urgent], "at": now}
                counts = (len(ready & {each.key for each in late}), len(ready & {each.key for each in ends}))
                self.terminal.event(plain, screen.rings_again(urgent, *counts, now, times, self.label()))
                self.ring()
                self.bell.rang(found.ready, now)
            again = [look_over, found.again, clocks.next_look(clocks.clocks(self.profile.path, now), now)]
            again += [limits.next_moment(self.profile.path, now), self.deaf.next_look(now)]
            return min((each for each in again if each is not None), default=None)
        except DeskError as error:
            self._trouble(str(error))
        except OSError as error:
            self._trouble(f"{self.profile.path} cannot be looked at: {error.strerror or error}")
        return None

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

    def _trouble(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            self.terminal.event(
                {"event": "trouble", "detail": words}, f"{stamp(self.terminal.clock())}  {line(words)}."
            )


def stop_all(path: Path, now: int) -> tuple[list[Ringing], int]:
    """Stop everything that rings now; returns the messages among it, and how much else. Raises DeskError if the disk
    refuses."""
    others = clocks.stop(path, now) + limits.stop(path, now)
    return ringing.stop(path, now), others


def _plain(each: Ringing) -> dict[str, object]:
    """A message that waits, for programs."""
    clock = {"stage": each.stage, "stages": each.stages, "next": each.next}
    return {"envelope": each.envelope, "precedence": each.precedence, "at": each.arrived, "clock": clock}
