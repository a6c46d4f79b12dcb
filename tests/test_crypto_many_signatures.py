"""Many signatures checked together: what is good is found, whoever does the work, and nothing else is believed."""

from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.many_signatures import FEW, Claim, Foreseen, Spread, good_ones
from crypto.note import Ed25519Verifier, SignatureError

Check = Callable[[Sequence[Claim]], list[bool]]
NAME = "desk.example/one"
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([1 + at]) * 32) for at in range(3)]
WEAK = bytes([1]) + bytes(31)  # the neutral point: one signature of it fits every text


def claim(number: int, key: Ed25519PrivateKey = KEYS[0]) -> Claim:
    """That the key signed this text, which it did."""
    text = b"statement %d\n" % number
    return key.public_key().public_bytes_raw(), text, key.sign(text)


MANY = [claim(at, KEYS[at % 3]) for at in range(FEW + 10)]  # neighbours have different keys


def in_one_piece(check: Check, claims: Sequence[Claim]) -> Callable[[], Sequence[bool]]:
    return lambda: check(claims)


def in_shares(check: Check, claims: Sequence[Claim]) -> Callable[[], Sequence[bool]]:
    found = [check(claims[at : at + 7]) for at in range(0, len(claims), 7)]
    return lambda: [each for share in found for each in share]


@pytest.mark.parametrize("spread", [in_one_piece, in_shares])
@given(wrong=st.dictionaries(st.integers(0, len(MANY) - 1), st.integers(0, 3)))
@settings(max_examples=20)
def test_what_is_good_is_found_and_nothing_else(spread: Spread, wrong: dict[int, int]) -> None:
    claims = list(MANY)
    for at, how in wrong.items():
        public, text, blob = claims[at]
        other = MANY[(at + 1) % len(MANY)]
        claims[at] = (
            (public, text, other[2]),
            (other[0], text, blob),
            (public, text + b"\n", blob),
            (public[:-1], text, blob[:-1]),
        )[how]
    assert good_ones(claims, spread)() == {each for at, each in enumerate(claims) if at not in wrong}


def test_few_are_left_to_whoever_needs_them() -> None:
    assert good_ones(MANY[: FEW - 1], in_one_piece)() == frozenset()
    assert good_ones(MANY[:FEW], in_one_piece)() == set(MANY[:FEW])


def test_nobody_to_share_the_work_means_no_work() -> None:
    assert good_ones(MANY, None)() == frozenset()


def test_a_good_one_is_not_checked_again_and_another_is() -> None:
    public, text, blob = MANY[0]
    wrong = bytes(64)
    Foreseen(NAME, public, frozenset({(public, text, wrong)})).check(text, wrong)
    known = Foreseen(NAME, public, frozenset(MANY))
    known.check(text, blob)
    for other_text, other_blob in ((text, wrong), (text + b" ", blob), (MANY[3][1], blob)):
        with pytest.raises(SignatureError, match="is wrong"):
            known.check(other_text, other_blob)
    unknown = claim(10**6)
    known.check(*unknown[1:])


def test_a_weak_key_is_refused_though_somebody_says_that_it_signed() -> None:
    said = (WEAK, b"anything\n", WEAK + bytes(32))
    with pytest.raises(SignatureError, match="none that a key generator makes"):
        Foreseen(NAME, WEAK, frozenset({said})).check(*said[1:])


def test_what_it_knows_is_no_part_of_what_it_is() -> None:
    one, other = Foreseen(NAME, MANY[0][0]), Foreseen(NAME, MANY[0][0], frozenset(MANY))
    assert one == other
    assert repr(one) == repr(other)
    assert one.key_id == Ed25519Verifier(NAME, MANY[0][0]).key_id
