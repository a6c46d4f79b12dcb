"""The simulated counterpart at its desk: it begins, and does what its script says with what comes.

It is an officer like any other, with a desk and keys of its own: what the trainee's desk shows of it was sealed,
signed, relayed and proven as real messages are, and everything of it is marked (`desk.exercise.network`).
"""

from dataclasses import dataclass
from typing import Any

from desk.exercise.cast import COUNTERPART, TRAINEE, Cast
from desk.exercise.script import Act, Move, Tongue, due, words
from desk.exercise.setting import CONTACTS


@dataclass
class Counterpart:
    """Who plays the other side, by a script, in a language."""

    cast: Cast
    script: tuple[Move, ...]
    language: Tongue

    async def begins(self, precedence: str) -> None:
        """Send the first message: whoever is trained has to see it, read it, and accept or refuse it."""
        await self._send("opening", "--precedence", precedence)

    async def turn(self) -> tuple[Act, ...]:
        """Fetch what came, and do what is due; returns what was done."""
        await self.cast.run(COUNTERPART, "sync")
        listed = await self.cast.run(COUNTERPART, "inbox", "--all")
        requests = await self.cast.run(COUNTERPART, "request", "list", "--all")
        found = due(listed["messages"], requests["requests"], self.script)
        for act in found:
            await (self._requested(act) if act.request else self._message(act))
        return found

    async def _message(self, act: Act) -> None:
        number = str(act.number)
        match act.do:
            case "accept":
                await self._run("accept", number)
            case "refuse":
                await self._run("refuse", number, "--reason", words("refuse", self.language)[1])
            case "question":
                await self._run("read", number)
                await self._send("question", "--reply-to", number)
            case "reply":
                await self._send("reply", "--reply-to", number)

    async def _requested(self, act: Act) -> None:
        spoken = ("--in", self.language)
        match act.do:
            case "accept":
                await self._run("request", "accept", act.request)
            case "refuse":
                text = words("refuse", self.language)[1]
                await self._run("request", "refuse", act.request, text, "--reason", "wrong-authority", *spoken)
            case "question":
                await self._run("request", "ask", act.request, words("question", self.language)[1], *spoken)
            case "reply":
                await self._run("request", "complete", act.request, words("reply", self.language)[1], *spoken)

    async def _send(self, what: str, *options: str) -> None:
        subject, text = words(what, self.language)
        file = self.cast.folder / f"{what}.txt"
        file.write_text(f"{text}\n", encoding="utf-8")
        await self._run(
            "send", CONTACTS[TRAINEE], "--subject", subject, "--text", str(file), "--language", self.language, *options
        )

    async def _run(self, *arguments: str) -> dict[str, Any]:
        return await self.cast.run(COUNTERPART, *arguments)
