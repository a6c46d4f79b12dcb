"""Looking again at messages that spoke of a larger directory than this desk had when they came. Pure."""

from desk.mail.facts import Facts, Stored
from desk.mail.opening import doubted, doubts, early
from directory.canonical import encode
from directory.replay import Alarm, Replica, check_other, owed_by
from directory.view import View
from relay.protocol.lines import LineError
from relay.protocol.receipts import Relayed, check_relayed

AHEAD = "directory-behind"
ANEW = ("unproven", "dated", "released-early", "early-or-ahead")  # what a larger directory may turn out otherwise


def own_marks(before: Facts, now: Facts) -> tuple[str, ...]:
    """The warnings of a message that do not hang on how it came, and so stay when more is known of that."""
    return tuple(each for each in before.warnings if each not in (AHEAD, *ANEW, *now.warnings))


def reconsidered(replica: Replica, stored: Stored) -> tuple[tuple[str, ...], Alarm | None]:
    """What to warn of, now, in a message whose sender or receipt spoke of a larger directory than there was."""
    facts, message = stored.facts, stored.message
    warnings = [each for each in facts.warnings if each not in (AHEAD, *ANEW)]
    relayed = facts.relayed if isinstance(facts.relayed, Relayed) else None
    found = doubts(replica.view, message, facts.envelope, relayed)
    if facts.direction == "in":
        warnings[:0] = early(message, relayed, facts.stage, facts.received, proven="unproven" not in found)
    warnings[:0] = found
    theirs = message.checkpoint.encode()
    mine = {"checkpoint-mine.txt": replica.checkpoint.raw} if replica.checkpoint else {}
    hides = f"shows this desk only {replica.size}: it hides statements, perhaps a revocation"
    number = stored.number
    try:
        signed = check_other(replica, theirs)
        if signed.checkpoint.size > replica.size:
            words = f"the sender of message {number} saw {signed.checkpoint.size} statements, the relay {hides}"
            owed = owed_by(replica.view, theirs)
            raise Alarm(
                "fork", words, mine | {"checkpoint-theirs.txt": theirs}, owed=owed, until=signed.checkpoint.size
            )
        if relayed is not None and _signed_for(replica.view, facts.envelope, relayed) > replica.size:
            words = f"the relay signed for message {number} at {relayed.leaf.tree_size} statements, but {hides}"
            raise Alarm("fork", words, mine | {"receipt.json": encode(relayed)}, until=relayed.leaf.tree_size)
    except Alarm as alarm:
        kind = doubted(alarm)
        return (*(each for each in warnings if each != kind), kind), alarm
    return tuple(warnings), None


def _signed_for(view: View, envelope: str, relayed: Relayed) -> int:
    """The directory's size that the relay put its signatures to in a receipt; 0 if they do not hold."""
    relay, size = view.relay_at(relayed.leaf.tree_size), relayed.leaf.tree_size
    try:
        if relay is not None:
            check_relayed(relayed, envelope, view.founded.id, view.founded.name, relay.receipt)
            return size
    except LineError:
        pass
    return 0
