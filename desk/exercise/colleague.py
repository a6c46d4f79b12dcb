"""A simulated colleague, who serves the trainee's own contact: hands the duty over, and takes it over.

C1  The colleague has a desk and keys of its own, as the counterpart has, and answers no messages: they are the
    trainee's.
C2  It hands over once, when the exercise begins; and takes over each note of the trainee's that nobody has taken over.
"""

from dataclasses import dataclass
from typing import Any

from desk.demo.stage import StageError
from desk.exercise.cast import COLLEAGUE, TRAINEE, Cast
from desk.exercise.script import Tongue, words
from desk.exercise.setting import CONTACTS, is_there, publish


@dataclass
class Colleague:
    """Who had the shift before the trainee, and has the next one."""

    cast: Cast
    language: Tongue

    @classmethod
    async def enrolled(cls, cast: Cast, language: Tongue) -> "Colleague":
        """A colleague whom the trainee's desk, an administrator's, has enrolled; raises StageError."""
        letters = str(cast.folder / "invitations")
        invited = await cast.run(
            TRAINEE, "invite", "--role", "coordinator", "--label", words("colleague", "en")[1], "--out", letters
        )
        offered = await cast.run(COLLEAGUE, "enrol", invited["invitation"], "--no-wait")
        confirmed = await cast.run(TRAINEE, "officer", "confirm", invited["officer"], "--yes")
        if confirmed["device"] != offered["device"]:
            raise StageError("the trainee's desk saw another device than the one that enrolled")
        await cast.run(COLLEAGUE, "enrol")
        officer = (await cast.run(TRAINEE, "status"))["officer"]
        await publish(cast, TRAINEE, CONTACTS[TRAINEE], f"{officer},{invited['officer']}")
        await cast.run(COLLEAGUE, "sync")
        return cls(cast, language)

    async def begins(self) -> None:
        """Hand the duty over to the trainee, with a note."""
        note = words("duty", self.language)[1]
        await self.cast.run(COLLEAGUE, "duty", "hand-over", "--note", note, "--in", self.language)

    async def turn(self) -> bool:
        """Fetch what came, and take over what the trainee has handed over; returns whether there was something."""
        await self.cast.run(COLLEAGUE, "sync")
        own = (await self.cast.run(COLLEAGUE, "status"))["officer"]
        (board,) = (await self.cast.run(COLLEAGUE, "duty", "now"))["contacts"]
        note = board["note"]
        if note is None or note["officer"] == own or note["taken_by"]:
            return False
        await self.cast.run(COLLEAGUE, "duty", "take-over")
        return True


async def notes(cast: Cast) -> list[dict[str, Any]] | None:
    """What the trainee has signed of the duty, as it stands on the colleague's desk; none without a colleague."""
    if not is_there(cast.folder, COLLEAGUE):
        return None
    listed = (await cast.run(COLLEAGUE, "inbox", "--all"))["messages"]
    return [each for each in listed if each["direction"] == "colleague" and each["content"]["kind"] == "duty-note"]
