"""Which messages of cases an honest desk does not show any more, though it holds them. Pure.

L1  A message of a case is shown while this desk may read it (`desk.cases.reading`), and not after: a guest's time is
    over, the officer serves another contact, the device is out, what was to be erased was not erased yet. So is what
    was handed over.
L2  Where the case is not known here, or the message has no place in it yet, only what the message itself says counts:
    the officer serves a contact that it was for, or from, now, or it names the officer.
L3  Locked is not erased. Nothing is lost that a court may ask for, and a hand-over opens it again. It binds honest
    desks: whoever has this disk, the passphrase and another program reads what was once sealed to this device.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from desk.cases.acts import Say, as_guest
from desk.cases.case_words import said
from desk.cases.held import HeldCase, held_case
from desk.cases.reading import WhyNot, may_read
from desk.mail.content import HandedOver
from desk.mail.facts import Stored
from desk.mail.message import Message, stored_message
from desk.mail.opening import names_officer_of
from desk.mail.subjects import text_hash
from directory.view import View


class About(Protocol):
    """Where the messages about a subject are found: a desk's store."""

    def about(self, subject: str) -> list[Stored]:
        """The messages about a subject, oldest first."""


class Locks:
    """What one desk may show of the cases in its store, at one time; every case is looked at once."""

    def __init__(self, mail: About, view: View, device: str, now: int) -> None:
        self._mail, self._view, self._device, self._now = mail, view, device, now
        self._cases: dict[str, HeldCase] = {}

    def why(self, stored: Stored) -> WhyNot | None:
        """Why a stored message is not shown; None if it is, and for whatever belongs to no case."""
        message = stored.message
        if isinstance(message.content, HandedOver):
            return self._package(message, message.content)
        event = message.case_event
        if event is msgspec.UNSET or not isinstance(event.act, Say) or event.case is msgspec.UNSET:
            return None
        return self._one(event.case, text_hash(stored_message(stored.note)[1]), message)

    def held(self, case: str) -> HeldCase:
        """Everything this desk holds of a case."""
        if case not in self._cases:
            self._cases[case] = held_case(self._mail.about(f"case {case}"), self._view, case)
        return self._cases[case]

    def _one(self, case: str, name: str, message: Message) -> WhyNot | None:
        held = self.held(case)
        if held.case is not None:
            reading = may_read(held.case, self._view, name, self._device, self._now)
            if reading.allowed:
                return None
            if reading.why_not != "no-such-message":
                return reading.why_not
        return self._by_itself(message)

    def _by_itself(self, message: Message) -> WhyNot | None:
        """L2."""
        if 0 < message.handling.erase_at <= self._now:
            return "erased"
        view = self._view
        if not view.device_live(self._device, view.size, self._now):
            return "device-out"
        guest = message.case_event is not msgspec.UNSET and as_guest(message.case_event)
        contacts = (*message.contacts, *(() if guest else (message.sender.contact,)))
        own = view.devices[message.sender.device].officer == view.devices[self._device].officer
        named = names_officer_of(view, message, self._device) or own
        served = any(view.serves(self._device, each, view.size, self._now) for each in contacts)
        return None if served or named else "not-now"

    def _package(self, message: Message, content: HandedOver) -> WhyNot | None:
        """Why nothing of a package is shown: none of the messages in it may be read, where it has any."""
        why: WhyNot | None = None
        for each in content.notes:
            inner, note = stored_message(each.note.encode())
            if inner.case_event is msgspec.UNSET or not isinstance(inner.case_event.act, Say):
                continue
            why = self._one(content.case, text_hash(note), inner)
            if why is None:
                return None
        return why


def locked_words(why: str, language: str = "en") -> str:
    """Why a message of a case is not shown, for people."""
    return f"this message of a case is locked here: {said('why-not', why, language)}"


def readers(held: HeldCase, view: View, message: str, devices: Iterable[str], now: int) -> tuple[str, ...]:
    """Those of some devices that may read a message of a case at `now`."""
    case = held.case
    if case is None:
        return ()
    return tuple(each for each in devices if may_read(case, view, message, each, now).allowed)
