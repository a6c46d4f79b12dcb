"""`enlace proof verify` with evidence of alarms: what a second party reads, and the exit code for each answer."""

import json
from pathlib import Path

import pytest
from cli_world import Ran, enlace
from second_reader_vectors import plain_input
from vectors_case import FOLDER

BOOK = json.loads((FOLDER / "evidence.json").read_bytes())["cases"]
CASES = {each["name"]: each for each in BOOK}


def laid_out(folder: Path, *names: str) -> list[str]:
    """Files of these cases, and the policy of the first."""
    for number, name in enumerate(names):
        found = plain_input(CASES[name]["in"], CASES)
        (folder / f"{number}.evidence").write_bytes(found["file"])
        (folder / "policy").write_bytes(found["policy"])
    return [*(str(folder / f"{number}.evidence") for number in range(len(names))), "--policy", str(folder / "policy")]


def verify(folder: Path, *names: str, options: tuple[str, ...] = ()) -> Ran:
    return enlace(
        "proof", "verify", *laid_out(folder, *names), *options, environ={"ENLACE_PROFILE": str(folder / "no")}
    )


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("two roots for one size", 0, "PROVEN: the log log.enlace.example/1 has signed two histories: "),
        ("taken back", 0, "Left open  whether statements were hidden, or lost with a backup that was put back"),
        ("a statement that no judge takes", 0, "has signed a statement that no judge takes, number 18: "),
        ("an older state, shown later", 9, "CLAIMED, not proven; what can be checked agrees with it: the relay of "),
        ("a body missing", 9, "On a word  that none of the 18 statements erased it: whoever follows the log can look"),
        ("one history of two sizes", 5, "NOT proven, and nobody is to be accused by this file: the larger history "),
        ("a hash changed", 5, "NOT proven, and nobody is to be accused by this file: "),
        ("of another log", 3, "not proven: the policy does not know the log log.other.example/1"),
        ("cut off", 2, "this is no evidence file: the evidence is cut off"),
    ],
)
def test_the_answer_for_people_and_scripts(tmp_path: Path, name: str, code: int, words: str) -> None:
    ran = verify(tmp_path, name)
    assert (ran.code, words in ran.out + ran.err) == (code, True), ran
    assert verify(tmp_path, name, options=("--json",)).code == code


def test_of_several_files_the_worst_counts_and_each_is_told(tmp_path: Path) -> None:
    names = ("two roots for one size", "a body missing", "cut off", "a log that grew")
    ran = verify(tmp_path, *names, options=("--json",))
    assert ran.code == 5
    assert [(each["code"], each["proven"]) for each in ran.plain["files"]] == [
        (0, True),
        (9, False),
        (2, False),
        (5, False),
    ]
    assert verify(tmp_path, *names[:2]).code == 9
    assert verify(tmp_path, names[0], names[0]).code == 0
    text = verify(tmp_path, *names[:3])
    assert text.code == 2
    assert [f"{tmp_path}/{number}.evidence\n" in text.out for number in range(3)] == [True] * 3


def test_what_belongs_to_a_proof_is_refused_with_evidence(tmp_path: Path) -> None:
    entry = tmp_path / "entry"
    entry.write_text("an entry")
    ran = verify(tmp_path, "a body missing", options=("--entry", str(entry)))
    assert (ran.code, "--entry belongs to a proof" in ran.err) == (2, True)
    ran = enlace("proof", "verify", "-", "--policy", "-")
    assert (ran.code, "standard input holds one file" in ran.err) == (2, True)
