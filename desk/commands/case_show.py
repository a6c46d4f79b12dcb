"""`enlace case list` and `enlace case show`: what this desk holds of cases; into a file what the gate lets out."""

import click
import msgspec

from desk.cases.acts import Say
from desk.cases.audience import standing
from desk.cases.case_places import meant, places_now, recalled, remember
from desk.cases.held import HeldCase
from desk.cases.locks import locked_words
from desk.cases.thread_shown import MOST_LISTED, SHORT, Eyes, case_lines, case_plain, file_rows, is_exercise
from desk.cases.way_out import exported
from desk.cases.writing import begun
from desk.commands.case_sending import case_ids, find_case
from desk.commands.cases import case
from desk.commands.messages import send_receipts
from desk.commands.options import opened, with_passphrase
from desk.commands.telling import tell
from desk.errors import Declined, DeskError
from desk.exercise.mark import heading
from desk.exercise.network import MARK
from desk.handling.way_out import shown_into_file, time_of
from desk.mail.message import stored_message
from desk.mail.message_warnings import WARNINGS
from desk.mail.shown import page
from desk.profile.answering import mark_opened
from desk.profile.unlocked import Unlocked
from desk.safe_text import block, line
from desk.terminal import Terminal, stamp
from directory.four_languages import OFFICIAL

_LANGUAGE = click.option(
    "--language", type=click.Choice(OFFICIAL), default="en", show_default=True, help="The language of the fixed words."
)
_STANDING = {
    "guest": "  (you are a guest)",
    "invited": "  (you are INVITED: `enlace case join {}`)",
    "invited-guest": "  (you are INVITED as a guest: `enlace case join {}`)",
    "out": "  (you are not in it)",
}


@case.command("list", short_help="List the cases of this desk.")
@with_passphrase
def list_(terminal: Terminal) -> None:
    """List the cases of which this desk holds something, the oldest first.

    Where you are not in a case, that is said: that you are a guest, invited, or out of it.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        rows, plain, stubs = list[str](), list[dict[str, object]](), list(desk.mail.gone.all())
        view, now = desk.replica().view, time_of(desk)
        for name in case_ids(desk):
            held, _ = find_case(desk, name, stubs)
            current = held.case
            members = sorted(current.members) if current is not None else []
            spoken = [each for each in current.entries if isinstance(each.signed.event.act, Say)] if current else []
            waiting = len(current.waiting) if current is not None else len(held.events)
            plain.append(
                {"case": name, "title": held.title, "members": members, "said": len(spoken), "waiting": waiting}
            )
            you = standing(current, view, desk.profile.identity.device, now) if current is not None else ""
            plain[-1] |= {"exercise": is_exercise(held), "you": you}
            state = ", ".join(members) if current is not None else "not known here yet who is in it"
            state += _STANDING.get(you, "").format(name[:SHORT])
            mark = f"{MARK} " if is_exercise(held) else ""
            rows.append(
                f"{mark}{name[:SHORT]}  {line(held.title, MOST_LISTED) or '-':<32} {len(spoken):>3} said  {state}"
            )
        terminal.result({"cases": plain}, "\n".join(rows) or "No cases.")


@case.command(short_help="Show a case: who is in it, what was said, who may read it.")
@click.argument("text", metavar="CASE")
@click.argument("message", metavar="[MESSAGE]", required=False)
@_LANGUAGE
@with_passphrase
def show(terminal: Terminal, text: str, message: str | None, language: str) -> None:
    """Show CASE in order: who is in it, what was done and said, who may read each message now, and what waits.

    With MESSAGE, its place in that order or the first 8 digits of its id, show one message whole. If it came to this
    desk, its sender learns that it was opened; of what was handed over nobody is told. A place is that of the thread as
    this desk showed it last; where it leads elsewhere by now, since messages came or were erased, that is said.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        held, _ = find_case(desk, text)
        view = desk.replica().view
        eyes = Eyes(view, desk.profile.identity.device, time_of(desk), language, _withheld(desk, held))
        if message is None:
            terminal.result(case_plain(held, eyes), "\n".join(case_lines(held, eyes)))
            _remember(terminal, desk, held)
            return
        shown, now = recalled(desk.keyring.vault, held.id) or (), places_now(begun(held))
        (name,) = meant(
            begun(held), [message], (*shown, *now[len(shown) :])
        )  # what came since stands behind, if it does
        _show_one(terminal, desk, held, eyes, name)


def _remember(terminal: Terminal, desk: Unlocked, held: HeldCase) -> None:
    """Remember what the places that were just shown lead to; a full disk keeps nobody from reading."""
    try:
        if held.case is not None:
            remember(desk.keyring.vault, held.id, held.case)
    except (DeskError, OSError) as error:
        terminal.warn(f"which message stands at which place could not be kept, so name messages by their ids: {error}")


def _withheld(desk: Unlocked, held: HeldCase) -> frozenset[str]:
    """What may not be shown where standard output is a file: showing is an export then."""
    if not shown_into_file():
        return frozenset()
    said = [each for each in held.events.values() if isinstance(each.signed.event.act, Say)]
    return frozenset(each.signed.id for each in said if exported(desk, each).verdict != "allowed")


def _show_one(terminal: Terminal, desk: Unlocked, held: HeldCase, eyes: Eyes, name: str) -> None:
    found = [each for each in case_plain(held, eyes)["events"] if each["id"] == name]
    place = found[0]["place"]
    event = held.events[found[0]["id"]]
    if not found[0]["by"]:
        raise Declined(locked_words(found[0]["why_not"], eyes.language))
    if event.signed.id in eyes.withheld:
        raise Declined("standard output is a file, and the handling of this message lets it into none", "handling")
    if event.by is None:
        stored = mark_opened(desk, event.number)
        for warning in stored.facts.warnings:
            terminal.warn(WARNINGS.get(warning, warning))
    message = stored_message(event.note)[0]
    body = block(page(message, eyes.language, width=terminal.width).rstrip("\r\n"), terminal.width)
    rows = [each for each in case_lines(held, eyes) if each.startswith(f"{place:>4}  ")]
    given = [f"{eyes.word('handed-by')} {event.by.contact}, {stamp(event.by.at)}"] if event.by is not None else []
    head = [*heading(message), *rows, *given, f"TLP:{message.handling.tlp}, {eyes.word('signed')} {stamp(message.at)}"]
    came = {file: each.number for each in desk.mail.about(f"case {held.id}") for file in each.message.attachments}
    came |= dict.fromkeys(message.attachments if event.by is None else (), event.number)
    files = [{"name": each.name, "size": each.plain_size, "number": came.get(each, 0)} for each in message.attachments]
    head += file_rows(event, came, eyes)
    plain = found[0] | {"exercise": message.exercise, "content": msgspec.to_builtins(message.content), "files": files}
    terminal.result(plain, "\n".join([*head, "", body]))
    send_receipts(terminal, desk)
