"""A case as an officer reads it: who is in it, what was done and said in order, who may read each message, what waits.

Rows for people and the same for programs. Fixed words are in the reader's language; whatever others wrote is made safe
by `desk.safe_text`. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from desk.cases.acts import (
    Act,
    EndGuest,
    Exclude,
    Guest,
    HandOver,
    Invite,
    Join,
    Leave,
    Open,
    Say,
    ToContact,
    ToDevice,
    ToOfficer,
)
from desk.cases.case_places import short
from desk.cases.case_words import said
from desk.cases.fold import NEVER, Case, Entry, Stay
from desk.cases.held import HeldCase, HeldEvent
from desk.cases.locks import readers
from desk.cases.reading import may_read
from desk.mail.message import SealedFile
from desk.mail.shown import file_row, headline
from desk.safe_text import line
from desk.terminal import stamp
from directory.view import View

SHORT = 8
MOST_LISTED = 80


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose eyes: the directory and the device of this desk, the time, the reader's language; and the messages of which
    nothing may stand in the file that this goes into, if it goes into one."""

    view: View
    device: str
    now: int
    language: str
    withheld: frozenset[str] = frozenset()

    def word(self, name: str) -> str:
        """A fixed word of the page."""
        return said("page", name, self.language)


def case_plain(held: HeldCase, eyes: Eyes) -> dict[str, Any]:
    """A case for programs."""
    case = held.case
    plain: dict[str, Any] = {"case": held.id, "title": held.title, "known": case is not None, "events": []}
    plain["exercise"] = is_exercise(held)
    plain |= {"passed_over": list(held.passed_over), "missing": list(missing(held)), "erased": dict(held.erased)}
    if case is None:
        return plain | {"waiting": sorted(held.events)}
    plain |= {
        "members": {each: {"by": member.by, "may_invite": member.may_invite} for each, member in case.members.items()},
        "invited": {each: {"by": member.by, "may_invite": member.may_invite} for each, member in case.invited.items()},
        "guests": [
            {"officer": each.officer, "by": each.by, "until": each.until, "in": each.joined is not None}
            for each in staying(case, eyes.now)
        ],
        "waiting": [each.id for each in case.waiting],
        "unproven": [each.id for each in case.unproven],
        "events": [_entry_plain(held, entry, at, eyes) for at, entry in enumerate(case.entries, 1)],
    }
    return plain


def _entry_plain(held: HeldCase, entry: Entry, at: int, eyes: Eyes) -> dict[str, Any]:
    event, signed = held.events[entry.signed.id], entry.signed
    plain: dict[str, Any] = {
        "place": at,
        "id": signed.id,
        "act": signed.kind,
        "at": entry.at,
        "contact": signed.contact,
        "officer": signed.officer,
        "device": signed.device,
        "to": list(signed.to),
        "why": entry.why or "",
        "number": event.number,
        "handed_by": event.by.contact if event.by is not None else "",
    }
    if isinstance(signed.event.act, Say) and held.case is not None:
        reading = may_read(held.case, eyes.view, signed.id, eyes.device, eyes.now)
        plain |= {
            "by": reading.by or "",
            "why_not": reading.why_not or "",
            "readers": _readers_plain(held, entry, eyes),
        }
    return plain


def _readers_plain(held: HeldCase, entry: Entry, eyes: Eyes) -> dict[str, list[str]]:
    return {who: list(able) for who, able, _ in _who_reads(held, entry, eyes) if able}


def case_lines(held: HeldCase, eyes: Eyes) -> list[str]:
    """A case for people."""
    head = f"{eyes.word('case')} {held.id[:SHORT]}  {line(held.title)}".rstrip()
    opening = held.events.get(held.id)
    if is_exercise(held):
        head = f"{eyes.word('exercise')}  {head}"
    case = held.case
    if case is None:
        words = eyes.word("not-begun" if opening is None else "not-proven")
        return [head, words, *_left(held, eyes)]
    return [head, *_people(case, eyes), "", *_thread(held, case, eyes), *_left(held, eyes)]


def is_exercise(held: HeldCase) -> bool:
    """Whether a case was opened as an exercise, as far as its opening is here."""
    opening = held.events.get(held.id)
    return opening is not None and opening.message.exercise


def file_rows(event: HeldEvent, came: Mapping[SealedFile, int], eyes: Eyes) -> list[str]:
    """The files of what was said: in which message of this desk each `came`, to be saved from there, or that it did not
    come along with what was handed over."""
    rows = list[str]()
    for file in event.message.attachments:
        number = came.get(file, 0)
        how = f"{eyes.word('save-with')} enlace read {number} --save" if number else eyes.word("not-along")
        rows.append(line(file_row(file, eyes.language, how)))
    return rows


def staying(case: Case, now: int) -> list[Stay]:
    """The stays of guests that run, or may yet begin."""
    return [each for each in case.stays if each.ended == NEVER and now < each.until]


def _people(case: Case, eyes: Eyes) -> Iterator[str]:
    for name, found in (("members", case.members), ("invited", case.invited)):
        for number, (contact, member) in enumerate(sorted(found.items())):
            opened = member.by == contact
            how = eyes.word("opened") if opened else f"{eyes.word('by')} {member.by}"
            may = f", {eyes.word('may-invite')}" if member.may_invite and not opened else ""
            yield f"{eyes.word(name) if not number else '':<12}{contact} ({how}{may})"
    for number, stay in enumerate(staying(case, eyes.now)):
        record = eyes.view.officers.get(stay.officer)
        member_name = record.member if record is not None else "?"
        state = "" if stay.joined is not None else f", {eyes.word('not-joined')}"
        until = f"{eyes.word('until')} {stamp(stay.until)}"
        name = eyes.word("guests") if not number else ""
        yield f"{name:<12}{stay.officer[:SHORT]} ({member_name}, {eyes.word('by')} {stay.by}), {until}{state}"


def _thread(held: HeldCase, case: Case, eyes: Eyes) -> Iterator[str]:
    for at, entry in enumerate(case.entries, 1):
        event = held.events[entry.signed.id]
        named = f"  {short(entry.signed.id)}" if isinstance(entry.signed.event.act, Say) else ""
        yield f"{at:>4}  {stamp(entry.at)}  {entry.signed.contact:<16} {act_words(event, eyes)}{named}"
        if entry.why is not None:
            yield f"{'':22}{eyes.word('no-effect')}: {said('why', entry.why, eyes.language)}"
        if event.by is not None:
            giver = f"{event.by.contact} ({event.by.device[:SHORT]}), {stamp(event.by.at)}"
            yield f"{'':22}{eyes.word('handed-by')} {giver}"
        if isinstance(entry.signed.event.act, Say):
            yield from _say_lines(held, case, entry, eyes)


def _say_lines(held: HeldCase, case: Case, entry: Entry, eyes: Eyes) -> Iterator[str]:
    event = held.events[entry.signed.id]
    reading = may_read(case, eyes.view, entry.signed.id, eyes.device, eyes.now)
    if reading.allowed and entry.signed.id in eyes.withheld:
        yield f"{'':22}{eyes.word('withheld')}"
    elif reading.allowed:
        files = f", {len(event.message.attachments)} {eyes.word('files')}" if event.message.attachments else ""
        alone = msgspec.structs.replace(event.message, case_event=msgspec.UNSET)
        subject = line(headline(alone, eyes.language), MOST_LISTED)
        yield f"{'':22}{subject}  [TLP:{event.message.handling.tlp}{files}]"
        yield f"{'':22}{eyes.word('to')} {', '.join(entry.signed.to) or '-'}"
    else:
        yield f"{'':22}{eyes.word('locked')}: {said('why-not', reading.why_not or 'stranger', eyes.language)}"
    able = [f"{who} {len(found)}/{count}" for who, found, count in _who_reads(held, entry, eyes)]
    yield f"{'':22}{eyes.word('readers')}: {', '.join(able) or '-'}"


def _who_reads(held: HeldCase, entry: Entry, eyes: Eyes) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """For whom a message was, and who is in the case now: the devices that may read it, and of how many."""
    case, view, now = held.case, eyes.view, eyes.now
    if case is None:
        return
    contacts = dict.fromkeys((*entry.signed.audience, *case.members))
    seen = set[str]()
    for contact in contacts:
        devices = view.contact_devices(contact, now) if contact in view.contacts else ()
        seen.update(devices)
        yield contact, readers(held, view, entry.signed.id, devices, now), len(devices)
    for officer in case.guests(now):
        devices = tuple(each for each in view.live_devices(officer, now) if each not in seen)
        yield (
            f"{eyes.word('guest')} {officer[:SHORT]}",
            readers(held, view, entry.signed.id, devices, now),
            len(devices),
        )


def act_words(event: HeldEvent, eyes: Eyes) -> str:
    """What an event is, in a few words of the reader's language, and whom it is about."""
    act: Act = event.signed.event.act
    name = said("act", event.signed.kind, eyes.language)
    return line(": ".join(each for each in (name, _about(act, eyes)) if each))


def _about(act: Act, eyes: Eyes) -> str:
    match act:
        case Open(title=title):
            return title
        case Invite(contact=contact, may_invite=may_invite):
            return f"{contact}, {eyes.word('may-invite')}" if may_invite else contact
        case Exclude(contact=contact):
            return contact
        case Guest(officer=officer, until=until):
            return f"{officer[:SHORT]}, {eyes.word('until')} {stamp(until)}"
        case EndGuest(officer=officer):
            return officer[:SHORT]
        case HandOver(messages=messages, receiver=receiver):
            return f"{len(messages)} -> {receiver_words(receiver)}"
        case Join(guest=guest) | Leave(guest=guest) | Say(guest=guest):
            return eyes.word("as-guest") if guest else ""


def receiver_words(receiver: ToDevice | ToOfficer | ToContact) -> str:
    """Whom something is handed to."""
    match receiver:
        case ToDevice(device=device):
            return f"device {device[:SHORT]}"
        case ToOfficer(officer=officer):
            return f"officer {officer[:SHORT]}"
        case ToContact(contact=contact):
            return contact


def missing(held: HeldCase) -> tuple[str, ...]:
    """The messages that others had seen, or hand over, and that this desk was not given; by hash. What was erased here
    is not among them."""
    return tuple(sorted(named_by(held.events.values()) - held.events.keys() - held.erased.keys()))


def named_by(events: Iterable[HeldEvent]) -> set[str]:
    """The messages, by hash, that events name: that their signers had seen, or hand over."""
    named = set[str]()
    for event in events:
        act = event.signed.event.act
        named.update(event.signed.seen, act.messages if isinstance(act, HandOver) else ())
    return named


def _left(held: HeldCase, eyes: Eyes) -> Iterator[str]:
    """What has no place in the thread: missing, waiting, unproven, passed over."""
    lacking = missing(held)
    if lacking:
        yield f"{len(lacking)} {eyes.word('missing')}"
    for name, at in held.erased.items():
        yield f"{eyes.word('erased')}: {stamp(at)} ({name[:SHORT]})"
    case = held.case
    waiting = case.waiting if case is not None else ()
    for signed in waiting:
        event = held.events[signed.id]
        words = f"{act_words(event, eyes)} ({signed.contact}, {stamp(event.message.at)})"
        yield f"{eyes.word('waits')}: {words}"
    for signed in case.unproven if case is not None else ():
        event = held.events[signed.id]
        words = f"{act_words(event, eyes)} ({signed.contact}, {stamp(event.message.at)})"
        yield f"{eyes.word('unproven')}: {words}"
    for words in held.passed_over:
        yield f"{eyes.word('passed-over')}: {line(words)}"
