"""A duty roster from an iCalendar file: what can be read of it, and each event that cannot, with what to do. Pure.

1. A file that is none, or breaks a bound (`desk.rosters.calendar_lines`), is refused whole. Otherwise each event is
   read for itself: one that cannot be part of a roster is told with its title, and the others stand. A coordinator
   decides whether that is the roster; nothing is published here.
2. Nothing is unrolled: a rule becomes a shift with a first and a last day, by arithmetic, however often it repeats.
3. An event of a day becomes a shift that begins once; every n days, as many shifts as there are weekdays it falls on. A
   single occurrence that was given to others, left out or moved becomes an exception, and a shift where it moved to.
4. Our own files are read as the roster they were written from. In others' the UID names the shift, so that the same
   calendar gives the same ids.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from math import lcm

import msgspec

from desk.rosters.calendar_event import Event, Rule, Unsupported, address_key, read_event
from desk.rosters.calendar_lines import event_lines
from desk.rosters.calendar_out import last_start
from desk.rosters.roster import (
    MOST_EXCEPTIONS,
    MOST_SHIFTS,
    MOST_WEEKS,
    DayException,
    Roster,
    Shift,
    WindowException,
    in_order,
    read_roster,
    write_roster,
)
from directory.canonical import Malformed, encode
from directory.finding.zones import time_zone
from directory.folding import fold

_OWN_ID = re.compile(r"\A[a-z0-9]+(?:-[a-z0-9]+){0,5}\Z")
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that is not in the roster: its title or UID, what is wrong, and what to do.

    All three hold words of the file: whoever shows them makes them harmless first (`desk.safe_text`).
    """

    event: str
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The roster that a calendar gives, the events that are not in it, and what else is to be told."""

    roster: Roster
    refused: tuple[Refusal, ...]
    notes: tuple[str, ...]


@dataclass
class _Made:
    """What has been made of a calendar so far."""

    shifts: list[Shift] = field(default_factory=list)
    days: dict[tuple[str, str], DayException] = field(default_factory=dict)
    windows: list[WindowException] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    masters: dict[str, list[Shift]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_calendar(raw: bytes, contact: str, zone: str, officers: Mapping[str, str], seq: int = 0) -> Imported:
    """The roster of `contact` in `zone` that an iCalendar file gives, under number `seq`.

    `officers` maps the address or name (CN) of an attendee to an officer id. Raises Malformed for a file that is no
    calendar, and for a contact, zone or number that no roster has.
    """
    base = Roster(contact=contact, zone=zone, seq=seq)
    write_roster(base)
    found = event_lines(raw)
    known = {address_key(name): officer for name, officer in officers.items()}
    made = _Made()
    if found.others:
        made.notes.append(f"{found.others} other things in the calendar are no events, and were left out")
    changed = list[tuple[str, Event]]()
    for lines in found.events:
        with _told(made, _title(lines)):
            event = read_event(lines, zone, known)
            if event.instead_of is not None:
                changed.append((_title(lines), event))
            elif event.cancelled:
                made.notes.append(f"{_title(lines)}: cancelled, and left out")
            elif event.window:
                _add_window(made, base, event)
            else:
                _add_shifts(made, base, event, _title(lines))
    for title, event in changed:
        with _told(made, title):
            _add_change(made, base, event)
    exceptions = (*made.days.values(), *made.windows)
    roster = in_order(msgspec.structs.replace(base, shifts=tuple(made.shifts), exceptions=exceptions))
    write_roster(roster)
    return Imported(roster, tuple(made.refused), tuple(made.notes))


class _told:  # noqa: N801  # read as a statement: with _told(…)
    """Turns what is wrong with one event into its refusal."""

    def __init__(self, made: _Made, title: str) -> None:
        self._made, self._title = made, title

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Unsupported):
            self._made.refused.append(Refusal(self._title, error.what, error.do))
        elif isinstance(error, Malformed):
            self._made.refused.append(Refusal(self._title, str(error), "mend it in the calendar"))
        elif isinstance(error, ValueError | OverflowError):  # of dates
            what = "it runs to the end of the calendar"
            self._made.refused.append(Refusal(self._title, what, "let it end earlier"))
        else:
            return False
        return True


def _title(lines: Sequence[str]) -> str:
    """What an event is told by: its title, or else its UID."""
    values = {line.partition(":")[0].partition(";")[0].upper(): line.partition(":")[2].strip() for line in lines}
    return (values.get("SUMMARY") or values.get("UID") or "an event without a title")[:_SHOWN]


def _add_window(made: _Made, base: Roster, event: Event) -> None:
    ends = event.start + timedelta(minutes=event.minutes)
    window = WindowException(starts=_stamp(event.start), ends=_stamp(ends), officers=event.officers)
    if event.rule is not None:
        raise Unsupported("a window that repeats is not read", "enter each of its times as an event of its own")
    _room(made, 1)
    _checked(base, (), sorted((*made.windows, window), key=lambda each: each.starts))
    made.windows.append(window)


def _add_shifts(made: _Made, base: Roster, event: Event, title: str) -> None:
    if event.uid in made.masters:
        raise Unsupported("another event has its UID", "delete one of the two in the calendar")
    shifts = list(_shifts(event, _shift_id(event, base.contact), base.zone))
    if len(made.shifts) + len(shifts) > MOST_SHIFTS:
        raise Unsupported(f"a roster has at most {MOST_SHIFTS} shifts", "take past events out of the calendar")
    if not made.ids.isdisjoint(each.id for each in shifts):
        raise Unsupported("another event gives a shift of the same name", "delete one of the two in the calendar")
    days = dict[tuple[str, str], DayException]()
    unused = 0
    for moment in event.left_out:
        shift = _of(shifts, moment)
        if shift is None:
            unused += 1
        else:
            days[shift.id, moment.date().isoformat()] = DayException(shift=shift.id, date=moment.date().isoformat())
    _room(made, len(days))
    _checked(base, shifts, days.values())
    if unused:
        made.notes.append(f"{title}: {unused} of the days left out are none on which it begins")
    made.shifts += shifts
    made.ids.update(each.id for each in shifts)
    made.masters[event.uid] = shifts
    made.days |= days


def _add_change(made: _Made, base: Roster, event: Event) -> None:
    """A single occurrence that differs from its event."""
    moment = event.instead_of
    shift = _of(made.masters.get(event.uid, []), moment) if moment is not None else None
    if shift is None or moment is None:
        raise Unsupported(
            "it changes a day of an event that is not in the roster", "mend that event, or take this change out"
        )
    key = (shift.id, moment.date().isoformat())
    moved = not event.cancelled and (event.start != moment or event.minutes != shift.minutes)
    if event.officers == shift.officers and not moved:
        return  # a calendar notes a change of the title as one of the occurrence
    officers = () if moved else event.officers
    exception = DayException(shift=shift.id, date=key[1], officers=officers)
    extra = list[Shift]()
    if moved:
        single = _single(event, _free(made, f"{shift.id}-moved"))
        if len(made.shifts) == MOST_SHIFTS:
            raise Unsupported(f"a roster has at most {MOST_SHIFTS} shifts", "take past events out of the calendar")
        extra.append(single)
    _room(made, 0 if key in made.days else 1)
    _checked(base, [shift, *extra], [exception])
    made.days[key] = exception
    made.shifts += extra
    made.ids.update(each.id for each in extra)


def _free(made: _Made, name: str) -> str:
    short = name[:34].rstrip("-")
    return next(each for n in range(1, MOST_SHIFTS + 2) if (each := f"{short}-{n}") not in made.ids)


def _room(made: _Made, more: int) -> None:
    if len(made.days) + len(made.windows) + more > MOST_EXCEPTIONS:
        what = f"a roster has at most {MOST_EXCEPTIONS} exceptions"
        raise Unsupported(what, "let the event begin later: days that passed can go")


def _checked(base: Roster, shifts: Sequence[Shift], exceptions: object) -> None:
    """Refuse (Malformed) what could be part of no roster."""
    part = msgspec.structs.replace(base, shifts=tuple(shifts), exceptions=tuple(exceptions))  # type: ignore[arg-type]  # any iterable
    read_roster(encode(in_order(part)))


def _of(shifts: Sequence[Shift], moment: datetime) -> Shift | None:
    """The shift that begins at a moment of the wall clock, if one does."""
    start, day = moment.hour * 60 + moment.minute, moment.date().toordinal()
    return next((each for each in shifts if each.start == start and each.begins_on(day)), None)


def _shift_id(event: Event, contact: str) -> str:
    """The name of a shift: the one we gave it, or one that its UID and title give (rule 4)."""
    own = event.uid.partition("@")[0].removesuffix(f".{contact}")
    if event.uid.startswith(f"{own}.{contact}@") and _OWN_ID.match(own) and len(own) <= 40:
        return own
    words = [word for word in fold(event.title).split() if word.isascii() and word.isalnum()]
    return "-".join(("-".join(words[:3])[:24].strip("-") or "shift", sha256(event.uid.encode()).hexdigest()[:8]))


def _shifts(event: Event, name: str, zone: str) -> Iterator[Shift]:
    """The shifts that an event is (rules 2 and 3)."""
    rule = event.rule
    if rule is None:
        yield _single(event, name)
        return
    first = event.start.date().toordinal()
    own_day = event.start.isoweekday()
    if rule.days and own_day not in rule.days:
        raise Unsupported("its first day is none of the weekdays on which it repeats", "let it begin on one of them")
    if rule.every > 1 and not rule.daily and len(rule.days) > 1 and not rule.monday:
        raise Unsupported("its weeks do not begin on Monday", "let weeks begin on Monday in the calendar, or split it")
    base = _shift(event, name, (own_day,), rule.every, first)
    if not rule.daily or rule.every == 1:
        days = rule.days or (tuple(range(1, 8)) if rule.daily else (own_day,))
        shifts = [msgspec.structs.replace(base, days=days)]
    else:
        shifts = list(_every_few_days(base, rule, first))
    limit = _limit(shifts, rule, zone)
    ended = [each if limit is None else _until(each, limit) for each in shifts]
    if not any(ended):
        raise Unsupported("it ends before it begins", "mend when it ends")
    yield from (each for each in ended if each is not None)


def _every_few_days(base: Shift, rule: Rule, first: int) -> Iterator[Shift]:
    """Every n days is every so many weeks, on each of the weekdays it falls on."""
    cycle = lcm(rule.every, 7)
    if cycle // 7 > MOST_WEEKS:
        raise Unsupported(f"it repeats every {rule.every} days", f"let it repeat at least every {MOST_WEEKS} days")
    begins = [day for day in range(first, first + cycle, rule.every) if not rule.days or _weekday(day) in rule.days]
    for number, day in enumerate(begins, 1):
        name = base.id if len(begins) == 1 else f"{base.id[:36].rstrip('-')}-{number}"
        yield msgspec.structs.replace(base, id=name, days=(_weekday(day),), every=cycle // 7, since=_iso(day))


def _limit(shifts: Sequence[Shift], rule: Rule, zone: str) -> int | None:
    """The last day on which an event begins at all; None if it has none."""
    if rule.count is not None:
        return _nth(shifts, rule.count)
    until = rule.until
    if until is None:
        return None
    if until.tzinfo is None:
        day, start = until.date().toordinal(), shifts[0].start
        return day if start <= until.hour * 60 + until.minute else day - 1
    day = until.astimezone(time_zone(zone)).date().toordinal()
    begins = last_start(shifts[0], _iso(day), time_zone(zone))
    return day if begins <= until.astimezone(UTC) else day - 1


def _nth(shifts: Sequence[Shift], count: int) -> int:
    """The day of the `count`th beginning of several shifts: whole cycles at once, then the days of the last."""
    cycle = 7 * shifts[0].every
    first = min(_day(each.since) for each in shifts)
    monday = first - (first - 1) % 7
    in_cycle = sum(len(each.days) for each in shifts)
    cycles = max(count // in_cycle - 1, 0)
    begun = sum(1 for day in range(monday, monday + cycle) for each in shifts if each.begins_on(day))
    done = begun + in_cycle * (cycles - 1) if cycles else 0
    day = monday + cycle * cycles
    while True:
        done += sum(1 for each in shifts if each.begins_on(day))
        if done >= count:
            return day
        day += 1


def _until(shift: Shift, limit: int) -> Shift | None:
    """The shift, up to the last day on which it begins by `limit`; None if there is none."""
    for day in range(limit, max(limit - 7 * shift.every, _day(shift.since) - 1), -1):
        if shift.begins_on(day):
            return msgspec.structs.replace(shift, until=_iso(day))
    return None


def _single(event: Event, name: str) -> Shift:
    first = event.start.date().toordinal()
    shift = _shift(event, name, (_weekday(first),), 1, first)
    return msgspec.structs.replace(shift, until=shift.since)


def _shift(event: Event, name: str, days: tuple[int, ...], every: int, first: int) -> Shift:
    start = event.start.hour * 60 + event.start.minute
    return Shift(
        id=name,
        days=days,
        start=start,
        minutes=event.minutes,
        every=every,
        officers=event.officers,
        since=_iso(first),
    )


def _weekday(day: int) -> int:
    return (day - 1) % 7 + 1


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
