"""A notice's secret: the first line of a file that is its owner's alone."""

from pathlib import Path

from config.private import laxness
from desk import host
from desk.errors import Usage

MOST_BYTES = 4096


def secret(path: str) -> bytes:
    """The secret in a file; raises Usage for one that others may read, that cannot be read, or holds nothing."""
    file = Path(path)
    if lax := laxness(file):
        raise Usage(lax)
    try:
        with file.open("rb") as opened:
            first = opened.readline(MOST_BYTES + 1)
    except OSError as error:
        raise Usage(f"{path} cannot be read: {host.reason(error)}") from error
    found = first.rstrip(b"\r\n")
    if not found or len(found) > MOST_BYTES:
        raise Usage(f"{path} holds no secret of 1 to {MOST_BYTES} bytes in its first line")
    return found
