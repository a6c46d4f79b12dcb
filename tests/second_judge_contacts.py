"""Rules of contacts and bodies (judge.md, R30 to R37)."""

from second_judge_rules import RULES, Case
from second_judge_signers import Broken, require
from second_judge_state import COORDINATOR, Contact


def _begins_with_country(case: Case) -> None:
    """R30: the id begins with the country in small letters and a hyphen."""
    require(case.value["contact"].startswith(case.value["country"].lower() + "-"), "R30", "id")


def _listed(case: Case) -> Contact:
    """R30: a listed contact."""
    contact = case.state.contacts.get(case.value["contact"])
    if contact is None or not contact.listed:
        raise Broken("R30", "not listed")
    return contact


def _publish(case: Case) -> None:
    state, value = case.state, case.value
    member, ident = value["member"], value["contact"]
    case.signers.by_people(member)
    _begins_with_country(case)
    require(state.owners.get(ident, member) == member, "R30", "another member's")
    require(value["country"] == state.members[member].country, "R31")
    case.check_set("officers", 0, 30)
    for officer in value.get("officers", []):
        found = state.officers.get(officer)
        require(found is not None and found.member == member and not found.revoked, "R32", officer)
    _escalation(case)
    case.check_set("circles", 0, 8)
    require(all(circle in state.circles for circle in value.get("circles", [])), "R34")
    case.check_body()


def _escalation(case: Case) -> None:
    """R33."""
    names = case.value.get("escalation", [])
    require(len(names) <= 8 and len(set(names)) == len(names), "R33", "eight, each once")
    for name in names:
        other = case.state.contacts.get(name)
        own = other is not None and other.listed and other.member == case.value["member"]
        require(own and name != case.value["contact"], "R33", name)


def _attest(case: Case) -> None:
    contact = _listed(case)
    require(not contact.provisional, "R35", "provisional")
    case.signers.member_acts(contact.member)
    live = case.signers.live()
    if len(live) == 1 and case.signers.officers() <= set(contact.officers):
        (officer,) = case.signers.officers()
        if COORDINATOR in case.state.officers[officer].roles:
            case.signers.only(live)
            return
    require(not case.signers.roots, "R5", "never the roots")
    case.signers.by_people(contact.member, never_roots=True)


def _retire(case: Case) -> None:
    contact = _listed(case)
    if not contact.provisional:
        case.signers.by_people(contact.member)
        return
    devices = [case.state.devices[name] for name in case.signers.names if name in case.state.devices]
    members = {case.state.officers[device.officer].member for device in devices}
    own = sorted(member for member in members if case.state.members[member].country == contact.country)
    require(bool(own), "R30", "nobody of a member of its country")
    case.signers.by_people(own[0])


def _list_provisional(case: Case) -> None:
    case.signers.by_roots()
    _begins_with_country(case)
    require(case.value["contact"] not in case.state.owners, "R30", "was a member's")
    known = (member for ident, member in case.state.members.items() if case.state.known(ident))
    require(all(member.country != case.value["country"] for member in known), "R36", "a member of its country")
    case.check_body()


def _withdraw(case: Case) -> None:
    case.signers.by_roots()
    require(_listed(case).provisional, "R36", "not provisional")


def _erase(case: Case) -> None:
    body = case.value["body"]
    if body not in case.state.bodies or body in case.state.erased:
        raise Broken("R37", "not in the log, or erased")
    subject, member = case.state.bodies[body]
    if case.state.known(member) and not subject.startswith("member/"):
        case.signers.by_people(member)
    else:
        case.signers.by_roots()


CONTACT_RULES: RULES = {
    "publish-contact": _publish,
    "attest-contact": _attest,
    "retire-contact": _retire,
    "list-provisional": _list_provisional,
    "withdraw-provisional": _withdraw,
    "erase-body": _erase,
}
