"""vCard 4.0 as text: what is written is read, lines are folded and texts escaped, and every fault has its line."""

import pytest
from directory_cards import VERSION, cards
from hypothesis import example, given, settings
from hypothesis import strategies as st

from directory.exchange.vcard_text import FOLD_AT, MOST_CARDS, MOST_FILE_BYTES, read_vcards, write_vcards
from directory.exchange.vcard_values import Property


def file(*lines: str, end: str = "\r\n") -> bytes:
    return "".join(f"{line}{end}" for line in ("BEGIN:VCARD", "VERSION:4.0", *lines, "END:VCARD")).encode()


def card(raw: bytes) -> tuple[Property, ...]:
    found = read_vcards(raw)
    assert found.problems == []
    ((line, one),) = found.cards
    assert (line, one[0]) == (1, VERSION)
    return one[1:]


@given(st.lists(cards, max_size=3))
@example([(VERSION, Property("NICKNAME", ("", "")))])
@example([(VERSION, Property("FN", ("é" * 36 + "x",)))])
def test_what_is_written_is_read_and_written_the_same(written: list[tuple[Property, ...]]) -> None:
    raw = write_vcards(written)
    found = read_vcards(raw)
    if written:
        assert found.problems == []
    assert [one for _, one in found.cards] == written
    assert write_vcards(one for _, one in found.cards) == raw
    for line in raw.split(b"\r\n"):
        assert len(line) <= FOLD_AT
        line.decode()  # never folded inside a character


@given(st.binary(max_size=60) | st.text('BEGINVCARD:;=,\\\r\n "^40FN', max_size=60).map(str.encode))
@settings(max_examples=200)
def test_anything_is_read_or_refused(raw: bytes) -> None:
    card = b"BEGIN:VCARD\r\nVERSION:%s\r\n" + raw.replace(b"%", b"") + b"\r\nEND:VCARD\r\n"
    for text in (raw, card % b"4.0", card % b"3.0"):
        found = read_vcards(text)
        assert found.cards or found.problems
        assert all(str(each).isprintable() for each in found.problems)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FN:Mesa", Property("FN", ("Mesa",))),
        ("fn;language=es:Mesa", Property("FN", ("Mesa",), (("LANGUAGE", ("es",)),))),
        ("item1.EMAIL:a@x.example", Property("EMAIL", ("a@x.example",))),
        (r"NOTE:a\, b\; c\\d\ne\Nf\x", Property("NOTE", ("a, b; c\\d\ne\nfx",))),
        (r"NICKNAME:FGN,Fiscalía\, la", Property("NICKNAME", ("FGN", "Fiscalía, la"))),
        (r"ADR:;;Calle 1\; n.º 2,piso 3;Bogotá;;;Colombia",
         Property("ADR", ("", "", "Calle 1; n.º 2, piso 3", "Bogotá", "", "", "Colombia"))),
        ('TEL;VALUE=uri;TYPE="voice,work":tel:+12025550134',
         Property("TEL", ("tel:+12025550134",), (("TYPE", ("voice,work",)),), "uri")),
        ("TEL;TYPE=voice,work:+1 202 555 0134",
         Property("TEL", ("+1 202 555 0134",), (("TYPE", ("voice", "work")),))),
        ("URL:https://x.example/?a=1;b=2,3", Property("URL", ("https://x.example/?a=1;b=2,3",), (), "uri")),
        ("NOTE;X-A=^'q^' ^^ ^n:x", Property("NOTE", ("x",), (("X-A", ('"q" ^ \n',)),))),
        ("X-A:b\\,c", Property("X-A", ("b,c",), (), "unknown")),
        ("X-A;VALUE=TEXT:b", Property("X-A", ("b",))),
    ],
)  # fmt: skip
def test_a_line_in_the_ways_programs_write_it(line: str, expected: Property) -> None:
    assert card(file(line)) == (expected,)
    assert card(file(line, end="\n")) == (expected,)
    assert card(b"\xef\xbb\xbf" + file(line, end="\r")) == (expected,)


def test_folded_lines_are_read_also_where_they_were_cut_inside_a_character() -> None:
    folded = file("FN:Bogotá").replace("á".encode(), b"\xc3\r\n \xa1").replace(b"Bo", b"B\r\n\to")
    assert card(folded) == (Property("FN", ("Bogotá",)),)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "line 1: the file has no card in it; begin each with BEGIN:VCARD"),
        (b"\xff\xfe", "line 1: byte 0xff is not UTF-8"),
        (b"FN:Mesa\r\n", "line 1: 'FN:Mesa' stands outside of a card"),
        (b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\n", "line 1: this card has no END:VCARD; the file may be cut off"),
        (b"BEGIN:VCARD\r\nVERSION:4.0\r\n" + file("FN:x"), "line 1: this card has no END:VCARD; end it before"),
        (file("FN:x").replace(b"4.0", b"2.1"), "line 1, VERSION: a card of version '2.1'; export it as vCard 4.0"),
        (file("FN:x").replace(b"VERSION:4.0\r\n", b""), "line 1, VERSION: a card that does not tell its version"),
        (file("FN:x", "VERSION:3.0"), "line 1, VERSION: a card of version '3.0'"),
        (file("FN;QUOTED-PRINTABLE:x=", "y", "TEL;WORK:+1").replace(b"4.0", b"2.1"), "line 1, VERSION: a card of v"),
        (file("Mesa de guardia"), "line 3: 'Mesa de guardia' is no content line"),
        (file("TEL;HOME;VOICE:+1"), "line 3: 'TEL;HOME;VOICE:+1' is no content line"),
        (file("NOTE;X=\"a:b"), "line 3: 'NOTE;X=\"a:b' is no content line"),
        (file("FN:x", "NOTE:y").replace(b"y", b"Bogot\xe1"), "line 4: byte 0xe1 is not UTF-8"),
        (file("FN:a\0b"), "line 3: a NUL byte"),
        (b" " * (MOST_FILE_BYTES + 1), f"line 1: {MOST_FILE_BYTES + 1} bytes; at most {MOST_FILE_BYTES} are read"),
        (file("FN:x") * (MOST_CARDS + 1), f"line {MOST_CARDS * 4 + 1}: {MOST_CARDS + 1} cards; at most {MOST_CARDS}"),
    ],
    ids=lambda each: each[:60] if isinstance(each, str) else "",
)  # fmt: skip
def test_what_is_no_card_is_told_with_its_line(raw: bytes, told: str) -> None:
    (problem,) = read_vcards(raw).problems
    assert str(problem).startswith(told)
    assert problem.do


def test_one_bad_card_leaves_the_others_readable() -> None:
    found = read_vcards(file("FN:a") + file("nothing") + file("FN:b"))
    assert [(line, one[1].value) for line, one in found.cards] == [(1, "a"), (9, "b")]
    assert [each.line for each in found.problems] == [7]


def test_values_are_escaped_and_lines_end_as_the_specification_says() -> None:
    raw = write_vcards([(VERSION, Property("NOTE", ("a,b;c\\d\ne",), (("X-A", ("a;b", 'q"')),)))])
    assert raw == (b'BEGIN:VCARD\r\nVERSION:4.0\r\nNOTE;X-A="a;b",q^\':a\\,b;c\\\\d\\ne\r\nEND:VCARD\r\n')
    assert write_vcards([(VERSION, Property("FN", ("x" * 73,)))]).split(b"\r\n")[2:4] == [
        b"FN:" + b"x" * 72, b" x",
    ]  # fmt: skip
