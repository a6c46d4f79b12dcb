"""`enlace treaty`: on which instrument a request may rest, by the authority's own table of who is a party to what."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from desk.commands.options import checked, opened, read_file, with_passphrase
from desk.drafting.choosing import LANGUAGES, form_named
from desk.drafting.own_treaties import RowChange, changes, imported, keep_table, own_table, unknown_instruments
from desk.drafting.table_words import sided
from desk.drafting.typed import Mistyped, chosen
from desk.errors import Declined, NotFound, Usage
from desk.forms.catalogue import code_label, code_lists
from desk.forms.definition import CodeName
from desk.forms.treaties import Basis, PartyRow, PartyTable, between, remove_row, row_faults, set_row
from desk.forms.treaty_csv import read_party_csv, write_party_csv
from desk.host import write_new, write_whole
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal
from directory.canonical import Malformed
from directory.countries import country_code, country_name
from directory.country_codes import COUNTRY_CODES
from directory.exchange.csv_problem import ImportRefused

_TOLD = 20
_MOST_CSV = 4 << 20
_MARK = {"new": "+", "changed": "~", "removed": "-"}


@click.group(short_help="Say which treaty is in force between two states.")
def treaty() -> None:
    """Say on which treaty a request between two states may rest.

    No list of parties ships with Enlace: what your authority has not entered, with source and day, is unknown.
    """


@treaty.command("for", short_help="Say which instruments are in force between FROM and TO.")
@click.argument("one", metavar="FROM")
@click.argument("other", metavar="TO")
@click.option("--form", "form", default="", metavar="FORM", help="Only those that this form may rest on.")
@click.option("--on", "day", default="", metavar="DAY", help="The day asked about, as in 2026-03-01; else today.")
@click.option("--language", default="en", show_default=True, type=click.Choice(LANGUAGES), help="The language shown.")
@with_passphrase
def treaty_for(terminal: Terminal, one: str, other: str, form: str, day: str, language: str) -> None:
    """Say which instruments are in force between the countries FROM and TO, and who says so, as of when.

    A country is given by its code or name. Where no row says that both are parties, the answer is unknown: verify it
    with the depositary. Reservations and declarations are not in these tables.
    """
    pair, on = (_country(one), _country(other)), _day(day) if day else today(terminal)
    if pair[0] == pair[1]:
        raise Usage(f"{one} and {other} are the same country")
    names = form_named(form).instruments if form else tuple(code_lists()["instruments"])
    with opened(terminal) as desk:
        bases = between(names, *pair, on, own_table(desk.keyring.vault))
        plain = {"from": pair[0], "to": pair[1], "on": on, "instruments": [basis_plain(each) for each in bases]}
        terminal.result(plain, "\n".join(sided(each, language) for each in bases) or "No instrument is known here.")


@treaty.command("list", short_help="List the rows of your own table.")
@with_passphrase
def list_rows(terminal: Terminal) -> None:
    """List the rows of your authority's own table, each with its source and the day of that source."""
    with opened(terminal) as desk:
        table = own_table(desk.keyring.vault)
        text = "\n".join(_row_line(each) for each in table.rows)
        terminal.result({"rows": msgspec.to_builtins(table.rows)}, text or "The table is empty: nothing is known.")


@treaty.command("set", short_help="Enter what a source says of one state and one instrument.")
@click.argument("instrument")
@click.argument("country")
@click.argument("state")
@click.option("--source", required=True, metavar="TEXT", help="Where this was read: the depositary's list, its page.")
@click.option("--date", "day", required=True, metavar="DAY", help="The day of that source, as in 2026-03-01.")
@click.option("--since", default="", metavar="DAY", help="From when it is so, if the source says: entry into force.")
@click.option("--note", default="", metavar="TEXT", help="What else is to be known, such as a reservation.")
@with_passphrase
def set_treaty(
    terminal: Terminal, instrument: str, country: str, state: str, source: str, day: str, since: str, note: str
) -> None:
    """Enter that COUNTRY is a party to INSTRUMENT, or what else STATE says: signatory, denounced, not-party.

    A row about the same is replaced. INSTRUMENT is a code of the list (untoc, nassau …) or one of your own, such as
    co-ca-mla-1999 for a bilateral treaty.
    """
    if not source.strip():
        raise Usage("say with --source where this was read: a row that nobody can check is no row")
    name = checked(instrument, CodeName, "code of an instrument", "untoc, or co-ca-mla-1999 for one of your own")
    given = {"instrument": name, "country": _country(country), "state": _state(state), "source": source.strip()}
    given |= {"date": _day(day)} | ({"since": _day(since)} if since else {}) | ({"note": note.strip()} if note else {})
    try:
        row = msgspec.convert(given, PartyRow)
    except msgspec.ValidationError as error:
        raise Usage("this is no row of a table: a source and a note have at most 400 characters") from error
    for column, what, do in row_faults(row, today(terminal)):
        raise Usage(f"--{column}: {what}; {do}")
    _change(terminal, lambda table: set_row(table, row))


@treaty.command("remove", short_help="Take a row out of your own table.")
@click.argument("instrument")
@click.argument("country")
@with_passphrase
def remove_treaty(terminal: Terminal, instrument: str, country: str) -> None:
    """Take out the row about INSTRUMENT and COUNTRY: what it said is unknown then."""
    code = _country(country)

    def without(table: PartyTable) -> PartyTable:
        try:
            return remove_row(table, instrument, code)
        except KeyError as error:
            raise NotFound(f"there is no row about {instrument} and {code}; `enlace treaty list` shows them") from error

    _change(terminal, without)


@treaty.command("import", short_help="Take in a table from a CSV FILE.")
@click.argument("file", metavar="FILE")
@click.option("--whole", is_flag=True, help="FILE is the whole table: rows that are not in it are taken out.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@with_passphrase
def import_treaties(terminal: Terminal, file: str, whole: bool, dry_run: bool) -> None:
    """Take in rows from a CSV FILE (UTF-8): instrument, country, state, since, source, date, note.

    Rows are added or replaced. Nothing is taken in while any line is wrong; every fault is told.
    """
    raw = read_file(file, "table", _MOST_CSV)
    try:
        read = read_party_csv(raw, today(terminal))
    except ImportRefused as refused:
        raise _refused(terminal, refused) from refused
    _change(terminal, lambda table: imported(table, read, whole=whole), dry_run=dry_run)


@treaty.command("export", short_help="Write your own table as CSV.")
@click.option("--out", "-o", "out", metavar="FILE", help="Write to FILE instead of to the screen.")
@click.option("--replace", is_flag=True, help="Replace what is there.")
@with_passphrase
def export_treaties(terminal: Terminal, out: str | None, replace: bool) -> None:
    """Write your own table as CSV, as `enlace treaty import` takes it in at another desk."""
    if terminal.json and out is None:
        raise Usage("say with --out where the table goes; `enlace treaty list --json` prints it")
    with opened(terminal) as desk:
        table = own_table(desk.keyring.vault)
    raw = write_party_csv(table)
    if out is None:
        terminal.data(raw)
        return
    put_file(out, raw, replace=replace)
    terminal.result({"file": out, "rows": len(table.rows)}, f"{len(table.rows)} row(s) written to {out}.")


def put_file(out: str, raw: bytes, *, replace: bool) -> None:
    """Write a file for the officer; raises Usage for one that is there, unless it is to be replaced."""
    if replace:
        write_whole(Path(out), raw)
    else:
        try:
            write_new(Path(out), [raw])
        except Usage as error:
            if not Path(out).exists():
                raise
            raise Usage(f"{out} exists already, and is not overwritten; give another name, or say --replace") from error


def today(terminal: Terminal) -> str:
    """The day it is in UTC."""
    return f"{datetime.fromtimestamp(terminal.clock(), UTC):%Y-%m-%d}"


def bases_for(desk: Unlocked, terminal: Terminal, form: str, country: str) -> tuple[Basis, ...]:
    """The instruments a form may rest on between this desk's own country and another, today."""
    member = desk.replica().view.members.get(desk.profile.identity.member)
    own = member.country if member is not None else ""
    names = form_named(form).instruments
    if not own or own == country or not names:
        return ()
    return between(names, own, country, today(terminal), own_table(desk.keyring.vault))


def basis_plain(basis: Basis) -> dict[str, Any]:
    """A basis for programs: the answer, and for each state its row, or nothing where none says anything."""
    rows = [{"country": country, "row": msgspec.to_builtins(row) if row else None} for country, row in basis.rows]
    return {"instrument": basis.instrument, "answer": basis.answer, "states": rows}


def _change(terminal: Terminal, change: Any, *, dry_run: bool = False) -> None:
    with opened(terminal) as desk:
        vault = desk.keyring.vault
        before = own_table(vault)
        try:
            after: PartyTable = change(before)
        except Malformed as error:
            raise Usage(str(error)) from error
        made = list(changes(before, after))
        if made and not dry_run:
            keep_table(vault, after)
        for name in unknown_instruments(PartyTable(rows=tuple(each.row for each in made))):
            terminal.warn(line(f"{name} is no instrument that a form names; it is kept as one of your own"))
        plain = {"changes": [_change_plain(each) for each in made], "rows": len(after.rows), "dry_run": dry_run}
        rows = [f"{_MARK[each.what]} {_row_line(each.row)}" for each in made]
        done = "Nothing was changed (--dry-run)." if dry_run else f"{len(after.rows)} row(s) in the table."
        terminal.result(plain, "\n".join([*rows, done if made else "Nothing changes."]))


def _change_plain(change: RowChange) -> dict[str, Any]:
    sides = {"before": change.before, "after": change.after}
    return {"what": change.what} | {name: msgspec.to_builtins(row) for name, row in sides.items() if row}


def _row_line(row: PartyRow) -> str:
    state = code_label("party-states", row.state, "en") or row.state
    since = f" since {row.since}" if row.since else ""
    note = f" ({line(row.note)})" if row.note else ""
    named = f"{row.country} {country_name(row.country, 'en')}"
    return f"{row.instrument:<28} {named:<24} {state}{since}: {line(row.source)}, {row.date}{note}"


def _refused(terminal: Terminal, refused: ImportRefused) -> Declined:
    for problem in refused.problems[:_TOLD]:
        terminal.note(line(str(problem)))
    if len(refused.problems) > _TOLD:
        terminal.note(f"… and {len(refused.problems) - _TOLD} more; --json tells them all")
    error = Declined(f"{len(refused.problems)} error(s) in the file; nothing was imported")
    error.problems = tuple(
        {each.unit: each.line, "column": each.column, "what": each.what, "do": each.do} for each in refused.problems
    )
    return error


def _country(text: str) -> str:
    code = country_code(text) or text.strip().upper()
    if code not in COUNTRY_CODES:
        raise Usage(f"no country is called {text!r}; write its two-letter code, as in CO")
    return code


def _state(text: str) -> str:
    try:
        return chosen("party-states", text, "en")
    except Mistyped as error:
        raise Usage(str(error)) from error


def _day(text: str) -> str:
    try:
        if datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).strftime("%Y-%m-%d") == text:
            return text
    except ValueError:
        pass
    raise Usage(f"{text!r} is no day; write year, month and day, as in 2026-03-01")
