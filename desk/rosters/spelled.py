"""How people write days, times and lengths of shifts, in a roster's file and on the command line. Pure.

    mon-fri · mon, wed, sun · 22:00-06:00 · 22:00 for 7d

Written in English, as the other words of the command line are; three letters of a weekday will do. Whatever else is
written is refused with an example.
"""

import re

from desk.rosters.roster import DAY
from directory.canonical import Malformed

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_LENGTH = re.compile(r"(?:([0-9]{1,2})d)?(?:([0-9]{1,3})h)?(?:([0-9]{1,5})m)?")
_MOST_TEXT = 200


def days(text: str) -> tuple[int, ...]:
    """The ISO weekdays in `mon-fri, sun`; raises Malformed."""
    found = set[int]()
    for piece in text[:_MOST_TEXT].lower().replace("–", "-").split(","):
        first, dash, last = (each.strip() for each in piece.partition("-"))
        begin = _day(first, text)
        end = _day(last, text) if dash else begin
        found |= {(begin - 1 + step) % 7 + 1 for step in range((end - begin) % 7 + 1)}
    return tuple(sorted(found))


def _day(word: str, text: str) -> int:
    for number, name in enumerate(_DAYS, start=1):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise Malformed(f"{text[:60]!r} is not a list of weekdays; write it like mon-fri or sat, sun")


def clock(text: str) -> int:
    """The minute of the day in `22:00`; raises Malformed."""
    found = _CLOCK.fullmatch(text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise Malformed(f"{text[:60]!r} is no time of day; write it like 22:00")
    return int(found[1]) * 60 + int(found[2])


def length(text: str) -> int:
    """The minutes in `8h`, `36h30m` or `7d`; raises Malformed."""
    found = _LENGTH.fullmatch(text.strip().lower())
    minutes = (
        sum(int(each or 0) * size for each, size in zip(found.groups(), (DAY, 60, 1), strict=True)) if found else 0
    )
    if not minutes:
        raise Malformed(f"{text[:60]!r} is no length; write it like 8h, 36h30m or 7d")
    return minutes


def until(start: int, end: int) -> int:
    """How many minutes it is from one time of day to the next other one, or to the same a day later."""
    return (end - start - 1) % DAY + 1


def span(text: str) -> tuple[int, int]:
    """Start and minutes in `22:00-06:00` or `22:00 for 7d`; raises Malformed."""
    begin, word, rest = text.strip().replace("–", "-").partition(" for ")
    if word:
        return clock(begin), length(rest)
    begin, dash, rest = begin.partition("-")
    if not dash:
        raise Malformed(f"{text[:60]!r} does not say from when to when; write it like 22:00-06:00, or 22:00 for 7d")
    start = clock(begin)
    return start, until(start, clock(rest))
