"""Who may read what of a case, when: a new device, a lost one, a guest whose time is over, officers who change. Pure.

A device may read a message of a case at a time if it is live then, the message is not to be erased yet, and one of:

D1  *served*: the message was for a contact that was in the case where it stands (or from it, but for what a guest said)
    and that the device's officer served when the relay took it in, with this device, and serves now. What was sealed
    to a contact that was out by then, because its sender had not seen that, is not read. So a lost or revoked device
    reads nothing, an officer who has changed desks nothing of the old one, and a new device or officer nothing from
    before, unless by D3.
D2  *guest*: its officer is a guest now, and was one, in the same stay and with this device, when the message was said,
    by somebody who may; and serves, with this device, the contact in whose name it joined. Before joining and after
    the end a guest reads nothing; nor, ever, what is only for those named (TLP:RED).
D3  *handed-over*: a device that could read the message itself then, other than as a guest's, signed that it hands it
    to this device, to its officer (on a device that was live then) or to a contact (that it served then). The officer
    serves now the contact that handed it over, or the one it was handed to, or is a guest now. What is only for those
    named is handed to nobody but those who serve a contact that is named.

What an officer has read, noted or copied stays with them: no rule takes it back. A desk that was changed to ignore this
ignores it for what was sealed to it; for the rest it lacks the bytes, because honest desks seal to none but these.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from desk.cases.acts import HandOver, Say, ToContact, ToDevice, ToOfficer
from desk.cases.fold import Case, Entry, Signed, Stay
from directory.view import View

By = Literal["served", "guest", "handed-over"]
WhyNot = Literal["no-such-message", "erased", "device-out", "not-then", "not-now", "guest-over", "stranger"]
WHY_NOTS: tuple[WhyNot, ...] = get_args(WhyNot)


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether a device may read a message: by which rule, or why not."""

    by: By | None
    why_not: WhyNot | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may."""
        return self.by is not None


def may_read(case: Case, view: View, message: str, device: str, now: int) -> Reading:
    """Whether a device may read the message of that hash at `now`, by the directory at hand."""
    place = next(
        (
            at
            for at, each in enumerate(case.entries)
            if each.signed.id == message and isinstance(each.signed.event.act, Say)
        ),
        None,
    )
    if place is None:
        return Reading(None, "no-such-message")
    now = case.time(now)  # what the relay's receipts show is seen, whatever this machine's clock says
    if now >= case.entries[place].signed.erase_at:
        return Reading(None, "erased")
    if device not in view.devices or not view.device_live(device, view.size, now):
        return Reading(None, "device-out")
    reader = _Reader(case, view, place)
    by = reader.by(device, len(case.entries), view.size, now)
    return Reading(by) if by is not None else Reading(None, reader.why_not(device, now))


def readable(case: Case, view: View, device: str, now: int) -> Iterator[str]:
    """The messages of a case that a device may read at `now`, in order."""
    for each in case.entries:
        if may_read(case, view, each.signed.id, device, now).allowed:
            yield each.signed.id


class _Reader:
    """Answers for one message of a case."""

    def __init__(self, case: Case, view: View, place: int) -> None:
        self._case, self._view, self._place = case, view, place
        self._entry = case.entries[place]
        self._known: dict[tuple[str, int], By | None] = {}

    def by(self, device: str, end: int, size: int, at: int) -> By | None:
        """By which rule a device may read it, at a tree size and time, by the events before place `end`."""
        if (device, end) not in self._known:
            self._known[device, end] = self._by(device, end, size, at)
        return self._known[device, end]

    def _by(self, device: str, end: int, size: int, at: int) -> By | None:
        if any(self._then(device, each) and self._view.serves(device, each, size, at) for each in self._audience):
            return "served"
        if self._as_guest(device, end, size, at):
            return "guest"
        return "handed-over" if self._handed_over(device, end, size, at) else None

    @property
    def _message(self) -> Signed:
        return self._entry.signed

    @property
    def _audience(self) -> tuple[str, ...]:
        """The contacts it was sealed to, but those that were out by then."""
        own = self._message.contact
        return tuple(each for each in self._message.audience if each == own or each in self._entry.inside)

    def _then(self, device: str, contact: str) -> bool:
        """Whether the device served a contact when the message was taken in."""
        return self._view.serves(device, contact, self._entry.size, self._entry.at)

    def _officer(self, device: str) -> str:
        return self._view.devices[device].officer

    def _stays(self, device: str, end: int) -> Iterator[Stay]:
        """The stays of the device's officer that had begun before place `end`."""
        for each in self._case.stays:
            if each.officer == self._officer(device) and each.joined is not None and each.joined < end:
                yield each

    def _is_guest(self, device: str, end: int, size: int, at: int) -> bool:
        return any(
            each.ended >= end and at < each.until and self._view.serves(device, each.contact, size, at)
            for each in self._stays(device, end)
        )

    def _as_guest(self, device: str, end: int, size: int, at: int) -> bool:
        """D2."""
        said = self._entry
        if self._message.named_only or said.why is not None or not self._view.device_live(device, said.size, said.at):
            return False
        return any(
            (each.joined or 0) < self._place < each.ended
            and each.ended >= end
            and max(said.at, at) < each.until
            and self._view.serves(device, each.contact, size, at)
            for each in self._stays(device, end)
        )

    def _handed_over(self, device: str, end: int, size: int, at: int) -> bool:
        """D3."""
        return any(
            self._counts(entry, place) and self._reaches(entry, device, end, size, at)
            for place, entry in enumerate(self._case.entries[:end])
        )

    def _counts(self, entry: Entry, place: int) -> bool:
        """Whether a hand-over names the message, and its device could read it then, other than as a guest's."""
        act, device = entry.signed.event.act, entry.signed.device
        if entry.why is not None or not isinstance(act, HandOver) or self._message.id not in act.messages:
            return False
        return device in self._view.devices and self.by(device, place, entry.size, entry.at) in (
            "served",
            "handed-over",
        )

    def _reaches(self, entry: Entry, device: str, end: int, size: int, at: int) -> bool:
        """Whether a hand-over is to a device, and its officer stands where it may be read."""
        act, giver, view = entry.signed.event.act, entry.signed.contact, self._view
        to = act.receiver if isinstance(act, HandOver) else None
        if isinstance(to, ToContact):
            if self._message.named_only and to.contact not in self._audience:
                return False
            return view.serves(device, to.contact, entry.size, entry.at) and view.serves(device, to.contact, size, at)
        meant = to.device == device if isinstance(to, ToDevice) else False
        if isinstance(to, ToOfficer):
            meant = to.officer == self._officer(device)
        if not meant or not view.device_live(device, entry.size, entry.at):
            return False
        if view.serves(device, giver, size, at):
            return not self._message.named_only or giver in self._audience
        return not self._message.named_only and self._is_guest(device, end, size, at)

    def why_not(self, device: str, now: int) -> WhyNot:
        """Why a live device may not read it, in the words that say what would help."""
        view = self._view
        if any(view.serves(device, each, view.size, now) for each in self._audience):
            return "not-then"
        if any(self._then(device, each) for each in self._audience):
            return "not-now"
        everything = len(self._case.entries)
        if any(True for _ in self._stays(device, everything)):
            return "not-then" if self._is_guest(device, everything, self._view.size, now) else "guest-over"
        return "stranger"
