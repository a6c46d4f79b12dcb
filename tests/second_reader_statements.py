"""Statements: kinds, fields, subjects, signatures (statement.md)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from second_reader_base import Refused, base64_bytes, pair_id, root_id, sha256_hex
from second_reader_json import (
    LEFT_OUT,
    Field,
    integer,
    items,
    one_line,
    parse,
    read_canonical,
    record,
    words,
)
from second_reader_note import ED25519 as ED25519_TYPE
from second_reader_note import Key, Note, read_note
from second_reader_values import (
    CIRCLE,
    CONTACT,
    COUNT,
    COUNTRY,
    ED25519,
    FUNCTION,
    HASH,
    MEMBER,
    MLDSA44,
    NETWORK_NAME,
    OFFICER,
    ORIGIN,
    TIME,
)

TYPE = "enlace/statement/v1"
ENTRY_LIMIT = 65_535
_LATER = re.compile(rb"enlace/statement/v([2-9]|[1-9][0-9]{1,3})")
_KIND = re.compile("[a-z]+(-[a-z]+)*")


def _number(default: int) -> Field:
    """A number of `policy`, left out where it is the default. (A time or a count: both are bounded integers.)"""
    return Field(integer(0, 2**40 if default >= 600 else 2**53), default)


_SECONDS = {"flash": 600, "immediate": 1800, "priority": 10800, "routine": 21600}
_DAYS = {"due": 120, "stale": 150, "doubtful": 180}
_SECOND = ["make-administrator", "revoke-last-device"]
_POLICY = record(
    {
        "second": Field(items(words(*_SECOND)), _SECOND),
        "clocks": Field(record({name: _number(value) for name, value in _SECONDS.items()}), {}),
        "freshness": Field(record({name: _number(value) for name, value in _DAYS.items()}), {}),
    }
)
_FIELDS = {
    "at": Field(TIME),
    "seq": Field(COUNT),
    "network": Field(HASH),
    "name": Field(NETWORK_NAME),
    "roots": Field(items(ED25519)),
    "threshold": Field(COUNT),
    "duty": Field(ED25519),
    "policy": Field(_POLICY, {}),
    "origin": Field(ORIGIN),
    "continues": Field(record({"origin": Field(ORIGIN), "size": Field(COUNT), "root": Field(HASH)}), LEFT_OUT),
    "member": Field(MEMBER),
    "country": Field(COUNTRY),
    "function": Field(FUNCTION),
    "body": Field(HASH),
    "until": Field(TIME),
    "officer": Field(OFFICER),
    "roles": Field(items(words("administrator", "coordinator", "investigator"))),
    "reason": Field(words("lost", "stolen", "compromised", "replaced", "left", "other")),
    "device": Field(HASH),
    "contact": Field(CONTACT),
    "officers": Field(items(OFFICER), []),
    "escalation": Field(items(CONTACT), []),
    "circles": Field(items(CIRCLE), []),
    "circle": Field(CIRCLE),
    "members": Field(items(MEMBER)),
}
_FIELDS |= {name: Field(ED25519) for name in ("log_ed25519", "receipt_ed25519", "ed25519", "reception_ed25519")}
_FIELDS |= {name: Field(MLDSA44) for name in ("log_mldsa44", "receipt_mldsa44", "mldsa44", "reception_mldsa44")}

_KINDS = {
    "found-network": ("network", "name roots threshold duty policy"),
    "rekey-roots": ("network", "roots threshold duty policy"),
    "name-relay": ("relay", "origin log_ed25519 log_mldsa44 receipt_ed25519 receipt_mldsa44 continues"),
    "admit-member": ("member", "member country body"),
    "suspend-member": ("member", "member until"),
    "reinstate-member": ("member", "member"),
    "revoke-member": ("member", "member"),
    "first-administrator": ("officer", "officer member body"),
    "enrol-officer": ("officer", "officer member roles body"),
    "change-roles": ("officer", "officer roles"),
    "revoke-officer": ("officer", "officer reason"),
    "enrol-device": ("device", "officer ed25519 mldsa44 reception_ed25519 reception_mldsa44"),
    "change-reception": ("reception", "device reception_ed25519 reception_mldsa44"),
    "revoke-device": ("device", "device reason"),
    "publish-contact": ("contact", "contact member country function officers escalation circles body"),
    "attest-contact": ("contact", "contact"),
    "retire-contact": ("contact", "contact"),
    "list-provisional": ("contact", "contact country function body"),
    "withdraw-provisional": ("contact", "contact"),
    "set-circle": ("circle", "circle members body"),
    "erase-body": ("body", "body"),
}


def _check_of(kind: str) -> Callable[[Any], Any]:
    names = _KINDS[kind][1].split() + ["at", "seq"] + ([] if kind == "found-network" else ["network"])
    return record({"kind": Field(words(kind))} | {name: _FIELDS[name] for name in names})


_CHECKS = {kind: _check_of(kind) for kind in _KINDS}


@dataclass(frozen=True)
class Statement:
    """A statement whose form was read: its note (None: text alone), text and JSON, and the network's id."""

    text: bytes
    value: dict[str, Any]
    note: Note | None

    @property
    def kind(self) -> str:
        """Which statement it is."""
        return str(self.value["kind"])

    @property
    def network(self) -> str:
        """The network's id; of a founding statement the one that follows from its text (README, *Ids*)."""
        return sha256_hex(self.text) if self.kind == "found-network" else str(self.value["network"])

    @property
    def device(self) -> str:
        """The device id of `enrol-device`."""
        return pair_id(base64_bytes(self.value["ed25519"]), base64_bytes(self.value["mldsa44"]))

    @property
    def subject(self) -> str:
        """The subject, by which `seq` counts (table of kinds)."""
        family = _KINDS[self.kind][0]
        if family in ("network", "relay"):
            return family
        named = "device" if family == "reception" else family
        return f"{family}/{self.device if self.kind == 'enrol-device' else self.value[named]}"

    def own_roots(self, network_name: str) -> list[Key]:
        """The root keys that a founding or re-keying names itself (rule 3)."""
        if self.kind not in ("found-network", "rekey-roots"):
            return []
        publics = [base64_bytes(root) for root in self.value["roots"]]
        return [Key(f"{network_name}/{root_id(public)}", ED25519_TYPE, public) for public in publics]


def read_text(text: bytes) -> dict[str, Any]:
    """The text of a statement: its JSON (rules 1, 4, 6)."""
    first, _, rest = text.partition(b"\n")
    if _LATER.fullmatch(first):
        raise Refused("unknown kind", "later version")
    if first != TYPE.encode():
        raise Refused("wrong type line")
    line = one_line(rest)
    value = parse(line)
    if not isinstance(value, dict):
        raise Refused("wrong type", "no object")
    kind = value.get("kind")
    if isinstance(kind, str) and kind not in _KINDS:
        if not _KIND.fullmatch(kind):
            raise Refused("bad value", kind[:80])
        raise Refused("unknown kind" if len(kind) <= 60 else "out of range", kind[:80])
    if not isinstance(kind, str):
        raise Refused("missing field" if "kind" not in value else "wrong type", "kind")
    found: dict[str, Any] = read_canonical(line, _CHECKS[kind])
    return found


def check_order(note: Note) -> None:
    """Rule 2: lines in ascending order of their names, each name once."""
    names = [line.name for line in note.lines]
    if any(left >= right for left, right in pairwise(names)):
        raise Refused("wrong order")


def read_statement(entry: bytes) -> Statement:
    """The form of a statement: note, text, order of lines."""
    note = read_note(entry, ENTRY_LIMIT)
    value = read_text(note.text)
    check_order(note)
    return Statement(note.text, value, note)


def verify_lines(statement: Statement, keys: Iterable[Key]) -> list[str]:
    """Rule 3: every line is an Ed25519 line of a known key. The names of the signers, in order."""
    assert statement.note is not None
    known = list(keys)
    for line in statement.note.lines:
        key = next((key for key in known if key.owns(line)), None)
        if key is None:
            raise Refused("unknown signer", line.name)
        key.verify(line.signature, statement.text)
    return [line.name for line in statement.note.lines]
