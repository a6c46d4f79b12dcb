"""`docs/finding.md` names every field that is printed and every reason there is, and no others."""

import re
from pathlib import Path
from typing import get_args

from cli_world import Office

from desk.commands.freshness import COLUMNS, MADE
from directory.finding.search_order import Lead

pytest_plugins = ("shared_office",)
PAGE = (Path(__file__).parent.parent / "docs" / "finding.md").read_text("utf-8")


def table(header: str, number: int = 0) -> set[str]:
    """The codes in the first column of the table with that heading."""
    start = [found.end() for found in re.finditer(rf"^\| {header} \| .*\n\|---\|---\|\n", PAGE, re.MULTILINE)][number]
    rows = PAGE[start:].split("\n\n")[0].splitlines()
    return {code for row in rows for code in re.findall("`([a-z_-]+)`", row.split("|")[1])}


def test_what_is_printed_is_what_the_page_says(shared_office: Office) -> None:
    office = shared_office
    found = office.ask("ar-desk", "find", "quién contesta en Colombia")
    assert set(found) == table("field")
    entry = table("field", 1)
    assert set(found["results"][0]) == entry
    shown = office.ask("ar-desk", "show", "co-desk")
    of_show = {"devices", "devices_without_keys", "officers", "escalation", "directory", "body"}
    assert set(shown) == entry - {"why", "score"} | of_show
    assert all(f"`{each}`" in PAGE for each in of_show)
    assert set(shown["phones"][0]) == {"number", "use", "spaced", "dial"}
    report = office.ask("ar-desk", "freshness", "co")
    assert set(report) - {"members", "contacts"} == table("field", 3)
    assert set(MADE) == table("field", 3) - {"witnessed"}
    rows = report["contacts"]
    assert set(rows[0]) == table("field", 2) == set(COLUMNS)
    assert set(rows[0]["mend"][0]) == {"lack", "points", "means", "do", "type"}


def test_every_reason_to_stand_first_is_explained() -> None:
    assert table("first") == set(get_args(Lead))


def test_a_score_is_what_the_page_and_its_table_of_points_make_of_the_lacks(shared_office: Office) -> None:
    """Reckoned again as a stranger would, from what is printed and the documents alone."""
    glossary = (Path(__file__).parent.parent / "docs" / "glossary.md").read_text("utf-8").split("\n### Lacks\n")[1]
    points = {code: int(number) for code, number in re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", glossary, re.MULTILINE)}
    report = shared_office.ask("ar-admin", "freshness", "--all")
    scores: dict[str, list[int]] = {each["member"]: [] for each in report["members"]}
    for each in report["contacts"]:
        assert each["score"] == max(0, 100 - sum(points[lack] for lack in each["lacks"]))
        scores[each["member"]].append(each["score"])
    for member in report["members"]:
        found = scores[member["member"]]
        assert (member["score"], member["contacts"]) == (sum(found) // len(found) if found else 0, len(found))
