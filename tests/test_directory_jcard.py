"""jCard: the cards of vCard as JSON, the same there and back, and refused in words where it is none."""

import json
from typing import Any

import pytest
from directory_cards import VERSION, cards
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.exchange.jcard import read_jcards, write_jcards
from directory.exchange.vcard_text import MOST_CARDS, read_vcards, write_vcards
from directory.exchange.vcard_values import Property


def file(*properties: Any) -> bytes:
    return json.dumps([["vcard", [["version", {}, "text", "4.0"], *properties]]]).encode()


@given(st.lists(cards, min_size=1, max_size=3))
def test_what_is_written_is_read_and_written_the_same(written: list[tuple[Property, ...]]) -> None:
    raw = write_jcards(written)
    found = read_jcards(raw)
    assert found.problems == []
    assert [one for _, one in found.cards] == written
    assert write_jcards(one for _, one in found.cards) == raw
    assert [one for _, one in read_vcards(write_vcards(written)).cards] == written


def test_it_is_written_as_the_specification_has_it() -> None:
    card = (
        VERSION,
        Property("FN", ("Mesa",), (("LANGUAGE", ("es",)),)),
        Property("TEL", ("tel:+12025550134",), (("TYPE", ("voice", "work")),), "uri"),
        Property("ADR", ("", "", "Calle 1", "Bogotá", "", "", "")),
        Property("NICKNAME", ("FGN", "Fiscalía")),
    )
    assert json.loads(write_jcards([card])) == [
        [
            "vcard",
            [
                ["version", {}, "text", "4.0"],
                ["fn", {"language": "es"}, "text", "Mesa"],
                ["tel", {"type": ["voice", "work"]}, "uri", "tel:+12025550134"],
                ["adr", {}, "text", ["", "", "Calle 1", "Bogotá", "", "", ""]],
                ["nickname", {}, "text", "FGN", "Fiscalía"],
            ],
        ]
    ]


def test_other_spellings_are_read() -> None:
    alone = b'\xef\xbb\xbf ["vcard", [["version", {}, "text", "4.0"], ["FN", {}, "TEXT", "Bogot\\u00e1"]]]'
    assert [one[1:] for _, one in read_jcards(alone).cards] == [(Property("FN", ("Bogotá",)),)]
    one = file(
        ["adr", {}, "text", ["", "", ["Calle 1", "piso 3"], "Bogotá", "", "", ""]],
        ["rev", {}, "integer", 3],
        ["x-a", {}, "boolean", True],
    )
    ((_, found),) = read_jcards(one).cards
    assert [each.values for each in found[1:]] == [("", "", "Calle 1, piso 3", "Bogotá", "", "", ""), ("3",), ("true",)]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "card 1: JSON"),
        (b"[]", "card 1: the file has no card in it"),
        (b"{}", "card 1: the file has no card in it"),
        (b'"vcard"', "card 1: the file has no card in it"),
        (b"[" * 100_000, "card 1: JSON"),
        (b'["vcard", [["version", {"a": "x", "a": "y"}, "text", "4.0"]]]', "card 1: JSON: the key 'a' stands twice"),
        (b'["vcard", "\xff"]', "card 1: JSON"),
        (b'[["vcard"]]', "card 1: this is no card"),
        (b'[["vcalendar", []]]', "card 1: this is no card"),
        (b"[3]", "card 1: this is no card"),
        (b'[["vcard", []]]', "card 1: a card that does not tell its version"),
        (b'[["vcard", [["version", {}, "text", "3.0"]]]]', "card 1: a card of version '3.0'"),
        (file(["fn", {}, "text"]), "card 1: \"['fn', {}, 'text']\" is no property"),
        (file(["fn", [], "text", "x"]), "card 1: \"['fn', [], 'text', 'x']\" is no property"),
        (file(["", {}, "text", "x"]), "card 1: \"['', {}, 'text', 'x']\" is no property"),
        (file(["tel", {}, "text", "+1", "+2"]), "card 1: 'tel' has several values, and can have one"),
        (file("fn"), "card 1: 'fn' is no property"),
        (file(["fn", {}, "text", None]), "card 1: fn has a value that is none"),
        (file(["fn", {"language": {}}, "text", "x"]), "card 1: fn has a value that is none"),
        (file(["adr", {}, "text", [["a", 3]]]), "card 1: adr has a value that is none"),
        (json.dumps([["vcard", []]] * (MOST_CARDS + 1)).encode(), f"card {MOST_CARDS + 1}: {MOST_CARDS + 1} cards"),
    ],
    ids=lambda each: each[:60] if isinstance(each, str) else "",
)  # fmt: skip
def test_what_is_no_card_is_told(raw: bytes, told: str) -> None:
    (problem,) = read_jcards(raw).problems
    assert str(problem).startswith(told)
    assert problem.do
    assert str(problem).isprintable()


@given(
    st.binary(max_size=40)
    | st.recursive(
        st.none() | st.text(max_size=4) | st.integers(),
        lambda each: st.lists(each) | st.dictionaries(st.text(max_size=3), each),
        max_leaves=12,
    ).map(lambda each: json.dumps([["vcard", [["version", {}, "text", "4.0"], each]]]).encode())
)
@settings(max_examples=150)
def test_anything_is_read_or_refused(raw: bytes) -> None:
    found = read_jcards(raw)
    assert found.cards or found.problems
