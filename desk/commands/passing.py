"""Queueing a message that a command made, sending what can be sent, and telling what became of it."""

from desk.commands.outcome import carried_out
from desk.commands.telling import tell_unsent
from desk.errors import Distrust, Locked, Unreachable, Usage
from desk.link.session import connected
from desk.mail.facts import Facts
from desk.mail.message import Message, write_message
from desk.mail.outbox import Flushed
from desk.mail.sealing import recipients_of
from desk.profile.unlocked import Unlocked
from desk.replica.trust_policy import check_age, vouched
from desk.safe_text import line
from desk.terminal import Terminal
from relay.protocol.lines import device_name


def queue(terminal: Terminal, desk: Unlocked, message: Message) -> int:
    """Sign a message and put it into the outbox; returns its number. Raises Declined for one nobody could get."""
    replica, now = desk.replica(), terminal.clock()
    desk.check_following("nothing is sealed by its directory: a recipient may have been revoked since")
    warning = check_age(vouched(desk.keyring.vault, replica, now), now, override=False)
    if warning:
        terminal.warn(line(warning))
    recipients_of(replica.view, message, now)
    identity = desk.profile.identity
    note = write_message(message, device_name(identity.name, identity.device), desk.keyring.device)
    number = desk.mail.add(message, note, Facts(direction="out"), queue=True)
    if number is None:
        raise Usage("this message is in the outbox already")
    return number


def send_queued(terminal: Terminal, desk: Unlocked) -> None:
    """Send what is queued, if there is a session; what stays is told, and goes with the next one."""

    async def work(flushed: Flushed) -> None:
        async with connected(desk.keyring, terminal.clock) as client:
            await desk.sender(client).flush(flushed)

    outcome = carried_out(terminal, work)
    tell_unsent(terminal, outcome.flushed)
    if isinstance(outcome.failed, (Locked, Unreachable)):
        terminal.warn(f"not sent yet: {outcome.failed}")
    elif outcome.failed is not None and not isinstance(outcome.failed, Distrust):
        terminal.warn(f"not sent: {outcome.failed}")


def state_of(desk: Unlocked, number: int) -> tuple[dict[str, object], str]:
    """A message that was queued, for programs and for people: whether it is sent."""
    stored = desk.mail.get(number)
    for_programs = {"number": number, "id": stored.message.id, "sent": stored.facts.sent}
    return for_programs, "sent" if stored.facts.sent else "waits in the outbox"
