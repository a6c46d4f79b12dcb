"""What stands around a filled form: the handling, the case, who sends it to whom, when, and what is still to be done.

1. All of it comes from whoever holds the message; nothing here is looked up, and no clock is read.
2. The handling stands first and on every page. An exercise, a draft and a message that is not proven are said to be
   that, on every page too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from desk.forms.missing import Gap
from desk.forms.shown import Row, moment
from desk.forms.treaties import Basis
from desk.forms.words import paired, word

Tlp = Literal["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"]


@dataclass(frozen=True, slots=True)
class Cover:
    """The circumstances of a filled form; what is empty is not shown.

    `zone` is that of the reader; `sender` and `recipients` are as people call them; `due` is what is due, in the
    reader's words, and when. `victim`: the message is marked as holding data about a victim.
    """

    tlp: Tlp = "AMBER"
    zone: str = "UTC"
    purpose: str = ""
    case: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    sent: int | None = None
    expires: int | None = None
    message: str = ""
    due: tuple[tuple[str, int], ...] = ()
    draft: bool = False
    exercise: bool = False
    unproven: bool = False
    victim: bool = False
    gaps: tuple[Gap, ...] = ()
    bases: tuple[Basis, ...] = ()

    @property
    def mark(self) -> str:
        """The handling mark, as it is written in every language."""
        return f"TLP:{self.tlp}"


def cover_rows(cover: Cover, form: str, language: str) -> Iterator[Row]:
    """What stands between the title and the first section, row by row."""

    def ours(name: str, text: str) -> Row:
        return Row(word(name, language), text)

    def theirs(name: str, text: str) -> Row:
        return Row(word(name, language), text, theirs=True)

    yield ours("handling", f"{cover.mark}. {word(cover.mark, language)}")
    if cover.purpose:
        yield theirs("purpose", cover.purpose)
    if cover.case:
        yield theirs("case", cover.case)
    if cover.sender:
        yield theirs("from", cover.sender)
    for each in cover.recipients:
        yield theirs("to", each)
    for name, at in (("sent", cover.sent), ("expires", cover.expires)):
        if at is not None:
            yield ours(name, moment(at, cover.zone))
    for what, at in cover.due:
        yield ours("due", paired(what, moment(at, cover.zone), language))
    if cover.message:
        yield ours("message", cover.message)
    yield ours("form", form)
    for basis in cover.bases:
        yield ours("legal", basis.told(language))


def warnings(cover: Cover, language: str) -> Iterator[str]:
    """What must not be overlooked, before anything else."""
    if cover.exercise:
        yield word("exercise", language)
    if cover.draft:
        yield word("draft", language)
    if cover.unproven:
        yield word("unproven", language)


def gap_lists(cover: Cover, language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What stops sending and what had better be completed, each under its heading."""
    for name, stops in (("lacks", True), ("warns", False)):
        found = tuple(each.told(language) for each in cover.gaps if each.stops is stops)
        if found:
            yield word(name, language), found
