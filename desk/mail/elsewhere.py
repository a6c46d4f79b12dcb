"""What other desks of a contact did with a message that this desk has too: opened, accepted, refused.

Whoever opens or decides sends the sender's contact a signed receipt, and a copy of it goes to every desk of their own
contact (DESIGN section 6): colleagues, and the other devices of the same officer. From these copies, and from nothing
the relay says, a desk knows that something was done already.

A desk that took in the archive of another has that one's own receipts, which count alike where they are shown.

1. A copy counts for a message if it names that message's id and envelope, is in the name of a contact the message was
   for, and goes to the message's sender.
2. That a message is marked so stops nobody: it may be opened here as well. Who was first to accept, the relay's clerk
   decides, and shows the line of whoever was.
3. It counts if the relay's receipt for it is proven, and its device was not revoked by then: else whoever has a stolen
   laptop, and a recovery file or the relay on their side, would close what nobody has opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from desk.mail.content import Act, Receipt
from desk.mail.facts import Stored
from desk.mail.trail import revoked_at
from desk.profile.folder import Identity
from directory.view import View

_WEIGHT = {"accepted": 2, "refused": 1, "opened": 0}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What was done on another desk, when it says so, on which device, and whether that is this officer's too."""

    act: Act
    at: int
    device: str
    member: str
    you: bool

    @property
    def who(self) -> str:
        """Whose device it is, as people say it."""
        return f"you, on device {self.device[:8]}" if self.you else f"{self.member}, device {self.device[:8]}"


_Key = tuple[str, str, str, str]


class Copies:
    """The copies of receipts among stored messages, by what they are about."""

    def __init__(self, view: View, identity: Identity, stored: Iterable[Stored] = ()) -> None:
        self._view, self._identity = view, identity
        self._found: dict[_Key, list[Elsewhere]] = {}
        for each in stored:
            self.add(each)

    def add(self, stored: Stored) -> None:
        """Take a stored message in, if it is such a copy."""
        content, sender = stored.message.content, stored.message.sender
        record = self._view.devices.get(sender.device)
        of_another = stored.facts.direction != "in" and sender.device != self._identity.device
        if not isinstance(content, Receipt) or not of_another or record is None or not self._counts(stored):
            return
        member, you = self._view.officers[record.officer].member, record.officer == self._identity.officer
        done = Elsewhere(content.act, stored.message.at, sender.device, member, you)
        for contact in stored.message.contacts:
            self._found.setdefault((content.message, content.envelope, contact, sender.contact), []).append(done)

    def _counts(self, stored: Stored) -> bool:
        """Rule 3: it is proven when the relay took it in, and its device counted then."""
        relayed, revoked = stored.facts.receipt, revoked_at(self._view, stored.message.sender.device)
        if relayed is None or "unproven" in stored.facts.warnings:
            return False
        return revoked is None or max(stored.message.at, relayed.leaf.time) <= revoked

    def about(self, stored: Stored) -> list[Elsewhere]:
        """What other desks did with a message that came to this one (rule 1); what decides comes first."""
        message, facts = stored.message, stored.facts
        if facts.direction != "in" or not facts.envelope:
            return []
        keys = [(message.id, facts.envelope, message.sender.contact, each) for each in message.contacts]
        found = [each for key in keys for each in self._found.get(key, [])]
        return sorted(found, key=lambda each: (-_WEIGHT[each.act], each.at))
