"""`docs/night.md` works as it stands, and its file of settings is one."""

import re
from pathlib import Path

from cli_world import Office
from transcripts import STEP, Player, steps

from desk.notices.settings import read_notice

PAGE = (Path(__file__).parent.parent / "docs" / "night.md").read_text("utf-8")


def test_the_page_works_as_it_stands(tmp_path: Path) -> None:
    with Office.opened(tmp_path / "office") as office:
        assert Player(office, office.enrolled // STEP).play(PAGE) == len(list(steps(PAGE))) > 0


def test_its_settings_are_read() -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert read_notice(text, Path("/profile/notices/night.toml")).mail.user == "desk"
