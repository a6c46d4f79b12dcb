"""Duty hours as people write them in one cell.

    24/7
    Mon-Fri 08:00-18:00; Sat 09:00-13:00
    Mon-Thu 22:00-06:00; Fri 08:00-12:00 14:00-18:00

1. Days in English, Spanish, Portuguese or French, short or long; a range may run past Sunday (Sat-Mon).
2. Times on the 24-hour clock; an end at or before its beginning is on the following day; 24:00 is midnight.
3. Nothing at all means that the hours are not known.
4. What is written is one form: English short names, days with the same times drawn together, in order of the week.
"""

import re

from directory.bodies import Hours, Span
from directory.exchange.csv_problem import CellError, quoted
from directory.folding import fold

MOST_SPANS = 28  # as many as a body takes
_DO = "write it as in: Mon-Fri 08:00-18:00; Sat 09:00-13:00"
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ALWAYS = frozenset(
    {"24 7", "7 24", "24x7", "24h", "24 h", "24 horas", "24 hours", "always", "siempre", "sempre", "toujours"}
)
_DAYS = {
    name: day
    for day, names in enumerate(
        (
            ("mon", "monday", "lun", "lunes", "seg", "segunda", "lundi"),
            ("tue", "tues", "tuesday", "mar", "martes", "ter", "terca", "mardi"),
            ("wed", "wednesday", "mie", "miercoles", "qua", "quarta", "mer", "mercredi"),
            ("thu", "thur", "thurs", "thursday", "jue", "jueves", "qui", "quinta", "jeu", "jeudi"),
            ("fri", "friday", "vie", "viernes", "sex", "sexta", "ven", "vendredi"),
            ("sat", "saturday", "sab", "sabado", "sam", "samedi"),
            ("sun", "sunday", "dom", "domingo", "dim", "dimanche"),
        ),
        1,
    )
    for name in names
}
_DASH = r"\s*[-–—]\s*"
_TO = rf"(?:{_DASH}|\s+(?:to|a|à|até|au)\s+)"
_TIME = "([0-9]{1,2})[:h.]([0-9]{2})"
_TOKEN = re.compile(
    rf"(?P<time>{_TIME}{_DASH}{_TIME})(?![0-9])"
    rf"|(?P<days>([^\W\d_]+)\.?(?:{_TO}([^\W\d_]+)\.?)?)"
    r"|(?P<end>;)|[,\s]+",
    re.IGNORECASE,
)
_FEIRA = re.compile(r"-feira\b", re.IGNORECASE)


def read_hours(text: str) -> Hours:
    """The hours a cell names, without holidays; raises CellError."""
    if fold(text) in _ALWAYS:
        return Hours(always=True)
    text = _FEIRA.sub("", text)
    spans: set[Span] = set()
    days: list[int] = []
    timed = at = 0  # how many times the days at hand were given
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise CellError(f"{quoted(text[at:].strip())} is neither days nor times", _DO)
        at = token.end()
        if token["time"]:
            if not days:
                raise CellError(f"{quoted(token['time'])} stands without a day", _DO)
            opens, closes = _minutes(token[2], token[3]), _minutes(token[4], token[5])
            spans.update(Span(day=day, opens=opens, closes=closes) for day in days)
            timed += 1
        elif token["days"]:
            days = [*([] if timed else days), *_days(token[7], token[8])]
            timed = 0
        elif token["end"]:
            _want_times(days, timed)
            days, timed = [], 0
    _want_times(days, timed)
    if len(spans) > MOST_SPANS:
        raise CellError(f"{len(spans)} spans of hours; at most {MOST_SPANS} are kept", "leave some out")
    return Hours(spans=_in_order(spans))


def show_hours(hours: Hours) -> str:
    """The one way to write hours; holidays aside."""
    if hours.always:
        return "24/7"
    times: dict[int, str] = {}
    for span in _in_order(hours.spans):
        told = f"{_clock(span.opens)}-{_clock(span.closes)}"
        times[span.day] = f"{times[span.day]} {told}" if span.day in times else told
    parts: list[tuple[int, int, str]] = []
    for day, told in times.items():
        if parts and parts[-1][1] == day - 1 and parts[-1][2] == told:
            parts[-1] = (parts[-1][0], day, told)
        else:
            parts.append((day, day, told))
    return "; ".join(f"{_range(first, last)} {told}" for first, last, told in parts)


def _in_order(spans: set[Span] | tuple[Span, ...]) -> tuple[Span, ...]:
    return tuple(sorted(set(spans), key=lambda each: (each.day, each.opens, each.closes)))


def _want_times(days: list[int], timed: int) -> None:
    if days and not timed:
        raise CellError(f"{_SHORT[days[-1] - 1]} has no times", _DO)


def _days(first: str, last: str | None) -> list[int]:
    start = _day(first)
    end = _day(last) if last else start
    return [(day - 1) % 7 + 1 for day in range(start, end + 1 if end >= start else end + 8)]


def _day(name: str) -> int:
    day = _DAYS.get(fold(name))
    if day is None:
        raise CellError(f"{quoted(name)} is no day of the week", _DO)
    return day


def _minutes(hour: str, minute: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > 1440:
        raise CellError(f"{hour}:{minute} is no time of day", "write times from 00:00 to 24:00")
    return total


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _range(first: int, last: int) -> str:
    return _SHORT[first - 1] if first == last else f"{_SHORT[first - 1]}-{_SHORT[last - 1]}"
