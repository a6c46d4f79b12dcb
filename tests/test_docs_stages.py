"""`docs/stages.md` works as it stands."""

from pathlib import Path

from cli_world import Office
from transcripts import STEP, Player, steps

PAGE = (Path(__file__).parent.parent / "docs" / "stages.md").read_text("utf-8")


def test_the_page_works_as_it_stands(tmp_path: Path) -> None:
    with Office.opened(tmp_path / "office") as office:
        assert Player(office, office.enrolled // STEP).play(PAGE) == len(list(steps(PAGE))) > 0
