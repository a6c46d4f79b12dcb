"""Rules of the network (judge.md, R10 to R18), and revoke-member."""

from itertools import pairwise
from typing import Any

from second_judge_rules import RULES, Case, check_sorted
from second_judge_signers import require
from second_reader_base import base64_bytes, root_id

HOURS_72 = 259_200
CLOCKS = {"flash": 600, "immediate": 1800, "priority": 10800, "routine": 21600}
FRESHNESS = {"due": 120, "stale": 150, "doubtful": 180}


def named_roots(value: dict[str, Any]) -> set[str]:
    """The ids of the roots that a founding or re-keying names."""
    return {root_id(base64_bytes(root)) for root in value["roots"]}


def _roots(case: Case) -> None:
    """R10, and R25 for the roots."""
    value = case.value
    case.check_set("roots", 1, 16)
    require(1 <= value["threshold"] <= len(value["roots"]), "R10", "threshold")
    require(value["duty"] not in value["roots"], "R10", "the duty key is a root")
    case.check_keys(dict.fromkeys(value["roots"], ("root",)) | {value["duty"]: ("duty",)}, "R10")


def _policy(case: Case) -> None:
    """R18, and R25 for what takes a second administrator."""
    policy = case.value.get("policy", {})
    check_sorted(policy.get("second", []), 0, 8, "second")
    clocks = list((CLOCKS | policy.get("clocks", {})).values())
    require(all(60 <= clock <= 1_209_600 for clock in clocks), "R18", "clocks")
    require(all(left <= right for left, right in pairwise(clocks)), "R18", "order of clocks")
    days = [1, *(FRESHNESS | policy.get("freshness", {})).values(), 3_650]
    require(all(left <= right for left, right in pairwise(days)), "R18", "freshness")


def _found(case: Case) -> None:
    _roots(case)
    _policy(case)
    named = named_roots(case.value)
    require(len(named & case.signers.names) >= case.value["threshold"], "R11")
    case.signers.only(named)


def _rekey(case: Case) -> None:
    require(case.signers.by_threshold, "R6")
    _roots(case)
    _policy(case)
    named = named_roots(case.value)
    require(len(named & case.signers.names) >= case.value["threshold"], "R12")
    case.signers.only(named | set(case.state.roots))


def relay_uses(case: Case) -> dict[str, tuple[str, ...]]:
    """The keys that a name-relay names, by use."""
    return case.uses(("log",), "log_ed25519", "log_mldsa44") | case.uses(
        ("receipt",), "receipt_ed25519", "receipt_mldsa44"
    )


def _name_relay(case: Case) -> None:
    case.signers.by_roots()
    uses = relay_uses(case)
    require(len(uses) == 4, "R13", "a key for the log and for receipts")
    case.check_keys(uses, "R13")
    case.check_keys(case.uses(("log",), "log_ed25519", "log_mldsa44"), "R13", again=False)
    continued = case.value.get("continues")
    require((continued is None) == (case.state.origin is None), "R13", "continues")
    if continued is not None:
        require(continued["origin"] == case.state.origin, "R13", "origin")
        require(continued["size"] <= case.state.size, "R13", "size")


def _admit(case: Case) -> None:
    case.signers.by_roots()
    member = case.value["member"]
    require(member.partition("-")[0] == case.value["country"].lower(), "R14", "country")
    require(member not in case.state.members, "R14", "admitted before")
    case.check_body()


def _suspend(case: Case) -> None:
    value = case.value
    case.check_known(value["member"])
    require(value["until"] > value["at"], "R15", "ends when it begins")
    if not case.signers.by_duty_alone:
        case.signers.by_roots()
        return
    require(value["until"] <= min(value["at"], case.now) + HOURS_72, "R15", "more than 72 hours")
    suspensions = case.state.members[value["member"]].suspensions
    require(not any(each.by_duty for each in suspensions), "R7")


def _reinstate(case: Case) -> None:
    case.signers.by_roots()
    case.check_known(case.value["member"])
    require(bool(case.state.members[case.value["member"]].suspensions), "R16")


def _revoke(case: Case) -> None:
    case.signers.by_roots()
    case.check_known(case.value["member"])


def _circle(case: Case) -> None:
    case.signers.by_roots()
    case.check_set("members", 0, 250)
    require(all(member in case.state.members for member in case.value["members"]), "R17")
    case.check_body()


NETWORK_RULES: RULES = {
    "found-network": _found,
    "rekey-roots": _rekey,
    "name-relay": _name_relay,
    "admit-member": _admit,
    "suspend-member": _suspend,
    "reinstate-member": _reinstate,
    "revoke-member": _revoke,
    "set-circle": _circle,
}
