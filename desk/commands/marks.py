"""The marks of a message as options of the commands that send one: TLP 2.0, grading, purpose, retention, onward."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click
import msgspec

from desk.errors import Usage
from desk.handling.marks import Handling
from desk.handling.usual import MOST_DAYS, UsualMarks, marks_over

TLP = ("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR")
ONWARD = ("ask", "no", "yes")
_DAY = 86_400
_OPTIONS = (
    click.option(
        "--tlp",
        type=click.Choice(TLP, case_sensitive=False),
        show_default="AMBER, or what is usual",
        help="Who may see it, by TLP 2.0. RED: the named contacts only, neither exported nor printed. AMBER+STRICT: "
        "their authority. AMBER: their authority, others with your consent. GREEN: the network. CLEAR: everybody.",
    ),
    click.option(
        "--source", type=click.Choice(("A", "B", "C", "X"), case_sensitive=False),
        help="Grade of the source: A no doubt, B mostly reliable, C mostly unreliable, X cannot be assessed.",
    ),
    click.option(
        "--information", type=click.Choice(("1", "2", "3", "4")),
        help="Grade of the information: 1 known to be accurate, 2 known to the source, not to the officer, 3 not known "
        "to the source but borne out, 4 not borne out.",
    ),
    click.option("--purpose", default="", metavar="WORDS", help="What it may be used for; other uses take consent."),
    click.option("--keep-until", metavar="DAY", help="Every desk erases it after DAY (UTC), such as 2026-12-31."),
    click.option("--keep-days", type=click.IntRange(1, MOST_DAYS), metavar="N", help="It is erased N days from now."),
    click.option(
        "--onward",
        type=click.Choice(ONWARD),
        show_default="ask, or what is usual",
        help="The third-party rule: whoever would pass it on asks you, may not, or may.",
    ),
    click.option(
        "--victim", is_flag=True,
        help="It holds data about a victim: it reaches only the named, and no consular contact without that person's "
        "recorded yes. Forms with such data are marked by themselves.",
    ),
    click.option(
        "--victim-identified", "identified", default="", metavar="WHY",
        help="Why a victim is named in it, where a pseudonym will not do; the recipients read it. Without this a form "
        "that names one is refused.",
    ),
)  # fmt: skip
_NAMES = ("tlp", "source", "information", "purpose", "keep_until", "keep_days", "onward", "victim", "identified")


def with_marks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of handling; `taken_marks` makes marks of what they hold."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class TakenMarks:
    """The marks that were said, for a message that is made at `now`."""

    said: Mapping[str, Any]
    now: int

    def over(self, usual: UsualMarks, answered: Handling | None = None) -> Handling:
        """The marks of the message: what was said, over what it answers and what is usual here; raises Usage."""
        try:
            return marks_over(self.said, usual, self.now, answered)
        except msgspec.ValidationError as error:
            raise Usage(f"these marks cannot be signed: {error}") from error


def taken_marks(given: dict[str, Any], now: int) -> TakenMarks:
    """The marks by the options in `given`, which are taken out of it; raises Usage."""
    marks = {name: given.pop(name) for name in _NAMES}
    until, days = marks.pop("keep_until"), marks.pop("keep_days")
    if until and days:
        raise Usage("give either --keep-until or --keep-days")
    marks["erase_at"] = end_of_day(until) if until else now + days * _DAY if days else 0
    if 0 < marks["erase_at"] <= now:
        raise Usage("that day is over: what is to be kept until then is not sent any more")
    found = TakenMarks(marks, now)
    found.over(UsualMarks())
    return found


def end_of_day(text: str) -> int:
    """When the day `YYYY-MM-DD` ends by UTC, in unix seconds; raises Usage."""
    try:
        after = date.fromisoformat(text) + timedelta(days=1)
        if text != (after - timedelta(days=1)).isoformat():
            raise ValueError
        return int(datetime(after.year, after.month, after.day, tzinfo=UTC).timestamp())
    except (ValueError, OverflowError) as error:
        raise Usage(f"{text!r} is no day; write it like 2026-12-31") from error
