"""Following the log: A1 to A7 against a log that lies in exactly one way, and the replica that stays as it was."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from desk_world import ORIGIN, checkpoint, network, replica
from directory_replicas import continued, fresh, grown, second, unknown
from directory_world import TWO_ROOTS, World, founding, key_pair, relay_keys

from crypto.checkpoint import MLDSA44_COSIGNATURE_TYPE, Checkpoint, sign_checkpoint
from crypto.note import Note, Signature, key_id, parse_note
from directory.judge import CLOCK_SKEW
from directory.replay import Alarm, Incomplete, Replica, UpdateNeeded, extend
from directory.statement import NameRelay, RetireContact, SuspendMember

DAY = 86_400


def alarm(before: Replica, entries: Sequence[bytes], signed: bytes, now: int) -> Alarm:
    """The alarm that following raises; the replica it began from is as it was."""
    size, root, old = before.size, before.tree.root(), before.checkpoint
    with pytest.raises(Alarm) as raised:
        extend(before, entries, signed, now)
    assert (before.size, before.tree.root(), before.checkpoint) == (size, root, old)
    return raised.value


def test_a_reader_follows_from_nothing_and_step_by_step() -> None:
    _, before, later = grown()
    whole = replica(later)
    step = extend(before, fresh(later, before)[:1], checkpoint(later, before.size + 1), later.now)
    rest = extend(step, fresh(later, before)[1:], checkpoint(later), later.now)
    for each in (whole, rest):
        assert each.view.size == each.size == len(later.entries)
        assert each.view.contacts == later.view.contacts
        assert each.checkpoint is not None
    assert whole.tree.root() == rest.tree.root()


def test_a_newer_checkpoint_over_the_same_statements_is_taken() -> None:
    world, before, _ = grown()
    after = extend(before, [], checkpoint(world, time=world.now + 600), world.now + 600)
    assert (after.size, after.view) == (before.size, before.view)
    assert after.checkpoint is not None
    assert after.checkpoint.time == world.now + 600


def test_statements_beyond_the_checkpoint_wait() -> None:
    _, before, later = grown()
    after = extend(before, fresh(later, before), checkpoint(later, before.size + 2), later.now)
    assert after.size == before.size + 2


# --- A1 ---


def test_a1_fewer_statements_than_the_checkpoint_covers_are_no_alarm() -> None:
    _, before, later = grown()
    with pytest.raises(Incomplete, match=f"the log has {len(later.entries)} entries"):
        extend(before, fresh(later, before)[:2], checkpoint(later), later.now)


# --- A2 ---


def test_a2_another_network_under_the_same_name() -> None:
    world = network()
    other = World()
    other.admit(founding(roots=("root-7", "root-8"), duty="duty-2"), "root-7", "root-8")
    other.admit(other.say(NameRelay, origin=ORIGIN, **relay_keys()), "root-7", "root-8")
    found = alarm(Replica(world.network), other.entries, checkpoint(other), other.now)
    assert found.kind == "network"
    assert str(found) == "the relay shows the directory of another network"
    assert found.evidence["founding.txt"] == other.entries[0]


def test_a2_a_first_statement_of_a_kind_unknown_here_is_told_by_its_hash() -> None:
    """Anybody can write one; only the founding that was pinned may ask for a newer version."""
    world = network().copy()
    first = unknown(world, "root-1")
    world.entries = [first]
    found = alarm(Replica(world.network), [first], checkpoint(world), world.now)
    assert (found.kind, found.evidence["founding.txt"]) == ("network", first)
    pinned = sha256(first.partition(b"\n\n")[0] + b"\n").hexdigest()
    with pytest.raises(UpdateNeeded, match="at position 0: update Enlace to go on"):
        extend(Replica(pinned), [first], checkpoint(world), world.now)


# --- A3 ---


def turned(entry: bytes) -> bytes:
    """The same statement with its genuine signature lines the other way round: another leaf, another root."""
    note = parse_note(entry)
    return Note(note.text, note.signatures[::-1]).write()


def test_a3_a_forged_statement() -> None:
    """The relay writes a contact's retirement into its own log, and signs the checkpoint over it."""
    world, before, _ = grown()
    forged = world.sign(world.say(RetireContact, contact="ec-desk"), "co-chief")
    lying = world.copy()
    lying.entries.append(forged)
    found = alarm(before, [forged], checkpoint(lying), world.now)
    assert found.kind == "refused"
    assert str(found).startswith(f"statement {before.size} of the log does not count: ")
    assert "rule R21" in str(found)
    assert found.evidence["refused-statement.txt"] == forged
    assert {"checkpoint-mine.txt", "checkpoint-theirs.txt"} <= set(found.evidence)


SPOILT = ["a signature", "a repetition", "the order", "the order of the lines", "garbage", "nothing", "another network"]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a3_statements_that_do_not_count(spoil: str) -> None:
    _, before, later = grown()
    entries = fresh(later, before)
    strange = World.founded()
    spoilt = {
        "a signature": [entries[0].replace(b"br-one", b"br-own"), *entries[1:]],
        "a repetition": [entries[0], entries[0], *entries[2:]],
        "the order": [later.sign(later.say(RetireContact, contact="ec-desk", seq=7), "ec-chief"), *entries[1:]],
        "the order of the lines": [turned(entries[0]), *entries[1:]],
        "garbage": [b"hello", *entries[1:]],
        "nothing": [b"", *entries[1:]],
        "another network": [strange.entries[1], *entries[1:]],
    }[spoil]
    lying = later.copy()
    lying.entries = [*later.entries[: before.size], *spoilt]
    assert alarm(before, spoilt, checkpoint(lying), later.now).kind == "refused"


def test_a3_a_statement_of_a_later_version_asks_for_an_update_and_the_last_good_state_stays() -> None:
    world, before, later = grown()
    entries = [*fresh(later, before)[:1], unknown(later, "co-chief")]
    newer = world.copy()
    newer.entries += entries
    with pytest.raises(UpdateNeeded, match=f"at position {before.size + 1}: update Enlace to go on"):
        extend(before, entries, checkpoint(newer), later.now)
    assert before.size == len(world.entries)
    assert extend(before, entries[:1], checkpoint(newer, before.size + 1), later.now).size == before.size + 1


def test_a3_a_forger_does_not_pass_for_a_later_version() -> None:
    world, before, _ = grown()
    forged = unknown(world, "nobody")
    lying = world.copy()
    lying.entries.append(forged)
    assert alarm(before, [forged], checkpoint(lying), world.now).kind == "refused"


# --- A4 ---


@pytest.mark.parametrize("number", [0, 1])
def test_a4_a_checkpoint_without_one_of_its_signatures(number: int) -> None:
    """A relay strips the ML-DSA line, or the other: an officer reads which one is missing."""
    _, before, later = grown()
    note = parse_note(checkpoint(later))
    stripped = Note(note.text, note.signatures[:number] + note.signatures[number + 1 :]).write()
    found = alarm(before, fresh(later, before), stripped, later.now)
    assert found.kind == "checkpoint"
    missing = ("Ed25519", "ML-DSA-44")[number]
    assert str(found) == (
        f"the log's checkpoint does not count: the {missing} signature of the log log.enlace.example is missing"
    )


def test_a4_a_checkpoint_of_somebody_else() -> None:
    _, before, later = grown()
    for signed in (checkpoint(later, keys="other log"), checkpoint(later, origin="log.other.example")):
        assert alarm(before, fresh(later, before), signed, later.now).kind == "checkpoint"


@pytest.mark.parametrize("raw", [b"", b"hello", b"\xff", b"a\nb\nc\n\n\xe2\x80\x94 a AAAAAAAA\n"])
def test_a4_bytes_that_are_no_checkpoint(raw: bytes) -> None:
    world, before, _ = grown()
    found = alarm(before, [], raw, world.now)
    assert (found.kind, found.evidence) == ("checkpoint", {"checkpoint.txt": raw})


def test_a4_a_log_that_names_no_relay() -> None:
    world = World.founded(relay=False)
    found = alarm(Replica(world.network), world.entries, checkpoint(world), world.now)
    assert str(found) == "the directory names no relay yet"


def with_second_time(signed: bytes, time: int) -> bytes:
    """A checkpoint with a further line that looks like the log's own cosignature, in front, with another time."""
    note = parse_note(signed)
    fake = Signature(
        ORIGIN, key_id(ORIGIN, MLDSA44_COSIGNATURE_TYPE + bytes(1312)), time.to_bytes(8, "big") + bytes(2420)
    )
    return Note(note.text, (fake, *note.signatures)).write()


def test_a4_a_time_that_nobody_signed_is_not_judged_by() -> None:
    """A suspension lasts a day. The relay takes a statement of the suspended member, and says it is next week."""
    world = network()
    world.admit(world.say(SuspendMember, member="ec", until=world.now + DAY), *TWO_ROOTS)
    before = replica(world)
    early = world.sign(world.say(RetireContact, contact="ec-desk"), "ec-chief")
    lying = world.copy()
    lying.entries.append(early)
    honest = checkpoint(lying)
    assert alarm(before, [early], honest, world.now).kind == "refused"
    found = alarm(before, [early], with_second_time(honest, world.now + 7 * DAY), world.now)
    assert (found.kind, str(found)) == ("checkpoint", "the log's checkpoint carries two times of its own")


def test_a4_lines_of_witnesses_are_left_to_who_knows_them() -> None:
    """As many as a policy may ask for: sixteen witnesses, two lines each."""
    _, before, later = grown()
    note = parse_note(checkpoint(later))
    more = tuple(Signature(f"witness-{n}.example", bytes(4), bytes([n]) * 72) for n in range(32))
    signed = Note(note.text, note.signatures + more).write()
    assert extend(before, fresh(later, before), signed, later.now).size == len(later.entries)
    one_more = Note(note.text, (*note.signatures, *more, Signature("w.example", bytes(4), b"x"))).write()
    assert alarm(before, fresh(later, before), one_more, later.now).kind == "checkpoint"


# --- A5 ---


def test_a5_a_statement_left_out_or_put_in_under_a_signed_root() -> None:
    """The log signed one history, the relay hands over another that the judge takes as well."""
    _, before, later = grown()
    other = network()
    for name in ("pa-one", "pa-two", "pa-three"):
        other.now += 60
        other.add_provisional(name)
    found = alarm(before, fresh(other, before), checkpoint(later), later.now)
    assert found.kind == "fork"
    assert "do not hash to what the log signed" in str(found)
    assert set(found.evidence) == {"checkpoint-mine.txt", "checkpoint-theirs.txt"}


def test_a5_another_root_over_what_was_seen_before() -> None:
    world, before, _ = grown()
    lying = sign_checkpoint(Checkpoint(ORIGIN, before.size, bytes(32)), key_pair("relay log"), world.now + 60)
    assert alarm(before, [], lying, world.now + 60).kind == "fork"


# --- A6 ---


def test_a6_a_smaller_directory_than_before() -> None:
    """A relay that hides a revocation shows the directory as it was before it."""
    world, before, _ = grown()
    older = checkpoint(world, before.size - 1, world.now + 60)
    found = alarm(before, [], older, world.now + 60)
    assert found.kind == "rollback"
    assert str(found) == (
        f"the relay shows a directory of {before.size - 1} statements; {before.size} were seen before"
    )


def test_a6_an_older_checkpoint_of_the_same_directory() -> None:
    world, before, _ = grown()
    found = alarm(before, [], checkpoint(world, time=world.now - 1), world.now)
    assert (found.kind, str(found)) == ("rollback", "the relay shows an older checkpoint than before")


# --- A7 ---


def test_a7_a_log_whose_clock_is_ahead() -> None:
    world, before, _ = grown()
    ahead = world.now + CLOCK_SKEW
    assert extend(before, [], checkpoint(world, time=ahead), world.now).size == before.size
    found = alarm(before, [], checkpoint(world, time=ahead + 1), world.now)
    assert (found.kind, str(found)) == (
        "clock",
        "the log's clock is ahead of this desk's by more than 5 minutes: check the clocks",
    )


# --- another log continues this one ---


def test_a_reader_follows_a_log_that_continues_another() -> None:
    world, before, _ = grown()
    continued(world)
    after = extend(before, fresh(world, before), second(world), world.now)
    assert after.size == before.size + 1
    assert alarm(before, fresh(world, before), checkpoint(world), world.now).kind == "checkpoint"
    assert alarm(after, [], checkpoint(world), world.now).kind == "checkpoint"
