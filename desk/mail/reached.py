"""When this desk last reached a contact: by the receipts for its own messages, and by nothing else.

1. A contact was *reached* when a device that serves or served it signed that a message or a drill of this desk was
   delivered, or opened, accepted or refused there, as far as that counts (`desk.mail.trail`): what a relay says alone
   reaches nobody.
2. It is *unreached* if the last message to it was taken in by the relay at least `PATIENCE` before, or ran out, and
   nothing came of it. That is said of this desk's messages: others may have reached it, or it this desk, since.
3. Which messages were for whom is kept in the vault (`Sent`), so that a look-up opens the newest few of a contact and
   not the whole archive. It is brought up to date when somebody asks; where it is damaged or lost it is made anew, and
   where it cannot be kept (a full disk) the question is answered all the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from desk.errors import DeskError, NotFound
from desk.keys.vault import Damaged, Vault
from desk.mail.content import Correspondence, Drill
from desk.mail.damaged import DamagedRow
from desk.mail.facts import Stored
from desk.mail.opening import ever_served
from desk.mail.store import MailStore
from desk.mail.trail import trail
from directory.canonical import encode
from directory.fields import ContactId, Count
from directory.view import View

PATIENCE = 86_400  # seconds
_KEPT = 4  # messages of a contact
_NAME = "sent"
How = Literal["delivered", "opened", "accepted", "refused"]
_HOW: dict[str, How] = {
    "delivered": "delivered", "opened": "opened", "accepted": "accepted", "refused": "refused",
    "clock stopped: accepted": "accepted", "clock stopped: refused": "refused",
}  # fmt: skip


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of the newest messages to each contact, oldest first, of the messages up to number `upto`."""

    upto: Count = 0
    to: dict[ContactId, tuple[Count, ...]] = {}  # msgspec copies an empty default for each instance


@dataclass(frozen=True, slots=True)
class Reached:
    """What this desk knows of reaching a contact. Times are unix seconds; 0 means never.

    `tried` is when the relay took in the last message to it, `at` the newest proof that one reached it and `how`;
    `unreached` is rule 2.
    """

    tried: int
    at: int = 0
    how: How | Literal[""] = ""
    unreached: bool = False


def reached(vault: Vault, mail: MailStore, view: View, contacts: Iterable[str], now: int) -> dict[str, Reached]:
    """What is known of those of the contacts that this desk ever sent a message to."""
    sent = _followed(vault, mail)
    found = {contact: _of(mail, view, contact, sent.to.get(contact, ()), now) for contact in contacts}
    return {contact: each for contact, each in found.items() if each is not None}


def _of(mail: MailStore, view: View, contact: str, numbers: tuple[int, ...], now: int) -> Reached | None:
    """By the newest message that reached it; `unreached` goes by the newest of all."""
    tried, unreached = 0, False
    for number in reversed(numbers):
        try:
            stored = mail.get(number)
        except (DamagedRow, NotFound):
            continue
        if not stored.facts.sent:
            continue
        proofs = [
            (event.at, _HOW[event.what])
            for event in trail(mail, view, stored)
            if event.counts and event.what in _HOW and ever_served(view, event.device, contact)
        ]
        if not tried:
            tried = stored.facts.sent
            unreached = not proofs and now >= min(tried + PATIENCE, stored.message.expires)
        if proofs:
            at, how = max(proofs)
            return Reached(tried, at, how, unreached)
    return Reached(tried, unreached=unreached) if tried else None


def _followed(vault: Vault, mail: MailStore) -> Sent:
    """The messages of each contact, up to the newest (rule 3)."""
    try:
        before = vault.get_value(_NAME, Sent) or Sent()
    except Damaged:
        before = Sent()
    newest = mail.newest()
    if before.upto > newest:  # another messages.db than was followed
        before = Sent()
    if before.upto == newest:
        return before
    to = dict(before.to)
    for stored in mail.all(before.upto):
        if _is_ours(stored):
            for contact in dict.fromkeys(stored.message.contacts):
                to[contact] = (*to.get(contact, ()), stored.number)[-_KEPT:]
    after = Sent(upto=newest, to=to)
    try:
        vault.put(_NAME, encode(after))  # a crash before this, and the next question goes through them again
    except (DeskError, OSError):
        pass
    return after


def _is_ours(stored: Stored) -> bool:
    return stored.facts.direction == "out" and isinstance(stored.message.content, Correspondence | Drill)
