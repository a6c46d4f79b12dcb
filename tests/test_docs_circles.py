"""`docs/circles.md` works as it stands: its commands typed, every answer compared."""

import re
import time
from pathlib import Path

from cli_world import Office
from transcripts import STEP, Player, steps

pytest_plugins = ("shared_office",)
PAGE = (Path(__file__).parent.parent / "docs" / "circles.md").read_text("utf-8")


def test_the_page_works_as_it_stands(shared_office: Office) -> None:
    assert Player(shared_office, int(time.time()) // STEP).play(PAGE) == len(list(steps(PAGE))) > 12
    shared_office.ask("ar-admin", "contact", "retire", "ar-border", "--yes")  # others export what the office has


def test_every_fence_is_played() -> None:
    opened = re.findall(r"^```(\S.*)$", PAGE, re.MULTILINE)
    assert all(re.fullmatch("console (secretariat|ar-admin|co-desk)", each) for each in opened), opened
