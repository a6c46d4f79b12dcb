"""What a stranger is told of a file: proven, not proven, or forged; years later too, and whatever stands in `extra`."""

import pytest
from desk_world import checkpoint, network
from directory_world import World, key_pair
from witness_keys import WITNESSES, cosigned, policy_of

from crypto.merkle import Tree, leaf_hash
from crypto.note import Note, parse_note
from crypto.policy import Policy
from crypto.proof import Proof
from desk.errors import Declined, Distrust, Usage
from desk.replica.proofs import verify_file
from directory.commitment import commit
from directory.proof_extra import write_extra
from directory.statement import AdmitMember

ORIGIN = "log.enlace.example"
POLICY = policy_of(2, origin=ORIGIN, log=key_pair("relay log"))


def proven(world: World, extra: bytes = b"", index: int = 0) -> bytes:
    """A proof of an entry of a log that two members' witnesses have cosigned."""
    tree = Tree(map(leaf_hash, world.entries))
    raw = cosigned(checkpoint(world), {"co": world.now, "pe": world.now})
    return Proof(index, tuple(tree.inclusion(index, len(tree))), raw, extra).write()


def test_a_policy_with_the_logs_later_keys_calls_nobody_a_forger() -> None:
    world = network()
    raw = proven(world, write_extra(world.entries[0]))
    assert verify_file(raw, POLICY).index == 0
    later = policy_of(2, origin=ORIGIN, log=WITNESSES["cl"], members=("co", "pe"))
    with pytest.raises(Declined, match="in force when this was made"):
        verify_file(raw, later)


@pytest.mark.parametrize("at", [0, 1])
def test_a_line_of_the_log_that_was_left_out_is_not_proven_and_a_wrong_one_is_forged(at: int) -> None:
    world = network()
    whole = cosigned(checkpoint(world), {"co": world.now, "pe": world.now})
    note = parse_note(whole)
    rest = [each for number, each in enumerate(note.signatures) if number != at]
    with pytest.raises(Declined, match="1 of 2 signatures of the log"):
        verify_file(Note(note.text, tuple(rest)).write(), POLICY)
    with pytest.raises(Distrust):
        verify_file(whole.replace(b"\n%d\n" % len(world.entries), b"\n%d\n" % (len(world.entries) + 1), 1), POLICY)


def test_what_another_tool_put_into_extra_is_not_looked_at_where_the_entry_is_given() -> None:
    world = network()
    raw, entry = proven(world, b"another tool's"), world.entries[0]
    assert verify_file(raw, POLICY, entry).entry == entry
    with pytest.raises(Usage):
        verify_file(raw, POLICY)
    with pytest.raises(Usage, match="another entry along"):
        verify_file(proven(world, write_extra(entry)), POLICY, world.entries[1])


@pytest.mark.parametrize("body", [b"\xff", b"not JSON", b"{", b'{"name":"\xff"}'])
def test_a_body_that_is_no_json_is_refused_and_breaks_nothing(body: bytes) -> None:
    world = network()
    salt = bytes(32)
    said = world.say(AdmitMember, member="zz", country="ZZ", body=commit(salt, body))
    world.entries.append(world.sign(said, "duty"))  # a relay may log what no judge lets count
    at = len(world.entries) - 1
    file = proven(world, write_extra(world.entries[at], body, salt), at)
    with pytest.raises(Usage, match="no JSON"):
        verify_file(file, POLICY)


def test_a_policy_that_knows_no_log_proves_nothing() -> None:
    with pytest.raises(Declined):
        verify_file(proven(network()), Policy(), network().entries[0])
