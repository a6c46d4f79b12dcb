"""Indicators: what is counted, what is kept back, and that nothing of that can be reckoned from what is shown."""

import csv
import io
import itertools
from calendar import timegm
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from desk_world import desk, network
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import Declined, Usage
from desk.indicators.cells import OTHER, ROOM, K, shown
from desk.indicators.export import as_csv, as_json, exported, held, lines, read_indicators, schema, standing
from desk.indicators.figures import Handled, Indicators, indicators, quarter
from directory.canonical import Malformed, decode, encode

START = timegm((2026, 7, 1, 0, 0, 0))
END = timegm((2026, 10, 1, 0, 0, 0))
counts = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 60), max_size=9)


@given(counts)
def test_no_cell_below_eleven_is_shown_and_parts_add_up(given_counts: dict[str, int]) -> None:
    found, whole = shown(given_counts), sum(given_counts.values())
    if found.count is None:
        assert (whole < K, found.parts) == (True, {})
        return
    assert found.count == whole >= K
    assert all(number >= K for number in found.parts.values())
    assert sum(found.parts.values()) == whole
    assert all(number == given_counts[name] for name, number in found.parts.items() if name != OTHER)


@given(counts)
def test_what_is_kept_back_stands_for_two_cells_at_least(given_counts: dict[str, int]) -> None:
    found = shown(given_counts)
    hidden = [number for name, number in given_counts.items() if number and name not in found.parts]
    if found.count is not None and len([number for number in given_counts.values() if number]) > 1:
        assert len(hidden) != 1, "one alone is the whole less the others"
    assert not hidden or found.count is None or found.parts.get(OTHER) == sum(hidden)


@pytest.mark.parametrize(("parts", "wholes"), [(2, range(11, 40)), (3, range(11, 37)), (4, (11, 14, 29, 40))])
def test_a_reader_who_tries_every_table_cannot_tell_a_small_cell(parts: int, wholes: Iterable[int]) -> None:
    """Every table of a whole is shown; of those that look alike, a cell below k is one of ROOM counts at least.

    The reader is given more than anybody has: the number of cells, their names, and how they are kept back.
    """
    for whole in wholes:
        alike: dict[tuple[tuple[str, int], ...], list[tuple[int, ...]]] = {}
        for cuts in itertools.combinations(range(1, whole), parts - 1):
            numbers = tuple(after - before for before, after in itertools.pairwise((0, *cuts, whole)))
            found = shown(dict(zip("abcd", numbers, strict=False)))
            alike.setdefault(tuple(found.parts.items()), []).append(numbers)
        for tables in alike.values():
            counted = [{each[place] for each in tables} for place in range(parts)]
            assert all(min(each) >= K or len(each) >= ROOM for each in counted), (whole, tables)


@pytest.mark.parametrize("counts", [(9, 11, 11), (10, 11, 11), (9, 10, 11), (10, 10, 11), (11, 11, 9), (1, 11, 11)])
def test_of_equal_parts_none_is_shown_by_which_the_others_could_be_told(counts: tuple[int, ...]) -> None:
    assert shown(dict(zip("abc", counts, strict=True))).parts == {OTHER: sum(counts)}


def test_a_single_kind_is_the_whole_and_nothing_is_counted_below_nothing() -> None:
    assert shown({"a": 11}).parts == {"a": 11}
    assert shown({"a": 11, "b": 0}).parts == {"a": 11}
    assert shown({"a": 30, "b": 20, "c": 3}).parts == {"a": 30, OTHER: 23}
    assert shown({"a": 30, "b": 3}).parts == {OTHER: 33}
    assert shown({"a": 30, "b": 6, "c": 6}).parts == {"a": 30, OTHER: 12}
    assert shown({"a": 30, "b": 10, "c": 10}).parts == {"a": 30, OTHER: 20}, "11 and 9 look the same"
    assert shown({"a": 12, "b": 10, "c": 9}).parts == {OTHER: 31}, "19 of two below 12 are 8 to 11 each"
    assert shown({"a": 90} | dict.fromkeys("bcdefghijkl", 1)).parts == {OTHER: 101}, "11 of eleven are 1 each"
    assert shown({"a": 30, "b": 10, "c": 9}).parts == {"a": 30, OTHER: 19}
    assert shown({"a": 10}).count is None
    with pytest.raises(ValueError, match="below 0"):
        shown({"a": -1})


# --- what is counted ---


def many(count: int, **fields: object) -> list[Handled]:
    """So many requests that are alike."""
    usual: dict[str, object] = {
        "direction": "sent", "kind": "mutual-legal-assistance", "country": "CA", "at": START, "outcome": "completed",
        "language": "es", "escalated": False, "delivered": 61, "accepted": 3600, "completed": 86_400,
    }  # fmt: skip
    return [Handled(**(usual | fields))] * count  # type: ignore[arg-type]  # its fields


def test_a_quarter_begins_and_ends_where_quarters_do() -> None:
    assert quarter("2026-Q3") == (START, END)
    assert quarter("2026-Q4") == (END, timegm((2027, 1, 1, 0, 0, 0)))
    found = indicators([*many(11), *many(11, at=START - 1), *many(11, at=END), *many(1, at=END - 1)], "ar", "2026-Q3")
    assert found.sent.requests.count == 12


@pytest.mark.parametrize(
    "period", ["2026", "2026-Q5", "2026-Q0", "2026-q3", " 2026-Q3", "1999-Q1", "2026-Q3\n", "", "\uff12026-Q3"]
)
def test_what_is_no_quarter_is_refused(period: str) -> None:
    with pytest.raises(Usage, match="is no quarter"):
        quarter(period)


def test_what_a_desk_tells_of_its_requests() -> None:
    found = indicators(
        [
            *many(20), *many(12, country="EC", outcome="refused dual-criminality", completed=None),
            *many(15, kind="urgent-preservation", escalated=True, accepted=None), *many(3, kind="extradition"),
            *many(12, direction="received", language="pt", delivered=None), *many(4, direction="received"),
        ], "ar", "2026-Q3",
    )  # fmt: skip
    assert found.sent.requests.count == 50
    assert found.sent.requests.parts == {"mutual-legal-assistance": 32, OTHER: 18}
    assert found.sent.kinds.keys() == {"mutual-legal-assistance"}, "a kind that joined `other` tells nothing of itself"
    kind = found.sent.kinds["mutual-legal-assistance"]
    assert (kind.count, kind.countries) == (32, {"CA": 20, "EC": 12})
    assert msgspec.to_builtins(kind.times) == {
        "delivered": {"median": 2, "p90": 2}, "accepted": {"median": 60, "p90": 60},
        "completed": {"median": 1440, "p90": 1440},
    }  # fmt: skip
    assert found.sent.outcomes == {"completed": 38, "refused dual-criminality": 12}
    assert found.sent.escalated == {"no": 35, "yes": 15}
    assert found.received.requests.parts == {"mutual-legal-assistance": 16}
    assert found.received.languages == {OTHER: 16}
    assert found.received.times.keys() == {"accepted", "completed"}, "four times are too few"


def test_a_direction_with_ten_requests_tells_nothing_at_all() -> None:
    found = indicators(many(10), "ar", "2026-Q3")
    assert msgspec.to_builtins(found.sent) == {"requests": {}}
    assert "<11" in as_csv(found).decode()
    assert b"CA" not in as_json(found)


def test_figures_of_a_thousand_requests_equal_an_independent_count() -> None:
    chance = Random(7)
    found = [
        many(1, kind=chance.choice(["a", "b", "c"]), country=chance.choice(["CA", "CO", "PE", "UY"]),
             outcome=chance.choice(["completed", "refused other", "sent"]), language=chance.choice(["es", "pt"]),
             accepted=chance.choice([None, chance.randrange(90_000)]), at=START + chance.randrange(END - START))[0]
        for _ in range(1000)
    ]  # fmt: skip
    told = indicators(found, "ar", "2026-Q3").sent
    assert told.requests.count == 1000
    assert told.requests.parts == Counter(each.kind for each in found)
    assert told.outcomes == Counter(each.outcome for each in found)
    assert told.languages == Counter(each.language for each in found)
    for name, kind in told.kinds.items():
        assert kind.countries == Counter(each.country for each in found if each.kind == name)
        minutes = sorted(-(-each.accepted // 60) for each in found if each.kind == name and each.accepted is not None)
        median = minutes[(len(minutes) + 1) // 2 - 1]
        assert (kind.times["accepted"].median, kind.times["accepted"].p90) == (
            median, minutes[-(-9 * len(minutes) // 10) - 1],
        )  # fmt: skip


# --- exported ---

FOUND = indicators([*many(40), *many(13, direction="received", country="PE")], "ar", "2026-Q3")


def test_the_export_is_read_again_and_keeps_its_schema() -> None:
    raw = as_json(FOUND)
    assert read_indicators(raw) == FOUND
    jsonschema: Any = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(schema()).validate(msgspec.json.decode(raw))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}\n", as_json(FOUND)[:-1], as_json(FOUND) + b"\n",
     as_json(FOUND).replace(b"-indicators-1", b"-indicators-2"),
     as_json(FOUND).replace(b'"k":11', b'"k":5'), as_json(FOUND).replace(b",", b", ", 1),
     as_json(FOUND).replace(b'{"k"', b'{"contacts":[],"k"'), b"\xff\n", b"null\n",
     as_json(FOUND).replace(b'"count":40', b'"count":41', 1), as_json(FOUND).replace(b'"CA":40', b'"CA":39', 1),
     as_json(FOUND).replace(b'"CA":40', b'"CA":29,"PE":11', 1).replace(b'"es":40', b'"es":30,"pt":10', 1),
     as_json(FOUND).replace(b'"median":60', b'"median":61', 1), as_json(FOUND).replace(b"2026-Q3", b"2026-Q5"),
     as_json(FOUND).replace(b'"requests":{"count":40,', b'"requests":{', 1)],
)  # fmt: skip
def test_what_is_no_export_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_indicators(raw)


@given(st.binary(max_size=300))
def test_whatever_bytes_are_read_are_written_so(raw: bytes) -> None:
    try:
        found = read_indicators(raw)
    except Malformed:
        return
    assert as_json(found) == raw


def test_the_table_holds_what_the_json_holds_and_nothing_else() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(FOUND).decode())))
    assert {row["member"] for row in rows} == {"ar"}
    assert {(row["direction"], row["value"]) for row in rows if row["table"] == "requests"} == {
        ("sent", "40"), ("received", "13"),
    }  # fmt: skip
    assert "13" in "\n".join(lines(FOUND))


def test_a_quarter_is_exported_once_it_is_over_and_always_as_it_was(tmp_path: Path) -> None:
    """So that nobody takes two exports from one another."""
    vault = desk(tmp_path, "co-night", network()).vault
    with pytest.raises(Declined, match="is not over"):
        exported(vault, FOUND, END - 1)
    first = exported(vault, FOUND, END)
    later = indicators(many(41), "ar", "2026-Q3")
    assert exported(vault, later, END + 9) == first == FOUND
    assert (held(vault, "2026-Q3"), held(vault, "2026-Q2")) == (FOUND, None)
    states = [standing(*each)[0] for each in ((FOUND, None, END - 1), (FOUND, None, END), (FOUND, first, END))]
    assert states == ["running", "open", "exported"]
    state, words = standing(later, first, END)
    assert (state, "other figures" in words) == ("changed", True)
    assert not set("0123456789") & set(words)  # not by how many
    assert decode(encode(first), Indicators) == first
