"""Bundles of cases: what a whole one proves, and altered ones, each refused with the part named."""

import io
from hashlib import sha256
from itertools import count
from typing import Any, Literal

import msgspec
import pytest
from bundle_world import (
    FILE,
    PLAIN,
    WORLD,
    BundleOf,
    Event,
    answer,
    event,
    policy,
    story,
    whole,
)
from desk_world import changed, checkpoint
from directory_world import NAME, key_pair, local_id
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.age_pq import PQIdentity
from crypto.policy import Policy, PolicyLog, Unsatisfied, parse_policy
from desk.cases.acts import Say
from desk.cases.bundle_account import account_lines, account_plain, all_proven, claims
from desk.cases.bundle_checked import Altered, checked_bundle
from desk.cases.bundle_file import WHYS, read_bundle, read_log, write_bundle, write_log
from desk.cases.bundle_index import index_of
from desk.cases.bundle_words import LIMITS, WORDS, limits, word
from desk.mail.content import Text
from directory.canonical import Malformed, encode
from directory.statement import RevokeDevice
from relay.protocol.lines import Step, device_name, write_line

SAID = story()[-1]
ANSWER = answer()
LINE = next(name for kind, name in whole().parts if kind == "line")


def test_a_whole_bundle_proves_who_said_what_to_whom_and_when() -> None:
    note, parts = whole().signed(index=False)
    found = checked_bundle(note, parts, policy())
    assert index_of(found) == found.index
    assert found.held.case is not None
    assert set(found.held.case.members) == {"co-desk", "ec-desk"}
    said = [each.signed.id for each in found.held.case.entries if isinstance(each.signed.event.act, Say)]
    assert said == [SAID.id]
    told = {each.what: each.proven for each in claims(found, found.held.events[SAID.id])}
    assert all(told.values()), told
    assert any(each.startswith("in the name of co-desk, taken in by the relay at ") for each in told)
    assert any(each.startswith("opened by ec-desk") for each in told)
    assert found.attachments == {FILE.cipher_hash: (FILE.cipher_size, PLAIN)}
    assert found.opened(FILE) == PLAIN
    assert "They crossed at noon." in found.index.decode()
    assert "prova" in found.index.decode()
    assert len(account_plain(found)) == 4
    assert any("Three persons" in each for each in account_lines(found))


def _unshown(bundle: BundleOf, *events: Event) -> None:
    """Nothing shows the envelopes of these any more, as on a desk that was recovered from a file."""
    for each in events:
        bundle.put_event(each, proof=msgspec.UNSET)


def test_what_no_envelope_shows_is_a_claim_and_no_part_of_the_case() -> None:
    bundle = whole()
    _unshown(bundle, SAID)
    found = checked_bundle(*bundle.signed())
    told = {each.what.partition(",")[0]: (each.proven, each.by) for each in claims(found, found.held.events[SAID.id])}
    what = next(each for each in told if each.startswith("in the name of co-desk"))
    assert not told[what][0]
    assert "is the word of whoever exported this" in told[what][1]
    fate = [proven for what, (proven, _) in told.items() if what.startswith(("delivered", "opened", "sealed for"))]
    assert fate == [False, False]
    assert not all_proven(found)
    assert found.held.case is not None
    assert [each.id for each in found.held.case.unproven] == [SAID.id]
    assert "They crossed at noon." in found.index.decode()
    assert word("unproven", "pt") in found.index.decode()


def test_a_bundle_of_a_desk_that_was_recovered_proves_no_time_and_says_so() -> None:
    bundle = whole()
    _unshown(bundle, *story())
    found = checked_bundle(*bundle.signed())
    assert found.held.case is None
    assert not any(each["claims"][3]["proven"] for each in account_plain(found))
    assert len(account_plain(found)) == len(story())
    assert sum("CLAIMED  in the name of" in each for each in account_lines(found)) == len(story())
    assert "They crossed at noon." in found.index.decode()


def test_a_receipt_whose_envelope_nothing_shows_is_a_claim() -> None:
    bundle = whole()
    bundle.put("receipt", f"receipt-{ANSWER.id}", encode(ANSWER.handed(proof=msgspec.UNSET)))
    found = checked_bundle(*bundle.signed())
    told = [each for each in claims(found, found.held.events[SAID.id]) if each.what.startswith("opened by")]
    assert [each.proven for each in told] == [False]


def test_what_a_device_that_was_revoked_signs_is_proven_only_if_dated_before_and_then_that_is_said() -> None:
    world, device = WORLD.copy(), local_id("ec-night")
    world.now += 86_400
    world.admit(world.say(RevokeDevice, device=device, reason="stolen"), "ec-chief")
    world.now += 30 * 86_400
    bundle = whole()
    bundle.put("checkpoint", "checkpoint", checkpoint(world))
    bundle.put("log", "log", write_log(world.entries))
    steps: list[tuple[Literal["accepted", "refused"], int]] = [("accepted", WORLD.now + 60), ("refused", world.now)]
    for act, at in steps:
        step = Step(network=WORLD.network, envelope=SAID.envelope, at=at, device=device, act=act)
        raw = write_line(step, device_name(NAME, device), key_pair("ec-night"))
        bundle.put("line", f"line-{sha256(raw).hexdigest()}", raw)
    found = checked_bundle(*bundle.signed())
    told = {each.what.partition(" ")[0]: each for each in claims(found, found.held.events[SAID.id])}
    assert (told["accepted"].proven, "device revoked since, on" in told["accepted"].by) == (True, True)
    assert (told["refused"].proven, "dated after the device was revoked, on" in told["refused"].by) == (False, True)
    rows = [each for each in found.index.decode().splitlines() if device[:8] in each and word("refused", "pt") in each]
    assert [each.endswith(f"({word('unproven', 'pt')})") for each in rows] == [True]


def test_a_message_without_a_receipt_of_the_relay_is_not_proven_and_no_part_of_the_case() -> None:
    bundle = whole()
    late = event(Say(), before=story(), content=Text(subject="Later", text=""))
    bare = msgspec.structs.replace(late.handed(), envelope="", relayed=msgspec.UNSET, proof=msgspec.UNSET)
    bundle.put("message", late.name, encode(bare))
    found = checked_bundle(*bundle.signed())
    assert found.held.case is not None
    assert [each.id for each in found.held.case.unproven] == [late.id]
    assert any("no part of the case" in each for each in account_lines(found))


FALSE: dict[str, dict[str, Any]] = {
    "another text": {"plain_hash": "00" * 32},
    "another length": {"plain_size": 1},
    "another sealed length": {"cipher_size": 1},
    "another key": {"identity": str(PQIdentity.generate())},
    "a key that is none": {"identity": "AGE-SECRET-KEY-PQ-1" + "Q" * 58},
}


@pytest.mark.parametrize("first", [False, True], ids=["behind it", "before it"])
@pytest.mark.parametrize("what", FALSE)
def test_what_another_says_falsely_of_a_file_makes_no_bundle_altered(what: str, *, first: bool) -> None:
    """It takes no file from who said it rightly; where nobody did, the file is not what was signed."""
    false = changed(FILE, name="evil.jpg", **FALSE[what])
    text = Text(subject="A photograph", text="")
    said = (
        event(Say(), "ec-night", story()[:3], content=text, attachments=(false,), id=f"{at:032x}") for at in count()
    )
    liar = next(each for each in said if (each.id < SAID.id) == first)  # parts stand in the order of hashes
    bundle = whole()
    bundle.put_event(liar)
    found = checked_bundle(*bundle.signed())
    there = "key" in what  # the text that was signed is in here; the key beside it would not have opened it
    assert (found.opened(FILE), found.opened(false)) == (PLAIN, PLAIN if there else None)
    proven = {each.what: each.proven for name in (liar.id, SAID.id) for each in claims(found, found.held.events[name])}
    assert (proven["attachment evil.jpg"], proven["attachment photo.jpg"]) == (there, True)
    rows = [each for each in found.index.decode().splitlines() if ".jpg" in each]
    assert len({each.rpartition("(")[2] for each in rows}) == (1 if there else 2)
    bundle.parts.pop(("message", SAID.name))
    bundle.parts.pop(("receipt", f"receipt-{ANSWER.id}"))
    bundle.parts.pop(("line", LINE))
    with pytest.raises(Altered) as caught:
        checked_bundle(*bundle.signed(index=False))
    assert caught.value.part == f"attachment-{FILE.cipher_hash}"


def test_what_others_had_seen_and_is_not_in_it_is_named() -> None:
    bundle = whole()
    bundle.parts.pop(("message", SAID.name))
    bundle.parts.pop(("attachment", f"attachment-{FILE.cipher_hash}"))
    bundle.parts.pop(("receipt", f"receipt-{ANSWER.id}"))
    bundle.parts.pop(("line", LINE))
    bundle.left_out[SAID.id] = "handling"
    assert SAID.id in checked_bundle(*bundle.signed()).index.decode()
    assert checked_bundle(*bundle.signed()).left_out == {SAID.id: "handling"}


def test_a_policy_of_another_log_lets_it_not_count() -> None:
    other = Policy(tuple(PolicyLog(each.key) for each in policy().logs[:0]))
    note, parts = whole().signed(index=False)
    with pytest.raises(Unsatisfied):
        checked_bundle(note, parts, other)


# --- the file ---


def test_what_is_written_is_read_again() -> None:
    note, parts = whole().signed(index=False)
    assert read_bundle(io.BytesIO(b"".join(write_bundle(note, parts)))) == (note, parts)
    assert parse_policy(whole().parts["policy", "policy"]) == policy()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "first line"),
        (b"enlace/case-bundle/v2\n", "first line"),
        (b"enlace/case-bundle/v1\n", "ends too early"),
        (b'enlace/case-bundle/v1\n{"parts":0}\n', ">= 1"),
        (b'enlace/case-bundle/v1\n{"parts":1,"more":1}\n', "unknown field"),
        (b'enlace/case-bundle/v1\n{"parts":1}\n09\n', "a length"),
        (b'enlace/case-bundle/v1\n{"parts":1}\n2\nab', "ends too early"),
        (b'enlace/case-bundle/v1\n{"parts":1}\n2\nab1\na!', "more behind"),
    ],
)
def test_files_that_are_refused(raw: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_bundle(io.BytesIO(raw))


@pytest.mark.parametrize("raw", [b"7\nwords\n", b"07\nsixteen", b"0\n", b"+1\na", b"1\n", b"words", b"123456789\na"])
def test_logs_that_are_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_log(raw)


@settings(max_examples=40)
@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), st.binary(max_size=60))
def test_logs_are_read_as_they_were_written_and_nothing_else(entries: list[bytes], other: bytes) -> None:
    assert read_log(write_log(entries)) == entries
    try:
        found = read_log(other)
    except Malformed:
        return
    assert write_log(found) == other


@settings(max_examples=40)
@given(st.binary(max_size=80))
def test_any_bytes_are_a_bundle_or_refused(raw: bytes) -> None:
    for each in (raw, b'enlace/case-bundle/v1\n{"parts":1}\n' + raw):
        try:
            note, parts = read_bundle(io.BytesIO(each))
        except Malformed:
            continue
        assert b"".join(write_bundle(note, parts)) == each


@pytest.mark.parametrize("language", ["es", "en", "pt", "fr"])
def test_every_word_of_the_index_is_there(language: str) -> None:
    assert all(word(each, language) for each in (*WORDS, *WHYS))
    assert len(limits(language)) == len(LIMITS)
    bundle = whole()
    bundle.fields["language"] = language
    assert word("thread", language) in checked_bundle(*bundle.signed()).index.decode()
