"""What every process of a storm does: it goes round until there is enough, however often it is killed meanwhile.

1. Until its standard input ends it goes round; then, or from the beginning if it is to be `calm`, it begins nothing
   new, and goes round until nothing is left to do. Then it tells `done`, and ends.
2. A relay that does not answer, or answers that it cannot, is tried again; and so is everything after the process was
   killed and started anew. Anything else ends it with a traceback.
3. It tells what it is at, before it is: so whoever kills it knows afterwards what the kill hit.
"""

import asyncio
import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Protocol

from desk.errors import Declined, Locked, Unreachable
from desk.profile.folder import Profile

PAUSE = 0.1
LONGEST = 60.0  # seconds in which nothing gets done, after which something is wrong
AGAIN = {"unavailable", "internal", "statement-conflict"}


class Round(Protocol):
    """What goes round: something new, everything there is to do, how much is left, and how much was ever done."""

    def begin(self) -> None: ...
    async def go(self) -> None: ...
    def left(self) -> int: ...
    def done(self) -> int: ...


async def rounds(work: Round, enough: threading.Event) -> None:
    """Until there is nothing more to do."""
    deadline, done, why = float("inf"), -1, Counter[str]()
    while time.monotonic() < deadline:
        stopping = enough.is_set()
        if not stopping:
            work.begin()
        try:
            await work.go()
            if stopping and not work.left():
                return
        except Declined as error:
            if error.problem not in AGAIN:
                raise
            why[str(error)] += 1
            await asyncio.sleep(PAUSE)
        except (Unreachable, Locked) as error:
            why[str(error)] += 1
            await asyncio.sleep(PAUSE)
        if stopping and work.done() > done:
            deadline, done, why = time.monotonic() + LONGEST, work.done(), Counter()
    raise TimeoutError(f"of {work.left()} things to do none got done in {LONGEST:g} seconds: {dict(why)}")


def clock() -> int:
    return int(time.time())


def tell(**event: object) -> None:
    """One event, a line of JSON."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def at(what: str) -> None:
    """Say what comes now."""
    tell(event="at", what=what)


def until_input_ends() -> threading.Event:
    """Set when standard input ends."""
    enough = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        enough.set()

    threading.Thread(target=wait, daemon=True).start()
    return enough


def own_desk() -> tuple[Profile, bytes]:
    """The profile and passphrase of the environment, as `enlace` takes them."""
    passphrase = Path(os.environ["ENLACE_PASSPHRASE_FILE"]).read_text().splitlines()[0].encode()
    return Profile.open(Path(os.environ["ENLACE_PROFILE"])), passphrase
