"""Who may read which body: every rule, by a table of members and what is published."""

import pytest
from directory_entries import a_contact
from directory_world import TWO_ROOTS, World, officer_id

from directory.finding.readers import circle_may_read, may_read, readers_of
from directory.statement import EraseBody, PublishContact, RetireContact, RevokeMember, SetCircle

MEMBERS = ("co", "ec", "pe")
READERS = (*MEMBERS, "xx", "")


def network() -> World:
    """Three members; co and ec are in circle andes, pe alone in circle pacific."""
    world = World.founded()
    for each in MEMBERS:
        world.add_member(each)
    circle(world, "andes", "co", "ec")
    circle(world, "pacific", "pe")
    return world


def circle(world: World, name: str, *members: str) -> None:
    world.admit(world.say(SetCircle, circle=name, members=members, body=world.fresh()), *TWO_ROOTS)


def publish(world: World, *circles: str, contact: str = "co-desk", member: str = "co", body: str = "") -> str:
    """Publish a contact to circles; returns the commitment of its details."""
    statement = world.publishing(contact, member, circles=circles, **({"body": body} if body else {}))
    assert isinstance(statement, PublishContact)
    world.admit(statement, f"{member}-chief")
    return statement.body


def readers(world: World, body: str) -> set[str]:
    return {each or "nobody's" for each in READERS if may_read(world.view, world.view.bodies[body], each)}


EVERYONE = {"co", "ec", "pe", "xx", "nobody's"}


@pytest.mark.parametrize(
    ("circles", "found"),
    [((), EVERYONE), (("andes",), {"co", "ec"}), (("pacific",), {"co", "pe"}), (("andes", "pacific"), set(MEMBERS))],
)
def test_a_body_is_read_by_its_owner_and_by_whoever_is_in_one_of_its_circles(
    circles: tuple[str, ...], found: set[str]
) -> None:
    world = network()
    assert readers(world, publish(world, *circles)) == found


def test_who_an_officer_is_and_what_was_erased() -> None:
    world = network()
    assert readers(world, world.view.officers[officer_id("co-chief")].body) == {"co"}
    assert readers(world, world.view.members["co"].body) == EVERYONE
    assert readers(world, world.view.circles["andes"].body) == EVERYONE
    gone = publish(world, "andes")
    world.admit(world.say(EraseBody, body=gone), "co-chief")
    assert readers(world, gone) == set()
    assert not circle_may_read(world.view, world.view.bodies[gone], "andes")


def test_who_joins_reads_and_who_leaves_reads_no_more() -> None:
    world = network()
    body = publish(world, "andes")
    circle(world, "andes", "co", "pe")
    assert readers(world, body) == {"co", "pe"}
    circle(world, "andes")
    assert readers(world, body) == {"co"}


def test_what_was_published_before_is_narrowed_with_the_contact_and_never_widened() -> None:
    world = network()
    open_one = publish(world)
    inner = publish(world, "andes")
    assert (readers(world, open_one), readers(world, inner)) == ({"co", "ec"}, {"co", "ec"})
    other = publish(world, "pacific")
    assert [readers(world, each) for each in (open_one, inner, other)] == [{"co", "pe"}, {"co"}, {"co", "pe"}]
    again = publish(world)
    assert [readers(world, each) for each in (open_one, inner, other, again)] == [
        EVERYONE, {"co", "ec"}, {"co", "pe"}, EVERYONE,
    ]  # fmt: skip


def test_the_same_body_under_other_circles_is_for_the_new_ones() -> None:
    world = network()
    body = publish(world)
    publish(world, "andes", body=body)
    assert readers(world, body) == {"co", "ec"}
    publish(world, body=body)
    assert readers(world, body) == EVERYONE


def test_retiring_a_contact_opens_nothing() -> None:
    world = network()
    open_one, inner = publish(world), publish(world, "andes")
    world.admit(world.say(RetireContact, contact="co-desk"), "co-chief")
    assert (readers(world, open_one), readers(world, inner)) == ({"co", "ec"}, {"co", "ec"})


def test_what_the_secretariat_listed_is_narrowed_when_it_is_claimed() -> None:
    world = network()
    world.add_provisional("bo-desk")
    listed = world.view.contacts["bo-desk"].body
    assert readers(world, listed) == EVERYONE
    world.add_member("bo")
    mine = publish(world, "andes", contact="bo-desk", member="bo")
    assert (readers(world, listed), readers(world, mine)) == ({"co", "ec"}, {"co", "ec"})
    assert may_read(world.view, world.view.bodies[mine], "bo")


@pytest.mark.parametrize(
    ("circles", "open_to"),
    [((), {"", "andes", "pacific"}), (("andes",), {"andes"}), (("andes", "pacific"), {"andes", "pacific"})],
)
def test_what_a_whole_circle_may_read(circles: tuple[str, ...], open_to: set[str]) -> None:
    world = network()
    commitment, view = publish(world, *circles), world.view
    body = view.bodies[commitment]
    assert {each for each in ("", "andes", "pacific") if circle_may_read(view, body, each)} == open_to


def test_who_sees_a_contact_leaves_revoked_members_out() -> None:
    world = network()
    publish(world, "andes")
    assert readers_of(world.view, world.view.contacts["co-desk"]) == ("co", "ec")
    assert readers_of(world.view, a_contact("co-all")) == MEMBERS
    world.admit(world.say(RevokeMember, member="ec"), *TWO_ROOTS)
    assert readers_of(world.view, world.view.contacts["co-desk"]) == ("co",)
