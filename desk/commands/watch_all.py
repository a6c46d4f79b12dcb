"""`enlace watch --all`: one listener for every desk on a shared machine.

1. Each desk has a stream of its own, with its own reception keys; what is told of one begins with its label. Nothing
   that is told, and nothing the bell or the command gets, says more than for whom and how urgent.
2. What goes wrong with one desk holds up no other. A desk that another process listens for, that is damaged, or that
   this machine does not hand out now, is told once and tried again every `PAUSE` seconds, without waiting for that
   process in between; one that was revoked is told once and left, until its folder goes or another takes its place.
   Enter stops the bell of the desks that are listened for here, and of no others.
3. Desks that are made, or taken away, while it runs are noticed within `PAUSE` seconds; so is a folder in which another
   desk stands now. One that cannot be read just now is taken for the one that was there.
4. The bell prefers the officer on duty, by what each desk has posted (`desk.rosters.posted`). A desk leaves the bell to
   another only if that one's officer is on duty now and its own is not, if it is listened to here, and if the envelope
   names it in the same stage, so that it rings for the same message. It fails open: in any doubt every desk rings.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desk.commands.watch import Watch
from desk.errors import Declined, DeskError, Distrust, NotFound
from desk.host import reason
from desk.notices.bell import USUAL_MINUTES
from desk.notices.enter import on_enter
from desk.profile.folder import PROFILE_FILE, Profile
from desk.profile.workstation import Place, Workstation
from desk.replica.standing import STILL, halted_words
from desk.rosters.posted import posted
from desk.safe_text import line
from desk.terminal import Terminal, until_signal
from relay.protocol.envelope import Header

PAUSE = 10.0
_REVOKED = "device-revoked"


@dataclass
class Labelled(Terminal):
    """A terminal on which everything told begins with a desk's label."""

    label: str = ""
    lasting: bool = True

    def event(self, plain: dict[str, Any], text: str) -> None:
        """Print one step of what goes on with that desk."""
        super().event(plain | {"profile": self.label}, f"{self.label}: {text}")

    def warn(self, text: str) -> None:
        """Tell something of that desk that should not be overlooked."""
        super().warn(f"{self.label}: {text}")


@dataclass(frozen=True, slots=True)
class _Listening:
    """Whose stream a task listens to: the device, empty if its profile could not be read when it began."""

    device: str
    task: asyncio.Task[None]


@dataclass
class WatchAll:
    """The watch of a whole workstation."""

    terminal: Terminal
    station: Workstation
    on_message: str | None
    bell: bool
    pause: float = PAUSE
    minutes: int = USUAL_MINUTES
    _tasks: dict[Path, _Listening] = field(default_factory=dict)
    _watches: dict[Path, Watch] = field(default_factory=dict)

    async def run(self, *, once: bool) -> None:
        """Listen until stopped by a signal; with `once`, fetch what waits for each, and raise what went wrong first."""
        if once:
            await self._once()
            return
        on_enter(self._stop_ringing)
        try:
            await until_signal(self._go())
        finally:
            await self._stop(*self._tasks)

    def _stop_ringing(self) -> None:
        for watch in self._watches.values():
            watch.night.stop()

    async def _once(self) -> None:
        failed: list[DeskError] = []
        places = self._receiving()
        if not places:
            raise NotFound("there is no desk on this machine that receives messages; `enlace profiles` lists them")
        for place in places:
            terminal = Labelled(json=self.terminal.json, path=place.path, label=place.label)
            try:
                self._tell_halt(place, terminal)
                await self._listen(place, terminal, once=True)
            except DeskError as error:
                terminal.warn(str(error))
                failed.append(error)
        self.terminal.alarmed |= any(isinstance(each, Distrust) for each in failed)
        if failed:
            raise failed[0]

    async def _go(self) -> None:
        told = False
        while True:
            places = self._receiving()
            for path in [each for each in self._tasks if not (each / PROFILE_FILE).is_file()]:
                await self._stop(path)
                self.terminal.event({"event": "gone", "profile": path.name}, f"{path.name}: This desk is gone.")
            for place in places:
                await self._follow(place)
            if not places and not told:
                self.terminal.event({"event": "nobody"}, "There is no desk on this machine yet; it waits for one.")
            told = not places
            await asyncio.sleep(self.pause)

    async def _follow(self, place: Place) -> None:
        """Have a task listen for the desk that stands in a place now (rule 3)."""
        device, found = _device(place.path), self._tasks.get(place.path)
        if found is not None:
            if device in ("", found.device):
                return
            await self._stop(place.path)
        self._tasks[place.path] = _Listening(device, asyncio.create_task(self._one(place)))

    async def _stop(self, *paths: Path) -> None:
        """End the tasks that listen there, and wait until they have let go of their desks."""
        tasks = [self._tasks[each].task for each in paths]
        for task in tasks:
            task.cancel()
        # Kept until they are done: who is stopped here finds them still, and stops them again.
        await asyncio.gather(*tasks, return_exceptions=True)
        for path in paths:
            del self._tasks[path]

    def _receiving(self) -> list[Place]:
        """The places of desks that receive messages, or may, once they are whole again."""
        return [each for each in self.station.places() if _may_receive(each.path)]

    async def _one(self, place: Place) -> None:
        """Keep listening for one desk, whatever goes wrong with it (rule 2)."""
        terminal = Labelled(json=self.terminal.json, path=place.path, label=place.label)
        told, looked = "", False
        while True:
            words = ""
            try:
                if not looked:
                    self._tell_halt(place, terminal)
                    looked = True
                await self._listen(place, terminal, once=False)
            except Declined as error:
                if error.problem == _REVOKED:
                    terminal.event({"event": "revoked", "detail": str(error)}, f"{line(str(error))}. Nobody listens.")
                    return
                words = str(error)
            except DeskError as error:
                words = str(error)
            except OSError as error:
                words = f"{place.path} cannot be used: {reason(error)}"
            except Exception as error:  # one desk's trouble is not to silence the others, whatever it is
                words = f"an error of the program: {type(error).__name__}: {error}"
            if words and words != told:
                terminal.event({"event": "trouble", "detail": words}, f"{line(words)}. It is tried again.")
            told = words
            await asyncio.sleep(self.pause)

    def _tell_halt(self, place: Place, terminal: Terminal) -> None:
        halted = halted_words(place.path)
        if halted:
            self.terminal.alarmed = True
            terminal.event({"event": "halted", "detail": halted}, f"ALARM: {line(halted)}. {STILL}")

    async def _listen(self, place: Place, terminal: Terminal, *, once: bool) -> None:
        profile = Profile.open(place.path)
        watch = Watch(terminal, profile, self.on_message, self.bell, minutes=self.minutes, patience=0)
        watch.began = lambda: self._watches.update({place.path: watch})  # not while another process listens
        watch.night.label = lambda: _not_chosen(self.station, place.path)
        watch.night.instead = lambda header: self._rings_instead(place.path, header)
        watch.night.heard = lambda envelope: self._heard(place.path, envelope)
        try:
            await watch.listen(once=once)
        finally:
            self._watches.pop(place.path, None)

    def _rings_instead(self, path: Path, header: Header) -> str:
        """The label of the desk that rings in the place of the one at `path`; empty if none does (rule 4)."""
        mine, found = self._watches.get(path), posted(path)
        if mine is None or found is None:
            return ""
        on_duty = {each for officers in found.on_duty(self.terminal.clock()).values() for each in officers}
        own = mine.profile.identity
        stage = _stage(header, own.device)
        if own.officer in on_duty or stage is None:
            return ""
        for other, watch in self._watches.items():
            identity = watch.profile.identity
            if identity.officer in on_duty and watch.stands and _stage(header, identity.device) == stage:
                return _label(self.station, other)
        return ""

    def _heard(self, path: Path, envelope: str) -> bool:
        """Whether an envelope has come to another desk here than the one at `path`."""
        return any(watch.heard(envelope) for other, watch in self._watches.items() if other != path)


def _stage(header: Header, device: str) -> int | None:
    """The stage in which an envelope names a device; None if it does not, or only as the sender's own side."""
    for number, stage in enumerate(header.stages):
        if any(each.device == device for each in stage.devices):
            return number
    return None


def _not_chosen(station: Workstation, path: Path) -> str:
    """The label of the desk at `path`; empty if commands go to it without being told so."""
    return next((each.label for each in station.places() if each.path == path and not each.chosen), "")


def _label(station: Workstation, path: Path) -> str:
    return next((each.label for each in station.places() if each.path == path), path.name)


def _device(path: Path) -> str:
    """The device of the profile at `path`; empty if it cannot be read now."""
    try:
        return Profile.open(path).identity.device
    except (DeskError, OSError):
        return ""


def _may_receive(path: Path) -> bool:
    try:
        return Profile.open(path).identity.kind == "officer"
    except (DeskError, OSError):
        return True
