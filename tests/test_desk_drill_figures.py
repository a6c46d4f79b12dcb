"""What drills come to: against an independent calculation, and as people and programs read it."""

import csv
import io
import itertools
import statistics
from dataclasses import astuple
from xml.etree import ElementTree

import pytest
from drill_world import START, WINDOW, expected, simulated
from hypothesis import given
from hypothesis import strategies as st

from desk.drills.chart import chart
from desk.drills.chart_words import WORDS
from desk.drills.figures import LASTS, Figures, Ping, Report, figures, percentile, report
from desk.drills.shown_report import grouped, lasted, lines, plain, table
from directory.four_languages import OFFICIAL

NOW = START + 60 * 86_400
SVG = "{http://www.w3.org/2000/svg}"


def flat(found: Report) -> dict[str, list[object]]:
    """A report by group and name."""
    rows = [("all", found.whole), *((group, each) for group, rows in grouped(found) for each in rows)]
    return {f"{group}/{each.name}": list(astuple(each)[1:]) for group, each in rows}


def test_a_thousand_simulated_drills_equal_an_independent_calculation() -> None:
    pings = simulated(1000)
    found = flat(report(pings, NOW))
    assert found == expected(pings, NOW)
    assert {name.partition("/")[0] for name in found} == {"all", "member", "contact", "hour", "language"}
    whole = found["all/"]
    assert whole[0] == 1000
    assert 0 < whole[2] < whole[1] < 1000, "some were never reached, some never accepted"  # type: ignore[operator]  # counts
    assert whole[3], "some may still be accepted"


def test_the_order_of_drills_changes_nothing() -> None:
    pings = simulated(60)
    assert report(pings, NOW) == report(pings[::-1], NOW)


@pytest.mark.parametrize(
    ("times", "percent", "found"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 90, 7),
        ([1, 2], 50, 1),
        ([4, 3, 2, 1], 50, 2),
        ([5, 4, 3, 2, 1], 50, 3),
        (range(1, 11), 90, 9),
        (range(1, 12), 90, 10),
        (range(1, 101), 90, 90),
        (range(1, 101), 100, 100),
    ],
)
def test_a_percentile_is_the_nearest_rank(times: list[int], percent: int, found: int | None) -> None:
    assert percentile(times, percent) == found


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_the_median_is_the_lower_one_of_the_two_in_the_middle(times: list[int]) -> None:
    assert percentile(times, 50) == statistics.median_low(times)


@given(st.lists(st.integers(0, 10**6), min_size=1), st.integers(1, 100))
def test_a_percentile_was_measured_and_so_many_are_not_above_it(times: list[int], percent: int) -> None:
    found = percentile(times, percent)
    assert found in times
    assert sum(1 for each in times if each <= found) * 100 >= percent * len(times)
    assert sum(1 for each in times if each < found) * 100 < percent * len(times)


def ping(reached: int | None = None, accepted: int | None = None, **fields: object) -> Ping:
    """A drill of which something came so many seconds later."""
    at = {
        name: None if after is None else START + after for name, after in (("reached", reached), ("accepted", accepted))
    }
    return Ping(contact="co-desk", member="co", sent=START, **at, **fields)  # type: ignore[arg-type]  # its fields


@pytest.mark.parametrize(
    ("given_ping", "found"),
    [
        (ping(), (0, 0, None, None)),
        (ping(40), (1, 0, 40, None)),
        (ping(40, 100), (1, 1, 40, 100)),
        (ping(None, 100), (1, 1, 100, 100)),  # whoever accepted was reached
        (ping(200, 100), (1, 1, 100, 100)),
        (ping(-30, -10), (1, 1, 0, 0)),  # a clock that is behind
        (ping(LASTS, LASTS), (1, 1, LASTS, LASTS)),
        (ping(40, LASTS + 1), (1, 0, 40, None)),
        (ping(LASTS + 1, LASTS + 1), (0, 0, None, None)),
    ],
)
def test_what_counts_of_one_drill(given_ping: Ping, found: tuple[object, ...]) -> None:
    made = figures("", [given_ping], START + 2 * LASTS)
    assert (made.reached, made.accepted, made.reached_median, made.accepted_p90) == found
    assert made.waiting == 0


def test_a_drill_waits_until_its_time_is_over_or_it_is_accepted() -> None:
    assert figures("", [ping(5)], START + LASTS).waiting == 1
    assert figures("", [ping(5)], START + LASTS + 1).waiting == 0
    assert figures("", [ping(5, 6)], START + 10).waiting == 0
    assert LASTS == WINDOW, "as the pages say"


# --- shown ---

REPORT = report(simulated(300), NOW)
NOTHING = report([], NOW)


def test_the_table_has_a_line_for_every_figure() -> None:
    rows = list(csv.DictReader(io.StringIO(table(REPORT, NOW, 0).decode())))
    read = {
        f"{row['by']}/{row['name']}": [int(each) if each else None for each in list(row.values())[2:-2]] for row in rows
    }
    assert read == flat(REPORT)
    assert {row["made"] for row in rows} == {str(NOW)}


def test_the_plain_report_says_when_it_was_made_and_what_counts() -> None:
    found = plain(REPORT, NOW, 7)
    assert (found["made"], found["since"], found["window"]) == (NOW, 7, LASTS)
    assert len(found["member"]) == 7


def test_people_read_figures_and_how_they_are_defined() -> None:
    text = "\n".join(lines(REPORT))
    assert "nearest ranks" in text
    assert "within 24 hours of the relay's receipt" in text
    assert "its time zone is not known" in text
    assert "not said" in text
    assert lines(NOTHING) == ["No drill was sent."]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (250, "4 min 10 s"), (3600, "1 h"), (7500, "2 h 5 min")],
)
def test_times_are_told_as_people_say_them(seconds: int | None, words: str) -> None:
    assert lasted(seconds) == words


def test_the_chart_is_the_same_bytes_every_time_and_needs_nothing_from_outside() -> None:
    found = chart(REPORT)
    assert found == chart(report(simulated(300), NOW))
    text = found.decode()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert not any(word in text for word in ("<script", "<image", "<use", "@import", "href"))


@pytest.mark.parametrize("language", OFFICIAL)
def test_the_chart_tells_all_it_shows_in_words(language: str) -> None:
    root = ElementTree.fromstring(chart(REPORT, "2026-07-01", language))
    assert root.get("role") == "img"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == language
    title, told = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert told is not None
    assert "2026-07-01" in (title.text or "")
    assert root.get("aria-labelledby") == f"{title.get('id')} {told.get('id')}"
    shown = {each.text for each in root.iter(f"{SVG}text")}
    words = WORDS[language]
    for each in REPORT.members:
        assert {str(each.sent), str(each.reached), str(each.accepted)} <= shown
        counts = f"{each.sent} {words['sent']}, {each.reached} {words['reached']}, {each.accepted} {words['accepted']}"
        assert f"{each.name}: {counts}" in (told.text or "")
        assert lasted(each.accepted_p90) in (told.text or "")
    assert WORDS[language].keys() == WORDS["en"].keys()
    assert all(words.values())


def test_no_colour_alone_tells_anything() -> None:
    """Outline, hatching and solid black: three bars that differ in print, on any screen, for any eye."""
    root = ElementTree.fromstring(chart(REPORT))
    fills = {each.get("fill") for each in root.iter(f"{SVG}rect")}
    assert fills == {"none", "url(#hatch)", "#000", "#fff"}
    assert root.find(f".//{SVG}pattern[@id='hatch']") is not None


def test_bars_are_as_long_as_their_counts_and_names_are_harmless() -> None:
    odd = Figures('<&">', 8, 4, 2, 0, 1, 2, 3, 4)
    root = ElementTree.fromstring(chart(Report(odd, (odd,), (), (), ()), "a < b"))
    bars = [each for each in root.iter(f"{SVG}rect") if each.get("x") == "150" and each.get("y") != "54"]
    assert [int(each.get("width", "0")) for each in bars] == [300, 150, 75]
    tops = [int(each.get("y", "0")) for each in bars]
    assert all(below - above > int(bars[0].get("height", "0")) for above, below in itertools.pairwise(tops))
    assert '<&">' in {each.text for each in root.iter(f"{SVG}text")}


@pytest.mark.parametrize("language", OFFICIAL)
def test_no_text_runs_off_the_picture(language: str) -> None:
    """By the width of the widest letters of a common font, of the longest that can stand there."""
    longest = Figures("m" * 64, 99_999, 99_999, 99_999, 9, 86_340, 86_340, 86_340, 86_340)
    root = ElementTree.fromstring(chart(Report(longest, (longest,), (), (), ()), "2026-07-01", language))
    for each in root.iter(f"{SVG}text"):
        wide = len(each.text or "") * int(each.get("font-size", "14")) * 0.58
        left = int(each.get("x", "0")) - (wide if each.get("text-anchor") == "end" else 0)
        assert left >= 0, each.text
        assert left + wide <= int(root.get("width", "0")), each.text
    told = root.find(f"{SVG}desc")
    assert told is not None
    assert "m" * 64 in (told.text or "")


def test_a_chart_of_nothing_is_a_picture_too() -> None:
    assert "No drill was sent." in chart(NOTHING).decode()
    assert ElementTree.fromstring(chart(NOTHING)).find(f"{SVG}desc") is not None
