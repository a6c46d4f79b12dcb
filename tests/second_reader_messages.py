"""Messages, padding, envelopes, attachments (message.md, envelope.md, attachment.md)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from second_reader_age import AgeFile, file_key_by_seed, identity_seed, open_alone, open_with, read_age
from second_reader_base import Refused, sha256_hex, split_type_line
from second_reader_contents import HANDLING, content
from second_reader_json import (
    Check,
    Field,
    flag,
    items,
    read_body,
    read_canonical,
    record,
    text,
)
from second_reader_note import read_note, verify_both
from second_reader_padding import LARGEST, padded_size, unpad
from second_reader_roster import check_note, check_roster
from second_reader_values import (
    CONTACT,
    COUNT,
    HASH,
    MEMBER,
    MESSAGE_ID,
    PRECEDENCE,
    SEALED_FILE,
    STOP,
    TIME,
)

FORTNIGHT = 1_209_600
_STANZA = rb"-> mlkem768x25519 [A-Za-z0-9+/]{1494}\n[A-Za-z0-9+/]{43}\n"


@dataclass(frozen=True)
class Signer:
    """Whose word a reader expects: the network's id and name, the device, its own pair of keys."""

    network: str
    network_name: str
    device: str
    ed25519: bytes
    mldsa44: bytes


_MESSAGE = record(
    {
        "id": Field(MESSAGE_ID),
        "network": Field(HASH),
        "case": Field(text(0, 200), ""),
        "from": Field(record({"contact": Field(CONTACT), "device": Field(HASH)})),
        "stages": Field(items(record({"after": Field(COUNT), "contacts": Field(items(CONTACT))}))),
        "calls": Field(
            items(
                record(
                    {
                        "after": Field(COUNT),
                        "contacts": Field(items(CONTACT), []),
                        "administrators": Field(items(MEMBER), []),
                    }
                )
            ),
            [],
        ),
        "at": Field(TIME),
        "expires": Field(TIME),
        "precedence": Field(PRECEDENCE),
        "stop": Field(STOP),
        "handling": Field(HANDLING, {}),
        "content": Field(content),
        "exercise": Field(flag, False),
        "attachments": Field(items(SEALED_FILE, 0, 32), []),
        "checkpoint": Field(text()),
    }
)


def check_stages(afters: list[int]) -> None:
    """1 to 9 stages, from 0, each later than the one before, within 14 days (message, rule 2; envelope, 3 and 5)."""
    growing = all(left < right for left, right in pairwise(afters))
    if not 1 <= len(afters) <= 9 or afters[0] != 0 or not growing or afters[-1] > FORTNIGHT:
        raise Refused("bad stages")


def check_calls(stages: list[int], calls: list[int]) -> None:
    """At most 9 calls, after the stages, each later than the one before (message, rule 9; envelope, 11)."""
    turns = [*stages, *calls]
    if len(calls) > 9 or any(left >= right for left, right in pairwise(turns)) or turns[-1] > FORTNIGHT:
        raise Refused("bad stages", "calls")


def _once(things: list[str]) -> None:
    if len(set(things)) != len(things):
        raise Refused("repeated")


def read_message(raw: bytes, signer: Signer) -> dict[str, Any]:
    """A message, checked in the order of its page: form, signatures, text, rules 2, 3, 4, 5."""
    note = read_note(raw, LARGEST)
    verify_both(note, f"{signer.network_name}/{signer.device}", signer.ed25519, signer.mldsa44)
    value = _read_text(note.text)
    if value["network"] != signer.network:
        raise Refused("wrong network")
    if value["from"]["device"] != signer.device:
        raise Refused("wrong device")
    if signer.network_name.startswith("exercise.") and not value.get("exercise", False):
        raise Refused("bad value", "no exercise")
    return value


def _read_text(raw: bytes, depth: int = 0) -> dict[str, Any]:
    """The text of a message, by rules 2, 3, 4, 6, 8."""
    value: dict[str, Any] = read_body(raw, "enlace/message/v1", _MESSAGE)
    check_stages([stage["after"] for stage in value["stages"]])
    if not all(stage["contacts"] for stage in value["stages"]):
        raise Refused("bad stages", "no contact")
    named = [contact for stage in value["stages"] for contact in stage["contacts"]]
    _once(named)
    calls = value.get("calls", [])
    check_calls([stage["after"] for stage in value["stages"]], [call["after"] for call in calls])
    if not all(call.get("contacts") or call.get("administrators") for call in calls):
        raise Refused("bad stages", "a call of nobody")
    _once([*named, *(contact for call in calls for contact in call.get("contacts", []))])
    _once([member for call in calls for member in call.get("administrators", [])])
    if value["expires"] <= value["at"]:
        raise Refused("bad expiry")
    handling = value.get("handling", {})
    if handling.get("identified") and not handling.get("victim"):
        raise Refused("bad value", "names a victim, and is about none")
    _check_own_side(value)
    _check_passed(value, depth + 1)
    return value


def _check_passed(value: dict[str, Any], depth: int) -> None:
    """Rule 8: what is passed on are messages, what goes along gives consent to that, or is a file of theirs."""
    content = value["content"]
    if content["kind"] != "passed-on":
        return
    theirs: list[Any] = []
    for handed in (*content["notes"], *content.get("consents", [])):
        try:
            if depth > 4:
                raise Refused("bad value", "too deep")
            inner = _read_text(read_note(handed["note"].encode(), 4 * 1_048_576).text, depth)
        except Refused as error:
            raise Refused("bad value", "no message inside") from error
        if handed in content["notes"]:
            theirs += inner.get("attachments", [])
        said = inner["content"].get("event", {})
        if handed in content.get("consents", []) and (said.get("kind"), said.get("act")) != ("give", "forward"):
            raise Refused("bad value", "no consent")
    if not all(each in theirs for each in value.get("attachments", [])):
        raise Refused("bad value", "a file of none of them")


def _check_own_side(value: dict[str, Any]) -> None:
    """Rule 6: what goes among the officers of one contact."""
    content, own = value["content"], value["from"]["contact"]
    if content["kind"] not in ("roster", "duty-note"):
        return
    if [contact for stage in value["stages"] for contact in stage["contacts"]] != [own]:
        raise Refused("bad value", "for another contact")
    if content["kind"] == "duty-note":
        check_note(content)
        return
    check_roster(content["roster"])
    if content["roster"]["contact"] != own:
        raise Refused("bad value", "of another contact")


def _digits(width: int) -> Check:
    """Envelope, rule 2: hexadecimal in small letters (`bad value`), of so many (`out of range`)."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise Refused("wrong type", "no text")
        if set(value) - set("0123456789abcdef"):
            raise Refused("bad value", value[:80])
        if len(value) != width:
            raise Refused("out of range", value[:80])
        return value

    return check


_RECIPIENTS = items(record({"device": Field(_digits(64)), "key": Field(_digits(16))}))
_HEADER = record(
    {
        "id": Field(MESSAGE_ID),
        "network": Field(HASH),
        "sender": Field(HASH),
        "stages": Field(items(record({"after": Field(COUNT), "devices": Field(_RECIPIENTS)}))),
        "calls": Field(items(record({"after": Field(COUNT), "devices": Field(items(_digits(64)))})), []),
        "own": Field(_RECIPIENTS),
        "precedence": Field(PRECEDENCE),
        "stop": Field(STOP),
        "time": Field(TIME),
        "expires": Field(TIME),
        "attachments": Field(items(HASH)),
        "tree_size": Field(COUNT),
    }
)


@dataclass(frozen=True)
class Envelope:
    """An envelope by rules 1 to 9."""

    hash: str
    header: dict[str, Any]
    recipients: list[dict[str, str]]
    age: bytes

    def stanza_of(self, device: str) -> int:
        """Rule 12: the device's place among the recipients."""
        devices = [recipient["device"] for recipient in self.recipients]
        if device not in devices:
            raise Refused("wrong device")
        return devices.index(device)

    def stage_of(self, device: str) -> int:
        """The stage of a device; 0 for the sender's own side (test data)."""
        for number, stage in enumerate(self.header["stages"]):
            if device in [recipient["device"] for recipient in stage["devices"]]:
                return number
        return 0


def _check_header(header: dict[str, Any], recipients: list[dict[str, str]]) -> None:
    """Rules 3 to 7, and 11."""
    stages = header["stages"]
    if not 1 <= len(stages) <= 9 or not stages[0]["devices"]:
        raise Refused("bad stages")
    if len(recipients) > 500:
        raise Refused("repeated", "more than 500 devices")
    _once([recipient["device"] for recipient in recipients])
    check_stages([stage["after"] for stage in stages])
    calls = header.get("calls", [])
    check_calls([stage["after"] for stage in stages], [call["after"] for call in calls])
    called = [device for call in calls for device in call["devices"]]
    if len(called) > 500 or {header["sender"], *(each["device"] for each in recipients)} & {*called}:
        raise Refused("repeated", "called")
    _once(called)
    if not header["time"] < header["expires"] <= header["time"] + FORTNIGHT:
        raise Refused("bad expiry")
    if len(header["attachments"]) > 32:
        raise Refused("repeated", "more than 32 attachments")
    _once(header["attachments"])


def _check_age(age: bytes, stanzas: int) -> None:
    """Rules 8 and 9: the form of the age header, the size of the payload."""
    form = b"age-encryption\\.org/v1\n(?:%s){%d}--- [A-Za-z0-9+/]{43}\n" % (_STANZA, stanzas)
    head = re.match(form, age)
    if not head:
        raise Refused("header failure", "form")
    sealed = len(age) - head.end() - 16
    size = sealed - 16 * -(-sealed // 65_552)
    if padded_size(size) != size:
        raise Refused("bad padding", "size of the payload")


def read_envelope(raw: bytes) -> Envelope:
    """Rules 1 to 9."""
    if len(raw) > 4_194_304:
        raise Refused("too large")
    rest = split_type_line(raw, "enlace/envelope/v1")
    end = rest.find(b"\n", 0, 262_144)
    if end < 0:
        raise Refused("too large", "header")
    header = read_canonical(rest[:end], _HEADER)
    recipients = [recipient for stage in header["stages"] for recipient in stage["devices"]] + header["own"]
    _check_header(header, recipients)
    _check_age(rest[end + 1 :], len(recipients))
    return Envelope(sha256_hex(raw), header, recipients, rest[end + 1 :])


def _check_agreement(header: dict[str, Any], message: dict[str, Any]) -> None:
    """Rule 17."""
    same = all(header[name] == message[name] for name in ("network", "precedence", "stop", "expires"))
    afters = [stage["after"] for stage in header["stages"]] == [stage["after"] for stage in message["stages"]]
    afters &= [call["after"] for call in header.get("calls", [])] == [
        call["after"] for call in message.get("calls", [])
    ]
    hashes = [sealed["cipher_hash"] for sealed in message.get("attachments", [])]
    if not same or not afters or header["attachments"] != hashes:
        raise Refused("header differs")


def open_envelope(envelope: Envelope, device: str, seeds: Mapping[str, bytes], senders: Mapping[str, Signer]) -> bytes:
    """Rules 12 to 17. `seeds`: of the identities at hand, by recipient key id. The signed note, unpadded."""
    place = envelope.stanza_of(device)
    seed = seeds.get(envelope.recipients[place]["key"])
    if seed is None:
        raise Refused("no match", "no identity")
    signer = senders.get(envelope.header["sender"])
    if signer is None:
        raise Refused("unknown signer")
    file: AgeFile = read_age(envelope.age)
    note = unpad(open_with(file, file_key_by_seed(file.stanzas[place], seed)))
    _check_agreement(envelope.header, read_message(note, signer))
    return note


def open_attachment(raw: bytes, sealed_file: bytes) -> tuple[str, bytes]:
    """Attachment, rules 1 and 2: its name, and what is inside."""
    sealed = read_canonical(sealed_file, SEALED_FILE)
    if len(raw) != sealed["cipher_size"] or sha256_hex(raw) != sealed["cipher_hash"]:
        raise Refused("wrong hash", "age file")
    plain = open_alone(raw, identity_seed(sealed["identity"]))
    if len(plain) != sealed["plain_size"] or sha256_hex(plain) != sealed["plain_hash"]:
        raise Refused("wrong hash", "inside")
    return sealed["name"], plain
