"""`enlace consent`: ask who sent a message whether something may be done with it, and answer who asks."""

import click

from desk.commands.marks import end_of_day
from desk.commands.options import opened, read_words, with_passphrase
from desk.commands.passing import queue, send_queued, state_of
from desk.commands.telling import tell
from desk.errors import Declined, NotFound, Usage
from desk.exercise.mark import marked
from desk.handling.composing import about_consent
from desk.handling.consent_words import NOTHING, STATES, event_text, kind_text
from desk.handling.consents import Asked, Row, asks, consent_to, give, held_original, own_gift, rows, standing, wider
from desk.handling.rules import (
    MOST_PURPOSE,
    MOST_WHY,
    AskConsent,
    ConsentEvent,
    GiveConsent,
    RefuseConsent,
    TakeBackConsent,
)
from desk.handling.stored import reader_of
from desk.handling.way_out import not_shown
from desk.handling.words import NO_FILE
from desk.mail.content import Consent
from desk.mail.facts import Stored
from desk.mail.message import Message, stored_message
from desk.mail.subjects import text_hash
from desk.profile.unlocked import Unlocked
from desk.safe_text import block, line
from desk.terminal import Terminal, stamp
from directory.four_languages import OFFICIAL
from directory.invisible import blank

_NONE = "leave --text away"


@click.group(short_help="Ask for consent to pass a message on, or give it.")
def consent() -> None:
    """Ask who sent a message whether it may be passed on, exported or printed; give that consent, or refuse it.

    What a message allows by itself `enlace read` says. A consent is for one message, one act and one contact; it counts
    once the relay has taken it in, until its time, and as long as it is not taken back.
    """


@consent.command("ask", short_help="Ask who sent message NUMBER.")
@click.argument("number", type=int)
@click.option("--act", type=click.Choice(("forward", "export", "print")), required=True, help="What is to be done.")
@click.option("--for", "contact", default="", metavar="CONTACT", help="Who would get it, if it is to be passed on.")
@click.option("--purpose", default="", help="For which purpose, if for another than it was sent for.")
@click.argument("words", metavar="[TEXT]", default="")
@click.option("--text", "-t", "file", metavar="FILE", help="Read the text (UTF-8) from FILE; - for standard input.")
@with_passphrase
def ask(terminal: Terminal, number: int, act: Asked, contact: str, purpose: str, words: str, file: str | None) -> None:
    """Ask who sent message NUMBER whether it may be passed on, exported or printed; TEXT says why, and they read it.

    If other messages are inside it, the senders of those are asked too. What no consent lifts is refused at once.
    """
    if words and file:
        raise Usage("give the text either on the command line or with --text FILE")
    text = read_words(file, "text", _NONE) if file and file != "-" else words
    _check_words("text", text, MOST_WHY)
    _check_words("purpose", purpose, MOST_PURPOSE)
    with opened(terminal) as desk:
        if file == "-":  # behind the passphrase, which may stand there too
            text = read_words("-", "text", _NONE)
            _check_words("text", text, MOST_WHY)
        tell(terminal, desk.take_in())
        stored = desk.mail.get(number)
        if contact and contact not in desk.replica().view.contacts:
            raise NotFound(f"there is no contact {line(contact)}; `enlace find` lists them")
        asked = asks(desk, stored, act, contact, purpose, text)
        whom, messages = [held.sender.contact for held, _ in asked], list[Message]()
        for held, event in asked:
            about = held_original(desk, held.message)
            messages.append(_message(desk, "", held.sender.contact, event, about[1] if about else None))
        made = _queued(terminal, desk, messages)
        send_queued(terminal, desk)
        told = [state_of(desk, each) for each in made]
        lines = [f"Message {sent} asks {who}: {state}." for sent, who, (_, state) in zip(made, whom, told, strict=True)]
        plain = [{**each, "to": who} for (each, _), who in zip(told, whom, strict=True)]
        terminal.result({"about": number, "asked": plain}, "\n".join(lines))


@consent.command("give", short_help="Give the consent that message NUMBER asks for.")
@click.argument("number", type=int)
@click.option("--until", metavar="DAY", help="It ends after DAY (UTC), such as 2026-12-31.")
@click.option("--yes", is_flag=True, help="Do not ask whether you mean it.")
@with_passphrase
def give_consent(terminal: Terminal, number: int, until: str | None, yes: bool) -> None:
    """Give the consent that message NUMBER asks for: for that message, act, contact and purpose, and nothing else."""
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        stored, original, event = give(desk, number, end_of_day(until) if until else 0)
        earlier = standing(desk, event, original.sender.contact, (stored.message.sender.contact,))
        _refuse_twice(desk, event, earlier)
        terminal.note(line(event_text(event, "en")))
        if why := _why(desk, stored):
            terminal.note(block(why))
        if earlier:
            terminal.note(f"It takes the place of what was given in {_messages(earlier)}, which is taken back.")
        terminal.confirm("Give this consent?", yes=yes)
        message = _message(desk, original.sender.contact, stored.message.sender.contact, event, original)
        *backs, number = _queued(terminal, desk, [*_taking_back(desk, earlier), message])
        _told(terminal, desk, number, event, earlier, backs)


@consent.command("refuse", short_help="Refuse the consent that message NUMBER asks for.")
@click.argument("number", type=int)
@click.option("--reason", default="", metavar="WORDS", help="Why; who asked reads it.")
@with_passphrase
def refuse_consent(terminal: Terminal, number: int, reason: str) -> None:
    """Refuse the consent that message NUMBER asks for, and say why if you like; one that was given is taken back."""
    _check_words("reason", reason, MOST_WHY)
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        stored, original, asked = consent_to(desk, number)
        earlier = standing(desk, asked, original.sender.contact, (stored.message.sender.contact,))
        still = wider(desk, asked, original.sender.contact, (stored.message.sender.contact,))
        event = RefuseConsent(asked=text_hash(stored_message(stored.note)[1]), text=reason)
        message = _message(desk, original.sender.contact, stored.message.sender.contact, event, original)
        *backs, number = _queued(terminal, desk, [*_taking_back(desk, earlier), message])
        _tell_still(terminal, still)
        _told(terminal, desk, number, event, earlier, backs)


@consent.command("take-back", short_help="Take back the consent given in message NUMBER.")
@click.argument("number", type=int)
@with_passphrase
def take_back(terminal: Terminal, number: int) -> None:
    """Take back the consent given in message NUMBER: from when their desk learns of it, it no longer counts.

    Every other consent to the same that was given to them is taken back with it. What was passed on before stays where
    it is: nothing is called back from other desks.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        gone = own_gift(desk, number)
        given, told = gone[0].event, gone[0].stored.message
        wide = wider(desk, given, told.sender.contact, told.contacts) if isinstance(given, GiveConsent) else []
        first, *others = _queued(terminal, desk, _taking_back(desk, gone))
        _tell_still(terminal, wide)
        _told(terminal, desk, first, TakeBackConsent(consent=gone[0].id), gone, others)


@consent.command("list", short_help="List what was asked and said.")
@click.option("--language", type=click.Choice(OFFICIAL), default="en", show_default=True, help="Of the words.")
@with_passphrase
def list_consents(terminal: Terminal, language: str) -> None:
    """List everything asked and said about consent, and what counts now."""
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        found = rows(desk)
        shown = [(each, _in_list(desk, each)) for each in found]
        lines = [_line(each, language, bare=not whole) for each, whole in shown]
        terminal.result(
            {"consents": [_plain(each, bare=not whole) for each, whole in shown]},
            "\n".join(lines) or NOTHING[OFFICIAL.index(language)],
        )


def _message(desk: Unlocked, sender: str, to: str, event: ConsentEvent, about: Message | None) -> Message:
    device = desk.profile.identity.device
    if not sender and about is not None:  # whoever asks does so as the contact that reads it
        identity = desk.profile.identity
        view = desk.replica().view
        sender = reader_of(view, device, identity.member, about, desk.clock()).contact
    return about_consent(desk.replica(), device, sender, to, event, about, desk.clock())


def _queued(terminal: Terminal, desk: Unlocked, messages: list[Message]) -> list[int]:
    """Sign messages and put them into the outbox, all or none; returns their numbers. Raises as `queue` does."""
    with desk.mail.together():
        return [queue(terminal, desk, each) for each in messages]


def _taking_back(desk: Unlocked, gone: list[Row]) -> list[Message]:
    """The messages that take consents of this side back: of each, one to everybody it was given to who can be reached.

    Where the message it is about is gone, the consent itself says under which marks, and until when.
    """
    view, now, made = desk.replica().view, desk.clock(), list[Message]()
    for each in gone:
        target = each.event.message if isinstance(each.event, GiveConsent) else ""
        held, given = held_original(desk, target), each.stored.message
        event, about = TakeBackConsent(consent=each.id), held[1] if held is not None else given
        to = [one for one in given.contacts if one != given.sender.contact]
        reached = [one for one in to if one in view.contacts and view.contact_devices(one, now)]
        made += [_message(desk, given.sender.contact, one, event, about) for one in reached or to[:1]]
    return made


def _refuse_twice(desk: Unlocked, event: GiveConsent, earlier: list[Row]) -> None:
    """Raises Declined for a consent that counts already, until the same time, or waits in the outbox; not where another
    to the same stands beside it, which the new one ends."""
    left = [each for each in earlier if each.state != "ended"]
    if any(isinstance(each.event, GiveConsent) and each.event.until != event.until for each in left):
        return
    for each in left:
        if each.state == "counts" or desk.mail.waits(each.stored.number):
            number = each.stored.number
            raise Declined(
                f"message {number} gives that consent already; nothing was signed. To end it: enlace consent take-back "
                f"{number}; for another time: --until DAY"
            )


def _tell_still(terminal: Terminal, still: list[Row]) -> None:
    if still:
        given = ", ".join(f"`enlace consent take-back {each.stored.number}`" for each in still)
        words = f"what was given in {_messages(still)} is to more than this, and allows it too"
        terminal.warn(f"{words}; {given} ends that")


def _messages(found: list[Row]) -> str:
    return "message " + ", ".join(str(each.stored.number) for each in found)


def _told(
    terminal: Terminal, desk: Unlocked, number: int, event: ConsentEvent, gone: list[Row], backs: list[int]
) -> None:
    """Send, and tell what was said in message `number`; `backs` are those beside it that take back what is `gone`."""
    send_queued(terminal, desk)
    plain, state = state_of(desk, number)
    also = f" Taken back: what was given in {_messages(gone)}." if gone else ""
    if waiting := [each for each in backs if not desk.mail.get(each).facts.sent]:
        named = ", ".join(map(str, waiting))
        also += f" What says so in message {named} waits in the outbox: until they have it, that consent counts there."
    back = {"taken_back": [each.stored.number for each in gone], "waiting": waiting}
    terminal.result(plain | back, f"Message {number}, {kind_text(event, 'en')}: {state}.{also}")


def _check_words(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise Usage(f"the {what} has {len(text)} characters; at most {most} are possible. Nothing was signed")
    if text and blank(text):
        raise Usage(f"the {what} is blank; write it, or leave it away. Nothing was signed")


def _why(desk: Unlocked, asking: Stored) -> str:
    """Why a consent is asked for, where that may be shown here."""
    content = asking.message.content
    event = content.event if isinstance(content, Consent) else None
    return event.text if isinstance(event, AskConsent) and not not_shown(desk, asking) else ""


def _in_list(desk: Unlocked, row: Row) -> bool:
    """Whether what was asked or said may stand in a list here: it tells of the message it is about too."""
    about = (desk.mail.get(row.about),) if row.about else ()
    return not any(not_shown(desk, each) for each in (row.stored, *about))


def _line(row: Row, language: str, *, bare: bool) -> str:
    at, message = OFFICIAL.index(language), row.stored.message
    about = f"{row.about:>5}" if row.about else "    -"
    state = STATES[row.state][at]
    until = f", {stamp(row.event.until)}" if isinstance(row.event, GiveConsent) and row.event.until else ""
    head = f"{row.stored.number:>5}  {stamp(message.at)}  {about}  {message.sender.contact}"
    told = f"{kind_text(row.event, language)} {NO_FILE[at]}" if bare else line(event_text(row.event, language))
    why = row.event.text if isinstance(row.event, AskConsent) and not bare else ""
    below = "".join(f"\n{'':15}| {line(each)}" for each in why.splitlines())
    return marked(message, f"{head}  {told}  [{state}{until}]{below}")


def _plain(row: Row, *, bare: bool) -> dict[str, object]:
    event, message = row.event, row.stored.message
    what = {"act": event.act, "contact": event.contact, "purpose": "" if bare else event.purpose} if isinstance(
        event, AskConsent | GiveConsent
    ) else {}  # fmt: skip
    return {
        "number": row.stored.number,
        "exercise": message.exercise,
        "id": row.id,
        "kind": str(event.__struct_config__.tag),
        "from": message.sender.contact,
        "to": list(message.contacts),
        "about": row.about,
        "at": message.at,
        "state": row.state,
        "until": event.until if isinstance(event, GiveConsent) else 0,
        "text": "" if bare else getattr(event, "text", ""),
        "withheld": bare,
        **what,
    }
