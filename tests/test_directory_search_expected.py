"""What real-life questions find first: offices of the sample and some that are invented, questions in four languages.

The questions and their answers (`tests/data/search-queries.csv`) were written before the search was.
"""

import csv
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from directory_entries import NOW, an_entry

from directory.entry import Entry, Standing
from directory.exchange.csv_import import read_contacts
from directory.exchange.csv_plan import Row, plan_rows
from directory.finding.search import Index, Query
from directory.sample import authorities, desks, missions

DATA = Path(__file__).parent / "data"
QUESTIONS = list(csv.DictReader((DATA / "search-queries.csv").read_text(encoding="utf-8").splitlines()))


def offices() -> list[Entry]:
    """The sample's contacts, those of its desks confirmed, and the invented ones."""
    invented = read_contacts((DATA / "search-offices.csv").read_bytes())
    found = []
    kinds: tuple[tuple[Standing, tuple[Row, ...]], ...] = (
        ("confirmed", desks()),
        ("confirmed", invented),
        ("provisional", (*missions(), *authorities())),
    )
    for standing, rows in kinds:
        for wanted in (item.wanted for item in plan_rows(rows, (), provisional=standing == "provisional").added):
            made = an_entry(wanted.contact, wanted.function, wanted.body, standing=standing, country=wanted.country)
            found.append(made)
    return found


@cache
def index() -> Index:
    return Index(offices())


@pytest.mark.parametrize("asked", QUESTIONS, ids=[each["text"] or each["why"] for each in QUESTIONS])
def test_a_real_life_question_finds_what_it_is_about_first(asked: dict[str, str]) -> None:
    now = int(datetime.fromisoformat(asked["at"]).timestamp()) if asked["at"] else NOW
    query = Query(asked["text"], asked["country"], asked["function"], asked["language"], asked["now"] == "yes")
    found = index().find(query, now, 3).results
    assert [each.entry.id for each in found][:1] == [asked["first"]], [
        (each.entry.id, each.score, each.why) for each in found
    ]
