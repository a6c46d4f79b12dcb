"""A bundle of a case, byte by byte: what is in the file, in which order, and nothing else. The format itself:
`docs/formats/case-bundle.md`.

It is one binary age file, under a passphrase or to recipients. `age -d` shows inside (`desk.age.framed_file`):

    enlace/case-bundle/v1
    {"parts":31}
    4211
    enlace/case-manifest/v1
    {"at":1767225600,"case":"9c…","contact":"co-desk","device":"77…","language":"es","left_out":[],"network":"5f…",
     "parts":[{"hash":"…","kind":"index","name":"index","size":2113},…]}

    — enlace.example/77… …
    — enlace.example/77… …
    2113
    # Caso 9c3f0a11: …

(The manifest is one line of JSON; it is folded here.)

1. First the manifest: a note signed by both keys of the device that exports. It names every part with its hash and
   size, and what was left out, with the reason. Then the parts, in that order, and nothing after the last.
2. Kinds come in the order of KINDS, names of one kind in ascending order. A name follows from what it names: `index`,
   `policy`, `checkpoint`, `log`; `message-` and `receipt-` with the hash of the signed text, `line-` with that of the
   line, `attachment-` with that of the sealed file.
3. There is one index, one checkpoint, one log and one message at least; at most one policy.
4. A part has at most MOST_PART bytes, all of them together MOST_TOGETHER.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Annotated, BinaryIO, Literal, get_args

import msgspec

from desk.age.framed_file import check_end, framed, head_of, pieces_of
from directory.canonical import Malformed, decode, encode
from directory.fields import ContactId, Hash, Time

BUNDLE_TYPE = "enlace/case-bundle/v1"
MANIFEST_TYPE = "enlace/case-manifest/v1"
MOST_MANIFEST = 2 << 20
MOST_PARTS = 4_000
MOST_LEFT_OUT = 2_000
MOST_PART = 64 << 20
MOST_TOGETHER = 512 << 20
_MOST_HEAD = 64

Kind = Literal["index", "policy", "checkpoint", "log", "message", "receipt", "line", "attachment"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Why = Literal["erased", "handling", "locked", "not-here", "too-large"]
WHYS: tuple[Why, ...] = get_args(Why)


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of the manifest."""


class Part(Piece, frozen=True, kw_only=True):
    """A part: its kind and name, the SHA-256 of its bytes and their number."""

    kind: Kind
    name: Annotated[str, msgspec.Meta(pattern=r"\A[a-z]+(-[0-9a-f]{64})?\Z")]
    hash: Hash
    size: Annotated[int, msgspec.Meta(ge=1, le=MOST_PART)]


class LeftOut(Piece, frozen=True, kw_only=True):
    """A message (by the hash of its text) or an attachment (by that of the sealed file) that is not in it, and why."""

    what: Hash
    why: Why


class Manifest(Piece, frozen=True, kw_only=True):
    """What a bundle holds, of which case, who exported it, when by their clock, and the language of the index."""

    network: Hash
    case: Hash
    at: Time
    contact: ContactId
    device: Hash
    language: Literal["es", "en", "pt", "fr"]
    parts: Annotated[tuple[Part, ...], msgspec.Meta(min_length=1, max_length=MOST_PARTS)]
    left_out: Annotated[tuple[LeftOut, ...], msgspec.Meta(max_length=MOST_LEFT_OUT)] = ()


class _Head(Piece, frozen=True, kw_only=True):
    parts: Annotated[int, msgspec.Meta(ge=1, le=MOST_PARTS)]


def part(kind: Kind, name: str, data: bytes) -> Part:
    """A part as the manifest names it."""
    return Part(kind=kind, name=name, hash=sha256(data).hexdigest(), size=len(data))


def write_bundle(manifest: bytes, parts: Sequence[bytes]) -> Iterator[bytes]:
    """What is to be sealed, piece by piece; refuses (Malformed) what `read_bundle` would not take."""
    if len(manifest) > MOST_MANIFEST or len(parts) > MOST_PARTS or sum(map(len, parts)) > MOST_TOGETHER:
        raise Malformed(f"a bundle holds at most {MOST_PARTS} parts and {MOST_TOGETHER >> 20} MiB")
    yield from framed(BUNDLE_TYPE, encode(_Head(parts=len(parts))), (manifest, *parts))


def read_bundle(file: BinaryIO) -> tuple[bytes, list[bytes]]:
    """The manifest's note and the parts, nothing of them checked but the frame; raises Malformed."""
    head = decode(head_of(file, BUNDLE_TYPE, _MOST_HEAD), _Head, _MOST_HEAD)
    (manifest,) = pieces_of(file, 1, MOST_MANIFEST, MOST_MANIFEST)
    parts = list(pieces_of(file, head.parts, MOST_PART, MOST_TOGETHER))
    check_end(file, "part")
    return manifest, parts


def check_manifest(manifest: Manifest) -> None:
    """Return if the parts stand in their order, each once, as rules 2 and 3 say; raise Malformed if not."""
    keys = [(KINDS.index(each.kind), each.name) for each in manifest.parts]
    if keys != sorted(set(keys)):
        raise Malformed("the parts of a bundle stand in the order of their kinds and names, each once")
    for each in manifest.parts:
        alone = each.kind in ("index", "policy", "checkpoint", "log")
        if each.name.partition("-")[0] != each.kind or alone == ("-" in each.name):
            raise Malformed(f"a part of kind {each.kind} is not called {each.name}")
    kinds = {each.kind for each in manifest.parts}
    if lacking := {"index", "checkpoint", "log", "message"} - kinds:
        raise Malformed(
            f"a bundle has an index, a checkpoint, a log and a message: {', '.join(sorted(lacking))} lacking"
        )
    left = [each.what for each in manifest.left_out]
    if left != sorted(set(left)):
        raise Malformed("what was left out is named in order, each once")


def write_log(entries: Iterable[bytes]) -> bytes:
    """The entries of the log in one part, each behind its length."""
    return b"".join(b"%d\n%b" % (len(each), each) for each in entries)


def read_log(raw: bytes) -> list[bytes]:
    """The entries in that part; raises Malformed for whatever `write_log` would not have written."""
    entries, at = list[bytes](), 0
    while at < len(raw):
        end = raw.find(b"\n", at, at + 9)
        digits = raw[at:end] if end > 0 else b""
        if not digits.isdigit() or digits.startswith(b"0"):
            raise Malformed("an entry of the log has no length before it")
        at, size = end + 1, int(digits)
        if at + size > len(raw):
            raise Malformed("the last entry of the log is cut off")
        entries.append(raw[at : at + size])
        at += size
    return entries
