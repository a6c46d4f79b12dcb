"""Cases of the rules for points of contact and bodies (R30–R37)."""

from collections.abc import Iterable

import msgspec
from directory_cases import Attempt, breaks
from directory_world import TWO_ROOTS, World, officer_id

from directory.statement import (
    AdmitMember,
    AttestContact,
    ChangeRoles,
    EraseBody,
    ListProvisional,
    PublishContact,
    RetireContact,
    RevokeMember,
    RevokeOfficer,
    SetCircle,
    WithdrawProvisional,
)

Both = tuple[Attempt, Attempt]
CHIEF = ("co-chief",)


def attest(w: World, contact: str = "co-desk") -> AttestContact:
    return w.say(AttestContact, contact=contact)


def retire(w: World, contact: str = "co-desk") -> RetireContact:
    return w.say(RetireContact, contact=contact)


def listing(w: World, contact: str, country: str) -> ListProvisional:
    return w.say(ListProvisional, contact=contact, country=country, function="extradition", body=w.fresh())


def desk(
    w: World, officers: Iterable[str] = (), escalation: Iterable[str] = (), circles: tuple[str, ...] = ()
) -> PublishContact:
    return w.publishing("co-desk", "co", officers, escalation, circles=circles)


def admit_pe(w: World, member: str = "pe") -> World:
    """The world in which pe joined, with an administrator pe-chief."""
    other = w.copy()
    other.add_member(member, f"{member}-chief")
    return other


@breaks("R30")
def a_contact_under_another_countrys_code(w: World) -> Both:
    return (w, w.publishing("ec-tip-line", "co"), CHIEF), (w, w.publishing("co-tip-line", "co"), CHIEF)


@breaks("R30")
def a_contact_of_another_member(w: World) -> Both:
    w.add_member("co-customs", "co-customs-chief")
    who = ("co-customs-chief",)
    return (w, w.publishing("co-desk", "co-customs"), who), (w, w.publishing("co-customs-desk", "co-customs"), who)


@breaks("R30")
def a_retired_contact_of_another_member(w: World) -> Both:
    w.add_member("co-customs", "co-customs-chief")
    w.admit(retire(w), "co-chief")
    return (w, w.publishing("co-desk", "co-customs"), ("co-customs-chief",)), (w, desk(w), CHIEF)


@breaks("R30")
def attested_after_it_was_retired(w: World) -> Both:
    w.admit(retire(w), "co-chief")
    return (w, attest(w), CHIEF), (w, attest(w, "co-court"), CHIEF)


@breaks("R30")
def a_contact_that_was_never_listed(w: World) -> Both:
    return (w, retire(w, "co-nobody"), CHIEF), (w, retire(w), CHIEF)


@breaks("R30")
def a_provisional_contact_retired_by_a_foreigner(w: World) -> Both:
    joined = admit_pe(w)
    return (w, retire(w, "pe-desk"), CHIEF), (joined, retire(joined, "pe-desk"), ("pe-chief",))


@breaks("R30")
def a_provisional_contact_over_one_that_was_confirmed(w: World) -> Both:
    w.admit(w.say(RevokeMember, member="co"), *TWO_ROOTS)
    return (w, listing(w, "co-desk", "CO"), TWO_ROOTS), (w, listing(w, "co-desk-2", "CO"), TWO_ROOTS)


@breaks("R30")
def a_provisional_contact_under_another_countrys_code(w: World) -> Both:
    return (w, listing(w, "pe-court", "PA"), TWO_ROOTS), (w, listing(w, "pe-court", "PE"), TWO_ROOTS)


@breaks("R31")
def a_contact_of_another_country(w: World) -> Both:
    def publish(contact: str, country: str) -> PublishContact:
        return w.publishing(contact, "co", country=country)

    return (w, publish("ve-desk", "VE"), CHIEF), (w, publish("co-desk", "CO"), CHIEF)


@breaks("R32")
def a_foreign_officer_serves(w: World) -> Both:
    return (w, desk(w, ["co-night", "ec-chief"]), CHIEF), (w, desk(w, ["co-night", "co-chief"]), CHIEF)


@breaks("R32")
def a_revoked_officer_serves(w: World) -> Both:
    w.admit(w.say(RevokeOfficer, officer=officer_id("co-night"), reason="left"), "co-chief", "co-deputy")
    return (w, desk(w, ["co-night"]), CHIEF), (w, desk(w), CHIEF)


@breaks("R32")
def an_officer_nobody_enrolled_serves(w: World) -> Both:
    return (w, desk(w, ["nobody"]), CHIEF), (w, desk(w, ["co-night"]), CHIEF)


@breaks("R25")
def officers_in_disorder(w: World) -> Both:
    good = w.publishing("co-desk", "co", ["co-night", "co-chief"])
    bad = msgspec.structs.replace(good, officers=tuple(reversed(good.officers)))
    return (w, bad, CHIEF), (w, good, CHIEF)


@breaks("R25")
def sixty_five_officers(w: World) -> Both:
    return (w, desk(w, [f"officer {number}" for number in range(31)]), CHIEF), (w, desk(w, ["co-night"]), CHIEF)


@breaks("R33")
def its_own_alternate(w: World) -> Both:
    return (w, desk(w, escalation=["co-desk"]), CHIEF), (w, desk(w, escalation=["co-court"]), CHIEF)


@breaks("R33")
def another_members_alternate(w: World) -> Both:
    return (w, desk(w, escalation=["ec-desk"]), CHIEF), (w, desk(w, escalation=["co-court"]), CHIEF)


@breaks("R33")
def a_retired_alternate(w: World) -> Both:
    gone = w.copy()
    gone.admit(retire(gone, "co-court"), "co-chief")
    attempt = desk(w, escalation=["co-court"])
    return (gone, attempt, CHIEF), (w, attempt, CHIEF)


@breaks("R33")
def an_alternate_twice(w: World) -> Both:
    return (w, desk(w, escalation=["co-court", "co-court"]), CHIEF), (w, desk(w, escalation=["co-court"]), CHIEF)


@breaks("R33")
def nine_alternates(w: World) -> Both:
    names = [f"co-line-{number}" for number in range(9)]
    for name in names:
        w.add_contact(name, "co")
    return (w, desk(w, escalation=names), CHIEF), (w, desk(w, escalation=reversed(names[:8])), CHIEF)


@breaks("R34")
def a_circle_that_does_not_exist(w: World) -> Both:
    return (w, desk(w, circles=("nobody",)), CHIEF), (w, desk(w, circles=("andean",)), CHIEF)


@breaks("R25")
def nine_circles(w: World) -> Both:
    names = tuple(f"circle-{number}" for number in range(9))
    for name in names:
        w.admit(w.say(SetCircle, circle=name, members=("co",), body=w.fresh()), *TWO_ROOTS)
    return (w, desk(w, circles=names), CHIEF), (w, desk(w, circles=names[1:]), CHIEF)


@breaks("R25")
def a_circle_twice(w: World) -> Both:
    return (w, desk(w, circles=("andean", "andean")), CHIEF), (w, desk(w, circles=("andean",)), CHIEF)


@breaks("R35")
def a_provisional_contact_attested(w: World) -> Both:
    joined = admit_pe(w)
    claimed = joined.copy()
    claimed.add_contact("pe-desk", "pe")
    who = ("pe-chief",)
    return (joined, attest(joined, "pe-desk"), who), (claimed, attest(claimed, "pe-desk"), who)


@breaks("R21")
def attested_by_one_who_does_not_serve(w: World) -> Both:
    return (w, attest(w), ("co-day",)), (w, attest(w), ("co-night",))


@breaks("R21")
def attested_by_one_who_is_no_coordinator_any_more(w: World) -> Both:
    demoted = w.copy()
    demoted.admit(w.say(ChangeRoles, officer=officer_id("co-night"), roles=("investigator",)), "co-chief")
    return (demoted, attest(demoted), ("co-night",)), (demoted, attest(demoted), ("co-deputy",))


@breaks("R21")
def attested_by_nobody_who_lives(w: World) -> Both:
    w.admit(w.say(RevokeOfficer, officer=officer_id("co-night"), reason="left"), "co-chief", "co-deputy")
    return (w, attest(w), ("co-night",)), (w, attest(w), CHIEF)


@breaks("R5")
def attested_by_an_officer_and_a_root(w: World) -> Both:
    return (w, attest(w), ("co-night", "root-1")), (w, attest(w), ("co-night",))


@breaks("R5")
def attested_by_an_officer_and_an_administrator(w: World) -> Both:
    return (w, attest(w), ("co-night", "co-chief")), (w, attest(w), ("co-deputy", "co-chief"))


@breaks("R36")
def a_provisional_contact_of_a_member_state(w: World) -> Both:
    return (w, listing(w, "co-other", "CO"), TWO_ROOTS), (w, listing(w, "pe-other", "PE"), TWO_ROOTS)


@breaks("R36")
def a_confirmed_contact_withdrawn(w: World) -> Both:
    def withdraw(contact: str) -> WithdrawProvisional:
        return w.say(WithdrawProvisional, contact=contact)

    return (w, withdraw("co-desk"), TWO_ROOTS), (w, withdraw("pe-desk"), TWO_ROOTS)


@breaks("R6")
def a_provisional_contact_listed_by_a_member(w: World) -> Both:
    return (w, listing(w, "pe-other", "PE"), CHIEF), (w, listing(w, "pe-desk", "PE"), TWO_ROOTS)


@breaks("R37")
def erased_before_it_was_written(w: World) -> Both:
    def erase(body: str) -> EraseBody:
        return w.say(EraseBody, body=body)

    return (w, erase("0" * 64), CHIEF), (w, erase(w.view.contacts["co-desk"].body), CHIEF)


@breaks("R37")
def erased_twice(w: World) -> Both:
    body, other = w.view.contacts["co-desk"].body, w.view.contacts["co-court"].body
    w.admit(w.say(EraseBody, body=body), "co-chief")
    return (w, w.say(EraseBody, body=body), CHIEF), (w, w.say(EraseBody, body=other), CHIEF)


@breaks("R21")
def a_body_of_another_member(w: World) -> Both:
    erase = w.say(EraseBody, body=w.view.contacts["co-desk"].body)
    return (w, erase, ("ec-chief",)), (w, erase, CHIEF)


@breaks("R6")
def a_members_names_erased_by_the_member(w: World) -> Both:
    erase = w.say(EraseBody, body=w.view.members["co"].body)
    return (w, erase, CHIEF), (w, erase, TWO_ROOTS)


@breaks("R6")
def the_bodies_of_a_revoked_member_erased_by_it(w: World) -> Both:
    w.admit(w.say(RevokeMember, member="co"), *TWO_ROOTS)
    erase = w.say(EraseBody, body=w.view.officers[officer_id("co-night")].body)
    return (w, erase, CHIEF), (w, erase, TWO_ROOTS)


@breaks("R6")
def a_provisional_body_erased_by_a_member(w: World) -> Both:
    joined = admit_pe(w)
    erase = joined.say(EraseBody, body=joined.view.contacts["pe-desk"].body)
    return (joined, erase, ("pe-chief",)), (joined, erase, TWO_ROOTS)


@breaks("R14")
def a_second_admission(w: World) -> Both:
    def admit(member: str) -> AdmitMember:
        return w.say(AdmitMember, member=member, country="CO", body=w.fresh())

    return (w, admit("co"), TWO_ROOTS), (w, admit("co-customs"), TWO_ROOTS)
