"""Work that is shared out comes to the same wherever it is done, and nothing of it outlives whoever asked for it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from config import sharing
from config.sharing import Sharing

NUMBERS = list(range(100))
SQUARES = [each * each for each in NUMBERS]


def squares(numbers: Sequence[int]) -> list[int]:
    return [each * each for each in numbers]


def where(numbers: Sequence[int]) -> list[int]:
    return [os.getpid() for _ in numbers]


def dies(numbers: Sequence[int]) -> list[int]:
    """Only where nothing but this work is lost."""
    if os.getpid() != int(os.environ["ENLACE_TEST_ASKER"]):
        os._exit(9)
    return squares(numbers)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_answers_are_the_same_and_in_order(count: int) -> None:
    with Sharing(count) as shared:
        begun = [shared.begin(squares, NUMBERS[at:]) for at in (0, 10, 99, 100)]
        assert [[*each()] for each in begun] == [SQUARES[at:] for at in (0, 10, 99, 100)]


def test_much_is_done_in_another_process_and_little_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "MUCH", 150)
    with Sharing(2) as shared:
        assert set(shared.begin(where, NUMBERS)()) == {os.getpid()}
        assert os.getpid() not in shared.begin(where, NUMBERS)()


def test_a_process_that_dies_costs_nothing_but_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "MUCH", 0)
    monkeypatch.setenv("ENLACE_TEST_ASKER", str(os.getpid()))
    with Sharing(2) as shared:
        assert shared.begin(dies, NUMBERS)() == SQUARES
        assert shared.begin(where, NUMBERS)() == [os.getpid()] * len(NUMBERS), "and no further one is tried"


@pytest.mark.parametrize("refusal", [OSError("no semaphores"), RuntimeError("no thread"), ImportError("no sem_open")])
def test_where_no_process_is_to_be_had_the_work_is_done_here(
    monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(sharing, "MUCH", 0)
    monkeypatch.setattr(sharing, "ProcessPoolExecutor", refuse)
    with Sharing(2) as shared:
        assert shared.begin(squares, NUMBERS)() == SQUARES


ASKS = """
from config import sharing
from test_config_sharing import squares
if __name__ == "__main__":
    sharing.MUCH = 0
    shared = sharing.Sharing(2)
    shared.begin(squares, [3])()
    print("ready", flush=True)
    input()
"""


def test_when_the_one_who_asked_is_killed_the_processes_end(tmp_path: Path) -> None:
    """They hold its standard output: it ends when the last of them has."""
    script = tmp_path / "asks.py"
    script.write_text(ASKS, "utf-8")
    rooms = os.pathsep.join(str(Path(each.__file__ or "").parents[1]) for each in (sharing, sys.modules[__name__]))
    here = f"{rooms}{os.pathsep}{Path(__file__).parent}"
    with subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": here},
    ) as asker:
        assert asker.stdout is not None
        assert asker.stdout.readline() == b"ready\n"
        asker.send_signal(signal.SIGKILL)
        assert asker.stdout.read() == b""
