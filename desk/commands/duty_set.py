"""`enlace duty set` and `duty write`: a roster made, changed, or as a file to change."""

from datetime import date, datetime
from pathlib import Path

import click

from desk.commands.duty_draft import Draft, begin, changed, fetch, publish
from desk.commands.duty_options import check_officer, of_contact, one_contact, over_what_is_there, write_out
from desk.commands.options import opened, read_text, with_passphrase
from desk.errors import NotFound, Usage
from desk.rosters import changes
from desk.rosters.board import board
from desk.rosters.roster import Roster, Shift, check_shift_id
from desk.rosters.roster_file import MOST_FILE, read_file, write_file
from desk.rosters.spelled import days, span
from desk.terminal import Terminal
from directory.canonical import Malformed
from directory.finding.zones import time_zone

NOBODY = "nobody"
_SHIFT = '--shift "night=mon-sun 22:00-06:00 OFFICER,OFFICER"'
_DAY = '--on "night 2026-03-04 OFFICER,OFFICER"'
_WINDOW = '--window "2026-12-24T18:00 2026-12-26T06:00 OFFICER"'
_SWAP = '--swap "night 2026-03-04 day 2026-03-05"'


@click.command("set", short_help="Make a duty roster, or change it.")
@of_contact
@click.option("--file", "file", metavar="FILE", help="The whole roster from FILE, as `enlace duty write` writes it.")
@click.option("--zone", default="", metavar="ZONE", help="The time zone, if it is not that of the directory's entry.")
@click.option("--shift", "shifts", multiple=True, metavar="SHIFT", help=f"Add or change a shift: {_SHIFT[8:]}; repeat.")
@click.option("--since", default="", metavar="DATE", help="The first day of the shifts given here; today if not given.")
@click.option("--until", default="", metavar="DATE", help="Their last day.")
@click.option("--every", default=1, type=click.IntRange(1, 52), metavar="WEEKS", help="Only every so many weeks.")
@click.option("--end", "ends", multiple=True, metavar="ID=DATE", help="Let a shift end on a day; repeat.")
@click.option("--drop", "drops", multiple=True, metavar="ID", help="Take a shift out, past days too; repeat.")
@click.option(
    "--on", "on_days", multiple=True, metavar="DAY", help=f"Others on one day of a shift: {_DAY[5:]}, or nobody."
)
@click.option(
    "--window", "windows", multiple=True, metavar="WINDOW", help=f"Others in a time: {_WINDOW[9:]}, or nobody."
)
@click.option("--swap", "swaps", multiple=True, metavar="SWAP", help=f"Exchange two days of shifts: {_SWAP[7:]}.")
@click.option("--clear", "clears", multiple=True, metavar="WHAT", help='Take out what --on or --window put in: "night '
              '2026-03-04", or when the window begins.')  # fmt: skip
@click.option("--again", is_flag=True, help="Send the roster that holds once more: for desks that were enrolled since.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and sign nothing.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
def set_roster(
    terminal: Terminal, contact: str, file: str | None, zone: str, shifts: tuple[str, ...], since: str, until: str,
    every: int, ends: tuple[str, ...], drops: tuple[str, ...], on_days: tuple[str, ...], windows: tuple[str, ...],
    swaps: tuple[str, ...], clears: tuple[str, ...], again: bool, dry_run: bool, yes: bool,
) -> None:  # fmt: skip
    """Make the duty roster of a contact, or change it: you see what changes, and confirm it.

    OFFICER is what the directory calls somebody, or the beginning of the id. Several stand in order: the first is
    called first. A shift that is given again takes the place of the one of its name. What was signed holds for every
    officer of the contact; if somebody else signs at the same moment, the first holds, and everybody is told.
    """
    given = (file, zone, shifts, ends, drops, on_days, windows, swaps, clears)
    if again == any(given) or (file and any(given[1:])):
        raise Usage("say what is to change: --file alone, or --shift, --on and the others; or --again alone")
    with opened(terminal) as desk:
        check_officer(desk)
        draft = begin(terminal, desk, one_contact(desk, contact), zone)
        if again and draft.board.roster is None:
            raise NotFound(f"there is no roster of {draft.board.contact} to send again")
        wanted = _Wanted(draft, since, until, every, desk.clock())

        def change(base: Roster) -> Roster:
            if file:
                return read_file(read_text(file, "roster", MOST_FILE), base.contact, draft.named)
            for apply, words in (
                (wanted.shift, shifts), (wanted.end, ends), (changes.without_shift, drops),
                (changes.without_exception, clears), (wanted.on_day, on_days), (wanted.window, windows),
                (wanted.swap, swaps),
            ):  # fmt: skip
                for each in words:
                    base = apply(base, each)
            return base

        after = draft.board.roster if again and draft.board.roster else changed(draft, change)
        publish(terminal, desk, draft, after, dry_run=dry_run, yes=yes, again=again)


class _Wanted:
    """What options say, put into a roster one by one. Each raises Malformed or NoSuchOfficer."""

    def __init__(self, draft: Draft, since: str, until: str, every: int, now: int) -> None:
        self._draft, self._until, self._every = draft, until, every
        today = datetime.fromtimestamp(now, time_zone(draft.base.zone)).date()
        self._since = since or today.isoformat()
        self._from = _day(self._since)

    def shift(self, base: Roster, text: str) -> Roster:
        """`night=mon-sun 22:00-06:00 OFFICER,OFFICER`, or `…22:00 for 7d…`."""
        name, equals, rest = text.partition("=")
        words = rest.split(maxsplit=4)
        long = len(words) > 4 and words[2] == "for"
        pieces = (words[0], " ".join(words[1:4]), words[4]) if long else tuple(rest.split(maxsplit=2))
        if not equals or len(pieces) != 3:
            raise Malformed(f"{text[:80]!r} does not say a shift; write it like {_SHIFT}")
        check_shift_id(name.strip())
        weekdays, (start, minutes) = days(pieces[0]), span(pieces[1])
        first = next(each for each in range(self._from, self._from + 7) if (each - 1) % 7 + 1 in weekdays)
        made = Shift(
            id=name.strip(), days=weekdays, start=start, minutes=minutes, every=self._every,
            officers=self._officers(pieces[2]), since=date.fromordinal(first).isoformat(),
        )  # fmt: skip
        found = changes.with_shift(base, made)
        return changes.ended(found, made.id, self._until) if self._until else found

    def end(self, base: Roster, text: str) -> Roster:
        """`night=2026-12-31`."""
        name, equals, day = text.partition("=")
        if not equals:
            raise Malformed(f"{text[:80]!r} does not say when a shift ends; write it like --end night=2026-12-31")
        return changes.ended(base, name.strip(), day.strip())

    def on_day(self, base: Roster, text: str) -> Roster:
        """`night 2026-03-04 OFFICER,OFFICER`."""
        name, day, who = self._three(text, _DAY)
        return changes.on_day(base, name, day, self._officers(who))

    def window(self, base: Roster, text: str) -> Roster:
        """`2026-12-24T18:00 2026-12-26T06:00 OFFICER`."""
        starts, ends, who = self._three(text, _WINDOW)
        return changes.in_window(base, starts, ends, self._officers(who))

    def swap(self, base: Roster, text: str) -> Roster:
        """`night 2026-03-04 day 2026-03-05`."""
        words = text.split()
        if len(words) != 4:
            raise Malformed(f"{text[:80]!r} does not say a swap; write it like {_SWAP}")
        return changes.swapped(base, (words[0], words[1]), (words[2], words[3]))

    def _three(self, text: str, example: str) -> tuple[str, str, str]:
        words = text.split(maxsplit=2)
        if len(words) != 3:
            raise Malformed(f"{text[:80]!r} is not understood; write it like {example}")
        return words[0], words[1], words[2]

    def _officers(self, text: str) -> tuple[str, ...]:
        if text.strip().lower() == NOBODY:
            return ()
        return tuple(self._draft.named(each) for each in text.split(","))


def _day(text: str) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError as error:
        raise Usage(f"{text!r} is no day; write it like 2026-03-02") from error


@click.command("write", short_help="Write the roster to a FILE that you can change.")
@click.argument("file", metavar="FILE")
@of_contact
@over_what_is_there
@with_passphrase
def write_roster_file(terminal: Terminal, file: str, contact: str, replace: bool) -> None:
    """Write the roster that holds to FILE (- for standard output), to be changed and given to `enlace duty set --file`.

    What you have signed and not sent yet is in it.
    """
    with opened(terminal) as desk:
        check_officer(desk)
        fetch(terminal, desk)
        found = board(desk, desk.replica().view, one_contact(desk, contact), desk.clock())
        if found.kept.newest is None:
            raise NotFound(f"there is no roster of {found.contact} on this desk; `enlace duty set --shift` makes one")
        text = write_file(found.kept.newest, found.labelled)
        if file == "-":
            terminal.data(text.encode())
            return
        write_out(Path(file), text.encode(), replace=replace)
        terminal.result({"contact": found.contact, "file": file}, f"Written to {file}.")


COMMANDS = (set_roster, write_roster_file)
