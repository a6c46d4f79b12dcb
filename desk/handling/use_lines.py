"""What may be done with a message, in words for its reader: the marks, and each act with whose consent it takes."""

from typing import TYPE_CHECKING, Any

from desk.handling.agreed import agreed_text, agreements
from desk.handling.consent_words import PLACES
from desk.handling.consents import rows
from desk.handling.inside import Inside, doubt, inside
from desk.handling.rules import (
    NEVER,
    Act,
    AskConsent,
    ConsentEvent,
    Decision,
    Intent,
    Party,
    Reason,
    Verdict,
    decide,
    strictest,
)
from desk.handling.rules import VERDICTS as VERDICT_ORDER
from desk.handling.stored import about_victim, erased_at, form_in, meant_purpose, pieces_of, reader_of, signed_consents
from desk.handling.victim import consent_record
from desk.handling.way_out import time_of
from desk.handling.words import ACTS, REASONS, VERDICTS
from desk.mail.content import Consent
from desk.mail.facts import Stored
from desk.mail.subjects import CONSENT
from desk.terminal import stamp
from directory.four_languages import OFFICIAL
from relay.protocol.receipts import Relayed

if TYPE_CHECKING:
    from desk.profile.unlocked import Unlocked

_FOREIGN = "another member"  # no member has such an id


def uses(desk: "Unlocked", stored: Stored) -> list[tuple[Act, str, Decision]]:
    """Each act, to where if it goes anywhere, and whether it may be done now."""
    view, now, identity = desk.replica().view, time_of(desk), desk.profile.identity
    reader = reader_of(view, identity.device, identity.member, stored.message, now)
    pieces = pieces_of(stored, view)
    consents = signed_consents(desk.mail.about(CONSENT), now)
    somewhere = {"own": Party("", reader.member), "network": Party("", _FOREIGN), "outside": Party("")}
    purpose = meant_purpose(stored.message, "forward", "")
    meant: list[tuple[str, Intent]] = [
        (place, Intent("forward", reader, to, purpose)) for place, to in somewhere.items()
    ]
    meant += [("", Intent("export", reader)), ("", Intent("print", reader))]
    return [
        (intent.act, place, strictest(decide(held, intent, consents, now) for held in pieces))
        for place, intent in meant
    ]


def use_lines(desk: "Unlocked", stored: Stored, language: str = "en") -> list[str]:
    """The lines under a message's head that say how it may be used."""
    at = OFFICIAL.index(language)
    lines = [f"Handling    {_marks(stored)}"]
    ends = erased_at(stored.message)
    if ends < NEVER:
        lines.append(f"Erased      {stamp(ends)}: here and on every honest desk")
    lines += [f"Victim      {each}" for each in _victim(stored)]
    if isinstance(stored.message.content, Consent):
        return lines + _asked(desk, stored, stored.message.content.event)
    lines += _grouped(desk, stored, at)
    for each in inside(stored.message):
        told = _judged(each, doubt(each, desk.replica().view))
        lines.append(f"Inside      {each.message.sender.contact}, {stamp(each.message.at)}: {told}")
    return lines + [f"Passed on   {agreed_text(each)}" for each in agreements(desk, stored)]


def _judged(found: Inside, why: str) -> str:
    """What is proven of a message inside, `why` it is not."""
    relayed = found.handed.relayed
    if why or not isinstance(relayed, Relayed):
        return f"NOT PROVEN: {why}"
    return f"signed by who it says, and taken in by the relay at {stamp(relayed.leaf.time)}: proven"


def _grouped(desk: "Unlocked", stored: Stored, at: int) -> list[str]:
    """What may be done, what takes consent and what is refused: a line for each, with the reasons."""
    found = dict[tuple[Verdict, tuple[Reason, ...]], list[str]]()
    for act, place, each in uses(desk, stored):
        where = f" {PLACES[place][at]}" if place else ""
        found.setdefault((each.verdict, each.reasons), []).append(f"{ACTS[act][at]}{where}")
    lines = []
    for (verdict, reasons), acts in sorted(found.items(), key=lambda each: VERDICT_ORDER.index(each[0][0])):
        why = f" ({'; '.join(REASONS[each][at] for each in reasons)})" if reasons else ""
        lines.append(f"Use         {VERDICTS[verdict][at]}: {', '.join(acts)}{why}")
    return lines


def _asked(desk: "Unlocked", stored: Stored, event: ConsentEvent) -> list[str]:
    """What something said about consent is about, and how it is answered."""
    found = next((each for each in rows(desk) if each.stored.number == stored.number), None)
    lines = [
        f"About       message {found.about}" if found and found.about else "About       a message that is not here"
    ]
    if isinstance(event, AskConsent) and stored.facts.direction != "out":
        number = stored.number
        lines.append(f"Answer      enlace consent give {number}, or enlace consent refuse {number}")
    return lines


def _marks(stored: Stored) -> str:
    marks = stored.message.handling
    graded = f", graded {marks.source or '-'}{marks.information or '-'}" if marks.source or marks.information else ""
    onward = {"ask": "ask who sent it before it goes further", "no": "not to third parties", "yes": "may go further"}
    return f"TLP:{marks.tlp}{graded}; {onward[marks.onward]}"


def _victim(stored: Stored) -> list[str]:
    if not about_victim(stored.message):
        return []
    filled = form_in(stored.message)
    record = consent_record(filled) if filled is not None else None
    told = ["data about a victim: to a consular contact only with that person's recorded yes"]
    if why := stored.message.handling.identified:
        told.append(f"named in it, and not by a pseudonym alone: {why}")
    if record is not None:
        told.append(f"consent record {record.hash[:16]}" + (f", of {record.agreed_on}" if record.agreed_on else ""))
    return told


def plain_uses(desk: "Unlocked", stored: Stored) -> list[dict[str, Any]]:
    """The same for programs, which are bound by it as the officer is."""
    return [
        {"act": act, "to": place, "verdict": each.verdict, "reasons": list(each.reasons), "consent": each.consent}
        for act, place, each in uses(desk, stored)
    ]


def plain_record(stored: Stored) -> str:
    """The hash of the victim's consent record that a message holds; empty if there is none."""
    filled = form_in(stored.message)
    record = consent_record(filled) if filled is not None else None
    return record.hash if record is not None else ""
