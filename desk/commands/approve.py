"""`enlace approve`: what somebody else asks to have signed, looked at, and signed."""

import click

from desk.commands.options import opened, read_file, with_passphrase
from desk.commands.proposal import show
from desk.commands.signing import Signing, newest, with_roots
from desk.link.session import connected
from desk.profile.unlocked import Unlocked
from desk.proposals.proposal import Item, describe
from desk.replica.publishing import publish
from desk.replica.statements import NeedsOthers, co_sign, read_proposal
from desk.replica.synchronise import synchronise
from desk.roots.ceremony import asked_of
from desk.roots.duty_key import settle
from desk.terminal import Terminal, run
from directory.replay import Replica
from directory.statement import SignedStatement
from relay.protocol.requests import NewStatements


@click.command(short_help="Sign a PROPOSAL that somebody else has signed; publish it.")
@click.argument("file", metavar="PROPOSAL", type=click.Path(dir_okay=False))
@click.option("--show", "only_show", is_flag=True, help="Show what it says, and sign nothing.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def approve(terminal: Terminal, file: str, only_show: bool, yes: bool, signing: Signing) -> None:
    """Look at a PROPOSAL that somebody else has signed, sign it too, and publish it.

    Every field is shown, beside what holds today in the newest directory. Compare fingerprints by voice with
    those whose keys they are. With --show nothing is signed, and no network is needed. With --request the root
    keys are asked, on other machines.
    """
    request, statements = read_proposal(read_file(file, "proposal", 8 << 20))
    with opened(terminal) as desk:
        if only_show:
            items = _items(desk, request, statements, desk.replica())
            terminal.result({"proposal": [each.plain() for each in items]}, show(items, terminal.width))
            return
        items = _items(desk, request, statements, run(newest(desk)))
        terminal.note(show(items, terminal.note_width) + "\n")
        if signing.elsewhere:
            raise signing.asked(desk, asked_of(request, desk.profile.identity.network))
        terminal.confirm("Sign this too?", yes=yes)
        start = run(_publish(desk, request, signing))
        plain = {"start": start, "statements": len(statements), "proposal": [each.plain() for each in items]}
        terminal.result(plain, f"Signed and published at position {start}.")


def _items(desk: Unlocked, request: NewStatements, statements: list[SignedStatement], replica: Replica) -> list[Item]:
    return describe(request, statements, replica.view, desk.store.bodies(), desk.clock())


async def _publish(desk: Unlocked, request: NewStatements, signing: Signing) -> int:
    async with connected(desk.keyring, desk.clock) as client:
        # What changed since it was shown changes the sequence of its subject too: then the judge refuses.
        view = (await synchronise(desk.profile, desk.store, client, desk.clock())).replica.view
        try:
            ready = co_sign(request, view, signing.voices(desk), desk.clock())
        except NeedsOthers as others:
            raise signing.proposed(desk, others) from others
        published = await publish(desk.profile, desk.store, client, ready, desk.clock())
        settle(desk.keyring, published.replica.view)
        return published.start
