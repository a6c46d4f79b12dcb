"""What this desk knows of the duty of a contact, by the messages it holds: the roster, and the notes between shifts.

1. A roster or a note counts if it is proven that its device served the contact when the relay took it in, as for events
   of a request (`desk.requests.stored`, S1). What does not count is told, and decides nothing; nor does an exercise.
2. What this desk has signed and the relay has not taken in yet is `queued`: the next change is made on top of it, and
   nobody is told that it holds.
3. Notes stand in the order in which the relay took them in. One that is not proven never is the last: whoever signs it
   claims its time. A note is taken over by the first note that says so (`takes`), whoever else says it later.
4. Only the last MOST_ROSTERS rosters and MOST_NOTES notes that were stored are looked at: whoever has been here for
   years waits no longer than others.
5. Who was enrolled, or put on the contact's list, after the roster was sealed does not have it (`Kept.lacking`): no key
   of theirs opens it. Sending it once more reaches them. Whether it has arrived where it was sealed to, nobody knows:
   desks of one contact send each other no receipts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from crypto.note import parse_note
from desk.exercise.mark import other_sort
from desk.mail.content import DutyNote, DutyRoster
from desk.mail.facts import Stored
from desk.mail.message import MOST_MESSAGE_BYTES
from desk.mail.store import MailStore
from desk.mail.subjects import text_hash
from desk.requests.stored import taken_in
from desk.rosters.roster import Roster
from desk.rosters.versions import Holds, Signed, holding
from directory.view import View

MOST_ROSTERS = 200
MOST_NOTES = 100


@dataclass(frozen=True, slots=True)
class Left:
    """A note of an officer to the next: its hash, who signed it, when the relay took it in (0: not proven)."""

    hash: str
    device: str
    officer: str
    taken_in: int
    stored: Stored
    note: DutyNote


@dataclass(frozen=True, slots=True)
class Kept:
    """The duty of a contact as this desk knows it: the roster that holds, this desk's own that waits, and the notes."""

    contact: str
    holds: Holds | None
    queued: Roster | None
    unproven: int
    notes: tuple[Left, ...]
    waiting_notes: tuple[Left, ...]
    lacking: tuple[str, ...] = ()  # officers of whose devices that serve the contact now one does not have the roster

    @property
    def roster(self) -> Roster | None:
        """The roster that holds."""
        return self.holds.signed.roster if self.holds else None

    @property
    def newest(self) -> Roster | None:
        """The roster that a change starts from: this desk's own that waits, if there is one (rule 2)."""
        return self.queued or self.roster

    @property
    def last(self) -> Left | None:
        """The last note that leaves something to the next officer."""
        return next((each for each in reversed(self.notes) if each.note.takes is msgspec.UNSET), None)

    def taken(self, left: Left) -> Left | None:
        """Who took a note over first, if anybody did (rule 3)."""
        return next((each for each in (*self.notes, *self.waiting_notes) if each.note.takes == left.hash), None)


def kept(mail: MailStore, view: View, contact: str) -> Kept:
    """What is known of the duty of `contact`."""
    rosters = [
        each
        for each in mail.about(f"roster {contact}", MOST_ROSTERS)
        if not other_sort(each.message, view.founded.name)
    ]
    signed = [each for one in rosters if (each := _signed(one, view)) is not None]
    queued = [each for each in rosters if _waits(each, mail) and isinstance(each.message.content, DutyRoster)]
    stored = [
        each
        for each in mail.about(f"duty-note {contact}", MOST_NOTES)
        if not other_sort(each.message, view.founded.name)
    ]
    notes = [left for each in stored if (left := _left(each, view)) is not None]
    holds = holding(signed, contact)
    return Kept(
        contact=contact,
        holds=holds,
        queued=_newest(queued),
        unproven=len(rosters) - len(signed) - len(queued),
        notes=tuple(sorted((each for each in notes if each.taken_in), key=lambda each: (each.taken_in, each.hash))),
        waiting_notes=tuple(each for each in notes if not each.taken_in and _waits(each.stored, mail)),
        lacking=_lacking(view, contact, rosters, holds.signed.roster) if holds is not None else (),
    )


def served(view: View, device: str, now: int) -> tuple[str, ...]:
    """The contacts that a device serves now."""
    return tuple(each for each in sorted(view.contacts) if view.serves(device, each, view.size, now))


def hash_of(stored: Stored) -> str:
    """The hash of a stored message's signed text, by which other messages name it."""
    return text_hash(parse_note(stored.note, MOST_MESSAGE_BYTES))


def _signed(stored: Stored, view: View) -> Signed | None:
    content, at = stored.message.content, taken_in(stored, view)
    if not isinstance(content, DutyRoster) or at is None:
        return None
    return Signed(content.roster, hash_of(stored), stored.message.sender.device, at)


def _lacking(view: View, contact: str, rosters: Iterable[Stored], holds: Roster) -> tuple[str, ...]:
    """The officers of rule 5, in no order of theirs."""
    same = (each for each in rosters if _says(each, holds) and taken_in(each, view) is not None)
    leaves = [receipt.leaf for each in same if (receipt := each.facts.receipt) is not None]
    newest = max((leaf.time for leaf in leaves), default=0)
    serving = view.contact_devices(contact, newest) if contact in view.contacts else ()
    found = (
        view.devices[each].officer
        for each in serving
        if not any(view.serves(each, contact, leaf.tree_size, leaf.time) for leaf in leaves)
    )
    return tuple(sorted(set(found)))


def _says(stored: Stored, roster: Roster) -> bool:
    return isinstance(stored.message.content, DutyRoster) and stored.message.content.roster == roster


def _left(stored: Stored, view: View) -> Left | None:
    content, device = stored.message.content, stored.message.sender.device
    if not isinstance(content, DutyNote):
        return None
    record = view.devices.get(device)
    officer = record.officer if record else ""
    return Left(hash_of(stored), device, officer, taken_in(stored, view) or 0, stored, content)


def _waits(stored: Stored, mail: MailStore) -> bool:
    return stored.facts.direction == "out" and not stored.facts.sent and mail.waits(stored.number)


def _newest(queued: Iterable[Stored]) -> Roster | None:
    rosters = [each.message.content.roster for each in queued if isinstance(each.message.content, DutyRoster)]
    return max(rosters, key=lambda each: each.seq, default=None)
