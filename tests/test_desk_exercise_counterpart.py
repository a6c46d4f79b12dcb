"""What the simulated counterpart types for what is due, and what becomes of what it cannot do."""

import asyncio
from pathlib import Path
from typing import Any

from desk.demo.stage import StageError
from desk.exercise.cast import Cast
from desk.exercise.counterpart import Counterpart
from desk.exercise.script import SCRIPTS, Act
from desk.exercise.setting import CONTACTS

OPENED = {
    "case": "c" * 64, "title": "Bus", "known": True, "waiting": [], "members": {"co": {}},
    "invited": {CONTACTS["counterpart"]: {}},
    "events": [{"act": "open", "contact": "co", "number": 3, "why": ""}],
}  # fmt: skip
TOLD: dict[str, dict[str, Any]] = {
    "inbox": {
        "messages": [
            {"number": at, "id": f"id{at}", "direction": "in", "case": "", "decided": "", "content": {"kind": kind}}
            for at, kind in ((1, "text"), (2, "consent"), (3, "act"))
        ]
    },
    "request": {"requests": []},
    "consent": {"consents": [{"number": 2, "kind": "ask", "state": "asked"}]},
    "case": {"cases": [{"case": OPENED["case"]}]} | OPENED,
}


class Typed(Cast):
    """A cast that tells the same whatever is typed, keeps it, and fails at some commands."""

    typed: list[tuple[str, ...]]
    fails: tuple[str, ...] = ()

    async def run(self, name: str, *arguments: str, fails: int = 0) -> dict[str, Any]:
        assert name == "counterpart"
        self.typed.append(arguments)
        if arguments[0] in self.fails:
            raise StageError(f"{arguments[0]} failed")
        return TOLD.get(arguments[0], {})


def played(
    folder: Path, script: str, *fails: str, turns: int = 1
) -> tuple[list[str], Counterpart, list[tuple[Act, ...]]]:
    cast = Typed(folder)
    cast.typed, cast.fails = [], fails
    counterpart = Counterpart(cast, SCRIPTS[script], "es")
    done = [asyncio.run(counterpart.turn()) for _ in range(turns)]
    looked = ("sync", "inbox", "request list", "consent list", "case list", "case show")
    typed = [" ".join(each[:3]) for each in cast.typed]
    return [each for each in typed if not each.startswith(looked)], counterpart, done


def test_it_types_what_is_due(tmp_path: Path) -> None:
    case = OPENED["case"]
    reply = f"send {CONTACTS['trainee']} --from"
    assert played(tmp_path, "answers")[0] == [
        "accept 1", reply, "consent give 2", f"case join {case}", f"case say {case}",
    ]  # fmt: skip
    assert played(tmp_path, "refuses")[0] == [
        "refuse 1 --reason", "consent refuse 2", f"case join {case}", f"case leave {case}",
    ]  # fmt: skip
    assert played(tmp_path, "silent")[0] == []


def test_what_it_says_in_a_case_is_marked(tmp_path: Path) -> None:
    played(tmp_path, "asks")
    assert (tmp_path / "question.txt").read_text("utf-8").startswith("EJERCICIO: ")


def test_what_it_cannot_do_ends_nothing_and_is_not_tried_again(tmp_path: Path) -> None:
    typed, counterpart, done = played(tmp_path, "answers", "accept", turns=2)
    assert typed.count("accept 1") == 1
    assert typed.count("consent give 2") == 2, "the rest is done"
    assert counterpart.could_not == {Act(1, "accept"): "accept failed"}
    assert [act.do for act in done[0]] == ["reply", "give", "join", "reply"]
