"""The command `enlace`: groups of commands, some of them brought by other rooms through entry points.

Every error a person can act on ends as one line on standard error (or, with `--json`, one object on standard output)
and the exit code of `desk.errors`. Anything else is an error of the program, exit code 1, and says so.
"""

import sys
from importlib import import_module
from importlib.metadata import entry_points, version
from typing import Any

import click
import msgspec

from desk.errors import DeskError, Distrust

COMMANDS = {
    "accept": "desk.commands.decide:accept",
    "approve": "desk.commands.officers:approve",
    "contact": "desk.commands.contacts:contact",
    "demo": "desk.demo.command:demo",
    "device": "desk.commands.officers:device",
    "enrol": "desk.commands.enrol:enrol",
    "find": "desk.commands.look_up:find",
    "inbox": "desk.commands.messages:inbox",
    "invite": "desk.commands.officers:invite",
    "login": "desk.commands.shift:login",
    "logout": "desk.commands.shift:logout",
    "network": "desk.commands.network:network",
    "officer": "desk.commands.officers:officer",
    "read": "desk.commands.messages:read",
    "receipts": "desk.commands.messages:receipts",
    "refuse": "desk.commands.decide:refuse",
    "send": "desk.commands.send:send",
    "show": "desk.commands.look_up:show",
    "status": "desk.commands.shift:status",
    "sync": "desk.commands.shift:sync",
    "watch": "desk.commands.watch:watch",
}


class Commands(click.Group):
    """Commands by name, loaded when they are called: the program starts fast, and knows no other room."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *_from_other_rooms()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        other = _from_other_rooms().get(cmd_name)
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name].partition(":")
            loaded: Any = getattr(import_module(module), name)
        elif other is not None:
            loaded = other.load()
        else:
            return None
        return loaded if isinstance(loaded, click.Command) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("enlace"), prog_name="enlace")
def enlace() -> None:
    """A directory you can prove, and a relay that cannot read.

    Find the counterpart abroad, send what nobody in between can read, and hold the proof of what was
    delivered and accepted. Most commands take --profile, --json and --passphrase-file; exit codes are
    0 done, 2 wrong usage, 3 refused, 4 relay not reachable, 5 alarm, 6 locked, 7 not found.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run `enlace`; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        result = enlace.main(given, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except DeskError as error:
        return _say(error, "--json" in given)


def _say(error: DeskError, as_json: bool) -> int:
    evidence = error.evidence if isinstance(error, Distrust) else ""
    if as_json:
        plain = {"error": str(error), "code": error.code, "kind": type(error).__name__.lower(), "evidence": evidence}
        click.echo(msgspec.json.encode(plain, order="sorted").decode())
        return error.code
    mark = "ALARM" if isinstance(error, Distrust) else "enlace"
    click.echo(click.style(f"{mark}: ", fg="red", bold=True) + str(error), err=True)
    if evidence:
        click.echo(f"What was seen is kept in {evidence}", err=True)
    return error.code


def _from_other_rooms() -> dict[str, Any]:
    return {each.name: each for each in entry_points(group="enlace.commands")}


if __name__ == "__main__":
    sys.exit(main())
