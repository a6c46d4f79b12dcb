"""`enlace contact attest`: each contact is shown, and confirmed as right by somebody who looked at it.

1. What is shown is the newest directory that the relay has, and what is confirmed is what was shown: a contact that
   changed while somebody looked at it is left, and that is told.
2. Nobody confirms details that this desk cannot show: a contact without them is left as it is.
"""

import click

from desk.alarms.announce import Hearer
from desk.commands.options import opened, with_passphrase
from desk.commands.signing import Signing, fresh_batch, newest, with_roots
from desk.entries.contact_batch import MOST_IN_BATCH, as_it_is, listed
from desk.entries.reminders import of_desk
from desk.errors import NotFound, Usage
from desk.link.session import connected
from desk.profile.unlocked import Unlocked
from desk.replica.statements import Batch, Voice
from desk.report_lines import hanging
from desk.safe_text import line
from desk.terminal import Terminal, run
from directory.entry import Entry
from directory.exchange.csv_contact import Wanted, cells_of
from directory.statement import AttestContact
from directory.view import Contact, View

_QUESTION = "Right as it stands? (y)es, (n)o: leave it, (q)uit: confirm those said yes to"
_LABEL = 21  # columns


@click.command(short_help="Show each CONTACT, and confirm that it is right as it stands.")
@click.argument("names", nargs=-1, metavar="[CONTACT...]")
@click.option("--due", is_flag=True, help="All that you are to confirm by now, or within two weeks, oldest first.")
@click.option("--yes", is_flag=True, help="Do not ask about each.")
@with_passphrase
@with_roots
def attest(terminal: Terminal, names: tuple[str, ...], due: bool, yes: bool, signing: Signing) -> None:
    """Show each CONTACT, and confirm that it is right as it stands.

    An administrator confirms any contact of the own authority, an officer those they serve. What you say no to
    is left as it is: publish what is right, which confirms it too. So is what changes while you look at it.
    """
    if bool(names) == due:
        raise Usage("name the contacts, or say --due")
    with opened(terminal) as desk:
        run(newest(desk))
        chosen = _due(terminal, desk) if due else _named(desk, names)
        voices = signing.voices(desk) if chosen else []
        _check_say(desk, chosen, voices, signing)
        agreed = _agreed(terminal, desk, chosen, yes=yes)
        said = _confirmed(terminal, desk, agreed, voices, signing) if agreed else []
        left = [each.id for each in chosen if each.id not in said]
        terminal.result({"attested": said, "left": left}, _text(said, left))


def _due(terminal: Terminal, desk: Unlocked) -> list[Entry]:
    found = [each.entry for each in of_desk(desk)]
    if len(found) > MOST_IN_BATCH:
        terminal.warn(f"{len(found)} are to be confirmed; here are the {MOST_IN_BATCH} oldest: call it again for more")
    return found[:MOST_IN_BATCH]


def _named(desk: Unlocked, names: tuple[str, ...]) -> list[Entry]:
    known = {each.id: each for each in listed(desk)}
    for name in names:
        if name not in known:
            raise NotFound(f"there is no contact {name}; `enlace find` lists them")
    if len(names) > MOST_IN_BATCH:
        raise Usage(f"{len(names)} contacts; at most {MOST_IN_BATCH} go in one piece")
    return [known[name] for name in dict.fromkeys(names)]


def _check_say(desk: Unlocked, chosen: list[Entry], voices: list[Voice], signing: Signing) -> None:
    """Return if the directory would take it from these voices; raise Declined before anybody has looked at anything."""
    trial = Batch(desk.replica().view, voices, desk.clock(), drafting=signing.elsewhere)
    for each in chosen:
        trial.issue(AttestContact, contact=each.id)


def _agreed(terminal: Terminal, desk: Unlocked, chosen: list[Entry], *, yes: bool) -> list[Entry]:
    """Those that somebody who saw them said yes to."""
    identity, view = desk.profile.identity, desk.replica().view
    hearer = Hearer(identity.member, identity.officer, view, desk.store.bodies() if chosen else {})
    said = []
    for number, entry in enumerate(chosen, 1):
        shown = as_it_is(entry)
        head = f"{entry.id}, {number} of {len(chosen)}, last confirmed {_ago(entry.age_days(terminal.clock()))}"
        if shown is None:
            why = f"its details are {entry.absence}, and what nobody sees nobody confirms"
            terminal.warn(f"{head}: {why}. It is left as it is")
            continue
        rows = (f"  {column:<{_LABEL - 3}} {line(value)}" for column, value in _cells(shown, hearer).items())
        terminal.note("\n".join([head, *(hanging(each, terminal.note_width, _LABEL) for each in rows)]))
        answer = "y" if yes else terminal.choose(_QUESTION, "ynq", beforehand="--yes")
        if answer == "q":
            break
        if answer == "y":
            said.append(entry)
    return said


def _cells(shown: Wanted, hearer: Hearer) -> dict[str, str]:
    """What is published, with the serving officers as colleagues know them."""
    cells = cells_of(shown)
    if shown.officers:
        cells["officers"] = "; ".join(hearer.who(each) for each in shown.officers)
    return cells


def _confirmed(
    terminal: Terminal, desk: Unlocked, agreed: list[Entry], voices: list[Voice], signing: Signing
) -> list[str]:
    """Confirm those that still stand as they were shown; returns their ids, and tells of the others."""
    shown = {each.id: _content(desk.replica().view, each.id) for each in agreed}

    async def work() -> list[str]:
        async with connected(desk.keyring, desk.clock) as client:
            batch = await fresh_batch(desk, client, voices, signing.elsewhere)
            stand = [each for each in shown if _content(batch.view, each) == shown[each]]
            for each in stand:
                batch.issue(AttestContact, contact=each)
            if stand:  # all or none: a crash within leaves it to the relay, and the next look shows which
                await signing.publish(desk, client, batch)
            return stand

    confirmed = run(work())
    for each in shown:
        if each not in confirmed:
            terminal.warn(f"{each} was changed or retired while you looked at it, and is not confirmed: look again")
    return confirmed


def _content(view: View, contact: str) -> object:
    """What of a contact is confirmed: everything that was published of it, and that it is listed."""
    record: Contact | None = view.contacts.get(contact)
    if record is None:
        return None
    people = (record.officers, record.escalation, record.circles)
    return record.listed, record.member, record.function, record.body, people


def _ago(days: int) -> str:
    return f"{days} day{'s' * (days > 1)} ago" if days else "today"


def _text(said: list[str], left: list[str]) -> str:
    if not said and not left:
        return "Nothing is to be confirmed now."
    confirmed = f"Confirmed: {', '.join(said)}." if said else "Nothing was confirmed."
    return confirmed + (f"\nLeft as they are: {', '.join(left)}." if left else "")
