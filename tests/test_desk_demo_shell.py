"""The files that make a shell somebody of the demo, read by a real shell, from folders it would take apart."""

import os
import re
import sys
from pathlib import Path

import pytest
from shell_read import AWKWARD, become

from desk.demo.bad_night import DESKS
from desk.demo.command import _farewell
from desk.demo.stage import Stage
from desk.terminal import DEFAULT_WORK_FACTOR, work_factor


@pytest.mark.parametrize("name", AWKWARD, ids=repr)
def test_a_shell_that_reads_what_is_shown_is_somebody_of_the_demo(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    (folder := tmp_path / name).mkdir()
    stage = Stage(folder)
    _farewell(stage)
    shown = capsys.readouterr().out
    typed = re.split(r"\n +(?=\. )|\n +and look\s+around", shown)[1:-1]
    assert len(typed) == len(DESKS)
    for desk, line in zip(DESKS, typed, strict=True):
        environ = become(line)
        assert {key: value for key, value in environ.items() if key.startswith("ENLACE_")} == {
            "ENLACE_PROFILE": str(stage.profile(desk)),
            "ENLACE_PASSPHRASE_FILE": str(stage.passphrase(desk)),
        }
        assert environ["PATH"] == f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        assert work_factor(environ) == DEFAULT_WORK_FACTOR, "whoever makes a real recovery file there makes a hard one"
        assert (folder / f"{desk}.sh").stat().st_mode & 0o077 == 0
