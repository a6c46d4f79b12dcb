"""`enlace marks`: the marks that this desk gives its messages unless others are said."""

from typing import Any

import click
import msgspec

from desk.commands.marks import ONWARD, TLP
from desk.commands.options import opened, with_passphrase
from desk.errors import Usage
from desk.handling.usual import MOST_DAYS, UsualMarks, keep_usual, usual_marks
from desk.safe_text import line
from desk.terminal import Terminal


@click.group(short_help="Show or set the usual marks of messages.")
def marks() -> None:
    """Show, set or clear the usual marks of this desk: TLP, third-party rule, purpose, how long it is kept.

    They go on every message, request and alert that is sent without others. An answer is never by itself looser than
    what it answers.
    """


@marks.command("show", short_help="Show the usual marks.")
@with_passphrase
def show_marks(terminal: Terminal) -> None:
    """Show which marks a message has here if none are said."""
    with opened(terminal) as desk:
        _tell(terminal, usual_marks(desk.keyring.vault))


@marks.command("set", short_help="Set usual marks.")
@click.option("--tlp", type=click.Choice(TLP, case_sensitive=False), help="The label of TLP 2.0.")
@click.option("--onward", type=click.Choice(ONWARD), help="The third-party rule.")
@click.option("--purpose", metavar="WORDS", help="What messages may be used for.")
@click.option(
    "--keep-days", type=click.IntRange(1, MOST_DAYS), metavar="N", help="Every desk erases them after N days."
)
@with_passphrase
def set_marks(terminal: Terminal, **given: Any) -> None:
    """Set usual marks; those that are not given stay as they are. `enlace marks clear` takes all away."""
    wanted = {name: each for name, each in given.items() if each}
    if not wanted:
        raise Usage("say which: --tlp, --onward, --purpose or --keep-days; `enlace marks clear` takes all away")
    with opened(terminal) as desk:
        before = usual_marks(desk.keyring.vault)
        try:
            after = msgspec.convert(msgspec.to_builtins(before) | wanted, UsualMarks)
        except msgspec.ValidationError as error:
            raise Usage(f"these marks cannot be signed: {error}") from error
        keep_usual(desk.keyring.vault, after)
        _tell(terminal, after)


@marks.command("clear", short_help="Take all usual marks away.")
@with_passphrase
def clear_marks(terminal: Terminal) -> None:
    """Take all usual marks away: a message is TLP:AMBER again, with `onward` ask, unless others are said."""
    with opened(terminal) as desk:
        keep_usual(desk.keyring.vault, UsualMarks())
        _tell(terminal, UsualMarks())


def _tell(terminal: Terminal, usual: UsualMarks) -> None:
    lines = [
        f"TLP         {usual.tlp or 'AMBER (nothing else is usual here)'}",
        f"Onward      {usual.onward or 'ask (nothing else is usual here)'}",
        f"Purpose     {line(usual.purpose) or '-'}",
        f"Kept        {f'{usual.keep_days} days' if usual.keep_days else 'no end is set'}",
    ]
    plain = {"tlp": usual.tlp, "onward": usual.onward, "purpose": usual.purpose, "keep_days": usual.keep_days}
    terminal.result(plain, "\n".join(lines))
