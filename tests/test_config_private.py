"""Locks that end with their process, and what is open to others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import private
from config.private import Held, hold, holder, laxness

HOLDING = """
import sys
from pathlib import Path
from config.private import hold
file = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX has modes")


def test_one_holds_it_until_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert holder(path) is None
    with hold(path):
        with pytest.raises(Held) as caught:
            hold(path)
        assert caught.value.by == holder(path) == os.getpid()
    assert holder(path) is None
    hold(path).close()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    command = [sys.executable, "-c", HOLDING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert holder(path) == other.pid
        with pytest.raises(Held, match=f"process {other.pid}"):
            hold(path)
        other.kill()
        other.wait()
    hold(path).close()


@posix
def test_who_asks_is_no_holder_and_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    path = tmp_path / "a.lock"
    hold(path).close()
    with path.open("r+b") as asking:  # as `holder` does, by a process that is held up in the middle of it
        fcntl.flock(asking.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert holder(path) is None
        with pytest.raises(Held):
            hold(path)
        monkeypatch.setattr(private, "sleep", lambda _: asking.close())
        hold(path).close()


@pytest.mark.parametrize("text", [b"", b"rubbish", b"-1"])
def test_a_holder_that_left_no_number_is_somebody(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "a.lock"
    with hold(path):
        path.write_bytes(text)
        assert holder(path) == 0


def test_what_cannot_be_locked_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        hold(tmp_path / "missing" / "a.lock")


@posix
@pytest.mark.parametrize(("mode", "lax"), [(0o600, False), (0o700, False), (0o640, True), (0o601, True), (0o666, True)])
def test_what_is_open_to_others_is_told(tmp_path: Path, mode: int, lax: bool) -> None:
    path = tmp_path / "file"
    assert laxness(path) == ""
    path.touch()
    path.chmod(mode)
    assert bool(laxness(path)) == lax
    tmp_path.chmod(0o755)
    assert f"chmod 700 {tmp_path}" in laxness(tmp_path)


@posix
def test_a_lock_is_its_owners_alone(tmp_path: Path) -> None:
    with hold(tmp_path / "a.lock"):
        assert laxness(tmp_path / "a.lock") == ""
