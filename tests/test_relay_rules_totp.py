"""One-time codes and recovery codes: which count, which are used up, what is said about the others."""

from base64 import b32decode
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.protocol.problems import Refusal
from relay.rules.recovery import recovery_codes, recovery_hash
from relay.rules.totp import (
    NEVER_USED,
    STEP,
    accepted_step,
    code_at,
    secret_bytes,
    secret_text,
    secret_uri,
    step_at,
    wait,
)

RFC_SECRET = b"12345678901234567890"
NOW = 1_800_000_010
HERE = step_at(NOW)
secrets = st.binary(min_size=20, max_size=20)


def refused(code: str, now: int = NOW, last: int = NEVER_USED) -> str:
    with pytest.raises(Refusal) as caught:
        accepted_step(RFC_SECRET, code, now, last)
    return caught.value.problem.code


@pytest.mark.parametrize(
    ("now", "eight"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_appendix_b(now: int, eight: str) -> None:
    # The appendix shows 8 digits; 6 are the same number modulo a million.
    assert accepted_step(RFC_SECRET, eight[2:], now, NEVER_USED) == now // 30


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_clock_may_be_off_by_one_step(drift: int) -> None:
    assert accepted_step(RFC_SECRET, code_at(RFC_SECRET, HERE + drift), NOW, NEVER_USED) == HERE + drift


@pytest.mark.parametrize("drift", [-3, -2, 2, 3])
def test_a_clock_may_not_be_off_by_two_steps(drift: int) -> None:
    assert refused(code_at(RFC_SECRET, HERE + drift)) == "code-wrong"


@pytest.mark.parametrize("last", [0, 1])
def test_a_used_code_and_an_older_one_are_refused_inside_the_window(last: int) -> None:
    assert refused(code_at(RFC_SECRET, HERE), last=HERE + last) == "code-used"
    assert refused(code_at(RFC_SECRET, HERE - 1), last=HERE + last) == "code-used"


def test_a_newer_code_is_taken_after_an_older_one() -> None:
    assert accepted_step(RFC_SECRET, code_at(RFC_SECRET, HERE + 1), NOW, HERE) == HERE + 1


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "\u0660\u0661\u0662\u0663\u0664\u0665", "\ud800", "0" * 10_000]
)
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert refused(code) == "code-wrong"


@given(secrets, st.integers(0, 2**40), st.integers(-3, 3), st.integers(-1, 2**36))
def test_no_step_is_accepted_twice_or_backwards_or_from_far(secret: bytes, now: int, drift: int, last: int) -> None:
    step = max(step_at(now) + drift, 0)
    try:
        accepted = accepted_step(secret, code_at(secret, step), now, last)
    except Refusal:
        return
    assert accepted > last
    assert abs(accepted - step_at(now)) <= 1
    assert code_at(secret, accepted) == code_at(secret, step)
    with pytest.raises(Refusal):
        accepted_step(secret, code_at(secret, accepted), now, max(accepted, step_at(now) + 1))


@given(secrets)
def test_a_secret_survives_its_text(secret: bytes) -> None:
    assert secret_bytes(secret_text(secret)) == secret


def test_the_address_for_authenticators_says_what_they_need() -> None:
    uri = urlsplit(secret_uri(RFC_SECRET, "9c0f1a2b", "enlace.example"))
    query = parse_qs(uri.query)
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/enlace.example:9c0f1a2b")
    assert b32decode(query["secret"][0]) == RFC_SECRET
    # SHA-1, 6 digits and 30 seconds are what every application assumes; they are left out.
    assert query.get("algorithm", ["SHA1"]) == ["SHA1"]
    assert query.get("digits", ["6"]) == ["6"]
    assert query.get("period", ["30"]) == ["30"]


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        secret_text(b"too short")


@pytest.mark.parametrize(("now", "left"), [(0, 30), (1, 29), (29, 1), (30, 30)])
def test_the_next_step_is_announced(now: int, left: int) -> None:
    assert wait(now) == left
    assert step_at(now + left) == step_at(now) + 1
    assert STEP == 30


@given(st.binary(min_size=100, max_size=100))
def test_recovery_codes_read_back_however_they_are_typed(randomness: bytes) -> None:
    codes = recovery_codes(randomness)
    assert len(codes) == 10
    for code in codes:
        hashed = recovery_hash(b"k", "device", code)
        assert recovery_hash(b"k", "device", f" {code.lower().replace('-', ' ')} ") == hashed
        assert recovery_hash(b"k", "other", code) != hashed
        assert recovery_hash(b"other", "device", code) != hashed


def test_recovery_codes_have_80_bits_each() -> None:
    codes = recovery_codes(bytes(range(100)))
    assert b"".join(b32decode(each.replace("-", "")) for each in codes) == bytes(range(100))
    with pytest.raises(ValueError, match="100 random bytes"):
        recovery_codes(b"few")


@pytest.mark.parametrize("code", ["", "ABCD", "ABCD-ABCD-ABCD-ABC1", "ÀBCD-ABCD-ABCD-ABCD", "A" * 17, "\ud800" * 16])
def test_what_is_no_recovery_code_is_wrong(code: str) -> None:
    with pytest.raises(Refusal) as caught:
        recovery_hash(b"k", "device", code)
    assert caught.value.problem.code == "code-wrong"
