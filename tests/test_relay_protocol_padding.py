"""Padding: sizes come in few classes, cost little, and can be taken off in one way only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.canonical import Malformed
from relay.protocol.padding import CLASSES, MOST_PADDED, check_padded_size, pad, padded_size, unpad

KIB = 1024
TEXTS = st.binary(max_size=300).map(lambda data: data.rstrip(b"\n") + b"x\n")


@pytest.mark.parametrize(
    ("size", "padded"),
    [
        (0, 16 * KIB),
        (1, 16 * KIB),
        (16 * KIB, 16 * KIB),
        (16 * KIB + 1, 64 * KIB),
        (64 * KIB, 64 * KIB),
        (64 * KIB + 1, 66 * KIB),
        (100_000, 100_352),
        (MOST_PADDED - 1, MOST_PADDED),
        (MOST_PADDED, MOST_PADDED),
    ],
)
def test_a_size_is_padded_to_its_class(size: int, padded: int) -> None:
    assert padded_size(size) == padded


@given(st.integers(CLASSES[1], MOST_PADDED))
def test_padme_costs_at_most_12_percent(size: int) -> None:
    padded = padded_size(size)
    assert size <= padded <= size * 1.12
    assert padded_size(padded) == padded


@given(st.integers(CLASSES[1] + 1, MOST_PADDED))
def test_padme_is_that_of_its_paper(size: int) -> None:
    """Nikitin et al. 2019, algorithm 1: the mantissa keeps as many bits as the exponent has."""
    exponent = size.bit_length() - 1
    kept = exponent.bit_length()
    assert padded_size(size).bit_length() - 1 - exponent in (0, 1)
    assert padded_size(size) % (1 << (exponent - kept)) == 0


def test_few_sizes_are_seen_from_outside() -> None:
    sizes = {padded_size(size) for size in range(0, MOST_PADDED, 97)}
    assert len(sizes) < 170


@given(st.integers(0, MOST_PADDED), st.integers(0, MOST_PADDED))
def test_a_longer_text_is_never_padded_to_less(one: int, other: int) -> None:
    assert padded_size(min(one, other)) <= padded_size(max(one, other))


@given(TEXTS)
def test_what_is_padded_is_taken_off_again(text: bytes) -> None:
    assert unpad(pad(text)) == text


@pytest.mark.parametrize("size", [16 * KIB, 16 * KIB + 1, 64 * KIB, 64 * KIB + 1, 1_000_000, MOST_PADDED])
def test_padding_at_the_edges_of_classes(size: int) -> None:
    text = b"x" * (size - 1) + b"\n"
    assert unpad(pad(text)) == text
    assert len(pad(text)) == padded_size(size)


@pytest.mark.parametrize("size", [MOST_PADDED + 1, 10 * MOST_PADDED])
def test_a_text_too_long_is_refused_with_the_way_out(size: int) -> None:
    with pytest.raises(Malformed, match="send more as an attachment"):
        padded_size(size)


WRONG = {
    "not padded": b"x\n",
    "one short": pad(b"x\n")[:-1],
    "one long": pad(b"x\n") + b"\n",
    "of the next class": b"x\n" + b"\n" * (64 * KIB - 2),
    "no newline at the end": b"x" * (16 * KIB),
    "padded with spaces": b"x\n" + b" " * (16 * KIB - 2),
    "padded with zeros": b"x\n" + b"\0" * (16 * KIB - 2),
    "nothing": b"",
    "too long": b"x" * MOST_PADDED + b"\n\n",
    "far too long": b"\n" * (MOST_PADDED + 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_padding_that_nobody_writes_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        unpad(WRONG[name])


@pytest.mark.parametrize("size", [-1, 0, 1, 16 * KIB - 1, 16 * KIB + 1, 20_000, 64 * KIB - 1, 64 * KIB + 1, 3 << 20])
def test_a_size_of_no_class_is_refused(size: int) -> None:
    with pytest.raises(Malformed):
        check_padded_size(size)


@given(st.integers(0, MOST_PADDED))
def test_every_padded_size_is_of_a_class(size: int) -> None:
    check_padded_size(padded_size(size))
