"""`enlace duty`: who is on duty, until when, and who comes next; a week of the roster."""

from datetime import date, datetime
from typing import Any

import click

from desk.commands import duty_calendar, duty_hand, duty_set
from desk.commands.duty_options import check_known, check_officer, in_language, of_contact, one_contact
from desk.commands.options import opened, with_passphrase
from desk.commands.telling import tell
from desk.errors import NotFound, Usage
from desk.link.session import check_look_up
from desk.profile.unlocked import Unlocked
from desk.rosters.board import Board, board, board_plain, boards
from desk.rosters.board_text import board_text
from desk.rosters.kept import served
from desk.rosters.posted import post
from desk.rosters.roster import FIRST_YEAR, LAST_YEAR
from desk.rosters.seats import seats
from desk.rosters.week_text import week_text
from desk.terminal import Terminal
from directory.finding.zones import time_zone

USUAL_WIDTH = 80


class _Duty(click.Group):
    """`enlace duty` alone is `enlace duty now`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and not {"--help", "-h"} & {*args}):
            args = ["now", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Duty, short_help="Who is on duty, and the roster; hand over and take over.")
def duty() -> None:
    """Who is on duty now, and who comes next: `enlace duty`. The commands below change the roster, and hand over.

    A roster is for the officers of one contact. It goes to their desks as a signed, sealed message, and to nobody else.
    """


@duty.command(short_help="Who is on duty now, until when, and who is next.")
@of_contact
@in_language
@with_passphrase
def now(terminal: Terminal, contact: str, language: str) -> None:
    """Show who is on duty now, until when, and who is next, for each contact that you serve.

    And what is wrong: when nobody is there in the coming 14 days, in hours at which the directory says that somebody
    answers; and who stands in the roster and cannot serve. `enlace duty` alone is the same.
    """
    with opened(terminal) as desk:
        view = _ready(terminal, desk)
        found = boards(desk, (one_contact(desk, contact),) if contact else ())
        plain = {"contacts": [board_plain(each, view) for each in found]}
        text = "\n\n".join(board_text(each, view, language) for each in found)
        post(desk)
        terminal.result(plain, text or "You serve no contact, so there is no roster for you.")


@duty.command(short_help="Show a week of the roster.")
@of_contact
@click.option("--day", "day_text", default="", metavar="DATE", help="The week of this day, such as 2026-03-02.")
@click.option("--width", type=click.IntRange(24, 400), metavar="COLUMNS", help="How wide; 40 fits a narrow screen.")
@in_language
@with_passphrase
def week(terminal: Terminal, contact: str, day_text: str, width: int | None, language: str) -> None:
    """Show a week of the roster, day by day, by the clock of the contact."""
    with opened(terminal) as desk:
        view = _ready(terminal, desk)
        wanted = (
            [one_contact(desk, contact)] if contact else [*served(view, desk.profile.identity.device, desk.clock())]
        )
        found = [each for each in (board(desk, view, one, desk.clock()) for one in wanted) if each.roster is not None]
        if contact and not found:
            raise NotFound(f"there is no roster of {contact} on this desk; `enlace duty set` makes one")
        room = width or terminal.width or USUAL_WIDTH
        texts = {each.contact: _week(each, desk, day_text, language, room) for each in found}
        plain = {"weeks": [{"contact": name, "text": text} for name, text in texts.items()]}
        terminal.result(plain, "\n\n".join(texts.values()) or "There is no roster on this desk.")


def _week(found: Board, desk: Unlocked, day_text: str, language: str, width: int) -> str:
    roster, view, moment = found.roster, desk.replica().view, desk.clock()
    if roster is None:
        return ""
    day = _day(day_text) if day_text else datetime.fromtimestamp(moment, time_zone(roster.zone)).date()
    names = {each: found.who(each) for each in roster.officers}
    standings = {each.officer: each.standing for each in seats(view, roster.contact, roster.officers, moment)}
    return week_text(roster, day, language, width, names, standings)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Usage(f"{text!r} is no day; write it like 2026-03-02") from error
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise Usage(f"{text} is not between the years {FIRST_YEAR} and {LAST_YEAR}")
    return day


def _ready(terminal: Terminal, desk: Unlocked) -> Any:
    """The directory, after what has arrived was taken in: a roster may be among it."""
    check_officer(desk)
    check_look_up(desk.keyring, terminal.clock())
    tell(terminal, desk.take_in())
    check_known(desk)
    return desk.replica().view


for each in (*duty_set.COMMANDS, *duty_hand.COMMANDS, *duty_calendar.COMMANDS):
    duty.add_command(each)
