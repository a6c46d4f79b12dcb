"""Bundles of cases: what a whole one proves, and altered ones, each refused with the part named."""

import io
from collections.abc import Callable
from hashlib import sha256

import msgspec
import pytest
from bundle_world import (
    FILE,
    IDENTITY,
    PLAIN,
    WORLD,
    BundleOf,
    answer,
    delivered,
    envelope_of,
    event,
    opened_by,
    policy,
    story,
    whole,
)
from desk_world import checkpoint, receipt
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.age import encrypt
from crypto.policy import Policy, PolicyLog, Unsatisfied, parse_policy
from desk.cases.acts import Join, Leave, Open, Say
from desk.cases.bundle_account import account_lines, account_plain, claims
from desk.cases.bundle_checked import Altered, Contents, checked_bundle
from desk.cases.bundle_file import KINDS, WHYS, read_bundle, read_log, write_bundle, write_log
from desk.cases.bundle_index import index_of
from desk.cases.bundle_words import LIMITS, WORDS, limits, word
from desk.mail.content import Text
from directory.canonical import Malformed, encode

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
    assert found.attachments == {FILE.cipher_hash: PLAIN}
    assert "They crossed at noon." in found.index.decode()
    assert "prova" in found.index.decode()
    assert len(account_plain(found)) == 4
    assert any("Three persons" in each for each in account_lines(found))


def test_what_rests_on_the_word_of_whoever_exports_is_a_claim() -> None:
    bundle = whole()
    del bundle.parts["receipt", f"receipt-{ANSWER.id}"]
    found = checked_bundle(*bundle.signed())
    told = [each for each in claims(found, found.held.events[SAID.id]) if each.what.startswith("in the name of")]
    assert [(each.proven, "the word of whoever exported" in each.by) for each in told] == [(False, True)]
    own = next(each for each in claims(found, found.held.events[story()[2].id]) if each.what.startswith("in the name"))
    assert not own.proven


def test_a_message_without_a_receipt_of_the_relay_is_not_proven_and_no_part_of_the_case() -> None:
    bundle = whole()
    late = event(Say(), before=story(), content=Text(subject="Later", text=""))
    bundle.put("message", late.name, encode(msgspec.structs.replace(late.handed(), envelope="", relayed=msgspec.UNSET)))
    found = checked_bundle(*bundle.signed())
    assert found.held.case is not None
    assert [each.id for each in found.held.case.unproven] == [late.id]
    assert any("no part of the case" in each for each in account_lines(found))


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


# --- altered ones: bytes that were changed, and what a dishonest exporter signs anew ---

Alteration = Callable[[BundleOf], None]


def _replaced(bundle: BundleOf, old: tuple[str, str], name: str, data: bytes) -> None:
    del bundle.parts[old]  # type: ignore[arg-type]  # a kind
    bundle.parts[old[0], name] = data  # type: ignore[index]  # a kind


def words_changed(bundle: BundleOf) -> None:
    handed = SAID.handed(note=SAID.note.decode().replace("at noon", "at nine"))
    bundle.put("message", SAID.name, encode(handed))


def receipt_of_another(bundle: BundleOf) -> None:
    bundle.put_event(SAID, relayed=receipt(envelope_of(story()[0].id), WORLD))


def receipt_dated_back(bundle: BundleOf) -> None:
    good = receipt(envelope_of(SAID.id), WORLD)
    leaf = msgspec.structs.replace(good.leaf, time=good.leaf.time - 86_400)
    bundle.put_event(SAID, relayed=msgspec.structs.replace(good, leaf=leaf))


def receipt_by_nobody(bundle: BundleOf) -> None:
    bundle.put_event(SAID, relayed=receipt(envelope_of(SAID.id), WORLD, keys="other"))


def receipt_of_a_relay_not_named(bundle: BundleOf) -> None:
    bundle.put_event(SAID, relayed=receipt(envelope_of(SAID.id), WORLD, size=0))


IMPOSTOR = event(Say(), "ec-night", story()[:3], contact="co-desk")
TWIN = event(Leave(), "ec-night", story()[:3])
STRANGER = event(Open(title="Another case"), "ec-night")
PRETENDED = event(Say(), before=story(), content=Text(subject="Drill", text=""), exercise=True)
ELSEWHERE = event(Join(), "ec-night", (STRANGER,))
LOOSE = opened_by("ec-night", event(Say(), before=story(), content=Text(subject="Not in here", text="")))
FORGED_LINE = delivered("ec-night", envelope_of(SAID.id), keys="co-night")
LOOSE_LINE = delivered("ec-night", "3" * 64)
OTHER_FILE = encrypt(b"another photograph", [IDENTITY.recipient()])


def called_another(bundle: BundleOf) -> None:
    _replaced(bundle, ("message", SAID.name), f"message-{'e' * 64}", encode(SAID.handed()))


def one_envelope_for_two(bundle: BundleOf) -> None:
    envelope = envelope_of(story()[2].id)
    bundle.put_event(TWIN, envelope=envelope, relayed=receipt(envelope, WORLD))


def a_statement_dropped(bundle: BundleOf) -> None:
    bundle.put("log", "log", write_log(WORLD.entries[:-1]))


def a_statement_altered(bundle: BundleOf) -> None:
    last = WORLD.entries[-1].replace(b"ec-desk", b"ec-dusk", 1)
    bundle.put("log", "log", write_log([*WORLD.entries[:-1], last]))


def a_statement_twice(bundle: BundleOf) -> None:
    bundle.put("log", "log", write_log([*WORLD.entries, WORLD.entries[-1]]))


def a_log_that_is_none(bundle: BundleOf) -> None:
    bundle.put("log", "log", b"07\nwords\n")


def another_log(bundle: BundleOf) -> None:
    bundle.put("checkpoint", "checkpoint", checkpoint(WORLD, keys="another log"))


def a_forged_line(bundle: BundleOf) -> None:
    _replaced(bundle, ("line", LINE), f"line-{sha256(FORGED_LINE).hexdigest()}", FORGED_LINE)


def a_line_called_another(bundle: BundleOf) -> None:
    _replaced(bundle, ("line", LINE), f"line-{'4' * 64}", bundle.parts["line", LINE])


def a_loose_line(bundle: BundleOf) -> None:
    bundle.put("line", f"line-{sha256(LOOSE_LINE).hexdigest()}", LOOSE_LINE)


def no_line(bundle: BundleOf) -> None:
    bundle.put("line", f"line-{sha256(b'words').hexdigest()}", b"words")


def a_loose_receipt(bundle: BundleOf) -> None:
    bundle.put("receipt", f"receipt-{LOOSE.id}", encode(LOOSE.handed()))


def a_refusal_that_was_an_opening(bundle: BundleOf) -> None:
    handed = ANSWER.handed(note=ANSWER.note.decode().replace('"opened"', '"refused"'))
    bundle.put("receipt", f"receipt-{ANSWER.id}", encode(handed))


def a_message_as_a_receipt(bundle: BundleOf) -> None:
    bundle.put("receipt", f"receipt-{SAID.id}", encode(SAID.handed()))


def another_photograph(bundle: BundleOf) -> None:
    bundle.put("attachment", f"attachment-{FILE.cipher_hash}", OTHER_FILE)


def a_photograph_nobody_sent(bundle: BundleOf) -> None:
    bundle.put("attachment", f"attachment-{sha256(OTHER_FILE).hexdigest()}", OTHER_FILE)


def no_photograph(bundle: BundleOf) -> None:
    del bundle.parts["attachment", f"attachment-{FILE.cipher_hash}"]


def left_out_and_in_it(bundle: BundleOf) -> None:
    bundle.left_out[SAID.id] = "handling"


def signed_by_another(bundle: BundleOf) -> None:
    bundle.signer = "ec-night"


def exported_by_nobody(bundle: BundleOf) -> None:
    bundle.fields["device"] = "6" * 64


def a_kind_called_another(bundle: BundleOf) -> None:
    bundle.parts["receipt", SAID.name] = bundle.parts.pop(("message", SAID.name))


def index_says_otherwise(bundle: BundleOf) -> None:
    bundle.put("index", "index", bundle.parts["index", "index"].replace(b"at noon", b"at nine"))


SIGNED_ANEW: dict[Alteration, str] = {
    words_changed: SAID.name,
    receipt_of_another: SAID.name,
    receipt_dated_back: SAID.name,
    receipt_by_nobody: SAID.name,
    receipt_of_a_relay_not_named: SAID.name,
    lambda bundle: bundle.put_event(IMPOSTOR): IMPOSTOR.name,
    lambda bundle: bundle.put_event(STRANGER): STRANGER.name,
    lambda bundle: bundle.put_event(ELSEWHERE): ELSEWHERE.name,
    lambda bundle: bundle.put_event(PRETENDED): "manifest",
    lambda bundle: bundle.put("message", SAID.name, b"{}"): SAID.name,
    called_another: f"message-{'e' * 64}",
    one_envelope_for_two: "message-",
    a_statement_dropped: "log",
    a_statement_altered: "log",
    a_statement_twice: "log",
    a_log_that_is_none: "log",
    another_log: "checkpoint",
    a_forged_line: f"line-{sha256(FORGED_LINE).hexdigest()}",
    a_line_called_another: f"line-{'4' * 64}",
    a_loose_line: f"line-{sha256(LOOSE_LINE).hexdigest()}",
    no_line: f"line-{sha256(b'words').hexdigest()}",
    a_loose_receipt: f"receipt-{LOOSE.id}",
    a_refusal_that_was_an_opening: f"receipt-{ANSWER.id}",
    a_message_as_a_receipt: f"receipt-{SAID.id}",
    another_photograph: f"attachment-{FILE.cipher_hash}",
    a_photograph_nobody_sent: f"attachment-{sha256(OTHER_FILE).hexdigest()}",
    no_photograph: SAID.name,
    left_out_and_in_it: "manifest",
    signed_by_another: "manifest",
    exported_by_nobody: "manifest",
    a_kind_called_another: "manifest",
    index_says_otherwise: "index",
}


def verified(note: bytes, parts: list[bytes]) -> Contents:
    """As `enlace case verify` does."""
    found = checked_bundle(note, parts, policy())
    if index_of(found) != found.index:
        raise Altered("index", "it is not what follows from the rest")
    return found


@pytest.mark.parametrize("alter", SIGNED_ANEW, ids=[getattr(each, "__name__", "?") for each in SIGNED_ANEW])
def test_what_a_dishonest_exporter_signs_is_refused_with_the_part_named(alter: Alteration) -> None:
    bundle = whole()
    alter(bundle)
    with pytest.raises(Altered) as caught:
        verified(*bundle.signed(index=False))
    assert caught.value.part.startswith(SIGNED_ANEW[alter]), caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_one_byte_that_was_changed_on_the_way_names_the_part(kind: str) -> None:
    bundle = whole()
    note, parts = bundle.signed(index=False)
    names = [each.name for each in verified(note, parts).manifest.parts]
    for at, name in enumerate(names):
        if name.partition("-")[0] == kind:
            middle = len(parts[at]) // 2
            spoilt = parts[at][:middle] + bytes([parts[at][middle] ^ 1]) + parts[at][middle + 1 :]
            with pytest.raises(Altered) as caught:
                verified(note, [*parts[:at], spoilt, *parts[at + 1 :]])
            assert caught.value.part == name


def test_a_part_that_is_gone_and_a_manifest_that_was_changed() -> None:
    note, parts = whole().signed(index=False)
    spoils = ((note, parts[:-1]), (note.replace(b'"pt"', b'"es"'), parts), (b"words", parts), (note[:-9], parts))
    for spoilt, rest in spoils:
        with pytest.raises(Altered) as caught:
            verified(spoilt, rest)
        assert caught.value.part == "manifest"


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
