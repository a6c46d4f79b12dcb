"""What tired officers type at night, in four languages, and what must stand first; what others cannot bring about."""

import pytest
from directory_entries import NOW, OFFICE, a_body, an_entry
from test_directory_search_expected import index

from directory.bodies import Hours, Phone
from directory.entry import Entry
from directory.finding.asking import MOST_WORDS, asked
from directory.finding.search import Found, Index, Query, QueryError

HAITI = "ht-trafficking"
FIRST = {
    "quién contesta ahora en Haití": HAITI,
    "¿Quién atiende en Haití?": HAITI,
    "who answers now in haiti": HAITI,
    "who is on call in haiti": HAITI,
    "qui répond en Haïti maintenant": HAITI,
    "quem atende no Haiti agora": HAITI,
    "policía brasileña": "br-federal-police",
    "brazilian police": "br-federal-police",
    "police brésilienne": "br-federal-police",
    "polícia brasileira": "br-federal-police",
    "policia hondureña": "hn-atic",
    "policía salvadoreña": "sv-pnc",
    "costarricense policia": "cr-oij",
    "police haïtienne": "ht-bpm",  # no police is listed there: the children's brigade, whose e-mail says police
    "fiscales mexicanos": "mx-fevimtra",
    "policías peruanos": "pe-trafficking",
    "polisia peruana": "pe-trafficking",
    "trata de blancas argentina": "ar-desk",
    "trata 24 horas colombia": "co-desk",
    "trata 24h colombia": "co-desk",
    "24x7 trata colombia": "co-desk",
    "emergencia trata colombia": "co-desk",
    "teléfono policía uruguay": "uy-interpol",
    "phone number of the police in Uruguay": "uy-interpol",
    "habla quechua": "bo-trafficking",
    "police who speaks french in Canada": "ca-quebec-police",
    "policía canada que hable francés": "ca-rcmp",
    "oficina central nacional montevideo": "uy-interpol",
    "trinité police": "tt-ctu",  # none is listed: the country asked for, and not the police of another
    "CO trata": "co-desk",
    "\N{RIGHT-TO-LEFT OVERRIDE}trata colombia": "co-desk",
    "🚨 trata colombia": "co-desk",
    "'; DROP TABLE contacts; -- trata colombia": "co-desk",
    "(trata|.*) [colombia]": "co-desk",
    "+1 (202) 555-0157": HAITI,
    "202 555 0157": HAITI,
    "00 1 202 555 0157": HAITI,
    "011 1 202 555 0157": HAITI,
    "tel. 202-555-0157": HAITI,
    "permanence@cnltp.ht.example": HAITI,
    "mailto:permanence@cnltp.ht.example": HAITI,
}


def asking(text: str, **fields: object) -> Found:
    return index().find(Query(text=text, **fields), NOW, 3)  # type: ignore[arg-type]  # the tests know the fields


@pytest.mark.parametrize("text", FIRST)
def test_what_is_typed_at_night_finds_what_is_meant_first(text: str) -> None:
    assert [each.entry.id for each in asking(text).results][:1] == [FIRST[text]]


@pytest.mark.parametrize(
    "text", ["quién contesta en Haití", "who answers in haiti", "haiti ahora", "qui répond en Haïti"]
)
def test_who_asks_who_answers_is_told_it_and_nothing_is_missing(text: str) -> None:
    found = asking(text)
    assert found.now
    assert "answers-now" in found.results[0].why
    assert "some-words-not-found" not in found.results[0].why


def test_an_entry_that_is_called_like_a_question_is_found_by_its_name() -> None:
    entries = [
        an_entry("co-now", "civil-society", a_body("Justicia Ahora", also=("WHO",))),
        an_entry("co-b", "customs"),
    ]
    for text in ("justicia ahora", "WHO"):
        (first, *_) = Index(entries).find(Query(text=text), NOW).results
        assert (first.entry.id, first.why[0]) == ("co-now", "called-exactly-so")


@pytest.mark.parametrize("text", ["🚨", ".*", "%", "(((", "\x00\x07", "\N{RIGHT-TO-LEFT MARK}", "--"])
def test_a_question_without_a_letter_or_digit_is_not_taken_for_an_empty_one(text: str) -> None:
    with pytest.raises(QueryError, match="no letter and no digit"):
        asking(text)
    assert asking("  ").total == len(index().entries)


def test_whoever_pastes_a_page_is_answered_by_its_beginning_and_told_so() -> None:
    found = asking("trata colombia " + " ".join(f"w{n}" for n in range(5000)))
    assert found.results[0].entry.id == "co-desk"
    assert found.left_out > 0
    assert asking("a" * 10_000).total == 0
    long = " ".join(f"Dirección{n}" for n in range(MOST_WORDS + 9))
    (first,) = Index([an_entry("co-long", "customs", a_body(long))]).find(Query(text=long), NOW).results
    assert first.why[0] == "called-exactly-so"


def test_a_country_where_nobody_is_listed_is_named() -> None:
    assert asking("dominica").nobody_in == ("DM",)
    assert asking("policía de Antigua y Barbuda").nobody_in == ("AG",)
    assert asking("policía brasileña").nobody_in == ()


POLICE = an_entry(
    "co-police", "police-investigation", a_body("Policía Nacional", phones=(Phone(number="+576015550134"),))
)
DESK = an_entry("co-desk", "trafficking-24-7", a_body("Guardia contra la trata", hours=Hours(always=True)))
WANTED = ("trata", "policia", "trata colombia", "policía colombia", "who answers colombia", "extradición", "fiscalía")
EVERYTHING = tuple(
    "trata policia colombia fiscalia extradicion interpol " + " ".join(f"p{n}x{m}" for m in range(9)) for n in range(24)
)
PUSHY = {
    "by going by what people type": an_entry("ar-a", "consular", a_body("Oficina", also=WANTED)),
    "by being named so and not confirmed": an_entry(
        "ar-a",
        "consular",
        a_body(names={f"x{chr(97 + n)}": name for n, name in enumerate(WANTED)}),
        standing="provisional",
    ),
    "by names in many tongues": an_entry(
        "ar-a", "consular", a_body(names={f"x{chr(97 + n)}": name for n, name in enumerate(WANTED)})
    ),
    "by being named so long ago": an_entry("ar-a", "consular", a_body("Trata Colombia", also=WANTED), grade="doubtful"),
    "by going by everything": an_entry("ar-a", "consular", a_body("Oficina", also=EVERYTHING), since=NOW),
    "by the name of another's country": an_entry("ar-a", "consular", a_body("Trata Colombia Policía"), since=NOW),
}


@pytest.mark.parametrize("how", PUSHY)
@pytest.mark.parametrize(
    "text", ["trata", "trata colombia", "policía", "policia colombia", "colombia", "quién contesta en colombia"]
)
def test_nobody_is_first_by_what_they_say_that_they_are_called(how: str, text: str) -> None:
    results = Index([PUSHY[how], POLICE, DESK]).find(Query(text=text), NOW).results
    assert results[0].entry.id != "ar-a", [(each.entry.id, each.score, each.why) for each in results]


def test_what_goes_by_more_words_than_any_office_is_found_as_by_its_notes() -> None:
    (first,) = Index([PUSHY["by going by everything"]]).find(Query(text="fiscalia interpol"), NOW).results
    assert first.why[0] == "only-mentioned"


def test_the_same_name_in_other_letters_is_another_name() -> None:
    """A Cyrillic o makes no Policía: whoever types the name finds the office, and not the imitation."""
    imitation = an_entry("ar-a", "consular", a_body("P\N{CYRILLIC SMALL LETTER O}licía Nacional"))
    results = Index([imitation, POLICE]).find(Query(text="policía nacional"), NOW).results
    assert [each.entry.id for each in results] == ["co-police"]


@pytest.mark.parametrize(
    ("typed", "here"),
    [
        ("601 555 0134", ""), ("(601) 5550134", "CO"), ("00 57 601 555 0134", "AR"), ("011 57 601 555 0134", "US"),
        ("009 57 601 555 0134", "CO"), ("0015 57 601 555 0134", "BR"), ("+57-601-555-0134", ""), ("5550134", ""),
        ("llamar al 601 555 0134", ""), ("policia 601-555-0134", ""), ("57 601 555", ""),
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_dialled(typed: str, here: str) -> None:
    results = Index([POLICE, DESK]).find(Query(text=typed, here=here), NOW).results
    assert [each.entry.id for each in results] == ["co-police"]
    assert "some-words-not-found" not in results[0].why


def test_a_mobile_is_found_as_it_is_dialled_over_there() -> None:
    mobile = an_entry("ar-m", "consular", a_body(phones=(Phone(number="+5491143211234"),)))
    for typed, here in (("011 15 4321-1234", "AR"), ("011 15 4321-1234", ""), ("11 4321 1234", "")):
        assert Index([mobile, POLICE]).find(Query(text=typed, here=here), NOW).results[0].entry.id == "ar-m"


def test_what_sets_the_first_apart_is_said() -> None:
    open_, closed = Hours(always=True), OFFICE
    zone = "America/Bogota"

    def lead(*entries: Entry, **query: object) -> str | None:
        return Index(entries).find(Query(**query), NOW + 12 * 3600).lead  # type: ignore[arg-type]  # as above

    a, b = (an_entry(name, "customs", a_body("Aduana", zone=zone, hours=closed)) for name in ("co-a", "co-b"))
    assert lead(a) is None
    assert lead(a, b) == "by-id"
    assert lead(a, an_entry("co-c", "customs", a_body("Aduana", zone=zone, hours=open_)), now=True) == "answers-now"
    assert lead(a, an_entry("co-c", "customs", grade="doubtful")) == "not-doubtful"
    assert lead(a, an_entry("co-c", "customs", standing="provisional")) == "standing"
    assert lead(a, an_entry("co-c", "customs", grade="due")) == "fresher"
    assert lead(a, an_entry("co-c", "customs", since=NOW)) == "attested-later"
    assert lead(a, DESK) == "day-and-night"
    assert lead(a, an_entry("co-c", "customs", a_body("Aduana Sur")), text="aduana") == "called-exactly-so"
    assert lead(a, an_entry("pe-c", "customs", a_body("Colombia Aduana")), text="customs colombia") == "of-country"
    assert lead(a, an_entry("co-c", "customs", a_body("Adunaa")), text="aduanaa") == "by-id"
    city = an_entry("co-c", "prosecution", a_body("Oficina", city="Aduana"))
    assert lead(a, city, text="la aduana x") == "better-match"


@pytest.mark.parametrize(
    ("text", "words", "now"),
    [
        ("quién contesta en Perú", ("peru",), True),
        ("Perú 24/7", ("peru", "24", "7"), False),
        ("24 HORAS", ("24",), False),
        ("tel 2025550134 x", ("tel", "x", "2025550134"), False),
        ("١٢٣٤٥٦٧", ("1234567",), False),
        ("2026-11-22", ("20261122",), False),
        ("who", (), True),
    ],
)
def test_what_a_text_asks(text: str, words: tuple[str, ...], now: bool) -> None:
    assert (asked(text).words, asked(text).now) == (words, now)


def test_what_is_called_so_is_the_same_before_and_after_everything_is_made_ready() -> None:
    """An index that is asked once looks at the few that have the words; one made ready looks them up."""
    entries = index().entries
    once, ready = Index(entries), Index(entries)
    ready.prepare()
    texts = [each for entry in entries[::9] if entry.body for each in (*entry.body.names.values(), *entry.body.also)]
    for text in (*texts, entries[3].id, "trata@policia.pe.example", "+12025550130", "PROTEX", "de la", "x"):
        found = [[(each.entry.id, each.why) for each in one.find(Query(text), NOW, 3).results] for one in (once, ready)]
        assert found[0] == found[1]


def test_first_letters_are_found_also_where_somebody_mentions_them() -> None:
    mentions = an_entry("co-a", "customs", a_body("Aduana", notes={"es": "Antes SNDIF."}))
    meant = an_entry("mx-b", "child-protection", a_body("Sistema Nacional Desarrollo Integral Familia"))
    assert Index([mentions, meant]).find(Query("sndif"), NOW).results[0].entry.id == "mx-b"
