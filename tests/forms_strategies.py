"""Filled forms drawn at random from what their definitions allow, for property tests."""

from typing import Any

from forms_filled import filled
from hypothesis import strategies as st

from desk.forms.catalogue import code_lists, forms
from desk.forms.definition import CONSENT, Field
from desk.forms.filled import Filled

TAGS = st.sampled_from(["es", "en", "pt", "fr", "qu", "ht", "pt-BR"])
COUNTRIES = st.sampled_from(["CO", "CA", "PE", "AR", "XX"])
ODD = "\u202e\u200b\u0301\u65e5\U0001f642\u0627<>{}#\\\"'|$*_-=[]"
WORD = st.text(st.sampled_from("aáçñZ 9.,:" + ODD), min_size=1, max_size=12).map(str.strip).filter(bool)
LINES = st.lists(WORD, min_size=1, max_size=3).map("\n".join)
DATES = st.dates().map(lambda each: each.isoformat())
MOMENTS = st.fixed_dictionaries(
    {"at": st.integers(0, 2**40), "zone": st.sampled_from(["UTC", "America/Bogota", "America/Toronto"])}
)


def code(table: str) -> st.SearchStrategy[str]:
    return st.sampled_from(list(code_lists()[table]))


def several(item: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(item, min_size=1, max_size=2, unique_by=repr)


VICTIM = st.fixed_dictionaries(
    {"pseudonym": WORD},
    optional={
        "age": st.integers(0, 130), "sex": code("sexes"),
        "nationalities": several(COUNTRIES), "languages": several(TAGS),
    },
)  # fmt: skip
DOCUMENT = st.fixed_dictionaries({"kind": code("document-kinds"), "number": WORD}, optional={"country": COUNTRIES})
PERSON = st.builds(
    lambda one, more: one | more,
    VICTIM | st.fixed_dictionaries({"name": WORD}),
    st.fixed_dictionaries(
        {},
        optional={
            "also": several(WORD), "documents": several(DOCUMENT),
            "born": st.sampled_from(["1980", "1980-02", "1980-02-29"]),
        },
    ),
)  # fmt: skip
PLACE = st.builds(
    lambda one, more: one | more,
    st.fixed_dictionaries({"country": COUNTRIES}, optional={"name": WORD, "detail": WORD}),
    st.just({})
    | st.fixed_dictionaries(
        {"latitude": st.integers(-90_000_000, 90_000_000), "longitude": st.integers(-180_000_000, 180_000_000)}
    ),
)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "reference": WORD,
    "consent": code(CONSENT),
    "date": DATES,
    "moment": MOMENTS,
    "country": COUNTRIES,
    "countries": several(COUNTRIES),
    "languages": several(TAGS),
    "contact": st.sampled_from(["co-desk", "ca-mla-ottawa"]),
    "person": PERSON,
    "victim": VICTIM,
    "place": PLACE,
    "telephone": st.sampled_from(["+12025550134", "+5712025550"]),
    "email": st.sampled_from(["a@b.example", "ofertas@empleos.example"]),
    "amount": st.sampled_from([{"amount": "0", "currency": "USD"}, {"amount": "184000.50", "currency": "COP"}]),
    "statement": st.just(True),
    "text": st.dictionaries(TAGS, LINES, min_size=1, max_size=2),
}


def value(field: Field) -> st.SearchStrategy[Any]:
    match field.kind:
        case "code":
            return code(field.list)
        case "codes":
            return several(code(field.list))
        case "number":
            return st.integers(field.least, field.most)
        case "group":
            return several(st.fixed_dictionaries({}, optional=values(field.fields)).filter(bool))
    return PLAIN[field.kind]


def values(fields: Any) -> dict[str, st.SearchStrategy[Any]]:
    return {each.field: value(each) for each in fields}


def of_form(form: str) -> st.SearchStrategy[Filled]:
    known = forms()[form]
    drawn = st.fixed_dictionaries({}, optional=values(known.fields))
    return st.builds(lambda language, given: filled(known.name, language, **given), TAGS, drawn)


ANY = st.sampled_from(sorted(forms())).flatmap(of_form)
