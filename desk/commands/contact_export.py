"""`enlace contact export`: the directory of this desk as a file for other programs, or on paper."""

from collections.abc import Iterable
from pathlib import Path

import click

from desk.commands.options import opened, with_passphrase
from desk.entries.contact_batch import as_it_is, listed
from desk.errors import NotFound, Usage
from desk.host import reason, write_new, write_whole
from desk.link.session import check_look_up
from desk.profile.unlocked import Unlocked
from desk.terminal import Terminal
from directory.countries import country_code
from directory.entry import Entry
from directory.exchange.contact_files import WRITERS, write_contact_file
from directory.exchange.contact_sheet import NoTypesetting, State, set_sheet, sheets_of
from directory.functions import function_code

_SHEETS = "pdf"
_FORMATS = (*WRITERS, _SHEETS)
_ENDINGS = {"csv": "csv", "vcf": "vcard", "jcard": "jcard", "jscontact": "jscontact", "json": "json"}


@click.command("export", short_help="Write contacts for other programs, or as PDF sheets.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(_FORMATS),
    help="How to write them; else as the name of --out ends, and without one as CSV.",
)
@click.option(
    "--out", metavar="FILE", help="Write to FILE, of PDF sheets into the folder FILE, instead of to the screen."
)
@click.option("--country", "-c", "countries", multiple=True, help="Only this country; repeat it for several.")
@click.option("--function", "-f", "functions", multiple=True, help="Only this function; repeat it for several.")
@click.option("--own", is_flag=True, help="Only what the own member published.")
@click.option("--for-all", is_flag=True, help="Only what every member may see, and nothing that is for circles alone.")
@click.option("--replace", is_flag=True, help="Replace what is there.")
@click.option(
    "--labels",
    "languages",
    multiple=True,
    default=["en"],
    show_default=True,
    type=click.Choice(["es", "en", "pt", "fr"]),
    help="Of PDF: the language of a sheet; repeat it for several.",
)
@with_passphrase
def export_contacts(
    terminal: Terminal,
    kind: str | None,
    out: str | None,
    countries: tuple[str, ...],
    functions: tuple[str, ...],
    own: bool,
    for_all: bool,
    replace: bool,
    languages: tuple[str, ...],
) -> None:
    """Write contacts for other programs, or as PDF sheets, one for each country, to be printed.

    What is written is the directory of this desk, as it last was verified, without any proof: `enlace find`
    knows how fresh an entry is, and a file does not. Whoever has the file reads it.
    """
    form = kind or _ENDINGS.get((out or "").rpartition(".")[2].lower(), "csv")
    if out in (None, "-") and (terminal.json or form == _SHEETS):
        raise Usage(f"say with --out where the {'sheets' if form == _SHEETS else 'contacts'} go")
    codes = [_code(country_code(each) or each.upper() * (len(each) == 2), each, "country") for each in countries]
    kinds = [_code(function_code(each) or each, each, "function") for each in functions]
    with opened(terminal) as desk:
        check_look_up(desk.keyring, terminal.clock())
        chosen = [
            each
            for each in listed(desk)
            if (not codes or each.contact.country in codes)
            and (not kinds or each.contact.function in kinds)
            and (not own or each.contact.member == desk.profile.identity.member)
            and not (for_all and each.contact.circles)
        ]
        if not chosen:
            raise NotFound("nobody is listed for that; nothing was written")
        missing = sum(each.body is None for each in chosen)
        if missing:
            terminal.warn(f"{missing} of them are not in it, or without details: those are not to be had here")
        inner = [each.contact for each in chosen if each.body is not None and each.contact.circles]
        circles = sorted({circle for each in inner for circle in each.circles})
        if inner:
            verb = "is" if len(inner) == 1 else "are"
            whose = f"{len(inner)} of them {verb} for circles alone ({', '.join(circles)})"
            terminal.warn(f"{whose}; see that the file stays within them, or leave them out with --for-all")
        if form == _SHEETS:
            written = _sheets(terminal, desk, chosen, Path(out or ""), languages, replace=replace)
        else:
            contacts = [wanted for each in chosen if (wanted := as_it_is(each)) is not None]
            data = write_contact_file(contacts, form)
            if out is None or out == "-":
                terminal.data(data)
                return
            written = [_written(Path(out), data, replace=replace)]
        plain = {"format": form, "contacts": len(chosen) - missing, "files": written, "circles": circles}
        terminal.result(plain, f"{len(chosen) - missing} contacts written to {', '.join(written)}.")


def _sheets(
    terminal: Terminal,
    desk: Unlocked,
    chosen: Iterable[Entry],
    folder: Path,
    languages: Iterable[str],
    *,
    replace: bool,
) -> list[str]:
    """The sheets of every country in every language, as files in a folder, one made and written after the other."""
    replica = desk.replica()
    if replica.checkpoint is None:
        raise NotFound("this desk has no directory yet; run `enlace sync`")
    state = State(replica.view.founded.name, replica.view.size, replica.checkpoint.time)
    by_country: dict[str, list[Entry]] = {}
    for entry in chosen:
        by_country.setdefault(entry.contact.country, []).append(entry)
    made = {
        folder / f"{sheet.name}.pdf": sheet
        for country, found in sorted(by_country.items())
        for language in dict.fromkeys(languages)
        for sheet in sheets_of(found, country, language)
    }
    taken = [str(path) for path in made if path.exists()]
    if taken and not replace:
        raise Usage(f"{taken[0]} is there already; --replace writes it anew")
    for path in sorted(folder.glob("??-??*.pdf")):
        if path not in made and path.stem[:5] in {sheet.name[:5] for sheet in made.values()}:
            terminal.warn(f"{path} is of an earlier export, and stays as it is")
    done, whole = 0, sum(len(sheet.entries) for sheet in made.values())
    for path, sheet in made.items():
        try:
            data = set_sheet(sheet, state)
        except NoTypesetting as error:
            raise Usage(str(error)) from error
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Usage(f"{folder} cannot be a folder: {reason(error)}") from error
        _written(path, data, replace=True)  # one by one: of a run that is cut short, whole sheets are there
        done += len(sheet.entries)
        terminal.counted("Entries set", done, whole)
    return [str(path) for path in made]


def _written(path: Path, data: bytes, *, replace: bool) -> str:
    if replace:
        write_whole(path, data)
    else:
        write_new(path, [data])
    return str(path)


def _code(code: str, given: str, what: str) -> str:
    if not code:
        raise Usage(f"no {what} is called {given!r}; write its code, or its name in es, en, pt or fr")
    return code
