"""Accepting or refusing what nobody's acceptance stops, such as an alert: every contact answers for itself.

No clock runs for such a message, so the relay is told nothing: only the sender's contact is, by a sealed receipt. Where
the relay were asked who was first, one contact of two hundred would be, and the others could not accept. Two officers
of one contact may both accept; each sees the other's receipt (`desk.mail.elsewhere`).
"""

import msgspec

from desk.errors import Declined, Usage
from desk.mail.compose import receipt_for
from desk.mail.content import Act, Receipt
from desk.mail.deciding import undecided
from desk.mail.facts import NOTHING_SHOWS, Facts
from desk.mail.message import write_message
from desk.profile.unlocked import Unlocked
from relay.protocol.lines import device_name


def answer(desk: Unlocked, number: int, act: Act, reason: str) -> None:
    """Queue the receipt for a message with `stop: never`; needs no session. Raises Usage, or Declined.

    Receipt and facts are one transaction: after a crash both are there, or neither.
    """
    (stored, decision), identity, now = undecided(desk.mail.get(number), act), desk.profile.identity, desk.clock()
    if stored.message.stop != "never":
        raise Usage(f"message {number} has a clock, which the relay stops for whoever decides first")
    if stored.facts.by_word:
        raise Declined(f"message {number} came from a recovery file: {NOTHING_SHOWS}")
    if stored.facts.origin not in ("", identity.device):
        raise Declined(f"message {number} came from a recovery file, and was another device's to answer")
    content = Receipt(act=act, message=stored.message.id, envelope=stored.facts.own_envelope or "0" * 64, reason=reason)
    receipt = receipt_for(desk.replica(), identity.device, stored.message, content, now)
    note = write_message(receipt, device_name(identity.name, identity.device), desk.keyring.device)
    facts = msgspec.structs.replace(stored.facts, decided=decision, decided_at=now, opened=stored.facts.opened or now)
    desk.mail.add(receipt, note, Facts(direction="out"), queue=True, update=(number, facts))
