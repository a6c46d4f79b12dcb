"""The signed note inside an envelope: what is written is read back, and nothing else is a message."""

import json
from typing import Any

import pytest
from desk_world import DAY, changed, message, network, note_of, refused
from directory_world import NAME, key_pair, local_id
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.signing import sign_both
from desk.handling.marks import Handling
from desk.mail.content import MOST_TEXT, Receipt, Text
from desk.mail.message import (
    MESSAGE_TYPE,
    Message,
    MessageError,
    MessageStage,
    SealedFile,
    Sender,
    check_message,
    open_message,
    stored_message,
    write_message,
)
from relay.protocol.lines import device_name

WORLD = network()
DEVICE = local_id("co-night")
SIGNER = device_name(NAME, DEVICE)
PLAIN = message(WORLD)
NOTE = note_of(PLAIN)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)
HASHES = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
IDS = st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")
CONTACTS = st.sampled_from(["ec-desk", "ec-court", "pe-a-b", "br-mp-24", "co-desk"])
FILES = st.builds(
    SealedFile,
    name=TEXTS.filter(bool),
    identity=st.just("AGE-SECRET-KEY-PQ-1" + "Q" * 60),
    cipher_hash=HASHES,
    cipher_size=st.integers(0, 2**53),
    plain_hash=HASHES,
    plain_size=st.integers(0, 2**53),
)
CONTENTS = st.one_of(
    st.builds(
        Text,
        subject=TEXTS.filter(bool),
        text=TEXTS,
        language=st.sampled_from(["es", "pt-BR"]),
        reply_to=IDS,
    ),
    st.builds(Text, subject=TEXTS.filter(bool), text=TEXTS),
    st.builds(
        Receipt,
        act=st.sampled_from(["opened", "accepted", "refused"]),
        message=IDS,
        envelope=HASHES,
        reason=TEXTS,
    ),
)
HANDLINGS = st.builds(
    Handling,
    tlp=st.sampled_from(["RED", "AMBER", "CLEAR"]),
    source=st.sampled_from(["", "A", "X"]),
    information=st.sampled_from(["", "1"]),
    purpose=TEXTS,
    onward=st.sampled_from(["ask", "no"]),
)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message that can be sent."""
    contacts = draw(st.lists(CONTACTS, min_size=1, max_size=4, unique=True))
    cut = draw(st.integers(1, len(contacts)))
    first, later = contacts[:cut], contacts[cut:]
    stages = [MessageStage(after=0, contacts=tuple(first))]
    stages += [MessageStage(after=600 * (rank + 1), contacts=(each,)) for rank, each in enumerate(later)]
    at = draw(st.integers(0, 2**40 - 1))
    return Message(
        id=draw(IDS),
        network=WORLD.network,
        case=draw(TEXTS),
        sender=Sender(contact="co-desk", device=DEVICE),
        stages=tuple(stages),
        at=at,
        expires=draw(st.integers(at + 1, 2**40)),
        precedence=draw(st.sampled_from(["flash", "routine"])),
        stop=draw(st.sampled_from(["accepted", "never"])),
        handling=draw(HANDLINGS),
        content=draw(CONTENTS),
        attachments=tuple(draw(st.lists(FILES, max_size=2))),
        checkpoint=draw(TEXTS),
    )


def opened(raw: bytes, **fields: Any) -> Message:
    """`raw` as co-night's message."""
    everything: dict[str, Any] = {
        "network": WORLD.network,
        "name": SIGNER,
        "device": DEVICE,
        "keys": key_pair("co-night").public,
    }
    return open_message(raw, **(everything | fields))


@settings(max_examples=60)
@given(messages())
def test_what_is_written_is_read_back(drawn: Message) -> None:
    note = note_of(drawn)
    assert opened(note) == drawn
    again, parsed = stored_message(note)
    assert again == drawn
    assert parsed.write() == note
    check_message(drawn)


def signed(body: dict[str, Any] | str, handle: str = "co-night", name: str = SIGNER) -> bytes:
    """A note with both good signatures over something that may be no message."""
    line = body if isinstance(body, str) else _json(body)
    return sign_both(key_pair(handle), name, f"{MESSAGE_TYPE}\n{line}\n")


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fields() -> dict[str, Any]:
    """The plain message as a dictionary, to be spoilt."""
    found: dict[str, Any] = json.loads(NOTE.split(b"\n")[1])
    return found


def without_line(number: int) -> bytes:
    """The plain message without one of its two signature lines."""
    lines = NOTE.decode().split("\n")
    del lines[3 + number]
    return "\n".join(lines).encode()


def swapped_lines() -> bytes:
    lines = NOTE.decode().split("\n")
    lines[3], lines[4] = lines[4], lines[3]
    return "\n".join(lines).encode()


def test_the_helpers_make_a_good_message() -> None:
    assert opened(signed(fields())) == PLAIN


WRONG_NOTES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "no blank line"),
    "no note": (b"hello\n", "no blank line"),
    "not UTF-8": (NOTE[:-3] + b"\xff\n", "UTF-8"),
    "without the Ed25519 line": (without_line(0), "Ed25519 signature of .* is missing"),
    "without the ML-DSA line": (without_line(1), "ML-DSA-44 signature of .* is missing"),
    "without both": (NOTE.split(b"\n\n")[0] + b"\n\n", "signature line"),
    "lines exchanged": (swapped_lines(), "another order"),
    "a word changed": (NOTE.replace(b"noon", b"dawn"), "signature of .* is wrong"),
    "signed by another device": (note_of(PLAIN, "co-day"), "missing"),
    "another's keys under this name": (signed(fields(), "co-day"), "missing"),
    "this device's keys under another name": (signed(fields(), name=f"{NAME}/other"), "missing"),
    "too large": (b"x" * (2 << 20) + NOTE, "at most"),
    "another type of body": (
        sign_both(key_pair("co-night"), SIGNER, "enlace/message/v2\n{}\n"),
        "enlace/message/v2",
    ),
    "a statement signed by the same key": (
        sign_both(key_pair("co-night"), SIGNER, "enlace/step/v1\n{}\n"),
        "enlace/step/v1",
    ),
    "no JSON": (signed("hello"), "JSON"),
    "two lines": (signed("{}\n{}"), "one line"),
    "spaces in the JSON": (signed(json.dumps(fields(), sort_keys=True)), "canonical"),
    "keys out of order": (signed(json.dumps(dict(reversed(fields().items())), separators=(",", ":"))), "canonical"),
    "a default written out": (signed(fields() | {"attachments": []}), "canonical"),
}


@pytest.mark.parametrize("name", WRONG_NOTES)
def test_what_is_no_message_is_refused(name: str) -> None:
    raw, words = WRONG_NOTES[name]
    with pytest.raises(MessageError, match=words):
        opened(raw)


STAGE = {"after": 0, "contacts": ["ec-desk"]}
WRONG_FIELDS: dict[str, tuple[str, Any]] = {
    "no stage": ("stages", []),
    "a first stage that is late": ("stages", [{"after": 1, "contacts": ["ec-desk"]}]),
    "a stage that names nobody": ("stages", [{"after": 0, "contacts": []}]),
    "a later stage that names nobody": ("stages", [STAGE, {"after": 60, "contacts": []}]),
    "two stages at once": ("stages", [STAGE, {"after": 0, "contacts": ["ec-court"]}]),
    "stages out of order": (
        "stages",
        [STAGE, {"after": 90, "contacts": ["ec-court"]}, {"after": 60, "contacts": ["co-court"]}],
    ),
    "a contact twice in a stage": ("stages", [{"after": 0, "contacts": ["ec-desk", "ec-desk"]}]),
    "a contact in two stages": ("stages", [STAGE, {"after": 60, "contacts": ["ec-desk"]}]),
    "ten stages": ("stages", [{"after": n, "contacts": [f"ec-{n}"]} for n in range(10)]),
    "a stage after the longest expiry": ("stages", [STAGE, {"after": 14 * DAY + 1, "contacts": ["ec-court"]}]),
    "a stage before its time": ("stages", [STAGE, {"after": -60, "contacts": ["ec-court"]}]),
    "a contact that is none": ("stages", [{"after": 0, "contacts": ["Ec Desk"]}]),
    "a recipient with a line feed": ("stages", [{"after": 0, "contacts": ["ec-desk\n"]}]),
    "a short id": ("id", "ab"),
    "an id in capitals": ("id", "AB" * 16),
    "expiry before signing": ("expires", WORLD.now - 1),
    "expiry at signing": ("expires", WORLD.now),
    "a time that is no number": ("at", "now"),
    "a time with a fraction": ("at", 1.5),
    "a time before 1970": ("at", -1),
    "a time of a far future": ("at", 2**50),
    "no network": ("network", ""),
    "an unknown precedence": ("precedence", "yesterday"),
    "an unknown stop": ("stop", "whenever"),
    "an unknown field": ("urgent", True),
    "a null": ("case", None),
    "a long case": ("case", "x" * 201),
    "no content": ("content", {}),
    "content of an unknown kind": ("content", {"kind": "song", "subject": "a", "text": "b"}),
    "content without a kind": ("content", {"subject": "a", "text": "b"}),
    "an empty subject": ("content", {"kind": "text", "subject": "", "text": "b"}),
    "a long subject": ("content", {"kind": "text", "subject": "x" * 301, "text": ""}),
    "a long text": ("content", {"kind": "text", "subject": "x", "text": "y" * (MOST_TEXT + 1)}),
    "a receipt for nothing": ("content", {"kind": "receipt", "act": "opened"}),
    "an unknown act": ("content", {"kind": "receipt", "act": "burnt", "message": "ab" * 16, "envelope": "cd" * 32}),
    "33 attachments": ("attachments", [{}] * 33),
    "an attachment without hashes": ("attachments", [{"name": "a"}]),
    "an unknown handling": ("handling", {"tlp": "PURPLE"}),
    "a default handling spelt out": ("handling", {"tlp": "AMBER"}),
}


@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_a_field_that_makes_no_sense_is_refused_though_signed(name: str) -> None:
    field, value = WRONG_FIELDS[name]
    with pytest.raises(MessageError):
        opened(signed(fields() | {field: value}))


@pytest.mark.parametrize("field", ["id", "network", "from", "stages", "at", "expires", "content", "checkpoint"])
def test_a_field_that_is_missing_is_refused(field: str) -> None:
    body = fields()
    del body[field]
    with pytest.raises(MessageError):
        opened(signed(body))


def test_a_message_counts_in_its_own_network_only() -> None:
    with pytest.raises(MessageError, match="another network"):
        opened(NOTE, network="0" * 64)


def test_a_message_names_the_device_that_signs_it() -> None:
    other = note_of(changed(PLAIN, sender=Sender(contact="co-desk", device=local_id("co-day"))))
    with pytest.raises(MessageError, match="another device"):
        opened(other)


@pytest.mark.parametrize(
    "spoilt",
    [
        changed(PLAIN, stages=()),
        changed(PLAIN, id="x"),
        changed(PLAIN, expires=PLAIN.at),
        changed(PLAIN, content=Text(subject="", text="")),
        changed(PLAIN, content=Text(subject="x" * 301, text="")),
        changed(PLAIN, content=Text(subject="a", text="\udcff")),
        changed(PLAIN, case="\ud800"),
        changed(PLAIN, content=Text(subject="a", text="é" * 500_001)),
        changed(PLAIN, content=Text(subject="a", text="漢" * 400_000)),
        changed(PLAIN, sender=Sender(contact="nobody", device=DEVICE)),
    ],
)
def test_a_message_no_reader_would_take_is_not_written(spoilt: Message) -> None:
    for attempt in (lambda: write_message(spoilt, SIGNER, key_pair("co-night")), lambda: check_message(spoilt)):
        assert "cannot be sent" in refused(attempt, MessageError)


def test_a_name_no_note_can_hold_signs_nothing() -> None:
    assert "cannot be sent" in refused(lambda: write_message(PLAIN, "two words", key_pair("co-night")), MessageError)


def test_control_characters_survive_as_they_were_signed() -> None:
    """They are escapes in the JSON, so the note stays printable; what shows them is another's business."""
    odd = changed(PLAIN, content=Text(subject="a\x1b[2J\u202eb", text="\0\r\n\t\x7f"))
    assert opened(note_of(odd)).content == odd.content
