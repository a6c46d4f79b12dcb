"""`docs/erasure.md` works as it stands: its commands typed, every answer compared, every reason and command named."""

import re
import time
from pathlib import Path

from cli_world import Office
from transcripts import STEP, Player, steps

from desk.commands.erase import REASONS, erase
from desk.entries.retention import KEPT

pytest_plugins = ("shared_office",)
PAGE = (Path(__file__).parent.parent / "docs" / "erasure.md").read_text("utf-8")


def test_the_page_works_as_it_stands(shared_office: Office) -> None:
    assert Player(shared_office, int(time.time()) // STEP).play(PAGE) == len(list(steps(PAGE))) > 15


def test_every_fence_is_played() -> None:
    opened = re.findall(r"^```(\S.*)$", PAGE, re.MULTILINE)
    assert set(opened) == {"console co-admin"}


def test_reasons_and_the_usual_time_are_those_of_the_commands() -> None:
    assert [each for each in REASONS if f"`{each}`" not in PAGE] == []
    assert f"due {KEPT} days later" in PAGE
    assert {"contact", "officer", "due", "keep", "list"} <= set(erase.commands)
