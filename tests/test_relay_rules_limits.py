"""Throttles, sessions, nonces and the memory of proofs: pure rules, with time handed in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.protocol.problems import Refusal
from relay.rules.nonces import Nonces, ProofMemory
from relay.rules.sessions import AHEAD, check_session, hash_token, kept_until, opened, renewed
from relay.rules.throttle import (
    LONGEST_WAIT,
    MOST_FAILURES,
    Buckets,
    check_account,
    failures_left,
    is_locked,
    waiting_time,
)

NOW = 1_800_000_000


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return refusal.value.problem.code


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (5, 0), (6, 2), (7, 4), (10, 32), (14, 512), (15, 900), (99, 900)]
)
def test_the_wait_grows_after_five_failures(failures: int, seconds: int) -> None:
    assert waiting_time(failures) == seconds
    check_account(failures, NOW, NOW + seconds)
    if seconds:
        with pytest.raises(Refusal) as caught:
            check_account(failures, NOW, NOW + seconds - 1)
        assert caught.value.problem.retry_after == 1


def test_after_a_hundred_failures_no_waiting_helps() -> None:
    with pytest.raises(Refusal, match="invite this device anew"):
        check_account(MOST_FAILURES, NOW, NOW + 10**9)


@pytest.mark.parametrize(
    ("failures", "locked", "left"), [(0, False, 0), (1, False, 0), (99, False, 0), (100, True, 100), (250, True, 100)]
)
def test_a_hundred_failures_lock_and_a_recovery_code_does_not_unlock(failures: int, locked: bool, left: int) -> None:
    assert (is_locked(failures), failures_left(failures)) == (locked, left)
    check_account(failures, 0, NOW, locked_too=True)


def test_what_a_locked_account_takes_waits_like_any_other_attempt() -> None:
    check_account(MOST_FAILURES, NOW, NOW + LONGEST_WAIT, locked_too=True)
    with pytest.raises(Refusal) as caught:
        check_account(MOST_FAILURES, NOW, NOW + LONGEST_WAIT - 1, locked_too=True)
    assert (code_of(caught), caught.value.problem.retry_after) == ("throttled", 1)


@pytest.mark.parametrize(
    ("back", "waits"), [(1, True), (LONGEST_WAIT, True), (LONGEST_WAIT + 1, False), (10**6, False)]
)
def test_a_clock_set_back_makes_nobody_wait_until_it_was(back: int, waits: bool) -> None:
    if not waits:
        check_account(99, NOW, NOW - back)
        return
    with pytest.raises(Refusal) as caught:
        check_account(99, NOW, NOW - back)
    assert caught.value.problem.retry_after == LONGEST_WAIT
    with pytest.raises(Refusal, match="invite this device anew"):
        check_account(MOST_FAILURES, NOW, NOW - back)


def test_an_address_refills_from_when_the_clock_was_set_back() -> None:
    buckets = Buckets(burst=2, per_minute=60, most=10)
    buckets.spend("a", NOW + 86_400, 2)
    buckets.spend("b", NOW + 86_400, 2)
    for address in ("a", "b"):
        with pytest.raises(Refusal) as caught:
            buckets.check(address, NOW)
        assert caught.value.problem.retry_after == 1
        buckets.check(address, NOW + 1)
        buckets.check(address, NOW + 2, 2)


def test_an_address_spends_its_tokens_and_gets_them_back() -> None:
    buckets = Buckets(burst=3, per_minute=60, most=10)
    for _ in range(3):
        buckets.check("a", NOW)
        buckets.spend("a", NOW)
    with pytest.raises(Refusal) as caught:
        buckets.check("a", NOW)
    assert code_of(caught) == "throttled"
    buckets.check("b", NOW)
    buckets.check("a", NOW + 1)


def test_the_memory_of_addresses_is_bounded_and_forgets_the_harmless_first() -> None:
    buckets = Buckets(burst=2, per_minute=1, most=3)
    buckets.spend("long ago", NOW)
    for each in ("b", "c"):
        buckets.spend(each, NOW + 1000)
        buckets.spend(each, NOW + 1000)
    buckets.spend("d", NOW + 1000)
    assert len(buckets) == 3
    with pytest.raises(Refusal):
        buckets.check("b", NOW + 1000)
    buckets.spend("e", NOW + 1000)  # nobody has filled up: the longest unseen goes
    assert len(buckets) == 3
    buckets.check("b", NOW + 1000)


def test_a_flood_from_many_addresses_has_few_looked_at_for_each() -> None:
    buckets = Buckets(burst=2, per_minute=1, most=100)
    for number in range(99):
        buckets.spend(str(number), NOW, 2)
    buckets.spend("last", NOW)  # full again in a minute, the others in two
    buckets.spend("new", NOW + 60)
    buckets.check("0", NOW + 60, 2)  # the longest unseen went, although one that nobody looked at was full again
    assert len(buckets) == 100


def test_a_large_attempt_needs_a_full_bucket_and_may_be_given_back() -> None:
    buckets = Buckets(burst=10, per_minute=60, most=10)
    buckets.check("a", NOW, 500)
    buckets.spend("a", NOW, 500)
    with pytest.raises(Refusal) as caught:
        buckets.check("a", NOW, 4)
    assert caught.value.problem.retry_after == 4
    buckets.check("a", NOW + 4, 4)
    buckets.give_back("a", NOW, 500)
    buckets.check("a", NOW, 500)
    buckets.give_back("b", NOW, 1)
    assert len(buckets) == 1


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 600)), max_size=60))
def test_buckets_never_outgrow_their_memory_nor_their_burst(events: list[tuple[str, int]]) -> None:
    buckets, now = Buckets(burst=4, per_minute=6, most=3), NOW
    for address, later in events:
        now += later
        buckets.spend(address, now)
        assert len(buckets) <= 3
        buckets.check(address, now + 60)


def test_a_session_lasts_ten_minutes_and_is_renewed_within_its_shift() -> None:
    first = opened("one", "device", NOW, 600, 43_200)
    assert check_session(first, NOW + 599, 600, 43_200) is first
    with pytest.raises(Refusal) as caught:
        check_session(first, NOW + 600, 600, 43_200)
    assert code_of(caught) == "token-expired"
    second = renewed(first, "two", NOW + 10_000, 600, 43_200)
    assert (second.expires, second.shift_ends) == (NOW + 10_600, first.shift_ends)
    assert second.token_hash == hash_token("two")
    last = renewed(second, "three", NOW + 43_199, 600, 43_200)
    assert last.expires == last.shift_ends
    with pytest.raises(Refusal) as caught:
        check_session(last, NOW + 43_200, 600, 43_200)
    assert code_of(caught) == "shift-over"
    with pytest.raises(Refusal) as caught:
        renewed(last, "four", NOW + 43_200, 600, 43_200)
    assert code_of(caught) == "shift-over"


def test_a_session_of_a_clock_that_was_ahead_is_not_good_until_its_day_and_does_not_stay_for_it() -> None:
    ahead = opened("one", "device", NOW + 400 * 86_400, 600, 43_200)
    for now in (NOW, NOW + 86_400, NOW + 400 * 86_400 - 1):
        with pytest.raises(Refusal, match="clock was ahead") as caught:
            check_session(ahead, now, 600, 43_200)
        assert code_of(caught) == "shift-over"
        with pytest.raises(Refusal):
            renewed(ahead, "two", now, 600, 43_200)
    # Renewed by a clock that ran ahead for a while: the shift is good, this token is not, and is renewed.
    token = renewed(opened("one", "device", NOW, 600, 43_200), "two", NOW + 3600, 600, 43_200)
    with pytest.raises(Refusal) as caught:
        check_session(token, NOW + 3599, 600, 43_200)
    assert code_of(caught) == "token-expired"
    assert check_session(token, NOW + 3600, 600, 43_200) is token
    assert renewed(token, "three", NOW, 600, 43_200).expires == NOW + 600
    # A clock that steps back by two seconds makes up for it in two.
    assert check_session(ahead, NOW + 400 * 86_400, 600, 43_200) is ahead
    # A setting made shorter ends what is longer.
    with pytest.raises(Refusal):
        check_session(ahead, NOW + 400 * 86_400, 600, 43_199)


@pytest.mark.parametrize(("ends", "kept"), [(0, False), (1, True), (43_200 + AHEAD, True), (43_201 + AHEAD, False)])
def test_what_is_over_or_far_ahead_is_not_kept(ends: int, kept: bool) -> None:
    first, last = kept_until(NOW, 43_200)
    assert (first <= NOW + ends <= last) == kept


@pytest.mark.parametrize(("since", "wait"), [(0, None), (5, None), (6, 2), (7, 4), (40, 900)])
def test_what_confirms_a_locked_account_s_renewal_waits_for_what_failed_since_the_lock(
    since: int, wait: int | None
) -> None:
    for failures in (since, MOST_FAILURES + since):
        try:
            check_account(failures, NOW, NOW, confirming=True)
            told = None
        except Refusal as refused:
            told = refused.problem.retry_after
        assert told == wait


def test_no_session_is_no_session() -> None:
    with pytest.raises(Refusal) as caught:
        check_session(None, NOW, 600, 43_200)
    assert code_of(caught) == "token-invalid"


@given(st.lists(st.integers(0, 5000), max_size=40))
def test_renewing_never_lengthens_a_shift(steps: list[int]) -> None:
    session, now = opened("0", "device", NOW, 600, 43_200), NOW
    for number, step in enumerate(steps):
        now += step
        try:
            session = renewed(session, str(number), now, 600, 43_200)
        except Refusal:
            break
        assert session.expires <= session.shift_ends == NOW + 43_200
        assert now < NOW + 43_200


def test_a_nonce_lives_between_half_its_lifetime_and_the_whole() -> None:
    nonces = Nonces(bytes(32), 300)
    start = 150 * 1000
    for made in (start, start + 149):
        nonce = nonces.current(made)
        nonces.check(nonce, made)
        nonces.check(nonce, start + 299)
        with pytest.raises(Refusal) as caught:
            nonces.check(nonce, start + 300)
        assert code_of(caught) == "nonce-needed"


@pytest.mark.parametrize("nonce", ["", "x", "A" * 24, "é", "\ud800"])
def test_what_was_not_handed_out_is_no_nonce(nonce: str) -> None:
    with pytest.raises(Refusal):
        Nonces(bytes(32), 300).check(nonce, NOW)


def test_another_process_knows_no_nonce_of_this_one() -> None:
    with pytest.raises(Refusal):
        Nonces(bytes(32), 300).check(Nonces(b"\1" * 32, 300).current(NOW), NOW)


def test_nonces_need_a_key_and_a_life() -> None:
    for key, lifetime in ((b"short", 300), (bytes(32), 1)):
        with pytest.raises(ValueError):
            Nonces(key, lifetime)


def test_a_proof_is_taken_once_while_its_nonce_lives() -> None:
    memory = ProofMemory(10, 10)
    memory.remember(b"key", "id", 5)
    for window in (5, 6):
        with pytest.raises(Refusal) as caught:
            memory.remember(b"key", "id", window)
        assert code_of(caught) == "proof-replayed"
    memory.remember(b"other", "id", 6)
    memory.remember(b"key", "id", 7)  # by now no nonce of window 5 counts
    assert len(memory) == 2


@pytest.mark.parametrize(("most", "each", "keys"), [(3, 9, 5), (9, 3, 1)])
def test_a_full_memory_refuses_and_later_takes_again(most: int, each: int, keys: int) -> None:
    memory = ProofMemory(most, each)
    for number in range(3):
        memory.remember(bytes([number % keys]), str(number), 1)
    with pytest.raises(Refusal) as caught:
        memory.remember(bytes(1), "one more", 1)
    assert code_of(caught) == "throttled"
    memory.remember(bytes(1), "one more", 2)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 2)), max_size=80))
def test_no_proof_is_taken_twice_within_two_windows(events: list[tuple[int, int, int]]) -> None:
    memory, window, taken = ProofMemory(20, 8), 0, dict[tuple[int, int], int]()
    for key, jti, later in events:
        window += later
        try:
            memory.remember(bytes([key]), f"jti-{jti}", window)
        except Refusal:
            continue
        assert taken.get((key, jti), -9) < window - 1
        taken[key, jti] = window
        assert len(memory) <= 40
