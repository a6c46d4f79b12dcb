"""A line that a device hands in about an envelope: its own, of this time, signed by both of its keys."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from crypto.signing import PublicPair
from relay.protocol.lines import LineError, StageOrder, Step, device_name, open_line, peek_line
from relay.protocol.problems import Refusal
from relay.rules.mailbox import CLOCK_SKEW

L = TypeVar("L", Step, StageOrder)
J = TypeVar("J")


def claimed_line(raw: bytes, kind: type[L], what: str, device: str, envelope: str, now: int) -> L:
    """The line before its signatures are checked; raises Refusal for another's, another envelope's, or a later time."""
    try:
        claimed = peek_line(raw, kind)
    except LineError as error:
        raise Refusal("malformed", f"the {what}: {error}") from error
    if (claimed.device, claimed.envelope) != (device, envelope):
        raise Refusal("not-allowed", f"the {what} is another device's, or about another envelope")
    if claimed.at > now + CLOCK_SKEW:
        raise Refusal("malformed", f"the {what}'s time is ahead: check this machine's clock")
    return claimed


def check_age(at: int, what: str, now: int) -> None:
    """Raise Refusal `line-old` for a line to be stored now that is dated longer ago than clocks may differ (L14)."""
    if at < now - CLOCK_SKEW:
        words = f"the {what} is dated more than 5 minutes back: sign it anew; if that is no help, check your clock"
        raise Refusal("line-old", words, rule="L14")


def signed_line(raw: bytes, kind: type[L], what: str, device: str, keys: PublicPair, network: tuple[str, str]) -> L:
    """The line with both signatures of the device; `network` is name and id. Raises Refusal."""
    try:
        return open_line(raw, kind, device_name(network[0], device), keys, network[1])
    except LineError as error:
        raise Refusal("signature-invalid", f"the {what}: {error}") from error


def answered(jobs: Sequence[J], take: Callable[[J], bytes]) -> list[bytes | Refusal]:
    """The line that stands after each job, in their order; that one is refused refuses no other."""
    answers: list[bytes | Refusal] = []
    for job in jobs:
        try:
            answers.append(take(job))
        except Refusal as refusal:
            answers.append(refusal)
    return answers
