"""What is typed for a field: codes by label, countries by name, times in a zone; and what is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.drafting.typed import PARTS, Mistyped, Typist, chosen, fitting, language_of, typed
from desk.drafting.typed_words import WORDS
from desk.forms.catalogue import code_lists
from directory.four_languages import OFFICIAL

BOGOTA = Typist("es", "es", "America/Bogota")
CHILDREN = "Trata de niñas, niños o adolescentes"

TAKEN: dict[str, tuple[str, str, str, Any]] = {
    "a code": ("code", "crimes", "trafficking", "trafficking"),
    "a code that another begins with": ("code", "assistance", "testimony", "testimony"),
    "a label in Spanish": ("code", "crimes", "trata de personas", "trafficking"),
    "a label in French, without accents": ("code", "crimes", "traite des personnes", "trafficking"),
    "the beginning of a word": ("code", "crimes", "lavado", "money-laundering"),
    "beginnings of two words": ("code", "assistance", "decl video", "testimony-by-video"),
    "several": ("codes", "crimes", "corrupción, secuestro", ("corruption", "kidnapping")),
    "a label with a comma in it": ("codes", "crimes", CHILDREN, ("trafficking-of-children",)),
    "labels with commas, parted otherwise": (
        "codes", "crimes", f"{CHILDREN}; corrupción", ("trafficking-of-children", "corruption"),
    ),
    "consent": ("consent", "", "sí", "yes"),
    "consent withheld": ("consent", "", "withheld", "withheld"),
    "a moment in one's own zone": ("moment", "", "2026-09-21 09:13", {"at": 1_789_999_980, "zone": "America/Bogota"}),
    "a moment in UTC": ("moment", "", "2026-09-21 14:13 UTC", {"at": 1_789_999_980, "zone": "UTC"}),
    "a moment elsewhere": (
        "moment", "", "2026-09-21T11:13 America/Argentina/Buenos_Aires",
        {"at": 1_789_999_980, "zone": "America/Argentina/Buenos_Aires"},
    ),
    "a country by name": ("country", "", "Perú", "PE"),
    "countries": ("countries", "", "co, Brasil", ("CO", "BR")),
    "languages": ("languages", "", "quechua, es", ("qu", "es")),
    "a telephone as it is written": ("telephone", "", "+1 (202) 555-01.34", "+12025550134"),
    "an amount": ("amount", "", "184000.50 cad", {"amount": "184000.50", "currency": "CAD"}),
    "a number": ("number", "", " 17 ", 17),
    "a statement": ("statement", "", "sim", True),
    "no statement": ("statement", "", "no", None),
    "names": ("lines", "", "El Contacto; Otro", ("El Contacto", "Otro")),
    "documents": (
        "documents", "", "pasaporte AX 000 CO; identity card 123",
        ({"kind": "passport", "number": "AX 000", "country": "CO"}, {"kind": "identity-card", "number": "123"}),
    ),
    "a position": ("position", "", "-13.53195, -71.967463", {"latitude": -13_531_950, "longitude": -71_967_463}),
    "a day": ("date", "", " 2028-09-20 ", "2028-09-20"),
    "a year of birth": ("born", "", "1980", "1980"),
    "a month of birth": ("born", "", "1980-02", "1980-02"),
    "a birth on a leap day": ("born", "", "1980-02-29", "1980-02-29"),
    "an age": ("age", "", "17", 17),
    "a country of another continent, by its code": ("country", "", "gb", "GB"),
    "a reference, as it is": ("reference", "", " CO-1 ", "CO-1"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_typed_is_read(name: str) -> None:
    kind, table, text, value = TAKEN[name]
    assert typed(kind, table, text, BOGOTA) == value


REFUSED: dict[str, tuple[str, str, str, str]] = {
    "no code": ("code", "crimes", "brujería", "no está en la lista: Trata de personas"),
    "nothing": ("code", "crimes", "  ", "no está en la lista"),
    "what fits several": ("code", "crimes", "tráfico", "puede ser: Tráfico ilícito de migrantes; Tráfico de órganos"),
    "a number, which is of no list here": ("code", "crimes", "3", "no está en la lista"),
    "look-alike letters": ("code", "crimes", "tr\u0430fficking", "no está en la lista"),
    "half a consent": ("consent", "", "tal vez", "no está en la lista"),
    "no country": ("country", "", "Macondo", "ningún país"),
    "no language": ("languages", "", "klingon, es", "no se conoce el idioma «klingon»"),
    "a day without an hour": ("moment", "", "2026-09-21", "no es una fecha con hora"),
    "no day": ("moment", "", "2026-02-30 10:00", "no es una fecha con hora"),
    "an hour that clocks leap over": ("moment", "", "2026-03-08 02:30 America/New_York", "no existe en la zona"),
    "before all clocks": ("moment", "", "1960-01-01 00:00 UTC", "no existe en la zona UTC"),
    "no zone": ("moment", "", "2026-09-21 14:00 Bogota", "no es una zona horaria"),
    "a zone that is a path": ("moment", "", "2026-09-21 14:00 ../../etc", "no es una zona horaria"),
    "an amount without a currency": ("amount", "", "1200", "no es un importe"),
    "an amount with a comma": ("amount", "", "1.200,50 USD", "no es un importe"),
    "a number with a sign": ("number", "", "-1", "no es un número entero"),
    "figures of another script": ("number", "", "\u0661", "no es un número entero"),
    "a document without a number": ("documents", "", "passport", "no dice tipo y número"),
    "a document of no kind": ("documents", "", "AX0000 CO", "no dice tipo y número"),
    "no position": ("position", "", "here", "no son coordenadas"),
    "a day as it is written by hand": ("date", "", "20/09/2028", "no es una fecha; escriba primero el año"),
    "a day without its noughts": ("date", "", "2028-9-5", "no es una fecha"),
    "a day in figures of another script": ("date", "", "\u0662\u0660\u0662\u0668-01-01", "no es una fecha"),
    "a 30th of February": ("date", "", "2028-02-30", "no es una fecha"),
    "a birth in words": ("born", "", "hacia 1980", "no es una fecha de nacimiento; escriba el año"),
    "a birth on no day": ("born", "", "1981-02-29", "no es una fecha de nacimiento"),
    "a telephone without its country": ("telephone", "", "(11) 4555-0199", "no es un teléfono con prefijo de país"),
    "no telephone": ("telephone", "", "x", "no es un teléfono"),
    "nobody's age": ("age", "", "200", "es demasiado; como máximo 130"),
    "a code that is no country's": ("country", "", "UK", "ningún país se llama «UK»"),
    "a made-up country among others": ("countries", "", "CO, XX", "ningún país se llama «XX»"),
    "a position off the globe": ("position", "", "200, 4", "no son coordenadas"),
    "a position with commas": ("position", "", "-13,53, -71,97", "no son coordenadas"),
    "a bomb": ("code", "crimes", "a" * 5_000, "más de 4000 caracteres"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_write(name: str) -> None:
    kind, table, text, words = REFUSED[name]
    with pytest.raises(Mistyped, match=words):
        typed(kind, table, text, BOGOTA)


KINDS = ("code", "codes", "consent", "moment", "country", "countries", "languages", "telephone", "amount", "number",
         "statement", "lines", "documents", "position", "reference", "date", "born", "age")  # fmt: skip


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused_in_words(kind: str, text: str) -> None:
    try:
        found = typed(kind, "crimes" if kind.startswith("code") else "", text, BOGOTA)
    except Mistyped:
        return
    else:
        assert found is not None or kind == "statement", "only a statement may be left unmade"


@given(st.text(max_size=20))
def test_a_language_is_a_tag_or_refused(text: str) -> None:
    with suppress(Mistyped):
        assert language_of(text, "en")


@pytest.mark.parametrize("table", sorted(code_lists()))
def test_every_code_is_found_by_itself_and_by_its_label_in_each_language(table: str) -> None:
    for code, words in code_lists()[table].items():
        assert chosen(table, code, "en") == code
        for language in OFFICIAL:
            labels = [each.code for each in fitting(table, words.in_(language), language)]
            assert labels == [code], (table, code, language, labels)


def test_why_something_is_refused_is_said_in_each_language() -> None:
    said = set[str]()
    for language in OFFICIAL:
        with pytest.raises(Mistyped) as caught:
            typed("country", "", "Macondo", Typist(language))
        said.add(str(caught.value))
    assert len(said) == len(OFFICIAL)
    assert all(WORDS[language][name] for language in OFFICIAL for name in WORDS["en"])


def test_parts_are_those_of_the_kinds_that_have_some() -> None:
    from desk.forms.values import Person, Place, Victim

    for kind, struct in (("person", Person), ("victim", Victim), ("place", Place)):
        named = {name for name, *_ in PARTS[kind]}
        assert named - {"position"} == set(struct.__struct_fields__) - {"latitude", "longitude"}
