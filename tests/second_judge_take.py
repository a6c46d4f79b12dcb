"""What a statement that counts changes. Nothing is refused here: the second judge has looked at every rule before."""

from second_judge_network import named_roots, relay_uses
from second_judge_people import device_uses
from second_judge_rules import Case
from second_judge_state import ADMINISTRATOR, SECOND, Contact, Device, Member, Officer, Suspension
from second_reader_base import base64_bytes, duty_id


def take(case: Case) -> None:
    """Change what holds."""
    state, subject = case.state, case.statement.subject
    _TAKE[subject.partition("/")[0]](case)
    if "body" in case.value and case.statement.kind != "erase-body":
        state.bodies[case.value["body"]] = (subject, case.value.get("member", ""))
    state.counts[subject] += 1
    state.times[subject] = case.value["at"]
    state.size += 1


def _network(case: Case) -> None:
    state, value = case.state, case.value
    if case.statement.kind == "found-network":
        state.founded, state.network, state.name = True, case.statement.network, value["name"]
    state.roots = sorted(named_roots(value))
    state.threshold, state.duty = value["threshold"], duty_id(base64_bytes(value["duty"]))
    state.second = tuple(value.get("policy", {}).get("second", SECOND))
    state.rooted_at = value["at"]
    state.uses |= dict.fromkeys(value["roots"], ("root",)) | {value["duty"]: ("duty",)}


def _relay(case: Case) -> None:
    case.state.origin = case.value["origin"]
    case.state.uses |= relay_uses(case)


def _member(case: Case) -> None:
    state, value, kind = case.state, case.value, case.statement.kind
    ident = value["member"]
    if kind == "admit-member":
        state.members[ident] = Member(value["country"])
        return
    member, by_duty = state.members[ident], case.signers.by_duty_alone
    if kind == "suspend-member":
        kept = member.suspensions if by_duty else []
        member.suspensions = [*kept, Suspension(value["until"], by_duty)]
    elif kind == "reinstate-member":
        member.suspensions = []
    else:
        member.revoked = True
        for contact in state.contacts.values():
            contact.listed = contact.listed and contact.member != ident


def _officer(case: Case) -> None:
    officers, value, kind = case.state.officers, case.value, case.statement.kind
    if kind == "change-roles":
        officers[value["officer"]].roles = value["roles"]
    elif kind == "revoke-officer":
        officers[value["officer"]].revoked = True
    else:
        officers[value["officer"]] = Officer(value["member"], value.get("roles", [ADMINISTRATOR]))


def _device(case: Case) -> None:
    if case.statement.kind == "revoke-device":
        case.state.devices[case.value["device"]].revoked = True
        return
    case.state.devices[case.statement.device] = Device(case.value["officer"])
    case.state.uses |= device_uses(case)


def _reception(case: Case) -> None:
    ident = case.value["device"]
    case.state.devices[ident].receptions += 1
    case.state.uses |= case.uses(("reception", ident), "reception_ed25519", "reception_mldsa44")


def _contact(case: Case) -> None:
    state, value, kind = case.state, case.value, case.statement.kind
    ident = value["contact"]
    if kind in ("publish-contact", "list-provisional"):
        member = value.get("member", "")
        state.contacts[ident] = Contact(member, value["country"], value.get("officers", []), value["body"])
        if member:
            state.owners[ident] = member
    elif kind != "attest-contact":
        state.contacts[ident].listed = False


def _circle(case: Case) -> None:
    case.state.circles[case.value["circle"]] = case.value["members"]


def _body(case: Case) -> None:
    case.state.erased.add(case.value["body"])


_TAKE = {
    "network": _network,
    "relay": _relay,
    "member": _member,
    "officer": _officer,
    "device": _device,
    "reception": _reception,
    "contact": _contact,
    "circle": _circle,
    "body": _body,
}
