"""Evidence files (evidence.md): what follows from one, by the policy alone."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from second_judge_log import JudgedLog
from second_reader_base import Refused, base64_bytes, sha256_hex
from second_reader_json import Field, read_body, read_canonical, record, text, words
from second_reader_lines import read_line, read_receipt
from second_reader_log import Checkpoint, read_checkpoint
from second_reader_messages import read_envelope
from second_reader_note import ED25519, read_note
from second_reader_statements import ENTRY_LIMIT, Statement, read_statement
from second_reader_tlog import Policy, Proof, read_proof, times_of
from second_reader_tree import EMPTY_ROOT, check_consistency, check_inclusion, leaf_hash, node_hash, root_of
from second_reader_values import COUNT, HASH, RECEIPT, TIME

ORDER = {
    "fork": "cc(h)?", "rollback": "cc", "refused": "c(h)?e+", "handed": "c(ch)?e+", "withheld": "c", "unsigned": "s",
    "freeze": "c", "ahead": "c", "altered-body": "p", "missing-body": "p", "other-network": "e", "receipt": "pr",
    "turn": "pr(n)*v",
}  # fmt: skip
MORE = {"freeze": {"at": Field(TIME)}, "ahead": {"at": Field(TIME)}, "altered-body": {"opens": Field(HASH)},
        "other-network": {"asked": Field(HASH)}, "turn": {"turn": Field(COUNT), "at": Field(TIME, 0)}}  # fmt: skip
MOST = {"checkpoint": 131_072, "shown": 131_072, "hashes": 2880, "entry": 65_535, "proof": 488_789, "receipt": 16_384,
        "envelope": 4_194_304, "notice": 131_072}  # fmt: skip
LETTERS = {"envelope": "v"}  # the others go by their first
DAY = 86_400
Signed = tuple[Checkpoint, int]
Pieces = dict[str, list[bytes]]


def no(why: str) -> Refused:
    """The accusation does not follow."""
    return Refused("unfounded", why)


def read_evidence(raw: bytes, policy: Policy) -> dict[str, Any]:
    """Rules 1 to 14."""
    head, pieces = _read(raw)
    kind = head["kind"]
    for name in {key.name for key in policy.logs}:
        if len([key for key in policy.logs if key.name == name]) != 2:
            raise Refused("unsatisfied", "one key")
    signed = [] if kind == "freeze" else [_alone(policy, each) for each in pieces.get("checkpoint", [])]
    check: Callable[..., tuple[bool, list[Signed]]] = _KINDS[kind]
    proven, points = check(policy, head, pieces, signed)
    return {"kind": kind, "proven": proven, "checkpoints": [[point.size, time] for point, time in points]}


def _read(raw: bytes) -> tuple[dict[str, Any], Pieces]:
    first, newline, rest = raw.partition(b"\n")
    line, second, rest = rest.partition(b"\n")
    if first != b"enlace/evidence/v1" or not newline or not second or len(first) + len(line) + 2 > 1024:
        raise Refused("malformed", "type line")
    found = re.search(rb'"kind": ?"([a-z-]*)"', line)
    kind = found[1].decode() if found else ""
    head = read_canonical(line, record({"kind": Field(words(*ORDER)), **MORE.get(kind, {})}))
    pieces, order = dict[str, list[bytes]](), ""
    while rest:
        matched = re.match(rb"(checkpoint|shown|hashes|entry|proof|receipt|envelope|notice) ([1-9][0-9]{0,8})\n", rest)
        if not matched or int(matched[2]) > MOST[matched[1].decode()]:
            raise Refused("malformed", "piece")
        name, size, rest = matched[1].decode(), int(matched[2]), rest[matched.end() :]
        if len(rest) < size:
            raise Refused("malformed", "cut off")
        pieces.setdefault(name, []).append(rest[:size])
        if len(order) >= 1_048_576:
            raise Refused("malformed", "pieces")
        order, rest = order + LETTERS.get(name, name[0]), rest[size:]
    if not re.fullmatch(ORDER[head["kind"]], order):
        raise Refused("malformed", "order")
    _hashes(pieces)
    return head, pieces


def _hashes(pieces: Pieces) -> list[bytes]:
    found = []
    for raw in pieces.get("hashes", []):
        lines = raw.decode("ascii").split("\n")
        if lines.pop() or len(lines) > 64:
            raise Refused("malformed", "hashes")
        found += [base64_bytes(each) for each in lines]
    if any(len(each) != 32 for each in found):
        raise Refused("out of range", "hash")
    return found


def _log_signed(policy: Policy, raw: bytes) -> Signed:
    point = read_checkpoint(raw)
    keys = [key for key in policy.logs if key.name == point.origin]
    if not keys:
        raise Refused("unsatisfied", "another log")
    own = [each for each in point.note.lines if each.name == point.origin]
    if own and not {each.key_id for each in own} & {key.key_id for key in keys}:
        raise Refused("unsatisfied", "other keys of that log")
    times = times_of(point, keys)
    if len(times) < len(keys):
        raise Refused("signature missing", point.origin)
    return point, max(time for key, time in times.items() if key.type != ED25519)


def _alone(policy: Policy, raw: bytes) -> Signed:
    point, time = _log_signed(policy, raw)
    if len(point.note.lines) != 2:
        raise no("other lines")
    return point, time


def _fork(_: Policy, __: Any, pieces: Pieces, signed: list[Signed]) -> tuple[bool, list[Signed]]:
    (one, _t), (other, _u) = signed
    hashes = _hashes(pieces)
    if one.size == other.size:
        if hashes or one.root >= other.root:
            raise no("roots")
        return True, signed
    if one.size > other.size or not hashes or hashes[0] == one.root:
        raise no("sizes")
    check_consistency(one.size, hashes[0], other.size, other.root, hashes[1:])
    return True, signed


def _rollback(_: Policy, __: Any, ___: Pieces, signed: list[Signed]) -> tuple[bool, list[Signed]]:
    (before, first), (after, second) = signed
    if after.size < before.size:
        return second > first, signed
    if after.size == before.size and after.root == before.root and second < first:
        return False, signed
    raise no("nothing taken back")


def _refused(_: Policy, __: Any, pieces: Pieces, signed: list[Signed]) -> tuple[bool, list[Signed]]:
    ((point, time),), entries = signed, pieces["entry"]
    leaves = [leaf_hash(each) for each in entries]
    if len(entries) > point.size:
        raise no("too many")
    check_consistency(len(leaves), root_of(leaves), point.size, point.root, _hashes(pieces))
    log = JudgedLog(sha256_hex(read_note(entries[0], ENTRY_LIMIT).text), time)
    for at, entry in enumerate(entries):
        try:
            log.take(entry)
        except Refused as refused:
            if refused.word == "unknown kind":
                raise
            if at < len(entries) - 1:
                raise no("an earlier one") from refused
            return True, signed
    raise no("all count")


def _handed(_: Policy, __: Any, pieces: Pieces, signed: list[Signed]) -> tuple[bool, list[Signed]]:
    point, start = signed[0][0], signed[1][0].size if len(signed) > 1 else 0
    sizes = [1 << bit for bit in reversed(range(start.bit_length())) if start >> bit & 1]
    hashes = _hashes(pieces)
    if len(hashes) != len(sizes):
        raise Refused("bad proof", "subtrees")
    nodes = list(zip(sizes, hashes, strict=True))
    if start and _top(nodes) != signed[1][0].root:
        raise Refused("bad proof", "another beginning")
    for entry in pieces["entry"]:
        nodes.append((1, leaf_hash(entry)))
        while len(nodes) > 1 and nodes[-1][0] == nodes[-2][0]:
            (width, left), (_w, right) = nodes[-2:]
            nodes[-2:] = [(2 * width, node_hash(left, right))]
    if start + len(pieces["entry"]) != point.size or _top(nodes) == point.root:
        raise no("as signed")
    return False, signed


def _top(nodes: Sequence[tuple[int, bytes]]) -> bytes:
    if not nodes:
        return EMPTY_ROOT
    *rest, (_, top) = nodes
    for _, left in reversed(rest):
        top = node_hash(left, top)
    return top


def _withheld(_: Policy, __: Any, ___: Pieces, signed: list[Signed]) -> tuple[bool, list[Signed]]:
    return False, signed


def _unsigned(policy: Policy, _: Any, pieces: Pieces, __: list[Signed]) -> tuple[bool, list[Signed]]:
    try:
        _log_signed(policy, pieces["shown"][0])
    except Refused:
        return False, []
    raise no("it counts")


def _freeze(policy: Policy, head: Any, pieces: Pieces, _: list[Signed]) -> tuple[bool, list[Signed]]:
    point, time = _log_signed(policy, pieces["checkpoint"][0])
    since = time if policy.quorum == "none" else _quorum(policy, point, head["at"] + 300)
    if head["at"] - min(time, since) <= DAY:
        raise no("fresh")
    return False, [(point, time)]


def _quorum(policy: Policy, point: Checkpoint, latest: int) -> int:
    reached = dict[str, int]()
    for name, key in policy.witnesses.items():
        try:
            at = times_of(point, [key]).get(key, latest + 1)
        except Refused:
            continue
        if at <= latest:
            reached[name] = at
    for name, (needed, members) in policy.groups.items():
        there = sorted(reached[each] for each in members if each in reached)
        if len(there) >= needed:
            reached[name] = there[-needed]
    return reached.get(policy.quorum or "", 0)


def _ahead(_: Policy, head: Any, __: Pieces, signed: list[Signed]) -> tuple[bool, list[Signed]]:
    if signed[0][1] <= head["at"] + 300:
        raise no("not ahead")
    return False, signed


def _standing(policy: Policy, raw: bytes) -> tuple[Proof, Signed, Statement]:
    proof, (point, time) = read_proof(raw), _alone(policy, raw.partition(b"\n\n")[2])
    check = record({"entry": Field(text()), "body": Field(text(), ""), "salt": Field(text(), "")})
    extra = read_body(proof.extra, "enlace/proof-extra/v1", check)
    entry = extra["entry"].encode()
    statement = read_statement(entry)
    check_inclusion(leaf_hash(entry), proof.index, point.size, point.root, proof.path)
    if "body" in extra:
        raise no("a body")
    return proof, (point, time), statement


def _body(policy: Policy, head: Any, pieces: Pieces, _: list[Signed]) -> tuple[bool, list[Signed]]:
    _proof, (point, time), statement = _standing(policy, pieces["proof"][0])
    commitment = statement.value.get("body") if statement.kind != "erase-body" else None
    if commitment is None or head.get("opens") == commitment:
        raise no("what was committed to")
    return False, [(point, time)]


def _named(policy: Policy, pieces: Pieces) -> tuple[Signed, dict[str, Any], str, tuple[bytes, bytes]]:
    """The checkpoint, the naming of its relay, the network's name, the receipt keys (rule 13)."""
    _proof, (point, time), named = _standing(policy, pieces["proof"][0])
    keys = {key.public for key in policy.logs if key.name == point.origin}
    if named.kind != "name-relay" or named.value["origin"] != point.origin:
        raise no("another statement")
    if keys != {base64_bytes(named.value["log_ed25519"]), base64_bytes(named.value["log_mldsa44"])}:
        raise no("other keys")
    assert named.note is not None
    name = named.note.lines[0].name.rpartition("/")[0] + "/receipt"
    pair = base64_bytes(named.value["receipt_ed25519"]), base64_bytes(named.value["receipt_mldsa44"])
    return (point, time), named.value, name, pair


def _leaf(pieces: Pieces, network: str, name: str, pair: tuple[bytes, bytes]) -> dict[str, Any]:
    raw = pieces["receipt"][0]
    leaf: dict[str, Any] = read_canonical(raw, RECEIPT)["leaf"]
    try:
        read_receipt(raw, leaf["envelope"], network, name, pair)
    except Refused as refused:
        if refused.word == "wrong network":
            raise no("another network") from refused
        raise
    return leaf


def _receipt(policy: Policy, _: Any, pieces: Pieces, __: list[Signed]) -> tuple[bool, list[Signed]]:
    signed, relay, name, pair = _named(policy, pieces)
    if _leaf(pieces, relay["network"], name, pair)["tree_size"] <= signed[0].size:
        raise no("no larger")
    return False, [signed]


def _turn(policy: Policy, head: Any, pieces: Pieces, _: list[Signed]) -> tuple[bool, list[Signed]]:
    """Rule 14."""
    signed, relay, name, pair = _named(policy, pieces)
    leaf, (raw,) = _leaf(pieces, relay["network"], name, pair), pieces["envelope"]
    if sha256_hex(raw) != leaf["envelope"]:
        raise no("other bytes")
    header = read_envelope(raw).header
    if header["network"] != relay["network"]:
        raise no("another network")
    said = []
    for each in pieces.get("notice", []):
        try:
            said.append(read_line(each, "notice", name, relay["network"], pair))
        except Refused as refused:
            if refused.word == "wrong network":
                raise no("another network") from refused
            raise
        if said[-1]["envelope"] != leaf["envelope"]:
            raise no("another envelope")
    turn, afters = head["turn"], [each["after"] for each in (*header["stages"], *header.get("calls", []))]
    if not 0 < turn < len(afters) or leaf["time"] + afters[turn] >= header["expires"]:
        raise no("no such turn")
    due = leaf["time"] + afters[turn]
    came = [each for each in said if each["event"] in ("released", "hastened")]
    mine = [each for each in came if each.get("stage", 0) == turn]
    stopped = any(each["event"] == "stopped" and each.get("stage", 0) == turn for each in said)
    proven = any(each["event"] == "released" and each["at"] < due for each in mine)
    if mine and not proven:
        first = min(each["at"] for each in mine)
        if due <= first <= due + 300:
            raise no("in time")
        proven = first > due
    silent = not mine and not stopped and not any(each.get("stage", 0) > turn for each in came)
    at = head.get("at", 0)
    if at <= due + 300 if silent else at:
        raise no("not overdue, or a time beside its word")
    return proven, [signed]


def _other_network(_: Policy, head: Any, pieces: Pieces, __: list[Signed]) -> tuple[bool, list[Signed]]:
    if sha256_hex(read_note(pieces["entry"][0], ENTRY_LIMIT).text) == head["asked"]:
        raise no("the one asked for")
    return False, []


_KINDS: dict[str, Callable[..., tuple[bool, list[Signed]]]] = {
    "fork": _fork, "rollback": _rollback, "refused": _refused, "handed": _handed, "withheld": _withheld,
    "unsigned": _unsigned, "freeze": _freeze, "ahead": _ahead, "altered-body": _body, "missing-body": _body,
    "other-network": _other_network, "receipt": _receipt, "turn": _turn,
}  # fmt: skip
