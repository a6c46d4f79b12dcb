"""Tiles, policies and proofs (tiles.md, policy.md, proof.md; c2sp.org/tlog-tiles, tlog-policy, tlog-proof)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from second_reader_base import Refused, base64_bytes
from second_reader_log import Checkpoint, read_checkpoint
from second_reader_note import COSIGNATURE, ED25519, Key, Line, check_strong, read_vkey
from second_reader_tree import check_inclusion, leaf_hash

WITNESS = b"\x04"
_NUMBER = "(?:x[0-9]{3}/)*[0-9]{3}"
_PATH = re.compile(rf"tile/(0|[1-9][0-9]?|entries)/({_NUMBER})(?:\.p/([1-9][0-9]{{0,2}}))?")


def read_path(path: str) -> tuple[int | str, int, int]:
    """Level, number and width of a tile (tiles.md, rules 1 and 2)."""
    found = _PATH.fullmatch(path)
    if not found:
        raise Refused("malformed", "name")
    level, number, width = found.groups()
    digits = number.replace("x", "").replace("/", "")
    if len(digits) > 3 and digits.startswith("000"):
        raise Refused("malformed", "number")
    if (level != "entries" and int(level) > 63) or int(width or 1) > 255 or int(digits) > 2**63 - 1:
        raise Refused("malformed", "out of bounds")
    return level if level == "entries" else int(level), int(digits), int(width or 256)


def read_bundle(raw: bytes, width: int) -> list[bytes]:
    """The entries of a bundle (tiles.md, rule 4)."""
    entries = []
    while raw:
        length = int.from_bytes(raw[:2], "big")
        if len(raw) < 2 + length:
            raise Refused("malformed", "cut off")
        entries.append(raw[2 : 2 + length])
        raw = raw[2 + length :]
    if len(entries) != width:
        raise Refused("malformed", "width")
    return entries


@dataclass
class Policy:
    """What a policy says."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str | None = None

    def knows(self, name: str) -> bool:
        """Whether something is called that already."""
        return name == "none" or name in self.witnesses or name in self.groups


def read_policy(raw: bytes) -> Policy:
    """Rules 1 and 2 of policy.md."""
    if re.search(rb"[^\t\n\x20-\x7e\x80-\xff]", raw) or not raw.endswith(b"\n"):
        raise Refused("malformed", "characters")
    policy = Policy()
    for line in raw.decode("latin-1").split("\n"):
        words = [word for word in re.split("[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            _take(policy, words)
    if policy.quorum is None:
        raise Refused("malformed", "no quorum")
    if {key.public for key in policy.logs} & {key.public for key in policy.witnesses.values()}:
        raise Refused("malformed", "its own witness")
    return policy


def _take(policy: Policy, words: list[str]) -> None:
    what, *rest = words
    if what == "log" and len(rest) in (1, 2):
        policy.logs.append(_key(rest[0], (ED25519, COSIGNATURE), policy.logs))
    elif what == "witness" and len(rest) in (2, 3) and not policy.knows(rest[0]):
        policy.witnesses[rest[0]] = _key(rest[1], (WITNESS, COSIGNATURE), list(policy.witnesses.values()))
    elif what == "group" and len(rest) > 2 and not policy.knows(rest[0]):
        _take_group(policy, rest[0], rest[1], rest[2:])
    elif what == "quorum" and len(rest) == 1 and policy.quorum is None and policy.knows(rest[0]):
        policy.quorum = rest[0]
    else:
        raise Refused("malformed", what)


def _take_group(policy: Policy, name: str, count: str, members: list[str]) -> None:
    needed = {"any": "1", "all": str(len(members))}.get(count, count)
    used = [each for _, group in policy.groups.values() for each in group]
    wrong = any(not policy.knows(each) or each == "none" or each in used for each in members)
    if wrong or len(set(members)) < len(members) or not re.fullmatch("[1-9][0-9]*", needed):
        raise Refused("malformed", "group")
    if int(needed) > len(members):
        raise Refused("malformed", "group")
    policy.groups[name] = (int(needed), members)


def _key(text: str, types: Sequence[bytes], there: list[Key]) -> Key:
    key = read_vkey(text.encode("latin-1").decode())
    if key.type not in types or any(each.public == key.public for each in there):
        raise Refused("malformed", "key")
    if len(key.public) != (1312 if key.type == COSIGNATURE else 32):
        raise Refused("malformed", "length of a key")
    if key.type != COSIGNATURE:
        check_strong(key.public)
    return key


def cosigned_at(checkpoint: Checkpoint, line: Line, key: Key) -> int:
    """The time of a line of `key`, verified (policy.md, rules 5 and 6); 0 for a type without one."""
    if key.type == ED25519:
        key.verify(line.signature, checkpoint.note.text)
        return 0
    time, signature = int.from_bytes(line.signature[:8], "big"), line.signature[8:]
    if time > 2**63 - 1 or not signature:
        raise Refused("bad signature", "time")
    if key.type == WITNESS:
        message = f"cosignature/v1\ntime {time}\n".encode() + checkpoint.note.text
        Key(key.name, ED25519, key.public).verify(signature, message)
        return time
    name, origin = key.name.encode(), checkpoint.origin.encode()
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name + line.signature[:8] + bytes([len(origin)]) + origin
    key.verify(signature, message + bytes(8) + checkpoint.size.to_bytes(8, "big") + checkpoint.root)
    return time


def times_of(checkpoint: Checkpoint, keys: Sequence[Key]) -> dict[Key, int]:
    """When each of some keys signed, of those that did."""
    times: dict[Key, int] = {}
    for line in checkpoint.note.lines:
        for key in keys:
            if key.owns(line):
                if key in times:
                    raise Refused("signature repeated", key.name)
                times[key] = cosigned_at(checkpoint, line, key)
    return times


def verify_checkpoint(policy: Policy, checkpoint: Checkpoint) -> tuple[int, dict[str, int]]:
    """The time of the quorum and of each witness (policy.md, rules 3 to 7)."""
    logs = [key for key in policy.logs if key.name == checkpoint.origin]
    if not logs:
        raise Refused("unsatisfied", "another log")
    own = times_of(checkpoint, logs)
    if len(own) < len(logs):
        raise Refused("signature missing", checkpoint.origin)
    found = times_of(checkpoint, list(policy.witnesses.values()))
    times = {name: found[key] for name, key in policy.witnesses.items() if key in found}
    if policy.quorum == "none":
        return max(own.values()), times
    reached = dict(times)
    for name, (needed, members) in policy.groups.items():
        there = sorted(reached[each] for each in members if each in reached)
        if len(there) >= needed:
            reached[name] = there[-needed]
    if policy.quorum not in reached:
        raise Refused("unsatisfied", "quorum")
    return reached[policy.quorum], times


@dataclass(frozen=True)
class Proof:
    """A proof as its file says it."""

    index: int
    path: list[bytes]
    checkpoint: Checkpoint
    extra: bytes


def read_proof(raw: bytes) -> Proof:
    """Rules 1 to 3 of proof.md."""
    head, blank, rest = raw.partition(b"\n\n")
    lines = head.decode("latin-1").split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1" or not blank:
        raise Refused("malformed", "first line")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = base64_bytes(lines.pop(0)[6:])
        if not extra:
            raise Refused("malformed", "extra")
    found = re.fullmatch("index (0|[1-9][0-9]*)", lines.pop(0) if lines else "")
    if not found:
        raise Refused("malformed", "index")
    path = [base64_bytes(line) for line in lines]
    if any(len(each) != 32 for each in path):
        raise Refused("out of range", "hash")
    return Proof(int(found[1]), path, read_checkpoint(rest), extra)


def verify_proof(proof: Proof, policy: Policy, entry: bytes) -> tuple[int, dict[str, int]]:
    """Rule 4 of proof.md."""
    found = verify_checkpoint(policy, proof.checkpoint)
    check_inclusion(leaf_hash(entry), proof.index, proof.checkpoint.size, proof.checkpoint.root, proof.path)
    return found
