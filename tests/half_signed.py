"""Notes on which not both signatures of one signer hold, made from real ones.

    half(raw, "Ed25519 alone")     the same text, and lines as HALVES says; "whole" gives back what it was given

Checkpoints are told from other notes by their second line, a cosignature with the time in front.
"""

from collections.abc import Callable
from typing import NamedTuple

from directory_world import key_pair

from crypto.checkpoint import parse_checkpoint, sign_checkpoint
from crypto.errors import CryptoError
from crypto.note import Note, Signature, parse_note

WHOLE = "whole"
ED, ML = "Ed25519", r"ML-DSA-44"


class Lines(NamedTuple):
    """The two lines of one signer."""

    ed25519: Signature
    mldsa44: Signature


def _wrong(line: Signature) -> Signature:
    return Signature(line.name, line.key_id, line.blob[:-1] + bytes([line.blob[-1] ^ 1]))


def _named(line: Signature, name: str) -> Signature:
    return Signature(name, line.key_id, line.blob)


Half = Callable[[Lines, Lines], tuple[Signature, ...]]
# What stands below the text, and what is wrong with it in the words of the refusal.
HALVES: dict[str, tuple[Half, str]] = {
    "Ed25519 alone": (lambda own, _: (own.ed25519,), f"the {ML} signature of .* is missing"),
    "ML-DSA-44 alone": (lambda own, _: (own.mldsa44,), f"the {ED} signature of .* is missing"),
    "ML-DSA-44 by another": (lambda own, other: (own.ed25519, other.mldsa44), f"the {ML} signature of .* is missing"),
    "Ed25519 by another": (lambda own, other: (other.ed25519, own.mldsa44), f"the {ED} signature of .* is missing"),
    "ML-DSA-44 by another in its own name": (
        lambda own, other: (own.ed25519, _named(other.mldsa44, "another.example")),
        f"the {ML} signature of .* is missing",
    ),
    "Ed25519 by another in its own name": (
        lambda own, other: (_named(other.ed25519, "another.example"), own.mldsa44),
        f"the {ED} signature of .* is missing",
    ),
    "both by another": (lambda _, other: tuple(other), f"the {ED} signature of .* is missing"),
    "ML-DSA-44 wrong": (lambda own, _: (own.ed25519, _wrong(own.mldsa44)), f"the {ML} (co)?signature of .* is wrong"),
    "Ed25519 wrong": (lambda own, _: (_wrong(own.ed25519), own.mldsa44), f"the {ED} signature of .* is wrong"),
}


def half(raw: bytes | str, which: str) -> bytes:
    """The note in `raw` with the lines of `which`, a key of HALVES, or untouched for WHOLE."""
    content = raw if isinstance(raw, bytes) else raw.encode()
    if which == WHOLE:
        return content
    note = parse_note(content)
    own = Lines(*note.signatures)
    return Note(note.text, HALVES[which][0](own, _other(note, own))).write()


def _other(note: Note, own: Lines) -> Lines:
    """What another signer makes of the text, under the same name."""
    keys = key_pair("another signer altogether")
    try:
        time = int.from_bytes(own.mldsa44.blob[:8], "big")
        return Lines(*parse_note(sign_checkpoint(parse_checkpoint(note.text), keys, time)).signatures)
    except CryptoError:
        return Lines(*keys.sign_text(own.ed25519.name, note.text))
