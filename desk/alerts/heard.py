"""What this desk holds proof of that was said of an alert: from lines, receipts and answers it verified.

1. The parts of an alert are the message and those of the same device that name it (`again`). Asked for one of them, all
   are tallied.
2. Lines and receipts count as `desk.mail.trail` says. An answer counts if it names the alert, comes from a contact that
   the alert was for, and nothing leaves its sender unproven.
3. Nothing of an exercise counts for what is real, nor the other way round.
"""

from collections.abc import Iterator

import msgspec

from desk.alerts.tally import Said, Tally, tally
from desk.errors import Usage
from desk.mail.content import Act, Receipt
from desk.mail.facts import Stored
from desk.mail.opening import ever_served
from desk.mail.store import MailStore
from desk.mail.trail import trail
from directory.view import View


def parts_of(mail: MailStore, stored: Stored) -> list[Stored]:
    """The parts of the alert that a message is of, the first one first; raises Usage for what was sent by others."""
    device, first = stored.message.sender.device, stored.message.again
    if stored.facts.direction == "in" or isinstance(stored.message.content, Receipt):
        raise Usage(f"message {stored.number} was not sent by this desk or its colleagues: there is nothing to tally")
    root = mail.find(device, first) if isinstance(first, str) else stored
    root = root or stored
    more = (each for each in mail.about(f"again {root.message.id}") if each.message.sender.device == device)
    return [root, *(each for each in more if each.number != root.number)]


def tallied(mail: MailStore, view: View, parts: list[Stored]) -> Tally:
    """The tally of an alert by all its parts."""
    contacts = {
        contact: view.contacts[contact].country if contact in view.contacts else ""
        for each in parts
        for contact in each.message.contacts
    }
    return tally(contacts, (said for each in parts for said in _said(mail, view, each)))


def _said(mail: MailStore, view: View, stored: Stored) -> Iterator[Said]:
    message, served = stored.message, _Served(view, stored.message.contacts)
    for event in trail(mail, view, stored):
        if not event.counts:
            continue
        if event.what == "delivered":
            yield from (Said(each, "delivered", event.at) for each in served.by(event.device))
        elif event.what in ("opened", "accepted", "refused") and event.contact in message.contacts:
            yield Said(event.contact, msgspec.convert(event.what, Act), event.at, event.reason)
    for answer in mail.about(f"reply {message.id}"):
        sender, doubts = answer.message.sender.contact, answer.facts.warnings
        same = answer.message.exercise == message.exercise
        if answer.facts.direction == "in" and sender in message.contacts and "unproven" not in doubts and same:
            yield Said(sender, "answered", answer.message.at)


class _Served:
    """Which contacts of an alert a device serves or served; each device is looked up once."""

    def __init__(self, view: View, contacts: tuple[str, ...]) -> None:
        self._view = view
        self._by_officer: dict[str, list[str]] = {}
        for contact in contacts:
            entry = view.contacts.get(contact)
            for officer in {each for _, officers in entry.service for each in officers} if entry is not None else ():
                self._by_officer.setdefault(officer, []).append(contact)

    def by(self, device: str) -> list[str]:
        """The contacts that a device serves or served."""
        record = self._view.devices.get(device)
        found = self._by_officer.get(record.officer, []) if record is not None else []
        return [each for each in found if ever_served(self._view, device, each)]
