"""One event of an iCalendar file, in the words of a roster; or why it cannot be one, and what to do. Pure.

1. Read is what a duty roster consists of: a start with or without a zone, in UTC or a whole day; a length or an end;
   FREQ=WEEKLY or DAILY with INTERVAL, BYDAY, UNTIL or COUNT, WKST; EXDATE; RECURRENCE-ID; ATTENDEE; SUMMARY; STATUS.
   Any other rule is refused, for that event alone.
2. Times of another zone, or in UTC, are brought to the roster's. Where the two zones do not keep the same distance
   while the shift recurs, no weekly shift says the same, and the event is refused.
3. Officers are those whom the caller's mapping names for an attendee's address or name (CN); our own `urn:uuid:` needs
   no mapping. Somebody unknown, or who declined, is an error: a roster with one officer fewer would look whole.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.rosters.calendar_out import ADDRESS, KIND, WEEKDAYS
from desk.rosters.roster import DAY, FIRST_YEAR, LAST_YEAR, LONGEST_WINDOW, MOST_OFFICERS, MOST_WEEKS
from directory.finding.zones import UnknownZone, time_zone, zone_names
from directory.folding import fold

MOST_COUNT = 5000
MOST_EXDATES = 400
_SAMPLE_WEEKS = 320  # weeks for which two zones have to keep their distance, of a rule without an end
_SINGLE = ("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "SUMMARY", "STATUS", KIND)
_RULE_PARTS = {"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT", "WKST"}
_ZONED, _ZONE = re.compile(";TZID=", re.IGNORECASE), "X-ENLACE-TZID"
_WEEKLY = "make it repeat every week or every few weeks, or enter its days as single events"


class Unsupported(ValueError):
    """An event that cannot be part of a roster: what is wrong, and what to do."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(f"{what}: {do}")
        self.what, self.do = what, do


@dataclass(frozen=True, slots=True)
class Rule:
    """How an event repeats: every so many days or weeks, on weekdays (ISO; none: as it began), how far."""

    daily: bool
    every: int
    days: tuple[int, ...]
    until: datetime | None  # of the roster's wall clock, or in UTC
    count: int | None
    monday: bool  # weeks begin on Monday


@dataclass(frozen=True, slots=True)
class Event:
    """An event by the wall clock of the roster's zone."""

    uid: str
    title: str
    start: datetime
    minutes: int
    officers: tuple[str, ...]
    rule: Rule | None
    left_out: tuple[datetime, ...]
    instead_of: datetime | None  # the start of the occurrence it stands for
    window: bool
    cancelled: bool


def read_event(lines: Iterable[str], zone_name: str, officers: Mapping[str, str]) -> Event:
    """The event in unfolded lines; raises Unsupported.

    `officers` maps addresses and names, as `address_key` writes them, to officer ids.
    """
    from icalendar import Event as Parsed  # takes a tenth of a second, and few commands need it

    # The library would look zones up for itself, in whatever data this machine has.
    timed = ("DTSTART", "DTEND", "EXDATE", "RECURRENCE-ID")
    own = (_ZONED.sub(f";{_ZONE}=", each) if each.upper().startswith(timed) else each for each in lines)
    text = "\r\n".join(("BEGIN:VEVENT", *own, "END:VEVENT", ""))
    try:
        parsed = Parsed.from_ical(text.encode())
        if parsed.errors:
            name, words = parsed.errors[0]
            raise Unsupported(f"{name or 'a line'} cannot be read ({words[:120]})", "mend it in the calendar")
        return _Reader(parsed, zone_name, officers).event()
    except Unsupported:
        raise
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        # The library says so of what is no iCalendar in more ways than it documents.
        raise Unsupported("it cannot be read", "delete it in the calendar and enter it anew") from error


def address_key(text: str) -> str:
    """How an attendee's address or name is compared: without `mailto:`, case, accents and spaces around."""
    bare = text.strip()
    if bare[:7].lower() == "mailto:":
        bare = bare[7:]
    return bare.lower() if "@" in bare or ":" in bare else fold(bare)


class _Reader:
    """Reads the properties of one event that the library has taken apart."""

    def __init__(self, parsed: Mapping[str, Any], zone_name: str, officers: Mapping[str, str]) -> None:
        self._parsed, self._officers = parsed, officers
        self._zone = time_zone(zone_name)
        self._zone_name = zone_name
        for name in _SINGLE:
            if isinstance(parsed.get(name), list):
                raise Unsupported(f"{name} stands in it twice", "delete it in the calendar and enter it anew")
        for name in ("RDATE", "EXRULE"):
            if name in parsed:
                raise Unsupported(f"it repeats in a way that is not read ({name})", _WEEKLY)

    def event(self) -> Event:
        """The whole event."""
        parsed = self._parsed
        if not str(parsed.get("UID", "")).strip():
            raise Unsupported("it has no UID", "export the calendar again")
        start, whole_day = self._time("DTSTART")
        window = str(parsed.get(KIND, "")).lower() == "window"
        cancelled = str(parsed.get("STATUS", "")).upper() == "CANCELLED"
        local = self._local(start, "DTSTART", recurs="RRULE" in parsed)
        return Event(
            uid=str(parsed["UID"]),
            title=str(parsed.get("SUMMARY", "")),
            start=local,
            minutes=self._minutes(start, whole_day),
            officers=() if cancelled else self._named(optional=window),
            rule=self._rule(start - local.replace(tzinfo=start.tzinfo)) if "RRULE" in parsed else None,
            left_out=self._left_out(local),
            instead_of=self._instead_of(local),
            window=window,
            cancelled=cancelled,
        )

    def _time(self, name: str) -> tuple[datetime, bool]:
        """A property's time, in its zone or without one, and whether it is a whole day."""
        if name not in self._parsed:
            raise Unsupported(f"it has no {name}", "enter it anew in the calendar, with a start and an end")
        return self._moment(self._parsed[name].dt, self._parsed[name].params, name)

    def _moment(self, value: object, params: Mapping[str, Any], name: str) -> tuple[datetime, bool]:
        if isinstance(value, datetime):
            if not FIRST_YEAR <= value.year <= LAST_YEAR:
                raise Unsupported(f"{name} is in the year {value.year}", "enter the year in which the shift begins")
            if value.second:
                raise Unsupported(f"{name} has seconds", "let it begin on a whole minute")
            zone = params.get(_ZONE)
            if zone is None:
                return value.replace(tzinfo=UTC if value.tzinfo is not None else None), False
            return value.replace(tzinfo=_zone_called(str(zone))), False
        if isinstance(value, date):
            whole = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a day of any wall clock
            if not FIRST_YEAR <= whole.year <= LAST_YEAR:
                raise Unsupported(f"{name} is in the year {whole.year}", "enter the year in which the shift begins")
            return whole, True
        raise Unsupported(f"{name} is no time", "enter it anew in the calendar")

    def _local(self, moment: datetime, name: str, *, recurs: bool) -> datetime:
        """A moment on the roster's wall clock (rule 2)."""
        if moment.tzinfo is None or str(moment.tzinfo) == self._zone_name:
            return moment.replace(tzinfo=None)
        local = moment.astimezone(self._zone).replace(tzinfo=None)
        if recurs and not self._keep_apart(moment):
            raise Unsupported(
                f"it repeats by the clock of {moment.tzinfo}, and that of {self._zone_name} changes against it",
                f"enter it in the zone {self._zone_name}, or read the calendar as one of {moment.tzinfo}",
            )
        if local.second:
            raise Unsupported(f"{name} has seconds here", "let it begin on a whole minute")
        return local

    def _keep_apart(self, moment: datetime) -> bool:
        """Whether the clock there and the roster's keep their distance, by a look at each week."""
        first = moment.astimezone(UTC).replace(tzinfo=None)
        apart = set[timedelta]()
        for week in range(_SAMPLE_WEEKS):
            at = (first + timedelta(weeks=week)).replace(tzinfo=UTC)
            theirs, ours = at.astimezone(moment.tzinfo).utcoffset(), at.astimezone(self._zone).utcoffset()
            apart.add((theirs or timedelta()) - (ours or timedelta()))
        return len(apart) == 1

    def _minutes(self, start: datetime, whole_day: bool) -> int:
        """How long it lasts on the wall clock it was written by."""
        if "DURATION" in self._parsed:
            length = self._parsed["DURATION"].dt
        elif "DTEND" in self._parsed:
            end, end_whole = self._time("DTEND")
            if whole_day != end_whole or str(end.tzinfo) != str(start.tzinfo):
                raise Unsupported("it begins and ends in different zones", "enter start and end in one zone")
            length = end.replace(tzinfo=None) - start.replace(tzinfo=None)
        else:
            length = timedelta(days=1 if whole_day else 0)
        minutes, rest = divmod(length, timedelta(minutes=1))
        if rest or minutes < 1:
            raise Unsupported("it lasts no whole number of minutes", "enter when it ends")
        if minutes > LONGEST_WINDOW * DAY:
            raise Unsupported(f"it lasts longer than {LONGEST_WINDOW} days", "enter when it ends")
        return int(minutes)

    def _rule(self, ahead: timedelta) -> Rule:
        """The rule; `ahead` is what the clock it was written by is ahead of the roster's."""
        parts = self._parsed["RRULE"]
        unknown = sorted({str(each).upper() for each in parts} - _RULE_PARTS)
        frequency = str(parts.get("FREQ", [""])[0]).upper()
        if unknown or frequency not in ("WEEKLY", "DAILY"):
            told = unknown[0] if unknown else frequency or "no FREQ"
            raise Unsupported(f"it repeats in a way that is not read ({told})", _WEEKLY)
        if any(isinstance(parts[each], list) and len(parts[each]) != 1 for each in parts if each.upper() != "BYDAY"):
            raise Unsupported("its rule says one thing twice", _WEEKLY)
        every = int(parts.get("INTERVAL", [1])[0])
        if not 1 <= every <= MOST_WEEKS:
            raise Unsupported(f"it repeats every {every} times", f"let it repeat at least every {MOST_WEEKS}")
        names = [str(each).upper() for each in parts.get("BYDAY", [])]
        if not set(names) <= set(WEEKDAYS):
            raise Unsupported("it repeats on weekdays of a month", _WEEKLY)
        count = parts.get("COUNT", [None])[0]
        if count is not None and not 1 <= int(count) <= MOST_COUNT:
            raise Unsupported(f"it repeats {count} times", f"let it repeat at most {MOST_COUNT} times, or without end")
        until = parts.get("UNTIL", [None])[0]
        if count is not None and until is not None:
            raise Unsupported("it ends twice, by a date and a number", "let it end by one of them")
        days = sorted({WEEKDAYS.index(each) + 1 for each in names})
        if ahead and days:
            moved = (self._parsed["DTSTART"].dt - ahead).date().toordinal() - self._parsed[
                "DTSTART"
            ].dt.date().toordinal()
            days = sorted((day - 1 + moved) % 7 + 1 for day in days)
        monday = str(parts.get("WKST", ["MO"])[0]).upper() == "MO" and not (ahead and days)
        return Rule(frequency == "DAILY", every, tuple(days), self._end(until, ahead), count and int(count), monday)

    def _end(self, until: object, ahead: timedelta) -> datetime | None:
        if until is None or (
            isinstance(until, date) and until.year > LAST_YEAR
        ):  # the year 9999 is how some say "never"
            return None
        moment, whole = self._moment(until, {}, "UNTIL") if isinstance(until, date) else (None, False)
        if moment is None:
            raise Unsupported("UNTIL is no time", "let it end on a day")
        if whole:
            return moment + timedelta(hours=23, minutes=59)
        return moment if moment.tzinfo is not None else moment - ahead

    def _left_out(self, local: datetime) -> tuple[datetime, ...]:
        found = self._parsed.get("EXDATE", [])
        moments = list[datetime]()
        for group in found if isinstance(found, list) else [found]:
            for each in group.dts:
                moment, whole = self._moment(each.dt, group.params, "EXDATE")
                moments.append(
                    datetime.combine(moment.date(), local.time())
                    if whole
                    else self._local(moment, "EXDATE", recurs=False)
                )
        if len(moments) > MOST_EXDATES:
            raise Unsupported(f"{len(moments)} days are left out of it", "let it begin later: days that passed can go")
        return tuple(moments)

    def _instead_of(self, local: datetime) -> datetime | None:
        if "RECURRENCE-ID" not in self._parsed:
            return None
        if "RANGE" in self._parsed["RECURRENCE-ID"].params:
            raise Unsupported("it changes all that follow (RANGE)", "end the old event there, and enter a new one")
        moment, whole = self._time("RECURRENCE-ID")
        return (
            datetime.combine(moment.date(), local.time())
            if whole
            else self._local(moment, "RECURRENCE-ID", recurs=False)
        )

    def _named(self, *, optional: bool) -> tuple[str, ...]:
        """The officers on duty, in order (rule 3)."""
        found = self._parsed.get("ATTENDEE", [])
        attendees = found if isinstance(found, list) else [found]
        if not attendees and not optional:
            raise Unsupported("nobody is invited to it", "invite who is on duty, first the one to be called first")
        officers = [self._officer(each) for each in attendees]
        if len(set(officers)) != len(officers):
            raise Unsupported("an officer is invited twice", "invite each once")
        if len(officers) > MOST_OFFICERS:
            raise Unsupported(f"{len(officers)} officers are invited", f"a shift has at most {MOST_OFFICERS}")
        return tuple(officers)

    def _officer(self, attendee: Any) -> str:
        address, name = str(attendee), str(attendee.params.get("CN", ""))
        if str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED":
            raise Unsupported(f"{(name or address)[:80]} has declined", "invite somebody else, or take them out")
        if address.lower().startswith(ADDRESS):
            return UUID(address[len(ADDRESS) :]).hex
        for key in (address_key(address), address_key(name)):
            if key and key in self._officers:
                return self._officers[key]
        raise Unsupported(
            f"{(name or address)[:80]} is no officer here",
            "say which officer that is, as with --map WHO=OFFICER, and read it again",
        )


def _zone_called(name: str) -> ZoneInfo:
    """The zone that a TZID means: by its IANA name, alone or at the end of a path, or by the name Windows gives it."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    parts = name.strip('"').split("/")
    for candidate in ("/".join(parts), "/".join(parts[-2:]), "/".join(parts[-3:])):
        if candidate in zone_names():
            return time_zone(candidate)
    try:
        return time_zone(WINDOWS_TO_OLSON.get(name.strip('"'), name))
    except UnknownZone as error:
        what = f"its zone {name[:60]} is not known"
        raise Unsupported(what, "enter it in a zone with an IANA name, such as America/Bogota") from error
