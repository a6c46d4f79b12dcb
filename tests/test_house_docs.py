"""The documents hold together: links lead somewhere, and every decision is in the index."""

import re
from pathlib import Path

import pytest
from house_source import PLACES, ROOT, files, shown

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *files(*PLACES, suffix=".md")]
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)


def links(text: str) -> list[str]:
    """The targets of every link in a document, those in code aside."""
    return [inline or reference for inline, reference in LINK.findall(CODE.sub("", FENCED.sub("", text)))]


def anchors(text: str) -> set[str]:
    """What `#…` may point at: headings: lower case, hyphens for spaces, repeated ones numbered."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCED.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        unique, count = slug, 0
        while unique in found:
            count += 1
            unique = f"{slug}-{count}"
        found.add(unique)
    return found


def dead_links(document: Path, inside: Path = ROOT) -> list[str]:
    """The relative links that lead nowhere, or out of the tree."""
    dead = []
    for link in links(document.read_text("utf-8")):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        there = target.exists() and target.is_relative_to(inside)
        if there and anchor and target.suffix == ".md":
            there = anchor in anchors(target.read_text("utf-8"))
        if not there:
            dead.append(link)
    return dead


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    assert dead_links(document) == []


def test_every_decision_is_in_the_index() -> None:
    decisions = ROOT / "docs" / "decisions"
    indexed = links((decisions / "README.md").read_text("utf-8"))
    records = [path.name for path in decisions.glob("*.md") if path.name != "README.md"]
    assert sorted(indexed) == sorted(records)


@pytest.mark.parametrize("part", ["**Context", "**Choice", "**Consequence", "**Rejected"])
def test_every_decision_has_its_four_parts(part: str) -> None:
    word = part.strip("*")
    records = [path for path in (ROOT / "docs" / "decisions").glob("*.md") if path.name != "README.md"]
    lacking = [
        path.name for path in records if not re.search(rf"^(\*\*|#+ ){word}", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert lacking == []


def test_links_and_anchors_are_found() -> None:
    text = "[a](no-such.md) `[b](code.md)`\n```\n[c](fenced.md)\n```\n[d]: also.md\n"
    assert links(text) == ["no-such.md", "also.md"]
    assert anchors("# A b, c\n## A `b`, c\n") == {"a-b-c", "a-b-c-1"}


@pytest.mark.parametrize("link", ["no-such.md", "../LICENSE.md", "#no-such-part", "/etc/hosts", "../../.."])
def test_a_dead_link_is_seen(tmp_path: Path, link: str) -> None:
    document = tmp_path / "document.md"
    document.write_text(f"# A part\n[here](#a-part) [dead]({link}) [elsewhere](https://example.org/)\n")
    assert dead_links(document, inside=tmp_path) == [link]
