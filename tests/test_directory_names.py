"""Functions, countries and zones by name: codes are found from what people type, and unknown ones are shown."""

import re
from zoneinfo import ZoneInfo

import msgspec
import pytest

from directory.countries import (
    COUNTRIES,
    country_code,
    country_languages,
    country_name,
    country_nearest,
    only_zone,
)
from directory.fields import FunctionCode
from directory.finding.zones import UnknownZone, time_zone, zone_names
from directory.folding import fold, words
from directory.functions import FUNCTIONS, function_code, function_label, function_nearest
from directory.languages import LANGUAGES as NAMED_LANGUAGES
from directory.languages import language_code

LANGUAGES = ("es", "en", "pt", "fr")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Procuradoria-Geral  da República", "procuradoria geral da republica"),
        ("BOGOTÁ, D.C.", "bogota dc"),
        ("U.S.A.", "usa"),
        ("l’intérieur", "l interieur"),
        ("O'Higgins", "o higgins"),
        ("Cancillería", "cancilleria"),
        ("niñez", "ninez"),
        ("Œuvre Straße", "oeuvre strasse"),
        ("24/7", "24 7"),
        ("Bogota\N{COMBINING ACUTE ACCENT}", "bogota"),
        ("  ", ""),
    ],
)
def test_text_is_folded_to_what_people_type(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded
    assert words(text) == folded.split()


def test_the_functions_are_the_seventeen_of_the_field_with_labels_in_four_languages() -> None:
    assert len(FUNCTIONS) == len({each.code for each in FUNCTIONS}) == 17
    for function in FUNCTIONS:
        assert msgspec.convert(function.code, FunctionCode) == function.code
        assert re.fullmatch(r"[a-z0-9]{1,30}", function.short)
        assert tuple(function.labels) == LANGUAGES
        assert all(function.labels.values())


def test_a_name_of_a_function_names_no_other() -> None:
    owners: dict[str, set[str]] = {}
    for function in FUNCTIONS:
        for name in function.known_as:
            owners.setdefault(fold(name), set()).add(function.code)
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("trata", "trafficking-24-7"),
        ("TRÁFICO DE PESSOAS", "trafficking-24-7"),
        ("Traite des êtres humains", "trafficking-24-7"),
        ("trafficking-24-7", "trafficking-24-7"),
        ("central authority", "central-authority-mla"),
        ("entraide judiciaire", "central-authority-mla"),
        ("fiscalia", "prosecution"),
        ("douanes", "customs"),
        ("CSIRT", "csirt"),
        ("astrology", None),
        ("", None),
    ],
)
def test_a_function_is_known_by_what_people_type(text: str, code: str | None) -> None:
    assert function_code(text) == code


def test_an_unknown_function_is_shown_as_written() -> None:
    assert function_label("port-security", "es") == "port-security"
    assert function_label("customs", "pt-BR") == "Alfândega"
    assert function_label("customs", "nl") == "Customs"
    assert function_nearest("custums") == "customs"
    assert function_nearest("xyzzy") is None


def test_all_states_of_the_region_are_known() -> None:
    states = "AG AR BS BB BZ BO BR CA CL CO CR CU DM DO EC SV GD GT GY HT HN JM MX NI PA PY PE KN LC VC SR TT US UY VE"
    codes = {each.code for each in COUNTRIES}
    assert len(states.split()) == 35
    assert codes == {*states.split(), "AW"}
    for country in COUNTRIES:
        assert tuple(country.names) == LANGUAGES
        assert country.languages


def test_a_name_of_a_country_names_no_other() -> None:
    owners: dict[str, set[str]] = {}
    for country in COUNTRIES:
        for name in country.known_as:
            owners.setdefault(fold(name), set()).add(country.code)
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("co", "CO"),
        ("Colômbia", "CO"),
        ("etats-unis", "US"),
        ("EE. UU.", "US"),
        ("EE.UU.", "US"),
        ("peru", "PE"),
        ("St. Kitts and Nevis", "KN"),
        ("Atlantis", None),
    ],
)
def test_a_country_is_known_by_its_names(text: str, code: str | None) -> None:
    assert country_code(text) == code


def test_an_unknown_country_is_shown_by_its_code() -> None:
    assert country_name("XK", "es") == "XK"
    assert country_name("BR", "fr") == "Brésil"
    assert country_name("BR", "nl") == "Brazil"
    assert country_nearest("Columbia") == "CO"
    assert country_nearest("qqqq") is None
    assert country_languages("XK") == ()
    assert country_languages("CA") == ("en", "fr")
    assert only_zone("CO") == "America/Bogota"
    assert only_zone("BR") is None
    assert only_zone("XK") is None


def test_every_zone_of_a_country_is_in_the_pinned_data() -> None:
    for country in COUNTRIES:
        for zone in country.zones:
            assert time_zone(zone).key == zone


def test_zones_come_from_the_package_and_not_from_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    ZoneInfo.clear_cache()
    time_zone.cache_clear()
    assert time_zone("America/Bogota").utcoffset(None) is None
    assert "America/Buenos_Aires" in zone_names()


@pytest.mark.parametrize(
    "name", ["", "America", "America/Atlantis", "../zones", "/etc/localtime", "america/bogota", "zones"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone, match="no IANA time zone"):
        time_zone(name)


def test_a_language_s_code_or_name_names_one_language() -> None:
    owners: dict[str, set[str]] = {}
    for language in NAMED_LANGUAGES:
        for text in (language.code, *language.codes, *language.names):
            owners.setdefault(fold(text), set()).add(language.code)
            assert language_code(text.upper()) == language.code
    assert {text: codes for text, codes in owners.items() if len(codes) > 1} == {}


def test_every_language_of_a_country_has_a_name() -> None:
    working = {code for country in COUNTRIES for code in country_languages(country.code)}
    assert working <= {each.code for each in NAMED_LANGUAGES}
