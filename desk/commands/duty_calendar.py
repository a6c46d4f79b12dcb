"""`enlace duty import` and `export`: rosters from and for other people's calendars."""

from pathlib import Path

import click

from desk.commands.duty_draft import begin, fetch, publish
from desk.commands.duty_options import (
    check_officer,
    in_language,
    of_contact,
    one_contact,
    over_what_is_there,
    write_out,
)
from desk.commands.options import opened, read_file, with_passphrase
from desk.errors import Declined, NotFound, Usage
from desk.rosters.board import board
from desk.rosters.calendar_in import Imported, read_calendar
from desk.rosters.calendar_lines import MOST_CALENDAR_BYTES
from desk.rosters.calendar_out import write_calendar
from desk.rosters.people import NoSuchOfficer
from desk.safe_text import line
from desk.terminal import Terminal
from directory.canonical import Malformed


@click.command("import", short_help="Take the roster from a calendar file (.ics).")
@click.argument("file", metavar="FILE")
@of_contact
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="WHO=OFFICER",
    help="An attendee of the calendar, by address or name, is this officer; repeat it.",
)
@click.option("--zone", default="", metavar="ZONE", help="The time zone of the roster, if there is none yet.")
@click.option("--leave-out", is_flag=True, help="Go on without the events that cannot be read.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and sign nothing.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
def import_calendar(
    terminal: Terminal, file: str, contact: str, mapped: tuple[str, ...], zone: str, leave_out: bool, dry_run: bool,
    yes: bool,
) -> None:  # fmt: skip
    """Take the whole roster from the iCalendar file FILE, in the place of the one that holds.

    Events that cannot be part of a roster are named, each with what to do; without --leave-out nothing is signed then.
    """
    raw = read_file(file, "calendar", MOST_CALENDAR_BYTES)
    with opened(terminal) as desk:
        check_officer(desk)
        draft = begin(terminal, desk, one_contact(desk, contact), zone)
        try:
            known = {word: draft.named(officer) for word, officer in map(_pair, mapped)}
            found = read_calendar(raw, draft.base.contact, draft.base.zone, known)
        except (Malformed, NoSuchOfficer) as error:
            raise Usage(str(error)) from error
        _tell(terminal, found)
        if found.refused and not leave_out:
            declined = Declined(
                f"{len(found.refused)} event(s) of the calendar cannot be read; nothing was signed. Mend them, or say "
                "--leave-out"
            )
            declined.problems = tuple({"event": each.event, "what": each.what, "do": each.do} for each in found.refused)
            raise declined
        publish(terminal, desk, draft, found.roster, dry_run=dry_run, yes=yes)


def _pair(text: str) -> tuple[str, str]:
    word, equals, officer = text.rpartition("=")
    if not equals or not word.strip():
        raise Usage(f"{text!r} does not say who is whom; write it like --map night@example.org=0a1b2c3d")
    return word.strip(), officer


def _tell(terminal: Terminal, found: Imported) -> None:
    for each in found.refused:
        terminal.warn(line(f"{each.event}: {each.what}: {each.do}"))
    for note in found.notes:
        terminal.note(line(note))


@click.command("export", short_help="Write the roster as a calendar file (.ics).")
@click.argument("file", metavar="FILE")
@of_contact
@click.option("--names", is_flag=True, help="Write what officers are called too, and not only opaque ids.")
@over_what_is_there
@in_language
@with_passphrase
def export_calendar(terminal: Terminal, file: str, contact: str, names: bool, replace: bool, language: str) -> None:
    """Write the roster that holds as an iCalendar file FILE (- for standard output), for the calendars people look at.

    It leaves Enlace with that: a calendar is often kept where others read it. So officers are opaque ids, unless you
    say --names.
    """
    with opened(terminal) as desk:
        check_officer(desk)
        fetch(terminal, desk)
        found = board(desk, desk.replica().view, one_contact(desk, contact), desk.clock())
        if found.roster is None:
            raise NotFound(f"there is no roster of {found.contact} on this desk")
        labelled = {each: found.labelled[each] for each in found.roster.officers if names and each in found.labelled}
        network = desk.profile.identity.name
        data = write_calendar(found.roster, network, terminal.clock(), language, labelled)
        if file == "-":
            terminal.data(data)
            return
        write_out(Path(file), data, replace=replace)
        terminal.result({"contact": found.contact, "seq": found.roster.seq, "file": file}, f"Written to {file}.")


COMMANDS = (import_calendar, export_calendar)
