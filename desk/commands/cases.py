"""`enlace case`: open, invite, join, leave, exclude, guests, say. Thin: the rules are in `desk.cases`."""

from pathlib import Path
from typing import Any

import click
import msgspec

from desk.cases.acts import MOST_TITLE, EndGuest, Exclude, Guest, Invite, Join, Leave, ToContact, ToOfficer
from desk.cases.fold import MOST_GUEST_DAYS, NEVER
from desk.cases.held import HeldCase
from desk.cases.thread_shown import SHORT, staying
from desk.cases.writing import (
    Said,
    Whose,
    acting,
    acts_of,
    begun,
    inviting,
    opening,
    packages,
    saying,
    writer,
)
from desk.commands.alert import form_in_file
from desk.commands.case_sending import check_may_seal, find_case, queue, tell_beside, tell_queued
from desk.commands.duty_draft import fetch
from desk.commands.marks import taken_marks, with_marks
from desk.commands.officers import one_of
from desk.commands.options import checked, duration, opened, read_words, with_passphrase
from desk.commands.telling import tell
from desk.errors import Declined, NotFound, Usage
from desk.handling.sending import check_sending, marks_for
from desk.handling.usual import usual_marks
from desk.handling.way_out import time_of
from desk.mail.attachments import seal_file
from desk.mail.compose import check_line, sender_contact
from desk.mail.content import MOST_SUBJECT, MOST_TEXT, Form, Text
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal, stamp
from directory.fields import Language

_FROM = click.option("--from", "sender", default="", metavar="CONTACT", help="Act for CONTACT, if you serve several.")


@click.group(name="case", short_help="Cases: a thread between contacts, and who may read what.")
def case() -> None:
    """Work on a case together with other contacts.

    A case is a thread between two or more contacts. Who is in it follows from what was signed: contacts are
    invited and join, a guest is one officer until a date. Who comes in reads what is said from then on; what was said
    before, somebody hands over, and signs for it.
    """


@case.command("open", short_help="Open a case with CONTACTs.")
@click.argument("contacts", nargs=-1, required=True, metavar="CONTACT...")
@click.option("--title", "-t", required=True, help="What it is about, in a line; everybody who is invited reads it.")
@click.option("--may-invite", is_flag=True, help="Those invited may invite others.")
@click.option("--exercise", is_flag=True, help="Sign that it is an exercise: nothing in it is real.")
@_FROM
@with_passphrase
def begin_case(
    terminal: Terminal, contacts: tuple[str, ...], title: str, may_invite: bool, exercise: bool, sender: str
) -> int:
    """Open a case and invite CONTACTs, such as co-desk; each is in it once it has joined.

    What is said in a case that was opened as an exercise is signed as one by itself.
    """
    with opened(terminal) as desk:
        check_may_seal(terminal, desk)
        replica, device, now = desk.replica(), desk.profile.identity.device, terminal.clock()
        own = sender_contact(replica.view, device, sender, now)
        wanted = tuple(dict.fromkeys(contacts))
        for each in wanted:
            _check_contact(desk, each)
            if each == own:
                raise Usage(f"{own} opens the case, and is in it")
        check_line("title", title, MOST_TITLE)
        whose = Whose(replica, device, own, now)
        first = opening(whose, title, wanted, exercise=exercise)
        queued = [queue(desk, first)]
        name = queued[0].text
        queued += [queue(desk, inviting(whose, first, name, each, may_invite=may_invite)) for each in wanted]
        return tell_queued(terminal, desk, queued, name, f"Case {name[:SHORT]} is open; invited: {', '.join(wanted)}.")


@case.command(short_help="Invite a CONTACT into a case.")
@click.argument("text", metavar="CASE")
@click.argument("contact")
@click.option("--may-invite", is_flag=True, help="It may invite others.")
@_FROM
@with_passphrase
def invite(terminal: Terminal, text: str, contact: str, may_invite: bool, sender: str) -> int:
    """Invite CONTACT into CASE. It learns who is in it, and reads nothing from before unless it is handed over."""
    with opened(terminal) as desk:
        held, whose = _begin(terminal, desk, text, sender)
        _check_contact(desk, contact)
        current = begun(held)
        if not whose.guest and not current.members[whose.contact].may_invite:
            raise Declined(f"{whose.contact} may not invite into this case: {current.members[whose.contact].by} can")
        if contact in current.members or contact in current.invited:
            raise Usage(f"{contact} is in this case, or invited, already")
        _no_guest(whose)
        message = acting(whose, held, Invite(contact=contact, may_invite=may_invite), contacts=(contact,))
        tell_beside(terminal, desk, held, whose, acts_of(held), contact)
        bundles = list(packages(whose, held, ToContact(contact=contact), acts_of(held), desk.mail.proofs))
        queued = [queue(desk, each) for each in (message, *bundles)]
        return tell_queued(terminal, desk, queued, held.id, f"{contact} is invited into case {held.id[:SHORT]}.")


@case.command(short_help="Join a case that you, or your contact, are invited into.")
@click.argument("text", metavar="CASE")
@_FROM
@with_passphrase
def join(terminal: Terminal, text: str, sender: str) -> int:
    """Join CASE, for the contact that was invited, or as the guest that you are invited to be."""
    with opened(terminal) as desk:
        held, whose = _begin(terminal, desk, text, sender, joining=True)
        queued = [queue(desk, acting(whose, held, Join(guest=whose.guest)))]
        who = "You are a guest of" if whose.guest else f"{whose.contact} is in"
        return tell_queued(terminal, desk, queued, held.id, f"{who} case {held.id[:SHORT]}.")


@case.command(short_help="Leave a case.")
@click.argument("text", metavar="CASE")
@_FROM
@with_passphrase
def leave(terminal: Terminal, text: str, sender: str) -> int:
    """Leave CASE, for the contact, or as a guest: nothing more comes. A guest's messages are locked then."""
    with opened(terminal) as desk:
        held, whose = _begin(terminal, desk, text, sender)
        queued = [queue(desk, acting(whose, held, Leave(guest=whose.guest)))]
        who = "You have left" if whose.guest else f"{whose.contact} has left"
        return tell_queued(terminal, desk, queued, held.id, f"{who} case {held.id[:SHORT]}.")


@case.command(short_help="Put a CONTACT out of a case, or take its invitation back.")
@click.argument("text", metavar="CASE")
@click.argument("contact")
@_FROM
@with_passphrase
def exclude(terminal: Terminal, text: str, contact: str, sender: str) -> int:
    """Put CONTACT out of CASE: for who invited it, or opened the case. It keeps what it has."""
    with opened(terminal) as desk:
        held, whose = _begin(terminal, desk, text, sender)
        _no_guest(whose)
        current = begun(held)
        found = current.members.get(contact) or current.invited.get(contact)
        if found is None:
            raise NotFound(f"{line(contact)} is not in this case, and not invited; `enlace case show` says who is")
        if contact == current.opening.contact:
            raise Declined(f"{contact} opened the case, and is not put out of it")
        if whose.contact not in (found.by, current.opening.contact):
            raise Declined(f"{found.by}, which invited {contact}, or {current.opening.contact} may do that")
        queued = [queue(desk, acting(whose, held, Exclude(contact=contact), contacts=(contact,)))]
        return tell_queued(terminal, desk, queued, held.id, f"{contact} is out of case {held.id[:SHORT]}.")


@case.command(short_help="Invite one OFFICER as a guest, until a time.")
@click.argument("text", metavar="CASE")
@click.argument("officer")
@click.option(
    "--for",
    "lasts",
    required=True,
    metavar="DURATION",
    help=f"For how long from now: 12h, 7d, {MOST_GUEST_DAYS}d at most.",
)
@_FROM
@with_passphrase
def guest(terminal: Terminal, text: str, officer: str, lasts: str, sender: str) -> int:
    """Invite OFFICER, by id, of whatever contact, as a guest of CASE; of a guest already, put another time.

    A guest reads what is said from joining until the time is over, and speaks in the case. It invites nobody and hands
    nothing over. When the time is over, nothing more is sealed to it, and its own desk locks what it has.
    """
    with opened(terminal) as desk:
        held, whose = _begin(terminal, desk, text, sender)
        _no_guest(whose)
        view, now = desk.replica().view, terminal.clock()
        name = one_of(officer, view.officers, "officer")
        if not 60 <= (seconds := duration(lasts)) <= MOST_GUEST_DAYS * 86_400:
            raise Usage(f"a guest stays for a minute at least, and for {MOST_GUEST_DAYS} days at most")
        seconds = min(seconds, MOST_GUEST_DAYS * 86_400 - 60)  # it counts from when the relay took it in, by its clock
        if not begun(held).members[whose.contact].may_invite:
            raise Declined(f"{whose.contact} may not invite into this case")
        if not view.live_devices(name, now):
            raise Declined(f"officer {name[:SHORT]} has no live device")
        if not any(each.listed and name in each.served_by(view.size) for each in view.contacts.values()):
            raise Declined(f"officer {name[:SHORT]} serves no contact, so could not say anything in the case")
        message = acting(whose, held, Guest(officer=name, until=now + seconds), officers=(name,))
        new = name not in {each.officer for each in staying(begun(held), now)}
        tell_beside(terminal, desk, held, whose, acts_of(held) if new else (), name[:SHORT])
        bundles = list(packages(whose, held, ToOfficer(officer=name), acts_of(held), desk.mail.proofs)) if new else []
        queued = [queue(desk, each) for each in (message, *bundles)]
        words = f"Officer {name[:SHORT]} may be a guest of case {held.id[:SHORT]} until {stamp(now + seconds)}."
        return tell_queued(terminal, desk, queued, held.id, words)


@case.command("end-guest", short_help="End a guest's time in a case.")
@click.argument("text", metavar="CASE")
@click.argument("officer")
@_FROM
@with_passphrase
def end_guest(terminal: Terminal, text: str, officer: str, sender: str) -> int:
    """End OFFICER's time as a guest of CASE, or take the invitation back: for who invited, or opened the case."""
    with opened(terminal) as desk:
        held, whose = _begin(terminal, desk, text, sender)
        _no_guest(whose)
        current = begun(held)
        stays = {each.officer: each for each in current.stays if each.ended == NEVER}
        try:
            stay = stays[one_of(officer, stays, "guest")]
        except NotFound as error:
            raise NotFound(f"officer {line(officer)} is no guest of this case") from error
        if whose.contact not in (stay.by, current.opening.contact):
            raise Declined(f"{stay.by}, which invited this guest, or {current.opening.contact} may do that")
        queued = [queue(desk, acting(whose, held, EndGuest(officer=stay.officer), officers=(stay.officer,)))]
        words = f"Officer {stay.officer[:SHORT]} is no guest of case {held.id[:SHORT]} any more."
        return tell_queued(terminal, desk, queued, held.id, words)


@case.command(short_help="Say something in a case.")
@click.argument("text", metavar="CASE")
@click.option("--subject", "-s", default="", help="One line that says what it is about.")
@click.option("--text", "text_file", metavar="FILE", help="Read the text (UTF-8) from FILE; - for standard input.")
@click.option("--form", "form_file", metavar="FILE", help="Say this filled form, such as a victim referral.")
@click.option("--attach", "-a", "attachments", multiple=True, metavar="FILE", help="Attach FILE; repeat it for each.")
@with_marks
@click.option("--text-language", default="", metavar="CODE", help="The language of the text: es, en, pt, fr …")
@_FROM
@with_passphrase
def say(
    terminal: Terminal,
    text: str,
    subject: str,
    text_file: str | None,
    form_file: str | None,
    attachments: tuple[str, ...],
    text_language: str,
    sender: str,
    **given: Any,
) -> int:
    """Send a message to everybody who is in CASE now: members, and guests unless it is TLP:RED.

    What is usual on this desk (`enlace marks`) goes on it unless it is said otherwise, as on what `enlace send` sends,
    and by the same rules: data about a victim reach no consular contact, nor a guest who serves one. Give a --subject,
    with --text or without; or a --form.
    """
    if bool(subject) == (form_file is not None) or (form_file is not None and (text_file is not None or text_language)):
        raise Usage("give --subject, with --text or without; or give --form")
    form = form_in_file(form_file, terminal.clock()) if form_file is not None else None
    marks = taken_marks(given, terminal.clock())
    for path in attachments:
        if not Path(path).is_file():
            raise NotFound(f"there is no file {path} to attach")
    with opened(terminal) as desk:
        words = read_words(text_file, "text", "leave --text away") if text_file is not None else ""
        check_line("subject", subject if form is None else "form", MOST_SUBJECT)
        if len(words) > MOST_TEXT:
            raise Usage(f"the text has {len(words)} characters; at most {MOST_TEXT} are possible")
        held, whose = _begin(terminal, desk, text, sender, asking=True)
        language = checked(text_language, Language, "code of a language", "es, en or pt") if text_language else ""
        content: Text | Form = Text(subject=subject or "form", text=words, language=language or msgspec.UNSET)
        content = Form(filled=form) if form is not None else content
        handling = marks_for(marks.over(usual_marks(desk.keyring.vault)), form)
        tell_beside(terminal, desk, held, whose)
        # What stops it stops it before anything is sealed.
        check_sending(whose.replica.view, saying(whose, held, Said(content, handling)))
        sealed = tuple(seal_file(Path(each), desk.profile.path / "files") for each in attachments)
        queued = [queue(desk, saying(whose, held, Said(content, handling, attachments=sealed)))]
        return tell_queued(
            terminal, desk, queued, held.id, f"Said in case {held.id[:SHORT]}: message {queued[0].number}."
        )


def _begin(
    terminal: Terminal, desk: Unlocked, text: str, sender: str, *, joining: bool = False, asking: bool = False
) -> tuple[HeldCase, Whose]:
    """The case, after taking in what has come (`asking`: what waits at the relay too), and as whom this desk writes."""
    check_may_seal(terminal, desk)
    if asking:
        fetch(terminal, desk)  # somebody may have gone since
    else:
        tell(terminal, desk.take_in())
    held, _ = find_case(desk, text)
    identity = desk.profile.identity
    whose = writer(held, desk.replica(), identity.device, sender, terminal.clock(), joining=joining, seen=time_of(desk))
    return held, whose


def _no_guest(whose: Whose) -> None:
    if whose.guest:
        raise Declined("a guest says something in a case, and does nothing else in it")


def _check_contact(desk: Unlocked, contact: str) -> None:
    record = desk.replica().view.contacts.get(contact)
    if record is None:
        raise NotFound(f"there is no contact {line(contact)}; `enlace find` lists them")
    if not record.listed:
        raise Declined(f"contact {contact} is no longer listed")
