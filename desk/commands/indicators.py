"""`enlace indicators`: this desk's own figures of its requests, from which nobody is picked out."""

import time
from pathlib import Path

import click
from msgspec import to_builtins

from desk.commands.options import opened, with_passphrase
from desk.commands.telling import tell
from desk.errors import Usage
from desk.host import write_whole
from desk.indicators.export import as_csv, as_json, exported, held, lines, schema, standing
from desk.indicators.figures import indicators as figures_of
from desk.indicators.figures import quarter
from desk.indicators.gathered import handled
from desk.terminal import Terminal


@click.command(short_help="Show or export figures of this desk's requests.")
@click.option("--period", metavar="QUARTER", help="The quarter, such as 2026-Q3; else the one that is running.")
@click.option(
    "--export", "out", type=click.Path(path_type=Path), metavar="FILE", help="Write FILE, which ends in .json or .csv."
)
@click.option("--schema", "show_schema", is_flag=True, help="Print the schema of the JSON file, and do nothing else.")
@with_passphrase
def indicators(terminal: Terminal, period: str | None, out: Path | None, show_schema: bool) -> None:
    """Show what this desk may tell of its requests in a quarter: kinds, countries, outcomes, languages, response times.

    What is fewer than 11 is kept back, so that it cannot be reckoned from the rest. A quarter is exported once it is
    over, and from then on always shown and exported as it was the first time; until then its figures may change. Nobody
    but this desk computes it: docs/drills.md.
    """
    if show_schema:
        terminal.json = True
        terminal.result(schema(), "")
        return
    writers = {".json": as_json, ".csv": as_csv}
    if out is not None and out.suffix not in writers:
        raise Usage("--export writes a file that ends in .json or .csv")
    now = terminal.clock()
    wanted = period or _running(now)
    quarter(wanted)
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        member = desk.profile.identity.member
        found = figures_of(handled(desk.mail, desk.replica().view, member), member, wanted)
        vault = desk.keyring.vault
        shown = exported(vault, found, now) if out is not None else held(vault, wanted) or found
        if out is not None:
            write_whole(out, writers[out.suffix](shown))
        state, words = standing(found, held(vault, wanted), now)
        written = [f"Written to {out}."] if out is not None else []
        terminal.result(to_builtins(shown) | {"state": state}, "\n".join([*lines(shown), words, *written]))


def _running(now: int) -> str:
    """The quarter that is running, by UTC."""
    today = time.gmtime(now)
    return f"{today.tm_year}-Q{(today.tm_mon + 2) // 3}"
