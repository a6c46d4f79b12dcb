"""The duty of a contact at a moment, as a desk tells it: who is there, until when, who comes next, what is wrong.

1. Everything is said of the roster that holds, the directory at hand, and one moment. Who stands in the roster and
   cannot serve stays where the roster put them, with the reason (`desk.rosters.seats`).
2. An officer whose turn it is, is the first of those on duty *who can serve*: a revoked name in front of them takes the
   duty off nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from desk.profile.unlocked import Unlocked
from desk.rosters.coverage import Duty, duty_at
from desk.rosters.holes import AHEAD, Hole, holes
from desk.rosters.kept import Kept, Left, kept, served
from desk.rosters.people import bodies_wanted, called, labels
from desk.rosters.roster import Roster
from desk.rosters.seats import Faults, Seat, faults, first_able, on_duty, standing
from directory.bodies import ContactBody, read_body_bytes
from directory.canonical import Malformed
from directory.view import View

Turn = Literal["", "first", "behind"]


@dataclass(frozen=True, slots=True)
class Board:
    """What is told of the duty of a contact; without a roster, only of its notes.

    `labelled` is what the directory calls officers, `officer` who asks, `now` when (unix seconds).
    """

    contact: str
    now: int
    officer: str
    kept: Kept
    labelled: Mapping[str, str]
    duty: Duty | None = None
    seats: tuple[Seat, ...] = ()
    holes: tuple[Hole, ...] = ()
    faults: Faults | None = None
    author_revoked: bool = False

    @property
    def roster(self) -> Roster | None:
        """The roster that holds."""
        return self.kept.roster

    @property
    def turn(self) -> Turn:
        """Whether it is the turn of who asks (rule 2)."""
        able = first_able(self.seats)
        if able is not None and able.officer == self.officer:
            return "first"
        return "behind" if any(each.serves and each.officer == self.officer for each in self.seats) else ""

    def who(self, officer: str) -> str:
        """An officer in words."""
        return called(officer, self.labelled) if officer else "?"


def boards(desk: Unlocked, contacts: tuple[str, ...] = ()) -> list[Board]:
    """The boards of contacts, or of all that this desk serves now, by id."""
    view, now = desk.replica().view, desk.clock()
    wanted = contacts or served(view, desk.profile.identity.device, now)
    return [board(desk, view, each, now) for each in wanted]


def board(desk: Unlocked, view: View, contact: str, now: int) -> Board:
    """The board of a contact."""
    known = kept(desk.mail, view, contact)
    people = _people(view, known)
    labelled = labels(view, desk.store.opened(bodies_wanted(view, people)), people)
    own, roster = desk.profile.identity.officer, known.roster
    if roster is None or known.holds is None:
        return Board(contact, now, own, known, labelled)
    duty = duty_at(roster, now)

    def serves(officer: str) -> bool:
        return standing(view, contact, officer, now) == "serves"

    author = view.devices.get(known.holds.signed.device)
    return Board(
        contact,
        now,
        own,
        known,
        labelled,
        duty,
        on_duty(view, roster, duty, now),
        holes(roster, body_of(desk, view, contact), now, now + AHEAD, serves),
        faults(view, roster, now),
        author is not None and not view.device_live(known.holds.signed.device, view.size, now),
    )


def body_of(desk: Unlocked, view: View, contact: str) -> ContactBody | None:
    """What the directory tells of a contact, if this desk holds it and can read it."""
    entry = view.contacts.get(contact)
    opened = desk.store.opened([entry.body]) if entry is not None else {}
    try:
        found = read_body_bytes(opened[entry.body][1], ContactBody) if entry is not None and opened else None
    except Malformed:
        return None
    return found if isinstance(found, ContactBody) else None


def author(found: Board, view: View) -> str:
    """Who signed the roster that holds, in words."""
    if found.kept.holds is None:
        return "?"
    return found.who(officer_of(view, found.kept.holds.signed.device))


def officer_of(view: View, device: str) -> str:
    """The officer of a device; empty for one that nobody knows."""
    record = view.devices.get(device)
    return record.officer if record else ""


def board_plain(found: Board, view: View) -> dict[str, Any]:
    """A board for programs. Times are unix seconds; officers are ids, with what they are called beside."""
    roster, duty, holds = found.roster, found.duty, found.kept.holds
    plain: dict[str, Any] = {
        "contact": found.contact,
        "seq": roster.seq if roster else 0,
        "zone": roster.zone if roster else "",
        "turn": found.turn,
        "on_duty": [_seat(found, each) for each in found.seats],
        "since": duty.since if duty else None,
        "until": duty.until if duty else None,
        "next": None,
        "holes": [
            {"start": each.start, "end": each.end, "officers": list(each.officers), "promised": each.promised}
            for each in found.holes
        ],
        "cannot": [_seat(found, each) for each in (found.faults.seats if found.faults else ())],
        "contact_is": found.faults.contact if found.faults else "",
        "signed_by": officer_of(view, holds.signed.device) if holds else "",
        "signed_at": holds.signed.taken_in if holds else 0,
        "rivals": [officer_of(view, each.device) for each in holds.rivals] if holds else [],
        "lacking": list(found.kept.lacking),
        "beyond": len(holds.beyond) if holds else 0,
        "queued": found.kept.queued.seq if found.kept.queued else 0,
        "unproven": found.kept.unproven,
        "note": note_plain(found, found.kept.last),
    }
    if duty is not None and duty.next is not None:
        officers = [{"officer": each, "called": found.labelled.get(each, "")} for each in duty.next.officers]
        plain["next"] = {"officers": officers, "start": duty.next.start, "end": duty.next.end}
    return plain


def note_plain(found: Board, left: Left | None) -> dict[str, Any] | None:
    """A duty note for programs."""
    if left is None:
        return None
    taken = found.kept.taken(left)
    return {
        "hash": left.hash, "officer": left.officer, "at": left.taken_in, "text": left.note.text,
        "open": list(left.note.open), "taken_by": taken.officer if taken else "",
        "taken_at": taken.taken_in if taken else 0,
    }  # fmt: skip


def _seat(found: Board, seat: Seat) -> dict[str, str]:
    return {"officer": seat.officer, "called": found.labelled.get(seat.officer, ""), "standing": seat.standing}


def _people(view: View, known: Kept) -> tuple[str, ...]:
    """Everybody whom a board names."""
    found = dict.fromkeys(known.roster.officers if known.roster else ())
    found |= dict.fromkeys(known.queued.officers if known.queued else ())
    entry = view.contacts.get(known.contact)
    found |= dict.fromkeys(entry.served_by(view.size) if entry is not None else ())
    found |= dict.fromkeys(each.officer for each in (*known.notes, *known.waiting_notes))
    found |= dict.fromkeys(known.lacking)
    holds = known.holds
    signers = [holds.signed, *holds.rivals] if holds else []
    found |= dict.fromkeys(officer_of(view, each.device) for each in signers)
    return tuple(found)
