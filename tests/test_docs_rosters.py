"""`docs/rosters.md` works as it stands: its commands typed by two officers of a contact, every answer compared."""

import re
import time
from pathlib import Path

from cli_world import Office
from transcripts import STEP, Player, steps

PAGE = (Path(__file__).parent.parent / "docs" / "rosters.md").read_text("utf-8")


def test_the_page_works_as_it_stands(tmp_path: Path) -> None:
    with Office.opened(tmp_path / "office") as office:
        out = str(office.folder / "letters" / "night")
        given = ("--role", "coordinator", "--label", "Night duty", "--out", out)
        invited = office.ask("ar-admin", "invite", *given)
        office.enrol("ar-night", invited["invitation"], "ar-admin")
        officers = f"officers={office.officers['ar-desk']} {invited['officer']}"
        office.ask("ar-admin", "contact", "publish", "ar-desk", "--set", officers, "--yes")
        for who in ("ar-desk", "ar-night"):
            office.ask(who, "sync")
        assert Player(office, int(time.time()) // STEP).play(PAGE) == len(list(steps(PAGE))) > 10


def test_every_fence_is_played() -> None:
    opened = re.findall(r"^```(\S.*)$", PAGE, re.MULTILINE)
    assert set(opened) == {"console ar-desk", "console ar-night", "console co-desk"}
