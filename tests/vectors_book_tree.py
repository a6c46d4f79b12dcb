"""Vectors of the log's hashing and of checkpoints."""

from typing import Any

from vectors_case import Book
from vectors_log import staffed
from vectors_spoils import Signed
from vectors_world import ORIGIN, START, Log, pair

from crypto.checkpoint import (
    MLDSA44_COSIGNATURE_TYPE,
    MOST_CHECKPOINT_BYTES,
    Checkpoint,
    cosigned_message,
    sign_checkpoint,
)
from crypto.encoding import b64
from crypto.merkle import EMPTY_ROOT, Tree, leaf_hash
from crypto.note import Note, Signature, key_id, parse_note
from crypto.signing import ed25519_line

TIME = START + 86_400


def tree_book() -> Book:
    """Roots, and proofs of inclusion and consistency."""
    book = Book("tree", "docs/formats/log.md")
    entries = [b"", b"\0", b"enlace", *(f"entry {n}\n".encode() for n in range(3, 9))]
    leaves = [leaf_hash(each) for each in entries]
    tree = Tree(leaves)
    for size in (0, 1, 2, 3, 4, 5, 7, 8, 9):
        out = {"leaves": [each.hex() for each in leaves[:size]], "root": tree.root(size).hex()}
        book.good(f"root of {size}", f"the first {size} entries", out, entries=entries[:size])
    for index, size in ((0, 1), (0, 9), (3, 7), (6, 7), (8, 9), (4, 8)):
        book.good(f"entry {index} of {size}", "an inclusion proof", {}, **_inclusion(tree, index, size))
    for old, new in ((0, 5), (1, 2), (3, 7), (4, 8), (6, 9), (8, 9), (9, 9)):
        book.good(f"from {old} to {new}", "a consistency proof", {}, **_consistency(tree, old, new))
    good, kept = _inclusion(tree, 3, 7), _consistency(tree, 3, 7)
    zero, path, proof = "0" * 64, good["path"], kept["path"]
    for name, fields in (
        ("inclusion: another leaf", {"leaf": leaves[2].hex()}),
        ("inclusion: another index", {"index": 2}),
        ("inclusion: index outside", {"index": 7}),
        (
            "inclusion: index outside of one",
            {"leaf": leaves[0].hex(), "index": 1, "size": 1, "root": leaves[0].hex(), "path": []},
        ),
        (
            "inclusion: path too long in one",
            {"leaf": leaves[0].hex(), "index": 0, "size": 1, "root": leaves[0].hex(), "path": [zero]},
        ),
        ("inclusion: another size", {"size": 9}),
        ("inclusion: another root", {"root": tree.root(8).hex()}),
        ("inclusion: path too short", {"path": path[:-1]}),
        ("inclusion: path too long", {"path": [*path, zero]}),
        ("inclusion: path in another order", {"path": path[::-1]}),
        ("inclusion: path altered", {"path": [zero, *path[1:]]}),
        ("inclusion: short hash", {"path": [path[0][2:], *path[1:]]}),
    ):
        book.bad(name, "an inclusion proof that does not hold", "bad proof", "", **(good | fields))
    for name, fields in (
        ("consistency: another old root", {"old_root": tree.root(2).hex()}),
        ("consistency: another new root", {"new_root": tree.root(8).hex()}),
        ("consistency: another old size", {"old": 2}),
        ("consistency: another new size", {"new": 9}),
        ("consistency: shrinking", {"old": 7, "new": 3}),
        ("consistency: path too short", {"path": proof[:-1]}),
        ("consistency: path too long", {"path": [*proof, zero]}),
        ("consistency: no path", {"path": []}),
        ("consistency: path altered", {"path": [zero, *proof[1:]]}),
        ("consistency: two roots of one size", {"old": 7, "old_root": tree.root(6).hex(), "path": []}),
        ("consistency: path from nothing", {"old": 0, "old_root": EMPTY_ROOT.hex()}),
        ("consistency: wrong root of nothing", {"old": 0, "old_root": zero, "path": []}),
    ):
        book.bad(name, "a consistency proof that does not hold", "bad proof", "", **(kept | fields))
    return book


def _inclusion(tree: Tree, index: int, size: int) -> dict[str, Any]:
    return {
        "leaf": tree.leaf(index).hex(),
        "index": index,
        "size": size,
        "root": tree.root(size).hex(),
        "path": [each.hex() for each in tree.inclusion(index, size)],
    }


def _consistency(tree: Tree, old: int, new: int) -> dict[str, Any]:
    return {
        "old": old,
        "old_root": tree.root(old).hex(),
        "new": new,
        "new_root": tree.root(new).hex(),
        "path": [each.hex() for each in tree.consistency(old, new)],
    }


def checkpoint_book() -> Book:
    """Checkpoints of the network's log."""
    book = Book("checkpoint", "docs/formats/checkpoint.md")
    log: Log = staffed()
    inputs = {"origin": ORIGIN, "keys": "log"}
    state = log.state()
    raw = log.checkpoint(TIME)

    def good(name: str, description: str, checkpoint: Checkpoint, time: int, value: bytes) -> None:
        out = {"size": checkpoint.size, "root": checkpoint.root.hex(), "time": time}
        book.good(name, description, out, checkpoint=value, **inputs)

    good("of the log", "all statements so far", state, TIME, raw)
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    good("empty", "no entries", empty, TIME, sign_checkpoint(empty, pair("log"), TIME))
    large = Checkpoint(ORIGIN, 2**63 - 1, state.root)
    good("largest", "the largest size and time", large, 2**63 - 1, sign_checkpoint(large, pair("log"), 2**63 - 1))
    note = parse_note(raw)
    ed25519, mldsa44 = note.signatures
    witness = Signature("witness.example/1", b"\1\2\3\4", b"x" * 72)
    good(
        "with a witness",
        "a line of somebody unknown is left to who knows the key",
        state,
        TIME,
        Note(note.text, (*note.signatures, witness)).write(),
    )
    good(
        "lines in the other order",
        "the order of lines says nothing here",
        state,
        TIME,
        Note(note.text, (mldsa44, ed25519)).write(),
    )
    _bad_signatures(book, inputs, state, raw)
    _bad_texts(book, inputs, state)
    return book


def _bad_signatures(book: Book, inputs: dict[str, Any], state: Checkpoint, raw: bytes) -> None:
    note = parse_note(raw)
    ed25519, mldsa44 = note.signatures
    case = Signed(book, "checkpoint", "of the log", "log", ORIGIN, raw, inputs)
    add = case.add

    def of(*lines: Signature, text: str = note.text) -> bytes:
        return Note(text, lines).write()

    def with_blob(blob: bytes) -> bytes:
        return of(ed25519, Signature(mldsa44.name, mldsa44.key_id, blob))

    blob = mldsa44.blob
    other = pair("stranger")
    foreign = parse_note(sign_checkpoint(state, other, TIME)).signatures
    add("no ML-DSA-44 line", "the cosignature is missing", "signature missing", of(ed25519))
    add("no Ed25519 line", "the Ed25519 signature is missing", "signature missing", of(mldsa44))
    add("another log's keys", "both lines by other keys under the same name", "signature missing", of(*foreign))
    add("halves of two logs", "the cosignature is by other keys", "signature missing", of(ed25519, foreign[1]))
    add("a line twice", "the Ed25519 line stands there twice", "signature repeated", of(ed25519, ed25519, mldsa44))
    add("cosignature twice", "the cosignature stands there twice", "signature repeated", of(ed25519, mldsa44, mldsa44))
    add("Ed25519 signature changed", "one bit of it", "bad signature",
        of(_flipped(ed25519), mldsa44))  # fmt: skip
    add("cosignature changed", "one bit of it", "bad signature", with_blob(blob[:-1] + bytes([blob[-1] ^ 1])))
    add(
        "time changed",
        "a second later than was signed",
        "bad signature",
        with_blob((TIME + 1).to_bytes(8, "big") + blob[8:]),
    )
    add("time above 2^63", "the first bit of the time is set", "bad signature", with_blob(b"\xff" + blob[1:]))
    add("cosignature cut", "its last byte is missing", "bad signature", with_blob(blob[:-1]))
    add("cosignature without time", "the eight bytes of the time are missing", "bad signature", with_blob(blob[8:]))
    plain = pair("log").sign_text(ORIGIN, note.text)
    add(
        "ML-DSA-44 over the text",
        "a signature as notes have it, in place of the cosignature",
        "signature missing",
        of(*plain),
    )
    as_cosignature = Signature(
        ORIGIN, key_id(ORIGIN, MLDSA44_COSIGNATURE_TYPE + pair("log").public.mldsa44), bytes(8) + plain[1].blob
    )
    add(
        "ML-DSA-44 over the text as a cosignature",
        "with a time of zero before it",
        "bad signature",
        of(ed25519, as_cosignature),
    )
    old = ed25519_line(pair("log").ed25519, ORIGIN, note.text.replace(f"\n{state.size}\n", f"\n{state.size - 1}\n"))
    add("Ed25519 over another size", "one entry fewer", "bad signature", of(old, mldsa44))
    lines = [Signature(f"witness-{n}", b"\0\0\0\1", b"x" * 72) for n in range(33)]
    add("35 lines", "at most 34", "out of range", of(ed25519, mldsa44, *lines))
    add("no signature", "the text and a blank line", "malformed", (note.text + "\n").encode())
    add("not UTF-8", "a byte 0xff in the origin", "not UTF-8", raw.replace(b"log.", b"lo\xff.", 1))
    add("CRLF", "lines end in carriage return and newline", "malformed", raw.replace(b"\n", b"\r\n"))
    add("too large", "more than 128 KiB", "too large", raw[:-1] + b"A" * (MOST_CHECKPOINT_BYTES + 1 - len(raw)) + b"\n")
    assert cosigned_message(ORIGIN, state, TIME)


def _flipped(line: Signature) -> Signature:
    return Signature(line.name, line.key_id, bytes([line.blob[0] ^ 1]) + line.blob[1:])


def _bad_texts(book: Book, inputs: dict[str, Any], state: Checkpoint) -> None:
    root = b64(state.root)

    def signed(text: str) -> bytes:
        lines = pair("log").sign_text(ORIGIN, text)
        return Note(text, (lines[0],)).write()

    def bad(name: str, description: str, word: str, text: str) -> None:
        book.bad(name, description, word, "of the log", checkpoint=signed(text), **inputs)

    bad(
        "another origin",
        "the checkpoint of another log",
        "wrong origin",
        f"log.enlace.example/9\n{state.size}\n{root}\n",
    )
    bad("extension line", "a fourth line", "malformed", f"{ORIGIN}\n{state.size}\n{root}\nextension\n")
    bad("two lines", "the root is missing", "malformed", f"{ORIGIN}\n{state.size}\n")
    bad("size with a zero", "a leading zero", "malformed", f"{ORIGIN}\n0{state.size}\n{root}\n")
    bad("size with a sign", "a plus sign", "malformed", f"{ORIGIN}\n+{state.size}\n{root}\n")
    bad("size with an underscore", "digits in groups", "malformed", f"{ORIGIN}\n1_8\n{root}\n")
    bad("size in Arabic-Indic digits", "digits of another script", "malformed", f"{ORIGIN}\n\u0661\u0668\n{root}\n")
    bad("size above the largest", "2^63", "out of range", f"{ORIGIN}\n{2**63}\n{root}\n")
    bad("root too short", "31 bytes", "out of range", f"{ORIGIN}\n{state.size}\n{b64(state.root[1:])}\n")
    bad(
        "root without padding",
        "its base64 lacks the last character",
        "malformed",
        f"{ORIGIN}\n{state.size}\n{root[:-1]}\n",
    )
    bad(
        "root in loose base64",
        "the last digit has bits that no byte takes up",
        "not canonical",
        f"{ORIGIN}\n{state.size}\n{_loose(root)}\n",
    )
    bad("no origin", "the first line is empty", "malformed", f"\n{state.size}\n{root}\n")
    bad("origin with a space", "a key name has no spaces", "malformed", f"log enlace\n{state.size}\n{root}\n")
    bad("origin of 256 bytes", "at most 255", "out of range", f"{'a' * 256}\n{state.size}\n{root}\n")


def _loose(text: str) -> str:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return text[:-2] + digits[digits.index(text[-2]) + 1] + "="
