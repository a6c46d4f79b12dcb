"""Duty rosters, who is on duty by them, and duty notes (roster.md)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from second_reader_base import Refused
from second_reader_json import LEFT_OUT, Field, integer, items, pattern, read_canonical, record, text, words
from second_reader_values import CONTACT, COUNT, HASH, LANGUAGE, OFFICER

_ZONE = pattern("[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}", 64)
_ID = pattern("[a-z0-9]+(-[a-z0-9]+){0,5}", 40)
_DAY = pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL = pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
_OFFICERS = items(OFFICER, 0, 8)


def _day_or_none(value: Any) -> Any:
    return value if value == "" else _DAY(value)


_SHIFT = record(
    {
        "id": Field(_ID),
        "days": Field(items(integer(1, 7), 1, 7)),
        "start": Field(integer(0, 1439)),
        "minutes": Field(integer(1, 10_080)),
        "every": Field(integer(1, 52), 1),
        "officers": Field(items(OFFICER, 1, 8)),
        "since": Field(_DAY),
        "until": Field(_day_or_none, ""),
    }
)
_EXCEPTIONS = {
    "day": record(
        {"kind": Field(words("day")), "shift": Field(_ID), "date": Field(_DAY), "officers": Field(_OFFICERS, [])}
    ),
    "window": record(
        {
            "kind": Field(words("window")),
            "starts": Field(_LOCAL),
            "ends": Field(_LOCAL),
            "officers": Field(_OFFICERS, []),
        }
    ),
}


def _exception(value: Any) -> Any:
    if not isinstance(value, dict):
        raise Refused("wrong type", "exception")
    if "kind" not in value:
        raise Refused("missing field", "kind")
    words(*_EXCEPTIONS)(value["kind"])
    return _EXCEPTIONS[value["kind"]](value)


ROSTER = record(
    {
        "contact": Field(CONTACT),
        "zone": Field(_ZONE),
        "seq": Field(COUNT),
        "shifts": Field(items(_SHIFT, 0, 64), []),
        "exceptions": Field(items(_exception, 0, 400), []),
    }
)
NOTE = record(
    {
        "kind": Field(words("duty-note")),
        "text": Field(text(0, 20_000)),
        "language": Field(LANGUAGE, LEFT_OUT),
        "open": Field(items(HASH, 0, 500), []),
        "takes": Field(HASH, LEFT_OUT),
    }
)


def _day(value: str) -> date:
    """Rule 3."""
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise Refused("bad value", value) from error
    if not 1970 <= found.year <= 9800:
        raise Refused("bad value", value)
    return found


def _local(value: str) -> datetime:
    if int(value[11:13]) > 23 or int(value[14:]) > 59:
        raise Refused("bad value", value)
    midnight = datetime.combine(_day(value[:10]), datetime.min.time())
    return midnight + timedelta(hours=int(value[11:13]), minutes=int(value[14:]))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _begins(shift: dict[str, Any], day: date) -> bool:
    """Rule 4."""
    first = _day(shift["since"])
    if day < first or day.isoweekday() not in shift["days"]:
        return False
    if shift.get("until") and day > _day(shift["until"]):
        return False
    return bool((_monday(day) - _monday(first)).days // 7 % shift.get("every", 1) == 0)


def _once(values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise Refused("repeated")


def _check_shift(shift: dict[str, Any]) -> None:
    days = shift["days"]
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise Refused("wrong order", "weekdays")
    _once(shift["officers"])
    first = _day(shift["since"])
    if first.isoweekday() not in days:
        raise Refused("bad value", "since")
    round_again = [*days, days[0] + 7 * shift.get("every", 1)]
    if shift["minutes"] > 1440 * min(b - a for a, b in pairwise(round_again)):
        raise Refused("bad value", "minutes")
    if shift.get("until") and (_day(shift["until"]) < first or not _begins(shift, _day(shift["until"]))):
        raise Refused("bad value", "until")


def _place(each: dict[str, Any]) -> tuple[bool, str, str]:
    return (True, each["starts"], "") if each["kind"] == "window" else (False, each["date"], each["shift"])


def check_roster(roster: dict[str, Any]) -> None:
    """Rules 1 to 8, in the order of the page."""
    if roster["zone"] not in available_timezones():
        raise Refused("bad value", "zone")
    shifts, exceptions = roster.get("shifts", []), roster.get("exceptions", [])
    for shift in shifts:
        _check_shift(shift)
    _once([shift["id"] for shift in shifts])
    places = [_place(each) for each in exceptions]
    if places != sorted(places):
        raise Refused("wrong order", "exceptions")
    _once([repr(each) for each in places])
    before = datetime.min  # noqa: DTZ901  # a local time has no zone
    for each in exceptions:
        _once(each.get("officers", []))
        if each["kind"] == "day":
            shift = next((one for one in shifts if one["id"] == each["shift"]), None)
            if shift is None or not _begins(shift, _day(each["date"])) or shift["officers"] == each.get("officers", []):
                raise Refused("bad value", "day")
            continue
        starts, ends = _local(each["starts"]), _local(each["ends"])
        if not starts < ends <= starts + timedelta(days=366) or starts < before:
            raise Refused("bad value", "window")
        before = ends


def on_duty(roster: dict[str, Any], at: int) -> list[str]:
    """Rules 9 to 12."""
    zone = ZoneInfo(roster["zone"])
    readings = (datetime.fromtimestamp(at - 60 * back, UTC).astimezone(zone) for back in range(26 * 60))
    now = max(each.replace(tzinfo=None) for each in readings)
    for each in roster.get("exceptions", []):
        if each["kind"] == "window" and _local(each["starts"]) <= now < _local(each["ends"]):
            return list(each.get("officers", []))
    running: list[list[str]] = []
    for shift in roster.get("shifts", []):
        for back in range(9):
            day = now.date() - timedelta(days=back)
            begin = datetime.combine(day, datetime.min.time()) + timedelta(minutes=shift["start"])
            if _begins(shift, day) and begin <= now < begin + timedelta(minutes=shift["minutes"]):
                running.append(_officers(roster, shift, day))
    found: list[str] = []
    for rank in range(8):
        found += [each[rank] for each in running if rank < len(each)]
    return list(dict.fromkeys(found))


def _officers(roster: dict[str, Any], shift: dict[str, Any], day: date) -> list[str]:
    for each in roster.get("exceptions", []):
        if each["kind"] == "day" and (each["shift"], each["date"]) == (shift["id"], day.isoformat()):
            return list(each.get("officers", []))
    return list(shift["officers"])


def read_roster(raw: bytes, at: int) -> dict[str, Any]:
    """A roster, and who is on duty by it."""
    if len(raw) > 131_072:
        raise Refused("too large")
    roster = read_canonical(raw, ROSTER)
    check_roster(roster)
    named = [*roster.get("shifts", []), *roster.get("exceptions", [])]
    officers = list(dict.fromkeys(one for each in named for one in each.get("officers", [])))
    return {"contact": roster["contact"], "seq": roster["seq"], "officers": officers, "on_duty": on_duty(roster, at)}


def check_note(note: dict[str, Any]) -> None:
    """Rule 15."""
    left = note.get("open", [])
    if len(set(left)) != len(left) or (left and "takes" in note):
        raise Refused("bad value", "open")


def read_duty_note(raw: bytes) -> dict[str, Any]:
    """A duty note: how many messages it leaves, or what it takes."""
    note = read_canonical(raw, NOTE)
    check_note(note)
    return {"open": len(note.get("open", [])), "takes": note.get("takes", "")}
