"""Telling by a program of the authority's own: a siren, a text-message gateway, a paging system.

1. The arguments are those in the settings, always the same; no shell reads them. What there is to tell stands in the
   environment: ENLACE_NOTICE_ABOUT, _PRECEDENCE, _CONTACTS, _WAITING, _AT, _LANGUAGE and _TEXT.
2. Nothing of this program's own environment that begins with ENLACE_ is handed on: a passphrase's file stands there.
3. It has `seconds`; then it is ended with all it has started (`desk.host.end_apart`), as it is when the watch ends.
   What it prints goes nowhere. Only exit code 0 counts as told.
"""

import asyncio
import os

from desk import host
from desk.notices.settings import CommandWay
from desk.notices.words import Telling

_PREFIX = "ENLACE_NOTICE_"


async def tell_by_command(way: CommandWay, telling: Telling) -> str:
    """Run the program; returns why it did not tell, empty if it did."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ENLACE_")}
    try:
        process = await asyncio.create_subprocess_exec(
            *way.run,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=environ | variables(telling),
            **host.apart(),
        )
    except (OSError, ValueError) as error:
        why = host.reason(error) if isinstance(error, OSError) else str(error)
        return f"{way.run[0]} cannot be run: {why}"
    try:
        async with asyncio.timeout(way.seconds):
            status = await process.wait()
    except TimeoutError:
        return f"{way.run[0]} ran longer than {way.seconds} s, and was ended"
    finally:
        host.end_apart(process.pid)  # also what it left behind when it ended by itself
        await process.wait()
    return "" if status == 0 else f"{way.run[0]} ended with code {status}"


def variables(telling: Telling) -> dict[str, str]:
    """What there is to tell, as environment variables."""
    return {
        f"{_PREFIX}ABOUT": telling.about,
        f"{_PREFIX}PRECEDENCE": telling.precedence,
        f"{_PREFIX}CONTACTS": " ".join(telling.contacts),
        f"{_PREFIX}WAITING": str(telling.waiting),
        f"{_PREFIX}AT": telling.at,
        f"{_PREFIX}LANGUAGE": telling.language,
        f"{_PREFIX}TEXT": telling.text,
    } | ({f"{_PREFIX}EXERCISE": "1"} if telling.exercise else {})
