"""`enlace exercise start` as a trainer runs it: the counterpart answers what the trainee sends, Ctrl-C ends it with a
report, and nothing is left but what was asked for."""

import json
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cli_world import enlace
from played_process import anybody_left, playing
from shell_read import become

START = ("exercise", "start", "--json")


def event(process: "subprocess.Popen[str]", *wanted: str) -> dict[str, object]:
    """The next event of one of these names."""
    assert process.stdout is not None
    for line in process.stdout:
        found: dict[str, object] = json.loads(line)
        assert found["exercise"] is True, "each says that it is one"
        if found["event"] in wanted:
            return found
    raise AssertionError(f"it ended without {wanted}")


@pytest.mark.full
def test_a_trainee_works_with_it_and_is_reported(tmp_path: Path) -> None:
    folder, place = tmp_path / "temporary", tmp_path / "exercise"
    folder.mkdir()
    options = ("--folder", str(place), "--script", "asks", "--language", "es", "--colleague")
    with playing(*START, *options, folder=folder) as process:
        ready = event(process, "ready")
        environ = become(f". {shlex.quote(str(ready['environment']))}")

        def trainee(*arguments: str) -> dict[str, object]:
            ran = enlace(*arguments, "--json", environ=environ)
            assert ran.code == 0, ran
            assert ran.plain["exercise"] is True
            return ran.plain

        def inbox(words: str) -> str:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                trainee("sync")
                found = trainee("inbox", "--find", words)["messages"]
                assert isinstance(found, list)
                if found:
                    return str(found[-1]["number"])
                time.sleep(0.2)  # the counterpart looks every two seconds
            raise AssertionError(f"no {words!r} came")

        assert "La empresa de autobuses" in str(trainee("duty", "take-over")["text"])
        trainee("duty", "hand-over", "--note", "Nada nuevo")
        event(process, "colleague")
        trainee("accept", inbox("4711"))
        trainee("send", str(ready["contact"]), "-s", "Consulta", "--no-text", "-p", "flash")
        assert event(process, "counterpart")["do"] == "question"
        number = inbox("Pregunta")
        shown = enlace("read", number, environ=environ).out
        assert shown.startswith("EXERCISE"), shown
        trainee("consent", "ask", number, "--act", "forward", "--for", "ec-unit-exercise")
        assert event(process, "counterpart")["do"] == "give"
        os.kill(process.pid, signal.SIGINT)
        report = event(process, "report")
        assert process.wait(30) == 130
        assert not anybody_left(process.pid)
    got = report["got"]
    assert isinstance(got, list)
    assert [each["decision"] for each in got] == ["accepted", ""]
    beside = report["beside"]
    assert isinstance(beside, list)
    assert [(each["what"], each["right"]) for each in beside] == [
        ("consent", ["asked", "given"]), ("duty", ["taken over", "handed over"]),
    ]  # fmt: skip
    again = enlace("exercise", "report", str(place), "--json")
    assert again.code == 3
    assert again.plain["got"] == got
    assert "not answered" in enlace("exercise", "report", str(place)).out
    assert list(folder.iterdir()) == []


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_ended_in_the_middle_it_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with playing(*START, "--quiet", folder=tmp_path) as process:
        deadline = time.monotonic() + 60
        while not [*tmp_path.glob("*/desks/secretariat")]:  # it is being made ready
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(process.pid, number)
        shown, _ = process.communicate(timeout=60)
        assert process.returncode == 130, shown
        assert "Traceback" not in shown
        assert not anybody_left(process.pid)
    assert list(tmp_path.iterdir()) == []
