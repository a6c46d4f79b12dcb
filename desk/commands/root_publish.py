"""`enlace root publish`: what the root keys have signed, judged by this desk's newest directory, and published.

Call it as often as it takes: what stands in the log already is not published again, only what follows is done.
"""

from pathlib import Path
from typing import Any

import click

from desk.commands.founding import founded, show_founded
from desk.commands.officers import invitations, prepared
from desk.commands.options import opened, read_file, with_invitations, with_passphrase
from desk.errors import Declined, Usage
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.profile.enrolment import enrolled
from desk.profile.unlocked import Unlocked
from desk.replica.publishing import publish as publish_statements
from desk.replica.synchronise import synchronise
from desk.roots.ceremony import complete, stands_at
from desk.roots.duty_key import settle
from desk.roots.founding import FOUNDING
from desk.roots.root_signed import MOST_SIGNED_BYTES, Signed, read_signed
from desk.terminal import Terminal, run
from directory.canonical import Malformed, encode
from directory.statement import AnyStatement, EnrolDevice, FirstAdministrator, FoundNetwork, NameRelay
from directory.view import View


@click.command(short_help="Publish what enough root keys have SIGNED.")
@click.argument("file", metavar="SIGNED")
@with_invitations("Write the invitations of a new member's administrators into FOLDER.", "they hold")
@with_passphrase
def publish(terminal: Terminal, file: str, folder: Path | None, valid: str) -> None:
    """Publish what enough root keys have SIGNED, if it still counts in the newest directory.

    If the relay could not be reached, or the machine stopped, call it again: it goes on where it was.
    """
    signed = read_signed_file(file)
    statements = [each.statement for each in signed.asked.drafts()]
    if isinstance(statements[0], NameRelay):  # a founding names one too, after its first statement
        raise Usage(f"this names a relay, which is to take it first: enlace network name-relay --signed {file} …")
    invited = [each for each in statements if isinstance(each, FirstAdministrator)]
    if bool(invited) != (folder is not None):
        raise Usage(
            "say with --out where the invitations of the new administrators go"
            if invited
            else "nobody is invited by this: leave --out out"
        )
    lifetime = prepared(folder, valid) if folder is not None else 0
    with opened(terminal) as desk:
        if signed.asked.network != desk.profile.identity.network:
            raise Declined("this was signed for another network than this profile's")
        if isinstance(statements[0], FoundNetwork):
            show_founded(terminal, _found(desk, signed))
            return
        if invited:
            desk.keyring.require_duty()

        async def work() -> tuple[int, list[Path]]:
            async with connected(desk.keyring, desk.clock) as client:
                start = await _publish(desk, client, signed)
                # After a crash here another call finds the statements in the log, and comes here again.
                await after(terminal, desk, client, statements)
                files = list[Path]()
                for each in invited:
                    view, letters = desk.replica().view, folder or Path()
                    if not view.live_devices(each.officer, desk.clock()):
                        files += await invitations(desk, client, each.member, [each.officer], lifetime, letters, True)
                return start, files

        start, files = run(work())
        kinds = [str(each.__struct_config__.tag) for each in statements]
        plain: dict[str, Any] = {"start": start, "statements": kinds, "invitations": [str(each) for each in files]}
        lines = [f"Published at position {start}: {', '.join(kinds)}."]
        if files:
            lines += ["Invitations, to be handed over outside the relay:", *(f"  {each}" for each in files)]
        terminal.result(plain, "\n".join(lines))


def read_signed_file(path: str) -> Signed:
    """The signed request in a file; raises NotFound, or Usage if it is none."""
    try:
        return read_signed(read_file(path, "signed file", MOST_SIGNED_BYTES))
    except Malformed as error:
        raise Usage(f"{path} is no signed request, or it was altered: {error}") from error


async def after(terminal: Terminal, desk: Unlocked, client: RelayClient, statements: list[AnyStatement]) -> None:
    """What a desk keeps only until its statements are published: the invitations of devices that they enrol."""
    for each in statements:
        if isinstance(each, EnrolDevice) and await enrolled(client, desk.keyring, each, desk.clock()):
            words = f"the device of officer {each.officer[:8]} is enrolled, but its invitation has run out"
            invite = f"`enlace invite --officer {each.officer} --out FOLDER`"
            terminal.warn(f"{words}: call {invite}, and have that desk go on with `enlace enrol FILE`")


async def _publish(desk: Unlocked, client: RelayClient, signed: Signed) -> int:
    """Publish, or find it published; returns where it stands."""
    replica = (await synchronise(desk.profile, desk.store, client, desk.clock())).replica
    start = stands_at(signed.asked, desk.store.entries(0))
    if start is None:
        request = complete(signed, replica.view, desk.clock())
        published = await publish_statements(desk.profile, desk.store, client, request, desk.clock())
        # The log has it. After a crash here another call finds it there.
        start, replica = published.start, published.replica
    settle(desk.keyring, replica.view)
    return start


def _found(desk: Unlocked, signed: Signed) -> View:
    """Found the network, or find it founded."""
    desk.keyring.require_duty()
    if desk.replica().checkpoint is None:
        if desk.keyring.vault.get(FOUNDING) is None:  # one that is there may be in the log: it is never replaced
            desk.keyring.vault.put(FOUNDING, encode(complete(signed, View(), desk.clock())))
        # After a crash here `network found` goes on with it too.
        return founded(desk)
    return desk.replica().view
