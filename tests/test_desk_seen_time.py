"""By which time keys are erased: nobody holds it back, and a clock that jumped does not decide alone."""

from pathlib import Path

import pytest
from desk_world import DAY, desk, network
from hypothesis import given
from hypothesis import strategies as st

from desk.keys.seen_time import (
    APART,
    AT_ONCE,
    CONFIRM_AFTER,
    CONFIRM_WITHIN,
    LEAP,
    RENEWED,
    Seen,
    apart,
    judged,
    late,
    recall,
    remember,
    span,
)

NOW = 1_767_225_600
YEARS = 5000 * DAY
times = st.integers(0, 2**40 - 1)


def test_before_anything_was_seen_no_time_has_come_and_nothing_is_remembered() -> None:
    found = judged(Seen(), 0, NOW)
    assert (found.time, found.doubted, found.seen) == (0, False, Seen())
    assert judged(Seen(), NOW - 60, NOW).seen == Seen(latest=NOW)


def test_the_clock_counts_and_is_remembered() -> None:
    found = judged(Seen(latest=NOW - DAY), 0, NOW)
    assert (found.time, found.doubted, found.seen) == (NOW, False, Seen(latest=NOW))


def test_a_relay_that_holds_its_clock_back_holds_nothing_back() -> None:
    assert judged(Seen(latest=NOW - DAY), NOW - 300 * DAY, NOW).time == NOW


def test_a_clock_that_is_set_back_does_not_take_the_time_back() -> None:
    for clock in (0, NOW - YEARS, NOW - 1):
        found = judged(Seen(latest=NOW), 0, clock)
        assert (found.time, found.seen) == (NOW, Seen(latest=NOW))


def test_a_clock_far_ahead_is_doubted_until_the_log_confirms_it() -> None:
    seen, clock = Seen(latest=NOW), NOW + LEAP + 1
    assert not judged(seen, 0, clock - 1).doubted
    doubted = judged(seen, NOW + 5, clock + 5 + 1)
    assert (doubted.time, doubted.doubted) == (NOW + 5, True)
    confirmed = judged(doubted.seen, clock - 60, clock + 600)
    assert (confirmed.time, confirmed.doubted, confirmed.seen) == (clock + 600, False, Seen(latest=clock + 600))


def test_a_relay_and_a_clock_that_are_years_ahead_together_erase_nothing_and_leave_nothing_behind() -> None:
    wrong = NOW + 14 * 365 * DAY
    found = judged(Seen(latest=NOW), wrong - 60, wrong)
    assert (found.time, found.doubted, found.seen) == (NOW, True, Seen(latest=NOW, doubted=wrong))
    right = judged(found.seen, NOW + 100, NOW + 200)
    assert (right.time, right.doubted, right.seen) == (NOW + 200, False, Seen(latest=NOW + 200))
    confirmed = judged(found.seen, wrong + DAY, wrong + DAY)  # left so for a day: rule 2b, and not remembered
    assert (confirmed.time, confirmed.seen.latest) == (wrong + DAY, NOW)
    assert judged(confirmed.seen, NOW + 2 * DAY, NOW + 2 * DAY).time == NOW + 2 * DAY


@pytest.mark.parametrize("days", [8, 45, 60])
def test_after_a_holiday_the_log_confirms_the_clock_at_once(days: int) -> None:
    clock = NOW + days * DAY
    found = judged(judged(Seen(latest=NOW), 0, clock).seen, clock - 600, clock)
    assert (found.time, found.doubted, found.seen) == (clock, False, Seen(latest=clock))


def test_after_a_year_the_log_and_a_day_confirm_the_clock() -> None:
    """A desk that comes back uses its new keys from the second day on."""
    clock, seen = NOW + 365 * DAY, Seen(latest=NOW)
    for hours, doubted in ((0, True), (1, True), (23, True), (24, False), (25, False), (24 * 20, False)):
        found = judged(seen, clock + hours * 3600 - 60, clock + hours * 3600)
        assert (found.time, found.doubted) == (NOW if doubted else clock + hours * 3600, doubted)
        seen = found.seen


def test_a_log_that_is_years_ahead_moves_no_time_that_the_clock_does_not_show() -> None:
    for clock in (NOW - DAY, NOW, NOW + DAY, NOW + 3 * LEAP):
        assert judged(Seen(latest=NOW), NOW + YEARS, clock).time <= NOW + DAY


def test_a_clock_far_ahead_confirms_itself_a_day_later() -> None:
    """A relay that stays away for ever wins a day, and no more."""
    clock = NOW + 30 * DAY
    seen = judged(Seen(latest=NOW), 0, clock).seen
    for hours in (1, 12, 23):  # looking often does not begin the day anew
        found = judged(seen, 0, clock + hours * 3600)
        assert (found.time, found.doubted) == (NOW, True)
        seen = found.seen
    for days in (1, 2, 40, 41, 90):  # from then on day after day
        found = judged(seen, 0, clock + days * DAY)
        assert (found.time, found.doubted) == (clock + days * DAY, False)
        seen = found.seen
    assert seen.latest == NOW


def test_a_wrong_clock_that_confirmed_itself_leaves_nothing_behind_when_it_is_put_right() -> None:
    wrong = NOW + YEARS
    seen = judged(judged(Seen(latest=NOW), 0, wrong).seen, 0, wrong + CONFIRM_AFTER).seen
    found = judged(seen, 0, NOW + 2 * DAY)
    assert (found.time, found.doubted, found.seen) == (NOW + 2 * DAY, False, Seen(latest=NOW + 2 * DAY))


@pytest.mark.parametrize("jump", [-DAY, -1, CONFIRM_WITHIN + 1, YEARS])
def test_another_wrong_time_does_not_confirm_the_first(jump: int) -> None:
    clock = NOW + 300 * DAY
    first = judged(Seen(latest=NOW), 0, clock)
    again = judged(first.seen, 0, clock + jump)
    assert (again.time, again.doubted, again.seen.doubted) == (NOW, True, clock + jump)


@given(times, times, times, times)
def test_it_never_goes_back_nor_further_than_somebody_vouched_for(
    latest: int, doubted: int, proven: int, clock: int
) -> None:
    seen = Seen(latest=latest, doubted=doubted)
    found = judged(seen, proven, clock)
    assert found.time in (clock, latest, proven)
    assert found.time >= latest
    assert found.seen.latest >= latest
    if latest:
        assert found.seen.latest <= latest + AT_ONCE + LEAP
        confirmed = CONFIRM_AFTER <= clock - doubted <= CONFIRM_WITHIN
        assert found.time <= latest + AT_ONCE + LEAP or (found.time == clock and confirmed)
    assert not found.doubted or (clock > latest + LEAP and found.time < clock)


@given(times, times, times)
def test_a_clock_within_a_week_of_what_was_seen_always_counts(latest: int, proven: int, ahead: int) -> None:
    clock = latest + ahead % LEAP
    assert judged(Seen(latest=latest or 1), proven, clock).time >= clock


def test_what_was_seen_is_kept_sealed_and_written_once_an_hour(tmp_path: Path) -> None:
    keyring = desk(tmp_path, "ec-night", network())
    vault, file = keyring.vault, keyring.profile.path / "vault" / "seen.age"
    assert recall(vault) == Seen()
    remember(vault, Seen(), Seen(latest=NOW))
    assert recall(vault) == Seen(latest=NOW)
    raw = file.read_bytes()
    remember(vault, Seen(latest=NOW), Seen(latest=NOW + 3599))
    assert file.read_bytes() == raw
    remember(vault, Seen(latest=NOW), Seen(latest=NOW, doubted=NOW + YEARS))
    assert recall(vault).doubted == NOW + YEARS
    file.write_bytes(b"spoilt")
    assert recall(vault) == Seen()


def test_clocks_that_differ_are_told() -> None:
    assert apart(NOW, NOW + APART) == apart(NOW + APART, NOW) == ""
    assert apart(NOW + APART + 1, NOW).startswith("this machine's clock is 5 minutes ahead of the relay's")
    assert apart(NOW, NOW + 3 * DAY).startswith("this machine's clock is 3 days behind the relay's")
    assert late(NOW, NOW - RENEWED - APART) == late(NOW, NOW + 300) == ""
    assert late(NOW, NOW - 5 * 3600).startswith("the log's newest signature is 5 hours old, by this machine's clock")


def test_stretches_of_time_in_words() -> None:
    found = [span(each) for each in (0, 119, 120, 7199, 7200, 172_799, 172_800)]
    assert found == ["0 seconds", "119 seconds", "2 minutes", "119 minutes", "2 hours", "47 hours", "2 days"]
