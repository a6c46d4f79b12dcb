"""A snapshot: the whole directory as one file, for a desk that has no connection. It travels on a stick.

    enlace/snapshot/v1
    {"bodies":1,"checkpoint":"…","entries":2,"made":1767225600}
    1412
    enlace/statement/v1
    {"at":1767225600,"duty":"…","kind":"found-network",…}

    — enlace.example/root-3c9e… kLq0…
    831
    enlace/statement/v1
    …
    118
    {"body":"eyJuYW1lcyI6…","salt":"…"}

Byte by byte: the type line; one line of canonical JSON (`Head`, at most 1 MiB); then every entry of the log from the
first, then the bodies, each as its length in bytes (decimal, no leading zero), a newline, and so many bytes. A body is
the canonical JSON of itself and its salt, base64 both. Nothing follows the last one.

1. Nothing in it is secret to a member, and everything is proven: entries by the checkpoint that the log signed with
   both keys, bodies by what the statements commit to. So nobody signs the file, and whoever altered it is found out.
2. Bodies published to circles are left out: a stick goes further than its circle.

Accept only what you would emit. At most a million entries, a million bodies, and 256 MiB of each.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, BinaryIO

import msgspec

from crypto.checkpoint import MOST_CHECKPOINT_BYTES
from desk.root_request import MOST_ENTRIES, MOST_LOG_BYTES
from directory.canonical import Malformed, decode, encode
from directory.commitment import MOST_BODY_BYTES
from directory.fields import Time
from directory.statement import MOST_STATEMENT_BYTES
from relay.protocol.requests import OpenedBody

SNAPSHOT_TYPE = "enlace/snapshot/v1"
MOST_HEAD_BYTES = 1 << 20
MOST_BODIES_BYTES = 256 << 20
_MOST_OPENED_BYTES = 2 * MOST_BODY_BYTES
_LENGTH = re.compile(rb"[1-9][0-9]{0,7}\n")
_CUT = "it ends too early: it was cut off on the way"


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The second line of a snapshot: how many entries and bodies follow, the log's word for the entries, when made."""

    made: Time
    checkpoint: Annotated[str, msgspec.Meta(max_length=MOST_CHECKPOINT_BYTES)]
    entries: Annotated[int, msgspec.Meta(ge=1, le=MOST_ENTRIES)]
    bodies: Annotated[int, msgspec.Meta(ge=0, le=MOST_ENTRIES)]


def write_snapshot(head: Head, entries: Sequence[bytes], bodies: Sequence[OpenedBody]) -> Iterator[bytes]:
    """The file, piece by piece; refuses (Malformed) what `read_snapshot` would not take."""
    opened = [encode(each) for each in bodies]
    if (head.entries, head.bodies) != (len(entries), len(opened)):
        raise Malformed("the head counts other entries or bodies than there are")
    line = encode(head)
    if (
        len(line) > MOST_HEAD_BYTES
        or sum(map(len, entries)) > MOST_LOG_BYTES
        or sum(map(len, opened)) > MOST_BODIES_BYTES
    ):
        raise Malformed("this directory is too large for one snapshot")
    yield f"{SNAPSHOT_TYPE}\n".encode()
    yield line + b"\n"
    for each in (*entries, *opened):
        yield b"%d\n%b" % (len(each), each)


def read_snapshot(file: BinaryIO) -> tuple[Head, list[bytes], list[OpenedBody]]:
    """What a snapshot holds, nothing of it proven yet; raises Malformed for what would not be written back the same."""
    if file.readline(80) != f"{SNAPSHOT_TYPE}\n".encode():
        raise Malformed(f"its first line is not {SNAPSHOT_TYPE!r}")
    line = file.readline(MOST_HEAD_BYTES + 2)
    if not line.endswith(b"\n"):
        raise Malformed(_CUT if len(line) <= MOST_HEAD_BYTES else "its second line is too long")
    head = decode(line[:-1], Head, MOST_HEAD_BYTES)
    entries = list(_pieces(file, head.entries, MOST_STATEMENT_BYTES, MOST_LOG_BYTES))
    raw = _pieces(file, head.bodies, _MOST_OPENED_BYTES, MOST_BODIES_BYTES)
    bodies = [decode(each, OpenedBody, _MOST_OPENED_BYTES) for each in raw]
    if file.read(1):
        raise Malformed("there is more behind its last body")
    return head, entries, bodies


def _pieces(file: BinaryIO, count: int, most: int, most_together: int) -> Iterator[bytes]:
    left = most_together
    for _ in range(count):
        length = file.readline(10)
        if not length.endswith(b"\n") and len(length) < 10:
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
