"""docs/architecture.md is a map of what is there: its files exist, its import table is the one that tests hold."""

import re
from pathlib import Path

import pytest
from house_source import ROOMS, ROOT, files, shown
from test_house_rooms import MAY_IMPORT, PROTOCOL_MAY_IMPORT

DOCUMENTS = [ROOT / "README.md", *files("docs", suffix=".md")]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PATH = re.compile(r"`((?:" + "|".join([*ROOMS, "tests", "docs"]) + r")/[\w*./-]*)`")
MOST_LINES = 130


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_file_a_document_names_is_there(document: Path) -> None:
    named = PATH.findall(document.read_text("utf-8"))
    assert [path for path in named if not any(ROOT.glob(path.rstrip("/")))] == []


def test_the_import_table_is_the_one_that_is_held() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|$", PAGE, re.MULTILINE)
    told = {}
    for room, words in rows[: len(MAY_IMPORT)]:
        own, _, protocol = words.partition("; its `relay.protocol` only ")
        told[room] = {room, *re.findall(r"`([\w.]+)`", own)}
        if protocol:
            assert {"relay.protocol", *re.findall(r"`([\w.]+)`", protocol)} == PROTOCOL_MAY_IMPORT
    assert told == MAY_IMPORT


def test_it_stays_on_one_page() -> None:
    assert len(PAGE.splitlines()) <= MOST_LINES


def test_a_file_that_is_not_there_is_seen() -> None:
    assert PATH.findall("see `desk/no_such.py`, `relay/rules/`, and desk/other.py") == [
        "desk/no_such.py",
        "relay/rules/",
    ]
