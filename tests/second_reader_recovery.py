"""The recovery file's inside (recovery-file.md)."""

from collections import Counter
from typing import Any

from second_reader_base import Refused, sha256_hex, split_type_line
from second_reader_json import LEFT_OUT, Field, items, pattern, read_canonical, record, text, words
from second_reader_values import COUNT, HASH, IDENTITY, MEMBER, NETWORK_NAME, OFFICER, RECEIPT, TIME

LINE_LIMIT = 262_144
_SIZES = {"message": 2_097_152, "proof": 2_097_152, "line": 131_072, "draft": 600_000}
_HEAD = record(
    {
        "archive": Field(IDENTITY),
        "authority": Field(text()),
        "relay": Field(text()),
        "checkpoint": Field(text()),
        "name": Field(NETWORK_NAME),
        "network": Field(HASH),
        "device": Field(HASH),
        "member": Field(MEMBER),
        "officer": Field(OFFICER),
        "written": Field(TIME),
    }
)
_FACTS = record(
    {
        "direction": Field(words("in", "out", "colleague")),
        "received": Field(TIME, 0),
        "sent": Field(TIME, 0),
        "opened": Field(TIME, 0),
        "decided_at": Field(TIME, 0),
        "envelope": Field(pattern("([0-9a-f]{64})?"), ""),
        "relayed": Field(RECEIPT, LEFT_OUT),
        "stage": Field(COUNT, 0),
        "warnings": Field(items(text()), []),
        "decided": Field(words("", "accepted", "refused"), ""),
        "origin": Field(pattern("([0-9a-f]{64})?"), ""),
        "recovered": Field(TIME, 0),
    }
)
_KIND = Field(words("message", "proof", "attachment", "line", "draft", "end"))
_RECORDS = {
    "message": record({"kind": _KIND, "facts": Field(_FACTS), "size": Field(COUNT)}),
    "proof": record({"kind": _KIND, "size": Field(COUNT)}),
    "attachment": record({"kind": _KIND, "hash": Field(HASH), "size": Field(COUNT)}),
    "line": record(
        {
            "kind": _KIND,
            "line": Field(words("delivered", "step", "call", "stage", "notice")),
            "envelope": Field(HASH),
            "size": Field(COUNT),
        }
    ),
    "draft": record({"kind": _KIND, "size": Field(COUNT)}),
    "end": record(
        {
            "kind": _KIND,
            "attachments": Field(COUNT),
            "drafts": Field(COUNT, 0),
            "lines": Field(COUNT),
            "messages": Field(COUNT),
            "proofs": Field(COUNT, 0),
        }
    ),
}


def _record(value: Any) -> Any:
    """One of six objects, by its `kind`."""
    if not isinstance(value, dict):
        raise Refused("wrong type", "record")
    if "kind" not in value:
        raise Refused("missing field", "kind")
    return _RECORDS[_KIND.check(value["kind"])](value)


class _Reader:
    """The bytes that are still to be read."""

    def __init__(self, rest: bytes) -> None:
        self.rest = rest

    def line(self) -> bytes:
        """A line of JSON (rule 1)."""
        end = self.rest.find(b"\n", 0, LINE_LIMIT + 1)
        if end < 0:
            raise Refused("too large" if len(self.rest) > LINE_LIMIT else "malformed", "line")
        line, self.rest = self.rest[:end], self.rest[end + 1 :]
        return line

    def take(self, size: int) -> bytes:
        """Exactly so many bytes (rule 2)."""
        if len(self.rest) < size:
            raise Refused("malformed", "cut short")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken


def _check_place(kind: str, before: str) -> None:
    """Rule 3: messages, each followed by its proof, then its attachments; then lines; then drafts; then the end."""
    fits = {
        "message": before not in ("line", "draft"),
        "proof": before == "message",
        "attachment": before in ("message", "proof", "attachment"),
        "line": before != "draft",
    }
    if not fits.get(kind, True):
        raise Refused("wrong order", f"{kind} behind {before or 'the head'}")


def read_recovery(plain: bytes) -> dict[str, Any]:
    """Rules 1 to 6."""
    reader = _Reader(split_type_line(plain, "enlace/recovery/v1"))
    head = read_canonical(reader.line(), _HEAD)
    counts: Counter[str] = Counter()
    sizes: list[int] = []
    before = ""
    while True:
        value = read_canonical(reader.line(), _record)
        kind = value["kind"]
        if kind == "end":
            break
        _check_place(kind, before)
        if value["size"] > _SIZES.get(kind, value["size"]):
            raise Refused("too large", kind)
        taken = reader.take(value["size"])
        if kind == "attachment" and sha256_hex(taken) != value["hash"]:
            raise Refused("wrong hash")
        counts[kind + "s"] += 1
        sizes.append(value["size"])
        before = kind
    found = {name: counts[name] for name in ("messages", "proofs", "attachments", "lines", "drafts")}
    if reader.rest or any(value.get(name, 0) != found[name] for name in found):
        raise Refused("malformed", "end")
    return found | {"device": head["device"], "sizes": sizes}
