"""A week of a duty roster as plain text, for a wide and for a narrow screen, in four languages. Pure.

    Duty roster co-desk · no. 3 · week of 2 Mar 2026 · America/Bogota
    Mon 2 Mar   00:00–06:00  Night officer; Deputy
                06:00–14:00  Day officer
                14:00–22:00  NOBODY ON DUTY

1. Times are those of the clock there. Each stretch stands on the day on which it begins; what began before the week
   begins at its midnight. A stretch that runs past a midnight is broken there (24:00), so that no day looks empty.
2. Officers stand in order, by what the caller calls them; one of whom the directory says otherwise with the reason, in
   brackets. An officer nobody has a word for goes by the beginning of the id.
3. A hole says so in capitals. Shifts that overlap, and a window's officers, are marked. A day on which the clock
   changes says it, because two of its times may read alike.
4. No line is wider than asked; whatever others wrote is made harmless to a terminal (`desk.safe_text`).
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from desk.rosters.coverage import WINDOW, Stretch, lay_out
from desk.rosters.roster import DAY, Roster
from desk.rosters.roster_words import MONTHS, WORDS
from desk.rosters.seats import Standing
from desk.safe_text import line
from directory.exchange.sheet_words import day_in
from directory.finding.answering import wall_instant
from directory.finding.zones import time_zone

NARROW = 60  # columns below which officers stand under their times
MOST_NAME = 60
MIDNIGHT = "24:00"  # the end of a day; its beginning is 00:00
_TIMES = len("00:00–00:00")


def week_text(
    roster: Roster,
    day: date,
    language: str,
    width: int = 80,
    names: Mapping[str, str] | None = None,
    standings: Mapping[str, Standing] | None = None,
) -> str:
    """The seven days from the Monday of the week that holds `day`.

    `names` says what officers are called, `standings` what the directory says of them; both by officer id.
    """
    words, zone = WORDS[language], time_zone(roster.zone)
    monday = day.toordinal() - day.weekday()
    about = _About(language, names or {}, standings or {})
    title = f"{words['roster']} {roster.contact}"
    parts = (words["number"].format(seq=roster.seq), words["week"].format(day=_date(monday, language)), roster.zone)
    lines = [*_wrapped([title, *parts], width)]
    for ordinal in range(monday, monday + 7):
        start, end = wall_instant(ordinal * DAY, zone), wall_instant((ordinal + 1) * DAY, zone)
        if start < end:  # a zone may leave a day out
            lines += _day(roster, ordinal, (start, end), width, about)
    return "\n".join(lines)


class _About:
    """How a reader is told of officers and days."""

    def __init__(self, language: str, names: Mapping[str, str], standings: Mapping[str, Standing]) -> None:
        self.language, self.words = language, WORDS[language]
        self._names, self._standings = names, standings

    def officers(self, stretch: Stretch) -> list[str]:
        """Those on duty in words, or that nobody is."""
        if not stretch.officers:
            return [self.words["nobody"]]
        found = [self._officer(each) for each in stretch.officers]
        if WINDOW in stretch.shifts:
            found.append(f"({self.words['instead']})")
        elif len(stretch.shifts) > 1:
            found.append(f"({self.words['both']})")
        return found

    def _officer(self, officer: str) -> str:
        name = line(self._names.get(officer, ""), MOST_NAME) or officer[:8]
        standing = self._standings.get(officer, "serves")
        return name if standing == "serves" else f"{name} [{self.words[standing]}]"


def _day(roster: Roster, ordinal: int, span: tuple[int, int], width: int, about: _About) -> Iterator[str]:
    zone = time_zone(roster.zone)
    local = date.fromordinal(ordinal)
    label = f"{day_in(local.weekday(), about.language)} {local.day} {MONTHS[about.language][local.month - 1]}"
    narrow = width < NARROW
    if narrow:
        yield label
    margin = 2 if narrow else 13
    first = label
    for each in lay_out(roster, *span):
        end = MIDNIGHT if each.end == span[1] else _clock(each.end, zone)
        times = f"{_clock(each.start, zone)}–{end}"
        begin = " " * margin if narrow else first.ljust(margin)
        first = ""
        if narrow:
            yield f"{begin}{times}"
            yield from (" " * 4 + each for each in _filled(about.officers(each), width - 4))
            continue
        room = margin + _TIMES + 2
        for piece in _filled(about.officers(each), width - room):
            yield f"{begin}{times}  {piece}"
            begin, times = " " * margin, " " * _TIMES
    before, after = _offset(span[0], zone), _offset(span[1], zone)
    if before != after:
        told = about.words["change"].format(before=before, after=after)
        yield from (" " * margin + each for each in _wrapped(told.split(" "), width - margin, " "))


def _filled(officers: list[str], room: int) -> list[str]:
    *others, last = officers
    if others and last.startswith("("):
        others[-1] += f" {last}"
        officers = others
    return _wrapped(officers, room, "; ")


def _wrapped(pieces: list[str], width: int, between: str = " · ") -> list[str]:
    """Pieces drawn together into lines of at most `width` columns; a piece that is wider is cut there."""
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1]) + len(between) + len(piece) <= width:
            lines[-1] += between + piece
            continue
        if lines:
            lines[-1] += between.rstrip() if len(lines[-1]) + len(between.rstrip()) <= width else ""
        while len(piece) > width:
            cut = max(piece.rfind(" ", 1, width + 1), 0) or width
            lines.append(piece[:cut])
            piece = piece[cut:].removeprefix(" ")
        lines.append(piece)
    return lines


def _date(ordinal: int, language: str) -> str:
    found = date.fromordinal(ordinal)
    return f"{found.day} {MONTHS[language][found.month - 1]} {found.year}"


def _clock(moment: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(moment, zone).strftime("%H:%M")


def _offset(moment: int, zone: ZoneInfo) -> str:
    """What the clock is ahead of UTC, as +05:30."""
    text = datetime.fromtimestamp(moment, zone).strftime("%z")
    return f"{text[:3]}:{text[3:5]}".replace("-", "−")
