"""The places where both signatures of one signer are needed: for each a function that brings the real thing there.

It takes the name of what is to be made of it (`half_signed.HALVES`, or WHOLE) and a folder, and returns the words of
the refusal, or nothing when the thing was taken.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from both_turns import a_notice_about_a_turn, a_receipt_about_a_turn
from bundle_world import Event, answer, story, whole
from desk_intake import HASH, Desk
from desk_world import checkpoint, key_set_note, message, network, note_of, opened, receipt, replica, sealed
from directory_world import START, TWO_ROOTS, World, key_pair, local_id, relay_keys
from half_signed import half
from mail_lines import call_lines, order_line
from mail_world import Directory as House
from mail_world import delivered_line, envelope, step_line
from recovery_world import Desks, came, forged, line_of, record, take
from test_desk_opening import by_hand

from crypto.cosignature import log_keys
from crypto.errors import CryptoError
from crypto.policy import Policy, PolicyLog
from crypto.proof import Proof
from desk.alarms.accusation import accusation
from desk.cases.acts import CaseEvent, Open
from desk.cases.bundle_checked import Altered, checked_bundle
from desk.cases.held import believed
from desk.handling.inside import Inside, doubt
from desk.mail.facts import Facts, Stored
from desk.mail.intake import check_line
from desk.mail.message import MessageError, stored_message
from desk.mail.opening import Unbelievable, unproven
from desk.mail.reconsider import reconsidered
from directory.canonical import encode
from directory.evidence_file import Fork, LessThanReceipt, Unsigned, evidence, parse_evidence
from directory.evidence_verdict import verdict
from directory.proof_extra import write_extra
from directory.replay import Alarm, Replica, check_other, extend, reload
from directory.statement import Continues, NameRelay
from relay.key_sets import KeySets as RelayKeySets
from relay.mail.ordering import read_order
from relay.mail.stepping import read_step
from relay.protocol.lines import LineError, Notice, receipt_name, write_line
from relay.protocol.padding import pad
from relay.protocol.problems import Refusal
from relay.protocol.receipts import Relayed
from relay.rules.mailbox import check_call_lines
from relay.store.memory_directory import MemoryKeySets


@dataclass(frozen=True)
class Directory:
    """A directory that never changes; for relay code that asks for one."""

    world: World

    @property
    def view(self) -> object:
        return self.world.view

    def on_change(self, callback: object) -> None:
        raise NotImplementedError


def words(call: Callable[[], object], kind: type[Exception]) -> str:
    """What the refusal says; nothing if there was none."""
    try:
        call()
    except kind as error:
        return f"{error.problem.code}: {error}" if isinstance(error, Refusal) else str(error)
    return ""


UNSIGNED = "was not signed by the log that it names"
LATER = "does not know"  # what cannot be told from a line of keys that a newer directory may name


# --- places that are reached by a call; each returns the words of the refusal ---


def a_message(which: str, _: Path) -> str:
    world = network()
    note = half(note_of(message(world)), which)
    return words(lambda: opened(world, by_hand(world, pad(note))), Unbelievable)


def a_checkpoint_in_a_message(which: str, _: Path) -> str:
    world = network()
    told = half(checkpoint(world), which).decode()
    seen = opened(world, sealed(world, message(world, checkpoint=told)))
    assert seen.warnings == (("checkpoint",) if seen.alarm else ())
    return str(seen.alarm or "")


def half_receipt(relayed: Relayed, which: str) -> Relayed:
    return msgspec.structs.replace(relayed, note=half(relayed.note, which).decode())


def a_receipt_with_a_message(which: str, _: Path) -> str:
    world = network()
    came_in = sealed(world, message(world))
    relayed = half_receipt(receipt(came_in, world), which)
    seen = opened(world, came_in, relayed=relayed)
    why = unproven(world.view, seen.message, came_in.hash, relayed)
    assert seen.warnings == (("unproven",) if why else ())
    return why or ""


def a_receipt_looked_at_again(which: str, _: Path) -> str:
    """It speaks of a larger directory than the relay shows: that accuses the relay, if the relay has signed it."""
    world = network()
    here, came_in = replica(world), sealed(world, message(world))
    relayed = half_receipt(receipt(came_in, world, size=here.size + 1), which)
    facts = Facts(direction="in", received=world.now, envelope=came_in.hash, relayed=relayed)
    warnings, alarm = reconsidered(here, Stored(1, message(world), facts, note_of(message(world))))
    assert warnings == (("unproven", "fork") if alarm else ("unproven",))
    return "" if alarm else unproven(world.view, message(world), came_in.hash, relayed) or ""


def a_message_in_a_recovery_file(which: str, path: Path) -> str:
    said, known = came(1)
    return _recovered(record(said, known, half(note_of(said), which)), path)


def a_message_passed_on(which: str, _: Path) -> str:
    world = network()
    said = message(world)
    handed = Event(said, "co-night", half(note_of(said), which)).handed()
    inner, note = stored_message(handed.note.encode())
    return doubt(Inside(inner, note, handed, 1), world.view)


def a_message_handed_over(which: str, _: Path) -> str:
    world = network()
    said = message(world, case_event=CaseEvent(act=Open(title="Bus to the coast")))
    handed = Event(said, "co-night", half(note_of(said), which)).handed()
    try:
        return "" if believed(handed, world.view, 1).signed.taken_in is not None else "not proven"
    except MessageError as error:
        return str(error)


def _bundle(note: bytes, parts: list[bytes]) -> str:
    try:
        checked_bundle(note, parts)
    except Altered as error:
        return error.why
    return ""


def a_manifest(which: str, _: Path) -> str:
    note, parts = whole().signed(index=False)
    return _bundle(half(note, which), parts)


def a_relays_receipt_in_a_bundle(which: str, _: Path) -> str:
    bundle, said = whole(), story()[-1]
    bundle.put_event(said, relayed=half_receipt(receipt(said.envelope, network()), which))
    return _bundle(*bundle.signed(index=False))


def a_receipt_in_a_bundle(which: str, _: Path) -> str:
    bundle = whole()
    note = half(answer().note, which).decode()
    bundle.put("receipt", f"receipt-{answer().id}", encode(answer().handed(note=note)))
    return _bundle(*bundle.signed(index=False))


def a_line_in_a_recovery_file(which: str, path: Path) -> str:
    world = network()
    line = half(delivered_line(Directory(world), "co-night", HASH), which)  # type: ignore[arg-type]  # only its world
    return _recovered(line_of(HASH, line), path)


def _recovered(forgery: object, path: Path) -> str:
    office = Desks(path)
    try:
        good = record(*came(7))
        brought = take(office.desk("ec-night/2"), forged(path / "archive.age", [good, forgery]))  # type: ignore[list-item]  # bytes of both kinds
        assert len(brought.messages) + brought.lines + len(brought.refused) + brought.later == 2
        return "".join(brought.refused) or LATER * brought.later
    finally:
        office.close()


def a_published_key_set(which: str, _: Path) -> str:
    world = network()
    device, note = local_id("ec-night"), half(key_set_note(world, "ec-night"), which)
    keysets = RelayKeySets(MemoryKeySets(), Directory(world))  # type: ignore[arg-type]  # its view is all that is asked
    found = words(lambda: asyncio.run(keysets.put(device, note)), Refusal)
    assert bool(asyncio.run(keysets.get([device]))) == (found == "")
    return found


def a_step_for_the_relay(which: str, _: Path) -> str:
    world = network()
    device, raw = local_id("ec-night"), half(step_line(Directory(world), "ec-night", HASH), which)  # type: ignore[arg-type]  # only its world
    keys, named = world.view.devices[device].keys, (world.name, world.network)
    return words(lambda: read_step(raw, device, HASH, keys, named, world.now), Refusal)


def an_order_for_the_relay(which: str, _: Path) -> str:
    world = network()
    device, raw = local_id("ec-night"), half(order_line(Directory(world), "ec-night", HASH), which)  # type: ignore[arg-type]  # only its world
    keys, named = world.view.devices[device].keys, (world.name, world.network)
    return words(lambda: read_order(raw, device, HASH, keys, named, world.now), Refusal)


def a_call_for_the_relay(which: str, _: Path) -> str:
    house = House()
    made = envelope(house, calls=[(600, ["co-late"])])
    lines = [half(each, which) for each in call_lines(house, made)]
    return words(lambda: check_call_lines(made.header, made.hash, lines, house.view, START), Refusal)


def line_at_a_desk(kind: str, raw: bytes, world: World, path: Path) -> str:
    """Both what the check says and what intake makes of it."""
    here = Desk(path, world)
    here.line_arrives(raw, kind)  # type: ignore[arg-type]  # one of the three kinds
    taken = here.take()
    here.mail.close()
    why = words(lambda: check_line(kind, raw, world.view), LineError)
    assert (len(taken.lines), len(taken.refused) + taken.later) == ((0, 1) if why else (1, 0))
    return why


def a_step_at_a_desk(which: str, path: Path) -> str:
    world = network()
    raw = step_line(Directory(world), "co-night", HASH)  # type: ignore[arg-type]  # only its world
    return line_at_a_desk("step", half(raw, which), world, path)


def a_delivered_line_at_a_desk(which: str, path: Path) -> str:
    world = network()
    raw = delivered_line(Directory(world), "co-night", HASH)  # type: ignore[arg-type]  # only its world
    return line_at_a_desk("delivered", half(raw, which), world, path)


def a_notice_at_a_desk(which: str, path: Path) -> str:
    world = network()
    notice = Notice(
        network=world.network, envelope=HASH, at=world.now, event="expired", devices=(local_id("ec-night"),)
    )
    raw = write_line(notice, receipt_name(world.name), key_pair("relay receipt"))
    return line_at_a_desk("notice", half(raw, which), world, path)


def a_checkpoint_to_follow(which: str, _: Path) -> str:
    world = network()
    signed = half(checkpoint(world), which)
    return words(lambda: extend(Replica(world.network), world.entries, signed, world.now), Alarm)


def a_checkpoint_on_disk(which: str, _: Path) -> str:
    world = network()
    return words(lambda: reload(world.network, world.entries, half(checkpoint(world), which)), Alarm)


def another_desk_s_checkpoint(which: str, _: Path) -> str:
    world = network()
    return words(lambda: check_other(replica(world), half(checkpoint(world), which)), Alarm)


def a_checkpoint_over_what_no_log_may_hold(which: str, _: Path) -> str:
    """Whether a log that goes on with another directory has signed that: then it can never be put right."""
    world = network()
    before = replica(world)
    continued = Continues(origin=before.view.relay.origin, size=before.size, root="ab" * 32)  # type: ignore[union-attr]  # a relay is named there
    world.admit(
        world.say(NameRelay, origin="log2.enlace.example", continues=continued, **relay_keys("second")), *TWO_ROOTS
    )
    signed = half(checkpoint(world, keys="second log", origin="log2.enlace.example"), which)
    with pytest.raises(Alarm) as caught:
        extend(before, world.entries[before.size :], signed, world.now)
    assert caught.value.kind == "fork"
    if caught.value.final is not None:
        return ""
    after = replica_of(world)
    return words(lambda: check_other(after, signed), Alarm)


def a_checkpoint_of_what_gave_way(which: str, _: Path) -> str:
    """Whether a relay that the roots replaced has signed another directory than the one they continued."""
    world, branch = network(), network()
    before = Continues(origin="log.enlace.example", size=len(world.entries), root=replica(world).tree.root().hex())
    for each, member in ((world, "br-one"), (branch, "br-two")):
        each.now += 60
        each.add_provisional(member)
    named = world.say(NameRelay, origin="log2.enlace.example", continues=before, **relay_keys("second"))
    world.admit(named, *TWO_ROOTS)
    signed = checkpoint(world, keys="second log", origin="log2.enlace.example")
    after = extend(Replica(world.network), world.entries, signed, world.now)
    with pytest.raises(Alarm) as caught:
        check_other(after, half(checkpoint(branch), which))
    return "" if caught.value.kind == "gave-way" else str(caught.value)


def a_checkpoint_that_accuses(which: str, _: Path) -> str:
    """A fork is proven to a stranger by what the log has signed with both its keys; else it is nobody's word."""
    world, branch = network(), network()
    for each, member in ((world, "br-one"), (branch, "br-two")):
        each.now += 60
        each.add_provisional(member)
    here, theirs = replica(world), half(checkpoint(branch), which)
    fork = Alarm("fork", "another directory", {"checkpoint-theirs.txt": theirs})
    raw, proven = accusation(fork, here, lambda: world.entries, world.now)
    said = parse_evidence(raw).head
    assert (isinstance(said, Fork), isinstance(said, Unsigned)) == (proven, not proven)
    return "" if proven else UNSIGNED


def a_receipt_that_accuses(which: str, _: Path) -> str:
    """A relay that showed less than its receipt speaks of is accused of it, if it has signed that receipt."""
    world = network()
    relay = world.view.relay
    assert relay is not None
    here, came_in = replica(world), sealed(world, message(world))
    entry, path = world.entries[relay.since], tuple(here.tree.inclusion(relay.since, here.size))
    proof = Proof(relay.since, path, checkpoint(world), write_extra(entry)).write()
    relayed = half_receipt(receipt(came_in, world, size=here.size + 1), which)
    raw = evidence(LessThanReceipt(), proof=proof, receipt=encode(relayed)).write()
    try:
        return (
            "" if verdict(raw, Policy(tuple(map(PolicyLog, log_keys(relay.origin, relay.log))))).checked else "nothing"
        )
    except CryptoError as error:
        return str(error)


def replica_of(world: World) -> Replica:
    """A reader that follows the second log, so that its words can be heard."""
    return Replica(world.network, world.view)


Place = Callable[[str, Path], str]
# Where the check is asked for (file, function), and what stands there.
PLACES: dict[tuple[str, str], dict[str, Place]] = {
    ("desk/mail/opening.py", "_read"): {"a message": a_message},
    ("desk/mail/opening.py", "unproven"): {"a receipt with a message": a_receipt_with_a_message},
    ("desk/mail/reconsider.py", "_signed_for"): {"a receipt looked at again": a_receipt_looked_at_again},
    ("desk/profile/recovered.py", "_verified"): {"a message in a recovery file": a_message_in_a_recovery_file},
    ("desk/cases/held.py", "believed"): {"a message handed over in a case": a_message_handed_over},
    ("desk/cases/bundle_checked.py", "checked_bundle"): {"the manifest of a bundle": a_manifest},
    ("desk/cases/bundle_checked.py", "_check_receipt"): {"a relay's receipt in a bundle": a_relays_receipt_in_a_bundle},
    ("desk/cases/bundle_checked.py", "_answers"): {"a receipt in a bundle": a_receipt_in_a_bundle},
    ("desk/handling/inside.py", "unproven_note"): {"a message passed on": a_message_passed_on},
    ("desk/mail/intake.py", "check_line"): {"a step at a desk": a_step_at_a_desk},
    ("desk/mail/intake.py", "_notice"): {"a notice at a desk": a_notice_at_a_desk},
    ("desk/mail/delivered.py", "delivered_line"): {
        "a delivered line at a desk": a_delivered_line_at_a_desk,
        "a line in a recovery file": a_line_in_a_recovery_file,
    },
    ("relay/key_sets.py", "put"): {"a key set that is published": a_published_key_set},
    ("relay/rules/mailbox.py", "check_call_lines"): {"a call for the relay": a_call_for_the_relay},
    ("relay/mail/own_line.py", "signed_line"): {
        "an order for the relay": an_order_for_the_relay,
        "a step for the relay": a_step_for_the_relay,
    },
    ("directory/replay.py", "_signed"): {
        "a checkpoint to follow": a_checkpoint_to_follow,
        "a checkpoint on disk": a_checkpoint_on_disk,
        "another desk's checkpoint": another_desk_s_checkpoint,
        "a checkpoint in a message": a_checkpoint_in_a_message,
    },
    ("directory/replay.py", "owed_by"): {
        "a checkpoint over what no log may hold": a_checkpoint_over_what_no_log_may_hold
    },
    ("directory/replay.py", "_opens"): {"a checkpoint of what gave way": a_checkpoint_of_what_gave_way},
    ("desk/alarms/accusation.py", "_opened"): {"a checkpoint that accuses": a_checkpoint_that_accuses},
    ("directory/evidence_verdict.py", "_less_than_receipt"): {"a receipt that accuses": a_receipt_that_accuses},
    ("desk/alarms/turn_verdict.py", "turn_verdict"): {
        "a receipt about a turn": a_receipt_about_a_turn,
        "a notice about a turn": a_notice_about_a_turn,
    },
    ("relay/protocol/receipts.py", "check_relayed"): {},  # whose callers stand here
    # What is not signed by both is passed over there, without a word; `test_desk_requests_stored` shows that.
    ("desk/requests/stored.py", "_handed"): {},
    # As there: such a line says nothing to a locked desk; `test_desk_notices_clocks` shows it with each half.
    ("desk/notices/clocks.py", "_said"): {},
    ("desk/notices/clocks.py", "_signed"): {},
    # These need a relay or a stream, and have tests of their own below.
    ("desk/mail/outbox.py", "_done"): {},
    ("desk/keys/key_sets.py", "_opened"): {},
    ("desk/keys/own_keys.py", "_newest"): {},
    ("relay/mail/stream.py", "_take"): {},
}
ROWS = {name: place for places in PLACES.values() for name, place in places.items()}
