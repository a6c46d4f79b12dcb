"""Fingerprints: their exact form, and that they tell ids apart."""

import re
from hashlib import sha512

from hypothesis import given
from hypothesis import strategies as st

from crypto.fingerprint import GROUPS, fingerprint, short_fingerprint
from crypto.signing import PublicPair

DEVICE = PublicPair(bytes(range(32)), bytes(1312)).id


def test_known_answers() -> None:
    """Frozen: devices in the field must go on showing the digits they showed when two people compared them."""
    assert DEVICE == "51821d436a41cc47107d435c415b86e0aa2c456427490725989ae75d5b0d57e9"
    assert fingerprint(DEVICE) == "60761 73858 63718 95867 94544 95602 08373 18369 10411 75651 14986 70982"
    assert short_fingerprint(DEVICE) == "60761 73858 63718"


@given(st.text(max_size=100))
def test_it_is_the_documented_calculation(identifier: str) -> None:
    digest = sha512(b"enlace/fingerprint/v1\n" + identifier.encode()).digest()
    assert len(digest) >= 5 * GROUPS
    numbers = [int(group) for group in fingerprint(identifier).split(" ")]
    assert numbers == [int.from_bytes(digest[i : i + 5], "big") % 100_000 for i in range(0, 60, 5)]


@given(st.text(max_size=100))
def test_it_is_sixty_digits_in_twelve_groups(identifier: str) -> None:
    assert re.fullmatch(r"[0-9]{5}( [0-9]{5}){11}", fingerprint(identifier))
    assert fingerprint(identifier).startswith(short_fingerprint(identifier) + " ")
    assert re.fullmatch(r"[0-9]{5}( [0-9]{5}){2}", short_fingerprint(identifier))


@given(st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_one_other_digit_in_the_id_changes_the_digits(position: int, digit: str) -> None:
    other = DEVICE[:position] + digit + DEVICE[position + 1 :]
    if other != DEVICE:
        pairs = zip(fingerprint(other).split(), fingerprint(DEVICE).split(), strict=True)
        assert sum(left == right for left, right in pairs) <= 2


def test_an_id_is_not_read_loosely() -> None:
    spellings = [DEVICE, DEVICE.upper(), DEVICE + "\n", " " + DEVICE, DEVICE[:-1], "enlace/fingerprint/v1\n" + DEVICE]
    assert len({fingerprint(each) for each in spellings}) == len(spellings)
