"""What the directory says of the officers a roster names: who of them can be on duty, and why the others cannot. Pure.

1. Nobody is passed over in silence: an officer whom the directory does not let serve stands where the roster put them,
   with the reason. Who is called is for people to decide, and the roster to be mended.
2. The first reason that holds is told: no such officer, revoked, another member's, suspended, not serving the contact,
   no coordinator, no live device.
3. That is said of the view at hand and a time; a view that is old says what was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from desk.rosters.coverage import Duty
from desk.rosters.roster import Roster
from directory.view import NEVER, View

Standing = Literal[
    "serves", "unknown", "revoked", "elsewhere", "suspended", "not-serving", "no-coordinator", "no-device"
]
STANDINGS: tuple[Standing, ...] = get_args(Standing)


@dataclass(frozen=True, slots=True)
class Seat:
    """An officer of a roster, and whether the directory lets them serve the contact now."""

    officer: str
    standing: Standing

    @property
    def serves(self) -> bool:
        """Whether a message to the contact reaches this officer, who may act on it."""
        return self.standing == "serves"


def seats(view: View, contact: str, officers: Iterable[str], now: int) -> tuple[Seat, ...]:
    """Each officer with their standing, in the order given (rules 1 and 2)."""
    return tuple(Seat(each, standing(view, contact, each, now)) for each in officers)


def first_able(found: Iterable[Seat]) -> Seat | None:
    """The first who can be on duty, if anybody can."""
    return next((each for each in found if each.serves), None)


def standing(view: View, contact: str, officer: str, now: int) -> Standing:
    """What the directory says of an officer as one who serves a contact."""
    record, entry = view.officers.get(officer), view.contacts.get(contact)
    if record is None:
        return "unknown"
    if record.revoked != NEVER or view.members[record.member].revoked != NEVER:
        return "revoked"
    if entry is None or record.member != entry.member:
        return "elsewhere"
    if view.members[record.member].suspended(view.size, now):
        return "suspended"
    if officer not in entry.served_by(view.size):
        return "not-serving"
    if not record.has("coordinator", view.size):
        return "no-coordinator"
    return "serves" if view.live_devices(officer, now) else "no-device"


@dataclass(frozen=True, slots=True)
class Faults:
    """What stands in the way of a roster: the contact's, and each officer's who cannot serve."""

    contact: Literal["", "unknown", "retired"]
    seats: tuple[Seat, ...]

    def __bool__(self) -> bool:
        return bool(self.contact or self.seats)


def faults(view: View, roster: Roster, now: int) -> Faults:
    """What of a roster the directory does not bear out; nothing, if it is false."""
    entry = view.contacts.get(roster.contact)
    about: Literal["", "unknown", "retired"] = "unknown" if entry is None else "" if entry.listed else "retired"
    found = seats(view, roster.contact, roster.officers, now)
    return Faults(about, tuple(each for each in found if not each.serves))


def on_duty(view: View, roster: Roster, duty: Duty, now: int) -> tuple[Seat, ...]:
    """Those on duty, in order, each with their standing."""
    return seats(view, roster.contact, duty.officers, now)
