"""The duty of a contact in lines, in four languages, times by the clock of its roster. Pure.

    Duty roster co-desk · no. 3 · America/Bogota
      On duty  Night duty (0a1b2c3d), until 06:00; behind: Deputy (4e5f6a7b)
               IT IS YOUR TURN
      Next     Day duty (8c9d0e1f), from 06:00
      NOBODY   Sat 28 Nov 14:00 – 22:00, and the directory says that somebody answers then
      Cannot   Deputy (4e5f6a7b): without a live device
      Note     21:58, by Evening duty (2a3b4c5d), 3 open · NOT TAKEN OVER: `enlace duty take-over`

1. A time of today is its time alone; any other has its day before it.
2. Holes that count (`desk.rosters.holes`) are told, MOST_HOLES of them and how many more. Where the directory promises
   fewer hours than the roster leaves out, the others are no fault, and stand in the week's view alone.
3. Whatever others wrote is made harmless; a note's text is shown only by the commands that are about it.
"""

from collections.abc import Iterator
from datetime import datetime

from desk.rosters.board import Board, author, officer_of
from desk.rosters.holes import AHEAD, Hole
from desk.rosters.kept import Left
from desk.rosters.roster_words import MONTHS, WORDS
from desk.rosters.seats import Seat
from directory.exchange.sheet_words import day_in
from directory.finding.zones import time_zone
from directory.view import View

MOST_HOLES = 5
_WIDE = 10


def board_text(found: Board, view: View, language: str = "en") -> str:
    """A board in lines."""
    return "\n".join(_Writer(found, view, language).lines())


def turn_line(found: Board, language: str = "en") -> str:
    """A board in a line, for lists that are about something else; empty where there is no roster."""
    words, duty = WORDS[language], found.duty
    if duty is None or found.roster is None:
        return ""
    said = moments(found, language)
    first = next((each for each in found.seats if each.serves), None) or (found.seats[0] if found.seats else None)
    who = words["off"] if first is None else words["on-duty"].format(who=_seat(found, first, language))
    pieces = [f"{found.contact}: {who}"]
    if duty.until is not None:
        pieces.append(words["until"].format(when=said(duty.until)))
    if duty.next is not None:
        names = "; ".join(map(found.who, duty.next.officers[:1]))
        when = "" if duty.next.start == duty.until else f" {words['from'].format(when=said(duty.next.start))}"
        pieces.append(f"{words['next'].lower()} {names}{when}")
    if found.turn:
        pieces.append(words[f"turn-{found.turn}"])
    return ", ".join(pieces)


def troubles(found: Board, view: View) -> Iterator[str]:
    """What of a contact's duty a coordinator is warned of, in English as all warnings: the next hole that counts, two
    rosters signed at once, who stands in the roster and cannot serve, a note that nobody has taken over."""
    if found.roster is None:
        return
    counted = [each for each in found.holes if each.promised]
    if counted:
        more = f" (and {len(counted) - 1} more times in {AHEAD // 86_400} days)" if len(counted) > 1 else ""
        yield f"{found.contact}: nobody is there {hole_text(found, counted[0], 'en')}{more}; `enlace duty set` mends it"
    if found.kept.holds is not None and found.kept.holds.rivals:
        yield f"{found.contact}: two rosters were signed at once; `enlace duty` says whose"
    for each in found.faults.seats if found.faults is not None else ():
        yield f"{found.contact}: {found.who(each.officer)} stands in the roster, but {WORDS['en'][each.standing]}"
    for officer in found.kept.lacking:
        yield f"{found.contact}: {found.who(officer)} does not have the roster; `enlace duty set --again` sends it"
    last = found.kept.last
    if last is not None and last.officer != found.officer and found.kept.taken(last) is None:
        yield f"{found.contact}: a note of {found.who(last.officer)} waits: `enlace duty take-over`"


class Moments:
    """Times by the clock of a roster's zone (rule 1)."""

    def __init__(self, zone: str, now: int, language: str) -> None:
        self._zone, self._language = time_zone(zone), language
        self._today = datetime.fromtimestamp(now, self._zone).date()

    def __call__(self, moment: int) -> str:
        """A time in words."""
        local = datetime.fromtimestamp(moment, self._zone)
        if local.date() == self._today:
            return f"{local:%H:%M}"
        day = f"{day_in(local.weekday(), self._language)} {local.day} {MONTHS[self._language][local.month - 1]}"
        year = f" {local.year}" if local.year != self._today.year else ""
        return f"{day}{year} {local:%H:%M}"

    def span(self, start: int, end: int) -> str:
        """Two times in words, the day said once where it is one."""
        first, last = self(start), self(end)
        same = datetime.fromtimestamp(start, self._zone).date() == datetime.fromtimestamp(end, self._zone).date()
        return f"{first} – {last[-5:] if same else last}"


def moments(found: Board, language: str) -> Moments:
    """How times of a board are said; in UTC where there is no roster."""
    return Moments(found.roster.zone if found.roster else "UTC", found.now, language)


class _Writer:
    """A board while it is written."""

    def __init__(self, found: Board, view: View, language: str) -> None:
        self._found, self._view, self._language = found, view, language
        self._words, self._said = WORDS[language], moments(found, language)

    def lines(self) -> Iterator[str]:
        """Everything, in order."""
        found, words, roster = self._found, self._words, self._found.roster
        if roster is None:
            yield f"{words['roster']} {found.contact}"
            yield f"  {words['no-roster']}"
        else:
            number = words["number"].format(seq=roster.seq)
            yield f"{words['roster']} {roster.contact} · {number} · {roster.zone}"
            yield from self._present()
            yield from self._holes()
            yield from self._faults()
        yield from self._versions()
        if found.kept.last is not None:
            yield self._row("note", note_line(found, found.kept.last, self._language))

    def _present(self) -> Iterator[str]:
        found, words, duty = self._found, self._words, self._found.duty
        if duty is None:
            return
        until = f", {words['until'].format(when=self._said(duty.until))}" if duty.until is not None else ""
        if not found.seats:
            yield self._row("now", f"{words['nobody']}{until}")
        else:
            first, *others = (_seat(found, each, self._language) for each in found.seats)
            behind = f"; {words['behind'].format(who='; '.join(others))}" if others else ""
            yield self._row("now", f"{first}{until}{behind}")
        if found.turn:
            yield f"  {'':<{_WIDE}} {words[f'turn-{found.turn}']}"
        if duty.next is not None:
            when = words["from"].format(when=self._said(duty.next.start))
            yield self._row("next", f"{'; '.join(map(found.who, duty.next.officers))}, {when}")

    def _holes(self) -> Iterator[str]:
        counted = [each for each in self._found.holes if each.promised]
        for each in counted[:MOST_HOLES]:
            yield self._row("hole", hole_text(self._found, each, self._language))
        if len(counted) > MOST_HOLES:
            yield f"  {'':<{_WIDE}} {self._words['more-holes'].format(count=len(counted) - MOST_HOLES)}"
        if not counted:
            words = self._words["no-holes-promised" if self._found.holes else "no-holes"]
            yield f"  {words.format(days=AHEAD // 86_400)}"

    def _faults(self) -> Iterator[str]:
        faults = self._found.faults
        if faults is None:
            return
        if faults.contact:
            yield f"  {self._words['retired']}"
        for each in faults.seats:
            yield self._row("cannot", f"{self._found.who(each.officer)}: {self._words[each.standing]}")

    def _versions(self) -> Iterator[str]:
        found, words, holds = self._found, self._words, self._found.kept.holds
        if holds is not None:
            when = self._said(holds.signed.taken_in)
            revoked = f" ({words['by-revoked']})" if found.author_revoked else ""
            yield f"  {words['signed'].format(when=when, who=author(found, self._view))}{revoked}"
            for each in holds.rivals:
                who = found.who(officer_of(self._view, each.device))
                yield f"  {words['rival'].format(who=who, when=self._said(each.taken_in))}"
        if found.kept.lacking:
            names = "; ".join(map(found.who, found.kept.lacking))
            yield self._row("lacks", f"{names}: {words['came-after']}")
        if found.kept.queued is not None:
            yield f"  {words['queued'].format(seq=found.kept.queued.seq)}"
        doubtful = found.kept.unproven + (len(holds.beyond) if holds is not None else 0)
        if doubtful:
            yield f"  {words['doubtful'].format(count=doubtful)}"

    def _row(self, name: str, text: str) -> str:
        return f"  {self._words[name]:<{_WIDE}} {text}"


def note_line(found: Board, left: Left, language: str, *, state: bool = True) -> str:
    """A note in a line: when, by whom, how much is open, and, with `state`, who has taken it over."""
    words, said = WORDS[language], moments(found, language)
    pieces = [words["note-of"].format(when=said(left.taken_in or left.stored.message.at), who=found.who(left.officer))]
    if left.note.open:
        pieces.append(words["open"].format(count=len(left.note.open)))
    taken = found.kept.taken(left)
    if not state:
        return ", ".join(pieces)
    if taken is None:
        return f"{', '.join(pieces)} · {words['not-taken']}"
    when = said(taken.taken_in or taken.stored.message.at)
    return f"{', '.join(pieces)} · {words['taken'].format(who=found.who(taken.officer), when=when)}"


def hole_text(found: Board, hole: Hole, language: str) -> str:
    """A hole in words: from when to when, who stands there and cannot serve, what the directory says."""
    words, said = WORDS[language], moments(found, language)
    pieces = [said.span(hole.start, hole.end)]
    if hole.officers:
        pieces[0] += f" ({'; '.join(map(found.who, hole.officers))})"
    return ", ".join([*pieces, words["promised"]])


def _seat(found: Board, seat: Seat, language: str) -> str:
    name = found.who(seat.officer)
    return name if seat.serves else f"{name} [{WORDS[language][seat.standing]}]"
