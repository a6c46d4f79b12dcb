"""What evidence files have in common when they are looked into: what was found, checkpoints, the relay that is named.

Pure; the rules stand in `directory.evidence_verdict`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crypto.checkpoint import MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES, SignedCheckpoint, parse_checkpoint
from crypto.cosignature import log_keys
from crypto.encoding import unb64
from crypto.merkle import leaf_hash, verify_inclusion
from crypto.note import parse_note
from crypto.policy import Policy, Unsatisfied, log_signed
from crypto.proof import parse_proof
from crypto.signing import PublicPair
from directory.evidence_file import Evidence
from directory.proof_extra import read_extra
from directory.statement import NameRelay, SignedStatement, UnknownStatement, parse_statement

_NO_CALENDAR = 253_402_300_800  # the year 10000


class Unfounded(ValueError):
    """An accusation that does not follow from what stands beside it."""


class NotJudged(ValueError):
    """An entry of a later version, which this one cannot judge."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: proven or claimed, in a sentence; what was checked; what rests on the accuser's word alone."""

    kind: str
    proven: bool
    finding: str
    checked: tuple[str, ...]
    rests: tuple[str, ...] = ()
    log: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def standing_entry(policy: Policy, found: Evidence) -> tuple[SignedCheckpoint, int, SignedStatement]:
    """Checkpoint, position and statement that a piece `proof` proves; Unfounded where a body is shown with it."""
    proof = parse_proof(found.all("proof")[0])
    signed = signed_checkpoint(policy, proof.checkpoint)
    try:
        entry, body, _ = read_extra(proof.extra)
        statement = parse_statement(entry)
    except UnknownStatement as error:
        raise NotJudged(f"{error}: a newer version of Enlace can judge this") from error
    verify_inclusion(leaf_hash(entry), proof.index, signed.checkpoint.size, signed.checkpoint.root, proof.path)
    if body:
        raise Unfounded("a body is shown, and none is asked for")
    return signed, proof.index, statement


@dataclass(frozen=True, slots=True)
class NamedRelay:
    """The relay that a statement in a log names: under which checkpoint, where, in which network, its receipt keys."""

    signed: SignedCheckpoint
    index: int
    network: str
    network_name: str
    receipts: PublicPair

    @property
    def checked(self) -> str:
        """What was checked of it, in words."""
        return f"statement {self.index} stands in the log, and names the log's keys and those of its receipts"


def named_relay(policy: Policy, found: Evidence) -> NamedRelay:
    """The relay that the piece `proof` shows to be named by the very log that is accused; raises Unfounded."""
    signed, index, entry = standing_entry(policy, found)
    named, point = entry.statement, signed.checkpoint
    if not isinstance(named, NameRelay) or named.origin != point.origin:
        raise Unfounded("the entry does not name the relay of this log")
    keys = PublicPair(unb64(named.log_ed25519, 32), unb64(named.log_mldsa44, 1312))
    if {each.key for each in policy.logs if each.key.name == point.origin} != set(log_keys(point.origin, keys)):
        raise Unfounded("the entry names the relay of this log with other keys than those it is accused by")
    receipts = PublicPair(unb64(named.receipt_ed25519, 32), unb64(named.receipt_mldsa44, 1312))
    return NamedRelay(signed, index, named.network, next(iter(entry.note.names())).rpartition("/")[0], receipts)


def signed_checkpoint(policy: Policy, raw: bytes) -> SignedCheckpoint:
    """A checkpoint that the log's keys in the policy have signed, with no line beside theirs (V2)."""
    signed = checkpoint_by_log(policy, raw)
    keys = sum(each.key.name == signed.checkpoint.origin for each in policy.logs)
    if len(parse_note(raw, MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES).signatures) != keys:
        raise Unfounded("a checkpoint in evidence bears the log's own lines, and no other")
    return signed


def checkpoint_by_log(policy: Policy, raw: bytes) -> SignedCheckpoint:
    """As `log_signed`; Unsatisfied where the log's lines are all by keys that the policy does not name (V2)."""
    note = parse_note(raw, MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES)
    origin = parse_checkpoint(note.text).origin
    known = {each.key.key_id for each in policy.logs if each.key.name == origin}
    lines = {each.key_id for each in note.signatures if each.name == origin}
    if known and lines and known.isdisjoint(lines):
        words = f"other keys of the log {origin} have signed this than the policy names: if the log got new keys since"
        raise Unsatisfied(f"{words}, take the policy from before that")
    return log_signed(policy, raw)


def claimed(
    kind: str, words: str, *signed: SignedCheckpoint, rests: tuple[str, ...], checked: tuple[str, ...] = ()
) -> Verdict:
    """A verdict that is not proven, about these checkpoints of one log."""
    origin = signed[0].checkpoint.origin
    return Verdict(kind, False, words, (*both_signed(*signed), *checked), rests, origin, facts_of(*signed))


def both_signed(*signed: SignedCheckpoint) -> tuple[str, ...]:
    """What was checked of checkpoints, in words."""
    return tuple(f"both keys of the log have signed {state_of(each)}" for each in signed)


def state_of(signed: SignedCheckpoint) -> str:
    """A state of a log, in words."""
    point = signed.checkpoint
    return f"{point.size} statements, root {point.root.hex()[:16]}…, at {time_words(signed.time)}"


def time_words(time: int) -> str:
    """A time for people, to the second, UTC; one that no calendar has, as unix seconds."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC" if time < _NO_CALENDAR else f"second {time}"


def facts_of(*signed: SignedCheckpoint) -> dict[str, Any]:
    """Checkpoints for programs."""
    points = [{"size": each.checkpoint.size, "root": each.checkpoint.root.hex(), "time": each.time} for each in signed]
    return {"checkpoints": points}
