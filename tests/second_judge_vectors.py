"""The cases of log.json before the second judge: word, rule and view. (judge.json is read with him anyway.)"""

import json
from pathlib import Path
from typing import Any

from second_judge_log import read_judged
from second_judge_signers import Broken
from second_reader_base import Refused
from second_reader_vectors import plain_input


def outcome(given: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The word for a case (`valid` or a failure), the rule where the judge refused, and what a reader obtains."""
    try:
        return "valid", "", read_judged(given)
    except Broken as broken:
        return broken.word, broken.rule, {"why": str(broken)}
    except Refused as failure:
        return failure.word, "", {"why": str(failure)}


def differences(path: Path) -> list[str]:
    """Where this judge says other than the cases of a file."""
    cases = {case["name"]: case for case in json.loads(path.read_bytes())["cases"]}
    wrong = []
    for name, case in cases.items():
        word, rule, facts = outcome(plain_input(case["in"], cases))
        expected = (case["expect"], case.get("rule", ""), case.get("out"))
        if expected != (word, rule, facts if word == "valid" else None):
            wrong.append(f"{name}: expected {expected[:2]}, got {word, rule} {facts.get('why', facts)}")
    return wrong
