"""A roster as a file that people read and change: TOML, with names for officers and the clock as it is read. Pure.

    contact = "co-desk"
    zone = "America/Bogota"

    [officers]
    night = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"   # Night duty

    [[shift]]
    id = "night"
    days = "Mon–Sun"
    time = "22:00–06:00"
    officers = ["night"]
    since = "2026-03-02"

1. Nothing is left out of it but the number: what is written is read as the same roster.
2. Who stands in `[officers]` may be named by that short name; anybody else by what the directory calls them, or by the
   beginning of the id (`desk.rosters.people`).
3. What is not understood is refused, with where it stands. A field that nobody has heard of is a slip, and no remark.
4. A file has at most MOST_FILE bytes. Nothing that it names is opened.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from desk.rosters.difference import days_text, span_text
from desk.rosters.people import NoSuchOfficer
from desk.rosters.roster import DayException, Roster, Shift, WindowException, check_roster, in_order
from desk.rosters.spelled import days, span
from directory.canonical import Malformed
from directory.folding import fold

MOST_FILE = 256 << 10
_HEAD = "# Duty roster of {contact}, no. {seq}. Change it, then: enlace duty set --file FILE\n"
_SHIFT = {"id", "days", "time", "officers", "since", "until", "every"}
_DAY = {"shift", "date", "officers"}
_WINDOW = {"from", "to", "officers"}


def write_file(roster: Roster, labelled: Mapping[str, str]) -> str:
    """The roster as text; `labelled` says what the directory calls officers, by id."""
    short = _short_names(roster, labelled)
    lines = [
        _HEAD.format(contact=roster.contact, seq=roster.seq),
        f"contact = {_quoted(roster.contact)}",
        f"zone = {_quoted(roster.zone)}",
        "",
        "[officers]",
        *(f"{name} = {_quoted(officer)}{_remark(labelled.get(officer, ''))}" for officer, name in short.items()),
    ]
    for shift in roster.shifts:
        lines += ["", "[[shift]]", *_shift_lines(shift, short)]
    for each in roster.exceptions:
        if isinstance(each, DayException):
            where = [f"shift = {_quoted(each.shift)}", f"date = {_quoted(each.date)}"]
            lines += ["", "[[exception]]", *where, _officers_line(each.officers, short)]
        elif isinstance(each, WindowException):
            where = [f"from = {_quoted(each.starts)}", f"to = {_quoted(each.ends)}"]
            lines += ["", "[[window]]", *where, _officers_line(each.officers, short)]
    return "\n".join(lines) + "\n"


def read_file(text: str, contact: str, named: Callable[[str], str]) -> Roster:
    """The roster of `contact` in a file, with number 0; `named` finds an officer by a word, or raises NoSuchOfficer.

    Raises Malformed, saying where, for what is no such roster, and for the roster of another contact.
    """
    if len(text.encode("utf-8", "replace")) > MOST_FILE:
        raise Malformed(f"the file has more than {MOST_FILE >> 10} KiB")
    try:
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise Malformed(f"it cannot be read: {error}") from error
    reader = _Reader(_table(given, {"contact", "zone", "officers", "shift", "exception", "window"}, "the file"), named)
    if reader.text(given, "contact", "the file") != contact:
        raise Malformed(f"it is the roster of {str(given['contact'])[:60]}, and not of {contact}")
    try:
        base = Roster(contact=contact, zone=reader.text(given, "zone", "the file"), seq=0)
        found = msgspec.structs.replace(base, shifts=tuple(reader.shifts()), exceptions=tuple(reader.exceptions()))
        found = in_order(found)
        check_roster(found)  # first: its words are for people
        found = msgspec.convert(msgspec.to_builtins(found), Roster)
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from error
    return found


class _Reader:
    """A parsed file, piece by piece."""

    def __init__(self, given: dict[str, Any], named: Callable[[str], str]) -> None:
        self._given, self._named = given, named
        short = _table(given.get("officers", {}), None, "[officers]")
        self._short = {fold(name): self._officer(word, "[officers]") for name, word in short.items()}

    def shifts(self) -> Iterator[Shift]:
        """The shifts, in order."""
        for each, where in self._each("shift", _SHIFT):
            start, minutes = _said(span, self.text(each, "time", where), where)
            every = each.get("every", 1)
            if not isinstance(every, int) or isinstance(every, bool):
                raise Malformed(f"{where}: every is a number of weeks")
            yield Shift(
                id=self.text(each, "id", where),
                days=_said(days, self.text(each, "days", where), where),
                start=start,
                minutes=minutes,
                every=every,
                officers=self._officers(each, where),
                since=self.text(each, "since", where),
                until=self.text(each, "until", where) if "until" in each else "",
            )

    def exceptions(self) -> Iterator[DayException | WindowException]:
        """The exceptions of both kinds."""
        for each, where in self._each("exception", _DAY):
            shift, day = self.text(each, "shift", where), self.text(each, "date", where)
            yield DayException(shift=shift, date=day, officers=self._officers(each, where))
        for each, where in self._each("window", _WINDOW):
            starts, ends = self.text(each, "from", where)[:16], self.text(each, "to", where)[:16]
            yield WindowException(starts=starts, ends=ends, officers=self._officers(each, where))

    def text(self, given: Mapping[str, Any], name: str, where: str) -> str:
        """A field as text; days and local times may be written without quotation marks."""
        value = given.get(name)
        if isinstance(value, datetime | date):
            return value.isoformat()
        if not isinstance(value, str) or not value:
            raise Malformed(f'{where}: {name} is missing, or is no text; write it like {name} = "…"')
        return value

    def _each(self, name: str, fields: set[str]) -> Iterator[tuple[dict[str, Any], str]]:
        given = self._given.get(name, [])
        if not isinstance(given, list):
            raise Malformed(f"each {name} begins with a line [[{name}]]")
        for number, each in enumerate(given, start=1):
            where = f"{name} {number}"
            yield _table(each, fields, where), where

    def _officers(self, given: Mapping[str, Any], where: str) -> tuple[str, ...]:
        words = given.get("officers")
        if not isinstance(words, list):
            raise Malformed(f'{where}: officers is a list, such as ["night", "deputy"]; [] is nobody')
        return tuple(self._officer(each, where) for each in words)

    def _officer(self, word: Any, where: str) -> str:
        if not isinstance(word, str):
            raise Malformed(f"{where}: an officer is named in quotation marks")
        known: dict[str, str] = getattr(self, "_short", {})
        if fold(word) in known:
            return known[fold(word)]
        try:
            return self._named(word)
        except NoSuchOfficer as error:
            raise Malformed(f"{where}: {error}") from error


def _said(reader: Callable[[str], Any], text: str, where: str) -> Any:
    try:
        return reader(text)
    except Malformed as error:
        raise Malformed(f"{where}: {error}") from error


def _table(given: Any, fields: set[str] | None, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Malformed(f"{where} is no table of fields")
    unknown = sorted(set(given) - fields) if fields is not None else []
    if unknown:
        known = ", ".join(sorted(fields or ()))
        raise Malformed(f"{where}: there is no field {unknown[0][:40]!r}; there are {known}")
    return given


def _short_names(roster: Roster, labelled: Mapping[str, str]) -> dict[str, str]:
    """A short name for each officer, by id: of the label, or else of the id; never the same twice."""
    found: dict[str, str] = {}
    for officer in roster.officers:
        name = re.sub(r"[^a-z0-9]+", "-", fold(labelled.get(officer, ""))).strip("-")[:24] or officer[:8]
        found[officer] = f"{name}-{officer[:8]}" if name in found.values() else name
    return found


def _shift_lines(shift: Shift, short: Mapping[str, str]) -> Iterator[str]:
    yield f"id = {_quoted(shift.id)}"
    yield f"days = {_quoted(days_text(shift.days))}"
    yield f"time = {_quoted(span_text(shift))}"
    if shift.every > 1:
        yield f"every = {shift.every}"
    yield _officers_line(shift.officers, short)
    yield f"since = {_quoted(shift.since)}"
    if shift.until:
        yield f"until = {_quoted(shift.until)}"


def _officers_line(officers: tuple[str, ...], short: Mapping[str, str]) -> str:
    return f"officers = [{', '.join(_quoted(short[each]) for each in officers)}]"


def _quoted(text: str) -> str:
    """A TOML string; what stands in rosters needs no escapes."""
    return f'"{text}"'


def _remark(label: str) -> str:
    words = re.sub(r"[^\w .,’'()/-]+", " ", label).strip()
    return f"  # {words[:60]}" if words else ""
