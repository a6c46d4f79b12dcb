"""What a record says after a statement about it: where it ended, when it was renewed, which keys were in force."""

from dataclasses import replace

import msgspec
import pytest
from directory_cases import DAY, usual
from directory_world import (
    NAME,
    ROOTS,
    START,
    TWO_ROOTS,
    World,
    founding,
    key_pair,
    local_id,
    officer_id,
    reception_handle,
    relay_keys,
)
from immutables import Map

from directory.judge import Refused, network_id
from directory.statement import (
    AdmitMember,
    AnyStatement,
    AttestContact,
    ChangeRoles,
    Continues,
    EnrolOfficer,
    FoundNetwork,
    ListProvisional,
    NameRelay,
    Policy,
    ReinstateMember,
    RetireContact,
    RevokeDevice,
    RevokeOfficer,
    SetCircle,
    SuspendMember,
    WithdrawProvisional,
)
from directory.view import NEVER, Body, Contact, Device, Member, Network, Officer, Reception, Relay, Subject


def test_an_end_of_a_suspension_stays_where_it_was() -> None:
    world = usual()
    ends = []
    for _ in range(2):
        world.admit(world.say(SuspendMember, member="co", until=world.now + 9 * DAY), *TWO_ROOTS)
        world.admit(world.say(ReinstateMember, member="co"), *TWO_ROOTS)
        ends.append(world.view.size - 1)
        world.now += DAY
    assert [each.ended for each in world.view.members["co"].suspensions] == ends


def test_an_attestation_renews_the_entry_and_nothing_else() -> None:
    world = usual()
    before = world.view.contacts["co-desk"]
    world.now += 3 * DAY
    world.admit(world.say(AttestContact, contact="co-desk"), "co-night")
    after = world.view.contacts["co-desk"]
    assert (after.attested, after.attested_at) == (world.view.size - 1, world.now)
    assert replace(after, attested=before.attested, attested_at=before.attested_at) == before
    assert world.view.contacts.delete("co-desk") == usual().view.contacts.delete("co-desk")


def test_a_contact_is_what_was_published() -> None:
    world, night = usual(), officer_id("co-night")
    one = world.publishing(
        "co-line",
        "co",
        ["co-night"],
        ["co-court", "co-desk"],
        circles=("andean",),
        function="customs",
        at=world.now - 9,
    )
    here = world.view.size
    world.admit(one, "co-chief")
    assert world.view.contacts["co-line"] == Contact(
        id="co-line", member="co", country="CO", function="customs", body=one.body, officers=(night,),
        escalation=("co-court", "co-desk"), circles=("andean",), published=here, attested=here,
        attested_at=world.now - 9, service=((here, (night,)),),
    )  # fmt: skip
    world.add_contact("co-line", "co", ["co-night"])
    assert (world.view.contacts["co-line"].published, world.view.contacts["co-line"].attested) == (here, here + 1)


def test_a_provisional_contact_is_what_was_listed() -> None:
    world = usual()
    about = {"contact": "pe-line", "country": "PE", "function": "customs", "body": world.fresh()}
    here = world.view.size
    world.admit(world.say(ListProvisional, at=world.now - 9, **about), *TWO_ROOTS)
    assert world.view.contacts["pe-line"] == Contact(
        id="pe-line", member="", country="PE", function="customs", body=about["body"], officers=(), escalation=(),
        circles=(), published=here, attested=here, attested_at=world.now - 9, service=(),
    )  # fmt: skip


def test_people_are_what_was_said_of_them() -> None:
    world = usual()
    officer, device = officer_id("new"), local_id("new")
    body, here = world.fresh(), world.view.size
    world.admit(world.say(EnrolOfficer, officer=officer, member="co", roles=("coordinator",), body=body), "co-chief")
    assert world.view.officers[officer] == Officer("co", body, ((here, ("coordinator",)),), here)
    world.admit(world.enrolling("new"), "co-chief")
    keys, reception = key_pair("new").public, key_pair(reception_handle("new")).public
    assert world.view.devices[device] == Device(officer, keys, (Reception(reception, here + 1),), here + 1)
    assert world.view.officers[officer].devices == (device,)
    world.admit(world.say(ChangeRoles, officer=officer, roles=("investigator",)), "co-chief")
    assert world.view.officers[officer].roles == ((here, ("coordinator",)), (here + 2, ("investigator",)))
    world.admit(world.say(RevokeOfficer, officer=officer, reason="left"), "co-chief")
    assert world.view.officers[officer].revoked == here + 3
    admitted = world.say(AdmitMember, member="pe", country="PE", body=world.fresh())
    world.admit(admitted, *TWO_ROOTS)
    assert world.view.members["pe"] == Member("PE", admitted.body, here + 4)


def test_the_network_and_its_relay_are_what_was_said_of_them() -> None:
    world, policy = World(), Policy(second=())
    world.admit(founding(threshold=2, policy=policy), *TWO_ROOTS)
    roots = Map({local_id(each): key_pair(each).public.ed25519 for each in ROOTS})
    duty = key_pair("duty").public.ed25519
    named = Network(NAME, network_id(founding(policy=policy)), roots, 2, local_id("duty"), duty, policy, START)
    assert world.view.founded == named
    world.admit(world.say(NameRelay, origin="log.enlace.example", **relay_keys()), *TWO_ROOTS)
    log, receipt = key_pair("relay log").public, key_pair("relay receipt").public
    first = Relay("log.enlace.example", log, receipt, 1)
    assert (world.view.relay, world.view.former_relays) == (first, ())
    old = Continues(origin="log.enlace.example", size=1, root="0" * 64)
    world.admit(world.say(NameRelay, origin="log2.example", continues=old, **relay_keys("relay 2")), *TWO_ROOTS)
    log, receipt = key_pair("relay 2 log").public, key_pair("relay 2 receipt").public
    assert (world.view.relay, world.view.former_relays) == (Relay("log2.example", log, receipt, 2, 1), (first,))


def test_a_claimed_contact_begins_with_its_claim() -> None:
    world = usual()
    world.add_member("pe", "pe-chief")
    world.admit(world.say(WithdrawProvisional, contact="pe-desk"), *TWO_ROOTS)
    world.add_contact("pe-desk", "pe")
    here, contact = world.view.size - 1, world.view.contacts["pe-desk"]
    assert (contact.published, contact.service, contact.ended) == (here, ((here, ()),), NEVER)


def test_a_withdrawn_contact_ended_with_the_statement() -> None:
    world = usual()
    world.admit(world.say(WithdrawProvisional, contact="pe-desk"), *TWO_ROOTS)
    assert world.view.contacts["pe-desk"].ended == world.view.size - 1


def test_a_device_changes_its_reception_keys_and_what_they_signed_can_still_be_checked() -> None:
    world, device = usual(), local_id("co-night")
    sizes = []
    for number in range(3):
        if number:
            world.now += DAY
            world.admit(world.changing_reception("co-night", number), "co-night")
        sizes.append(world.view.size)
        assert world.view.devices[device].reception == key_pair(reception_handle("co-night", number)).public
    first, second, third = world.view.devices[device].receptions
    assert (first.replaced, second.replaced, third.replaced) == (sizes[1] - 1, sizes[2] - 1, NEVER)
    assert (second.since, third.since) == (first.replaced, second.replaced)
    assert second.replaced_at - first.replaced_at == DAY
    assert third.replaced_at == NEVER
    assert device_touches(world) == device_touches(usual())


def device_touches(world: World) -> int:
    """When it last changed who reads for co-night."""
    return world.view.touched[officer_id("co-night")]


def test_no_change_of_reception_keys_overtakes_a_revocation() -> None:
    """Who holds a stolen device's key could else put off its end again and again: two changes, and the count is off."""
    world, device = usual(), local_id("co-night")
    revoking = world.say(RevokeDevice, device=device, reason="stolen")
    for number in (1, 2):
        world.now += 200
        world.admit(world.changing_reception("co-night", number), "co-night")
    world.admit(revoking, "co-chief")
    assert world.refusal(world.changing_reception("co-night", 3), "co-night") == "R38"


def test_who_served_a_contact_and_who_serves_it_are_noted_when_it_changes() -> None:
    world = usual()
    served = {officer_id("co-night"), officer_id("co-day")}
    for change in (
        world.publishing("co-desk", "co", ["co-day"]),
        world.publishing("co-desk", "co", ["co-day", "co-night"], seq=2),
        world.say(RetireContact, contact="co-desk", seq=3),
    ):
        world.admit(change, "co-chief")
        assert {each for each, at in world.view.touched.items() if at == world.view.size - 1} == served


def test_an_officer_of_whom_anything_is_said_is_noted() -> None:
    world, officer = usual(), officer_id("new")
    for change in (
        world.say(EnrolOfficer, officer=officer, member="co", roles=("coordinator",), body=world.fresh()),
        world.enrolling("new"),
        world.say(ChangeRoles, officer=officer, roles=("administrator",)),
        world.say(ChangeRoles, officer=officer, roles=("investigator",)),
        world.say(RevokeOfficer, officer=officer, reason="left"),
    ):
        numbered = msgspec.structs.replace(change, seq=world.view.subjects.get(change.subject, Subject(0, 0)).count)
        world.admit(numbered, "co-chief", "co-deputy")
        assert world.view.touched[officer] == world.view.size - 1


def test_a_body_is_open_to_the_circles_its_contact_was_published_to() -> None:
    world = usual()
    world.add_contact("co-andean", "co", circles=("andean",))
    assert world.view.bodies[world.view.contacts["co-andean"].body].circles == ("andean",)


def test_the_directory_says_whose_each_key_is_and_what_for() -> None:
    view, device = usual().view, local_id("co-day")
    handles = {
        "root-1": "root",
        "duty": "duty",
        "relay log": "log",
        "relay receipt": "receipt",
        "co-day": device,
        reception_handle("co-day"): f"{device}/reception",
        reception_handle("co-day", 1): f"{device}/reception",
    }
    for handle, owner in handles.items():
        keys = key_pair(handle).public
        assert view.keys[keys.ed25519] == owner
        assert view.keys.get(keys.mldsa44) == (None if owner in ("root", "duty") else owner)


def test_the_directory_says_whose_each_body_is() -> None:
    view = usual().view
    night = officer_id("co-night")
    bodies = {
        view.members["co"].body: Body("member/co", "co"),
        view.officers[night].body: Body(f"officer/{night}", "co"),
        view.contacts["co-desk"].body: Body("contact/co-desk", "co"),
        view.contacts["pe-desk"].body: Body("contact/pe-desk", ""),
        view.circles["andean"].body: Body("circle/andean", ""),
    }
    assert {each: view.bodies[each] for each in bodies} == bodies


def told(world: World, statement: AnyStatement, *who: str) -> str:
    """The words of a refusal."""
    with pytest.raises(Refused) as refused:
        world.admit(statement, *who)
    return str(refused.value)


def test_who_else_has_to_sign_is_said() -> None:
    world = usual()
    own = world.say(ChangeRoles, officer=officer_id("co-chief"), roles=("administrator", "coordinator"))
    assert told(world, own, "co-chief") == (
        "changing roles needs one administrator of co beside the officer it is about; no administrators signed "
        "(rule R27)"
    )
    new = world.say(EnrolOfficer, officer=officer_id("new"), member="co", roles=("administrator",), body=world.fresh())
    assert told(world, new, "co-chief") == (
        "enrolling an officer needs 2 administrators of co; one administrator signed (rule R22)"
    )
    sole = world.enrolling("ec-chief/2")
    assert told(world, sole, "ec-chief") == (
        "enrolling a device: no administrators of ec beside the officer it is about can sign for this, so it needs the "
        "root threshold's signatures (rule R27)"
    )
    deputy = world.say(RevokeOfficer, officer=officer_id("co-deputy"), reason="left")
    assert told(world, deputy, "co-chief") == (
        "revoking an officer: one administrator of co can sign for this, so it needs theirs and the root threshold's "
        "signatures (rule R22)"
    )


def test_what_is_wrong_with_an_id_is_said() -> None:
    world, strange = usual(), officer_id("ec-chief")
    assert told(world, world.publishing("ec-line", "co"), "co-chief") == (
        "the id of a contact of CO begins with co- (rule R30)"
    )
    admitting = world.say(AdmitMember, member="pa-police", country="PE", body=world.fresh())
    assert told(world, admitting, *TWO_ROOTS) == "the id of a member of PE begins with pe (rule R14)"
    assert told(world, world.publishing("co-line", "co", ["ec-chief"]), "co-chief") == (
        f"officer {strange[:8]} is not an enrolled officer of co (rule R32)"
    )


def test_what_is_to_be_sorted_is_named() -> None:
    world, night = usual(), officer_id("co-night")
    twice: dict[str, tuple[AnyStatement, tuple[str, ...]]] = {
        "root keys": (founding(["root-1", "root-1"]), ("root-1",)),
        "matters for a second administrator": (founding(policy=Policy(second=("make-administrator",) * 2)), TWO_ROOTS),
        "members": (world.say(SetCircle, circle="andean", members=("co", "co"), body=world.fresh()), TWO_ROOTS),
        "roles": (world.say(ChangeRoles, officer=night, roles=("coordinator",) * 2), ("co-chief",)),
        "serving officers": (world.publishing("co-desk", "co", ["co-night", "co-night"]), ("co-chief",)),
        "circles": (world.publishing("co-desk", "co", circles=("andean", "andean")), ("co-chief",)),
    }
    for what, (statement, who) in twice.items():
        before = World() if isinstance(statement, FoundNetwork) else world
        assert told(before, statement, *who) == f"{what} are to be sorted and different (rule R25)"
    enrolling = world.say(EnrolOfficer, officer=officer_id("new"), member="co", roles=(), body=world.fresh())
    assert told(world, enrolling, "co-chief") == "0 roles; between 1 and 3 are allowed (rule R25)"


@pytest.mark.parametrize(("number", "rule"), [(250, "R17"), (251, "R25")])
def test_a_circle_names_250_members_at_most(number: int, rule: str) -> None:
    world, many = usual(), tuple(f"co-{each:03}" for each in range(number))
    assert world.refusal(world.say(SetCircle, circle="andean", members=many, body=world.fresh()), *TWO_ROOTS) == rule
