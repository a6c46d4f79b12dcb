"""The command reference, made from the commands themselves; `docs/commands.md` is compared with it.

To bring the page up to date: `python tests/cli_reference.py > docs/commands.md`.
"""

from collections.abc import Iterator
from copy import copy

import click

from desk.main import enlace

HEAD = """# Commands

Made from the commands themselves (`tests/cli_reference.py`), and compared with them by a test. Every command answers
`--help`. Exit codes are the same everywhere:

| code | meaning |
|---|---|
| 0 | done |
| 1 | an error of this machine (its disk is full, say) or of the program itself; what was stored before is kept |
| 2 | the request makes no sense as given; nothing was changed |
| 3 | the relay or the directory's rules say no, or a file is not what it should be; nothing was changed |
| 4 | the relay did not answer; what was queued stays queued |
| 5 | an alarm: something is not as it should be; the last good state is kept, evidence is in the profile |
| 6 | locked: wrong passphrase or code, no session, or another process holds the profile |
| 7 | nothing of that name or number |
| 8 | signed here, and written to a file for others to sign too |

A command that tells an alarm says 5, also where it did what it was asked, or failed to do it for another reason, which
is then told beside it. A program that Ctrl-C ended says 130; one whose output nobody read to the end, 141.

With `--json` the answer is one JSON object on standard output (a line for each event, where something goes on), and so
is an error: `error`, `code`, `kind`, `evidence`, and `problems` where a file is refused for several. What is said
beside the answer goes to standard error.

Passphrases and codes are asked for at a terminal. Where there is none they come from a file, or from standard input if
the file is `-`: each from a line of its own, in the order in which they would be asked for.

| in the environment | means |
|---|---|
| `ENLACE_PROFILE` | the profile's folder, as `--profile` |
| `ENLACE_WORKSTATION` | the folder with the desks of a shared machine |
| `ENLACE_PASSPHRASE_FILE` | a file with the passphrase in its first line, as `--passphrase-file` |
| `ENLACE_WORK_FACTOR` | how hard passphrases are to try, 10 to 20; else 17, `enlace age` 18; below 15 for trials only |
| `ENLACE_TRACEBACK` | 1: an error of the program itself shows where it was, whole |
"""


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below `command`, by its whole name, groups left out."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for each in command.list_commands(context):
        found = command.get_command(context, each)
        if found is None:
            raise LookupError(f"{name} {each} is listed and cannot be had")
        yield from commands(found, f"{name} {each}")


def reference() -> str:
    """The page."""
    pieces = [HEAD]
    for name, command in commands(enlace, "enlace"):
        bare = copy(command)
        bare._help_option = None  # click keeps the first that is made, by whatever names somebody else gave it
        context = click.Context(bare, info_name=name, max_content_width=100, help_option_names=["-h", "--help"])
        context.terminal_width = 100
        pieces.append(f"## {name}\n\n```text\n{bare.get_help(context).strip()}\n```\n")
    return "\n".join(pieces)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
