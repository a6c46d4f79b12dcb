"""What tests of lying relays share: the fixtures' work, and reading an alarm as the officer and a second party do."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from story_desk import Desk, told
from story_liar import LyingRelay

from desk.alarms.evidence import ACCUSATION
from desk.errors import Distrust
from desk.replica.standing import STILL, Halted

ENDS = (
    ". The last good directory stays in use; numbers in it are as safe as before. Do not rely on anything newer from "
    "this relay until the secretariat has answered."
)
HALTS = f"{ENDS} This desk is halted. {STILL}"
BOTH = {"checkpoint-mine.txt", "checkpoint-theirs.txt"}


async def noticed(
    desk: Desk,
    here: LyingRelay,
    kind: str,
    files: set[str],
    act: Callable[[], Awaitable[Any]] | None = None,
    *,
    halts: bool = False,
) -> str:
    """The words of the alarm that `act` (a synchronisation) raises; the relay is honest from then on.

    Asserts that what was seen is kept, under these names and no other, and that the desk goes on afterwards; or, if it
    `halts`, that an honest relay does not change that.
    """
    with pytest.raises(Distrust) as caught:
        await (act or desk.exchange)()
    assert Path(caught.value.evidence).parent == desk.path / "alarms"
    assert Path(caught.value.evidence).name.split("-")[1] == kind
    assert kept(caught.value) == files
    here.lies.clear()
    words, ends = str(caught.value), HALTS if halts else ENDS
    assert isinstance(caught.value, Halted) == halts
    if halts:
        with pytest.raises(Halted, match="this desk stays halted"):
            await desk.exchange()
    else:
        await desk.exchange()
    assert words.endswith(ends)
    return words.removesuffix(ends)


def kept(error: Distrust) -> set[str]:
    """The names of the loose files that an alarm left."""
    return loose(Path(error.evidence))


def loose(folder: Path) -> set[str]:
    """What is kept beside the evidence file that a stranger checks (tests/test_story_lying_relay.py)."""
    return {each.name for each in folder.iterdir()} - {ACCUSATION}


async def alarmed(desk: Desk, kind: str, files: set[str], *, halts: bool = False) -> str:
    """The words of the alarm that a message gave rise to in an exchange; the evidence is kept, and the mail goes on."""
    (words,) = told((await desk.exchange()).taken)
    (folder,) = (desk.path / "alarms").iterdir()
    assert folder.name.split("-")[1] == kind
    assert loose(folder) == files
    assert words.startswith("ALARM: ")
    words = words.partition(". Anybody checks it: ")[0]
    ends = f"{HALTS if halts else ENDS} What was seen is kept in {folder}"
    assert words.endswith(ends)
    return words.removeprefix("ALARM: ").removesuffix(ends)


def evidence(desk: Desk, name: str) -> bytes:
    """A file of the only alarm the desk has kept."""
    (folder,) = (desk.path / "alarms").iterdir()
    return (folder / name).read_bytes()
