"""From an alarm to the evidence file that a stranger checks (`docs/formats/evidence.md`). Pure.

1. It accuses the log or the relay, by what the log has signed. Where nothing was signed that anybody else could check,
   or the fault may be this disk's, there is none: the pieces that were seen are kept loose (`desk.alarms.evidence`).
2. What it says is what a second party would find: it is checked so before it is written, but for a whole log, which was
   judged a moment ago, and a freeze, which this desk's own policy judges.
3. Checkpoints stand in it as their log wrote them, without any line beside its own two.
"""

from collections.abc import Callable, Sequence

from crypto.checkpoint import SignedCheckpoint, open_checkpoint, own_lines
from crypto.cosignature import log_keys
from crypto.encoding import unb64
from crypto.errors import CryptoError
from crypto.merkle import Tree, leaf_hash
from crypto.policy import Policy, PolicyLog
from crypto.proof import Proof
from crypto.signing import PublicPair
from directory.canonical import Malformed, decode
from directory.commitment import commit
from directory.evidence_file import (
    Ahead,
    AlteredBody,
    Evidence,
    Fork,
    Freeze,
    Handed,
    Head,
    LessThanReceipt,
    MissingBody,
    OtherNetwork,
    RefusedEntry,
    Rollback,
    Unsigned,
    Withheld,
    evidence,
)
from directory.evidence_verdict import verdict
from directory.handed_over import HandedOver
from directory.proof_extra import write_extra
from directory.replay import Alarm, Replica
from directory.statement import NameRelay, parse_statement
from relay.protocol.requests import FoundBody

MOST_HANDED_BYTES = 4 << 20  # of statements that prove nothing: a relay makes as many as it likes
MOST_WHOLE = 16 << 20  # of such statements, with those before them, which all stand in this desk's own directory
Earlier = Callable[[], Sequence[bytes]]
_Keys = tuple[str, PublicPair]


def accusation(alarm: Alarm, replica: Replica, earlier: Earlier, now: int) -> tuple[bytes, bool]:
    """The evidence file for an alarm, or empty bytes (rule 1), and whether it proves what it accuses of.

    `earlier` gives the statements under the replica.
    """
    try:
        found = _accused(alarm, replica, earlier, now)
        if found is None:
            return b"", False
        raw = found.write()
        if isinstance(found.head, RefusedEntry | Freeze):
            return raw, isinstance(found.head, RefusedEntry)
        return raw, verdict(raw, _policy(found, _keys(alarm, replica))).proven
    except (CryptoError, ValueError):  # what was shown can be anything
        return b"", False


def _accused(alarm: Alarm, replica: Replica, earlier: Earlier, now: int) -> Evidence | None:
    seen, keys = alarm.evidence, _keys(alarm, replica)
    shown = seen.get("checkpoint-theirs.txt", b"")
    theirs, mine = _opened(shown, keys), replica.checkpoint
    if alarm.kind == "body" and mine is not None:
        return _of_body(alarm, replica, earlier())
    if alarm.kind == "network" and "founding.txt" in seen:
        return evidence(OtherNetwork(asked=replica.pinned), entries=[seen["founding.txt"]])
    if alarm.kind == "freeze" and mine is not None:
        return evidence(Freeze(at=now), [mine.raw])
    if "receipt.json" in seen and mine is not None:
        return _of_receipt(alarm, replica, earlier())
    if theirs is None:
        raw = shown or seen.get("checkpoint.txt", b"")
        return evidence(Unsigned(), shown=raw) if raw and keys and alarm.kind != "gave-way" else None
    if alarm.kind == "clock":
        return evidence(Ahead(at=now), [theirs.raw])
    if alarm.kind == "checkpoint":
        if alarm.owed is not None:
            return evidence(Withheld(), [theirs.raw])
        # Signed by keys that count no more, or signed well and refused for something that nobody else can see.
        return evidence(Unsigned(), shown=shown) if _opened(shown, keys[:1]) is None else None
    if alarm.handed is not None:
        return _of_entries(alarm, alarm.handed, replica, earlier(), theirs)
    for name in ("checkpoint-owed.txt", "checkpoint-before.txt", "checkpoint-invitation.txt"):
        before = _opened(seen.get(name, b""), keys)
        if before is not None:
            return _pair(before, theirs, alarm.tree or replica.tree)
    own = _opened(mine.raw, keys) if mine is not None else None
    return _pair(own, theirs, replica.tree) or _pair(theirs, own, replica.tree) if own is not None else None


def _pair(before: SignedCheckpoint, after: SignedCheckpoint, tree: Tree) -> Evidence | None:
    """What two checkpoints of one log show, of which `before` was seen first; `tree` is that of one of them, perhaps.

    None where they show nothing.
    """
    small, large = sorted((before, after), key=lambda each: (each.checkpoint.size, each.checkpoint.root))
    one, other = small.checkpoint, large.checkpoint
    if one.size == other.size and one.root != other.root:
        return evidence(Fork(), [small.raw, large.raw])
    if one.size < other.size <= len(tree) and tree.root(other.size) == other.root and tree.root(one.size) != one.root:
        hashes = [tree.root(one.size), *tree.consistency(one.size, other.size)]
        return evidence(Fork(), [small.raw, large.raw], hashes=hashes)
    smaller = after.checkpoint.size < before.checkpoint.size
    older = after.checkpoint == before.checkpoint and after.time < before.time
    return evidence(Rollback(), [before.raw, after.raw]) if smaller or older else None


def _of_entries(
    alarm: Alarm, handed: HandedOver, replica: Replica, earlier: Sequence[bytes], theirs: SignedCheckpoint
) -> Evidence | None:
    start, point = handed.start, theirs.checkpoint
    entries = [*earlier[:start], *handed.entries]
    tree = Tree(map(leaf_hash, entries))
    if alarm.final is not None and handed.refused is not None:
        size = handed.refused + 1
        return evidence(RefusedEntry(), [theirs.raw], hashes=tree.consistency(size, point.size), entries=entries[:size])
    if sum(map(len, handed.entries)) > MOST_HANDED_BYTES:
        return None
    mine = replica.checkpoint
    if not start or mine is None or mine.checkpoint.size != start or mine.checkpoint.origin != point.origin:
        # Where this desk has no word of that log for what it held all this against, all of it goes along.
        return evidence(Handed(), [theirs.raw], entries=entries) if sum(map(len, entries)) <= MOST_WHOLE else None
    own = _opened(mine.raw, _keys(alarm, replica))
    heights = (height for height in range(start.bit_length() - 1, -1, -1) if start >> height & 1)
    hashes = [each for height in heights for each in _subtree(tree, height, start)]
    both = [theirs.raw, own.raw] if own is not None else []
    return evidence(Handed(), both, hashes=hashes, entries=handed.entries)


def _subtree(tree: Tree, height: int, start: int) -> list[bytes]:
    """The complete subtree of that height at the right edge of the first `start` leaves."""
    number = (start >> height) - 1
    return tree.subtrees(height, number, number + 1)


def _of_body(alarm: Alarm, replica: Replica, entries: Sequence[bytes]) -> Evidence | None:
    given = alarm.evidence.get("body.json", b"")
    body = decode(given, FoundBody) if given else None
    commitment = body.commitment.encode() if body is not None else alarm.evidence.get("commitment.txt", b"")
    index = next((at for at, entry in enumerate(entries[: replica.size]) if commitment in entry), None)
    own = _opened(replica.checkpoint.raw, _keys(alarm, replica)) if replica.checkpoint is not None else None
    if index is None or own is None or not commitment:
        return None
    opens = _opens(body) if body is not None else ""
    head: Head = AlteredBody(opens=opens) if opens else MissingBody()
    path = tuple(replica.tree.inclusion(index, replica.size))
    return evidence(head, proof=Proof(index, path, own.raw, write_extra(entries[index])).write())


def _of_receipt(alarm: Alarm, replica: Replica, entries: Sequence[bytes]) -> Evidence | None:
    """A receipt of the newest relay, at a larger size than the directory that it shows."""
    found = about_relay(replica, lambda: entries)
    return evidence(LessThanReceipt(), proof=found[0], receipt=alarm.evidence["receipt.json"]) if found else None


def about_relay(replica: Replica, earlier: Earlier) -> tuple[bytes, Policy] | None:
    """A proof that the relay is named in its own log, and the policy of somebody who follows that log and asks for no
    witness; None where this desk has neither."""
    relay, mine = replica.view.relay, replica.checkpoint
    own = _opened(mine.raw, [(relay.origin, relay.log)]) if relay is not None and mine is not None else None
    if relay is None or own is None:
        return None
    path = tuple(replica.tree.inclusion(relay.since, replica.size))
    proof = Proof(relay.since, path, own.raw, write_extra(earlier()[relay.since])).write()
    return proof, Policy(tuple(map(PolicyLog, log_keys(relay.origin, relay.log))))


def _opens(body: FoundBody) -> str:
    """What the body that was given opens; empty where it can be no body, which is as good as none."""
    try:
        return commit(unb64(body.salt), unb64(body.body))
    except (CryptoError, ValueError):
        return ""


def _keys(alarm: Alarm, replica: Replica) -> list[_Keys]:
    """Whose checkpoints may be meant: of every relay that is named, and that the judge saw named in what came."""
    view = replica.view
    relays = [*view.former_relays, *([view.relay] if view.relay is not None else [])]
    found = [(each.origin, each.log) for each in relays]
    for entry in _taken(alarm):
        if b'"kind":"name-relay"' in entry:
            try:
                statement = parse_statement(entry).statement
            except (Malformed, CryptoError):
                continue
            if isinstance(statement, NameRelay):
                pair = PublicPair(unb64(statement.log_ed25519, 32), unb64(statement.log_mldsa44, 1312))
                found.append((statement.origin, pair))
    return found[::-1]


def _taken(alarm: Alarm) -> Sequence[bytes]:
    """Of the statements that came, those that the judge took: anybody can write another, which names his own keys."""
    handed = alarm.handed
    if handed is None or handed.refused is None:
        return handed.entries if handed is not None else ()
    # A naming that continues another log was taken too; nothing but that has a word of the log under it.
    return handed.entries[: handed.refused - handed.start + (alarm.final is not None)]


def _opened(raw: bytes, keys: Sequence[_Keys]) -> SignedCheckpoint | None:
    """A checkpoint that one of these logs has signed, with its own lines alone; the newest log's first."""
    for origin, pair in keys:
        try:
            signed = open_checkpoint(raw, origin, pair)
            return SignedCheckpoint(signed.checkpoint, signed.time, own_lines(signed, pair))
        except CryptoError:
            continue
    return None


def _policy(found: Evidence, keys: Sequence[_Keys]) -> Policy:
    """The policy of somebody who follows the log that the evidence is about, and asks for no witness."""
    raw = next((data for name, data in found.pieces if name == "checkpoint"), b"")
    signing = [each for each in keys if raw and _opened(raw, [each]) is not None]
    about = (signing or list(keys))[:1]
    return Policy(tuple(PolicyLog(key) for each in about for key in log_keys(*each)))
