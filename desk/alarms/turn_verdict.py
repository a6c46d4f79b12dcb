"""What follows from evidence about a turn of a message (`docs/formats/evidence.md`, rule 14). Pure; no clock.

1. By what the relay has signed it took an envelope in (the receipt), and released a turn (its notices). When the turn
   was due stands in the envelope, whose hash the receipt names: the relay itself took these bytes in.
2. *Proven* where its own notice contradicts that: `released` before the turn was due, or any release more than GRACE
   after it. A relay that was down is late too; the file does not say which, and says so.
3. Else claimed. `hastened` is honest if somebody ordered it, `stopped` if somebody stopped it; nobody signs that an
   order never was, nor that a notice never came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from crypto.note import parse_note
from crypto.policy import Policy
from crypto.signing import check_both
from desk.mail.schedule import GRACE
from directory.canonical import decode, read_body
from directory.evidence_checked import (
    NamedRelay,
    Unfounded,
    Verdict,
    both_signed,
    facts_of,
    named_relay,
    state_of,
    time_words,
)
from directory.evidence_file import BrokenTurn, Evidence
from directory.relayed import Relayed, open_relayed
from relay.protocol.envelope import Header, parse_envelope
from relay.protocol.lines import MOST_LINE_BYTES, TYPES, Notice, receipt_name

RELEASED = ("released", "hastened")
_DOWN = "whether the relay lied, was down, or was slow"
_NO_ORDER = "that no signed order of the sender's side to hasten it was handed over"
_NO_END = "that no signed line of anybody who stopped the clock was handed over"
_NO_SIGN = "gave no sign"
_NO_NOTICE = "that no notice of this turn was handed over: nobody signs silence"


_Judged = tuple[bool, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn as the relay took it in: its number, when it was due, and what the relay has signed of the envelope."""

    number: int
    due: int
    relay: NamedRelay
    notices: Sequence[Notice]

    @property
    def who(self) -> str:
        return f"the relay of {self.relay.signed.checkpoint.origin}, under {state_of(self.relay.signed)},"

    @property
    def name(self) -> str:
        return f"turn {self.number}, which was due at {time_words(self.due)}"


def turn_verdict(found: Evidence, policy: Policy) -> Verdict:
    """What follows from evidence of kind `turn`; raises as `directory.evidence_verdict.verdict`."""
    head = found.head
    if not isinstance(head, BrokenTurn):
        raise Unfounded("this is no evidence about a turn")
    relay = named_relay(policy, found)
    relayed = decode(found.all("receipt")[0], Relayed)
    if open_relayed(relayed, relay.network_name, relay.receipts).network != relay.network:
        raise Unfounded("the receipt is of another network")
    header, leaf = _header(found.all("envelope")[0], relayed, relay), relayed.leaf
    notices = [_open_notice(each, leaf.envelope, relay) for each in found.all("notice")]
    if not 0 < head.turn < len(header.turns):
        raise Unfounded("the envelope has no such turn after its first")
    due = leaf.time + header.turns[head.turn]
    if due >= header.expires:
        raise Unfounded("the message expires before this turn is due")
    turn = _Turn(head.turn, due, relay, notices)
    proven, words, rests = _by_word(turn) or _by_silence(turn, head.at)
    if head.at and _NO_SIGN not in words:
        raise Unfounded("the accuser's time counts where there was no sign, and only there")
    checked = (
        *both_signed(relay.signed),
        relay.checked,
        f"both receipt keys have signed that the relay took envelope {leaf.envelope[:16]}… in at "
        f"{time_words(leaf.time)}; its bytes are here, and say that turn {head.turn} comes {due - leaf.time} seconds "
        "later",
        *(f"both have signed that turn {each.stage} was {each.event} at {time_words(each.at)}" for each in notices),
    )
    origin = relay.signed.checkpoint.origin
    facts = facts_of(relay.signed) | {"turn": head.turn, "due": due}
    return Verdict("turn", proven, words, checked, rests, origin, facts)


def _by_word(turn: _Turn) -> _Judged | None:
    """Whether it is proven, in which words, what is left open, by what the relay has signed; None if that says nothing
    of it. Raises Unfounded where the relay did as it should."""
    who = turn.who
    mine = [each for each in turn.notices if each.stage == turn.number]
    released = min((each for each in mine if each.event in RELEASED), key=lambda each: each.at, default=None)
    early = [each for each in mine if each.event == "released" and each.at < turn.due]
    if early:
        words = f"released {turn.name}, at {time_words(early[0].at)} already, by its own signed word"
        return True, f"{who} {words}", ()
    if released is not None and released.at < turn.due:
        return False, f"{who} hastened {turn.name}, at {time_words(released.at)}, with no order", (_NO_ORDER,)
    if released is not None and released.at > turn.due + GRACE:
        words = f"released {turn.name}, only at {time_words(released.at)}, by its own signed word"
        return True, f"{who} {words}", (_DOWN,)
    if released is not None:
        raise Unfounded("the relay released this turn when it was due")
    if any(each.event == "stopped" for each in mine):
        return False, f"{who} says that {turn.name}, was stopped, and not by whom", (_NO_END,)
    if any(each.event in RELEASED and each.stage > turn.number for each in turn.notices):
        return False, f"{who} went on past {turn.name}, to a later one", (_NO_NOTICE, _NO_END)
    return None


def _by_silence(turn: _Turn, at: int) -> _Judged:
    """The same where the relay has signed nothing of it until `at`, by the accuser's clock."""
    if at <= turn.due + GRACE:
        raise Unfounded("the turn was not overdue when the accuser had last heard from the relay")
    return False, f"{turn.who} {_NO_SIGN} until {time_words(at)} of {turn.name}", (_NO_NOTICE, _NO_END, _DOWN)


def _header(raw: bytes, relayed: Relayed, relay: NamedRelay) -> Header:
    """The header of the envelope that the receipt is for."""
    if sha256(raw).hexdigest() != relayed.leaf.envelope:
        raise Unfounded("the receipt is for other bytes than this envelope")
    header = parse_envelope(raw).header
    if header.network != relay.network:
        raise Unfounded("the envelope is of another network")
    return header


def _open_notice(raw: bytes, envelope: str, relay: NamedRelay) -> Notice:
    """A notice of this relay about the envelope."""
    note = parse_note(raw, MOST_LINE_BYTES)
    check_both(note, receipt_name(relay.network_name), relay.receipts)
    notice = read_body(note.text, TYPES[Notice], Notice)
    if (notice.network, notice.envelope) != (relay.network, envelope):
        raise Unfounded("a notice is about another envelope, or of another network")
    return notice
