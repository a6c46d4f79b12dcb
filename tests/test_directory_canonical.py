"""Canonical JSON: one spelling of each value, and `Malformed` for all the others."""

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.canonical import (
    MOST_JSON_BYTES,
    Malformed,
    OtherType,
    decode,
    decode_lenient,
    encode,
    read_body,
    write_body,
)


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    seconds: int = 1000
    word: str = "day"


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    number: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    name: str
    inner: Inner = Inner()
    pair: tuple[str, ...] = ("a", "b")
    inners: tuple[Inner, ...] = ()
    words: dict[str, str] = {}  # msgspec copies an empty default for each instance
    later: int | msgspec.UnsetType = msgspec.UNSET


class Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: int = 5


SMALL = b'{"name":"x","number":7}'
THINGS = st.builds(
    Thing,
    number=st.integers(0, 2**53),
    name=st.text(),
    inner=st.builds(Inner, seconds=st.just(1000) | st.integers(-9, 9**9), word=st.sampled_from(["day", "night"])),
    pair=st.one_of(st.just(("a", "b")), st.lists(st.text(), max_size=3).map(tuple)),
    inners=st.lists(st.builds(Inner), max_size=2).map(tuple),
    words=st.dictionaries(st.text(), st.text(), max_size=3),
    later=st.one_of(st.just(msgspec.UNSET), st.integers(0, 9)),
)


@given(THINGS)
def test_what_is_written_is_read_and_written_the_same(thing: Thing) -> None:
    raw = encode(thing)
    assert decode(raw, Thing) == thing
    assert encode(decode(raw, Thing)) == raw
    assert read_body(write_body("a/v1", thing), "a/v1", Thing) == thing


@given(THINGS, THINGS)
def test_equal_values_have_one_spelling_and_different_ones_two(one: Thing, other: Thing) -> None:
    assert (encode(one) == encode(other)) == (one == other)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_malformed(raw: bytes) -> None:
    try:
        value = decode(raw, Thing)
    except Malformed:
        return
    assert encode(value) == raw


@pytest.mark.parametrize("at", range(len(SMALL)))
def test_any_changed_byte_changes_the_value_or_is_refused(at: int) -> None:
    for byte in range(256):
        raw = SMALL[:at] + bytes([byte]) + SMALL[at + 1 :]
        try:
            value = decode(raw, Thing)
        except Malformed:
            continue
        assert raw == SMALL or value != Thing(7, "x")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "JSON"),
        (b"null", "JSON"),
        (b"[]", "JSON"),
        (b'{"name":"x"}', "missing"),
        (b'{"name":"x","number":7.0}', "float"),
        (b'{"name":"x","number":7e0}', "float"),
        (b'{"name":"x","number":0.5}', "float"),
        (b'{"name":"x","number":1e400}', "range"),
        (b'{"name":"x","number":NaN}', "malformed"),
        (b'{"name":"x","number":Infinity}', "malformed"),
        (b'{"name":"x","number":-0}', "canonical"),
        (b'{"name":"x","number":-1}', ">= 0"),
        (b'{"name":"x","number":007}', "malformed"),
        (b'{"name":"x","number":+7}', "malformed"),
        (b'{"name":"x","number":0x7}', "malformed"),
        (b'{"name":"x","number":9007199254740993}', "<= 9007199254740992"),
        (b'{"name":"x","number":18446744073709551616}', "JSON"),
        (b'{"name":"x","number":' + b"9" * 5000 + b"}", "JSON"),
        (b'{"name":"x","number":"7"}', "str"),
        (b'{"name":"x","number":true}', "bool"),
        (b'{"name":"x","number":null}', "null"),
        (b'{"name":"x","number":7,"number":7}', "stands twice"),
        (b'{"name":"x","name":"x","number":7}', "stands twice"),
        (b'{"name":"x","number":7,"other":1}', "unknown field"),
        (b'{"name":"x","number":7,"later":null}', "null"),
        (b'{"number":7,"name":"x"}', "canonical"),
        (b'{"name": "x","number":7}', "canonical"),
        (b' {"name":"x","number":7}', "canonical"),
        (b'{"name":"x","number":7}\n', "canonical"),
        (b'{"name":"x","number":7}\r\n', "canonical"),
        (b'{"name":"x","number":7,}', "malformed"),
        (b'{"name":"x","number":7}{}', "malformed"),
        (b'\xef\xbb\xbf{"name":"x","number":7}', "malformed"),
        (b'{"name":"\\u0078","number":7}', "canonical"),
        (b'{"name":"\\/","number":7}', "canonical"),
        (b'{"name":"\\u00e9","number":7}', "canonical"),
        (b'{"name":"\\ud800","number":7}', "JSON"),
        (b'{"name":"\xff","number":7}', "UTF-8"),
        (b'{"name":"\xed\xa0\x80","number":7}', "UTF-8"),
        (b'{"name":"\x01","number":7}', "malformed"),
        (b"{'name':'x','number':7}", "malformed"),
        (b'{"name":"x","number":7}//', "malformed"),
        (b'{"inner":{},"name":"x","number":7}', "canonical"),
        (b'{"inner":{"seconds":1000},"name":"x","number":7}', "canonical"),
        (b'{"inner":{"word":"day"},"name":"x","number":7}', "canonical"),
        (b'{"name":"x","number":7,"pair":["a","b"]}', "canonical"),
        (b'{"inners":[],"name":"x","number":7}', "canonical"),
        (b'{"inners":[{"word":"day"}],"name":"x","number":7}', "canonical"),
        (b'{"name":"x","number":7,"words":{}}', "canonical"),
        (b'{"name":"x","number":7,"words":{"b":"","a":""}}', "canonical"),
        (b'{"name":"x","number":7,"words":{"a":"","a":""}}', "stands twice"),
        (b"[" * 100_000, "JSON"),
        (b'{"name":' * 100_000, "JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:40]),
)
def test_every_other_spelling_is_malformed(raw: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        decode(raw, Thing)


def test_deep_nesting_is_malformed_where_it_has_a_place() -> None:
    with pytest.raises(Malformed, match="deep"):
        decode_lenient(b"[" * 100_000 + b"]" * 100_000, Any)


def test_a_default_is_told_by_equality_not_by_identity() -> None:
    """Whether two equal numbers are one object differs between interpreters; what is signed must not."""
    thousand, day = int("1000"), "".join(("d", "ay"))
    assert encode(Inner(seconds=thousand, word=day)) == b"{}"
    assert encode(Thing(7, "x", inner=Inner(thousand), pair=("a", "".join("b")))) == SMALL
    assert encode((Inner(thousand), Inner(2))) == b'[{},{"seconds":2}]'


def test_without_omit_defaults_every_field_is_written() -> None:
    assert encode(Plain()) == b'{"number":5}'
    assert decode(b'{"number":5}', Plain) == Plain()
    with pytest.raises(Malformed):
        decode(b"{}", Plain)


def test_size_is_bounded_before_anything_is_read() -> None:
    assert decode_lenient(b" " * (MOST_JSON_BYTES - 1) + b"7", int) == 7
    with pytest.raises(Malformed, match="at most"):
        decode_lenient(b" " * MOST_JSON_BYTES + b"7", int)
    with pytest.raises(Malformed, match="at most 22"):
        decode(SMALL, Thing, len(SMALL) - 1)


def test_unsigned_input_may_be_spelled_freely() -> None:
    assert decode_lenient(b' { "number" : 7, "name" : "\\u0078" } ', Thing) == Thing(7, "x")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"number":7,"name":"x","name":"y"}', "'name' stands twice"),
        (b'{"number":7,"name":"x","n\\u0061me":"x"}', "'name' stands twice"),
        (b'{"name":"x","number":7,"inner":{"word":"a","word":"b"}}', "'word' stands twice"),
        (b'{"name":"x","number":7,"words":{"a":"","a":""}}', "'a' stands twice"),
        (b'{"name":"x","number":7,"name":"x","number":7}', "stands twice"),
    ],
)
def test_a_key_stands_once_however_freely_it_is_spelled(raw: bytes, why: str) -> None:
    for read in (decode_lenient, decode):
        with pytest.raises(Malformed, match=why):
            read(raw, Thing)


def test_a_number_that_nobody_can_read_is_malformed_where_nobody_has_to() -> None:
    class Any1(msgspec.Struct):
        name: str

    with pytest.raises(Malformed, match="not every reader"):
        decode_lenient(b'{"name":"x","other":' + b"9" * 5000 + b"}", Any1)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", OtherType),
        ("b/v1\n{}\n", OtherType),
        ("a/v2\n{}\n", OtherType),
        (" a/v1\n{}\n", OtherType),
        ("a/v1\r\n{}\r\n", OtherType),
        ("a/v1", Malformed),
        ("a/v1\n", Malformed),
        ('a/v1\n{"seconds":2}', Malformed),
        ('a/v1\n\n{"seconds":2}\n', Malformed),
        ('a/v1\n{"seconds":2}\n\n', Malformed),
        ('a/v1\n{"seconds":2}\n{}\n', Malformed),
        ('a/v1\n{"seconds":\n2}\n', Malformed),
        ('a/v1\n{"seconds":1000}\n', Malformed),
    ],
)
def test_a_body_is_a_type_line_and_one_line_of_json(text: str, error: type[Exception]) -> None:
    assert read_body('a/v1\n{"seconds":2}\n', "a/v1", Inner) == Inner(2)
    with pytest.raises(error):
        read_body(text, "a/v1", Inner)
