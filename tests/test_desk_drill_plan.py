"""Drills at random hours: drawn, due, missed, and never twice for one contact."""

import secrets
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.drills.plan import (
    APART,
    SLACK,
    Plan,
    Planned,
    drawn,
    due,
    forgotten,
    may_from,
    missed,
    next_at,
    noted,
    redrawn,
    without,
)
from directory.canonical import decode, encode

NOW = 1_767_225_600
WEEK = 7 * 86_400


def wanted(*contacts: str, until: int = NOW + WEEK) -> list[Planned]:
    return [Planned(contact=each, at=NOW, until=until, sender="ar-desk") for each in contacts]


def at(plan: Plan) -> dict[str, int]:
    return {each.contact: each.at - NOW for each in plan.planned}


def test_each_is_drawn_by_itself_and_they_stand_in_order_of_time() -> None:
    draws = iter([500, 100, 300])
    plan = drawn(Plan(), wanted("co-desk", "ec-desk", "uy-desk"), NOW, lambda below: next(draws))
    assert at(plan) == {"ec-desk": 100, "uy-desk": 300, "co-desk": 500}
    assert [each.contact for each in plan.planned] == ["ec-desk", "uy-desk", "co-desk"]
    assert next_at(plan) == NOW + 100


def test_drawing_anew_replaces_what_was_planned_for_a_contact() -> None:
    plan = drawn(Plan(), wanted("co-desk", "ec-desk"), NOW, lambda _: 5)
    assert at(drawn(plan, wanted("co-desk"), NOW, lambda _: 9)) == {"ec-desk": 5, "co-desk": 9}


def test_every_hour_of_a_day_is_drawn_and_none_outside() -> None:
    """By the system's own randomness: 2,400 draws leave no hour out (in one of 10^40 runs)."""
    names = [f"c-{number}" for number in range(2400)]
    found = [
        each.at - NOW for each in drawn(Plan(), wanted(*names, until=NOW + 86_400), NOW, secrets.randbelow).planned
    ]
    assert set(Counter(each // 3600 for each in found)) == set(range(24))
    assert 0 <= min(found) <= max(found) < 86_400


@pytest.mark.parametrize(
    ("after", "is_due", "is_missed"),
    [(99, False, False), (100, True, False), (100 + SLACK - 1, True, False), (100 + SLACK, False, True)],
)
def test_a_drill_is_due_for_an_hour_and_then_missed(after: int, is_due: bool, is_missed: bool) -> None:
    plan = drawn(Plan(), wanted("co-desk"), NOW, lambda _: 100)
    assert (bool(due(plan, NOW + after)), bool(missed(plan, NOW + after))) == (is_due, is_missed)


def test_what_was_missed_is_drawn_anew_for_the_rest_of_its_time_or_dropped() -> None:
    plan = drawn(Plan(), [*wanted("co-desk"), *wanted("ec-desk", until=NOW + 7200)], NOW, lambda _: 10)
    later = NOW + 10 + SLACK
    plan, again, dropped = redrawn(plan, later, lambda below: below - 1)
    assert [each.contact for each in again] == ["co-desk"]
    assert [each.contact for each in dropped] == ["ec-desk"]
    assert at(plan) == {"co-desk": WEEK - 1}
    assert redrawn(plan, later, secrets.randbelow) == (plan, (), ())


@given(st.lists(st.integers(0, 3 * WEEK), min_size=1, max_size=8), st.integers(0, 4 * WEEK))
def test_nothing_is_sent_outside_its_time_however_late_one_looks(periods: list[int], after: int) -> None:
    """What is due at any moment was drawn from its own period; nothing is both due and missed; nothing is lost."""
    asked = [wanted(f"c-{number}", until=NOW + each)[0] for number, each in enumerate(periods)]
    plan = drawn(Plan(), asked, NOW, secrets.randbelow)
    now = NOW + after
    later, again, dropped = redrawn(plan, now, secrets.randbelow)
    assert {each.contact for each in later.planned} | {each.contact for each in dropped} == {
        each.contact for each in plan.planned
    }
    assert not missed(later, now)
    assert all(now <= each.at < max(each.until, now + 1) for each in later.planned if each.contact in
               {one.contact for one in again})  # fmt: skip
    assert list(later.planned) == sorted(later.planned, key=lambda each: (each.at, each.contact))


def test_a_contact_has_no_second_drill_for_twenty_hours() -> None:
    plan = noted(Plan(), ["co-desk"], NOW)
    assert may_from(plan, "co-desk") == NOW + APART
    assert may_from(plan, "ec-desk") == 0
    assert may_from(noted(plan, ["ec-desk"], NOW + APART), "co-desk") == 0, "what no longer matters is not kept"


def test_whoever_does_not_know_any_more_sends_nothing_for_as_long() -> None:
    assert may_from(forgotten(NOW), "co-desk") == NOW + APART


def test_what_was_sent_is_planned_no_longer() -> None:
    plan = drawn(Plan(), wanted("co-desk", "ec-desk"), NOW, lambda _: 5)
    assert at(noted(plan, ["co-desk"], NOW)) == {"ec-desk": 5}
    assert at(without(plan, ["ec-desk"])) == {"co-desk": 5}
    assert next_at(Plan()) is None


def test_a_plan_is_kept_as_it_is() -> None:
    plan = noted(drawn(Plan(), wanted("co-desk", "ec-desk"), NOW, lambda _: 5), ["uy-desk"], NOW)
    assert decode(encode(plan), Plan) == plan
