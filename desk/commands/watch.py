"""`enlace watch`: the desk nobody has unlocked. It listens, stores, acknowledges and rings; it can read nothing.

It goes on for weeks, beside people who sleep. So:

1. A connection that breaks is made again, after a pause that doubles from `FIRST_PAUSE` to `LONGEST_PAUSE` seconds, of
   which a part is random: a relay that was away is not met by every desk of a region in one second. In the first
   `RESTART_SECONDS` it is at most `RESTART_PAUSE`: what waits at a relay that was only started anew rings at once.
2. What goes wrong is told once, not at each try, and again only after the stream had stood for `STEADY` seconds (or
   when something else goes wrong); and that it is well again is told, with how long it was not. Only a stream that
   stood so long counts as a success: a relay that takes every stream and drops it is asked less and less often.
3. Alarms are told once each too; their evidence is kept (`desk.mail.receive`).
4. A message rings when it comes, and again until somebody opens it or stops the bell (`desk.notices.night`); when the
   relay hands it over again, by mistake or to keep people awake, that is no new one.
5. Relay, authority and reception keys are read anew before each connection: `enlace resume` takes a desk elsewhere,
   `enlace authority take` replaces who vouches for the relay; and while the directory is taking other keys in their
   place, those that the relay knows may be either (`desk.keys.reception`).
6. There is one watch for a desk, and one process at a time has the stream. A command that fetches lets go of it for a
   watch, after the item at hand (`desk.profile.unlocked`): one that is started meanwhile says so, and waits; after
   `DEAF_SECONDS` it says that nothing is heard, with the bell, and again after pauses that double to `LONGEST_DEAF`.
   When it has the stream, it rings for what that command has stored and left (`desk.notices.night`).
"""

import asyncio
import contextlib
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

import click

from crypto.signing import SecretPair
from desk.commands.on_message import OnMessage
from desk.commands.options import with_terminal
from desk.errors import Declined, DeskError, Distrust, Locked, Unreachable, Usage
from desk.exercise.network import plays
from desk.keys.keyring import reception_choices
from desk.keys.seen_time import apart, span
from desk.mail.draining import drain
from desk.mail.receive import Arrived, Listener, receive
from desk.notices.bell import USUAL_MINUTES
from desk.notices.enter import on_enter
from desk.notices.going_on import kept_going, tried
from desk.notices.night import Night
from desk.notices.teller import Wait, wait_for
from desk.profile.folder import Profile
from desk.profile.workstation import here
from desk.replica.standing import STILL, halted_words
from desk.safe_text import line
from desk.terminal import Terminal, run, stamp, until_signal
from relay.protocol.stream import Closing, Hello

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
RESTART_PAUSE = 1.5
RESTART_SECONDS = 600.0
STEADY = 60.0
LOCK_SECONDS = 10.0
LOCK_PAUSE = 0.1
DEAF_SECONDS = 30.0
LONGEST_DEAF = 600.0
MOST_REMEMBERED = 10_000  # messages
_UNKNOWN = ". The directory does not name these reception keys: unlock this desk and run `enlace sync`, which says why"
_TWO = " If no other watch of this desk runs, somebody has its reception keys: run `enlace device renew-reception`"


@click.command(short_help="Keep listening, without a passphrase; ring for messages.")
@click.option(
    "--on-message",
    metavar="COMMAND",
    help="Run COMMAND, a line for the shell, when a message arrives. It is told nothing of the message, and has a "
    "minute.",
)
@click.option("--no-bell", is_flag=True, help="Do not ring the terminal's bell.")
@click.option(
    "--again",
    "minutes",
    type=click.IntRange(0, 60),
    default=USUAL_MINUTES,
    show_default=True,
    metavar="MINUTES",
    help="Ring again every so many minutes for a flash or immediate message that nobody has opened; 0 for once.",
)
@click.option("--once", is_flag=True, help="Fetch what waits, then end.")
@click.option(
    "--all", "everybody", is_flag=True, help="Listen for every desk on this machine, and say for whom it rings."
)
@with_terminal
def watch(terminal: Terminal, on_message: str | None, no_bell: bool, minutes: int, once: bool, everybody: bool) -> None:
    """Keep listening, also while nobody is there: no passphrase is needed, and nothing can be read.

    Messages are stored as they come, still encrypted, and their senders get a signed line that they were
    delivered. When one arrives, the bell rings, the desk's notices go out (`enlace notices`), and COMMAND
    runs, with the name of the desk in ENLACE_FOR. The bell rings again until the message is opened, or
    somebody presses Enter here. Connections that break are made again.
    """
    terminal.lasting = True
    if everybody:
        from desk.commands.watch_all import WatchAll  # which is made of watches

        run(WatchAll(terminal, here(), on_message, not no_bell, minutes=minutes).run(once=once))
        return
    profile = terminal.profile()
    if profile.identity.kind != "officer":
        raise Usage("the secretariat's desk receives no messages")
    halted = halted_words(profile.path)
    if halted:
        terminal.alarmed = True
        terminal.event({"event": "halted", "detail": halted}, f"ALARM: {line(halted)}. {STILL}")
    run(Watch(terminal, profile, on_message, not no_bell, minutes=minutes).run(once=once))


@dataclass
class Watch:
    """One watch: where it says what happens, and how it rings."""

    terminal: Terminal
    profile: Profile
    on_message: str | None
    bell: bool
    steady: float = STEADY
    minutes: int = USUAL_MINUTES
    wait: Wait = wait_for
    patience: float = LOCK_SECONDS  # how long it waits for another watch to end
    began: Callable[[], None] = lambda: None  # called once it is the watch of this desk
    _pause: float = FIRST_PAUSE
    _since: float | None = None  # since when the stream stands, on a clock that never goes back
    _gone: float | None = None  # since when the relay cannot be reached, on the same clock
    _away: int | None = None  # since when something is wrong that was told (unix seconds)
    _told: set[str] = field(default_factory=set)  # what was told since all was well
    _listening: bool = False  # whether it was ever told that it listens
    _size: int = 0  # statements there are, as last told
    _keys: SecretPair | None = None  # those of the connection that stands, or stood last
    _halted: bool = False  # whether this desk was halted when that was last looked at
    _next: bool = False  # whether to try the keys that are to take their place
    _rung: dict[str, None] = field(default_factory=dict)  # envelopes it rang for, oldest first

    def __post_init__(self) -> None:
        self.terminal.plays = plays(self.profile.identity.name)  # a locked desk can tell by that alone
        self.terminal.lasting = True  # it rings also where nobody reads it any more
        self.night = Night(self.terminal, self.profile, self._bell, self.minutes, self.wait)
        self.commands = OnMessage(self.terminal, self.on_message, self.profile.path.resolve().name)
        self.night.belated = self.commands.begin

    @property
    def stands(self) -> bool:
        """Whether its stream stands now."""
        return self._since is not None

    def heard(self, envelope: str) -> bool:
        """Whether an envelope has come over it since it began."""
        return envelope in self._rung

    async def run(self, *, once: bool) -> None:
        """Listen until stopped by a signal, or, with `once`, until nothing waits; raises Locked beside another."""
        self.began = lambda: on_enter(self.night.stop)
        await self._watch(once, lambda: until_signal(self._listen(once)))

    async def listen(self, *, once: bool) -> None:
        """As `run`, until cancelled; signals are left to the caller."""
        await self._watch(once, lambda: self._listen(once))

    async def _watch(self, once: bool, listening: Callable[[], Awaitable[None]]) -> None:
        with contextlib.ExitStack() as held:
            deadline = time.monotonic() + self.patience
            while not self._holds(held, "watch"):  # one that was told to end may need a moment for it
                if time.monotonic() >= deadline:
                    raise Locked(f"another `enlace watch` listens for {self.profile.path}; leave it to it, or end it")
                await asyncio.sleep(LOCK_PAUSE)
            self.began()  # not before: Enter at a watch that is refused is nobody's who could stop the bell
            await self._heard_out(listening, once)

    def _holds(self, held: contextlib.ExitStack, name: Literal["watch", "stream"]) -> bool:
        try:
            held.enter_context(self.profile.locked(name))
        except Locked:
            return False
        return True

    async def _heard_out(self, listening: Callable[[], Awaitable[None]], once: bool) -> None:
        """Await that, and with `once` whatever still rings; nothing rings on after it."""
        if once:  # nobody stays to hear it again
            self.night.minutes = self.night.bell.minutes = 0
        self.night.begin()
        night = None
        if not once:
            night = asyncio.create_task(kept_going(self.night.run, self.night.trouble, self.wait), name="night")
        try:
            await listening()
            if once:
                await self.night.once()
                await self.commands.finished()
        finally:
            await self.commands.stop()
            if night is not None:
                night.cancel()
                await asyncio.gather(night, return_exceptions=True)

    async def _listen(self, once: bool) -> None:
        with contextlib.ExitStack() as held:
            await self._have_stream(held)
            # Who had it may have died between storing a message and taking it in: then nobody else rings for that.
            self.night.look_over(now_or_never=once)
            await self._listen_on(once)

    async def _have_stream(self, held: contextlib.ExitStack) -> None:
        """Return with the stream's lock held (rule 6)."""
        began, pause, tell_at = time.monotonic(), DEAF_SECONDS, -1.0
        while not self._holds(held, "stream"):
            waited = time.monotonic() - began
            if tell_at < 0:
                words = "Another command fetches what waits; this listens as soon as that lets go."
                self.terminal.event({"event": "fetching"}, f"{self._now()}  {words}")
                tell_at = pause
            elif waited >= tell_at:
                self._deaf(waited)
                pause = min(pause * 2, LONGEST_DEAF)
                tell_at = waited + pause
            await asyncio.sleep(LOCK_PAUSE)

    def _deaf(self, waited: float) -> None:
        """Say that nothing is heard, and who has the stream; with the bell, for whoever counts on it."""
        by, seconds = self.profile.holder("stream"), int(waited)
        who = f"process {by}" if by else "another process"
        words = f"NOTHING IS HEARD at this desk for {span(seconds)}: {who} has the stream and does not let go"
        self.terminal.event(
            {"event": "deaf", "seconds": seconds, "process": by},
            f"{self._now()}  {words}. If it hangs, end it; this listens then",
        )
        self._bell()

    async def _listen_on(self, once: bool) -> None:
        listener = Listener(self._connected, self._arrived, self._changed)
        if once:
            await self._drained(listener)
            return
        while True:
            try:
                self.profile = Profile.open(self.profile.path)  # rule 5
                self._ended(await receive(self.profile, self._chosen(), self.terminal.clock, listener))
            except Unreachable as error:
                self._gone = time.monotonic() if self._gone is None else self._gone
                about = {"event": "unreachable", "detail": str(error)}
                self._wrong("unreachable", about, f"{line(str(error))}. It is tried again until it does")
            except Distrust as error:
                self._wrong(str(error), {"event": "distrust", "detail": str(error)}, f"ALARM: {line(str(error))}")
            except DeskError as error:
                if isinstance(error, Usage) or _final(error):
                    raise
                # The relay is busy or stopping, the member is suspended, this disk is full: all of it may pass.
                words = f"{line(str(error))}{_UNKNOWN if _unknown(error) else ''}"
                if self._next or not (_unknown(error) and self._changed_keys()):
                    self._wrong(str(error), {"event": "trouble", "detail": str(error)}, words)
                self._next = _unknown(error) and not self._next
            self.night.lost()
            await asyncio.sleep(self._next_pause())

    async def _drained(self, listener: Listener) -> None:
        """Fetch what waits, with whichever keys the relay knows."""
        *others, last = reception_choices(self.profile)
        for keys in (*others, last):
            try:
                self._ended(await drain(self.profile, keys, self.terminal.clock, listener))
            except Declined as error:
                if not _unknown(error):
                    raise
                if keys is last:
                    error.args = (f"{str(error).rstrip('.')}{_UNKNOWN}",)
                    raise
                continue
            return

    def _chosen(self) -> SecretPair:
        """The keys to connect with now (rule 5)."""
        choices = reception_choices(self.profile)
        self._keys = choices[-1] if self._next else choices[0]
        return self._keys

    def _changed_keys(self) -> bool:
        """Whether there are other keys on this disk than those of the last connection."""
        return any(each.public != self._keys.public for each in reception_choices(self.profile) if self._keys)

    def _next_pause(self) -> float:
        """How long to wait now: between half of the pause and all of it; the next one is twice as long."""
        self._well()
        self._since = None
        restarts = self._gone is not None and time.monotonic() - self._gone < RESTART_SECONDS
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        pause = min(pause, RESTART_PAUSE) if restarts else pause
        return pause * (0.5 + secrets.randbelow(1000) / 2000)

    def _well(self) -> None:
        """If the stream stood long enough, then whatever goes wrong from here on is news (rule 2)."""
        if self._since is not None and time.monotonic() - self._since >= self.steady:
            self._pause = FIRST_PAUSE
            self._told.clear()
            self._since = self._gone = None

    def _wrong(self, key: str, plain: dict[str, str], words: str) -> None:
        """Say what goes wrong, unless it was said since all was well."""
        self._well()
        if key in self._told:
            return
        self._told.add(key)
        if self._away is None:
            self._away = self.terminal.clock()
        self.terminal.event(dict(plain), f"{self._now()}  {words}")

    async def _connected(self, hello: Hello) -> None:
        self._since = time.monotonic()
        self.night.hears()
        if not self._listening:
            self._halted = bool(halted_words(self.profile.path))  # told before it began to listen
        now, relay = self.terminal.clock(), self.profile.identity.relay
        plain = {"event": "listening", "waiting": hello.waiting, "tree_size": hello.tree_size}
        if self._away is not None:
            words = f"Listening at {relay} again, after {span(max(now - self._away, 0))}; {hello.waiting} waiting."
            self.terminal.event(plain, f"{self._now()}  {words}")
        elif not self._listening:
            self.terminal.event(plain, f"Listening at {relay}; {hello.waiting} waiting.")
        self._away, self._listening = None, True
        warning = apart(now, hello.time)
        if warning and "clock" not in self._told:
            self._told.add("clock")
            self.terminal.event({"event": "clock", "relay": hello.time}, f"{self._now()}  {warning}")

    async def _arrived(self, arrived: Arrived) -> None:
        tried(self._tell_halt, None, self.night.trouble)  # what has come rings, whatever else there is to say
        item = arrived.item
        if arrived.envelope is None:
            if item.kind == "call" and self.night.called(item, arrived.line):
                self.commands.begin()
                return
            self.night.line(item)
            return
        if item.envelope in self._rung:
            return
        self._rung[item.envelope] = None
        if len(self._rung) > MOST_REMEMBERED:
            del self._rung[next(iter(self._rung))]
        if self.night.arrived(item, arrived.envelope):
            self.commands.begin()

    def _tell_halt(self) -> None:
        """Say, once, that another process has found what halts this desk while this one listens."""
        halted = halted_words(self.profile.path)
        if halted and not self._halted:
            self.terminal.alarmed = True
            self.terminal.event({"event": "halted", "detail": halted}, f"{self._now()}  ALARM: {line(halted)}. {STILL}")
        self._halted = bool(halted)

    async def _changed(self, size: int) -> None:
        self._tell_halt()
        if size <= self._size:
            return  # said before
        self._size = size
        self.terminal.event(
            {"event": "directory", "tree_size": size}, f"{self._now()}  The directory has {size} statements."
        )

    def _bell(self) -> None:
        with contextlib.suppress(OSError):  # its terminal was closed; notices and the command go all the same
            if self.bell and sys.stderr.isatty():
                sys.stderr.write("\a")
                sys.stderr.flush()

    def _ended(self, closing: Closing | None) -> None:
        if closing is not None and closing.reason == "replaced" and self._changed_keys():
            self._wrong("keys", {"event": "keys"}, "This desk has other reception keys now; it listens with those.")
        elif closing is not None:
            plain = {"event": "closed", "reason": str(closing.reason)}
            words = f"The relay ended the stream: {closing.reason}. {line(closing.detail)}".rstrip()
            words += _TWO if closing.reason == "replaced" else ""
            self._wrong(f"closed {closing.reason}", plain, words)

    def _now(self) -> str:
        return stamp(self.terminal.clock())


def _unknown(error: DeskError) -> bool:
    """Whether the relay does not know these reception keys (any more)."""
    return isinstance(error, Declined) and error.problem == "not-allowed"


def _final(error: DeskError) -> bool:
    """Whether there is no use in coming back."""
    return isinstance(error, Declined) and error.problem == "device-revoked"
