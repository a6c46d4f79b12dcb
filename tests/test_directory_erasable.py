"""Which details can still be erased, whose they are to erase, and since when nobody needs them."""

from directory_world import TWO_ROOTS, World

from directory.erasable import Erasable, ended_at, erasable, in_force
from directory.statement import EraseBody, PublishContact, RetireContact, RevokeMember, RevokeOfficer
from directory.view import NEVER, View


def settled() -> World:
    world = World.founded()
    for member in ("co", "ar"):
        world.add_member(member)
        world.add_officer(f"{member}-night", member)
        world.add_contact(f"{member}-desk", member, [f"{member}-night"])
    return world


def again(world: World, contact: str, body: str = "") -> str:
    """The contact with other details, or with `body`; returns what stood before."""
    old = world.view.contacts[contact]
    fields = {"member": old.member, "country": old.country, "function": old.function, "officers": old.officers}
    world.now += 10
    statement = world.say(PublishContact, contact=contact, body=body or world.fresh(), **fields)
    world.admit(statement, f"{old.member}-chief")
    return old.body


def found(view: View, subject: str) -> dict[str, Erasable]:
    return {each.commitment: each for each in erasable(view) if each.subject == subject}


def test_what_stands_is_in_force_and_its_members_to_erase() -> None:
    view = settled().view
    every = list(erasable(view))
    assert {each.state for each in every} == {"in force"}
    assert {each.commitment for each in every} == in_force(view) == set(view.bodies)
    assert {each.subject: each.eraser for each in every}["contact/co-desk"] == "co"
    assert {each.eraser for each in every if each.subject.startswith("member/")} == {""}


def test_former_details_ceased_when_others_took_their_place() -> None:
    world = settled()
    first = again(world, "co-desk")
    then = world.now
    second = again(world, "co-desk")
    details = found(world.view, "contact/co-desk")
    assert {details[each].state for each in (first, second)} == {"former"}
    assert ended_at(world.view, world.entries, details.values()) == {first: then, second: then + 10}
    # What the entries at hand do not date is not due.
    assert set(ended_at(world.view, [], details.values()).values()) == {NEVER}


def test_details_that_are_stated_again_hold_again() -> None:
    world = settled()
    first = again(world, "co-desk")
    second = again(world, "co-desk", first)
    details = found(world.view, "contact/co-desk")
    assert (details[first].state, details[second].state) == ("in force", "former")
    third = again(world, "co-desk")
    assert third == first
    details = found(world.view, "contact/co-desk")
    assert ended_at(world.view, world.entries, details.values()) == {second: world.now - 10, first: world.now}


def test_the_last_details_of_what_is_out_ended_with_it() -> None:
    world = settled()
    former = again(world, "co-desk")
    world.now += 50
    world.admit(world.say(RetireContact, contact="co-desk"), "co-chief")
    details = found(world.view, "contact/co-desk")
    last = world.view.contacts["co-desk"].body
    assert (details[former].state, details[last].state) == ("former", "ended")
    times = ended_at(world.view, world.entries, details.values())
    assert times == {former: world.now - 50, last: world.now}


def test_an_officer_who_was_revoked_and_a_member_that_left() -> None:
    world = settled()
    night = world.view.contacts["co-desk"].officers[0]
    world.now += 7
    world.admit(world.say(RevokeOfficer, officer=night, reason="left"), "co-chief")
    (label,) = found(world.view, f"officer/{night}").values()
    assert (label.state, label.eraser) == ("ended", "co")
    assert ended_at(world.view, world.entries, [label]) == {label.commitment: world.now}
    world.now += 7
    world.admit(world.say(RevokeMember, member="co"), *TWO_ROOTS)
    every = [each for each in erasable(world.view) if each.state == "ended"]
    assert {each.eraser for each in every} == {""}
    times = ended_at(world.view, world.entries, every)
    assert times.pop(label.commitment) == world.now - 7
    assert set(times.values()) == {world.now}
    assert {each.subject.partition("/")[0] for each in every} == {"contact", "member", "officer"}


def test_what_was_erased_is_not_to_be_erased() -> None:
    world = settled()
    body = world.view.contacts["co-desk"].body
    world.admit(world.say(EraseBody, body=body), "co-chief")
    assert found(world.view, "contact/co-desk") == {}
    assert ended_at(world.view, world.entries, ()) == {}
