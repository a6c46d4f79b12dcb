"""Everybody of a story busy at once, each a process that is killed (SIGKILL) at random moments and started anew."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli_world import HOUSE, Office

TESTS = Path(__file__).parent
# Who sends in whose name, and to whom: two desks of Colombia serve one contact, and exchange their keys.
DESKS = {
    "ar-desk": ("ar-desk", "co-desk"),
    "co-desk": ("co-desk", "ar-desk", "rotate"),
    "co-second": ("co-desk", "ar-desk", "rotate"),
}
PUBLISHED = ("co-court", "co-desk")


@dataclass
class Process:
    """A process that is killed now and then, and what it told in all its lives."""

    command: list[str]
    environ: dict[str, str]
    log: Path
    hit: Counter[str] = field(default_factory=Counter)  # what it was at when it was killed
    running: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        if self.running is not None and self.running.stdin is not None:
            self.running.stdin.close()
        with self.log.open("ab") as log, self.log.with_suffix(".err").open("ab") as errors:
            self.running = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=HOUSE,
                env={**os.environ, "PYTHONPATH": str(HOUSE), **self.environ},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=errors,
            )

    def kill(self) -> None:
        """SIGKILL; it has to have been alive."""
        assert self.running is not None
        assert self.running.poll() is None, self.last_words
        since = self.log.stat().st_size
        self.running.kill()
        self.running.wait()
        events = [each for each in self._events() if each["event"] == "at"] if since else []
        self.hit[events[-1]["what"] if events else "starting"] += 1

    def calm(self) -> None:
        """Tell it that there was enough."""
        assert self.running is not None
        assert self.running.stdin is not None
        self.running.stdin.close()

    def finish(self) -> None:
        """Let it come to its end."""
        assert self.running is not None
        self.running.wait(600)  # with many kills there is much to send yet, on whatever machine
        assert self.running.returncode == 0, self.last_words

    @property
    def last_words(self) -> str:
        """How it ended, and the last it said."""
        assert self.running is not None
        said, errors = (each.read_text()[-4000:] for each in (self.log, self.log.with_suffix(".err")))
        return f"{self.command} ended with {self.running.returncode}\n{said}\n{errors}"

    def told(self, event: str) -> list[dict[str, Any]]:
        """Its events of one name."""
        return [each for each in self._events() if each["event"] == event]

    def _events(self) -> list[dict[str, Any]]:
        """What it told; a line that a kill cut off is nothing."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line[:1] == "{" and line[-1:] == "}"]


@dataclass
class Storm:
    """The processes beside the relay: desks by name, an administrator, and Colombia's first desk watching."""

    desks: dict[str, Process]
    administrator: Process
    watch: Process

    @property
    def everything(self) -> dict[str, Process]:
        """All of them by name."""
        return {**self.desks, "co-admin": self.administrator, "watch": self.watch}

    def finish(self) -> None:
        """Let everybody do all they have begun; then let every desk read what the others sent while it was ending."""
        self.watch.kill()
        ending = [*self.desks.values(), self.administrator]
        for each in ending:
            each.calm()
        for each in ending:
            each.finish()
        for desk in self.desks.values():
            desk.command.append("calm")
            desk.start()
        for desk in self.desks.values():
            desk.calm()
            desk.finish()


@contextmanager
def storm(office: Office) -> Iterator[Storm]:
    """Everybody busy; ended whatever happens."""

    def process(name: str, who: str, *command: str) -> Process:
        return Process(list(command), office.environ(who), office.folder / f"{name}.storm")

    desks = {name: process(name, name, str(TESTS / "storm_desk.py"), *how) for name, how in DESKS.items()}
    administrator = process("co-admin", "co-admin", str(TESTS / "storm_administrator.py"), *PUBLISHED)
    watch = process("watch", "co-desk", "-m", "desk.main", "watch", "--json", "--no-bell")
    whole = Storm(desks, administrator, watch)
    try:
        for each in whole.everything.values():
            each.start()
        yield whole
    finally:
        for each in whole.everything.values():
            if each.running is not None and each.running.poll() is None:
                each.running.kill()
                each.running.wait()
            if each.running is not None and each.running.stdin is not None:
                each.running.stdin.close()
