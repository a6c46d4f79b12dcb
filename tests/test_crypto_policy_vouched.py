"""What accuses a log: that both its keys signed a checkpoint, and the newest time at which all had vouched for it."""

import pytest
from witness_keys import LOG, MEMBERS, ORIGIN, WITNESSES, cosigned, key_name, policy_of, signed

from crypto.checkpoint import Checkpoint, CheckpointError, sign_checkpoint
from crypto.cosignature import cosign
from crypto.merkle import Tree, leaf_hash
from crypto.note import Note, NoteError, SignatureError, parse_note
from crypto.policy import NotSigned, Policy, Unsatisfied, log_signed, vouched_since
from crypto.signing import SecretPair

TREE = Tree(map(leaf_hash, [b"one", b"two", b"three"]))
POINT = Checkpoint(ORIGIN, 3, TREE.root())
TIME = 1_767_225_600
RAW = signed(TREE, TIME)
POLICY = policy_of(2)
NO_WITNESS = Policy(POLICY.logs)


def without(raw: bytes, number: int) -> bytes:
    """A checkpoint less one line."""
    note = parse_note(raw)
    return Note(note.text, tuple(each for at, each in enumerate(note.signatures) if at != number)).write()


def test_a_checkpoint_that_both_keys_signed() -> None:
    for raw in (RAW, cosigned(RAW, {"co": TIME + 1})):
        found = log_signed(POLICY, raw)
        assert (found.checkpoint, found.time, found.raw) == (POINT, TIME, raw)


def test_wrong_lines_of_witnesses_say_nothing_of_the_log() -> None:
    note = parse_note(RAW)
    wrong = cosign(Checkpoint(ORIGIN, 4, TREE.root()), WITNESSES["co"], key_name("co"), TIME)
    assert log_signed(POLICY, Note(note.text, (*note.signatures, *wrong)).write()).checkpoint == POINT


@pytest.mark.parametrize("number", [0, 1])
def test_one_signature_of_the_log_is_none(number: int) -> None:
    with pytest.raises(NotSigned, match=r"1 of 2 signatures of the log log\.enlace\.example/2026 are missing"):
        log_signed(POLICY, without(RAW, number))


@pytest.mark.parametrize("number", [0, 1])
def test_a_policy_that_names_one_key_of_the_log_cannot_say(number: int) -> None:
    with pytest.raises(Unsatisfied, match="does not name both keys"):
        log_signed(Policy((POLICY.logs[number],)), RAW)


def test_of_a_log_that_it_does_not_name_a_policy_says_nothing() -> None:
    for policy, raw in (
        (Policy(), RAW),
        (POLICY, sign_checkpoint(Checkpoint("other.example", 3, POINT.root), LOG, TIME)),
    ):
        with pytest.raises(Unsatisfied, match="does not know the log"):
            log_signed(policy, raw)


def test_a_strangers_signatures_are_not_the_logs() -> None:
    stranger = SecretPair(bytes([3]) * 32, bytes([4]) * 32)
    with pytest.raises(NotSigned, match="2 of 2"):
        log_signed(POLICY, signed(TREE, TIME, log=stranger))


def test_a_wrong_signature_of_the_log_is_refused() -> None:
    other = parse_note(signed(Tree(map(leaf_hash, [b"one"])), TIME))
    with pytest.raises(SignatureError, match="is wrong"):
        log_signed(POLICY, Note(parse_note(RAW).text, other.signatures).write())


@pytest.mark.parametrize("read", [log_signed, lambda policy, raw: vouched_since(policy, raw, TIME)])
@pytest.mark.parametrize(
    ("raw", "error"), [(b"", NoteError), (b"text\n", NoteError), (RAW.replace(b"\n3\n", b"\n03\n"), CheckpointError)]
)
def test_what_is_no_checkpoint(read: object, raw: bytes, error: type[Exception]) -> None:
    assert callable(read)
    with pytest.raises(error):
        read(POLICY, raw)


def test_vouched_since_the_second_of_three_members() -> None:
    assert vouched_since(POLICY, cosigned(RAW, {"co": TIME + 5, "cl": TIME + 9}), TIME + 60) == TIME + 5
    every = cosigned(RAW, {"co": TIME + 5, "cl": TIME + 9, "pe": TIME + 7})
    assert vouched_since(POLICY, every, TIME + 60) == TIME + 7


def test_who_vouched_later_than_asked_has_not_yet() -> None:
    raw = cosigned(RAW, {"co": TIME + 5, "cl": TIME + 9, "pe": TIME + 7})
    assert vouched_since(POLICY, raw, TIME + 9) == TIME + 7
    assert vouched_since(POLICY, raw, TIME + 8) == TIME + 5
    assert vouched_since(POLICY, raw, TIME + 6) == 0


def test_too_few_never_vouched() -> None:
    assert vouched_since(POLICY, RAW, TIME + 60) == 0
    assert vouched_since(POLICY, cosigned(RAW, {"co": TIME}), TIME + 60) == 0
    assert vouched_since(POLICY, without(cosigned(RAW, {"co": TIME, "cl": TIME}), 5), TIME + 60) == 0


def test_a_wrong_line_takes_nothing_from_the_other_witnesses() -> None:
    note = parse_note(cosigned(RAW, {"co": TIME + 1, "pe": TIME + 2}))
    wrong = cosign(Checkpoint(ORIGIN, 4, TREE.root()), WITNESSES["cl"], key_name("cl"), TIME)
    raw = Note(note.text, (*note.signatures, *wrong)).write()
    assert vouched_since(POLICY, raw, TIME + 60) == TIME + 1
    assert vouched_since(policy_of(3, MEMBERS), raw, TIME + 60) == 0


def test_where_witnesses_are_needed_the_logs_own_lines_are_not_looked_at() -> None:
    raw = cosigned(RAW, {"co": TIME + 1, "pe": TIME + 2})
    assert vouched_since(POLICY, without(without(raw, 0), 0), TIME + 60) == TIME + 1


def test_where_nobody_is_needed_the_log_has_to_have_signed() -> None:
    assert vouched_since(NO_WITNESS, RAW, 0) == TIME
    with pytest.raises(NotSigned):
        vouched_since(NO_WITNESS, without(RAW, 1), TIME)
