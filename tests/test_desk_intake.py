"""From the spool to the message store: nothing lost, nothing taken in twice, nothing believed that was not signed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk_intake import HASH, Desk, refused_files
from desk_world import (
    changed,
    checkpoint,
    item_of,
    message,
    network,
    receipt,
    replica,
    sealed,
)
from directory_world import World, key_pair, local_id

from desk.mail.content import Receipt
from desk.mail.facts import Stored
from desk.mail.intake import TakenIn, check_line
from desk.mail.message import MessageStage
from desk.mail.reconsider import reconsidered
from desk.notices.clocks import OpenTurn, clocks, forget
from desk.notices.looked_after import proven_now
from directory.replay import Replica
from directory.statement import RevokeDevice
from relay.protocol.lines import (
    Delivered,
    LineError,
    Notice,
    Step,
    device_name,
    receipt_name,
    reception_name,
    write_line,
)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path, network())
    yield found
    found.mail.close()


def test_a_message_is_taken_in_and_leaves_the_spool(here: Desk) -> None:
    sent = message(here.world)
    envelope = sealed(here.world, sent)
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    assert (taken.messages, taken.refused, taken.alarms, taken.behind) == ([1], [], [], False)
    stored = here.mail.get(1)
    assert (stored.message, stored.facts.direction, stored.facts.envelope) == (sent, "in", envelope.hash)
    assert (stored.facts.received, stored.facts.warnings) == (here.world.now, ())
    assert here.spool.count() == 0


def test_a_message_in_two_envelopes_is_one_message(here: Desk) -> None:
    sent = message(here.world)
    for number in (1, 2):
        envelope = sealed(here.world, sent)
        here.arrives(item_of(envelope, here.world, number), envelope.raw)
    taken = here.take()
    assert (taken.messages, taken.duplicates) == ([1], 1)
    assert here.spool.count() == 0


def test_a_crash_after_storing_and_before_clearing_takes_in_nothing_twice(here: Desk) -> None:
    envelope = sealed(here.world, message(here.world))
    item = item_of(envelope, here.world)
    here.arrives(item, envelope.raw)
    here.take()
    here.arrives(item, envelope.raw)  # the file is there still, or the relay sent it again
    taken = here.take()
    assert (taken.messages, taken.duplicates, here.spool.count()) == ([], 1, 0)


def test_receipts_and_colleagues_copies_are_told_apart(here: Desk) -> None:
    said = Receipt(act="accepted", message="cd" * 16, envelope=HASH)
    envelope = sealed(here.world, message(here.world, content=said))
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    assert (taken.messages, taken.receipts) == ([], [1])


def test_what_cannot_be_believed_is_put_aside_and_holds_up_nothing(here: Desk) -> None:
    bad = sealed(here.world, message(here.world))
    good = sealed(here.world, message(here.world))
    broken = bad.raw[:-1] + bytes([bad.raw[-1] ^ 1])
    here.arrives(item_of(bad, here.world, 1), broken)
    here.arrives(item_of(good, here.world, 2), good.raw)
    taken = here.take()
    assert taken.messages == [1]
    assert len(taken.refused) == 1
    assert "was changed, moved or cut short" in taken.refused[0]
    assert len(refused_files(here)) == 1
    assert here.take().refused == []


def test_a_damaged_file_is_put_aside_and_holds_up_nothing(here: Desk) -> None:
    good = sealed(here.world, message(here.world))
    here.arrives(item_of(good, here.world, 2), good.raw)
    (here.keyring.profile.path / "spool" / "0000000000000001-x.item").write_bytes(b"half")
    taken = here.take()
    assert (taken.messages, len(taken.refused)) == ([1], 1)
    assert "is damaged" in taken.refused[0]


def test_before_the_first_synchronisation_everything_waits(here: Desk) -> None:
    envelope = sealed(here.world, message(here.world))
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take(Replica(here.world.network), fresh=True)
    assert (taken.later, taken.refused, here.spool.count()) == (1, [], 1)
    assert here.take().messages == [1]


def newcomer(here: Desk) -> Replica:
    """A message of a device enrolled after the replica that is returned."""
    before = replica(here.world)
    here.world.add_officer("co-new", "co")
    here.world.admit(here.world.publishing("co-desk", "co", ["co-night", "co-new"]), "co-chief")
    envelope = sealed(here.world, message(here.world, "co-new"), sender="co-new")
    here.arrives(item_of(envelope, here.world), envelope.raw)
    return before


def test_a_sender_not_known_yet_waits_for_the_next_synchronisation(here: Desk) -> None:
    before = newcomer(here)
    assert (here.take(before).later, here.spool.count()) == (1, 1)
    taken = here.take(fresh=True)
    assert (taken.later, taken.messages) == (0, [1])


def test_a_sender_not_known_after_it_either_is_refused(here: Desk) -> None:
    before = newcomer(here)
    taken = here.take(before, fresh=True)
    assert (taken.later, taken.messages, here.spool.count()) == (0, [], 0)
    assert "does not know the sending device" in taken.refused[0]


def test_an_alarm_is_kept_with_its_evidence_and_the_message_with_it(here: Desk) -> None:
    other = here.world.copy()
    for each, name in ((here.world, "br-one"), (other, "br-two")):
        each.now += 60
        each.add_provisional(name)
    theirs = checkpoint(other)
    envelope = sealed(here.world, message(here.world, checkpoint=theirs.decode()))
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take()
    assert taken.messages == [1]
    assert here.mail.get(1).facts.warnings == ("fork",)
    (alarm,) = taken.alarms
    (folder,) = (here.keyring.profile.path / "alarms").iterdir()
    assert "the relay shows two histories" in alarm
    assert str(folder) in alarm
    assert (folder / "checkpoint-theirs.txt").read_bytes() == theirs


# --- lines ---


def delivered(world: World, handle: str = "ec-day", envelope: str = HASH) -> bytes:
    said = Delivered(network=world.network, envelope=envelope, at=world.now, device=local_id(handle))
    return write_line(said, reception_name(world.name, said.device), key_pair(f"{handle} reception"))


def step(world: World, handle: str = "ec-day", envelope: str = HASH) -> bytes:
    said = Step(network=world.network, envelope=envelope, at=world.now, device=local_id(handle), act="accepted")
    return write_line(said, device_name(world.name, said.device), key_pair(handle))


def notice(world: World, keys: str = "relay receipt", envelope: str = HASH) -> bytes:
    said = Notice(network=world.network, envelope=envelope, at=world.now, event="expired", devices=("77" * 32,))
    return write_line(said, receipt_name(world.name), key_pair(keys))


def test_lines_of_all_kinds_are_kept(here: Desk) -> None:
    for kind, raw in (("delivered", delivered(here.world)), ("step", step(here.world)), ("notice", notice(here.world))):
        here.line_arrives(raw, kind)  # type: ignore[arg-type]  # the table's words
        assert [each.kind for each in here.take().lines] == [kind]
    assert len(here.mail.lines()) == 3


def test_a_line_sent_twice_is_kept_once(here: Desk) -> None:
    raw = step(here.world)
    for _ in range(2):
        here.line_arrives(raw, "step")
        here.take()
    assert len(here.mail.lines()) == 1


def test_a_relay_cannot_pass_a_line_off_as_about_another_envelope(here: Desk) -> None:
    """ "Accepted" was said of one message; shown as if it had been said of another, it is refused."""
    here.line_arrives(step(here.world, envelope="cd" * 32), "step", HASH)
    taken = here.take()
    assert taken.lines == []
    (why,) = taken.refused
    assert why.startswith("the relay shows a line as if it were about another envelope than was signed (kept as spool/")
    assert here.mail.lines() == []


@pytest.mark.parametrize("kind", ["delivered", "step", "notice"])
def test_a_line_of_another_kind_than_announced_is_refused(here: Desk, kind: str) -> None:
    lines = {"delivered": delivered(here.world), "step": step(here.world), "notice": notice(here.world)}
    for other, raw in lines.items():
        if other != kind:
            with pytest.raises(LineError):
                check_line(kind, raw, here.world.view)


def forged(world: World) -> dict[str, tuple[str, bytes]]:
    device = local_id("ec-day")
    at: dict[str, Any] = {"network": world.network, "envelope": HASH, "at": world.now}
    return {
        "a delivery by the device's own keys": (
            "delivered",
            write_line(Delivered(device=device, **at), reception_name(world.name, device), key_pair("ec-day")),
        ),
        "a step by the reception keys": (
            "step",
            write_line(
                Step(device=device, act="accepted", **at), device_name(world.name, device), key_pair("ec-day reception")
            ),
        ),
        "a step by another device": (
            "step",
            write_line(
                Step(device=device, act="accepted", **at), device_name(world.name, device), key_pair("ec-night")
            ),
        ),
        "a notice by the log's keys": ("notice", notice(world, "relay log")),
        "another network": (
            "delivered",
            write_line(
                Delivered(device=device, network="7" * 64, envelope=HASH, at=1),
                reception_name(world.name, device),
                key_pair("ec-day reception"),
            ),
        ),
        "half a signature": ("step", step(world).rpartition("\n— ".encode())[0] + b"\n"),
        "nothing": ("step", b""),
    }


@pytest.mark.parametrize("name", forged(network()))
def test_a_forged_line_is_refused(here: Desk, name: str) -> None:
    kind, raw = forged(here.world)[name]
    here.line_arrives(raw, kind)  # type: ignore[arg-type]  # the table's words
    taken = here.take(fresh=True)
    assert (taken.lines, len(taken.refused)) == ([], 1)


def test_a_line_of_a_device_not_known_yet_waits(here: Desk) -> None:
    before = replica(here.world)
    here.world.add_officer("ec-new", "ec")
    here.line_arrives(delivered(here.world, "ec-new"), "delivered")
    assert (here.take(before).later, here.take(before).refused) == (1, [])
    assert len(here.take().lines) == 1


# --- what a larger directory changes ---


def ahead(here: Desk, *, revoked: bool) -> Stored:
    """A message taken in with a replica older than its receipt; its sender was revoked in between, or not."""
    before = replica(here.world)
    stages = tuple(MessageStage(after=at, contacts=(to,)) for at, to in ((0, "ec-desk"), (600, "ec-court")))
    envelope = sealed(here.world, message(here.world, stages=stages))
    if revoked:
        statement = here.world.say(RevokeDevice, device=local_id("co-night"), reason="stolen")
        here.world.admit(statement, "co-chief", "co-deputy")
    else:
        here.world.add_provisional("br-one")
    here.arrives(item_of(envelope, here.world), envelope.raw)
    taken = here.take(before)
    assert taken.behind
    assert here.mail.get(1).facts.warnings == ("unproven", "directory-behind")
    return here.mail.get(1)


@pytest.mark.parametrize("revoked", [True, False])
def test_a_message_is_looked_at_again_with_the_larger_directory(here: Desk, revoked: bool) -> None:
    stored = ahead(here, revoked=revoked)
    warnings, alarm = reconsidered(replica(here.world), stored)
    assert (warnings, alarm) == (("unproven",) if revoked else (), None)


@pytest.mark.parametrize("revoked", [True, False])
def test_a_message_that_turns_out_to_be_proven_gets_its_clock_then(here: Desk, revoked: bool) -> None:
    """What nothing proves may say any time: it has none before, and none if it stays so."""
    stored, profile, now = ahead(here, revoked=revoked), here.keyring.profile, here.world.now
    assert clocks(profile.path, now) == []
    known = replica(here.world)
    warnings, _ = reconsidered(known, stored)
    proven_now(profile, known.view, stored, warnings)
    found = clocks(profile.path, now)
    assert [(each.precedence, each.own, each.turns) for each in found] == (
        [] if revoked else [("flash", False, (OpenTurn(number=1, due=now + 600),))]
    )
    if revoked:
        return
    copy = replace(stored, facts=changed(stored.facts, direction="colleague"))  # of what a colleague has sent
    proven_now(profile, known.view, copy, warnings)
    (clock,) = clocks(profile.path, now, own=True)
    named = [{each.pair.id for each in devices} for devices in (clock.recipients, clock.side)]
    wanted = ("ec-night", "ec-day", "ec-late"), ("co-night", "co-day")
    assert named == [{local_id(each) for each in handles} for handles in wanted]
    here.mail.note_facts(1, changed(stored.facts, warnings=warnings))
    forget(profile.path, stored.facts.envelope)
    proven_now(profile, known.view, here.mail.get(1), warnings)  # it was proven before: its clock may have ended
    assert clocks(profile.path, now) == []


def test_a_relay_that_hides_what_the_sender_saw_is_an_alarm(here: Desk) -> None:
    before = replica(here.world)
    size = before.size
    here.world.add_provisional("br-one")
    envelope = sealed(here.world, message(here.world))
    here.arrives(item_of(envelope, here.world, relayed=receipt(envelope, here.world, size=size)), envelope.raw)
    here.take(before)
    warnings, alarm = reconsidered(before, here.mail.get(1))
    assert warnings == ("fork",)
    assert alarm is not None
    assert f"saw {size + 1} statements" in str(alarm)
    assert f"shows this desk only {size}: it hides statements, perhaps a revocation" in str(alarm)
    assert set(alarm.evidence) == {"checkpoint-theirs.txt", "checkpoint-mine.txt"}


def test_what_two_intakes_brought_is_counted_together() -> None:
    first = TakenIn(messages=[1], refused=["a"], duplicates=1, later=2)
    first.add(TakenIn(messages=[2], receipts=[3], alarms=["b"], duplicates=2, behind=True))
    assert first == TakenIn([1, 2], [3], [], ["a"], ["b"], 3, 2, True)


def test_what_stays_is_what_the_last_intake_left() -> None:
    first = TakenIn(later=2, stuck=["a"], unread=1, looked=True)
    first.add(TakenIn())
    assert first == TakenIn(later=2, stuck=["a"], unread=1, looked=True)
    first.add(TakenIn(later=1, looked=True))
    assert first == TakenIn(later=1, looked=True)
