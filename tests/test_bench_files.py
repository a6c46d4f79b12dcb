"""The bench of a large file runs, says what it should, and holds its goal of memory; no test asserts a time."""

import json
from pathlib import Path

import pytest

from bench.files import MOST_MIB, main


def test_a_small_file_is_sealed_and_opened_in_both_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mib", "1", "--rounds", "1", "--folder", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["goal_mib"], report["met"]) == (64, True)
    assert [each["what"] for each in report["rows"]] == ["seal, bytes", "open, bytes", "seal, text", "open, text"]
    for each in report["rows"]:
        assert 0 < each["peak_mib"] < MOST_MIB
        assert each["seconds"] > 0
        assert (each["ratio"] is None) == (each["pyrage_seconds"] is None)
    assert list(tmp_path.iterdir()) == [], "what it worked with is gone"


def test_the_table_has_a_line_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mib", "1", "--rounds", "1", "--folder", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.count(" MiB") >= 4
    assert f"under {MOST_MIB} MiB: met" in out


@pytest.mark.parametrize("arguments", [["--mib", "much"], ["--fast"], ["1"]])
def test_a_wrong_argument_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
