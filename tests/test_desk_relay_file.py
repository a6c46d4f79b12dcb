"""Relay files: what is written is read back, and nothing else is one. And the mark of a halt likewise."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from directory_world import NAME, TWO_ROOTS, World, key_pair, relay_keys
from hypothesis import given
from hypothesis import strategies as st

from crypto.note import Note
from crypto.signing import ed25519_line
from desk.errors import Declined, Usage
from desk.replica.standing import HALTED_FILE, Halt, Mark, Standing, halted_words, read_mark, write_mark
from desk.roots.relay_file import TYPE, RelayFile, check_signed, read_relay_file, write_relay_file
from directory.canonical import Malformed, decode, encode, write_body
from directory.fields import FOREVER
from directory.judge_network import duty_id
from directory.statement import Continues, NameRelay

WORLD = World.founded()
DUTY = key_pair("duty").ed25519


def entry() -> str:
    """A statement that names a second relay, signed by two roots."""
    world = World.founded()
    continues = Continues(origin="log.enlace.example", size=2, root="7" * 64)
    statement = world.say(NameRelay, origin="log.enlace.example/2", **relay_keys("second"), continues=continues)
    return world.sign(statement, *TWO_ROOTS).decode()


ENTRY = entry()
FILE = RelayFile(network=WORLD.network, at=7, relay="https://relay.enlace.example", authority="PEM", statement=ENTRY)
RAW = write_relay_file(FILE, NAME, DUTY)


def test_what_is_written_is_read_back() -> None:
    named = read_relay_file(RAW)
    assert (named.file, named.entry, named.statement.origin) == (FILE, ENTRY.encode(), "log.enlace.example/2")
    check_signed(named, WORLD.view.founded)


@given(
    st.integers(0, FOREVER),
    st.from_regex(r"\Ahttps://[A-Za-z0-9.\[\]:-]{1,40}\Z"),
    st.text(st.characters(codec="utf-8"), max_size=80),
)
def test_reading_and_writing_are_one_another_s_inverse(at: int, relay: str, authority: str) -> None:
    file = msgspec.structs.replace(FILE, at=at, relay=relay, authority=authority)
    raw = write_relay_file(file, NAME, DUTY)
    assert read_relay_file(raw).file == file
    assert write_relay_file(read_relay_file(raw).file, NAME, DUTY) == raw


def signed(text: str, *handles: str) -> bytes:
    """A note of this text by these keys, each under the duty key's name."""
    name = f"{NAME}/{duty_id(key_pair('duty').public.ed25519)}"
    return Note(text, tuple(ed25519_line(key_pair(each).ed25519, name, text) for each in handles)).write()


def body(**changes: object) -> str:
    fields = {name: getattr(FILE, name) for name in FILE.__struct_fields__} | changes
    return f"{TYPE}\n{msgspec.json.encode(fields, order='sorted').decode()}\n"


def test_the_table_begins_from_what_is_written() -> None:
    assert write_body(TYPE, FILE) == body()


REFUSED = {
    "nothing": b"",
    "no text": b"\xff",
    "no note": b"enlace/relay-file/v1\n{}\n",
    "two signatures": signed(body(), "duty", "somebody"),
    "another type": signed(body().replace("v1", "v2"), "duty"),
    "a further line": signed(body() + "more\n", "duty"),
    "an unknown field": signed(body(more=1), "duty"),
    "a default written out": signed(body(authority=""), "duty"),
    "no address": signed(body(relay="relay.enlace.example"), "duty"),
    "no encryption": signed(body(relay="http://relay.enlace.example"), "duty"),
    "an address with a path": signed(body(relay="https://relay.enlace.example/x"), "duty"),
    "a time before all": signed(body(at=-1), "duty"),
    "a time with a fraction": signed(body(at=7.5), "duty"),
    "another network": signed(body(network="7" * 64), "duty"),
    "no network": signed(body(network="here"), "duty"),
    "no statement": signed(body(statement=""), "duty"),
    "a statement cut off": signed(body(statement=ENTRY[:-2]), "duty"),
    "another statement": signed(body(statement=WORLD.entries[0].decode()), "duty"),
    "keys out of order": signed(body().replace('{"at":7,', "{").replace("}\n", ',"at":7}\n'), "duty"),
    "deep": signed(f"{TYPE}\n{'[' * 5000}\n", "duty"),
    "too large": signed(body(authority="x" * 300_000), "duty"),
    "carriage returns": RAW.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_relay_file(raw: bytes) -> None:
    with pytest.raises(Usage, match="this is no relay file"):
        read_relay_file(raw)


@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
def test_a_file_with_one_byte_changed_is_refused_or_not_signed(place: int, change: int) -> None:
    raw = bytearray(RAW)
    raw[place] ^= change
    with pytest.raises((Usage, Declined)):
        check_signed(read_relay_file(bytes(raw)), WORLD.view.founded)


def test_signed_by_another_it_does_not_count() -> None:
    stranger = write_relay_file(FILE, NAME, key_pair("somebody").ed25519)
    for raw in (signed(body(), "somebody"), stranger):
        with pytest.raises(Declined, match="is not signed by the network's duty key"):
            check_signed(read_relay_file(raw), WORLD.view.founded)
    other = read_relay_file(write_relay_file(msgspec.structs.replace(FILE, at=8), NAME, DUTY))
    with pytest.raises(Declined, match="the relay file was altered"):
        check_signed(replace(other, note=Note(body(), other.note.signatures)), WORLD.view.founded)


# --- the mark of a halt ---

HALT = Halt(kind="fork", words="two histories", at=7, size=9, answer=1, checkpoint="…")


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_standing_is_read_back(words: str, at: int, answer: int) -> None:
    halt = Halt(kind="refused", words=words, at=at, size=1, answer=answer)
    assert decode(encode(Standing(halt=halt)), Standing) == Standing(halt=halt)


def test_a_mark_is_put_read_and_taken_away(tmp_path: Path) -> None:
    assert (read_mark(tmp_path), halted_words(tmp_path)) == (None, "")
    mark = Mark(halt=HALT, seal="7" * 64)
    write_mark(tmp_path, mark)
    assert (read_mark(tmp_path), halted_words(tmp_path)) == (mark, "this desk is halted: two histories")
    write_mark(tmp_path, None)
    write_mark(tmp_path, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"{}", b"[]", encode(Mark(halt=HALT, seal="7" * 64)) + b"\n", b"{" * 9999, b" " * 70_000],
)
def test_what_is_no_mark_halts_all_the_same(tmp_path: Path, content: bytes) -> None:
    (tmp_path / HALTED_FILE).write_bytes(content)
    with pytest.raises(Malformed):
        read_mark(tmp_path)
    assert halted_words(tmp_path) == "this desk is halted; its mark of why was changed on this disk"
