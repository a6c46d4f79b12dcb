"""Filled forms: what is written is read and written the same; everything else is refused, or said to need an update."""

from typing import Any

import msgspec
import pytest
from forms_filled import ALERT, MLA, PRESERVATION, VICTIM, filled, moment
from forms_strategies import ANY
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.forms.filled import MOST_BYTES, Filled, check_filled, parse_filled, update_needed, write_filled
from directory.canonical import Malformed, encode, read_body, write_body

MESSAGE: dict[str, Any] = {"subject": {"es": "Consulta"}, "text": {"es": "Una línea.\n\nOtra."}}
WHOLE = [
    filled("mutual-legal-assistance", **MLA),
    filled("victim-referral", **VICTIM),
    filled("operational-alert", **ALERT),
    filled("urgent-preservation", "pt", **PRESERVATION),
    filled("general-message", **MESSAGE),
]


def raw(values: str, form: str = "general-message/1", language: str = "es") -> str:
    return f'{{"form":"{form}","language":"{language}","values":{{{values}}}}}'


@pytest.mark.parametrize("form", WHOLE, ids=lambda each: each.form)
def test_whole_forms_are_written_and_read(form: Filled) -> None:
    assert parse_filled(write_filled(form)) == form
    assert parse_filled(write_filled(form).decode()) == form


@given(ANY)
@settings(max_examples=25)
def test_what_is_written_is_read_and_written_the_same(form: Filled) -> None:
    written = write_filled(form)
    assert parse_filled(written) == form
    assert write_filled(parse_filled(written)) == written


@given(st.sampled_from([write_filled(each) for each in WHOLE]), st.data())
def test_any_changed_byte_changes_the_form_or_is_refused(written: bytes, data: st.DataObject) -> None:
    at, byte = data.draw(st.integers(0, len(written) - 1)), data.draw(st.integers(0, 255))
    spoiled = written[:at] + bytes([byte]) + written[at + 1 :]
    try:
        found = parse_filled(spoiled)
    except Malformed:
        return
    assert encode(found) == spoiled
    assert (found == parse_filled(written)) == (spoiled == written)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "JSON"),
        ("null", "Expected `object`"),
        ("\ud800", "UTF-8"),
        (raw('"subject":{"es":"x"}') + "\n", "canonical"),
        (raw('"text":{"es":"x"},"subject":{"es":"x"}'), "canonical"),
        (raw('"subject":{"es":"x"},"subject":{"es":"x"}'), "stands twice"),
        (raw(""), "canonical"),
        (raw('"subject":{"es":"x"}', form="general-message"), "another form"),
        (raw('"subject":{"es":"x"}', form="general-message/0"), "another form"),
        (raw('"subject":{"es":"x"}', language="español"), "another form"),
        (raw('"subject":null'), "null"),
        (raw('"subject":1.5'), "float"),
        (raw('"Subject":{"es":"x"}'), "another form"),
        (raw('"colour":"red"'), "no such field"),
        (raw('"subject":{}'), "length >= 1"),
        (raw('"subject":{"es":""}'), "length >= 1"),
        (raw('"subject":{"es":" x"}'), "white space"),
        (raw('"subject":{"es":"\u3000"}'), "white space"),
        (raw('"subject":{"es":"x\\ty"}'), "U+0009"),
        (raw('"subject":{"es":"x\\u001b[31m"}'), "U+001B"),
        (raw('"subject":{"es":"a\u2028b"}'), "U+2028"),
        (raw('"subject":{"spanish":"x"}'), "another form"),
        (raw('"subject":"x"'), "object"),
        (raw(f'"subject":{{"es":"{"x" * 301}"}}'), "length <= 300"),
        (raw('"subject":{' + ",".join(f'"a{each}":"x"' for each in "abcdefg") + "}"), "length <= 6"),
        (raw('"reference":"a\\nb"'), "U+000A"),
        (raw('"answer_wanted":false'), "left out"),
        (raw('"answer_wanted":1'), "bool"),
        (raw('"deadline":1790000000'), "object"),
        (raw('"deadline":{"at":-1,"zone":"UTC"}'), ">= 0"),
        (raw('"deadline":{"at":1790000000}'), "zone"),
        (raw('"deadline":{"at":1,"zone":"../etc"}'), "another form"),
        (raw('"deadline":{"at":1,"day":2,"zone":"UTC"}'), "unknown field"),
        (raw('"x":' + "[" * 8 + "]" * 8), "Expected"),
        (raw('"x":[]', form="general-message/2") + " ", "canonical"),
        (raw('"x":' + "[" * 6 + "]" * 6, form="general-message/2"), "Expected"),
        (raw('"x":{"y":1.0}', form="general-message/2"), "float"),
        (raw('"x":[null]', form="general-message/2"), "null"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(Malformed) as error:
        parse_filled(text)
    assert why in str(error.value)


REFERRAL, ASSISTANCE, PROPOSAL = "victim-referral", "mutual-legal-assistance", "joint-investigation"


@pytest.mark.parametrize(
    ("form", "field", "value", "why"),
    [
        (ASSISTANCE, "assistance", [], "length >= 1"),
        (ASSISTANCE, "assistance", ["documents", "documents"], "stands twice"),
        (ASSISTANCE, "assistance", ["Documents"], "another form"),
        (ASSISTANCE, "assistance", "documents", "array"),
        (ASSISTANCE, "proceeding", ["trial"], "str"),
        (ASSISTANCE, "oral_on", "2026-02-30", "no day"),
        (ASSISTANCE, "oral_on", "2026-2-3", "another form"),
        (ASSISTANCE, "oral_on", "0000-01-01", "no day"),
        (ASSISTANCE, "call_back", "202 555 0134", "another form"),
        (ASSISTANCE, "persons", [], "0 items; a list of 1 to 50"),
        (ASSISTANCE, "persons", [{}], "persons[0]: an item that says nothing"),
        (ASSISTANCE, "persons", ["victim"], "persons[0]: expected an object"),
        (ASSISTANCE, "persons", {"role": "victim"}, "expected a list"),
        (ASSISTANCE, "persons", [{"role": "victim"}] * 51, "51 items"),
        (ASSISTANCE, "persons", [{"role": "victim"}] * 2, "stands twice"),
        (ASSISTANCE, "persons", [{"colour": "red"}], "persons[0].colour: the form has no such field"),
        (ASSISTANCE, "persons", [{"person": {"age": 20}}], "a name or a pseudonym"),
        (ASSISTANCE, "persons", [{"person": {"name": "x", "born": "1980-13"}}], "another form"),
        (ASSISTANCE, "persons", [{"person": {"name": "x", "born": "1981-02-29"}}], "no day"),
        (ASSISTANCE, "persons", [{"person": {"name": "x\u2029y"}}], "U+2029"),
        (ASSISTANCE, "persons", [{"person": {"name": "x", "also": []}}], "length >= 1"),
        (ASSISTANCE, "persons", [{"person": {"name": "x", "nationalities": ["CO", "CO"]}}], "stands twice"),
        (ASSISTANCE, "persons", [{"person": {"name": "x", "documents": [{"kind": "visa"}]}}], "number"),
        (ASSISTANCE, "persons", [{"person": {"name": "x", "age": 131}}], "<= 130"),
        (ASSISTANCE, "persons", [{"whereabouts": {}}], "says nothing"),
        (ASSISTANCE, "persons", [{"whereabouts": {"latitude": 1}}], "together"),
        (ASSISTANCE, "persons", [{"whereabouts": {"latitude": 90_000_001, "longitude": 0}}], "<= 90000000"),
        (ASSISTANCE, "persons", [{"whereabouts": {"country": "co"}}], "another form"),
        (ASSISTANCE, "assets", [{"value": {"amount": "1,5", "currency": "USD"}}], "another form"),
        (ASSISTANCE, "assets", [{"value": {"amount": 15, "currency": "USD"}}], "str"),
        (ASSISTANCE, "assets", [{"value": {"amount": "1.50"}}], "currency"),
        (REFERRAL, "victim", {"name": "x"}, "unknown field"),
        (REFERRAL, "victim", {"pseudonym": "x", "born": "1990"}, "unknown field"),
        (REFERRAL, "victim", {"age": 17}, "pseudonym"),
        (REFERRAL, "consular_contact", True, "str"),
        (REFERRAL, "consular_contact", "perhaps", "perhaps"),
        (REFERRAL, "agrees", "", "Invalid"),
        (REFERRAL, "keep_until", "2027", "another form"),
        (PROPOSAL, "states", ["CO", "CO"], "stands twice"),
        (PROPOSAL, "members", [{"contact": "Co-desk"}], "another form"),
        ("urgent-preservation", "days", 59, ">= 60"),
        ("urgent-preservation", "days", True, "int"),
        ("urgent-preservation", "custodians", [{"email": "x"}], "another form"),
    ],
)
def test_a_value_that_is_not_of_its_kind_is_refused(form: str, field: str, value: Any, why: str) -> None:
    made = filled(form, **{field: value})
    for refuse in (lambda: check_filled(made), lambda: parse_filled(encode(made)), lambda: write_filled(made)):
        with pytest.raises(Malformed) as error:
            refuse()
        assert why in str(error.value)
        assert field in str(error.value)


def test_a_form_has_an_end() -> None:
    versions = dict.fromkeys(("aa", "ab", "ac", "ad", "ae", "af"), "x" * 20000)
    large = filled("mutual-legal-assistance", facts=versions, wanted=versions, law={"es": "x" * 8_000})
    assert len(write_filled(large)) < MOST_BYTES
    places = [
        {"whereabouts": {"detail": str(each)}, "note": {"es": "x" * 4_000, "en": "y" * 4_000}} for each in range(50)
    ]
    with pytest.raises(Malformed, match="at most 500000"):
        write_filled(filled("mutual-legal-assistance", facts=versions, wanted=versions, persons=places))


def test_bounds_count_characters() -> None:
    assert write_filled(filled("general-message", subject={"es": "\U0001f642" * 300}))
    with pytest.raises(Malformed, match="length <= 300"):
        write_filled(filled("general-message", subject={"es": "\U0001f642" * 301}))


def test_a_newer_form_is_read_raw_and_not_written() -> None:
    for form in ("general-message/2", "search-for-persons/1"):
        newer = parse_filled(raw('"colours":["red",7,{"deep":[true]}]', form=form))
        assert update_needed(newer) == (("form", form),)
        with pytest.raises(Malformed, match=f"not known here: form {form}"):
            write_filled(newer)


def test_a_newer_code_is_read_and_not_written() -> None:
    newer = filled(
        "mutual-legal-assistance",
        crimes=["trafficking", "piracy"],
        persons=[{"role": "ghost", "person": {"name": "x", "sex": "y", "documents": [{"kind": "z", "number": "1"}]}}],
    )
    assert update_needed(parse_filled(encode(newer))) == (
        ("crimes", "piracy"), ("person-roles", "ghost"), ("sexes", "y"), ("document-kinds", "z"),
    )  # fmt: skip
    with pytest.raises(Malformed, match="crimes piracy"):
        write_filled(newer)


def test_a_zone_that_is_not_there_is_read_and_not_written() -> None:
    odd = filled("general-message", deadline=moment(zone="America/Atlantis"))
    assert parse_filled(encode(odd)) == odd
    with pytest.raises(Malformed, match="no time zone"):
        write_filled(odd)
    inner = filled("urgent-preservation", identifiers=[{"since": moment(zone="Mars")}])
    with pytest.raises(Malformed, match=r"identifiers\[0\]\.since: Mars"):
        write_filled(inner)


def test_lists_are_written_as_they_are_read() -> None:
    with pytest.raises(Malformed, match="tuples"):
        write_filled(Filled(form="joint-investigation/1", language="es", values={"states": ["CO", "CA"]}))
    with pytest.raises(Malformed, match="UTF-8"):
        write_filled(Filled(form="general-message/1", language="es", values={"reference": "\ud800"}))


class Content(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="form"
):
    """What a message may carry."""

    filled: Filled


@pytest.mark.parametrize("form", WHOLE, ids=lambda each: each.form)
def test_it_may_be_nested_in_what_is_signed(form: Filled) -> None:
    text = write_body("enlace/example/v1", Content(form))
    assert read_body(text, "enlace/example/v1", Content).filled == form
    check_filled(form)
    for spoiled in (text.replace('"language":"es"', '"language": "es"'), text.replace('"values"', '"value"')):
        if spoiled != text:
            with pytest.raises(Malformed):
                read_body(spoiled, "enlace/example/v1", Content)


def test_nothing_filled_in_is_a_form_too() -> None:
    empty = filled("general-message")
    assert write_filled(empty) == b'{"form":"general-message/1","language":"es"}'
    assert empty.value("subject") is None
