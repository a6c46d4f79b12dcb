"""A play's folder, who one can be in it, and its end when it is stopped: for whatever plays on this machine."""

import asyncio
import contextlib
import shlex
import sys
from collections.abc import Mapping
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


def shell_file(path: Path, environ: Mapping[str, str]) -> str:
    """Write a file that a shell reads to become somebody of the play: whose profile, the passphrase, where `enlace` is;
    returns what is typed for that. Raises DeskError if the disk refuses.

    Nothing that makes passphrases quick to try: whoever makes a real recovery file in that shell makes a hard one.
    """
    exports = [f"export {key}={shlex.quote(environ[key])}" for key in ("ENLACE_PROFILE", "ENLACE_PASSPHRASE_FILE")]
    exports.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    host.write_whole(path, ("\n".join(exports) + "\n").encode())
    return f". {shlex.quote(str(path))}"


def end_on(*numbers: int | None) -> None:
    """Have a signal end the play as Ctrl-C does: with every process, and the folder, cleared away."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    for number in numbers:
        if task is not None and number is not None:
            with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
                loop.add_signal_handler(number, task.cancel)
