"""Bodies and the two public lists, as properties and tables: the same again, or refused in words."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.bodies import (
    MOST_COMMITMENT,
    CircleBody,
    ContactBody,
    Hours,
    MemberBody,
    OfficerBody,
    read_body_bytes,
    write_body_bytes,
)
from directory.canonical import Malformed, encode
from directory.commitment import MOST_BODY_BYTES
from directory.exchange.csv_problem import ImportRefused
from directory.exchange.csv_sources import read_authorities, read_missions

KINDS: tuple[type[msgspec.Struct], ...] = (MemberBody, CircleBody, OfficerBody, ContactBody)
GOOD = b'{"names":{"es":"Mesa"}}'
HOURS = b'"hours":{"spans":[{"closes":600,"day":1,"opens":540}]}'


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "JSON"),
        (b"{}", "names"),
        (b"[" * 100_000, "JSON"),
        (GOOD[:-1], "JSON"),
        (GOOD + b"\n", "canonically"),
        (b'{"names":{"es":"Bogot\xe1"}}', "UTF-8"),
        (b'{"names":{"es":"a","es":"a"}}', "stands twice"),
        (b'{"names":{"es":"a"},"names":{"es":"a"}}', "stands twice"),
        (b'{"names":{"es":"a"},"colour":"red"}', "unknown field"),
        (b'{"names":{"es":null}}', "null"),
        (b'{"names":{"spanish":"a"}}', "names"),
        (b'{"languages":["ES"],"names":{"es":"a"}}', "languages"),
        (b'{"names":{"es":"a"},"phones":[{"number":"110"}]}', "phones"),
        (b'{"emails":["nobody"],"names":{"es":"a"}}', "emails"),
        (b"{" + HOURS + b',"names":{"es":"a"}}', "time zone"),
        (b'{"hours":{"always":true,' + HOURS[9:] + b',"names":{"es":"a"},"zone":"UTC"}', "no spans"),
        (b'{"hours":{"always":false},"names":{"es":"a"}}', "canonically"),
        (b'{"names":{"es":"a"},"respond":-1}', ">= 0"),
        (b'{"names":{"es":"a"},"respond":1.5}', "float"),
        (b'{"names":{"es":"' + b"a" * MOST_BODY_BYTES + b'"}}', "at most"),
    ],
)  # fmt: skip
def test_what_is_no_body_of_a_contact_is_malformed(raw: bytes, words: str) -> None:
    assert read_body_bytes(GOOD, ContactBody) == ContactBody(names={"es": "Mesa"})
    with pytest.raises(Malformed, match=words):
        read_body_bytes(raw, ContactBody)


NAMES = st.dictionaries(st.sampled_from(["en", "es", "fr", "pt"]), st.text(min_size=1, max_size=9), min_size=1)
CONTACTS = st.builds(
    ContactBody,
    names=NAMES,
    website=st.text(max_size=9),
    city=st.text(max_size=9),
    languages=st.lists(st.sampled_from(["es", "pt-BR"]), max_size=2).map(tuple),
    hours=st.builds(Hours, always=st.booleans()),
    respond=st.integers(0, MOST_COMMITMENT),  # more is read and not written: tests of the bodies
)


@given(CONTACTS)
@settings(max_examples=60)
def test_a_body_is_read_as_it_was_written(body: ContactBody) -> None:
    try:
        raw = write_body_bytes(body)
    except Malformed:
        with pytest.raises(Malformed):
            read_body_bytes(encode(body), ContactBody)
        return
    assert read_body_bytes(raw, ContactBody) == body


@given(st.sampled_from(KINDS), st.binary(max_size=60) | st.integers(0, 22).map(lambda at: GOOD[:at] + b"x" + GOOD[at:]))
def test_any_bytes_are_a_body_or_malformed(kind: type[msgspec.Struct], raw: bytes) -> None:
    try:
        body: Any = read_body_bytes(raw, kind)
    except Malformed:
        return
    assert write_body_bytes(body) == raw


@pytest.mark.parametrize("read", [read_missions, read_authorities])
@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"a,b\n1,2\n", b'"', b"\0", b"country,type\nXX\n"])
def test_what_is_neither_public_list_is_refused(read: Callable[[bytes], Any], raw: bytes) -> None:
    with pytest.raises(ImportRefused):
        read(raw)


@given(st.binary(max_size=80) | st.text('",;\n ab', max_size=60).map(str.encode))
@settings(max_examples=60)
def test_any_public_list_is_read_or_refused(raw: bytes) -> None:
    read: Callable[[bytes], Any]
    for read in (read_missions, read_authorities):
        try:
            assert isinstance(read(raw), tuple)
        except ImportRefused:
            pass
