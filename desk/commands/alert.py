"""`enlace alert` and `enlace tally`: one alert to many contacts at once, and what came of it country by country.

1. Nothing is signed before the officer saw how many it is for, and agreed; `--yes` agrees beforehand.
2. Whoever cannot receive it is told at once, with the numbers to call: an alert is not sent when the last message is.
"""

from dataclasses import replace
from typing import Any

import click
import msgspec

from desk.alerts.choosing import Chosen, Wanted, chosen
from desk.alerts.composing import compose_alert, contacts_of
from desk.alerts.heard import parts_of, tallied
from desk.alerts.tally import ORDER, Row, Tally
from desk.commands.marks import taken_marks, with_marks
from desk.commands.options import checked, duration, opened, read_file, read_words, with_passphrase
from desk.commands.reaching_many import check_sealing, sent_out, with_contacts
from desk.commands.telling import tell, tell_unsent
from desk.drills.sending import known_entries
from desk.errors import Declined, Usage
from desk.forms.calendar import contradicted
from desk.forms.catalogue import form_of
from desk.forms.filled import Filled, parse_filled, update_needed
from desk.forms.missing import missing
from desk.handling.sending import check_many, check_sending, marks_for
from desk.handling.usual import usual_marks
from desk.handling.way_out import check_shown
from desk.mail.compose import Draft, sender_contact
from desk.mail.facts import Facts
from desk.mail.message import write_message
from desk.mail.outbox import Flushed
from desk.mail.shown import headline
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal, stamp
from directory.canonical import Malformed
from directory.entry import Entry
from directory.fields import Language
from relay.protocol.envelope import PRECEDENCES
from relay.protocol.lines import device_name

MOST_NAMED = 12  # contacts in one line
_NONE = "without a text say --no-text"
WORDS = {
    "answered": "answered",
    "accepted": "accepted",
    "refused": "refused",
    "opened": "opened",
    "delivered": "delivered",
    "nothing": "nothing yet",
}


@click.command(short_help="Send one alert to many contacts at once.")
@with_contacts
@click.option("--subject", "-s", default="", help="One line that says what it is about.")
@click.option(
    "--text", "-t", "text_file", metavar="FILE", help="Read the text (UTF-8) from FILE; - for standard input."
)
@click.option("--no-text", is_flag=True, help="Send the subject alone.")
@click.option("--form", "form_file", metavar="FILE", help="Send this filled form, such as an operational alert.")
@click.option("--case", default="", help="Your reference of the case; the recipients see it.")
@click.option(
    "--from", "sender", default="", metavar="CONTACT", help="Send in the name of CONTACT, if you serve several."
)
@click.option(
    "--precedence", "-p", type=click.Choice(PRECEDENCES), default="immediate", show_default=True, help="How it rings."
)
@with_marks
@click.option("--language", default="", metavar="CODE", help="The language of the text: es, en, pt, fr …")
@click.option("--expires", metavar="DURATION", default="7d", show_default=True, help="How long it waits: 14d at most.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
def alert(
    terminal: Terminal,
    wanted: Wanted,
    subject: str,
    text_file: str | None,
    no_text: bool,
    form_file: str | None,
    case: str,
    sender: str,
    precedence: Any,
    language: str,
    expires: str,
    yes: bool,
    **marks: Any,
) -> int:
    """Send one alert to many CONTACTs at once: those named, a circle's, a function's of every country, or all.

    Everybody gets it at the same time, and each accepts or refuses for itself; `enlace tally NUMBER` says who did.
    Whoever cannot receive it is told, to be telephoned. Give a --subject with --text or --no-text, or a --form.
    """
    has_text = text_file is not None or no_text
    if (bool(subject), has_text) != ((False, False) if form_file is not None else (True, True)):
        raise Usage("give --subject with --text FILE or --no-text; or give --form")
    if text_file is not None and no_text:
        raise Usage("give either --text or --no-text")
    code = checked(language, Language, "code of a language", "es, en, pt, fr or es-AR") if language else ""
    form = form_in_file(form_file, terminal.clock()) if form_file is not None else None
    early = text_file is not None and text_file != "-"
    words = read_words(str(text_file), "text", _NONE) if early else ""
    with opened(terminal) as desk:
        if text_file == "-":  # behind the passphrase, which may stand there too
            words = read_words("-", "text", _NONE)
        check_sealing(terminal, desk)
        now, view = terminal.clock(), desk.replica().view
        name = sender_contact(view, desk.profile.identity.device, sender, now)
        handling = marks_for(taken_marks(marks, now).over(usual_marks(desk.keyring.vault)), form)
        if wanted.by_group:
            check_many(handling, form)
        found, entries = chosen(view, wanted, name, now), known_entries(desk)
        draft = Draft(
            to=(*found.contacts, *(each for each in found.telephone if view.contacts[each].member)),
            subject=subject or "alert", text=words,
            sender=name, case=case, precedence=precedence, handling=handling,
            language=code, expires_in=duration(expires),
        )  # fmt: skip
        _tell_telephone(terminal, found.telephone, entries)
        terminal.confirm(f"Send this alert to {_whom(found, entries)}?", yes=yes)
        numbers: list[int] = []

        def queue() -> list[int]:
            numbers.extend(_queued(terminal, desk, draft, form))
            return numbers

        flushed = sent_out(terminal, desk, queue)
        return _report(terminal, desk, numbers, flushed, found)


def form_in_file(path: str, now: int) -> Filled:
    """The filled form in a file; raises Usage or Declined for one that may not be sent."""
    try:
        filled = parse_filled(read_file(path, "form").strip())
    except Malformed as error:
        raise Usage(f"this is no filled form: {line(str(error))}") from error
    known = form_of(filled.form)
    if known is None or update_needed(filled):
        raise Declined(f"{filled.form} is not a form this desk knows whole: update it, or choose another")
    found = (*missing(known, filled), *contradicted(known, filled, now))
    gaps = [each.told("en") for each in found if each.stops]
    if gaps:
        raise Declined(f"the form lacks: {'; '.join(gaps)}")
    return filled


def _queued(terminal: Terminal, desk: Unlocked, draft: Draft, form: Filled | None) -> list[int]:
    """Sign the parts of the alert by the directory as it is now, and put them into the outbox, all or none."""
    identity, replica = desk.profile.identity, desk.replica()
    draft = replace(draft, to=tuple(each for each in draft.to if replica.view.contacts[each].listed))
    messages = compose_alert(replica, identity.device, draft, terminal.clock(), form)
    for each in messages:
        check_sending(replica.view, each)
    signed = [
        (each, write_message(each, device_name(identity.name, identity.device), desk.keyring.device))
        for each in messages
    ]
    devices = sum(len(replica.view.contact_devices(each, terminal.clock())) for each in contacts_of(messages))
    if not terminal.json:
        envelopes = f"{len(messages)} envelopes" if len(messages) > 1 else "one envelope"
        terminal.note(f"Sealing to {many(devices, 'device')} of {many(len(draft.to), 'contact')}, in {envelopes} …")
    numbers: list[int] = []
    with desk.mail.together():
        for message, note in signed:
            number = desk.mail.add(message, note, Facts(direction="out"), queue=True)
            numbers += [] if number is None else [number]
    return numbers


def _report(terminal: Terminal, desk: Unlocked, numbers: list[int], flushed: Flushed, found: Chosen) -> int:
    tell_unsent(terminal, flushed)
    stored = [desk.mail.get(each) for each in numbers]
    for warning in dict.fromkeys(each for part in stored for each in part.facts.warnings):
        terminal.warn(line(warning))
    waiting = [each.number for each in stored if not each.facts.sent]
    contacts = sum(len(each.message.contacts) for each in stored)
    plain = {
        "number": numbers[0], "parts": numbers, "waiting": waiting, "contacts": contacts,
        "sent": [each.facts.sent for each in stored], "telephone": list(found.telephone),
    }  # fmt: skip
    sent = [each.facts.sent for each in stored if each.facts.sent]
    text = f"Alert {numbers[0]} to {many(contacts, 'contact')}: "
    text += f"the relay took it in at {stamp(max(sent))}" if sent else "it waits in the outbox"
    text += f"; {len(waiting)} of its {len(stored)} parts wait in the outbox" if sent and waiting else ""
    terminal.result(plain, f"{text}.\n`enlace tally {numbers[0]}` says what comes of it.")
    return Declined.code if waiting else 0


@click.command(short_help="Show what came of an alert, country by country.")
@click.argument("number", type=int)
@click.option("--contacts", "each_contact", is_flag=True, help="Show each contact too.")
@with_passphrase
def tally(terminal: Terminal, number: int, each_contact: bool) -> None:
    """Show what came of alert NUMBER: of each country, how many contacts have it, accepted, refused or answered.

    Each contact stands by the furthest it went. Only receipts that were verified count. Who has nothing yet is listed
    with the number to call.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        check_shown(desk, desk.mail.get(number))
        parts = parts_of(desk.mail, desk.mail.get(number))
        found, entries = tallied(desk.mail, desk.replica().view, parts), known_entries(desk)
        unsent = [each.number for each in parts if not each.facts.sent and each.facts.direction == "out"]
        if unsent:
            terminal.warn(f"{len(unsent)} of {len(parts)} parts were not taken in by the relay yet")
        plain = {
            "number": parts[0].number,
            "parts": [each.number for each in parts],
            "all": dict(found.whole),
            "countries": {country: dict(counts) for country, counts in found.countries.items()},
            "contacts": [msgspec.to_builtins(each) for each in found.rows],
            "telephone": [{"contact": each, "phones": _phones(entries, each)} for each in found.telephone],
        }
        text = [f"{line(headline(parts[0].message), 80)}, {stamp(parts[0].message.at)}", "", *_table(found)]
        if each_contact:
            text += ["", *(_row(each) for each in found.rows)]
        text += [
            f"{each.contact} refused: {line(each.reason)}" for each in found.rows if each.where == "refused"
        ] if not each_contact else []  # fmt: skip
        if found.telephone:
            text += ["", "To be telephoned:"]
            text += [f"  {each:<24} {', '.join(_phones(entries, each)) or 'no number known here'}"
                     for each in found.telephone]  # fmt: skip
        terminal.result(plain, "\n".join(text))


def _table(found: Tally) -> list[str]:
    head = "".join(f"{WORDS[where]:>13}" for where in ORDER)
    rows = [("all", found.whole), *found.countries.items()]
    return [f"{'':<6}{head}", *(f"{country or '?':<6}" + "".join(f"{counts[where] or '–':>13}" for where in ORDER)
                                for country, counts in rows)]  # fmt: skip


def _row(row: Row) -> str:
    since = f"  {stamp(row.at)}" if row.at else ""
    why = f"  {line(row.reason)}" if row.reason else ""
    return f"{row.country:<4} {row.contact:<24} {WORDS[row.where]:<12}{since}{why}"


def _tell_telephone(terminal: Terminal, contacts: tuple[str, ...], entries: dict[str, Entry]) -> None:
    for each in contacts:
        how = ", ".join(_phones(entries, each)) or "no number of it is known here"
        terminal.warn(line(f"{each} cannot receive it: telephone {how}"))


def _phones(entries: dict[str, Entry], contact: str) -> list[str]:
    """The numbers of a contact that somebody may answer."""
    entry = entries.get(contact)
    return [each.number for each in entry.body.phones if each.use != "fax"] if entry and entry.body else []


def _whom(found: Chosen, entries: dict[str, Entry]) -> str:
    countries = {entries[each].contact.country for each in found.contacts if each in entries}
    named = ", ".join(found.contacts[:MOST_NAMED]) + (", …" if len(found.contacts) > MOST_NAMED else "")
    return f"{many(len(found.contacts), 'contact')} of {many(len(countries), 'country', 'countries')} ({named})"


def many(count: int, one: str, several: str = "") -> str:
    """A number of things, with the word for one of them or for several."""
    return f"{count} {one if count == 1 else several or one + 's'}"
