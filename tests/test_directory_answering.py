"""Who answers now: against a minute-by-minute look at the wall clock, and by hand where clocks change."""

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from counted_work import calls_of
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.bodies import ContactBody, Hours, Span
from directory.finding.answering import LATEST, LOOK_AHEAD, Answer, answer, answer_in
from directory.finding.zones import time_zone

BOGOTA = time_zone("America/Bogota")
NEW_YORK = time_zone("America/New_York")
DAY = 86_400
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
    told = answer_in(but_christmas, NEW_YORK, at(NEW_YORK, "2026-12-12T09:00"))
    assert (told.open, told.closes_at) == (True, at(NEW_YORK, "2026-12-25T00:00"))


def test_the_end_of_a_stretch_is_looked_for_two_weeks_ahead() -> None:
    hours = Hours(spans=tuple(Span(day=day, opens=0, closes=0) for day in range(1, 8)), holidays=("2026-12-25",))
    end = at(BOGOTA, "2026-12-25T00:00")
    assert answer_in(hours, BOGOTA, end - 14 * DAY).closes_at == end
    assert answer_in(hours, BOGOTA, end - 14 * DAY - 1) == Answer(
        True, None, datetime(2026, 12, 10, 23, 59, 59, tzinfo=BOGOTA)
    )


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


# Where clocks change: by an hour, by half of one, at midnight, by a day that is left out; and where they do not.
PLACES = (
    ("America/Bogota", "2026-12-20"), ("America/New_York", "2026-03-02"), ("America/New_York", "2026-10-26"),
    ("America/Havana", "2026-03-02"), ("America/Havana", "2026-10-26"), ("America/Asuncion", "2024-09-30"),
    ("America/Santiago", "2026-03-30"), ("America/Santiago", "2026-08-31"), ("America/Sao_Paulo", "2018-10-29"),
    ("Australia/Lord_Howe", "2026-03-30"), ("Australia/Lord_Howe", "2026-09-28"), ("Pacific/Apia", "2011-12-24"),
)  # fmt: skip
BEFORE, AFTER = 4, 24  # days around `now` that the oracle knows


@cache
def wall(name: str, since: str) -> tuple[int, list[int], list[int]]:
    """The first minute, and for each one how far the clock there has been by then and how low it reads from then on.

    Readings are minutes since day 0 of the calendar; the clock has first read W where the first list reaches it, and
    reads less than W for the last time just before the second does.
    """
    zone = time_zone(name)
    begin = at(zone, f"{since}T00:00") - BEFORE * DAY
    locals_ = (datetime.fromtimestamp(begin + 60 * n, zone) for n in range((BEFORE + 7 + AFTER) * 1440))
    read = [each.toordinal() * 1440 + each.hour * 60 + each.minute for each in locals_]
    return begin, list(accumulate(read, max)), list(accumulate(reversed(read), min))[::-1]


def openings(hours: Hours, name: str, since: str) -> tuple[int, bytearray]:
    """For each minute that the oracle knows whether somebody answers, straight from the rules."""
    begin, highest, lowest = wall(name, since)
    answers = bytearray(len(highest))
    for day in range(highest[0] // 1440 - 2, highest[-1] // 1440 + 1):
        if date.fromordinal(day).isoformat() in hours.holidays:
            continue
        for span in hours.spans:
            if span.day == date.fromordinal(day).isoweekday():
                late = 1440 if span.closes <= span.opens else 0
                first = bisect_left(highest, day * 1440 + span.opens)
                last = bisect_left(lowest, day * 1440 + span.closes + late)
                answers[first:last] = b"\1" * max(last - first, 0)
    return begin, answers


@st.composite
def questions(draw: st.DrawFn) -> tuple[Hours, str, str, int]:
    """Hours, a place, and a time in a week in which something happens to its clock."""
    name, since = draw(st.sampled_from(PLACES))
    days = st.integers(-3, 20).map(lambda n: (date.fromisoformat(since) + timedelta(days=n)).isoformat())
    edges = st.sampled_from([0, 60, 90, 120, 121, 150, 180, 360, 840, 1320, 1410, 1439, 1440]) | st.integers(0, 1440)
    spans = st.builds(Span, day=st.integers(1, 7), opens=edges, closes=edges)
    cut = sorted(draw(st.sets(st.integers(0, 1439), min_size=1, max_size=4)))
    gapless = [
        Span(day=day, opens=opens, closes=closes)
        for day in range(1, 8)
        for opens, closes in zip(cut, (*cut[1:], cut[0]), strict=True)
    ]
    some = draw(st.lists(spans, min_size=1, max_size=6) | st.just(gapless))
    few = draw(st.lists(days, max_size=4) | st.lists(days, min_size=12, max_size=24))
    moment = draw(st.integers(0, 7 * 1440 - 1))
    return Hours(spans=tuple(some), holidays=tuple(few)), name, since, moment


@settings(max_examples=400, deadline=None)
@given(questions(), st.integers(0, 59))
def test_an_answer_is_what_the_wall_clock_says_and_holds_until_it_changes(
    question: tuple[Hours, str, str, int], seconds: int
) -> None:
    hours, name, since, minute = question
    begin, answers = openings(hours, name, since)
    place = BEFORE * 1440 + minute
    told = answer_in(hours, time_zone(name), begin + 60 * place + seconds)
    assert told.open is bool(answers[place])
    change = answers.find(b"\0" if told.open else b"\1", place)
    if change < 0:
        assert told.changes_at is None or told.changes_at >= begin + 60 * len(answers)
    elif told.open and begin + 60 * change > begin + 60 * place + seconds + LOOK_AHEAD * DAY:
        assert told.changes_at is None
    else:
        assert told.changes_at == begin + 60 * change


def test_a_day_that_is_left_out_and_a_holiday_put_an_opening_off_by_weeks() -> None:
    apia = time_zone("Pacific/Apia")  # 30 December 2011, a Friday, was left out there
    hours = Hours(spans=(Span(day=5, opens=480, closes=960),), holidays=("2012-01-06",))
    assert answer_in(hours, apia, at(apia, "2011-12-24T00:00")).opens_at == at(apia, "2012-01-13T08:00")


def test_no_hours_take_long_to_answer() -> None:
    """Anybody may publish such hours: whatever they are, an answer is a few times the work of the usual ones."""
    past = tuple(f"{1900 + n}-01-01" for n in range(60))
    ahead = tuple((date(2026, 1, 6) + timedelta(weeks=n)).isoformat() for n in range(60))
    shifts = Hours(spans=quarters(0, 480, 960), holidays=("2026-12-25", "2027-01-01"))
    hostile = (
        Hours(spans=quarters(7, 367, 727, 1087), holidays=past),
        Hours(spans=quarters(7, 367, 727, 1087), holidays=ahead),
        Hours(spans=(Span(day=2, opens=480, closes=960),), holidays=ahead),
        Hours(spans=tuple(Span(day=2, opens=3 * n, closes=3 * n + 1) for n in range(28)), holidays=ahead),
        Hours(spans=(Span(day=7, opens=1440, closes=0),), holidays=ahead),
    )
    usual = answering(shifts)
    assert usual < 500
    assert max(map(answering, hostile)) < 10 * usual


def quarters(*edges: int) -> tuple[Span, ...]:
    """Spans that follow one another without a gap."""
    turns = tuple(zip(edges, (*edges[1:], edges[0]), strict=True))
    return tuple(Span(day=day, opens=opens, closes=closes) for day in range(1, 8) for opens, closes in turns)


def answering(hours: Hours) -> int:
    """The work of an answer, in calls."""
    return calls_of(lambda: answer_in(hours, NEW_YORK, 1_767_225_600))
