"""Envelopes: the readable header is read in one spelling, within bounds, and says how many stanzas there are."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from desk_world import DAY, changed
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.canonical import Malformed, encode
from relay.protocol.envelope import (
    ENVELOPE_TYPE,
    MOST_ATTACHMENTS,
    MOST_DEVICES,
    MOST_ENVELOPE_BYTES,
    MOST_HEADER_BYTES,
    MOST_STAGES,
    Envelope,
    Header,
    Recipient,
    Stage,
    check_header,
    parse_envelope,
    write_envelope,
)

KIB = 1024
NOW = 1_767_225_600
STANZA = b"-> mlkem768x25519 " + b"A" * 1494 + b"\n" + b"B" * 43 + b"\n"


def device(number: int) -> Recipient:
    return Recipient(device=f"{number:064x}", key=f"{number:016x}")


def age_file(stanzas: int, size: int = 16 * KIB, kind: bytes = STANZA) -> bytes:
    """What looks like an age file with so many stanzas and a text of `size` bytes."""
    chunks = max(1, -(-size // (64 * KIB)))
    return b"age-encryption.org/v1\n" + kind * stanzas + b"--- " + b"C" * 43 + b"\n" + bytes(16 + size + 16 * chunks)


HEADER = Header(
    id="ab" * 16,
    network="5f" * 32,
    sender=f"{99:064x}",
    stages=(
        Stage(after=0, devices=(device(1), device(2))),
        Stage(after=600, devices=(device(3),)),
    ),
    own=(device(4),),
    precedence="flash",
    stop="accepted",
    time=NOW,
    expires=NOW + 7 * DAY,
    attachments=("cd" * 32,),
    tree_size=41,
)
GOOD = write_envelope(HEADER, age_file(4))


def raw(fields: dict[str, Any] | bytes, sealed: bytes | None = None) -> bytes:
    """An envelope by hand, its header whatever it is."""
    line = fields if isinstance(fields, bytes) else json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    return ENVELOPE_TYPE + line + b"\n" + (age_file(4) if sealed is None else sealed)


def fields(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(HEADER))
    return found | more


def test_what_is_written_is_read() -> None:
    assert parse_envelope(GOOD.raw) == GOOD
    assert parse_envelope(raw(fields())) == GOOD
    assert GOOD.raw.startswith(b"enlace/envelope/v1\n{")


@st.composite
def headers(draw: st.DrawFn) -> Header:
    numbers = draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=12, unique=True))
    devices = [device(number) for number in numbers]
    cut = draw(st.integers(1, len(devices)))
    own = draw(st.integers(cut, len(devices)))
    afters = draw(st.lists(st.integers(1, 14 * DAY), max_size=4, unique=True).map(sorted))
    stages = [Stage(after=0, devices=tuple(devices[:cut]))]
    stages += [Stage(after=each, devices=()) for each in afters]
    stages[-1] = changed(stages[-1], devices=(*stages[-1].devices, *devices[cut:own]))
    time = draw(st.integers(0, 2**40 - 14 * DAY))
    return Header(
        id=draw(st.integers(0, 2**128 - 1).map(lambda n: f"{n:032x}")),
        network="5f" * 32,
        sender="99" * 32,
        stages=tuple(stages),
        own=tuple(devices[own:]),
        precedence=draw(st.sampled_from(["flash", "immediate", "priority", "routine"])),
        stop=draw(st.sampled_from(["accepted", "never"])),
        time=time,
        expires=draw(st.integers(time + 1, time + 14 * DAY)),
        attachments=tuple(f"{n:064x}" for n in draw(st.sets(st.integers(0, 50), max_size=3))),
        tree_size=draw(st.integers(0, 2**53)),
    )


@settings(max_examples=60)
@given(headers(), st.sampled_from([16 * KIB, 64 * KIB, 66 * KIB, 128 * KIB]))
def test_any_header_is_read_as_it_was_written(header: Header, size: int) -> None:
    envelope = write_envelope(header, age_file(len(header.recipients()), size))
    assert parse_envelope(envelope.raw) == envelope
    for index, each in enumerate(header.recipients()):
        assert header.stanza_of(each.device) == index


def test_a_device_s_stage_and_stanza() -> None:
    places = [(HEADER.stanza_of(device(n).device), HEADER.stage_of(device(n).device)) for n in (1, 2, 3, 4)]
    assert places == [(0, 0), (1, 0), (2, 1), (3, 0)]
    with pytest.raises(Malformed, match="not for this device"):
        HEADER.stanza_of("77" * 32)


STAGES = fields()["stages"]
WRONG_FIELDS: dict[str, dict[str, Any]] = {
    "no stage": {"stages": []},
    "a first stage without a device": {"stages": [{"after": 0, "devices": []}, STAGES[1]]},
    "a first stage that waits": {"stages": [STAGES[0] | {"after": 1}]},
    "stages out of order": {"stages": [STAGES[0], STAGES[1], {"after": 599, "devices": []}]},
    "two stages at one time": {"stages": [STAGES[0], STAGES[1], {"after": 600, "devices": []}]},
    "a negative stage": {"stages": [{"after": -1, "devices": []}, *STAGES]},
    "a stage after 14 days": {"stages": [STAGES[0], STAGES[1] | {"after": 14 * DAY + 1}]},
    "too many stages": {"stages": [STAGES[0], *({"after": n, "devices": []} for n in range(1, MOST_STAGES + 1))]},
    "a device twice in a stage": {"stages": [{"after": 0, "devices": STAGES[0]["devices"] * 2}]},
    "a device in two stages": {"stages": [STAGES[0], {"after": 600, "devices": STAGES[0]["devices"][:1]}]},
    "a recipient among the own": {"own": STAGES[0]["devices"][:1]},
    "a device under two keys": {"own": [STAGES[0]["devices"][0] | {"key": "00" * 8}]},
    "too many devices": {"own": [{"device": f"{n:064x}", "key": "ab" * 8} for n in range(100, 100 + MOST_DEVICES)]},
    "an expiry in the past": {"expires": NOW},
    "an expiry that is too late": {"expires": NOW + 14 * DAY + 1},
    "too many attachments": {"attachments": [f"{n:064x}" for n in range(MOST_ATTACHMENTS + 1)]},
    "an attachment twice": {"attachments": ["cd" * 32] * 2},
    "an id in capitals": {"id": "AB" * 16},
    "an id with a line feed": {"id": "ab" * 16 + "\n"},
    "a short id": {"id": "ab"},
    "a key id that is none": {"own": [{"device": "77" * 32, "key": "short"}]},
    "a device that is none": {"own": [{"device": "x" * 64, "key": "ab" * 8}]},
    "an unknown precedence": {"precedence": "soon"},
    "an unknown stop": {"stop": "maybe"},
    "a time with a fraction": {"time": 1.5},
    "a negative size": {"tree_size": -1},
    "a field nobody knows": {"urgent": True},
    "a subject": {"subject": "in the clear"},
    "null": {"attachments": None},
}


@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_a_header_that_breaks_a_rule_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        parse_envelope(raw(fields(**WRONG_FIELDS[name])))


@pytest.mark.parametrize("field", sorted(fields()))
def test_a_header_without_a_field_is_refused(field: str) -> None:
    less = fields()
    del less[field]
    with pytest.raises(Malformed):
        parse_envelope(raw(less))


LINE = encode(HEADER)
WRONG_BYTES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "not an envelope"),
    "another version": (lambda: GOOD.raw.replace(b"envelope/v1", b"envelope/v2"), "not an envelope"),
    "an age file alone": (lambda: age_file(4), "not an envelope"),
    "the type line alone": (lambda: ENVELOPE_TYPE, "no end"),
    "a header without an end": (lambda: ENVELOPE_TYPE + LINE, "no end"),
    "a header that is too long": (lambda: raw(b" " * MOST_HEADER_BYTES + LINE), "no end"),
    "a key twice": (lambda: raw(LINE[:-1] + b',"tree_size":41}'), "stands twice"),
    "keys out of order": (lambda: raw(b'{"tree_size":41,' + LINE[1:].replace(b',"tree_size":41', b"")), "canonical"),
    "a space": (lambda: raw(LINE.replace(b",", b", ", 1)), "canonical"),
    "an escape": (lambda: raw(LINE.replace(b"flash", b"fl\\u0061sh")), "canonical"),
    "a number with an exponent": (lambda: raw(LINE.replace(b":41", b":4.1e1")), "JSON|canonical"),
    "not UTF-8": (lambda: raw(LINE.replace(b"flash", b"fl\xffsh")), "JSON"),
    "nested too deeply": (lambda: raw(b"[" * 100_000), "JSON"),
    "CRLF behind the header": (lambda: raw(LINE + b"\r"), "JSON|canonical"),
    "too large": (lambda: GOOD.raw + bytes(MOST_ENVELOPE_BYTES), "at most"),
    "nothing sealed": (lambda: raw(LINE, b""), "not an age file"),
    "no age file": (lambda: raw(LINE, b"-----BEGIN AGE ENCRYPTED FILE-----\n"), "not an age file"),
    "another version of age": (lambda: raw(LINE, age_file(4).replace(b"org/v1", b"org/v2")), "not an age file"),
    "no end of the age header": (lambda: raw(LINE, b"age-encryption.org/v1\n" + STANZA * 4), "then its MAC"),
    "no end of the MAC line": (lambda: raw(LINE, age_file(4)[: age_file(4).index(b"---") + 9]), "then its MAC"),
    "a stanza too few": (lambda: raw(LINE, age_file(3)), "stanza a device"),
    "a stanza too many": (lambda: raw(LINE, age_file(5)), "stanza a device"),
    "a classical stanza beside": (
        lambda: raw(LINE, age_file(4).replace(b"--- ", b"-> X25519 abc\nAAAA\n--- ", 1)),
        "stanza a device",
    ),
    "a classical stanza instead": (
        lambda: raw(LINE, age_file(4).replace(b"-> mlkem768x25519 ", b"-> X25519 ", 1)),
        "stanza a device",
    ),
    "a stanza of a kind that begins alike": (
        lambda: raw(LINE, age_file(4).replace(b"-> mlkem768x25519 ", b"-> mlkem768x25519x ", 1)),
        "stanza a device",
    ),
    "a stanza of another length": (lambda: raw(LINE, age_file(4).replace(b"B" * 43, b"B" * 44, 1)), "stanza a device"),
    "no payload": (lambda: raw(LINE, age_file(4)[: -(16 * KIB + 32)]), "padding class"),
    "half a nonce": (lambda: raw(LINE, age_file(4)[: -(16 * KIB + 24)]), "padding class"),
    "a byte too many": (lambda: GOOD.raw + b"\0", "padding class"),
    "a byte too few": (lambda: GOOD.raw[:-1], "padding class"),
    "a size of no class": (lambda: raw(LINE, age_file(4, 17 * KIB)), "padding class"),
    "a size larger than any": (lambda: raw(LINE, age_file(4, 3 << 20)), "at most"),
}


@pytest.mark.parametrize("name", WRONG_BYTES)
def test_bytes_that_no_desk_sends_are_refused(name: str) -> None:
    make, words = WRONG_BYTES[name]
    with pytest.raises(Malformed, match=words):
        parse_envelope(make())


def test_what_no_reader_would_take_is_not_written() -> None:
    for spoilt, sealed in (
        (changed(HEADER, stages=()), age_file(4)),
        (changed(HEADER, expires=NOW), age_file(4)),
        (changed(HEADER, id="x"), age_file(4)),
        (changed(HEADER, own=(Recipient(device="7", key="7"),)), age_file(4)),
        (HEADER, age_file(3)),
        (HEADER, age_file(4, 17 * KIB)),
    ):
        with pytest.raises(Malformed):
            write_envelope(spoilt, sealed)


def test_the_largest_envelope_there_can_be_fits() -> None:
    own = tuple(device(n) for n in range(1000, 1000 + MOST_DEVICES - 1))
    attachments = tuple(f"{n:064x}" for n in range(MOST_ATTACHMENTS))
    header = changed(HEADER, stages=(Stage(after=0, devices=(device(1),)),), own=own, attachments=attachments)
    check_header(header)
    envelope = write_envelope(header, age_file(MOST_DEVICES, 2 << 20))
    assert isinstance(parse_envelope(envelope.raw), Envelope)


@settings(max_examples=200)
@given(st.data())
def test_damaged_envelopes_are_refused_in_words_or_read_as_they_stand(data: st.DataObject) -> None:
    end = GOOD.raw.index(b"\n", len(ENVELOPE_TYPE))
    at = data.draw(st.integers(0, end))
    damaged = GOOD.raw[:at] + data.draw(st.binary(max_size=3)) + GOOD.raw[at + data.draw(st.integers(0, 3)) :]
    try:
        found = parse_envelope(damaged)
    except Malformed:
        return
    assert found.raw == damaged
    assert write_envelope(found.header, found.sealed).raw == damaged
