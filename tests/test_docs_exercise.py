"""`docs/exercise.md` works as it stands, and a whole exercise leaves nothing behind."""

import tempfile
from pathlib import Path

import pytest
from cli_world import Office
from transcripts import STEP, Player, steps

PAGE = (Path(__file__).parent.parent / "docs" / "exercise.md").read_text("utf-8")
pytest_plugins = ("shared_office",)


def test_the_page_works_as_it_stands(shared_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert Player(shared_office, shared_office.enrolled // STEP).play(PAGE) == len(list(steps(PAGE))) > 0
    assert list(tmp_path.iterdir()) == []
