"""`enlace request read` and `pdf`: what was asked and what came of it, in the reader's language."""

from pathlib import Path

import click

from desk.commands.messages import check_unlocked, send_receipts
from desk.commands.options import opened, with_passphrase
from desk.commands.telling import tell
from desk.errors import NotFound, Usage
from desk.exercise.mark import heading
from desk.forms.cover import Cover
from desk.forms.reading import MOST_NARROW, WIDTH, as_text
from desk.forms.sheet import form_sheet
from desk.handling.way_out import check_shown, check_way_out
from desk.host import write_new, write_whole
from desk.mail.content import Form
from desk.mail.message_warnings import WARNINGS
from desk.mail.shown import page
from desk.profile.answering import mark_opened
from desk.profile.unlocked import Unlocked
from desk.requests.at_hand import AtHand
from desk.requests.on_paper import history_parts
from desk.requests.reading import title
from desk.requests.stored import Kept, Request, short
from desk.safe_text import block, line
from desk.terminal import Terminal
from desk.timers.timer_words import due_words
from directory.exchange.typesetting import NoTypesetting
from directory.four_languages import OFFICIAL

spoken = click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(list(OFFICIAL)),
    help="The language to read it in.",
)
_number = click.option("--message", "number", type=int, metavar="NUMBER", help="Message NUMBER of it, not the first.")


def check_readable(desk: Unlocked, found: Request) -> None:
    """Return if this desk may show a request; raise Declined for what a case keeps from it, and for what may not go
    into a file."""
    for each in found.kept.values():
        if each.handed:
            check_unlocked(desk, each.stored)
        check_shown(desk, each.stored)


def _kept(found: Request, number: int | None) -> Kept:
    """The event that a message brought, or the first; raises NotFound."""
    if number is None:
        return found.root
    kept = next((each for each in found.kept.values() if each.stored.number == number), None)
    if kept is None:
        raise NotFound(f"message {number} is no part of it; `enlace request show {short(found.id)}` lists its messages")
    return kept


@click.command("read", short_help="Read what a request asks, or its result, in your language.")
@click.argument("name", metavar="ID")
@_number
@spoken
@with_passphrase
def read_request(terminal: Terminal, name: str, number: int | None, language: str) -> None:
    """Read the form that request ID was made with, or that a message of it brought, in the language you choose.

    Labels and codes are in your language; free text stands in the languages it was written in, yours first. As with
    `enlace read`, the sender of the message learns that it was opened.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        at_hand = AtHand(desk)
        found = at_hand.requests.find(name)
        check_readable(desk, found)
        kept = _kept(found, number)
        if not kept.handed:
            for warning in mark_opened(desk, kept.stored.number).facts.warnings:
                terminal.warn(WARNINGS.get(warning, warning))
        content, width = kept.message.content, max(terminal.width or WIDTH, MOST_NARROW)
        if isinstance(content, Form):
            text = as_text(content.filled, language, _cover(at_hand, found, kept, language), width)
        else:
            text = block(page(kept.message, language, width).rstrip("\r\n"), width)
        lines = [*heading(kept.message), f"{line(title(found, language))} {found.id}", ""]
        form = content.filled.form if isinstance(content, Form) else ""
        plain = {"request": found.id, "message": kept.stored.number, "form": form, "language": language, "text": text}
        terminal.result(plain, "\n".join([*lines, text.rstrip("\n")]))
        send_receipts(terminal, desk)


@click.command("pdf", short_help="Write a request and its history as a PDF.")
@click.argument("name", metavar="ID")
@click.option("--out", "-o", required=True, metavar="FILE", help="Write the PDF to FILE.")
@click.option("--replace", is_flag=True, help="Overwrite FILE if it is there.")
@_number
@click.option("--no-history", is_flag=True, help="The form alone, without what both sides signed since.")
@spoken
@with_passphrase
def pdf(
    terminal: Terminal, name: str, out: str, replace: bool, number: int | None, no_history: bool, language: str
) -> None:
    """Write the form that request ID was made with as a PDF, in the language to read it in, and the history.

    Its handling mark stands on every page. What may not be printed by its handling is refused. With --message it is the
    form of that message alone.
    """
    with opened(terminal) as desk:
        at_hand = AtHand(desk)
        found = at_hand.requests.find(name)
        kept = _kept(found, number)
        if not isinstance(kept.message.content, Form):
            raise NotFound(f"no form stands there; `enlace request show {short(found.id)}` lists the messages")
        whole = number is None and not no_history
        for each in found.kept.values() if whole else [kept]:
            if each.handed:
                check_unlocked(desk, each.stored)
            if each is kept or each.message.handling != kept.message.handling:  # else the answer is the same
                check_unlocked(desk, each.stored)
                check_way_out(desk, each.stored, "print")
        filled, cover = kept.message.content.filled, _cover(at_hand, found, kept, language)
        try:
            data = form_sheet(filled, language, cover, history_parts(found, language) if whole else ())
        except NoTypesetting as error:
            raise Usage(str(error)) from error
        if Path(out).exists() and not replace:
            raise Usage(f"{out} is there already; --replace writes it anew")
        if replace:
            write_whole(Path(out), data)
        else:
            write_new(Path(out), [data])
        terminal.result({"file": out, "bytes": len(data)}, f"Written to {out}.")


def _cover(at_hand: AtHand, found: Request, kept: Kept, language: str) -> Cover:
    message, handling = kept.message, kept.message.handling
    timers = at_hand.due(found).timers if kept is found.root else ()
    return Cover(
        tlp=handling.tlp,
        purpose=handling.purpose,
        case=message.case,
        sender=message.sender.contact,
        recipients=message.contacts,
        sent=kept.signed.taken_in,
        expires=handling.erase_at or None,
        message=short(kept.signed.id),
        due=tuple((due_words(each, language), each.due) for each in timers if each.state != "met"),
        draft=kept.queued,
        exercise=message.exercise,
        unproven=kept.signed.taken_in is None and not kept.queued,
    )
