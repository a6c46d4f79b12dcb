"""docs/forms-reference.md, made from the forms themselves.

PYTHONPATH=.:tests python tests/forms_page.py > docs/forms-reference.md
"""

import sys
from collections.abc import Iterator

from desk.forms.catalogue import code_lists, forms
from desk.forms.definition import Condition, Field, Form, Requirement, Words
from desk.forms.filled import Filled
from desk.forms.htcds import htcds_table
from desk.forms.missing import Gap, missing
from desk.forms.words import WORDS
from directory.four_languages import OFFICIAL

BESIDES = (
    ("victim_named", "rule of Enlace", "warns"),
    ("identity_given", "rule of Enlace", "warns"),
    ("under_age", "rule of Enlace", "stops"),
    ("to_come", "rule of Enlace", "stops for the date of a consent; else warns"),
    ("is_over", "rule of Enlace", "stops for the day until which data are kept; else warns"),
    ("wants_language", "required by the recipient; UNTOC, art. 18(14)", "stops, unless it is urgent"),
    ("wants_dual", "required by the recipient", "warns"),
    ("wants_form", "required by the recipient", "warns"),
    ("wants_channel", "required by the recipient", "warns"),
)

_HEAD = """# Forms: every field, requirement and code

Made from the forms by `tests/forms_page.py`; a test holds this page to them. What it all means: [forms](forms.md).
Words stand in the order Spanish, English, Portuguese, French. *Verify* marks an article that was not read in the
instrument itself.
"""


def page() -> Iterator[str]:
    """The page, line by line."""
    yield _HEAD
    for form in forms().values():
        yield from _form(form)
    yield from _besides()
    yield from _codes()
    yield from _htcds()


def _form(form: Form) -> Iterator[str]:
    yield f"## {form.form}\n"
    yield f"{_words(form.title)}\n"
    yield "| field | kind | label |\n|---|---|---|"
    for section in form.sections:
        yield f"| | | **{_words(section.title)}** |"
        for field in section.fields:
            yield _field(field, "")
            for inner in field.fields:
                yield _field(inner, f"{field.field}.")
    yield "\n| missing | told | asked by | |\n|---|---|---|---|"
    for need in form.requires:
        yield _requirement(form, need)
    yield ""


def _field(field: Field, within: str) -> str:
    kind: str = field.kind
    if field.list:
        kind += f" of `{field.list}`"
    if field.kind in ("text", "reference"):
        kind += f", at most {field.most:,} characters"
    elif field.kind == "group":
        kind += f", at most {field.most}"
    elif field.kind == "number":
        kind += f" from {field.least} to {field.most:,}"
    if field.victim_data:
        kind += "; victim data"
    return f"| `{within}{field.field}` | {kind} | {_words(field.label)} |"


def _requirement(form: Form, need: Requirement) -> str:
    gap = _gap(form, need)
    asked = gap.asked_by("en") + "".join(f"; {each}" for each in _conditions(need))
    words = "<br>".join(gap.words.in_(language) for language in OFFICIAL)
    fields = ", ".join(f"`{each}`" for each in need.fields)
    return f"| {fields} | {words} | {asked} | {'stops' if need.stops else 'warns'} |"


def _gap(form: Form, need: Requirement) -> Gap:
    """The gap that a requirement tells of, in a form that lacks everything but what makes it ask."""
    group, _, inner = need.fields[0].partition(".")
    values = {group: ({"note" if inner != "note" else "role": "x"},)} if inner else {}
    bare = Form(form=form.form, title=form.title, about=form.about, sections=form.sections, requires=(_always(need),))
    (gap,) = missing(bare, Filled(form=form.form, language="es", values=values))
    return gap


def _always(need: Requirement) -> Requirement:
    return Requirement(
        id=need.id, fields=need.fields, values=need.values, stops=need.stops, articles=need.articles, words=need.words
    )


def _conditions(need: Requirement) -> Iterator[str]:
    for each in need.when:
        yield f"when {_condition(each)}"
    if need.unless:
        yield f"unless {_condition(need.unless)}"


def _condition(condition: Condition) -> str:
    only = "only " if condition.only else ""
    return f"`{condition.field}`" + (
        f" is {only}{' or '.join(condition.values)}" if condition.values else " is filled in"
    )


def _besides() -> Iterator[str]:
    yield "## What the gate says besides\n"
    yield "Of persons in any form, and of what a recipient requires; in braces, what form or contact says.\n"
    yield "| told | asked by | |\n|---|---|---|"
    for name, asked, stops in BESIDES:
        words = "<br>".join(WORDS[language][name] for language in OFFICIAL)
        yield f"| {words} | {asked} | {stops} |"
    yield ""


def _codes() -> Iterator[str]:
    yield "## Codes\n"
    for name, codes in code_lists().items():
        yield f"### {name}\n\n| code | called |\n|---|---|"
        for each in codes.values():
            full = f"<br>{_words(each.full)}" if each.full else ""
            yield f"| `{each.code}` | {_words(each)}{full} |"
        yield ""


def _htcds() -> Iterator[str]:
    table = htcds_table()
    yield f"## {table.standard}\n"
    yield f"The fields of `{table.form}` in its terms; not independently validated.\n"
    yield "| field | name | values | |\n|---|---|---|---|"
    for row in table.rows:
        values = ", ".join(f"`{ours}` {theirs}" for ours, theirs in row.values.items())
        yield f"| `{row.field}` | {row.name} | {values} | {'verify' if row.verify else ''} |"


def _words(words: Words) -> str:
    return " · ".join(words.in_(language) for language in OFFICIAL)


if __name__ == "__main__":
    sys.stdout.write("\n".join(page()) + "\n")
