"""What a person or a script sees: results, warnings, prompts, progress. Terminal manners:

1. Results go to standard output, everything else to standard error; with `--json` the result is one JSON object and
   nothing else.
2. Secrets come from a prompt without echo, a file, or standard input (`-`); never from the command line.
3. Progress is shown only where somebody watches, and only for what takes long.
4. Without a terminal nothing is ever asked: the error says which option would have answered.
5. Text of others goes through `desk.safe_text` where it is put together; and whatever is printed has nothing left in it
   that a terminal would act on, in JSON too.
6. What is shown of a profile in a network for exercises begins with the mark, and says so in JSON (`desk.exercise`).
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from config.processors import collect_as_usual
from crypto.keyfile import passphrase_advice
from desk.errors import Usage
from desk.exercise.network import MARK, NOTHING_REAL, plays
from desk.host import default_profile, has_console, reason
from desk.profile.folder import Profile
from desk.safe_text import block, in_json, line

if TYPE_CHECKING:
    from desk.keys.keyring import Keyring

T = TypeVar("T")
DEFAULT_WORK_FACTOR = 17
MOST_SECRET = 4096  # bytes
MANY = 5_000  # of so many it is shown how far they are


class Unread(Exception):
    """Nobody reads standard output any more (`enlace inbox | head -1`)."""


@dataclass
class Terminal:
    """One run of a command: where its profile is, how it answers, where secrets come from."""

    json: bool = False
    path: Path = field(default_factory=default_profile)
    passphrase_file: str | None = None
    keyring: "Keyring | None" = field(default=None, repr=False)  # where the profile was unlocked before
    plays: bool = False  # whether the profile at hand is of a network for exercises (rule 6)
    alarmed: bool = False  # whether an alarm was told: then the exit code says so, whatever else became of the command
    lasting: bool = False  # whether it goes on although nobody reads it any more, as a watch does
    _showing: bool = False

    def clock(self) -> int:
        """Unix seconds."""
        return int(time.time())

    def profile(self) -> Profile:
        """The profile this run works with."""
        found = Profile.open(self.path)
        self.plays = plays(found.identity.name)
        return found

    @property
    def width(self) -> int:
        """How many columns there are to print results in; 0 where that is no terminal, so that nothing is broken."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0

    @property
    def note_width(self) -> int:
        """The same for what is told beside the result."""
        return shutil.get_terminal_size().columns if sys.stderr.isatty() else 0

    @property
    def names_files(self) -> bool:
        """Whether what is typed may name a file of this machine; a program that calls from elsewhere may not."""
        return True

    def result(self, plain: dict[str, Any], text: str) -> None:
        """Print the result: `plain` as JSON, or `text` for people. Raises Unread if nobody reads it."""
        self.put(plain, text if not self.plays or text.startswith(MARK) else f"{NOTHING_REAL}\n{text}")

    def marked(self, plain: dict[str, Any]) -> dict[str, Any]:
        """A result for programs, with the mark if it is one of an exercise (rule 6)."""
        return plain | {"exercise": True} if self.plays else plain

    def put(self, plain: dict[str, Any], text: str) -> None:
        """Print what is marked already, as JSON or for people. Raises Unread if nobody reads it, unless it is to go on
        (`lasting`): that is told beside it."""
        self._clear()
        try:
            if self.json:
                click.echo(
                    in_json(msgspec.json.encode(encodable(self.marked(plain)), order="sorted").decode()).encode()
                )
            else:
                click.echo(block(text, bar=""))
        except BrokenPipeError as error:
            # What is left in the stream's buffer would else be complained about when the process ends.
            sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the end
            if not self.lasting:
                raise Unread from error
            self.warn("nobody reads what is shown here any more; it goes on all the same")
        except OSError as error:
            if not self.lasting:
                raise
            self.warn(f"what is to be shown here cannot be: {reason(error)}; it goes on all the same")

    def data(self, data: bytes) -> None:
        """Print a file for another program: byte for byte, but where a terminal shows it. Raises Unread."""
        self._clear()
        try:
            click.echo(block(data.decode("utf-8", "replace"), bar="") if sys.stdout.isatty() else data, nl=False)
        except BrokenPipeError as error:
            sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the end
            raise Unread from error

    def event(self, plain: dict[str, Any], text: str) -> None:
        """Print one step of something that goes on: a JSON line, or a line for people."""
        self.put(plain, f"{MARK} {text}" if self.plays else text)

    def note(self, text: str) -> None:
        """Tell something beside the result; `text` is ours, or was made safe."""
        self._clear()
        try:
            click.echo(f"{MARK} {text}" if self.plays else text, err=True)
        except OSError:
            pass  # nobody listens, or a full disk; the result may have a reader nevertheless

    def warn(self, text: str) -> None:
        """Tell something that should not be overlooked, on one line."""
        self.note(click.style("! ", fg="yellow", bold=True) + line(text))

    def progress(self, what: str, done: int, whole: int) -> None:
        """Show how far something long has got, on a terminal only."""
        if self.json or not sys.stderr.isatty() or whole < 1 << 20:
            return
        sys.stderr.write(f"\r{what} {done / 2**20:.1f} of {whole / 2**20:.1f} MiB")
        sys.stderr.flush()
        self._showing = done < whole
        if done >= whole:
            sys.stderr.write("\n")

    def counted(self, what: str, done: int, whole: int) -> None:
        """Show how many of many were done, on a terminal only."""
        if self.json or not sys.stderr.isatty() or whole < MANY:
            return
        sys.stderr.write(f"\r{what}: {done:,} of {whole:,}")
        sys.stderr.flush()
        self._showing = done < whole
        if done >= whole:
            sys.stderr.write("\n")

    def passphrase(self, prompt: str = "Passphrase", *, confirm: bool = False, source: str | None = None) -> bytes:
        """The passphrase, from where the user said; a new one is asked for twice and commented on if weak."""
        source = source or self.passphrase_file
        secret = self.secret(prompt, source, "--passphrase-file", confirm=confirm).encode()
        advice = passphrase_advice(secret) if confirm else None
        if advice:
            self.warn(advice)
        return secret

    def secret(
        self,
        prompt: str,
        source: str | None,
        option: str,
        *,
        confirm: bool = False,
        echo: bool = False,
        piped: bool = False,
        optional: bool = False,
    ) -> str:
        """One line of text that stays off the command line; raises Usage if there is nobody to ask.

        With `piped`, standard input may hold data: then the terminal is asked that the process belongs to. With
        `optional`, nothing may be typed.
        """
        if source is not None:
            return _first_line(source, option)
        if not sys.stdin.isatty() and not (piped and sys.stderr.isatty() and has_console()):
            raise Usage(
                f"{prompt}: there is no terminal to ask at; give it with {option} FILE, or - for standard input"
            )
        try:
            nothing: dict[str, Any] = {"default": "", "show_default": False} if optional else {}
            text = str(click.prompt(prompt, hide_input=not echo, confirmation_prompt=confirm, err=True, **nothing))
            text.encode()
        except UnicodeError as error:
            raise Usage(f"{prompt}: what was typed is no UTF-8 text") from error
        if not text and not optional:
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

    def choose(self, question: str, answers: str, *, beforehand: str) -> str:
        """One of the letters in `answers`, typed; raises Usage if there is nobody to ask: `beforehand` would answer."""
        if not sys.stdin.isatty():
            raise Usage(f"{question} There is no terminal to ask at; answer beforehand with {beforehand}")
        choice = click.Choice(list(answers), case_sensitive=False)
        return str(click.prompt(question, type=choice, err=True)).lower()

    def _clear(self) -> None:
        if self._showing:
            sys.stderr.write("\n")
            self._showing = False


@dataclass(frozen=True)
class Making:
    """What makes the terminal of a command, for who calls commands without one: handed to click as its object."""

    make: Callable[[bool, Path | None], Terminal]


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


async def until_signal(work: Coroutine[Any, Any, object]) -> None:
    """Return when `work` is done, or was cancelled by SIGINT or SIGTERM; raises what it raises."""
    collect_as_usual()
    task, loop = asyncio.create_task(work), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C raises there
            loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def stamp(seconds: int) -> str:
    """A time for people: UTC, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds)) if seconds else "–"


def _first_line(source: str, option: str) -> str:
    """The first line of a file or of standard input, whole; what follows it is left for others. Raises Usage."""
    most = MOST_SECRET + len(b"\r\n")
    try:
        if source == "-":
            # Not by way of the text layer, which would read on.
            first = sys.stdin.buffer.readline(most + 1)
        else:
            with Path(source).open("rb") as file:
                first = file.readline(most + 1)
        found = first.rstrip(b"\r\n")
        # Never cut: nobody else who is given the secret would cut it there.
        if len(first) > most or len(found) > MOST_SECRET:
            raise Usage(f"{option}: the first line of {_named(source)} is longer than {MOST_SECRET} bytes")
        text = found.decode()
    except OSError as error:
        raise Usage(f"{option}: {source} cannot be read: {reason(error)}") from error
    except UnicodeError as error:
        raise Usage(f"{option}: {source} is no UTF-8 text") from error
    if not text:
        raise Usage(f"{option}: {_named(source)} holds nothing in its first line")
    return text


def _named(source: str) -> str:
    return "standard input" if source == "-" else source


def encodable(value: Any) -> Any:
    """`value` without the halves of characters that a file name or an argument may hold, which no JSON can."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {encodable(key): encodable(each) for key, each in value.items()}
        case list() | tuple():
            return [encodable(each) for each in value]
    return value
