"""What a desk announces without being asked."""

from typing import Any

from desk_world import changed
from directory_world import TWO_ROOTS, World, founding, key_pair, officer_id, relay_keys
from relay_bodies import BodiedWorld

from crypto.fingerprint import fingerprint
from desk.alarms.announce import Hearer, announcements
from directory.bodies import ContactBody, OfficerBody, Phone, write_body_bytes
from directory.statement import (
    AttestContact,
    ChangeRoles,
    Continues,
    NameRelay,
    ReinstateMember,
    RetireContact,
    RevokeDevice,
    SuspendMember,
)
from relay.rules.intake import Opening

BODY = ContactBody(names={"en": "Night desk"}, phones=(Phone(number="+12025550143"),), emails=("desk@co.example",))


def short(handle: str) -> str:
    """How an officer is called here."""
    return f"officer {officer_id(handle)[:8]}"


def told(world: World, start: int, member: str, officer: str) -> list[str]:
    """What an officer of `member` hears of everything from position `start` on."""
    bodies = dict[str, bytes]()
    if isinstance(world, BodiedWorld):
        bodies = {each: opening.body for each, opening in world.openings.items()}
    hearer = Hearer(member, officer_id(officer), world.view, bodies)
    return announcements(hearer, world.entries[start:], iter(world.entries[:start]))


def test_nothing_that_is_not_for_them_is_announced() -> None:
    world = World.founded()
    world.add_member("co")
    world.add_member("ar")
    start = len(world.entries)
    world.add_officer("ar-night", "ar", "coordinator")
    world.add_contact("ar-desk", "ar", officers=["ar-night"])
    assert told(world, start, "co", "co-chief") == []
    assert told(world, start, "ar", "ar-chief") == []


def test_roots_that_stood_in_for_an_administrator_are_announced_to_that_member() -> None:
    world = World.founded()
    world.add_member("co")
    heard = told(world, 0, "co", "co-chief")
    assert any("root keys" in each for each in heard)
    assert told(world, 0, "ar", "ar-chief") == []


def test_suspension_and_reinstatement_are_announced() -> None:
    world = World.founded()
    world.add_member("co")
    start = len(world.entries)
    world.admit(world.say(SuspendMember, member="co", until=world.now + 3600), *TWO_ROOTS)
    world.admit(world.say(ReinstateMember, member="co"), *TWO_ROOTS)
    heard = told(world, start, "co", "co-chief")
    assert [each.split()[-2] for each in heard] == ["suspend-member", "reinstate-member"]


def test_a_device_that_is_added_or_revoked_is_announced_to_its_officer() -> None:
    world = World.founded()
    world.add_member("co")
    start = len(world.entries)
    world.add_officer("co-night", "co", "coordinator")
    device = key_pair("co-night").public.id
    assert any("another device was enrolled for you" in each for each in told(world, start, "co", "co-night"))
    start = len(world.entries)
    world.admit(world.say(RevokeDevice, device=device, reason="lost"), "co-chief", "co-deputy")
    (heard,) = told(world, start, "co", "co-night")
    assert heard.startswith(f"your device {device[:8]} was revoked (lost, by officer ")
    assert short("co-chief") in heard
    assert short("co-deputy") in heard
    assert told(world, start, "co", "co-chief") == []


def test_a_new_administrator_is_announced_to_the_member() -> None:
    world = World.founded()
    world.add_member("co")
    world.add_officer("co-night", "co", "coordinator")
    start = len(world.entries)
    statement = world.say(ChangeRoles, officer=officer_id("co-night"), roles=("administrator", "coordinator"))
    world.admit(statement, "co-chief", "co-deputy")
    assert told(world, start, "co", "co-chief") == [
        f"officer {officer_id('co-night')[:8]} is an administrator of co now"
    ]


# --- contacts that an officer serves ---


def named(handle: str) -> str:
    """How an officer is called whose label is held, which the sample's is."""
    return f"{short(handle)} (canary-officer)"


def serving() -> tuple[BodiedWorld, int]:
    """co-night serves co-desk, whose alternate is co-court; and how many statements that took."""
    world = BodiedWorld()
    world.admit(founding(), *TWO_ROOTS)
    world.admit(world.say(NameRelay, origin="log.enlace.example/1", **relay_keys()), *TWO_ROOTS)
    world.add_member("co")
    for each in ("co-night", "co-day"):
        world.add_officer(each, "co", "coordinator")
    world.add_contact("co-court", "co", officers=["co-day"])
    world.add_contact("co-desk", "co", officers=["co-night"], escalation=["co-court"], body=body(world, BODY))
    return world, len(world.entries)


def body(world: BodiedWorld, value: ContactBody, label: str = "first") -> str:
    return world.opening(write_body_bytes(value), label)


def republished(world: BodiedWorld, officers: tuple[str, ...] = ("co-night",), **fields: Any) -> None:
    fields = {"escalation": ["co-court"], "body": body(world, BODY, f"again {len(world.entries)}")} | fields
    world.add_contact("co-desk", "co", officers=officers, **fields)


CHANGED = "contact co-desk, which you serve, was changed by {0}: {1}. If nobody should have, call at once"


def test_another_name_on_the_roster_is_announced_to_whoever_serves() -> None:
    world, start = serving()
    republished(world, ("co-night", "co-day"))
    what = f"messages to it are for {named('co-day')} too from now on"
    assert told(world, start, "co", "co-night") == [CHANGED.format(named("co-chief"), what)]
    assert told(world, start, "co", "co-day") == [f"you serve contact co-desk now, by {named('co-chief')}"]
    assert told(world, start, "co", "co-chief") == []
    assert told(world, len(world.entries), "co", "co-night") == []


def test_who_is_taken_off_the_roster_hears_of_it() -> None:
    world, start = serving()
    republished(world, ("co-day",))
    (heard,) = told(world, start, "co", "co-night")
    assert heard.startswith(f"contact co-desk, which you served, was changed by {named('co-chief')}: ")
    assert "you no longer serve it" in heard
    start = len(world.entries)
    republished(world, ("co-day",), escalation=())
    assert told(world, start, "co", "co-night") == []


def test_numbers_addresses_and_alternates_are_announced_as_they_were_and_are() -> None:
    world, start = serving()
    other = changed(
        BODY, phones=(Phone(number="+12025550199", use="night"),), emails=(), city="Lima", languages=("es",)
    )
    republished(world, escalation=(), body=body(world, other, "other"))
    what = (
        "alternates: none instead of co-court; telephone: +12025550199 (night) instead of +12025550143 (day); "
        "e-mail: none instead of desk@co.example; other details: city, languages"
    )
    assert told(world, start, "co", "co-night") == [CHANGED.format(named("co-chief"), what)]


def test_the_same_again_is_not_announced() -> None:
    world, start = serving()
    republished(world)
    world.admit(world.say(AttestContact, contact="co-desk"), "co-night")
    assert told(world, start, "co", "co-night") == []


def test_bodies_that_are_not_held_hide_no_change() -> None:
    world, start = serving()
    (first,) = [each for each in world.openings if each == world.view.contacts["co-desk"].body]
    republished(world, body=body(world, changed(BODY, emails=()), "other"))
    del world.openings[first]
    what = "its details are published anew: telephone +12025550143, e-mail none"
    assert told(world, start, "co", "co-night") == [CHANGED.format(named("co-chief"), what)]
    world.openings.clear()
    what = "its details are published anew"
    assert told(world, start, "co", "co-night") == [CHANGED.format(short("co-chief"), what)]


def test_a_change_that_was_taken_back_is_announced_both_ways() -> None:
    """An intruder's number that stood for an hour: the officer hears of it all the same."""
    world, start = serving()
    republished(world, circles=(), body=body(world, changed(BODY, phones=()), "other"))
    republished(world)
    first, second = told(world, start, "co", "co-night")
    assert "telephone: none instead of +12025550143 (day)" in first
    assert "telephone: +12025550143 (day) instead of none" in second


def test_a_contact_that_is_retired_is_announced_to_whoever_served_it() -> None:
    world, start = serving()
    world.admit(world.say(RetireContact, contact="co-desk"), "co-chief")
    assert told(world, start, "co", "co-night") == [
        f"contact co-desk, which you served, was retired by {named('co-chief')}"
    ]
    assert told(world, start, "co", "co-day") == []


def test_colleagues_are_told_by_the_label_they_go_by() -> None:
    world, start = serving()
    label = OfficerBody(label="Head of the office")
    record = world.view.officers[officer_id("co-chief")]
    world.openings[record.body] = Opening(bytes(32), write_body_bytes(label))
    republished(world, ("co-night", "co-day"))
    (heard,) = told(world, start, "co", "co-night")
    assert f"was changed by {short('co-chief')} (Head of the office): " in heard


def test_other_keys_of_the_relay_are_announced_to_everybody() -> None:
    world = World.founded()
    world.add_member("co")
    assert not any("relay" in each for each in told(world, 0, "co", "co-chief"))  # nobody had another before
    start = len(world.entries)
    for origin, handle, words in (
        ("log.enlace.example", "second", "the root keys named other keys for the relay: "),
        ("log2.enlace.example", "third", "the root keys named another log, log2.enlace.example: "),
    ):
        before = Continues(origin="log.enlace.example", size=len(world.entries), root="0" * 64)
        world.admit(world.say(NameRelay, origin=origin, continues=before, **relay_keys(handle)), *TWO_ROOTS)
        for member, officer in (("co", "co-chief"), ("", "")):
            heard = told(world, start, member, officer)[-1]
            log, receipt = (fingerprint(key_pair(f"{handle} {use}").public.id) for use in ("log", "receipt"))
            assert heard.startswith(f"{words}log {log}, receipts {receipt}. This desk follows them by itself")
    assert len(told(world, start, "co", "co-chief")) == 2


def test_an_officers_own_roles_are_announced() -> None:
    world, start = serving()
    statement = world.say(ChangeRoles, officer=officer_id("co-night"), roles=("investigator",))
    world.admit(statement, "co-chief")
    assert told(world, start, "co", "co-night") == [f"your roles are investigator now, by {named('co-chief')}"]


def test_other_reception_keys_are_announced_to_their_officer_alone() -> None:
    world = World.founded()
    world.add_member("co")
    start = len(world.entries)
    world.admit(world.changing_reception("co-chief"), "co-chief")
    (heard,) = told(world, start, "co", "co-chief")
    assert heard.startswith(f"your device {key_pair('co-chief').public.id[:8]} has other reception keys now")
    assert "have it revoked" in heard
    assert told(world, start, "co", "co-deputy") == []


def test_devices_of_colleagues_are_told_to_those_who_serve_with_them_and_to_administrators() -> None:
    """Who gets a device reads what comes for both; and why one was revoked everybody concerned is to know."""
    world = World.founded()
    world.add_member("co")
    for handle in ("co-night", "co-day", "co-court"):
        world.add_officer(handle, "co")
    world.add_contact("co-desk", "co", officers=["co-day", "co-night"])
    start = len(world.entries)
    world.admit(world.say(RevokeDevice, device=key_pair("co-night").public.id, reason="stolen"), "co-chief")
    world.admit(world.enrolling("co-night/2"), "co-chief")
    old, new = (key_pair(each).public.id[:8] for each in ("co-night", "co-night/2"))
    by = short("co-chief")
    heard = [
        f"device {old} of {short('co-night')} was revoked (stolen, by {by})",
        f"{short('co-night')} has another device: {new}, signed for by {by}",
    ]
    assert told(world, start, "co", "co-day") == told(world, start, "co", "co-deputy") == heard
    for other in ("co-court", "co-chief"):  # serves something else; signed it
        assert told(world, start, "co", other) == []
    assert [each.partition(":")[0] for each in told(world, start, "co", "co-night")] == [
        f"your device {old} was revoked (stolen, by {by})",
        "another device was enrolled for you",
    ]
