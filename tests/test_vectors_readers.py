"""Every vector through our readers: each good one gives what it says, each bad one fails by the word it says."""

from typing import Any

import pytest
import vectors_readers
import vectors_readers_sealed
from vectors_case import FOLDER, VALID, Vectors
from vectors_readers import read
from vectors_words import WORDS, word_of

from directory.judge_rules import Refused

READERS = vectors_readers.READERS | vectors_readers_sealed.READERS  # which are entered on import
FILES = {path.stem: Vectors(path) for path in sorted(FOLDER.glob("*.json")) if path.stem != "keys"}
CASES = [(name, case) for name, vectors in FILES.items() for case in vectors.cases]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case['name']}" for name, case in CASES])
def test_our_reader_says_what_the_vector_says(name: str, case: dict[str, Any]) -> None:
    given = FILES[name].inputs(case["name"])
    if case["expect"] == VALID:
        assert read(name, given) == case["out"]
        return
    with pytest.raises(Exception) as caught:  # the word says which
        read(name, given)
    assert word_of(caught.value) == case["expect"]
    if "rule" in case:
        cause = caught.value if isinstance(caught.value, Refused) else caught.value.__cause__
        assert isinstance(cause, Refused)
        assert cause.rule == case["rule"]


def test_every_format_has_a_reader_and_every_reader_a_format() -> None:
    assert set(FILES) == set(READERS)


def test_there_are_enough_cases_good_and_bad() -> None:
    assert len(CASES) >= 250
    for name, vectors in FILES.items():
        expected = [case["expect"] for case in vectors.cases]
        assert VALID in expected, name
        assert len(expected) - expected.count(VALID) >= 12, name


def test_every_word_is_one_of_the_list() -> None:
    assert {case["expect"] for _, case in CASES} == WORDS
