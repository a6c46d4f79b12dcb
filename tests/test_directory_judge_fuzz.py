"""Whatever the bytes: the judge takes them or answers in its own words, and nothing else comes out."""

import json
import random
from typing import Any

import pytest
from directory_cases import usual
from directory_world import World, key_pair, local_id

from crypto.note import NoteError, SignatureError
from crypto.signing import ed25519_line
from directory.canonical import Malformed
from directory.judge import Refused, admit
from directory.statement import KINDS, parse_statement, statement_note
from directory.view import View

WORDS = (Refused, Malformed, NoteError, SignatureError)  # UnknownStatement is a Malformed
ROUNDS = 250
HANDLES = ("root-1", "root-2", "co-chief", "co-deputy", "co-night", "co-day", "ec-chief", "duty")
ODD: tuple[Any, ...] = (None, 1.0, 1e300, -1, 2**60, 10**400, "", "x", "\x7f", "tomorrow", [], {}, True, ["co"], [[]])


def views_of(world: World) -> list[View]:
    """The view before each entry, and after the last."""
    views = [View()]
    for entry in world.entries:
        views.append(admit(views[-1], entry, world.now))
    return views


@pytest.mark.parametrize("seed", range(8))
def test_damaged_entries_are_refused_in_words(seed: int) -> None:
    world, rng = usual(), random.Random(seed)
    views = views_of(world)
    for _ in range(ROUNDS):
        at = rng.randrange(len(world.entries))
        entry = damaged(rng, world.entries[at], rng.choice(world.entries))
        try:
            after = admit(views[at], entry, world.now)
        except WORDS:
            continue
        signed = parse_statement(entry)  # taken: then it says what it said, perhaps under other lines that suffice
        assert statement_note(signed.statement, signed.note.signatures) == entry
        assert signed.statement == parse_statement(world.entries[at]).statement
        assert after == views[at + 1]


def damaged(rng: random.Random, entry: bytes, other: bytes) -> bytes:
    """`entry` with one kind of damage."""
    text, _, lines = entry.rpartition(b"\n\n")
    at, length = rng.randrange(len(entry)), rng.randrange(1, 40)
    match rng.randrange(8):
        case 0:
            return entry[:at] + rng.randbytes(1) + entry[at + 1 :]
        case 1:
            return entry[:at]
        case 2:
            return entry[:at] + entry[:length] + entry[at:]
        case 3:
            return text + b"\n\n" + other.rpartition(b"\n\n")[2] + lines * rng.randrange(2)
        case 4:
            old = rng.choice([b":0", b'"', b"=", b"co", b"\n", b"a"])
            return entry.replace(old, rng.choice([b":1", b"\\u0061", b""]))
        case 5:
            return entry[:at] + entry[at + length :]
        case 6:
            return rng.randbytes(length)
        case _:
            return b"enlace/statement/v1\n" + b"[" * rng.randrange(3000) + b"\n\n" + lines


@pytest.mark.parametrize("seed", range(8))
def test_what_insiders_sign_is_taken_or_refused_in_words(seed: int) -> None:
    """Fields exchanged, dropped, added or of the wrong kind, under good signatures of people who count."""
    world, rng = usual(), random.Random(f"insiders {seed}")
    bodies = [json.loads(entry.split(b"\n")[1]) for entry in world.entries]
    taken = 0
    for _ in range(ROUNDS):
        try:
            admit(world.view, resigned(rng, world, altered(rng, bodies)), world.now)
            taken += 1
        except WORDS:
            continue
    assert taken < ROUNDS / 4


def altered(rng: random.Random, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """A statement's fields, some of them from another statement or of no meaning."""
    body = dict(rng.choice(bodies))
    for _ in range(rng.randrange(1, 4)):
        other = rng.choice(bodies)
        key = rng.choice(sorted(other))
        match rng.randrange(6):
            case 0:
                body[key] = rng.choice(ODD)
            case 1:
                body.pop(key, None)
            case 2:
                body["kind"] = rng.choice([*sorted(KINDS), "declare-peace"])
            case 3:
                body["seq"] = rng.randrange(3)
            case 4:
                value = body.get(key)
                if isinstance(value, str) and value:
                    at = rng.randrange(len(value))
                    body[key] = value[:at] + rng.choice("Aa0=+\n") + value[at + 1 :]
            case _:
                body[key] = other[key]
    return body


def resigned(rng: random.Random, world: World, body: dict[str, Any]) -> bytes:
    text = "enlace/statement/v1\n" + json.dumps(body, sort_keys=True, separators=(",", ":")) + "\n"
    who = rng.choice([("root-1", "root-2"), ("co-chief",), ("co-chief", "co-deputy"), tuple(rng.sample(HANDLES, 3))])
    lines = [ed25519_line(key_pair(each).ed25519, f"{world.name}/{local_id(each)}", text).line() for each in who]
    return (text + "\n" + "".join(lines)).encode()
