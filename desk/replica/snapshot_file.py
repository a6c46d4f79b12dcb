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
2. Bodies published to circles are left out, unless whoever writes says for which circles the file is: a stick goes
   further than its circle, and nothing seals it.

Accept only what you would emit. At most a million entries, a million bodies, and 256 MiB of each.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, BinaryIO

import msgspec

from crypto.checkpoint import MOST_CHECKPOINT_BYTES
from desk.age.framed_file import MOST_ENTRIES, MOST_LOG_BYTES, check_end, framed, head_of, pieces_of
from directory.canonical import Malformed, decode, encode
from directory.commitment import MOST_BODY_BYTES
from directory.fields import Time
from directory.statement import MOST_STATEMENT_BYTES
from relay.protocol.requests import OpenedBody

SNAPSHOT_TYPE = "enlace/snapshot/v1"
MOST_HEAD_BYTES = 1 << 20
MOST_BODIES_BYTES = 256 << 20
_MOST_OPENED_BYTES = 2 * MOST_BODY_BYTES


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
    yield from framed(SNAPSHOT_TYPE, line, (*entries, *opened))


def read_snapshot(file: BinaryIO) -> tuple[Head, list[bytes], list[OpenedBody]]:
    """What a snapshot holds, nothing of it proven yet; raises Malformed for what would not be written back the same."""
    head = decode(head_of(file, SNAPSHOT_TYPE, MOST_HEAD_BYTES), Head, MOST_HEAD_BYTES)
    entries = list(pieces_of(file, head.entries, MOST_STATEMENT_BYTES, MOST_LOG_BYTES))
    raw = pieces_of(file, head.bodies, _MOST_OPENED_BYTES, MOST_BODIES_BYTES)
    bodies = [decode(each, OpenedBody, _MOST_OPENED_BYTES) for each in raw]
    check_end(file, "body")
    return head, entries, bodies
