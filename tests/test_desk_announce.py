"""What a desk announces without being asked."""

from directory_world import TWO_ROOTS, World, key_pair, officer_id

from desk.announce import announcements
from directory.statement import ChangeRoles, ReinstateMember, RevokeDevice, SuspendMember


def told(world: World, start: int, member: str, officer: str) -> list[str]:
    """What an officer of `member` hears of everything from position `start` on."""
    return announcements(world.entries[start:], world.view, member, officer_id(officer))


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
    assert told(world, start, "co", "co-night") == [f"your device {device[:8]} was revoked (lost)"]
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
