"""The checked-in vectors are what their generator writes, to the byte."""

from pathlib import Path

import pytest
from vectors_case import FOLDER
from vectors_generate import files, main


def test_a_second_run_shows_no_difference_and_leaves_no_file_over() -> None:
    written = dict(files())
    assert sorted(FOLDER.glob("*")) == sorted(written)
    assert [path.name for path, text in written.items() if path.read_text("utf-8") != text] == []


def test_a_difference_is_seen_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vectors_generate.files", lambda: [(tmp_path / "log.json", "{}\n")])
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "differs: log.json\n"
    assert not list(tmp_path.iterdir())
    assert main([]) == 0
    assert (tmp_path / "log.json").read_text() == "{}\n"
