"""A second reader of Enlace's formats, written from the documents alone: runs over a folder of vectors.

    python tests/second_reader.py tests/vectors

Its author had docs/formats and the vectors, and no other line of this tree; so its modules (`second_reader_*`, and the
second judge's, `second_judge*`) import the standard library, `cryptography` and one another, and none of our rooms
(`test_second_reader` holds them to it).
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from second_reader_vectors import check_keys, reader_of

JUDGE = "refused"
NO_JUDGE = ("valid", JUDGE, "wrong origin", "unknown kind")
"""Cases of log.json that expect `refused` are the judge's alone (log.md; with him `second_judge_vectors` reads it).
A reader without him accepts them, or sees itself that
they do not fit, or goes on to what stands behind the judge (log, step 7; here R13), or stops at a later kind that the
judge takes for a forgery (R8). Whatever else it says is a disagreement."""


JUDGED = "judge"
"""The file that is read with the judge: there the rule counts too."""


def _agrees(case: dict[str, Any], found: str, facts: dict[str, Any], *, judged: bool) -> bool:
    if judged:
        return bool(found == case["expect"] and facts.get("rule") == case.get("rule"))
    return found in NO_JUDGE if case["expect"] == JUDGE else bool(found == case["expect"])


def _differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    names = [name for name in sorted(set(expected) | set(found)) if expected.get(name) != found.get(name)]
    return [f"out.{name}: expected {str(expected.get(name))[:300]}, got {str(found.get(name))[:300]}" for name in names]


def run_file(path: Path) -> tuple[int, Counter[str], int, list[str]]:
    """Cases that agree, what was said of the judge's cases, all cases, and the disagreements of one vector file."""
    read = reader_of(path)
    cases = json.loads(path.read_bytes())["cases"]
    agreeing, judged, wrong = 0, Counter[str](), []
    for case in cases:
        outcome, facts = read(case)
        if case["expect"] == JUDGE:
            judged[outcome] += 1
        if not _agrees(case, outcome, facts, judged=path.stem == JUDGED):
            wrong.append(f"{case['name']}: expected {case['expect']}, got {outcome} {facts.get('why', '')}")
        elif case["expect"] == "valid" and (found := _differences(case.get("out", {}), facts)):
            wrong += [f"{case['name']}: {line}" for line in found]
        else:
            agreeing += 1
    return agreeing, judged, len(cases), wrong


def main() -> int:
    """Every vector file of a folder; 1 on any disagreement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vectors", type=Path)
    folder: Path = parser.parse_args().vectors
    failed = check_keys(json.loads((folder / "keys.json").read_bytes()))
    say = sys.stdout.write
    say(f"keys.json: {failed or 'agrees'}\n")
    for path in sorted(folder.glob("*.json")):
        if path.stem == "keys":
            continue
        agreeing, judged, cases, wrong = run_file(path)
        note = ", ".join(f"{count} {outcome}" for outcome, count in judged.items())
        said = f" (of the judge's, this reader says: {note})" if note else ""
        say(f"{path.name}: {agreeing} of {cases} agree{said}\n")
        say("".join(f"    {line}\n" for line in wrong))
        failed += wrong
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
