"""Who of a case may get something now, as far as this desk knows; asked when it is written, and when it is sealed.

A1  What is said goes to members and to guests of this hour; what is handed over, to members, to those invited (acts
    alone), to guests and those invited as guests, and to officers of the contact that hands it over.
A2  An act that puts somebody out counts here before it has its place: one that waits in this desk's own outbox, that
    is not proven yet, or that waits for another. So long as whoever signed it might, is in,
    and has a live device: else who was put out silences others by an act that waits for ever. Who sends less than is
    due can send the rest later; nobody calls anything back.
A3  A guest is one by the later of this machine's clock, what this profile has seen, and the relay's receipts in the
    case; and while a live device of the officer serves the contact in whose name the officer joined.
A4  An act alone is stopped by nothing here: it says nothing but itself, and an exclusion must not wait for another's
    leaving.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from desk.cases.acts import EndGuest, Exclude, Leave, Say
from desk.cases.fold import NEVER, Case, Signed
from desk.cases.held import HeldCase
from desk.errors import Declined
from desk.mail.content import HandedOver
from desk.mail.message import Message
from directory.view import View


@dataclass(frozen=True, slots=True)
class Audience:
    """Contacts that are in, those invited, officers who are guests, those invited as such; and who is about to go."""

    members: tuple[str, ...]
    invited: tuple[str, ...]
    guests: tuple[str, ...]
    invited_guests: tuple[str, ...]
    going: tuple[str, ...]


def audience(case: Case, view: View, now: int) -> Audience:
    """Who may get something of a case at `now`, the later of this machine's clock and what was seen."""
    out = {target for target, _ in going(case, view, now)}
    waiting = (each for each in case.stays if each.joined is None and each.ended == NEVER)
    staying = (each for each in case.staying(now) if _serves(view, each.officer, each.contact, now))
    return Audience(
        members=_without(sorted(case.members), out),
        invited=_without(sorted(case.invited), out),
        guests=_without(sorted(each.officer for each in staying), out),
        invited_guests=_without((each.officer for each in waiting if case.time(now) < each.until), out),
        going=tuple(sorted(out)),
    )


def standing(case: Case, view: View, device: str, now: int) -> str:
    """How the officer of a device stands in a case: *in*, *invited*, a *guest*, *invited-guest*, or *out*."""
    found = audience(case, view, now)
    officer = view.devices[device].officer if device in view.devices else ""
    if any(view.serves(device, each, view.size, now) for each in found.members):
        return "in"
    if officer in found.guests:
        return "guest"
    if any(view.serves(device, each, view.size, now) for each in found.invited):
        return "invited"
    return "invited-guest" if officer in found.invited_guests else "out"


def case_sealed_in(message: Message) -> str:
    """The case in which a message says something, or hands something over; empty for any other."""
    content, event = message.content, message.case_event
    if isinstance(content, HandedOver):
        return content.case
    said = event is not msgspec.UNSET and isinstance(event.act, Say)
    return event.case if said and event is not msgspec.UNSET and event.case is not msgspec.UNSET else ""


def check_audience(held: HeldCase, view: View, message: Message, now: int) -> None:
    """Return if something said in a case, or handed over, may be sealed to those it names; raise Declined if not."""
    content = message.content
    if held.case is None:
        raise Declined("who is in this case is not known here any more, so it is sealed to nobody")
    found = audience(held.case, view, now)
    contacts, officers = {*found.members, message.sender.contact}, {*found.guests, _officer(view, message)}
    if isinstance(content, HandedOver):
        contacts |= set(found.invited) if content.act is msgspec.UNSET else set()
        officers |= {*found.invited_guests, *_colleagues(view, message, now)}
    out = [each for each in message.contacts if each not in contacts]
    out += [f"officer {each[:8]}" for each in message.officers if each not in officers]
    if out:
        words = f"{', '.join(out)} went out of the case after this was written, so it is sealed to nobody"
        raise Declined(f"{words}; say it anew, to those who are in it")


def _without(names: Iterable[str], out: set[str]) -> tuple[str, ...]:
    return tuple(each for each in names if each not in out)


def _officer(view: View, message: Message) -> str:
    return view.devices[message.sender.device].officer


def _colleagues(view: View, message: Message, now: int) -> Iterable[str]:
    """The officers of the contact that hands something over, and have a live device there."""
    contact = message.sender.contact
    return {view.devices[each].officer for each in view.contact_devices(contact, now)}


def _serves(view: View, officer: str, contact: str, now: int) -> bool:
    return any(view.serves(each, contact, view.size, now) for each in view.live_devices(officer, now))


def going(case: Case, view: View, now: int) -> Iterable[tuple[str, Signed]]:
    """Contacts and officers whom an act without a place yet puts out (A2), each with that act."""
    for each in (*case.waiting, *case.unproven):
        if not view.serves(each.device, each.contact, view.size, now):
            continue
        if (target := _put_out(case, each)) is not None:
            yield target, each


def _put_out(case: Case, signed: Signed) -> str | None:
    """Whom an act puts out, if its signer might do that; None if nobody."""
    act, opener = signed.event.act, case.opening.contact
    if isinstance(act, Leave):
        return signed.officer if act.guest else signed.contact
    if isinstance(act, Exclude):
        member = case.members.get(act.contact) or case.invited.get(act.contact)
        may = member is not None and act.contact != opener and signed.contact in (member.by, opener)
        return act.contact if may and signed.contact in case.members else None
    if isinstance(act, EndGuest):
        by = {each.by for each in case.stays if each.officer == act.officer}
        return act.officer if signed.contact in {*by, opener} and signed.contact in case.members else None
    return None
