"""Checkpoints, and what a reader without the judge concludes from a log (checkpoint.md; log.md)."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from second_reader_base import Refused, base64_bytes, duty_id, is_key_name
from second_reader_note import COSIGNATURE, ED25519, Key, Line, Note, read_note
from second_reader_statements import Statement, read_statement, verify_lines
from second_reader_tree import leaf_hash, root_of

_SIZE = re.compile("0|[1-9][0-9]*")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose form was read (rules 1 to 5)."""

    note: Note
    origin: str
    size: int
    root: bytes


def read_checkpoint(raw: bytes) -> Checkpoint:
    """Form of a checkpoint (checkpoint.md, rules 1 to 5)."""
    note = read_note(raw, 131_072, 34)
    lines = note.text.decode().split("\n")
    if len(lines) != 4:
        raise Refused("malformed", "three lines")
    origin, size, root, _ = lines
    if not is_key_name(origin):
        raise Refused("malformed", "origin")
    if len(origin.encode()) > 255:
        raise Refused("out of range", "origin")
    if not _SIZE.fullmatch(size):
        raise Refused("malformed", "size")
    if len(size) > 19 or int(size) > 2**63 - 1:
        raise Refused("out of range", "size")
    digest = base64_bytes(root)
    if len(digest) != 32:
        raise Refused("out of range", "root")
    return Checkpoint(note, origin, int(size), digest)


def cosignature_time(line: Line) -> int:
    """The time in a cosignature's blob (rule 7)."""
    time = int.from_bytes(line.signature[:8], "big")
    if len(line.signature) != 8 + 2420 or time > 2**63 - 1:
        raise Refused("bad signature", "cosignature")
    return time


def _cosigned(checkpoint: Checkpoint, time: int) -> bytes:
    """What a cosignature is over (rule 7), with the log as its own cosigner."""
    name = checkpoint.origin.encode()
    name = bytes([len(name)]) + name
    size = checkpoint.size.to_bytes(8, "big")
    return b"subtree/v1\n\0" + name + time.to_bytes(8, "big") + name + bytes(8) + size + checkpoint.root


def verify_checkpoint(checkpoint: Checkpoint, origin: str, ed25519: bytes, mldsa44: bytes) -> int:
    """Origin and lines (rules 3, 6 to 9). The time of the cosignature."""
    if checkpoint.origin != origin:
        raise Refused("wrong origin")
    plain, cosigner = Key(origin, ED25519, ed25519), Key(origin, COSIGNATURE, mldsa44)
    times: dict[bytes, int] = {}
    for line in checkpoint.note.lines:
        key = next((key for key in (plain, cosigner) if key.owns(line)), None)
        if key is None:
            continue
        if key.type in times:
            raise Refused("signature repeated", key.name)
        time = cosignature_time(line) if key is cosigner else 0
        signed = _cosigned(checkpoint, time) if key is cosigner else checkpoint.note.text
        key.verify(line.signature[8:] if key is cosigner else line.signature, signed)
        times[key.type] = time
    if len(times) < 2:
        raise Refused("signature missing")
    return times[COSIGNATURE]


@dataclass
class Log:
    """What entries so far say about keys (log.md, table of names) and sequence."""

    network: str
    name: str = ""
    roots: list[Key] = field(default_factory=list)
    duty: list[Key] = field(default_factory=list)
    devices: dict[str, Key] = field(default_factory=dict)
    relay: dict[str, Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    statements: list[Statement] = field(default_factory=list)
    signers: list[list[str]] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)

    def take(self, entry: bytes) -> None:
        """Rules 5 and 6 for the next entry, without the judge but for `seq` and R2."""
        statement = read_statement(entry)
        if not self.statements:
            if statement.network != self.network or statement.kind != "found-network":
                raise Refused("wrong network")
            self.name = statement.value["name"]
        elif statement.network != self.network:
            raise Refused("refused", "R2")
        known = [*self.roots, *self.duty, *self.devices.values(), *statement.own_roots(self.name)]
        self.signers.append(verify_lines(statement, known))
        if statement.value["seq"] != self.counts[statement.subject]:
            raise Refused("refused", "seq")
        self.counts[statement.subject] += 1
        self.statements.append(statement)
        self._learn(statement)
        self.leaves.append(leaf_hash(entry))

    def _learn(self, statement: Statement) -> None:
        value = statement.value
        if statement.kind in ("found-network", "rekey-roots"):
            self.roots = statement.own_roots(self.name)
            public = base64_bytes(value["duty"])
            self.duty = [Key(f"{self.name}/{duty_id(public)}", ED25519, public)]
        elif statement.kind == "enrol-device":
            public = base64_bytes(value["ed25519"])
            self.devices[statement.device] = Key(f"{self.name}/{statement.device}", ED25519, public)
        elif statement.kind == "name-relay":
            self._continue(value.get("continues"))
            self.relay = value

    def _continue(self, continued: dict[str, Any] | None) -> None:
        """Rule 6: the root of a log that is continued. Origin and size (R13) decide what is hashed."""
        if continued is None:
            return
        if continued["origin"] != self.relay.get("origin") or continued["size"] > len(self.leaves):
            raise Refused("refused", "R13")
        if root_of(self.leaves[: continued["size"]]).hex() != continued["root"]:
            raise Refused("wrong root", "of the log that is continued")


@dataclass(frozen=True)
class Accepted:
    """A log that a reader accepted."""

    log: Log
    checkpoint: Checkpoint
    time: int
    leaves: list[bytes]


def _without_judge(network: str, _: Checkpoint) -> Log:
    return Log(network)


def read_log(
    entries: Sequence[bytes],
    raw: bytes,
    network: str,
    now: int,
    seen: tuple[Sequence[bytes], bytes] | None,
    log_of: Callable[[str, Checkpoint], Log] = _without_judge,
) -> Accepted:
    """Rules 4 to 10. `log_of` makes the log that takes the entries, and may judge them."""
    checkpoint = read_checkpoint(raw)
    earlier = read_log(seen[0], seen[1], network, 2**63, None, log_of) if seen else None
    if earlier and checkpoint.size < earlier.checkpoint.size:
        raise Refused("older than seen", "smaller")
    if checkpoint.size > len(entries):
        raise Refused("incomplete")
    entries = entries[: checkpoint.size]
    if not entries:
        raise Refused("wrong network", "no first entry")
    log = log_of(network, checkpoint)
    for entry in entries:
        log.take(entry)
    relay = log.relay
    if not relay:
        raise Refused("signature missing", "no relay was named")
    keys = base64_bytes(relay["log_ed25519"]), base64_bytes(relay["log_mldsa44"])
    time = verify_checkpoint(checkpoint, relay["origin"], *keys)
    leaves = log.leaves
    if root_of(leaves) != checkpoint.root:
        raise Refused("wrong root")
    if earlier and root_of(leaves[: earlier.checkpoint.size]) != earlier.checkpoint.root:
        raise Refused("wrong root", "not a continuation of what was seen")
    if earlier and time < earlier.time:
        raise Refused("older than seen", "vouched for earlier")
    if time > now + 300:
        raise Refused("clock ahead")
    return Accepted(log, checkpoint, time, leaves)
