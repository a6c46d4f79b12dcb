"""Cases of the rules for a member's own people (R20–R29)."""

import msgspec
from directory_cases import DAY, Attempt, breaks
from directory_world import TWO_ROOTS, World, device_keys, local_id, officer_id, public_key

from crypto.encoding import b64
from directory.statement import (
    ChangeRoles,
    EnrolDevice,
    EnrolOfficer,
    EraseBody,
    FirstAdministrator,
    RevokeDevice,
    RevokeMember,
    RevokeOfficer,
    Role,
    SuspendMember,
)

Both = tuple[Attempt, Attempt]
WEAK = b64((1).to_bytes(32, "little"))  # the neutral point
BOTH_CO = ("co-chief", "co-deputy")


def enrol(w: World, handle: str, member: str, *roles: Role, body: str = "") -> EnrolOfficer:
    return w.say(EnrolOfficer, officer=officer_id(handle), member=member, roles=roles, body=body or w.fresh())


def roles(w: World, handle: str, *held: Role) -> ChangeRoles:
    return w.say(ChangeRoles, officer=officer_id(handle), roles=held)


def revoke(w: World, device: str) -> RevokeDevice:
    return w.say(RevokeDevice, device=local_id(device), reason="stolen")


def revoke_officer(w: World, handle: str) -> RevokeOfficer:
    return w.say(RevokeOfficer, officer=officer_id(handle), reason="left")


def first(w: World, handle: str, member: str) -> FirstAdministrator:
    return w.say(FirstAdministrator, officer=officer_id(handle), member=member, body=w.fresh())


def suspended(w: World, member: str = "co") -> World:
    other = w.copy()
    other.admit(other.say(SuspendMember, member=member, until=w.now + DAY), "duty")
    return other


@breaks("R20")
def an_officer_of_a_revoked_member(w: World) -> Both:
    w.admit(w.say(RevokeMember, member="ec"), *TWO_ROOTS)
    dead, live = (enrol(w, "new", member, "coordinator") for member in ("ec", "co"))
    return (w, dead, ("ec-chief",)), (w, live, ("co-chief",))


@breaks("R20")
def an_administrator_for_a_revoked_member(w: World) -> Both:
    gone = w.copy()
    gone.admit(gone.say(RevokeMember, member="ec"), *TWO_ROOTS)
    w.admit(revoke(w, "ec-chief"), "ec-chief")
    return (gone, first(gone, "new", "ec"), TWO_ROOTS), (w, first(w, "new", "ec"), TWO_ROOTS)


@breaks("R21")
def an_officer_without_the_role(w: World) -> Both:
    return (w, enrol(w, "new", "co", "coordinator"), ("co-night",)), (w, enrol(w, "new", "co", "coordinator"), BOTH_CO)


@breaks("R21")
def an_administrator_of_another_member(w: World) -> Both:
    attempt = enrol(w, "new", "co", "coordinator")
    return (w, attempt, ("ec-chief",)), (w, attempt, ("co-deputy",))


@breaks("R21")
def an_administrator_on_a_revoked_laptop(w: World) -> Both:
    w.admit(revoke(w, "co-deputy"), "co-deputy")
    attempt = enrol(w, "new", "co", "coordinator")
    return (w, attempt, ("co-deputy",)), (w, attempt, ("co-chief",))


@breaks("R21")
def one_root_for_a_member_without_administrators(w: World) -> Both:
    w.admit(revoke(w, "ec-chief"), "ec-chief")
    attempt = enrol(w, "new", "ec", "coordinator")
    return (w, attempt, ("root-1",)), (w, attempt, TWO_ROOTS)


@breaks("R21")
def roots_where_an_administrator_lives(w: World) -> Both:
    attempt = enrol(w, "new", "ec", "coordinator")
    return (w, attempt, TWO_ROOTS), (w, attempt, ("ec-chief",))


@breaks("R21")
def a_first_administrator_where_one_lives(w: World) -> Both:
    orphaned = w.copy()
    orphaned.admit(revoke(orphaned, "ec-chief"), "ec-chief")
    return (w, first(w, "new", "ec"), TWO_ROOTS), (orphaned, first(orphaned, "new", "ec"), TWO_ROOTS)


@breaks("R22")
def a_lone_administrator_makes_another(w: World) -> Both:
    attempt = enrol(w, "new", "co", "administrator")
    return (w, attempt, ("co-chief",)), (w, attempt, BOTH_CO)


@breaks("R22")
def one_person_on_two_devices_makes_an_administrator(w: World) -> Both:
    w.admit(w.enrolling("co-chief/2"), "co-deputy", *TWO_ROOTS)
    attempt = roles(w, "co-night", "administrator", "coordinator")
    return (w, attempt, ("co-chief", "co-chief/2")), (w, attempt, ("co-chief", "co-chief/2", "co-deputy"))


@breaks("R22")
def the_only_administrator_makes_another_without_the_roots(w: World) -> Both:
    attempt = enrol(w, "new", "ec", "administrator")
    return (w, attempt, ("ec-chief",)), (w, attempt, ("ec-chief", *TWO_ROOTS))


@breaks("R22")
def the_roots_make_an_administrator_over_ones_head(w: World) -> Both:
    attempt = enrol(w, "new", "ec", "administrator")
    return (w, attempt, TWO_ROOTS), (w, attempt, ("ec-chief", "root-2", "root-3"))


@breaks("R22")
def a_new_laptop_for_an_administrator_is_an_administrator(w: World) -> Both:
    attempt = w.enrolling("co-deputy/2")
    return (w, attempt, ("co-chief",)), (w, attempt, ("co-chief", *TWO_ROOTS))


@breaks("R22")
def another_administrators_last_device(w: World) -> Both:
    return (w, revoke(w, "co-deputy"), ("co-chief",)), (w, revoke(w, "co-night"), ("co-chief",))


@breaks("R22")
def an_administrator_with_a_device(w: World) -> Both:
    bare = w.copy()
    bare.admit(revoke(bare, "co-deputy"), "co-deputy")
    attempt = revoke_officer(w, "co-deputy")
    return (w, attempt, ("co-chief",)), (bare, attempt, ("co-chief",))


@breaks("R22")
def the_other_administrator_driven_out_by_roles(w: World) -> Both:
    attempt = roles(w, "co-deputy", "investigator")
    return (w, attempt, ("co-chief",)), (w, attempt, ("co-chief", *TWO_ROOTS))


@breaks("R23")
def an_administrator_of_a_suspended_member(w: World) -> Both:
    out, attempt = suspended(w), enrol(w, "new", "co", "coordinator")
    back = out.copy()
    back.now += DAY
    return (out, attempt, ("co-chief",)), (back, attempt, ("co-chief",))


@breaks("R23")
def the_roots_for_a_suspended_member(w: World) -> Both:
    w.admit(revoke(w, "ec-chief"), "ec-chief")
    out, attempt = suspended(w, "ec"), enrol(w, "new", "ec", "coordinator")
    return (out, attempt, TWO_ROOTS), (w, attempt, TWO_ROOTS)


@breaks("R23")
def an_administrator_for_a_suspended_member(w: World) -> Both:
    w.admit(revoke(w, "ec-chief"), "ec-chief")
    out = suspended(w, "ec")
    return (out, first(out, "new", "ec"), TWO_ROOTS), (w, first(w, "new", "ec"), TWO_ROOTS)


@breaks("R23")
def their_own_device_while_suspended(w: World) -> Both:
    return (suspended(w), revoke(w, "co-night"), ("co-night",)), (w, revoke(w, "co-night"), ("co-night",))


@breaks("R24")
def another_officers_commitment(w: World) -> Both:
    taken = w.view.officers[officer_id("co-night")].body
    bad, good = (enrol(w, "new", "co", "coordinator", body=each) for each in (taken, ""))
    return (w, bad, ("co-chief",)), (w, good, ("co-chief",))


@breaks("R24")
def an_erased_commitment(w: World) -> Both:
    old = w.view.contacts["co-desk"].body
    again = w.publishing("co-desk", "co", body=old)
    gone = w.copy()
    gone.admit(gone.say(EraseBody, body=old), "co-chief")
    return (gone, again, ("co-chief",)), (w, again, ("co-chief",))


@breaks("R25")
def roles_in_disorder(w: World) -> Both:
    bad, good = roles(w, "co-day", "investigator", "coordinator"), roles(w, "co-day", "coordinator", "investigator")
    return (w, bad, ("co-chief",)), (w, good, ("co-chief",))


@breaks("R25")
def a_role_twice(w: World) -> Both:
    bad, good = enrol(w, "new", "co", "coordinator", "coordinator"), enrol(w, "new", "co", "coordinator")
    return (w, bad, ("co-chief",)), (w, good, ("co-chief",))


@breaks("R25")
def an_officer_whose_last_role_is_taken(w: World) -> Both:
    return (w, roles(w, "co-day"), ("co-chief",)), (w, roles(w, "co-day", "coordinator"), ("co-chief",))


@breaks("R25")
def an_officer_without_a_role(w: World) -> Both:
    return (w, enrol(w, "new", "co"), ("co-chief",)), (w, enrol(w, "new", "co", "investigator"), ("co-chief",))


@breaks("R26")
def an_officer_id_used_again(w: World) -> Both:
    taken = enrol(w, "ec-chief", "co", "coordinator")
    return (w, taken, ("co-chief",)), (w, enrol(w, "new", "co", "coordinator"), ("co-chief",))


@breaks("R26")
def an_administrator_id_used_again(w: World) -> Both:
    w.admit(revoke(w, "ec-chief"), "ec-chief")
    return (w, first(w, "ec-chief", "ec"), TWO_ROOTS), (w, first(w, "new", "ec"), TWO_ROOTS)


@breaks("R26")
def an_officer_nobody_enrolled(w: World) -> Both:
    attempt = roles(w, "new", "coordinator")
    return (w, attempt, ("co-chief",)), (w, roles(w, "co-day", "coordinator"), ("co-chief",))


@breaks("R26")
def a_revoked_officer_comes_back(w: World) -> Both:
    gone = w.copy()
    gone.admit(revoke_officer(gone, "co-day"), *BOTH_CO)
    attempt = "co-day/2"
    return (gone, gone.enrolling(attempt), ("co-chief",)), (w, w.enrolling(attempt), ("co-chief",))


@breaks("R27")
def ones_own_roles(w: World) -> Both:
    attempt = roles(w, "co-chief", "administrator", "coordinator")
    return (w, attempt, ("co-chief",)), (w, attempt, BOTH_CO)


@breaks("R27")
def ones_own_heir(w: World) -> Both:
    attempt = w.enrolling("ec-chief/2")
    return (w, attempt, ("ec-chief",)), (w, attempt, TWO_ROOTS)


@breaks("R27")
def ones_own_heir_with_the_others_help(w: World) -> Both:
    attempt = w.enrolling("co-chief/2")
    return (w, attempt, BOTH_CO), (w, attempt, ("co-deputy", "co-chief", *TWO_ROOTS))


@breaks("R28")
def a_device_enrolled_again(w: World) -> Both:
    w.admit(revoke(w, "co-night"), "co-night")
    return (w, w.enrolling("co-night"), ("co-chief",)), (w, w.enrolling("co-night/2"), ("co-chief",))


def _with(w: World, **keys: str) -> EnrolDevice:
    return msgspec.structs.replace(w.enrolling("co-night/2"), **keys)


@breaks("R28")
def reception_with_the_devices_own_key(w: World) -> Both:
    bad = _with(w, reception_ed25519=public_key("co-night/2"))
    return (w, bad, ("co-chief",)), (w, _with(w), ("co-chief",))


@breaks("R28")
def reception_with_the_devices_own_ml_dsa_key(w: World) -> Both:
    bad = _with(w, reception_mldsa44=device_keys("co-night/2")["mldsa44"])
    return (w, bad, ("co-chief",)), (w, _with(w), ("co-chief",))


@breaks("R28")
def another_members_ed25519_key(w: World) -> Both:
    return (w, _with(w, ed25519=public_key("ec-chief")), ("co-chief",)), (w, _with(w), ("co-chief",))


@breaks("R28")
def another_members_ml_dsa_key(w: World) -> Both:
    bad = _with(w, mldsa44=device_keys("ec-chief")["mldsa44"])
    return (w, bad, ("co-chief",)), (w, _with(w), ("co-chief",))


@breaks("R28")
def a_root_key_in_a_laptop(w: World) -> Both:
    return (w, _with(w, reception_ed25519=public_key("root-3")), ("co-chief",)), (w, _with(w), ("co-chief",))


@breaks("R28")
def the_duty_key_in_a_laptop(w: World) -> Both:
    return (w, _with(w, ed25519=public_key("duty")), ("co-chief",)), (w, _with(w), ("co-chief",))


@breaks("R28")
def a_key_that_signs_for_anybody(w: World) -> Both:
    return (w, _with(w, reception_ed25519=WEAK), ("co-chief",)), (w, _with(w), ("co-chief",))


@breaks("R28")
def a_ninth_device(w: World) -> Both:
    for number in range(2, 8):
        w.admit(w.enrolling(f"co-night/{number}"), "co-chief")
    seven = w.copy()
    w.admit(w.enrolling("co-night/8"), "co-chief")
    attempt = w.enrolling("co-night/9")
    return (w, attempt, ("co-chief",)), (seven, attempt, ("co-chief",))


@breaks("R29")
def a_device_nobody_enrolled(w: World) -> Both:
    return (w, revoke(w, "co-night/2"), ("co-night",)), (w, revoke(w, "co-night"), ("co-night",))


@breaks("R29")
def a_device_revoked_twice(w: World) -> Both:
    w.admit(w.enrolling("co-night/2"), "co-chief")
    w.admit(revoke(w, "co-night/2"), "co-chief")
    return (w, revoke(w, "co-night/2"), ("co-night",)), (w, revoke(w, "co-night"), ("co-night",))


@breaks("R5")
def somebody_else_beside_ones_own_revocation(w: World) -> Both:
    attempt = revoke(w, "co-night")
    return (w, attempt, ("co-night", "root-1")), (w, attempt, ("co-night",))
