"""One text that two contacts have accepted, because a stage was added to it: both believe that it is theirs.

1. A stage is added by a message of its own (`desk.mail.ordering`, rule 4), with a clock of its own. So an acceptance of
   one stops nothing of the other, and each has one winner. Only the sender's side knows that they are the same text.
2. It is told there when the second acceptance comes, by receipts that count (`desk.mail.trail`); nobody else can tell.
"""

from collections.abc import Iterable

import msgspec

from desk.errors import NotFound
from desk.mail.content import Receipt
from desk.mail.damaged import DamagedRow
from desk.mail.facts import Stored
from desk.mail.store import MailStore
from desk.mail.timeline import repeats
from desk.mail.trail import trail
from directory.view import View


def acceptances(mail: MailStore, view: View, stored: Stored) -> tuple[str, ...]:
    """The contacts that have accepted a message of this side, each once, the first first."""
    events = (each for each in trail(mail, view, stored) if each.what == "accepted" and each.counts)
    return tuple(dict.fromkeys(each.contact for each in events))


def accepted_twice(mail: MailStore, view: View, receipts: Iterable[int]) -> list[str]:
    """What is to be told of receipts that have just come, by their numbers."""
    told = dict[str, None]()
    for number in receipts:
        about = _about(mail, view, number)
        if about is None or about.message.stop == "never":  # an alert: every contact answers for itself
            continue
        same = [(each.number, who) for each in _family(mail, about) if (who := acceptances(mail, view, each))]
        if len(same) > 1 and len({contact for _, who in same for contact in who}) > 1:
            words = "; ".join(f"{', '.join(who)} accepted message {at}" for at, who in same)
            told[f"one and the same text was accepted twice: {words}. Telephone them, or both act on it"] = None
    return [*told]


def _about(mail: MailStore, view: View, number: int) -> Stored | None:
    """The message of this side that a receipt says was accepted; None if it is none, or is not here."""
    try:
        receipt = mail.get(number).message
    except (DamagedRow, NotFound):
        return None
    content = receipt.content
    if not isinstance(content, Receipt) or content.act != "accepted":
        return None
    for device in _devices(view, receipt.contacts):
        try:
            found = mail.find(device, content.message)
        except DamagedRow:
            continue
        if found is not None:
            return found
    return None


def _devices(view: View, contacts: Iterable[str]) -> list[str]:
    """The devices of everybody who serves one of the contacts, or served it."""
    entries = (view.contacts[each] for each in contacts if each in view.contacts)
    officers = {officer for entry in entries for _, each in entry.service for officer in each}
    return sorted(device for officer in officers for device in view.officers[officer].devices)


def _family(mail: MailStore, stored: Stored) -> list[Stored]:
    """A message with all that repeat it, or that it repeats, oldest first."""
    message, first = stored.message, stored
    if message.again is not msgspec.UNSET:
        try:
            first = mail.find(message.sender.device, message.again) or stored
        except DamagedRow:
            return [stored]
    return [first, *repeats(mail, first)]
