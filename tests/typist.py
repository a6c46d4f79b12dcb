"""A person at a terminal, for tests: types commands into a real shell on a pseudo-terminal, and answers what it asks.

Prompts are recognised by the words a person would recognise them by. Codes are computed, as a telephone would, from the
secret that the screen has shown for that profile.
"""

import codecs
import os
import pty
import re
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pyotp

PROMPT = "ready-7f3a> "
_PASSPHRASE = re.compile(r"(assphrase[^\n]*|Repeat for confirmation): $")
_CODE = re.compile(r"First code: $")
_YES = re.compile(r"(\[y/N\]|\(y, n, q\)): $")
_SECRET = re.compile(r"type the secret: ([A-Z2-7]+)")


@dataclass
class Typist:
    """One terminal. `passphrase` is what this person types wherever one is asked for."""

    environ: dict[str, str]
    folder: str
    passphrase: str = "correct horse battery"
    screen: str = ""
    answered: list[str] = field(default_factory=list)
    _pid: int = 0
    _terminal: int = -1
    _decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def __enter__(self) -> "Typist":
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(self.folder)
            os.execve("/bin/sh", ["sh"], self.environ | {"PS1": PROMPT, "TERM": "dumb", "ENV": ""})
        self._until_ready(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._write("\x03")  # whatever still runs in the foreground; a relay would take a hang-up for something else
        os.kill(self._pid, signal.SIGHUP)
        os.close(self._terminal)
        os.waitpid(self._pid, 0)

    def type(self, command: str, patience: float = 60) -> str:
        """Type a command and answer its prompts; returns what the screen showed until the shell was ready again."""
        self._write(command + "\n")
        return self._until_ready(patience)

    def status(self) -> int:
        """The exit code of the last command."""
        return int(self.type("echo code $?").split("code ")[-1].split()[0])

    def leave(self, command: str, until: str, patience: float = 30) -> None:
        """Type a command that goes on, and wait until the screen shows `until`."""
        self._write(command + "\n")
        self._read(lambda shown: until in shown.partition("\n")[2], patience)

    def look(self) -> None:
        """Take note of what is on the screen now: a program that nobody reads would have to wait."""
        while select.select([self._terminal], [], [], 0)[0]:
            self._take()

    def interrupt(self) -> str:
        """Press Ctrl-C and wait for the shell."""
        self._write("\x03")
        return self._until_ready(30)

    def _until_ready(self, patience: float) -> str:
        return self._read(lambda shown: shown.endswith(PROMPT), patience)

    def _read(self, done: Callable[[str], bool], patience: float) -> str:
        shown, asked, deadline = "", 0, time.monotonic() + patience
        while not done(shown):
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"nothing more came within {patience} s; the screen shows:\n{shown[-3000:]}")
            shown += self._take()
            answer = self._answer(shown[asked:])
            if answer is not None:
                asked = len(shown)
                self._write(answer + "\n")
        return shown

    def _take(self) -> str:
        piece = self._decoder.decode(os.read(self._terminal, 65_536)).replace("\r\n", "\n")
        self.screen += piece
        return piece

    def _answer(self, shown: str) -> str | None:
        if _PASSPHRASE.search(shown):
            return self.passphrase
        if _YES.search(shown):
            return "y"
        if _CODE.search(shown):
            return pyotp.TOTP(_SECRET.findall(self.screen)[-1]).now()
        return None

    def _write(self, text: str) -> None:
        os.write(self._terminal, text.encode())
