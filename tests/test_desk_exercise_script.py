"""What a simulated counterpart does with what it gets, and what a report says of a trainee: from what a desk tells."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.exercise.report import Report, lines, plain, report
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


def test_what_waits_in_the_outbox_was_not_got() -> None:
    assert told(message(1, "out", sent=0)).got == ()
