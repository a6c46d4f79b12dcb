"""Relays that start at once: forked from a process that has imported `enlace` already, one for each test process.

A process of its own spends most of its start on imports, and tests start hundreds of relays. Each is a process like
any other, with its own memory, files and environment; it can be stopped and killed. What depends on how Python itself
starts is tested where `python -m desk.main` is started for it.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).parent.parent


@cache
def _nursery() -> "subprocess.Popen[str]":
    """The process that the relays of this one are forked from; it ends with this one."""
    path = os.pathsep.join([str(HOUSE), str(Path(__file__).parent)])
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
    nursery = subprocess.Popen(
        [sys.executable, __file__], cwd=HOUSE, env=kept | {"PYTHONPATH": path},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    atexit.register(nursery.communicate)
    return nursery


def _asked(**question: object) -> Any:
    nursery = _nursery()
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(json.dumps(question) + "\n")
    nursery.stdin.flush()
    answer = nursery.stdout.readline()
    assert answer, "the process that relays are forked from has ended"
    return json.loads(answer)


@dataclass
class Forked:
    """A process that runs `enlace`; has of `subprocess.Popen` what tests use."""

    pid: int
    returncode: int | None = None

    @classmethod
    def started(cls, arguments: list[str], log: Path) -> "Forked":
        """Run `enlace` with these arguments, in the environment of this process; what it says goes to `log`."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
        return cls(_asked(arguments=arguments, log=str(log), environ=kept))

    def poll(self) -> int | None:
        """How it ended, as Popen says it; None while it runs."""
        return self._ended(0.0)

    def wait(self, timeout: float = 600.0) -> int:
        """How it ended, once it has; raises TimeoutExpired."""
        if self._ended(timeout) is None:
            raise subprocess.TimeoutExpired("enlace", timeout)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """End it as a power failure would."""
        self._send(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def _send(self, how: signal.Signals) -> None:
        if self.poll() is None:  # nobody else gets its number before it was waited for
            os.kill(self.pid, how)

    def _ended(self, timeout: float) -> int | None:
        if self.returncode is None:
            self.returncode = _asked(pid=self.pid, timeout=timeout)
        return self.returncode


def _grown(question: dict[str, Any]) -> int:
    """Fork `enlace`; returns the process's number."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(question["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        for where, stream in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(where, stream)
        os.closerange(3, max(nothing, log) + 1)
        os.environ.clear()
        os.environ.update(question["environ"])
        sys.argv = ["enlace", *question["arguments"]]
        code = _main(question["arguments"])
    except BaseException:  # nothing is above this that would print it, as in a process of its own
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code)
    raise AssertionError


def _main(arguments: list[str]) -> int:
    from desk.main import main

    try:
        return main(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _waited(pid: int, timeout: float) -> int | None:
    if timeout == 0:
        ended, status = os.waitpid(pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if ended else None
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except TimeoutError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_long(*_: object) -> None:
    raise TimeoutError


def _serve() -> None:
    import gc

    import relay.commands  # noqa: F401  # what every relay needs

    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGALRM, _too_long)
    for line in sys.stdin:
        question = json.loads(line)
        answer = _waited(question["pid"], question["timeout"]) if "pid" in question else _grown(question)
        print(json.dumps(answer), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    _serve()
