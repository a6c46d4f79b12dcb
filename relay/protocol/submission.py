"""What is handed in at once: an envelope, and the signed call of each of its turns that is one.

    enlace/submission/v1
    {"calls":["enlace/call/v1\\n…"]}
    enlace/envelope/v1
    …

1. An envelope without calls is handed in as it is. One with calls is never handed in without them: the call of each,
   in order, stands before it, and a relay takes all of it in or nothing. So no crash leaves an envelope whose clock
   runs out into nothing.
2. What the calls say, and who signed them, is checked by whoever knows the directory: the relay, and the desk that is
   called. `check_call` says whether one belongs to its envelope.
"""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from directory.canonical import Malformed, decode, encode
from relay.protocol.envelope import MOST_CALLS, MOST_ENVELOPE_BYTES, Envelope, Header, parse_envelope
from relay.protocol.lines import MOST_LINE_BYTES, Call

SUBMISSION_TYPE = b"enlace/submission/v1\n"
_MOST_HEAD = 2 * MOST_CALLS * MOST_LINE_BYTES
MOST_SUBMISSION_BYTES = len(SUBMISSION_TYPE) + _MOST_HEAD + 1 + MOST_ENVELOPE_BYTES


class _Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    calls: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=MOST_CALLS)]


@dataclass(frozen=True, slots=True)
class Submission:
    """An envelope, and the call lines that come with it, in the order of its calls."""

    envelope: Envelope
    calls: tuple[bytes, ...] = ()


def write_submission(submission: Submission) -> bytes:
    """The bytes to hand in; refuses (Malformed) what a reader would refuse, by reading it."""
    if not submission.calls:
        return submission.envelope.raw
    head = encode(_Head(calls=tuple(each.decode() for each in submission.calls)))
    raw = SUBMISSION_TYPE + head + b"\n" + submission.envelope.raw
    parse_submission(raw)
    return raw


def parse_submission(raw: bytes) -> Submission:
    """What was handed in; raises Malformed for whatever breaks rule 1 or is not written canonically."""
    calls: tuple[str, ...] = ()
    if raw.startswith(SUBMISSION_TYPE):
        end = raw.find(b"\n", len(SUBMISSION_TYPE), len(SUBMISSION_TYPE) + _MOST_HEAD + 1)
        if end < 0:
            raise Malformed("the calls handed in with an envelope have no end")
        calls = decode(raw[len(SUBMISSION_TYPE) : end], _Head, _MOST_HEAD).calls
        raw = raw[end + 1 :]
    envelope = parse_envelope(raw)
    if len(calls) != len(envelope.header.calls):
        raise Malformed("an envelope is handed in with the signed line of each of its calls")
    return Submission(envelope, tuple(each.encode() for each in calls))


def check_call(call: Call, header: Header, envelope: str, number: int) -> None:
    """Return if `call` is what the header says of call `number` (from 0) of the envelope of that hash; raise Malformed
    if not."""
    named = header.calls[number]
    said = (call.envelope, call.device, call.precedence, call.stage, call.after, call.devices)
    shown = (envelope, header.sender, header.precedence, len(header.stages) + number, named.after, named.devices)
    if said != shown:
        raise Malformed(f"call {number} says something else than the envelope it comes with")
