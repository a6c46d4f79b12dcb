"""A filled form as plain text, for a terminal or a printer: in the reader's language, in lines of a given width.

1. What others wrote reaches the text made harmless (`desk.safe_text`): no control character, no change of direction.
2. No text of others can pass for ours: a free text stands behind a bar on every line, a value of the sender's that is
   longer than its line goes on behind one, and headings are underlined, which no value is.
3. No line is wider than `width` columns, at least MOST_NARROW.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from desk.forms.cover import Cover, cover_rows, gap_lists, warnings
from desk.forms.definition import Field
from desk.forms.filled import Filled
from desk.forms.shown import Row, field_row, shown
from desk.forms.words import paired, word
from desk.safe_text import BAR, block, line

WIDTH = 80
MOST_NARROW = 40
_STEP = "  "
_DEEPEST = 4  # steps; deeper than this only what an unknown form holds would stand


def as_text(filled: Filled, language: str, cover: Cover | None = None, width: int = WIDTH) -> str:
    """The filled form in lines of at most `width` columns, each ended; raises ValueError for a width too narrow."""
    if width < MOST_NARROW:
        raise ValueError(f"a form needs {MOST_NARROW} columns")
    return "".join(f"{each}\n" for each in _lines(filled, language, cover, width))


def value_text(field: Field, value: Any, language: str, original: str, width: int = WIDTH) -> str:
    """What stands in one field, without its label, in lines of at most `width` columns."""
    row = replace(field_row(field, value, language, original), label="")
    return "\n".join(each.removeprefix(_STEP) for each in _rows([row], "", language, width + len(_STEP)))


def _lines(filled: Filled, language: str, cover: Cover | None, width: int) -> Iterator[str]:
    seen = shown(filled, language)
    if cover is not None:
        yield cover.mark
        yield ""
    yield from _heading(seen.title, "=", width)
    for each in (*seen.update, *(warnings(cover, language) if cover else ())):
        yield from _wrapped("! ", each, width)
    if cover is not None:
        yield ""
        yield from _rows(cover_rows(cover, seen.form, language), "", language, width)
        for title, gaps in gap_lists(cover, language):
            yield ""
            yield from _heading(title, "-", width)
            for gap in gaps:
                yield from _wrapped("- ", gap, width)
    if not seen.parts:
        yield ""
        yield from _wrapped("", word("empty", language), width)
    for part in seen.parts:
        yield ""
        if part.title:
            yield from _heading(part.title, "-", width)
        yield from _rows(part.rows, "", language, width)
    if cover is not None:
        yield ""
        yield cover.mark


def _rows(rows: Iterable[Row], indent: str, language: str, width: int) -> Iterator[str]:
    for row in rows:
        if row.text:
            told = paired(row.label, row.text, language) if row.label else row.text
            yield from _wrapped(indent, told, width, BAR if row.theirs else "")
            continue
        if row.label:
            yield from _wrapped(indent, paired(row.label, "", language).rstrip(), width)
        for version in row.versions:
            if version.called:
                yield from _wrapped(indent + _STEP, f"[{version.called}]", width)
            yield block(version.text, width, f"{indent}{_STEP}{BAR}")
        deeper = indent + _STEP if len(indent) < _DEEPEST * len(_STEP) else indent
        for at, item in enumerate(row.items, 1):
            if row.numbered:
                yield f"{deeper}{at}."
            yield from _rows(item, deeper + _STEP if row.numbered else deeper, language, width)


def _heading(title: str, under: str, width: int) -> Iterator[str]:
    found = list(_wrapped("", title, width))
    yield from found
    yield under * max(map(len, found))


def _wrapped(first: str, text: str, width: int, bar: str = "") -> Iterator[str]:
    """A text on as many lines as it takes, the later ones indented below the first, behind a bar if there is one."""
    rest = " " * len(first) + _STEP + bar
    pieces = block(line(text), width - len(rest), bar="").split("\n")
    yield (first + pieces[0]).rstrip()
    yield from ((rest + each).rstrip() for each in pieces[1:])
