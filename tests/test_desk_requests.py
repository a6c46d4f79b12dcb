"""The life of a request: each state with each event, and one history whatever the order in which events arrive."""

from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from request_world import ALTERNATE, ASKED, ASKING, AT, MADE, STRANGER, chain, event, hashed, sent, told

from desk.events.form import kind_of
from desk.events.order import newest
from desk.forms.filled import Filled
from desk.mail.content import Form, Text
from desk.requests.acts import (
    ACTS,
    Accept,
    Act,
    Answer,
    Ask,
    Close,
    Limit,
    Refuse,
    RequestEvent,
    Send,
    Via,
    read_event,
    write_event,
)
from desk.requests.duplicates import duplicates, references
from desk.requests.life import RULES, STATES, WHYS, Signed, history, objection
from desk.requests.request_words import TABLES, said
from desk.requests.stored import form_references
from directory.canonical import Malformed, encode

WAYS: dict[str, list[tuple[str, str]]] = {  # by which a request comes into a state
    "sent": [],
    "received": [("receive", ASKED)],
    "accepted": [("receive", ASKED), ("accept", ASKED)],
    "partial": [("accept", ASKED), ("part", ALTERNATE)],
    "completed": [("accept", ASKED), ("complete", ASKED)],
    "refused": [("receive", ASKED), ("refuse", ASKED)],
    "closed": [("accept", ASKED), ("complete", ASKED), ("close", ASKING)],
}
# What each event of each side does in each state: the next state, or why it has no effect. Written by hand.
ROWS = """
           sent       received   accepted   partial    completed  refused    closed
receive  b received   already    too-late   too-late   too-late   too-late   too-late
accept   b accepted   accepted   already    too-late   too-late   too-late   too-late
part     b too-early  too-early  partial    partial    too-late   too-late   too-late
complete b too-early  too-early  completed  completed  already    too-late   too-late
refuse   b refused    refused    refused    refused    too-late   already    too-late
close    a closed     closed     closed     closed     closed     closed     already
ask      a sent       received   accepted   partial    completed  refused    too-late
ask      b sent       received   accepted   partial    completed  refused    too-late
via      a sent       received   accepted   partial    completed  refused    closed
via      b sent       received   accepted   partial    completed  refused    closed
repeat   a sent       received   accepted   partial    completed  refused    closed
repeat   b sent       received   accepted   partial    completed  refused    closed
limit    b too-early  too-early  accepted   partial    completed  refused    closed
limit    a other-side other-side other-side other-side other-side other-side other-side
answer   a no-question no-question no-question no-question no-question no-question too-late
send     a already    too-late   too-late   too-late   too-late   too-late   too-late
receive  a other-side other-side other-side other-side other-side other-side other-side
accept   a other-side other-side other-side other-side other-side other-side other-side
part     a other-side other-side other-side other-side other-side other-side other-side
complete a other-side other-side other-side other-side other-side other-side other-side
refuse   a other-side other-side other-side other-side other-side other-side other-side
close    b other-side other-side other-side other-side other-side other-side other-side
send     b other-side other-side other-side other-side other-side other-side other-side
""".strip().splitlines()
TABLE = [
    (kind, ASKING if side == "a" else ASKED, state, outcome)
    for kind, side, *outcomes in map(str.split, ROWS[1:])
    for state, outcome in zip(ROWS[0].split(), (each.replace("no-q", "no-such-q") for each in outcomes), strict=True)
]


@pytest.mark.parametrize(("kind", "contact", "state", "outcome"), TABLE)
def test_each_step_in_each_state(kind: str, contact: str, state: str, outcome: str) -> None:
    events = chain(*WAYS[state])
    before = told(events)
    assert before.state == state
    why = objection(before, contact, MADE[kind])
    after = told([*events, event(MADE[kind], contact, events[0], before.newest, at=AT + 99)])
    last = after.entries[-1]
    assert (last.signed.kind, last.why) == (kind, why)
    if outcome in WHYS:
        assert (why, after.state) == (outcome, state)
    else:
        assert (why, after.state) == (None, outcome)


def test_the_table_is_whole() -> None:
    assert {kind for kind, *_ in TABLE} == set(RULES) == {kind_of(each) for each in MADE.values()}
    assert {state for _, _, state, _ in TABLE} == set(STATES) - {"draft"}
    assert len(ACTS) == len(MADE) == len(RULES)


def test_a_draft_is_what_nobody_proves_to_be_sent() -> None:
    root = sent(taken_in=None)
    found = told([root, event(Accept(), ASKED, root, (root.id,))])
    assert (found.state, found.entries, len(found.waiting), found.unproven) == ("draft", (), 1, (root,))


@pytest.mark.parametrize("to", [(), (ASKING,), (ASKED, ASKING)])
def test_a_request_asks_somebody_else(to: tuple[str, ...]) -> None:
    root = sent(to=to)
    found = told([root])
    assert (found.state, found.entries[0].why) == ("draft", "nobody-asked")


def test_what_strangers_say_about_it_is_no_part_of_it() -> None:
    events = chain()
    stranger = event(Accept(), STRANGER, events[0], (events[0].id,))
    found = told([*events, stranger])
    assert (found.state, found.outsiders) == ("sent", (stranger,))
    assert objection(found, STRANGER, Accept()) == "other-side"
    assert [found.side_of(each) for each in (ASKING, ALTERNATE, STRANGER)] == ["asking", "asked", None]


def test_an_unproven_event_has_no_effect_until_it_is_proven() -> None:
    events = chain()
    accept = event(Accept(), ASKED, events[0], (events[0].id,))
    unproven = changed(accept, taken_in=None)
    assert (told([*events, unproven]).state, told([*events, unproven]).unproven) == ("sent", (unproven,))
    assert told([*events, accept]).state == "accepted"


def changed(signed: Signed, **fields: Any) -> Signed:
    return Signed(**{name: fields.get(name, getattr(signed, name)) for name in Signed.__slots__})


def test_what_is_written_offline_stands_on_what_was_written_before() -> None:
    events = chain()
    accept = event(Accept(), ASKED, events[0], (events[0].id,), taken_in=None)
    found = history([*events, accept], events[0].id, queued={accept.id})
    assert found is not None
    assert (found.state, found.newest, found.unproven) == ("accepted", (accept.id,), ())
    assert objection(found, ASKED, MADE["part"]) is None
    assert told([*events, accept]).state == "sent"


def test_a_question_is_answered_by_the_other_side() -> None:
    events = chain()
    question = event(Ask(text="Which bank?"), ASKED, events[0], (events[0].id,))
    events.append(question)
    assert told(events).questions == (question,)
    own = event(Answer(to=question.id, text="?"), ALTERNATE, events[0], (question.id,))
    answer = event(Answer(to=question.id, text="The one at the harbour"), ASKING, events[0], (own.id,))
    more = event(Answer(to=question.id, text="And the other"), ASKING, events[0], (answer.id,))
    found = told([*events, own, answer, more])
    assert [each.why for each in found.entries[2:]] == ["own-question", None, None]
    assert found.questions == ()


def test_done_is_said_of_what_is_done() -> None:
    events = chain(("accept", ASKED))
    assert objection(told(events), ASKING, Close(reason="done")) == "not-done"
    for way in ("completed", "refused"):
        assert objection(told(chain(*WAYS[way])), ASKING, Close(reason="done")) is None


@pytest.mark.parametrize(
    ("form", "ways", "timer", "why"),
    [
        ("operational-alert/1", "refused", "preservation", "no-such-measure"),
        ("operational-alert/1", "accepted", "provisional-arrest", "no-such-measure"),
        ("", "accepted", "preservation", "no-such-measure"),
        ("mutual-legal-assistance/1", "closed", "preservation", None),
        ("mutual-legal-assistance/1", "accepted", "provisional-arrest", "no-such-measure"),
        ("extradition/1", "accepted", "provisional-arrest", None),
        ("general-message/1", "accepted", "provisional-arrest", None),
        ("provisional-arrest/1", "accepted", "preservation", "no-such-measure"),
        ("provisional-arrest/2", "closed", "provisional-arrest", None),
        ("urgent-preservation/1", "refused", "preservation", None),
        ("urgent-preservation/1", "sent", "provisional-arrest", "too-early"),
        ("operational-alert/1", "accepted", "expected", None),
        ("operational-alert/1", "partial", "expected", None),
        ("operational-alert/1", "completed", "expected", "too-late"),
        ("urgent-preservation/1", "refused", "expected", "too-late"),
        ("urgent-preservation/1", "closed", "expected", "too-late"),
    ],
)
def test_a_date_is_told_of_what_the_request_asks_for(form: str, ways: str, timer: Any, why: str | None) -> None:
    """Else a deadline of a measure that nobody holds stands at both desks for good."""
    events = chain(*WAYS[ways], form=form)
    found, act = told(events), Limit(timer=timer, until=AT + 86_400, text="x")
    assert objection(found, ASKED, act) == why
    last = told([*events, event(act, ASKED, events[0], found.newest)]).entries[-1]
    assert (last.why, last.state) == (why, found.state)


# What crossed: two or three events that all stand after the acceptance, and where that leads.
CROSSED: list[tuple[list[tuple[str, str]], str, dict[str, str]]] = [
    ([("close", ASKING), ("part", ASKED)], "closed", {}),
    ([("close", ASKING), ("complete", ASKED)], "closed", {}),
    ([("refuse", ASKED), ("complete", ALTERNATE)], "completed", {"refuse": "too-late"}),
    ([("refuse", ASKED), ("part", ALTERNATE)], "refused", {}),
    ([("complete", ASKED), ("complete", ALTERNATE)], "completed", {"complete": "already"}),
    ([("close", ASKING), ("refuse", ASKED), ("ask", ASKED)], "closed", {}),
]


@pytest.mark.parametrize("index", range(len(CROSSED)))
def test_what_crossed_leads_to_one_end(index: int) -> None:
    crossing, end, without = CROSSED[index]
    events = chain(("accept", ASKED))
    both = [event(MADE[kind], contact, events[0], (events[-1].id,)) for kind, contact in crossing]
    found = {told([events[0], *order]).digest for order in permutations([*events[1:], *both])}
    assert len(found) == 1
    history_ = told([*events, *both])
    assert history_.state == end
    assert {each.signed.kind: each.why for each in history_.entries if each.why} == without


def test_acceptance_and_refusal_that_cross_end_refused() -> None:
    events = chain(("receive", ASKED))
    both = [
        event(MADE[kind], contact, events[0], (events[-1].id,))
        for kind, contact in (("refuse", ASKED), ("accept", ALTERNATE))
    ]
    found = told([*events, *both])
    assert (found.state, [each.effective for each in found.entries]) == ("refused", [True] * 4)


@st.composite
def crossings(draw: st.DrawFn) -> list[Signed]:
    """Events that two sides (and two contacts of one) took, each knowing only some of the others'."""
    events = [sent()]
    known = {contact: [events[0]] for contact in (ASKING, ASKED, ALTERNATE)}
    for number in range(draw(st.integers(0, 9))):
        contact = draw(st.sampled_from(sorted(known)))
        for other in draw(st.lists(st.sampled_from(events), max_size=3)):
            if other not in known[contact] and set(other.after) <= {each.id for each in known[contact]}:
                known[contact].append(other)
        kind = draw(st.sampled_from(sorted(MADE)))
        act: Act = MADE[kind]
        if isinstance(act, Send):
            continue
        questions = [each.id for each in known[contact] if isinstance(each.event.act, Ask)]
        if isinstance(act, Answer):
            act = Answer(to=draw(st.sampled_from(questions or ["0" * 64])), text="an answer")
        one = event(act, contact, events[0], newest(known[contact]), at=AT + number)
        events.append(one)
        known[contact].append(one)
    return events


@settings(max_examples=40)
@given(crossings(), st.data())
def test_one_history_whatever_the_order_of_arrival(events: list[Signed], data: st.DataObject) -> None:
    whole = told(events)
    assert not whole.waiting
    shuffled = data.draw(st.permutations(events))
    again = history([*shuffled, *shuffled], events[0].id)
    assert again is not None
    assert (again.digest, again.state, again.questions) == (whole.digest, whole.state, whole.questions)
    order = [each.signed.id for each in whole.entries]
    for end in range(1, len(shuffled) + 1):  # what is in order on the way is never put in another
        part = history(shuffled[:end], events[0].id)
        if part is not None:
            ids = [each.signed.id for each in part.entries]
            assert ids == [each for each in order if each in ids]
            assert len(ids) + len(part.waiting) == end
            for each in part.entries:
                assert set(each.signed.after) <= set(ids)


def test_an_event_waits_for_those_it_names() -> None:
    events = chain(("receive", ASKED), ("accept", ASKED))
    found = told([events[0], events[2]])
    assert (found.state, found.waiting) == ("sent", (events[2],))
    assert history(events[1:], events[0].id) is None
    assert history(events, events[1].id) is None


def test_events_of_another_request_are_left_alone() -> None:
    events, other = chain(("accept", ASKED)), sent(case="another")
    assert (
        told([*events, other, event(Refuse(reason="other", text="x"), ASKED, other, (other.id,))]).state == "accepted"
    )


@settings(max_examples=30)
@given(
    st.sampled_from(sorted(MADE)), st.text(min_size=1, max_size=20), st.sets(st.integers(0, 9), min_size=1, max_size=4)
)
def test_what_is_written_is_read_again(kind: str, text: str, after: set[int]) -> None:
    act = MADE[kind]
    names = tuple(sorted(hashed(str(each)) for each in after))
    named: dict[str, Any] = {} if kind == "send" else {"request": hashed("request"), "after": names}
    if hasattr(act, "text"):
        act = msgspec.structs.replace(act, text=text, language="es")
    one = RequestEvent(act=act, **named)
    assert read_event(write_event(one)) == one


H, K = hashed("request"), hashed("another")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (RequestEvent(act=Send(), request=H, after=(K,)), "names none"),
        (RequestEvent(act=Send(), request=H), "names none"),
        (RequestEvent(act=Send(), after=(K,)), "names none"),
        (RequestEvent(act=Accept()), "every other"),
        (RequestEvent(act=Accept(), request=H), "every other"),
        (RequestEvent(act=Accept(), after=(K,)), "every other"),
        (RequestEvent(act=Accept(), request=H, after=(K, K)), "named once"),
        (RequestEvent(act=Accept(), request=H, after=tuple(sorted((H, K), reverse=True))), "sorted"),
        (RequestEvent(act=Answer(to=H, text="x"), request=H, after=(H,)), "not the request"),
        (RequestEvent(act=Answer(to="x", text="x"), request=H, after=(H,)), "another form"),
        (RequestEvent(act=Ask(text=""), request=H, after=(H,)), "length >= 1"),
        (RequestEvent(act=Refuse(reason="other", text=""), request=H, after=(H,)), "length >= 1"),
        (RequestEvent(act=Refuse(reason="because", text="x"), request=H, after=(H,)), "Invalid enum"),  # type: ignore[arg-type]  # refused
        (RequestEvent(act=Send(form="Mutual Legal Assistance")), "another form"),
        (RequestEvent(act=Ask(text="x" * 20_001), request=H, after=(H,)), "length <= 20000"),
        (RequestEvent(act=Accept(expected=-1), request=H, after=(H,)), ">= 0"),
        (RequestEvent(act=Accept(reference="x" * 201), request=H, after=(H,)), "length <= 200"),
        (RequestEvent(act=Via(channel="pigeon", at=AT), request=H, after=(H,)), "Invalid enum"),  # type: ignore[arg-type]  # refused
        (RequestEvent(act=Accept(), request=H, after=tuple(sorted(hashed(str(n)) for n in range(65)))), "length <= 64"),
    ],
)
def test_events_that_are_refused(one: RequestEvent, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_event(encode(one))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b'{"act":{"kind":"send"}} ', b'{"act":{"kind":"sell"}}', b"\xff", b" " * (1 << 17),
     b'{"act":{"kind":"send","note":""}}', b'{"act":{"kind":"send","text":""}}'],
)  # fmt: skip
def test_bytes_that_are_no_event(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_event(raw)


def test_duplicates_are_found_by_reference_and_recipient() -> None:
    earlier = told(chain(("receive", ASKED), ("via", ASKING)))
    members = {ASKED: "ca", ALTERNATE: "ca", "ca-third": "ca", ASKING: "co", STRANGER: "ec"}
    assert references(earlier) == ("Exp. 2026-0117", "CA 77/26", "Note 12")

    def found(case: str, to: str) -> list[str]:
        return [
            each.recipient for each in duplicates([case], [to], [(earlier, ())], lambda each: members.get(each, ""))
        ]

    assert found("EXP 2026/0117", ASKED) == ["same-contact"]
    assert found("exp 2026 0117", "ca-third") == ["same-member"]
    assert found("note 12", ALTERNATE) == ["same-contact"]
    assert found("CA 77-26", ASKED) == ["same-contact"]
    assert found("2026-0117", ASKED) == found("exp 2026 0117", STRANGER) == found("exp 2026 0117", "us-new") == []
    assert found("", ASKED) == found("--", ASKED) == []
    nameless = told([sent(case="...")])
    assert duplicates(["--"], [ASKED], [(nameless, ())], lambda _: "ca") == ()


def test_a_reference_by_which_it_went_another_way_counts_on_both_sides() -> None:
    """As the form says it, of the earlier request and of the one that is about to be sent."""
    values = {"reference": "EXP-9", "also_sent": ("diplomatic",), "also_sent_reference": "Nota 44/26"}
    content = Form(filled=Filled(form="mutual-legal-assistance/1", language="es", values=values))
    earlier = told([sent(case="EXP-9")])
    assert references(earlier, form_references(content)) == ("EXP-9", "Nota 44/26")
    assert form_references(Text(subject="x", text="y")) == ()
    for case, found in (("NOTA 44-26", 1), ("exp 9", 1), ("44-26", 0)):
        assert (
            len(duplicates(["another", case], [ASKED], [(earlier, form_references(content))], lambda _: "ca")) == found
        )


@pytest.mark.parametrize("language", ["es", "en", "pt", "fr"])
def test_every_word_is_there(language: str) -> None:
    assert TABLES["state"].keys() == set(STATES)
    assert TABLES["event"].keys() == set(RULES)
    assert TABLES["why"].keys() == set(WHYS)
    schema = str(msgspec.json.schema(RequestEvent))
    for name in ("reason", "closing", "channel"):
        assert all(f"'{word}'" in schema for word in TABLES[name])
    assert all(said(table, word, language) for table, words in TABLES.items() for word in words)


def test_what_is_lacking_is_told_with_who_had_it() -> None:
    """The relay keeps one act back: who signed what names it had it, and can give it again."""
    events = chain(("accept", ASKED), ("part", ALTERNATE), ("complete", ASKED))
    lost = events[1].id
    found = told([events[0], *events[2:]])
    assert (found.state, len(found.waiting), found.lacking) == ("sent", 2, {lost: (ALTERNATE,)})
    assert told(events).lacking == {}
    beside = event(MADE["ask"], ASKED, events[0], (lost,))
    assert set(told([events[0], *events[2:], beside]).lacking[lost]) == {ALTERNATE, ASKED}
    unproven = changed(events[1], taken_in=None)
    assert told([events[0], unproven, *events[2:]]).lacking == {lost: (ALTERNATE,)}
