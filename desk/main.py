"""The command `enlace`: groups of commands, some of them brought by other rooms through entry points.

1. Every error a person can act on ends as one line on standard error (or, with `--json`, one object on standard output)
   and the exit code of `desk.errors`.
2. Anything else is an error of the program: exit code 1, one line that says where; the whole of it with
   ENLACE_TRACEBACK=1.
3. What came from others is made safe to show in errors too.
4. Standard streams that are closed are no reason to fail; output that nobody reads any more ends a command.
"""

import os
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.processors import collect_seldom
from desk import host
from desk.alarms.words import alarm_lines, folded
from desk.errors import DeskError, Distrust, Told, Usage
from desk.failure import plain
from desk.safe_text import line
from desk.terminal import Terminal, Unread

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

COMMANDS = {
    "accept": "desk.commands.decide:accept",
    "age": "desk.commands.age:age",
    "alert": "desk.commands.alert:alert",
    "api": "desk.commands.api:api",
    "approve": "desk.commands.approve:approve",
    "authenticator": "desk.commands.authenticator:authenticator",
    "authority": "desk.commands.authority:authority",
    "case": "desk.commands.case_group:case",
    "calls": "desk.commands.stages:calls",
    "circle": "desk.commands.circles:circle",
    "consent": "desk.commands.consent:consent",
    "contact": "desk.commands.contacts:contact",
    "demo": "desk.demo.command:demo",
    "device": "desk.commands.officers:device",
    "duty": "desk.commands.duty:duty",
    "drill": "desk.commands.drill:drill",
    "enrol": "desk.commands.enrol:enrol",
    "erase": "desk.commands.erase:erase",
    "exercise": "desk.exercise.command:exercise",
    "find": "desk.commands.look_up:find",
    "form": "desk.commands.forms:form",
    "forward": "desk.commands.forward:forward",
    "freshness": "desk.commands.freshness:freshness",
    "inbox": "desk.commands.messages:inbox",
    "indicators": "desk.commands.indicators:indicators",
    "invite": "desk.commands.officers:invite",
    "login": "desk.commands.shift:login",
    "logout": "desk.commands.shift:logout",
    "marks": "desk.commands.usual_marks:marks",
    "network": "desk.commands.network:network",
    "note": "desk.commands.note:note",
    "notices": "desk.commands.notices:notices",
    "officer": "desk.commands.officers:officer",
    "passphrase": "desk.commands.passphrase:passphrase",
    "policy": "desk.commands.trust_policy:policy",
    "portal": "desk.commands.portal:portal",
    "profiles": "desk.commands.switch:profiles",
    "proof": "desk.commands.proof:proof",
    "read": "desk.commands.messages:read",
    "receipts": "desk.commands.messages:receipts",
    "recovery": "desk.commands.recovery:recovery",
    "refuse": "desk.commands.decide:refuse",
    "request": "desk.commands.requests:request",
    "resume": "desk.commands.relay_naming:resume_desk",
    "root": "desk.commands.root:root",
    "send": "desk.commands.send:send",
    "show": "desk.commands.look_up:show",
    "snapshot": "desk.commands.snapshot:snapshot",
    "stage": "desk.commands.stages:stage",
    "status": "desk.commands.shift:status",
    "subject": "desk.commands.subject:subject",
    "switch": "desk.commands.switch:switch",
    "sync": "desk.commands.shift:sync",
    "tally": "desk.commands.alert:tally",
    "treaty": "desk.commands.treaties:treaty",
    "watch": "desk.commands.watch:watch",
}
_ALARM = Distrust.__name__.lower()  # the kind; a failure that comes after an alarm has the code too
STOPPED = 130  # as a shell says of a program that Ctrl-C ended
UNREAD = 141  # as a shell says of a program whose output nobody read to the end


class Commands(click.Group):
    """Commands by name, loaded when they are called: the program starts fast, and knows no other room."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *_from_other_rooms()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name].partition(":")
            loaded: Any = getattr(import_module(module), name)
        elif (other := _from_other_rooms().get(cmd_name)) is not None:
            loaded = other.load()
        else:
            return None
        return loaded if isinstance(loaded, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and name not in _from_other_rooms() and not name.startswith("-"):
            near = get_close_matches(name, self.list_commands(ctx), 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="enlace", prog_name="enlace")
def enlace() -> None:
    """A directory you can prove, and a relay that cannot read.

    Find the counterpart abroad, send what nobody in between can read, and hold the proof of what was
    delivered and accepted. Most commands take --profile, --json and --passphrase-file. Exit codes are
    0 done, 1 error of the program, 2 wrong usage, 3 refused, 4 relay not reachable, 5 alarm, 6 locked,
    7 not found, 8 others have to sign too.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run `enlace`; returns the exit code."""
    _settle_streams()
    collect_seldom()
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    try:
        result = enlace.main(given, prog_name="enlace", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _say("stopped", STOPPED, "stopped", as_json)
    except click.UsageError as error:
        if as_json:
            return _say(error.format_message(), error.exit_code, "usage", as_json)
        error.show()
        return error.exit_code
    except click.ClickException as error:  # another room's, which knows how to show itself
        error.show()
        return error.exit_code
    except DeskError as error:
        told = error.alarm if isinstance(error, Distrust) else None
        return _tell(plain(error), as_json, told)
    except Unread:
        return UNREAD
    except UnicodeEncodeError:
        return _say("what was given is no UTF-8 text", Usage.code, "usage", as_json)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        words = f"the system refuses: {where}{host.reason(error)}"
        with suppress(OSError):  # the stream that the failure would be told on may be the one that failed
            if not _shown_to_nobody():
                return _say(words, 1, "system", as_json)
        with suppress(OSError):
            click.echo(f"enlace: {words}", err=True)
        return 1
    except Exception as error:
        return _unexpected(error, as_json)


def _say(words: str, code: int, kind: str, as_json: bool) -> int:
    """Tell an error; returns its exit code."""
    return _tell({"error": words, "code": code, "kind": kind, "evidence": ""}, as_json)


def _tell(failure: Mapping[str, Any], as_json: bool, alarm: Told | None = None) -> int:
    """Tell a failure, as `desk.failure` puts it, and the alarm if it is one; returns its exit code."""
    terminal, code = Terminal(json=as_json), int(failure["code"])
    try:
        if as_json:
            terminal.result(dict(failure), "")
            return code
        mark = "ALARM" if failure["kind"] == _ALARM else "enlace"
        terminal.plays = bool(failure.get("exercise"))
        head = line(f"{alarm.what}." if alarm is not None else failure["error"])
        first, *more_lines = folded(f"{mark}: {head}", terminal.note_width if alarm is not None else 0)
        terminal.note(click.style(f"{mark}: ", fg="red", bold=True) + first.removeprefix(f"{mark}: "))
        for each in more_lines:
            terminal.note(each)
        for each in alarm_lines(alarm, terminal.note_width) if alarm is not None else ():
            terminal.note(each)
        if failure["evidence"]:
            terminal.note(f"What was seen is kept in {failure['evidence']}")
    except Unread:
        pass
    return code


def _shown_to_nobody() -> bool:
    """Whether standard output takes nothing more; then it is put aside, or what is left in its buffer would be
    complained about, with another exit code, when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the end
        return True
    return False


def _unexpected(error: Exception, as_json: bool) -> int:
    if os.environ.get("ENLACE_TRACEBACK") == "1":
        click.echo("".join(traceback.format_exception(error)), err=True)
    last = traceback.extract_tb(error.__traceback__)[-1]
    words = (
        f"an error of the program: {type(error).__name__} in {Path(last.filename).name}, line {last.lineno}: {error}. "
        "What was stored before is kept; ENLACE_TRACEBACK=1 in the environment shows more"
    )
    return _say(words, 1, "error", as_json)


def _settle_streams() -> None:
    """Make the standard streams fit for use: open, and able to write any text, if need be with marks in its place."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # Whatever is opened next would else get this number, and what is printed would land in it.
            while os.open(os.devnull, os.O_RDWR) < number:
                pass
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # open until the end
        elif isinstance(stream, TextIOWrapper) and mode == "w" and stream.errors == "strict":
            stream.reconfigure(errors="replace")


@cache
def _from_other_rooms() -> "Mapping[str, EntryPoint]":
    from importlib.metadata import entry_points  # here, and not at the top: few commands have to wait for it

    return {each.name: each for each in entry_points(group="enlace.commands")}


if __name__ == "__main__":
    sys.exit(main())
