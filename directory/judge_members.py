"""The judge's rules for a member's own people: officers, their roles, their devices.

R20 member         admitted and not revoked
R21 administrator  signed by an administrator of that member, with a live device; where no administrator with a voice
                   lives, by the root threshold instead. The roots appoint a first administrator only where none lives
R22 second         what policy lists takes two different administrators; where only one with a voice lives, that one
                   and the root threshold; where none, the root threshold. Listed by default: making an administrator
                   (enrolling a device for one is making one: whoever holds the new key votes as that officer), and
                   revoking another administrator's last device (to revoke that officer, or to take the role from
                   them, is that too: nobody drives another administrator out alone). Anybody else's lost laptop is
                   revoked by one administrator, at once, be it their last
R23 suspended      nothing a suspended member's people sign counts, and nothing about its people, contacts and bodies,
                   whoever signs
R24 body           a commitment is new, or already that subject's own, and was never erased
R25 sets           sorted, different, within bounds
R26 officer        an id is never used again; a revoked officer stays revoked
R27 no own heir    no officer has a voice in their own roles, in enrolling a device for themselves, or in their own
                   revocation (but see R29)
R28 device         all keys different, never seen before in any use, none weak (R10); at most 8 live devices
                   an officer
R29 revocation     of a device that is enrolled and not yet revoked; an officer may always revoke their own
R38 reception      a device's reception keys are changed by that device's own signature and nobody else's, while it is
                   enrolled and not revoked: never seen before in any use (its own former ones are not used again), none
                   weak; at most 64 times, then the device is enrolled anew
"""

from dataclasses import replace
from typing import Any

from directory.judge_rules import Case, own_keys, pair, refuse, sorted_set
from directory.statement import (
    ChangeReception,
    ChangeRoles,
    EnrolDevice,
    EnrolOfficer,
    FirstAdministrator,
    RevokeDevice,
    RevokeOfficer,
    Role,
    Second,
)
from directory.view import NEVER, Device, Officer, Reception, View

MOST_DEVICES = 8
MOST_RECEPTIONS = 64  # so that nobody who holds one device's key fills the log and every desk's memory
MOST_ROLES = 3


def first_administrator(case: Case[FirstAdministrator]) -> View:
    """Appoint an administrator of a member that has none alive."""
    statement = case.statement
    case.by_roots("appointing a first administrator")
    case.active(statement.member)  # a suspended one's administrators live again when it ends
    if case.view.administrators(statement.member, case.now):
        refuse("R21", f"{statement.member} has a live administrator, who enrols the others")
    return _new_officer(case, statement.member, ("administrator",), statement.body)


def enrol_officer(case: Case[EnrolOfficer]) -> View:
    """Enrol an officer of the member, without a device yet."""
    statement = case.statement
    sorted_set(statement.roles, "roles", MOST_ROLES, 1)
    making = "administrator" in statement.roles
    case.by_member(statement.member, "enrolling an officer", making and _listed(case.view, "make-administrator"))
    return _new_officer(case, statement.member, statement.roles, statement.body)


def change_roles(case: Case[ChangeRoles]) -> View:
    """Give an officer other roles."""
    statement = case.statement
    sorted_set(statement.roles, "roles", MOST_ROLES, 1)
    officer = _officer(case, statement.officer)
    holds, keeps = officer.has("administrator", case.here), "administrator" in statement.roles
    making = keeps and not holds and _listed(case.view, "make-administrator")
    case.by_member(
        officer.member,
        "changing roles",
        making or (holds and not keeps and _last(case, statement.officer)),
        statement.officer,
    )
    record = replace(officer, roles=(*officer.roles, (case.here, statement.roles)))
    return _set_officer(case.view, statement.officer, record)


def revoke_officer(case: Case[RevokeOfficer]) -> View:
    """Revoke an officer with every device of theirs."""
    statement = case.statement
    officer = _officer(case, statement.officer)
    case.by_member(officer.member, "revoking an officer", _last(case, statement.officer), statement.officer)
    return _set_officer(case.view, statement.officer, replace(officer, revoked=case.here))


def enrol_device(case: Case[EnrolDevice]) -> View:
    """Enrol a device for an officer."""
    statement = case.statement
    officer = _officer(case, statement.officer)
    making = officer.has("administrator", case.here) and _listed(case.view, "make-administrator")
    case.by_member(officer.member, "enrolling a device", making, statement.officer)
    keys = pair(statement.ed25519, statement.mldsa44)
    reception = pair(statement.reception_ed25519, statement.reception_mldsa44)
    if keys.id in case.view.devices:
        refuse("R28", "this device was enrolled before; make new keys")
    if len(case.view.live_devices(statement.officer, case.now)) >= MOST_DEVICES:
        refuse("R28", f"the officer has {MOST_DEVICES} live devices; revoke one first")
    device = Device(statement.officer, keys, (Reception(reception, case.here),), case.here)
    view = own_keys(case.view, keys.id, (keys.ed25519, keys.mldsa44), "R28")
    view = own_keys(view, f"{keys.id}/reception", (reception.ed25519, reception.mldsa44), "R28")
    view = _set_officer(view, statement.officer, replace(officer, devices=(*officer.devices, keys.id)))
    return replace(view, devices=view.devices.set(keys.id, device))


def revoke_device(case: Case[RevokeDevice]) -> View:
    """Revoke a device."""
    statement = case.statement
    device = case.view.devices.get(statement.device)
    if device is None or device.revoked != NEVER:
        refuse("R29", "no such device is enrolled, or it is revoked already")
    officer = _officer(case, device.officer)
    signed = case.officers()
    if set(signed.values()) == {device.officer}:
        case.nobody_but(signed)
    else:
        last = case.view.live_devices(device.officer, case.now) == (statement.device,) and _last(case, device.officer)
        case.by_member(officer.member, "revoking a device", last, device.officer)
    record = replace(device, revoked=case.here, reason=statement.reason)
    view = replace(case.view, devices=case.view.devices.set(statement.device, record))
    return replace(view, touched=view.touched.set(device.officer, case.here))


def change_reception(case: Case[ChangeReception]) -> View:
    """Put new reception keys in the place of a device's; who reads for its officer does not change."""
    statement = case.statement
    device = case.view.devices.get(statement.device)
    if device is None or device.revoked != NEVER:
        refuse("R38", "no such device is enrolled, or it was revoked")
    case.active(_officer(case, device.officer).member)
    if statement.device not in case.signers:
        refuse("R38", "a device's reception keys are changed by that device itself")
    case.nobody_but((statement.device,))
    reception = pair(statement.reception_ed25519, statement.reception_mldsa44)
    keys = (reception.ed25519, reception.mldsa44)
    if any(each in case.view.keys for each in keys):
        refuse("R38", "a key of this statement was named before: make new keys")
    if len(device.receptions) > MOST_RECEPTIONS:
        refuse("R38", f"the device changed its reception keys {MOST_RECEPTIONS} times; enrol it anew")
    former = replace(device.receptions[-1], replaced=case.here, replaced_at=statement.at)
    receptions = (*device.receptions[:-1], former, Reception(reception, case.here))
    view = own_keys(case.view, f"{statement.device}/reception", keys, "R38")
    return replace(view, devices=view.devices.set(statement.device, replace(device, receptions=receptions)))


def _new_officer(
    case: Case[FirstAdministrator] | Case[EnrolOfficer], member: str, roles: tuple[Role, ...], body: str
) -> View:
    officer = case.statement.officer
    if officer in case.view.officers:
        refuse("R26", "an officer of this id was enrolled before; draw a fresh id")
    view = case.with_body(body, case.statement.subject, member)
    record = Officer(member, body, ((case.here, roles),), case.here)
    return _set_officer(view, officer, record)


def _officer(
    case: Case[ChangeRoles] | Case[RevokeOfficer] | Case[EnrolDevice] | Case[RevokeDevice] | Case[ChangeReception],
    officer: str,
) -> Officer:
    record = case.view.officers.get(officer)
    if record is None:
        refuse("R26", "no such officer was enrolled")
    if record.revoked != NEVER:
        refuse("R26", "the officer was revoked")
    return record


def _set_officer(view: View, officer: str, record: Officer) -> View:
    """The view with an officer's new record; what was sealed to the officer before is to be sealed anew."""
    view = replace(view, officers=view.officers.set(officer, record), touched=view.touched.set(officer, view.size))
    member = view.members[record.member]
    holds = record.revoked == NEVER and "administrator" in record.roles[-1][1]
    if holds == (officer in member.administrators):
        return view
    others = tuple(each for each in member.administrators if each != officer)
    member = replace(member, administrators=(*others, officer) if holds else others)
    return replace(view, members=view.members.set(record.member, member))


def _last(case: Case[Any], officer: str) -> bool:
    """Whether silencing an officer takes a second administrator: a live administrator, and policy lists it (R22)."""
    living = case.view.officers[officer].has("administrator", case.here) and case.view.live_devices(officer, case.now)
    return bool(living) and _listed(case.view, "revoke-last-device")


def _listed(view: View, matter: Second) -> bool:
    return matter in view.founded.policy.second
