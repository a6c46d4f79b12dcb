"""An exercise that goes on: made ready, played, reported, and cleared away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.cases.thread_shown import SHORT
from desk.demo.own_folder import shell_file
from desk.demo.relay_host import RelayHost, free_port
from desk.exercise.cast import COUNTERPART, TRAINEE, Cast
from desk.exercise.colleague import Colleague, notes
from desk.exercise.counterpart import OWN, Counterpart, standing
from desk.exercise.report import Report, lines, plain, report
from desk.exercise.script import TALK, Act, Move, Tongue, is_question, words
from desk.exercise.setting import CONTACTS, SECOND, make_ready
from desk.terminal import Terminal

_DONE = {"accept": "accepted", "refuse": "refused", "reply": "answered", "question": "asked about"}
_DONE |= {"give": "gave the consent asked for in", "deny": "refused the consent asked for in"}
_DONE_IN_CASE = {"join": "joined", "leave": "left", "reply": "said something in", "question": "asked something in"}
ENVIRONMENT = "trainee.sh"


@dataclass
class Session:
    """A relay that runs, two desks, and who plays the other side."""

    cast: Cast
    counterpart: Counterpart
    colleague: Colleague | None = None

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, folder: Path, script: tuple[Move, ...], language: Tongue, *, colleague: bool = False
    ) -> AsyncIterator["Session"]:
        """A session made ready in a folder, with a colleague if wanted; every process that it started is ended with
        it."""
        cast = Cast(folder)
        try:
            await make_ready(cast, RelayHost(cast, free_port()))
            known = await Colleague.enrolled(cast, language) if colleague else None
            if known is not None:
                await known.begins()
                await cast.run(COUNTERPART, "sync")
            yield cls(cast, Counterpart(cast, script, language), known)
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
        await self._turn(terminal)
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
        await self._turn(terminal)
        await self._consent_and_case(terminal, number, subject, str(file))
        self.end(terminal, await _reported(self.cast))

    async def _consent_and_case(self, terminal: Terminal, number: str, subject: str, file: str) -> None:
        """The trainee passes the first message on, with its sender's consent, and opens a case."""
        await self._trainee("consent", "ask", number, "--act", "forward", "--for", SECOND)
        _tell(terminal, "asked", f"The trainee asks for consent to pass the first message on to {SECOND}.")
        await self._turn(terminal)
        await self._trainee("sync")
        await self._trainee("forward", number, SECOND)
        _tell(terminal, "forwarded", "The trainee passes it on.")
        opened = await self._trainee("case", "open", CONTACTS[COUNTERPART], "--title", subject)
        _tell(terminal, "opened", "The trainee opens a case.")
        await self._turn(terminal)
        await self._trainee("case", "say", opened["case"], "--subject", subject, "--text", file)
        _tell(terminal, "said", "The trainee answers in the case.")
        await self._turn(terminal)

    async def _turn(self, terminal: Terminal) -> None:
        """Have the counterpart do what is due, and tell it."""
        if self.colleague is not None and await self.colleague.turn():
            _tell(terminal, "colleague", "The colleague takes the duty over.")
        before = set(self.counterpart.could_not)
        for act in await self.counterpart.turn():
            self._told(terminal, act)
        for act, why in self.counterpart.could_not.items():
            if act not in before:
                terminal.warn(f"the counterpart could not do its part ({act.do}, message {act.number}): {why}")

    async def stays(self, terminal: Terminal, precedence: str, pause: float) -> None:
        """Play the counterpart until cancelled by Ctrl-C; then report."""
        path = self.cast.folder / ENVIRONMENT
        typed = shell_file(path, self.cast.environ(TRAINEE))
        if precedence:
            await self.counterpart.begins(precedence)
        contact = CONTACTS[COUNTERPART]
        duty = "\nYour colleague hands over to you: enlace duty take-over, duty hand-over." if self.colleague else ""
        how = (
            f"The exercise runs until Ctrl-C. In another terminal:\n\n  {typed}\n  enlace watch\n\n"
            f"and in a third, with the same first line: enlace sync, inbox, read, accept, refuse, send {contact},\n"
            f"consent ask NUMBER --act forward --for {SECOND}, case open {contact} …{duty}"
        )
        terminal.event({"event": "ready", "environment": str(path), "contact": contact}, how)
        try:
            while True:
                await self._turn(terminal)
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
        if act.case:
            told = f"{_DONE_IN_CASE[act.do]} case {act.case[:SHORT]}"
        else:
            told = f"{_DONE[act.do]} {'request' if act.request else 'message'} {act.number}"
        _tell(terminal, "counterpart", f"The counterpart {told}.", act.do, act.number)


async def reported(folder: Path) -> Report:
    """The report of the exercise in a folder, whether it goes on or not."""
    return await _reported(Cast(folder))


async def _reported(cast: Cast) -> Report:
    now = await standing(cast)
    sent = [each["number"] for each in now.messages if each["direction"] == "out" and each["content"]["kind"] in TALK]
    trails = {number: (await cast.run(COUNTERPART, "receipts", str(number)))["events"] for number in sent}
    return report(now.messages, trails, now.consents, now.cases, OWN, await notes(cast))


def _tell(terminal: Terminal, event: str, text: str, do: str = "", number: int = 0) -> None:
    more = {"do": do, "number": number} if do else {}
    terminal.event({"event": event} | more, text)
