"""The page on age files and signed notes works as it stands: every command typed, every answer compared."""

import re
from pathlib import Path

import pytest
from cli_world import PASSPHRASE, Office, RelayProcess
from transcripts import Player, steps

PAGE = (Path(__file__).parent.parent / "docs" / "age-and-note.md").read_text("utf-8")


def test_the_page_works_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    office = Office(tmp_path, RelayProcess(tmp_path / "relay", 0))  # a folder; no relay is asked for
    office.file("passphrase", PASSPHRASE + "\n")
    office.file("letter.txt", "The witness arrives on Thursday.\n")
    office.file("notice.txt", "The desk answers at a new number from Monday.\n")
    assert Player(office, 0).play(PAGE) == len(list(steps(PAGE))) > 0
    assert Path("opened.txt").read_text() == "The witness arrives on Thursday.\n"


def test_every_fence_is_one_that_is_played() -> None:
    assert set(re.findall(r"^```(\S.*)$", PAGE, re.MULTILINE)) == {"console you"}
