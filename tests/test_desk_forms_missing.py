"""The completeness gate: what is missing, who asks for it, in four languages, and whether it stops sending."""

from typing import Any

import pytest
from forms_filled import ALERT, MLA, PRESERVATION, VICTIM, filled
from forms_strategies import ANY
from hypothesis import given, settings

from desk.forms.catalogue import form_of, forms
from desk.forms.definition import Article, Form
from desk.forms.filled import Filled
from desk.forms.missing import Gap, check_eased, cite, missing, recipient_asks
from directory.bodies import Requirements
from directory.canonical import Malformed
from directory.four_languages import OFFICIAL

URGENT = ("urgency", "urgency_ground", "call_back", "deadline")


def without(values: dict[str, Any], *names: str, **more: Any) -> dict[str, Any]:
    return {name: each for name, each in values.items() if name not in names} | more


def gaps(form: Filled, requirements: Requirements | None = None, eased: tuple[str, ...] = ()) -> dict[str, Gap]:
    known = form_of(form.form)
    assert known is not None
    return {f"{each.id} {' '.join(each.where)}": each for each in missing(known, form, requirements, eased)}


def stopping(form: Filled, **more: Any) -> list[str]:
    return [each.id for each in gaps(form, **more).values() if each.stops]


@pytest.mark.parametrize(
    ("name", "values"),
    [("mutual-legal-assistance", MLA), ("victim-referral", VICTIM), ("operational-alert", ALERT),
     ("urgent-preservation", PRESERVATION)],
)  # fmt: skip
def test_a_whole_form_lacks_nothing_that_stops(name: str, values: dict[str, Any]) -> None:
    assert stopping(filled(name, **values)) == []


@pytest.mark.parametrize("form", forms().values(), ids=lambda each: each.form)
def test_an_empty_form_lacks_everything_that_has_no_condition(form: Form) -> None:
    found = missing(form, filled(form.name))
    wanted = [each.id for each in form.requires if not each.when and "." not in each.fields[0]]
    assert [each.id for each in found] == wanted
    for gap in found:
        for language in OFFICIAL:
            assert gap.told(language).endswith(")")
            assert gap.words.in_(language) in gap.told(language)
            assert ("[" in gap.told(language)) == any(each.verify for each in gap.articles)


def test_the_words_of_a_gap() -> None:
    found = gaps(filled("mutual-legal-assistance", **without(MLA, "evidence_purpose", "subject")))
    assert [found["evidence_purpose evidence_purpose"].told(each) for each in OFFICIAL] == [
        "Falta: «Finalidad de las pruebas o de la medida». (Convención de Palermo (UNTOC), art. 18(15)(f))",
        "Missing: “Purpose of the evidence or measure”. (UNTOC, art. 18(15)(f))",
        "Falta: “Finalidade das provas ou da medida”. (Convenção de Palermo (UNTOC), art. 18(15)(f))",
        "Il manque : « But des preuves ou de la mesure ». (Convention de Palerme (UNTOC), art. 18(15)(f))",
    ]
    assert found["subject subject"].asked_by("es") == (
        "Convención de Palermo (UNTOC), art. 18(15)(b); Convención de Nassau, art. 26(b) [por verificar]"
    )
    (call,) = missing(
        forms()["mutual-legal-assistance/1"], filled("mutual-legal-assistance", **without(MLA, "call_back"))
    )
    assert call.told("en") == "An urgent request needs a call-back number. (rule of Enlace)"
    assert cite(Article(instrument="bilateral-co-ca", article="3"), "fr") == "bilateral-co-ca, art. 3"


def test_what_is_missing_in_an_item_says_in_which() -> None:
    legs = [{"departure": {"country": "PE"}}, {"arrival": {"country": "AR"}}]
    found = gaps(filled("operational-alert", **without(ALERT, legs=legs, persons=[{"note": {"es": "x"}}])))
    assert list(found) == [
        "persons.role persons[0].role", "persons.person persons[0].person",
        "legs.departure legs[1].departure", "legs.arrival legs[0].arrival",
    ]  # fmt: skip
    assert (
        found["legs.arrival legs[0].arrival"].told("pt") == "Falta: “Chega a”, em “Trechos”, n.º 1. (regra do Enlace)"
    )
    assert [each.stops for each in found.values()] == [True, True, False, False]


def test_the_summary_of_facts_is_not_asked_for_where_only_documents_are_to_be_served() -> None:
    served = without(MLA, "facts", "assets", assistance=["service-of-documents"], documents_to_serve={"es": "Auto"})
    assert stopping(filled("mutual-legal-assistance", **served)) == []
    both = served | {"assistance": ["service-of-documents", "documents"]}
    assert stopping(filled("mutual-legal-assistance", **both)) == ["facts"]
    assert stopping(filled("mutual-legal-assistance", **without(served, "assistance"))) == ["facts", "assistance"]
    assert stopping(filled("mutual-legal-assistance", **without(served, "documents_to_serve"))) == [
        "documents_to_serve"
    ]


def test_what_is_urgent_says_why_and_whom_to_call() -> None:
    calm = without(MLA, *URGENT)
    assert stopping(filled("mutual-legal-assistance", **calm)) == []
    urgent = calm | {"urgency": ["flight"]}
    assert stopping(filled("mutual-legal-assistance", **urgent)) == ["urgency_ground", "call_back"]


def test_preservation_asks_for_the_request_that_follows() -> None:
    assert stopping(filled("urgent-preservation", **without(PRESERVATION, "mla_follows"))) == ["mla_follows"]
    anywhere = without(PRESERVATION, "custodians", "identifiers")
    assert stopping(filled("urgent-preservation", **anywhere)) == ["where"]
    assert stopping(filled("urgent-preservation", **anywhere, location={"pt": "Centro de dados"})) == []


def test_provisional_arrest_asks_for_the_statement_that_extradition_follows() -> None:
    found = gaps(filled("provisional-arrest", person={"name": "x"}, warrant="conviction", warrant_date="2026-01-02"))
    assert found["extradition_follows extradition_follows"].stops
    assert "sentence_remaining sentence_remaining" in found
    assert found["when facts_from facts_until"].told("fr").startswith("La date des faits manque.")


def test_extradition_asks_for_the_document_that_fits() -> None:
    asked = {"conviction": "judgment", "arrest-warrant": "detention_order"}
    for warrant, wanted in asked.items():
        lacking = stopping(filled("extradition", warrant=warrant, enclosed=["penal-law", "limitation-law"]))
        assert wanted in lacking
        assert not set(asked.values()) - {wanted} & set(lacking) or wanted == "judgment"
    whole = filled(
        "extradition", warrant="conviction", enclosed=["authenticated-judgment", "penal-law", "limitation-law"]
    )
    assert not {"judgment", "detention_order", "penal_law", "limitation_law"} & set(stopping(whole))


@pytest.mark.parametrize("age", ["minor", "uncertain"])
def test_a_minor_has_a_guardian_and_an_assessment_of_best_interests(age: str) -> None:
    referral = without(VICTIM, "guardian", "best_interests", age_group=age)
    assert stopping(filled("victim-referral", **referral)) == ["guardian", "best_interests"]
    adult = {"age_group": "adult", "victim": {"pseudonym": "Luna-7", "age": 18}}
    assert stopping(filled("victim-referral", **referral | adult)) == []


@pytest.mark.parametrize("said", ["no", "withheld", None])
def test_nothing_is_referred_without_the_victims_consent(said: str | None) -> None:
    values = without(VICTIM, "agrees") | ({"agrees": said} if said else {})
    assert stopping(filled("victim-referral", **values)) == ["agrees"]


@pytest.mark.parametrize("said", ["yes", "no", "withheld"])
def test_contact_with_the_consulate_is_asked_for_and_never_assumed(said: str) -> None:
    assert stopping(filled("victim-referral", **without(VICTIM, "consular_contact"))) == ["consular_contact"]
    assert stopping(filled("victim-referral", **VICTIM | {"consular_contact": said})) == []


def test_a_victim_who_is_named_is_pointed_at() -> None:
    for person, told in (
        ({"pseudonym": "V-3"}, False),
        ({"pseudonym": "V-3", "name": "x"}, True),
        ({"pseudonym": "V-3", "born": "1990"}, True),
    ):
        found = gaps(filled("mutual-legal-assistance", **MLA | {"persons": [{"role": "victim", "person": person}]}))
        assert ("victim_named persons[0].person" in found) is told
        if told:
            assert found["victim_named persons[0].person"].told("es").startswith("Se nombra a una víctima en")
    suspect = filled("mutual-legal-assistance", **MLA | {"persons": [{"role": "suspect", "person": {"name": "x"}}]})
    assert gaps(suspect) == {}


def test_a_victims_real_identity_is_never_sent_in_passing() -> None:
    found = gaps(filled("victim-referral", **VICTIM))
    assert {name: each.stops for name, each in found.items()} == {"identity_given identity": False}
    assert found["identity_given identity"].told("fr").startswith("« Identité réelle, seulement si elle est")
    assert gaps(filled("victim-referral", **without(VICTIM, "identity"))) == {}


@pytest.mark.parametrize(("age", "group", "stops"), [
    (17, "adult", True), (0, "adult", True), (18, "adult", False), (17, "minor", False), (17, "uncertain", False),
])  # fmt: skip
def test_a_child_is_no_adult_whatever_the_group_says(age: int, group: str, stops: bool) -> None:
    referral = without(VICTIM, "identity") | {"age_group": group, "victim": VICTIM["victim"] | {"age": age}}
    found = [each for each in gaps(filled("victim-referral", **referral)).values() if each.id == "under_age"]
    assert [each.stops for each in found] == ([True] if stops else [])
    for each in found:
        assert each.where == ("victim", "age_group")
        assert str(age) in each.told("pt")


def test_a_language_the_recipient_does_not_take_stops_what_is_not_urgent() -> None:
    calm = filled("mutual-legal-assistance", **without(MLA, *URGENT))
    assert gaps(calm, Requirements(languages=("en", "fr"))) == {}
    assert gaps(calm, Requirements(languages=("spa",))) == {}
    (gap,) = gaps(calm, Requirements(languages=("fr",))).values()
    assert gap.stops
    assert gap.source == "recipient"
    assert {"authority", "facts", "wanted"} <= set(gap.where)
    told = gap.told("en")
    assert told.startswith("The recipient asks for French. Without a version in any of them: “Requesting authority”, ")
    assert told.endswith("(required by the recipient; UNTOC, art. 18(14))")
    assert not next(
        iter(gaps(filled("mutual-legal-assistance", **MLA), Requirements(languages=("fr",))).values())
    ).stops
    alert = gaps(filled("operational-alert", **ALERT), Requirements(languages=("en",)))
    assert [(each.id, each.stops, "legs[1].note" in each.where) for each in alert.values()] == [
        ("recipient_language", False, True)
    ]


def test_what_else_the_recipient_asks_for() -> None:
    asks = Requirements(form="in writing, \x1b[31msealed", dual_criminality=True, channel="Diplomatic channel")
    found = gaps(filled("mutual-legal-assistance", **without(MLA, "law", "also_sent")), asks)
    assert [(each.id, each.stops) for each in found.values()] == [
        ("recipient_dual_criminality", False), ("recipient_form", False), ("recipient_channel", False),
    ]  # fmt: skip
    told = [each.told("es") for each in found.values()]
    assert told[0].startswith("El destinatario exige doble incriminación: falta «Disposiciones legales y penas».")
    assert "in writing, [U+001B][31msealed" in told[1]
    met = Requirements(form="mutual-legal-assistance", dual_criminality=True, channel=" Enlace ")
    assert gaps(filled("mutual-legal-assistance", **without(MLA, "also_sent")), met) == {}
    assert gaps(filled("mutual-legal-assistance", **MLA), Requirements(channel="diplomatic")) == {}
    assert (
        gaps(filled("general-message", subject={"es": "x"}, text={"es": "y"}), Requirements(dual_criminality=True))
        == {}
    )


def test_what_the_recipient_asks_for_is_told_while_one_writes() -> None:
    asks = Requirements(languages=("en", "fr"), form="in writing", dual_criminality=True, channel="Diplomatic\u202e")
    assert recipient_asks(asks, "fr") == (
        "Le destinataire demande : anglais, français.",
        "Le destinataire demande cette forme : in writing",
        "Le destinataire exige la double incrimination.",
        "Le destinataire demande cette voie : Diplomatic[U+202E]",
    )
    assert recipient_asks(Requirements(), "es") == ()


def test_the_form_is_the_one_that_was_filled_in() -> None:
    with pytest.raises(Malformed, match="general-message/1 was filled in, not extradition/1"):
        missing(forms()["extradition/1"], filled("general-message"))


def test_what_was_not_read_may_be_eased_and_nothing_else() -> None:
    name = "extradition.penal_law"
    assert "penal_law" in stopping(filled("extradition"))
    assert "penal_law" not in stopping(filled("extradition"), eased=(name,))
    assert "penal_law enclosed" in gaps(filled("extradition"), eased=(name,))
    for wrong, why in (
        ("mutual-legal-assistance.facts", "was read"),
        ("urgent-preservation.mla_follows", "was read"),
        ("mutual-legal-assistance.call_back", "a rule of Enlace"),
        ("victim-referral.agrees", "protects a victim"),
        ("victim-referral.consular_contact", "protects a victim"),
        ("extradition.colour", "no form has"),
        ("facts", "no form has"),
    ):
        with pytest.raises(Malformed, match=why):
            check_eased([name, wrong])


@given(ANY)
@settings(max_examples=15)
def test_whatever_is_filled_in_the_gate_answers(form: Filled) -> None:
    for gap in gaps(form, Requirements(languages=("en",), form="x", dual_criminality=True, channel="y")).values():
        assert all(gap.told(language) for language in OFFICIAL)
