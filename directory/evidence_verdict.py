"""What follows from an evidence file for somebody who has the trust policy and nothing else. Pure; no clock.

V1 An accusation is *proven* where it follows from signatures of the log's keys in the policy and from hashes alone:
   whoever made the file, an honest log cannot be accused so. Else it is *claimed*: what can be checked was checked and
   agrees with it, and what rests on the accuser's word is named. What does not follow, or contradicts itself, is
   refused (`Unfounded`), and so is every wrong signature and hash.
V2 A log is accused by a policy that names both its keys, and by checkpoints that both have signed. They stand in an
   evidence file without any other line: nobody can spoil a file, or change it, by adding one. (`freeze` alone looks at
   witnesses' lines, and counts those that verify.) Of a checkpoint that other keys of that log have signed, those from
   before it was re-keyed, say, this policy says nothing (`Unsatisfied`): the policy of that time does.
V3 fork, proven: two roots for one size; or for two sizes a proof that the larger tree begins otherwise than the smaller
   one (RFC 9162, consistency, with the root that the larger tree has there).
V4 rollback, proven where the smaller checkpoint was signed at a later time than the larger one: a log signs only the
   newest size it has, and never with an earlier time than before. So its own times contradict each other: it took
   statements back (a backup that was put back does so, and is no lie) or hid them, or its clock was wrong by more than
   five minutes. Which of them, the file does not say.
   Else claimed: an old checkpoint is genuine for ever, and that it was shown as the newest is the accuser's word.
V5 refused, proven: the entries are the log's first ones, by their hashes, and the judge refuses the last of them, by
   the time that the log itself has signed with. An entry of a later version is for a newer judge (`NotJudged`).
V6 receipt, claimed: the relay has signed, with the receipt keys that a statement of this very log names, that the
   directory was larger than the checkpoint shown covers. Each is genuine; that the smaller one was shown later is the
   accuser's word, since an older one stays genuine for ever, and receipt keys may have been in use before.
V7 turn: looked into with the mail's own rules, by `desk.alarms.turn_verdict`.
V8 Everything else is claimed, for no relay signs what it hands over, and nobody what he was not given: entries that
   lead elsewhere, entries and bodies withheld or altered, a checkpoint that does not count, a freeze, a clock.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from crypto.checkpoint import SignedCheckpoint
from crypto.errors import CryptoError
from crypto.merkle import ProofError, Tree, leaf_hash, verify_consistency
from crypto.note import parse_note
from crypto.policy import Policy, Unsatisfied, log_signed, vouched_since
from directory.canonical import Malformed, decode
from directory.evidence_checked import (
    NotJudged,
    Unfounded,
    Verdict,
    both_signed,
    checkpoint_by_log,
    claimed,
    facts_of,
    named_relay,
    signed_checkpoint,
    standing_entry,
    state_of,
    time_words,
)
from directory.evidence_file import (
    Ahead,
    AlteredBody,
    Evidence,
    Fork,
    Freeze,
    Handed,
    Head,
    LessThanReceipt,
    MalformedEvidence,
    MissingBody,
    OtherNetwork,
    RefusedEntry,
    Rollback,
    Unsigned,
    Withheld,
    parse_evidence,
)
from directory.judge import CLOCK_SKEW, Refused, admit
from directory.relayed import Relayed, open_relayed
from directory.statement import (
    MOST_STATEMENT_BYTES,
    Continues,
    EraseBody,
    NameRelay,
    SignedStatement,
    UnknownStatement,
    parse_statement,
)
from directory.tree_edge import grow, root, subtrees
from directory.view import View

FROZEN = 86_400  # seconds without a fresh word of the log or its witnesses, which have one every ten minutes
_SHOWN = "that the relay showed this at all"
_INNOCENT = "whether statements were hidden, or lost with a backup that was put back, or a clock that was wrong signed"


Check = Callable[[Evidence, Policy], Verdict]


def verdict(raw: bytes, policy: Policy, others: Mapping[type[Head], Check] = {}) -> Verdict:  # read only
    """What follows from an evidence file; `others` look into the kinds that are about mail, and not the directory.

    Raises MalformedEvidence; Unsatisfied where the policy says nothing of the log; NotJudged; and Unfounded,
    SignatureError, ProofError or another CryptoError where the accusation does not hold.
    """
    found = parse_evidence(raw)
    for origin in {each.key.name for each in policy.logs}:
        if len({each.key.kind for each in policy.logs if each.key.name == origin}) != 2:
            raise Unsatisfied(f"the policy does not name both keys of the log {origin}, so it accuses nobody")
    if type(found.head) in others:
        return others[type(found.head)](found, policy)
    checkpoints = (
        () if isinstance(found.head, Freeze) else tuple(signed_checkpoint(policy, x) for x in found.all("checkpoint"))
    )
    if len({each.checkpoint.origin for each in checkpoints}) > 1:
        raise Unfounded("the checkpoints are of different logs")
    match found.head:
        case Fork():
            return _fork(found, *checkpoints)
        case Rollback():
            return _rollback(*checkpoints)
        case RefusedEntry():
            return _refused(found, *checkpoints)
        case Handed():
            return _handed(found, *checkpoints)
        case Withheld():
            words = f"the relay held back statements of {state_of(checkpoints[0])}"
            return claimed("withheld", words, *checkpoints, rests=("that not all of its statements were handed over",))
        case Unsigned():
            return _unsigned(policy, found.all("shown")[0])
        case Freeze(at=at):
            return _freeze(policy, found.all("checkpoint")[0], at)
        case Ahead(at=at):
            return _ahead(at, *checkpoints)
        case AlteredBody(opens=opens):
            return _altered(policy, found, opens)
        case MissingBody():
            return _missing(policy, found)
        case LessThanReceipt():
            return _less_than_receipt(policy, found)
        case OtherNetwork(asked=asked):
            return _other_network(found.all("entry")[0], asked)
    raise MalformedEvidence("evidence of no kind that is known here")


def _fork(found: Evidence, one: SignedCheckpoint, other: SignedCheckpoint) -> Verdict:
    small, large, hashes = one.checkpoint, other.checkpoint, found.hashes()
    if small.size == large.size:
        if hashes or not small.root < large.root:
            raise Unfounded("of two checkpoints of one size the roots differ, the lower stands first, and that is all")
        checked = f"two different roots, {small.root.hex()} and {large.root.hex()}, for one and the same size"
    else:
        if small.size > large.size or not hashes:
            raise Unfounded("two checkpoints of different sizes need a proof, the smaller one first")
        begins, *path = hashes
        if begins == small.root:
            raise Unfounded("the larger history continues the smaller one: they are one")
        verify_consistency(small.size, begins, large.size, large.root, path)
        checked = f"the first {small.size} statements of the larger history hash to {begins.hex()}, not to "
        checked += small.root.hex()
    words = f"the log {small.origin} has signed two histories: {state_of(one)}, and {state_of(other)}"
    return Verdict("fork", True, words, (*both_signed(one, other), checked), (), small.origin, facts_of(one, other))


def _rollback(before: SignedCheckpoint, after: SignedCheckpoint) -> Verdict:
    large, small = before.checkpoint, after.checkpoint
    older = small.size == large.size and small.root == large.root and after.time < before.time
    if not (small.size < large.size or older):
        raise Unfounded("the second checkpoint is neither smaller nor older than the first: nothing was taken back")
    proven = small.size < large.size and after.time > before.time
    if proven:
        words = f"the log {large.origin} has signed {state_of(before)}, and later, by its own times, {state_of(after)}"
        reason = "a log signs its newest size only, and never with an earlier time than before"
        checked = (*both_signed(before, after), f"{reason}: these two contradict each other")
        rests = (_INNOCENT,)
        return Verdict("rollback", True, words, checked, rests, large.origin, facts_of(before, after))
    words = f"the relay of {large.origin} showed {state_of(after)} as its newest state after {state_of(before)}"
    rest = "that the second was shown as the newest after the first had been seen: both are genuine, and the second may"
    return claimed("rollback", words, before, after, rests=(f"{rest} just be older",))


def _refused(found: Evidence, signed: SignedCheckpoint) -> Verdict:
    entries, point = found.all("entry"), signed.checkpoint
    tree = Tree(map(leaf_hash, entries))
    if len(entries) > point.size:
        raise Unfounded("there are more statements than the checkpoint covers")
    verify_consistency(len(entries), tree.root(), point.size, point.root, found.hashes())
    why = _judged(entries, tree, signed.time)
    words = f"the log {point.origin} has signed a statement that no judge takes, number {len(entries) - 1}: {why}"
    checked = (
        *both_signed(signed),
        f"the {len(entries)} statements here are the first of those that the log has signed, by their hashes",
        "the judge of this version takes all of them but the last, judged by the time of the log's own signature",
    )
    facts = facts_of(signed) | {"position": len(entries) - 1, "why": why}
    return Verdict("refused", True, words, checked, (), point.origin, facts)


def _judged(entries: Sequence[bytes], tree: Tree, time: int) -> str:
    """Why the last of the entries does not count; raises Unfounded if it does, or an earlier one does not."""
    view, last = View(), len(entries) - 1
    for position, entry in enumerate(entries):
        try:
            before, view = view, admit(view, entry, time)
            continued = _continued(parse_statement(entry)) if view.relay is not before.relay else None
            if continued is not None and tree.root(continued.size).hex() != continued.root:
                raise Refused("A8", "it names a relay that continues another directory than this one")
        except UnknownStatement as error:
            raise NotJudged(f"{error} at position {position}: a newer version of Enlace can judge this") from error
        except (Refused, Malformed, CryptoError) as error:
            if position < last:
                raise Unfounded(f"statement {position} does not count already, and the last is accused") from error
            return str(error)
    raise Unfounded("the judge takes every one of these statements")


def _continued(signed: SignedStatement) -> Continues | None:
    continues = signed.statement.continues if isinstance(signed.statement, NameRelay) else None
    return continues if isinstance(continues, Continues) else None


def _handed(found: Evidence, theirs: SignedCheckpoint, mine: SignedCheckpoint | None = None) -> Verdict:
    entries, point = found.all("entry"), theirs.checkpoint
    start = mine.checkpoint.size if mine is not None else 0
    nodes = subtrees(start, found.hashes())
    if mine is not None and root(nodes) != mine.checkpoint.root:
        raise ProofError("the hashes do not lead to the checkpoint that they are said to belong to")
    for entry in entries:
        grow(nodes, leaf_hash(entry))
    if start + len(entries) != point.size:
        raise Unfounded("the statements here are not as many as the checkpoint covers")
    if root(nodes) == point.root:
        raise Unfounded("the statements here are those that the log has signed")
    words = f"the relay of {point.origin} handed over {len(entries)} statements, from number {start} on, that do not "
    words += f"lead to {state_of(theirs)}"
    both = (theirs,) if mine is None else (theirs, mine)
    more = f"together with the {start} before them they hash to {root(nodes).hex()}"
    rest = "that the relay handed over these very statements. If so, they were altered, dropped, added or put in "
    rest += "another order on the way, or the log has two histories"
    return claimed("handed", words, *both, checked=(more,), rests=(rest,))


def _unsigned(policy: Policy, shown: bytes) -> Verdict:
    try:
        log_signed(policy, shown)
    except CryptoError as error:
        words = f"the relay showed a checkpoint that does not count: {error}"
        return Verdict("unsigned", False, words, (f"by this policy it does not count: {error}",), (_SHOWN,))
    raise Unfounded("what was shown is a checkpoint of the log, signed with both its keys")


def _freeze(policy: Policy, raw: bytes, at: int) -> Verdict:
    signed = checkpoint_by_log(policy, raw)
    since = vouched_since(policy, raw, at + CLOCK_SKEW)
    if at - min(since, signed.time) <= FROZEN:
        raise Unfounded("the checkpoint was vouched for less than a day before it was shown")
    who = "its witnesses last vouched for" if signed.time > since else "its log last signed"
    when = f"{(at - since) // 3600} hours before" if since else "at no time before"
    words = f"the relay of {signed.checkpoint.origin} showed as its newest state one that {who} {when}"
    rest = (
        f"that this was shown as the newest at {time_words(at)}, by the accuser's clock: that nothing newer was shown "
    )
    rest += "leaves no trace"
    return claimed("freeze", f"{words} it was asked for: {state_of(signed)}", signed, rests=(rest,))


def _ahead(at: int, signed: SignedCheckpoint) -> Verdict:
    if signed.time <= at + CLOCK_SKEW:
        raise Unfounded("the checkpoint's time was not ahead")
    words = f"the log {signed.checkpoint.origin} signed {signed.time - at} seconds ahead of the accuser's clock"
    return claimed("ahead", f"{words}: {state_of(signed)}", signed, rests=("which of the two clocks was right",))


def _altered(policy: Policy, found: Evidence, opens: str) -> Verdict:
    signed, index, subject, commitment = _committed(policy, found)
    if opens == commitment:
        raise Unfounded("what was given is what the entry committed to")
    words = f"the relay of {signed.checkpoint.origin} altered what belongs to {subject} (statement {index})"
    checked = (f"statement {index} stands in the log, and commits to {commitment}", f"{opens} is something else")
    rest = "that the relay gave it out: it signs no names and numbers, and they are not in this file"
    return claimed("altered-body", words, signed, checked=checked, rests=(rest,))


def _missing(policy: Policy, found: Evidence) -> Verdict:
    signed, index, subject, commitment = _committed(policy, found)
    words = f"the relay of {signed.checkpoint.origin} does not give out what belongs to {subject} (statement {index})"
    checked = (f"statement {index} stands in the log, and commits to {commitment}",)
    rests = (
        "that it was asked for and not given, to somebody who may see it",
        f"that none of the {signed.checkpoint.size} statements erased it: whoever follows the log can look",
    )
    return claimed("missing-body", words, signed, checked=checked, rests=rests)


def _committed(policy: Policy, found: Evidence) -> tuple[SignedCheckpoint, int, str, str]:
    """Checkpoint, position, subject and commitment of the entry that a piece `proof` proves."""
    signed, index, entry = standing_entry(policy, found)
    statement = entry.statement
    commitment = getattr(statement, "body", "")
    if not commitment or isinstance(statement, EraseBody):
        raise Unfounded("the entry commits to no body")
    return signed, index, statement.subject, commitment


def _less_than_receipt(policy: Policy, found: Evidence) -> Verdict:
    named = named_relay(policy, found)
    signed, point = named.signed, named.signed.checkpoint
    relayed = decode(found.all("receipt")[0], Relayed)
    if open_relayed(relayed, named.network_name, named.receipts).network != named.network:
        raise Unfounded("the receipt is of another network")
    size = relayed.leaf.tree_size
    if size <= point.size:
        raise Unfounded("the receipt is of no larger directory than the checkpoint")
    words = (
        f"the relay of {point.origin} has signed a receipt at {size} statements, of {time_words(relayed.leaf.time)}, "
    )
    words += f"and showed {state_of(signed)} as its newest state after that"
    checked = (named.checked, f"both receipt keys have signed that the directory had {size} statements")
    rests = (
        "that the checkpoint was shown as the newest after the receipt: both are genuine, and it may just be older",
    )
    return claimed("receipt", words, signed, checked=checked, rests=rests)


def _other_network(entry: bytes, asked: str) -> Verdict:
    shown = sha256(parse_note(entry, MOST_STATEMENT_BYTES).text.encode()).hexdigest()
    if shown == asked:
        raise Unfounded("this is the network that was asked for")
    words = f"the relay showed the directory of another network, {shown}, to somebody who asked for {asked}"
    return Verdict("other-network", False, words, ("the statement here founds another network",), (_SHOWN,))
