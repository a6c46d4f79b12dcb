"""Answers put into their places: fields, languages, parts, items; and what has no place is refused, with what has."""

from contextlib import suppress
from typing import Any

import pytest
from forms_filled import MLA, VICTIM, filled
from hypothesis import given
from hypothesis import strategies as st

from desk.drafting.paths import assign, by_path, opened_up, settled
from desk.drafting.typed import Typist
from desk.errors import Usage
from desk.forms.catalogue import form_of, forms
from desk.forms.definition import Form

TYPIST = Typist("en", "es", "America/Bogota")


def form_(name: str = "mutual-legal-assistance") -> Form:
    form = form_of(f"{name}/1")
    assert form is not None
    return form


def put(*answers: str, name: str = "mutual-legal-assistance", before: dict[str, Any] | None = None) -> dict[str, Any]:
    """What stands in a form after answers were put in."""
    values = opened_up(before or {})
    for each in answers:
        path, _, text = each.partition("=")
        assign(form_(name), values, path, text, TYPIST)
    return dict(settled(f"{name}/1", "es", values).values)


def test_answers_find_their_places() -> None:
    assert put("facts=Uno.", "facts.en=One.") == {"facts": {"es": "Uno.", "en": "One."}}
    assert put("facts.inglés=One.") == {"facts": {"en": "One."}}
    assert put("crimes=trafficking,corrupción") == {"crimes": ("trafficking", "corruption")}
    assert put("persons.1.role=víctima", "persons.1.person.age=17", "persons.1.person.pseudonym=V-3") == {
        "persons": ({"role": "victim", "person": {"age": 17, "pseudonym": "V-3"}},)
    }
    assert put("persons.1.role=witness", "persons.1.whereabouts.country=Perú",
               "persons.1.whereabouts.position=-13.5, -71.9") == {
        "persons": ({"role": "witness", "whereabouts": {
            "country": "PE", "latitude": -13_500_000, "longitude": -71_900_000}},)
    }  # fmt: skip


def test_nothing_typed_takes_away_and_nothing_empty_stays() -> None:
    assert put("facts=", "crimes=", "persons=", before=MLA) == {
        name: each for name, each in filled("mutual-legal-assistance", **MLA).values.items()
        if name not in ("facts", "crimes", "persons")
    }  # fmt: skip
    assert put("facts=", before={"facts": {"es": "Uno.", "en": "One."}}) == {}
    assert put("facts.en=", before={"facts": {"es": "Uno.", "en": "One."}}) == {"facts": {"es": "Uno."}}
    assert put("persons.1.person=", "persons.1.whereabouts=", before={"persons": MLA["persons"][:1]}) == {
        "persons": ({"role": "suspect"},)
    }
    left = put("persons.1=", before={"persons": MLA["persons"]})
    assert [each["role"] for each in left["persons"]] == ["victim"]
    assert put("persons.1.whereabouts.position=",
               before={"persons": [{"whereabouts": {"country": "PE", "latitude": 1, "longitude": 2}}]}) == {
        "persons": ({"whereabouts": {"country": "PE"}},)
    }  # fmt: skip


def test_what_was_there_is_not_touched() -> None:
    before = filled("victim-referral", **VICTIM).values
    opened = opened_up(before)
    opened["events"][0]["kind"] = "transit"
    assert before["events"][0]["kind"] == "recruitment"


REFUSED = {
    "fcts=x": "no field 'fcts'; did you mean facts?",
    "=x": "no field ''",
    "crimes=sorcery": r"crimes: “sorcery” is not in the list",
    "crimes.1=corruption": "crimes: .*|no part '1'",
    "facts.zzzz=x": "facts.zzzz: no language",
    "facts.en.x=x": "a text has languages",
    "persons=x": r"it is a list; write persons.1.role=",
    "persons.0.role=victim": "'0' numbers no item; there are 0, and 1 would be the next",
    "persons.2.role=victim": "'2' numbers no item",
    "persons.+.role=victim": r"'\+' numbers no item",
    "persons.1=x": "name a field of it, such as persons.1.role",
    "persons.1.colour=x": "no field 'colour'; there are role, person",
    "persons.1.person=x": "name a part of it",
    "persons.1.person.colour=x": "there are pseudonym, name",
    "persons.1.person.age=17": "persons.1.person: a person has a name or a pseudonym",
    "persons.1.person.born=1980-13": r"persons.1.person.born: .1980-13. is no date of birth",
    "call_back=5550134": "call_back",
    "deadline=tomorrow": "deadline: “tomorrow” is no day with an hour",
    "reference=" + "x" * 121: "reference",
    "reference=a\u0007b": r"control character U\+0007",
    "oral_on=2026-02-30": "oral_on: .2026-02-30. is no day",
    "facts=" + "x" * 20_001: "facts",
}


@pytest.mark.parametrize("answer", REFUSED, ids=lambda each: each[:30])
def test_what_has_no_place_or_no_sense_is_refused(answer: str) -> None:
    with pytest.raises(Usage, match=REFUSED[answer]):
        put(answer)


def test_one_wrong_answer_of_several_leaves_nothing(request: pytest.FixtureRequest) -> None:
    values: dict[str, Any] = {}
    assign(form_(), values, "facts", "Uno.", TYPIST)
    with pytest.raises(Usage):
        assign(form_(), values, "crimes", "sorcery", TYPIST)
    assert values == {"facts": {"es": "Uno."}}


@given(
    st.sampled_from([each.field for form in forms().values() for each in form.fields]) | st.text(max_size=10),
    st.lists(st.sampled_from(["1", "2", "es", "person", "name", "role", "position", "x", ""]), max_size=4),
    st.text(max_size=20),
)
def test_whatever_is_assigned_is_taken_or_refused_in_words(name: str, rest: list[str], text: str) -> None:
    for form in forms().values():
        values: dict[str, Any] = {}
        try:
            assign(form, values, ".".join([name, *rest]), text, TYPIST)
        except Usage:
            assert values == {}, "and nothing of it stays"
            continue
        with suppress(Usage):
            assert settled(form.form, "es", values).values is not None


def test_faults_are_told_as_an_officer_counts() -> None:
    assert by_path("legs[0].departure: x[11]") == "legs.1.departure: x.12"
