"""`enlace request receive`, `accept`, `refuse`, `ask`, `answer`, `part`, `complete`, `close`, `limit`, `via`."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec

from desk.commands.decide import decide_telling
from desk.commands.options import checked, opened, read_words, with_passphrase
from desk.commands.request_send import filled_from, tell_sent, timely
from desk.commands.telling import tell
from desk.errors import Declined, NotFound, Usage
from desk.mail.attachments import seal_file
from desk.mail.content import MOST_REASON, ActAlone, Form
from desk.mail.sealing import recipients_of
from desk.profile.unlocked import Unlocked
from desk.requests.acts import (
    MOST_REFERENCE,
    MOST_TEXT,
    Accept,
    Act,
    Answer,
    Ask,
    Channel,
    Close,
    CloseReason,
    Complete,
    Limit,
    Limited,
    Part,
    Receive,
    RefusalReason,
    Refuse,
    Via,
)
from desk.requests.at_hand import AtHand
from desk.requests.life import measures_of
from desk.requests.next_steps import QUESTION
from desk.requests.sending import (
    Beside,
    act_message,
    check_act,
    own_contact,
    queue,
    stops_clock,
)
from desk.requests.stored import SHORTEST, Request, short
from desk.requests.typed_time import typed_time
from desk.terminal import Terminal, run
from desk.timers.terms import LONGEST_TERM
from directory.bodies import ContactBody, read_body_bytes
from directory.canonical import Malformed
from directory.entry import DAY
from directory.fields import Language
from directory.invisible import blank
from relay.protocol.envelope import PRECEDENCES

ACTS: list[click.Command] = []
Made = Callable[[Unlocked, Request, str, dict[str, Any]], Act]


def _act(name: str, short_help: str, *options: Callable[[Any], Any]) -> Callable[[Made], click.Command]:
    """A command that signs one act: with the options every act has, and its own."""

    def decorated(made: Made) -> click.Command:
        @wraps(made)
        def command(terminal: Terminal, request: str, **given: Any) -> int:
            return _sign(terminal, request, made, given)

        command.__doc__ = made.__doc__
        whole: Any = with_passphrase(command)
        for option in (*_COMMON, *reversed(options)):
            whole = option(whole)
        whole = click.argument("request", metavar="ID")(whole)
        found: click.Command = click.command(name, short_help=short_help)(whole)
        ACTS.append(found)
        return found

    return decorated


_COMMON = (
    click.option("--from", "sender", default="", metavar="CONTACT", help="Act for CONTACT, if you serve several."),
    click.option(
        "--language",
        default="en",
        show_default=True,
        type=click.Choice(["es", "en", "pt", "fr"]),
        help="The language of what is told here.",
    ),
    click.option("--precedence", "-p", type=click.Choice(PRECEDENCES), help="How urgent it is, if not as the request."),
)
_words = click.argument("words", metavar="[TEXT]", default="")
_text = click.option(
    "--text", "-t", "text_file", metavar="FILE", help="Read the text (UTF-8) from FILE; - for standard input."
)
_in = click.option(
    "--in", "written", default="", metavar="CODE", help="The language of the text; else your contact's first."
)
_reference = click.option("--reference", default="", help="Your own reference for it.")
_attach = click.option("--attach", "-a", "attachments", multiple=True, metavar="FILE", help="Attach FILE; repeat it.")
_form = click.option("--form", "form_file", metavar="FILE", help="Send the filled form in FILE (JSON) with it.")
_over = click.option(
    "--take-over", is_flag=True, help="Go on although another officer stopped the clock, and signed nothing since."
)
_since = click.option("--since", default="", metavar="DATE", help="Since when a measure holds: data kept, arrest made.")
_TEXTS = (_words, _text, _in)


def _sign(terminal: Terminal, name: str, made: Made, given: dict[str, Any]) -> int:
    """Sign an act and send it, the relay's clock first where there is one (`desk.requests.sending`, A4)."""
    paths = [Path(each) for each in given.get("attachments", ())]
    for each in paths:
        if not each.is_file():
            raise NotFound(f"there is no file {each} to attach")
    form = Form(filled=filled_from(given["form_file"])) if given.get("form_file") else None
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        timely(terminal, desk)
        at_hand = AtHand(desk)
        request = at_hand.requests.find(name)
        device = desk.profile.identity.device
        contact = own_contact(at_hand.view, device, request, given["sender"], at_hand.now)
        act = made(desk, request, contact, given)
        check_act(request, contact, act, given["language"])
        beside = Beside(form or ActAlone(), precedence=given["precedence"])
        act_message(desk.replica(), device, request, contact, act, beside, desk.clock())  # else files would lie about
        beside = replace(beside, attachments=tuple(seal_file(each, desk.profile.path / "files") for each in paths))
        # Before the relay is told: what cannot be said stops here, with nothing done.
        message, left_out = act_message(desk.replica(), device, request, contact, act, beside, desk.clock())
        recipients_of(desk.replica().view, message, desk.clock())
        if stops_clock(request, act):
            _stop_clock(terminal, desk, request, act, over=given.get("take_over", False))
        number = queue(desk, message)
        for other in left_out:
            terminal.warn(f"{other} has no live device, and was left out; `enlace request repeat` gives it this later")
        return tell_sent(terminal, desk, number, request.id, given["language"])


def _stop_clock(terminal: Terminal, desk: Unlocked, request: Request, act: Act, *, over: bool) -> None:
    """Accept or refuse the request's message at the relay; raises Declined if another officer was first."""
    stored = request.root.stored
    if stored.message.expires <= desk.clock():
        terminal.note("Its message has expired, so no clock runs for it any more.")
        return
    refuses = isinstance(act, Refuse)
    reason = f"{act.reason}: {act.text}"[:MOST_REASON] if isinstance(act, Refuse) else ""
    try:
        run(decide_telling(terminal, desk, stored.number, "refused" if refuses else "accepted", reason))
    except Declined as error:
        if error.problem == "not-found":
            terminal.note("The relay does not hold its message any more, so no clock runs for it.")
            return
        if error.problem == "already-decided":
            if over:
                terminal.note(f"{error}. This desk goes on with it: its act is signed, and told to both sides.")
                return
            words = f"{error}. Nothing was signed; if what they sign does not come, --take-over goes on without them"
            raise Declined(words, error.problem) from error
        raise


def _read(desk: Unlocked, contact: str, given: dict[str, Any], *, needed: bool) -> dict[str, Any]:
    """The text of an act, and its language; raises Usage where there has to be one and is none."""
    words, file = given["words"], given["text_file"]
    if words and file:
        raise Usage("give the text either on the command line or with --text FILE")
    text = words or (read_words(file, "text", "leave --text away") if file else "")
    if (needed or text) and blank(text):
        raise Usage("it needs words: give them as TEXT, or with --text FILE; nothing was signed")
    if len(text) > MOST_TEXT:
        raise Usage(f"the text has {len(text)} characters; at most {MOST_TEXT} are possible")
    if not text:
        return {}
    tag = given["written"] or _first_language(desk, contact)
    return {"text": text} | ({"language": checked(tag, Language, "code of a language", "es or pt-BR")} if tag else {})


def _first_language(desk: Unlocked, contact: str) -> str:
    """The first language that one's own contact says it works in; empty where that is not known."""
    record = desk.replica().view.contacts[contact]
    for _, body in desk.store.opened([record.body]).values():
        try:
            found = read_body_bytes(body, ContactBody)
        except Malformed:
            continue
        if isinstance(found, ContactBody) and found.languages:
            return found.languages[0]
    return ""


def _referred(given: dict[str, Any]) -> str:
    reference = str(given["reference"])
    if len(reference) > MOST_REFERENCE:
        raise Usage(f"the reference has {len(reference)} characters; at most {MOST_REFERENCE} are possible")
    return reference


def _past(desk: Unlocked, text: str, request: Request) -> int:
    """A time that has come already: since when a measure holds; 0 if nothing was given."""
    if not text:
        return 0
    at = typed_time(text)
    if at > desk.clock():
        raise Usage(f"{text} has not come yet: say since when the measure holds, once it does")
    if at < request.found.request.at - _LONG_BEFORE:
        raise Usage(f"{text} is more than a year before the request: check the date")
    if not measures_of(request.found.request):
        raise Usage(f"request {short(request.id)} asks for no measure that could hold: leave --since away")
    return at


_LONG_BEFORE = 366 * 86_400


@_act("receive", "Confirm that a request was received.", *_TEXTS, _reference, _over)
def receive(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Confirm that request ID was received and is in hand, under your own reference. The relay's clock stops."""
    return Receive(reference=_referred(given), **_read(desk, contact, given, needed=False))


@_act(
    "accept",
    "Accept a request: it will be executed.",
    *_TEXTS,
    _reference,
    click.option("--expected", default="", metavar="DATE", help="By when you expect to be done: 2026-11-30."),
    _since,
    _over,
)
def accept(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Accept request ID: it will be executed. The relay's clock stops, and its sender gets a receipt and this act.

    With --since a measure holds already, such as data that are preserved: then the time limits run from there.
    """
    expected = typed_time(given["expected"], whole_day=True) if given["expected"] else 0
    if expected and expected <= desk.clock():
        raise Usage(f"{given['expected']} is over already: say by when you expect to be done")
    return Accept(
        reference=_referred(given),
        expected=expected,
        since=_past(desk, given["since"], request),
        **_read(desk, contact, given, needed=False),
    )


@_act(
    "refuse",
    "Refuse a request, with a reason and words.",
    *_TEXTS,
    click.option(
        "--reason", required=True, type=click.Choice(list(msgspec.json.schema(RefusalReason)["enum"])), help="Why."
    ),
    _over,
)
def refuse(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Refuse request ID, or the rest of it: a reason, which both sides read in their language, and words."""
    return Refuse(reason=given["reason"], **_read(desk, contact, given, needed=True))


@_act("ask", "Ask the other side a question about a request.", *_TEXTS)
def ask(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Ask the other side a question about request ID."""
    return Ask(**_read(desk, contact, given, needed=True))


@_act(
    "answer",
    "Answer a question of the other side.",
    *_TEXTS,
    _attach,
    click.option("--to", "question", default="", metavar="QUESTION", help="Which question, if several are open."),
)
def answer(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Answer a question of the other side about request ID: the only one that is open, or that which --to names."""
    return Answer(to=_question(request, contact, given["question"]), **_read(desk, contact, given, needed=True))


def _question(request: Request, contact: str, name: str) -> str:
    """The hash of a question of the other side; raises NotFound or Usage where it is not clear which."""
    mine = request.found.side_of(contact)
    asked = [each.signed for each in request.found.effective("ask") if each.side != mine]
    if name:
        wanted = name.strip().lower()
        found = [each.id for each in asked if len(wanted) >= SHORTEST and each.id.startswith(wanted)]
        if len(found) != 1:
            raise NotFound(f"no question of the other side is called {name}; `enlace request show` lists them")
        return found[0]
    still = [each.id for each in request.found.questions if request.found.side_of(each.contact) != mine]
    if len(still) != 1:
        names = ", ".join(each[:QUESTION] for each in still)
        words = f"{len(still)} questions of the other side are open: say which with --to ({names})"
        raise Usage(words if still else "no question of the other side is open; --to names an earlier one")
    return still[0]


@_act("part", "Send part of the result of a request.", *_TEXTS, _attach, _form, _since)
def part(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Send part of the result of request ID, with files or a form; more may follow."""
    return Part(since=_past(desk, given["since"], request), **_read(desk, contact, given, needed=True))


@_act("complete", "Say that everything a request asked for was done.", *_TEXTS, _attach, _form)
def complete(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Say that everything request ID asked for was done, with the rest of the result if there is any."""
    return Complete(**_read(desk, contact, given, needed=False))


@_act(
    "close",
    "Close a request: nothing more is needed.",
    *_TEXTS,
    click.option(
        "--reason", required=True, type=click.Choice(list(msgspec.json.schema(CloseReason)["enum"])), help="Why."
    ),
)
def close(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Close request ID: nothing more is needed. *done* is for what was completed or refused."""
    return Close(reason=given["reason"], **_read(desk, contact, given, needed=False))


@_act(
    "limit",
    "Say another date for a measure, or for the result.",
    *_TEXTS,
    click.option(
        "--timer", required=True, type=click.Choice(list(msgspec.json.schema(Limited)["enum"])), help="Which date."
    ),
    click.option("--until", default="", metavar="DATE", help="Until when it holds now, or by when the result comes."),
    click.option("--over", is_flag=True, help="It runs no more: lifted, released, or no longer promised."),
)
def limit(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Say until when a measure for request ID holds now, or by when its result is expected, and why.

    The date goes before every term, on both sides: reminders and alarms go by it. Only the side that was asked says it;
    a measure's only where the form of the request asks for that measure: also after it was closed, for a measure
    outlives its request. The result's until there is one. A day counts to its beginning (UTC).
    """
    if bool(given["until"]) == given["over"]:
        raise Usage("say either --until DATE, or --over; nothing was signed")
    until = typed_time(given["until"], whole_day=given["timer"] == "expected") if given["until"] else 0
    if until and until <= desk.clock():
        raise Usage(f"{given['until']} is over already: what runs no more is told with --over")
    if until > desk.clock() + LONGEST_TERM:
        raise Usage(f"{given['until']} is more than {LONGEST_TERM // DAY} days ahead: check the date")
    return Limit(timer=given["timer"], until=until, **_read(desk, contact, given, needed=True))


@_act(
    "via",
    "Note that a request, or an answer, went by another channel too.",
    *_TEXTS,
    _reference,
    click.option(
        "--channel", required=True, type=click.Choice(list(msgspec.json.schema(Channel)["enum"])), help="Which one."
    ),
    click.option("--on", required=True, metavar="DATE", help="When it was sent there: 2026-11-20."),
)
def via(desk: Unlocked, request: Request, contact: str, given: dict[str, Any]) -> Act:
    """Note that request ID, or something of it, went by another channel too: so that nobody does it twice."""
    at = typed_time(given["on"])
    if at > desk.clock():
        raise Usage(f"{given['on']} has not come yet: say when it was sent there")
    return Via(channel=given["channel"], reference=_referred(given), at=at, **_read(desk, contact, given, needed=False))
