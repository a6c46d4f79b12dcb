"""A duty roster as an iCalendar file (RFC 5545), for the calendars that officers look at. Pure.

1. A shift is a weekly event in the roster's own zone, whose VTIMEZONE goes with it; an exception of one day is an
   EXDATE where the shift does not take place, and an event with its RECURRENCE-ID where others are on duty. A window
   is an event of its own, marked `X-ENLACE-KIND:window`: other calendars show it beside the shifts it takes the place
   of.
2. UIDs are stable: `night.co-desk@enlace.example` names the shift for ever, so that a calendar brings its own up to
   date; SEQUENCE is the roster's number. Equal input gives equal bytes: the time is an argument.
3. Officers are opaque: ATTENDEE is the id as a `urn:uuid:`, and to that nobody is invited. What they are called goes
   along only if the caller hands it in, for a calendar is kept in places that Enlace knows nothing of.
4. What is written is read again as the same roster (`desk.rosters.calendar_in`).

A shift's end is written as a length. RFC 5545 counts that in hours that pass, we on the wall clock: on the two nights a
year on which the clock changes, another calendar may show an end that is an hour off. Enlace itself does not.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.rosters.roster import DayException, Roster, Shift, WindowException, check_roster, day_number
from desk.rosters.roster_words import WORDS
from directory.finding.zones import time_zone

if TYPE_CHECKING:
    from icalendar import Event, Timezone

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KIND = "X-ENLACE-KIND"
ADDRESS = "urn:uuid:"
_PRODUCT = "-//Enlace//Duty roster//EN"
_YEARS = 6  # for which the zone's changes are written, from the time of writing on
_YEARS_BACK = 2


def write_calendar(
    roster: Roster, network: str, at: int, language: str = "en", names: Mapping[str, str] | None = None
) -> bytes:
    """The roster as an iCalendar file, made at `at` (unix seconds), for the network of that name.

    `names` says what officers are called, by id. Raises Malformed for a roster that no reader would take.
    """
    from icalendar import Calendar  # takes a tenth of a second, and few commands need it

    check_roster(roster)
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    writer = _Writer(roster, network, at, language, names or {})
    if roster.zone != "UTC":
        calendar.add_component(_timezone(roster, at))
    for event in writer.events():
        calendar.add_component(event)
    return bytes(calendar.to_ical())


class _Writer:
    """The events of a roster."""

    def __init__(self, roster: Roster, network: str, at: int, language: str, names: Mapping[str, str]) -> None:
        self._roster, self._network, self._names = roster, network, names
        self._stamp = datetime.fromtimestamp(at, UTC)
        self._zone = time_zone(roster.zone)
        self._words = WORDS[language]

    def events(self) -> Iterator["Event"]:
        """Each shift, with its exceptions behind it, then the windows."""
        exceptions = self._roster.exceptions
        for shift in self._roster.shifts:
            days = [each for each in exceptions if isinstance(each, DayException) and each.shift == shift.id]
            yield self._shift(shift, [each for each in days if not each.officers])
            for each in days:
                if each.officers:
                    event = self._event(shift.id, self._title(shift.id), each.officers)
                    event.add("RECURRENCE-ID", self._start(shift, each.date))
                    yield self._timed(event, self._start(shift, each.date), shift.minutes)
        for window in exceptions:
            if isinstance(window, WindowException):
                yield self._window(window)

    def _shift(self, shift: Shift, cancelled: list[DayException]) -> "Event":
        event = self._event(shift.id, self._title(shift.id), shift.officers)
        if not _once(shift):
            event.add("RRULE", self._rule(shift))
        for each in cancelled:
            event.add("EXDATE", self._start(shift, each.date))
        return self._timed(event, self._start(shift, shift.since), shift.minutes)

    def _rule(self, shift: Shift) -> dict[str, object]:
        rule: dict[str, object] = {"FREQ": "WEEKLY", "WKST": "MO", "BYDAY": [WEEKDAYS[day - 1] for day in shift.days]}
        if shift.every > 1:
            rule["INTERVAL"] = shift.every
        if shift.until:  # in UTC, as RFC 5545 asks of an event in a zone
            rule["UNTIL"] = last_start(shift, shift.until, self._zone)
        return rule

    def _window(self, window: WindowException) -> "Event":
        words = self._words["instead"] if window.officers else self._words["off"]
        name = "window-" + window.starts.replace(":", "").replace("T", "t")
        event = self._event(name, f"{self._roster.contact}: {words}", window.officers)
        event.add(KIND, "window")
        if not window.officers:
            event.add("TRANSP", "TRANSPARENT")
        event.add("DTEND", datetime.fromisoformat(window.ends).replace(tzinfo=self._zone))
        event.add("DTSTART", datetime.fromisoformat(window.starts).replace(tzinfo=self._zone))
        return event

    def _event(self, name: str, title: str, officers: tuple[str, ...]) -> "Event":
        from icalendar import Event, vCalAddress

        event = Event()
        event.add("UID", f"{name}.{self._roster.contact}@{self._network}")
        event.add("DTSTAMP", self._stamp)
        event.add("SEQUENCE", self._roster.seq)
        event.add("SUMMARY", title)
        for each in officers:
            address = vCalAddress(f"{ADDRESS}{UUID(each)}")
            if name_of := self._names.get(each):
                address.params["CN"] = name_of
            event.add("ATTENDEE", address, encode=False)
        return event

    def _timed(self, event: "Event", start: datetime, minutes: int) -> "Event":
        event.add("DTSTART", start)
        event.add("DURATION", timedelta(minutes=minutes))
        return event

    def _title(self, shift_id: str) -> str:
        return f"{self._roster.contact}: {shift_id}"

    def _start(self, shift: Shift, day: str) -> datetime:
        return _wall(shift, day).replace(tzinfo=self._zone)


def last_start(shift: Shift, day: str, zone: ZoneInfo) -> datetime:
    """When the shift of a day begins, in UTC as RFC 5545 (3.3.5) counts times that are skipped or read twice."""
    return _wall(shift, day).replace(tzinfo=zone).astimezone(UTC)


def _wall(shift: Shift, day: str) -> datetime:
    return datetime.fromisoformat(day) + timedelta(minutes=shift.start)


def _once(shift: Shift) -> bool:
    """Whether it is a single event."""
    return shift.since == shift.until and len(shift.days) == 1 and shift.every == 1


def _timezone(roster: Roster, at: int) -> "Timezone":
    """The zone's changes from the roster's beginning, if that is not long ago, to some years from now.

    The onset of each is the time that the wall clock reads when the old offset ends (RFC 5545, 3.6.5).
    """
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    zone = time_zone(roster.zone)
    this_year = datetime.fromtimestamp(at, UTC).year
    since = min((day_number(each.since) for each in roster.shifts), default=day_number(f"{this_year}-01-01"))
    first = max(date.fromordinal(since).year, this_year - _YEARS_BACK)
    found = Timezone()
    found.add("TZID", roster.zone)
    kinds: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = {}
    for moment in _changes(zone, first, this_year + _YEARS):
        before, after = _at(moment - 1, zone), _at(moment, zone)
        offsets = _offset(before), _offset(after)
        onset = datetime.fromtimestamp(moment, UTC).replace(tzinfo=None) + offsets[0]
        kinds.setdefault((*offsets, after.tzname() or "", bool(after.dst())), []).append(onset)
    beginning = datetime(first, 1, 1, tzinfo=zone)
    offset = _offset(beginning)
    kinds = {(offset, offset, beginning.tzname() or "", bool(beginning.dst())): [datetime(first, 1, 1)], **kinds}  # noqa: DTZ001  # a wall clock's
    for (before_, after_, name, is_daylight), onsets in kinds.items():
        part = TimezoneDaylight() if is_daylight else TimezoneStandard()
        part.add("TZOFFSETFROM", before_)
        part.add("TZOFFSETTO", after_)
        part.add("TZNAME", name)
        part.add("DTSTART", onsets[0])
        if onsets[1:]:
            part.add("RDATE", onsets[1:])
        found.add_component(part)
    return found


def _changes(zone: ZoneInfo, first: int, last: int) -> Iterator[int]:
    """Each moment between two years at which the zone's clock changes (unix seconds)."""
    moment = int(datetime(first, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(last, 1, 1, tzinfo=UTC).timestamp())
    while moment < end:
        low, high = moment, moment + 86_400
        if _offset(_at(low, zone)) != _offset(_at(high, zone)):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(_at(middle, zone)) == _offset(_at(low, zone)) else (low, middle)
            yield high
        moment += 86_400


def _at(moment: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment, zone)


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()
