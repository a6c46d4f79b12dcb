"""Finding: which entries fit, in which order, and the reasons given."""

import pytest
from directory_entries import DAY, NOW, OFFICE, a_body, an_entry
from hypothesis import given
from hypothesis import strategies as st

from directory.bodies import Hours, Phone
from directory.entry import Entry, Grade, Standing
from directory.finding.asking import asked
from directory.finding.search import Index, Query, QueryError, Result
from directory.functions import FUNCTIONS

BOGOTA = "America/Bogota"  # NOW is 09:13 there, a Monday
DESK = an_entry(
    "co-desk",
    "trafficking-24-7",
    a_body(
        names={"es": "Mesa de guardia contra la trata", "en": "Night desk", "fr": "Permanence"},
        city="Bogotá",
        phones=(Phone(number="+12025550134"),),
        emails=("guardia@co.example",),
        languages=("es", "en"),
        zone=BOGOTA,
        hours=Hours(always=True),
        notes={"es": "Pregunte por la oficina de enlace."},
    ),
)
OFFICIAL = an_entry(
    "co-mla", "central-authority-mla", a_body("Ministerio de Justicia", zone=BOGOTA, hours=OFFICE, languages=("es",))
)
LIMA = an_entry("pe-police", "police-investigation", a_body("Dirección contra la Trata", city="Lima"))
BRASILIA = an_entry("br-police", "police-investigation", a_body(names={"pt": "Polícia Federal"}, languages=("pt-BR",)))
ALL = Index([LIMA, OFFICIAL, DESK, BRASILIA])


def exact(result: Result) -> bool:
    """Whether it is called just what was asked for: then it is first, whatever its age."""
    return result.why[0] == "called-exactly-so"


def found(index: Index, *, now: int = NOW, **query: object) -> list[str]:
    return [each.entry.id for each in index.find(Query(**query), now).results]  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["co-desk", "br-police", "co-mla", "pe-police"]),
        ("guardia trata", ["co-desk"]),
        ("GUARDIA CONTRA LA TRATA", ["co-desk"]),
        ("permanence", ["co-desk"]),
        ("colômbia", ["co-desk", "co-mla"]),
        ("Colombie trafic", ["co-desk"]),
        ("kolumbien", []),
        ("colo traff", ["co-desk"]),
        ("human trafficking", ["co-desk"]),
        ("traite colombie", ["co-desk"]),
        ("trata", ["co-desk", "pe-police"]),
        ("bogota", ["co-desk", "co-mla"]),  # the city, then the time zone
        ("co-mla", ["co-mla"]),
        ("policia brasil", ["br-police"]),
        ("judicial", ["br-police", "co-mla", "pe-police"]),
        ("+1 (202) 555-0134", ["co-desk"]),
        ("1202555", ["co-desk"]),
        ("enlace", ["co-desk"]),
        ("guardia@co.example", ["co-desk"]),
    ],
)
def test_words_find_entries_in_any_language_without_accents_by_their_beginnings(text: str, expected: list[str]) -> None:
    hits = [each for each in ALL.find(Query(text=text), NOW).results if "some-words-not-found" not in each.why]
    assert [each.entry.id for each in hits] == expected


def test_where_nothing_has_all_words_those_with_most_are_given_and_say_so() -> None:
    results = ALL.find(Query(text="trata interpol lima"), NOW).results
    assert [each.entry.id for each in results] == ["pe-police"]
    results = ALL.find(Query(text="lima xyzzy"), NOW).results
    assert [(each.entry.id, each.why[:2]) for each in results] == [
        ("pe-police", ("matches-city", "some-words-not-found"))
    ]
    assert found(ALL, text="xyzzy") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("policía de la Nación", ["policia", "nacion"]),
        ("de la", ["de", "la"]),
        ("trata TRATA", ["trata"]),
        ("+57 601 555 0100", ["576015550100"]),
        ("24/7", ["24", "7"]),
        ("------", []),
        ("", []),
    ],
)
def test_small_words_are_passed_over_and_numbers_joined(text: str, words: list[str]) -> None:
    assert list(asked(text).words) == words


def test_filters_take_codes_and_names() -> None:
    assert found(ALL, country="CO") == found(ALL, country="colombia") == ["co-desk", "co-mla"]
    assert found(ALL, function="trata") == found(ALL, function="trafficking-24-7") == ["co-desk"]
    assert found(ALL, country="PE", function="customs") == []
    assert found(ALL, country="VE") == []
    assert found(ALL, text="police", country="BR") == ["br-police"]


def test_codes_that_this_version_does_not_know_are_found() -> None:
    index = Index([an_entry("xk-port", "port-security")])
    assert found(index, country="xk", function="port-security") == ["xk-port"]
    assert found(index, text="port xk") == ["xk-port"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (Query(country="Columbia"), "did you mean CO"),
        (Query(country="qqqq"), "try its code"),
        (Query(function="consullar"), "did you mean consular"),
        (Query(function="xyzzy"), "no function is called 'xyzzy'"),
        (Query(language="espanyol"), "no language is called 'espanyol'; did you mean espanol"),
        (Query(language="sp"), r"nobody listed works in it. Known by name are Spanish \(es\), English"),
        (Query(language="../x"), "no language is called"),
    ],
)
def test_names_that_nothing_is_called_are_refused(query: Query, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        ALL.find(query, NOW)


def test_a_language_is_stated_or_assumed_from_the_country() -> None:
    results = ALL.find(Query(language="es"), NOW).results
    assert [each.entry.id for each in results] == ["co-desk", "co-mla", "pe-police"]
    assert ["language-assumed" in each.why for each in results] == [False, False, True]
    assert found(ALL, language="pt") == found(ALL, language="PT-br") == ["br-police"]
    assert found(ALL, language="en") == ["co-desk"]


@pytest.mark.parametrize("asked", ["es", "ES", "es-CO", " es ", "spa", "Español", "espagnol", "espanhol", "SPANISH"])
def test_a_language_goes_by_its_codes_and_its_names(asked: str) -> None:
    codes = {"br-a": "es", "br-b": "es-AR", "br-c": "spa", "br-d": "pt"}
    index = Index([an_entry(name, "consular", a_body(languages=(code,))) for name, code in codes.items()])
    assert index.find(Query(language=asked), NOW).total == 3


def test_a_language_that_only_an_entry_knows_is_found_by_its_code() -> None:
    index = Index([an_entry("co-desk", "consular", a_body(languages=("guc", "es")))])
    assert found(index, language="GUC") == ["co-desk"]
    assert found(index, language="Quechua") == []  # known, and nobody works in it


def test_asked_who_answers_now_that_comes_first_and_nobody_is_hidden() -> None:
    evening = NOW + 12 * 3600
    results = ALL.find(Query(now=True), evening).results
    assert [(each.entry.id, each.answer.open) for each in results] == [
        ("co-desk", True), ("br-police", None), ("pe-police", None), ("co-mla", False),
    ]  # fmt: skip
    assert [each.why[0] for each in results] == ["answers-now", "hours-unknown", "hours-unknown", "closed-now"]
    assert results[-1].answer.opens_at == NOW - NOW % DAY + DAY + 13 * 3600
    assert "closed-now" not in ALL.find(Query(), evening).results[-1].why


def test_an_answer_is_kept_only_while_it_holds_and_tells_the_time_there() -> None:
    index = Index([OFFICIAL])
    for hours, is_open in ((0, True), (8, True), (9, False), (0, True), (24 * 5, False)):
        (result,) = index.find(Query(), NOW + hours * 3600).results
        assert result.answer.open is is_open
        assert result.answer.local is not None
        assert int(result.answer.local.timestamp()) == NOW + hours * 3600


def test_confirmed_then_provisional_then_suspended_then_doubtful() -> None:
    index = Index(
        [
            an_entry("co-a", grade="doubtful"),
            an_entry("co-b", standing="suspended", reach="telephone and e-mail only"),
            an_entry("co-c", standing="provisional"),
            an_entry("co-d", grade="stale"),
            an_entry("co-e", grade="due"),
            an_entry("co-f"),
            an_entry("co-g", since=NOW),
        ]
    )
    results = index.find(Query(country="CO"), NOW).results
    assert [each.entry.id for each in results] == ["co-g", "co-f", "co-e", "co-d", "co-c", "co-b", "co-a"]
    assert results[-1].why == ("confirmed", "doubtful")
    assert results[-2].why == ("suspended", "fresh", "telephone-and-e-mail-only")


def test_a_doubtful_entry_that_answers_now_still_comes_last() -> None:
    doubtful = an_entry("co-a", "customs", a_body("Aduana", hours=Hours(always=True)), grade="doubtful")
    closed = an_entry("co-b", "customs", a_body("Aduana", hours=OFFICE, zone=BOGOTA))
    results = Index([doubtful, closed]).find(Query(now=True), NOW + 12 * 3600).results
    assert [each.entry.id for each in results] == ["co-b", "co-a"]
    assert results[1].why == ("answers-now", "confirmed", "doubtful")


def test_what_is_called_so_comes_before_what_mentions_it() -> None:
    named = an_entry("co-z", "civil-society", a_body("Fundación Renacer"), standing="provisional")
    mentions = an_entry("co-a", "customs", a_body("Aduana", notes={"es": "Trabaja con Renacer."}))
    results = Index([mentions, named]).find(Query(text="renacer"), NOW).results
    assert [each.entry.id for each in results] == ["co-z", "co-a"]
    assert results[1].why[0] == "only-mentioned"


def test_a_whole_word_beats_a_beginning() -> None:
    entries = [an_entry("co-a", "customs", a_body("Trataría")), an_entry("co-b", "customs", a_body("La Trata"))]
    assert found(Index(entries), text="trata") == ["co-b", "co-a"]


def test_an_entry_without_a_body_is_found_by_its_codes() -> None:
    bare = Entry(DESK.contact, None, "missing", "confirmed", "fresh", NOW, "enlace")
    (result,) = Index([bare]).find(Query(text="trata colombia", language="es", now=True), NOW).results
    assert result.why[-1] == "no-details"
    assert result.answer.open is None


def test_show_finds_by_id_only() -> None:
    assert ALL.show("co-desk") is DESK
    assert ALL.show("co") is None
    assert ALL.show("zz-last") is None
    assert Index([]).show("co-desk") is None


def test_only_as_many_as_asked_for_are_given_and_all_are_counted() -> None:
    answer = ALL.find(Query(), NOW, 2)
    assert (answer.total, len(answer.results)) == (4, 2)


words_ = st.text(st.characters(categories=["L", "N", "P", "Z"]), max_size=12)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["co", "pe", "br", "xk"]),
            st.sampled_from([*(each.code for each in FUNCTIONS[:4]), "port-security"]),
            words_.filter(lambda each: bool(each)),
            st.sampled_from(["confirmed", "provisional", "suspended"]),
            st.sampled_from(["fresh", "due", "stale", "doubtful"]),
        ),
        max_size=12,
    ),
    words_,
    st.booleans(),
)
def test_nothing_is_hidden_and_doubtful_comes_last(
    made: list[tuple[str, str, str, Standing, Grade]], text: str, now: bool
) -> None:
    index = Index(
        an_entry(f"{country}-{at}", function, a_body(name), standing=standing, grade=grade)
        for at, (country, function, name, standing, grade) in enumerate(made)
    )
    everything = index.find(Query(now=now), NOW)
    assert everything.total == len(made) == len({each.entry.id for each in everything.results})
    nothing_to_look_for = text.strip() and not asked(text).words
    some = everything if nothing_to_look_for else index.find(Query(text=text, now=now), NOW)
    for results in (everything.results, some.results):
        doubtful = [(not exact(each), each.entry.grade == "doubtful") for each in results]
        assert doubtful == sorted(doubtful)
        assert all(("doubtful" in each.why) == (each.entry.grade == "doubtful") for each in results)
    for each in index.entries:
        if each.body and asked(each.body.names["es"]).words:
            assert each.id in found(index, text=each.body.names["es"])
