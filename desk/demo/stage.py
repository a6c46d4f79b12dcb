"""The stage of the demo: a folder, the processes in it, and a transcript that a newcomer can follow.

1. Every act runs the same `enlace` command that a person would type, as a process of its own. What a telephone and a
   courier do is played here: codes are computed from the secret an authenticator was shown, invitations are files.
2. A step that does not do what it should raises StageError; nothing is glossed over.
3. Every process that was started is ended when the stage closes.
"""

import asyncio
import os
import secrets
import sys
import textwrap
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec
import pyotp

from desk import host
from desk.safe_text import line

TRIAL_WORK_FACTOR = "12"
PATIENCE = 60.0
MARGIN = " " * 10
WIDTH = 106


class StageError(Exception):
    """A step of the demo that did not do what it should; the transcript up to there says where."""


@dataclass
class Stage:
    """The demo's folder, its clock, and every process it started."""

    folder: Path
    started: float = field(default_factory=time.monotonic)
    authenticators: dict[str, pyotp.TOTP] = field(default_factory=dict)
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    _acts: int = 0
    _desks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    def act(self, title: str) -> None:
        """A new act."""
        self._acts += 1
        click.echo(f"\n{time.monotonic() - self.started:6.1f} s  " + click.style(f"{self._acts}. {title}", bold=True))

    def say(self, text: str) -> None:
        """Lines of the transcript, indented under their act; of a long line the rest is indented more."""
        for each in text.splitlines():
            indent = MARGIN + " " * (len(each) - len(each.lstrip()))
            click.echo(_wrapped(each.strip(), indent, MARGIN + "  ") if each.strip() else "")

    def tell(self, text: str) -> None:
        """A paragraph of the transcript."""
        click.echo(_wrapped(text, MARGIN, MARGIN))

    def row(self, label: str, text: str) -> None:
        """A labelled line of the transcript."""
        click.echo(_wrapped(text, f"{MARGIN}{label:<14}", MARGIN + " " * 14))

    def profile(self, name: str) -> Path:
        """The folder of somebody's profile."""
        return self.folder / "desks" / name

    def environ(self, name: str) -> dict[str, str]:
        """The environment of somebody's commands: own profile, own passphrase file, none of the user's settings."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}
        return kept | {
            "ENLACE_PROFILE": str(self.profile(name)),
            "ENLACE_PASSPHRASE_FILE": str(self.passphrase(name)),
            "ENLACE_WORK_FACTOR": TRIAL_WORK_FACTOR,
        }

    def passphrase(self, name: str) -> Path:
        """The file with somebody's passphrase; made when first asked for."""
        path = self.folder / "passphrases" / name
        if not path.exists():
            host.private_folder(path.parent)
            host.write_whole(path, secrets.token_hex(16).encode() + b"\n")
        return path

    async def run(self, name: str, *arguments: str, fails: int = 0) -> dict[str, Any]:
        """Run one command as somebody; returns its JSON answer. `fails` is the exit code it is expected to end with."""
        out, err = await self._ended(name, arguments, ("--json",), fails)
        lines = out.splitlines()
        answer: dict[str, Any] = msgspec.json.decode(lines[-1]) if lines else {}
        return answer | {"_warnings": err}

    async def show(self, name: str, *arguments: str, fails: int = 0) -> str:
        """Run one command as somebody and show what it prints, as that person would see it."""
        out, err = await self._ended(name, arguments, (), fails)
        self.say(click.style(f"$ enlace {' '.join(self.shown(each) for each in arguments)}", fg="cyan"))
        self.say(self.shown(out + err))
        return out

    def shown(self, text: str) -> str:
        """Text with the demo's folder written short, and in quotation marks where a shell would want them."""
        short = text.replace(str(self.folder), "…")
        return f'"{short}"' if " " in short and "\n" not in short else short

    async def start(
        self, name: str, *arguments: str, module: str = "desk.main", log: Path | None = None
    ) -> asyncio.subprocess.Process:
        """Start a process as somebody; what it says beside its results goes to the file `log`, if one is given."""
        beside = log.open("ab") if log is not None else None
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                *arguments,
                env=self.environ(name),
                cwd=self.folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=beside or asyncio.subprocess.PIPE,
            )
        finally:
            if beside is not None:
                beside.close()
        self.processes.append(process)
        return process

    def code(self, name: str) -> str:
        """The code that somebody's authenticator shows now."""
        return self.authenticators[name].now()

    async def stop(self) -> None:
        """End every process that this stage started and that still runs."""
        running = [process for process in self.processes if process.returncode is None]
        for process in running:
            process.terminate()
        for process in running:
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _ended(
        self, name: str, arguments: tuple[str, ...], options: tuple[str, ...], fails: int
    ) -> tuple[str, str]:
        """What a command printed, one command of a desk at a time; raises StageError for another exit code."""
        told = f"{name}: enlace {' '.join(arguments)}"
        async with self._desks[name]:
            process = await self.start(name, *arguments, *options)
            try:
                out, err = await asyncio.wait_for(process.communicate(b""), PATIENCE)
            except TimeoutError:
                process.kill()
                raise StageError(f"{told} did not end within {PATIENCE:.0f} s") from None
        if process.returncode != fails:
            said = line((out + err).decode("utf-8", "replace").strip())
            raise StageError(f"{told} ended with {process.returncode} instead of {fails}: {said}")
        return out.decode(), err.decode()


@dataclass
class Listening:
    """A process that prints JSON events, such as `enlace watch`; its events are read as they come."""

    process: asyncio.subprocess.Process
    events: list[dict[str, Any]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def begin(self) -> "Listening":
        """Start reading."""
        self._task = asyncio.create_task(self._read())
        return self

    def count(self, event: str) -> int:
        """How many events of one name came so far."""
        return sum(1 for each in self.events if each.get("event") == event)

    async def wait(self, event: str, count: int = 1, patience: float = PATIENCE) -> list[dict[str, Any]]:
        """The events of one name, once there are `count`; raises StageError when they do not come."""

        async def enough() -> list[dict[str, Any]]:
            while self.count(event) < count:
                if self._task is not None and self._task.done():
                    raise StageError(f"the process ended without {count} × {event}; came: {self.events[-5:]}")
                self._news.clear()
                await self._news.wait()
            return [each for each in self.events if each.get("event") == event]

        try:
            return await asyncio.wait_for(enough(), patience)
        except TimeoutError:
            raise StageError(f"waited {patience:.0f} s for {count} × {event}; came: {self.events[-5:]}") from None

    async def _read(self) -> None:
        out, err = self.process.stdout, self.process.stderr
        try:
            while out is not None and (text := await out.readline()):
                if text.startswith(b"{"):
                    self.events.append(msgspec.json.decode(text))
                    self._news.set()
            if err is not None and (said := await err.read()):
                self.events.append({"event": "said", "text": line(said.decode("utf-8", "replace").strip())})
        finally:
            asyncio.get_running_loop().call_soon(self._news.set)


def _wrapped(text: str, first: str, later: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
