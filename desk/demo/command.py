"""`enlace demo`."""

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import click

from desk.demo.relay_host import RelayHost, free_port
from desk.demo.stage import Stage, StageError
from desk.demo.story import Story
from desk.errors import DeskError


class DemoFailed(DeskError):
    """A step of the demo did not do what it should."""


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Play in this (new) folder, and leave it there.")
def demo(folder: Path | None) -> None:
    """Play the whole story on this machine: a relay, four desks, one night.

    Real processes, real TLS, on the loopback interface; everything in a folder that is removed at the end. On a
    terminal the relay stays up until Ctrl-C, for you to explore.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="enlace-demo-"))
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=False)
    try:
        asyncio.run(_play(place))
    except StageError as error:
        raise DemoFailed(f"the demo stopped: {error}") from error
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


async def _play(place: Path) -> None:
    stage = Stage(place)
    relay = RelayHost(stage, free_port())
    stage.say(f"Enlace demo, in {place}")
    try:
        await Story(stage, relay).play()
        stage.act("The end. To explore, in another terminal:")
        for name in ("ar-desk", "co-desk", "ec-desk", "secretariat"):
            environ = f"ENLACE_PROFILE={stage.profile(name)} ENLACE_PASSPHRASE_FILE={stage.passphrase(name)}"
            stage.say(f"export {environ}  # {name}")
        stage.say("enlace find --now trata; enlace inbox --all; enlace receipts 1; enlace status; enlace network show")
        if sys.stdin.isatty():
            stage.say("The relay stays up until Ctrl-C.")
            await _until_stopped()
    finally:
        await stage.stop()


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
