"""What a simulated counterpart does with what it gets, and what a report says of a trainee: from what a desk tells."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.exercise.report import Beside, Report, lines, plain, report
from desk.exercise.script import SCRIPTS, Act, Tongue, due, is_question, words


def message(number: int, direction: str = "in", **fields: Any) -> dict[str, Any]:
    """A message as `enlace inbox --all` tells it; `subject`, `text` and so on are of its content."""
    content = {"kind": fields.pop("kind", "text"), "subject": fields.pop("subject", f"m{number}"), "text": "…"}
    content |= {name: fields.pop(name) for name in ("reply_to", "language", "text", "filled") if name in fields}
    usual = {"case": "", "handling": {}, "decided": "", "precedence": "routine", "sent": 100, "opened": 0}
    return {"number": number, "id": f"id{number}", "direction": direction, "content": content} | usual | fields


def request(number: int, *acts: str) -> dict[str, Any]:
    """A request as `enlace request list --all` tells it, begun with message `number`."""
    return {"request": f"r{number}", "events": [{"message": number, "act": {"kind": each}} for each in ("send", *acts)]}


def ask(number: int, state: str = "asked") -> dict[str, Any]:
    """What was asked in message `number`, as `enlace consent list` tells it."""
    return {"number": number, "kind": "ask", "state": state}


OWN = ("ec-desk-exercise", "ec-unit-exercise")


def case(number: int, *acts: str, invited: bool = True) -> dict[str, Any]:
    """A case that the trainee opened with message `number`, as `enlace case show` tells it; of the acts those of the
    trainee are written with a `t`: `t say`."""
    row: dict[str, Any] = {"case": f"c{number}", "title": "Bus", "known": True, "waiting": [], "events": []}
    row |= {"members": {"co": {}}, "invited": {}}
    told = ["t open", "t invite", *acts] if invited else ["t open", *acts]
    for at, each in enumerate(told):
        who = "co" if each.startswith("t ") else OWN[0]
        event = {"act": each.removeprefix("t "), "contact": who, "number": number + at, "why": ""}
        row["events"].append(event)
    joined = acts.count("join") > acts.count("leave")
    row["members"] |= {OWN[0]: {}} if joined else {}
    row["invited"] |= {OWN[0]: {}} if invited and "join" not in acts else {}
    return row


def done(script: str, *, consents: Any = (), cases: Any = (), messages: Any = None) -> list[tuple[int, str]]:
    """What is due, shortly."""
    came = [message(each["number"], kind="consent") for each in consents] if messages is None else messages
    return [(each.number, each.do) for each in due(came, (), SCRIPTS[script], consents, cases, OWN)]


def test_a_consent_is_given_or_refused_by_the_script_and_once() -> None:
    assert done("answers", consents=[ask(1)]) == [(1, "give")]
    assert done("asks", consents=[ask(1)]) == [(1, "give")]
    assert done("refuses", consents=[ask(1)]) == [(1, "deny")]
    assert done("silent", consents=[ask(1)]) == []
    for state in ("given", "refused"):
        assert done("answers", consents=[ask(1, state)]) == []
    assert done("mixed", consents=[ask(each) for each in (1, 2, 3, 4, 5)]) == [
        (1, "give"), (2, "give"), (3, "deny"), (5, "give"),
    ]  # fmt: skip


def test_what_the_counterpart_asked_itself_is_not_its_to_answer() -> None:
    assert done("answers", consents=[ask(1)], messages=[message(1, "out", kind="consent")]) == []
    assert done("answers", consents=[{"number": 1, "kind": "give", "state": "counts"}]) == []


def test_in_a_case_it_joins_says_something_and_leaves_when_it_was_answered() -> None:
    assert done("answers", cases=[case(1)]) == [(1, "join"), (1, "reply")]
    assert done("answers", cases=[case(1, "join")]) == [(1, "reply")]
    assert done("answers", cases=[case(1, "t say", "join", "say")]) == []
    assert done("answers", cases=[case(1, "join", "say", "t say")]) == [(1, "leave")]
    assert done("answers", cases=[case(1, "join", "say", "t say", "leave")]) == []


def test_it_asks_in_a_case_and_says_its_own_when_it_was_answered() -> None:
    assert done("asks", cases=[case(1)]) == [(1, "join"), (1, "question")]
    assert done("asks", cases=[case(1, "join", "say")]) == []
    assert done("asks", cases=[case(1, "join", "say", "t say")]) == [(1, "reply"), (1, "leave")]
    assert done("asks", cases=[case(1, "join", "say", "t say", "say")]) == [(1, "leave")]


def test_it_leaves_a_case_without_a_word_or_does_not_join() -> None:
    assert done("refuses", cases=[case(1)]) == [(1, "join"), (1, "leave")]
    assert done("refuses", cases=[case(1, "join")]) == [(1, "leave")]
    assert done("refuses", cases=[case(1, "join", "leave")]) == []
    assert done("silent", cases=[case(1)]) == []


def test_a_case_that_it_is_not_invited_into_or_that_is_not_known_yet_takes_no_move() -> None:
    unknown = {"case": "c1", "title": "Bus", "known": False, "events": [], "waiting": ["x"]}
    own = case(1, invited=False) | {"members": {OWN[0]: {}}}
    assert done("answers", cases=[unknown, case(1, invited=False), own]) == []
    put_out = case(1, "join", "say", "t exclude") | {"members": {"co": {}}}
    assert done("answers", cases=[put_out]) == []


def test_messages_consents_and_cases_take_their_moves_in_the_order_in_which_they_came() -> None:
    came = [message(1), message(2, kind="consent"), message(5)]
    assert done("mixed", messages=came, consents=[ask(2)], cases=[case(3)]) == [
        (1, "accept"), (1, "reply"), (2, "give"), (3, "join"), (3, "leave"),
    ]  # fmt: skip


def test_what_is_said_in_a_case_takes_no_move_of_its_own() -> None:
    came = [message(each) for each in (1, 2, 3, 4, 9)]
    acts = case(1, "t say", "join")  # messages 1 to 4
    assert done("refuses", messages=came, cases=[acts]) == [(1, "leave"), (9, "refuse")]
    waits = {"case": "c1", "title": "Bus", "known": True, "events": [], "waiting": ["x"]}
    assert done("refuses", messages=[message(1, case="Bus"), message(2)], cases=[waits]) == [(2, "refuse")]


def test_what_was_passed_on_to_it_is_accepted_and_takes_no_move() -> None:
    came = [message(1, kind="passed-on"), message(2)]
    assert done("refuses", messages=came) == [(1, "accept"), (2, "refuse")]
    assert done("refuses", messages=[message(1, kind="passed-on", decided="accepted")]) == []


def test_each_script_does_what_its_name_says() -> None:
    got = [message(1)]
    assert due(got, (), SCRIPTS["answers"]) == (Act(1, "accept"), Act(1, "reply"))
    assert due(got, (), SCRIPTS["refuses"]) == (Act(1, "refuse"),)
    assert due(got, (), SCRIPTS["asks"]) == (Act(1, "question"),)
    assert due(got, (), SCRIPTS["silent"]) == ()


def test_mixed_takes_one_move_after_the_other_and_begins_again() -> None:
    got = [message(number) for number in range(1, 6)]
    assert due(got, (), SCRIPTS["mixed"]) == (
        Act(1, "accept"), Act(1, "reply"), Act(2, "question"), Act(3, "refuse"), Act(5, "accept"), Act(5, "reply"),
    )  # fmt: skip


def test_what_was_done_is_not_done_again_and_what_was_cut_short_is_finished() -> None:
    accepted = [message(1, decided="accepted")]
    assert due(accepted, (), SCRIPTS["answers"]) == (Act(1, "reply"),)
    replied = [*accepted, message(2, "out", reply_to="id1")]
    assert due(replied, (), SCRIPTS["answers"]) == ()
    assert due([message(1, decided="refused")], (), SCRIPTS["refuses"]) == ()
    assert due([message(1), message(2, "out", reply_to="id1")], (), SCRIPTS["asks"]) == ()


def test_an_answer_is_accepted_and_takes_no_move() -> None:
    got = [message(1, "out"), message(2, reply_to="id1"), message(3)]
    assert due(got, (), SCRIPTS["refuses"]) == (Act(2, "accept"), Act(3, "refuse"))


def test_receipts_and_what_is_no_talk_take_no_move() -> None:
    got = [message(1, kind="receipt"), message(2, kind="act"), message(3, kind="drill")]
    assert due(got, (), SCRIPTS["answers"]) == ()


def test_requests_are_answered_by_their_own_acts() -> None:
    got = [message(7, kind="form")]
    assert due(got, [request(7)], SCRIPTS["answers"]) == (Act(7, "accept", "r7"), Act(7, "reply", "r7"))
    assert due(got, [request(7, "accept")], SCRIPTS["answers"]) == (Act(7, "reply", "r7"),)
    assert due(got, [request(7, "accept", "complete")], SCRIPTS["answers"]) == ()
    assert due(got, [request(7)], SCRIPTS["refuses"]) == (Act(7, "refuse", "r7"),)
    assert due(got, [request(7)], SCRIPTS["asks"]) == (Act(7, "question", "r7"),)
    assert due(got, [request(7)], SCRIPTS["silent"]) == ()


@pytest.mark.parametrize("language", get_args(Tongue))
def test_all_it_says_begins_with_the_mark(language: Tongue) -> None:
    mark = {"en": "EXERCISE: ", "es": "EJERCICIO: ", "pt": "EXERCÍCIO: ", "fr": "EXERCICE: "}[language]
    for what in ("opening", "reply", "question", "refuse"):
        assert all(each.startswith(mark) for each in words(what, language))
    assert is_question(words("question", language)[0])
    assert not is_question(words("reply", language)[0])
    assert not is_question("Question")


KINDS = st.sampled_from(["text", "form", "receipt", "act"])
MESSAGES = st.lists(
    st.builds(
        lambda number, direction, kind, decided, reply: message(
            number, direction, kind=kind, decided=decided, **({"reply_to": f"id{reply}"} if reply else {})
        ),
        st.integers(1, 20), st.sampled_from(["in", "out"]), KINDS, st.sampled_from(["", "accepted", "refused"]),
        st.integers(0, 20),
    ),
    max_size=8, unique_by=lambda each: each["number"],
)  # fmt: skip


@given(MESSAGES, st.sampled_from(sorted(SCRIPTS)))
def test_it_acts_upon_what_came_and_upon_nothing_else(messages: list[dict[str, Any]], script: str) -> None:
    came = {each["number"] for each in messages if each["direction"] == "in" and each["content"]["kind"] in TALKS}
    found = due(messages, (), SCRIPTS[script])
    assert {each.number for each in found} <= came
    assert len(set(found)) == len(found)
    if script == "silent":
        assert all(each.do == "accept" for each in found)


TALKS = ("text", "form")


def events(**at: int) -> list[dict[str, Any]]:
    return [{"what": what, "at": when, "counts": True} for what, when in at.items()]


def told(*messages: dict[str, Any], **trails: Any) -> Report:
    return report(messages, {int(name[1:]): rows for name, rows in trails.items()})


def test_a_message_that_was_accepted_in_time() -> None:
    found = told(message(1, "out", precedence="flash"), m1=events(relayed=100, opened=150, accepted=700)).got[0]
    assert (found.opened, found.decided, found.right, found.missing) == (50, 600, ("read", "accepted in time"), ())


def test_one_that_was_accepted_too_late() -> None:
    found = told(message(1, "out", precedence="flash"), m1=events(relayed=100, accepted=701)).got[0]
    assert found.right == ("read", "accepted late")
    assert found.missing == ("later than the 10 min of its precedence",)


def test_one_that_nobody_looked_at() -> None:
    found = told(message(1, "out", precedence="flash"), m1=events(relayed=100, delivered=101)).got[0]
    assert (found.right, found.missing) == ((), ("not read", "neither accepted nor refused"))


def test_what_is_not_proven_does_not_count() -> None:
    rows = [*events(relayed=100), {"what": "accepted", "at": 101, "counts": False}]
    assert told(message(1, "out"), m1=rows).got[0].decided is None


def test_a_question_has_to_be_answered_and_an_answer_only_to_be_read() -> None:
    question = message(2, "out", reply_to="id1", subject=words("question", "es")[0])
    asked = told(message(1), question, m2=events(relayed=100, opened=101)).got[0]
    assert asked.missing == ("not answered",)
    answered = told(message(1), question, message(3, reply_to="id2"), m2=events(relayed=100)).got[0]
    assert (answered.right, answered.missing) == (("answered",), ())
    reply = told(message(2, "out", reply_to="id1"), m2=events(relayed=100, opened=101)).got[0]
    assert reply.missing == ()


def test_what_a_trainee_wrote_and_what_is_lacking_in_it() -> None:
    bare = told(message(1, text="")).wrote[0]
    assert (bare.right, bare.missing) == ((), ("language", "case", "purpose", "text"))
    whole = message(1, case="EXP-1", language="es", handling={"purpose": "investigation"})
    assert told(whole).wrote[0].missing == ()
    form = message(1, kind="form", filled={"form": "mla/1", "language": "es"}, case="EXP-1", subject="")
    assert told(form).wrote[0].missing == ("purpose",)
    assert told(form).wrote[0].subject == "mla/1"


def test_a_report_for_people_and_for_programs() -> None:
    found = told(message(1, "out", precedence="flash"), message(2), m1=events(relayed=100))
    assert plain(found)["whole"] is False
    assert plain(found)["got"][0]["missing"] == ["not read", "neither accepted nor refused"]
    assert lines(found)[-1] == "Something was missing: see above."
    nothing = told()
    assert lines(nothing) == ["The trainee got nothing.", "The trainee wrote nothing.", "Nothing was missing."]


def test_consents_and_cases_are_reported_beside_messages() -> None:
    asked = ask(2, "given") | {"about": 1, "act": "forward", "contact": OWN[1]}
    came = [message(1, "out", subject="Bus 4711", sent=0), message(2, kind="consent")]
    found = report(came, {}, [asked], [], OWN)
    assert found.beside == (Beside(what="consent", subject="Bus 4711", right=("asked", "given"), missing=()),)
    assert found.whole
    thread = case(3, "join", "say")
    unanswered = report([message(each) for each in range(3, 7)], {}, [], [thread], OWN)
    assert (unanswered.got, unanswered.wrote, unanswered.whole) == ((), (), False)
    lacks = Beside(what="case", subject="Bus", right=("opened",), missing=("nothing said in it",))
    assert unanswered.beside == (lacks,)
    answered = report([], {}, [], [case(3, "join", "say", "t say", "leave")], OWN)
    assert answered.beside[0].right == ("opened", "answered")
    assert "Consents, cases, duty:" in lines(answered)
    assert plain(answered)["beside"] == [
        {"what": "case", "subject": "Bus", "right": ["opened", "answered"], "missing": []}
    ]
    waiting = report([], {}, [], [case(3)], OWN)  # nobody has joined yet: there is nothing to answer
    assert waiting.beside[0].missing == ()


def test_a_duty_that_was_handed_over_is_reported_where_there_is_a_colleague() -> None:
    takes, leaves = {"content": {"kind": "duty-note", "takes": "0" * 64}}, {"content": {"kind": "duty-note"}}
    assert report([], {}).beside == ()
    for notes, right, missing in (
        ([], (), ("not taken over",)),
        ([leaves], ("handed over",), ("not taken over",)),
        ([takes], ("taken over",), ()),
        ([takes, leaves], ("taken over", "handed over"), ()),
    ):
        (found,) = report([], {}, notes=notes).beside
        assert (found.what, found.right, found.missing) == ("duty", right, missing)


def test_what_waits_in_the_outbox_was_not_got() -> None:
    assert told(message(1, "out", sent=0)).got == ()
