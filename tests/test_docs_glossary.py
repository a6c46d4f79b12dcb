"""docs/glossary.md: every fixed word of the formats stands in it, and every term once, in order."""

import re
from typing import get_args

import pytest
from house_source import ROOT

from desk.handling.marks import Tlp
from desk.mail.content import Act
from directory.entry import Absence, Grade, Standing
from directory.quality import LACKS
from directory.replay import AlarmKind
from directory.statement import KINDS, Reason, Role, Second
from relay.protocol.envelope import PRECEDENCES
from relay.protocol.lines import Event
from relay.protocol.stream import ClosingReason, Frame, ItemKind

PAGE = (ROOT / "docs" / "glossary.md").read_text("utf-8")
TERMS_PART, FIXED_PART = PAGE.split("\n## Fixed words\n")
ENTRY = re.compile(r"^- \*\*(.+?)\*\*(?:\s\((.+?)\))?:\s(.+?)(?=^- |\Z)", re.MULTILINE | re.DOTALL)
TERMS = [match.groups() for match in ENTRY.finditer(TERMS_PART)]
FRAMES = {str(kind.__struct_config__.tag) for kind in Frame.__subclasses__()}
RECEIPTS = {"relayed", "delivered", *get_args(Act)}

FIXED: dict[str, set[str]] = {
    "Kinds of statement": {*KINDS, *get_args(Reason), *get_args(Second)},
    "Roles": set(get_args(Role)),
    "Precedences": set(PRECEDENCES),
    "Receipts, lines and notices": {*RECEIPTS, *get_args(ItemKind), *get_args(Event)} - {"envelope"},
    "Frames of the stream": {*FRAMES, *get_args(ClosingReason)},
    "Entries and messages": {
        *get_args(Absence),
        *get_args(Grade),
        *get_args(Standing),
        *get_args(Tlp),
        *get_args(AlarmKind),
    },
    "Lacks": set(LACKS),
}
# The words of the project that a newcomer meets first, one for each thing.
OURS = set(
    re.findall(
        r"[a-z]+",
        "authority member officer device administrator secretariat statement judge view log checkpoint envelope "
        "recipient stage release receipt circle body commitment contact desk relay network replica session shift step",
    )
)


def rows(part: str) -> set[str]:
    """The words in code in the first cell of each row of a part's tables, and in its prose."""
    text = re.split(r"^### ", FIXED_PART, flags=re.MULTILINE)
    (found,) = [each for each in text if each.startswith(f"{part}\n")]
    prose = " ".join(line for line in found.splitlines() if not line.startswith("|"))
    cells = [line.split("|")[1] for line in found.splitlines() if line.startswith("| `")]
    closing = re.findall(r"^\| `closing` .*$", found, re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", " ".join([*cells, prose, *closing])))


@pytest.mark.parametrize("part", sorted(FIXED))
def test_every_fixed_word_stands_in_its_table(part: str) -> None:
    assert FIXED[part] - rows(part) == set()


@pytest.mark.parametrize("part", ["Kinds of statement", "Roles", "Precedences", "Frames of the stream", "Lacks"])
def test_tables_hold_no_word_that_is_not_there(part: str) -> None:
    assert rows(part) - FIXED[part] == set()


def test_every_lack_costs_what_its_table_says() -> None:
    stated = re.findall(r"^\| `([a-z-]+)` \| (\d+) \| (.+) \|$", FIXED_PART.split("\n### Lacks\n")[1], re.MULTILINE)
    assert stated == [(code, str(lack.points), lack.words) for code, lack in LACKS.items()]


def test_terms_stand_once_and_in_order() -> None:
    names = [term.casefold() for term, _, _ in TERMS]
    assert len(names) > 100
    assert len(set(names)) == len(names)
    assert names == sorted(names)


def test_every_line_of_the_terms_was_read() -> None:
    assert len(re.findall(r"^- ", TERMS_PART, re.MULTILINE)) == len(TERMS)


def test_every_term_is_explained_in_a_sentence() -> None:
    assert [term for term, _, words in TERMS if not words.strip().endswith((".", "…")) or len(words) < 20] == []


def test_translations_come_in_all_three_languages() -> None:
    pattern = re.compile(r"es \*[^*]+\*, pt \*[^*]+\*, fr \*[^*]+\*")
    given = {term: " ".join(others.split()) for term, others, _ in TERMS if others}
    assert {term: text for term, text in given.items() if not pattern.fullmatch(text)} == {}


def test_the_words_of_the_project_are_there() -> None:
    assert OURS - {term for term, _, _ in TERMS} == set()
