"""The pages of `docs/keys/` work as they stand: every command typed, every answer compared (`transcripts`)."""

import re
from pathlib import Path

import pytest
from cli_world import Office
from transcripts import STEP, Player, steps

PAGES = Path(__file__).parent.parent / "docs" / "keys"


@pytest.mark.parametrize("page", sorted(each.name for each in PAGES.glob("*.md") if each.name != "README.md"))
def test_the_page_works_as_it_stands(page: str, tmp_path: Path) -> None:
    text = (PAGES / page).read_text("utf-8")
    with Office.opened(tmp_path / "office") as office:
        assert Player(office, office.enrolled // STEP).play(text) == len(list(steps(text))) > 0


def test_every_fence_is_one_that_is_played() -> None:
    for page in PAGES.glob("*.md"):
        opened = re.findall(r"^```(\S.*)$", page.read_text("utf-8"), re.MULTILINE)
        assert all(re.fullmatch("console [a-z0-9-]+", each) for each in opened), (page.name, opened)


def test_the_index_names_every_page() -> None:
    index = (PAGES / "README.md").read_text("utf-8")
    listed = set(re.findall(r"\]\(([a-z-]+\.md)\)", index))
    assert listed == {each.name for each in PAGES.glob("*.md")} - {"README.md"}
