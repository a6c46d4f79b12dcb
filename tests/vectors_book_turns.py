"""Vectors of evidence about a turn: what the relay's own signatures say of a stage or a call, and what they do not."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

from vectors_book_sealed import envelope_of, good_envelope, header
from vectors_world import NAME, pair

from directory.canonical import encode
from directory.evidence_file import BrokenTurn, Evidence, evidence
from relay.protocol.envelope import Called, Stage
from relay.protocol.lines import Event, Notice, receipt_name, write_line
from relay.protocol.receipts import Leaf, sign_receipts

Good = Callable[[str, str, Evidence, bool, tuple[int, int]], None]
Bad = Callable[[str, str, str, Evidence], None]
AT = header().time + 60  # of the receipt
CLOCK = 1800
HEARD = AT + 3 * CLOCK
NO = "unfounded"
EARLY = "a stage released early"


@cache
def envelope(**changed: Any) -> bytes:
    """An envelope with a stage and a call after its first stage."""
    first = header().stages[0]
    turns: dict[str, Any] = {"stages": (first, Stage(after=CLOCK, devices=()))}
    turns["calls"] = (Called(after=2 * CLOCK, devices=("ab" * 32,)),)
    raw = good_envelope()
    return envelope_of(header(**(turns | changed)), raw[raw.index(b"age-encryption.org") :])


def receipt(raw: bytes, keys: str = "receipt", network: str = "") -> bytes:
    """The relay's receipt for these bytes."""
    leaf = Leaf(envelope=sha256(raw).hexdigest(), tree_size=18, time=AT)
    return encode(sign_receipts([leaf], network or header().network, NAME, pair(keys), AT)[0])


def notice(stage: int, after: int, event: Event = "released", keys: str = "receipt", **changed: Any) -> bytes:
    """The relay's word of a turn, so long after its receipt."""
    about: dict[str, Any] = {"network": header().network, "envelope": sha256(envelope()).hexdigest(), "devices": ()}
    line = Notice(**(about | {"at": AT + after, "event": event, "stage": stage} | changed))
    return write_line(line, receipt_name(NAME), pair(keys))


def about(proof: bytes, turn: int, *notices: bytes, at: int = 0, **changed: bytes) -> Evidence:
    """Evidence about a turn of the envelope."""
    raw = changed.get("envelope", envelope())
    head, signed = BrokenTurn(turn=turn, at=at), changed.get("receipt", receipt(raw))
    return evidence(head, proof=proof, receipt=signed, envelope=raw, notices=notices)


def add_turns(good: Good, bad: Bad, proof: bytes, other: bytes, point: tuple[int, int]) -> None:
    """Enter the cases. `proof`: that the relay is named; `other`: another entry; both under the checkpoint `point`."""
    late = 2 * CLOCK + 301
    good(EARLY, "by the relay's own word", about(proof, 1, notice(1, CLOCK - 1)), True, point)
    good("a stage released late", "by the relay's own word", about(proof, 1, notice(1, CLOCK + 301)), True, point)
    good("a call made late", "after a stage in time", about(proof, 2, notice(1, CLOCK), notice(2, late)), True, point)
    good("a stage hastened", "an order may be kept back", about(proof, 1, notice(1, 5, "hastened")), False, point)
    good("hastened, and late all the same", "its own word", about(proof, 1, notice(1, 9000, "hastened")), True, point)
    good("a stage stopped", "and not by whom", about(proof, 1, notice(1, 60, "stopped")), False, point)
    good("a stage passed over", "the call came", about(proof, 1, notice(2, 2 * CLOCK)), False, point)
    good("no sign of a stage", "a claim", about(proof, 1, at=AT + CLOCK + 301), False, point)
    expired = notice(1, 60, "expired")
    good("a notice that says nothing of it", "it expired somewhere", about(proof, 1, expired, at=HEARD), False, point)

    bad("a stage in time", "nobody is accused", NO, about(proof, 1, notice(1, CLOCK)))
    bad("five minutes are no delay", "clocks differ", NO, about(proof, 1, notice(1, CLOCK + 300)))
    bad("the earlier of two notices", "in time", NO, about(proof, 1, notice(1, 9000), notice(1, CLOCK)))
    bad("heard too early", "the notice may be on its way", NO, about(proof, 1, at=AT + CLOCK + 300))
    bad("a time beside the relay's word", "it says nothing", NO, about(proof, 1, notice(1, 60), at=HEARD))
    bad("the first stage", "it comes with the receipt", NO, about(proof, 0, at=HEARD))
    bad("no such turn", "there are three", NO, about(proof, 3, at=HEARD))
    short = envelope(expires=AT + CLOCK)
    bad("a turn after the end", "of the message", NO, about(proof, 1, at=HEARD, envelope=short))
    bad("a receipt for other bytes", "than the envelope's", NO, about(proof, 1, envelope=short, receipt=receipt(b"x")))
    bad("an envelope that is none", "signed for", "wrong type line", about(proof, 1, envelope=b"x"))
    elsewhere = envelope(network="5f" * 32)
    bad("an envelope of another network", "signed for", NO, about(proof, 1, envelope=elsewhere))
    foreign = receipt(envelope(), network="5f" * 32)
    bad("a receipt of another network, for a turn", "by the same keys", NO, about(proof, 1, receipt=foreign))
    strange = receipt(envelope(), keys="receipt-2")
    bad(
        "a receipt by other keys, for a turn",
        "nobody named them",
        "signature missing",
        about(proof, 1, receipt=strange),
    )
    bad("a notice by other keys", "nobody named them", "signature missing",
        about(proof, 1, notice(1, 60, keys="receipt-2")))  # fmt: skip
    bad("a notice about another envelope", "of the same relay", NO, about(proof, 1, notice(1, 60, envelope="5f" * 32)))
    bad("a notice of another network", "by the same keys", NO, about(proof, 1, notice(1, 60, network="5f" * 32)))
    bad("no naming, for a turn", "of the relay's keys", NO, about(other, 1, notice(1, 60)))
