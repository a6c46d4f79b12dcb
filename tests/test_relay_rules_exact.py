"""The log-in rules to the number: bounds, waits and what is forgotten, each where one more or less would matter."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from directory_world import START, World, key_pair, officer_id

from directory.statement import SuspendMember
from relay.protocol.invitation import LONGEST_INVITATION, proof_hash
from relay.protocol.problems import Refusal
from relay.rules.enrolment import StoredInvitation, check_bearer, check_binding, check_expiry, is_open
from relay.rules.nonces import Nonces, ProofMemory
from relay.rules.recovery import recovery_codes
from relay.rules.sessions import hash_token
from relay.rules.throttle import MOST_FAILURES, Buckets, failures_left
from relay.rules.totp import (
    NEVER_USED,
    accepted_step,
    clock_was_ahead,
    code_at,
    device_uri,
    secret_uri,
    step_at,
    wait,
)

NOW = 1_800_000_000
KEY = bytes(32)


def wait_of(buckets: Buckets, address: str, now: int, count: int = 1) -> int | None:
    """How long an address is told to wait; None for one that may try."""
    try:
        buckets.check(address, now, count)
    except Refusal as refused:
        return refused.problem.retry_after
    return None


def test_a_used_code_says_when_the_next_one_comes() -> None:
    here = step_at(NOW)
    for given, last, more in ((0, 0, 0), (1, 1, 0), (-1, -1, 0), (0, 1, 30), (-1, 1, 30), (-1, 0, 0)):
        with pytest.raises(Refusal) as caught:
            accepted_step(KEY[:20], code_at(KEY[:20], here + given), NOW, here + last)
        assert (caught.value.problem.code, caught.value.problem.retry_after) == ("code-used", wait(NOW) + more)


@pytest.mark.parametrize(("last", "was_ahead"), [(NEVER_USED, False), (-2, False), (0, False), (1, False), (2, True)])
def test_a_last_step_beyond_the_window_tells_of_a_clock_that_was_ahead(last: int, was_ahead: bool) -> None:
    assert clock_was_ahead(last if last == NEVER_USED else step_at(NOW) + last, NOW) == was_ahead


@pytest.mark.parametrize(("ahead", "ends"), [([0], "code-used"), ([1], "code-used"), ([2], ""), ([-1], "")])
def test_what_was_used_ahead_of_time_is_used_on_its_day_with_all_before_it(ahead: list[int], ends: str) -> None:
    here, told = step_at(NOW), ""
    try:
        accepted_step(KEY[:20], code_at(KEY[:20], here), NOW, here - 5, [here + each for each in ahead])
    except Refusal as refused:
        told = refused.problem.code
    assert told == ends


@pytest.mark.parametrize("now", [0, 29, 30, 59])
def test_the_first_step_there_is_counts(now: int) -> None:
    assert accepted_step(KEY[:20], code_at(KEY[:20], 0), now, NEVER_USED) == 0


@pytest.mark.parametrize(
    ("before", "after"), [(0, 0), (MOST_FAILURES - 1, 0), (MOST_FAILURES, MOST_FAILURES), (250, MOST_FAILURES)]
)
def test_a_recovery_code_leaves_no_failures_or_the_lock(before: int, after: int) -> None:
    assert failures_left(before) == after


@pytest.mark.parametrize(("per_minute", "seconds"), [(60, 1), (6, 10), (7, 9), (120, 1), (0, 3600)])
def test_an_address_is_told_when_a_token_is_back(per_minute: int, seconds: int) -> None:
    buckets = Buckets(burst=2, per_minute=per_minute, most=10)
    buckets.spend("a", NOW, 2)
    assert wait_of(buckets, "a", NOW) == seconds
    assert (wait_of(buckets, "a", NOW + seconds) is None) == (per_minute > 0)
    if per_minute < 60:
        assert wait_of(buckets, "a", NOW + 1) == (seconds - 1 or None) if per_minute else 3600


def test_who_has_filled_up_is_forgotten_before_who_was_unseen_for_longer() -> None:
    buckets = Buckets(burst=2, per_minute=1, most=2)
    buckets.spend("deep", NOW, 2)
    buckets.spend("light", NOW + 1, 1)
    buckets.spend("new", NOW + 61, 2)  # "light" has its two tokens again, "deep" one
    assert wait_of(buckets, "deep", NOW + 61, 2) is not None
    assert len(buckets) == 2


@pytest.mark.parametrize(("filled", "forgotten"), [(0, True), (15, False), (16, True)])
def test_sixteen_addresses_are_looked_at_for_one_that_filled_up(filled: int, forgotten: bool) -> None:
    buckets = Buckets(burst=2, per_minute=1, most=20)
    for number in range(20):
        buckets.spend(str(number), NOW - 3600 if number == filled else NOW, 2)
    buckets.spend("new", NOW, 2)
    assert (wait_of(buckets, "0", NOW) is None) == forgotten
    assert len(buckets) == 20


@pytest.mark.parametrize(
    ("left", "opens"),
    [(0, False), (1, True), (LONGEST_INVITATION, True), (LONGEST_INVITATION + 1, False)],
)
def test_an_invitation_opens_until_its_end_and_not_from_beyond_the_longest(left: int, opens: bool) -> None:
    stored = StoredInvitation(officer_id("co-night"), proof_hash("ab" * 32), NOW + left)
    assert is_open(stored, NOW) == opens
    assert not is_open(None, NOW)
    try:
        told = check_bearer(stored, "ab" * 32, NOW) is stored
    except Refusal as refused:
        told = refused.problem.code != "invitation-invalid"
    assert told == opens


def test_an_invitation_for_too_long_is_told_how_long_it_may_last() -> None:
    with pytest.raises(Refusal, match="at most 14 days from now"):
        check_expiry(NOW + LONGEST_INVITATION + 1, NOW)


def test_recovery_codes_are_four_groups_of_four() -> None:
    assert set(recovery_codes(bytes(100))) == {"AAAA-AAAA-AAAA-AAAA"}


def test_a_device_s_secret_is_labelled_with_eight_digits_of_its_id() -> None:
    assert device_uri(KEY[:20], "0123456789abcdef" * 4, "network") == secret_uri(KEY[:20], "01234567", "network")


@pytest.mark.parametrize(("key", "lifetime"), [(bytes(31), 300), (bytes(33), 300), (KEY, 1), (KEY, 0)])
def test_nonces_that_cannot_be(key: bytes, lifetime: int) -> None:
    with pytest.raises(ValueError, match="32 bytes and a lifetime of at least two seconds"):
        Nonces(key, lifetime)


def test_the_shortest_nonces_live_for_a_second_or_two() -> None:
    nonces = Nonces(KEY, 2)
    nonces.check(nonces.current(7), 8)
    with pytest.raises(Refusal):
        nonces.check(nonces.current(7), 9)


def test_nonces_count_from_the_first_tick() -> None:
    nonces = Nonces(KEY, 300)
    nonces.check(nonces.current(0), 0)
    with pytest.raises(Refusal):
        nonces.check("", 0)


def test_a_nonce_is_24_characters_for_addresses_and_headers() -> None:
    nonces = Nonces(KEY, 300)
    for window in range(40):
        hashed = hmac.digest(KEY, b"enlace/nonce/v1\n" + window.to_bytes(8, "big"), "sha256")
        assert nonces.current(window * 150) == urlsafe_b64encode(hashed[:18]).decode()


def test_a_memory_that_is_full_says_so_and_turns_with_the_window() -> None:
    memory = ProofMemory(most=10, most_each=1)
    for window in (0, 1, 2):
        memory.remember(KEY, f"proof {window}", window)
        with pytest.raises(Refusal, match="too many requests within a few minutes") as caught:
            memory.remember(KEY, "another", window)
        assert (caught.value.problem.code, caught.value.problem.retry_after) == ("throttled", 60)
    assert len(memory) == 2


def test_what_no_nonce_can_carry_any_more_is_forgotten() -> None:
    memory = ProofMemory(most=10, most_each=10)
    memory.remember(KEY, "proof", 5)
    with pytest.raises(Refusal):
        memory.remember(KEY, "proof", 6)
    memory.remember(KEY, "other", 8)
    assert len(memory) == 1
    memory.remember(KEY, "third", 10)
    assert len(memory) == 1


def test_half_characters_are_remembered_and_hashed_like_others() -> None:
    memory = ProofMemory(most=10, most_each=10)
    memory.remember(KEY, "\ud800", 0)
    with pytest.raises(Refusal):
        memory.remember(KEY, "\ud800", 0)
    assert hash_token("\ud800") == sha256(b"\xed\xa0\x80").hexdigest()


def test_a_suspended_member_s_device_gets_no_secret_until_the_suspension_is_over() -> None:
    world = World.founded()
    world.add_member("co")
    world.add_officer("co-night", "co")
    world.admit(world.say(SuspendMember, member="co", until=START + 60), "duty")
    stored = StoredInvitation(officer_id("co-night"), "ab" * 32, START + 600)
    device = key_pair("co-night").public.id
    with pytest.raises(Refusal) as caught:
        check_binding(world.view, stored, device, START + 59)
    assert caught.value.problem.code == "member-suspended"
