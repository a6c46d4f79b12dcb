"""In which envelope a message came that a recovery file brings: what it shows, and what it only says.

W1  Nobody signed which envelope a message was in, and the relay's receipt names the envelope alone. Where the file has
    what shows it (`desk.mail.envelope_proof`), the envelope was made again from the note, and the receipt counts as if
    both had come here (`Facts.shown`).
W2  Else it is the lost desk's word (`Facts.by_word`): shown as that, and nothing is judged by it (`Facts.receipt`).
W3  One envelope held one message. What is shown, and what came to this desk itself, stand before what is only said:
    that takes nothing away, and is taken away, which is told, when another message is shown to have come in it. Of two
    that are only said the first stays.
"""

import msgspec

from desk.errors import DeskError
from desk.mail.facts import Facts
from desk.mail.message import Message
from desk.mail.opening import doubts
from desk.mail.reconsider import own_marks
from desk.mail.store import MailStore, message_key
from directory.view import View
from relay.protocol.receipts import Relayed

_OF_THE_ENVELOPE = ("envelope", "relayed", "stage", "received", "sent", "warnings", "origin", "recovered", "shown")


class Envelopes:
    """Of each envelope the message here that came in it, by its key, and whether that is only said (W3)."""

    def __init__(self, mail: MailStore, view: View) -> None:
        self._mail, self._view = mail, view
        self._of = {
            each.facts.envelope: (message_key(each.message), each.facts.by_word)
            for each in mail.all()
            if each.facts.envelope
        }

    def claim(self, message: Message, facts: Facts) -> str:
        """Note the envelope of a message; returns what is to be told: of this message that it is not its own, or, where
        `facts` are shown, of the one that loses it. That one is changed at once, in the caller's transaction."""
        key = message_key(message)
        holder, said = self._of.get(facts.envelope, (key, True))
        if holder != key and not (facts.shown and said):
            what = f"message {message.id[:8]} of device {message.sender.device[:8]}"
            return f"the envelope {what} is said to have come in: it is that of message {self._mail.number_of(holder)}"
        self._of[facts.envelope] = (key, not facts.shown)
        return "" if holder == key else self._lost(holder, facts.envelope)

    def _lost(self, holder: str, envelope: str) -> str:
        try:
            number = self._mail.number_of(holder)
            stored = self._mail.get(number)
        except DeskError:
            return ""  # damaged, or gone: there is nothing to take away
        if stored.facts.envelope != envelope:
            return ""
        bare = without_envelope(stored.facts)
        warnings = judged_anew(self._view, stored.message, bare)
        self._mail.note_facts(number, msgspec.structs.replace(bare, warnings=warnings))
        return f"the envelope message {number} was said to have come in: it is shown to be that of another"


def without_envelope(facts: Facts) -> Facts:
    """What is known of a message, without its envelope and what hangs on that."""
    return msgspec.structs.replace(facts, envelope="", relayed=msgspec.UNSET, stage=0, sent=0, shown=False)


def with_envelope(here: Facts, theirs: Facts) -> Facts:
    """What is known here; with the envelope that the file says if there is none, or shows where one is only said; and
    with a receipt that proves, where here is none. What this desk found of the message itself stays (`two-texts`)."""
    same = theirs.shown and here.envelope == theirs.envelope and not here.by_word
    if same and "unproven" in here.warnings and "unproven" not in theirs.warnings:
        names: tuple[str, ...] = ("relayed", "warnings")  # a receipt that proves, of the very envelope
    elif theirs.envelope and (not here.envelope or (theirs.shown and here.by_word)):
        names = _OF_THE_ENVELOPE
    else:
        return here
    found = {name: getattr(theirs, name) for name in names}
    return msgspec.structs.replace(here, **found | {"warnings": (*theirs.warnings, *own_marks(here, theirs))})


def judged_anew(view: View, message: Message, facts: Facts) -> tuple[str, ...]:
    """The warnings that stay, and those that the receipt gives rise to today."""
    if facts.direction == "out" and not facts.envelope:
        return facts.warnings
    relayed = facts.relayed if isinstance(facts.relayed, Relayed) else None
    stay = tuple(each for each in facts.warnings if each not in ("unproven", "dated"))
    return (*doubts(view, message, facts.envelope, relayed), *stay)
