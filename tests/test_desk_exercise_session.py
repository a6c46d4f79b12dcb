"""The file that makes a shell the trainee's, read by a real shell, from folders that a shell would take apart."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from shell_read import AWKWARD, become

from desk.demo.stage import StageError
from desk.exercise.cast import TRAINEE, Cast
from desk.exercise.counterpart import Counterpart
from desk.exercise.session import ENVIRONMENT, Session
from desk.terminal import DEFAULT_WORK_FACTOR, Terminal, work_factor


def told_and_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What stands in the environment of a shell that was typed what `start` says is to be typed."""
    cast = Cast(folder)
    session = Session(cast, Counterpart(cast, ("answers",), "en"))
    with pytest.raises(StageError):  # nobody is enrolled: it gets as far as it has told how
        asyncio.run(session.stays(Terminal(path=folder), "", 0))
    typed = capsys.readouterr().out.partition("\n\n")[2].partition("\n  enlace watch")[0]
    assert typed.startswith("  . ")
    return become(typed)


@pytest.mark.parametrize("name", AWKWARD, ids=repr)
def test_a_shell_that_reads_it_is_the_trainee_and_makes_no_weak_passphrases(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENLACE_WORK_FACTOR", "12")  # as while an exercise is made ready
    (folder := tmp_path / name).mkdir()
    environ = told_and_read(folder, capsys)
    assert {key: value for key, value in environ.items() if key.startswith("ENLACE_")} == {
        "ENLACE_PROFILE": str(Cast(folder).profile(TRAINEE)),
        "ENLACE_PASSPHRASE_FILE": str(Cast(folder).passphrase(TRAINEE)),
    }
    assert environ["PATH"] == f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    assert work_factor(environ) == DEFAULT_WORK_FACTOR
    assert (folder / ENVIRONMENT).stat().st_mode & 0o077 == 0
