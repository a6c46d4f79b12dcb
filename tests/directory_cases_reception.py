"""Cases of the rule for a device's reception keys (R38)."""

import msgspec
from directory_cases import Attempt, breaks
from directory_cases_members import BOTH_CO, WEAK, revoke, revoke_officer, suspended
from directory_world import TWO_ROOTS, World, public_key, reception_fields

from directory.statement import ChangeReception, RevokeMember

Both = tuple[Attempt, Attempt]


@breaks("R38")
def reception_keys_named_by_an_administrator(w: World) -> Both:
    attempt = w.changing_reception("co-night")
    return (w, attempt, BOTH_CO), (w, attempt, ("co-night",))


@breaks("R38")
def reception_keys_named_by_the_officers_other_device(w: World) -> Both:
    w.admit(w.enrolling("co-night/2"), "co-chief")
    attempt = w.changing_reception("co-night")
    return (w, attempt, ("co-night/2",)), (w, attempt, ("co-night",))


@breaks("R5")
def an_administrator_beside_the_device_that_changes_its_reception_keys(w: World) -> Both:
    attempt = w.changing_reception("co-night")
    return (w, attempt, ("co-night", "co-chief")), (w, attempt, ("co-night",))


@breaks("R38")
def a_device_nobody_enrolled_changes_its_reception_keys(w: World) -> Both:
    return (w, w.changing_reception("co-night/2"), ("co-night",)), (w, w.changing_reception("co-night"), ("co-night",))


@breaks("R38")
def a_revoked_device_changes_its_reception_keys(w: World) -> Both:
    w.admit(w.enrolling("co-night/2"), "co-chief")
    live = w.copy()
    w.admit(revoke(w, "co-night/2"), "co-night")
    attempt = w.changing_reception("co-night/2")
    return (w, attempt, ("co-night/2",)), (live, attempt, ("co-night/2",))


@breaks("R26")
def a_revoked_officers_device_changes_its_reception_keys(w: World) -> Both:
    gone = w.copy()
    gone.admit(revoke_officer(gone, "co-day"), *BOTH_CO)
    attempt = w.changing_reception("co-day", 2)
    return (gone, attempt, ("co-day",)), (w, attempt, ("co-day",))


@breaks("R20")
def a_revoked_members_device_changes_its_reception_keys(w: World) -> Both:
    gone = w.copy()
    gone.admit(gone.say(RevokeMember, member="co"), *TWO_ROOTS)
    attempt = w.changing_reception("co-night")
    return (gone, attempt, ("co-night",)), (w, attempt, ("co-night",))


@breaks("R23")
def a_suspended_members_device_changes_its_reception_keys(w: World) -> Both:
    attempt = w.changing_reception("co-night")
    return (suspended(w.copy()), attempt, ("co-night",)), (w, attempt, ("co-night",))


def _changed(w: World, **keys: str) -> ChangeReception:
    return msgspec.structs.replace(w.changing_reception("co-day", 2), **keys)


@breaks("R38")
def former_reception_keys_taken_again(w: World) -> Both:
    """Whoever has had them could receive again."""
    attempt = _changed(w, **reception_fields("co-day"))
    return (w, attempt, ("co-day",)), (w, _changed(w), ("co-day",))


@breaks("R38")
def half_of_the_reception_keys_kept(w: World) -> Both:
    attempt = _changed(w, reception_mldsa44=reception_fields("co-day", 1)["reception_mldsa44"])
    return (w, attempt, ("co-day",)), (w, _changed(w), ("co-day",))


@breaks("R38")
def the_devices_own_key_as_its_new_reception_key(w: World) -> Both:
    return (w, _changed(w, reception_ed25519=public_key("co-day")), ("co-day",)), (w, _changed(w), ("co-day",))


@breaks("R38")
def another_devices_reception_keys_as_ones_own(w: World) -> Both:
    attempt = _changed(w, **reception_fields("ec-chief"))
    return (w, attempt, ("co-day",)), (w, _changed(w), ("co-day",))


@breaks("R38")
def a_new_reception_key_that_signs_for_anybody(w: World) -> Both:
    return (w, _changed(w, reception_ed25519=WEAK), ("co-day",)), (w, _changed(w), ("co-day",))


@breaks("R28")
def a_new_device_with_what_was_once_a_reception_key(w: World) -> Both:
    good = w.enrolling("co-night/2")
    bad = msgspec.structs.replace(good, **reception_fields("co-day"))
    return (w, bad, ("co-chief",)), (w, good, ("co-chief",))


@breaks("R38")
def a_sixty_fifth_change_of_reception_keys(w: World) -> Both:
    for number in range(2, 64):
        w.admit(w.changing_reception("co-day", number), "co-day")
    before = w.copy()
    w.admit(w.changing_reception("co-day", 64), "co-day")
    return (w, w.changing_reception("co-day", 65), ("co-day",)), (
        before,
        before.changing_reception("co-day", 65),
        ("co-day",),
    )
