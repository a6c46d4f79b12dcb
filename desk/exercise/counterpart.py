"""The simulated counterpart at its desk: it begins, and does what its script says with what comes.

It is an officer like any other, with a desk and keys of its own: what the trainee's desk shows of it was sealed,
signed, relayed and proven as real messages are, and everything of it is marked (`desk.exercise.network`).
"""

from dataclasses import dataclass, field
from typing import Any

from desk.demo.stage import StageError
from desk.exercise.cast import COUNTERPART, TRAINEE, Cast
from desk.exercise.script import Act, Move, Tongue, due, words
from desk.exercise.setting import CONTACTS, SECOND

OWN = (CONTACTS[COUNTERPART], SECOND)


@dataclass(frozen=True)
class Standing:
    """What stands on the counterpart's desk, as the commands tell it."""

    messages: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    cases: list[dict[str, Any]]


async def standing(cast: Cast) -> Standing:
    """What stands on the counterpart's desk now, of what was fetched."""
    known = (await cast.run(COUNTERPART, "case", "list"))["cases"]
    return Standing(
        messages=(await cast.run(COUNTERPART, "inbox", "--all"))["messages"],
        requests=(await cast.run(COUNTERPART, "request", "list", "--all"))["requests"],
        consents=(await cast.run(COUNTERPART, "consent", "list"))["consents"],
        cases=[await cast.run(COUNTERPART, "case", "show", each["case"]) for each in known],
    )


@dataclass
class Counterpart:
    """Who plays the other side, by a script, in a language."""

    cast: Cast
    script: tuple[Move, ...]
    language: Tongue
    could_not: dict[Act, str] = field(default_factory=dict)

    async def begins(self, precedence: str) -> None:
        """Send the first message: whoever is trained has to see it, read it, and accept or refuse it."""
        await self._send("opening", "--precedence", precedence)

    async def turn(self) -> tuple[Act, ...]:
        """Fetch what came, and do what is due; returns what was done. What fails is kept in `could_not`, and not tried
        again: a trainee may do what no script foresaw."""
        await self.cast.run(COUNTERPART, "sync")
        now = await standing(self.cast)
        found = due(now.messages, now.requests, self.script, now.consents, now.cases, OWN)
        done = list[Act]()
        for act in found:
            if act in self.could_not:
                continue
            try:
                await self._do(act)
            except StageError as error:
                self.could_not[act] = str(error)
            else:
                done.append(act)
        return tuple(done)

    async def _do(self, act: Act) -> None:
        if act.request:
            await self._requested(act)
        elif act.case:
            await self._in_case(act)
        else:
            await self._message(act)

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
            case "give":
                await self._run("consent", "give", number, "--yes")
            case "deny":
                await self._run("consent", "refuse", number, "--reason", words("refuse", self.language)[1])

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

    async def _in_case(self, act: Act) -> None:
        match act.do:
            case "join" | "leave":
                await self._run("case", act.do, act.case)
            case "reply" | "question":
                subject, file = self._written(act.do)
                await self._run(
                    "case", "say", act.case, "--subject", subject, "--text", file, "--text-language", self.language
                )

    async def _send(self, what: str, *options: str) -> None:
        subject, file = self._written(what)
        await self._run(
            "send", CONTACTS[TRAINEE], "--from", CONTACTS[COUNTERPART], "--subject", subject, "--text", file,
            "--language", self.language, *options,
        )  # fmt: skip

    def _written(self, what: str) -> tuple[str, str]:
        """A subject, and the file with its text."""
        subject, text = words(what, self.language)
        file = self.cast.folder / f"{what}.txt"
        file.write_text(f"{text}\n", encoding="utf-8")
        return subject, str(file)

    async def _run(self, *arguments: str) -> dict[str, Any]:
        return await self.cast.run(COUNTERPART, *arguments)
