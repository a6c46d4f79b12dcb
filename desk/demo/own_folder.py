"""A play's folder, and its end when it is stopped: for whatever plays on this machine with processes of its own."""

import asyncio
import contextlib
from pathlib import Path

from desk import host
from desk.errors import Usage


def new_folder(folder: Path) -> Path:
    """Make a folder for this user alone; raises Usage where there is one, or none can be."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise Usage(f"{folder} cannot be made: {host.reason(error)}") from error
    return folder.absolute()


def end_on(*numbers: int | None) -> None:
    """Have a signal end the play as Ctrl-C does: with every process, and the folder, cleared away."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    for number in numbers:
        if task is not None and number is not None:
            with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
                loop.add_signal_handler(number, task.cancel)
