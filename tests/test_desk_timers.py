"""Timers of requests: what begins, meets and ends each, to the second; reminders and alarms once each."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from request_world import ASKED, ASKING, AT, chain, event, sent, told

from desk.requests.acts import Accept, Act, Close, Complete, Limit, Part, Refuse, RequestEvent, Send
from desk.timers.terms import HOUR, KINDS, TERMS, Term, TimerKind, term
from desk.timers.timer_words import WORDS, span_text, timer_text
from desk.timers.timers import (
    MOST_ALARMS,
    STATES,
    Fact,
    Said,
    Timer,
    Wanted,
    What,
    facts_of,
    notices,
    promised,
    said,
    timers,
)
from directory.entry import DAY

# Kind, what begins it, how long it runs, what meets it, what ends it.
ROWS: list[tuple[TimerKind, What, int, list[What], list[What]]] = [
    ("first-answer", "sent", 1800, ["word"], ["closed"]),
    ("urgent-direct", "sent", 8 * HOUR, ["completed", "refused"], ["closed"]),
    ("urgent-indirect", "sent", 3 * DAY, ["completed", "refused"], ["closed"]),
    ("ordinary", "sent", 7 * DAY, ["completed", "refused"], ["closed"]),
    ("preservation", "holds", 60 * DAY, ["assistance"], []),
    ("preservation", "accepted", 60 * DAY, ["assistance"], ["refused"]),
    ("provisional-arrest", "holds", 40 * DAY, ["extradition"], []),
]
FIRST_REMINDER = {1800: 600, 8 * HOUR: 2 * HOUR, 3 * DAY: DAY, 7 * DAY: DAY, 60 * DAY: 30 * DAY, 40 * DAY: 30 * DAY}


def one(facts: list[Fact], kind: TimerKind, now: int, **fields: Any) -> Timer | None:
    respond = 1800 if kind == "first-answer" else 0
    found = timers(facts, Wanted(kinds=() if respond else (kind,), respond=respond, **fields), now)
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} from {row[1]}")
def test_each_timer_to_the_second(row: tuple[TimerKind, What, int, list[What], list[What]]) -> None:
    kind, begins, seconds, meets, ends = row
    facts = [Fact(begins, AT)]
    near, due = AT + seconds - FIRST_REMINDER[seconds], AT + seconds
    for now, state in ((AT, "running"), (near - 1, "running"), (near, "near"), (due - 1, "near"), (due, "overdue")):
        timer = one(facts, kind, now)
        assert timer is not None
        assert (timer.state, timer.due, timer.began) == (state, due, AT)
    for what in meets:
        for at, late in ((due, False), (due + 1, True)):
            timer = one([*facts, Fact(what, at), Fact("closed", due + 9)], kind, due + 100)
            assert timer is not None
            assert (timer.state, timer.met, timer.late) == ("met", at, late)
    for what in ends:
        if what not in meets:
            assert one([*facts, Fact(what, AT + 5)], kind, due + 9) is None
    others: set[What] = {"sent", "word", "accepted", "holds", "completed"}
    nothing = {*others} - {begins, "holds", "accepted"} - ({"sent"} if begins == "sent" else set())
    assert one([Fact(what, AT) for what in nothing], kind, AT) is None


def test_an_accepted_arrest_is_no_arrest() -> None:
    assert one([Fact("sent", AT), Fact("accepted", AT)], "provisional-arrest", AT) is None


def test_what_a_history_says() -> None:
    events = chain(("receive", ASKED))
    events.append(
        event(Accept(since=AT - 3600, expected=AT + 9 * DAY), ASKED, events[0], (events[-1].id,), taken_in=AT + 60)
    )
    events.append(event(Part(text="more", since=AT + 9999), ASKED, events[0], (events[-1].id,), taken_in=AT + 120))
    events.append(event(Complete(), ASKED, events[0], (events[-1].id,), taken_in=AT + 180))
    found = told(events)
    follow_up = RequestEvent(act=Send(form="mutual-legal-assistance/1", follows=found.request.id))
    later = told([sent(event=follow_up, taken_in=AT + 500)])
    unsent = told([sent(event=follow_up, taken_in=None)])
    assert facts_of(found, [told([sent(case="another")]), later, unsent]) == (
        Fact("sent", AT), Fact("word", AT), Fact("word", AT + 60), Fact("holds", AT - 3600), Fact("accepted", AT + 60),
        Fact("word", AT + 120), Fact("holds", AT + 120), Fact("word", AT + 180), Fact("completed", AT + 180),
        Fact("assistance", AT + 500),
    )  # fmt: skip
    assert promised(found) == AT + 9 * DAY
    assert [each.kind for each in timers(facts_of(found), Wanted(), AT, promised(found))] == ["expected"]
    assert promised(told(chain(("accept", ASKED)))) == 0
    draft = told([sent(taken_in=None)])
    assert facts_of(draft) == ()


def test_an_event_without_effect_begins_nothing() -> None:
    events = chain(("refuse", ASKED), ("accept", ASKED), ("via", ASKED), ("via", ASKING))
    assert [each.what for each in facts_of(told(events))] == ["sent", "word", "refused"]


def test_the_next_due_comes_first() -> None:
    facts = [Fact("sent", AT), Fact("accepted", AT)]
    found = timers(facts, Wanted(("ordinary", "preservation"), respond=600), AT, AT + DAY)
    assert [each.kind for each in found] == ["first-answer", "expected", "ordinary", "preservation"]


def test_terms_are_an_authoritys_to_put_right() -> None:
    own = Term("provisional-arrest", 40 * DAY, "Treaty of 1998, art. 9", verify=False, instrument="treaty-1998")
    assert term("provisional-arrest", "treaty-1998", [own]) == own
    elsewhere = term("provisional-arrest", "another", [own])
    assert elsewhere is not None
    assert (elsewhere.seconds, elsewhere.verify, elsewhere.unknown) == (40 * DAY, True, True)
    montevideo = term("provisional-arrest", "montevideo-1933")
    assert montevideo is not None
    assert (montevideo.seconds, montevideo.verify, montevideo.unknown) == (59 * DAY, True, False)
    general = Term("preservation", 90 * DAY, "Law 5 of 2020", verify=False)
    assert term("preservation", "x", [general]) == general
    assert term("first-answer") is None
    assert all(each.source for each in TERMS)


@pytest.mark.parametrize(("seconds", "source"), [(0, "x"), (-5, "x"), (4000 * DAY, "x"), (DAY, " ")])
def test_rows_that_are_refused(seconds: int, source: str) -> None:
    with pytest.raises(ValueError, match="needs a source"):
        term("ordinary", own=[Term("ordinary", seconds, source, verify=False)])


@settings(max_examples=40)
@given(st.sampled_from([row[:3] for row in ROWS]), st.lists(st.integers(1, 5 * DAY), min_size=1, max_size=30))
def test_each_reminder_and_alarm_comes_once(row: tuple[TimerKind, What, int], events: list[int]) -> None:
    kind, begins, seconds = row
    now = AT - DAY
    rung = list[tuple[int, bool]]()
    for each in events:
        timer = one([Fact(begins, AT)], kind, now + each)
        assert timer is not None
        found = notices([timer], now, now + each)
        assert len(found) <= 1
        rung += [(one_.at, one_.alarm) for one_ in found]
        assert all(now < one_.at <= now + each for one_ in found)
        now += each
    assert [at for at, _ in rung] == sorted({at for at, _ in rung})
    assert all(alarm == (at >= AT + seconds) for at, alarm in rung)
    if now >= AT + seconds:
        assert any(alarm for _, alarm in rung) or now >= AT + seconds + MOST_ALARMS * DAY


def test_reminders_and_alarms_of_a_preservation_by_the_hour() -> None:
    due = AT + 60 * DAY
    rung = [
        ((each.at - due) // DAY, each.alarm)
        for hour in range(100 * 24)
        if (timer := one([Fact("holds", AT)], "preservation", AT + hour * HOUR))
        for each in notices([timer], AT + (hour - 1) * HOUR, AT + hour * HOUR)
    ]
    assert rung == [(-30, False), (-14, False), (-7, False), (-3, False), (-1, False), *((n, True) for n in range(30))]
    met = one([Fact("holds", AT), Fact("assistance", due)], "preservation", due)
    assert met is not None
    assert notices([met], due - 1, due) == ()


def test_timers_in_words() -> None:
    facts = [Fact("holds", AT)]
    near = one(facts, "preservation", AT + 58 * DAY)
    over = one(facts, "preservation", AT + 60 * DAY + HOUR)
    late = one([*facts, Fact("assistance", AT + 61 * DAY)], "preservation", AT + 70 * DAY)
    assert near is not None
    assert over is not None
    assert late is not None
    assert timer_text(near, AT + 58 * DAY, "es") == (
        "Solicitud de asistencia judicial, antes de que cese la conservación de los datos: VENCE PRONTO, en 2 días "
        "(plazo desconocido – verificar en el instrumento)"
    )
    assert "OVERDUE for 1 hour" in timer_text(over, AT + 60 * DAY + HOUR, "en")
    assert "accompli avec 1 jour de retard" in timer_text(late, AT + 70 * DAY, "fr")
    assert [span_text(each, "pt") for each in (5, 60, 7199, 90_000)] == ["1 minuto", "1 minuto", "1 hora", "1 dia"]


@pytest.mark.parametrize("language", range(4))
def test_every_word_is_there(language: int) -> None:
    assert WORDS.keys() == {*KINDS, *STATES, "late", "verify", "unknown", "told"}
    assert all(row[language] for row in WORDS.values())


@pytest.mark.parametrize(
    ("seconds", "leads"),
    [
        (600, []), (601, [600]), (2 * HOUR, [600]), (2 * HOUR + 1, [2 * HOUR, HOUR // 2]), (DAY, [2 * HOUR, HOUR // 2]),
        (DAY + 1, [DAY, 6 * HOUR]), (14 * DAY, [DAY, 6 * HOUR]), (15 * DAY, [14 * DAY, 7 * DAY, 3 * DAY, DAY]),
    ],
)  # fmt: skip
def test_reminders_by_the_length_of_the_term(seconds: int, leads: list[int]) -> None:
    [timer] = timers([Fact("sent", AT)], Wanted(respond=seconds), AT)
    due = AT + seconds
    found = [
        each.at for moment in (*(due - lead for lead in leads), due) for each in notices([timer], moment - 1, moment)
    ]
    assert found == [*(due - lead for lead in leads), due]
    whole = notices([timer], AT, due - 1)
    assert [each.at for each in whole] == ([due - leads[-1]] if leads else [])


def test_what_nobody_promised_is_not_due() -> None:
    assert promised(told(chain())) == 0
    facts = [Fact("sent", AT), Fact("accepted", AT)]
    assert timers(facts, Wanted(("first-answer", "expected")), AT) == ()
    [timer] = timers(facts, Wanted(), AT, AT + 5)
    assert (timer.verify, timer.due) == (False, AT + 5)


# What became of the follow-up, and whether it still meets the timer.
ENDS: list[tuple[list[Act], bool]] = [
    ([], True),
    ([Refuse(reason="not-in-form", text="x")], False),
    ([Close(reason="withdrawn")], False),
    ([Close(reason="duplicate")], False),
    ([Close(reason="settled-otherwise")], True),
    ([Accept(), Complete(), Close(reason="done")], True),
]


@pytest.mark.parametrize(("acts", "stands"), ENDS)
@pytest.mark.parametrize("form", ["mutual-legal-assistance/1", "extradition/1", "general-message/1", ""])
def test_what_follows_up_asks_for_the_right_thing_and_still_does(acts: list[Act], stands: bool, form: str) -> None:
    """A follow-up that was refused or withdrawn, or asks for something else, keeps no data and holds nobody."""
    first = told(chain(("accept", ASKED)))
    events = [sent(event=RequestEvent(act=Send(form=form, follows=first.request.id)), taken_in=AT + DAY)]
    for act in acts:
        by = ASKING if isinstance(act, Close) else ASKED
        events.append(event(act, by, events[0], (events[-1].id,)))
    facts = facts_of(first, [told(events)])
    [timer] = timers(facts, Wanted(("preservation",)), AT + 61 * DAY)
    assert timer.state == ("met" if stands and form.startswith("mutual") else "overdue")


@pytest.mark.parametrize("kind", ["preservation", "provisional-arrest"])
def test_a_measure_outlives_its_request(kind: TimerKind) -> None:
    """Completed, refused, closed: somebody is still held, or data are still kept, and only for so long."""
    root = sent()
    events = [root, event(Accept(since=AT), ASKED, root, (root.id,))]
    for act, by in (
        (Complete(), ASKED),
        (Refuse(reason="other", text="x"), ASKED),
        (Close(reason="withdrawn"), ASKING),
    ):
        facts = facts_of(told([*events, event(act, by, root, (events[1].id,))]))
        assert [each.state for each in timers(facts, Wanted((kind,)), AT + 70 * DAY)] == ["overdue"]


def limited(*dates: int, crossed: bool = False, by: str = ASKED, timer: str = "preservation") -> list[Any]:
    """An accepted request of which other dates were told, one after another or side by side."""
    events = chain(("accept", ASKED), ("complete", ASKED), ("close", ASKING))
    last = events[-1].id
    for number, until in enumerate(dates):
        act = Limit(timer=timer, until=until, text=str(number))  # type: ignore[arg-type]  # one of the three
        events.append(event(act, by, events[0], (last,), taken_in=AT + number))
        last = last if crossed else events[-1].id
    return events


@pytest.mark.parametrize(
    ("events", "until"),
    [
        (limited(AT + 90 * DAY), AT + 90 * DAY),
        (limited(AT + 90 * DAY, AT + 120 * DAY), AT + 120 * DAY),
        (limited(AT + 120 * DAY, AT + 30 * DAY), AT + 30 * DAY),
        (limited(AT + 120 * DAY, AT + 30 * DAY, crossed=True), AT + 30 * DAY),
        (limited(0, AT + 30 * DAY, crossed=True), AT + 30 * DAY),
        (limited(AT + 30 * DAY, 0), 0),
        (limited(AT + 90 * DAY, by=ASKING), AT + 60 * DAY),
        (limited(), AT + 60 * DAY),
        (limited(AT + 90 * DAY, timer="provisional-arrest"), AT + 60 * DAY),
    ],
)
def test_whoever_holds_a_measure_says_until_when(events: list[Any], until: int) -> None:
    found = told(events)
    every = timers(facts_of(found), Wanted(("preservation",), "budapest"), AT, told=said(found))
    mine = [each for each in every if each.kind == "preservation"]
    assert [each.due for each in mine] == ([until] if until else [])
    if mine and until != AT + 60 * DAY:
        assert (mine[0].told, mine[0].verify, mine[0].unknown) == (True, False, False)
        assert "date told by whoever holds it" in timer_text(mine[0], AT, "en")


def test_a_promise_is_told_anew_or_taken_back_and_a_measure_may_begin_with_it() -> None:
    facts = [Fact("sent", AT), Fact("accepted", AT)]
    [later] = timers(facts, Wanted(), AT, AT + DAY, {"expected": Said(AT + 9, AT + 5 * DAY)})
    assert (later.due, later.told) == (AT + 5 * DAY, True)
    assert timers(facts, Wanted(), AT, AT + DAY, {"expected": Said(AT + 9, 0)}) == ()
    [held] = timers(facts, Wanted(), AT, told={"provisional-arrest": Said(AT + 9, AT + 45 * DAY)})
    assert (held.began, held.due) == (AT + 9, AT + 45 * DAY)
