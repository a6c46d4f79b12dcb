"""Bech32 without the length limit: one spelling for each value, and a slip of the pen in a short text is seen."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.bech32 import Bech32Error, decode, encode

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

# BIP 173, section "Test vectors": texts with a right checksum that hold whole bytes.
PUBLISHED = [
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
]


def by_the_book(prefix: str, groups: list[int]) -> str:
    """A text with these groups of 5 bits and a right checksum, bit by bit as BIP 173 defines it."""

    def remainder(values: list[int]) -> int:
        value = 1
        for group in values:
            top, value = value >> 25, (value & 0x1FFFFFF) << 5 ^ group
            for bit, term in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
                value ^= term if top >> bit & 1 else 0
        return value ^ 1

    name = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    checksum = remainder(name + groups + [0] * 6)
    return prefix + "1" + "".join(ALPHABET[g] for g in groups + [checksum >> 5 * (5 - i) & 31 for i in range(6)])


RIGHT = encode("enlace", b"\x00\x01\x02")
_, _, TAIL = RIGHT.partition("1")

REFUSED = {
    "empty": "",
    "prefix alone": "enlace",
    "prefix and separator": "enlace1",
    "no prefix": "1" + TAIL,
    "no separator": RIGHT.replace("1", ""),
    "shorter than a checksum": "enlace1qqqqq",
    "mixed case in the prefix": "Enlace1" + TAIL,
    "mixed case in the data": RIGHT[:-1] + RIGHT[-1].upper(),
    "data alone in capitals": "enlace1" + TAIL.upper(),
    "prefix alone in capitals": "ENLACE1" + TAIL,
    "character outside the alphabet": RIGHT[:-1] + "b",
    "prefix changed": "enlacf1" + TAIL,
    "one character lost": RIGHT[:-1],
    "one character more": RIGHT + "q",
    "space in front": " " + RIGHT,
    "space behind": RIGHT + " ",
    "line feed behind": RIGHT + "\n",
    "space in the prefix": by_the_book("en lace", [0, 0, 0, 0]),
    "delete in the prefix": by_the_book("en\x7flace", [0, 0, 0, 0]),
    "outside ASCII": RIGHT[:-1] + "é",
    "Kelvin sign, whose small letter is k": by_the_book("k", []).replace("k", "\u212a").upper(),
    "dotless i, whose capital letter is I": by_the_book("i", []).replace("i", "\u0131"),
    "half a surrogate pair": "\ud800" + RIGHT,
    "capitals after a prefix that has no letters": "?1EZYFCL",
    "one group left over": by_the_book("enlace", [0]),
    "three groups: a byte and seven bits": by_the_book("enlace", [0, 0, 0]),
    "six groups: three bytes and six bits": by_the_book("enlace", [0, 0, 0, 0, 0, 0]),
    "two bits left over, not zero": by_the_book("enlace", [0, 1]),
    "four bits left over, not zero": by_the_book("enlace", [0, 0, 0, 8]),
    "one bit left over, not zero": by_the_book("enlace", [0, 0, 0, 0, 1]),
    "three bits left over, not zero": by_the_book("enlace", [0, 0, 0, 0, 0, 0, 4]),
    "checksum over a prefix in capitals (BIP 173)": "A1G7SGD8",
    "empty prefix (BIP 173)": "1qzzfhee",
    "empty prefix and a digit (BIP 173)": "10a06t8",
    "invalid character in the data (BIP 173)": "x1b4n0q5v",
    "checksum too short (BIP 173)": "li1dgmt3",
    "invalid character in the checksum (BIP 173)": "de1lg7wt\xff",
    "no separator (BIP 173)": "pzry9x0s0muk",
}

prefixes = st.text(string.ascii_lowercase + string.digits + "!-~", min_size=1, max_size=20)


@pytest.mark.parametrize("text", PUBLISHED)
def test_published_texts_are_read_and_written_alike(text: str) -> None:
    assert encode(*decode(text)) == text


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_text_that_would_not_be_written_is_refused(text: str) -> None:
    with pytest.raises(Bech32Error):
        decode(text)


@pytest.mark.parametrize("prefix", ["", "Enlace", "en lace", "enlacé", "en\nlace", "\u212a"])
def test_a_prefix_that_could_not_be_read_is_not_written(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        encode(prefix, b"")


@given(prefixes, st.binary(max_size=200))
def test_what_is_written_is_read(prefix: str, data: bytes) -> None:
    text = encode(prefix, data)
    assert decode(text) == (prefix, data)
    if prefix != prefix.upper():
        assert decode(text.upper()) == (prefix.upper(), data)
        assert encode(prefix.upper(), data) == text.upper()


@given(prefixes, st.lists(st.integers(0, 31), max_size=40))
def test_what_is_read_is_written_alike(prefix: str, groups: list[int]) -> None:
    text = by_the_book(prefix, groups)
    try:
        found = decode(text)
    except Bech32Error:
        bits = "".join(f"{group:05b}" for group in groups)
        left_over = bits[len(bits) // 8 * 8 :]
        assert len(left_over) > 4 or "1" in left_over
    else:
        assert encode(*found) == text


@given(st.binary(min_size=1, max_size=40), st.data())
def test_one_wrong_character_is_seen(data: bytes, draw: st.DataObject) -> None:
    text = encode("enlace", data)
    at = draw.draw(st.integers(len("enlace1"), len(text) - 1))
    wrong = draw.draw(st.sampled_from(ALPHABET).filter(lambda c: c != text[at]))
    with pytest.raises(Bech32Error):
        decode(text[:at] + wrong + text[at + 1 :])


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = decode(text)
    except Bech32Error:
        return
    assert encode(*found) == text


def test_there_is_no_length_limit() -> None:
    data = bytes(range(256)) * 40
    assert decode(encode("age1pq", data)) == ("age1pq", data)
