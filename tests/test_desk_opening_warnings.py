"""O6 to O10: what opens all the same, with a warning, and for each of them something that triggers exactly it."""

import pytest
from desk_world import (
    DAY,
    changed,
    checkpoint,
    choice,
    choices,
    message,
    network,
    opened,
    reader,
    receipt,
    replica,
    sealed,
)
from directory_world import TWO_ROOTS, World, local_id, relay_keys

from desk.mail.facts import Facts, Stored
from desk.mail.message import Message, MessageStage
from desk.mail.opening import APART, EARLY_TOLERANCE, Opened, open_envelope, unproven
from desk.mail.reconsider import reconsidered
from directory.replay import Replica, extend
from directory.statement import Continues, NameRelay, RevokeDevice, SuspendMember
from relay.protocol.envelope import Envelope

STAGED = (
    MessageStage(after=0, contacts=("ec-desk",)),
    MessageStage(after=600, contacts=("ec-court",)),
)


# --- O6 ---


def without_receipt(world: World, envelope: Envelope) -> Opened:
    return open_envelope(envelope.raw, None, reader("ec-night"), replica(world), world.now)


def test_o6_no_receipt() -> None:
    world = network()
    envelope = sealed(world, message(world))
    assert without_receipt(world, envelope).warnings == ("unproven",)
    assert unproven(world.view, message(world), envelope.hash, None) == "there is no receipt"


def test_o6_a_receipt_for_another_envelope() -> None:
    world = network()
    envelope = sealed(world, message(world))
    other = receipt("7" * 64, world)
    assert opened(world, envelope, relayed=other).warnings == ("unproven",)
    assert unproven(world.view, message(world), envelope.hash, other) == "the receipt is for another envelope"


def test_o6_a_receipt_signed_by_nobody_the_directory_names() -> None:
    world = network()
    envelope = sealed(world, message(world))
    forged = receipt(envelope, world, keys="other")
    assert opened(world, envelope, relayed=forged).warnings == ("unproven",)
    assert "is missing" in (unproven(world.view, message(world), envelope.hash, forged) or "")


@pytest.mark.parametrize("number", [0, 1])
def test_o6_a_receipt_without_one_of_its_signatures(number: int) -> None:
    world = network()
    envelope = sealed(world, message(world))
    whole = receipt(envelope, world)
    lines = whole.note.split("\n")
    del lines[3 + number]
    assert opened(world, envelope, relayed=changed(whole, note="\n".join(lines))).warnings == ("unproven",)


def test_o6_a_sender_that_was_revoked_before_the_relay_took_it_in() -> None:
    """A stolen laptop and a relay that goes along with it: the receipt itself tells on them."""
    world = network()
    sent = message(world)
    envelope = sealed(world, sent)
    size = world.view.size
    world.admit(world.say(RevokeDevice, device=local_id("co-night"), reason="stolen"), "co-chief", "co-deputy")
    late = receipt(envelope, world)
    assert opened(world, envelope, relayed=late).warnings == ("unproven",)
    assert unproven(world.view, sent, envelope.hash, late) == "the sending device did not serve the sender contact then"
    in_time = receipt(envelope, world, size=size)
    assert opened(world, envelope, relayed=in_time).warnings == ()


def test_o6_a_sender_that_served_its_contact_once_and_does_so_no_more() -> None:
    """O5 lets it in: what it sent in its time is believed. But the relay took this in after it."""
    world = network()
    sent = message(world)
    envelope = sealed(world, sent)
    size = world.view.size
    world.admit(world.publishing("co-desk", "co", ["co-day"]), "co-chief")
    assert opened(world, envelope, relayed=receipt(envelope, world)).warnings == ("unproven",)
    assert opened(world, envelope, relayed=receipt(envelope, world, size=size)).warnings == ()


def test_o6_a_sender_whose_member_is_suspended() -> None:
    world = network()
    envelope = sealed(world, message(world))
    world.admit(world.say(SuspendMember, member="co", until=world.now + DAY), *TWO_ROOTS)
    assert opened(world, envelope, relayed=receipt(envelope, world)).warnings == ("unproven",)
    after = world.now + DAY + 1
    late = opened(world, envelope, relayed=receipt(envelope, world, time=after), arrived=after)
    assert late.warnings == ("dated",)  # no doubt about the sender; a day lies between signing and taking in


def test_o6_a_receipt_of_a_directory_this_desk_has_yet_to_see() -> None:
    """Between ours and theirs the sender may have been revoked: not proven until the desk has caught up."""
    world = network()
    before = replica(world)
    envelope = sealed(world, message(world))
    world.admit(world.say(RevokeDevice, device=local_id("co-night"), reason="stolen"), "co-chief", "co-deputy")
    late = receipt(envelope, world)
    assert opened(world, envelope, relayed=late, replica=before).warnings == ("unproven", "directory-behind")
    assert opened(world, envelope, relayed=late).warnings == ("unproven",)


def named_anew(world: World, handle: str) -> None:
    """Another relay continues the log, under keys that go by `handle`."""
    seen = replica(world)
    root = seen.tree.root().hex()
    before = Continues(origin="log.enlace.example", size=seen.size, root=root)
    statement = world.say(NameRelay, origin="log2.enlace.example", continues=before, **relay_keys(handle))
    world.admit(statement, *TWO_ROOTS)


def test_o6_what_a_former_relay_signed_in_its_time_counts() -> None:
    world = network()
    sent = message(world)
    envelope = sealed(world, sent)
    proof = receipt(envelope, world)
    named_anew(world, "second")
    signed = checkpoint(world, keys="second log", origin="log2.enlace.example")
    now = replica_under(world, signed)
    seen = opened(world, envelope, relayed=proof, replica=now)
    assert (seen.warnings, seen.alarm) == ((), None)
    after_its_time = receipt(envelope, world)
    assert opened(world, envelope, relayed=after_its_time, replica=now).warnings == ("unproven",)


def replica_under(world: World, signed: bytes) -> Replica:
    return extend(Replica(world.network), world.entries, signed, world.now)


# --- O7 ---


def test_o7_a_stage_released_before_its_time() -> None:
    world = network()
    envelope = sealed(world, message(world, stages=STAGED))
    due = world.now + 600
    for arrived, early in ((world.now, True), (due - EARLY_TOLERANCE - 1, True), (due - EARLY_TOLERANCE, False)):
        seen = opened(world, envelope, "ec-late", arrived=arrived)
        assert seen.stage == 1
        assert seen.warnings == (("released-early",) if early else ())


def test_o7_stage_0_and_the_sender_s_own_side_are_never_early() -> None:
    world = network()
    envelope = sealed(world, message(world, stages=STAGED))
    proof = receipt(envelope, world, time=world.now + 250)
    for handle in ("ec-night", "co-day"):
        assert opened(world, envelope, handle, relayed=proof).warnings == ()


def test_o7_a_sender_whose_clock_is_ahead_accuses_no_relay() -> None:
    """The relay took it in at `world.now`, and released it ten minutes after that."""
    world = network()
    ahead = EARLY_TOLERANCE + 60
    envelope = sealed(world, message(world, stages=STAGED, at=world.now + ahead))
    proof, due = receipt(envelope, world, time=world.now), world.now + 600
    assert opened(world, envelope, "ec-late", relayed=proof, arrived=due).warnings == ("early-or-ahead",)
    in_time = due + ahead - EARLY_TOLERANCE
    assert opened(world, envelope, "ec-late", relayed=proof, arrived=in_time).warnings == ()
    before = due - EARLY_TOLERANCE - 1  # early by what the relay itself signed, too
    assert opened(world, envelope, "ec-late", relayed=proof, arrived=before).warnings == ("released-early",)


def test_o7_a_relay_that_dates_its_receipt_back_is_seen_all_the_same() -> None:
    """It releases at once what was to wait ten minutes, and says that it took it in so much earlier."""
    world = network()
    envelope = sealed(world, message(world, stages=STAGED))
    for back, warning in ((EARLY_TOLERANCE, "released-early"), (600, "early-or-ahead")):
        proof = receipt(envelope, world, time=world.now - back)
        arrived = world.now - back + 600 - EARLY_TOLERANCE
        seen = opened(world, envelope, "ec-late", relayed=proof, arrived=arrived)
        assert (back, seen.warnings) == (back, (warning,))


def test_o7_a_receipt_that_proves_nothing_excuses_no_early_release() -> None:
    world = network()
    envelope = sealed(world, message(world, stages=STAGED))
    forged = receipt(envelope, world, keys="other", time=world.now - 600)
    seen = opened(world, envelope, "ec-late", relayed=forged, arrived=world.now)
    assert seen.warnings == ("unproven", "released-early")


def test_o7_a_receipt_that_a_larger_directory_proves_takes_the_accusation_back() -> None:
    world = network()
    before = replica(world)
    sent = message(world, stages=STAGED, at=world.now + EARLY_TOLERANCE + 60)
    envelope = sealed(world, sent)
    world.add_provisional("br-one")
    proof, due = receipt(envelope, world, time=world.now), world.now + 600
    seen = opened(world, envelope, "ec-late", relayed=proof, replica=before, arrived=due)
    assert seen.warnings == ("unproven", "directory-behind", "released-early")
    facts = Facts(direction="in", received=due, envelope=envelope.hash, relayed=proof, stage=1, warnings=seen.warnings)
    assert reconsidered(replica(world), Stored(1, sent, facts, seen.note)) == (("early-or-ahead",), None)


# --- O8 ---


def forked(world: World) -> tuple[World, Message]:
    """Another history of the same length, and a message whose sender saw that one."""
    other = world.copy()
    for each in (world, other):
        each.now += 60
    world.add_provisional("br-one")
    other.add_provisional("br-two")
    return other, message(world, checkpoint=checkpoint(other).decode())


def test_o8_a_sender_that_saw_another_directory() -> None:
    world = network()
    _, sent = forked(world)
    seen = opened(world, sealed(world, sent))
    assert seen.warnings == ("fork",)
    assert seen.alarm is not None
    assert seen.alarm.kind == "fork"
    assert "the relay shows two histories" in str(seen.alarm)
    mine = replica(world).checkpoint
    assert mine is not None
    assert set(seen.alarm.evidence) == {"checkpoint-theirs.txt", "checkpoint-mine.txt"}
    assert seen.alarm.evidence["checkpoint-theirs.txt"] == sent.checkpoint.encode()


def test_o8_a_sender_that_knows_more_than_this_desk() -> None:
    world = network()
    before = replica(world)
    size = world.view.size
    world.add_provisional("br-one")
    sent = message(world)
    envelope = sealed(world, sent)
    proof = receipt(envelope, world, size=size)
    seen = opened(world, envelope, relayed=proof, replica=before)
    assert (seen.warnings, seen.alarm) == (("directory-behind",), None)


def test_o8_a_sender_that_knows_less_is_the_usual_thing() -> None:
    world = network()
    sent = message(world)
    world.add_provisional("br-one")
    assert opened(world, sealed(world, sent)).warnings == ()


@pytest.mark.parametrize("spoil", ["garbage", "nothing", "forged", "half signed", "another log"])
def test_o8_a_checkpoint_the_log_never_signed(spoil: str) -> None:
    world = network()
    whole = checkpoint(world).decode()
    lines = whole.split("\n")
    theirs = {
        "garbage": "garbage",
        "nothing": "",
        "forged": checkpoint(world, keys="somebody").decode(),
        "half signed": "\n".join([*lines[:5], ""]),
        "another log": checkpoint(world, origin="log.other.example").decode(),
    }[spoil]
    seen = opened(world, sealed(world, message(world, checkpoint=theirs)))
    assert seen.warnings == ("checkpoint",)
    assert seen.alarm is not None
    assert seen.alarm.kind == "checkpoint"  # what its sender wrote: kept, and no alarm to anybody (`desk.mail.intake`)
    assert "the log's checkpoint" in str(seen.alarm)


# --- O9 ---


def test_o9_a_message_under_the_fallback_key() -> None:
    world = network()
    keys = choices("ec-day", "co-day") | {local_id("ec-night"): choice("ec-night", fallback=True)}
    envelope = sealed(world, message(world), keys=keys)
    assert opened(world, envelope).warnings == ("fallback-key",)
    assert opened(world, envelope, "ec-day").warnings == ()


# --- O10 ---


@pytest.mark.parametrize("sign", [1, -1])
def test_o10_a_time_far_from_the_one_the_relay_signed(sign: int) -> None:
    """Whichever of the two is wrong: a message that waited for a network, a clock, or one dated back on purpose."""
    world = network()
    sent = message(world)
    envelope = sealed(world, sent)
    for apart, warned in ((APART, False), (APART + 1, True)):
        proof = receipt(envelope, world, time=sent.at + sign * apart)
        assert opened(world, envelope, relayed=proof).warnings == (("dated",) if warned else ())


def test_o10_a_time_that_no_receipt_proves_is_compared_with_nothing() -> None:
    world = network()
    envelope = sealed(world, message(world))
    forged = receipt(envelope, world, keys="other", time=world.now + DAY)
    assert opened(world, envelope, relayed=forged).warnings == ("unproven",)


def test_several_warnings_stand_together() -> None:
    world = network()
    _, sent = forked(world)
    sent = changed(sent, stages=STAGED)
    keys = choices("ec-night", "ec-day", "co-day") | {local_id("ec-late"): choice("ec-late", fallback=True)}
    envelope = sealed(world, sent, keys=keys)
    forged = receipt(envelope, world, keys="other")
    seen = opened(world, envelope, "ec-late", relayed=forged)
    assert seen.warnings == ("unproven", "fork", "released-early", "fallback-key")
