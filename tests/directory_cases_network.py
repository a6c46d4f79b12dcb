"""Cases of the rules of every statement (R1–R7, R39) and of the network (R10–R17)."""

import msgspec
from directory_cases import DAY, Attempt, breaks
from directory_world import ROOTS, START, TWO_ROOTS, World, founding, officer_id, public_key, relay_keys

from crypto.encoding import b64
from directory.statement import (
    AdmitMember,
    AttestContact,
    Continues,
    EnrolOfficer,
    NameRelay,
    Policy,
    ReinstateMember,
    RekeyRoots,
    RetireContact,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    SuspendMember,
)

Both = tuple[Attempt, Attempt]
NEW_ROOTS = ("root-4", "root-5", "root-6")


def keys(*handles: str) -> tuple[str, ...]:
    return tuple(sorted(map(public_key, handles)))


def rekey(w: World, *roots: str, threshold: int = 2, duty: str = "duty") -> RekeyRoots:
    return w.say(RekeyRoots, roots=keys(*roots), threshold=threshold, duty=public_key(duty), policy=Policy())


def admit_pe(w: World, member: str = "pe", country: str = "PE") -> AdmitMember:
    return w.say(AdmitMember, member=member, country=country, body=w.fresh())


def suspend(w: World, seconds: int, member: str = "co") -> SuspendMember:
    return w.say(SuspendMember, member=member, until=w.now + seconds)


def second_relay(w: World, handle: str = "relay 2", **continues: object) -> NameRelay:
    old = {"origin": "log.enlace.example", "size": w.view.size, "root": "0" * 64} | continues
    following = msgspec.convert(old, Continues)
    return w.say(NameRelay, origin="log2.enlace.example", continues=following, **relay_keys(handle))


@breaks("R1")
def nothing_before_the_founding(w: World) -> Both:
    empty = World()
    early = AdmitMember(at=w.now, seq=0, network="0" * 64, member="pe", country="PE", body="0" * 64)
    return (empty, early, ()), (empty, founding(), TWO_ROOTS)


@breaks("R1")
def a_second_founding(w: World) -> Both:
    return (w, founding(), TWO_ROOTS), (w, rekey(w, *ROOTS), TWO_ROOTS)


@breaks("R2")
def another_network_of_the_same_name(w: World) -> Both:
    other = msgspec.structs.replace(admit_pe(w), network="0" * 64)
    return (w, other, TWO_ROOTS), (w, admit_pe(w), TWO_ROOTS)


@breaks("R3")
def a_sequence_that_was_used(w: World) -> Both:
    late = w.say(AttestContact, contact="co-desk", seq=0)
    return (w, late, ("co-night",)), (w, w.say(AttestContact, contact="co-desk"), ("co-night",))


@breaks("R3")
def a_sequence_that_leaves_one_out(w: World) -> Both:
    early = w.say(AttestContact, contact="co-desk", seq=2)
    return (w, early, ("co-night",)), (w, w.say(AttestContact, contact="co-desk"), ("co-night",))


@breaks("R4")
def older_than_the_statement_before(w: World) -> Both:
    last = w.view.subjects["contact/co-desk"].last_at
    backdated = w.say(AttestContact, contact="co-desk", at=last - 1)
    return (w, backdated, ("co-night",)), (w, w.say(AttestContact, contact="co-desk", at=last), ("co-night",))


@breaks("R4")
def more_than_five_minutes_ahead(w: World) -> Both:
    ahead = w.say(AttestContact, contact="co-desk", at=w.now + 301)
    return (w, ahead, ("co-night",)), (w, w.say(AttestContact, contact="co-desk", at=w.now + 300), ("co-night",))


@breaks("R5")
def a_foreigner_beside_the_administrator(w: World) -> Both:
    retiring = w.say(RetireContact, contact="co-desk")
    return (w, retiring, ("co-chief", "ec-chief")), (w, retiring, ("co-chief", "co-deputy"))


@breaks("R5")
def roots_beside_administrators_who_suffice(w: World) -> Both:
    retiring = w.say(RetireContact, contact="co-desk")
    return (w, retiring, ("co-chief", *TWO_ROOTS)), (w, retiring, ("co-chief",))


@breaks("R5")
def the_duty_key_beside_the_roots(w: World) -> Both:
    return (w, suspend(w, DAY), (*TWO_ROOTS, "duty")), (w, suspend(w, DAY), TWO_ROOTS)


@breaks("R5")
def an_administrator_beside_the_roots(w: World) -> Both:
    return (w, admit_pe(w), (*TWO_ROOTS, "co-chief")), (w, admit_pe(w), ROOTS)


@breaks("R6")
def one_root_too_few(w: World) -> Both:
    return (w, admit_pe(w), ("root-3",)), (w, admit_pe(w), ("root-2", "root-3"))


@breaks("R6")
def the_duty_key_for_more_than_suspension(w: World) -> Both:
    ending = w.say(RevokeMember, member="co")
    return (w, ending, ("duty",)), (w, ending, TWO_ROOTS)


@breaks("R6")
def an_administrator_for_the_roots(w: World) -> Both:
    w.admit(suspend(w, DAY), *TWO_ROOTS)
    back = w.say(ReinstateMember, member="co")
    return (w, back, ("co-chief", "co-deputy")), (w, back, TWO_ROOTS)


@breaks("R7")
def the_duty_key_twice(w: World) -> Both:
    w.admit(suspend(w, 3 * DAY), "duty")
    w.now += 4 * DAY  # lapsed, visibly; the roots have not spoken
    spoken = w.copy()
    spoken.admit(spoken.say(ReinstateMember, member="co"), *TWO_ROOTS)
    return (w, suspend(w, DAY), ("duty",)), (spoken, suspend(spoken, DAY), ("duty",))


def rekeyed(w: World, *roots: str) -> World:
    """Re-keyed an hour from here, by a clock that was four minutes ahead."""
    w.now += 3600
    again = msgspec.structs.replace(rekey(w, *roots), at=w.now + 240)
    w.admit(again, "root-1", "root-2")
    return w


@breaks("R39")
def signed_by_roots_who_stay_before_the_re_keying(w: World) -> Both:
    ending = w.say(RevokeMember, member="co")
    return (rekeyed(w.copy(), "root-1", "root-2", "root-4"), ending, TWO_ROOTS), (w, ending, TWO_ROOTS)


@breaks("R39")
def a_second_before_the_re_keying(w: World) -> Both:
    w = rekeyed(w, *ROOTS)
    since = w.view.founded.since
    early, late = (w.say(RevokeMember, member="co", at=at) for at in (since - 1, since))
    return (w, early, TWO_ROOTS), (w, late, TWO_ROOTS)


@breaks("R39")
def before_the_founding(w: World) -> Both:
    early, late = (msgspec.structs.replace(admit_pe(w), at=at) for at in (START - 1, START))
    return (w, early, TWO_ROOTS), (w, late, TWO_ROOTS)


@breaks("R39")
def roots_in_a_missing_administrators_place_before_the_re_keying(w: World) -> Both:
    w.admit(w.say(RevokeOfficer, officer=officer_id("co-deputy"), reason="left"), *TWO_ROOTS, "co-chief")
    w.now += 3600
    enrolling = w.say(EnrolOfficer, officer=officer_id("new"), member="co", roles=("administrator",), body=w.fresh())
    signers = ("co-chief", *TWO_ROOTS)
    return (rekeyed(w.copy(), *ROOTS), enrolling, signers), (w, enrolling, signers)


@breaks("R10")
def a_threshold_of_nobody(w: World) -> Both:
    return (w, rekey(w, *ROOTS, threshold=0), TWO_ROOTS), (w, rekey(w, *ROOTS, threshold=1), TWO_ROOTS)


@breaks("R10")
def a_threshold_that_cannot_be_reached(w: World) -> Both:
    return (w, rekey(w, *ROOTS, threshold=4), ROOTS), (w, rekey(w, *ROOTS, threshold=3), ROOTS)


@breaks("R10")
def a_duty_key_that_is_a_root(w: World) -> Both:
    empty = World()
    return (empty, founding(duty="root-3"), TWO_ROOTS), (empty, founding(duty="duty-2"), TWO_ROOTS)


@breaks("R10")
def a_root_key_comes_online_as_duty_key(w: World) -> Both:
    w.admit(rekey(w, *NEW_ROOTS), *TWO_ROOTS, "root-4", "root-5")
    who = ("root-4", "root-5")
    return (w, rekey(w, *NEW_ROOTS, duty="root-1"), who), (w, rekey(w, *NEW_ROOTS, duty="duty-2"), who)


@breaks("R10")
def an_administrators_device_becomes_a_root(w: World) -> Both:
    mixed = ("root-1", "root-2", "co-chief")
    return (w, rekey(w, *mixed), TWO_ROOTS), (w, rekey(w, "root-1", "root-2", "root-4"), TWO_ROOTS)


@breaks("R10")
def a_root_that_signs_for_anybody(w: World) -> Both:
    good = rekey(w, *ROOTS)
    bad = msgspec.structs.replace(good, roots=tuple(sorted((b64(bytes(32)), *good.roots))))
    return (w, bad, TWO_ROOTS), (w, good, TWO_ROOTS)


@breaks("R11")
def founded_by_too_few(w: World) -> Both:
    empty = World()
    return (empty, founding(), ("root-1",)), (empty, founding(threshold=1), ("root-1",))


@breaks("R12")
def rekeyed_by_the_old_roots_alone(w: World) -> Both:
    statement = rekey(w, *NEW_ROOTS)
    return (w, statement, (*ROOTS, "root-4")), (w, statement, (*TWO_ROOTS, "root-4", "root-5"))


@breaks("R6")
def rekeyed_by_the_new_roots_alone(w: World) -> Both:
    statement = rekey(w, *NEW_ROOTS)
    return (w, statement, ("root-1", *NEW_ROOTS)), (w, statement, (*TWO_ROOTS, *NEW_ROOTS))


@breaks("R13")
def the_first_relay_continues_a_log(w: World) -> Both:
    bare = World.founded(relay=False)
    first = bare.say(NameRelay, origin="log2.enlace.example", **relay_keys("relay 2"))
    return (bare, second_relay(bare), TWO_ROOTS), (bare, first, TWO_ROOTS)


@breaks("R13")
def a_later_relay_continues_nothing(w: World) -> Both:
    loose = w.say(NameRelay, origin="log2.enlace.example", **relay_keys("relay 2"))
    return (w, loose, TWO_ROOTS), (w, second_relay(w), TWO_ROOTS)


@breaks("R13")
def a_relay_continues_a_log_nobody_knows(w: World) -> Both:
    return (w, second_relay(w, origin="log9.enlace.example"), TWO_ROOTS), (w, second_relay(w), TWO_ROOTS)


@breaks("R13")
def a_relay_continues_more_than_there_is(w: World) -> Both:
    return (w, second_relay(w, size=w.view.size + 1), TWO_ROOTS), (w, second_relay(w, size=2), TWO_ROOTS)


@breaks("R13")
def one_key_for_log_and_receipts(w: World) -> Both:
    good = second_relay(w)
    bad = msgspec.structs.replace(good, receipt_mldsa44=good.log_mldsa44)
    return (w, bad, TWO_ROOTS), (w, good, TWO_ROOTS)


@breaks("R13")
def a_device_key_signs_the_log(w: World) -> Both:
    bad = msgspec.structs.replace(second_relay(w), log_ed25519=public_key("co-chief"))
    return (w, bad, TWO_ROOTS), (w, second_relay(w), TWO_ROOTS)


@breaks("R13")
def the_log_keys_of_a_former_relay_come_back(w: World) -> Both:
    receipts = {field: key for field, key in relay_keys().items() if field.startswith("receipt")}
    kept = msgspec.structs.replace(second_relay(w), **receipts)  # those may
    return (w, second_relay(w, "relay"), TWO_ROOTS), (w, kept, TWO_ROOTS)


@breaks("R13")
def half_of_the_log_keys_of_a_former_relay_comes_back(w: World) -> Both:
    good = second_relay(w)
    bad = msgspec.structs.replace(good, log_mldsa44=relay_keys()["log_mldsa44"])
    return (w, bad, TWO_ROOTS), (w, good, TWO_ROOTS)


@breaks("R13")
def a_log_key_that_signs_for_anybody(w: World) -> Both:
    good = second_relay(w)
    return (w, msgspec.structs.replace(good, log_ed25519=b64(bytes(32))), TWO_ROOTS), (w, good, TWO_ROOTS)


@breaks("R14")
def a_member_under_another_countrys_code(w: World) -> Both:
    return (w, admit_pe(w, "pa-police"), TWO_ROOTS), (w, admit_pe(w, "pe-police"), TWO_ROOTS)


@breaks("R14")
def a_member_id_used_again(w: World) -> Both:
    w.admit(w.say(RevokeMember, member="co"), *TWO_ROOTS)
    return (w, admit_pe(w, "co", "CO"), TWO_ROOTS), (w, admit_pe(w, "co-2", "CO"), TWO_ROOTS)


@breaks("R15")
def a_suspension_over_before_it_begins(w: World) -> Both:
    return (w, suspend(w, 0), TWO_ROOTS), (w, suspend(w, 1), TWO_ROOTS)


@breaks("R15")
def the_duty_key_for_longer_than_72_hours(w: World) -> Both:
    return (w, suspend(w, 3 * DAY + 1), ("duty",)), (w, suspend(w, 3 * DAY), ("duty",))


@breaks("R15")
def the_duty_key_with_a_clock_ahead(w: World) -> Both:
    ahead = w.say(SuspendMember, member="co", at=w.now + 300, until=w.now + 300 + 3 * DAY)
    return (w, ahead, ("duty",)), (w, ahead, TWO_ROOTS)


@breaks("R16")
def reinstated_without_a_suspension(w: World) -> Both:
    lapsed = w.copy()
    lapsed.admit(suspend(lapsed, DAY), "duty")
    lapsed.now += 2 * DAY
    back = w.say(ReinstateMember, member="co")
    return (w, back, TWO_ROOTS), (lapsed, lapsed.say(ReinstateMember, member="co"), TWO_ROOTS)


@breaks("R16")
def reinstated_twice(w: World) -> Both:
    w.admit(suspend(w, DAY), *TWO_ROOTS)
    still = w.copy()
    w.admit(w.say(ReinstateMember, member="co"), *TWO_ROOTS)
    back = w.say(ReinstateMember, member="co")
    return (w, back, TWO_ROOTS), (still, still.say(ReinstateMember, member="co"), TWO_ROOTS)


@breaks("R17")
def a_circle_with_a_stranger(w: World) -> Both:
    def circle(*members: str) -> SetCircle:
        return w.say(SetCircle, circle="andean", members=members, body=w.fresh())

    return (w, circle("co", "pe"), TWO_ROOTS), (w, circle("co"), TWO_ROOTS)


@breaks("R25")
def root_keys_in_disorder(w: World) -> Both:
    empty = World()
    backwards = msgspec.structs.replace(founding(), roots=tuple(reversed(keys(*ROOTS))))
    return (empty, backwards, TWO_ROOTS), (empty, founding(), TWO_ROOTS)


@breaks("R25")
def seventeen_roots(w: World) -> Both:
    many = [f"root-{number}" for number in range(1, 18)]
    empty = World()
    return (empty, founding(many), TWO_ROOTS), (empty, founding(many[:16]), TWO_ROOTS)


@breaks("R25")
def no_roots(w: World) -> Both:
    return (w, rekey(w, threshold=0), TWO_ROOTS), (w, rekey(w, "root-1", threshold=1), TWO_ROOTS)


@breaks("R25")
def a_member_twice_in_a_circle(w: World) -> Both:
    def circle(*members: str) -> SetCircle:
        return w.say(SetCircle, circle="trade", members=members, body=w.fresh())

    return (w, circle("co", "co"), TWO_ROOTS), (w, circle("co", "ec"), TWO_ROOTS)


@breaks("R20")
def a_revoked_member_suspended(w: World) -> Both:
    w.admit(w.say(RevokeMember, member="co"), *TWO_ROOTS)
    return (w, suspend(w, DAY), TWO_ROOTS), (w, suspend(w, DAY, "ec"), TWO_ROOTS)


@breaks("R24")
def a_members_names_under_an_officers_commitment(w: World) -> Both:
    taken = w.view.officers[officer_id("co-night")].body
    bad = w.say(AdmitMember, member="pe", country="PE", body=taken)
    return (w, bad, TWO_ROOTS), (w, admit_pe(w), TWO_ROOTS)


@breaks("R20")
def an_officer_of_a_state_not_admitted(w: World) -> Both:
    def enrol(member: str) -> EnrolOfficer:
        return w.say(EnrolOfficer, officer=officer_id("new"), member=member, roles=("coordinator",), body=w.fresh())

    return (w, enrol("pe"), TWO_ROOTS), (w, enrol("co"), ("co-chief",))
