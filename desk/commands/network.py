"""`enlace network`: what the secretariat does with the root keys and the duty key."""

import secrets
from pathlib import Path
from typing import Any

import click

from crypto.fingerprint import fingerprint
from desk.commands.founding import found, rekey
from desk.commands.officers import invitations, parse_names, prepared
from desk.commands.options import checked, opened, with_invitations, with_passphrase
from desk.commands.relay_naming import name_relay
from desk.commands.signing import Signing, fresh_batch, with_roots
from desk.errors import NotFound, Usage
from desk.link.session import connected
from desk.proposals.details import names_of
from desk.safe_text import line
from desk.terminal import Terminal, run, stamp
from directory.bodies import MemberBody, OfficerBody
from directory.fields import FOREVER, Country, MemberId
from directory.statement import (
    AdmitMember,
    FirstAdministrator,
    ReinstateMember,
    RevokeMember,
    SuspendMember,
)
from directory.view import NEVER


@click.group(short_help="Found a network; admit, suspend and revoke members.")
def network() -> None:
    """Found the network; admit, suspend, reinstate and revoke its members.

    All of it is the secretariat's, except `show`.
    """


network.add_command(found)
network.add_command(rekey)
network.add_command(name_relay)


@network.command(short_help="Admit MEMBER and appoint its administrators.")
@click.argument("member")
@click.option("--country", required=True, metavar="CODE", help="Its country: a code of two letters (ISO 3166-1).")
@click.option(
    "--name",
    "names",
    multiple=True,
    required=True,
    metavar="LANG=TEXT",
    help="Its name in a language, such as es=Fiscalía; repeat it.",
)
@click.option(
    "--administrators",
    default=2,
    show_default=True,
    type=click.IntRange(1, 5),
    help="How many administrators to appoint.",
)
@with_invitations(
    "Write their invitations into FOLDER; with --request, `enlace root publish` does.", "the invitations hold"
)
@with_passphrase
@with_roots
def admit(
    terminal: Terminal,
    member: str,
    country: str,
    names: tuple[str, ...],
    administrators: int,
    folder: Path | None,
    valid: str,
    signing: Signing,
) -> None:
    """Admit MEMBER (an id such as co, or co-fiscalia) and appoint its first administrators.

    Two administrators at least, better three: where only one is left, the root keys have to step in.
    """
    if administrators == 1:
        terminal.warn("with one administrator every second signature has to come from the root keys")
    checked(member, MemberId, "id of a member", "co or co-fiscalia")
    country = checked(country.upper(), Country, "code of a country", "CO")
    if (folder is None) != signing.elsewhere:
        raise Usage("say with --out where the invitations go; with --request, say so to `enlace root publish` later")
    letters = folder or Path()
    body, lifetime = MemberBody(names=parse_names(names)), 0 if signing.elsewhere else prepared(letters, valid)
    officers = [secrets.token_hex(16) for _ in range(administrators)]
    with opened(terminal) as desk:
        desk.keyring.require_duty()  # an officer's profile could not leave the invitations

        async def work() -> list[Path]:
            async with connected(desk.keyring, terminal.clock) as client:
                batch = await fresh_batch(desk, client, signing.roots(), signing.elsewhere)
                batch.issue(AdmitMember, member=member, country=country, body=batch.body(body))
                for number, officer in enumerate(officers, 1):
                    label = OfficerBody(label=f"Administrator {number}")
                    batch.issue(FirstAdministrator, officer=officer, member=member, body=batch.body(label))
                await signing.publish(desk, client, batch)
                return await invitations(desk, client, member, officers, lifetime, letters)

        files = run(work())
        listed = "\n".join(f"  {officer[:8]}  {file}" for officer, file in zip(officers, files, strict=True))
        plain = {"member": member, "officers": officers, "invitations": [str(each) for each in files]}
        terminal.result(plain, f"Admitted {member}. Invitations, to be handed over outside the relay:\n{listed}")


@network.command()
@click.argument("member")
@click.option("--hours", type=click.IntRange(1, 72), help="For how many hours.")
@with_passphrase
@with_roots
def suspend(terminal: Terminal, member: str, hours: int | None, signing: Signing) -> None:
    """Suspend MEMBER at once.

    The duty key of this profile can do so for 72 hours at most. Root keys (--root-key) can until it is reinstated.
    """
    with opened(terminal) as desk:
        desk.keyring.require_duty()
        voices = signing.roots()
        by_duty = not voices and not signing.elsewhere
        until = terminal.clock() + (hours or 72) * 3600 if hours or by_duty else FOREVER
        signing.issue(desk, SuspendMember, {"member": member, "until": until}, voices=voices, by_duty=by_duty)
        confirmed = ", unless the roots confirm" if by_duty else ""
        ends = "until reinstated" if until == FOREVER else f"until {stamp(until)}{confirmed}"
        terminal.result({"member": member, "until": until}, f"Suspended {member} {ends}.")


@network.command(short_help="End the suspension of MEMBER.")
@click.argument("member")
@with_passphrase
@with_roots
def reinstate(terminal: Terminal, member: str, signing: Signing) -> None:
    """End the suspension of MEMBER. Root keys have to sign."""
    with opened(terminal) as desk:
        signing.issue(desk, ReinstateMember, {"member": member}, voices=signing.roots())
        terminal.result({"member": member}, f"Reinstated {member}.")


@network.command(short_help="Revoke MEMBER for good.")
@click.argument("member")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def revoke(terminal: Terminal, member: str, yes: bool, signing: Signing) -> None:
    """Revoke MEMBER for good, with its officers, devices and contacts. Root keys have to sign."""
    with opened(terminal) as desk:
        terminal.confirm(f"Revoke {member} for good?", yes=yes)
        signing.issue(desk, RevokeMember, {"member": member}, voices=signing.roots())
        terminal.result({"member": member}, f"Revoked {member}.")


@network.command("show", short_help="Show the network as this desk has verified it.")
@with_passphrase
def show_network(terminal: Terminal) -> None:
    """Show the network as this desk has verified it: keys, threshold, members."""
    with opened(terminal) as desk:
        replica, now = desk.replica(), terminal.clock()
        view = replica.view
        if replica.checkpoint is None:
            raise NotFound("this desk has no directory yet; run `enlace sync`")
        members = {
            each: "revoked"
            if record.revoked != NEVER
            else "suspended"
            if record.suspended(replica.size, now)
            else "admitted"
            for each, record in sorted(view.members.items())
        }
        bodies = desk.store.bodies()
        called = {each: names_of(bodies[record.body]) for each, record in view.members.items() if record.body in bodies}
        plain: dict[str, Any] = {
            "name": view.founded.name,
            "network": view.founded.id,
            "fingerprint": fingerprint(view.founded.id),
            "roots": sorted(view.founded.roots),
            "threshold": view.founded.threshold,
            "duty": view.founded.duty_id,
            "relay": view.relay.origin if view.relay else "",
            "members": members,
            "names": called,
            "size": replica.size,
        }
        lines = [
            f"{view.founded.name}: {view.founded.threshold} of {len(view.founded.roots)} root keys, "
            f"{replica.size} statements",
            f"Fingerprint  {fingerprint(view.founded.id)}",
            *(f"Root key     {shown}" for shown in sorted(map(fingerprint, view.founded.roots))),
            f"Duty key     {fingerprint(view.founded.duty_id)}",
            f"Log          {plain['relay']}",
            *(f"  {member:<12} {state:<10} {line(called.get(member, ''))}" for member, state in members.items()),
        ]
        terminal.result(plain, "\n".join(lines))
