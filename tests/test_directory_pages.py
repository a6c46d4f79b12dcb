"""The look-up pages' words and cards: four languages, whole, and nothing said that is not known."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from string import Formatter
from typing import get_args
from urllib.parse import unquote

import pytest
from directory_entries import DAY, NOW, OFFICE, a_body, an_entry
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.bodies import ContactBody, Hours, Phone, Requirements
from directory.entry import Absence, Entry
from directory.exchange.csv_cells import tidy
from directory.exchange.sheet_words import WORDS as LABELS
from directory.finding.answering import Answer, answer
from directory.finding.search import Query, Reason, Result
from directory.four_languages import OFFICIAL
from directory.invisible import invisible
from directory.pages.cards import Card, card, whole
from directory.pages.render import asset, render
from directory.pages.words import WORDS, preferred


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
              "printed": "", "exercise": False}  # fmt: skip
    page = render("message.html", "en", around | {"heading": "<h>", "said": "\"&'", "back": "/portal/"})
    assert "&lt;h&gt; – &lt;n&gt;" in page
    assert "&#34;&amp;&#39;" in page
    with pytest.raises(Exception, match="undefined"):
        render("message.html", "en", around)


class Seen(HTMLParser):
    """Elements, attributes and addresses of a page, as a browser finds them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        self.text += data


PLAIN = "Mesa de guardia"
NASTY = st.sampled_from([
    '"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>", "</title><svg onload=alert(1)>", "--><!--",
    "javascript:alert(1)", "https://a.example/\"onmouseover=alert(1) x=\"", "https://bank.example@evil.example/",
    "https://bank.example\t.evil.example/", "https://bank\u00ad.example/", "{{ 7 * 7 }}{% raw %}", "\u202egnp.exe",
    "\u2066abc\u2069\u200b\u200f", "a\x00b\x1b[31m\r\nSet-Cookie: x=y",
    "&lt;b&gt;", "`${alert(1)}`", "\u043eo \u2028 \u00a0",
])  # fmt: skip
TEXTS = st.lists(st.one_of(NASTY, st.text(st.characters(codec="utf-8"), max_size=6)), min_size=1, max_size=3).map(
    "".join
)


def pages(body: ContactBody, language: str) -> tuple[str, str]:
    """A search with one result, and the contact's page."""
    entry, other = an_entry("co-a", body=body, escalation=("co-b",)), an_entry("co-b", body=body)
    around = {"network": "n.example", "here": "find", "logged_in": True, "form": "0", "switch": [], "old": "",
              "exercise": True, "strange": "", "as_of": "", "printed": "", "at": "", "labels": LABELS[language],
              "contact_href": lambda contact: f"/portal/contact/{contact}"}  # fmt: skip
    result = Result(entry, Answer(None), 0, ())
    found = {"query": Query(text=PLAIN), "searched": True, "ends_soon": "", "empty": False, "asked": "", "filters": [],
             "cards": [(card(result, {"co-b": other}.get, language, NOW), "/portal/contact/co-a")], "suggestions": [],
             "count": "1", "total": 1, "not_all": False, "left_out": "", "nobody_in": "", "more": "",
             "more_count": 1}  # fmt: skip
    made = whole(entry, Answer(None), {"co-b": other}.get, language, NOW, circles={})
    one = {"card": made.card, "rows": made.rows, "back": "/portal/"}
    return render("find.html", language, around | found), render("contact.html", language, around | one)


@cache
def usual_pages(language: str) -> tuple[str, str]:
    """The pages of a contact whose texts are plain."""
    plain = a_body(
        PLAIN, also=(PLAIN,), emails=("a@mail.example",), website="https://a.example/", address=PLAIN, city=PLAIN,
        source=PLAIN, notes={"en": PLAIN, "es": PLAIN}, requirements=Requirements(form=PLAIN, channel=PLAIN),
        phones=(Phone(number="+12025550110", use="always"),),
    )  # fmt: skip
    return pages(plain, language)


@settings(max_examples=30)
@given(st.data(), st.sampled_from(OFFICIAL))
def test_whatever_a_member_publishes_is_text_and_nothing_else(data: st.DataObject, language: str) -> None:
    """Every field that takes a text: no element, attribute or address comes of it, and nothing that nobody sees."""
    text = data.draw(TEXTS)[:120]
    mail = re.sub(r"[@\s]", "", text)[:40] or "a"
    body = a_body(
        text, also=(text,), emails=(f"{mail}@mail.example",), website=text, address=text, city=text, source=text,
        notes={"en": text, "es": text}, requirements=Requirements(form=text, channel=text),
        phones=(Phone(number="+12025550110", use="always"),),
    )  # fmt: skip
    for page, usual in zip(pages(body, language), usual_pages(language), strict=True):
        seen, usually = Seen(page), Seen(usual)
        assert seen.found <= usually.found | {"p", "p class", "bdi"}
        assert not [each for each in page if each != "\n" and invisible(each)]
        for link in seen.links:
            assert link.startswith(("#main", "/portal", "tel:+", "mailto:", "https://", "http://")), link
            if link.startswith("http"):
                assert link == tidy(text)
                assert re.fullmatch(r"https?://[^\s/?#@\\]+(?:[/?#]\S*)?", link)
            elif link.startswith("mailto:"):
                assert unquote(link.removeprefix("mailto:")) in seen.text


def test_styles_and_icon_load_nothing_from_anywhere() -> None:
    for name in ("portal.css", "icon.svg"):
        text = asset(name).decode()
        assert not re.search(r"url\(|@import|<script|href=", text)
