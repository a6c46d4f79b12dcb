"""How a reader follows the log: nothing is believed that was not replayed, hashed and signed.

A `Replica` is what a reader holds: the view, the tree, the newest verified checkpoint. `extend` gives the next one, or
raises and leaves the old one as it was, to go on working from:

 A1 the entries handed over reach exactly the checkpoint's size             else `Incomplete` (ask for more), no alarm
 A2 the first statement founds the network the reader has pinned, which is
    its text's hash, whether or not this version can read it                else alarm `network`
 A3 every statement is accepted by the judge                                else alarm `refused`, with rule and position
    (a statement of a later version: `UpdateNeeded`, no alarm)
 A4 the checkpoint is signed by both keys of the log the directory names,
    and the time it was judged by is the one that was signed                else alarm `checkpoint`
 A5 the root over all entries is the checkpoint's                           else alarm `fork`
 A6 the checkpoint is no smaller and no older than the last one             else alarm `rollback`
 A7 its time is not ahead of the reader's clock by more than 5 minutes      else alarm `clock`
 A8 a statement that names a further relay continues this very log: the root
    it gives is the one this log had at that size                           else alarm `fork`

Every alarm carries what was seen, so that a second party can look at it. Some can be put right by the same log: what
was held back is shown after all, a clock is set. Others never can, because the log's present keys have signed what no
further statement undoes: an entry that does not count (A3), or a second root for one size (A5 at the size the reader
has, A8, and `check_other`). Of those `Alarm.final` says how many relays the roots had named by then: what answers it is
their naming a further one. Where that is not proven, the alarm is none of those: a refused entry under no signature of
the log is the doing of whoever handed it over, and the word of a former relay's keys was ended by the roots. A
checkpoint that the log signed and that was not explained yet is `Alarm.owed`: whatever the log shows next has to.

`reload` is for entries that were verified before they were stored. It believes the names on signature lines, so it is
safe only for a checkpoint that is known to be one `extend` returned: whoever keeps replicas seals it
(`desk.replica.store`), and its root then speaks for every entry. Source: DESIGN sections 2 and 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise

from msgspec import UNSET

from crypto.checkpoint import (
    MOST_CHECKPOINT_BYTES,
    MOST_CHECKPOINT_LINES,
    Checkpoint,
    SignedCheckpoint,
    open_checkpoint,
    own_lines,
    parse_checkpoint,
    read_checkpoint,
)
from crypto.errors import CryptoError
from crypto.many_signatures import Spread
from crypto.merkle import Tree, leaf_hash
from crypto.note import parse_note
from directory.alarm import Alarm, AlarmKind, Incomplete, Owed, UpdateNeeded
from directory.canonical import Malformed
from directory.foreseeing import Ahead, foreseen
from directory.handed_over import HandedOver
from directory.judge import CLOCK_SKEW, Refused, admit, apply
from directory.statement import MOST_STATEMENT_BYTES, Continues, NameRelay, UnknownStatement, parse_statement
from directory.view import NEVER, Relay, View

__all__ = [
    "CHANGED",
    "Alarm",
    "AlarmKind",
    "Incomplete",
    "Owed",
    "Replica",
    "UpdateNeeded",
    "at_size",
    "check_other",
    "claimed_size",
    "claimed_time",
    "extend",
    "judging_ahead",
    "owed_by",
    "own_checkpoint",
    "relays_named",
    "reload",
]

CHANGED = "the replica on this disk is not what the log signed; synchronise into a fresh profile"


@dataclass(frozen=True)
class Replica:
    """The view after `len(tree)` entries, and the checkpoint that covers them (None before the first)."""

    pinned: str
    view: View = field(default_factory=View)
    tree: Tree = field(default_factory=Tree)
    checkpoint: SignedCheckpoint | None = None

    @property
    def size(self) -> int:
        """Entries covered."""
        return len(self.tree)


def extend(
    replica: Replica,
    entries: Sequence[bytes],
    checkpoint: bytes,
    now: int,
    *,
    judged_at: int | None = None,
    ahead: Ahead | None = None,
    spread: Spread | None = None,
) -> Replica:
    """The replica after `entries`, covered by `checkpoint`; raises as the table above says, `replica` unharmed.

    `spread` shares out the checking of signatures; `ahead` is what came of the first of `entries`, judged while the
    others were on their way (`judging_ahead`). `judged_at` is for a relay that reads its own log: a time to judge by
    in the place of the checkpoint's, where it is known that the entries counted once.
    """
    claimed = _claimed(checkpoint)
    if claimed.size > replica.size + len(entries):
        raise Incomplete(f"the log has {claimed.size} entries, {replica.size + len(entries)} were handed over")
    if claimed.size < replica.size:
        raise Alarm(
            "rollback",
            f"the relay shows a directory of {claimed.size} statements; {replica.size} were seen before",
            _evidence(replica, checkpoint),
        )
    taken = entries[: claimed.size - replica.size]
    now_in_log = _vouched(checkpoint, now)
    time = now_in_log if judged_at is None else judged_at
    if ahead is None or not ahead.holds(taken, time):
        ahead = judging_ahead(replica, spread)
    tree = ahead.tree if taken else replica.tree
    for entry in taken[len(ahead.entries) :]:
        tree.append(leaf_hash(entry))
    view = _judged(replica, ahead, taken, tree, time, checkpoint)
    try:
        signed = _signed(replica, view.relay, checkpoint)
    except Alarm as alarm:
        alarm.handed = HandedOver(replica.size, taken) if taken else None  # it may name the keys that do count
        raise
    if signed.time != now_in_log:
        raise Alarm("checkpoint", "the log's checkpoint carries two times of its own", _evidence(replica, checkpoint))
    if tree.root() != signed.checkpoint.root:
        twice = not taken and replica.checkpoint is not None
        words = (
            f"the log has signed two directories of {replica.size} statements: it shows two histories"
            if twice
            else "the statements handed over do not hash to what the log signed: it shows different directories to "
            "different readers, or an entry was altered or dropped"
        )
        raise Alarm(
            "fork",
            words,
            _evidence(replica, checkpoint),
            final=relays_named(view) if twice else None,
            owed=None if twice else owed_by(view, checkpoint),
            handed=HandedOver(replica.size, taken) if taken else None,
        )
    if replica.checkpoint is not None and signed.time < replica.checkpoint.time:
        raise Alarm("rollback", "the relay shows an older checkpoint than before", _evidence(replica, checkpoint))
    if signed.time > now + CLOCK_SKEW:
        words = "the log's clock is ahead of this desk's by more than 5 minutes: check the clocks"
        raise Alarm("clock", words, _evidence(replica, checkpoint))
    return Replica(replica.pinned, view, tree, signed)


def judging_ahead(replica: Replica, spread: Spread | None) -> Ahead:
    """What judges further entries before all of them are there, for `extend` with the same replica."""
    return Ahead(replica.pinned, replica.view, replica.tree, spread)


def claimed_time(checkpoint: bytes, otherwise: int) -> int:
    """When a checkpoint says that its log signed it, unproven; `otherwise` where it says nothing."""
    try:
        return _vouched(checkpoint, otherwise)
    except CryptoError:
        return otherwise


def reload(pinned: str, entries: Sequence[bytes], checkpoint: bytes, before: Replica | None = None) -> Replica:
    """The replica from entries that were verified before they were stored, and the checkpoint stored with them.

    `entries` are those after `before`, which the caller folded once, or all of them. The caller has made sure that
    `checkpoint` is one that `extend` accepted. Signatures of statements are not checked again, the root over them
    against the checkpoint's is: whatever changed since raises alarm `fork`.
    """
    try:
        replica, signed = _reloaded(pinned, entries, checkpoint, before)
    except UnknownStatement as error:
        raise UpdateNeeded(f"{error}: a newer version of Enlace wrote this replica") from error
    except (Alarm, Refused, Malformed, CryptoError) as error:
        raise Alarm("fork", f"{CHANGED}: {error}", {"checkpoint-mine.txt": checkpoint}) from error
    if replica.view.founded.id != pinned or signed.checkpoint.root != replica.tree.root():
        raise Alarm("fork", CHANGED, {"checkpoint-mine.txt": checkpoint})
    return Replica(pinned, replica.view, replica.tree, signed)


def check_other(replica: Replica, checkpoint: bytes) -> SignedCheckpoint:
    """Return the checkpoint somebody else verified, if it is of the same log and, as far as both reach, one history.

    Raises Alarm `checkpoint` or `fork` with both checkpoints as evidence; a larger one than ours is returned unproven,
    and the caller synchronises and asks again. What a former relay's log signed in its time counts. What it signed
    beyond the statements that the next relay continues, and those are others here, is `gave-way`: the roots have
    settled that, and callers tell it as something to know, not as something that is wrong now.
    """
    view, size = replica.view, _size_in(checkpoint)
    relay = view.relay_at(size)
    try:
        signed = _signed(replica, relay, checkpoint)
    except Alarm as alarm:
        raise _gave_way(replica, checkpoint, size) or alarm from alarm
    if size <= replica.size and replica.tree.root(size) != signed.checkpoint.root:
        raise _gave_way(replica, checkpoint, size) or Alarm(
            "fork",
            f"another desk saw a different directory at {size} statements: the relay shows two histories",
            _evidence(replica, checkpoint),
            final=relays_named(view) if relay == view.relay else None,
        )
    return signed


def _gave_way(replica: Replica, checkpoint: bytes, size: int) -> Alarm | None:
    """What to say of a checkpoint on a branch that the roots did not continue; None if it is of none."""
    for former, later in pairwise(replica.view.relays):
        if size > later.continued and _opens(checkpoint, former):
            words = f"another desk saw a directory of {size} statements, which gave way from {later.continued} on"
            return Alarm("gave-way", f"{words}: the roots named another relay", _evidence(replica, checkpoint))
    return None


def _opens(checkpoint: bytes, relay: Relay) -> bool:
    try:
        open_checkpoint(checkpoint, relay.origin, relay.log)
    except CryptoError:
        return False
    return True


def relays_named(view: View) -> int:
    """How many relays the roots have named so far; the next statement that names one has this number as its `seq`."""
    return len(view.former_relays) + (view.relay is not None)


def owed_by(view: View, checkpoint: bytes) -> Owed | None:
    """A checkpoint as something the log has to explain; None if the log that `view` names has not signed it."""
    if view.relay is None:
        return None
    try:
        signed = open_checkpoint(checkpoint, view.relay.origin, view.relay.log)
    except CryptoError:
        return None
    return Owed(own_lines(signed, view.relay.log), relays_named(view))


def own_checkpoint(replica: Replica) -> bytes:
    """The replica's checkpoint with the log's own two lines alone: witnesses' make it of any size, and travel nowhere.

    Raises ValueError where there is none.
    """
    if replica.checkpoint is None or replica.view.relay is None:
        raise ValueError("a replica without a checkpoint")
    return own_lines(replica.checkpoint, replica.view.relay.log)


def at_size(pinned: str, entries: Sequence[bytes], size: int) -> Replica:
    """The replica after the first `size` of entries that were verified before they were stored; it has no checkpoint.

    As for `reload`, names on signature lines are believed. Raises UpdateNeeded or Refused.
    """
    view, tree = _folded(entries[:size], NEVER, View(), Tree())
    return Replica(pinned, view, tree)


def _judged(replica: Replica, ahead: Ahead, entries: Sequence[bytes], tree: Tree, now: int, checkpoint: bytes) -> View:
    """The view after `entries`, all of them in `tree`, beginning with what `ahead` has judged of them."""
    view = ahead.view
    for parsed, good in foreseen(view, entries[ahead.judged :], ahead.spread):
        for entry, signed in parsed:
            before = view
            try:
                view = admit(view, entry, now, signed, good)
            except UnknownStatement as error:
                text = parse_note(entry, MOST_STATEMENT_BYTES).text
                if view.network is None and sha256(text.encode()).hexdigest() != replica.pinned:
                    raise _strange(entry) from error
                raise UpdateNeeded(f"{error} at position {view.size}: update Enlace to go on") from error
            except (Refused, Malformed, CryptoError) as error:
                evidence = _evidence(replica, checkpoint) | {"refused-statement.txt": entry}
                words = f"statement {view.size} of the log does not count: {error}"
                final, owed = _word(view, checkpoint, tree)
                handed = HandedOver(replica.size, entries, view.size)
                raise Alarm("refused", words, evidence, final=final, owed=owed, handed=handed) from error
            if view.founded.id != replica.pinned:
                raise _strange(entry)
            if view.relay is not before.relay:
                _check_continued(replica, view, entries, tree, checkpoint)
    return view


def _check_continued(replica: Replica, view: View, entries: Sequence[bytes], tree: Tree, checkpoint: bytes) -> None:
    """Return if the relay just named continues the log in `tree` (A8); the judge has seen its size fits."""
    entry = entries[view.size - 1 - replica.size]
    statement = parse_statement(entry).statement
    continued = statement.continues if isinstance(statement, NameRelay) else UNSET
    if not isinstance(continued, Continues) or tree.root(continued.size).hex() == continued.root:
        return
    words = f"the roots named a relay that continues another directory than this one, at {continued.size} statements"
    evidence = _evidence(replica, checkpoint) | {"name-relay.txt": entry}
    final, owed = _word(view, checkpoint, tree)
    handed = HandedOver(replica.size, entries, view.size - 1)
    raise Alarm("fork", words, evidence, final=final, owed=owed, handed=handed)


def _word(view: View, checkpoint: bytes, tree: Tree) -> tuple[int | None, Owed | None]:
    """What the log named in `view` has said with a checkpoint, whatever stands in the tree: that it vouches for this
    very one (for good), or for another of its (to be explained), or nothing."""
    owed = owed_by(view, checkpoint)
    if owed is None:
        return None, None
    same = (_claimed(checkpoint).size, _claimed(checkpoint).root) == (len(tree), tree.root())
    return (owed.relays, None) if same else (None, owed)


def _strange(entry: bytes) -> Alarm:
    return Alarm("network", "the relay shows the directory of another network", {"founding.txt": entry})


def _reloaded(
    pinned: str, entries: Sequence[bytes], checkpoint: bytes, before: Replica | None
) -> tuple[Replica, SignedCheckpoint]:
    time = _vouched(checkpoint, 0)
    before = before or Replica(pinned)
    view, tree = _folded(entries, time, before.view, before.tree)
    replica = Replica(pinned, view, tree)
    signed = _signed(replica, view.relay, checkpoint)
    if signed.time != time:
        raise Alarm("checkpoint", "the log's checkpoint carries two times of its own")
    return replica, signed


def _folded(entries: Sequence[bytes], time: int, view: View, tree: Tree) -> tuple[View, Tree]:
    tree = tree.copy()
    for entry in entries:
        statement = parse_statement(entry)
        signers = frozenset(name.rpartition("/")[2] for name in statement.note.names())
        view = apply(view, statement.statement, signers, time)
        tree.append(leaf_hash(entry))
    return view, tree


def _signed(replica: Replica, relay: Relay | None, checkpoint: bytes) -> SignedCheckpoint:
    if relay is None:
        raise Alarm("checkpoint", "the directory names no relay yet", _evidence(replica, checkpoint))
    try:
        return open_checkpoint(checkpoint, relay.origin, relay.log)
    except CryptoError as error:
        raise Alarm(
            "checkpoint", f"the log's checkpoint does not count: {error}", _evidence(replica, checkpoint)
        ) from error


def claimed_size(checkpoint: bytes) -> int:
    """The size that a checkpoint speaks of, whoever wrote it; 0 for what is none."""
    try:
        return _size_in(checkpoint)
    except Alarm:
        return 0


def _size_in(checkpoint: bytes) -> int:
    """The size a checkpoint claims, read from its text alone: which log's keys it is to be verified with."""
    try:
        return parse_checkpoint(checkpoint.partition(b"\n\n")[0].decode() + "\n").size
    except (CryptoError, UnicodeDecodeError) as error:
        raise Alarm(
            "checkpoint", f"the log's checkpoint is malformed: {error}", {"checkpoint.txt": checkpoint}
        ) from error


def _claimed(checkpoint: bytes) -> Checkpoint:
    try:
        return read_checkpoint(checkpoint)
    except CryptoError as error:
        raise Alarm(
            "checkpoint", f"the log's checkpoint is malformed: {error}", {"checkpoint.txt": checkpoint}
        ) from error


def _vouched(checkpoint: bytes, otherwise: int) -> int:
    """The time in the log's cosignature, still unproven: `_signed` proves it before anything is kept."""
    note = parse_note(checkpoint, MOST_CHECKPOINT_BYTES, MOST_CHECKPOINT_LINES)
    origin = note.text.partition("\n")[0]
    times = [
        int.from_bytes(each.blob[:8], "big")
        for each in note.signatures
        if each.name == origin and len(each.blob) == 2428
    ]
    return times[0] if times else otherwise


def _evidence(replica: Replica, checkpoint: bytes) -> dict[str, bytes]:
    mine = {"checkpoint-mine.txt": replica.checkpoint.raw} if replica.checkpoint else {}
    return mine | {"checkpoint-theirs.txt": checkpoint}
