"""`enlace request repeat`."""

import click

from desk.commands.options import opened, with_passphrase
from desk.commands.request_send import tell_sent, timely
from desk.commands.telling import tell
from desk.requests.acts import Repeat
from desk.requests.at_hand import AtHand
from desk.requests.sending import Beside, act_message, check_act, lacking, own_contact, queue, repeated
from desk.terminal import Terminal


@click.command("repeat", short_help="Give the other side again what it may lack.")
@click.argument("name", metavar="ID")
@click.option("--from", "sender", default="", metavar="CONTACT", help="Act for CONTACT, if you serve several.")
@click.option("--all", "everything", is_flag=True, help="Give every event again, not only what they may lack.")
@with_passphrase
def repeat(terminal: Terminal, name: str, sender: str, everything: bool) -> int:
    """Give the other side again the events of request ID that nothing shows it to have.

    An event may be lost on the way: withheld, or expired before a desk came for it. What others signed goes along with
    their signatures, the relay's receipts and what shows their envelopes, so that it counts there as it does here. What
    a recovery file brought back does not: there is nothing that shows its envelope.
    """
    with opened(terminal) as desk:
        tell(terminal, desk.take_in())
        timely(terminal, desk)
        at_hand = AtHand(desk)
        request = at_hand.requests.find(name)
        device = desk.profile.identity.device
        contact = own_contact(at_hand.view, device, request, sender, at_hand.now)
        check_act(request, contact, Repeat(), "en")
        every = [request.kept[each.signed.id] for each in request.proven.entries]
        wanted = [each for each in every if not each.handed] if everything else lacking(request, contact)
        batches = repeated(wanted, desk.mail.proofs)
        if not batches:
            terminal.result({"request": request.id, "repeated": 0}, "The other side has everything; nothing was sent.")
            return 0
        count, number = 0, 0
        for content in batches:
            message, _ = act_message(
                desk.replica(), device, request, contact, Repeat(), Beside(content=content), desk.clock()
            )
            number, count = queue(desk, message), count + len(content.notes)
        terminal.note(f"{count} event(s) are given again.")
        return tell_sent(terminal, desk, number, request.id, "en")
