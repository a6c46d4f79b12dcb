"""`enlace snapshot`: the directory as a file on a stick, for desks that have no connection."""

from pathlib import Path

import click

from desk.commands.options import opened, with_passphrase
from desk.errors import Declined, Usage
from desk.host import reason, write_new
from desk.session import check_look_up
from desk.snapshot import make_snapshot, take_snapshot
from desk.snapshot_file import read_snapshot, write_snapshot
from desk.terminal import Terminal, stamp
from directory.canonical import Malformed


@click.group(short_help="Carry the directory on a stick to a desk without a connection.")
def snapshot() -> None:
    """Carry the directory on a stick to a desk without a connection."""


@snapshot.command(short_help="Write the directory into FILE.")
@click.argument("file", type=click.Path(path_type=Path))
@with_passphrase
def write(terminal: Terminal, file: Path) -> None:
    """Write the directory into FILE: all that this desk has verified, but for what is published to circles alone.

    Whoever reads it verifies everything again, so the file needs no protection against change. Every member may
    read what is in it, and nobody else should.
    """
    with opened(terminal) as desk:
        check_look_up(desk.keyring, terminal.clock())
        replica = desk.replica()
        head, entries, bodies = make_snapshot(replica, desk.store, terminal.clock())
        try:
            write_new(file, write_snapshot(head, entries, bodies))
        except Malformed as error:
            raise Declined(str(error)) from error
        seen = replica.checkpoint.time if replica.checkpoint else 0
        text = f"{file}: {len(entries)} statements, {len(bodies)} details, vouched for by the log at {stamp(seen)}."
        terminal.result({"entries": len(entries), "bodies": len(bodies), "time": seen}, text)


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
