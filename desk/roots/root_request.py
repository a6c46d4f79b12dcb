"""The file that goes to the root keys: what they are asked to sign, and all that is needed to judge it by itself.

    enlace/root-request/v1
    {"asked":{"network":"7d51…","statements":[{"text":"enlace/statement/v1\\n{…}\\n"}]},"checkpoint":"…","entries":2,…}
    1412
    enlace/statement/v1
    {"at":1767225600,"duty":"…","kind":"found-network",…}

    — enlace.example/root-3c9e… kLq0…
    831
    enlace/statement/v1
    …

Byte by byte: the type line; one line of canonical JSON (`Request`, at most 8 MiB); then every entry of the log from the
first, each as its length in bytes (decimal, no leading zero), a newline, and so many bytes. Nothing follows the last
one. All of it is UTF-8 text, because an entry is; nothing in it is secret but for the details (`asked.bodies`,
`known`), which every member may read.

 field      | what
 asked      | statements without the roots' signatures, and the bodies they bring (`desk.roots.drafts`)
 checkpoint | the log's signed checkpoint over exactly these entries; empty for a founding, which has no log yet
 entries    | how many entries follow
 known      | bodies behind what holds today, as far as the statements touch it: to show it beside what is to hold
 made       | when it was written, unix seconds; nothing depends on it

Accept only what you would emit: whatever was read would be written back the same. At most a million entries and
256 MiB of them; each at most 65,535 bytes.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, BinaryIO

import msgspec

from crypto.checkpoint import MOST_CHECKPOINT_BYTES
from desk.age.framed_file import MOST_ENTRIES, MOST_LOG_BYTES, check_end, framed, head_of, pieces_of
from desk.roots.drafts import Asked
from directory.canonical import Malformed, decode, encode
from directory.fields import Time
from directory.statement import MOST_STATEMENT_BYTES
from relay.protocol.requests import MOST_STATEMENTS, OpenedBody

REQUEST_TYPE = "enlace/root-request/v1"
MOST_HEAD_BYTES = 8 << 20


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The second line of a request: see the table above."""

    asked: Asked
    made: Time
    checkpoint: Annotated[str, msgspec.Meta(max_length=MOST_CHECKPOINT_BYTES)] = ""
    entries: Annotated[int, msgspec.Meta(ge=0, le=MOST_ENTRIES)] = 0
    known: Annotated[tuple[OpenedBody, ...], msgspec.Meta(max_length=MOST_STATEMENTS)] = ()


def write_request(request: Request, entries: Sequence[bytes]) -> Iterator[bytes]:
    """The file, piece by piece; refuses (Malformed) what `read_request` would not take."""
    head = encode(request)
    if request.entries != len(entries):
        raise Malformed(f"{len(entries)} entries, and the request says {request.entries}")
    if len(head) > MOST_HEAD_BYTES or len(entries) > MOST_ENTRIES or sum(map(len, entries)) > MOST_LOG_BYTES:
        raise Malformed("this is too much for one request: ask for less at a time")
    yield from framed(REQUEST_TYPE, head, entries)


def read_request(file: BinaryIO) -> tuple[Request, list[bytes]]:
    """The request in a file, and the log's entries; raises Malformed for anything that would not be written back."""
    request = decode(head_of(file, REQUEST_TYPE, MOST_HEAD_BYTES), Request, MOST_HEAD_BYTES)
    entries = list(pieces_of(file, request.entries, MOST_STATEMENT_BYTES, MOST_LOG_BYTES))
    check_end(file, "entry")
    return request, entries
