"""The stage of the demo: a folder, the processes in it, and a transcript that a newcomer can follow.

Every act runs the same `enlace` command that a person would type. What a phone and a courier do is played here: the
authenticator computes codes from the secret it was shown, and invitations are carried as files.
"""

import asyncio
import os
import secrets
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec
import pyotp

from desk import host

TRIAL_WORK_FACTOR = "12"
PATIENCE = 60.0


class StageError(Exception):
    """A step of the demo that did not do what it should; the transcript up to there says where."""


@dataclass
class Stage:
    """The demo's folder, its clock, and every process it started."""

    folder: Path
    started: float = field(default_factory=time.monotonic)
    authenticators: dict[str, pyotp.TOTP] = field(default_factory=dict)
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    def act(self, title: str) -> None:
        """A new act."""
        click.echo(f"\n{time.monotonic() - self.started:6.1f} s  " + click.style(title, bold=True))

    def say(self, text: str) -> None:
        """A line of the transcript, indented under its act."""
        for line in text.splitlines():
            click.echo(f"          {line}")

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

    async def run(self, name: str, *arguments: str, fails: int | None = None, feed: str = "") -> dict[str, Any]:
        """Run one command as somebody; returns its JSON answer. `fails` is the exit code it is expected to end with."""
        process = await self.start(name, *arguments, "--json")
        out, err = await asyncio.wait_for(process.communicate(feed.encode()), PATIENCE)
        if process.returncode != (fails or 0):
            raise StageError(
                f"enlace {' '.join(arguments)} ended with {process.returncode}:\n{out.decode()}{err.decode()}"
            )
        lines = out.decode().splitlines()
        answer: dict[str, Any] = msgspec.json.decode(lines[-1]) if lines else {}
        return answer | {"_warnings": err.decode()}

    async def show(self, name: str, *arguments: str) -> str:
        """Run one command as somebody and show what it prints, as that person would see it."""
        process = await self.start(name, *arguments)
        out, err = await asyncio.wait_for(process.communicate(b""), PATIENCE)
        if process.returncode != 0:
            raise StageError(f"enlace {' '.join(arguments)} ended with {process.returncode}:\n{err.decode()}")
        self.say(click.style(f"$ enlace {' '.join(_quoted(each) for each in arguments)}", fg="cyan"))
        self.say(err.decode() + out.decode())
        return out.decode()

    async def start(self, name: str, *arguments: str, module: str = "desk.main") -> asyncio.subprocess.Process:
        """Start a process as somebody."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            env=self.environ(name),
            cwd=self.folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self.processes.append(process)
        return process

    async def code(self, name: str) -> str:
        """The next code of somebody's authenticator, as their phone would show it."""
        return self.authenticators[name].now()

    async def stop(self) -> None:
        """End every process that this stage started and that still runs."""
        for process in self.processes:
            if process.returncode is None:
                process.terminate()
        for process in self.processes:
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()


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

    async def wait(self, event: str, count: int = 1, patience: float = PATIENCE) -> list[dict[str, Any]]:
        """The events of one name, once there are `count`; raises StageError when they do not come."""

        async def enough() -> list[dict[str, Any]]:
            while True:
                found = [each for each in self.events if each.get("event") == event]
                if len(found) >= count:
                    return found
                self._news.clear()
                await self._news.wait()

        try:
            return await asyncio.wait_for(enough(), patience)
        except TimeoutError:
            raise StageError(f"waited {patience:.0f} s for {count} × {event}; came: {self.events[-5:]}") from None

    async def _read(self) -> None:
        out = self.process.stdout
        if out is None:
            return
        while line := await out.readline():
            if line.startswith(b"{"):
                self.events.append(msgspec.json.decode(line))
                self._news.set()


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text
