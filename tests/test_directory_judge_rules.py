"""Every rule of the judge, from both sides: what breaks it is refused under its name, what just keeps it is taken."""

import re

import directory_cases_contacts
import directory_cases_members
import directory_cases_network
import directory_cases_policy
import directory_cases_reception
import pytest
from directory_cases import CASES, Case, usual
from directory_world import local_ids

from directory import judge, judge_contacts, judge_members, judge_network
from directory.judge import Refused, apply

# Importing them fills CASES.
TABLES = (
    directory_cases_contacts,
    directory_cases_members,
    directory_cases_network,
    directory_cases_policy,
    directory_cases_reception,
)
PROSE = "\n".join(str(each.__doc__) for each in (judge, judge_network, judge_members, judge_contacts))
RULES = set(re.findall(r"^ ?(R\d+) ", PROSE, re.MULTILINE))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.name}")
def test_a_rule_refuses_what_breaks_it_and_no_more(case: Case) -> None:
    (world, bad, signers), _ = case.make(usual())
    before = world.view
    if signers:  # a note without signatures is no note: the judge sees none
        assert world.refusal(bad, *signers) == case.rule
    assert world.view is before
    _, (world, good, signers) = case.make(usual())
    size = world.view.size
    world.admit(good, *signers)
    assert world.view.size == size + 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.name}")
def test_signatures_and_signer_sets_are_judged_alike(case: Case) -> None:
    (world, bad, signers), (other, good, others) = case.make(usual())
    with pytest.raises(Refused) as refused:
        apply(world.view, bad, local_ids(*signers), world.now)
    assert refused.value.rule == case.rule
    assert str(refused.value).endswith(f"(rule {case.rule})")
    assert "None" not in str(refused.value)
    view = apply(other.view, good, local_ids(*others), other.now)
    other.admit(good, *others)
    assert view == other.view


def test_every_rule_of_the_prose_has_a_case_and_every_case_a_rule() -> None:
    later = {"R8"}  # about what is no statement here, so not in the tables: test_directory_judge
    assert {case.rule for case in CASES} | later == RULES


def test_the_prose_numbers_its_rules_once() -> None:
    assert len(re.findall(r"^ ?(R\d+) ", PROSE, re.MULTILINE)) == len(RULES) == 8 + 9 + 11 + 8 + 1
