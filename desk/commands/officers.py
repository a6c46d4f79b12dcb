"""`enlace invite`, `officer`, `device`: a member's administrators and their people."""

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from desk import host
from desk.commands.options import duration, opened, with_invitations, with_passphrase
from desk.commands.signing import Signing, fresh_batch, with_roots
from desk.errors import DeskError, NotFound, Usage
from desk.keys.reception import renew_reception
from desk.link.client import RelayClient
from desk.link.session import connected
from desk.profile.enrolment import check_lifetime, kept_invitation, make_invitation, offer_of, pending, register
from desk.profile.enrolment import confirm as confirm_device
from desk.profile.unlocked import Unlocked
from desk.replica.statements import NeedsOthers
from desk.replica.trust_policy import pinned
from desk.safe_text import line
from desk.terminal import Terminal, run
from directory.bodies import OfficerBody
from directory.canonical import Malformed, decode
from directory.statement import ChangeRoles, EnrolOfficer, RevokeDevice, RevokeOfficer
from directory.view import NEVER, View

ROLES = ("administrator", "coordinator", "investigator")
REASONS = ("lost", "stolen", "compromised", "replaced", "left", "other")


@click.command(short_help="Invite an officer, or another device of one.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(ROLES), help="A role of the new officer; repeat it for several."
)
@click.option("--label", help="Who it is, for colleagues: an office or rank, not a name.")
@click.option("--officer", "known", metavar="ID", help="Invite another device of this officer instead.")
@with_invitations("Write the invitation into FOLDER.", "the invitation holds", required=True)
@with_passphrase
@with_roots
def invite(
    terminal: Terminal,
    roles: tuple[str, ...],
    label: str | None,
    known: str | None,
    folder: Path,
    valid: str,
    signing: Signing,
) -> None:
    """Invite an officer of your member, or another device of one.

    Hand the invitation over outside the relay: on a stick, in a sealed letter. Then `enlace officer confirm`.
    """
    if not known and (not roles or not label):
        raise Usage("a new officer has at least one --role and a --label")
    lifetime = prepared(folder, valid)
    with opened(terminal) as desk:
        member = desk.profile.identity.member

        async def work() -> tuple[str, Path]:
            async with connected(desk.keyring, terminal.clock) as client:
                batch = await fresh_batch(desk, client, signing.voices(desk), signing.elsewhere)
                officer = known_officer(batch.view, known) if known else secrets.token_hex(16)
                if not known:
                    body = batch.body(OfficerBody(label=label or ""))
                    fields = {"officer": officer, "member": member, "roles": tuple(sorted(set(roles))), "body": body}
                    batch.issue(EnrolOfficer, **fields)
                    await signing.publish(desk, client, batch)
                belongs = member or batch.view.officers[officer].member
                return officer, (await invitations(desk, client, belongs, [officer], lifetime, folder))[0]

        officer, file = run(work())
        plain = {"officer": officer, "invitation": str(file)}
        terminal.result(plain, f"Invited officer {officer[:8]}. Hand over, outside the relay: {file}")


@click.group(short_help="Confirm, list, change and revoke officers.")
def officer() -> None:
    """Confirm, list, change and revoke officers."""


@officer.command(short_help="Enrol the device that an invited desk has offered.")
@click.argument("who", metavar="[OFFICER]", required=False)
@click.option("--yes", is_flag=True, help="Do not ask: the fingerprint was compared.")
@with_passphrase
@with_roots
def confirm(terminal: Terminal, who: str | None, yes: bool, signing: Signing) -> None:
    """Enrol the device that OFFICER's invited desk has offered, after comparing its fingerprint by voice.

    Without OFFICER: the only one this desk has invited and not confirmed.
    """
    with opened(terminal) as desk:

        async def work() -> str:
            async with connected(desk.keyring, terminal.clock) as client:
                batch = await fresh_batch(desk, client, signing.voices(desk), signing.elsewhere)
                identifier = known_officer(batch.view, who or _only_pending(desk))
                offer = await offer_of(client, desk.keyring, identifier, terminal.clock())
                who_is = line(_label(desk.store.bodies(), batch.view.officers[identifier].body), 60)
                shown = f"The new desk of officer {identifier[:8]} ({who_is}) shows this fingerprint"
                terminal.note(f"{shown}:\n\n  {offer.fingerprint}\n")
                terminal.confirm("Is it the same there?", yes=yes)
                try:
                    await confirm_device(client, desk.keyring, desk.store, batch, offer)
                except NeedsOthers as others:
                    raise signing.proposed(desk, others) from others
                return offer.device

        device = run(work())
        terminal.result({"device": device}, f"Enrolled device {device[:16]}…")


@officer.command("list", short_help="List officers, with their roles and devices.")
@click.option("--member", metavar="MEMBER", help="Those of MEMBER instead of your own.")
@click.option("--role", type=click.Choice(ROLES), help="Only those who have this role.")
@click.option("--ids", is_flag=True, help="Print only the ids of those not revoked, one on each line.")
@with_passphrase
def list_officers(terminal: Terminal, member: str | None, role: str | None, ids: bool) -> None:
    """List the officers of your member, with their roles and devices."""
    with opened(terminal) as desk:
        if desk.profile.identity.kind == "secretariat" and member is None:
            raise Usage("the secretariat has no officers of its own; say whose with --member")
        replica, now = desk.replica(), terminal.clock()
        view, bodies = replica.view, desk.store.bodies()
        invited = set(pending(desk.keyring.vault))
        wanted = member or desk.profile.identity.member
        rows: list[dict[str, Any]] = [
            {
                "officer": each,
                "label": _label(bodies, record.body),
                "roles": list(record.roles[-1][1]),
                "devices": list(view.live_devices(each, now)),
                "revoked": record.revoked != NEVER,
                "invited": each in invited,
            }
            for each, record in sorted(view.officers.items(), key=lambda item: item[1].enrolled)
            if record.member == wanted and (role is None or role in record.roles[-1][1])
        ]
        lines = [row["officer"] for row in rows if not row["revoked"]] if ids else [_officer_line(row) for row in rows]
        terminal.result({"officers": rows}, "\n".join(lines) or "There are no officers.")


@officer.command(short_help="Give OFFICER other roles.")
@click.argument("who", metavar="OFFICER")
@click.option(
    "--role",
    "names",
    multiple=True,
    required=True,
    type=click.Choice(ROLES),
    help="A role from now on; repeat it for several.",
)
@with_passphrase
@with_roots
def roles(terminal: Terminal, who: str, names: tuple[str, ...], signing: Signing) -> None:
    """Give OFFICER other roles; those not named are taken away.

    OFFICER is an id as `enlace officer list` shows it; its beginning is enough.
    """
    with opened(terminal) as desk:
        found = known_officer(desk.replica().view, who)
        signing.issue(desk, ChangeRoles, {"officer": found, "roles": tuple(sorted(set(names)))})
        terminal.result({"officer": found, "roles": sorted(set(names))}, f"Officer {found[:8]}: {', '.join(names)}.")


@officer.command("revoke", short_help="Revoke OFFICER for good, with every device.")
@click.argument("who", metavar="OFFICER")
@click.option(
    "--reason", type=click.Choice(REASONS), default="left", show_default=True, help="Why; everybody can see it."
)
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def revoke_officer(terminal: Terminal, who: str, reason: str, yes: bool, signing: Signing) -> None:
    """Revoke OFFICER for good, with every device of theirs; the beginning of the id is enough."""
    with opened(terminal) as desk:
        found = known_officer(desk.replica().view, who)
        terminal.confirm(f"Revoke officer {found[:8]} for good?", yes=yes)
        signing.issue(desk, RevokeOfficer, {"officer": found, "reason": reason})
        terminal.result({"officer": found}, f"Revoked officer {found[:8]}.")


@click.group(short_help="List and revoke devices; renew this desk's reception keys.")
def device() -> None:
    """List and revoke devices; renew this desk's reception keys."""


@device.command("list", short_help="List devices, and whether they are live.")
@click.option("--all", "everyone", is_flag=True, help="Show those of every member, not just of your own.")
@with_passphrase
def list_devices(terminal: Terminal, everyone: bool) -> None:
    """List the devices of your member, and whether they are live."""
    with opened(terminal) as desk:
        replica, now = desk.replica(), terminal.clock()
        view, mine, bodies = replica.view, desk.profile.identity, desk.store.bodies()
        rows = [
            {
                "device": each,
                "officer": record.officer,
                "label": _label(bodies, view.officers[record.officer].body),
                "member": view.officers[record.officer].member,
                "live": view.device_live(each, replica.size, now),
                "reason": record.reason,
                "this": each == mine.device,
            }
            for each, record in sorted(view.devices.items(), key=lambda item: item[1].enrolled)
            if everyone or view.officers[record.officer].member == mine.member
        ]
        lines = [
            f"{str(row['device'])[:16]}  officer {str(row['officer'])[:8]}  {row['member']:<8} "
            f"{_state(row):<19} {line(str(row['label']), 40)}{'  (this desk)' if row['this'] else ''}"
            for row in rows
        ]
        terminal.result({"devices": rows}, "\n".join(lines) or "There are no devices.")


@device.command("revoke", short_help="Revoke DEVICE for good.")
@click.argument("which", metavar="DEVICE")
@click.option(
    "--reason", type=click.Choice(REASONS), default="lost", show_default=True, help="Why; everybody can see it."
)
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@with_passphrase
@with_roots
def revoke_device(terminal: Terminal, which: str, reason: str, yes: bool, signing: Signing) -> None:
    """Revoke DEVICE for good: its session ends within a second, and nothing more is sealed to it.

    DEVICE is an id as `enlace device list` shows it; its beginning is enough.
    """
    with opened(terminal) as desk:
        found = one_of(which, desk.replica().view.devices, "device")
        terminal.confirm(f"Revoke device {found[:16]} for good?", yes=yes)
        signing.issue(desk, RevokeDevice, {"device": found, "reason": reason})
        terminal.result({"device": found, "at": terminal.clock()}, f"Revoked device {found[:16]}…")


@device.command("renew-reception", short_help="Give this desk other reception keys.")
@with_passphrase
def renew(terminal: Terminal) -> None:
    """Give this desk other reception keys; the old ones open no stream any more.

    For when `reception.json` may have been copied. A running `enlace watch` goes over to the new keys by itself.
    """
    with opened(terminal) as desk:

        async def work() -> None:
            async with connected(desk.keyring, terminal.clock) as client:
                await renew_reception(desk, client)

        run(work())
        told = "This desk has other reception keys now; the old ones open no stream any more."
        terminal.result({"device": desk.profile.identity.device, "at": terminal.clock()}, told)


def prepared(folder: Path, valid: str) -> int:
    """The lifetime of an invitation, in seconds; refuses, before anything is published, what would fail afterwards."""
    lifetime = duration(valid)
    check_lifetime(lifetime)
    host.folder(folder)
    return lifetime


async def invitations(
    desk: Unlocked,
    client: RelayClient,
    member: str,
    officers: list[str],
    lifetime: int,
    folder: Path,
    again: bool = False,
) -> list[Path]:
    """An invitation file for each officer, its hash left with the relay; `again`: the one that was made, if it holds.

    They are in the directory already: an error says how to come to their invitations later.
    """
    try:
        return await _register(desk, client, member, officers, lifetime, folder, again)
    except DeskError as error:
        later = " and ".join(f"`enlace invite --officer {each} --out {folder}`" for each in officers)
        error.args = (f"{error}. The directory has them already; call {later} later",)
        raise


async def _register(
    desk: Unlocked, client: RelayClient, member: str, officers: list[str], lifetime: int, folder: Path, again: bool
) -> list[Path]:
    files: list[Path] = []
    for each in officers:
        kept = kept_invitation(desk.keyring.vault, each, desk.clock()) if again else None
        made = kept or make_invitation(
            desk.profile.identity, desk.replica(), member, each, desk.clock(), lifetime, pinned(desk.keyring.vault)
        )
        file = folder / f"invitation-{member}-{each[:8]}.txt"
        host.write_whole(file, await register(client, desk.keyring.vault, made))
        files.append(file)
    return files


def known_officer(view: View, text: str) -> str:
    """The officer whose id begins with `text`; raises NotFound, or Usage where several do."""
    return one_of(text, view.officers, "officer")


def one_of(text: str, ids: Iterable[str], what: str) -> str:
    """The one id that begins with `text`."""
    found = [each for each in ids if each.startswith(text.lower())] if text else []
    if not found:
        raise NotFound(f"there is no {what} {text}; `enlace {what} list` shows them")
    if len(found) > 1:
        raise Usage(f"{len(found)} {what}s begin with {text}; give more of the id")
    return found[0]


def parse_names(names: tuple[str, ...]) -> dict[str, str]:
    """Names by language from `LANG=TEXT` options; raises Usage."""
    parsed: dict[str, str] = {}
    for each in names:
        language, equals, text = each.partition("=")
        if not equals or not text.strip() or language in parsed:
            raise Usage(f"{each!r}: write a name as es=Fiscalía General, each language once")
        parsed[language] = text.strip()
    return parsed


def _only_pending(desk: Unlocked) -> str:
    officers, bodies = desk.replica().view.officers, desk.store.bodies()
    known = (each for each in pending(desk.keyring.vault) if each in officers)
    waiting = [each for each in known if officers[each].revoked == NEVER]
    if len(waiting) != 1:
        listed = (
            ", ".join(f"{each[:8]} ({line(_label(bodies, officers[each].body), 60)})" for each in waiting) or "none"
        )
        raise Usage(f"say which officer to confirm; invited and not confirmed: {listed}")
    return waiting[0]


def _state(row: dict[str, Any]) -> str:
    return "live" if row["live"] else f"revoked {row['reason']}" if row["reason"] else "not live"


def _officer_line(row: dict[str, Any]) -> str:
    state = "revoked" if row["revoked"] else "invited" if row["invited"] else f"{len(row['devices'])} device(s)"
    return f"{row['officer'][:8]}  {line(row['label'], 40):<28} {', '.join(row['roles']):<30} {state}"


def _label(bodies: dict[str, bytes], commitment: str) -> str:
    raw = bodies.get(commitment)
    try:
        return decode(raw, OfficerBody).label if raw else "–"
    except Malformed:
        return "(unreadable)"
