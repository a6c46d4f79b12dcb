"""Statements: every kind is written and read back the same, and nothing else is read."""

import json
from hashlib import sha256
from typing import Any, get_args

import msgspec
import pytest
from directory_world import START, TWO_ROOTS, World, device_keys, founding, key_pair, officer_id, public_key, relay_keys
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.encoding import b64
from crypto.note import Note, NoteError, parse_note
from directory.canonical import Malformed, OtherType
from directory.fields import FOREVER
from directory.statement import (
    KINDS,
    MOST_STATEMENT_BYTES,
    AnyStatement,
    AttestContact,
    Clocks,
    Continues,
    EnrolDevice,
    FoundNetwork,
    Freshness,
    Policy,
    PublishContact,
    SuspendMember,
    UnknownStatement,
    device_id,
    network_id,
    parse_statement,
    read_statement,
    statement_note,
    statement_text,
)

HASH = st.binary(min_size=32, max_size=32).map(bytes.hex)
KEY = st.binary(min_size=32, max_size=32).map(b64)
LONG_KEY = st.integers(0, 2**64).map(lambda seed: b64(sha256(str(seed).encode()).digest() * 41))
COUNTRY = st.from_regex(r"\A[A-Z]{2}\Z")
CIRCLE = st.from_regex(r"\A[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,5}\Z")
MEMBER = st.from_regex(r"\A[a-z]{2}(-[a-z0-9]{1,20}){0,2}\Z")
CONTACT = st.from_regex(r"\A[a-z]{2}(-[a-z0-9]{1,30}){1,6}\Z")
OFFICER = st.binary(min_size=16, max_size=16).map(bytes.hex)
ORIGIN = st.from_regex(r"\A[a-z0-9]([a-z0-9./-]{0,126}[a-z0-9])?\Z")
COUNT = st.integers(0, 2**53)
ROLE = st.sampled_from(["administrator", "coordinator", "investigator"])


def tuples(items: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, max_size=most).map(tuple)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": st.integers(0, FOREVER),
    "until": st.integers(0, FOREVER),
    "seq": COUNT,
    "threshold": COUNT,
    "network": HASH,
    "body": HASH,
    "device": HASH,
    "name": st.from_regex(r"\A[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\Z"),
    "origin": ORIGIN,
    "roots": tuples(KEY),
    "duty": KEY,
    "policy": st.builds(
        Policy,
        second=tuples(st.sampled_from(["make-administrator", "revoke-last-device"])),
        clocks=st.builds(Clocks, flash=st.sampled_from([600, 601]), routine=st.integers(0, FOREVER)),
        freshness=st.builds(Freshness, due=st.sampled_from([120, 1000]), stale=COUNT),
    ),
    "continues": st.just(msgspec.UNSET)
    | st.fixed_dictionaries({"origin": ORIGIN, "size": COUNT, "root": HASH}).map(
        lambda fields: msgspec.convert(fields, Continues)
    ),
    "member": MEMBER,
    "country": COUNTRY,
    "officer": OFFICER,
    "roles": tuples(ROLE),
    "reason": st.sampled_from(["lost", "stolen", "compromised", "replaced", "left", "other"]),
    "contact": CONTACT,
    "function": CIRCLE,
    "officers": tuples(OFFICER),
    "escalation": tuples(CONTACT),
    "circles": tuples(CIRCLE),
    "circle": CIRCLE,
    "members": tuples(MEMBER),
}

CLASSES: tuple[type[AnyStatement], ...] = get_args(AnyStatement)


def strategy(kind: type[AnyStatement]) -> st.SearchStrategy[AnyStatement]:
    fields = {}
    for field in msgspec.structs.fields(kind):
        fallback = KEY if field.name.endswith("ed25519") else LONG_KEY
        fields[field.name] = FIELDS.get(field.name, fallback)
    return st.fixed_dictionaries(fields).map(lambda made: kind(**made))


def text_of(statement: AnyStatement, **fields: Any) -> str:
    """A statement's text with fields in the JSON exchanged, whatever they are; `...` takes one out."""
    body = json.loads(statement_text(statement).split("\n")[1]) | fields
    kept = {key: value for key, value in body.items() if value is not ...}
    return "enlace/statement/v1\n" + json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(st.data())
def test_every_kind_is_read_back_as_it_was_written(kind: type[AnyStatement], data: st.DataObject) -> None:
    statement = data.draw(strategy(kind))
    text = statement_text(statement)
    again = read_statement(text)
    assert type(again) is kind
    assert again == statement
    assert statement_text(again) == text
    assert again.subject == statement.subject
    assert text_of(statement) == text


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@settings(max_examples=10)
@given(st.data())
def test_no_field_may_be_missing_null_unknown_or_of_another_kind(kind: type[AnyStatement], data: st.DataObject) -> None:
    statement = data.draw(strategy(kind))
    body = json.loads(statement_text(statement).split("\n")[1])
    for field in msgspec.structs.fields(kind):
        if field.required:
            with pytest.raises(Malformed):
                read_statement(text_of(statement, **{field.name: ...}))
        for odd in (None, 1.5, True, {"a": 1}, [None], "", "x\n"):
            with pytest.raises(Malformed):
                read_statement(text_of(statement, **{field.name: odd}))
        if isinstance(body.get(field.name), str):
            with pytest.raises(Malformed):
                read_statement(text_of(statement, **{field.name: body[field.name] + "\n"}))
    with pytest.raises(Malformed):
        read_statement(text_of(statement, more=1))


def test_kinds_and_classes_are_the_same() -> None:
    assert len(CLASSES) == len(KINDS) == 21
    assert {str(each.__struct_config__.tag) for each in CLASSES} == KINDS


ATTEST = AttestContact(at=START, seq=3, network="ab" * 32, contact="co-desk")
RAW = statement_text(ATTEST)


def test_the_text_is_what_the_docstring_shows() -> None:
    line = f'{{"at":{START},"contact":"co-desk","kind":"attest-contact","network":"{"ab" * 32}","seq":3}}'
    assert f"enlace/statement/v1\n{line}\n" == RAW


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seq":3', '"seq":3.0'),
        ('"seq":3', '"seq":3e0'),
        ('"seq":3', '"seq":03'),
        ('"seq":3', '"seq":-3'),
        ('"seq":3', '"seq":"3"'),
        ('"seq":3', '"seq":null'),
        ('"seq":3', '"seq":true'),
        ('"seq":3', f'"seq":{2**53 + 1}'),
        ('"seq":3', f'"seq":{2**64}'),
        ('"seq":3', f'"seq":{"9" * 4000}'),
        ('"seq":3', '"seq":3,"seq":3'),
        ('"seq":3', '"seq":3,"zone":1'),
        ('"seq":3', '"seq": 3'),
        ('"seq":3', '"seq":3 '),
        ('"seq":3}', '"seq":3,}'),
        ('"seq":3}', '"seq":3}}'),
        ('"seq":3', '"seq":' + "[" * 5000),
        (f'"at":{START},', f'"at":{FOREVER + 1},'),
        (f'"at":{START},"contact":"co-desk"', f'"contact":"co-desk","at":{START}'),
        ('"co-desk"', '"co\\u002ddesk"'),
        ('"co-desk"', '"co-desk\\n"'),
        ('"co-desk"', '"co-desk "'),
        ('"co-desk"', '"CO-desk"'),
        ('"co-desk"', '"co_desk"'),
        ('"co-desk"', '"co-d\u00e9sk"'),
        ('"co-desk"', '"co-"'),
        ('"co-desk"', '"co"'),
        ('"co-desk"', f'"co-{"x" * 31}"'),
        ('"co-desk"', '"co-\uff11"'),
        ('"co-desk"', '"co-\u0661"'),
        ("ab" * 32, "AB" * 32),
        ("ab" * 32, "ab" * 31),
        ("ab" * 32, "ab" * 32 + "\\n"),
        ('"kind":"attest-contact",', ""),
        ('"kind":"attest-contact"', '"kind":null'),
        ('"kind":"attest-contact"', '"kind":7'),
        ("attest-contact", ""),
        ("attest-contact", "Attest-Contact"),
        ("attest-contact", "attest-contact "),
        ("attest-contact", "x" * 61),
        ("statement/v1", "statement/v0"),
        ("statement/v1", "statement/v1/x"),
        ("statement/v1", "statement/v99999"),
        ('"kind":"attest-contact"', '"kind":"retire-contact","kind":"attest-contact"'),
        ("v1\n{", "v1\n\n{"),
        ("v1\n{", "v1\n {"),
        ("}\n", "}"),
        ("}\n", "}\n\n"),
        ("}\n", "}\n{}\n"),
        ("}\n", "}\r\n"),
        ("enlace/statement/v1", "enlace/statement/v1 "),
        ("enlace/statement/v1", "enlace/keyset/v1"),
        ("enlace/statement/v1", "enlace/statement"),
        ("enlace/statement/v1\n", ""),
    ],
    ids=lambda value: repr(value[:48]),
)
def test_another_spelling_is_malformed_and_no_newer_version(old: str, new: str) -> None:
    assert RAW.count(old) == 1
    with pytest.raises(Malformed) as error:
        read_statement(RAW.replace(old, new))
    assert not isinstance(error.value, UnknownStatement)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("attest-contact", "declare-peace"),
        ('"kind":"attest-contact"', '"kind":"declare-peace","more":{"deep":[1.5]}'),
        ("statement/v1", "statement/v2"),
        ("statement/v1", "statement/v10"),
    ],
)
def test_a_later_version_asks_for_an_update(old: str, new: str) -> None:
    with pytest.raises(UnknownStatement):
        read_statement(RAW.replace(old, new))


def test_an_empty_text_is_of_another_type() -> None:
    with pytest.raises(OtherType):
        read_statement("")


POLICY = founding(policy=Policy(second=()))


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"clocks": {}},
        {"clocks": {"flash": 600}},
        {"clocks": {"flash": 600}, "second": []},
        {"freshness": {"due": 120}},
        {"freshness": {"due": 1000, "stale": 150}},
        {"second": ["make-administrator", "revoke-last-device"]},
        {"second": ["revoke-everything"]},
        {"second": "make-administrator"},
        {"other": 1},
        None,
    ],
)
def test_a_policy_has_one_spelling_and_the_default_none(policy: object) -> None:
    assert read_statement(text_of(POLICY)) == POLICY
    assert "policy" not in statement_text(founding(policy=Policy(second=("make-administrator", "revoke-last-device"))))
    with pytest.raises(Malformed):
        read_statement(text_of(POLICY, policy=policy))


@pytest.mark.parametrize("field", ["ed25519", "mldsa44", "reception_ed25519", "reception_mldsa44"])
def test_a_key_has_one_spelling(field: str) -> None:
    """Base64 whose last character has stray bits decodes to the same key: it would be a second id for one device."""
    enrol = EnrolDevice(at=START, seq=0, network="ab" * 32, officer="0" * 32, **device_keys("co-night"))
    key = str(getattr(enrol, field))
    bare = key.rstrip("=")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stray = letters[letters.index(bare[-1]) + 1]
    same = bare[:-1] + stray + key[len(bare) :]
    for bad in (same, bare, bare[:-1], key + "=", key + "\n", "-" + key[1:]):
        with pytest.raises(Malformed):
            read_statement(text_of(enrol, **{field: bad}))
    assert read_statement(text_of(enrol)) == enrol


def entry() -> bytes:
    world = World.founded()
    return world.sign(world.say(AttestContact, contact="co-desk"), "root-1")


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw + b"\n",
        lambda raw: raw.rpartition(b"\n\n")[0] + b"\n",
        lambda raw: raw.rpartition(b"\n\n")[0] + b"\n\n",
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.replace(b"\xe2\x80\x94", b"--"),
        lambda raw: raw.replace(b"=\n", b"\n"),
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw.replace(b"co-desk", b"co-\xffesk"),
        lambda raw: raw.replace(b"co-desk", b"co-\x00esk"),
        lambda raw: raw + raw.rpartition(b"\n\n")[2] * 32,
        lambda raw: raw + b" " * MOST_STATEMENT_BYTES,
    ],
)
def test_an_entry_is_one_signed_note(damage: Any) -> None:
    raw = entry()
    assert parse_statement(raw).note.write() == raw
    with pytest.raises((NoteError, Malformed)):
        parse_statement(damage(raw))


def test_an_entry_fits_the_log() -> None:
    """The largest statement the rules allow leaves room for all signatures in 65,535 bytes (C2SP tlog-tiles)."""
    many = tuple(sorted(officer_id(str(each)) for each in range(64)))
    contacts = tuple(f"co-{'x' * 30}-{each}" for each in range(8))
    publish = PublishContact(
        at=FOREVER, seq=2**53, network="f" * 64, member="co", contact="co-desk", country="CO", function="x" * 60,
        officers=many, escalation=contacts, circles=("x" * 60,), body="f" * 64,
    )  # fmt: skip
    roots = [f"root-{each}" for each in range(32)]
    assert len(World().sign(publish, *roots)) < MOST_STATEMENT_BYTES


def test_ids_are_hashes_of_what_they_name() -> None:
    statement, pair = founding(), key_pair("co-night").public
    assert network_id(statement) == sha256(statement_text(statement).encode()).hexdigest()
    keys = device_keys("co-night")
    assert device_id(keys["ed25519"], keys["mldsa44"]) == sha256(pair.ed25519 + pair.mldsa44).hexdigest() == pair.id
    assert network_id(founding(at=START + 1)) != network_id(statement)


def test_a_note_of_a_statement_keeps_its_lines_in_order() -> None:
    raw = World().sign(founding(), *TWO_ROOTS)
    signed = parse_statement(raw)
    assert isinstance(signed.statement, FoundNetwork)
    assert public_key("root-1") in signed.statement.roots
    assert statement_note(signed.statement, signed.note.signatures) == raw
    assert relay_keys().keys() == {"log_ed25519", "log_mldsa44", "receipt_ed25519", "receipt_mldsa44"}


IN_ORDER = "signature lines stand in the order of their names, each name once"


def spellings(raw: bytes) -> list[bytes]:
    """An entry with its signature lines moved about or repeated, as anybody who carries it could do."""
    note = parse_note(raw)
    first, second = note.signatures
    orders = ((second, first), (first, first, second), (first, second, second), (first, second, first))
    return [Note(note.text, each).write() for each in orders]


def test_signature_lines_have_one_order() -> None:
    """Whatever the order in which the signers came: else one statement would be two entries with two hashes."""
    founded = World()
    raw = founded.sign(founding(), *TWO_ROOTS)
    assert founded.sign(founding(), *reversed(TWO_ROOTS)) == raw
    assert list(parse_statement(raw).note.names()) == sorted(map(founded.line, TWO_ROOTS))
    for other in spellings(raw):
        with pytest.raises(Malformed, match=IN_ORDER):
            parse_statement(other)


def test_a_signature_more_than_needed_is_a_statement_of_its_own() -> None:
    """What counts with two roots counts with three; with a line less or more it is another entry, and known as such."""
    world = World.founded()
    statement = world.say(SuspendMember, member="co", until=world.now + 9)
    entries = [world.sign(statement, *who) for who in (TWO_ROOTS, ("root-1", "root-2", "root-3"), ("root-1",))]
    assert len({parse_statement(each).note.write() for each in entries}) == 3
    assert {parse_statement(each).note.text for each in entries} == {statement_text(statement)}


@given(st.permutations(["root-1", "root-2", "root-3", "duty", "co-chief"]), st.integers(1, 5))
def test_what_is_written_is_parsed_and_written_alike(handles: list[str], count: int) -> None:
    world, who = World.founded(), handles[:count]
    statement = world.say(SuspendMember, member="co", until=world.now + 9)
    raw = world.sign(statement, *who)
    signed = parse_statement(raw)
    assert statement_note(signed.statement, signed.note.signatures) == raw
    assert raw == world.sign(statement, *sorted(who))
