"""Files that carry many pieces, as they travel on a stick: a root request (`desk.roots.root_request`), a snapshot.

Byte by byte: the type line; one line of JSON, the head, which counts the pieces; then every piece as its length in
bytes (decimal, no leading zero), a newline, and so many bytes. Nothing follows the last one.

Accept only what you would emit: there is one way to write a length, and nothing more is read than a head may claim.
"""

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from directory.canonical import Malformed

MOST_ENTRIES = 1_000_000
MOST_LOG_BYTES = 256 << 20
_LENGTH = re.compile(rb"[1-9][0-9]{0,7}\n")
_LONGEST_LENGTH = 10
_CUT = "it ends too early: it was cut off on the way"


def framed(kind: str, head: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The file, piece by piece; the caller sees to it that nothing is larger than it would read."""
    yield f"{kind}\n".encode()
    yield head + b"\n"
    for each in pieces:
        yield b"%d\n%b" % (len(each), each)


def head_of(file: BinaryIO, kind: str, most: int) -> bytes:
    """The head, of at most so many bytes; raises Malformed for another type line, a longer head, a file cut off."""
    if file.readline(80) != f"{kind}\n".encode():
        raise Malformed(f"its first line is not {kind!r}")
    line = file.readline(most + 2)
    if not line.endswith(b"\n"):
        raise Malformed(_CUT if len(line) <= most else "its second line is too long")
    return line[:-1]


def pieces_of(file: BinaryIO, count: int, most: int, most_together: int) -> Iterator[bytes]:
    """The next `count` pieces, each of `most` bytes at most; raises Malformed, before it reads what is too much."""
    left = most_together
    for _ in range(count):
        length = file.readline(_LONGEST_LENGTH)
        if not length.endswith(b"\n") and len(length) < _LONGEST_LENGTH:
            raise Malformed(_CUT)
        if not _LENGTH.fullmatch(length) or int(length) > most:
            raise Malformed("a length is not where it should be")
        left -= int(length)
        if left < 0:
            raise Malformed(f"it holds more than {most_together >> 20} MiB of a kind")
        piece = file.read(int(length))
        if len(piece) < int(length):
            raise Malformed(_CUT)
        yield piece


def check_end(file: BinaryIO, what: str) -> None:
    """Return if nothing follows the last piece; raise Malformed if something does."""
    if file.read(1):
        raise Malformed(f"there is more behind its last {what}")
