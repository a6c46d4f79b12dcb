"""Options that many commands share, and how a command gets its profile, unlocked."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec

from desk.alarms.open_alarms import unresolved
from desk.commands.telling import tell_halt, tell_settled, tell_still_open
from desk.errors import DeskError, Distrust, NotFound, Usage
from desk.host import reason
from desk.profile.folder import Profile
from desk.profile.unlocked import Unlocked, unlocked
from desk.profile.workstation import here
from desk.replica.standing import Halted
from desk.safe_text import line
from desk.terminal import Making, Terminal
from directory.invisible import blank

Command = Callable[..., Any]


def with_terminal(function: Command) -> Command:
    """Give a command `--profile` and `--json`, and hand it a Terminal as its first argument.

    A command that told an alarm ends with the code for one, also where it did, or failed to do, what it was for.
    """

    @click.option("--json", "as_json", is_flag=True, help="Answer with JSON, for programs.")
    @click.option(
        "--profile",
        "path",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="ENLACE_PROFILE",
        metavar="FOLDER",
        help="The profile to work with, if not the usual one.",
    )
    @wraps(function)
    def command(*args: Any, as_json: bool, path: Path | None, **kwargs: Any) -> Any:
        terminal = _made(as_json, path)
        try:
            code = function(terminal, *args, **kwargs)
        except DeskError as error:
            error.exercise = terminal.plays
            if terminal.alarmed:
                error.code = Distrust.code
            raise
        return Distrust.code if terminal.alarmed else code

    return command


def _made(as_json: bool, path: Path | None) -> Terminal:
    making = click.get_current_context().find_object(Making)
    if making is not None:
        return making.make(as_json, path)
    return Terminal(json=as_json, path=path if path is not None else here().meant())


def with_passphrase(function: Command) -> Command:
    """As `with_terminal`, and `--passphrase-file` too."""

    @click.option(
        "--passphrase-file",
        metavar="FILE",
        envvar="ENLACE_PASSPHRASE_FILE",
        help="Read the passphrase from the first line of FILE.",
    )
    @wraps(function)
    def command(terminal: Terminal, *args: Any, passphrase_file: str | None, **kwargs: Any) -> Any:
        terminal.passphrase_file = passphrase_file
        return function(terminal, *args, **kwargs)

    return with_terminal(command)


def with_invitations(out: str, hold: str, *, required: bool = False) -> Callable[[Command], Command]:
    """Give a command that makes invitations `--out`, the folder they go to, and `--valid`, how long they `hold`."""

    def decorated(function: Command) -> Command:
        kind = click.Path(path_type=Path)
        valid = click.option(
            "--valid",
            metavar="DURATION",
            default="7d",
            show_default=True,
            help=f"How long {hold}: 90m, 12h, 14d at most.",
        )
        folder = click.option("--out", "folder", type=kind, required=required, metavar="FOLDER", help=out)
        return folder(valid(function))

    return decorated


@contextmanager
def opened(terminal: Terminal) -> Iterator[Unlocked]:
    """The profile of this run, its passphrase asked for; if the desk is halted when the command ends, or an alarm from
    before is not over, that is told."""
    profile = terminal.profile()
    # By name: whoever keeps several profiles, or runs two commands in one line, sees which of them asks.
    asked = f"Passphrase of {line(profile.path.resolve().name)}{_whose(profile)}"
    keys = terminal.keyring if terminal.keyring is not None else terminal.passphrase(asked)
    with unlocked(profile, keys, terminal.clock, terminal.progress, terminal.counted) as desk:
        for warning in desk.warnings():
            terminal.warn(warning)
        told, before = False, unresolved(desk.store)
        try:
            yield desk
        except Distrust as error:
            told = isinstance(error, Halted)
            before = ()  # one alarm at a time
            raise
        finally:
            tell_settled(terminal, desk.untold())
            if not told:
                tell_halt(terminal, desk)
            if desk.mail.changed:
                from desk.requests.locked_limits import note_limits  # here: most commands need nothing of requests

                _warn_if(terminal, note_limits(desk))
            tell_still_open(terminal, desk, before)


def _warn_if(terminal: Terminal, words: str) -> None:
    if words:
        terminal.warn(words)


def _whose(profile: Profile) -> str:
    identity = profile.identity
    return f" (officer {identity.officer[:8]} of {identity.member})" if identity.kind == "officer" else " (secretariat)"


def read_file(path: str, what: str, most: int = 1 << 20) -> bytes:
    """The bytes of a file, or of standard input if `path` is -; raises NotFound or Usage."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(most + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no {what} at {path}") from error
    except OSError as error:
        raise Usage(f"the {what} {path} cannot be read: {reason(error)}") from error
    if len(data) > most:
        raise Usage(f"the {what} {path} is larger than {most >> 10} KiB")
    return data


def read_text(path: str, what: str, most: int = 1 << 20) -> str:
    """The text of a file in UTF-8, with or without a byte order mark; raises NotFound or Usage."""
    try:
        return read_file(path, what, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Usage(f"the {what} {path} is not UTF-8 from byte {error.start} on; save it as UTF-8") from error


def read_words(path: str, what: str, otherwise: str = "") -> str:
    """As `read_text`; also raises Usage where the file says nothing: the wrong file, or one that was never filled.
    `otherwise` says what to do if that was meant."""
    text = read_text(path, what)
    if blank(text):
        where = "standard input" if path == "-" else path
        raise Usage(f"the {what} in {where} is blank; {otherwise or 'check the file'}. Nothing was signed")
    return text


def checked(text: str, kind: Any, what: str, example: str) -> str:
    """`text`, if it is of `kind` (one of `directory.fields`); raises Usage, with an example of how it is written."""
    try:
        return str(msgspec.convert(text, kind))
    except msgspec.ValidationError as error:
        raise Usage(f"{text!r} is no {what}; write it like {example}") from error


def duration(text: str) -> int:
    """Seconds in a duration such as `90s`, `45m`, `12h` or `7d`; raises Usage."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    number, unit = text[:-1], text[-1:]
    if not number.isascii() or not number.isdigit() or unit not in units or len(number) > 9:
        raise Usage(f"{text!r} is no duration; write it like 90s, 45m, 12h or 7d")
    return int(number) * units[unit]
