"""Root files: public half, request, signed request (root-files.md); proposals (proposal.md)."""

from dataclasses import dataclass
from typing import Any

from second_reader_base import Refused, base64_bytes, fingerprint, root_id, sha256_hex, split_type_line
from second_reader_bodies import commitment
from second_reader_json import Field, integer, items, read_body, read_canonical, record, text, write
from second_reader_note import ED25519 as ED25519_TYPE
from second_reader_note import Key, check_strong, read_line
from second_reader_statements import Statement, read_statement, read_text
from second_reader_values import COUNT, ED25519, HASH, TIME

LINE_LIMIT = 8_388_608
LOG_LIMIT = 268_435_456
_PUBLIC = record({"ed25519": Field(ED25519), "fingerprint": Field(text())})
_BODIES = items(record({"salt": Field(text()), "body": Field(text())}), 0, 2000)
_PROPOSAL = record({"statements": Field(items(text(), 1, 2000)), "bodies": Field(_BODIES, [])})
_ASKED = record(
    {
        "network": Field(HASH),
        "statements": Field(items(record({"text": Field(text()), "lines": Field(items(text()), [])}), 1, 2000)),
        "bodies": Field(_BODIES, []),
    }
)
_REQUEST = record(
    {
        "asked": Field(_ASKED),
        "checkpoint": Field(text(0, 131_072), ""),
        "entries": Field(integer(0, 1_000_000), 0),
        "known": Field(_BODIES, []),
        "made": Field(TIME),
    }
)
_SIGNED = record(
    {
        "asked": Field(_ASKED),
        "roots": Field(items(ED25519, 0, 16), []),
        "threshold": Field(COUNT, 0),
        "signatures": Field(items(record({"key": Field(ED25519), "over": Field(items(text()))}), 1, 32)),
    }
)


def read_public(raw: bytes) -> str:
    """The public half of a root key: its root id (rule 1)."""
    value = read_body(raw, "enlace/root-public/v1", _PUBLIC)
    public = base64_bytes(value["ed25519"])
    if value["fingerprint"] != fingerprint(root_id(public)):
        raise Refused("wrong key id")
    check_strong(public)
    return root_id(public)


@dataclass(frozen=True)
class Asked:
    """What is asked of the roots."""

    id: str
    statements: list[Statement]


def _statement(text_of: str, lines: list[str]) -> Statement:
    """Rule 2: a statement's text (its own words), and lines of a signed note over it, none by a root key."""
    statement = Statement(text_of.encode(), read_text(text_of.encode()), None)
    if lines and len((text_of + "\n" + "".join(f"{line}\n" for line in lines)).encode()) > 65_535:
        raise Refused("too large", "statement with its lines")
    if len(lines) > 32:
        raise Refused("out of range", f"{len(lines)} lines")
    try:
        names = [read_line(line).name for line in lines]
    except Refused as failure:
        raise Refused("malformed", str(failure)) from None
    if any(name.rpartition("/")[2].startswith("root-") for name in names):
        raise Refused("malformed", "line of a root")
    return statement


def read_asked(value: dict[str, Any]) -> Asked:
    """Rules 2 and 3."""
    statements = [_statement(item["text"], item.get("lines", [])) for item in value["statements"]]
    if any(statement.network != value["network"] for statement in statements):
        raise Refused("wrong network")
    committed = {statement.value["body"] for statement in statements if "body" in statement.value}
    for body in value.get("bodies", []):
        found = commitment(base64_bytes(body["salt"]), base64_bytes(body["body"]))
        if found not in committed:
            raise Refused("malformed", "body of no statement, or twice")
        committed.remove(found)
    return Asked(sha256_hex(write(value)), statements)


def _check_entries(rest: bytes, count: int) -> None:
    """Rule 4: so many entries, each behind its length, and nothing behind them."""
    left = LOG_LIMIT
    for _ in range(count):
        digits, newline, _ = rest[:6].partition(b"\n")
        if not newline or not digits.isdigit() or digits.startswith(b"0") or int(digits) > 65_535:
            raise Refused("malformed", "length of an entry")
        left -= int(digits)
        if left < 0:
            raise Refused("too large", "entries together")
        end = len(digits) + 1 + int(digits)
        if len(rest) < end:
            raise Refused("malformed", "entry cut short")
        rest = rest[end:]
    if rest:
        raise Refused("malformed", "behind the entries")


def read_request(raw: bytes) -> tuple[Asked, int]:
    """The request (rule 4): what is asked, and how many entries stand behind."""
    rest = split_type_line(raw, "enlace/root-request/v1")
    line, newline, rest = rest.partition(b"\n")
    if not newline:
        raise Refused("malformed", "second newline")
    value = read_canonical(line, _REQUEST, LINE_LIMIT)
    entries = value.get("entries", 0)
    _check_entries(rest, entries)
    return read_asked(value["asked"]), entries


def _sayers(statements: list[Statement], present: set[str]) -> list[set[str]]:
    """Rule 7: which keys have a say in each statement."""
    found = []
    for statement in statements:
        named = set(statement.value.get("roots", []))
        found.append(named if statement.kind == "found-network" else present | named)
        present = named or present
    return found


def _check_roots(value: dict[str, Any], founding: bool) -> None:
    """Rule 6."""
    roots, threshold = value.get("roots", []), value.get("threshold", 0)
    keys = [signature["key"] for signature in value["signatures"]]
    if sorted(set(roots)) != roots or sorted(set(keys)) != keys:
        raise Refused("malformed", "order of keys")
    if (founding and (roots or threshold)) or (not founding and not 1 <= threshold <= len(roots)):
        raise Refused("malformed", "threshold")


def _check_over(over: list[str], says: list[bool]) -> None:
    if [bool(signature) for signature in over] != says or not any(says):
        raise Refused("malformed", "signs other than it has a say in")


def _signature(blob: str) -> bytes:
    """Base64 of a signature; of another length `out of range` (only the vectors say so)."""
    signature = base64_bytes(blob)
    if len(signature) != 64:
        raise Refused("out of range", "signature")
    return signature


def read_signed(raw: bytes) -> tuple[Asked, list[list[str]]]:
    """The signed request (rules 5 to 7): for each statement the sorted root ids of its signers."""
    if len(raw) > LINE_LIMIT:
        raise Refused("too large", "signed request")
    value = read_body(raw, "enlace/root-signed/v1", _SIGNED, LINE_LIMIT)
    asked = read_asked(value["asked"])
    _check_roots(value, asked.statements[0].kind == "found-network")
    sayers = _sayers(asked.statements, set(value.get("roots", [])))
    signers: list[list[str]] = [[] for _ in asked.statements]
    for signature in value["signatures"]:
        public = base64_bytes(signature["key"])
        _check_over(signature["over"], [signature["key"] in say for say in sayers])
        for number, blob in enumerate(signature["over"]):
            if blob:
                statement = asked.statements[number]
                Key("", ED25519_TYPE, public).verify(_signature(blob), statement.text)
                signers[number].append(root_id(public))
    return asked, [sorted(names) for names in signers]


def read_proposal(raw: bytes) -> tuple[list[Statement], int]:
    """A proposal (proposal.md): its statements, whose form alone is read, and how many bodies stand beside them."""
    value = read_canonical(raw, _PROPOSAL, LINE_LIMIT)
    bodies = value.get("bodies", [])
    return [read_statement(entry.encode()) for entry in value["statements"]], len(bodies)
