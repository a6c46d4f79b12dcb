"""Lines, the relay's receipt, key sets (lines.md, receipt.md, keyset.md)."""

from dataclasses import dataclass
from typing import Any

from second_reader_age import small_order
from second_reader_base import Refused, base64_bytes, recipient_id
from second_reader_json import Field, items, read_body, read_loose, record, words, write
from second_reader_messages import Signer
from second_reader_note import Note, read_note, verify_both
from second_reader_tree import check_inclusion, leaf_hash
from second_reader_values import CONTACT, COUNT, HASH, RECEIPT, RECIPIENT, TIME

NOTE_LIMIT = 131_072
_COMMON = {"network": Field(HASH), "envelope": Field(HASH), "at": Field(TIME)}
_LINES = {
    "delivered": record(_COMMON | {"device": Field(HASH)}),
    "step": record(_COMMON | {"device": Field(HASH), "act": Field(words("accepted", "refused"))}),
    "call": record(
        _COMMON
        | {
            "device": Field(HASH),
            "sender": Field(CONTACT),
            "contacts": Field(items(CONTACT, 1, 500)),
            "precedence": Field(words("flash", "immediate", "priority", "routine")),
            "stage": Field(COUNT),
            "after": Field(COUNT),
            "devices": Field(items(HASH, 0, 500)),
        }
    ),
    "stage": record(_COMMON | {"device": Field(HASH), "act": Field(words("stop", "hasten")), "stage": Field(COUNT, 0)}),
    "notice": record(
        _COMMON
        | {
            "event": Field(words("released", "hastened", "stopped", "expired", "held", "dropped")),
            "devices": Field(items(HASH)),
            "stage": Field(COUNT, 0),
        }
    ),
}
_RECEIPTS = record({"network": Field(HASH), "count": Field(COUNT), "root": Field(HASH), "time": Field(TIME)})
_EPOCH = record({"opens": Field(TIME), "closes": Field(TIME), "erase": Field(TIME), "recipient": Field(RECIPIENT)})
_KEYSET = record(
    {
        "network": Field(HASH),
        "device": Field(HASH),
        "number": Field(COUNT),
        "at": Field(TIME),
        "epochs": Field(items(_EPOCH, 1, 16)),
        "fallback": Field(RECIPIENT),
    }
)


def read_line(raw: bytes, kind: str, name: str, network: str, pair: tuple[bytes, bytes]) -> dict[str, Any]:
    """A line: form, both signatures, text, network (lines.md)."""
    note = read_note(raw, NOTE_LIMIT)
    verify_both(note, name, *pair)
    value: dict[str, Any] = read_body(note.text, f"enlace/{kind}/v1", _LINES[kind])
    if value["network"] != network:
        raise Refused("wrong network")
    return value


@dataclass(frozen=True)
class Relayed:
    """A receipt that holds."""

    leaf: bytes
    tree_size: int
    time: int


def read_receipt(raw: bytes, envelope: str, network: str, name: str, pair: tuple[bytes, bytes]) -> Relayed:
    """The relay's receipt, in the order of its page: JSON, rule 1, form, signatures, text, path, network."""
    value = read_loose(raw, RECEIPT, 1_048_576)
    leaf = value["leaf"]
    if leaf["envelope"] != envelope:
        raise Refused("wrong envelope")
    note = read_note(value["note"].encode(), NOTE_LIMIT)
    verify_both(note, name, *pair)
    root = read_body(note.text, "enlace/receipts/v1", _RECEIPTS)
    hashed = leaf_hash(b"enlace/relayed/v1\n" + write(leaf) + b"\n")
    path = [bytes.fromhex(step) for step in value["path"]]
    check_inclusion(hashed, value["index"], root["count"], bytes.fromhex(root["root"]), path)
    if root["network"] != network:
        raise Refused("wrong network")
    return Relayed(hashed, leaf["tree_size"], leaf["time"])


@dataclass(frozen=True)
class Keyset:
    """A key set that was accepted."""

    note: Note
    value: dict[str, Any]

    def sealed_to(self, time: int) -> tuple[str, int]:
        """Rule 8: the recipient key id to seal to at a time, and its `erase` (0 for the fallback)."""
        for epoch in self.value["epochs"]:
            if epoch["opens"] <= time < epoch["closes"]:
                return recipient_id(base64_bytes(epoch["recipient"])), epoch["erase"]
        if time >= self.value["epochs"][-1]["closes"] + 1_296_000:
            raise Refused("ran out")
        return recipient_id(base64_bytes(self.value["fallback"])), 0


def _check_epochs(epochs: list[dict[str, int]]) -> None:
    """Rules 3 and 4, epoch by epoch."""
    before = 0
    for epoch in epochs:
        if epoch["opens"] < before or epoch["closes"] <= epoch["opens"]:
            raise Refused("overlap")
        if epoch["erase"] < epoch["closes"] + 1_296_000:
            raise Refused("erased too early")
        before = epoch["closes"]


def check_recipient(text: str) -> None:
    """Rule 6: canonical base64, and a key that can be sealed to."""
    raw = base64_bytes(text)
    packed = int.from_bytes(raw[:1152], "little")
    if any(packed >> (12 * i) & 0xFFF >= 3329 for i in range(768)) or small_order(raw[1184:]):
        raise Refused("bad recipient")


def read_keyset(raw: bytes, signer: Signer, seen: bytes | None) -> Keyset:
    """A key set, in the order of its page."""
    note = read_note(raw, 65_536)
    verify_both(note, f"{signer.network_name}/{signer.device}", signer.ed25519, signer.mldsa44)
    value = read_body(note.text, "enlace/keyset/v1", _KEYSET)
    if value["network"] != signer.network or value["device"] != signer.device:
        raise Refused("wrong network")
    _check_epochs(value["epochs"])
    recipients = [epoch["recipient"] for epoch in value["epochs"]] + [value["fallback"]]
    if len(set(recipients)) != len(recipients):
        raise Refused("repeated")
    for recipient in recipients:
        check_recipient(recipient)
    earlier = read_keyset(seen, signer, None) if seen is not None else None
    if earlier and value["number"] < earlier.value["number"]:
        raise Refused("older than seen")
    if earlier and value["number"] == earlier.value["number"] and note.text != earlier.note.text:
        raise Refused("two versions")
    return Keyset(note, value)
