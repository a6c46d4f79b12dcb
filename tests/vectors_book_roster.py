"""Vectors of duty rosters, who is on duty by them, and duty notes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from vectors_case import Book
from vectors_spoils import line

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
NIGHT: dict[str, Any] = {
    "id": "night", "days": EVERY_DAY, "start": 1320, "minutes": 480, "officers": [A, B], "since": "2026-01-05",
}  # fmt: skip
LATE: dict[str, Any] = NIGHT | {"id": "late", "start": 840, "officers": [B]}
EARLY: dict[str, Any] = NIGHT | {"id": "early", "start": 360, "officers": [C]}
OFF: dict[str, Any] = {"kind": "day", "shift": "night", "date": "2026-03-04"}
FEAST: dict[str, Any] = {
    "kind": "window", "starts": "2026-12-24T18:00", "ends": "2026-12-26T06:00", "officers": [D],
}  # fmt: skip
WHOLE: dict[str, Any] = {
    "contact": "co-desk", "zone": "America/Bogota", "seq": 3, "shifts": [EARLY, LATE, NIGHT],
    "exceptions": [OFF, FEAST],
}  # fmt: skip
NOTE: dict[str, Any] = {
    "kind": "duty-note", "text": "La empresa llama a las seis.", "language": "es", "open": ["9c" * 32],
}  # fmt: skip


def moment(zone: str, text: str, fold: int = 0) -> int:
    """Unix seconds of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp())


def roster_book() -> Book:
    """Rosters that are read, with who is on duty; rosters and notes that are none."""
    book = Book("roster", "docs/formats/roster.md")
    _read(book)
    _clocks(book)
    _bad_rosters(book)
    _notes(book)
    return book


def _spelled(value: dict[str, Any]) -> bytes:
    """A roster in canonical JSON, an empty list of exceptions left out."""
    return line({name: each for name, each in value.items() if each or name != "exceptions"}).encode()


def _good(book: Book, name: str, description: str, value: dict[str, Any], at: int, on_duty: list[str]) -> None:
    named = [*value.get("shifts", []), *value.get("exceptions", [])]
    officers = list(dict.fromkeys(one for each in named for one in each.get("officers", [])))
    out = {"contact": value["contact"], "seq": value["seq"], "officers": officers, "on_duty": on_duty}
    book.good(name, description, out, roster=_spelled(value), at=at)


def _read(book: Book) -> None:
    zone = "America/Bogota"

    def good(name: str, description: str, when: str, on_duty: list[str], **fields: Any) -> None:
        _good(book, name, description, WHOLE | fields, moment(zone, when), on_duty)

    good("three shifts", "at night", "2026-03-03T23:30", [A, B])
    good("after midnight", "the shift of the day before", "2026-03-04T05:59", [A, B])
    good("at the hand-over", "the minute in which one ends and the next begins", "2026-03-04T06:00", [C])
    good("a day off", "the shift does not take place", "2026-03-04T23:30", [])
    good("in the window", "its officer alone", "2026-12-25T00:00", [D])
    good("as the window ends", "the shifts again", "2026-12-26T06:00", [C])
    good("before the first day", "nobody", "2026-01-05T05:59", [])
    overlapping = [NIGHT, NIGHT | {"id": "more", "officers": [C, A, D]}]
    good(
        "two at once", "first all who stand first", "2026-03-03T23:30", [A, C, B, D], shifts=overlapping, exceptions=[]
    )
    weeks = [NIGHT | {"days": [1], "every": 2, "until": "2026-02-02", "minutes": 10_080, "since": "2026-01-05"}]
    good("a week on call", "every other week", "2026-01-12T21:59", [A, B], shifts=weeks, exceptions=[])
    good("the week between", "nobody", "2026-01-12T22:00", [], shifts=weeks, exceptions=[])
    good("after the last day", "its last week is over", "2026-02-09T22:00", [], shifts=weeks, exceptions=[])
    others = OFF | {"officers": [B, A]}
    good("another order", "the same officers", "2026-03-04T23:30", [B, A], exceptions=[others])
    least = {"contact": "co-desk", "zone": "UTC", "seq": 0}
    _good(book, "the least", "no shift at all", least, 0, [])


def _clocks(book: Book) -> None:
    zone = "America/New_York"
    night = {"contact": "co-desk", "zone": zone, "seq": 1, "shifts": [NIGHT]}
    hour = {"contact": "co-desk", "zone": zone, "seq": 1, "shifts": [NIGHT | {"start": 60, "minutes": 60}]}
    gap = {"contact": "co-desk", "zone": zone, "seq": 1, "shifts": [NIGHT | {"start": 120, "minutes": 60}]}

    def good(name: str, description: str, value: dict[str, Any], at: int, on_duty: list[str]) -> None:
        _good(book, name, description, value, at, on_duty)

    good("the short night", "it ends at six all the same", night, moment(zone, "2026-03-08T05:59"), [A, B])
    good("after the short night", "six o'clock", night, moment(zone, "2026-03-08T06:00"), [])
    good("an hour read twice", "its first reading", hour, moment(zone, "2026-11-01T01:30"), [A, B])
    twice = moment(zone, "2026-11-01T01:30", fold=1)
    good("the second reading", "the clock stands still: it ends when two is read", hour, twice, [A, B])
    good("two is read", "it is over", hour, moment(zone, "2026-11-01T02:00"), [])
    good("an hour left out", "a shift in it takes no time", gap, moment(zone, "2026-03-08T03:00"), [])


def _bad_rosters(book: Book) -> None:
    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        book.bad(name, description, word, roster=_spelled(WHOLE | fields), at=0)

    def shift(name: str, description: str, word: str, **fields: Any) -> None:
        bad(name, description, word, shifts=[NIGHT | fields], exceptions=[])

    def exceptions(name: str, description: str, word: str, *each: dict[str, Any]) -> None:
        bad(name, description, word, exceptions=list(each))

    bad("unknown zone", "no such place", "bad value", zone="America/Nowhere")
    bad("zone of a path", "not of the pattern", "bad value", zone="../etc/passwd")
    bad("unknown field", "a field of no roster", "unknown field", colour="red")
    bad("65 shifts", "at most 64", "out of range", shifts=[NIGHT | {"id": f"s{n}"} for n in range(65)], exceptions=[])
    bad("one id twice", "two shifts", "repeated", shifts=[NIGHT, NIGHT], exceptions=[])
    shift("weekdays out of order", "2, 1", "wrong order", days=[2, 1])
    shift("weekday twice", "1, 1", "wrong order", days=[1, 1])
    shift("no weekday", "one at least", "out of range", days=[])
    shift("weekday 8", "1 to 7", "out of range", days=[8])
    shift("officer twice", "in one shift", "repeated", officers=[A, A])
    shift("no officer", "one at least", "out of range", officers=[])
    shift("start at midnight's end", "1,440", "out of range", start=1440)
    shift("no length", "a minute at least", "out of range", minutes=0)
    shift("longer than until it begins again", "daily, a minute over a day", "bad value", minutes=1441)
    shift("no such day", "30 February", "bad value", since="2026-02-30")
    shift("before the calendar", "1969", "bad value", since="1969-12-31")
    shift("first day of another weekday", "a Tuesday", "bad value", days=[1], since="2026-01-06")
    shift("last day of another weekday", "a Tuesday", "bad value", days=[1], until="2026-01-13")
    shift("last day in the week between", "every other week", "bad value", days=[1], every=2, until="2026-01-12")
    shift("last day before the first", "it never begins", "bad value", until="2026-01-04")
    shift("id in capitals", "small letters", "bad value", id="Night")
    shift("every written out", "1 is left out", "not canonical", every=1)
    exceptions("window before day", "days first", "wrong order", FEAST, OFF)
    exceptions("days out of order", "by date", "wrong order", OFF | {"date": "2026-03-05"}, OFF)
    exceptions("day twice", "one shift, one day", "repeated", OFF, OFF | {"officers": [C]})
    exceptions("day of no shift", "there is none", "bad value", OFF | {"shift": "dusk"})
    exceptions("day before it begins", "too early", "bad value", OFF | {"date": "2026-01-04"})
    exceptions("its own officers", "without effect", "bad value", OFF | {"officers": [A, B]})
    exceptions("window that ends first", "backwards", "bad value", FEAST | {"ends": "2026-12-24T17:00"})
    exceptions("window of 367 days", "at most 366", "bad value", FEAST | {"ends": "2027-12-26T18:00"})
    overlap = FEAST | {"starts": "2026-12-25T00:00"}
    exceptions("windows that overlap", "the second begins within", "bad value", FEAST, overlap)
    exceptions("twenty-five o'clock", "no time of day", "bad value", FEAST | {"starts": "2026-12-24T25:00"})
    exceptions("another kind", "`hour`", "bad value", OFF | {"kind": "hour"})
    spaced = line(WHOLE).replace(",", ", ", 1)
    book.bad("white space", "a space", "not canonical", roster=spaced.encode(), at=0)


def _notes(book: Book) -> None:
    def note(name: str, description: str, **fields: Any) -> None:
        value = {key: each for key, each in (NOTE | fields).items() if each is not None}
        out = {"open": len(value.get("open", [])), "takes": value.get("takes", "")}
        book.good(name, description, out, content=line(value).encode())

    def bad(name: str, description: str, word: str, **fields: Any) -> None:
        book.bad(name, description, word, content=line(NOTE | fields).encode())

    note("a note", "one message is open")
    note("a word alone", "nothing is open", open=None, language=None)
    note("taken over", "an earlier note", text="", open=None, language=None, takes="5f" * 32)
    bad("a message twice", "in one note", "bad value", open=["9c" * 32, "9c" * 32])
    bad("leaves and takes", "one of both", "bad value", takes="5f" * 32)
    bad("long note", "20,001 characters", "out of range", text="x" * 20_001)
    bad("501 messages", "at most 500", "out of range", open=[f"{n:064x}" for n in range(501)])
    bad("a short hash", "63 digits", "bad value", open=["9" * 63])
    bad("nothing open, written out", "an empty list is left out", "not canonical", open=[])
