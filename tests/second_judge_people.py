"""Rules of a member's people: officers and devices (judge.md, R20 to R29, R38)."""

from second_judge_rules import RULES, Case
from second_judge_signers import Broken, require
from second_judge_state import ADMINISTRATOR, Device

MOST_DEVICES = 8
MOST_RECEPTIONS = 64
MAKE, LAST = "make-administrator", "revoke-last-device"


def _needed(case: Case, *reasons: tuple[bool, str]) -> int:
    """R22: two where one of the reasons holds and policy lists it."""
    return 2 if any(holds and reason in case.state.second for holds, reason in reasons) else 1


def _living(case: Case, officer: str) -> bool:
    """Whether an officer is a living administrator."""
    return officer in case.signers.living(case.state.officers[officer].member)


def _first_administrator(case: Case) -> None:
    case.signers.member_acts(case.value["member"])
    case.signers.by_roots()
    require(not case.signers.living(case.value["member"]), "R21", "an administrator lives")
    case.check_new_officer()
    case.check_body()


def _enrol_officer(case: Case) -> None:
    roles = case.value["roles"]
    case.signers.by_people(case.value["member"], _needed(case, (ADMINISTRATOR in roles, MAKE)))
    case.check_new_officer()
    case.check_set("roles", 1, 3)
    case.check_body()


def _change_roles(case: Case) -> None:
    ident, wanted = case.value["officer"], ADMINISTRATOR in case.value["roles"]
    officer = case.present_officer(ident)
    made = wanted and ADMINISTRATOR not in officer.roles
    needed = _needed(case, (made, MAKE), (not wanted and _living(case, ident), LAST))
    case.signers.by_people(officer.member, needed, ident)
    case.check_set("roles", 1, 3)


def _revoke_officer(case: Case) -> None:
    ident = case.value["officer"]
    officer = case.present_officer(ident)
    case.signers.by_people(officer.member, _needed(case, (_living(case, ident), LAST)), ident)


def device_uses(case: Case) -> dict[str, tuple[str, ...]]:
    """The keys that an enrol-device names, by use."""
    own = case.uses(("device", case.statement.device), "ed25519", "mldsa44")
    return own | case.uses(("reception", case.statement.device), "reception_ed25519", "reception_mldsa44")


def _enrol_device(case: Case) -> None:
    ident = case.value["officer"]
    officer = case.present_officer(ident)
    needed = _needed(case, (ADMINISTRATOR in officer.roles, MAKE))
    case.signers.by_people(officer.member, needed, ident)
    require(case.statement.device not in case.state.devices, "R28", "enrolled before")
    require(len(list(case.state.live_devices(ident, case.now))) < MOST_DEVICES, "R28", "eight devices")
    uses = device_uses(case)
    require(len(uses) == 4, "R28", "a key for itself and for reception")
    case.check_keys(uses, "R28")


def _present_device(case: Case, rule: str) -> Device:
    """A device that was enrolled and is not revoked (R29, R38), of an officer who is not revoked (R26)."""
    device = case.state.devices.get(case.value["device"])
    if device is None or device.revoked:
        raise Broken(rule, "no such device")
    case.present_officer(device.officer)
    return device


def _change_reception(case: Case) -> None:
    device = _present_device(case, "R38")
    case.signers.member_acts(case.state.officers[device.officer].member)
    require(case.value["device"] in case.signers.names, "R38", "not signed by itself")
    case.signers.only([case.value["device"]])
    use = ("reception", case.value["device"])
    case.check_keys(case.uses(use, "reception_ed25519", "reception_mldsa44"), "R38", again=False)
    require(device.receptions < MOST_RECEPTIONS, "R38", "too often")


def _revoke_device(case: Case) -> None:
    device = _present_device(case, "R29")
    officer = case.state.officers[device.officer]
    case.signers.member_acts(officer.member)
    if case.signers.officers() == {device.officer}:
        case.signers.only(case.signers.live())
        return
    last = len(list(case.state.live_devices(device.officer, case.now))) == 1
    needed = _needed(case, (ADMINISTRATOR in officer.roles and last, LAST))
    case.signers.by_people(officer.member, needed, device.officer)


PEOPLE_RULES: RULES = {
    "first-administrator": _first_administrator,
    "enrol-officer": _enrol_officer,
    "change-roles": _change_roles,
    "revoke-officer": _revoke_officer,
    "enrol-device": _enrol_device,
    "change-reception": _change_reception,
    "revoke-device": _revoke_device,
}
