"""What a log asks its witnesses, and what they answer (add-checkpoint.md; c2sp.org/tlog-witness)."""

import re
from dataclasses import replace

from second_reader_base import Refused, base64_bytes
from second_reader_log import Checkpoint, read_checkpoint
from second_reader_note import Note, read_note
from second_reader_tlog import Policy, times_of
from second_reader_tree import check_consistency


def asked_about(raw: bytes) -> tuple[int, list[bytes], Checkpoint]:
    """Rule 1: old size, proof, checkpoint."""
    head, blank, rest = raw.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    found = re.fullmatch("old (0|[1-9][0-9]{0,18})", first)
    if not found or not blank or len(lines) > 63 or int(found[1]) > 2**63 - 1 or len(raw) > 135_168:
        raise Refused("malformed", "request")
    hashes = [base64_bytes(each) for each in lines]
    if any(len(each) != 32 for each in hashes):
        raise Refused("out of range", "hash")
    return int(found[1]), hashes, read_checkpoint(rest)


def answer_to(policy: Policy, raw: bytes, last: int, root: bytes) -> dict[str, object]:
    """Rules 2 and 3."""
    try:
        old, proof, point = asked_about(raw)
    except Refused:
        return {"status": 400}
    keys = [key for key in policy.logs if key.name == point.origin]
    if not keys:
        return {"status": 404}
    try:
        signed = len(times_of(point, keys)) == len(keys)
    except Refused:
        signed = False
    if not signed:
        return {"status": 403}
    if old > point.size:
        return {"status": 400}
    if old != last or (old == point.size and root != point.root):
        return {"status": 409, "answer": f"{last}\n"}
    try:
        check_consistency(old, root, point.size, point.root, proof)
    except Refused:
        return {"status": 422}
    return {"status": 200, "size": point.size, "root": point.root.hex()}


def read_answer(policy: Policy, point: Checkpoint, raw: bytes) -> dict[str, int]:
    """Rule 4: when each witness of the policy cosigned, by an answer's lines."""
    if not raw or len(raw) > 131_072 or raw.count(b"\n") > 32 or b"\n\n" in raw:
        raise Refused("malformed", "answer")
    lines = read_note(b"x\n\n" + raw).lines
    times = times_of(replace(point, note=Note(point.note.text, lines)), list(policy.witnesses.values()))
    return {name: times[key] for name, key in policy.witnesses.items() if key in times}
