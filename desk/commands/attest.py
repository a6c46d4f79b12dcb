"""`enlace contact attest`: each contact is shown, and confirmed as right by somebody who looked at it."""

import click

from desk.commands.options import opened, with_passphrase
from desk.commands.signing import Signing, with_roots
from desk.contact_batch import as_it_is, listed
from desk.errors import NotFound, Usage
from desk.reminders import of_desk
from desk.safe_text import line
from desk.terminal import Terminal
from desk.unlocked import Unlocked
from directory.csv_contact import cells_of
from directory.entry import Entry
from directory.statement import AttestContact

_QUESTION = "Right as it stands? (y)es, (n)o: leave it, (q)uit: confirm those said yes to"


@click.command(short_help="Show each CONTACT, and confirm that it is right as it stands.")
@click.argument("names", nargs=-1, metavar="[CONTACT...]")
@click.option("--due", is_flag=True, help="All that you are to confirm by now, or within two weeks, oldest first.")
@click.option("--yes", is_flag=True, help="Do not ask about each.")
@with_passphrase
@with_roots
def attest(terminal: Terminal, names: tuple[str, ...], due: bool, yes: bool, signing: Signing) -> None:
    """Show each CONTACT, and confirm that it is right as it stands.

    An administrator confirms any contact of the own authority, an officer those they serve. What you say no to
    is left as it is: publish what is right, which confirms it too.
    """
    if bool(names) == due:
        raise Usage("name the contacts, or say --due")
    with opened(terminal) as desk:
        chosen = _due(desk) if due else _named(desk, names)
        said = _agreed(terminal, chosen, yes=yes)
        if said:
            signing.issue(desk, AttestContact, *({"contact": each} for each in said))
        left = [each.id for each in chosen if each.id not in said]
        terminal.result({"attested": said, "left": left}, _text(said, left))


def _due(desk: Unlocked) -> list[Entry]:
    return [each.entry for each in of_desk(desk)]


def _named(desk: Unlocked, names: tuple[str, ...]) -> list[Entry]:
    known = {each.id: each for each in listed(desk)}
    for name in names:
        if name not in known:
            raise NotFound(f"there is no contact {name}; `enlace find` lists them")
    return [known[name] for name in dict.fromkeys(names)]


def _agreed(terminal: Terminal, chosen: list[Entry], *, yes: bool) -> list[str]:
    """The ids of those that somebody who saw them said yes to."""
    said = []
    for number, entry in enumerate(chosen, 1):
        shown = as_it_is(entry)
        cells = cells_of(shown) if shown else {"contact": entry.id, "details": "none at hand"}
        days = entry.age_days(terminal.clock())
        head = f"{entry.id}, {number} of {len(chosen)}, last confirmed {days} days ago"
        terminal.note("\n".join([head, *(f"  {column:<18} {line(value)}" for column, value in cells.items())]))
        answer = "y" if yes else terminal.choose(_QUESTION, "ynq", beforehand="--yes")
        if answer == "q":
            break
        if answer == "y":
            said.append(entry.id)
    return said


def _text(said: list[str], left: list[str]) -> str:
    if not said and not left:
        return "Nothing is to be confirmed now."
    confirmed = f"Confirmed: {', '.join(said)}." if said else "Nothing was confirmed."
    return confirmed + (f"\nLeft as they are: {', '.join(left)}." if left else "")
