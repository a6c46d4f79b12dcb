"""What is to go on all night, whatever goes wrong in it: one fault is told, and silences nothing else.

Nobody looks at a watch at night; one whose bell has ended while it says that it listens is worse than none.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from desk.errors import DeskError
from desk.host import reason

AGAIN = 5  # seconds
T = TypeVar("T")


def wrong(error: Exception) -> str:
    """What went wrong, in words: of this desk, of its disk, or of the program."""
    if isinstance(error, DeskError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'this desk'} cannot be used: {reason(error)}"
    return f"an error of the program: {type(error).__name__}: {error}"


def tried(what: Callable[[], T], otherwise: T, trouble: Callable[[str], None]) -> T:
    """What that returns; if it fails, that is told, and it is `otherwise`. Raises nothing."""
    try:
        return what()
    except Exception as error:
        with suppress(Exception):  # nobody may be there to be told
            trouble(wrong(error))
        return otherwise


async def kept_going(
    run: Callable[[], Awaitable[None]],
    trouble: Callable[[str], None],
    wait: Callable[[int, asyncio.Event], Awaitable[None]],
) -> None:
    """Have that run until this is cancelled: whenever it ends by itself, that is told, and it begins anew."""
    while True:
        try:
            await run()
        except Exception as error:
            with suppress(Exception):
                trouble(wrong(error))
        await wait(AGAIN, asyncio.Event())
