"""`enlace request`: requests of two authorities from sending to closing; what is theirs to see and to print."""

import click

from desk.commands.options import opened, read_file, with_passphrase
from desk.commands.request_acts import ACTS
from desk.commands.request_pages import check_readable, pdf, read_request, spoken
from desk.commands.request_repeat import repeat
from desk.commands.request_send import send_request
from desk.commands.telling import tell
from desk.commands.telling_requests import due_lines, due_plain, seen
from desk.commands.withheld import Withheld
from desk.requests.at_hand import AtHand
from desk.requests.locked_limits import note_limits
from desk.requests.next_steps import is_open, steps
from desk.requests.page_words import page_word
from desk.requests.reading import list_lines, page_lines, plain
from desk.requests.stored import Request, short
from desk.safe_text import line
from desk.terminal import Terminal
from desk.timers.settings import given_settings, keep_settings, own_settings
from desk.timers.terms import KINDS, TERMS, Term, term
from desk.timers.timer_words import WORDS, span_text
from directory.four_languages import in_language


@click.group(short_help="Send requests, answer those of others, see what is due.")
def request() -> None:
    """Send requests to other authorities, answer theirs, and see what is due.

    A request is named by the beginning of its id, as `enlace request list` shows it. Both sides hold the same signed
    history; what can be done next, and with which command, stands at the end of `enlace request show`.
    """


@request.command("list", short_help="List requests: the open ones first, what is due, whose turn it is.")
@click.option("--all", "everything", is_flag=True, help="Show closed ones too.")
@spoken
@with_passphrase
def list_requests(terminal: Terminal, everything: bool, language: str) -> None:
    """List requests: the open ones first, with what is due and whose turn it is."""
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        at_hand = AtHand(desk)
        shown = [each for each in at_hand.every if everything or is_open(each.found) or _holds(at_hand, each)]
        shown.sort(key=lambda each: (not is_open(each.found), _next_due(at_hand, each), each.found.request.at))
        lines, rows, withheld = list[str](), list[object](), Withheld(desk)
        for each in shown:
            due = at_hand.due(each)
            instead = withheld.words(each, language)
            lines += list_lines(each, at_hand.own, due.pressing, at_hand.now, language, _mark(each, language), instead)
            rows.append(withheld.plain(each, plain(each, due.timers, (), at_hand.own, words=False)))
        headless = at_hand.requests.headless()
        for id_, kept in sorted(headless.items()):
            lines.append(f"{short(id_)}  {page_word('headless', language)}: {len(kept)}")
            who = ", ".join(
                dict.fromkeys(each.signed.contact for each in kept if each.signed.contact not in at_hand.own)
            )
            if who:
                lines.append(f"      {page_word('waiting_do', language, who=who, id=short(id_))}")
        none = (
            page_word("none_open", language, count=len(at_hand.every)) if at_hand.every else page_word("none", language)
        )
        text = "\n".join(lines) or none
        terminal.result({"requests": rows, "headless": {id_: len(kept) for id_, kept in headless.items()}}, text)


def _holds(at_hand: AtHand, request: Request) -> bool:
    """Whether a measure still runs for a request that is closed."""
    return any(each.state != "met" for each in at_hand.due(request).timers)


def _next_due(at_hand: AtHand, request: Request) -> int:
    return min((each.due for each in at_hand.due(request).timers if each.state != "met"), default=2**53)


def _mark(request: Request, language: str) -> str:
    return f"  *** {page_word('exercise', language)} ***" if request.found.request.exercise else ""


@request.command("show", short_help="Show a request: its history, what is due, what can be done next.")
@click.argument("name", metavar="ID")
@spoken
@with_passphrase
def show_request(terminal: Terminal, name: str, language: str) -> None:
    """Show the request ID: what both sides signed, what is due, what can be done next and with which command.

    The digest at the end is that of the history: who has the same one has the same history. What it was asked with
    stands in the message (`enlace read`), or on paper (`enlace request pdf`).
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        at_hand = AtHand(desk)
        found = at_hand.requests.find(name)
        check_readable(desk, found)
        due, mine = at_hand.due(found), at_hand.own_in(found)
        offered = [*steps(found.found, mine[0], language)] if mine and found.proven.state != "draft" else []
        side = found.found.side_of(mine[0]) if mine else None
        offered += [*due.follow_ups(language)] if side == "asking" else []
        offered += [*due.other_dates(language)] if side == "asked" else []
        same = at_hand.same(found)
        lines = page_lines(found, mine, due.timers, offered, at_hand.now, language, terminal.width, same)
        told = plain(found, due.timers, offered, mine) | {"same": [each.request for each in same]}
        terminal.result(told, "\n".join(lines))


@request.command("due", short_help="Show what is due of which request, the next first.")
@click.option("--all", "everything", is_flag=True, help="Show what is met, and what is far off, too.")
@spoken
@with_passphrase
def due_requests(terminal: Terminal, everything: bool, language: str) -> None:
    """Show what is due of which request, the next first, and the command that meets it."""
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        at_hand = AtHand(desk)
        rows = sorted(
            (timer.due, each.request.id, each, timer)
            for each in (at_hand.due(found) for found in at_hand.every)
            for timer in (each.timers if everything else (t for t in each.timers if t.state != "met"))
        )
        withheld = Withheld(desk)
        lines = [
            text
            for _, _, due, timer in rows
            for text in due_lines(due, timer, at_hand, language, withheld.words(due.request, language))
        ]
        none = page_word("nothing_due", language)
        terminal.result(
            {"due": [due_plain(due, timer, at_hand) for _, _, due, timer in rows]}, "\n".join(lines) or none
        )
        seen(terminal, desk, at_hand)


@request.command("limits", short_help="Show the time limits, or set your authority's own.")
@click.option("--set", "file", metavar="FILE", help="Take the authority's own time limits from FILE (JSON).")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@spoken
@with_passphrase
def limits(terminal: Terminal, file: str | None, yes: bool, language: str) -> None:
    """Show how long each timer runs, by which source, or set your authority's own.

    What ships was read in summaries, and is marked *to be verified*. Rows of your own go before it; each names the law
    or treaty it stands in. The file is described in docs/requests.md.
    """
    given = given_settings(read_file(file, "file of time limits")) if file is not None else None
    with opened(terminal) as desk:
        vault = desk.keyring.vault
        if given is not None:
            terminal.confirm("Replace this desk's own time limits?", yes=yes)
            keep_settings(vault, given)
            wrong = note_limits(desk)
            if wrong:
                terminal.warn(wrong)
        settings = own_settings(vault)
        rows = [*settings.own, *(each for each in TERMS if term(each.kind, each.instrument, settings.own) == each)]
        lines = [_limit(each, language) for each in sorted(rows, key=lambda each: KINDS.index(each.kind))]
        lines += [f"{each.form}: {', '.join(each.timers)}" for each in settings.classes]
        plain_rows = [
            {"timer": e.kind, "seconds": e.seconds, "instrument": e.instrument, "source": e.source, "verify": e.verify}
            for e in rows
        ]
        classes = {each.form: list(each.timers) for each in settings.classes}
        terminal.result({"terms": plain_rows, "classes": classes}, "\n".join(lines))


def _limit(row: Term, language: str) -> str:
    under = f" ({line(row.instrument)})" if row.instrument else ""
    verify = f" ({in_language(WORDS['verify'], language)})" if row.verify else ""
    head = f"{in_language(WORDS[row.kind], language)}: {span_text(row.seconds, language)}{under}"
    return f"{head}\n      {line(row.source)}{verify}"


request.add_command(send_request)
request.add_command(repeat)
request.add_command(read_request)
request.add_command(pdf)
for each in ACTS:
    request.add_command(each)
