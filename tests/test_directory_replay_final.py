"""Which alarms the same log can never put right (`Alarm.final`), what it owes (`Alarm.owed`), and rule A8."""

from collections.abc import Sequence

import pytest
from desk_world import ORIGIN, checkpoint, network, replica
from directory_world import TWO_ROOTS, World, key_pair, relay_keys

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Tree, leaf_hash
from directory.replay import Alarm, Owed, Replica, at_size, check_other, claimed_size, extend, owed_by, relays_named
from directory.statement import Continues, NameRelay

FORGED = b"forged\n"


def head(entries: Sequence[bytes], origin: str = ORIGIN) -> Checkpoint:
    tree = Tree(map(leaf_hash, entries))
    return Checkpoint(origin, len(tree), tree.root())


def signed(entries: Sequence[bytes], now: int, handle: str = "relay", origin: str = ORIGIN) -> bytes:
    return sign_checkpoint(head(entries, origin), key_pair(f"{handle} log"), now)


def alarm(before: Replica, entries: Sequence[bytes], raw: bytes, now: int) -> Alarm:
    with pytest.raises(Alarm) as raised:
        extend(before, entries, raw, now)
    return raised.value


def renamed(world: World, *, size: int | None = None, root: str = "", handle: str = "second") -> None:
    """Name a further relay, of the same origin, that continues this log."""
    size = len(world.entries) if size is None else size
    continues = Continues(origin=ORIGIN, size=size, root=root or head(world.entries[:size]).root.hex())
    world.admit(world.say(NameRelay, origin=ORIGIN, **relay_keys(handle), continues=continues), *TWO_ROOTS)


def test_a_refused_entry_is_final_only_under_the_logs_own_root() -> None:
    world = network()
    before, entries = replica(world), [*world.entries, FORGED]
    found = alarm(before, [FORGED], signed(entries, world.now), world.now)
    assert (found.kind, found.final, found.owed) == ("refused", 1, None)
    for raw in (signed(entries, world.now, "another"), signed(entries, world.now, origin="log.other.example")):
        found = alarm(before, [FORGED], raw, world.now)
        assert (found.kind, found.final, found.owed) == ("refused", None, None)
    other = signed([*world.entries, b"other\n"], world.now)
    found = alarm(before, [FORGED], other, world.now)
    assert (found.kind, found.final, found.owed) == ("refused", None, Owed(other, 1))


def test_a_refused_entry_behind_a_naming_is_judged_by_the_relay_that_was_named() -> None:
    world = network()
    before = replica(world)
    renamed(world)
    entries = [*world.entries, FORGED]
    found = alarm(before, entries[before.size :], signed(entries, world.now, "second"), world.now)
    assert (found.kind, found.final) == ("refused", 2)
    found = alarm(before, entries[before.size :], signed(entries, world.now), world.now)
    assert (found.kind, found.final) == ("refused", None)


def test_a_second_root_for_the_same_size_is_final_and_for_a_larger_one_owed() -> None:
    world = network()
    before = replica(world)
    other = sign_checkpoint(Checkpoint(ORIGIN, before.size, b"\7" * 32), key_pair("relay log"), world.now)
    found = alarm(before, [], other, world.now)
    assert (found.kind, found.final, found.owed) == ("fork", 1, None)
    assert "two directories of" in str(found)
    later = world.copy()
    later.add_provisional("br-one")
    larger = sign_checkpoint(Checkpoint(ORIGIN, before.size + 1, b"\7" * 32), key_pair("relay log"), world.now)
    found = alarm(before, later.entries[before.size :], larger, world.now)
    assert (found.kind, found.final, found.owed) == ("fork", None, Owed(larger, 1))


def test_a_rollback_is_neither() -> None:
    world = network()
    before = replica(world)
    found = alarm(before, [], signed(world.entries[:-1], world.now), world.now)
    assert (found.kind, found.final, found.owed) == ("rollback", None, None)
    found = alarm(before, [], checkpoint(world, time=world.now - 1), world.now)
    assert (found.kind, found.final, found.owed) == ("rollback", None, None)


def test_another_desks_word_is_final_by_the_present_relays_keys_alone() -> None:
    world = network()
    size = len(world.entries)
    renamed(world)
    after = extend(replica(network()), world.entries[size:], signed(world.entries, world.now, "second"), world.now)
    for at, handle, final in ((size, "relay", None), (size + 1, "second", 2)):
        raw = sign_checkpoint(Checkpoint(ORIGIN, at, b"\7" * 32), key_pair(f"{handle} log"), world.now)
        with pytest.raises(Alarm) as raised:
            check_other(after, raw)
        assert (raised.value.kind, raised.value.final) == ("fork", final)


def test_a8_a_naming_that_continues_another_root() -> None:
    world = network()
    before = replica(world)
    renamed(world, size=before.size - 1, root="7" * 64)
    raw = signed(world.entries, world.now, "second")
    found = alarm(before, world.entries[before.size :], raw, world.now)
    assert (found.kind, found.final) == ("fork", 2)
    assert str(found) == (
        f"the roots named a relay that continues another directory than this one, at {before.size - 1} statements"
    )
    assert found.evidence["name-relay.txt"] == world.entries[-1]
    found = alarm(before, world.entries[before.size :], signed(world.entries, world.now, "third"), world.now)
    assert (found.kind, found.final, found.owed) == ("fork", None, None)


@pytest.mark.parametrize("back", [0, 1, 5])
def test_a8_a_naming_that_was_signed_while_the_log_was_smaller(back: int) -> None:
    world = network()
    before = replica(world)
    renamed(world, size=before.size - back)
    after = extend(before, world.entries[before.size :], signed(world.entries, world.now, "second"), world.now)
    assert relays_named(after.view) == 2
    assert (relays_named(before.view), relays_named(Replica("").view)) == (1, 0)


def test_the_replica_at_a_size_is_what_it_was() -> None:
    world = network()
    whole = replica(world)
    for size in (0, 2, len(world.entries) - 1):
        found = at_size(world.network, world.entries, size)
        assert (found.size, found.tree.root(), found.checkpoint) == (size, whole.tree.root(size), None)
    assert at_size(world.network, world.entries, whole.size).view == whole.view


def test_what_a_checkpoint_says_unverified() -> None:
    world = network()
    assert claimed_size(checkpoint(world)) == len(world.entries)
    assert [claimed_size(raw) for raw in (b"", b"\xff", b"x\ny\nz\n\n")] == [0, 0, 0]
    raw = checkpoint(world)
    assert owed_by(replica(world).view, raw) == Owed(raw, 1)
    assert owed_by(Replica("").view, checkpoint(world)) is None
    assert owed_by(replica(world).view, b"nothing") is None
