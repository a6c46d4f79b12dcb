"""Evidence made to accuse an honest log, by somebody who has everything that it and its relay ever signed.

The log is suspended from, re-keyed, and signed anew for years; nothing in any file proves anything against it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest
from desk_world import network, receipt
from directory_world import TWO_ROOTS, key_pair, relay_keys

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.cosignature import log_keys
from crypto.errors import CryptoError
from crypto.merkle import Tree, leaf_hash
from crypto.note import Note, parse_note
from crypto.policy import Policy, PolicyLog, Unsatisfied
from crypto.proof import Proof
from directory.canonical import Malformed, encode
from directory.evidence_checked import Unfounded
from directory.evidence_file import (
    Evidence,
    Fork,
    Freeze,
    LessThanReceipt,
    MissingBody,
    RefusedEntry,
    Rollback,
    evidence,
)
from directory.evidence_verdict import verdict
from directory.proof_extra import write_extra
from directory.statement import AttestContact, Continues, NameRelay, SuspendMember
from relay.protocol.receipts import Relayed

DAY = 86_400
ORIGIN = "log.enlace.example"
OLD, NEW = "relay log", "relay 2 log"


@dataclass(frozen=True)
class Honest:
    """An honest log: its entries, where the roots gave it other keys, and what its relays signed for."""

    entries: tuple[bytes, ...]
    named: int  # the entry that names the second relay, which continues the log from `common` on
    common: int
    beyond: tuple[bytes, ...]  # what the first relay had beyond that, and gave way
    receipts: tuple[Relayed, ...]  # of the first relay, at sizes beyond, and of the second
    lapsed: int  # a time at which everybody counts again
    now: int

    def point(self, size: int, time: int, keys: str) -> bytes:
        """What the log signed at a size."""
        return self.over(self.entries[:size], time, keys)

    def over(self, entries: Sequence[bytes], time: int, keys: str) -> bytes:
        tree = Tree(map(leaf_hash, entries))
        return sign_checkpoint(Checkpoint(ORIGIN, len(tree), tree.root()), key_pair(keys), time)

    def proof(self, index: int, keys: str, time: int, size: int | None = None) -> bytes:
        """That an entry stands in it."""
        size = len(self.entries) if size is None else size
        path = Tree(map(leaf_hash, self.entries)).inclusion(index, size)
        return Proof(index, tuple(path), self.point(size, time, keys), write_extra(self.entries[index])).write()


@cache
def honest() -> Honest:
    world = network()
    world.admit(world.say(SuspendMember, member="co", until=world.now + 3600), "duty")
    world.now += 7200  # it lapses, and what was nobody's word for two hours counts
    lapsed = world.now
    world.admit(world.say(AttestContact, contact="co-desk"), "co-chief")
    common, beyond = world.copy(), world.copy()
    for _ in range(3):
        beyond.now += 60
        beyond.admit(beyond.say(AttestContact, contact="co-desk"), "co-chief")
    root = Tree(map(leaf_hash, common.entries)).root().hex()
    continues = Continues(origin=ORIGIN, size=len(common.entries), root=root)
    common.now += 3600
    moved = common.say(NameRelay, origin=ORIGIN, continues=continues, **relay_keys("relay 2"))
    common.admit(moved, *TWO_ROOTS)
    common.admit(common.say(AttestContact, contact="co-desk"), "co-chief")
    first = receipt("5f" * 32, beyond, size=len(beyond.entries))
    later = receipt("5f" * 32, common, size=len(common.entries), keys="relay 2")
    named = len(common.entries) - 2
    behind = tuple(beyond.entries[continues.size :])
    return Honest(tuple(common.entries), named, continues.size, behind, (first, later), lapsed, common.now)


def of(*keys: str) -> Policy:
    """The policy of somebody who follows the log under these keys."""
    return Policy(tuple(PolicyLog(each) for name in keys for each in log_keys(ORIGIN, key_pair(name).public)))


def proves(found: Evidence, *policies: Policy) -> bool:
    """Whether any reader holds it for proven."""
    for policy in policies:
        try:
            if verdict(found.write(), policy).proven:
                return True
        except (Unfounded, CryptoError, Malformed):
            continue
    return False


def every(log: Honest) -> tuple[Policy, ...]:
    return of(OLD), of(NEW), of(OLD, NEW)


def across_the_new_keys(log: Honest) -> Iterator[Evidence]:
    """The branch that gave way, larger and signed earlier, against the log that continues: a fork by the same name."""
    gone = log.over([*log.entries[: log.common], *log.beyond], log.now - 1800, OLD)
    here = log.point(log.common + 1, log.now, NEW)
    yield evidence(Rollback(), [gone, here])
    tree, small = Tree(map(leaf_hash, [*log.entries[: log.common], *log.beyond])), log.common + 1
    yield evidence(Fork(), [here, gone], hashes=[tree.root(small), *tree.consistency(small, len(tree))])
    same = log.over([*log.entries[: log.common], *log.beyond[:2]], log.now - 1800, OLD)
    yield evidence(Fork(), sorted((same, log.point(log.common + 2, log.now, NEW))))
    yield evidence(Fork(), sorted((same, log.point(log.common + 2, log.now, NEW)), reverse=True))


def lines_of_other_times(log: Honest) -> Iterator[Evidence]:
    """The line with a time, of a later signature, under the text of an earlier size."""
    small, size = parse_note(log.point(9, log.now - DAY, NEW)), len(log.entries)
    large, anew = parse_note(log.point(size, log.now, NEW)), parse_note(log.point(size, log.now + DAY, NEW))
    for timed in (large, anew):
        forged = Note(small.text, (small.signatures[0], timed.signatures[1])).write()
        yield evidence(Rollback(), [large.write(), forged])
    yield evidence(Rollback(), [Note(large.text, (anew.signatures[1], large.signatures[1])).write(), small.write()])


def times_of_other_days(log: Honest) -> Iterator[Evidence]:
    """What counted when it was taken in, judged by every time at which it was signed anew, years later."""
    tree = Tree(map(leaf_hash, log.entries))
    for time in (log.lapsed + 7200, log.now, log.now + DAY, log.now + 3650 * DAY):
        for size in range(1, len(log.entries) + 1):
            more = tree.consistency(size, len(tree))
            signed = log.point(len(tree), time, NEW)
            yield evidence(RefusedEntry(), [signed], hashes=more, entries=log.entries[:size])


def a_branch_that_gave_way(log: Honest) -> Iterator[Evidence]:
    """Statements that counted on the branch, put behind those of the log that continues, and under its checkpoint."""
    tree, signed = Tree(map(leaf_hash, log.entries)), log.point(len(log.entries), log.now, NEW)
    for size in (log.common, log.common + 1):
        entries = [*log.entries[:size], log.beyond[0]]
        for more in (tree.consistency(size + 1, len(tree)), tree.consistency(size, len(tree))):
            yield evidence(RefusedEntry(), [signed], hashes=more, entries=entries)


def receipts_of_other_relays(log: Honest) -> Iterator[Evidence]:
    """A receipt of the relay before, for a size that the log has not reached again; and one of this relay."""
    first = next(at for at, entry in enumerate(log.entries) if b'"kind":"name-relay"' in entry)
    for index, keys in ((first, NEW), (log.named, NEW), (first, OLD)):
        for each in log.receipts:
            for size in (log.named + 1, len(log.entries)):
                proof = log.proof(index, keys, log.now + DAY, size)
                yield evidence(LessThanReceipt(), proof=proof, receipt=encode(each))


def proofs_of_others(log: Honest) -> Iterator[Evidence]:
    """A body asked for by a commitment that stands at another place, or in no statement."""
    good = log.proof(log.named, NEW, log.now)
    yield evidence(MissingBody(), proof=good)
    yield evidence(MissingBody(), proof=good.replace(b"index %d" % log.named, b"index %d" % (log.named - 1)))
    yield evidence(Freeze(at=2**40), [log.point(len(log.entries), log.now, NEW)])  # a claim of the year 36000


ATTEMPTS = (
    across_the_new_keys,
    lines_of_other_times,
    times_of_other_days,
    a_branch_that_gave_way,
    receipts_of_other_relays,
    proofs_of_others,
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda each: each.__name__)
def test_nothing_is_proven_against_it(attempt: object) -> None:
    log = honest()
    files = list(attempt(log))  # type: ignore[operator]  # one of ATTEMPTS
    assert len(files) > 2
    assert not [each.head for each in files if proves(each, *every(log))]


def test_a_receipt_of_the_relay_before_does_not_even_claim_anything_of_this_one() -> None:
    log = honest()
    proof, (first, _) = log.proof(log.named, NEW, log.now, log.named + 1), log.receipts
    with pytest.raises(CryptoError, match="receipt is missing"):
        verdict(evidence(LessThanReceipt(), proof=proof, receipt=encode(first)).write(), of(NEW))
    before = log.proof(1, NEW, log.now, log.named + 1)
    with pytest.raises(Unfounded, match="with other keys than those it is accused by"):
        verdict(evidence(LessThanReceipt(), proof=before, receipt=encode(first)).write(), of(NEW))


def test_a_policy_of_both_keys_of_a_re_keyed_log_accuses_nobody() -> None:
    """It would ask for four signatures under one name; no checkpoint has them, so none counts, and none forges."""
    log = honest()
    gone = log.over([*log.entries[: log.common], *log.beyond], log.now, OLD)
    with pytest.raises((Unsatisfied, CryptoError)):
        verdict(evidence(Rollback(), [gone, log.point(9, log.now, NEW)]).write(), of(OLD, NEW))


def test_the_same_files_prove_it_where_the_log_did_lie() -> None:
    """What is refused above is refused for what it is, and not for how it is made."""
    log = honest()
    tree, forged = Tree(map(leaf_hash, log.entries)), [*log.entries, log.beyond[0]]
    lied = log.over(forged, log.now, NEW)
    assert proves(evidence(RefusedEntry(), [lied], entries=forged), of(NEW))
    other = log.over([*log.entries[:9], *log.entries[10:]], log.now, NEW)
    size = len(log.entries) - 1
    hashes = [tree.root(size), *tree.consistency(size, len(tree))]
    whole = log.point(len(log.entries), log.now, NEW)
    assert proves(evidence(Fork(), [other, whole], hashes=hashes), of(NEW))
    assert proves(evidence(Rollback(), [whole, log.point(9, log.now + 1, NEW)]), of(NEW))
