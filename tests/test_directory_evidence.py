"""Evidence files: one spelling, and nothing proven against an honest log, whoever makes the file.

What follows from which file stands in the vectors (tests/vectors/evidence.json, with a second reader).
"""

import json
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from second_reader_vectors import plain_input
from vectors_book_evidence import POLICY, point, tree
from vectors_case import FOLDER, VALID
from vectors_log import staffed
from vectors_world import ORIGIN, pair

from crypto.cosignature import log_keys
from crypto.errors import CryptoError
from crypto.policy import Policy, PolicyLog, Unsatisfied, parse_policy, write_policy
from desk.alarms.evidence_words import ABOUT_MAIL
from directory.canonical import Malformed
from directory.evidence_checked import Unfounded
from directory.evidence_file import (
    Ahead,
    AlteredBody,
    Evidence,
    Fork,
    Freeze,
    Handed,
    Head,
    MalformedEvidence,
    RefusedEntry,
    Rollback,
    Unsigned,
    Withheld,
    evidence,
    parse_evidence,
)
from directory.evidence_verdict import verdict

SAID = parse_policy(POLICY)
HEAD = b'enlace/evidence/v1\n{"kind":"withheld"}\n'
SOME = st.binary(min_size=1, max_size=90)
HASHES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3)


@st.composite
def files(draw: st.DrawFn) -> Evidence:
    """Evidence of any kind, of any pieces that the kind has."""
    kind = draw(st.sampled_from((Fork, Rollback, RefusedEntry, Handed, Withheld, Unsigned, Freeze, Ahead, AlteredBody)))
    about: dict[str, Any] = {"at": draw(st.integers(0, 2**40))} if kind in (Freeze, Ahead) else {}
    head: Head = kind(**({"opens": "5f" * 32} if kind is AlteredBody else about))
    if kind is Unsigned:
        return evidence(head, shown=draw(SOME))
    if kind is AlteredBody:
        return evidence(head, proof=draw(SOME))
    count = 2 if kind in (Fork, Rollback) or (kind is Handed and draw(st.booleans())) else 1
    hashes = draw(HASHES) if kind is Fork or kind is RefusedEntry or (kind is Handed and count == 2) else []
    entries = draw(st.lists(SOME, min_size=1, max_size=4)) if kind in (RefusedEntry, Handed) else []
    return evidence(head, [draw(SOME) for _ in range(count)], hashes=hashes, entries=entries)


@given(files())
def test_what_is_written_is_read_the_same(found: Evidence) -> None:
    raw = found.write()
    assert parse_evidence(raw) == found
    assert parse_evidence(raw).write() == raw


@given(files(), st.data())
def test_what_is_read_is_written_the_same(found: Evidence, data: st.DataObject) -> None:
    raw = bytearray(found.write())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert parse_evidence(bytes(raw)).write() == raw
    except MalformedEvidence:
        return


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"enlace/evidence/v1",
        b"enlace/evidence/v1\n",
        b"enlace/evidence/v1\n{}\n",
        b"enlace/evidence/v1\n" + b"x" * 2000 + b"\n",
        HEAD,
        HEAD + b"checkpoint",
        HEAD + b"checkpoint 1",
        HEAD + b"checkpoint 2\nx",
        HEAD + b"checkpoint 01\nx",
        HEAD + b"checkpoint -1\nx",
        HEAD + b"checkpoint 1 \nx",
        HEAD + b"checkpoint 0\n",
        HEAD + b"checkpoint 131073\n" + b"x" * 131_073,
        HEAD + b"checkpoint " + b"9" * 5000 + b"\nx",
        HEAD + b"Checkpoint 1\nx",
        HEAD + b"entry 1\nx",
        HEAD + b"checkpoint 1\nx\n",
        HEAD + b"checkpoint 1\nxcheckpoint 1\nx",
        HEAD.replace(b"withheld", b"fork") + b"checkpoint 1\nxcheckpoint 1\nxhashes 1\n\n",
        HEAD.replace(b"withheld", b"fork") + b"checkpoint 1\nxcheckpoint 1\nxhashes 5\nAAAA\n",
        HEAD.replace(b"withheld", b"fork") + b"checkpoint 1\nxcheckpoint 1\nxhashes 2\n\xff\n",
        HEAD.replace(b'"}', b'","at":1}') + b"checkpoint 1\nx",
        HEAD.replace(b"withheld", b"freeze") + b"checkpoint 1\nx",
    ],
)
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(MalformedEvidence):
        parse_evidence(raw)


@cache
def cases() -> dict[str, bytes]:
    """The good files of the vectors, by name."""
    book = json.loads((FOLDER / "evidence.json").read_bytes())["cases"]
    by_name = {each["name"]: each for each in book}
    good = [each for each in book if each["expect"] == VALID]
    return {each["name"]: plain_input(each["in"], by_name)["file"] for each in good}


def proven() -> list[str]:
    return [name for name, raw in cases().items() if verdict(raw, SAID, ABOUT_MAIL).proven]


@pytest.mark.parametrize("name", proven())
def test_a_proof_holds_no_byte_that_could_be_another(name: str) -> None:
    raw = cases()[name]
    for at in range(7, len(raw), max(1, len(raw) // 24)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises((Malformed, Unfounded, CryptoError)):
            verdict(changed, SAID, ABOUT_MAIL)


def test_a_claim_stays_a_claim_whatever_is_changed_in_it() -> None:
    for name, raw in cases().items():
        if name in proven() or len(raw) > 30_000:
            continue
        for at in range(11, len(raw), max(1, len(raw) // 12)):
            changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
            try:
                assert not verdict(changed, SAID, ABOUT_MAIL).proven
            except (Malformed, Unfounded, CryptoError):
                continue


def test_nobody_proves_anything_against_an_honest_log() -> None:
    """An honest log grows, signs anew, and never goes back; its signatures are turned against it in every way."""
    entries, whole = staffed().entries, tree(staffed().entries)
    sizes = (8, 8, 13, len(entries))
    signed = [(size, point(entries[:size], 1_767_300_000 + 60 * at)) for at, size in enumerate(sizes)]
    tried = 0
    for (one, first), (other, second) in product(signed, signed):
        small, large = min(one, other), max(one, other)
        true = [whole.root(small), *whole.consistency(small, large)]
        files = [evidence(Rollback(), [first, second]), evidence(Fork(), [first, second])]
        files += [
            evidence(Fork(), [first, second], hashes=hashes) for hashes in (true, true[:1], [bytes(32), *true[1:]])
        ]
        more = whole.consistency(small, one) if small else []
        files += [evidence(RefusedEntry(), [first], hashes=more, entries=entries[:small])]
        files += [evidence(RefusedEntry(), [first], hashes=more, entries=[*entries[: small - 1], b"forged\n"])]
        for each in files:
            tried += 1
            try:
                assert not verdict(each.write(), SAID).proven
            except (Unfounded, CryptoError):
                continue
    assert tried == 7 * len(signed) ** 2


def test_an_honest_log_whose_clock_was_wrong_is_told_from_no_lie() -> None:
    """Its times contradict each other, and that is what is proven; what it means is left open, and said."""
    entries = staffed().entries
    ahead, right = point(entries[:8], 2_000_000_000), point(entries[:11], 1_767_300_000)
    found = verdict(evidence(Rollback(), [right, ahead]).write(), SAID)
    assert found.proven
    (left_open,) = found.rests
    assert "a clock that was wrong" in left_open
    assert "a backup that was put back" in left_open  # which is no lie either
    assert not [each for each in found.checked if "hid" in each]


def test_a_policy_from_after_the_log_got_other_keys_says_nothing_and_clears_nobody() -> None:
    """The origin stays when a log is re-keyed: a good accusation of its old keys is no forgery."""
    later = write_policy(Policy(tuple(map(PolicyLog, log_keys(ORIGIN, pair("log2").public)))))
    frozen = evidence(Freeze(at=1_900_000_000), [point(staffed().entries)]).write()
    for raw in (*map(cases().__getitem__, proven()), frozen):
        with pytest.raises(Unsatisfied, match="other keys of the log"):
            verdict(raw, parse_policy(later), ABOUT_MAIL)


def test_no_file_makes_a_reader_take_apart_more_pieces_than_a_log_has_statements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In so many bytes stand 36 million of them, which take a reader's memory: gigabytes."""
    monkeypatch.setattr("directory.evidence_file.MOST_PIECES", 9)
    raw = HEAD.replace(b"withheld", b"refused") + b"checkpoint 1\nx" + b"entry 1\nx" * 8
    assert len(parse_evidence(raw).pieces) == 9
    with pytest.raises(MalformedEvidence, match="more than 9 pieces"):
        parse_evidence(raw + b"entry 1\nx")


def test_times_that_no_calendar_has_are_shown_all_the_same() -> None:
    entries = staffed().entries
    for time in (253_402_300_799, 253_402_300_800, 2**63 - 1):
        found = verdict(evidence(Withheld(), [point(entries, time)]).write(), SAID)
        assert ("9999-12-31 23:59:59 UTC" if time < 253_402_300_800 else f"second {time}") in found.finding


def test_the_time_of_the_last_of_two_signatures_in_a_second_proves_nothing() -> None:
    entries = staffed().entries
    both = [point(entries[:size], 1_767_300_000) for size in (8, 11)]
    assert not verdict(evidence(Rollback(), both[::-1]).write(), SAID).proven
