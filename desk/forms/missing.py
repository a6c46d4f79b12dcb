"""The completeness gate: what a filled form lacks, which article asks for it, and whether it may be sent without. Pure.

1. A form's requirements come from its file, with the instrument and article that ask for each; one without an article
   is a rule of this program. Conditions are looked at in what is filled in, and nothing is assumed from what is not.
2. The recipient's own requirements, as its contact states them in the directory, are a second source. They stop nothing
   but this: a request without urgency in a language that the recipient does not take (UNTOC art. 18(14)).
3. **Nothing that stops is passed over in silence.** An authority may ease a requirement (`eased`) that rests only on
   articles marked *verify*; it then warns. What was read in an instrument, what is a rule of ours, and what protects a
   victim cannot be eased.
4. What contradicts itself is missing something: a victim of 17 is no adult, whatever the group of age says.
5. What contradicts the day on which it is written: `desk.forms.calendar`.
6. A gate says what is missing, not whether what is there is true or enough: that is the officer's.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from desk.forms.catalogue import code_lists, forms
from desk.forms.definition import Article, Condition, Field, Form, Requirement, Words
from desk.forms.filled import Filled
from desk.forms.words import WORDS, joined, quoted, word
from desk.safe_text import line
from directory.bodies import Requirements
from directory.canonical import Malformed
from directory.exchange.sheet_words import language_in
from directory.four_languages import OFFICIAL
from directory.languages import base_code

_ACCEPTABLE_LANGUAGE = Article(instrument="untoc", article="18(14)")
_OWN_CHANNEL = "enlace"
_MOST_QUOTED = 200
_OF_AGE = 18
IDENTIFYING = ("name", "also", "born", "documents")


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing: where (`legs[2].departure`, counted from 0), in which words, who asks, and whether it stops."""

    id: str
    where: tuple[str, ...]
    words: Words
    articles: tuple[Article, ...]
    stops: bool
    source: Literal["form", "recipient"]

    def told(self, language: str) -> str:
        """The gap in a language, with who asks for it."""
        return f"{self.words.in_(language)} ({self.asked_by(language)})"

    def asked_by(self, language: str) -> str:
        """The articles that ask for it, marked where they are to be verified; or whose rule it is."""
        cited = [cite(each, language) for each in self.articles]
        if self.source == "recipient":
            cited.insert(0, word("asked_by", language))
        return joined(cited, language) or word("own_rule", language)


def cite(article: Article, language: str) -> str:
    """An article as one cites it in a language, with its mark if it is to be verified."""
    known = code_lists()["instruments"].get(article.instrument)
    name = known.in_(language) if known else article.instrument
    text = word("article", language).format(instrument=name, article=article.article)
    return f"{text} [{word('verify', language)}]" if article.verify else text


def missing(
    form: Form, filled: Filled, requirements: Requirements | None = None, eased: Collection[str] = ()
) -> tuple[Gap, ...]:
    """Everything that a filled form lacks, in the form's order, then what its recipient asks for besides.

    `eased` names requirements as `form-name.requirement`. Raises Malformed for one that cannot be eased (rule 3), and
    for another form than the one that was filled in.
    """
    if form.form != filled.form:
        raise Malformed(f"{filled.form} was filled in, not {form.form}")
    check_eased(eased)
    found = [gap for each in form.requires for gap in _gaps(form, filled, each, f"{form.name}.{each.id}" in eased)]
    found += named_victims(form, filled)
    found += _younger(form, filled)
    if requirements is not None:
        found += _unmet(form, filled, requirements)
    return tuple(found)


def check_eased(eased: Collection[str]) -> None:
    """Return if each names a requirement that may be eased (rule 3); raise Malformed for one that may not."""
    if not eased:
        return
    known = {f"{form.name}.{each.id}": (form, each) for form in forms().values() for each in form.requires}
    for name in eased:
        if name not in known:
            raise Malformed(f"no form has the requirement {name!r}")
        form, need = known[name]
        if any(each.kind == "victim" for each in form.fields):
            raise Malformed(f"{name} protects a victim; it cannot be eased")
        if not need.articles or not all(each.verify for each in need.articles):
            raise Malformed(f"{name} rests on an article that was read, or on a rule of Enlace; it cannot be eased")


def _gaps(form: Form, filled: Filled, need: Requirement, eased: bool) -> Iterator[Gap]:
    if not all(_holds(each, filled) for each in need.when) or (need.unless and _holds(need.unless, filled)):
        return
    stops = need.stops and not eased
    if "." in need.fields[0]:
        yield from _gaps_in_items(form, filled, need, stops)
    elif not any(_answers(need, filled.values.get(each)) for each in need.fields):
        words = need.words or _missing_words(form, need.fields[0])
        yield Gap(need.id, need.fields, words, need.articles, stops, "form")


def _gaps_in_items(form: Form, filled: Filled, need: Requirement, stops: bool) -> Iterator[Gap]:
    group, _, name = need.fields[0].partition(".")
    for at, item in enumerate(filled.values.get(group, ())):
        if name not in item:
            words = need.words or _missing_words(form, need.fields[0], at + 1)
            yield Gap(need.id, (f"{group}[{at}].{name}",), words, need.articles, stops, "form")


def _answers(need: Requirement, value: Any) -> bool:
    if value is None or not need.values:
        return value is not None
    return any(each in need.values for each in _codes(value))


def _holds(condition: Condition, filled: Filled) -> bool:
    value = filled.values.get(condition.field)
    if value is None or not condition.values:
        return value is not None
    among = [each in condition.values for each in _codes(value)]
    return all(among) if condition.only else any(among)


def _codes(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _missing_words(form: Form, path: str, at: int = 0) -> Words:
    field, group = form.the(path), form.the(path.partition(".")[0])  # `check_form` holds that both are there
    name = "missing_in" if at else "missing"
    return in_words(
        name, lambda language: {"label": field.label.in_(language), "group": group.label.in_(language), "at": at}
    )


def named_victims(form: Form, filled: Filled) -> Iterator[Gap]:
    """A warning for each person in the role of a victim that more is told of than a pseudonym."""
    for group in form.fields:
        for at, item in enumerate(filled.values.get(group.field, ()) if group.kind == "group" else ()):
            if item.get("role") == "victim" and any(each in item.get("person", {}) for each in IDENTIFYING):
                words = in_words(
                    "victim_named",
                    lambda language, group=group, at=at: {"group": group.label.in_(language), "at": at + 1},
                )
                yield Gap("victim_named", (f"{group.field}[{at}].person",), words, (), False, "form")

    for field in form.fields:
        if field.victim_data and field.kind == "person" and field.field in filled.values:
            words = in_words("identity_given", lambda language, field=field: {"label": field.label.in_(language)})
            yield Gap("identity_given", (field.field,), words, (), False, "form")


def _younger(form: Form, filled: Filled) -> Iterator[Gap]:
    """Where an age and the group of age contradict each other, whatever a guardian is asked for by would be evaded."""
    for field in form.fields:
        age = filled.values.get(field.field, {}).get("age") if field.kind == "victim" else None
        if age is not None and age < _OF_AGE and filled.values.get("age_group") == "adult":
            words = in_words("under_age", lambda language, age=age: {"age": age})
            yield Gap("under_age", (field.field, "age_group"), words, (), True, "form")


def _unmet(form: Form, filled: Filled, needs: Requirements) -> Iterator[Gap]:
    """What the recipient asks for and does not get (rule 2)."""
    if needs.languages:
        yield from _other_language(form, filled, needs.languages)
    law = form.field("law")
    if needs.dual_criminality and law is not None and "law" not in filled.values:
        words = in_words("wants_dual", lambda language: {"label": law.label.in_(language)})
        yield Gap("recipient_dual_criminality", ("law",), words, (), False, "recipient")
    if needs.form and needs.form != form.name:
        yield _quoted("wants_form", "recipient_form", needs.form)
    if needs.channel and needs.channel.strip().casefold() != _OWN_CHANNEL and "also_sent" not in filled.values:
        yield _quoted("wants_channel", "recipient_channel", needs.channel)


def _other_language(form: Form, filled: Filled, wanted: tuple[str, ...]) -> Iterator[Gap]:
    taken = {base_code(each) for each in wanted}
    lacking = [
        (path, field)
        for path, field, value in texts(form, filled)
        if taken.isdisjoint(base_code(each) for each in value)
    ]
    if not lacking:
        return
    labels = dict.fromkeys(field.label for _, field in lacking)
    words = in_words(
        "wants_language",
        lambda language: {
            "languages": _languages(wanted, language),
            "labels": ", ".join(quoted(each.in_(language), language) for each in labels),
        },
    )
    stops = form.field("urgency") is not None and "urgency" not in filled.values
    where = tuple(path for path, _ in lacking)
    yield Gap("recipient_language", where, words, (_ACCEPTABLE_LANGUAGE,), stops, "recipient")


def texts(form: Form, filled: Filled) -> Iterator[tuple[str, Field, dict[str, str]]]:
    """Every free text of a filled form: path, field and its versions by language."""
    for field in form.fields:
        value = filled.values.get(field.field)
        if value is not None and field.kind == "text":
            yield field.field, field, value
        elif value is not None and field.kind == "group":
            for at, item in enumerate(value):
                for inner in field.fields:
                    if inner.kind == "text" and inner.field in item:
                        yield f"{field.field}[{at}].{inner.field}", inner, item[inner.field]


def recipient_asks(needs: Requirements, language: str) -> tuple[str, ...]:
    """What a recipient asks of every request, in a language, to be shown while one is written; met or not."""
    told = []
    if needs.languages:
        told.append(word("asks_language", language).format(languages=_languages(needs.languages, language)))
    if needs.form:
        told.append(word("wants_form", language).format(text=line(needs.form, _MOST_QUOTED)))
    if needs.dual_criminality:
        told.append(word("asks_dual", language))
    if needs.channel:
        told.append(word("wants_channel", language).format(text=line(needs.channel, _MOST_QUOTED)))
    return tuple(told)


def _languages(codes: tuple[str, ...], language: str) -> str:
    return ", ".join(language_in(each, language) for each in codes)


def _quoted(name: str, id_: str, text: str) -> Gap:
    """A gap that quotes what the recipient wrote: on one line, made harmless, and cut."""
    words = in_words(name, lambda language: {"text": line(text, _MOST_QUOTED)})
    return Gap(id_, (), words, (), False, "recipient")


def in_words(name: str, parts: Any) -> Words:
    """A fixed sentence in the four languages, with what `parts` says for each put in."""
    return Words(**{language: WORDS[language][name].format(**parts(language)) for language in OFFICIAL})
