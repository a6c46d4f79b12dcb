"""The mark of an exercise: wherever one is shown it comes first, what answers it has it, and nothing mixes the two."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from cli_world import Office
from desk_world import changed, message, network, note_of

from desk.errors import Usage
from desk.exercise.mark import answers_as, marked
from desk.mail.content import HandedNote, PassedOn
from desk.mail.shown import page

pytest_plugins = ("shared_office",)
WORLD = network()
REAL = message(WORLD)
EXERCISE = changed(REAL, exercise=True)


def test_an_answer_is_what_it_answers() -> None:
    assert answers_as(EXERCISE, exercise=False)
    assert answers_as(EXERCISE, exercise=True)
    assert not answers_as(REAL, exercise=False)
    with pytest.raises(Usage, match="that message is real, and an exercise cannot answer it"):
        answers_as(REAL, exercise=True)


def test_a_line_begins_with_the_mark() -> None:
    assert marked(EXERCISE, "words") == "EXERCISE words"
    assert marked(REAL, "words") == "words"


def test_what_is_passed_on_keeps_its_mark() -> None:
    inner = HandedNote(note=note_of(EXERCISE).decode())
    assert page(changed(REAL, content=PassedOn(notes=(inner,)))).startswith("EXERCISE co-desk > ec-desk")


class Played(NamedTuple):
    """An exercise that was sent, opened and accepted: its number at each desk."""

    office: Office
    out: int
    came: int
    case: str


@pytest.fixture(scope="module")
def played(shared_office: Office) -> Iterator[Played]:
    office = shared_office
    out = office.ask("ar-desk", "send", "co-desk", "-s", "Barco perdido", "--no-text", "--exercise")
    assert out["exercise"]
    office.ask("co-desk", "sync")
    came = max(each["number"] for each in office.ask("co-desk", "inbox")["messages"])
    office.ask("co-desk", "read", str(came))
    office.ask("co-desk", "accept", str(came))
    case = office.ask("ar-desk", "case", "open", "co-desk", "--title", "Simulacro", "--exercise")["case"]
    office.ask("ar-desk", "sync")
    yield Played(office, out["number"], came, case)
    for name in ("co-desk", "ar-desk"):  # nothing is left on its way for those who share the office
        office.ask(name, "sync")


SHOWN = {
    "inbox": ("co-desk", ("inbox", "--find", "Barco"), r"EXERCISE "),
    "inbox of what was sent": ("ar-desk", ("inbox", "--all", "--find", "Barco"), r"EXERCISE "),
    "a page": ("co-desk", ("read", "{came}"), "EXERCISE: nothing of this is real"),
    "what became of it": ("ar-desk", ("receipts", "{out}"), "EXERCISE: nothing of this is real"),
    "a case": ("ar-desk", ("case", "show", "{case}"), "EXERCISE  "),
    "a case in Spanish": ("ar-desk", ("case", "show", "{case}", "--language", "es"), "EJERCICIO  "),
    "passed on": ("co-desk", ("forward", "{came}", "ar-desk"), "EXERCISE "),
    "an answer": ("co-desk", ("send", "ar-desk", "-s", "Visto", "--no-text", "--reply-to", "{came}"), "EXERCISE "),
}


@pytest.mark.parametrize("name", SHOWN)
def test_an_exercise_is_shown_as_one_first(played: Played, name: str) -> None:
    who, typed, first = SHOWN[name]
    line = [each.format(out=played.out, came=played.came, case=played.case) for each in typed]
    ran = played.office.run(who, *line)
    assert ran.code == 0, ran
    assert ran.out.startswith(first), ran.out


def test_programs_are_told_too(played: Played) -> None:
    office = played.office
    listed = {each["number"]: each for each in office.ask("co-desk", "inbox", "--all")["messages"]}
    assert listed[played.came]["exercise"]
    about = [each for each in listed.values() if each["content"].get("message") == listed[played.came]["id"]]
    assert [each["exercise"] for each in about] == [True, True], "its receipts are exercises"
    assert office.ask("co-desk", "read", str(played.came))["exercise"]
    told = office.ask("ar-desk", "receipts", str(played.out))
    assert told["exercise"]
    assert {"opened", "accepted"} <= {each["what"] for each in told["events"] if each["counts"]}
    assert office.ask("ar-desk", "case", "show", played.case)["exercise"]
    cases = {each["case"]: each["exercise"] for each in office.ask("ar-desk", "case", "list")["cases"]}
    assert cases[played.case]


def test_an_exercise_answers_nothing_that_is_real(played: Played) -> None:
    office = played.office
    real = office.ask("ar-desk", "send", "co-desk", "-s", "Real", "--no-text")
    assert not real["exercise"]
    line = ("send", "co-desk", "-s", "No", "--no-text", "--exercise", "--reply-to", str(real["number"]))
    ran = office.run("ar-desk", *line)
    assert ran.code == 2
    assert "that message is real" in ran.err
