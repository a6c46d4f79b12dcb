"""One spelling for each value: every reader refuses what its writer would not write."""

import string
from base64 import b64decode
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crypto.encoding import EncodingError, b64, b64raw, decimal, unb64, unb64raw, unhex
from crypto.errors import CryptoError

# RFC 4648 section 10.
RFC4648 = [(b"", ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"foob", "Zm9vYg=="), (b"foobar", "Zm9vYmFy")]

NOT_BASE64 = {
    "one character": "Q",
    "padding missing": "QQ",
    "one padding character of two": "QQ=",
    "too much padding": "QQ===",
    "padding alone": "====",
    "padding in the middle": "QQ==QQ==",
    "last bits not zero, two left": "QR==",
    "last bits not zero, four left": "QUF=",
    "line break at the end": "QUFB\n",
    "line break in the middle": "QU\nFB",
    "carriage return": "QUFB\r\n",
    "leading space": " QUFB",
    "space in the middle": "QU FB",
    "url alphabet": "-_-_",
    "not in the alphabet": "QUF!",
    "outside ASCII": "QUFÉ",
    "digit outside ASCII": "QUF\u0661",
    "full-width letter": "QUF\uff21",
    "half a surrogate pair": "QUF\ud800",
    "null character": "QUF\0",
}
NOT_RAW_BASE64 = {
    "padded": "QQ==",
    "padded by one": "QUE=",
    "one character too many": "QUFBQ",
    "last bits not zero, two left": "QR",
    "last bits not zero, four left": "QUF",
    "line break": "QUFB\n",
    "outside ASCII": "QUFÉ",
}
NOT_HEX = {
    "odd length": "abc",
    "upper case": "AB",
    "mixed case": "aB",
    "prefix": "0xab",
    "space between": "ab cd",
    "space at the end": "ab ",
    "line break": "ab\n",
    "not hexadecimal": "ag",
    "outside ASCII": "aé",
    "digit outside ASCII": "\u0661\u0661",
}
NOT_DECIMAL = {
    "empty": "",
    "sign": "-1",
    "plus": "+1",
    "leading zero": "01",
    "two zeros": "00",
    "space": " 1",
    "line break": "1\n",
    "separator": "1_000",
    "thousands": "1,000",
    "fraction": "1.0",
    "exponent": "1e3",
    "hexadecimal": "0x1",
    "digit outside ASCII": "\u0661",
    "superscript": "²",
    "one above": str(2**63),
    "twenty digits": "1" * 20,
    "far above": "9" * 100_000,
}


@pytest.mark.parametrize(("data", "text"), RFC4648)
def test_base64_is_that_of_the_rfc(data: bytes, text: str) -> None:
    assert b64(data) == text
    assert unb64(text) == data
    assert b64raw(data) == text.rstrip("=")
    assert unb64raw(text.rstrip("=")) == data


@pytest.mark.parametrize("text", NOT_BASE64.values(), ids=NOT_BASE64.keys())
def test_other_base64_is_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="base64"):
        unb64(text)


@pytest.mark.parametrize("text", NOT_RAW_BASE64.values(), ids=NOT_RAW_BASE64.keys())
def test_other_unpadded_base64_is_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="base64"):
        unb64raw(text)


@pytest.mark.parametrize("text", NOT_HEX.values(), ids=NOT_HEX.keys())
def test_other_hexadecimal_is_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="hexadecimal"):
        unhex(text)


@pytest.mark.parametrize("text", NOT_DECIMAL.values(), ids=NOT_DECIMAL.keys())
def test_other_decimals_are_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="number"):
        decimal(text)


@pytest.mark.parametrize(
    ("text", "most", "value"),
    [
        ("0", 0, 0),
        ("7", 7, 7),
        ("10", 10, 10),
        (str(2**63 - 1), 2**63 - 1, 2**63 - 1),
        (str(2**64 - 1), 2**64 - 1, 2**64 - 1),
    ],
)
def test_the_largest_allowed_number_is_read(text: str, most: int, value: int) -> None:
    assert decimal(text, most) == value


@pytest.mark.parametrize(("text", "most"), [("1", 0), ("8", 7), ("11", 10), ("100", 99), (str(2**64), 2**64 - 1)])
def test_one_above_the_largest_is_refused(text: str, most: int) -> None:
    with pytest.raises(EncodingError, match=f"largest allowed, {most}"):
        decimal(text, most)


@pytest.mark.parametrize(("reader", "text"), [(unb64, "QUFB"), (unb64raw, "QUFB"), (unhex, "414141")])
def test_a_stated_size_is_kept(reader: Callable[[str, int | None], bytes], text: str) -> None:
    assert reader(text, 3) == reader(text, None) == b"AAA"
    for size in (0, 2, 4):
        with pytest.raises(EncodingError, match=f"3 bytes where {size} are expected"):
            reader(text, size)


def test_a_reader_s_error_is_one_of_crypto() -> None:
    assert issubclass(EncodingError, CryptoError)


@given(st.binary(max_size=200))
def test_writing_then_reading_gives_the_bytes(data: bytes) -> None:
    assert unb64(b64(data), len(data)) == data
    assert unb64raw(b64raw(data), len(data)) == data
    assert unhex(data.hex(), len(data)) == data


@given(st.integers(0, 2**63 - 1))
def test_writing_then_reading_gives_the_number(value: int) -> None:
    assert decimal(str(value)) == value


@given(st.text(st.sampled_from(string.ascii_letters + "019+/=- \n_"), max_size=9) | st.text(max_size=9))
@example("QR==")
@example("1_0")
def test_what_is_read_is_written_the_same(text: str) -> None:
    """Whatever a reader takes, from any text at all, its writer gives back to the letter."""
    readers: list[tuple[Callable[[str], object], Callable[[object], str]]] = [
        (unb64, lambda value: b64(value) if isinstance(value, bytes) else ""),
        (unb64raw, lambda value: b64raw(value) if isinstance(value, bytes) else ""),
        (unhex, lambda value: value.hex() if isinstance(value, bytes) else ""),
        (decimal, str),
    ]
    for read, write in readers:
        try:
            value = read(text)
        except EncodingError:
            continue
        assert write(value) == text


@given(st.binary(min_size=1, max_size=64), st.data())
def test_no_changed_character_reads_as_the_same_bytes(data: bytes, draw: st.DataObject) -> None:
    """Where Python's own reader may ignore a change, ours refuses it or reads something else."""
    text = b64(data)
    position = draw.draw(st.integers(0, len(text) - 1))
    character = draw.draw(st.characters(codec="utf-8").filter(lambda each: each != text[position]))
    changed = text[:position] + character + text[position + 1 :]
    try:
        assert unb64(changed) != data
    except EncodingError:
        pass


def test_python_alone_would_take_two_spellings() -> None:
    """Why these readers exist; when this fails, Python has become strict."""
    assert b64decode("QR==", validate=True) == b64decode("QQ==", validate=True)
    assert int("1_000") == int(" 1000") == 1000
