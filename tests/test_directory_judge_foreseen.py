"""The judge told of signatures that were checked before: it takes those, to the byte, and checks all others itself."""

import pytest
from directory_cases import usual
from directory_world import TWO_ROOTS, key_pair, local_ids

from crypto.many_signatures import Claim
from crypto.note import Note, Signature, SignatureError
from directory.judge import admit, signed_by
from directory.statement import ReinstateMember, SignedStatement, SuspendMember, parse_statement
from directory.view import View

NOTHING = frozenset[Claim]()


def told(signed: SignedStatement, number: int, handle: str) -> Claim:
    """That signature line `number` is good, for the key of `handle`."""
    public, line = key_pair(handle).public.ed25519, signed.note.signatures[number]
    return public, signed.note.text.encode(), line.blob


def spoiled(entry: bytes, number: int) -> bytes:
    """The entry with a wrong signature in that line."""
    note = parse_statement(entry).note
    lines = list(note.signatures)
    line = lines[number]
    lines[number] = Signature(line.name, line.key_id, line.blob[:-1] + bytes([line.blob[-1] ^ 1]))
    return Note(note.text, tuple(lines)).write()


def last_of_two() -> tuple[View, bytes, int]:
    """A view, the entry that two roots signed after it, and the time."""
    world = usual()
    world.admit(world.say(SuspendMember, member="co", until=world.now + 9), *TWO_ROOTS)
    before = world.view
    world.admit(world.say(ReinstateMember, member="co"), *TWO_ROOTS)
    return before, world.entries[-1], world.now


def order(signed: SignedStatement) -> list[str]:
    """Whose line is which."""
    ids = {next(iter(local_ids(each))): each for each in TWO_ROOTS}
    return [ids[each.name.rpartition("/")[2]] for each in signed.note.signatures]


def test_what_was_checked_is_not_checked_again() -> None:
    """Whoever says so has checked it: only a wrong one shows that nobody does it twice."""
    view, entry, now = last_of_two()
    wrong = spoiled(entry, 0)
    signed = parse_statement(wrong)
    for known in (NOTHING, frozenset({told(signed, 1, order(signed)[1])})):
        with pytest.raises(SignatureError):
            admit(view, wrong, now, None, known)
        with pytest.raises(SignatureError):
            signed_by(view, signed, known)
    known = frozenset({told(signed, 0, order(signed)[0])})
    assert signed_by(view, signed, known) == local_ids(*TWO_ROOTS)
    assert admit(view, wrong, now, None, known) == admit(view, entry, now)


def test_it_is_taken_for_that_key_that_text_and_that_signature_alone() -> None:
    view, entry, now = last_of_two()
    wrong = spoiled(entry, 0)
    signed = parse_statement(wrong)
    one, other = order(signed)
    key, text, blob = told(signed, 0, one)
    for claim in (
        (key_pair(other).public.ed25519, text, blob),
        (key, text + b"\n", blob),
        (key, text, parse_statement(entry).note.signatures[0].blob),
    ):
        with pytest.raises(SignatureError):
            admit(view, wrong, now, None, frozenset({claim}))


def test_those_that_are_good_stay_good() -> None:
    view, entry, now = last_of_two()
    signed = parse_statement(entry)
    known = frozenset({told(signed, 0, order(signed)[0])})
    assert signed_by(view, signed, known) == signed_by(view, signed) == local_ids(*TWO_ROOTS)
    assert admit(view, entry, now, signed, known) == admit(view, entry, now)
