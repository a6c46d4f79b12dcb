"""What can be done with a request: the acts that two sides sign, as they stand inside a message. Pure.

    {"act":{"kind":"refuse","reason":"dual-criminality","text":"…"},"after":["5f…"],"request":"9c…"}

1. The first is `send`: it names no request, because its own hash is the request's name from then on, and stands after
   nothing. Every other names the request and at least one event it stands after (`desk.events.order`).
2. A refusal has a reason that both sides read in their own language, and words: a request that is refused without a
   ground cannot be mended or contested (UNTOC art. 18(23) asks for reasons).
3. Free text says its language. Files travel as the message's attachments, a form beside the act.
4. A measure (data preserved, a person under arrest) may have another end than its instrument's: extended, shortened,
   over. Whoever holds it says so, and why (`Limit`).
5. Events may be lost on the way: withheld, or expired before a desk came for them. Whoever has them gives them again,
   as they were signed, with the relay's receipts (`Repeat`; `desk.mail.content`, C8): so nobody waits for ever.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from desk.events.form import After, check_place
from directory.canonical import Malformed, decode, encode
from directory.fields import Hash, Language, Time

MOST_EVENT_BYTES = 96 << 10
MOST_TEXT = 20_000
MOST_REFERENCE = 200

Text = Annotated[str, msgspec.Meta(max_length=MOST_TEXT)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_TEXT)]
Reference = Annotated[str, msgspec.Meta(max_length=MOST_REFERENCE)]
RefusalReason = Literal[
    "not-in-form",
    "sovereignty",
    "domestic-law",
    "legal-system",
    "dual-criminality",
    "wrong-authority",
    "incomplete",
    "other",
]
CloseReason = Literal["done", "withdrawn", "settled-otherwise", "duplicate"]
Limited = Literal["expected", "preservation", "provisional-arrest"]
Measure = Literal["preservation", "provisional-arrest"]
Instrument = Annotated[str, msgspec.Meta(pattern=r"\A([a-z0-9]+(-[a-z0-9]+){0,7})?\Z", max_length=60)]
Channel = Literal[
    "diplomatic", "interpol", "central-authority", "liaison-officer", "post", "e-mail", "telephone", "other"
]


# The forms by which a measure may have been asked for, by their names; the first is for that measure alone.
MAY_ASK: Mapping[Measure, tuple[str, ...]] = MappingProxyType(
    {
        "preservation": ("urgent-preservation", "mutual-legal-assistance", "general-message"),
        "provisional-arrest": ("provisional-arrest", "extradition", "general-message"),
    }
)


class Piece(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """An act. `language` is that of its text."""

    language: Language | msgspec.UnsetType = msgspec.UNSET


class Send(Piece, frozen=True, kw_only=True, tag="send"):
    """The request is made. `form` is the form it is made with, `under` the instrument it rests on, by its code (empty:
    not said), `follows` an earlier request that it follows up."""

    form: Annotated[str, msgspec.Meta(pattern=r"\A([a-z-]{1,60}/[0-9]{1,4})?\Z")] = ""
    under: Instrument = ""
    follows: Hash | msgspec.UnsetType = msgspec.UNSET
    text: Text = ""


class Receive(Piece, frozen=True, kw_only=True, tag="receive"):
    """It was received, under a reference of the asked side's own."""

    reference: Reference = ""
    text: Text = ""


class Accept(Piece, frozen=True, kw_only=True, tag="accept"):
    """It will be executed; `expected`, if not 0, by when; `since`, if not 0, since when the measure holds."""

    reference: Reference = ""
    expected: Time = 0
    since: Time = 0  # data are preserved, a person is under arrest
    text: Text = ""


class Refuse(Piece, frozen=True, kw_only=True, tag="refuse"):
    """It, or the rest of it, will not be executed, and why."""

    reason: RefusalReason
    text: Words


class Ask(Piece, frozen=True, kw_only=True, tag="ask"):
    """A question to the other side."""

    text: Words


class Answer(Piece, frozen=True, kw_only=True, tag="answer"):
    """The answer to the question of that hash."""

    to: Hash
    text: Words


class Part(Piece, frozen=True, kw_only=True, tag="part"):
    """Part of the result; more may come. `since`, if not 0, is when a measure that was asked for began to hold."""

    since: Time = 0
    text: Words


class Complete(Piece, frozen=True, kw_only=True, tag="complete"):
    """Everything has been done."""

    text: Text = ""


class Close(Piece, frozen=True, kw_only=True, tag="close"):
    """The asking side needs nothing more: because it is done, or whatever else."""

    reason: CloseReason
    text: Text = ""


class Via(Piece, frozen=True, kw_only=True, tag="via"):
    """It, or something of it, went by another channel too: which, when, and under what reference there."""

    channel: Channel
    reference: Reference = ""
    at: Time
    text: Text = ""


class Limit(Piece, frozen=True, kw_only=True, tag="limit"):
    """Until when a measure holds, or by when the result is expected, told anew, and why; `until` 0: it runs no more."""

    timer: Limited
    until: Time = 0
    text: Words


class Repeat(Piece, frozen=True, kw_only=True, tag="repeat"):
    """The events beside it, which the other side may lack, are given again (rule 5)."""


Act = Send | Receive | Accept | Refuse | Ask | Answer | Part | Complete | Close | Via | Limit | Repeat
ACTS: tuple[type[Act], ...] = (Send, Receive, Accept, Refuse, Ask, Answer, Part, Complete, Close, Via, Limit, Repeat)


class RequestEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An act upon a request, and which events its signer had seen."""

    request: Hash | msgspec.UnsetType = msgspec.UNSET
    after: After = ()
    act: Act


def write_event(event: RequestEvent) -> bytes:
    """The event as canonical JSON; raises Malformed, saying why, for one that no reader would take."""
    raw = encode(event)
    read_event(raw)
    return raw


def read_event(raw: bytes) -> RequestEvent:
    """The event in canonical JSON; raises Malformed for everything else."""
    event = decode(raw, RequestEvent, MOST_EVENT_BYTES)
    check_event(event)
    return event


def check_event(event: RequestEvent) -> None:
    """Return if `event` keeps rule 1; raise Malformed, saying what is wrong. Also for one nested in a message."""
    otherwise = "the first event sends a request, and names none; every other names it and what it stands after"
    check_place(isinstance(event.act, Send), event.request, event.after, otherwise)
    if isinstance(event.act, Answer) and event.act.to == event.request:
        raise Malformed("an answer names the question, not the request")
