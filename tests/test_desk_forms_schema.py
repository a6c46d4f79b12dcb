"""The JSON Schema of each form: a schema itself, it takes what is written here and refuses what is refused here."""

import json
from importlib import import_module
from typing import Any

import pytest
from forms_filled import ALERT, MLA, PRESERVATION, VICTIM, filled
from forms_strategies import ANY
from hypothesis import given, settings

from desk.forms.catalogue import forms
from desk.forms.filled import Filled, check_filled, write_filled
from desk.forms.schema import DRAFT, json_schema
from directory.canonical import Malformed, encode
from directory.four_languages import OFFICIAL

Draft202012Validator: Any = import_module("jsonschema").Draft202012Validator  # it has no types
VALIDATORS = {name: Draft202012Validator(json_schema(form)) for name, form in forms().items()}


def faults(form: Filled) -> list[str]:
    return [each.message for each in VALIDATORS[form.form].iter_errors(json.loads(encode(form)))]


@pytest.mark.parametrize("name", sorted(VALIDATORS))
def test_it_is_a_schema_and_names_everything_in_four_languages(name: str) -> None:
    schema = VALIDATORS[name].schema
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DRAFT
    assert schema["$id"] == f"urn:enlace:form:{name.replace('/', ':')}"
    values = schema["properties"]["values"]["properties"]
    assert list(values) == [each.field for each in forms()[name].fields]
    assert all(set(each["x-label"]) == set(OFFICIAL) for each in values.values())
    assert json.loads(json.dumps(schema)) == schema


def test_victim_data_is_marked() -> None:
    values = VALIDATORS["victim-referral/1"].schema["properties"]["values"]["properties"]
    assert {name for name, each in values.items() if each.get("x-victim-data")} == {
        "identity", "guardian", "safe_contact", "medical",
    }  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        filled("mutual-legal-assistance", **MLA),
        filled("victim-referral", **VICTIM),
        filled("operational-alert", **ALERT),
        filled("urgent-preservation", "pt", **PRESERVATION),
        filled("general-message"),
    ],
    ids=lambda each: each.form,
)
def test_it_takes_whole_forms(form: Filled) -> None:
    assert faults(form) == []


@given(ANY)
@settings(max_examples=12)
def test_it_takes_what_is_written_here(form: Filled) -> None:
    assert faults(form) == []
    assert json.loads(write_filled(form))["form"] == form.form


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("general-message", {"colour": "red"}),
        ("general-message", {"subject": {}}),
        ("general-message", {"subject": {"es": ""}}),
        ("general-message", {"subject": {"es": " x"}}),
        ("general-message", {"subject": {"es": "x\n"}}),
        ("general-message", {"subject": {"es": "x\ty"}}),
        ("general-message", {"subject": {"es": "a\u2028b"}}),
        ("general-message", {"subject": {"es": "x" * 301}}),
        ("general-message", {"subject": {"Spanish": "x"}}),
        ("general-message", {"reference": "a\nb"}),
        ("general-message", {"answer_wanted": False}),
        ("general-message", {"deadline": {"at": -1, "zone": "UTC"}}),
        ("general-message", {"deadline": {"at": 1, "zone": "../x"}}),
        ("mutual-legal-assistance", {"assistance": []}),
        ("mutual-legal-assistance", {"assistance": ["documents", "documents"]}),
        ("mutual-legal-assistance", {"oral_on": "2026-2-3"}),
        ("mutual-legal-assistance", {"call_back": "202 555"}),
        ("mutual-legal-assistance", {"persons": [{}]}),
        ("mutual-legal-assistance", {"persons": [{"role": "victim"}] * 2}),
        ("mutual-legal-assistance", {"persons": [{"person": {"age": 20}}]}),
        ("mutual-legal-assistance", {"persons": [{"person": {"name": "x", "born": "80"}}]}),
        ("mutual-legal-assistance", {"persons": [{"whereabouts": {}}]}),
        ("mutual-legal-assistance", {"persons": [{"whereabouts": {"latitude": 1}}]}),
        ("mutual-legal-assistance", {"assets": [{"value": {"amount": "1,5", "currency": "USD"}}]}),
        ("victim-referral", {"victim": {"pseudonym": "x", "name": "y"}}),
        ("victim-referral", {"victim": {"age": 3}}),
        ("joint-investigation", {"states": ["Colombia"]}),
        ("urgent-preservation", {"days": 59}),
        ("urgent-preservation", {"custodians": [{"email": "x"}]}),
    ],
)
def test_what_one_refuses_the_other_refuses(form: str, values: dict[str, Any]) -> None:
    made = filled(form, **values)
    with pytest.raises(Malformed):
        check_filled(made)
    assert faults(made) != []


def test_a_code_that_is_not_listed_is_none_to_the_schema() -> None:
    assert faults(filled("victim-referral", consular_contact="perhaps")) == [
        "'perhaps' is not one of ['yes', 'no', 'withheld']"
    ]
