"""A second judge, written from docs/formats/judge.md alone: whether a statement counts, and what then holds.

`Judge.judge(statement, signers, now)` takes a statement whose form was read and whose lines were verified, or raises
`Broken` with the rule and changes nothing. First R1 to R4 and R39, then the rules of the kind.
"""

from collections.abc import Iterable

from second_judge_contacts import CONTACT_RULES
from second_judge_network import NETWORK_RULES
from second_judge_people import PEOPLE_RULES
from second_judge_rules import RULES, Case
from second_judge_signers import Signers, require
from second_judge_state import State
from second_judge_take import take
from second_reader_statements import Statement

AHEAD = 300
KINDS: RULES = NETWORK_RULES | PEOPLE_RULES | CONTACT_RULES


class Judge:
    """What holds so far, and whether a further statement counts."""

    def __init__(self) -> None:
        self.state = State()

    def judge(self, statement: Statement, signers: Iterable[str], now: int) -> None:
        """Take the statement, or raise `Broken`. `signers` are the last parts of the names on its lines."""
        take(self.check(statement, signers, now))

    def check(self, statement: Statement, signers: Iterable[str], now: int) -> Case:
        """The same, and the statement is not taken."""
        case = Case(statement, Signers(self.state, frozenset(signers), now))
        _rules_of_every(case)
        KINDS[statement.kind](case)
        return case


def _rules_of_every(case: Case) -> None:
    """R1 to R4, R39, in this order."""
    state, statement, value = case.state, case.statement, case.statement.value
    require(state.founded != (statement.kind == "found-network"), "R1")
    require(not state.founded or statement.network == state.network, "R2")
    require(value["seq"] == state.counts[statement.subject], "R3")
    require(value["at"] >= state.times.get(statement.subject, 0), "R4", "before the last one")
    require(value["at"] <= case.now + AHEAD, "R4", "ahead")
    require(not case.signers.roots or value["at"] >= state.rooted_at, "R39")
