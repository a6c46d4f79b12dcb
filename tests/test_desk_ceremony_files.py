"""The files of a root ceremony: what was read would be written back the same, and everything else is refused."""

import io
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from ceremony_world import founding_asked, rekeying, request, signed, suspending
from desk_world import network
from directory_world import World, key_pair
from hypothesis import given
from hypothesis import strategies as st

from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from desk.age.framed_file import MOST_ENTRIES
from desk.roots.drafts import Asked, Draft
from desk.roots.root_keys import PUBLIC_TYPE, public_half, read_public, write_public
from desk.roots.root_request import MOST_HEAD_BYTES, REQUEST_TYPE, Request, read_request, write_request
from desk.roots.root_signed import MOST_SIGNED_BYTES, SIGNED_TYPE, RootSignatures, Signed, read_signed, write_signed
from directory.canonical import Malformed, encode
from directory.statement import MOST_STATEMENT_BYTES
from relay.protocol.requests import OpenedBody

WORLD = network()
ASKED = suspending(WORLD)
EMPTY = msgspec.structs.replace(ASKED, statements=())
REQUEST = request(WORLD, ASKED)
GOOD = b"".join(write_request(REQUEST, WORLD.entries))
SIGNED = signed(WORLD, ASKED, "root-1", "root-2")
RAW = write_signed(SIGNED)
PUBLIC = public_half(key_pair("root-1").ed25519)


def read(raw: bytes) -> tuple[Request, list[bytes]]:
    return read_request(io.BytesIO(raw))


def written(request_: Request, entries: list[bytes]) -> bytes:
    return b"".join(write_request(request_, entries))


def test_a_request_is_read_as_it_was_written() -> None:
    assert read(GOOD) == (REQUEST, WORLD.entries)
    assert written(*read(GOOD)) == GOOD
    assert GOOD.decode().startswith(f"{REQUEST_TYPE}\n")  # all of it is text


texts = st.text(max_size=40)
bodies = st.builds(OpenedBody, salt=texts, body=texts)
drafts = st.builds(Draft, text=texts, lines=st.lists(texts, max_size=3).map(tuple))
asked = st.builds(
    Asked,
    network=st.binary(min_size=32, max_size=32).map(bytes.hex),
    statements=st.lists(drafts, min_size=1, max_size=3).map(tuple),
    bodies=st.lists(bodies, max_size=3).map(tuple),
)
logs = st.lists(st.binary(min_size=1, max_size=300), max_size=5)


@given(asked, logs, texts, st.integers(0, 2**40), st.lists(bodies, max_size=2))
def test_whatever_is_written_is_read_again(
    wanted: Asked, entries: list[bytes], checkpoint: str, made: int, known: list[OpenedBody]
) -> None:
    whole = Request(asked=wanted, made=made, checkpoint=checkpoint, entries=len(entries), known=tuple(known))
    assert read(written(whole, entries)) == (whole, entries)


@given(st.data())
def test_a_request_altered_anywhere_is_refused_or_written_back_as_altered(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(GOOD) - 1))
    bad = data.draw(
        st.sampled_from([GOOD[:place], GOOD[:place] + b"0" + GOOD[place:], GOOD[:place] + b"\n" + GOOD[place + 1 :]])
    )
    try:
        found = read(bad)
    except Malformed:
        return
    assert written(*found) == bad


def line(number: int, change: Callable[[bytes], bytes]) -> bytes:
    lines = GOOD.split(b"\n")
    lines[number] = change(lines[number])
    return b"\n".join(lines)


BAD_REQUESTS = {
    "nothing": (b"", "first line"),
    "another type": (RAW, "first line"),
    "a later version": (GOOD.replace(b"/v1", b"/v2", 1), "first line"),
    "a carriage return": (GOOD.replace(b"\n", b"\r\n", 1), "first line"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, "first line"),
    "only its first line": (GOOD[: len(REQUEST_TYPE) + 1], "cut off"),
    "half its head": (GOOD[:200], "cut off"),
    "a head that never ends": (GOOD[: len(REQUEST_TYPE) + 1] + b" " * (MOST_HEAD_BYTES + 9), "too long"),
    "no JSON": (line(1, lambda _: b"nothing"), "JSON"),
    "no UTF-8": (line(1, lambda each: each.replace(b"suspend", b"\xff\xfe")), "JSON"),
    "an unknown field": (line(1, lambda each: each.replace(b'"made"', b'"maid":1,"made"')), "unknown field"),
    "a key twice": (line(1, lambda each: each.replace(b'"made"', b'"made":1,"made"')), "JSON"),
    "white space": (line(1, lambda each: each.replace(b'"made":', b'"made": ')), "canonically"),
    "a default written out": (line(1, lambda each: each.replace(b'"made"', b'"known":[],"made"')), "canonically"),
    "a null": (line(1, lambda each: each.replace(b'"made"', b'"known":null,"made"')), "JSON"),
    "no statement": (
        line(1, lambda each: encode(msgspec.structs.replace(request(WORLD, ASKED), asked=EMPTY))), "length >= 1"
    ),
    "deep JSON": (line(1, lambda _: b"[" * 100_000), "JSON"),
    "too many entries": (
        line(1, lambda each: each.replace(b'"entries":', b'"entries":99999999')), f"<= {MOST_ENTRIES}"
    ),
    "fewer entries than it says": (line(1, lambda each: each.replace(b'"entries":', b'"entries":1')), "cut off"),
    "more entries than it says": (GOOD + b"1\nx", "behind its last entry"),
    "a newline more": (GOOD + b"\n", "behind its last entry"),
    "a byte less": (GOOD[:-1], "cut off"),
    "a length of nothing": (line(2, lambda _: b"0"), "length"),
    "a length with a sign": (line(2, lambda each: b"+" + each), "length"),
    "a length with a zero before": (line(2, lambda each: b"0" + each), "length"),
    "a length too large": (line(2, lambda _: str(MOST_STATEMENT_BYTES + 1).encode()), "length"),
    "a length that is no number": (line(2, lambda _: b"ten"), "length"),
    "a length longer than a number": (line(2, lambda _: b"1" * 4000), "length"),
    "a length of another entry": (line(2, lambda each: str(int(each) + 1).encode()), "length"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_a_bad_request_is_refused(name: str) -> None:
    raw, words = BAD_REQUESTS[name]
    with pytest.raises(Malformed, match=words):
        read(raw)


def test_too_much_is_not_written() -> None:
    with pytest.raises(Malformed, match="entries"):
        written(request(WORLD, ASKED), WORLD.entries[:-1])
    huge = msgspec.structs.replace(ASKED, statements=(Draft(text="x" * (MOST_HEAD_BYTES + 1)),))
    with pytest.raises(Malformed, match="too much"):
        written(request(WORLD, huge), WORLD.entries)


# What comes back signed.


def test_a_signed_request_is_read_as_it_was_written() -> None:
    assert read_signed(RAW) == SIGNED
    assert write_signed(read_signed(RAW)) == RAW


def test_each_statement_carries_its_lines_in_order() -> None:
    world = World()
    world.now = WORLD.now
    done = signed(world, founding_asked(world.now), "root-3", "root-1", "root-2")
    assert done.roots == ()
    for entry in done.entries("enlace.example"):
        names = [each.split()[1] for each in entry.decode().splitlines() if each.startswith("\u2014")]
        assert names == sorted(names)
        assert len(names) == 3


@given(st.data())
def test_a_signed_file_altered_anywhere_is_refused_or_written_back_as_altered(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(RAW) - 1))
    bad = data.draw(
        st.sampled_from([RAW[:place], RAW[:place] + b"0" + RAW[place:], RAW[:place] + b"\n" + RAW[place + 1 :]])
    )
    try:
        found = read_signed(bad)
    except Malformed:
        return
    assert write_signed(found) == bad


def changed(**fields: Any) -> bytes:
    return write_signed(msgspec.structs.replace(SIGNED, **fields))


def by_first(**fields: Any) -> bytes:
    first, second = SIGNED.signatures
    return changed(signatures=(msgspec.structs.replace(first, **fields), second))


FOREIGN = RootSignatures(key=b64(key_pair("root-9").public.ed25519), over=SIGNED.signatures[0].over)
OTHER = WORLD.copy()
OTHER.now += 1
LATER = suspending(OTHER)
FOUNDED = World()
FOUNDED.now = WORLD.now
FOUNDING = signed(FOUNDED, founding_asked(WORLD.now), "root-1", "root-2")
REKEYING = signed(WORLD, rekeying(WORLD, "root-3", "root-4", "root-5"), "root-1", "root-4")

BAD_SIGNED = {
    "nothing": (b"", "first line"),
    "another type": (GOOD, "first line"),
    "a later version": (RAW.replace(b"/v1", b"/v2", 1), "first line"),
    "cut": (RAW[:-1], "cut off"),
    "cut early": (RAW[:40], "cut off"),
    "only its first line": (f"{SIGNED_TYPE}\n".encode(), "cut off"),
    "more behind": (RAW + b"\n", "JSON"),
    "white space": (RAW.replace(b'"roots":', b'"roots": '), "canonically"),
    "an unknown field": (RAW.replace(b'"roots":', b'"date":1,"roots":'), "unknown field"),
    "too large": (RAW[: len(SIGNED_TYPE) + 1] + b" " * MOST_SIGNED_BYTES + b"{}\n", "at most"),
    "the statement altered": (RAW.replace(b'\\"until\\":1099511627776', b'\\"until\\":1099511627775'), "is wrong"),
    "another statement under the same signatures": (changed(asked=LATER), "is wrong"),
    "another network": (changed(asked=msgspec.structs.replace(ASKED, network="ab" * 32)), "another network"),
    "signatures exchanged between keys": (
        changed(signatures=tuple(
            msgspec.structs.replace(each, over=other.over)
            for each, other in zip(SIGNED.signatures, reversed(SIGNED.signatures), strict=True)
        )), "is wrong",
    ),
    "a signature too short": (by_first(over=(b64(bytes(63)),)), "is wrong"),
    "a signature of zeros": (by_first(over=(b64(bytes(64)),)), "is wrong"),
    "a signature in another spelling": (by_first(over=(SIGNED.signatures[0].over[0].rstrip("="),)), "is wrong"),
    "a signature missing": (by_first(over=("",)), "just what it has a say in"),
    "no signature for the statement": (by_first(over=()), "not one signature"),
    "a signature too many": (by_first(over=SIGNED.signatures[0].over * 2), "not one signature"),
    "no signature at all": (changed(signatures=()), "length >= 1"),
    "a key that is none of the roots": (
        changed(signatures=tuple(sorted((*SIGNED.signatures, FOREIGN), key=lambda each: each.key))), "has no say in"
    ),
    "a key that is no root any more": (changed(roots=SIGNED.roots[:1], threshold=1), "has no say in"),
    "a key twice": (changed(signatures=SIGNED.signatures[:1] * 2), "each of them once"),
    "keys out of order": (changed(signatures=SIGNED.signatures[::-1]), "sorted"),
    "roots out of order": (changed(roots=SIGNED.roots[::-1]), "sorted"),
    "a root twice": (changed(roots=SIGNED.roots[:1] * 2), "each of them once"),
    "no roots": (changed(roots=()), "threshold"),
    "no threshold": (changed(threshold=0), "threshold"),
    "a threshold above the roots": (changed(threshold=4), "threshold"),
    "a founding with roots before it": (
        write_signed(msgspec.structs.replace(FOUNDING, roots=SIGNED.roots, threshold=2)), "threshold"
    ),
    "half a founding signed": (
        write_signed(msgspec.structs.replace(FOUNDING, signatures=tuple(
            msgspec.structs.replace(each, over=(each.over[0], "")) for each in FOUNDING.signatures
        ))), "just what it has a say in",
    ),
    "the new keys of a re-keying under another": (
        write_signed(msgspec.structs.replace(SIGNED, signatures=REKEYING.signatures)), "has no say|is wrong"
    ),
    "no statement": (changed(asked=EMPTY), "length >= 1"),
    "details that nothing commits to": (
        changed(asked=msgspec.structs.replace(ASKED, bodies=(OpenedBody(salt=b64(bytes(32)), body=b64(b"{}")),))),
        "were exchanged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_SIGNED)
def test_a_bad_signed_file_is_refused(name: str) -> None:
    raw, words = BAD_SIGNED[name]
    with pytest.raises(Malformed, match=words):
        read_signed(raw)


# The public half of a root key.


def test_a_public_half_is_read_as_it_was_written() -> None:
    raw = write_public(PUBLIC)
    assert read_public(raw) == PUBLIC
    assert PUBLIC.fingerprint == fingerprint(PUBLIC.local)
    assert raw.decode().splitlines()[0] == PUBLIC_TYPE


WEAK = b64(bytes(31) + b"\x80")
OF_WEAK = msgspec.structs.replace(PUBLIC, ed25519=WEAK)
BAD_PUBLIC = {
    "nothing": (b"", "type"),
    "another type": (RAW, "type"),
    "no UTF-8": (b"\xff", "UTF-8"),
    "cut": (write_public(PUBLIC)[:-1], "one line"),
    "a line more": (write_public(PUBLIC) + b"\n", "one line"),
    "a fingerprint of another": (
        write_public(msgspec.structs.replace(PUBLIC, fingerprint=fingerprint("x"))), "fingerprint is that of another"
    ),
    "a key of another": (
        write_public(msgspec.structs.replace(PUBLIC, ed25519=b64(key_pair("root-2").public.ed25519))), "of another key"
    ),
    "a short key": (write_public(msgspec.structs.replace(PUBLIC, ed25519=b64(bytes(31)))), "JSON"),
    "a key that is none": (
        write_public(msgspec.structs.replace(OF_WEAK, fingerprint=fingerprint(OF_WEAK.local))), "key generator"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PUBLIC)
def test_a_bad_public_half_is_refused(name: str) -> None:
    raw, words = BAD_PUBLIC[name]
    with pytest.raises(Malformed, match=words):
        read_public(raw)


def test_a_signed_value_says_what_is_missing() -> None:
    assert signed(WORLD, ASKED, "root-2").missing() == (1, 0)
    assert SIGNED.missing() == (0, 0)
    assert REKEYING.missing() == (1, 1)
    assert isinstance(FOUNDING, Signed)
