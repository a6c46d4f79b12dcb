"""What may be done with a message: its handling against an act that somebody intends. Pure; `now` is an argument.

H1  After the time it was to be kept for, nothing may be done with it; it is to be erased (`due`).
H2  Contacts the message was for, and its sender's, are *named*. Answering, and passing it on, among them is free.
H3  TLP:RED is passed on to nobody who is not named, not exported and not printed. No consent lifts that: who sent it
    sends it to others, or again under another mark.
H4  To other contacts of one's own member it may go, but for H3, H6 and H7. To another member of the network:
    AMBER+STRICT and AMBER with consent, GREEN and CLEAR freely. Out of the network: CLEAR alone freely. (The clients
    that TLP:AMBER speaks of are nobody a directory knows: they take consent.)
H5  The third-party rule (`onward`) comes on top, for everybody who is neither named nor of one's own member: with *ask*
    it takes consent, with *no* it is refused.
H6  Data about a victim take consent for whoever is not named, and for export. To a consular contact they go only if
    the victim has consented to that; *no*, *withheld* and nothing said are refusals, whoever asks, the sender too.
    (What goes back to the consular contact that sent it tells that one nothing.)
H7  Another purpose than the one it was given for takes consent, for every act but an answer.
H8  Export takes consent for AMBER+STRICT, under *onward: no* and for data about a victim: outside, no desk keeps these
    rules. Paper, but for H3, stays with the reader's own authority, with its marks printed on it.
H9  The sender's own contact may do anything with its own, but for H1, H3's export and print, and what H6 says of
    consular contacts.
H10 Consent counts if the sender's contact signed it (proven: taken in by the relay from a device that served it), for
    this message, act and receiver, for the purpose, in its time, and has not taken it back. What takes it back needs no
    proof: a relay that keeps a receipt to itself keeps no consent alive. Only *needs consent* is lifted by it.
H11 Whoever passes something on keeps its marks: no looser TLP, onward or retention, the same purpose and grading, and
    that it is about a victim (`loosened`).
H12 What carries other messages inside is judged for itself and for each of them, the strictest of all holds, and a
    consent is that of whose message it is: so a message does not lose its marks on the way (`strictest`).

A modified desk can ignore every one of these for what it can read. They bind honest desks, and are what a court can
hold against the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

import msgspec

from desk.handling.marks import Handling
from directory.fields import ContactId, Hash, Time
from directory.folding import fold

NEVER = 2**62
MOST_PURPOSE = 400  # characters
MOST_WHY = 4000  # characters of why something is asked for, or refused
CONSULAR = "consular"
Act = Literal["answer", "forward", "export", "print"]
Verdict = Literal["allowed", "needs-consent", "refused"]
Reason = Literal[
    "erased", "red", "beyond-organisation", "beyond-clients", "beyond-network", "third-party", "no-onward", "victim",
    "consular", "purpose", "export",
]  # fmt: skip
ConsularConsent = Literal["", "yes", "no", "withheld"]
ACTS: tuple[Act, ...] = get_args(Act)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
REASONS: tuple[Reason, ...] = get_args(Reason)
_FINAL: frozenset[Reason] = frozenset({"erased", "red", "no-onward", "consular"})
TLP_ORDER = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # the later, the stricter
ONWARD_ORDER = ("yes", "ask", "no")


class Piece(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """What is signed about consent, fit to stand in a message; `message` is the hash of the signed text it is about."""


class AskConsent(Piece, frozen=True, kw_only=True, tag="ask"):
    """The sender is asked whether something may be done; `contact` is who would receive it, or do it."""

    message: Hash
    act: Literal["forward", "export", "print"]
    contact: ContactId
    purpose: Annotated[str, msgspec.Meta(max_length=MOST_PURPOSE)] = ""
    text: Annotated[str, msgspec.Meta(max_length=MOST_WHY)] = ""


class GiveConsent(Piece, frozen=True, kw_only=True, tag="give"):
    """The sender allows it, to this contact, for this purpose (empty: the message's), until a time (0: no end)."""

    message: Hash
    act: Literal["forward", "export", "print"]
    contact: ContactId
    purpose: Annotated[str, msgspec.Meta(max_length=MOST_PURPOSE)] = ""
    until: Time = 0


class RefuseConsent(Piece, frozen=True, kw_only=True, tag="refuse"):
    """The sender does not allow what was asked, and may say why."""

    asked: Hash
    text: Annotated[str, msgspec.Meta(max_length=MOST_WHY)] = ""


class TakeBackConsent(Piece, frozen=True, kw_only=True, tag="take-back"):
    """A consent no longer counts, from when the relay took this in."""

    consent: Hash


ConsentEvent = AskConsent | GiveConsent | RefuseConsent | TakeBackConsent


@dataclass(frozen=True, slots=True)
class SignedConsent:
    """Something signed about consent: the hash of its text, in whose name, when the relay took it in.

    `taken_in` is None while nothing proves it.
    """

    id: str
    contact: str
    taken_in: int | None
    event: ConsentEvent


@dataclass(frozen=True, slots=True)
class Party:
    """A contact, its member (empty: outside the network) and the function it has."""

    contact: str
    member: str = ""
    function: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A message as it is held: the hash of its text, its sender, the contacts it was for, how it is to be handled.

    `erase_at` is when it is to be erased; `victim` whether it holds data about a victim, and `consular` what that
    person has said of consular contact.
    """

    message: str
    sender: Party
    named: tuple[str, ...]
    handling: Handling
    erase_at: int = NEVER
    victim: bool = False
    consular: ConsularConsent = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody is about to do: which act, as whom, for whom (answer, forward), for which purpose if another."""

    act: Act
    reader: Party
    to: Party | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may be done, every reason that stands against it, and the consent that lifted them, if one did."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    consent: str = ""


def decide(held: Held, intent: Intent, consents: Iterable[SignedConsent], now: int) -> Decision:
    """Whether `intent` may be done with `held` at `now`; refuses (ValueError) a passing on that names nobody."""
    if intent.act in ("answer", "forward") and intent.to is None:
        raise ValueError("say to whom it is to go")
    reasons = _reasons(held, intent, now)
    if not reasons:
        return Decision("allowed")
    if _FINAL.intersection(reasons):
        return Decision("refused", reasons)
    consent = counting(held, intent, consents, now)
    return Decision("needs-consent", reasons) if consent is None else Decision("allowed", reasons, consent.id)


def _reasons(held: Held, intent: Intent, now: int) -> tuple[Reason, ...]:
    """Every reason against it, in the order of the rules."""
    if now >= held.erase_at:
        return ("erased",)
    found = [*_consular(held, intent)]
    own = intent.reader.contact == held.sender.contact
    if held.handling.tlp == "RED" and (intent.act in ("export", "print") or (not own and not _is_named(held, intent))):
        found.append("red")
    if own:
        return tuple(found)
    if intent.act == "export":
        found += ["export"] * (held.handling.tlp == "AMBER+STRICT" or held.handling.onward == "no")
        found += ["victim"] * held.victim
    if intent.to is not None and intent.act in ("answer", "forward") and not _is_named(held, intent):
        found += _passing_on(held, intent.reader, intent.to)
    if intent.act != "answer" and _other_purpose(held, intent):
        found.append("purpose")
    return tuple(dict.fromkeys(found))


def _is_named(held: Held, intent: Intent) -> bool:
    """H2; of an act that goes nowhere, whether the reader is named."""
    to = intent.to if intent.act in ("answer", "forward") and intent.to is not None else intent.reader
    return to.contact in (*held.named, held.sender.contact)


def _consular(held: Held, intent: Intent) -> list[Reason]:
    """H6, of consular contacts."""
    to = intent.to if intent.act in ("answer", "forward") else None
    if not held.victim or to is None or to.function != CONSULAR or to.contact == held.sender.contact:
        return []
    return ["consular"] if held.consular != "yes" else []


def _passing_on(held: Held, reader: Party, to: Party) -> list[Reason]:
    """H4 to H6, of somebody who is not named."""
    victim: list[Reason] = ["victim"] if held.victim else []
    if to.member and to.member == reader.member:
        return victim
    tlp, onward = held.handling.tlp, held.handling.onward
    found: list[Reason] = []
    if tlp == "AMBER+STRICT":
        found.append("beyond-organisation")
    elif tlp == "AMBER":
        found.append("beyond-clients")
    elif tlp == "GREEN" and not to.member:
        found.append("beyond-network")
    if onward == "ask":
        found.append("third-party")
    elif onward == "no":
        found.append("no-onward")
    return found + victim


def _other_purpose(held: Held, intent: Intent) -> bool:
    """H7."""
    return bool(intent.purpose and held.handling.purpose) and not same_purpose(intent.purpose, held.handling.purpose)


def same_purpose(one: str, other: str) -> bool:
    """Whether two purposes are one: written alike, but for case, accents and punctuation (unless there is no more)."""
    return (fold(one), one if not fold(one) else "") == (fold(other), other if not fold(other) else "")


def counting(held: Held, intent: Intent, consents: Iterable[SignedConsent], now: int) -> SignedConsent | None:
    """The consent that lets `intent` be done at `now` (H10), the first that was given; None if there is none."""
    own = [each for each in consents if each.contact == held.sender.contact]
    taken_back = {each.event.consent for each in own if isinstance(each.event, TakeBackConsent)}
    receiver = intent.to if intent.act in ("answer", "forward") and intent.to is not None else intent.reader
    act = "forward" if intent.act == "answer" else intent.act
    fitting = (
        each
        for each in own
        if isinstance(each.event, GiveConsent)
        and each.taken_in is not None
        and each.taken_in <= now
        and each.id not in taken_back
        and (each.event.message, each.event.act, each.event.contact) == (held.message, act, receiver.contact)
        and (not each.event.until or now < each.event.until)
        and covers(each.event.purpose or held.handling.purpose, intent.purpose or held.handling.purpose)
    )
    return min(fitting, key=lambda each: (each.taken_in or 0, each.id), default=None)


def covers(given: str, wanted: str) -> bool:
    """Whether a consent for a purpose is one for another; a message without any is not bound to one."""
    return not given or same_purpose(given, wanted)


def strictest(decisions: Iterable[Decision]) -> Decision:
    """One decision for several messages that leave together (H12); raises ValueError for none."""
    found = tuple(decisions)
    worst = max(found, key=lambda each: VERDICTS.index(each.verdict))
    reasons = dict.fromkeys(reason for each in found for reason in each.reasons)
    return Decision(worst.verdict, tuple(reasons), next((each.consent for each in found if each.consent), ""))


def strictest_marks(marks: Iterable[Handling]) -> Handling:
    """The marks of the first, with the strictest TLP, onward and retention of all; raises ValueError for none."""
    found = tuple(marks)
    ends = [each.erase_at for each in found if each.erase_at]
    return msgspec.structs.replace(
        found[0],
        tlp=max((each.tlp for each in found), key=TLP_ORDER.index),
        onward=max((each.onward for each in found), key=ONWARD_ORDER.index),
        erase_at=min(ends, default=0),
        victim=any(each.victim for each in found),
    )


def loosened(held: Held, handling: Handling, erase_at: int) -> tuple[str, ...]:
    """The marks that would be looser, or other, if it were passed on under `handling` until `erase_at` (H11)."""
    old = held.handling
    found = {
        "tlp": TLP_ORDER.index(handling.tlp) < TLP_ORDER.index(old.tlp),
        "onward": ONWARD_ORDER.index(handling.onward) < ONWARD_ORDER.index(old.onward),
        "purpose": handling.purpose != old.purpose,
        "source": handling.source != old.source,
        "information": handling.information != old.information,
        "victim": held.victim and not handling.victim,
        "retention": erase_at > held.erase_at,
    }
    return tuple(name for name, is_so in found.items() if is_so)


def due(held: Iterable[Held], now: int) -> tuple[str, ...]:
    """The messages that are to be erased by `now` (H1), the longest due first."""
    return tuple(
        each.message for each in sorted(held, key=lambda each: (each.erase_at, each.message)) if now >= each.erase_at
    )
