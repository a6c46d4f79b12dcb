"""`enlace contact import`: contacts from a file of any format, planned first and then published."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from desk.commands.import_publish import Publishing, audiences, check_size
from desk.commands.options import opened, read_file, with_passphrase
from desk.commands.signing import Signing, with_roots
from desk.entries.contact_batch import MOST_IN_BATCH, Members, file_plan, listed, members_of, sample_plan
from desk.entries.plan_words import counts, plan_plain, plan_text
from desk.errors import Declined, NotFound, Usage
from desk.link.session import check_look_up
from desk.profile.unlocked import Unlocked
from desk.safe_text import block, line
from desk.terminal import Terminal
from directory.exchange.contact_files import FORMATS, format_of
from directory.exchange.csv_duplicates import DUPLICATES, REFUSE, TELL
from directory.exchange.csv_headers import BadMap, ColumnMap, column_map, read_map
from directory.exchange.csv_plan import Plan
from directory.exchange.csv_problem import ImportRefused
from directory.exchange.csv_text import MOST_FILE_BYTES
from directory.exchange.file_encoding import ENCODINGS, in_utf8
from directory.sample import provisional_contacts

_UNITS = {"jcard": "card", "jscontact": "card", "json": "contact"}
_TOLD = 200  # errors of one file, on a screen


@click.command("import", short_help="Import contacts from FILE: all of it or nothing.")
@click.argument("file", required=False, metavar="[FILE]")
@click.option("--sample", is_flag=True, help="Import the sample that comes with Enlace instead of a file.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="How FILE is written, if what it begins with and its name do not tell.",
)
@click.option(
    "--encoding",
    type=click.Choice(ENCODINGS),
    help="What FILE is written in, if not UTF-8, or UTF-16 with its mark.",
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="HEADER=COLUMN",
    help="Of CSV: which column a header of FILE means; with nothing behind the sign, leave it out. Repeat it for each.",
)
@click.option("--map-file", metavar="FILE", help="Of CSV: read what the headers mean from a file.")
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="What a line says that says nothing in COLUMN itself. Repeat it for each.",
)
@click.option("--dry-run", is_flag=True, help="Show all that would change, and change nothing.")
@click.option(
    "--duplicates",
    type=click.Choice(DUPLICATES),
    default=TELL,
    show_default=True,
    help="Of lines that would add what is probably listed already: tell of them, refuse the file, skip them, or change "
    "the contact that is listed.",
)
@click.option(
    "--pieces", is_flag=True, help=f"Publish more than {MOST_IN_BATCH} statements too, in pieces one after the other."
)
@click.option(
    "--without-members", is_flag=True, help="Of provisional contacts: leave out those of countries that have a member."
)
@click.option("--wider", is_flag=True, help="Also where more members would see a contact than now.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def import_contacts(
    terminal: Terminal,
    file: str | None,
    sample: bool,
    kind: str | None,
    encoding: str | None,
    pairs: tuple[str, ...],
    map_file: str | None,
    values: tuple[str, ...],
    dry_run: bool,
    duplicates: str,
    pieces: bool,
    without_members: bool,
    wider: bool,
    yes: bool,
    signing: Signing,
) -> None:
    """Import contacts from FILE: all of it or nothing; a second time changes nothing.

    FILE is CSV, vCard 4.0, jCard, JSContact, or JSON of Enlace (docs/import-export.md), or one of two public
    lists. An administrator publishes for the own member; the secretariat, with root keys, lists provisional
    contacts of states not yet admitted. Every error is shown with its line, and then nothing is imported.
    """
    if (file is None) != sample:
        raise Usage("give either a FILE or --sample")
    told = _told(pairs, values, map_file)
    raw = None
    if file is not None:
        with _refusing(terminal):
            raw = in_utf8(read_file(file, "file", MOST_FILE_BYTES), encoding or "")
    form = kind or (format_of(raw, file or "") if raw is not None else "csv")
    if form != "csv" and (pairs or map_file):
        raise Usage(f"--map and --map-file say what the columns of a CSV file mean, and this is {form}")
    with opened(terminal) as desk:
        check_look_up(desk.keyring, terminal.clock())  # for a plan shows what is listed

        def planned() -> Plan:
            return _plan(terminal, desk, raw, form, told, duplicates, without_members)

        plan = planned()
        if duplicates == REFUSE and any(each.same for each in plan.alike):
            for each in plan.alike:
                terminal.note(f"  {line(str(each))}")
            raise Declined("some of these are probably listed already; nothing was imported")
        seen = audiences(desk, plan)
        plain, unit = plan_plain(plan, seen) | {"format": form}, _UNITS.get(form, "line")
        if dry_run:
            if len(plan.steps) > MOST_IN_BATCH and not pieces:
                terminal.warn(f"{len(plan.steps)} statements are too many for one piece; --pieces publishes several")
            terminal.result(
                plain | {"dry_run": True}, plan_text(plan, unit, seen) + "\nNothing was changed (--dry-run)."
            )
            return
        check_size(plan, signing, pieces=pieces)
        opened_to = [found for found in seen if found.gained]
        if opened_to and not wider:
            for told_of in opened_to:
                terminal.note(f"! {line(str(told_of))}")
            raise Declined("more members would see these than now; nothing was imported: say so with --wider")
        if plan.steps:
            terminal.note(block(plan_text(plan, unit, seen, short=True), bar=""))
            terminal.confirm("Publish this?", yes=yes)
        publishing = Publishing(terminal, desk, signing, plan, seen, planned)
        done = publishing.pieces() if pieces else publishing.whole()
        terminal.result(plain | {"statements": done}, f"{counts(plan)}\n{done} statements published.")


def _plan(
    terminal: Terminal,
    desk: Unlocked,
    raw: bytes | None,
    form: str,
    told: ColumnMap,
    duplicates: str,
    without_members: bool,
) -> Plan:
    member, view = desk.profile.identity.member, desk.replica().view
    if desk.replica().checkpoint is None:
        raise NotFound("this desk has no directory yet; run `enlace sync`")
    found = listed(desk)
    country = view.members[member].country if member else ""
    members = Members(members_of(view), without_members) if not member else Members()
    with _refusing(terminal):
        if raw is None:
            rows = None if member else provisional_contacts()
            return sample_plan(found, country=country, rows=rows, members=members)
        return file_plan(
            raw,
            form,
            found,
            country=country,
            provisional=not member,
            told=told,
            circles=view.circles,
            duplicates=duplicates,
            members=members,
        )


@contextmanager
def _refusing(terminal: Terminal) -> Iterator[None]:
    """Tell what is wrong with a file: to people the first of it, to programs all."""
    try:
        yield
    except ImportRefused as refused:
        for problem in refused.problems[:_TOLD]:
            terminal.note(line(str(problem)))
        if len(refused.problems) > _TOLD:
            terminal.note(f"… and {len(refused.problems) - _TOLD} more; --json tells them all")
        error = Declined(f"{len(refused.problems)} error(s) in the file; nothing was imported")
        error.problems = tuple(
            {each.unit: each.line, "column": each.column, "what": each.what, "do": each.do} for each in refused.problems
        )
        raise error from refused


def _told(pairs: tuple[str, ...], values: tuple[str, ...], map_file: str | None) -> ColumnMap:
    """What the user says of the file: the mapping file, and over it the options; raises Usage."""
    try:
        given = ColumnMap() if map_file is None else read_map(read_file(map_file, "mapping"))
        columns = _split(pairs, str.rpartition, "--map Teléfono=phone")
        return given.joined(column_map(columns, _split(values, str.partition, "--set country=CO")))
    except BadMap as error:
        raise Usage(line(str(error))) from error


def _split(
    pairs: tuple[str, ...], parted: Callable[[str, str], tuple[str, str, str]], example: str
) -> Iterator[tuple[str, str]]:
    """Both sides of each pair; a header may have = in it, and a value too; raises Usage where there is none."""
    for each in pairs:
        name, equals, meaning = parted(each, "=")
        if not equals:
            raise Usage(f"{each!r} has no = in it; write it as in {example}")
        yield name, meaning
