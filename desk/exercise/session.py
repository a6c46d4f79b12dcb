"""An exercise that goes on: made ready, played, reported, and cleared away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.demo.own_folder import shell_file
from desk.demo.relay_host import RelayHost, free_port
from desk.exercise.cast import COUNTERPART, TRAINEE, Cast
from desk.exercise.counterpart import Counterpart
from desk.exercise.report import Report, lines, plain, report
from desk.exercise.script import TALK, Act, Move, Tongue, is_question, words
from desk.exercise.setting import CONTACTS, make_ready
from desk.terminal import Terminal

_DONE = {"accept": "accepted", "refuse": "refused", "reply": "answered", "question": "asked about"}
ENVIRONMENT = "trainee.sh"


@dataclass
class Session:
    """A relay that runs, two desks, and who plays the other side."""

    cast: Cast
    counterpart: Counterpart

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path, script: tuple[Move, ...], language: Tongue) -> AsyncIterator["Session"]:
        """A session made ready in a folder; every process that it started is ended with it."""
        cast = Cast(folder)
        try:
            await make_ready(cast, RelayHost(cast, free_port()))
            yield cls(cast, Counterpart(cast, script, language))
        finally:
            await cast.stop()

    async def both_sides(self, terminal: Terminal) -> None:
        """Play it to the end, the trainee's side too, telling each step, and report it."""
        counterpart, language = self.counterpart, self.counterpart.language
        await counterpart.begins("flash")
        _tell(terminal, "begins", "The counterpart sends a flash message.")
        await self._trainee("sync")
        listed = await self._trainee("inbox")
        number = str(listed["messages"][0]["number"])
        await self._trainee("read", number)
        await self._trainee("accept", number)
        _tell(terminal, "accepted", "The trainee reads and accepts it.")
        subject, text = words("opening", language)
        (file := self.cast.folder / "message.txt").write_text(f"{text}\n", encoding="utf-8")
        for nth in range(1, len(counterpart.script) + 1):
            await self._trainee(
                "send", CONTACTS[COUNTERPART], "--subject", f"{subject} ({nth})", "--text", str(file),
                "--case", f"EXERCISE-{nth}", "--purpose", "exercise", "--language", language,
            )  # fmt: skip
        _tell(terminal, "sent", "The trainee sends four messages.")
        for act in await counterpart.turn():
            self._told(terminal, act)
        await self._trainee("sync")
        listed = await self._trainee("inbox")
        for each in listed["messages"][1:]:
            await self._trainee("read", str(each["number"]))
            if not is_question(each["content"]["subject"]):
                continue
            await self._trainee(
                "send", CONTACTS[COUNTERPART], "--subject", words("reply", language)[0], "--text", str(file),
                "--reply-to", str(each["number"]), "--language", language,
            )  # fmt: skip
        _tell(terminal, "replied", "The trainee answers the question.")
        for act in await counterpart.turn():
            self._told(terminal, act)
        self.end(terminal, await _reported(self.cast))

    async def stays(self, terminal: Terminal, precedence: str, pause: float) -> None:
        """Play the counterpart until cancelled by Ctrl-C; then report."""
        path = self.cast.folder / ENVIRONMENT
        typed = shell_file(path, self.cast.environ(TRAINEE))
        if precedence:
            await self.counterpart.begins(precedence)
        contact = CONTACTS[COUNTERPART]
        how = (
            f"The exercise runs until Ctrl-C. In another terminal:\n\n  {typed}\n  enlace watch\n\n"
            f"and in a third, with the same first line: enlace sync, inbox, read, accept, refuse, send {contact}."
        )
        terminal.event({"event": "ready", "environment": str(path), "contact": contact}, how)
        try:
            while True:
                for act in await self.counterpart.turn():
                    self._told(terminal, act)
                await asyncio.sleep(pause)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            self.end(terminal, await _reported(self.cast))
            raise

    def end(self, terminal: Terminal, found: Report) -> None:
        """Tell the report."""
        terminal.event({"event": "report"} | plain(found), "\n".join(lines(found)))

    async def _trainee(self, *arguments: str) -> dict[str, Any]:
        return await self.cast.run(TRAINEE, *arguments)

    def _told(self, terminal: Terminal, act: Act) -> None:
        what = "request" if act.request else "message"
        _tell(terminal, "counterpart", f"The counterpart {_DONE[act.do]} {what} {act.number}.", act.do, act.number)


async def reported(folder: Path) -> Report:
    """The report of the exercise in a folder, whether it goes on or not."""
    return await _reported(Cast(folder))


async def _reported(cast: Cast) -> Report:
    listed = (await cast.run(COUNTERPART, "inbox", "--all"))["messages"]
    sent = [each["number"] for each in listed if each["direction"] == "out" and each["content"]["kind"] in TALK]
    trails = {number: (await cast.run(COUNTERPART, "receipts", str(number)))["events"] for number in sent}
    return report(listed, trails)


def _tell(terminal: Terminal, event: str, text: str, do: str = "", number: int = 0) -> None:
    more = {"do": do, "number": number} if do else {}
    terminal.event({"event": event} | more, text)
