"""What all draw on at once is portioned out: nobody keeps it from the others."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.protocol.problems import Refusal
from relay.rules.portions import EACH, GROUP, STRANGERS, Portions

MOST = 1600
WHO = st.tuples(st.integers(1, 3 * MOST), st.sampled_from("abcdef"), st.sampled_from(["ar", "co", STRANGERS]))


def refused(portions: Portions, size: int, who: str, group: str = STRANGERS) -> bool:
    try:
        with portions.take(size, who, group):
            return False
    except Refusal as refusal:
        return (refusal.problem.code, refusal.problem.retry_after) == ("unavailable", 7)


def test_a_device_gets_a_sixteenth_and_a_member_a_quarter() -> None:
    portions = Portions(MOST, "later", 7)
    with ExitStack() as held:
        held.enter_context(portions.take(60, "a", "ar"))
        held.enter_context(portions.take(40, "a", "ar"))
        assert refused(portions, 1, "a", "ar")
        for who in "bcd":
            held.enter_context(portions.take(100, who, "ar"))
        assert refused(portions, 1, "e", "ar")  # the whole member's
        assert not refused(portions, 100, "a", "co")
        assert portions.lent == 400
    assert portions.lent == 0
    assert not refused(portions, 100, "a", "ar")


def test_strangers_share_one_quarter_from_however_many_addresses() -> None:
    portions = Portions(MOST, "later", 7)
    with ExitStack() as held:
        for address in range(100):
            if not refused(portions, 50, f"192.0.2.{address}"):
                held.enter_context(portions.take(50, f"192.0.2.{address}"))
        assert portions.lent == MOST // GROUP
        assert not refused(portions, MOST // EACH, "device", "co")


def test_where_nothing_goes_on_the_largest_fits() -> None:
    portions = Portions(MOST, "later", 7)
    with portions.take(2 * MOST, "a", "ar"):
        assert refused(portions, 1, "b", "co")
    assert not refused(portions, MOST, "b", "co")


@given(st.lists(WHO, max_size=30))
def test_never_more_than_there_is_unless_one_is_alone(wanted: list[tuple[int, str, str]]) -> None:
    portions, held = Portions(MOST, "later", 7), list[tuple[int, str, str]]()
    with ExitStack() as stack:
        for each in wanted:
            if not refused(portions, *each):
                stack.enter_context(portions.take(*each))
                held.append(each)
        assert portions.lent == sum(size for size, _, _ in held)
        assert portions.lent <= MOST or len(held) == 1
        for group in {group for _, _, group in held}:
            assert sum(size for size, _, one in held if one == group) <= MOST // GROUP or group_alone(held, group)
    assert portions.lent == 0


def group_alone(held: list[tuple[int, str, str]], group: str) -> bool:
    return sum(1 for _, _, one in held if one == group) == 1


def test_what_is_refused_takes_nothing() -> None:
    portions = Portions(MOST, "later", 7)
    with portions.take(MOST, "a", "ar"):
        with pytest.raises(Refusal, match="later"), portions.take(1, "b", "co"):
            pass
        assert portions.lent == MOST


def test_who_has_none_is_forgotten_and_nobody_else_is_touched() -> None:
    portions = Portions(MOST, "later", 7)
    with portions.take(60, "a", "ar"):
        with portions.take(40, "b", "ar"), portions.take(1, "c", "co"):
            pass
        assert set(portions._lent) == {(), ("ar",), ("ar", "a")}
    assert not portions._lent
