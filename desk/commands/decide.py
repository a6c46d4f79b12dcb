"""`enlace accept` and `refuse`."""

import click
import msgspec

from desk.alerts.answering import answer
from desk.commands.messages import send_receipts
from desk.commands.options import opened, with_passphrase
from desk.commands.telling import tell
from desk.errors import Declined
from desk.exercise.mark import marked
from desk.link.session import connected
from desk.mail.content import Act, Drill
from desk.mail.timeline import who
from desk.profile.answering import decide
from desk.profile.unlocked import Unlocked
from desk.requests.acts import Send
from desk.requests.stored import Requests, short
from desk.terminal import Terminal, run, stamp
from relay.protocol.lines import Step, peek_line


@click.command(short_help="Accept a message for action; its sender gets a receipt.")
@click.argument("number", type=int)
@with_passphrase
def accept(terminal: Terminal, number: int) -> None:
    """Accept message NUMBER for action: the clock stops, and its sender gets a signed receipt.

    Where two officers accept at once, one of them wins, and both are told who.
    """
    _decide(terminal, number, "accepted", "")


@click.command(short_help="Refuse a message, with a reason for its sender.")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why. Only the sender's officers can read it.")
@with_passphrase
def refuse(terminal: Terminal, number: int, reason: str) -> None:
    """Refuse message NUMBER, with a reason for its sender; the clock stops."""
    _decide(terminal, number, "refused", reason)


def _decide(terminal: Terminal, number: int, act: Act, reason: str) -> None:
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        check_request(terminal, desk, number, act)
        if desk.mail.get(number).message.stop == "never":
            answer(desk, number, act, reason)
        else:
            run(decide_telling(terminal, desk, number, act, reason))
        what = "DRILL: message" if isinstance(desk.mail.get(number).message.content, Drill) else "Message"
        message = desk.mail.get(number).message
        text = marked(message, f"{what} {number} {act}. Its sender is told, with a signed receipt.")
        plain = {"number": number, "act": act} | ({"exercise": True} if message.exercise else {})
        terminal.result(plain, text)
        send_receipts(terminal, desk)


def check_request(terminal: Terminal, desk: Unlocked, number: int, act: Act) -> None:
    """Return for what may be answered by itself; raise Declined for a request that is to be refused.

    A request is refused in the history that both sides hold, with its reason, or not at all. One whose clock is stopped
    by an acceptance of its message is not accepted by that: this is told.
    """
    stored = desk.mail.get(number)
    event = stored.message.request
    if event is msgspec.UNSET or not isinstance(event.act, Send):
        return
    found = Requests(desk.mail, desk.replica().view).of(stored.message, stored.note)
    if found is None or found.proven.state != "sent":
        return
    command = f"enlace request {'accept' if act == 'accepted' else 'refuse'} {short(found.id)}"
    if act == "refused":
        raise Declined(f"message {number} makes a request, which is refused with a reason: `{command}`")
    terminal.note(f"Message {number} makes a request, which is not accepted by this: `{command}` does that.")


async def decide_telling(terminal: Terminal, desk: Unlocked, number: int, act: Act, reason: str) -> None:
    """Accept or refuse a message; raises Declined, saying who was first, if another officer was."""
    async with connected(desk.keyring, terminal.clock) as client:
        try:
            await decide(desk, client, number, act, reason)
        except Declined as error:
            if error.problem == "already-decided" and error.line:
                step = peek_line(error.line.encode(), Step)
                view = desk.replica().view
                if view.devices[step.device].officer == desk.profile.identity.officer:
                    words = f"you were first yourself, on device {step.device[:8]}: it was {step.act} there"
                    raise Declined(words, error.problem) from error
                winner = who(view, desk.mail.get(number).message, step.device)
                words = f"another officer was first, at {stamp(step.at)}: {winner} {step.act} it"
                raise Declined(words, error.problem) from error
            raise
