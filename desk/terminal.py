"""What a person or a script sees: results, warnings, prompts, progress. Terminal manners:

1. Results go to standard output, everything else to standard error; with `--json` the result is one JSON object and
   nothing else.
2. Secrets come from a prompt without echo, a file, or standard input (`-`); never from the command line.
3. Progress is shown only where somebody watches, and only for what takes long.
4. Without a terminal nothing is ever asked: the error says which option would have answered.
"""

import asyncio
import os
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click
import msgspec

from crypto.keyfile import passphrase_advice
from desk.errors import Locked, Usage
from desk.host import default_profile
from desk.profile import Profile

T = TypeVar("T")
DEFAULT_WORK_FACTOR = 17
MOST_SECRET = 4096


@dataclass
class Terminal:
    """One run of a command: where its profile is, how it answers, where secrets come from."""

    json: bool = False
    path: Path = field(default_factory=default_profile)
    passphrase_file: str | None = None
    _showing: bool = False

    def clock(self) -> int:
        """Unix seconds."""
        return int(time.time())

    def profile(self) -> Profile:
        """The profile this run works with."""
        return Profile.open(self.path)

    def result(self, plain: dict[str, Any], text: str) -> None:
        """Print the result: `plain` as JSON, or `text` for people."""
        self._clear()
        out = msgspec.json.encode(plain, order="sorted").decode() if self.json else text
        click.echo(out)

    def event(self, plain: dict[str, Any], text: str) -> None:
        """Print one step of something that goes on: a JSON line, or a line for people."""
        self.result(plain, text)
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Tell something beside the result."""
        self._clear()
        click.echo(text, err=True)

    def warn(self, text: str) -> None:
        """Tell something that should not be overlooked."""
        self._clear()
        click.echo(click.style("! ", fg="yellow", bold=True) + text, err=True)

    def progress(self, what: str, done: int, whole: int) -> None:
        """Show how far something long has got, on a terminal only."""
        if self.json or not sys.stderr.isatty() or whole < 1 << 20:
            return
        sys.stderr.write(f"\r{what} {done / 2**20:.1f} of {whole / 2**20:.1f} MiB")
        sys.stderr.flush()
        self._showing = done < whole
        if done >= whole:
            sys.stderr.write("\n")

    def passphrase(self, prompt: str = "Passphrase", *, confirm: bool = False, source: str | None = None) -> bytes:
        """The passphrase, from where the user said; a new one is asked for twice and commented on if weak."""
        source = source or self.passphrase_file
        text = self.secret(prompt, source, "--passphrase-file", confirm=confirm)
        advice = passphrase_advice(text.encode()) if confirm else None
        if advice:
            self.warn(advice)
        return text.encode()

    def secret(self, prompt: str, source: str | None, option: str, *, confirm: bool = False, echo: bool = False) -> str:
        """One line of text that stays off the command line; raises Usage if there is nobody to ask."""
        if source is not None:
            return _first_line(source, option)
        if not sys.stdin.isatty():
            raise Usage(
                f"{prompt}: there is no terminal to ask at; give it with {option} FILE, or - for standard input"
            )
        text = str(click.prompt(prompt, hide_input=not echo, confirmation_prompt=confirm, err=True))
        if not text:
            raise Usage(f"{prompt}: nothing was given")
        return text

    def confirm(self, question: str, *, yes: bool) -> None:
        """Go on only if the user agrees, or said so beforehand; raises Usage otherwise."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise Usage(f"{question} There is no terminal to ask at; say yes beforehand with --yes")
        if not click.confirm(question, err=True):
            raise Usage("nothing was done")

    def _clear(self) -> None:
        if self._showing:
            sys.stderr.write("\n")
            self._showing = False


def work_factor(environ: dict[str, str] | None = None) -> int:
    """How hard a key file's passphrase is to try: log2 of scrypt's N. ENLACE_WORK_FACTOR sets it for new key files."""
    text = (environ if environ is not None else dict(os.environ)).get("ENLACE_WORK_FACTOR", "")
    if not text:
        return DEFAULT_WORK_FACTOR
    if not text.isdigit() or not 10 <= int(text) <= 20:
        raise Usage("ENLACE_WORK_FACTOR is a number from 10 to 20; below 15 is for trials only")
    return int(text)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what a command does."""
    return asyncio.run(coroutine)


def stamp(seconds: int) -> str:
    """A time for people: UTC, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds)) if seconds else "–"


def _first_line(source: str, option: str) -> str:
    try:
        if source == "-":
            line = sys.stdin.readline(MOST_SECRET)
        else:
            with Path(source).open(encoding="utf-8") as file:
                line = _line(file)
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(f"{option}: {source} cannot be read: {error}") from error
    text = line.rstrip("\r\n")
    if not text:
        raise Locked(f"{option}: {source} holds nothing in its first line")
    return text


def _line(file: TextIO) -> str:
    return file.readline(MOST_SECRET)
