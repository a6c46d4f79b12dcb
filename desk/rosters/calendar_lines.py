"""The events of an iCalendar file as text, with nothing in them that a roster has no use for. Pure.

1. An iCalendar file is lines, folded at will, between BEGIN and END. A file is bounded in bytes, lines and events, and
   nothing may stand deeper than a file needs.
2. VTIMEZONE is passed over: a rule in it may ask a reader to count the seconds to the year 2038. Zones are known by
   their names. VALARM and whatever else is no event is passed over too, and counted.
3. Of an event those properties are kept that are read (`KEPT`); what a calendar writes for itself never reaches the
   library that reads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from directory.canonical import Malformed

MOST_CALENDAR_BYTES = 1 << 20
MOST_LINES = 40_000
MOST_EVENTS = 500
DEEPEST = 5
KEPT = frozenset(
    {"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID", "ATTENDEE",
     "SUMMARY", "STATUS", "X-ENLACE-KIND"}
)  # fmt: skip
_FEWER = "export fewer weeks, or only the roster"
_DO = "export the calendar again as iCalendar (.ics)"


@dataclass(frozen=True, slots=True)
class Events:
    """Each event as unfolded lines, BEGIN and END left out; and how many other things the file had."""

    events: tuple[tuple[str, ...], ...]
    others: int


def event_lines(raw: bytes) -> Events:
    """The events in a file; raises Malformed, saying what to do, for a file that is none or breaks a bound."""
    if len(raw) > MOST_CALENDAR_BYTES:
        raise Malformed(
            f"the calendar has {len(raw)} bytes; at most {MOST_CALENDAR_BYTES} are read: export fewer weeks"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"the calendar is not UTF-8: {_DO}") from error
    if "\0" in text:
        raise Malformed(f"the calendar holds a zero byte: {_DO}")
    events, others = list[tuple[str, ...]](), 0
    open_parts, own = list[str](), list[str]()
    began = False
    for line in _unfolded(text):
        name, value = _named(line)
        if name == "BEGIN":
            part = value.strip().upper()
            if not open_parts and (part != "VCALENDAR" or began):
                raise Malformed(f"the file is not one calendar (BEGIN:{value[:40]}): {_DO}")
            if len(open_parts) >= DEEPEST:
                raise Malformed(f"the calendar is nested too deeply: {_DO}")
            others += len(open_parts) == 1 and part not in ("VEVENT", "VTIMEZONE")
            open_parts.append(part)
            began = True
        elif name == "END":
            if not open_parts or open_parts.pop() != value.strip().upper():
                raise Malformed(f"an END in the calendar has no BEGIN (END:{value[:40]}): {_DO}")
            if open_parts == ["VCALENDAR"] and value.strip().upper() == "VEVENT":
                events.append(tuple(own))
                own.clear()
        elif not open_parts:
            raise Malformed(f"the file begins with no BEGIN:VCALENDAR: {_DO}")
        elif open_parts == ["VCALENDAR", "VEVENT"] and name in KEPT:
            own.append(line)
        if len(events) > MOST_EVENTS:
            raise Malformed(f"the calendar has more than {MOST_EVENTS} events: {_FEWER}")
    if open_parts or not began:
        raise Malformed(f"the calendar ends in the middle: {_DO}")
    return Events(tuple(events), others)


def _unfolded(text: str) -> Iterator[str]:
    """The lines, those that were folded drawn together (RFC 5545, 3.1); empty ones left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MOST_LINES:
        raise Malformed(f"the calendar has {len(lines)} lines; at most {MOST_LINES} are read: {_FEWER}")
    pieces = list[str]()
    for line in lines:
        if line.startswith((" ", "\t")) and pieces:
            pieces.append(line[1:])
            continue
        if "".join(pieces).strip():
            yield "".join(pieces)
        pieces = [line]
    if "".join(pieces).strip():
        yield "".join(pieces)


def _named(line: str) -> tuple[str, str]:
    """A line's name, in capitals and without parameters, and all behind its first colon."""
    name, _, value = line.partition(":")
    return name.partition(";")[0].strip().upper(), value
