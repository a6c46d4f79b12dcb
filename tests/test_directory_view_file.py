"""A view written and read is the same view; what this version did not write is refused."""

from dataclasses import replace

import msgspec
import pytest
from desk_world import network
from hypothesis import given
from hypothesis import strategies as st

from directory.canonical import Malformed
from directory.judge import apply
from directory.statement import AttestContact, parse_statement
from directory.view import View
from directory.view_file import read_view, shape, write_view

WORLD = network()
RAW = write_view(WORLD.view)


def views() -> list[View]:
    """The view after each statement of the world."""
    found, view = [], View()
    for entry in WORLD.entries:
        signed = parse_statement(entry)
        signers = frozenset(name.rpartition("/")[2] for name in signed.note.names())
        view = apply(view, signed.statement, signers, WORLD.now)
        found.append(view)
    return found


VIEWS = views()


@given(st.sampled_from(VIEWS))
def test_a_view_is_read_as_it_was_written(view: View) -> None:
    assert read_view(write_view(view)) == view


def test_what_was_read_is_gone_on_with() -> None:
    contact = WORLD.view.contacts["co-desk"]
    statement = AttestContact(
        network=WORLD.view.founded.id,
        at=WORLD.now,
        seq=WORLD.view.subjects["contact/co-desk"].count,
        contact=contact.id,
    )
    signer = WORLD.view.contact_devices("co-desk", WORLD.now)[:1]
    after = [apply(each, statement, frozenset(signer), WORLD.now) for each in (WORLD.view, read_view(RAW))]
    assert after[0] == after[1]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        RAW[:-1],
        RAW + b"\x00",
        RAW[1:],
        RAW.replace(shape(), bytes(32)),
        msgspec.msgpack.encode({}),
        msgspec.msgpack.encode(msgspec.msgpack.decode(RAW) | {"size": "many"}),
        msgspec.msgpack.encode({key: each for key, each in msgspec.msgpack.decode(RAW).items() if key != "touched"}),
        msgspec.msgpack.encode(msgspec.msgpack.decode(RAW) | {"contacts": {"co-desk": {"id": "co-desk"}}}),
        b"\x91" * 100_000,
    ],
)
def test_what_this_version_did_not_write_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_view(raw)


@given(st.binary(max_size=200))
def test_nothing_else_is_read_nor_breaks_the_reader(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_view(raw)


def test_a_view_before_the_founding_is_not_written() -> None:
    with pytest.raises(ValueError, match="founded"):
        write_view(replace(View(), size=1))
