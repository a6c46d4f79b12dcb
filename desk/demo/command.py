"""`enlace demo`."""

import asyncio
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import click

from desk.demo.bad_night import DESKS, bad_night
from desk.demo.own_folder import end_on, new_folder, shell_file
from desk.demo.relay_host import RelayHost, free_port
from desk.demo.stage import MARGIN, Stage, StageError
from desk.demo.story import Story
from desk.errors import DeskError
from desk.terminal import until_signal


class DemoFailed(DeskError):
    """A step of the demo did not do what it should."""


@click.command(short_help="Play the whole story on this machine.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Play in FOLDER, which must not exist yet, and leave everything there.",
)
def demo(folder: Path | None) -> None:
    """Play the whole story on this machine: a relay, the desks of four offices, one night.

    Real processes, real TLS, on the loopback interface; everything is in a folder that is removed at the end.
    On a terminal the relay stays up until Ctrl-C, for you to explore. Takes about half a minute.
    """
    place = new_folder(folder) if folder is not None else Path(tempfile.mkdtemp(prefix="enlace-demo-"))
    try:
        asyncio.run(_play(place))
    except StageError as error:
        look = f"; look at {place}" if folder else "; with --folder its files are kept to be looked at"
        raise DemoFailed(f"the demo stopped: {error}{look}") from error
    except asyncio.CancelledError as error:  # a signal other than Ctrl-C
        raise click.Abort from error
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


async def _play(place: Path) -> None:
    stage = Stage(place)
    story = Story(stage, RelayHost(stage, free_port()))
    end_on(signal.SIGTERM, getattr(signal, "SIGHUP", None))
    click.echo(f"Enlace, played on this machine in {place}")
    click.echo("Each line was done with the commands an officer types, and checked. Times are from the beginning.")
    try:
        await story.first_half()
        await bad_night(story)
        _farewell(stage)
        if sys.stdin.isatty():
            await until_signal(asyncio.Event().wait())
    finally:
        await stage.stop()


def _farewell(stage: Stage) -> None:
    waits = sys.stdin.isatty()
    stage.act("The relay stays up until Ctrl-C, for you to explore" if waits else "The end")
    if waits:
        stage.tell("In another terminal, be one of them:")
    else:
        stage.tell("On a terminal the relay would stay up now until Ctrl-C, and in another you could be one of them:")
    for name in DESKS:
        path = stage.folder / f"{name}.sh"
        typed = shell_file(path, stage.environ(name))
        # Not wrapped: it is to be typed as it stands.
        click.echo(f"{MARGIN}  {typed if waits else f'. {stage.shown(str(path))}'}")
    stage.tell("and look around:")
    for command in ("find --now trata", "inbox --all", "receipts 1", "status", "network show", "device list --all"):
        stage.say(f"  enlace {command}")
