"""An entry as a card in a list, and as a page of its own: what stands there, for the templates. Pure.

1. The relay shows it, so nothing here says verified; how far the authority confirmed it stands in words.
2. A card has what a call at night needs: whether somebody answers, the time there, numbers, languages, how fresh, and
   who is next. What it has no room for, it counts. A fax is no number to call, and stands small.
3. What warns stands before what is to be relied on: keys that ran out, letters that only look like ours, in any name
   that stands there, in e-mail addresses and in the website.
4. Times are those of the clock over there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from directory.countries import country_languages, country_name
from directory.entry import Entry
from directory.exchange.contact_rows import Row, contact_rows, named, number_rows, reliance
from directory.exchange.csv_cells import tidy
from directory.exchange.sheet_words import WORDS as LABELS
from directory.exchange.sheet_words import day_in, language_in
from directory.finding.answering import Answer, contact_zone, local_time
from directory.finding.mixed_letters import mixed_word, strange_letters
from directory.finding.numbering import dialled_from, spaced
from directory.finding.search import Result
from directory.functions import function_label
from directory.pages.words import WORDS

MOST_NUMBERS = 3
_SOON = 20 * 3600  # seconds within which a time needs no day
_STATES = {True: "open", False: "closed", None: "unknown"}
Show = Callable[[str], Entry | None]


@dataclass(frozen=True, slots=True)
class Named:
    """A contact by id, its name, and the language of the name."""

    id: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a card. `state`: open, closed or unknown; `languages` as words; `notes` about the match;
    `warnings` are read before anything is relied on."""

    about: Named
    where: str
    state: str
    answers: str
    local: str
    numbers: tuple[Row, ...]
    numbers_more: int
    languages: str
    grade: str
    reliance: str
    following: tuple[Named, ...]
    absent: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    only_by_phone: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """What stands on a contact's own page: the card's head, and every row there is."""

    card: Card
    rows: tuple[Row, ...]


def card(result: Result, show: Show, language: str, now: int, here: str = "") -> Card:
    """The card of a result; `show` finds who is next, `here` is the code of the country somebody dials from."""
    words = WORDS[language]
    notes = [words["nearly"]] if "spelled-nearly-so" in result.why else []
    return _card(
        result.entry, result.answer, show, language, now, tuple(notes), here, assumed="language-assumed" in result.why
    )


def whole(
    entry: Entry,
    replied: Answer,
    show: Show,
    language: str,
    now: int,
    here: str = "",
    circles: Mapping[str, str] = MappingProxyType({}),
) -> Whole:
    """The page of an entry, for somebody in the country `here`; `circles` are what circles are called."""
    head = _card(entry, replied, show, language, now, (), here, assumed=False)
    names = {each.id: each.name for each in head.following}
    labels = LABELS[language]
    told = {
        labels["function"],
        labels["standing"],
        labels["next"],
        "",
    }  # by the head, in more words; and what has no label, too
    rows = [row for row in contact_rows(entry, language, names) if row["label"] not in told]
    dialled = [_in_words(_dialled(row, language, here), entry, language, circles) for row in rows]
    return Whole(head, tuple(sorted(dialled, key=lambda row: row["kind"] == "text")))


def _card(
    entry: Entry,
    replied: Answer,
    show: Show,
    language: str,
    now: int,
    notes: tuple[str, ...],
    here: str,
    *,
    assumed: bool,
) -> Card:
    words, body = WORDS[language], entry.body
    numbers = tuple(number_rows(body, language)) if body else ()
    if body is not None and not numbers:
        numbers = tuple(row for row in contact_rows(entry, language, {}) if row["label"] == LABELS[language]["email"])
    following = tuple(_next(each, show, language) for each in entry.contact.escalation)
    languages = [language_in(each, language) for each in entry.languages]
    if not languages and assumed:
        languages = [language_in(each, language) for each in country_languages(entry.contact.country)]
        languages[-1:] = [f"{each} ({words['assumed']})" for each in languages[-1:]]
    return Card(
        about=_named(entry, language),
        where=f"{country_name(entry.contact.country, language)} · {function_label(entry.contact.function, language)}",
        state=_STATES[replied.open],
        answers=answers(entry, replied, language, now),
        local=_clock(replied.local, language) if replied.local else "",
        numbers=tuple(_dialled(row, language, here) for row in numbers[:MOST_NUMBERS]),
        numbers_more=max(0, len(numbers) - MOST_NUMBERS),
        languages=", ".join(languages),
        grade=entry.grade,
        reliance=reliance(entry, language),
        following=following,
        absent=words[f"absent_{entry.absence}"] if entry.absence else "",
        notes=notes,
        warnings=(*_cut_off(entry, language), *_mixed(entry, following, language)),
        only_by_phone=entry.reach == "telephone and e-mail only",
    )


def _cut_off(entry: Entry, language: str) -> tuple[str, ...]:
    return (WORDS[language]["cannot_receive"],) if entry.reach == "cannot receive" else ()


def _mixed(entry: Entry, following: Sequence[Named], language: str) -> tuple[str, ...]:
    """A warning of each text with a word made of several alphabets' letters (rule 3)."""
    body = entry.body
    texts = [entry.name(language), *(each.name for each in following)]
    texts += [*body.emails, body.website] if body is not None else []
    found = dict.fromkeys(word for each in texts if (word := mixed_word(tidy(each))))
    return tuple(WORDS[language]["mixed"].format(word=word[:40], letters=strange_letters(word)[:60]) for word in found)


def _in_words(row: Row, entry: Entry, language: str, circles: Mapping[str, str]) -> Row:
    """A row with circles by name; and of a text in another language, which that is."""
    if row["label"] == LABELS[language]["circles"]:
        return row | {"text": ", ".join(circles.get(each, each) for each in entry.contact.circles)}
    if row["language"] and row["language"] != language:
        return row | {"label": f"{row['label']} ({language_in(row['language'], language)})"}
    return row


def _dialled(row: Row, language: str, here: str) -> Row:
    """A row of a number in the groups it is read in, and how to dial it from here."""
    if row["kind"] == "text":
        return row | {"dial": ""}
    dialled = dialled_from(row["text"], here) if row["kind"] == "number" else ""
    words = WORDS[language]["dial"].format(dialled=dialled) if dialled else ""
    return row | {"text": spaced(row["text"]), "dial": words}


def answers(entry: Entry, replied: Answer, language: str, now: int) -> str:
    """Whether somebody answers, and until when that holds."""
    words = WORDS[language]
    if replied.open is None:
        return words["unknown"]
    told = words["open"] if replied.open else words["closed_now"]
    if replied.changes_at is None:
        return told
    local = local_time(contact_zone(entry.body) if entry.body else None, replied.changes_at)
    if local is None:
        return told
    then = f"{local:%H:%M}" if replied.changes_at - now < _SOON else _clock(local, language)
    if replied.changes_at - now > 6 * 86_400:
        then = f"{local:%Y-%m-%d %H:%M}"
    return f"{told} · {words['until' if replied.open else 'opens'].format(then=then)}"


def _clock(local: datetime, language: str) -> str:
    return f"{day_in(local.weekday(), language)} {local:%H:%M}"


def _named(entry: Entry, language: str) -> Named:
    name, tag = named(entry, language)
    return Named(entry.id, tidy(name) or entry.id, tag)


def _next(contact: str, show: Show, language: str) -> Named:
    entry = show(contact)
    return _named(entry, language) if entry is not None else Named(contact, contact, "")


def choices(entries: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Codes and labels of a filter, in order of the labels."""
    return tuple(sorted(entries.items(), key=lambda each: each[1].casefold()))
