"""When the simulated colleague takes the duty over: once for each note of the trainee's, and never for their own."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from desk.exercise.cast import Cast
from desk.exercise.colleague import Colleague, notes


class Told(Cast):
    """A cast that tells of one note on the duty, and keeps what is typed."""

    note: dict[str, Any] | None = None
    typed: list[str]

    async def run(self, name: str, *arguments: str, fails: int = 0) -> dict[str, Any]:
        assert name == "colleague"
        self.typed.append(" ".join(arguments))
        return {"officer": "me", "contacts": [{"note": self.note}]}


@pytest.mark.parametrize(
    ("note", "taken"),
    [
        (None, False),
        ({"officer": "me", "taken_by": ""}, False),
        ({"officer": "trainee", "taken_by": "me"}, False),
        ({"officer": "trainee", "taken_by": ""}, True),
    ],
)
def test_a_note_that_nobody_has_taken_over(tmp_path: Path, note: dict[str, Any] | None, taken: bool) -> None:
    cast = Told(tmp_path)
    cast.note, cast.typed = note, []
    assert asyncio.run(Colleague(cast, "fr").turn()) is taken
    assert ("duty take-over" in cast.typed) is taken


def test_what_the_colleague_leaves_is_marked(tmp_path: Path) -> None:
    cast = Told(tmp_path)
    cast.typed = []
    asyncio.run(Colleague(cast, "fr").begins())
    (typed,) = cast.typed
    assert typed.startswith("duty hand-over --note EXERCICE: ")
    assert typed.endswith(" --in fr")


def test_without_a_colleague_there_are_no_notes(tmp_path: Path) -> None:
    assert asyncio.run(notes(Told(tmp_path))) is None
