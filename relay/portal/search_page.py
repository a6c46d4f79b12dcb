"""What stands on the portal's pages, from what was asked and what is found; nothing here knows HTTP."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from directory.countries import country_name, country_nearest
from directory.entry import Entry
from directory.exchange.csv_cells import tidy
from directory.exchange.sheet_words import WORDS as LABELS
from directory.exchange.sheet_words import language_in
from directory.finding.asking import MOST_WORDS
from directory.finding.search import Found, Query, QueryError
from directory.functions import function_label, function_nearest
from directory.languages import base_code, language_nearest
from directory.pages.cards import Show, card, choices, whole
from directory.pages.words import WORDS
from relay.portal.look_up import LookUps, Offered
from relay.portal.paths import FIND, MOST_TEXT, query_text
from relay.portal.store import PortalAccount

FEW, MANY = 20, 100
"""Results shown at first, and at most."""
_FILTERS = ("country", "function", "language", "circle")


async def search_page(
    looked: LookUps, member: str, asked: Mapping[str, str], language: str, now: int
) -> dict[str, Any]:
    """The search and its results, for `find.html`."""
    words = WORDS[language]
    # A link may hold what nobody sees, and it would stand on the page as asked for by its reader.
    given = {name: " ".join(tidy(text[:MOST_TEXT]).split()) for name, text in asked.items()}
    offered = await looked.offered(member)
    options = {
        "country": choices({code: country_name(code, language) for code in offered.countries}),
        "function": choices({code: function_label(code, language) for code in offered.functions}),
        "language": choices({code: language_in(code, language) for code in offered.languages}),
        "circle": choices(_called(offered.circles, language)),
    }
    query = Query(
        text=given.get("q", ""),
        country=given.get("country", ""),
        function=given.get("function", ""),
        language=given.get("language", ""),
        circle=given.get("circle", ""),
        now=bool(given.get("now")),
        here=looked.country(member),
    )
    searched = query != Query(here=query.here) or "q" in given
    many = given.get("most") == str(MANY)
    here = {name: given.get(name, "") for name in ("q", *_FILTERS, "now")}
    about: dict[str, Any] = {
        "labels": LABELS[language],
        "query": query,
        "searched": searched,
        "ends_soon": "",
        "empty": not offered.countries,
        "asked": _told(query, language, offered),
        "filters": [(name, words[name], given.get(name, ""), options[name]) for name in _FILTERS if options[name]],
        "cards": [],
        "suggestions": [],
        "count": "",
        "total": 0,
        "not_all": False,
        "left_out": "",
        "nobody_in": "",
        "more": "",
        "more_count": MANY,
        "contact_href": partial(contact_href, here),
    }
    if not searched:
        return about
    try:
        found = await looked.find(query, member, MANY if many else FEW)
    except QueryError:  # a choice that is none of the form's, or a text without a letter
        found = Found(0, ())
    show = await _shower(looked, member, [each.entry for each in found.results])
    about["total"] = found.total
    about["count"] = words["found_one"] if found.total == 1 else words["found"].format(total=f"{found.total:,}")
    # In a thread: a hundred cards take a tenth of a second, and others go on meanwhile.
    about["cards"] = await asyncio.to_thread(
        lambda: [
            (card(each, show, language, now, query.here), contact_href(here, each.entry.id)) for each in found.results
        ]
    )
    about["left_out"] = words["left_out"].format(most=MOST_WORDS) if found.left_out else ""
    about["nobody_in"] = ", ".join(country_name(each, language) for each in found.nobody_in)
    about["not_all"] = any("some-words-not-found" in each.why for each in found.results)
    if found.total > len(found.results) and not many:
        about["more_count"] = min(MANY, found.total)
        about["more"] = FIND + query_text(here | {"most": str(MANY)})
    if not found.total:
        about["suggestions"] = await _suggestions(looked, member, query, here, language, offered)
    return about


async def contact_page(
    looked: LookUps, member: str, contact: str, asked: Mapping[str, str], language: str, now: int
) -> dict[str, Any] | None:
    """A contact's page, for `contact.html`; None where there is no such contact."""
    found = await looked.show(contact, member)
    if found is None:
        return None
    entry, replied = found
    show = await _shower(looked, member, [entry])
    circles = _called(await looked.circles(member), language)
    made = whole(entry, replied, show, language, now, looked.country(member), circles)
    here = {name: tidy(text[:MOST_TEXT]) for name, text in asked.items()}
    return {
        "card": made.card,
        "rows": made.rows,
        "labels": LABELS[language],
        "back": FIND + query_text(here),
        "contact_href": partial(contact_href, here),
    }


def account_page(account: PortalAccount, sessions: int, language: str) -> dict[str, Any]:
    """The page about an officer's own access, for `account.html`."""
    words = WORDS[language]
    rows = [
        (words["name"], account.name),
        (words["before"], moment(account.before_at) if account.before_at else words["never"]),
        (words["failures"], str(account.failed)),
        (words["sessions"], str(sessions)),
        (words["ends"], moment(account.ends)),
    ]
    return {"rows": rows}


def contact_href(asked: Mapping[str, str], contact: str) -> str:
    """The address of a contact's page, from which the search at hand is found again."""
    return f"/portal/contact/{contact}{query_text(dict(asked))}"


def moment(seconds: int) -> str:
    """A moment for people, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


async def _shower(looked: LookUps, member: str, shown: Iterable[Entry]) -> Show:
    """What finds those who are next for the entries shown."""
    wanted = tuple({each for entry in shown for each in entry.contact.escalation})
    return (await looked.named(wanted, member)).get


async def _count(looked: LookUps, query: Query, member: str) -> int | None:
    """How many fit; None where it cannot be asked so."""
    try:
        return (await looked.find(query, member, 1)).total
    except QueryError:
        return None


async def _suggestions(
    looked: LookUps, member: str, query: Query, here: dict[str, str], language: str, offered: Offered
) -> list[tuple[str, str]]:
    """Other questions that find somebody: a country, function or language spelled nearly so, or one thing less."""
    words, found = WORDS[language], list[tuple[str, str]]()
    meant = {
        "country": country_nearest(query.text),
        "function": function_nearest(query.text),
        "language": base_code(near) if (near := language_nearest(query.text)) else None,
    }
    for name, code in meant.items():
        if query.text and code and not getattr(query, name):
            other = _with(replace(query, text=""), name, code)
            if total := await _count(looked, other, member):
                text = words["meant"].format(what=_label(name, code, language, offered), total=total)
                found.append((text, FIND + query_text(here | {"q": "", name: code})))
    for name in ("text", *_FILTERS):
        value = getattr(query, name)
        if not value:
            continue
        other = _with(query, name, "")
        total = await _count(looked, other, member)
        if total and other != Query(now=query.now, here=query.here):
            text = words["without"].format(what=_label(name, value, language, offered), total=total)
            found.append((text, FIND + query_text(here | {"q" if name == "text" else name: ""})))
    return found


def _with(query: Query, name: str, value: str) -> Query:
    """The question with another text, country, function, language or circle."""
    return Query(**{field: getattr(query, field) for field in query.__dataclass_fields__} | {name: value})


def _told(query: Query, language: str, offered: Offered) -> str:
    """What was asked, in words: for the title of the page, and on paper."""
    words = WORDS[language]
    parts = [
        query.text,
        *(_label(name, getattr(query, name), language, offered) for name in _FILTERS),
    ]
    return " · ".join(each for each in (*parts, words["now"] if query.now else "") if each)


def _label(name: str, code: str, language: str, offered: Offered) -> str:
    match name:
        case "country":
            return country_name(code, language) if code else ""
        case "function":
            return function_label(code, language) if code else ""
        case "language":
            return language_in(code, language) if code else ""
        case "circle":
            return _called(offered.circles, language).get(code, code)
    return code


def _called(circles: Mapping[str, Mapping[str, str]], language: str) -> dict[str, str]:
    """What to call each circle: its name in the language, else in any, else its id."""
    return {
        each: tidy(names.get(language) or next(iter(names.values()), "")) or each for each, names in circles.items()
    }
