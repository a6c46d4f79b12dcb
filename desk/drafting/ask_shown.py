"""What an officer sees of a field while filling it in: label, help, what stands there, what may be typed. Pure.

1. Everything fits the width; what others wrote (a recipient's requirements, what was filled in) is made harmless.
2. What is asked for is named with who asks for it, and whether it stops sending.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from desk.drafting.ask_words import told
from desk.forms.catalogue import code_lists
from desk.forms.definition import CONSENT, Code, Field, Form
from desk.forms.filled import Filled
from desk.forms.missing import Gap
from desk.forms.reading import value_text
from desk.forms.words import word
from desk.safe_text import block, line

_ONE_LINE = 10_000  # columns
_MOST_SHOWN = 6  # lines of what stands in a field
_EXAMPLES = {
    "date": "2026-09-21",
    "moment": "2026-09-21 14:30",
    "country": "CO",
    "countries": "CO, PE",
    "languages": "es, qu",
    "telephone": "+57 601 555 0100",
    "email": "oficina@autoridad.example",
    "amount": "1250.50 USD",
    "position": "-13.53195, -71.96746",
    "contact": "co-mla",
}
_HINTS = {"lines": "several_hint", "documents": "document_hint", "born": "born_hint", "statement": "yes"}


def heading(title: str, beside: str, width: int) -> Iterator[str]:
    """A title with a line under it, and something small at the right."""
    room = max(width - len(title) - len(beside), 1)
    yield ""
    yield f"{title}{' ' * room}{beside}".rstrip() if len(title) + len(beside) < width else title
    yield "-" * min(width, max(len(title), 3))


def asked(field: Field, gaps: Iterable[Gap], language: str, width: int) -> Iterator[str]:
    """The label of a field with its mark, its help, and who asks for it."""
    label = field.label.in_(language)
    yield ""
    yield from _wrapped(f"{label} [{word('victim_data', language)}]" if field.victim_data else label, width)
    if field.help:
        yield from _wrapped(field.help.in_(language), width, "  ")
    for each in gaps:
        name = "needed" if each.stops else "advised"
        words = told(name, language, who=each.asked_by(language))
        yield from _wrapped(f"{'!' if each.stops else '-'} {words}", width, "  ")
        if each.words.in_(language) and not _plain(each, field, language):
            yield from _wrapped(each.words.in_(language), width, "    ")


def standing(field: Field, filled: Filled, language: str, width: int) -> Iterator[str]:
    """What stands in a field, cut after some lines."""
    if field.field not in filled.values:
        return
    yield f"  {told('now', language)}"
    lines = value_text(field, filled.values[field.field], language, filled.language, width - 4).split("\n")
    yield from (f"    {each}" for each in lines[:_MOST_SHOWN])
    if len(lines) > _MOST_SHOWN:
        yield "    …"


def listed(codes: Iterable[Code], language: str, width: int, given: Iterable[str] = ()) -> Iterator[str]:
    """Codes with their numbers, in two columns where they fit; a star beside those that stand in the field."""
    chosen = frozenset(given)
    labels = [f"{at:>3}{'*' if each.code in chosen else ' '} {each.in_(language)}" for at, each in enumerate(codes, 1)]
    wide = max(map(len, labels), default=0) + 2
    if len(labels) < 8 or wide * 2 > width:
        yield from (piece for label in labels for piece in _hanging(label, width))
        return
    half = (len(labels) + 1) // 2
    for at in range(half):
        second = labels[half + at] if half + at < len(labels) else ""
        yield f"{labels[at]:<{wide}}{second}".rstrip()


def hint(kind: str, language: str) -> str:
    """How a value of a kind is typed, in brackets; empty where that needs no saying."""
    if kind in _EXAMPLES:
        return f" ({_EXAMPLES[kind]})"
    return f" ({told(_HINTS[kind], language)})" if kind in _HINTS else ""


def part_label(kind: str, name: str, language: str) -> str:
    """What a part of a person or a place is called."""
    if kind == "place" and name in ("name", "detail"):
        return told("town" if name == "name" else "detail", language)
    return word(name, language)


def table_of(field: Field) -> list[Code] | None:
    """The codes of a field, in the order they are numbered; nothing for a field without."""
    name = CONSENT if field.kind == "consent" else field.list
    return list(code_lists()[name].values()) if name else None


def by_number(codes: list[Code], text: str, *, several: bool) -> str:
    """An answer that names codes by their numbers, with commas or spaces between them, as codes; empty if none does."""
    parts = re.split("[;,]", text) if several else [text]
    if several and all(each.isdigit() for each in text.split()):
        parts = text.split()
    known = {str(at): each.code for at, each in enumerate(codes, 1)}
    named = [each.strip() for each in parts if each.strip()]
    return ",".join(known.get(each, each) for each in named) if any(each in known for each in named) else ""


def given(value: Any) -> tuple[str, ...]:
    """The codes that stand in a field of one code or of several."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def called(value: Any) -> bool:
    """Whether what stands of a person has a name or a pseudonym yet."""
    return bool(value) and ("name" in value or "pseudonym" in value)


def item_line(field: Field, item: dict[str, Any], filled: Filled, width: int, language: str) -> str:
    """An item of a group in one line: its first values."""
    texts = []
    for each in field.fields:
        if each.field in item:
            found = value_text(each, item[each.field], language, filled.language, _ONE_LINE)
            texts.append(" ".join(found.split()))
    return line(" · ".join(texts), width)


def sections_line(form: Form, at: int, language: str) -> Iterator[str]:
    """The sections with their numbers; a star beside the one somebody is in."""
    for number, section in enumerate(form.sections, 1):
        yield f"{number:>3}{'*' if number == at else ' '} {section.title.in_(language)}"


def gaps_of(gaps: Iterable[Gap], name: str) -> list[Gap]:
    """The gaps about a field or what is in it, but for a language that is lacking, which is told with the text."""
    return [each for each in gaps if each.id != "recipient_language" and any(_in(path, name) for path in each.where)]


def _in(path: str, name: str) -> bool:
    return path.partition("[")[0].partition(".")[0] == name


def _plain(gap: Gap, field: Field, language: str) -> bool:
    """Whether a gap says no more than that this field is missing."""
    return gap.words.in_(language) == word("missing", language).format(label=field.label.in_(language))


def _wrapped(text: str, width: int, indent: str = "") -> Iterator[str]:
    yield from (indent + each for each in block(line(text), width - len(indent), bar="").split("\n"))


def _hanging(label: str, width: int) -> Iterator[str]:
    first, *rest = block(label, width, bar="").split("\n")
    yield first
    yield from (f"     {each}" for each in rest)
