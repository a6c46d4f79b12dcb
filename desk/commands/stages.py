"""`enlace stage` and `enlace calls`: what the sender's side does about a clock, and who was called."""

from typing import Any, Literal

import click

from desk.commands.options import opened, with_passphrase
from desk.commands.outcome import carried_out
from desk.commands.telling import tell, tell_alarm, tell_also, tell_unsent
from desk.errors import Declined, Distrust
from desk.exercise.mark import marked
from desk.link.session import connected
from desk.mail.calls import Came, came
from desk.mail.ordering import add_stage, order
from desk.mail.outbox import Flushed
from desk.mail.timeline import local, plain, schedule_of, text, who
from desk.profile.exchanged import Exchanged
from desk.profile.unlocked import Unlocked
from desk.safe_text import line
from desk.terminal import Terminal, run
from directory.entry import Entry, entries


@click.group(short_help="Stop, hasten or add a stage of a message that your side sent.")
def stage() -> None:
    """Stop, hasten or add a stage of a message that your side has sent.

    `enlace receipts NUMBER` shows the stages and calls of a message: what came, and what comes when.
    """


@stage.command(short_help="Let nobody further be reached or called.")
@click.argument("number", type=int)
@with_passphrase
def stop(terminal: Terminal, number: int) -> None:
    """Stop the clock of message NUMBER: nobody further is reached or called.

    Whoever has it already keeps it, sees that your side stopped its clock, and may still accept it.
    """
    _order(terminal, number, "stop", 0)


@stage.command(short_help="Reach or call the next at once.")
@click.argument("number", type=int)
@click.option(
    "--turn", type=click.IntRange(1, 17), help="All up to that one in `enlace receipts`; without it the next alone."
)
@with_passphrase
def hasten(terminal: Terminal, number: int, turn: int | None) -> None:
    """Have the next stage or call of message NUMBER come at once; those after it keep their time."""
    _order(terminal, number, "hasten", turn or 0)


@stage.command(short_help="Send it to further contacts, at once.")
@click.argument("number", type=int)
@click.argument("contacts", nargs=-1, required=True, metavar="CONTACT...")
@with_passphrase
def add(terminal: Terminal, number: int, contacts: tuple[str, ...]) -> int:
    """Send message NUMBER to further CONTACTs, word for word, at once.

    It goes as a message of its own that names the first; `enlace receipts` shows both. Only the desk that sent the
    first can add to it. An acceptance of one stops the clock of that one alone.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        added = add_stage(desk, number, tuple(dict.fromkeys(contacts)))
        outcome = carried_out(terminal, lambda flushed: _flush(terminal, desk, flushed))
        why, code = outcome.why(added), outcome.code(added)
        tell_unsent(terminal, outcome.flushed)
        sent = desk.mail.get(added).facts.sent
        words = "the relay took it in and signed for it" if sent else f"it waits in the outbox: {line(why)}"
        named = ", ".join(dict.fromkeys(contacts))
        terminal.result(
            {"number": number, "added": added, "contacts": list(dict.fromkeys(contacts)), "sent": sent, "kept": why},
            marked(desk.mail.get(added).message, f"Message {number} goes to {named} too, as message {added}: {words}."),
        )
        return code


@click.command(short_help="Show who was called here, and whom to reach.")
@with_passphrase
def calls(terminal: Terminal) -> None:
    """Show the calls that came to this desk, and how to reach who waits and who is waited for.

    A call says that a message waits and nobody has accepted it. What it is about does not come here.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        found = came(desk.mail.each_line())
        view, member = desk.replica().view, desk.profile.identity.member
        known = {each.id: each for each in entries(view, desk.store.bodies(), terminal.clock(), reader=member)}
        shown = [_called(each, known) for each in found]
        terminal.result({"calls": [_called_plain(each, known) for each in found]}, "\n\n".join(shown) or "No calls.")


def _called(each: Came, known: dict[str, Entry]) -> str:
    call = each.call
    rows = [f"{each.words[0].upper()}{each.words[1:]}."]
    rows += [f"  waited for: {contact}: {_ways(known.get(contact))}" for contact in call.contacts]
    return "\n".join([*rows, f"  sent by:    {call.sender}: {_ways(known.get(call.sender))}"])


def _called_plain(each: Came, known: dict[str, Entry]) -> dict[str, Any]:
    call = each.call
    return {
        "envelope": call.envelope,
        "at": call.at,
        "precedence": call.precedence,
        "from": call.sender,
        "waits_for": list(call.contacts),
        "reach": {contact: _reach(known.get(contact)) for contact in (call.sender, *call.contacts)},
    }


def _reach(entry: Entry | None) -> list[str]:
    if entry is None or entry.body is None:
        return []
    return [*(each.number for each in entry.body.phones), *entry.body.emails]


def _ways(entry: Entry | None) -> str:
    return line(", ".join(_reach(entry)) or "no telephone or e-mail of it is known here")


def _order(terminal: Terminal, number: int, act: Literal["stop", "hasten"], turn: int) -> None:
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        if act == "hasten" and not turn:
            found = schedule_of(desk.mail, desk.replica().view, desk.mail.get(number), terminal.clock()).next
            if found is None:
                raise Declined(f"nothing of message {number} is still to come", "turn-over")
            turn = found.number
        exchanged = run(_ordered(terminal, desk, number, act, turn))
        tell(terminal, exchanged.taken)
        tell_also(terminal, exchanged)
        if isinstance(exchanged.failed, Distrust):
            tell_alarm(terminal, exchanged.failed)
        elif exchanged.failed is not None:
            terminal.warn(f"the relay has the order, and more could not be brought up to date: {exchanged.failed}")
        stored, view, now = desk.mail.get(number), desk.replica().view, terminal.clock()
        after = schedule_of(desk.mail, view, stored, now)
        did = "nobody further is reached or called" if act == "stop" else f"all up to {turn} comes at once"
        shown = text(after, stored.message, view, now)
        terminal.result(
            {"number": number, "act": act, "turn": turn, "turns": plain(after)},
            marked(stored.message, f"Message {number}: {did}. Both sides are told, under your signature.\n\n{shown}"),
        )


async def _ordered(
    terminal: Terminal, desk: Unlocked, number: int, act: Literal["stop", "hasten"], turn: int
) -> Exchanged:
    async with connected(desk.keyring, terminal.clock) as client:
        try:
            await order(desk, client, number, act, turn)
        except Declined as error:
            if error.problem == "clock-stopped":
                stored, view = desk.mail.get(number), desk.replica().view
                found = schedule_of(desk.mail, view, stored, terminal.clock()).ended
                if found is not None:
                    by = who(view, stored.message, found.device)
                    did = "accepted it" if found.act == "accepted" else "stopped it"
                    at = local(found.at, terminal.clock())
                    raise Declined(f"the clock was stopped before: {by} {did}, {at}", error.problem) from error
            raise
        return await desk.exchange(client)  # what the relay made of it stands in the notices that come now


async def _flush(terminal: Terminal, desk: Unlocked, flushed: Flushed) -> None:
    async with connected(desk.keyring, terminal.clock) as client:
        await desk.sender(client).flush(flushed)
