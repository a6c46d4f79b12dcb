"""`enlace network`: what the secretariat does with the root keys and the duty key."""

import secrets
from pathlib import Path
from typing import Any

import click
import msgspec

from crypto.encoding import b64
from crypto.fingerprint import fingerprint
from desk import host
from desk.commands.officers import parse_names, register_all
from desk.commands.options import duration, opened, read_file, with_passphrase
from desk.commands.signing import Signing, fresh_batch, with_roots
from desk.errors import Usage
from desk.keyring import create_keyring
from desk.profile import Identity, Profile
from desk.roots import make_root_key
from desk.session import connected
from desk.statements import Batch, root_voice, send
from desk.terminal import Terminal, run, stamp, work_factor
from desk.unlocked import Unlocked, unlocked
from directory.bodies import MemberBody, OfficerBody
from directory.canonical import Malformed
from directory.fields import FOREVER
from directory.statement import (
    AdmitMember,
    FirstAdministrator,
    FoundNetwork,
    NameRelay,
    ReinstateMember,
    RekeyRoots,
    RevokeMember,
    SuspendMember,
    network_id,
)
from directory.view import NEVER, View
from relay.protocol.relay_keys import RelayKeys, read_relay_keys


@click.group()
def network() -> None:
    """Found the network; admit, suspend, reinstate and revoke its members (secretariat)."""


@network.command()
@click.option("--name", required=True, help="The network's name, like a host name: enlace.example")
@click.option("--relay-keys", required=True, metavar="FILE", help="What `enlace relay init` wrote: relay-keys.json")
@click.option("--roots", "folder", required=True, type=click.Path(path_type=Path), help="Folder for the root keys.")
@click.option("--keys", "count", default=3, show_default=True, type=click.IntRange(1, 16), help="How many root keys.")
@click.option("--threshold", default=2, show_default=True, type=click.IntRange(1, 16), help="How many must sign.")
@click.option("--root-passphrase-file", metavar="FILE", help="Passphrase for the new root keys.")
@with_passphrase
def found(
    terminal: Terminal,
    name: str,
    relay_keys: str,
    folder: Path,
    count: int,
    threshold: int,
    root_passphrase_file: str | None,
) -> None:
    """Found a network: make the root keys and the duty key, and write the first two statements of its log.

    Afterwards take the root keys offline, each to another place. Whoever holds a threshold of them holds the network.
    """
    if threshold == 1:
        terminal.warn("with a threshold of 1 whoever holds any one root key holds the network")
    relay = _relay_keys(relay_keys)
    passphrase = terminal.passphrase("New passphrase of the secretariat's profile", confirm=True)
    roots_passphrase = terminal.passphrase("New passphrase of the root keys", confirm=True, source=root_passphrase_file)
    identity = Identity(kind="secretariat", name=name, relay=relay.relay, authority=relay.authority)
    profile = Profile.create(terminal.path, identity)
    keyring = create_keyring(profile, passphrase, work_factor(), secrets.token_bytes(32))
    host.private_folder(folder)
    keys = [make_root_key(folder / f"root-{n}.age", roots_passphrase, work_factor()) for n in range(1, count + 1)]
    duty = keyring.duty.public_key().public_bytes_raw()
    statement = FoundNetwork(
        at=terminal.clock(),
        seq=0,
        name=name,
        roots=tuple(sorted(b64(key.public_key().public_bytes_raw()) for key in keys)),
        threshold=threshold,
        duty=b64(duty),
    )
    batch = Batch(View(), [root_voice(key) for key in keys], terminal.clock())
    batch.found(statement)
    keys_of_relay = ("origin", "log_ed25519", "log_mldsa44", "receipt_ed25519", "receipt_mldsa44")
    batch.issue(NameRelay, **{each: getattr(relay, each) for each in keys_of_relay})
    profile = profile.save(msgspec.structs.replace(identity, network=network_id(statement)))
    founded = network_id(statement)
    with unlocked(profile, passphrase, terminal.clock) as desk:
        run(_publish(desk, batch))
    plain = {
        "network": founded,
        "name": name,
        "roots": count,
        "threshold": threshold,
        "fingerprint": fingerprint(founded),
    }
    text = f"Founded {name}: {threshold} of {count} root keys in {folder}.\n"
    terminal.result(plain, f"{text}Fingerprint of the network, for every member to know:\n\n  {fingerprint(founded)}")


@network.command()
@click.argument("member")
@click.option("--country", required=True, help="ISO 3166-1 code of two letters.")
@click.option("--name", "names", multiple=True, required=True, metavar="LANG=TEXT", help="A name; repeat per language.")
@click.option("--administrators", default=2, show_default=True, type=click.IntRange(1, 5), help="How many to appoint.")
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path), help="Folder for their invitations.")
@click.option("--valid", default="7d", show_default=True, help="How long the invitations hold.")
@with_passphrase
@with_roots
def admit(
    terminal: Terminal,
    member: str,
    country: str,
    names: tuple[str, ...],
    administrators: int,
    folder: Path,
    valid: str,
    signing: Signing,
) -> None:
    """Admit MEMBER (an id such as co, or co-fiscalia) and appoint its first administrators.

    Two administrators at least, better three: where only one is left, the root keys have to step in.
    """
    if administrators == 1:
        terminal.warn("with one administrator every second signature has to come from the root keys")
    body, lifetime = MemberBody(names=parse_names(names)), duration(valid)
    officers = [secrets.token_hex(16) for _ in range(administrators)]
    with opened(terminal) as desk:

        async def work() -> list[Path]:
            async with connected(desk.keyring, terminal.clock) as client:
                batch = await fresh_batch(desk, client, signing.roots())
                batch.issue(AdmitMember, member=member, country=country.upper(), body=batch.body(body))
                for number, officer in enumerate(officers, 1):
                    label = OfficerBody(label=f"Administrator {number}")
                    batch.issue(FirstAdministrator, officer=officer, member=member, body=batch.body(label))
                await signing.publish(desk, client, batch)
                return await register_all(desk, client, member, officers, lifetime, folder)

        files = run(work())
        listed = "\n".join(f"  {officer[:8]}  {file}" for officer, file in zip(officers, files, strict=True))
        plain = {"member": member, "officers": officers, "invitations": [str(each) for each in files]}
        terminal.result(plain, f"Admitted {member}. Invitations, to be handed over outside the relay:\n{listed}")


@network.command()
@click.argument("member")
@click.option("--hours", type=click.IntRange(1, 72), help="For how long, 72 hours at most with the duty key.")
@with_passphrase
@with_roots
def suspend(terminal: Terminal, member: str, hours: int | None, signing: Signing) -> None:
    """Suspend MEMBER: at once and for at most 72 hours with the duty key, or until reinstated with root keys."""
    with opened(terminal) as desk:
        voices = signing.or_duty(desk)
        until = terminal.clock() + (hours or 72) * 3600 if hours or len(voices) == 1 else FOREVER
        _one(terminal, desk, signing, SuspendMember, {"member": member, "until": until}, voices)
        ends = "until reinstated" if until == FOREVER else f"until {stamp(until)}, unless the roots confirm"
        terminal.result({"member": member, "until": until}, f"Suspended {member} {ends}.")


@network.command()
@click.argument("member")
@with_passphrase
@with_roots
def reinstate(terminal: Terminal, member: str, signing: Signing) -> None:
    """End the suspension of MEMBER."""
    with opened(terminal) as desk:
        _one(terminal, desk, signing, ReinstateMember, {"member": member}, signing.roots())
        terminal.result({"member": member}, f"Reinstated {member}.")


@network.command()
@click.argument("member")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_passphrase
@with_roots
def revoke(terminal: Terminal, member: str, yes: bool, signing: Signing) -> None:
    """Revoke MEMBER for good, with its officers, devices and contacts."""
    with opened(terminal) as desk:
        terminal.confirm(f"Revoke {member} for good?", yes=yes)
        _one(terminal, desk, signing, RevokeMember, {"member": member}, signing.roots())
        terminal.result({"member": member}, f"Revoked {member}.")


@network.command()
@click.option("--roots", "folder", required=True, type=click.Path(path_type=Path), help="Folder for the new root keys.")
@click.option("--keys", "count", default=3, show_default=True, type=click.IntRange(1, 16))
@click.option("--threshold", default=2, show_default=True, type=click.IntRange(1, 16))
@click.option("--new-passphrase-file", metavar="FILE", help="Passphrase for the new root keys.")
@with_passphrase
@with_roots
def rekey(
    terminal: Terminal, folder: Path, count: int, threshold: int, new_passphrase_file: str | None, signing: Signing
) -> None:
    """Replace the root keys: signed by the threshold of the old ones (--root-key) and by the new ones."""
    with opened(terminal) as desk:
        voices = signing.roots()
        passphrase = terminal.passphrase("New passphrase of the root keys", confirm=True, source=new_passphrase_file)
        host.private_folder(folder)
        keys = [make_root_key(folder / f"root-{n}.age", passphrase, work_factor()) for n in range(1, count + 1)]
        fields = {
            "roots": tuple(sorted(b64(key.public_key().public_bytes_raw()) for key in keys)),
            "threshold": threshold,
            "duty": b64(desk.keyring.duty.public_key().public_bytes_raw()),
            "policy": desk.replica().view.founded.policy,
        }
        _one(terminal, desk, signing, RekeyRoots, fields, voices + [root_voice(key) for key in keys])
        terminal.result({"roots": count, "threshold": threshold}, f"Re-keyed: {threshold} of {count} keys in {folder}.")


@network.command("show")
@with_passphrase
def show_network(terminal: Terminal) -> None:
    """The network as this desk has verified it: keys, threshold, members."""
    with opened(terminal) as desk:
        replica, now = desk.replica(), terminal.clock()
        view = replica.view
        members = {
            each: "revoked"
            if record.revoked != NEVER
            else "suspended"
            if record.suspended(replica.size, now)
            else "admitted"
            for each, record in sorted(view.members.items())
        }
        plain: dict[str, Any] = {
            "name": view.founded.name,
            "network": view.founded.id,
            "fingerprint": fingerprint(view.founded.id),
            "roots": sorted(view.founded.roots),
            "threshold": view.founded.threshold,
            "relay": view.relay.origin if view.relay else "",
            "members": members,
            "size": replica.size,
        }
        lines = [
            f"{view.founded.name}: {view.founded.threshold} of {len(view.founded.roots)} root keys, "
            f"{replica.size} statements",
            f"Fingerprint  {fingerprint(view.founded.id)}",
            f"Log          {plain['relay']}",
            *(f"  {member:<12} {state}" for member, state in members.items()),
        ]
        terminal.result(plain, "\n".join(lines))


def _one(
    terminal: Terminal, desk: Unlocked, signing: Signing, kind: type[Any], fields: dict[str, Any], voices: list[Any]
) -> None:
    async def work() -> None:
        async with connected(desk.keyring, terminal.clock) as client:
            batch = await fresh_batch(desk, client, voices)
            batch.issue(kind, **fields)
            await signing.publish(desk, client, batch)

    run(work())


async def _publish(desk: Unlocked, batch: Batch) -> None:
    async with connected(desk.keyring, desk.clock) as client:
        await send(client, batch)
        await desk.exchange(client)


def _relay_keys(path: str) -> RelayKeys:
    try:
        return read_relay_keys(read_file(path, "relay keys file"))
    except Malformed as error:
        raise Usage(f"{path} is not what `enlace relay init` writes: {error}") from error
