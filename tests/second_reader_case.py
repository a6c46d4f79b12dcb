"""Events of cases, and the manifest of a bundle (case-event.md, case-bundle.md)."""

from itertools import pairwise
from typing import Any

from second_reader_age import seal_again
from second_reader_base import Refused, sha256_hex
from second_reader_contents import PROOF
from second_reader_json import LEFT_OUT, Field, integer, items, pattern, read_body, read_canonical, record, text, words
from second_reader_messages import read_envelope
from second_reader_padding import padded_size
from second_reader_values import CONTACT, HASH, OFFICER, TIME


def _flag(value: Any) -> Any:
    if value is not True and value is not False:
        raise Refused("wrong type", "no truth value")
    return value


def _act(kind: str, **fields: Field) -> Any:
    return record({"kind": Field(words(kind)), **fields})


_RECEIVERS = {
    "device": record({"to": Field(words("device")), "device": Field(HASH)}),
    "officer": record({"to": Field(words("officer")), "officer": Field(OFFICER)}),
    "contact": record({"to": Field(words("contact")), "contact": Field(CONTACT)}),
}


def _one_of(kinds: dict[str, Any], tag: str) -> Any:
    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Refused("wrong type", "no object")
        if tag not in value:
            raise Refused("missing field", tag)
        words(*kinds)(value[tag])
        return kinds[value[tag]](value)

    return check


_ACTS = {
    "open": _act("open", title=Field(text(1, 300))),
    "invite": _act("invite", contact=Field(CONTACT), may_invite=Field(_flag, False)),
    "join": _act("join", guest=Field(_flag, False)),
    "leave": _act("leave", guest=Field(_flag, False)),
    "exclude": _act("exclude", contact=Field(CONTACT)),
    "guest": _act("guest", officer=Field(OFFICER), until=Field(TIME)),
    "end-guest": _act("end-guest", officer=Field(OFFICER)),
    "say": _act("say", guest=Field(_flag, False)),
    "hand-over": _act("hand-over", messages=Field(items(HASH, 1, 500)), receiver=Field(_one_of(_RECEIVERS, "to"))),
}
_EVENT = record(
    {
        "act": Field(_one_of(_ACTS, "kind")),
        "after": Field(items(HASH, 0, 64), []),
        "case": Field(HASH, LEFT_OUT),
        "seen": Field(items(HASH, 0, 64), []),
    }
)
_KINDS = ("index", "policy", "checkpoint", "log", "message", "receipt", "line", "attachment")
_PART = record(
    {
        "hash": Field(HASH),
        "kind": Field(words(*_KINDS)),
        "name": Field(pattern("[a-z]+(-[0-9a-f]{64})?")),
        "size": Field(integer(1, 67_108_864)),
    }
)
_LEFT = record({"what": Field(HASH), "why": Field(words("erased", "handling", "locked", "not-here", "too-large"))})
_MANIFEST = record(
    {
        "network": Field(HASH),
        "case": Field(HASH),
        "at": Field(TIME),
        "contact": Field(CONTACT),
        "device": Field(HASH),
        "language": Field(words("es", "en", "pt", "fr")),
        "parts": Field(items(_PART, 1, 4000)),
        "left_out": Field(items(_LEFT, 0, 2000)),
    }
)


def _ordered(found: list[Any]) -> None:
    if any(not left < right for left, right in pairwise(found)):
        raise Refused("wrong order")


def read_case_event(raw: bytes) -> dict[str, Any]:
    """Rules 1 to 4 of case-event.md."""
    event = read_canonical(raw, _EVENT, 65_536)
    act, after, seen = event["act"], event.get("after", []), event.get("seen", [])
    first = act["kind"] == "open"
    if first == ("case" in event) or first == bool(after):
        raise Refused("bad value", "place")
    for each in (after, seen):
        _ordered(each)
    if first and seen:
        raise Refused("wrong order", "seen")
    if act["kind"] == "hand-over":
        _ordered(act["messages"])
    return {"kind": act["kind"], "case": event.get("case", ""), "after": after, "seen": seen}


def read_manifest(raw: bytes) -> dict[str, Any]:
    """Rules 2 to 5 of case-bundle.md."""
    manifest = read_body(raw, "enlace/case-manifest/v1", _MANIFEST)
    _ordered([(_KINDS.index(each["kind"]), each["name"]) for each in manifest["parts"]])
    for each in manifest["parts"]:
        kind, dash, _ = each["name"].partition("-")
        if kind != each["kind"] or bool(dash) == (_KINDS.index(kind) < 4):
            raise Refused("bad value", each["name"])
    if {"index", "checkpoint", "log", "message"} - {each["kind"] for each in manifest["parts"]}:
        raise Refused("bad value", "lacking")
    _ordered([each["what"] for each in manifest["left_out"]])
    return {
        "case": manifest["case"],
        "parts": [[each["name"], each["hash"], each["size"]] for each in manifest["parts"]],
    }


def read_shown(proof: bytes, note: bytes, envelope: str) -> dict[str, Any]:
    """Rule 15 of message.md: the envelope made again from the note; who sent it, and for which devices it is."""
    value = read_canonical(proof, PROOF)
    padded = note + b"\n" * (padded_size(len(note)) - len(note))
    nonce, key = bytes.fromhex(value["nonce"]), bytes.fromhex(value["key"])
    file = seal_again(value["age"].encode(), nonce, key, padded)
    raw = b"enlace/envelope/v1\n" + value["header"].encode() + b"\n" + file
    if sha256_hex(raw) != envelope:
        raise Refused("wrong envelope")
    found = read_envelope(raw)
    return {"sender": found.header["sender"], "devices": [each["device"] for each in found.recipients]}
