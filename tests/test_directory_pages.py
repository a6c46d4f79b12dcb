"""The look-up pages' words and cards: four languages, whole, and nothing said that is not known."""

import re
from dataclasses import replace
from string import Formatter
from typing import get_args

import pytest
from directory_entries import DAY, NOW, OFFICE, a_body, an_entry
from hypothesis import given
from hypothesis import strategies as st

from directory.answering import Answer, answer
from directory.bodies import Hours, Phone
from directory.csv_columns import OFFICIAL
from directory.entry import Absence, Entry
from directory.pages.cards import Card, card, whole
from directory.pages.render import asset, render
from directory.pages.words import WORDS, preferred
from directory.search import Reason, Result


def shown(entry: Entry, *why: Reason, language: str = "en", now: int = NOW, others: tuple[Entry, ...] = ()) -> Card:
    replied = answer(entry.body, now) if entry.body else Answer(None)
    known = {each.id: each for each in others}
    return card(Result(entry, replied, 0, why), known.get, language, now)


def nobody(contact: str) -> Entry | None:
    return None


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", WORDS["en"])
def test_every_word_is_there_in_four_languages_with_the_same_blanks(name: str) -> None:
    texts = [WORDS[language][name] for language in OFFICIAL]
    assert all(texts)
    assert len({frozenset(names(text)) for text in texts}) == 1


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("de, es-419;q=0.7, en;q=0.3", "es"),
        ("en;q=0.1,fr;q=0.2", "fr"),
        ("fr;q=0,es;q=0.1", "es"),
        ("de,it", "en"),
        ("*", "en"),
        ("fr;q=abc", "en"),
        ("fr;q=.", "en"),
        ("fr;level=1", "en"),
        (",;,;q=1", "en"),
        ("es;q=7", "es"),
    ],
)
def test_the_language_that_a_browser_prefers(header: str, language: str) -> None:
    assert preferred(header) == language


@given(st.text("frenspt-;q=.,0159 *²", max_size=40))
def test_whatever_a_browser_says_is_one_of_the_four(header: str) -> None:
    assert preferred(header) in OFFICIAL


def test_a_card_says_who_answers_and_until_when_by_the_clock_over_there() -> None:
    open_now = a_body(hours=OFFICE, zone="America/Bogota")  # Monday 09:13 there
    made = shown(an_entry("co-a", body=open_now))
    assert (made.state, made.answers, made.local) == ("open", "Answers now · until 18:00 there", "Mon 09:13")
    later = shown(an_entry("co-a", body=open_now), now=NOW + 5 * DAY, language="es")
    assert later.answers == "Cerrado ahora · abre lun 08:00, hora de allí"
    always = shown(an_entry("co-a", body=a_body(hours=Hours(always=True))))
    assert (always.answers, always.local) == ("Answers now", "")
    assert shown(an_entry("co-a", body=a_body())).answers == "Hours not known"
    holidays = Hours(spans=OFFICE.spans, holidays=tuple(f"2026-09-{day}" for day in range(21, 31)))
    assert (
        "opens 2026-10-01 08:00" in shown(an_entry("co-a", body=a_body(hours=holidays, zone="America/Bogota"))).answers
    )


def test_a_card_counts_what_it_has_no_room_for_and_shows_mail_where_there_is_no_number() -> None:
    phones = tuple(Phone(number=f"+1202555011{each}", use="fax" if each < 3 else "always") for each in range(5))
    made = shown(an_entry("co-a", body=a_body(phones=phones)))
    assert [row["text"] for row in made.numbers] == ["+1 202-555-0113", "+1 202-555-0114", "+1 202-555-0110"]
    assert made.numbers_more == 2
    mail = shown(an_entry("co-a", body=a_body(emails=("desk@mail.example",))))
    assert [row["link"] for row in mail.numbers] == ["mailto:desk@mail.example"]
    assert shown(an_entry("co-a", body=a_body())).numbers == ()


def test_a_card_says_how_far_to_rely_on_it_and_who_is_next() -> None:
    stale = an_entry(
        "co-a", grade="stale", since=NOW - 160 * DAY, reach="telephone and e-mail only", escalation=("co-b", "co-c")
    )
    made = shown(stale, others=(an_entry("co-b", body=a_body("Juzgado")),))
    assert made.reliance.startswith("STALE: confirmed on 2026-04-")
    assert made.only_by_phone
    assert [(each.id, each.name, each.language) for each in made.following] == [
        ("co-b", "Juzgado", "es"), ("co-c", "co-c", ""),
    ]  # fmt: skip
    assert "compiled, not confirmed" in shown(an_entry("co-a", standing="provisional")).reliance


def test_languages_that_are_assumed_and_spelling_that_is_near_are_told() -> None:
    made = shown(an_entry("co-a", body=a_body()), "language-assumed", "spelled-nearly-so")
    assert made.languages == "Spanish (assumed, from the country)"
    assert made.notes == ("spelled nearly so",)
    assert shown(an_entry("co-a", body=a_body())).languages == ""


def test_a_page_has_numbers_first_and_says_nothing_twice() -> None:
    body = a_body(phones=(Phone(number="+12025550110", use="always"),), city="Bogotá", languages=("es",))
    entry = an_entry("co-a", body=body, escalation=("co-b",))
    made = whole(entry, Answer(None), nobody, "en", NOW)
    assert [row["label"] for row in made.rows] == ["Telephone, day and night", "Languages", "Address"]


@pytest.mark.parametrize("absence", get_args(Absence))
def test_details_that_are_not_there_are_told_with_the_reason(absence: Absence) -> None:
    entry = replace(an_entry("co-a"), body=None, absence=absence)
    made = whole(entry, Answer(None), nobody, "fr", NOW)
    assert made.card.absent == WORDS["fr"][f"absent_{absence}"]
    assert made.rows == ()


def test_templates_escape_and_miss_nothing() -> None:
    around = {"network": "<n>", "here": "", "logged_in": False, "form": "", "switch": [], "old": False, "as_of": "",
              "printed": ""}  # fmt: skip
    page = render("message.html", "en", around | {"heading": "<h>", "said": "\"&'", "back": "/portal/"})
    assert "&lt;h&gt; – &lt;n&gt;" in page
    assert "&#34;&amp;&#39;" in page
    with pytest.raises(Exception, match="undefined"):
        render("message.html", "en", around)


def test_styles_and_icon_load_nothing_from_anywhere() -> None:
    for name in ("portal.css", "icon.svg"):
        text = asset(name).decode()
        assert not re.search(r"url\(|@import|<script|href=", text)
