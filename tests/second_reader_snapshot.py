"""Snapshots (snapshot.md)."""

from typing import Any

from second_reader_base import Refused, base64_bytes, split_type_line
from second_reader_bodies import commitment
from second_reader_json import Field, integer, read_canonical, record, text
from second_reader_log import Accepted, read_checkpoint, read_log
from second_reader_values import TIME

ENTRY_LIMIT = 65_535
BODY_LIMIT = 65_536
TOGETHER = 268_435_456
_HEAD = record(
    {
        "made": Field(TIME),
        "checkpoint": Field(text(0, 131_072)),
        "entries": Field(integer(1, 1_000_000)),
        "bodies": Field(integer(0, 1_000_000)),
    }
)
_BODY = record({"salt": Field(text()), "body": Field(text())})


def _pieces(rest: bytes, count: int, most: int) -> tuple[list[bytes], bytes]:
    """Rule 1: so many pieces, each behind its length; and what stands behind them."""
    found, left = [], TOGETHER
    for _ in range(count):
        digits, newline, behind = rest.partition(b"\n")
        if not newline or not digits.isdigit() or digits.startswith(b"0") or len(digits) > 8 or int(digits) > most:
            raise Refused("malformed", "length")
        size = int(digits)
        left -= size
        if left < 0:
            raise Refused("too large", "together")
        if len(behind) < size:
            raise Refused("malformed", "cut short")
        found.append(behind[:size])
        rest = behind[size:]
    return found, rest


def _commitments(pieces: list[bytes]) -> list[str]:
    """Rule 2, for bodies whose form was read: what each of them opens."""
    values: list[dict[str, Any]] = [read_canonical(piece, _BODY, BODY_LIMIT) for piece in pieces]
    return [commitment(base64_bytes(value["salt"]), base64_bytes(value["body"])) for value in values]


def read_snapshot(raw: bytes, network: str, now: int) -> tuple[Accepted, list[str]]:
    """Rules 1 to 3: the log, and the commitments that are opened, sorted."""
    rest = split_type_line(raw, "enlace/snapshot/v1")
    line, newline, rest = rest.partition(b"\n")
    if not newline:
        raise Refused("malformed", "second newline")
    head = read_canonical(line, _HEAD)
    entries, rest = _pieces(rest, head["entries"], ENTRY_LIMIT)
    bodies, rest = _pieces(rest, head.get("bodies", 0), BODY_LIMIT)
    if rest:
        raise Refused("malformed", "behind the last")
    commitments = _commitments(bodies)
    checkpoint = head["checkpoint"].encode()
    if read_checkpoint(checkpoint).size != len(entries):
        raise Refused("incomplete", "the checkpoint covers another number of entries")
    accepted = read_log(entries, checkpoint, network, now, None)
    committed = {each.value["body"] for each in accepted.log.statements if "body" in each.value}
    if not committed.issuperset(commitments):
        raise Refused("wrong commitment")
    return accepted, sorted(commitments)
