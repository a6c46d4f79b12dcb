"""`enlace snapshot`: the directory as a file on a stick, for desks that have no connection."""

from pathlib import Path

import click

from desk.commands.options import opened, with_passphrase
from desk.entries.circles import check_circles
from desk.errors import Declined, Usage
from desk.host import reason, write_new
from desk.link.session import check_look_up
from desk.profile.unlocked import Unlocked
from desk.replica.snapshot import make_snapshot, take_snapshot
from desk.replica.snapshot_file import read_snapshot, write_snapshot
from desk.terminal import Terminal, stamp
from directory.canonical import Malformed


@click.group(short_help="Carry the directory on a stick to a desk without a connection.")
def snapshot() -> None:
    """Carry the directory on a stick to a desk without a connection."""


@snapshot.command(short_help="Write the directory into FILE.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--circle", "circles", multiple=True, metavar="CIRCLE", help="Also what is published to this circle; repeat it."
)
@with_passphrase
def write(terminal: Terminal, file: Path, circles: tuple[str, ...]) -> None:
    """Write the directory into FILE: all that this desk has verified, but for what is published to circles alone.

    Whoever reads it verifies everything again, so the file needs no protection against change. Every member may
    read what is in it, and nobody else should; with --circle, nobody outside that circle.
    """
    with opened(terminal) as desk:
        check_look_up(desk.keyring, terminal.clock())
        replica = desk.replica()
        _check_inside(desk, circles)
        head, entries, bodies = make_snapshot(replica, desk.store, terminal.clock(), circles)
        if circles:
            whom = f"circle {', '.join(circles)}" if len(circles) == 1 else f"circles {', '.join(circles)}"
            terminal.warn(f"{file} shows whoever has it what is for {whom} alone: it is not sealed, so keep it within")
        try:
            write_new(file, write_snapshot(head, entries, bodies))
        except Malformed as error:
            raise Declined(str(error)) from error
        seen = replica.checkpoint.time if replica.checkpoint else 0
        text = f"{file}: {len(entries)} statements, {len(bodies)} details, vouched for by the log at {stamp(seen)}."
        plain = {"entries": len(entries), "bodies": len(bodies), "time": seen, "circles": list(circles)}
        terminal.result(plain, text)


def _check_inside(desk: Unlocked, circles: tuple[str, ...]) -> None:
    """Return if this desk's member is in each of `circles`; raise NotFound or Declined if not."""
    view, member = desk.replica().view, desk.profile.identity.member
    check_circles(view, circles)
    for each in circles:
        if member not in view.circles[each].members:
            raise Declined(f"this desk's authority is not in circle {each}, and has nothing of it to hand on")


@snapshot.command(short_help="Take the directory in from FILE.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_passphrase
def read(terminal: Terminal, file: Path) -> None:
    """Take the directory in from FILE, once all of it is verified.

    No network is needed. A directory that is newer than the file's stays as it is.
    """
    try:
        with file.open("rb") as stream:
            head, entries, bodies = read_snapshot(stream)
    except OSError as error:
        raise Usage(f"{file} cannot be read: {reason(error)}") from error
    except Malformed as error:
        raise Usage(f"{file} is no snapshot, or it was altered: {error}") from error
    with opened(terminal) as desk:
        taken = take_snapshot(desk.profile, desk.store, head, entries, bodies, terminal.clock())
        seen = taken.replica.checkpoint.time if taken.replica.checkpoint else 0
        text = f"{taken.statements} statements and {taken.bodies} details taken in; the directory has "
        text += f"{taken.replica.size} statements, vouched for by the log at {stamp(seen)}."
        plain = {"statements": taken.statements, "bodies": taken.bodies, "size": taken.replica.size, "time": seen}
        terminal.result(plain, text)
