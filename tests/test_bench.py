"""The bench runs, and says what it should; how fast anything is, no test asserts (a busy machine would fail it).

Tiny sizes, so that all of it takes a few seconds.
"""

import json
import math
import platform
import subprocess
import sys
from typing import Any

import pytest
from house_source import ROOT

from bench.command import main
from bench.measure import Scale, Watch, measure, wall
from bench.result import GROUPS, row, table, time_text
from bench.scale import LINES
from bench.scale import table as scale_table

TINY = Scale(seconds=0, rounds=2, devices=(1, 2), statements=60, contacts=(20, 40), listed=(60,), submissions=3)
TIMES = {"median", "low", "high", "p99", "rounds"}
ROW = {"group", "what", "ours", "against", "other", "ratio", "goal", "most", "met", "count", "per_second"}
MACHINE = {"cores", "processor", "system", "python", "cryptography", "openssl", "sqlite", "date"}


def no_full_run(*arguments: str) -> int:
    """The command with tiny sizes, quick or not."""
    return main(arguments, full=TINY, quick=TINY)


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert no_full_run("--json", *arguments) == 0
    out, err = capsys.readouterr()
    assert err == "", "progress is for terminals"
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    """What `--quick --json` prints, from a process of its own."""
    code = (
        "from bench.command import main; from bench.measure import Scale; "
        f"raise SystemExit(main(['--quick', '--json'], quick={TINY!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_report_says_where_and_how_it_was_measured(everything: dict[str, Any]) -> None:
    assert everything.keys() == {"machine", "quick", "seconds", "rows"}
    assert everything["quick"] is True
    assert everything["machine"].keys() == MACHINE
    assert everything["machine"]["cores"] >= 1
    assert {each["group"] for each in everything["rows"]} == set(GROUPS)


def test_a_report_names_neither_a_path_nor_the_machine(everything: dict[str, Any]) -> None:
    text = json.dumps(everything)
    assert str(ROOT) not in text
    assert platform.node() not in everything["machine"].values()


def test_every_row_has_its_fields_and_positive_numbers(everything: dict[str, Any]) -> None:
    for each in everything["rows"]:
        assert each.keys() == ROW
        numbers = [each["per_second"], each["count"]]
        for timing in (each["ours"], each["other"]):
            assert timing is None or timing.keys() == TIMES
            numbers += timing.values() if timing else []
        if each["other"]:
            assert each["ratio"] == pytest.approx(each["ours"]["median"] / each["other"]["median"])
            numbers.append(each["ratio"])
        assert all(math.isfinite(number) and number > 0 for number in numbers), each
        assert (each["against"] is None) == (each["other"] is None) == (each["ratio"] is None)


def test_sealing_and_opening_have_a_goal_for_every_number_of_devices(everything: dict[str, Any]) -> None:
    with_goal = [each for each in everything["rows"] if each["goal"] is not None]
    expected = [f"{step}, {devices}" for step in ("seal", "open") for devices in ("1 device", "2 devices")]
    assert [each["what"] for each in with_goal] == expected
    for each in with_goal:
        assert (each["goal"], each["against"]) == (1.5, "bare primitives")
        assert each["met"] is (each["ratio"] <= 1.5)


def test_opening_for_many_is_compared_with_opening_for_one(everything: dict[str, Any]) -> None:
    compared = {each["what"]: each["against"] for each in everything["rows"][4:6]}
    assert compared == {
        "open, 2 devices": "open, 1 device",
        "bare open, 2 devices": "bare open, 1 device",
    }


@pytest.mark.parametrize("group", GROUPS)
def test_one_group_alone(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert {each["group"] for each in report(capsys, group)["rows"]} == {group}


def test_groups_come_in_one_order_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    groups = [each["group"] for each in report(capsys, "relay", "mail", "relay")["rows"]]
    assert groups == ["mail"] * 6 + ["relay"] * 2


def test_the_table_says_the_machine_the_ratio_and_the_goal(capsys: pytest.CaptureFixture[str]) -> None:
    assert no_full_run("--quick", "mail") == 0
    out = capsys.readouterr().out
    first, _, heading, *_ = out.splitlines()
    assert "cores" in first
    assert "Python 3." in first
    assert "cryptography" in first
    assert "OpenSSL" in first
    assert heading.split() == ["mail", "median", "quartiles", "p99", "rounds", "against", "median", "ratio"]
    assert "goal ≤ 1.5: " in out
    assert "few rounds" in out


@pytest.mark.parametrize("arguments", [["post"], ["mail", "post"], ["--fast"], ["--json=yes"], ["--rounds", "3"], [""]])
def test_a_wrong_argument_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        no_full_run(*arguments)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage: python -m bench" in err


def test_help_names_the_groups() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(word in done.stdout for word in (*GROUPS, "--quick", "--json"))


def test_cases_are_run_in_turns() -> None:
    ran: list[str] = []
    timings = measure({name: lambda name=name: ran.append(name) for name in "abc"}, Scale(seconds=0, rounds=20))  # type: ignore[misc]  # mypy infers no type for a lambda with a default
    rounds = ["".join(ran[at : at + 3]) for at in range(3, len(ran), 3)]
    assert len(rounds) == 20
    assert {"".join(sorted(each)) for each in rounds} == {"abc"}
    assert len(set(rounds)) > 1, "in another order each round"
    assert [*timings] == ["a", "b", "c"]


def test_rounds_go_on_until_time_is_over() -> None:
    watch = Watch("a", Scale(seconds=0.01, rounds=1), wall)
    for name in watch.turns():
        watch.note(name, watch.clock())
    assert watch.timings()["a"].rounds > 1


def test_a_ratio_is_time_over_time_and_a_rate_counts_things() -> None:
    fast, slow = (measure({"only": lambda: None}, Scale(seconds=0, rounds=2))["only"] for _ in range(2))
    made = row("relay", "together", fast, ("singly", slow), goal=1, count=100)
    assert made.ratio == fast.median / slow.median
    assert made.per_second == pytest.approx(100e6 / fast.median)
    assert made.met is (made.ratio <= 1)
    assert "together" in table([made])


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [(0.5, "0.5 µs"), (42, "42 µs"), (1234, "1.23 ms"), (56_789, "56.8 ms"), (2.5e6, "2.50 s")],
)
def test_times_have_units(microseconds: float, text: str) -> None:
    assert time_text(microseconds) == text


# --- alert ---


def test_an_alert_is_sealed_and_tallied(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alert", "3"]) == 0
    out = capsys.readouterr().out
    assert "3, 6 devices, 1 envelope" in out
    assert "of 11 lines and receipts in 3 countries: 2 accepted, 1 opened" in out


@pytest.mark.parametrize("arguments", [["alert", "1"], ["alert", "241"], ["alert", "many"], ["alert", "3", "4"]])
def test_a_wrong_number_of_contacts_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: python -m bench alert" in capsys.readouterr().out


# --- scale ---


@pytest.mark.parametrize("arguments", [["scale", "many"], ["scale", "99"], ["scale", "--quick"], ["scale", "-1"]])
def test_a_wrong_size_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: python -m bench scale" in capsys.readouterr().err


def test_the_table_of_sizes_has_a_column_a_size_and_what_it_is_times_the_one_before() -> None:
    found = {size: {name: 10.0 * size for _, name, _ in LINES} for size in (100, 200)}
    head, rule, *lines = scale_table(found).splitlines()
    assert head == "| contacts | 100 | 200 | × 100 |"
    assert {each.count("|") for each in (head, rule, *lines)} == {5}
    assert len(lines) == len(LINES)
    assert all(each.endswith("| 2.0 |") for each in lines)


@pytest.mark.full
def test_scale_measures_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scale", "100", "200"]) == 0
    _, _, _, _, *lines = capsys.readouterr().out.splitlines()
    empty = {line.split(" | ")[0] for line in lines if "|  |" in line}
    for_larger_ones = {"| … cut off, and gone on with: asks for so much of it", "| … kept view, a contact"}
    assert empty == for_larger_ones
