"""A play of `enlace` in processes of its own (`demo`, `exercise start`), and whether any of them is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOUSE = Path(__file__).parent.parent
ENVIRON = {key: value for key, value in os.environ.items() if not key.startswith("ENLACE_")}


def _heeds_interrupts() -> None:
    """Ctrl-C ends it, also where these tests are a job in the background: such a job ignores it, and hands that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def playing(*arguments: str, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """`enlace` in a process group of its own, with nobody at its standard input and its temporary folders in `folder`;
    ended whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "desk.main", *arguments],
        cwd=HOUSE,
        env=ENVIRON | {"TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=_heeds_interrupts,  # nothing of this process runs on in other threads
    )
    try:
        yield process
    finally:
        if anybody_left(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def anybody_left(group: int) -> bool:
    """Whether a process of that group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
