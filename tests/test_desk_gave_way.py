"""After the roots settled a fork: what people on the branch that gave way wrote is something to know, and no alarm."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_world import checkpoint, message, opened, refused, sealed
from directory_world import TWO_ROOTS, World, key_pair, relay_keys
from recovery_world import KEY, WORLD, Desks, came, forged, head, record, said

from crypto.checkpoint import Checkpoint, sign_checkpoint
from desk.errors import Declined
from desk.mail.facts import Stored
from desk.mail.intake import told
from desk.mail.reconsider import reconsidered
from desk.profile.recovered import bring
from desk.profile.recovery import opened as opened_file
from desk.profile.recovery_head import check_head
from desk.profile.unlocked import Unlocked
from desk.replica.synchronise import INVITED, check_invited, settle_invited
from directory.replay import Alarm, Replica, check_other, extend
from directory.statement import Continues, NameRelay

AGREED = len(WORLD.entries)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    found = Desks(tmp_path)
    yield found
    found.close()


def branch(more: int) -> World:
    """What the old relay showed some, and the roots did not continue."""
    world = WORLD.copy()
    for number in range(more):
        world.now += 60
        world.add_provisional(f"br-{number}")
    return world


def settled() -> tuple[World, Replica]:
    """What the old relay showed the others, by the relay that the roots named then."""
    world = WORLD.copy()
    world.now += 60
    world.add_provisional("br-other")  # which the old relay added after what is continued, and which stays
    root = extend(Replica(world.network), WORLD.entries, checkpoint(WORLD), world.now).tree.root().hex()
    before = Continues(origin="log.enlace.example", size=AGREED, root=root)
    world.admit(world.say(NameRelay, origin="log.enlace.example", continues=before, **relay_keys("second")), *TWO_ROOTS)
    world.now += 3600
    signed = checkpoint(world, keys="second log")
    return world, extend(Replica(world.network), world.entries, signed, world.now)


SETTLED, AFTER = settled()


def kind(raw: bytes) -> str:
    with pytest.raises(Alarm) as raised:
        check_other(AFTER, raw)
    assert (raised.value.final, raised.value.owed) == (None, None) or raised.value.kind == "fork"
    return raised.value.kind


@pytest.mark.parametrize("more", [1, 2, 3, 9])
def test_what_gave_way_is_told_apart_at_every_size(more: int) -> None:
    """Where the naming stands in the log, before it, behind it, and beyond what this desk has."""
    assert kind(checkpoint(branch(more))) == "gave-way"
    assert kind(checkpoint(branch(more), keys="third log")) == "checkpoint"


def test_within_what_is_continued_two_histories_are_two_histories() -> None:
    other = Checkpoint("log.enlace.example", AGREED, b"\7" * 32)
    assert kind(sign_checkpoint(other, key_pair("relay log"), SETTLED.now)) == "fork"
    present = Checkpoint("log.enlace.example", AGREED + 2, b"\7" * 32)
    assert kind(sign_checkpoint(present, key_pair("second log"), SETTLED.now)) == "fork"
    for size in range(AGREED - 1, AGREED + 2):
        assert check_other(AFTER, checkpoint(SETTLED, size)).checkpoint.size == size


def test_mail_from_the_branch_that_gave_way_is_marked_and_no_alarm(desks: Desks) -> None:
    sent = message(SETTLED, checkpoint=checkpoint(branch(2)).decode())
    seen = opened(SETTLED, sealed(SETTLED, sent), replica=AFTER)
    assert "gave-way" in seen.warnings
    assert seen.alarm is not None
    desk = desks.desk("ec-night")
    assert told(desk.profile, desk.store, seen.alarm, SETTLED.now) == []
    assert [each.name for each in (desk.profile.path / "doubts").iterdir()]
    assert not any((desk.profile.path / "alarms").iterdir())
    facts = came(1)[1]
    again, alarm = reconsidered(AFTER, Stored(1, sent, facts, seen.note))
    assert (again[-1], alarm is not None and alarm.kind) == ("gave-way", "gave-way")


def moved(desks: Desks) -> Unlocked:
    """The officer's next desk, which followed the roots."""
    desk = desks.desk("ec-night/2")
    desk.store.advance(AGREED, SETTLED.entries[AGREED:], AFTER)
    return desk


def test_the_archive_of_a_desk_on_the_branch_is_taken_in(desks: Desks, tmp_path: Path) -> None:
    new, known = moved(desks), head(checkpoint=checkpoint(branch(2)).decode())
    assert "gave way" in check_head(new, known)
    assert check_head(new, head()) == ""
    file = forged(tmp_path / "archive.age", [record(said(1), came(1)[1])], known)
    with opened_file(file, [KEY]) as begin:
        assert bring(new, known, begin().records()).messages == [1]
    assert not any((new.profile.path / "alarms").iterdir())


def test_a_checkpoint_that_nobody_signed_blames_no_relay(desks: Desks) -> None:
    new = desks.desk("ec-night/2")
    for raw in ("nothing", checkpoint(WORLD, keys="third log").decode()):
        words = refused(lambda raw=raw: check_head(new, head(checkpoint=raw)), Declined)  # type: ignore[misc]  # mypy infers no lambda with a default
        assert "the log never signed" in words
    assert not any((new.profile.path / "alarms").iterdir())
    assert len([*(new.profile.path / "doubts").iterdir()]) == 2
    larger = checkpoint(branch(2), keys="third log").decode()
    assert "run `enlace sync`" in refused(lambda: check_head(new, head(checkpoint=larger)), Declined)


def test_a_new_desk_invited_from_the_branch_begins_all_the_same(desks: Desks) -> None:
    new = moved(desks)
    new.store.put_fact(INVITED, checkpoint(branch(2)))
    check_invited(new.store, AFTER)
    assert new.store.fact(INVITED)  # until what is shown is stored
    settle_invited(new.store)
    assert not new.store.fact(INVITED)
