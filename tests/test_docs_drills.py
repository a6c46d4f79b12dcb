"""`docs/drills.md` works as it stands: every command typed, every answer compared (`transcripts`)."""

from pathlib import Path

from cli_world import Office
from transcripts import STEP, Player, steps

PAGE = Path(__file__).parent.parent / "docs" / "drills.md"


def test_the_page_works_as_it_stands(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    with Office.opened(tmp_path / "office") as office:
        assert Player(office, office.enrolled // STEP).play(text) == len(list(steps(text))) > 0
