"""Who answers now: against a minute-by-minute look at the wall clock, and by hand where clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.answering import LATEST, Answer, answer, answer_in
from directory.bodies import ContactBody, Hours, Span
from directory.zones import time_zone

BOGOTA = time_zone("America/Bogota")
NEW_YORK = time_zone("America/New_York")
OFFICE = Hours(spans=tuple(Span(day=day, opens=480, closes=1080) for day in range(1, 6)))
NIGHT = Hours(spans=tuple(Span(day=day, opens=1320, closes=360) for day in range(1, 8)))


def at(zone: ZoneInfo, text: str, fold: int = 0) -> int:
    """Unix seconds of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp())


def open_at(hours: Hours, zone: ZoneInfo, text: str, fold: int = 0) -> bool | None:
    return answer_in(hours, zone, at(zone, text, fold)).open


def test_office_hours_say_until_when_and_from_when() -> None:
    monday = answer_in(OFFICE, BOGOTA, at(BOGOTA, "2026-09-21T10:00"))
    assert (monday.open, monday.closes_at, monday.opens_at) == (True, at(BOGOTA, "2026-09-21T18:00"), None)
    assert monday.local is not None
    assert monday.local.isoformat() == "2026-09-21T10:00:00-05:00"
    friday = answer_in(OFFICE, BOGOTA, at(BOGOTA, "2026-09-25T18:00"))
    assert (friday.open, friday.closes_at, friday.opens_at) == (False, None, at(BOGOTA, "2026-09-28T08:00"))


@pytest.mark.parametrize(
    ("time", "open_then"),
    [
        ("2026-09-21T07:59:59", False),
        ("2026-09-21T08:00:00", True),
        ("2026-09-21T17:59:59", True),
        ("2026-09-21T18:00:00", False),
        ("2026-09-20T12:00:00", False),
    ],
)
def test_a_span_holds_from_its_opening_to_just_before_its_closing(time: str, open_then: bool) -> None:
    assert open_at(OFFICE, BOGOTA, time) is open_then


def test_a_night_desk_runs_past_midnight() -> None:
    assert open_at(NIGHT, BOGOTA, "2026-09-21T23:00") is True
    early = answer_in(NIGHT, BOGOTA, at(BOGOTA, "2026-09-22T05:59"))
    assert early.closes_at == at(BOGOTA, "2026-09-22T06:00")
    assert open_at(NIGHT, BOGOTA, "2026-09-22T06:00") is False


def test_sunday_night_runs_into_monday() -> None:
    sunday = Hours(spans=(Span(day=7, opens=1200, closes=120),))
    assert open_at(sunday, BOGOTA, "2026-09-21T01:59") is True
    assert open_at(sunday, BOGOTA, "2026-09-22T01:59") is False


def test_no_span_opens_on_a_holiday_but_the_eve_runs_to_its_end() -> None:
    hours = Hours(spans=NIGHT.spans, holidays=("2026-12-25",))
    assert open_at(hours, BOGOTA, "2026-12-25T03:00") is True
    assert open_at(hours, BOGOTA, "2026-12-25T23:00") is False
    closed = answer_in(hours, BOGOTA, at(BOGOTA, "2026-12-25T12:00"))
    assert closed.opens_at == at(BOGOTA, "2026-12-26T22:00")


def test_a_year_of_holidays_on_mondays_is_looked_past() -> None:
    mondays = tuple((datetime(2026, 9, 21, tzinfo=UTC) + timedelta(weeks=n)).date().isoformat() for n in range(60))
    hours = Hours(spans=(Span(day=1, opens=480, closes=540),), holidays=mondays)
    assert answer_in(hours, BOGOTA, at(BOGOTA, "2026-09-21T08:30")).opens_at == at(BOGOTA, "2027-11-15T08:00")


def test_a_holiday_that_is_no_date_is_no_holiday() -> None:
    hours = Hours(spans=OFFICE.spans, holidays=("2026-02-31",))
    assert open_at(hours, BOGOTA, "2026-03-03T10:00") is True


def test_shifts_that_follow_one_another_are_one() -> None:
    shifts = Hours(
        spans=(Span(day=1, opens=960, closes=0), Span(day=1, opens=480, closes=960), Span(day=2, opens=0, closes=60))
    )
    assert answer_in(shifts, BOGOTA, at(BOGOTA, "2026-09-21T09:00")).closes_at == at(BOGOTA, "2026-09-22T01:00")


def test_a_desk_with_a_span_for_every_hour_never_closes() -> None:
    whole = Hours(spans=tuple(Span(day=day, opens=0, closes=1440) for day in range(1, 8)))
    assert answer_in(whole, NEW_YORK, at(NEW_YORK, "2026-09-21T09:00")).closes_at is None
    assert open_at(whole, NEW_YORK, "2026-09-21T09:00") is True
    but_christmas = Hours(spans=whole.spans, holidays=("2026-12-25",))
    told = answer_in(but_christmas, NEW_YORK, at(NEW_YORK, "2026-09-21T09:00"))
    assert (told.open, told.closes_at) == (True, at(NEW_YORK, "2026-12-25T00:00"))


def test_spans_from_midnight_to_midnight_in_every_spelling() -> None:
    for opens, closes in ((0, 0), (0, 1440)):
        hours = Hours(spans=(Span(day=1, opens=opens, closes=closes),))
        assert answer_in(hours, BOGOTA, at(BOGOTA, "2026-09-21T00:00")).closes_at == at(BOGOTA, "2026-09-22T00:00")
    late = Hours(spans=(Span(day=1, opens=1440, closes=60),))
    assert open_at(late, BOGOTA, "2026-09-22T00:30") is True
    nothing = Hours(spans=(Span(day=1, opens=1440, closes=0),))
    assert answer_in(nothing, BOGOTA, at(BOGOTA, "2026-09-22T00:00")).open is False


def test_unknown_hours_are_neither_open_nor_closed() -> None:
    now = at(BOGOTA, "2026-09-21T10:00")
    unknown = answer_in(Hours(), BOGOTA, now)
    assert (unknown.open, unknown.changes_at) == (None, None)
    assert unknown.local is not None
    assert answer_in(OFFICE, None, now) == Answer(None)
    assert answer_in(Hours(), None, now) == Answer(None)
    assert answer(ContactBody(names={"es": "x"}, zone="America/Atlantis", hours=OFFICE), now) == Answer(None)


def test_always_is_always() -> None:
    now = at(BOGOTA, "2026-12-25T03:00")
    assert answer_in(Hours(always=True, holidays=("2026-12-25",)), None, now) == Answer(True)
    body = ContactBody(names={"es": "x"}, zone="America/Bogota", hours=Hours(always=True))
    told = answer(body, now)
    assert (told.open, told.closes_at, str(told.local)) == (True, None, "2026-12-25 03:00:00-05:00")


# New York 2026: forward on 8 March, 02:00 → 03:00; back on 1 November, 02:00 → 01:00.
def test_clock_put_forward_over_an_opening_opens_at_the_change() -> None:
    hours = Hours(spans=(Span(day=7, opens=150, closes=300),))
    assert open_at(hours, NEW_YORK, "2026-03-08T01:59:59") is False
    assert answer_in(hours, NEW_YORK, at(NEW_YORK, "2026-03-08T01:00")).opens_at == at(NEW_YORK, "2026-03-08T03:00")
    assert open_at(hours, NEW_YORK, "2026-03-08T03:00") is True


def test_clock_put_forward_over_a_closing_closes_at_the_change() -> None:
    hours = Hours(spans=(Span(day=7, opens=60, closes=150),))
    assert answer_in(hours, NEW_YORK, at(NEW_YORK, "2026-03-08T01:30")).closes_at == at(NEW_YORK, "2026-03-08T03:00")


def test_a_span_within_the_hour_that_is_left_out_does_not_take_place() -> None:
    hours = Hours(spans=(Span(day=7, opens=130, closes=170),))
    assert answer_in(hours, NEW_YORK, at(NEW_YORK, "2026-03-08T01:00")).opens_at == at(NEW_YORK, "2026-03-15T02:10")


def test_clock_put_back_keeps_a_desk_open_from_the_first_to_the_second_reading() -> None:
    opening = Hours(spans=(Span(day=7, opens=90, closes=300),))
    assert open_at(opening, NEW_YORK, "2026-11-01T01:30") is True
    assert open_at(opening, NEW_YORK, "2026-11-01T01:10", fold=1) is True
    closing = Hours(spans=(Span(day=7, opens=0, closes=90),))
    assert open_at(closing, NEW_YORK, "2026-11-01T01:40") is True
    assert answer_in(closing, NEW_YORK, at(NEW_YORK, "2026-11-01T00:30")).closes_at == at(
        NEW_YORK, "2026-11-01T01:30", fold=1
    )


def test_a_night_shift_is_an_hour_longer_or_shorter_when_clocks_change() -> None:
    for evening, hours_long in (("2026-03-07T22:00", 7), ("2026-10-31T22:00", 9), ("2026-06-06T22:00", 8)):
        opened = at(NEW_YORK, evening)
        closes = answer_in(NIGHT, NEW_YORK, opened).closes_at
        assert closes is not None
        assert closes - opened == hours_long * 3600


def test_midnight_that_is_left_out() -> None:
    # Asunción put its clocks forward at midnight of 6 October 2024: that day began at 01:00.
    asuncion = time_zone("America/Asuncion")
    hours = Hours(spans=(Span(day=7, opens=0, closes=480),))
    before = at(asuncion, "2024-10-05T23:30")
    assert answer_in(hours, asuncion, before).opens_at == at(asuncion, "2024-10-06T01:00")


@pytest.mark.parametrize("now", [-1, LATEST, 2**62])
def test_a_clock_far_off_is_refused(now: int) -> None:
    with pytest.raises(ValueError, match="set this computer's clock"):
        answer_in(OFFICE, BOGOTA, now)


spans = st.builds(
    Span,
    day=st.integers(1, 7),
    opens=st.integers(0, 48).map(lambda n: n * 30),
    closes=st.integers(0, 48).map(lambda n: n * 30),
)


@settings(max_examples=150)
@given(
    hours=st.builds(
        Hours,
        spans=st.lists(spans, min_size=1, max_size=5).map(tuple),
        holidays=st.lists(st.integers(0, 13).map(lambda n: f"2026-09-{14 + n}"), max_size=3).map(tuple),
    ),
    half_hours=st.integers(0, 48 * 14),
)
def test_an_answer_is_what_the_wall_clock_says_and_holds_until_it_changes(hours: Hours, half_hours: int) -> None:
    """Against a plain reading of the wall clock, in a zone without changes of the clock."""

    def plainly(now: int) -> bool:
        local = datetime.fromtimestamp(now, BOGOTA)
        for back in (0, 1, 2):
            day = local.date() - timedelta(days=back)
            if day.isoformat() in hours.holidays:
                continue
            minute = local.hour * 60 + local.minute + 1440 * back
            for span in hours.spans:
                end = span.closes + (1440 if span.closes <= span.opens else 0)
                if span.day == day.isoweekday() and span.opens <= minute < end:
                    return True
        return False

    now = at(BOGOTA, "2026-09-14T00:00") + 1800 * half_hours
    told = answer_in(hours, BOGOTA, now)
    assert told.open is plainly(now)
    horizon = now + 21 * 86_400
    change = next((then for then in range(now, horizon, 1800) if plainly(then) is not told.open), None)
    if change is not None:
        assert told.changes_at == change
    else:
        assert told.changes_at is None or told.changes_at >= horizon


@settings(max_examples=150)
@given(
    hours=st.builds(Hours, spans=st.lists(spans, min_size=1, max_size=4).map(tuple)),
    now=st.integers(at(NEW_YORK, "2026-03-06T00:00"), at(NEW_YORK, "2026-03-10T00:00"))
    | st.integers(at(NEW_YORK, "2026-10-30T00:00"), at(NEW_YORK, "2026-11-03T00:00")),
)
def test_where_clocks_change_an_answer_still_holds_just_until_it_changes(hours: Hours, now: int) -> None:
    told = answer_in(hours, NEW_YORK, now)
    if told.changes_at is not None:
        assert told.changes_at > now
        assert answer_in(hours, NEW_YORK, told.changes_at - 1).open is told.open
        assert answer_in(hours, NEW_YORK, told.changes_at).open is (not told.open)
