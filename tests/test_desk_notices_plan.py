"""Who is told when: repeats, ends, quiet hours, floods, contacts; by a clock that the test sets."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.notices.bell import MOST_RINGS, Bell
from desk.notices.plan import GAP, Last, Matter, Rounds, concerned, due
from desk.notices.settings import When
from relay.protocol.envelope import PRECEDENCES, Precedence

DAY = 86_400
MIDNIGHT = 20_000 * DAY


def minute(at: int) -> int:
    return at % DAY // 60


def flash(key: str = "a", since: int = MIDNIGHT, precedence: Precedence = "flash", *contacts: str) -> Matter:
    return Matter("waiting", key, precedence, since, contacts)


def times(when: When, matters: list[Matter], until: int, step: int = 30) -> list[int]:
    """When a notice goes out, in seconds from the first matter, by somebody who looks every so often."""
    rounds: dict[str, Rounds] = {}
    last: Last | None = None
    told: list[int] = []
    for now in range(MIDNIGHT, MIDNIGHT + until, step):
        there = [each for each in matters if each.since <= now]
        found = due(when, there, rounds, last, now, minute)
        if found.ready:
            told.append(now - MIDNIGHT)
            last = Last(now, found.precedence)
            for each in found.ready:
                rounds[each.key] = Rounds(rounds.get(each.key, Rounds()).times + 1, now)
    return told


def of(**about: Any) -> When:
    return When(kind="command", **about)


def test_it_is_told_at_once_and_again_so_often() -> None:
    assert times(of(every=5, most=3), [flash()], 3600) == [0, 300, 600]


def test_a_second_address_is_told_when_nobody_has_opened_it() -> None:
    assert times(of(after=10, every=10, most=2), [flash()], 3600) == [600, 1200]


def test_what_is_less_urgent_is_not_told() -> None:
    assert times(of(least="immediate"), [flash(precedence="priority")], 3600) == []
    assert times(of(least="routine", most=1), [flash(precedence="priority")], 3600) == [0]


@pytest.mark.parametrize(("contacts", "told"), [((), True), (("co-desk",), True), (("co-court",), False)])
def test_it_is_for_a_contact_unless_it_is_known_to_be_for_another(contacts: tuple[str, ...], told: bool) -> None:
    assert bool(concerned(of(contacts=("co-desk",)), [Matter("waiting", "a", "flash", 0, contacts)])) == told


def test_in_quiet_hours_nothing_and_then_at_once() -> None:
    assert times(of(quiet=("00:00-06:00",), every=60, most=2), [flash()], DAY // 2) == [6 * 3600, 7 * 3600]
    over = of(quiet=("22:00-00:30",), every=60, most=1)
    assert times(over, [flash()], DAY // 2) == [1800]
    assert due(over, [flash()], {}, None, MIDNIGHT, minute).again == MIDNIGHT + 1800
    assert times(of(quiet=("00:00-24:00",)), [flash()], DAY) == []


def test_many_at_once_wake_nobody_more_often_than_once_a_minute() -> None:
    crowd = [flash(str(number), MIDNIGHT + number) for number in range(0, 120, 10)]
    assert times(of(every=60, most=1), crowd, 600, 10) == [0, GAP, 2 * GAP]


def test_what_is_more_urgent_does_not_wait() -> None:
    crowd = [flash("a", MIDNIGHT, "immediate"), flash("b", MIDNIGHT + 20, "flash")]
    assert times(of(every=60, most=1), crowd, 600, 10) == [0, 20]


def test_one_telling_speaks_of_all_that_waits() -> None:
    found = due(of(), [flash("a", MIDNIGHT, "immediate", "co-desk"), flash("b")], {}, None, MIDNIGHT, minute)
    assert (found.precedence, found.contacts, len(found.all), len(found.ready)) == ("flash", ("co-desk",), 2, 2)
    rounds: Mapping[str, Rounds] = {"b": Rounds(6, MIDNIGHT - 1000)}
    found = due(of(), [flash("a", MIDNIGHT, "immediate"), flash("b")], rounds, None, MIDNIGHT, minute)
    assert ([each.key for each in found.ready], len(found.all)) == (["a"], 2)


def test_a_clock_that_was_set_back_delays_for_no_longer_than_the_gap() -> None:
    assert due(of(), [flash()], {}, Last(MIDNIGHT + 9999, "flash"), MIDNIGHT, minute).ready


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 7200), st.sampled_from(PRECEDENCES)), max_size=6),
    st.integers(0, 60), st.integers(1, 60), st.integers(1, 5), st.sampled_from([(), ("00:10-01:00",)]),
)  # fmt: skip
def test_all_that_comes_is_told_and_no_more_often_than_said(
    coming: list[tuple[int, Precedence]], after: int, every: int, most: int, quiet: tuple[str, ...]
) -> None:
    when = of(least="routine", after=after, every=every, most=most, quiet=quiet)
    matters = [flash(str(number), MIDNIGHT + at, each) for number, (at, each) in enumerate(coming)]
    told = times(when, matters, DAY // 2, 60)
    assert len(told) <= most * len(matters)
    assert bool(told) == bool(matters)
    assert all(not (600 <= at < 3600) for at in told) or not quiet
    # When it says that it is to be asked again, nothing was missed before.
    found = due(when, matters, {}, None, MIDNIGHT, minute)
    if not found.ready and found.again is not None:
        assert not due(when, matters, {}, None, found.again - 1, minute).ready
        assert due(when, matters, {}, None, found.again, minute).ready or quiet


def test_the_bell_rings_until_it_is_stopped_and_not_for_ever() -> None:
    bell, now, rang = Bell(2), MIDNIGHT, 0
    bell.rang([flash()], now)
    assert bell.due([flash()], now).again == now + 120
    for now in range(MIDNIGHT, MIDNIGHT + DAY, 60):
        found = bell.due([flash()], now)
        if found.ready:
            rang += 1
            bell.rang(found.ready, now)
    assert rang == MOST_RINGS - 1
    assert not bell.due([], now).ready
    assert bell.due([flash(precedence="routine")], now).ready == ()
    assert not Bell(0).due([flash()], now).ready
