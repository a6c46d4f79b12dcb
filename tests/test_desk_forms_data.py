"""The forms and lists of codes themselves: complete in four languages, fitting together, and what they were."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import get_args

import forms_frozen
import msgspec
import pytest

from desk.forms.catalogue import code_label, code_lists, form_of, forms, latest
from desk.forms.definition import CONSENT, Form, Words, check_form
from desk.forms.htcds import htcds_table
from desk.forms.values import PART_LISTS, Consent
from desk.forms.words import WORDS, word
from directory.canonical import Malformed, decode_lenient
from directory.four_languages import OFFICIAL
from directory.functions import BY_CODE

NAMES = {
    "mutual-legal-assistance", "urgent-preservation", "provisional-arrest", "extradition", "victim-referral",
    "operational-alert", "spontaneous-information", "joint-investigation", "information-on-law", "general-message",
}  # fmt: skip
# Words that are the same in English and in another language, and right in both.
ALIKE = {
    "es": {"Montevideo 1933", "No", "Taxi", "Visa", "original", "{instrument}, art. {article}"},
    "pt": {"E-mail", "original", "{instrument}, art. {article}"},
    "fr": {
        "Conditions", "Corruption", "Destination", "Document", "Expert", "Exploitation", "Extradition",
        "Information", "Message", "Montevideo 1933", "Question", "Questions", "Servitude", "Source", "Taxi", "Train",
        "Transit", "Type", "Visa", "original", "{instrument}, art. {article}",
    },
}  # fmt: skip
# What somebody writes who has no accents on the keyboard.
BARE = {
    "es": r"cion\b|sion\b|\b(numero|pais|victima|telefono|codigo|titulo|direccion|nino|nina|dia|ano|tambien|segun)s?\b",
    "pt": r"[cs]ao\b|[cs]oes\b|\b(numero|pais|vitima|orgao|codigo|titulo|endereco|crianca|tambem|nao|prisao)s?\b",
    "fr": r"\b(numero|etat|delit|telephone|prevu|procedure|identite|accuse|autorite|securite|enquete|donnees)s?\b",
    "en": r"\b(organisation of|labor|color|defense|license)\b",
}
STRAIGHT = re.compile(r"['\"]")
FRENCH_SIGN = re.compile(r"[^ \u00a0\u202f][:;?!»](?!//)|«(?! )")


def of_form(form: Form) -> Iterator[tuple[str, Words]]:
    yield f"{form.form} title", form.title
    yield f"{form.form} about", form.about
    for section in form.sections:
        yield f"{form.form} section {section.section}", section.title
        for field in section.fields:
            for each in (field, *field.fields):
                yield f"{form.form} {each.field}", each.label
                if each.help:
                    yield f"{form.form} {each.field} help", each.help
    for need in form.requires:
        if need.words:
            yield f"{form.form} requirement {need.id}", need.words


def every() -> Iterator[tuple[str, Words]]:
    for form in forms().values():
        yield from of_form(form)
    for name, codes in code_lists().items():
        for code in codes.values():
            yield f"{name} {code.code}", code
            if code.full:
                yield f"{name} {code.code} full", code.full
    for name in WORDS["en"]:
        yield f"words {name}", Words(**{language: WORDS[language][name] for language in OFFICIAL})


EVERY = dict(every())


def has_letters(text: str) -> bool:
    """Whether a text is more than places and signs."""
    return any(map(str.isalpha, re.sub(r"\{\w+\}", "", text)))


def test_all_the_forms_are_there() -> None:
    assert {form.name for form in forms().values()} == NAMES
    assert len(EVERY) > 600


@pytest.mark.parametrize("language", OFFICIAL)
def test_every_word_is_there_and_is_of_its_language(language: str) -> None:
    said = {where: getattr(words, language) for where, words in EVERY.items()}
    assert [where for where, text in said.items() if not text.strip() or text != text.strip()] == []
    alike = {text for where, text in said.items() if text == EVERY[where].en and has_letters(text)}
    assert alike - ALIKE.get(language, alike) == set()
    assert [text for text in said.values() if re.search(BARE[language], text, re.IGNORECASE)] == []
    assert [text for text in said.values() if STRAIGHT.search(text)] == []
    if language == "fr":
        assert [text for text in said.values() if FRENCH_SIGN.search(text.replace("{", "").replace("}", ""))] == []


def test_no_word_that_is_alike_is_listed_in_vain() -> None:
    found = {language: {getattr(each, language) for each in EVERY.values()} for language in ALIKE}
    assert {language: words - found[language] for language, words in ALIKE.items()} == {each: set() for each in ALIKE}


def test_places_in_words_are_the_same_in_every_language() -> None:
    for where, words in EVERY.items():
        places = {language: sorted(re.findall(r"\{\w+\}", getattr(words, language))) for language in OFFICIAL}
        assert len(set(map(tuple, places.values()))) == 1, where


@pytest.mark.parametrize("language", OFFICIAL)
def test_no_two_codes_of_a_list_are_called_the_same(language: str) -> None:
    for name, codes in code_lists().items():
        labels = [each.in_(language) for each in codes.values()]
        assert len(set(labels)) == len(labels), name


def test_labels_of_a_form_differ_where_they_stand_together() -> None:
    for form in forms().values():
        for section in form.sections:
            for fields in (section.fields, *(each.fields for each in section.fields)):
                for language in OFFICIAL:
                    labels = [each.label.in_(language) for each in fields if each.kind != "code"]
                    assert len(set(labels)) == len(labels), (form.form, section.section, language)


def test_every_list_is_used_and_every_name_of_a_form_is_one() -> None:
    used = {each.list for form in forms().values() for field in form.fields for each in (field, *field.fields)}
    assert set(code_lists()) == (used - {""}) | {CONSENT, "instruments", "party-states"} | set(PART_LISTS.values())
    for form in forms().values():
        assert set(form.functions) <= set(BY_CODE)
        assert set(form.instruments) <= set(code_lists()["instruments"])
        cited = {article.instrument for need in form.requires for article in need.articles}
        assert cited <= set(code_lists()["instruments"]), form.form


def test_requirements_can_be_told_and_met() -> None:
    for form in forms().values():
        for need in form.requires:
            plain = need.fields == (need.id,) and not need.values
            assert need.words or plain, (form.form, need.id)
            conditions = [*need.when, *([need.unless] if need.unless else [])]
            asked = [(each.field, each.values) for each in conditions] + [(each, need.values) for each in need.fields]
            for path, codes in asked:
                field = form.field(path)
                assert field is not None
                known = code_lists()[CONSENT if field.kind == "consent" else field.list] if codes else {}
                assert set(codes) <= set(known), (form.form, need.id)


READ = {"untoc 18(15)(a)", "untoc 18(15)(b)", "untoc 18(15)(c)", "untoc 18(15)(d)", "untoc 18(15)(e)",
        "untoc 18(15)(f)", "untoc 18(4)", "budapest 29(2)", "montevideo-1933 10"}  # fmt: skip


def test_what_was_not_read_in_the_instrument_says_so() -> None:
    cited = {article for form in forms().values() for need in form.requires for article in need.articles}
    assert {f"{each.instrument} {each.article}" for each in cited if not each.verify} == READ
    assert all(each.verify for each in cited if each.instrument == "nassau")


def test_a_version_means_what_it_meant() -> None:
    frozen = (Path(__file__).parent / "data" / "forms-frozen.txt").read_text("utf-8").splitlines()
    present = list(forms_frozen.lines())
    assert [each for each in frozen if each not in set(present)] == [], "a released version changed: make another"
    added = [each for each in present if each not in set(frozen)]
    assert added == [], "run tests/forms_frozen.py if these belong to a new version or are new codes"


def test_victims_are_called_by_a_pseudonym_and_their_data_marked() -> None:
    referral = forms()["victim-referral/1"]
    assert {each.field for each in referral.fields if each.victim_data} == {
        "identity",
        "guardian",
        "safe_contact",
        "medical",
    }
    assert referral.field("victim") is not None
    alert = forms()["operational-alert/1"]
    roles = {each.list for field in alert.fields for each in field.fields}
    assert "victim" not in {each.kind for each in alert.fields} | set(code_lists()["alert-roles"])
    assert "person-roles" not in roles


def test_a_file_is_what_its_name_says() -> None:
    raw = files("desk.forms.data").joinpath("general-message-1.json").read_bytes()
    assert decode_lenient(raw, Form) == form_of("general-message/1") == latest("general-message")
    assert latest("search-for-persons") is None
    assert code_label("crimes", "piracy", "es") is None


def text_of(form: str) -> str:
    return msgspec.json.encode(forms()[form], order="sorted").decode()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"field":"subject"', '"field":"text"', "'text' stands twice"),
        ('"id":"subject"', '"id":"text"', "'text' stands twice"),
        ('"kind":"reference"', '"kind":"code"', "names a list"),
        ('"kind":"statement"', '"kind":"statement","list":"crimes"', "names a list"),
        ('"kind":"statement"', '"kind":"code","list":"colours"', "names a list"),
        (',"most":300', "", "how much is the most"),
        ('"kind":"statement"', '"kind":"statement","most":3', "how much is the most"),
        ('"most":300', '"most":20001', "cannot be kept"),
        ('"most":300', '"least":301,"most":300', "cannot be kept"),
        ('"kind":"reference"', '"kind":"group"', "a group has fields"),
        ('"fields":["subject"]', '"fields":["theme"]', "no field is called 'theme'"),
        ('"fields":["subject"]', '"fields":["subject.x"]', "no field is called 'subject.x'"),
        ('"when":[{"field":"answer_wanted"}]', '"when":[{"field":"theme"}]', "no field is called 'theme'"),
        ('"when":[{"field":"answer_wanted"}]', '"unless":{"field":"theme"}', "no field is called 'theme'"),
    ],
)
def test_a_form_that_does_not_fit_together_is_refused(old: str, new: str, why: str) -> None:
    text = text_of("general-message/1")
    assert old in text
    with pytest.raises(Malformed, match=why):
        check_form(decode_lenient(text.replace(old, new, 1).encode(), Form), frozenset(code_lists()))


def test_a_group_in_a_group_is_refused() -> None:
    inner = '"fields":[{"field":"x","kind":"date","label":{"en":"x","es":"x","fr":"x","pt":"x"}}],"kind":"group"'
    text = text_of("operational-alert/1")
    old = '"field":"value","kind":"reference"'
    assert old in text
    with pytest.raises(Malformed, match="a group in a group"):
        check_form(
            decode_lenient(text.replace(old, f'"field":"value",{inner}').encode(), Form), frozenset(code_lists())
        )


def test_consent_is_said_in_three_ways_and_no_more() -> None:
    assert set(code_lists()[CONSENT]) == set(get_args(Consent))


def test_the_table_of_htcds_knows_every_code() -> None:
    table = htcds_table()
    for row in table.rows:
        field = forms()[table.form].field(row.field)
        assert field is not None
        assert set(row.values) == set(code_lists()[field.list] if field.list else ()), row.field


def test_a_language_that_is_none_of_the_four_is_answered_in_english() -> None:
    assert word("case", "nl") == "Case"
    assert word("case", "pt-BR") == "Caso"
    assert forms()["extradition/1"].title.in_("gn") == "Request for extradition"
