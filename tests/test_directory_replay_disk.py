"""Replicas on disk and other readers' checkpoints: what changed since it was verified is noticed, and so is a fork."""

from collections.abc import Sequence

import pytest
from desk_world import ORIGIN, checkpoint, network, replica
from directory_replicas import continued, fresh, grown, second, unknown
from directory_world import key_pair

from crypto.checkpoint import Checkpoint, sign_checkpoint
from directory.replay import Alarm, UpdateNeeded, check_other, extend, reload

# --- reload ---


def test_a_replica_is_reloaded_as_it_was() -> None:
    world = network()
    before = replica(world)
    assert before.checkpoint is not None
    again = reload(world.network, world.entries, before.checkpoint.raw)
    assert (again.view, again.checkpoint, again.tree.root()) == (before.view, before.checkpoint, before.tree.root())


def test_a_byte_changed_on_disk_is_noticed() -> None:
    """Every entry, at a place in its text and at one in its signatures; and the checkpoint."""
    world = network()
    signed = checkpoint(world)
    for number, entry in enumerate(world.entries):
        for at in (entry.index(b'"at":') + 7, len(entry) - 5):
            spoilt = entry[:at] + (b"1" if entry[at : at + 1] != b"1" else b"2") + entry[at + 1 :]
            entries = [*world.entries[:number], spoilt, *world.entries[number + 1 :]]
            assert noticed(world.network, entries, signed)
    for at in range(0, len(signed), 97):
        spoilt = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
        assert noticed(world.network, world.entries, spoilt)


@pytest.mark.parametrize("spoil", ["one less", "one more", "none", "twice", "garbage", "another pinned"])
def test_whatever_else_changed_on_disk_is_noticed(spoil: str) -> None:
    world = network()
    entries = {
        "one less": world.entries[:-1],
        "one more": [*world.entries, world.entries[-1]],
        "none": [],
        "twice": [world.entries[0], *world.entries],
        "garbage": [b"", *world.entries[1:]],
        "another pinned": world.entries,
    }[spoil]
    pinned = "7" * 64 if spoil == "another pinned" else world.network
    assert noticed(pinned, entries, checkpoint(world))


def noticed(pinned: str, entries: Sequence[bytes], signed: bytes) -> bool:
    with pytest.raises(Alarm, match="the replica on this disk is not what the log signed") as raised:
        reload(pinned, entries, signed)
    return raised.value.kind == "fork"


def test_a_replica_that_a_newer_version_wrote_asks_for_an_update() -> None:
    world = network()
    newer = world.copy()
    newer.entries.append(unknown(world, "root-1"))
    with pytest.raises(UpdateNeeded, match="a newer version of Enlace wrote this replica"):
        reload(world.network, newer.entries, checkpoint(newer))


# --- check_other ---


def test_checkpoints_of_the_same_history_are_no_cause_for_alarm() -> None:
    _, before, later = grown()
    now = replica(later)
    for size in (2, before.size, now.size):
        assert check_other(now, checkpoint(later, size)).checkpoint.size == size
    assert check_other(before, checkpoint(later)).checkpoint.size > before.size


def test_a_checkpoint_of_another_history_is_an_alarm_with_both_as_evidence() -> None:
    _, before, later = grown()
    other = network()
    other.now += 60
    other.add_provisional("pa-one")
    theirs = checkpoint(other)
    with pytest.raises(Alarm) as raised:
        check_other(replica(later), theirs)
    assert raised.value.kind == "fork"
    assert f"another desk saw a different directory at {before.size + 1} statements" in str(raised.value)
    assert raised.value.evidence["checkpoint-theirs.txt"] == theirs


@pytest.mark.parametrize("size", [0, 1, 5, 10**6, 2**62])
def test_a_checkpoint_the_log_did_not_sign_is_an_alarm(size: int) -> None:
    world, before, _ = grown()
    forged = sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), key_pair("other log"), world.now)
    with pytest.raises(Alarm) as raised:
        check_other(before, forged)
    assert raised.value.kind == "checkpoint"


@pytest.mark.parametrize("raw", [b"", b"x", b"\n\n", b"a\n0\nb\n\nc\n"])
def test_another_s_garbage_is_an_alarm_and_nothing_worse(raw: bytes) -> None:
    _, before, _ = grown()
    with pytest.raises(Alarm, match="malformed"):
        check_other(before, raw)


def test_what_a_former_log_signed_in_its_time_is_of_the_same_history() -> None:
    world, before, _ = grown()
    earlier = checkpoint(world)
    continued(world)
    now = extend(before, fresh(world, before), second(world), world.now)
    assert check_other(now, earlier).checkpoint.size == before.size
    assert check_other(now, second(world)).checkpoint.size == now.size
    for signed in (checkpoint(world), second(world, before.size)):  # each outside its time
        with pytest.raises(Alarm):
            check_other(now, signed)
