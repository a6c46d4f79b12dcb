"""`enlace age` that is told to end, and streams that are odd: nothing unfinished stays, nothing waits for ever."""

import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from age_folder import LARGE, PLAIN, done, furnish
from cli_world import HOUSE

from desk.ended_in_order import ended_in_order, wait_until_readable

ENVIRON = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")} | {
    "PYTHONPATH": str(HOUSE)
}
AGE = [sys.executable, "-m", "desk.main", "age"]
# Every signal goes to another thread than the one that reads, as the system may choose at any time: so no read of the
# main thread is broken off by it.
ELSEWHERE = """
import signal, sys, threading
from desk.main import main
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
sys.exit(main(["age", *sys.argv[1:]]))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    furnish()
    return tmp_path


@contextmanager
def told(how: "signal.Handlers") -> Iterator[None]:
    """What is started within heeds a hang-up and Ctrl-C, or ignores both, however these tests themselves run."""
    before = {number: signal.signal(number, how) for number in (signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def waiting(command: list[str]) -> "subprocess.Popen[bytes]":
    """A command that has begun to write, and waits for the last byte of its input."""
    process = subprocess.Popen(command, env=ENVIRON, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(LARGE[:-1])
    process.stdin.flush()
    while not [each for each in Path().iterdir() if each.name.startswith(".unfinished-")]:
        assert process.poll() is None, process.communicate()
    while any(fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4))):  # so that what it does next is to wait
        assert process.poll() is None, process.communicate()
    return process


@pytest.mark.parametrize("elsewhere", [False, True], ids=["to the reader", "to another thread"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_one_signal_ends_it_and_nothing_is_left_behind(here: Path, number: int, elsewhere: bool) -> None:
    before = sorted(Path().iterdir())
    begin = [sys.executable, "-c", ELSEWHERE] if elsewhere else AGE
    with told(signal.SIG_DFL), waiting([*begin, "-d", "-i", "key", "-o", "out"]) as process:
        process.send_signal(number)
        try:
            assert process.wait(20) == 130
        finally:
            process.kill()
    assert sorted(Path().iterdir()) == before


ENDED_WHILE_WRITING = """
import os, signal, sys
from desk.main import main
synchronise = os.fsync
os.fsync = lambda descriptor: (synchronise(descriptor), signal.raise_signal(signal.SIGTERM))
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", [["age", "keygen"], ["note", "keygen", "press.example"]], ids=["age", "note"])
def test_no_half_of_a_secret_is_left_behind(here: Path, command: list[str]) -> None:
    before = sorted(Path().iterdir())
    ran = subprocess.run(
        [sys.executable, "-c", ENDED_WHILE_WRITING, *command, "-o", "new"],
        env=ENVIRON,
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (130, b""), ran
    assert sorted(Path().iterdir()) == before


def test_what_it_was_started_to_ignore_does_not_end_it(here: Path) -> None:
    with told(signal.SIG_IGN), waiting([*AGE, "-d", "-i", "key", "-o", "out"]) as process:
        process.send_signal(signal.SIGHUP)
        assert process.communicate(LARGE[-1:])[1] == b""
    assert process.returncode == 0
    assert Path("out").stat().st_size == 5 << 16


def test_only_the_first_signal_counts() -> None:
    """So that what is removed on its account is removed."""
    before = signal.getsignal(signal.SIGTERM)
    removed: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        end_while_removing(removed)
    assert removed == ["all"]
    assert signal.getsignal(signal.SIGTERM) is before


def end_while_removing(removed: list[str]) -> None:
    with ended_in_order():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            removed.append("all")


def test_a_signal_that_ends_nothing_is_no_reason_to_read() -> None:
    """It wakes, and then the input is waited for again."""
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    reading, writing = os.pipe()
    try:
        with ended_in_order() as woken:
            assert woken is not None
            signal.raise_signal(signal.SIGUSR1)
            assert select.select([woken], [], [], 0)[0]
            Thread(target=write_once_drained, args=(woken, writing)).start()
            wait_until_readable(reading, woken)
        assert os.read(reading, 1) == b"x"
    finally:
        signal.signal(signal.SIGUSR1, before)
        os.close(reading)
        os.close(writing)


def write_once_drained(woken: int, writing: int) -> None:
    while select.select([woken], [], [], 0)[0]:
        pass
    os.write(writing, b"x")


def test_another_thread_takes_no_part() -> None:
    seen: list[int | None] = [0]

    def run() -> None:
        with ended_in_order() as woken:
            seen.append(woken)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [0, None]


def test_an_input_that_never_waits_is_waited_for(here: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with subprocess.Popen([*AGE, "-R", "key.pub", "-o", "out.age"], env=ENVIRON, stdin=reading) as process:
        os.close(reading)
        while not [each for each in Path().iterdir() if each.name.startswith(".unfinished-")]:
            assert process.poll() is None
        os.write(writing, PLAIN)
        os.close(writing)
    assert process.returncode == 0
    assert done("-d", "-i", "key", "out.age").out == PLAIN.decode()


def test_a_key_that_came_by_standard_input_is_not_written_over(here: Path) -> None:
    before = Path("key").read_bytes()
    for options in (["-d", "-i", "-", "-o", "key", "sealed"], ["-e", "-i", "-", "-o", "key", "plain"]):
        with Path("key").open("rb") as key:
            ran = subprocess.run([*AGE, *options], env=ENVIRON, stdin=key, capture_output=True, check=False)
        assert (ran.returncode, b"key holds keys or a passphrase" in ran.stderr) == (2, True), ran
        assert Path("key").read_bytes() == before


def test_whoever_reads_a_named_pipe_is_told_to_discard_what_came(here: Path) -> None:
    Path("bad.age").write_bytes(LARGE[:-1])
    os.mkfifo("pipe")
    command = [*AGE, "-d", "-i", "key", "-o", "pipe", "bad.age"]
    with subprocess.Popen(command, env=ENVIRON, stderr=subprocess.PIPE) as process:
        assert len(Path("pipe").read_bytes()) == 4 << 16
        _, told_it = process.communicate()
    assert process.returncode == 5
    assert b"Discard what came out before" in told_it
